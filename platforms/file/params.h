/* params.h - the parameters of a part as they are in force, and the ports of its class, as rows. */
#ifndef BL_PLATFORMS_PARAMS_H
#define BL_PLATFORMS_PARAMS_H

#include "kernel/sim.h"

enum { BL_PARAM_TEXT = 1600 };

/* value: as --set takes it, "3", "6 ns", "cal", "[8, 9]"; changed: it differs from the preset of the class. */
struct bl_param_row { const char *name, *help; char value[BL_PARAM_TEXT]; bool changed; };
/* Parameter number i of a part, in the order of its class: false when there are not so many, or no such part. */
bool bl_param_row(struct bl_sim *s, const char *path, const char *cls, size_t i, struct bl_param_row *row);

/* kind: "pop", "push", "in", "out", "event". */
struct bl_port_row { const char *name, *help, *kind; bool optional; };
bool bl_port_row(const struct bl_sim *s, const char *cls, size_t i, struct bl_port_row *row);

#endif
