/* test_elf.c - an ELF file cut at every length is seen to be cut, tables that point anywhere are not followed, and names that
 * are exported are found. The files are made here, for the machine that runs this. */
#include "platforms/file/elf.h"

#include <check.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* One segment, then symbols, their names, and the three sections that say so. */
struct made {
    ElfW(Ehdr) h;
    ElfW(Phdr) segment;
    ElfW(Sym) symbols[5];
    char names[48];
    ElfW(Shdr) sections[3];
};
static const char NAMES[] = "\0bl_module\0mine\0bl_mine\0bl_here";       /* at 1, 11, 16, 24 */

static struct made make(void)
{
    struct made m;

    memset(&m, 0, sizeof m);
    memcpy(m.h.e_ident, ELFMAG, SELFMAG);
    m.h.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    m.h.e_type = ET_DYN;
    m.h.e_phoff = offsetof(struct made, segment);
    m.h.e_phnum = 1;
    m.h.e_phentsize = sizeof m.segment;
    m.h.e_shoff = offsetof(struct made, sections);
    m.h.e_shnum = 3;
    m.h.e_shentsize = sizeof m.sections[0];
    m.segment.p_type = PT_LOAD;
    m.segment.p_filesz = sizeof m;
    memcpy(m.names, NAMES, sizeof NAMES);
    m.symbols[1].st_name = 1;
    m.symbols[2].st_name = 11;
    m.symbols[3].st_name = 24;             /* bl_here: asked for, not given */
    m.symbols[4].st_name = 16;
    for (int i = 1; i < 5; i++) {
        m.symbols[i].st_info = STB_GLOBAL << 4;
        m.symbols[i].st_shndx = i == 3 ? SHN_UNDEF : 1;
    }
    m.sections[1].sh_type = SHT_DYNSYM;
    m.sections[1].sh_link = 2;
    m.sections[1].sh_offset = offsetof(struct made, symbols);
    m.sections[1].sh_size = sizeof m.symbols;
    m.sections[2].sh_type = SHT_STRTAB;
    m.sections[2].sh_offset = offsetof(struct made, names);
    m.sections[2].sh_size = sizeof m.names;
    return m;
}

START_TEST(cut_anywhere)
{
    struct made m = make();
    size_t needs = 0;

    ck_assert_int_eq(bl_elf_check(&m, sizeof m, &needs), BL_ELF_WHOLE);
    ck_assert_uint_eq(needs, sizeof m);
    for (size_t n = 0; n < sizeof m; n++) {
        void *part = malloc(n + !n);                    /* of this size, so that reading behind it is seen */
        memcpy(part, &m, n);
        ck_assert_int_eq(bl_elf_check(part, n, NULL), n < sizeof m.h ? BL_ELF_OTHER : BL_ELF_CUT);
        ck_assert_ptr_null(bl_elf_exports(part, n, "bl_", "bl_module"));
        free(part);
    }
}
END_TEST

START_TEST(other_kinds)
{
    struct made m = make();

    m.h.e_type = ET_REL;
    ck_assert_int_eq(bl_elf_check(&m, sizeof m, NULL), BL_ELF_OBJECT);
    m.h.e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
    ck_assert_int_eq(bl_elf_check(&m, sizeof m, NULL), BL_ELF_OTHER);
    ck_assert_int_eq(bl_elf_check("a text that is longer than a header, and says nothing of ELF at all", 64, NULL), BL_ELF_OTHER);
}
END_TEST

/* Sums that run over, sections without bytes, a file without sections. */
START_TEST(tables_that_lie)
{
    struct made m = make();

    m.segment.p_offset = (ElfW(Off))-8;
    ck_assert_int_eq(bl_elf_check(&m, sizeof m, NULL), BL_ELF_CUT);
    m = make();
    m.h.e_shoff = (ElfW(Off))-16;
    ck_assert_int_eq(bl_elf_check(&m, sizeof m, NULL), BL_ELF_CUT);
    m = make();
    m.sections[0].sh_type = SHT_NOBITS;
    m.sections[0].sh_size = 1 << 30;
    ck_assert_int_eq(bl_elf_check(&m, sizeof m, NULL), BL_ELF_WHOLE);
    m.h.e_shnum = 0;
    ck_assert_int_eq(bl_elf_check(&m, sizeof m, NULL), BL_ELF_WHOLE);
    ck_assert_ptr_null(bl_elf_exports(&m, sizeof m, "bl_", "bl_module"));
    m = make();
    m.symbols[4].st_name = 4711;
    m.sections[1].sh_link = 99;
    ck_assert_ptr_null(bl_elf_exports(&m, sizeof m, "bl_", "bl_module"));
    m.sections[1].sh_link = 2;
    ck_assert_ptr_null(bl_elf_exports(&m, sizeof m, "bl_", "bl_module"));
}
END_TEST

START_TEST(exports)
{
    struct made m = make();

    ck_assert_str_eq(bl_elf_exports(&m, sizeof m, "bl_", "bl_module"), "bl_mine");
    ck_assert_str_eq(bl_elf_exports(&m, sizeof m, "bl_", "bl_mine"), "bl_module");
    ck_assert_ptr_null(bl_elf_exports(&m, sizeof m, "other", ""));
    m.symbols[4].st_other = STV_HIDDEN;
    ck_assert_ptr_null(bl_elf_exports(&m, sizeof m, "bl_", "bl_module"));
}
END_TEST

Suite *suite_elf(void);
Suite *suite_elf(void)
{
    Suite *s = suite_create("elf");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, cut_anywhere);
    tcase_add_test(tc, other_kinds);
    tcase_add_test(tc, tables_that_lie);
    tcase_add_test(tc, exports);
    suite_add_tcase(s, tc);
    return s;
}
