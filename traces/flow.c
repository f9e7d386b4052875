/* flow.c - finds parts and channels among the variables of a timeline, and keeps the items under way. */
#include "traces/flow.h"

#include <stdio.h>
#include <stdlib.h>

static char *joined(const char *scope, const char *name)
{
    size_t n = strlen(scope) + strlen(name) + 2;
    char *text = malloc(n);

    if (text)
        snprintf(text, n, "%s%s%s", scope, *scope ? "." : "", name);
    return text;
}

static int add_part(struct bl_flow *f, const struct bl_wave_var *v)
{
    struct bl_flow_part *p = &f->part[f->nparts++];

    p->path = joined(v->scope, "");
    p->verdict = calloc(v->nnames + 1, sizeof *p->verdict);
    if (!p->path || !p->verdict)
        return -1;
    if (*p->path)
        p->path[strlen(p->path) - 1] = '\0';
    for (uint32_t i = 0; i < v->nnames; i++, p->nverdicts++)
        if (!(p->verdict[i] = joined("", v->names[i])))
            return -1;
    return 0;
}

/* A channel may lead to a part that stands later in the list, so this comes after all parts are known. */
static uint32_t part_named(const struct bl_flow *f, const char *path)
{
    for (uint32_t i = 0; i < f->nparts; i++)
        if (!strcmp(f->part[i].path, path))
            return i;
    return UINT32_MAX;
}

static int add_var(struct bl_flow *f, const struct bl_wave_var *v, uint32_t *clocks)
{
    struct bl_flow_var *to = &f->var[f->nvars++];

    if (!(to->name = joined(v->scope, v->name)))
        return -1;
    if (v->flags & BL_WAVE_CLOCK) {
        *to = (struct bl_flow_var){ BL_FLOW_CLOCK, (*clocks)++, to->name };
    } else if (v->flags & BL_WAVE_VERDICT && !v->alias) {
        *to = (struct bl_flow_var){ BL_FLOW_VERDICT, (uint32_t)f->nparts, to->name };
        return add_part(f, v);
    } else if (v->flags & BL_WAVE_DEPTH) {
        to->kind = BL_FLOW_DEPTH;
    } else if (v->flags & BL_WAVE_POWER) {
        to->kind = BL_FLOW_POWER;
    }
    return 0;
}

int bl_flow_init(struct bl_flow *f, const struct bl_wave_var *vars, size_t nvars)
{
    uint32_t clocks = 0;

    *f = (struct bl_flow){ .var = calloc(nvars + 1, sizeof *f->var), .part = calloc(nvars + 1, sizeof *f->part),
                           .channel = calloc(nvars + 1, sizeof *f->channel) };
    if (!f->var || !f->part || !f->channel)
        return -1;
    for (size_t i = 0; i < nvars; i++)
        if (add_var(f, &vars[i], &clocks))
            return -1;
    for (size_t i = 0; i + 1 < nvars; i++)
        if (vars[i].flags & BL_WAVE_PUSHED && vars[i + 1].flags & BL_WAVE_POPPED) {
            f->var[i].kind = BL_FLOW_PUSHED;
            f->var[i + 1].kind = BL_FLOW_POPPED;
            f->var[i].index = f->var[i + 1].index = (uint32_t)f->nchannels;
            f->channel[f->nchannels++] = (struct bl_flow_channel){ .name = f->var[i].name, .giver = part_named(f, vars[i].scope),
                                                                   .taker = part_named(f, vars[i + 1].scope) };
        }
    return 0;
}

void bl_flow_fini(struct bl_flow *f)
{
    for (size_t i = 0; i < f->nvars; i++)
        free(f->var[i].name);
    for (size_t i = 0; i < f->nparts; i++) {
        for (uint32_t k = 0; k < f->part[i].nverdicts; k++)
            free(f->part[i].verdict[k]);
        free(f->part[i].verdict);
        free(f->part[i].path);
    }
    for (size_t i = 0; i < f->nchannels; i++)
        free(f->channel[i].item);
    free(f->var);
    free(f->part);
    free(f->channel);
}

bool bl_flow_push(struct bl_flow_channel *c, uint64_t item)
{
    if (c->n == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        uint64_t *grown = malloc(room * sizeof *grown);
        if (!grown)
            return false;
        for (size_t i = 0; i < c->n; i++)
            grown[i] = c->item[(c->head + i) % c->room];
        free(c->item);
        c->item = grown;
        c->room = room;
        c->head = 0;
    }
    c->item[(c->head + c->n++) % c->room] = item;
    c->pushed++;
    return true;
}

bool bl_flow_pop(struct bl_flow_channel *c, uint64_t *item)
{
    uint32_t under_way = c->pushed - c->popped++;

    if (under_way > c->n || !c->n)
        return false;
    *item = c->item[c->head];
    c->head = (c->head + 1) % c->room;
    c->n--;
    return true;
}

void bl_flow_forget(struct bl_flow_channel *c)
{
    c->n = 0;
    c->known = false;
}

void bl_put_json(struct bl_bytes *b, const char *text)
{
    char hex[8];

    bl_put8(b, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ') {
            snprintf(hex, sizeof hex, "\\u%04x", c);
            bl_put_text(b, hex);
        } else {
            if (c == '"' || c == '\\')
                bl_put8(b, '\\');
            bl_put8(b, c);
        }
    }
    bl_put8(b, '"');
}
