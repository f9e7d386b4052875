/* elf.h - what the bytes of a shared object say about it, before the system's loader maps them. */
#ifndef BL_ELF_H
#define BL_ELF_H

#include <stddef.h>

enum bl_elf {
    BL_ELF_WHOLE,      /* everything that its tables name is in the file */
    BL_ELF_CUT,        /* something of it lies behind the end of the file: mapping it would end the program (SIGBUS) */
    BL_ELF_OBJECT,     /* not linked yet: what cc -c writes */
    BL_ELF_OTHER       /* no ELF file of this kind of machine; the loader refuses it in its own words */
};
/* `needs`, when not NULL and the file is cut: how many bytes it would have. */
enum bl_elf bl_elf_check(const void *bytes, size_t n, size_t *needs);
/* Of a whole file: a name that it exports and that begins with `prefix`, other than `but`; NULL: none, or no table says so.
 * Points into the bytes. */
const char *bl_elf_exports(const void *bytes, size_t n, const char *prefix, const char *but);

#endif
