/* cycles.c - the sections of a report about time: where that of each part went, what parts waited for and for whom, and who stood at the
 * end of their chains of waits. */
#include "tools/report/sections.h"
#include "tools/report/units.h"

#include <stdlib.h>
#include <string.h>

enum { CAUSES = 4, PEERS = 3, BLAMED = 12 };
static const double LEAST = 0.0005;          /* of a part's time: what would be shown as 0.0 % is left out behind the first cause */

static double share(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : 0; }

/* ---- where each part's time went */

static uint64_t time_of(const struct bl_unit *u, const char *what)
{
    uint64_t n = 0;

    for (size_t i = 0; i < u->n; i++)
        n += bl_j_count(json_object_get(u->part[i], "time"), what);
    return n;
}

/* Of a report that was saved before parts had `time`, and of one without parts: what verdicts say. */
static bool has_times(const struct bl_units *u)
{
    bool has = !u->n;

    for (size_t i = 0; i < u->n; i++)
        has |= json_is_object(json_object_get(u->v[i].part[0], "time"));
    return has;
}

/* The clock that its cycles are of; who has none goes by its own time. */
static void cell_clock(struct bl_table *t, const struct bl_unit *u)
{
    bl_cell(t, "%s", strcmp(u->time, "fs") ? bl_j_text(u->part[0], "clock") : "own time");
}

static void times_row(const struct bl_unit *u, struct bl_table *t)
{
    static const char *const what[] = { "busy", "own", "waits", "starved", "not_started", "finished", "idle" };
    uint64_t all = bl_elapsed_of(u);

    if (!all)                             /* composite parts and combinational ones that do not work spend no time */
        return;
    bl_cell(t, "%s", u->name);
    cell_clock(t, u);
    for (size_t k = 0; k < sizeof what / sizeof *what; k++) {
        double part = share(time_of(u, what[k]), all);
        bl_cell_share(t, part, part > 0 ? "%.1f" : "-", 100 * part);
    }
}

static void verdicts_row(const struct bl_unit *u, struct bl_table *t)
{
    uint64_t all = bl_elapsed_of(u), n[3] = { 0 };
    struct bl_items l = bl_verdicts_of(u, "spent");

    for (size_t k = 0; k < l.n; k++)
        n[!strcmp(l.v[k].name, "busy") ? 0 : !strcmp(l.v[k].name, "idle") ? 1 : 2] += l.v[k].n;
    free(l.v);
    if (!all)
        return;
    bl_cell(t, "%s", u->name);
    cell_clock(t, u);
    for (int k = 0; k < 3; k++)
        bl_cell_share(t, share(n[k], all), "%.1f", 100 * share(n[k], all));
}

void bl_fill_parts(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", "clock", ">busy %", ">own", ">waits", ">starved", ">before", ">after", ">idle" };
    static const char *const old[] = { "part", "clock", ">busy %", ">idle", ">stalled" };
    struct bl_units u = bl_units_of(r);
    const bool has = has_times(&u);

    if (has)
        BL_START(t, heads);
    else
        BL_START(t, old);
    for (size_t i = 0; i < u.n; i++)
        (has ? times_row : verdicts_row)(&u.v[i], t);
    bl_units_free(&u);
}

void bl_notes_parts(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    size_t comb = 0, i;
    const json_t *part;
    char text[160];
    bool times = false;

    json_array_foreach(json_object_get(r, "parts"), i, part)
        times |= json_is_object(json_object_get(part, "time"));
    json_array_foreach(json_object_get(r, "parts"), i, part)
        if (bl_j_count(part, "elapsed") == 0 && *bl_j_text(part, "class"))      /* a used file is no part */
            comb += bl_j_parts(part);
    if (times) {
        line(out, "own: what it waits for by itself; waits: on a port; starved: nothing came, between its first act and its last; before, after: it had not "
                  "begun, it was through; idle: between its acts, and its class names no input that it waits for.");
    }
    if (comb) {
        snprintf(text, sizeof text, "%zu part%s that %s combinational or composite spend%s no cycles and %s left out.", comb,
                 comb == 1 ? "" : "s", comb == 1 ? "is" : "are", comb == 1 ? "s" : "", comb == 1 ? "is" : "are");
        line(out, text);
    }
}

/* ---- stalls: what a part waited for, and what that part was doing then */

static bool at_rest(const json_t *part, const char *verdict)
{
    const json_t *row;
    size_t k;

    json_array_foreach(json_object_get(part, "verdicts"), k, row)
        if (!strcmp(bl_j_text(row, "name"), verdict))
            return json_is_true(json_object_get(row, "rests"));
    return false;
}

