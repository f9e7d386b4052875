/* chain.c - causes as text: the chain behind the last change of a signal; the parts, changes and events of a loop without time. */
#include "kernel/observe/why.h"

#include <stdio.h>

enum { NAMED = 8 };                  /* of a kind in a loop */

/* ---- the chain as text ---- */

static const char *event_name(const struct bl_sim *s, uint32_t e, char *text, size_t room)
{
    for (size_t i = 0; i < s->frozen.nparts; i++)
        for (uint32_t k = 0; !s->frozen.nodes[i]->info->cls->build && k < s->frozen.nodes[i]->info->nfields; k++)
            if (s->frozen.nodes[i]->info->cls->fields[k].kind == BL_KIND_EVENT && port_at(s->frozen.nodes[i], k) == e) {
                snprintf(text, room, "%s.%s", s->frozen.nodes[i]->path, s->frozen.nodes[i]->info->cls->fields[k].name);
                return text;
            }
    return "?";
}

static void say_change(const struct bl_sim *s, const struct cause *c, char *text, size_t room)
{
    const struct bl_word *w = s->frozen.words[c->id];
    const char *what = "";
    char lane[16] = "";

    for (size_t i = 0; i < s->frozen.nrings; i++)
        if (w == s->frozen.rings[i]->push_word || w == s->frozen.rings[i]->pop_word)
            what = w == s->frozen.rings[i]->push_word ? " pushed" : " popped";
    if (w->lanes > 1)
        snprintf(lane, sizeof lane, "[%u]", c->lane);
    if (w->now == w->next)
        snprintf(text, room, "%s (%u bit) written", word_name(w), w->lanes * w->bits);
    else
        snprintf(text, room, "%s%s%s %llu -> %llu", word_name(w), lane, what, (unsigned long long)c->old, (unsigned long long)c->now);
}

static const char *verdict_name(const struct bl_node *n, uint64_t v) { return v < n->info->nverdicts ? n->info->verdict[v] : "?"; }

/* "x.verdict busy -> no_input at in[2]" */
static void say_verdict(const struct bl_sim *s, const struct cause *c, const char *name, char *text, size_t room)
{
    const struct bl_node *n = s->frozen.nodes[c->id];
    uint32_t ports = c->now < n->info->nverdicts ? waits_at(n, (uint32_t)c->now) : 0;
    char port[300] = "";

    if (ports > 1)
        waiting_port_text(port_waited(n, (uint32_t)c->now, c->lane), port, sizeof port);
    snprintf(text, room, "%s %s -> %s%s%s", name, verdict_name(n, c->old), verdict_name(n, c->now), *port ? " at " : "", port);
}

static void describe(const struct bl_sim *s, const struct cause *c, char *text, size_t room)
{
    const char *name = s->onlookers->record->name;
    char event[600], at_time[40], what[1200];
    bool timed = c->kind == FIRED && (c->how == UP || c->how == TIMED_ONE);

    if (c->kind == CHANGED)
        say_change(s, c, what, sizeof what);
    else if (c->kind == SEEN && !strcmp(strrchr(name, '.'), ".verdict"))
        say_verdict(s, c, name, what, sizeof what);
    else if (c->kind == SEEN)
        snprintf(what, sizeof what, "%s %llu -> %llu", name, (unsigned long long)c->old, (unsigned long long)c->now);
    else if (c->kind != FIRED)
        snprintf(what, sizeof what, "%s", s->frozen.nodes[c->id]->path);
    else if (c->how == UP)
        snprintf(what, sizeof what, "its time-out");
    else if (c->how == MOVED)
        snprintf(what, sizeof what, "its sensitivity to %s", word_name(s->frozen.words[s->onlookers->record->word_of[c->id]]));
    else
        snprintf(what, sizeof what, "event %s", event_name(s, c->id, event, sizeof event));
    bl_time_text(c->fs, at_time);
    if (c->kind == TICKED)
        snprintf(text, room, "%s at %s: edge %llu of clock %s", what, at_time, (unsigned long long)c->now,
                 s->frozen.domains[s->frozen.nodes[c->id]->domain].name);
    else if (timed)
        snprintf(text, room, "%s at %s", what, at_time);
    else
        snprintf(text, room, "%s at %s, delta %u", what, at_time, c->here);
}

