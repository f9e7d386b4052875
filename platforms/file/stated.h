/* stated.h - a value as a file states it beside the one in force. */
#ifndef BL_PLATFORMS_STATED_H
#define BL_PLATFORMS_STATED_H

#include "platforms/file/params.h"

/* Do two texts mean one value? Numbers, times and voltages are compared as such ("0.4" and "0.40", "5 ns" and "5000 ps"), all else letter
 * by letter. */
bool bl_stated_is(const char *value, const char *stated);
/* The parameter of a part by name: false when it has none of it. */
bool bl_param_named(struct bl_sim *s, const char *path, const char *cls, const char *name, struct bl_param_row *row);

#endif
