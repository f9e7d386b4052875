/* signals.c - the signals of a trace: which parts have which, and what they are called. */
#include "kernel/ieee/inside.h"
#include "kernel/observe/watch.h"

#include <stdio.h>

/* A value that always lies at one place, in a type of the host. */
static void place(const struct bl_sim *s, struct signal *g)
{
    const unsigned char *p = NULL;

    if (g->from == A_VERDICT) {
        p = (const unsigned char *)&s->run.account[g->node].verdict;
        g->elem = sizeof s->run.account->verdict;
    } else if (g->from == A_COUNTER || g->from == A_WORD) {
        p = s->frozen.words[g->index]->now;
    } else if (g->from == A_VIEW) {
        p = s->frozen.nodes[g->node]->self;
    }
    if (!p || g->lanes != 1)
        return;
    p += g->skip + (size_t)g->lane * (g->bits > 64 ? (g->bits + 63) / 64 * 8 : g->elem);
    g->shift = 8 * (uint32_t)((uintptr_t)p % 8);             /* storage is aligned, so that a lane never straddles */
    g->src = p - g->shift / 8;
    g->mask = g->bits % 64 ? (UINT64_C(1) << g->bits % 64) - 1 : UINT64_MAX;
}

static void add_variable(struct bl_trace *t, const struct bl_sim *s, const char *scope, const char *name, const char *help, struct signal g,
                         unsigned flags)
{
    uint32_t packed = g.from == A_POWER ? 64 : g.lanes * g.bits, width = g.four ? g.lanes : packed;

    t->vars = grown(t->vars, t->n, &t->room, sizeof *t->vars);
    t->sig = grown(t->sig, t->n, &t->room_sig, sizeof *t->sig);
    g.words = (packed + 63) / 64;
    place(s, &g);
    t->vars[t->n] = (struct bl_wave_var){ .scope = scope, .name = arena_text(&t->names, "%s", name), .help = help,
        .kind = g.from == A_POWER ? BL_WAVE_REAL : BL_WAVE_BITS, .width = width, .flags = flags };
    t->sig[t->n++] = g;
}

/* Adds a variable when it is wanted; `field` is its name without a lane. */
static void add_named(struct bl_trace *t, const struct bl_sim *s, const char *scope, const char *field, const char *name,
                      const char *help, struct signal g, unsigned flags)
{
    if (globs_want(t, scope, name, field) || (t->ops->timeline && g.from == A_CLOCK))      /* a timeline counts cycles */
        add_variable(t, s, scope, name, help, g, flags);
}

static void add(struct bl_trace *t, const struct bl_sim *s, const char *scope, const char *name, const char *help, struct signal g,
                unsigned flags)
{
    add_named(t, s, scope, name, name, help, g, flags);
}

/* All variables from `first` on change together. */
static void group_from(struct bl_trace *t, size_t first)
{
    if (t->n > first)
        t->sig[first].together = (uint32_t)(t->n - first);
}

static unsigned look_of(const struct bl_field *f)
{
    return (f->flags & BL_SIGNED ? BL_WAVE_SIGNED : 0u) | (f->flags & BL_ANALOG ? BL_WAVE_ANALOG : 0u) |
           (f->flags & BL_MAIN ? BL_WAVE_MAIN : 0u);
}

/* A lane wider than any variable: as many as it takes, NAME_b0to4095, ... */
static void add_pieces(struct bl_trace *t, const struct bl_sim *s, const char *scope, const char *field, const char *name,
                       const struct bl_field *f, struct signal g)
{
    uint32_t bits = g.bits;
    char text[560];

    g.skip += (size_t)g.lane * ((bits + 63) / 64) * 8;
    g.lane = 0;
    for (uint32_t b = 0; b < bits; b += WIDEST, g.skip += WIDEST / 8) {
        g.bits = bits - b < WIDEST ? bits - b : WIDEST;
        snprintf(text, sizeof text, "%s_b%uto%u", name, b, b + g.bits - 1);
        add_named(t, s, scope, field, text, f->help, g, look_of(f));
    }
}

