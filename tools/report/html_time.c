/* html_time.c - the chart of the wait account: where the time of each part went. */
#include "tools/report/charts.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 40, KINDS = 7 };

/* Keys of `time`, and what the chart calls them. */
static const char *const KIND[KINDS][2] = {
    { "busy", "busy" }, { "own", "own" }, { "waits", "waits" }, { "starved", "starved" }, { "not_started", "before" }, { "finished", "after" }, { "idle", "idle" },
};

/* Of a report of before there is no `time`: of verdicts all but two are waits. */
static void times_of(const struct bl_unit *u, uint64_t n[KINDS])
{
    struct bl_items l = { 0 };
    bool has = false;

    memset(n, 0, KINDS * sizeof *n);
    for (size_t i = 0; i < u->n; i++) {
        const json_t *time = json_object_get(u->part[i], "time");
        has |= json_is_object(time);
        for (int k = 0; k < KINDS; k++)
            n[k] += bl_j_count(time, KIND[k][0]);
    }
    if (!has)
        l = bl_verdicts_of(u, "spent");
    for (size_t k = 0; k < l.n; k++)
        n[!strcmp(l.v[k].name, "busy") ? 0 : !strcmp(l.v[k].name, "idle") ? KINDS - 1 : 2] += l.v[k].n;
    free(l.v);
}

static void bar(struct bl_chart *c, const struct bl_unit *u)
{
    const double all = (double)bl_elapsed_of(u);
    uint64_t n[KINDS], from = 0;
    char time[40];

    times_of(u, n);
    for (int k = 0; k < KINDS; k++) {
        if (!n[k])
            continue;
        bl_cell(&c->table, "%s", u->name);
        bl_cell(&c->table, "%s", KIND[k][1]);
        if (!strcmp(u->time, "fs"))
            bl_cell(&c->table, "%s", bl_si_text(bl_seconds(n[k]), "s", time));
        else
            bl_cell(&c->table, "%llu %s", (unsigned long long)n[k], u->time);
        bl_cell(&c->table, "%.1f", 100 * (double)n[k] / all);
        bl_chart_bar(c, u->name, KIND[k][1], (double)from / all, (double)(from + n[k]) / all);
        from += n[k];
    }
}

void bl_chart_waits(const json_t *r, FILE *out)
{
    static const struct bl_chart_text text = { "waits", "Wait account by part", "busy: it worked; own: it waited for nobody else (its own latency); waits: for another part; "
        "starved: nothing came; before, after: it had not begun, it was through; idle: it rested. Of many parts those that worked most.", "share of the time", "" };
    static const char *const heads[] = { "part", "was", ">time", ">%" };
    struct bl_units u = bl_units_of(r);
    struct bl_chart c;
    double *busy = calloc(u.n + 1, sizeof *busy);
    uint64_t n[KINDS];

    BL_CHART(&c, BL_BARS, &text, heads);
    bl_chart_format(&c, "x", "%");
    for (size_t i = 0; busy && i < u.n; i++) {
        times_of(&u.v[i], n);
        busy[i] = bl_elapsed_of(&u.v[i]) ? (double)n[0] / (double)bl_elapsed_of(&u.v[i]) : -1;
    }
    bool *shown = busy ? bl_largest(busy, u.n, ROWS) : NULL;
    for (size_t i = 0; shown && i < u.n; i++)
        if (shown[i] && busy[i] >= 0)
            bar(&c, &u.v[i]);
    bl_chart_end(&c, out);
    free(shown);
    free(busy);
    bl_units_free(&u);
}
