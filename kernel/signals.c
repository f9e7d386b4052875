/* signals.c - the signals of a trace: which of them are wanted, what they are called, and their values. */
#include "kernel/watch.h"

#include <stdio.h>

/* ---- which signals ---- */

static bool glob(const char *p, const char *t)
{
    for (; *p; p++, t++) {
        if (*p == '*') {
            while (*p == '*')
                p++;
            for (;; t++) {
                if (glob(p, t))
                    return true;
                if (!*t)
                    return false;
            }
        }
        if (!*t || (*p != '?' && *p != *t))
            return false;
    }
    return !*t;
}

static bool wanted(const struct bl_trace *t, const char *scope, const char *name)
{
    char full[1024];
    bool any = false, yes = false;

    snprintf(full, sizeof full, "%s%s%s", scope, *scope ? "." : "", name);
    for (size_t i = 0; i < t->o.nglobs; i++) {
        const char *g = t->o.globs[i];
        any |= *g != '!';
        if (glob(g + (*g == '!'), full) || glob(g + (*g == '!'), scope))
            yes = *g != '!';
    }
    return yes || (!any && t->o.nglobs == 0);
}

static void add(struct bl_trace *t, const char *scope, const char *name, const char *help, struct signal g, unsigned flags)
{
    uint32_t width = g.from == A_POWER ? 64 : g.lanes * g.bits;

    if (width == 0 || width > WIDEST || !wanted(t, scope, name))
        return;
    t->vars = grown(t->vars, t->n, &t->room, sizeof *t->vars);
    t->sig = grown(t->sig, t->n, &t->room_sig, sizeof *t->sig);
    g.words = (width + 63) / 64;
    g.shadow = (uint32_t)t->nshadow;
    t->nshadow += g.words;
    t->vars[t->n] = (struct bl_wave_var){ .scope = scope, .name = arena_text(&t->names, "%s", name), .help = help,
        .kind = g.from == A_POWER ? BL_WAVE_REAL : BL_WAVE_BITS, .width = width, .flags = flags };
    t->sig[t->n++] = g;
}

static unsigned look_of(const struct bl_field *f)
{
    return (f->flags & BL_SIGNED ? BL_WAVE_SIGNED : 0u) | (f->flags & BL_ANALOG ? BL_WAVE_ANALOG : 0u) |
           (f->flags & BL_MAIN ? BL_WAVE_MAIN : 0u);
}

/* One variable a lane up to LANES_APART lanes, else all lanes in one vector. */
static void add_lanes(struct bl_trace *t, const char *scope, const char *name, const struct bl_field *f, struct signal g)
{
    char text[512];
    uint32_t lanes = g.lanes;

    if (lanes == 1 || lanes > LANES_APART) {
        add(t, scope, name, f->help, g, look_of(f));
        return;
    }
    for (g.lane = 0, g.lanes = 1; g.lane < lanes; g.lane++) {
        snprintf(text, sizeof text, "%s[%u]", name, g.lane);
        add(t, scope, text, f->help, g, look_of(f));
    }
}

static void add_view(struct bl_trace *t, const struct bl_node *n, const struct bl_field *f, struct signal g)
{
    size_t first = t->n;

    add_lanes(t, n->path, f->name, f, g);
    if (t->n == first)
        return;
    t->view = grown(t->view, t->nviews, &t->room_views, sizeof *t->view);
    t->view[t->nviews++] = (struct view){ n->self + f->at, (uint32_t)f->least, (uint32_t)t->nraw, (uint32_t)first, (uint32_t)(t->n - first) };
    t->nraw += (size_t)f->least;
}

static void add_field(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, uint32_t k)
{
    const struct bl_field *f = &n->info->cls->fields[k];
    struct signal g = { .node = n->id };
    char text[512];

    if (f->kind == BL_KIND_OUT) {
        const struct bl_word *w = s->words[n->port[k]];
        g.from = A_WORD;
        g.index = w->id;
        g.lanes = w->lanes;
        g.bits = w->bits;
        g.elem = w->elem;
        add_lanes(t, n->path, f->name, f, g);
    } else if (f->kind == BL_KIND_PUSH && s->links[n->port[k]].push_node != NONE) {
        const struct bl_ring *r = s->rings[n->port[k]];
        g.from = A_COUNT;
        g.index = n->port[k];
        g.lanes = 1;
        g.bits = 32u - (uint32_t)__builtin_clz(r->depth);
        snprintf(text, sizeof text, "%s_count", f->name);
        add(t, n->path, text, "items in the channel", g, BL_WAVE_ANALOG);
        g.from = AN_ITEM;
        g.lanes = r->lanes;
        g.bits = r->bits;
        g.elem = r->elem;
        add_lanes(t, n->path, f->name, f, g);
    } else if (f->kind == BL_KIND_VIEW) {
        g.from = A_VIEW;
        g.lanes = field_count(n, f->lanes);
        g.bits = field_count(n, f->bits);
        g.at = f->at;
        g.elem = view_elem(f, g.lanes, g.bits);
        if (g.elem)
            add_view(t, n, f, g);
    }
}

static bool has_price(const struct bl_node *n)
{
    uint64_t any = 0;

    for (uint32_t v = 0; v <= n->info->nverdicts; v++)
        any |= n->power_nw[v];
    for (uint32_t k = 0; k < n->info->ntallies; k++)
        any |= n->price_yj[k];
    return any != 0;
}

