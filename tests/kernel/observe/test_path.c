/* test_path.c - the critical path: known answers; the same path backwards over a log; the same bytes in whatever order, asleep or not, in pieces and from
 * a snapshot; cuts; a stream that is none. */
#include "tests/rigs/path_walk.h"
#include "tests/rigs/resting.h"

#include <stdlib.h>

static struct bl_sim *recorded(const char *script, uint64_t shuffle, bool awake)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    bl_option(s, BL_PATH, 1);
    if (shuffle)
        bl_option(s, BL_SHUFFLE, shuffle);
    if (awake)
        bl_option(s, BL_NO_NAP, 1);
    ck_assert_int_eq(kp_script(s, script), 0);
    return s;
}

static struct bl_sim *ready(struct bl_sim *s)
{
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* Time of a part on the path, fs; of all rows of verdicts, part NULL. */
static uint64_t on_path(struct bl_sim *s, const char *part)
{
    uint64_t *v = calloc(bl_path_numbers(s), sizeof *v), fs = 0;

    bl_path_total(s, v);
    for (size_t i = 0; i < bl_path_numbers(s); i++) {
        struct bl_path_row row;
        ck_assert_int_eq(bl_path_at(s, i, &row), 0);
        if (row.part && !row.other && (!part || !strcmp(row.part, part)))
            fs += v[i];
        if (!part && !row.part && !strcmp(row.verdict, "more"))
            fs += v[i];
    }
    free(v);
    return fs;
}

/* ---- known answers ---- */

/* 64 words, four cycles each, then three parts of one cycle: 256 of 258 are the memory's, although it is busy in all of them and the others only now
 * and then. */
START_TEST(a_slow_memory)
{
    struct bl_sim *s = ready(recorded("clock c 1000 0; part dram slow; set dram n 64; part a pass; part b pass; part k take; set k n 64;"
                                      "wire dram.x a.a d2; wire a.x b.a d2; wire b.x k.x d2", 0, false));

    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    ck_assert_uint_eq(bl_now(s), 258000);
    ck_assert_uint_eq(on_path(s, "dram"), 256000);
    ck_assert_uint_eq(on_path(s, "a"), 1000);
    ck_assert_uint_eq(on_path(s, "b"), 1000);
    ck_assert_uint_eq(on_path(s, "k"), 0);
    ck_assert_uint_eq(on_path(s, NULL), bl_now(s));
    bl_close(s);
}
END_TEST

/* An order and its answer, by words: who serves has its cycles, each way costs who sent it one. */
START_TEST(by_words)
{
    struct bl_sim *s = ready(recorded("clock c 1000 0; part q asks; set q n 10; part v serves; set v late 7; wire q.order v.order; wire v.got q.got", 0, false));

    bl_run(s, 90000);                        /* ten orders of nine cycles: sent at 0, 9, .. */
    ck_assert_uint_eq(on_path(s, NULL), 90000);
    ck_assert_uint_ge(on_path(s, "v"), 10 * 7000);
    ck_assert_uint_le(on_path(s, "q"), 11 * 1000 + 9000);
    bl_close(s);
}
END_TEST

/* A book that is full keeps its largest rows, and all time. */
START_TEST(a_full_book)
{
    const struct path p = { .ties = 1000, .kinds = 2000, .rows = 2000 + PATH_KINDS };
    struct book b = { .n = 0 };
    uint64_t sum = 0, more = 0, kept = 0;

    for (uint32_t i = 0; i < 300; i++) {
        uint64_t fs = 1 + i * 7919 % 1000 + (i == 5 ? 100000 : 0);
        book_add(&p, &b, i, fs);
        book_add(&p, &b, 1000 + i, 3);       /* a tie is no time */
        sum += fs;
    }
    for (uint64_t i = 0; i < b.n; i++) {
        more += b.at[i].row == p.kinds + NO_ROOM ? b.at[i].fs : 0;
        kept += b.at[i].row < p.ties ? b.at[i].fs : 0;
        ck_assert(b.at[i].row != 5 || b.at[i].fs > 100000);
    }
    ck_assert_uint_eq(b.n, BOOK_ROWS);
    ck_assert_uint_gt(more, 0);
    ck_assert_uint_gt(kept, 100000);
    ck_assert_uint_eq(more + kept, sum);
}
END_TEST

/* ---- backwards over a log ---- */

static void random_script(struct kp_rng *r, char *text, size_t room)
{
    size_t n = (size_t)snprintf(text, room, "clock c 1000 0; part k take; part q asks; part v serves; set v late %d; wire q.order v.order; wire v.got q.got;",
                                (int)(1 + kp_below(r, 5)));

    for (int i = 0; i < 5; i++) {
        n += (size_t)snprintf(text + n, room - n, "part s[%d] slow; set s[%d] every %d; set s[%d] from %d; set s[%d] n %d; part p[%d] pass; set p[%d] idle %d;", i,
                              i, (int)(1 + kp_below(r, 6)), i, (int)kp_below(r, 40), i, (int)(5 + kp_below(r, 30)), i, i, (int)kp_below(r, 2));
        n += (size_t)snprintf(text + n, room - n, i ? "wire s[%d].x p[%d].b d%d; wire p[%d].x p[%d].a d%d;" : "wire s[%d].x p[%d].a d%d;", i, i,
                              (int)(1 + kp_below(r, 3)), i - 1, i, (int)(1 + kp_below(r, 3)));
    }
    snprintf(text + n, room - n, kp_below(r, 2) ? "wire p[4].x k.x pipe" : "wire p[4].x k.x d2");
}

START_TEST(the_log_says_the_same)
{
    char text[2000];

    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct kp_rng r = { seed };
        random_script(&r, text, sizeof text);
        struct bl_sim *s = ready(recorded(text, 0, seed % 2));
        const size_t n = bl_path_numbers(s);
        uint64_t *online = calloc(n, sizeof *online), *walked = calloc(n, sizeof *walked);
        pw_begin(s);
        bl_run(s, 20000 + 1000 * kp_below(&r, 120));
        bl_path_total(s, online);
        const struct bl_node *last = NULL;
        for (size_t i = 0; i < s->frozen.nparts; i++)      /* as the rule says: who works, else who acted last */
            if (said_verdict(s->run.account[i].word) == BL_BUSY) {
                last = !last || s->onlookers->path->actor[i].acted > s->onlookers->path->actor[last->id].acted ? s->frozen.nodes[i] : last;
            }
        for (size_t i = 0; !last && i < s->frozen.nparts; i++) {
            uint64_t most = 0;
            for (size_t k = 0; k < s->frozen.nparts; k++)
                most = s->onlookers->path->actor[k].acted > most ? s->onlookers->path->actor[k].acted : most;
            last = s->onlookers->path->actor[i].acted == most ? s->frozen.nodes[i] : NULL;
        }
        ck_assert_ptr_nonnull(last);
        pw_walk(s, last, bl_now(s), walked);
        uint64_t sum = 0;
        for (size_t i = 0; i < s->frozen.naccounts; i++) {
            struct bl_path_row row;
            bl_path_at(s, i, &row);
            sum += walked[i];
            KP_HOLDS(online[i] == walked[i], "seed %llu, to %llu, from %s: %s %s has %llu fs online and %llu backwards\n%s", (unsigned long long)seed,
                     (unsigned long long)bl_now(s), last->path, row.part, row.verdict, (unsigned long long)online[i], (unsigned long long)walked[i], text);
        }
        ck_assert_uint_eq(sum, bl_now(s));
        free(online);
        free(walked);
        pw_end();
        bl_close(s);
    }
}
END_TEST

