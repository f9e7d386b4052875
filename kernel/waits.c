/* waits.c - what a class's table says beside its fields: the ports that a stall cause lists, and which of them a part waits at;
 * feeds, streams and ways. */
#include "kernel/kernel.h"

#include <stdio.h>

/* ---- lists of names: "in, tag" ---- */

static const char *name_at(const char *text, uint32_t k, size_t *len)
{
    for (text += strspn(text, ", "); k && *text; k--, text += strspn(text, ", "))
        text += strcspn(text, ", ");
    *len = strcspn(text, ", ");
    return *len ? text : NULL;
}

uint32_t listed(const char *text)
{
    size_t len;
    uint32_t n = 0;

    while (text && name_at(text, n, &len))
        n++;
    return n;
}

const struct bl_field *listed_port(const struct bl_class *c, const char *text, uint32_t k)
{
    size_t len;
    const char *name = name_at(text, k, &len);

    for (const struct bl_field *f = c->fields; name && f->kind; f++)
        if (bl_field_is(f, BL_IS_PORT) && strlen(f->name) == len && !memcmp(f->name, name, len))
            return f;
    return NULL;
}

/* ---- checks ---- */

enum { MOST_CAUSES = 62, MOST_LISTED = 32 };

static bool any_port(const struct bl_field *f) { return bl_field_is(f, BL_IS_PORT); }
static bool enters(const struct bl_field *f) { return f->kind == BL_KIND_POP || f->kind == BL_KIND_IN; }
static bool leaves(const struct bl_field *f) { return f->kind == BL_KIND_PUSH || f->kind == BL_KIND_OUT; }
static bool is_read(const struct bl_field *f) { return f->kind == BL_KIND_IN; }

/* What the names in a row must be. */
struct rule { const char *row, *does; bool (*fits)(const struct bl_field *); const char *expected; };
static const struct rule of_cause = { "stall cause", "waits on", any_port, "" }, of_feed = { "feed", "is", enters, "a pop end or an input" },
                         of_stream = { "stream", "is", is_read, "an input" }, of_output = { "way", "is to", leaves, "a push end or an output" },
                         of_inputs = { "way", "comes from", enters, "a pop end or an input" };

