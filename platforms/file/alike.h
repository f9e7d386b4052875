/* alike.h - many messages that differ only in an index, "g[0].x", "g[1].x", become one. */
#ifndef BL_FOLD_H
#define BL_FOLD_H

#include "kernel/sim.h"
#include "platforms/file/texts.h"

/* BL_FOLD_COUNT: the first of them, "(and 7 more like it)". BL_FOLD_RANGE: "g[0..7].x", for those whose indices
 * stay or count up together; others stand for themselves. */
enum bl_fold_form { BL_FOLD_COUNT, BL_FOLD_RANGE };

struct bl_fold {
    struct bl_diag diag;       /* for who reports */
    struct bl_diag *to;
    bool holding;
    unsigned told;             /* errors that `to` has been told of */
    struct bl_texts held;      /* owned */
};
/* Passes on to `to` what is said to f->diag; f must stay where it is. */
void bl_fold_start(struct bl_fold *f, struct bl_diag *to);
/* From here on messages are held back, until they are released, folded, in the order of the first of each. */
void bl_fold_hold(struct bl_fold *f);
void bl_fold_release(struct bl_fold *f, enum bl_fold_form form);
/* Counts the errors passed on in `to`; release does that too. */
void bl_fold_count(struct bl_fold *f);

#endif