/* ---- the same path ---- */

static void same_path(struct bl_sim *a, struct bl_sim *b, const char *what)
{
    const size_t n = bl_path_numbers(a);
    uint64_t *v = calloc(n, sizeof *v), *w = calloc(n, sizeof *w);

    ck_assert_uint_eq(n, bl_path_numbers(b));
    bl_path_total(a, v);
    bl_path_total(b, w);
    for (size_t i = 0; i < n; i++) {
        struct bl_path_row row;
        bl_path_at(a, i, &row);
        KP_HOLDS(v[i] == w[i], "%s: row %zu (%s %s) has %llu and %llu fs", what, i, row.part ? row.part : "", row.verdict ? row.verdict : "",
                 (unsigned long long)v[i], (unsigned long long)w[i]);
    }
    free(v);
    free(w);
}

START_TEST(in_whatever_way_it_runs)
{
    char text[2000];

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct kp_rng r = { seed };
        random_script(&r, text, sizeof text);
        struct bl_sim *s = ready(recorded(text, 0, false)), *awake = ready(recorded(text, 0, true)), *mixed = ready(recorded(text, seed, false)),
                      *pieces = ready(recorded(text, 0, false)), *again = ready(recorded(text, 0, false));
        const size_t bytes = bl_save_bytes(s);
        void *snap = malloc(bytes);
        uint64_t *open = calloc(bl_path_numbers(s), sizeof *open);
        for (uint64_t t = 9000; t < 150000; t += 9000) {
            bl_run(pieces, t);
            bl_path_total(pieces, open);     /* looking at it changes nothing */
        }
        bl_run(s, 60000);
        ck_assert_int_eq(bl_save(s, snap, bytes), 0);
        ck_assert_msg(bl_restore(again, snap, bytes) == 0, "%s", told.text);
        struct bl_sim *all[] = { s, awake, mixed, pieces, again };
        for (size_t i = 0; i < 5; i++)
            bl_run(all[i], 150000);
        ck_assert_uint_eq(on_path(s, NULL), 150000);
        same_path(s, awake, "nobody asleep");
        same_path(s, mixed, "shuffled");
        same_path(s, pieces, "in pieces");
        same_path(s, again, "from a snapshot");
        for (size_t i = 0; i < 5; i++)
            bl_close(all[i]);
        free(snap);
        free(open);
    }
}
END_TEST

