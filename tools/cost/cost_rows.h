/* cost_rows.h - what `bitline cost` says of a macro, as JSON: one object, a section each, of rows { name, value, unit, share, tag, source };
 * and the three forms of it. */
#ifndef BL_COST_ROWS_H
#define BL_COST_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "platforms/imc/macro_file.h"
#include "platforms/net/net.h"

/* { "schema": "bitline.cost/1", "macro", "about", "given": [..], "energy", "gates", "area", "clock", "peak", "chip", "notes", "constants" }.
 * Energies in fJ an MVM of one macro, areas in mm2 of all macros, times in ns a step. Never NULL (tools/memory.h). */
json_t *bl_cost_rows(const struct bl_imc_file *f);
void bl_cost_text(const json_t *cost, FILE *out);
void bl_cost_csv(const json_t *cost, FILE *out);
void bl_cost_json(const json_t *cost, FILE *out);

/* A net on the macros (cost_net.c): { "schema": "bitline.cost.net/1", "macro", "net", "layers": [..] }, a row a layer with products, the last one "total";
 * energies fJ an image, bits a MAC. Names of layers as they are in the net. */
json_t *bl_cost_net_rows(const struct bl_imc_file *f, const struct bl_net *net);
void bl_cost_net_text(const json_t *cost, FILE *out);
void bl_cost_net_csv(const json_t *cost, FILE *out);

#endif
