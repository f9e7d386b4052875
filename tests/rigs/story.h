/* story.h - what waiting parts do, written down as text; parts that notify and that wait. */
#ifndef BL_TESTS_STORY_H
#define BL_TESTS_STORY_H

#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

static char story[8192];
static size_t story_n;

static inline void tell(const void *self, const char *what)
{
    const struct bl_sim *s = ((const struct bl_part *)self)->node->sim;

    story_n += (size_t)snprintf(story + story_n, sizeof story - story_n, "%s%s %s %llu", story_n ? ", " : "", bl_path(self),
                                what, (unsigned long long)s->core->now);
    KP_HOLDS(story_n < sizeof story, "story too long");
}

static inline void story_is(const char *expected)
{
    ck_assert_str_eq(story, expected);
    story[0] = 0;
    story_n = 0;
}

/* ---- a simulation of them ---- */

static struct kp_told told;

static inline struct bl_sim *story_opened(const struct bl_class *const *classes)
{
    story[0] = 0;
    story_n = 0;
    return bl_open(classes, kp_listen(&told));
}

static inline void add(struct bl_sim *s, const char *path, const char *cls) { kp_ok(bl_add(s, path, cls, NULL, NULL)); }
static inline void set(struct bl_sim *s, const char *path, const char *param, const char *text)
{
    kp_ok(bl_set(s, path, param, text, NULL));
}
static inline void join(struct bl_sim *s, const char *from, const char *to) { kp_ok(bl_wire(s, from, to, KP_WORD, NULL)); }
static inline void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }

/* ---- parts that notify and wait ---- */

/* hear: waits for e again and again. */
struct hear { struct bl_part p; bl_event e; };
static bl_verdict hear_run(void *self)
{
    struct hear *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_EVENT(t->e, BL_IDLE);
        tell(t, bl_triggered(t, t->e) ? "heard" : "untriggered");
    }
    BL_END;
}
static const struct bl_field hear_fields[] = { BL_EVENT(struct hear, e, "awaited"), { 0 } };
static const struct bl_class hear_class = { .name = "hear", .help = "waits for e", .size = sizeof(struct hear), .run = hear_run,
                                            .fields = hear_fields };

/* ping: waits `first`, then `period` again and again, `n` times; notifies e after `after` each time. */
struct ping { struct bl_part p; bl_event e; uint64_t first, period, after; int64_t n, quiet, k; };
static bl_verdict ping_run(void *self)
{
    struct ping *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(t->first, BL_IDLE);
    for (;;) {
        if (!t->quiet)
            tell(t, "pings");
        bl_notify(t, t->e, t->after);
        if (++t->k == t->n)
            break;
        AWAIT_TIME(t->period, BL_BUSY);
    }
    BL_END;
}
static const struct bl_field ping_fields[] = {
    BL_EVENT(struct ping, e, "notified"), BL_TIME(struct ping, first, 0, 0, BL_FOREVER, "first wait"),
    BL_TIME(struct ping, period, 10, 0, BL_FOREVER, "then"), BL_TIME(struct ping, after, 0, 0, BL_FOREVER, "notified after"),
    BL_PARAM(struct ping, n, 1, 0, 1000000, "times; 0 endless"), BL_PARAM(struct ping, quiet, 0, 0, 1, "tells nothing"), { 0 }
};
static const struct bl_class ping_class = { .name = "ping", .help = "notifies", .size = sizeof(struct ping), .run = ping_run,
                                            .fields = ping_fields };

/* limit: waits for e at most `most`. */
struct limit { struct bl_part p; bl_event e; uint64_t most; int64_t n; };
static bl_verdict limit_run(void *self)
{
    struct limit *t = self;

    BL_BEGIN(t);
    while (t->n-- > 0) {
        AWAIT_EVENT_FOR(t->e, t->most, BL_IDLE);
        tell(t, bl_timed_out(t) ? "timeout" : "event");
    }
    BL_END;
}
static const struct bl_field limit_fields[] = {
    BL_EVENT(struct limit, e, "awaited"), BL_TIME(struct limit, most, 10, 0, BL_FOREVER, "at most"),
    BL_PARAM(struct limit, n, 1, 0, 1000, "times"), { 0 }
};
static const struct bl_class limit_class = { .name = "limit", .help = "waits with a limit", .size = sizeof(struct limit),
                                             .run = limit_run, .fields = limit_fields };

/* count: waits for the n-th static release, again and again. */
struct count { struct bl_part p; int64_t n; };
static bl_verdict count_run(void *self)
{
    struct count *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_STATIC((uint32_t)t->n, BL_IDLE);
        tell(t, "released");
    }
    BL_END;
}
static const struct bl_field count_fields[] = { BL_PARAM(struct count, n, 1, 0, 1000, "releases"), { 0 } };
static const struct bl_class count_class = { .name = "count", .help = "waits for releases", .size = sizeof(struct count),
                                             .run = count_run, .fields = count_fields };

#endif
