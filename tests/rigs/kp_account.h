/* kp_account.h - the account of a simulation as text, two of them compared; verdicts that must add up. */
#ifndef BL_TESTS_KP_ACCOUNT_H
#define BL_TESTS_KP_ACCOUNT_H

#include "kernel/sim.h"
#include "tests/rigs/kp_base.h"

/* Every row of the account as text; malloc'ed. */
static inline char *kp_account(struct bl_sim *s)
{
    char *text = NULL, yj[40];
    size_t bytes = 0;
    FILE *f = open_memstream(&text, &bytes);

    ck_assert_ptr_nonnull(f);
    fprintf(f, "end %llu\n", (unsigned long long)bl_now(s));
    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row r;
        bl_part_at(s, p, &r);
        fprintf(f, "%s elapsed %llu energy %s\n", r.path, (unsigned long long)r.elapsed, bl_yj_text(r.energy, yj));
        for (uint32_t i = 0; i < r.verdicts; i++) {
            struct bl_verdict_row v;
            bl_verdict_at(s, p, i, &v);
            fprintf(f, "  %s %llu blamed %llu\n", v.name, (unsigned long long)v.spent, (unsigned long long)v.blamed_fs);
        }
        for (uint32_t i = 0; i < r.tallies; i++) {
            struct bl_tally_row t;
            bl_tally_at(s, p, i, &t);
            fprintf(f, "  tally %s %llu\n", t.name, (unsigned long long)t.count);
        }
        struct bl_time_row t;
        bl_time_at(s, p, &t);
        fprintf(f, "  own %llu waits %llu starved %llu before %llu after %llu\n", (unsigned long long)t.own, (unsigned long long)t.waits,
                (unsigned long long)t.starved, (unsigned long long)t.not_started, (unsigned long long)t.finished);
        for (size_t i = 0; i < bl_feed_rows(s, p); i++) {
            struct bl_feed_row feed;
            bl_feed_at(s, p, i, &feed);
            fprintf(f, "  fed by %s[%u] %llu\n", feed.port, feed.index, (unsigned long long)feed.spent);
        }
        for (size_t i = 0; i < bl_wait_rows(s, p); i++) {
            struct bl_wait_row w;
            bl_wait_at(s, p, i, &w);
            fprintf(f, "  %s at %s[%u] by %s %s %llu\n", w.cause, w.port, w.index, w.peer, w.peer_verdict, (unsigned long long)w.fs);
        }
    }
    struct bl_root_row roots;
    bl_roots(s, &roots);
    fprintf(f, "no root %llu %llu %llu\n", (unsigned long long)roots.in_flight, (unsigned long long)roots.ring, (unsigned long long)roots.several);
    fclose(f);
    return text;
}

/* Both texts are freed. Says the first line that differs and the part it belongs to. */
static inline void kp_same(char *a, char *b, const char *what)
{
    size_t i = 0, line = 0, part = 0;

    for (; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n') {
            line = i + 1;
            part = a[line] == ' ' ? part : line;
        }
    KP_HOLDS(a[i] == b[i], "%s: accounts differ in %.*s: '%.*s' and '%.*s'", what, (int)strcspn(a + part, " "), a + part,
             (int)strcspn(a + line, "\n"), a + line, (int)strcspn(b + line, "\n"), b + line);
    free(a);
    free(b);
}

static inline void kp_verdicts_add_up(struct bl_sim *s)
{
    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row r;
        struct bl_time_row t;
        uint64_t sum = 0;
        bl_part_at(s, p, &r);
        bl_time_at(s, p, &t);
        ck_assert_uint_eq(t.busy + t.own + t.waits + t.starved + t.not_started + t.finished + t.idle, r.elapsed);
        for (uint32_t i = 0; i < r.verdicts; i++) {
            struct bl_verdict_row v;
            bl_verdict_at(s, p, i, &v);
            sum += v.spent;
        }
        ck_assert_msg(sum == r.elapsed, "%s: verdicts add up to %llu, elapsed %llu", r.path, (unsigned long long)sum,
                      (unsigned long long)r.elapsed);
    }
}

/* What part number `part` spent on one verdict, in its own unit. */
static inline uint64_t kp_spent(struct bl_sim *s, size_t part, uint32_t verdict)
{
    struct bl_verdict_row v;

    bl_verdict_at(s, part, verdict, &v);
    return v.spent;
}

/* Time that others stalled because of a part, fs. */
static inline uint64_t kp_blamed(struct bl_sim *s, const char *path)
{
    struct bl_part_row r;
    struct bl_verdict_row v;
    uint64_t fs = 0;
    size_t p = bl_part_find(s, path);

    bl_part_at(s, p, &r);
    for (uint32_t i = 0; i < r.verdicts; i++) {
        bl_verdict_at(s, p, i, &v);
        fs += v.blamed_fs;
    }
    return fs;
}

#endif
