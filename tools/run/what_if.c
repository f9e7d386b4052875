/* what_if.c - what a change would bring: the run once more with it, by a parameter or with parts on a faster clock. Only such a run says what is saved; beside
 * it stands what the critical path bounds. */
#include "tools/run/what_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report/report.h"

enum { PAIRS_OF = 4, ITEM = 1024 };

/* ---- "adc.rho=1", "dram_port*2,host*2" ---- */

struct change { struct bl_texts sets, faster; };

static void add_item(struct change *c, const char *from, size_t n)
{
    char *item = strndup(from, n);

    if (item)
        bl_texts_add(memchr(from, '=', n) ? &c->sets : &c->faster, item);
}

/* Commas in brackets belong to a list. */
static void add_items(struct change *c, const char *text)
{
    int deep = 0;
    const char *from = text;

    for (; *text; text++) {
        deep += (*text == '[') - (*text == ']');
        if (*text == ',' && !deep) {
            add_item(c, from, (size_t)(text - from));
            from = text + 1;
        }
    }
    add_item(c, from, (size_t)(text - from));
}

static void change_free(struct change *c)
{
    bl_texts_free_all(&c->sets);
    bl_texts_free_all(&c->faster);
}

static bool same_name(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");

    return n == strcspn(b, "=") && !strncmp(a, b, n);
}

/* ---- before the run ---- */

static char *part_of(const char *item) { const char *star = strrchr(item, '*'); return strndup(item, star ? (size_t)(star - item) : strlen(item)); }

/* Is something said twice: a parameter, or a part? */
static const char *twice(const struct change *c)
{
    for (size_t i = 0; i < c->sets.n; i++)
        for (size_t k = 0; k < i; k++)
            if (same_name(c->sets.v[i], c->sets.v[k]))
                return c->sets.v[i];
    for (size_t i = 0; i < c->faster.n; i++)
        for (size_t k = 0; k < i; k++) {
            const char *a = strrchr(c->faster.v[i], '*'), *b = strrchr(c->faster.v[k], '*');
            if (a && b && a - c->faster.v[i] == b - c->faster.v[k] && !strncmp(c->faster.v[i], c->faster.v[k], (size_t)(a - c->faster.v[i])))
                return c->faster.v[i];
        }
    return NULL;
}

static int check_group(const struct bl_what_if *w, const struct change *c)
{
    struct bl_texts parts = { 0 };
    int bad = 0;

    if (twice(c))
        return bl_error(w->diag, "--what-if: '%s' changes what another item of the same change changes; say it once", twice(c));

    for (size_t i = 0; i < c->faster.n; i++) {
        char *part = part_of(c->faster.v[i]);
        if (!part)
            return bl_error(w->diag, "--what-if: no memory");
        if (bl_part_find(w->base->sim, part) == SIZE_MAX)
            bad = bl_error(w->diag, "--what-if %s: there is no part '%s'; `bitline show` lists them", c->faster.v[i], part);
        bl_texts_add(&parts, part);
    }
    if (!bad && parts.n)
        bad = bl_faster_check(w->base->sim, (const char *const *)parts.v, parts.n);
    bl_texts_free_all(&parts);
    return bad;
}

/* ---- one run ---- */

/* What a rerun says is its own: it is told when the rerun fails. It outlives the setup, which keeps a pointer to it. */
struct said { struct bl_diag diag; char *text; size_t n; FILE *to; };

static void keep(void *ctx, const char *line) { fprintf(((struct said *)ctx)->to, "%s\n", line); }

static bool said_begin(struct said *x)
{
    *x = (struct said){ .to = open_memstream(&x->text, &x->n) };
    x->diag = (struct bl_diag){ .put = keep, .ctx = x };
    return x->to != NULL;
}

static void said_end(struct said *x)
{
    if (x->to)
        fclose(x->to);
    free(x->text);
}

static int tell(const struct bl_what_if *w, struct said *x, const char *what)
{
    if (x->to)
        fflush(x->to);
    return bl_error(w->diag, "--what-if %s: %.*s", what, (int)(x->n ? x->n - 1 : 0), x->text ? x->text : "");
}