/* What the values of those variables from `first` on mean that show one lane of f. */
static void add_words(struct bl_trace *t, const struct bl_sim *s, const struct bl_field *f, size_t first)
{
    for (size_t i = first; i < t->n && !t->ops->timeline; i++) {
        const struct signal *g = &t->sig[i];
        const struct bl_field *words = g->lanes == 1 && !g->four ? words_of(s->frozen.nodes[g->node]->info->cls, f, g->lane) : NULL;
        if (words)
            t->vars[i].names = words_split(&t->names, words, &t->vars[i].nnames);
    }
}

/* Lanes that say something each stand apart: few ones, or more that have words for their values. */
static uint32_t most_apart(const struct bl_sim *s, const struct signal *g, const struct bl_field *f)
{
    const struct bl_field *words = words_of(s->frozen.nodes[g->node]->info->cls, f, g->lanes);     /* of a lane that is not there: of each */

    return words ? WORDED_APART : LANES_APART;
}

/* Of lanes that stand in vectors: those that are asked for one by one, and those that have words of their own. */
static void add_asked(struct bl_trace *t, const struct bl_sim *s, const char *scope, const char *name, const struct bl_field *f, struct signal g)
{
    uint32_t lanes = g.lanes;
    char text[512];

    g.lanes = 1;
    for (g.lane = 0; g.lane < lanes; g.lane++) {
        const struct bl_field *words = words_of(s->frozen.nodes[g.node]->info->cls, f, g.lane);
        if (!t->o.nglobs && !(words && words->lanes))
            continue;
        snprintf(text, sizeof text, "%s[%u]", name, g.lane);
        if (globs_want_lane(t, scope, text, name) || (words && words->lanes && globs_want(t, scope, text, name)))
            add_variable(t, s, scope, text, f->help, g, look_of(f));
    }
}

/* One variable a lane up to LANES_APART lanes, else all lanes in one vector, or in as few as hold them. `name`: of f, or of an element. */
static void add_lanes(struct bl_trace *t, const struct bl_sim *s, const char *scope, const char *name, const struct bl_field *f,
                      struct signal g)
{
    char text[512];
    uint32_t lanes = g.lanes, step = lanes <= most_apart(s, &g, f) ? 1 : WIDEST / g.bits ? WIDEST / g.bits : 1;
    size_t first = t->n;

    if (step > 1)
        add_asked(t, s, scope, name, f, g);
    for (g.lane = 0; g.lane < lanes; g.lane += step) {
        g.lanes = lanes - g.lane < step ? lanes - g.lane : step;
        if (g.lanes == lanes)
            snprintf(text, sizeof text, "%s", name);
        else if (step == 1)
            snprintf(text, sizeof text, "%s[%u]", name, g.lane);
        else
            snprintf(text, sizeof text, "%s_%uto%u", name, g.lane, g.lane + g.lanes - 1);
        if (g.bits > WIDEST)
            add_pieces(t, s, scope, name, text, f, g);
        else
            add_named(t, s, scope, name, text, f->help, g, look_of(f));
    }
    add_words(t, s, f, first);
}

/* What a wave shows of a channel: how many items are in it (x_count, of an element x_count[2]), and the last one pushed. */
static void add_channel(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, const char *name, const struct bl_field *f,
                        uint32_t ring)
{
    const struct bl_ring *r = s->frozen.rings[ring];
    struct signal g = { .from = A_COUNT, .node = n->id, .index = ring, .lanes = 1, .bits = 32u - (uint32_t)__builtin_clz(r->depth) };
    size_t first = t->n;
    char text[512];

    snprintf(text, sizeof text, "%s_count%s", f->name, name + strcspn(name, "["));
    add(t, s, n->path, text, "items in the channel", g, BL_WAVE_ANALOG | BL_WAVE_DEPTH);
    group_from(t, first);
    if (t->ops->timeline)
        return;
    first = t->n;
    g.from = AN_ITEM;
    g.lanes = r->lanes;
    g.bits = r->bits;
    g.elem = r->elem;
    add_lanes(t, s, n->path, name, f, g);
    group_from(t, first);
}

