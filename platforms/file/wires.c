/* wires.c - the wires of a platform file: "tree[*].sum -> sink[*].x depth 2", parsed, paired and handed on. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one line */

/* A whole number behind "depth" or "sync". */
static int attribute(struct text_in *in, const char *name, unsigned long least, unsigned long most, unsigned long *v)
{
    text_blanks(in);
    const char *start = in->at;
    size_t n = strspn(start, "0123456789");

    *v = n && n < 10 ? strtoul(start, NULL, 10) : most + 1;
    if (n == 0 || *v < least || *v > most || (start[n] && start[n] != ' '))
        return text_error(in, start, "'%s' needs a whole number from %lu to %lu behind it", name, least, most);
    in->at += n;
    return 0;
}

enum word { DEPTH, PIPE, SYNC, RISING, FALLING, MANY, RESOLVED, RESET, ASYNC_RESET, NWORDS };
static const char *const words[NWORDS] = { "depth", "pipe", "sync", "rising", "falling", "many", "resolved", "reset", "async_reset" };
static const struct { enum word a, b; const char *why; } apart[] = {
    { DEPTH, PIPE, "a pipe says its own items, 'pipe 2'" }, { RISING, FALLING, "leave both out for any change" },
    { MANY, RESOLVED, "a signal is of one kind" }, { RESET, ASYNC_RESET, "a reset is of one kind" },
};

static int unknown_word(struct text_in *in, const char *start, size_t n)
{
    char word[32];

    snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), start);
    const char *near = bl_nearest(word, words, NWORDS);
    if (near)
        return text_error(in, start, "'%s' was not expected here; did you mean '%s'?", word, near);
    return text_error(in, start, "'%s' was not expected here; a wire ends with 'depth N' or 'pipe N', 'sync N', 'many', 'resolved', "
                      "'rising', 'falling', 'reset' or 'async_reset'", word);
}

static int put_word(struct text_in *in, enum word w, struct bl_link *link)
{
    unsigned long v;

    switch (w) {
    case DEPTH:
        if (attribute(in, "depth", 1, PLAN_MOST_DEPTH, &v) < 0)
            return -1;
        link->depth = (uint32_t)v;
        return 0;
    case SYNC:
        if (attribute(in, "sync", 0, PLAN_MOST_SYNC, &v) < 0)
            return -1;
        link->sync = BL_SYNC((int)v);
        return 0;
    case PIPE:
        text_blanks(in);
        v = 1;
        if (*in->at >= '0' && *in->at <= '9' && attribute(in, "pipe", 1, BL_PIPE_MOST, &v) < 0)
            return -1;
        link->pipe = (uint32_t)v;
        return 0;
    case RISING:      link->edge = BL_RISING; return 0;
    case FALLING:     link->edge = BL_FALLING; return 0;
    case MANY:        link->sharing = BL_MANY; return 0;
    case RESOLVED:    link->sharing = BL_RESOLVED; return 0;
    case RESET:       link->reset = BL_SYNC_RESET; return 0;
    default:          link->reset = BL_ASYNC_RESET; return 0;
    }
}

static int attributes(struct text_in *in, struct bl_link *link)
{
    unsigned seen = 0;

    *link = (struct bl_link){ 0 };
    for (text_blanks(in); *in->at; text_blanks(in)) {
        const char *start = in->at;
        size_t n = strcspn(start, " ");
        enum word w = 0;
        while (w < NWORDS && (strlen(words[w]) != n || memcmp(start, words[w], n) != 0))
            w++;
        if (w == NWORDS)
            return unknown_word(in, start, n);
        if (seen >> w & 1)
            return text_error(in, start, "'%s' stands here a second time", words[w]);
        seen |= 1u << w;
        for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
            if (seen >> apart[i].a & seen >> apart[i].b & 1)
                return text_error(in, start, "'%s' and '%s' exclude each other: %s", words[apart[i].a], words[apart[i].b], apart[i].why);
        in->at += n;
        if (put_word(in, w, link) < 0)
            return -1;
    }
    return 0;
}