static void add_part_signals(struct bl_trace *t, struct bl_sim *s, struct bl_node *n)
{
    const struct bl_class *c = n->info->cls;

    if (c->tick || c->run) {
        struct signal g = { .from = A_VERDICT, .node = n->id, .lanes = 1, .bits = 32u - (uint32_t)__builtin_clz(n->info->nverdicts - 1) };
        g.bits = g.bits < 2 ? 2 : g.bits;     /* a vector: viewers write the names into it */
        size_t before = t->n;
        add(t, n->path, "verdict", "what each cycle goes to", g, BL_WAVE_VERDICT);
        if (t->n > before) {
            t->vars[before].names = n->info->verdict;
            t->vars[before].nnames = n->info->nverdicts;
            t->verdict_of[n->id] = (uint32_t)before;
            n->watched = true;
            t->vars = grown(t->vars, t->n, &t->room, sizeof *t->vars);
            t->sig = grown(t->sig, t->n, &t->room_sig, sizeof *t->sig);
            t->vars[t->n] = t->vars[before];
            t->vars[t->n].name = "verdict_color";
            t->vars[t->n].names = NULL;       /* a viewer's colours, by number */
            t->vars[t->n].nnames = 0;
            t->vars[t->n].alias = (uint32_t)before + 1;
            t->sig[t->n++] = g;
        }
    }
    for (uint32_t k = 0; !c->build && k < n->info->nfields; k++)
        add_field(t, s, n, k);
    if (t->o.power_window_fs && has_price(n))
        add(t, n->path, "power_mw", "mean power of the last window, mW", (struct signal){ .from = A_POWER, .node = n->id, .lanes = 1 },
            BL_WAVE_POWER | BL_WAVE_ANALOG);
}

void signals_choose(struct bl_trace *t, struct bl_sim *s)
{
    for (uint32_t i = 0; i < s->ndomains; i++)
        add(t, "", s->domains[i].name, "clock", (struct signal){ .from = A_CLOCK, .node = NONE, .index = i, .lanes = 1, .bits = 1 },
            BL_WAVE_CLOCK);
    if (t->o.power_window_fs)
        add(t, "", "power_mw", "mean power of the last window, mW", (struct signal){ .from = A_POWER, .node = NONE, .lanes = 1 },
            BL_WAVE_POWER | BL_WAVE_ANALOG);
    for (size_t i = 0; i < s->nparts; i++)
        add_part_signals(t, s, s->nodes[i]);
}

/* ---- values ---- */

static void put_bits(uint64_t *to, uint32_t at, uint64_t v, uint32_t bits)
{
    uint32_t w = at / 64, o = at % 64;

    if (bits < 64)
        v &= (UINT64_C(1) << bits) - 1;
    to[w] |= v << o;
    if (o && o + bits > 64)
        to[w + 1] |= v >> (64 - o);
}

static uint64_t lane_value(const unsigned char *p, uint32_t elem)
{
    uint64_t v = 0;

    memcpy(&v, p, elem);      /* little-endian hosts; checked at start (host_is_little) */
    return v;
}

/* Lanes of `bits` each from their storage, packed into to[]. */
static void pack(uint64_t *to, const unsigned char *from, const struct signal *g)
{
    uint32_t at = 0;

    if (g->bits > 64) {
        uint32_t words = (g->bits + 63) / 64;
        from += (size_t)g->lane * words * 8;
        for (uint32_t l = 0; l < g->lanes; l++, from += words * 8)
            for (uint32_t left = g->bits, w = 0; w < words; w++, left -= left < 64 ? left : 64) {
                put_bits(to, at, lane_value(from + w * 8, 8), left < 64 ? left : 64);
                at += left < 64 ? left : 64;
            }
        return;
    }
    from += (size_t)g->lane * g->elem;
    for (uint32_t l = 0; l < g->lanes; l++, at += g->bits)
        put_bits(to, at, lane_value(from + (size_t)l * g->elem, g->elem), g->bits);
}

void signal_value(const struct bl_sim *s, const struct signal *g, uint64_t *to)
{
    memset(to, 0, g->words * sizeof *to);
    if (g->from == A_VERDICT) {
        to[0] = s->account[g->node].verdict;
    } else if (g->from == A_WORD) {
        pack(to, s->words[g->index]->now, g);
    } else if (g->from == A_VIEW) {
        pack(to, s->nodes[g->node]->self + g->at, g);
    } else if (g->from == A_COUNT || g->from == AN_ITEM) {
        const struct bl_ring *r = s->rings[g->index];
        uint32_t pushed = *(const uint32_t *)r->push_word->now, popped = *(const uint32_t *)r->pop_word->now;
        if (g->from == A_COUNT)
            to[0] = pushed - popped;
        else if (pushed)
            pack(to, r->data + (size_t)((pushed - 1) & r->mask) * r->slot, g);
    }
}

void views_look(struct bl_trace *t)
{
    for (size_t k = 0; k < t->nviews; k++) {
        const struct view *v = &t->view[k];
        if (!memcmp(t->raw + v->raw, v->at, v->bytes))
            continue;
        memcpy(t->raw + v->raw, v->at, v->bytes);
        for (uint32_t i = v->first; i < v->first + v->n; i++)
            t->pending[i / 64] |= UINT64_C(1) << (i & 63);
    }
}
