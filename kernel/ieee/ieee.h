/* ieee.h - what a waiting part may use beside model.h when it is a process of IEEE 1666: immediate notification, static
 * sensitivity, methods, mutexes and semaphores, control of other processes, resolved signals. All of it is for `run`
 * only: the order in which one evaluate phase runs such parts can show. Platforms do without it. */
#ifndef BL_IEEE_H
#define BL_IEEE_H

#include "kernel/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct { uint32_t id; } bl_lock;         /* a mutex or a semaphore */
typedef struct { uint32_t id; } bl_process;      /* another waiting part, to be controlled */

/* ---- events (method.c) ------------------------------------------------------------------------------- */

/* Immediate: who waits for e joins the present evaluate phase, but never the caller. */
void bl_notify_now(const void *self, bl_event e);

/* ---- static sensitivity (static.c) ----------------------------------------------------------------------
 * The list of a process is what is wired to PART.process: outputs and events. */

/* Until the n-th release by the list. */
#define AWAIT_STATIC(n, verdict) BL_WAIT_HERE_(BL_WAIT_STATIC, bl_arm_static(bl_self, (n)), verdict)
void bl_arm_static(void *self, uint32_t n);

/* ---- methods (method.c) --------------------------------------------------------------------------------
 * A `run` that begins with BL_METHOD instead runs to its return each time it is released. Next time that is by its
 * static sensitivity list, unless it says otherwise here; what it says holds for one release, the last word of a
 * kind counts, and a time beside events is their limit. A `run` with neither BL_BEGIN nor BL_METHOD is a
 * method that is released when a word, wire or link end of the part moves. */

#define BL_METHOD(t) bl_next_static(t)
void bl_next_static(void *self);
void bl_next_time(void *self, uint64_t fs);
void bl_next_event(void *self, bl_event e);
void bl_next_any(void *self, const bl_event *list, size_t n);
void bl_next_all(void *self, const bl_event *list, size_t n);

/* ---- mutexes and semaphores (lock.c) ----------------------------------------------------------------------
 * Parts share one by wires between their BL_MUTEX or BL_SEMAPHORE fields. Who waits gets it first in, first out,
 * handed over in the evaluate phase of the bl_unlock. */

#define BL_MUTEX(T, f, help) BL_PORT_(T, f, BL_KIND_LOCK, bl_lock, 0, 0, help, 0)
/* A semaphore with so many places at first; all that are wired together declare the same number. */
#define BL_SEMAPHORE(T, f, places, h) \
    { .kind = BL_KIND_LOCK, .name = #f, .help = h, .at = BL_IS_(T, f, bl_lock), .preset = places }

#define AWAIT_LOCK(l, verdict) \
    do { if (!bl_try_lock(bl_self, (l))) { \
         bl_self->at = BL_HERE_; bl_self->wait = BL_WAIT_EVENT; bl_arm_lock(bl_self, (l)); return (verdict); \
         case BL_HERE_:; } } while (0)
bool bl_try_lock(void *self, bl_lock l);         /* takes it, or one of its places, when there is one */
void bl_unlock(void *self, bl_lock l);           /* of a mutex: by its owner only */
void bl_arm_lock(void *self, bl_lock l);

/* ---- control of other processes (control.c) -----------------------------------------------------------------
 * At once; on oneself it holds from the next wait on. kernel/README.md has the table of all combinations. The field
 * is wired to what it controls: "boss.worker -> adc.process". */

#define BL_PROCESS(T, f, help) BL_PORT_(T, f, BL_KIND_PROCESS, bl_process, 0, 0, help, 0)
#define BL_PROCESS_OPT(T, f, help) BL_PORT_(T, f, BL_KIND_PROCESS, bl_process, 0, 0, help, BL_OPTIONAL)   /* open: bl_control does nothing */
enum bl_control {
    BL_SUSPEND,      /* a release that comes meanwhile is remembered */
    BL_RESUME,       /* what was remembered is due in the present phase */
    BL_DISABLE,      /* a release that comes meanwhile is forgotten; one that is due already is not */
    BL_ENABLE,
    BL_RESET,        /* drops what it waits for and runs from the top, in the present phase */
    BL_KILL          /* never runs again */
};
void bl_control(void *self, bl_process p, enum bl_control what);

/* ---- signals with several drivers (shared.c) -------------------------------------------------------------------
 * Wires marked "resolved" make one signal of all outputs they meet. Every lane is 2 bits wide and one of these;
 * the signal is Z where all drive Z, the driven value where the others drive Z, X where they disagree. */

enum { BL_LOW, BL_HIGH, BL_Z, BL_X };

#ifdef __cplusplus
}
#endif

#endif
