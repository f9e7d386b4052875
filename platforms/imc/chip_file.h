/* chip_file.h - the platform file of a chip as chip.yaml, with other numbers of macros and vector units: its wires follow from them. */
#ifndef BL_IMC_CHIP_FILE_H
#define BL_IMC_CHIP_FILE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BL_CHIP_MACROS = 120, BL_CHIP_VECTORS = 7 };     /* the most, so that the buffer has no more than 256 clients */
enum { BL_CHIP_TEXT = 16384 };                          /* bytes that any of them takes */

/* A number that is 0 is that of chip.yaml, but for vectors (none) and banks (ports: free). more: further keys of `array:`, or NULL. */
struct bl_chip_made {
    uint32_t rows, cols, stages, macros, vectors, banks, words, slots;
    const char *placement, *more;
};
/* Writes the text, ended by 0, and returns to. macros and vectors at most as above. */
char *bl_chip_text(const struct bl_chip_made *m, char to[BL_CHIP_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