/* Which elements go together: as many on both sides, one word to many, or what waiting parts share. */
static int check_pairs(struct text_in *in, const struct wire_plan *w, const char *from_at, const char *to_at)
{
    const struct pick *a = &w->from.pick, *b = &w->to.pick;

    if (a->n == b->n)
        return 0;
    if (a->is_many && b->is_many)
        return text_error(in, to_at, "%u of '%s' are wired to %u of '%s'; expected as many on both sides", a->n, a->part->name,
                          b->n, b->part->name);
    if (w->link.sharing)
        return 0;
    if (b->is_many && (w->link.depth || w->link.pipe))
        return text_error(in, to_at, "one port is wired to %u of '%s'; a channel has one reader: only a word goes to many", b->n,
                          b->part->name);
    if (b->is_many)
        return 0;
    return text_error(in, from_at, "%u of '%s' are wired to one port; a port has one driver: name one of them, or let waiting parts "
                      "share it ('many', 'resolved')", a->n, a->part->name);
}

static int wire_plan(struct bl_platform *p, const struct bl_yaml *node, struct wire_plan *w)
{
    const char *text = bl_yaml_text(p->doc, node, "a wire");
    struct text_in in = { .p = p, .node = node, .text = text, .at = text };

    if (!text)
        return -1;
    w->where = bl_yaml_where(p->doc, node, 0);
    text_blanks(&in);
    const char *from_at = in.at;
    if (text_pick(&in, &w->from.pick, &w->from.port, "a port") < 0)
        return -1;
    text_blanks(&in);
    if (in.at[0] != '-' || in.at[1] != '>')
        return text_error(&in, in.at, "expected '->' and the port to drive");
    in.at += 2;
    text_blanks(&in);
    const char *to_at = in.at;
    if (text_pick(&in, &w->to.pick, &w->to.port, "a port") < 0)
        return -1;
    if (*in.at && *in.at != ' ')
        return text_error(&in, in.at, "'%c' was not expected behind a port", *in.at);
    return attributes(&in, &w->link) < 0 ? -1 : check_pairs(&in, w, from_at, to_at);
}

int plan_wires(struct bl_platform *p, const struct bl_yaml *wires)
{
    int status = 0;

    if (bl_yaml_is(p->doc, wires, BL_YAML_LIST, "'wires'", "lines like '- a.sum -> b.x depth 2'") < 0 ||
        !(p->wires = bl_yaml_keep(p->doc, wires->n, sizeof *p->wires)))
        return -1;
    for (const struct bl_yaml *node = wires->first; node; node = node->next)
        status |= wire_plan(p, node, &p->wires[p->nwires++]);
    return status;
}

/* How many wires a line draws. */
static uint32_t drawn(const struct wire_plan *w) { return w->from.pick.n > w->to.pick.n ? w->from.pick.n : w->to.pick.n; }

/* ---- from the command line */

/* Element i of an end of a wire is one that the command line names. */
static bool ends_at(const struct end_plan *e, uint32_t i, const struct wire_set *set)
{
    return strcmp(e->port, set->port) == 0 && plan_picks(&set->pick, e->pick.part, e->pick.first + (e->pick.n == 1 ? 0 : i));
}

static bool touches(const struct wire_plan *w, const struct wire_set *set)
{
    for (uint32_t i = 0; i < drawn(w); i++)
        if (ends_at(&w->from, i, set) || ends_at(&w->to, i, set))
            return true;
    return false;
}

