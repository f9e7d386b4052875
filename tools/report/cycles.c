/* cycles.c - the sections of a report about time: cycles by verdict, stalls and whom they waited for, and
 * who held the others up. */
#include "tools/report/sections.h"
#include "tools/report/units.h"

#include <stdlib.h>
#include <string.h>

enum { CAUSES = 4, PEERS = 2, BLAMED = 12 };

static double share(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : 0; }

static bool self_timed(const struct bl_unit *u) { return !strcmp(u->time, "fs"); }

/* What parts in their own time spent, all of a report: tables show it in one unit. */
static struct bl_times own_times(const struct bl_units *u)
{
    struct bl_times times = { 0 };

    for (size_t i = 0; i < u->n; i++) {
        struct bl_items l = bl_verdicts_of(&u->v[i], "spent");
        for (size_t k = 0; k < l.n && self_timed(&u->v[i]); k++)
            bl_times_see(&times, l.v[k].n);
        if (self_timed(&u->v[i]))
            bl_times_see(&times, bl_elapsed_of(&u->v[i]));
        free(l.v);
    }
    return times;
}

/* Cycles as they are, fs of a waiting part with a unit. */
static void cell_time(struct bl_table *t, const struct bl_unit *u, const struct bl_times *times, uint64_t n)
{
    char time[40];

    if (self_timed(u))
        bl_cell(t, "%s", bl_times_text(times, n, time));
    else
        bl_cell(t, "%llu", (unsigned long long)n);
}

/* ---- cycles by verdict */

void bl_fill_parts(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", "class", ">cycles", ">busy", ">%", ">idle", ">%", ">stalled", ">%" };
    struct bl_units u = bl_units_of(r);
    struct bl_times times = own_times(&u);

    BL_START(t, heads);
    for (size_t i = 0; i < u.n; i++) {
        uint64_t all = bl_elapsed_of(&u.v[i]), n[3] = { 0 };
        struct bl_items l = bl_verdicts_of(&u.v[i], "spent");
        if (!all) {                       /* composite parts and combinational ones that do not work spend no time */
            free(l.v);
            continue;
        }
        for (size_t k = 0; k < l.n; k++)
            n[!strcmp(l.v[k].name, "busy") ? 0 : !strcmp(l.v[k].name, "idle") ? 1 : 2] += l.v[k].n;
        bl_cell(t, "%s", u.v[i].name);
        bl_cell(t, "%s", u.v[i].cls);
        cell_time(t, &u.v[i], &times, all);
        for (int k = 0; k < 3; k++) {
            cell_time(t, &u.v[i], &times, n[k]);
            bl_cell_share(t, share(n[k], all), "%.1f", 100 * share(n[k], all));
        }
        free(l.v);
    }
    bl_units_free(&u);
}

void bl_notes_parts(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    size_t comb = 0, i;
    const json_t *part;
    char text[160];

    json_array_foreach(json_object_get(r, "parts"), i, part)
        if (bl_j_count(part, "elapsed") == 0 && *bl_j_text(part, "class"))      /* a used file is no part */
            comb += bl_j_parts(part);
    if (comb) {
        snprintf(text, sizeof text, "%zu part%s that %s combinational or composite spend%s no cycles and %s left out.", comb,
                 comb == 1 ? "" : "s", comb == 1 ? "is" : "are", comb == 1 ? "s" : "", comb == 1 ? "is" : "are");
        line(out, text);
    }
}

/* ---- stalls: what a part waited for, and what that part was doing then */

/* Named by the port, where the cause lists several; else by nothing. */
static struct bl_items peers_of(const struct bl_unit *u, const char *cause, uint64_t *all)
{
    struct bl_items l = { 0 };
    const json_t *row;
    size_t k;

    *all = 0;
    for (size_t i = 0; i < u->n; i++)
        json_array_foreach(json_object_get(u->part[i], "waits"), k, row) {
            if (strcmp(bl_j_text(row, "cause"), cause))
                continue;
            /* the elements of an array wait for different elements: those are told apart only for single parts */
            const char *port = u->parts > 1 || !json_object_get(row, "port") ? "" : bl_j_text(row, "port");
            bl_item_of(&l, port, u->parts > 1 ? "its peer" : bl_j_text(row, "peer"), bl_j_text(row, "peer_verdict"))->n +=
                bl_j_count(row, "fs");
            *all += bl_j_count(row, "fs");
        }
    bl_sort_items(&l);
    return l;
}

static void stall_rows(const struct bl_unit *u, const struct bl_item *cause, const struct bl_times *times, const char **name,
                       struct bl_table *t)
{
    uint64_t all, elapsed = bl_elapsed_of(u);
    struct bl_items peers = peers_of(u, cause->name, &all);

    for (size_t k = 0; k < PEERS && (k == 0 || (k < peers.n && share(peers.v[k].n, all) >= 0.05)); k++) {
        bl_cell(t, "%s", *name);
        bl_cell(t, "%s", k ? "" : cause->name);
        if (k) {
            bl_cell(t, "%s", "");
            bl_cell(t, "%s", "");
        } else {
            cell_time(t, u, times, cause->n);
            bl_cell_share(t, share(cause->n, elapsed), "%.1f", 100 * share(cause->n, elapsed));
        }
        if (k < peers.n)
            bl_cell(t, "waits %s%s%sfor %s while %s was %s (%.0f %%)", *peers.v[k].name ? "at " : "", peers.v[k].name,
                    *peers.v[k].name ? " " : "", peers.v[k].peer, u->parts > 1 ? "it" : peers.v[k].peer, peers.v[k].state,
                    100 * share(peers.v[k].n, all));
        else
            bl_cell(t, "%s", "");
        *name = "";
    }
    free(peers.v);
}

void bl_fill_stalls(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", "cause", ">cycles", ">%", "" };
    struct bl_units u = bl_units_of(r);
    struct bl_times times = own_times(&u);

    BL_START(t, heads);
    for (size_t i = 0; i < u.n; i++) {
        struct bl_items l = bl_verdicts_of(&u.v[i], "spent");
        const char *name = u.v[i].name;
        size_t shown = 0;
        bl_sort_items(&l);
        for (size_t k = 0; k < l.n && shown < CAUSES; k++)
            if (l.v[k].n && strcmp(l.v[k].name, "busy") && strcmp(l.v[k].name, "idle")) {
                stall_rows(&u.v[i], &l.v[k], &times, &name, t);
                shown++;
            }
        free(l.v);
    }
    bl_units_free(&u);
}

/* ---- root causes */

static struct bl_items blamed(const struct bl_units *u)
{
    struct bl_items all = { 0 };

    for (size_t i = 0; i < u->n; i++) {
        struct bl_items l = bl_verdicts_of(&u->v[i], "blamed_fs");
        for (size_t k = 0; k < l.n; k++)
            if (l.v[k].n)
                bl_item_of(&all, u->v[i].name, l.v[k].name, "")->n += l.v[k].n;
        free(l.v);
    }
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
    static const char *const heads[] = { "part", "while it was", ">others stalled for", ">% of all stalls" };
    struct bl_units u = bl_units_of(r);
    struct bl_items all = blamed(&u);
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
