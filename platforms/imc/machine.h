/* machine.h - from the description of a macro to a machine that is simulated: a platform file of general parts, and the technology file
 * with its prices and areas. Both are text, for people to read and change; `bitline cost MACRO --as platform|tech` prints them. */
#ifndef BL_IMC_MACHINE_H
#define BL_IMC_MACHINE_H

#include <stdio.h>

#include "platforms/imc/events.h"
#include "platforms/imc/macro_file.h"

/* What general parts cannot be, or a net cannot run on: 0, or -1 after a bl_error for each thing, with the place of the key and the number
 * that would do. */
int bl_imc_machine_check(const struct bl_imc_file *f, struct bl_diag *diag);

/* Writes the platform file; of a file that bl_imc_machine_check has taken. made: how it was made, for its first line. tech: its technology, as
 * the key `tech` has it. */
void bl_imc_write_platform(const struct bl_imc_file *f, const char *made, const char *tech, FILE *out);
void bl_imc_write_tech(const struct bl_imc_file *f, const char *made, FILE *out);

/* Area of the parts of a class in one macro, um2, by the blocks; 0: none. Classes: imc_array, adder_tree, sar_adc, dac, shift_add. */
double bl_imc_area_of(const struct bl_imc_file *f, const char *cls);

#endif