/* Is that what part waits for at `cause`, or, cause "", what it is starved of at `feed`? */
static bool waits_so(const json_t *part, const json_t *row, const char *cause, const char *feed)
{
    if (*cause)
        return !strcmp(bl_j_text(row, "cause"), cause);
    return at_rest(part, bl_j_text(row, "cause")) && (!json_object_get(row, "port") || !strcmp(bl_j_text(row, "port"), feed));
}

/* Named by the port, where the cause lists several; else by nothing. */
static struct bl_items peers_of(const struct bl_unit *u, const char *cause, const char *feed, uint64_t *all)
{
    struct bl_items l = { 0 };
    const json_t *row;
    size_t k;

    *all = 0;
    for (size_t i = 0; i < u->n; i++)
        json_array_foreach(json_object_get(u->part[i], "waits"), k, row) {
            if (!waits_so(u->part[i], row, cause, feed))
                continue;
            /* the elements of an array wait for different elements: those are told apart only for single parts */
            const char *port = u->parts > 1 || !*cause || !json_object_get(row, "port") ? "" : bl_j_text(row, "port");
            bl_item_of(&l, port, u->parts > 1 ? "its peer" : bl_j_text(row, "peer"), bl_j_text(row, "peer_verdict"))->n +=
                bl_j_count(row, "fs");
            *all += bl_j_count(row, "fs");
        }
    bl_sort_items(&l);
    return l;
}

/* "host: busy 64 %, idle 34 %; dma: ...": whom it waited for and what they did, each with its share, most first; the first PEERS of them, if more than
 * a twentieth. */
static void peers_text(const struct bl_unit *u, const struct bl_items *peers, uint64_t all, char *text, size_t room)
{
    const struct bl_item *last = NULL;
    size_t at = 0;

    *text = '\0';
    for (size_t k = 0; k < peers->n && k < PEERS && (k == 0 || share(peers->v[k].n, all) >= 0.05) && at < room; k++) {
        const struct bl_item *p = &peers->v[k];
        const bool same = last && !strcmp(last->peer, p->peer) && !strcmp(last->name, p->name);
        if (same)
            at += (size_t)snprintf(text + at, room - at, ", ");
        else
            at += (size_t)snprintf(text + at, room - at, "%s%s%s%s: ", last ? "; " : "", u->parts > 1 ? "its peer" : p->peer, *p->name ? " at " : "", p->name);
        if (at < room)
            at += (size_t)snprintf(text + at, room - at, "%s %.0f %%", p->state, 100 * share(p->n, all));
        last = p;
    }
}

static void stall_row(const struct bl_unit *u, const struct bl_item *cause, uint64_t whole, const struct bl_times *times, const char *name,
                      struct bl_table *t)
{
    uint64_t all;
    struct bl_items peers = peers_of(u, *cause->peer ? "" : cause->name, cause->peer, &all);
    char text[1200], time[40];

    peers_text(u, &peers, all, text, sizeof text);
    bl_cell(t, "%s", name);
    if (*cause->peer)
        bl_cell(t, "starved: %s", cause->peer);
    else
        bl_cell(t, "%s", cause->name);
    bl_cell(t, "%s", bl_times_text(times, cause->n, time));
    bl_cell_share(t, share(cause->n, whole), "%.1f", 100 * share(cause->n, whole));
    bl_cell(t, "%s", text);
    free(peers.v);
}

/* Causes; and in place of those at which a part rests, what it was starved of, by the feed in `peer`. */
static struct bl_items stalls_of(const json_t *r, const struct bl_unit *u)
{
    struct bl_items l = { 0 };
    const json_t *row;
    size_t k;

    for (size_t i = 0; i < u->n; i++) {
        json_array_foreach(json_object_get(u->part[i], "verdicts"), k, row)
            if (strcmp(bl_j_text(row, "name"), "busy") && strcmp(bl_j_text(row, "name"), "idle") && !json_is_true(json_object_get(row, "rests")))
                bl_item_of(&l, bl_j_text(row, "name"), "", "")->n += bl_fs_of(r, u->part[i], bl_j_count(row, "spent"));
        json_array_foreach(json_object_get(u->part[i], "feeds"), k, row)
            bl_item_of(&l, "starved", u->parts > 1 ? "a feed" : bl_j_text(row, "port"), "")->n += bl_fs_of(r, u->part[i], bl_j_count(row, "spent"));
    }
    return l;
}

static uint64_t whole_of(const json_t *r, const struct bl_unit *u)
{
    uint64_t fs = 0;

    for (size_t i = 0; i < u->n; i++)
        fs += bl_fs_of(r, u->part[i], bl_j_count(u->part[i], "elapsed"));
    return fs;
}

