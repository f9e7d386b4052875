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

static bool lists(const struct waited *w, const struct bl_field *port)
{
    uint32_t i = 0;

    while (i < w->n && w->port[i] != port)
        i++;
    return i < w->n;
}

void feeds_listed(struct bl_sim *s, struct class_info *in)
{
    struct waited *feeds = &in->waits_on[BL_IDLE];
    const struct bl_field *f = in->cls->fields;

    feeds->port = arena_get(&s->fixed, (in->nfields + 1) * sizeof *feeds->port);
    for (; f && f->kind; f++)
        if (f->kind == BL_KIND_FEED) {
            const char *before = in->waits_text[BL_IDLE];
            feeds->port[feeds->n++] = listed_port(in->cls, f->text, 0);
            in->waits_text[BL_IDLE] = before ? arena_text(&s->fixed, "%s, %s", before, f->text) : f->text;
        }
    in->rests = UINT64_C(1) << BL_IDLE;
    for (uint32_t v = BL_STALL; v < in->nverdicts; v++) {
        const struct waited *w = &in->waits_on[v];
        bool all = w->n > 0;
        for (uint32_t i = 0; i < w->n; i++)
            all &= lists(feeds, w->port[i]);
        in->rests |= (uint64_t)all << v;
    }
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