/* Its setup, not run; what is wrong with it is said with the change in front. */
static struct bl_setup *built(const struct bl_what_if *w, const struct change *c, const char *what, struct said *said)
{
    struct bl_setup_opts so = *w->so;
    struct bl_texts sets = { 0 };

    for (size_t i = 0; i < so.set.n; i++) {
        bool again = false;
        for (size_t k = 0; k < c->sets.n; k++)
            again |= same_name(so.set.v[i], c->sets.v[k]);
        if (!again)
            bl_texts_add(&sets, (char *)(uintptr_t)so.set.v[i]);
    }
    for (size_t k = 0; k < c->sets.n; k++)
        bl_texts_add(&sets, c->sets.v[k]);
    so.set = bl_words_of(&sets);
    so.faster = bl_words_of(&c->faster);
    so.path = false;
    so.on_layer = NULL;
    so.on_reference = NULL;
    struct bl_setup *u = said_begin(said) ? bl_setup_open(&so, &said->diag) : NULL;
    if (!u)
        tell(w, said, what);
    bl_texts_free(&sets);
    return u;
}

int bl_what_if_check(const struct bl_what_if *w)
{
    int bad = 0;

    for (size_t i = 0; i < w->asked->n; i++) {
        struct change c = { 0 };
        add_items(&c, w->asked->v[i]);
        struct said said = { .to = NULL };
        int no = check_group(w, &c);
        struct bl_setup *u = no ? NULL : built(w, &c, w->asked->v[i], &said);
        bad |= no || !u ? -1 : 0;
        bl_setup_close(u);
        said_end(&said);
        change_free(&c);
    }
    return bad;
}

/* ---- compared ---- */

/* Without a net the work is what parts count: each tally but those of what should be rare, lost time say. */
static bool same_counts(const struct bl_setup *a, const struct bl_setup *b)
{
    bool same = bl_part_count(a->sim) == bl_part_count(b->sim);

    for (size_t i = 0; same && i < bl_part_count(a->sim); i++) {
        struct bl_part_row p;
        bl_part_at(a->sim, i, &p);
        for (uint32_t k = 0; k < p.tallies; k++) {
            struct bl_tally_row x, y;
            bl_tally_at(a->sim, i, k, &x);
            bl_tally_at(b->sim, i, k, &y);
            same &= x.unwanted || x.count == y.count;
        }
    }
    return same;
}

/* Every layer equals the reference as often, and differs from it as much. */
static const char *outputs(const struct bl_setup *a, const struct bl_setup *b)
{
    const struct bl_result *x = a->job ? bl_job_result(a->job) : NULL, *y = b->job ? bl_job_result(b->job) : NULL;

    if (!x || !y)
        return same_counts(a, b) ? "same" : "differ";
    for (uint32_t i = 0; i < x->nlayers; i++) {
        const struct bl_layer_result *p = &x->layers[i], *q = &y->layers[i];
        if (p->outputs != q->outputs || p->mismatches != q->mismatches || p->max_abs_err != q->max_abs_err || memcmp(&p->error, &q->error, sizeof p->error))
            return "differ";
    }
    return "same";
}

static uint64_t most_times(const struct change *c)
{
    uint64_t most = 1;

    for (size_t k = 0; k < c->faster.n; k++) {
        const uint64_t f = strtoull(strrchr(c->faster.v[k], '*') + 1, NULL, 10);
        most = f > most ? f : most;
    }
    return most;
}

/* How much of a step that ended a wait a faster clock can take away: who waited sees sooner what was there, and that time is the driver's. */
static bool is_step(const char *verdict) { return !strcmp(verdict, "port") || !strcmp(verdict, "feed") || !strcmp(verdict, "word"); }

/* What the path allows: of a part on a clock f times as fast, 1 - 1/f of its share, and of the steps by which waits ended. A parameter may set other
 * rows than its part's: no bound. */
