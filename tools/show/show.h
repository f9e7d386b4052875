/* show.h - what a platform and its parts are made of, as JSON (the source of the text too) and as text. */
#ifndef BL_SHOW_H
#define BL_SHOW_H

#include <jansson.h>

#include "platforms/job/setup.h"

/* Of a setup that is built: the whole (show_platform.c), or one part (show_part.c), NULL after a bl_error. */
json_t *bl_show_platform(const struct bl_setup *u);
void bl_show_platform_print(const json_t *o);
json_t *bl_show_part(const struct bl_setup *u, const char *path, struct bl_diag *diag);
void bl_show_part_print(const json_t *o);

/* The parameters of a part, [{ "name", "value", "changed", "help" }]; changed: not the preset of its class. */
json_t *bl_show_params(struct bl_sim *s, const char *path, const char *cls);
/* "depth 2", "pipe", "sync 2", ""; buf of 40 bytes. Returns buf. */
char *bl_show_link(const struct bl_link *link, char *buf);

#endif