int plan_set_wires(struct bl_platform *p, const struct wire_set *which, const char *what, const char *value, const char *where)
{
    bool depth = strcmp(what, "depth") == 0;
    unsigned long least = depth, most = depth ? PLAN_MOST_DEPTH : PLAN_MOST_SYNC, v;
    struct wire_set *set = &p->wire_sets[p->nwire_sets];
    size_t n = strspn(value, "0123456789"), found = 0;

    for (const struct wire_plan *w = p->wires; w < p->wires + p->nwires; w++) {
        if (!w->to.port || !touches(w, which))
            continue;                       /* a line that was refused has no ends */
        found++;
        if (depth && !w->link.depth)
            return bl_error(p->diag, "%s: the wire at %s is %s; only a channel has a depth", where, w->where,
                            w->link.pipe ? "a pipe, whose line says its items" : "written without a depth");
    }
    if (!found)
        return 0;
    v = n && n < 10 && !value[n] ? strtoul(value, NULL, 10) : most + 1;
    if (v < least || v > most)
        return bl_error(p->diag, "%s: '%s' is '%s'; expected a whole number from %lu to %lu", where, what, value, least, most);
    *set = *which;
    set->depth = depth ? (uint32_t)v : 0;
    set->sync = depth ? 0 : BL_SYNC((int)v);
    p->nwire_sets++;
    return 1;
}

/* ---- to the kernel */

static struct bl_link link_of(const struct bl_platform *p, const struct wire_plan *w, uint32_t i)
{
    struct bl_link link = w->link;

    for (const struct wire_set *set = p->wire_sets; set < p->wire_sets + p->nwire_sets; set++)
        if (ends_at(&w->from, i, set) || ends_at(&w->to, i, set)) {
            link.depth = set->depth ? set->depth : link.depth;
            link.sync = set->sync ? set->sync : link.sync;
        }
    return link;
}

static size_t room_for(const struct end_plan *e) { return strlen(e->pick.part->name) + strlen(e->port) + 32; }

/* Elements i to i + n - 1 of an end; one that is written as one port stays that. */
static void port_text(char *to, size_t room, const struct end_plan *e, uint32_t i, uint32_t n)
{
    uint32_t first = e->pick.first + (e->pick.n == 1 ? 0 : i);

    if (e->pick.part->is_array && n > 1 && e->pick.n > 1)
        snprintf(to, room, "%s[%u..%u].%s", e->pick.part->name, first, first + n - 1, e->port);
    else if (e->pick.part->is_array)
        snprintf(to, room, "%s[%u].%s", e->pick.part->name, first, e->port);
    else
        snprintf(to, room, "%s.%s", e->pick.part->name, e->port);
}

/* How many from element i on have its link. */
static uint32_t alike(const struct bl_platform *p, const struct wire_plan *w, uint32_t i, bool each)
{
    struct bl_link link = link_of(p, w, i);
    uint32_t n = 1;

    for (; !each && i + n < drawn(w); n++) {
        struct bl_link other = link_of(p, w, i + n);
        if (other.depth != link.depth || other.sync != link.sync || other.pipe != link.pipe)
            break;
    }
    return n;
}

static int visit_line(const struct bl_platform *p, const struct wire_plan *w, bool each, bl_wire_visit *visit, void *ctx)
{
    size_t a = room_for(&w->from), b = room_for(&w->to);
    char *from = malloc(a + b), *to = from ? from + a : NULL;

    if (!from)
        return bl_error(p->diag, "%s: no memory for its wires", p->path);
    for (uint32_t i = 0, n; i < drawn(w); i += n) {
        n = alike(p, w, i, each);
        port_text(from, a, &w->from, i, n);
        port_text(to, b, &w->to, i, n);
        struct bl_wire_row row = { from, to, w->where, link_of(p, w, i), n };
        visit(ctx, &row);
    }
    free(from);
    return 0;
}

int bl_platform_wires(const struct bl_platform *p, bool each, bl_wire_visit *visit, void *ctx)
{
    int status = 0;

    for (const struct wire_plan *w = p->wires; w < p->wires + p->nwires; w++)
        status |= visit_line(p, w, each, visit, ctx);
    return status;
}

struct wiring { struct bl_sim *s; int status; };

static void wire_up(void *ctx, const struct bl_wire_row *row)
{
    struct wiring *x = ctx;

    x->status |= bl_wire(x->s, row->from, row->to, row->link, row->where);
}

int plan_apply_wires(const struct bl_platform *p, struct bl_sim *s)
{
    struct wiring x = { s, 0 };

    return bl_platform_wires(p, true, wire_up, &x) | x.status;
}