/* Every name of a list is that of a port that fits, and stands there once. */
static int check_list(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row, const char *list, const struct rule *r)
{
    uint32_t n = listed(list);
    size_t len;

    if (n == 0 || n > MOST_LISTED)
        return bl_error(s->diag, "class %s: %s %s lists %u ports; expected 1 .. %d", c->name, r->row, row->name, n, MOST_LISTED);
    for (uint32_t k = 0; k < n; k++) {
        const struct bl_field *port = listed_port(c, list, k);
        const char *at = name_at(list, k, &len), *name = arena_copy(&s->texts, at, len);
        const char *near = port ? NULL : class_near(c, name, BL_IS_PORT);
        if (!port)
            return bl_error(s->diag, "class %s: %s %s %s '%s', which is no port%s%s%s", c->name, r->row, row->name, r->does, name,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        if (!r->fits(port))
            return bl_error(s->diag, "class %s: %s %s %s %s, which is %s; expected %s", c->name, r->row, row->name, r->does, name,
                            bl_field_kinds[port->kind].text, r->expected);
        for (uint32_t j = 0; j < k; j++)
            if (listed_port(c, list, j) == port)
                return bl_error(s->diag, "class %s: %s %s lists port %s twice", c->name, r->row, row->name, name);
    }
    return 0;
}

static int check_cause(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f, uint32_t *causes)
{
    if (*causes == MOST_CAUSES)
        return bl_error(s->diag, "class %s: more than %d stall causes", c->name, MOST_CAUSES);
    if (f->at != BL_STALL + *causes)
        return bl_error(s->diag, "class %s: stall cause %s has number %zu; causes are tabled in the order of their "
                        "enumeration, from BL_STALL up, each once", c->name, f->name, f->at);
    ++*causes;
    return f->text ? check_list(s, c, f, f->text, &of_cause) : 0;
}

/* A number from 1 on, or a parameter that is one. */
static int check_latency(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row)
{
    for (const struct bl_field *f = c->fields; row->lanes < 0 && f->kind; f++) {
        if (!bl_field_is(f, BL_IS_COUNT) || f->at != (size_t)-row->lanes)
            continue;
        if (f->least >= 1)
            return 0;
        return bl_error(s->diag, "class %s: stream %s: its latency is parameter %s, which may be %.15g; expected 1 or more", c->name,
                        row->name, f->name, f->least);
    }
    if (row->lanes < 0)
        return bl_error(s->diag, "class %s: stream %s: its latency is no parameter of the table", c->name, row->name);
    return row->lanes ? 0 : bl_error(s->diag, "class %s: stream %s: its latency is 0; expected 1 or more", c->name, row->name);
}

/* A row of a kind speaks of a port once, and of a class that can do what it says. */
static int check_speaker(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row)
{
    const char *word = bl_field_kinds[row->kind].word;

    for (const struct bl_field *f = c->fields; f < row; f++)
        if (f->kind == row->kind && !strcmp(f->name, row->name))
            return bl_error(s->diag, "class %s: %s %s is tabled twice", c->name, word, row->name);
    if (row->kind == BL_KIND_STREAM && !c->tick)
        return bl_error(s->diag, "class %s: stream %s: only a clocked class works cycle by cycle", c->name, row->name);
    if (row->kind == BL_KIND_FEED && !has_account(c))
        return bl_error(s->diag, "class %s: feed %s: a %s class has no account that could be idle", c->name, row->name,
                        c->comb ? "combinational" : "composite");
    if (row->kind == BL_KIND_WAY && c->build)
        return bl_error(s->diag, "class %s: way %s: the children of a composite class say what depends on what", c->name, row->name);
    return 0;
}

int check_said_row(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row, uint32_t *causes)
{
    if (row->kind == BL_KIND_CAUSE)
        return check_cause(s, c, row, causes);
    if (check_speaker(s, c, row))
        return -1;
    if (row->kind == BL_KIND_FEED)
        return check_list(s, c, row, row->text, &of_feed);
    if (row->kind == BL_KIND_STREAM)
        return check_list(s, c, row, row->text, &of_stream) ? -1 : check_latency(s, c, row);
    return check_list(s, c, row, row->name, &of_output) ? -1 : check_list(s, c, row, row->text, &of_inputs);
}

/* ---- the ports of a part's causes, element by element ---- */

uint32_t waits_at(const struct bl_node *n, uint32_t verdict)
{
    const struct waited *w = &n->info->waits_on[verdict];
    uint32_t all = 0;

    for (uint32_t k = 0; k < w->n; k++)
        all += port_count(n, w->port[k]);
    return all;
}

struct waiting_port port_waited(const struct bl_node *n, uint32_t verdict, uint32_t k)
{
    const struct waited *w = &n->info->waits_on[verdict];

    for (uint32_t i = 0; i < w->n; i++) {
        uint32_t here = port_count(n, w->port[i]);
        if (k < here)
            return (struct waiting_port){ w->port[i], k, here };
        k -= here;
    }
    return (struct waiting_port){ NULL, 0, 0 };
}

const char *waiting_port_text(struct waiting_port at, char *text, size_t room)
{
    if (at.of > 1)
        snprintf(text, room, "%s[%u]", at.port->name, at.index);
    else
        snprintf(text, room, "%s", at.port->name);
    return text;
}

void check_said(const struct bl_node *n, bl_verdict v)
{
    uint32_t verdict = said_verdict(v), at = v >> 16, most;
    char text[600];

    if (verdict >= n->info->nverdicts)
        bl_misuse(n->self, n->info->cls->tick ? "tick returned a verdict that its class does not declare" :
                  "a verdict that its class does not declare");
    most = waits_at(n, verdict);
    if (at <= most)
        return;
    snprintf(text, sizeof text, "%s waits at port %u of those that it lists (BL_AT), and it lists %u%s", n->info->verdict[verdict],
             at - 1, most, most ? "; expected 0 for the first, and so on" : ": table its ports with BL_WAITS");
    bl_misuse(n->self, text);
}
