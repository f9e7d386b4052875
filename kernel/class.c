/* class.c - classes as data: found by name, presets, parameters set from text. check/tables.c checks their tables. */
#include "kernel/kernel.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const bl_tag_name[4] = { "fact", "derived", "calibrated", "free" };

const char *where_of(const char *where) { return where ? where : "bitline"; }

const struct bl_class *bl_class_find(const struct bl_class *const *classes, const char *name)
{
    for (; classes && name && *classes; classes++)
        if ((*classes)->name && !strcmp((*classes)->name, name))
            return *classes;
    return NULL;
}

const struct bl_field *class_field(const struct bl_class *c, const char *name)
{
    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        if (!bl_field_is(f, BL_IS_SAID) && !strcmp(f->name, name))
            return f;
    return NULL;
}

uint32_t class_field_index(const struct bl_class *c, const struct bl_field *f) { return (uint32_t)(f - c->fields); }

uint32_t item_bytes(uint32_t lanes, uint32_t bits)
{
    return lanes * (bits <= 64 ? elem_of(bits) : (bits + 63) / 64 * 8);
}

uint32_t field_count(const struct bl_node *n, int32_t x)
{
    int64_t v = x;

    if (x < 0)
        memcpy(&v, n->self - x, sizeof v);
    return v < 0 || v > UINT32_MAX ? 0 : (uint32_t)v;
}

uint32_t view_elem(const struct bl_field *f, uint32_t lanes, uint32_t bits)
{
    uint32_t size = (uint32_t)f->least, elem = f->elem ? f->elem : lanes ? size / lanes : 0;

    if (bits > 64)
        return (!f->elem || f->elem == 8) && lanes * (((uint64_t)bits + 63) / 64) * 8 <= size ? 8 : 0;
    if (elem != 1 && elem != 2 && elem != 4 && elem != 8)
        return 0;
    return bits <= 8 * elem && (uint64_t)lanes * elem <= size ? elem : 0;
}

