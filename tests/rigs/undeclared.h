/* undeclared.h - the classes that there are, with a declaration of one of them taken away: what depends on it must show. */
#ifndef BL_TESTS_UNDECLARED_H
#define BL_TESTS_UNDECLARED_H

#include "kernel/model.h"
#include "kernel/sim.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

extern const struct bl_class *const bl_classes[];

enum { UNDECLARED_CLASSES = 256, UNDECLARED_FIELDS = 128 };
struct undeclared {
    const struct bl_class *all[UNDECLARED_CLASSES];
    struct bl_class changed;
    struct bl_field fields[UNDECLARED_FIELDS];
};

/* A tick that names no ports. */
static bl_verdict (*undeclared_tick)(void *);
static inline bl_verdict undeclared_says(void *self) { return undeclared_tick(self) & 0xffff; }

/* All classes; of `cls` those rows of a kind are gone that have the name, or all of them, NULL. A cause stays, and lists
 * `ports` (NULL: none); then no cause of the class names one of several. */
static inline const struct bl_class *const *undeclared(struct undeclared *u, const char *cls, enum bl_field_kind kind, const char *name, const char *ports)
{
    size_t n = 0, k = 0, gone = 0;

    for (; bl_classes[n]; n++) {
        ck_assert_uint_lt(n + 1, UNDECLARED_CLASSES);
        u->all[n] = bl_classes[n];
        if (strcmp(bl_classes[n]->name, cls))
            continue;
        u->changed = *bl_classes[n];
        if (kind == BL_KIND_CAUSE && u->changed.tick) {
            undeclared_tick = u->changed.tick;
            u->changed.tick = undeclared_says;
        }
        for (const struct bl_field *f = u->changed.fields; f->kind; f++) {
            bool that = f->kind == kind && (!name || !strcmp(f->name, name));
            gone += that;
            ck_assert_uint_lt(k + 1, UNDECLARED_FIELDS);
            if (that && kind != BL_KIND_CAUSE)
                continue;
            u->fields[k] = *f;
            if (that)
                u->fields[k].text = ports;
            k++;
        }
        u->fields[k] = (struct bl_field){ .kind = BL_END_OF_FIELDS };
        u->changed.fields = u->fields;
        u->all[n] = &u->changed;
    }
    ck_assert_msg(gone > 0, "class %s has no such row", cls);
    u->all[n] = NULL;
    return u->all;
}

/* All classes, `cls` with one row more: of something that it does not do. */
static inline const struct bl_class *const *declared_too(struct undeclared *u, const char *cls, struct bl_field row)
{
    size_t n = 0, k = 0;

    for (; bl_classes[n]; n++) {
        u->all[n] = bl_classes[n];
        if (strcmp(bl_classes[n]->name, cls))
            continue;
        u->changed = *bl_classes[n];
        for (const struct bl_field *f = u->changed.fields; f->kind; f++)
            u->fields[k++] = *f;
        ck_assert_uint_lt(k + 1, UNDECLARED_FIELDS);
        u->fields[k++] = row;
        u->fields[k] = (struct bl_field){ .kind = BL_END_OF_FIELDS };
        u->changed.fields = u->fields;
        u->all[n] = &u->changed;
    }
    ck_assert_msg(k > 0, "there is no class %s", cls);
    u->all[n] = NULL;
    return u->all;
}

#endif