static bool is_resolved(const struct bl_sim *s, uint32_t word)
{
    for (size_t i = 0; i < s->frozen.nbuses; i++)
        if (s->frozen.buses[i].word->id == word)
            return s->frozen.buses[i].sharing == BL_RESOLVED;
    return false;
}

static void add_word(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, const char *name, const struct bl_field *f,
                     const struct bl_word *w, bool four)
{
    size_t first = t->n;

    add_lanes(t, s, n->path, name, f, (struct signal){ .from = A_WORD, .node = n->id, .index = w->id, .lanes = w->lanes, .bits = w->bits,
                                                       .elem = w->elem, .four = four });
    group_from(t, first);
}

/* One port of field f. */
static void add_port(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, uint32_t place)
{
    const char *name = port_text(&t->names, n, place);
    uint32_t port = n->port[place];

    if (f->kind == BL_KIND_PUSH && s->frozen.links[port].push_node != NONE) {
        add_channel(t, s, n, name, f, port);
    } else if (f->kind == BL_KIND_OUT && !t->ops->timeline) {
        const struct bl_word *w = s->frozen.words[port];      /* of a many-writer signal: what all its drivers write */
        add_word(t, s, n, name, f, w->special & MANY_DRIVER ? s->frozen.buses[w->bus - 1].word : w, (w->special & RESOLVED_DRIVER) != 0);
    } else if (f->kind == BL_KIND_IN && !t->ops->timeline && is_resolved(s, port)) {
        add_word(t, s, n, name, f, s->frozen.words[port], true);      /* no driver shows it */
    }
}

static void add_view(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, uint32_t k)
{
    const struct bl_field *f = &n->info->cls->fields[k];
    struct signal g = { .from = A_VIEW, .node = n->id, .index = k, .lanes = field_count(n, f->lanes), .bits = field_count(n, f->bits),
                        .skip = f->at };
    size_t first = t->n;

    g.elem = g.lanes && g.bits ? view_elem(f, g.lanes, g.bits) : 0;
    if (g.elem)
        add_lanes(t, s, n->path, f->name, f, g);
    group_from(t, first);
}

static void add_field(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, uint32_t k)
{
    const struct bl_field *f = &n->info->cls->fields[k];

    for (uint32_t i = n->first[k]; bl_field_is(f, BL_IS_PORT) && i < n->first[k + 1]; i++)
        add_port(t, s, n, f, i);
    if (f->kind == BL_KIND_VIEW && !t->ops->timeline)
        add_view(t, s, n, k);
}

static bool has_price(const struct bl_node *n)
{
    uint64_t any = 0;

    for (uint32_t k = 0; k <= n->info->nverdicts + n->info->ntallies; k++)
        any |= n->price[k];
    return any != 0;
}

static void add_verdict(struct bl_trace *t, const struct bl_sim *s, struct bl_node *n)
{
    struct signal g = { .from = A_VERDICT, .node = n->id, .lanes = 1, .bits = 32u - (uint32_t)__builtin_clz(n->info->nverdicts - 1) };
    size_t before = t->n;

    g.bits = g.bits < 2 ? 2 : g.bits;         /* a vector: viewers write the names into it */
    add(t, s, n->path, "verdict", "what each cycle goes to", g, BL_WAVE_VERDICT);
    if (t->n == before)
        return;
    t->vars[before].names = n->info->verdict;
    t->vars[before].nnames = n->info->nverdicts;
    group_from(t, before);
    t->verdict_of[n->id] = (uint32_t)before;
    if (t->ops->timeline || !globs_want(t, n->path, "verdict_color", "verdict"))
        return;
    t->vars = grown(t->vars, t->n, &t->room, sizeof *t->vars);
    t->sig = grown(t->sig, t->n, &t->room_sig, sizeof *t->sig);
    t->vars[t->n] = t->vars[before];
    t->vars[t->n].name = "verdict_color";
    t->vars[t->n].names = NULL;               /* a viewer's colours, by number */
    t->vars[t->n].nnames = 0;
    t->vars[t->n].alias = (uint32_t)before + 1;
    t->sig[t->n++] = g;
}