/* Cut at any time: the pieces add up to the time between, and so does the total. */
START_TEST(cuts_add_up)
{
    char text[2000];
    struct kp_rng r = { 7 };

    random_script(&r, text, sizeof text);
    struct bl_sim *s = ready(recorded(text, 0, false));
    const size_t n = bl_path_numbers(s);
    uint64_t *v = calloc(n, sizeof *v), *open = calloc(n, sizeof *open);
    for (uint64_t t = 13000; t < 140000; t += 13000) {
        uint64_t sum = 0;
        bl_run(s, t);
        bl_path_total(s, open);
        bl_path_cut(s);
        bl_path_total(s, v);
        for (size_t i = 0; i < n; i++) {
            ck_assert_uint_eq(v[i], open[i]);        /* a cut changes what follows, not what was */
            sum += i < s->frozen.naccounts ? v[i] : 0;
        }
        ck_assert_uint_eq(sum, t);
    }
    free(v);
    free(open);
    bl_close(s);
}
END_TEST

START_TEST(not_recorded)
{
    struct bl_sim *s = made("clock c 1000 0; part a slow; part k take; wire a.x k.x d2");
    struct bl_path_row row;

    bl_run(s, 10000);
    ck_assert(!bl_path_on(s));
    ck_assert_uint_eq(bl_path_numbers(s), 0);
    ck_assert_int_eq(bl_path_at(s, 0, &row), -1);
    ck_assert_int_eq(bl_path_check(s), 0);
    ck_assert_ptr_null(s->observer);
    bl_close(s);
}
END_TEST

/* ---- streams ---- */

/* works: for each change of cmd a cycle of work, and with `more` that many besides. */
struct works { struct bl_part p; bl_in cmd; bl_out q; int64_t more; uint32_t seen, left; };
static bl_verdict works_tick(void *self)
{
    struct works *t = self;
    bool fresh = *bl_get32(t->cmd) != t->seen;

    t->left = fresh ? (uint32_t)t->more : t->left ? t->left - 1 : 0;
    if (!fresh && !t->left)
        return BL_NAP(BL_IDLE);
    t->seen = *bl_get32(t->cmd);
    ++*bl_put32(t->q);
    return BL_BUSY;
}
#define W struct works
static const struct bl_field works_fields[] = {
    BL_IN(W, cmd, 1, 32, "orders"), BL_OUT(W, q, 1, 32, "done"), BL_PARAM(W, more, 0, 0, 9, "cycles of work beside"), BL_FEED(cmd), BL_STREAM(cmd, 1), { 0 }
};
static const struct bl_class works_class = { .name = "works", .help = "works", .size = sizeof(W), .tick = works_tick, .fields = works_fields };
/* orders: a word every second cycle. */
struct orders { struct bl_part p; bl_out cmd; };
static bl_verdict orders_tick(void *self)
{
    struct orders *t = self;

    if (bl_cycle(t) % 4 == 0)
        ++*bl_put32(t->cmd);
    return BL_BUSY;
}
static const struct bl_field orders_fields[] = { BL_OUT(struct orders, cmd, 1, 32, "orders"), { 0 } };
static const struct bl_class orders_class = { .name = "orders", .help = "orders", .size = sizeof(struct orders), .tick = orders_tick, .fields = orders_fields };
static const struct bl_class *const stream_classes[] = { &works_class, &orders_class, NULL };

START_TEST(a_stream_is_measured)
{
    struct bl_sim *s = bl_open(stream_classes, kp_listen(&told));

    bl_option(s, BL_PATH, 1);
    ck_assert_int_eq(kp_script(s, _i ? "clock c 1000 0; part o orders; part w works; set w more 2; wire o.cmd w.cmd" :
                               "clock c 1000 0; part o orders; part w works; wire o.cmd w.cmd"), 0);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 1000000);
    kp_listen(&told);
    ck_assert_int_eq(bl_path_check(s), _i ? -1 : 0);
    if (_i)
        ck_assert_msg(strstr(told.text, "w: class works says that a word is a stream of its work (BL_STREAM), and it is not: ") == told.text, "%s", told.text);
    bl_close(s);
}
END_TEST

Suite *suite_path(void);
Suite *suite_path(void)
{
    Suite *s = suite_create("path");
    TCase *c = tcase_create("answers"), *d = tcase_create("ways"), *e = tcase_create("streams");

    tcase_add_test(c, a_slow_memory);
    tcase_add_test(c, by_words);
    tcase_add_test(c, a_full_book);
    tcase_add_test(c, the_log_says_the_same);
    tcase_add_test(d, in_whatever_way_it_runs);
    tcase_add_test(d, cuts_add_up);
    tcase_add_test(d, not_recorded);
    tcase_add_loop_test(e, a_stream_is_measured, 0, 2);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    suite_add_tcase(s, e);
    return s;
}