/* "OUT_FULL" -> "out_full". */
static const char *lower(struct arena *a, const char *name)
{
    char *text = arena_text(a, "%s", name);

    for (char *c = text; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return text;
}

struct class_info *class_info_of(struct bl_sim *s, const struct bl_class *c)
{
    for (size_t i = 0; i < s->frozen.ninfos; i++)
        if (s->frozen.infos[i]->cls == c)
            return s->frozen.infos[i];
    struct class_info *in = arena_get(&s->fixed, sizeof *in);
    in->cls = c;
    in->nverdicts = BL_STALL;
    for (const struct bl_field *f = c->fields; f && f->kind; f++) {
        in->nfields++;
        in->nverdicts += f->kind == BL_KIND_CAUSE;
        in->ntallies += f->kind == BL_KIND_TALLY;
        in->nawaited += bl_field_is(f, BL_IS_AWAITED);
        in->shaped |= (f->flags & BL_FROM_WIRE) != 0;
        in->arrays |= f->count != 0;
    }
    in->shaped |= c->shape != NULL;
    uint32_t *first = arena_get(&s->fixed, (in->nfields + 1) * sizeof *first);
    for (uint32_t k = 0; k <= in->nfields; k++)
        first[k] = k;
    in->first = first;
    in->own_process = class_field(c, "process") != NULL;
    in->verdict = arena_get(&s->fixed, in->nverdicts * sizeof *in->verdict);
    in->verdict_help = arena_get(&s->fixed, in->nverdicts * sizeof *in->verdict_help);
    in->waits_on = arena_get(&s->fixed, in->nverdicts * sizeof *in->waits_on);
    in->waits_text = arena_get(&s->fixed, in->nverdicts * sizeof *in->waits_text);
    in->tally = arena_get(&s->fixed, (in->ntallies + 1) * sizeof *in->tally);
    in->verdict[BL_IDLE] = "idle";
    in->verdict_help[BL_IDLE] = "nothing to do";
    in->verdict[BL_BUSY] = "busy";
    in->verdict_help[BL_BUSY] = "something moved";
    uint32_t t = 0;
    for (const struct bl_field *f = c->fields; f && f->kind; f++) {
        if (f->kind == BL_KIND_TALLY)
            in->tally[t++] = f;
        if (f->kind != BL_KIND_CAUSE)
            continue;
        in->verdict[f->at] = lower(&s->fixed, f->name);
        in->verdict_help[f->at] = f->help;
        in->waits_text[f->at] = f->text;
        struct waited *w = &in->waits_on[f->at];
        w->port = arena_get(&s->fixed, (listed(f->text) + 1) * sizeof *w->port);
        for (; w->n < listed(f->text); w->n++)
            w->port[w->n] = listed_port(c, f->text, w->n);
    }
    feeds_listed(s, in);
    s->frozen.infos = grown(s->frozen.infos, s->frozen.ninfos, &s->frozen.room_infos, sizeof *s->frozen.infos);
    s->frozen.infos[s->frozen.ninfos++] = in;
    return in;
}

/* ---- parameters ---- */

int list_from(const char *text, struct bl_list *l)
{
    char *end;

    l->n = 0;
    for (const char *p = text + strspn(text, " [,]");; p = end + strspn(end, " ,]")) {
        if (!*p)
            return 0;
        if (l->n == BL_LIST_MAX)
            return -1;
        errno = 0;
        l->v[l->n++] = strtoll(p, &end, 10);
        if (end == p || errno)
            return -1;
    }
}

static void preset_list(const struct bl_field *f, unsigned char *at)
{
    struct bl_list l;

    memset(&l, 0, sizeof l);             /* padding and unused places are state too */
    if (!list_from(f->text, &l))
        memcpy(at, &l, sizeof l);
}

void class_preset(const struct bl_class *c, void *self)
{
    for (const struct bl_field *f = c->fields; f && f->kind; f++) {
        unsigned char *at = (unsigned char *)self + f->at;
        int64_t i = (int64_t)f->preset;
        uint64_t t = f->kind == BL_KIND_TIME ? (uint64_t)f->preset : 0;
        if (f->kind == BL_KIND_INT || f->kind == BL_KIND_CHOICE)
            memcpy(at, &i, sizeof i);
        else if (f->kind == BL_KIND_REAL)
            memcpy(at, &f->preset, sizeof f->preset);
        else if (f->kind == BL_KIND_TIME)
            memcpy(at, &t, sizeof t);
        else if (f->kind == BL_KIND_LIST)
            preset_list(f, at);
    }
}

const char *class_near(const struct bl_class *c, const char *name, unsigned is)
{
    const char *known[128];
    size_t k = 0;

    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        if (bl_field_is(f, is) && k < 128)
            known[k++] = f->name;
    return bl_nearest(name, known, k);
}

static int no_such_param(struct bl_sim *s, const struct bl_node *n, const char *param, const char *where)
{
    const struct bl_class *c = n->info->cls;
    const char *near = class_near(c, param, BL_IS_PARAM);

    const struct bl_field *f = class_field(c, param);
    if (f && f->kind == BL_KIND_COMPUTED)
        return bl_error(s->diag, "%s: %s.%s cannot be set: class %s computes it (%s)", where_of(where), n->path, param, c->name, f->help);
    if (near)
        return bl_error(s->diag, "%s: %s: class %s has no parameter '%s'; did you mean '%s'?", where_of(where), n->path,
                        c->name, param, near);
    return bl_error(s->diag, "%s: %s: class %s has no parameter '%s'; `bitline show %s` lists what it has",
                    where_of(where), n->path, c->name, param, c->name);
}

static int out_of_range(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, const char *text, const char *where)
{
    if (f->kind == BL_KIND_TIME) {
        char lo[40], hi[40];
        return bl_error(s->diag, "%s: %s.%s is %s; expected %s .. %s", where_of(where), n->path, f->name, text,
                        bl_time_text((uint64_t)f->least, lo), bl_time_text((uint64_t)f->most, hi));
    }
    return bl_error(s->diag, "%s: %s.%s is %s; expected %.15g .. %.15g (%s)", where_of(where), n->path, f->name, text,
                    f->least, f->most, f->help);
}

static int set_number(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, const char *text, const char *where)
{
    unsigned char *at = n->self + f->at;
    char *end;

    errno = 0;
    if (f->kind == BL_KIND_REAL) {
        double v = strtod(text, &end);
        if (end == text || *end || errno || v != v)
            return bl_error(s->diag, "%s: %s.%s is '%s'; expected a number", where_of(where), n->path, f->name, text);
        if (v < f->least || v > f->most)
            return out_of_range(s, n, f, text, where);
        memcpy(at, &v, sizeof v);
        return 0;
    }
    long long v = !strcmp(text, "true") ? 1 : !strcmp(text, "false") ? 0 : strtoll(text, &end, 10);
    if (strcmp(text, "true") && strcmp(text, "false") && (end == text || *end))
        return bl_error(s->diag, "%s: %s.%s is '%s'; expected %s", where_of(where), n->path, f->name, text,
                        f->least == 0 && f->most == 1 ? "0 or 1" : "a whole number");
    if (errno)
        return out_of_range(s, n, f, text, where);
    if ((double)v < f->least || (double)v > f->most)
        return out_of_range(s, n, f, text, where);
    memcpy(at, &v, sizeof v);
    return 0;
}

int64_t class_choice(const struct bl_field *f, const char *word)
{
    size_t len = strlen(word);
    int64_t i = 0;

    for (const char *p = f->text; *p; i++) {
        size_t k = strcspn(p, " ");
        if (k == len && !strncmp(p, word, k))
            return i;
        p += k + (p[k] == ' ');
    }
    return -1;
}

static int set_choice(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, const char *text, const char *where)
{
    int64_t i = class_choice(f, text);

    if (i < 0)
        return bl_error(s->diag, "%s: %s.%s is '%s'; expected one of: %s", where_of(where), n->path, f->name, text, f->text);
    memcpy(n->self + f->at, &i, sizeof i);
    return 0;
}

static int set_list(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, const char *text, const char *where)
{
    struct bl_list l;

    memset(&l, 0, sizeof l);
    if (list_from(text, &l))
        return bl_error(s->diag, "%s: %s.%s is '%s'; expected a list of at most %d whole numbers, [1, 2, 3]",
                        where_of(where), n->path, f->name, text, BL_LIST_MAX);
    for (uint32_t i = 0; i < l.n; i++)
        if ((double)l.v[i] < f->least || (double)l.v[i] > f->most)
            return out_of_range(s, n, f, text, where);
    for (uint32_t i = l.n; i < BL_LIST_MAX; i++)
        l.v[i] = 0;
    memcpy(n->self + f->at, &l, sizeof l);
    return 0;
}

int class_set(struct bl_sim *s, const struct bl_node *n, const char *param, const char *text, const char *where)
{
    const struct bl_field *f = class_field(n->info->cls, param);

    if (!f || !bl_field_is(f, BL_IS_PARAM))
        return no_such_param(s, n, param, where);
    if (f->kind == BL_KIND_CHOICE)
        return set_choice(s, n, f, text, where);
    if (f->kind == BL_KIND_LIST)
        return set_list(s, n, f, text, where);
    if (f->kind == BL_KIND_TIME) {
        uint64_t fs;
        char *prefix = arena_text(&s->fixed, "%s: %s.%s", where_of(where), n->path, f->name);
        if (bl_parse_time(text, &fs, s->diag, prefix))
            return -1;
        if ((double)fs < f->least || (double)fs > f->most)
            return out_of_range(s, n, f, text, where);
        memcpy(n->self + f->at, &fs, sizeof fs);
        return 0;
    }
    return set_number(s, n, f, text, where);
}
