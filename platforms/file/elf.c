/* elf.c - an ELF file as bytes: is all of it there, and what does it export. The loader trusts the tables of a file: it maps
 * what they name, and touching a page behind the end of the file ends the program. */
#include "platforms/file/elf.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef ElfW(Ehdr) header;
typedef ElfW(Phdr) segment;
typedef ElfW(Shdr) section;
typedef ElfW(Sym) symbol;

struct file { const unsigned char *bytes; size_t n; header h; };

static bool is_ours(struct file *f)
{
    const unsigned char wanted = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;

    if (f->n < sizeof f->h)
        return false;
    memcpy(&f->h, f->bytes, sizeof f->h);
    return !memcmp(f->h.e_ident, ELFMAG, SELFMAG) && f->h.e_ident[EI_CLASS] == wanted &&
           (!f->h.e_phnum || f->h.e_phentsize == sizeof(segment)) && (!f->h.e_shnum || f->h.e_shentsize == sizeof(section));
}

/* Where [at, at + n) ends; a sum that runs over ends nowhere. */
static void stretch(uint64_t *end, uint64_t at, uint64_t n)
{
    uint64_t to = at + n < at ? UINT64_MAX : at + n;

    if (n && to > *end)
        *end = to;
}

/* The end of the tables themselves; then that of what they name. */
static uint64_t end_of_tables(const struct file *f)
{
    uint64_t end = sizeof f->h;

    stretch(&end, f->h.e_phoff, (uint64_t)f->h.e_phnum * sizeof(segment));
    stretch(&end, f->h.e_shoff, (uint64_t)f->h.e_shnum * sizeof(section));
    return end;
}

static section section_at(const struct file *f, size_t i)
{
    section s;

    memcpy(&s, f->bytes + f->h.e_shoff + i * sizeof s, sizeof s);
    return s;
}

static uint64_t end_of_all(const struct file *f)
{
    uint64_t end = end_of_tables(f);

    if (end > f->n)
        return end;
    for (size_t i = 0; i < f->h.e_phnum; i++) {
        segment s;
        memcpy(&s, f->bytes + f->h.e_phoff + i * sizeof s, sizeof s);
        stretch(&end, s.p_offset, s.p_filesz);
    }
    for (size_t i = 0; i < f->h.e_shnum; i++) {
        section s = section_at(f, i);
        stretch(&end, s.sh_offset, s.sh_type == SHT_NOBITS || s.sh_type == SHT_NULL ? 0 : s.sh_size);
    }
    return end;
}

enum bl_elf bl_elf_check(const void *bytes, size_t n, size_t *needs)
{
    struct file f = { .bytes = bytes, .n = n };

    if (!is_ours(&f))
        return BL_ELF_OTHER;
    uint64_t end = end_of_all(&f);
    if (needs)
        *needs = (size_t)end;
    return end > n ? BL_ELF_CUT : f.h.e_type == ET_REL ? BL_ELF_OBJECT : BL_ELF_WHOLE;
}

static const char *among(const struct file *f, const section *symbols, const section *names, const char *prefix, const char *but)
{
    const char *text = (const char *)f->bytes + names->sh_offset;

    for (size_t i = 0; i < symbols->sh_size / sizeof(symbol); i++) {
        symbol s;
        memcpy(&s, f->bytes + symbols->sh_offset + i * sizeof s, sizeof s);
        unsigned visible = s.st_other & 3;             /* ELF64_ST_VISIBILITY, the same in both classes */
        if (s.st_shndx == SHN_UNDEF || s.st_info >> 4 == STB_LOCAL || visible == STV_HIDDEN || visible == STV_INTERNAL)
            continue;
        if (s.st_name >= names->sh_size || !memchr(text + s.st_name, 0, (size_t)names->sh_size - s.st_name))
            continue;
        if (!strncmp(text + s.st_name, prefix, strlen(prefix)) && strcmp(text + s.st_name, but) != 0)
            return text + s.st_name;
    }
    return NULL;
}

const char *bl_elf_exports(const void *bytes, size_t n, const char *prefix, const char *but)
{
    struct file f = { .bytes = bytes, .n = n };
    const char *found = NULL;

    if (!is_ours(&f) || end_of_all(&f) > n)
        return NULL;
    for (size_t i = 0; i < f.h.e_shnum && !found; i++) {
        section s = section_at(&f, i);
        if (s.sh_type != SHT_DYNSYM || s.sh_link >= f.h.e_shnum)
            continue;
        section names = section_at(&f, s.sh_link);
        found = names.sh_type == SHT_STRTAB ? among(&f, &s, &names, prefix, but) : NULL;
    }
    return found;
}
