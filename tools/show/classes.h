/* classes.h - what the classes of components/ declare, as JSON, from the lines that the kernel prints of them. */
#ifndef BL_CLASSES_H
#define BL_CLASSES_H

#include <jansson.h>

#include "kernel/sim.h"

/* { "name", "help", "kind", "fields": [ { "kind", "name", "about" } ] } */
json_t *bl_class_json(const struct bl_class *c);

#endif