/* A timeline draws arrows: the two counters of a channel that comes from this part, when both ends are wanted. */
static void add_flow(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, uint32_t place)
{
    const char *name = port_text(&t->names, n, place);
    uint32_t ring = n->port[place];
    const struct link_info *l = &s->frozen.links[ring];
    struct signal g = { .from = A_COUNTER, .node = n->id, .lanes = 1, .bits = 32, .elem = 4, .index = s->frozen.rings[ring]->push_word->id };
    size_t first = t->n;

    if (l->push_node == NONE || l->pop_node == NONE || t->verdict_of[n->id] == NONE || t->verdict_of[l->pop_node] == NONE ||
        globs_too_deep(t, s->frozen.nodes[l->pop_node]->path))
        return;
    add(t, s, n->path, name, "items pushed", g, BL_WAVE_PUSHED);
    if (t->n == first)
        return;
    group_from(t, first);
    first = t->n;
    g.node = l->pop_node;
    g.index = s->frozen.rings[ring]->pop_word->id;
    size_t globs = t->o.nglobs;
    t->o.nglobs = 0;                          /* one end chosen, both are */
    add(t, s, s->frozen.nodes[l->pop_node]->path, name, "items popped", g, BL_WAVE_POPPED);
    t->o.nglobs = globs;
    group_from(t, first);
}

static void add_part_signals(struct bl_trace *t, struct bl_sim *s, struct bl_node *n)
{
    const struct bl_class *c = n->info->cls;

    if (has_account(c))
        add_verdict(t, s, n);
    for (uint32_t k = 0; !c->build && k < n->info->nfields; k++)
        add_field(t, s, n, k);
    if (t->o.power_window_fs && has_price(n))
        add(t, s, n->path, "power_mw", "mean power of the last window, mW", (struct signal){ .from = A_POWER, .node = n->id, .lanes = 1 },
            BL_WAVE_POWER | BL_WAVE_ANALOG);
}

static void add_clock(struct bl_trace *t, const struct bl_sim *s, uint32_t i)
{
    size_t before = t->n;

    add(t, s, "", s->frozen.domains[i].name, "clock", (struct signal){ .from = A_CLOCK, .node = NONE, .index = i, .lanes = 1, .bits = 1 },
        BL_WAVE_CLOCK);
    if (t->n == before)
        return;
    t->clock = grown(t->clock, t->nclocks, &t->room_clocks, sizeof *t->clock);
    t->clock[t->nclocks++] = (struct clock){ .var = (uint32_t)before, .domain = &s->frozen.domains[i] };
}

void signals_choose(struct bl_trace *t, struct bl_sim *s)
{
    for (uint32_t i = 0; i < s->frozen.ndomains; i++)
        add_clock(t, s, i);
    if (t->o.power_window_fs)
        add(t, s, "", "power_mw", "mean power of the last window, mW", (struct signal){ .from = A_POWER, .node = NONE, .lanes = 1 },
            BL_WAVE_POWER | BL_WAVE_ANALOG);
    for (size_t i = 0; i < s->frozen.nparts; i++)
        add_part_signals(t, s, s->frozen.nodes[i]);
    for (size_t i = 0; i < s->frozen.nparts && t->ops->timeline; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        for (uint32_t k = 0; !n->info->cls->build && k < n->info->nfields; k++)
            for (uint32_t p = n->first[k]; n->info->cls->fields[k].kind == BL_KIND_PUSH && p < n->first[k + 1]; p++)
                add_flow(t, s, n, p);
    }
}