static json_t *at_most(const struct bl_what_if *w, const struct change *c, const uint64_t *path)
{
    uint64_t fs = 0;

    if (c->sets.n || !path)
        return json_null();
    for (size_t i = 0; i < bl_path_numbers(w->base->sim); i++) {
        struct bl_path_row row;
        if (!path[i] || bl_path_at(w->base->sim, i, &row) || row.other || (!row.part && !is_step(row.verdict)))
            continue;
        if (!row.part)
            fs += path[i] - path[i] / most_times(c);
        for (size_t k = 0; k < c->faster.n; k++) {
            const char *item = c->faster.v[k], *star = strrchr(item, '*');
            const uint64_t f = strtoull(star + 1, NULL, 10);
            if (row.part && strlen(row.part) == (size_t)(star - item) && !strncmp(row.part, item, strlen(row.part)))
                fs += path[i] - path[i] / f;
        }
    }
    return bl_j_of_count(fs);
}

static json_t *rerun(const struct bl_what_if *w, const struct change *c, const char *what, const uint64_t *path)
{
    struct said said = { .to = NULL };
    struct bl_setup *u = built(w, c, what, &said);

    if (!u) {
        said_end(&said);
        return NULL;
    }
    if (w->runs)
        w->runs(u->sim);
    enum bl_end end = bl_setup_run(u, BL_FOREVER, NULL, NULL);
    if (w->runs)
        w->runs(w->base->sim);
    if (end == BL_END_FAILED)
        tell(w, &said, what);
    const uint64_t fs = bl_now(u->sim), before = bl_now(w->base->sim);
    const char *out = outputs(w->base, u);
    const bool bounded = w->base->job || strcmp(out, "differ");      /* the end of a run without a net may be anywhere: the path bounds nothing then */
    json_t *row = json_pack("{s:s, s:o, s:I, s:o, s:o, s:s}", "change", what, "fs", bl_j_of_count(fs), "saved_fs", (json_int_t)before - (json_int_t)fs,
                            "at_most_fs", bounded ? at_most(w, c, path) : json_null(), "outputs", bl_j_of_text(out), "end", bl_end_name[end]);
    bl_setup_close(u);
    said_end(&said);
    return row;
}

/* Two at once (null: both change the same thing), and what they save together beyond what each saves alone: positive, and both must be mended. */
static json_t *pair(const struct bl_what_if *w, const json_t *rows, size_t i, size_t k, const uint64_t *path)
{
    struct change c = { 0 };
    char what[ITEM];

    if ((size_t)snprintf(what, sizeof what, "%s,%s", w->asked->v[i], w->asked->v[k]) >= sizeof what)
        return json_null();
    add_items(&c, what);
    json_t *row = twice(&c) ? json_null() : rerun(w, &c, what, path);
    if (json_is_object(row))
        json_object_set_new(row, "interaction_fs", json_integer(json_integer_value(json_object_get(row, "saved_fs")) -
                            json_integer_value(json_object_get(json_array_get(rows, i), "saved_fs")) -
                            json_integer_value(json_object_get(json_array_get(rows, k), "saved_fs"))));
    change_free(&c);
    return row;
}

json_t *bl_what_if_rows(const struct bl_what_if *w)
{
    const size_t n = w->asked->n;
    uint64_t *path = bl_path_on(w->base->sim) ? calloc(bl_path_numbers(w->base->sim), sizeof *path) : NULL;
    json_t *rows = json_array();
    bool bad = false;

    if (path)
        bl_path_total(w->base->sim, path);
    for (size_t i = 0; i < n && !bad; i++) {
        struct change c = { 0 };
        add_items(&c, w->asked->v[i]);
        json_t *row = rerun(w, &c, w->asked->v[i], path);
        bad = !row || json_array_append_new(rows, row);
        change_free(&c);
    }
    for (size_t i = 0; i < n && n <= PAIRS_OF; i++)
        for (size_t k = i + 1; k < n && !bad; k++) {
            json_t *row = pair(w, rows, i, k, path);
            bad = !row || (json_is_object(row) && json_array_append_new(rows, row));
        }
    free(path);
    if (!bad)
        return rows;
    json_decref(rows);
    return NULL;
}
