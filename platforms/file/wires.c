/* wires.c - the wires of a platform file: "tree[*].sum -> sink[*].x depth 2", parsed and checked; wiring.c pairs them and hands them on. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <string.h>

/* ---- one line */

/* A whole number behind "depth" or "sync". */
static int attribute(struct text_in *in, const char *name, unsigned long least, unsigned long most, unsigned long *v)
{
    text_blanks(in);
    const char *start = in->at;
    int n = text_whole(in, v);

    if (n < 0)
        return -1;
    if (n == 0 || *v < least || *v > most || (*in->at && *in->at != ' '))
        return text_error(in, start, "'%s' needs a whole number from %lu to %lu behind it", name, least, most);
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

static int wire_plan(struct bl_platform *p, const struct bl_yaml *node, struct wire_plan *w)
{
    const char *text = bl_yaml_text(p->doc, node, "a wire");
    struct text_in in = { .p = p, .node = node, .text = text, .at = text };

    if (!text || (p->is_vague && strchr(text, '$')))
        return -1;                          /* what is wrong about a '$' is told */
    w->where = bl_yaml_where(p->doc, node, 0);
    text_blanks(&in);
    int from = text_end(&in, &w->from);
    const char *arrow = from ? strstr(in.at, "->") : NULL;
    if (from < 0 && !arrow)
        return -1;
    if (from)
        in.at = arrow ? arrow : in.at;      /* the other end may be wrong too */
    text_blanks(&in);
    if (in.at[0] != '-' || in.at[1] != '>')
        return text_error(&in, in.at, "expected '->' and the port to drive");
    in.at += 2;
    text_blanks(&in);
    if (text_end(&in, &w->to) != 0)
        return -1;
    if (*in.at && *in.at != ' ')
        return text_error(&in, in.at, "'%c' was not expected behind a port", *in.at);
    return attributes(&in, &w->link) < 0 || from ? -1 : check_pairs(p, w, NULL, p->diag, w->from.at, w->to.at);
}

int plan_wires(struct bl_platform *p, const struct bl_yaml *wires)
{
    int status = 0;

    if (bl_yaml_is(p->doc, wires, BL_YAML_LIST, "'wires'", "lines like '- a.sum -> b.x depth 2'") < 0 ||
        !(p->wires = bl_yaml_keep(p->doc, wires->n, sizeof *p->wires)))
        return -1;
    for (const struct bl_yaml *node = wires->first; node; node = node->next)
        if (wire_plan(p, node, &p->wires[p->nwires++]) < 0) {
            p->wires[p->nwires - 1].is_refused = true;
            status = -1;
        }
    return status;
}