/* How a record is tied to the one that caused it. */
static const char *tie(const struct cause *c)
{
    switch (c->kind) {
    case CHANGED: case SEEN: return "by ";
    case TICKED: return c->how == PASSES ? "passing on " : "its nap ended by ";
    case RAN: return "released by ";
    case SETTLED: return "because of ";
    default: break;
    }
    switch (c->how) {
    case MOVED: return "because of ";
    case UP: return "set by ";
    case TIMED_ONE: return "notified with a time by ";
    case DELTA_ONE: return "notified for the next delta by ";
    default: return "notified at once by ";
    }
}

static const char *beginning(const struct cause *c)
{
    return c->kind == RAN ? "released by the start of the run" : c->kind == SETTLED ? "because everything settles at the start" : NULL;
}

void bl_why_tell(struct bl_sim *s, const struct bl_show *out)
{
    if (MISSING(s, out) || NO_FUNCTION(s->diag, out->line))
        return;
    BORDER(s, );
    const struct record *r = onlookers_of(s)->record;
    char text[2000], line[2400];
    uint64_t v = 0;

    if (!r || !r->asked)
        return;
    if (!r->nchain) {
        bl_peek(s, r->name, &v);
        snprintf(line, sizeof line, "%s has not changed; it is %llu since the start", r->name, (unsigned long long)v);
        out->line(out->ctx, line);
        return;
    }
    for (uint32_t i = 0; i < r->nchain; i++) {
        describe(s, &r->chain[i], text, sizeof text);
        snprintf(line, sizeof line, "%*s%s%s", (int)(2 * i), "", i ? tie(&r->chain[i - 1]) : "", text);
        out->line(out->ctx, line);
    }
    const struct cause *last = &r->chain[r->nchain - 1];
    const char *end = r->cut ? "(the record goes no further back)" : last->parent ? "(and so on)" : beginning(last);
    if (!end)
        return;
    snprintf(line, sizeof line, "%*s%s", (int)(2 * r->nchain), "", end);
    out->line(out->ctx, line);
}

/* ---- a loop without time ---- */

/* Has this been named, or have enough of its kind? */
static bool again(struct cause *said, size_t n, const struct cause *c)
{
    size_t same = 0;

    for (size_t i = 0; i < n; i++) {
        bool part = said[i].kind >= TICKED && said[i].kind <= SETTLED, is_part = c->kind >= TICKED && c->kind <= SETTLED;
        same += part ? is_part : said[i].kind == c->kind;
        if (said[i].id == c->id && (part ? is_part : said[i].kind == c->kind))
            return true;
    }
    return same == NAMED;
}

/* Who ran, what changed and which events fired in the last deltas, newest first. */
void why_loop(struct bl_sim *s)
{
    const struct record *r = s->onlookers->record;
    struct cause said[3 * NAMED];
    char text[1200], event[600];
    size_t n = 0;

    for (uint64_t k = r->next - 1; cause_there(r, k); k--) {
        const struct cause *c = cause_at(r, k);
        if (c->delta + LOOP_LOOK < s->core->deltas || c->kind == SEEN || (c->kind == FIRED && (c->how == UP || c->how == MOVED)) ||
            again(said, n, c))
            continue;
        said[n++] = *c;
    }
    for (size_t i = 0; i < n; i++)
        if (said[i].kind >= TICKED && said[i].kind <= SETTLED)
            bl_note(s->diag, "  in the loop: %s", s->frozen.nodes[said[i].id]->path);
    for (size_t i = 0; i < n; i++)
        if (said[i].kind == CHANGED) {
            say_change(s, &said[i], text, sizeof text);
            bl_note(s->diag, "  it changes: %s", text);
        } else if (said[i].kind == FIRED) {
            bl_note(s->diag, "  it notifies: %s", event_name(s, said[i].id, event, sizeof event));
        }
}
