/* waits.c - what a class's table says beside its fields: the ports that a stall cause lists, and which of them a part waits at.
 * check/tables.c checks it. */
#include "kernel/kernel.h"

#include <stdio.h>

/* ---- lists of names: "in, tag" ---- */

const char *listed_name(const char *text, uint32_t k, size_t *len)
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

    while (text && listed_name(text, n, &len))
        n++;
    return n;
}

const struct bl_field *listed_port(const struct bl_class *c, const char *text, uint32_t k)
{
    size_t len;
    const char *name = listed_name(text, k, &len);

    for (const struct bl_field *f = c->fields; name && f->kind; f++)
        if (bl_field_is(f, BL_IS_PORT) && strlen(f->name) == len && !memcmp(f->name, name, len))
            return f;
    return NULL;
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