void bl_fill_stalls(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", "cause", ">time", ">%", "waits for: what that did" };
    struct bl_units u = bl_units_of(r);
    struct bl_times times = { 0 };

    BL_START(t, heads);
    for (size_t i = 0; i < u.n; i++)
        bl_times_see(&times, whole_of(r, &u.v[i]));
    for (size_t i = 0; i < u.n; i++) {
        struct bl_items l = stalls_of(r, &u.v[i]);
        bl_sort_items(&l);
        for (size_t k = 0; k < l.n && k < CAUSES && l.v[k].n; k++)
            if (!k || share(l.v[k].n, whole_of(r, &u.v[i])) >= LEAST)
                stall_row(&u.v[i], &l.v[k], whole_of(r, &u.v[i]), &times, k ? "" : u.v[i].name, t);
        free(l.v);
    }
    bl_units_free(&u);
}

/* ---- root causes */

static struct bl_items blamed(const json_t *r, const struct bl_units *u)
{
    static const char *const none[][2] = { { "in_flight_fs", "on its way" }, { "deadlock_fs", "deadlock" }, { "several_fs", "several" } };
    struct bl_items all = { 0 };

    for (size_t i = 0; i < u->n; i++) {
        struct bl_items l = bl_verdicts_of(&u->v[i], "blamed_fs");
        for (size_t k = 0; k < l.n; k++)
            if (l.v[k].n)
                bl_item_of(&all, u->v[i].name, l.v[k].name, "")->n += l.v[k].n;
        free(l.v);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (bl_j_count(json_object_get(r, "no_root"), none[i][0]))
            bl_item_of(&all, "(no part)", none[i][1], "")->n += bl_j_count(json_object_get(r, "no_root"), none[i][0]);
    bl_sort_items(&all);
    return all;
}

static void blame_row(struct bl_table *t, const char *part, const char *verdict, const struct bl_times *times, uint64_t n, double share)
{
    char time[40];

    bl_cell(t, "%s", part);
    bl_cell(t, "%s", verdict);
    bl_cell(t, "%s", bl_times_text(times, n, time));
    bl_cell_share(t, share, "%.1f", 100 * share);
}

/* The shares are of all time that anybody stalled for: they add up to the whole, also when many stall at once. */
void bl_fill_blame(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", "while it was", ">others stalled", ">%" };
    struct bl_units u = bl_units_of(r);
    struct bl_items all = blamed(r, &u);
    struct bl_times times = { 0 };
    double sum = 0;
    uint64_t rest = 0;
    char others[40];

    BL_START(t, heads);
    for (size_t i = 0; i < all.n; i++) {
        sum += (double)all.v[i].n;
        if (i < BLAMED)
            bl_times_see(&times, all.v[i].n);
        else if (__builtin_add_overflow(rest, all.v[i].n, &rest))
            rest = UINT64_MAX;
    }
    bl_times_see(&times, rest);
    for (size_t i = 0; i < all.n && i < BLAMED; i++)
        blame_row(t, all.v[i].name, all.v[i].peer, &times, all.v[i].n, (double)all.v[i].n / sum);
    snprintf(others, sizeof others, "%zu more rows", all.n - BLAMED);
    if (all.n > BLAMED)
        blame_row(t, others, "", &times, rest, (double)rest / sum);
    free(all.v);
    bl_units_free(&u);
}

void bl_notes_blame(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    struct bl_units u = bl_units_of(r);
    struct bl_items all = blamed(r, &u);

    if (all.n)
        line(out, "Who was at the end of the chain of waits at that moment, in % of all stalls. It says who stood in whose way, not what a change would bring.");
    free(all.v);
    bl_units_free(&u);
}

/* What should be rare and happened, a row a tally of each part or array. */
void bl_fill_unwanted(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", "count", ">times", "meaning" };
    struct bl_units u = bl_units_of(r);

    BL_START(t, heads);
    for (const struct bl_unit *x = u.v; x < u.v + u.n; x++) {
        struct bl_items all = { 0 };
        const json_t *row;
        size_t k;
        for (size_t i = 0; i < x->n; i++)
            json_array_foreach(json_object_get(x->part[i], "tallies"), k, row)
                if (json_is_true(json_object_get(row, "unwanted")) && bl_j_count(row, "count"))
                    bl_item_of(&all, bl_j_text(row, "name"), bl_j_text(row, "help"), "")->n += bl_j_count(row, "count");
        for (k = 0; k < all.n; k++) {
            bl_cell(t, "%s", x->name);
            bl_cell(t, "%s", all.v[k].name);
            bl_cell(t, "%llu", (unsigned long long)all.v[k].n);
            bl_cell(t, "%s", all.v[k].peer);
        }
        free(all.v);
    }
    bl_units_free(&u);
}
