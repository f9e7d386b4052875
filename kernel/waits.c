/* waits.c - what a class's table says of waiting: the ports that a stall cause lists, which of them a part waits at, and whom it
 * meets there. */
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

/* Every name of a list is that of a port, and stands there once. */
static int check_list(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row, const char *what)
{
    uint32_t n = listed(row->text);
    size_t len;

    if (n > MOST_LISTED)
        return bl_error(s->diag, "class %s: %s %s lists %u ports; expected at most %d", c->name, what, row->name, n, MOST_LISTED);
    for (uint32_t k = 0; k < n; k++) {
        const struct bl_field *port = listed_port(c, row->text, k);
        const char *at = name_at(row->text, k, &len), *name = arena_copy(&s->texts, at, len);
        const char *near = port ? NULL : class_near(c, name, BL_IS_PORT);
        if (!port)
            return bl_error(s->diag, "class %s: %s %s waits on '%s', which is no port%s%s%s", c->name, what, row->name, name,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        for (uint32_t j = 0; j < k; j++)
            if (listed_port(c, row->text, j) == port)
                return bl_error(s->diag, "class %s: %s %s lists port %s twice", c->name, what, row->name, name);
    }
    return 0;
}

int check_cause(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f, uint32_t *causes)
{
    if (*causes == MOST_CAUSES)
        return bl_error(s->diag, "class %s: more than %d stall causes", c->name, MOST_CAUSES);
    if (f->at != BL_STALL + *causes)
        return bl_error(s->diag, "class %s: stall cause %s has number %zu; causes are tabled in the order of their "
                        "enumeration, from BL_STALL up, each once", c->name, f->name, f->at);
    ++*causes;
    return f->text ? check_list(s, c, f, "stall cause") : 0;
}

/* ---- the ports of a part's causes, element by element ---- */

static uint32_t elements_of(const struct bl_node *n, const struct bl_field *port)
{
    (void)n;
    (void)port;
    return 1;
}

uint32_t waits_at(const struct bl_node *n, uint32_t verdict)
{
    const struct waited *w = &n->info->waits_on[verdict];
    uint32_t all = 0;

    for (uint32_t k = 0; k < w->n; k++)
        all += elements_of(n, w->port[k]);
    return all;
}

struct waiting_port port_waited(const struct bl_node *n, uint32_t verdict, uint32_t k)
{
    const struct waited *w = &n->info->waits_on[verdict];

    for (uint32_t i = 0; i < w->n; i++) {
        uint32_t here = elements_of(n, w->port[i]);
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
