/* declare.c - what a host or a build function declares, as it comes: clocks, parts, parameters, wires, inputs, what is inside of
 * a composite. Kept until elaboration, or refused at once with its place. */
#include "kernel/kernel.h"

#include <stdio.h>

char *copy(struct arena *a, const char *text) { return text ? arena_copy(a, text, strlen(text)) : NULL; }

int failed(struct bl_sim *s)
{
    if (s)
        s->failed = true;
    return -1;
}

int too_late(struct bl_sim *s, const char *what, const char *where)
{
    return bl_error(s->diag, "%s: %s after elaboration; declare everything before bl_elaborate", where_of(where), what);
}

/* ---- what the host says ---- */

int bl_clock(struct bl_sim *s, const char *name, uint64_t period, uint64_t phase, const char *where)
{
    if (MISSING(s, name))
        return failed(s);
    BORDER(s, -1);
    if (!s->building)
        return too_late(s, "a clock is declared", where);
    if (!*name) {
        bl_error(s->diag, "%s: a clock has no name; expected one, as 'core'", where_of(where));
        return failed(s);
    }
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        if (!strcmp(s->frozen.domains[i].name, name)) {
            bl_error(s->diag, "%s: clock '%s' is declared twice", where_of(where), name);
            return failed(s);
        }
    if (period == 0) {
        bl_error(s->diag, "%s: clock '%s' has period 0; expected at least 1 fs", where_of(where), name);
        return failed(s);
    }
    s->frozen.domains = grown(s->frozen.domains, s->frozen.ndomains, &s->frozen.room_domains, sizeof *s->frozen.domains);
    s->frozen.domains[s->frozen.ndomains++] = (struct domain){ .name = copy(&s->texts, name), .where = copy(&s->texts, where),
                                                               .period = period, .phase = phase };
    return 0;
}

static int unknown_class(struct bl_sim *s, const char *path, const char *cls, const char *where)
{
    const char *known[512];
    size_t n = 0;

    for (const struct bl_class *const *c = s->classes; *c && n < 512; c++)
        if ((*c)->name)
            known[n++] = (*c)->name;
    const char *near = bl_nearest(cls, known, n);
    if (near)
        return bl_error(s->diag, "%s: %s: class '%s' is not known; did you mean '%s'?", where_of(where), path, cls, near);
    return bl_error(s->diag, "%s: %s: class '%s' is not among this program's classes, nor in its modules; `bitline ls "
                    "classes` lists bitline's own", where_of(where), path, cls);
}

static bool in_path(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '[' || c == ']';
}

int check_path(struct bl_sim *s, const char *path, const char *where)
{
    size_t n = 0;

    while (in_path(path[n]) && !(path[n] == '.' && path[n + 1] == '.'))
        n++;
    if (n == 0 || path[n] || *path == '.' || path[n - 1] == '.' || n > 400)
        return bl_error(s->diag, "%s: '%s' is no instance path; expected names of letters, digits and _, an index in [], "
                        "joined by dots, at most 400 characters", where_of(where), path);
    return 0;
}

struct bl_node *node_add(struct bl_sim *s, char *path, struct class_info *in, const char *clock, const char *where)
{
    if (!names_add(&s->frozen.node_names, path)) {
        uint32_t old = names_find(&s->frozen.node_names, path);
        bl_error(s->diag, "%s: part '%s' is declared twice%s%s", where_of(where), path,
                 s->frozen.nodes[old]->where ? "; the first is at " : "", s->frozen.nodes[old]->where ? s->frozen.nodes[old]->where : "");
        return NULL;
    }
    struct bl_node *n = arena_get(&s->fixed, sizeof *n);
    n->sim = s;
    n->path = path;
    n->where = where;
    n->clock_name = clock;
    n->info = in;
    n->self = arena_get(&s->declared.structs, in->cls->size);
    n->id = (uint32_t)s->frozen.nnodes;
    n->domain = n->slot = n->proc = NONE;
    s->declared.any_build |= in->cls->build != NULL;
    s->declared.any_comb |= in->cls->comb != NULL;
    ((struct bl_part *)(void *)n->self)->node = n;
    class_preset(in->cls, n->self);
    s->frozen.nodes = grown(s->frozen.nodes, s->frozen.nnodes, &s->frozen.room_nodes, sizeof *s->frozen.nodes);
    return s->frozen.nodes[s->frozen.nnodes++] = n;
}

static uint32_t add_part(struct bl_sim *s, char *path, const char *cls, const char *clock, const char *where)
{
    const struct bl_node *last = s->frozen.nnodes ? s->frozen.nodes[s->frozen.nnodes - 1] : NULL;      /* parts of a class come in rows */
    struct class_info *in = last && !is_scope(last) ? last->info : NULL;

    if (!in || strcmp(in->cls->name, cls)) {
        const struct bl_class *c = bl_class_find(s->classes, cls);
        if (!c)
            return unknown_class(s, path, cls, where), NONE;
        if (check_path(s, path, where) || class_check(s, c))
            return NONE;
        in = class_info_of(s, c);
    } else if (check_path(s, path, where)) {
        return NONE;
    }
    const struct bl_node *n = node_add(s, path, in, clock, where);
    return n ? n->id : NONE;
}

int bl_add(struct bl_sim *s, const char *path, const char *cls, const char *clock, const char *where)
{
    if (MISSING(s, path, cls))
        return failed(s);
    BORDER(s, -1);
    if (!s->building)
        return too_late(s, "a part is added", where);
    return add_part(s, copy(&s->texts, path), cls, copy(&s->texts, clock), copy(&s->texts, where)) == NONE ? failed(s) : 0;
}

struct bl_node *node_named(const struct bl_sim *s, const char *path)
{
    if (s->building && s->frozen.nnodes && !strcmp(s->frozen.nodes[s->frozen.nnodes - 1]->path, path))
        return s->frozen.nodes[s->frozen.nnodes - 1];      /* most of what is declared is about the part declared last */
    uint32_t k = names_find(&s->frozen.node_names, path);

    return k == NONE ? NULL : s->frozen.nodes[s->frozen.node_by_name ? s->frozen.node_by_name[k] : k];
}

struct bl_node *part_for(struct bl_sim *s, const char *path, const char *where)
{
    struct bl_node *n = node_named(s, path);

    if (!n) {
        const char *near = bl_nearest(path, s->frozen.node_names.name, s->frozen.node_names.n < 4096 ? s->frozen.node_names.n : 4096);
        bl_error(s->diag, "%s: there is no part '%s'%s%s%s", where_of(where), path, near ? "; did you mean '" : "",
                 near ? near : "", near ? "'?" : "");
    } else if (is_scope(n)) {
        bl_error(s->diag, "%s: '%s' is a scope; only the parts below it have parameters and data", where_of(where), path);
        return NULL;
    }
    return n;
}

/* Does the path lead below a composite that is not built yet? */
static bool below_composite(const struct bl_sim *s, const char *path)
{
    char head[512];

    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
        snprintf(head, sizeof head, "%.*s", (int)(dot - path), path);
        const struct bl_node *n = node_named(s, head);
        if (n && n->info->cls->build)
            return true;
    }
    return false;
}

/* Until the part is there. */
static void keep_set(struct bl_sim *s, const char *path, const char *param, const char *text, const char *where)
{
    struct declared *d = &s->declared;
    uint32_t k = names_find(&d->set_paths, path);
    size_t i = d->nsets++;

    d->sets = grown(d->sets, i, &d->room_sets, sizeof *d->sets);
    d->sets[i] = (struct raw_set){ k == NONE ? copy(&s->texts, path) : d->sets[d->sets_of[k].first].path, copy(&s->texts, param),
                                   copy(&s->texts, text), copy(&s->texts, where), 0 };
    if (k == NONE) {
        k = d->set_paths.n;
        names_add(&d->set_paths, d->sets[i].path);
        d->sets_of = grown(d->sets_of, k, &d->room_sets_of, sizeof *d->sets_of);
        d->sets_of[k].first = i;
    } else {
        d->sets[d->sets_of[k].last].next = i;
    }
    d->sets_of[k].last = i;
}

int bl_set(struct bl_sim *s, const char *path, const char *param, const char *text, const char *where)
{
    if (MISSING(s, path, param, text))
        return failed(s);
    BORDER(s, -1);
    if (!s->building)
        return too_late(s, "a parameter is set", where);
    if (!node_named(s, path) && !s->declared.built && below_composite(s, path)) {
        keep_set(s, path, param, text, where);
        return 0;
    }
    struct bl_node *n = part_for(s, path, where);
    return n && !class_set(s, n, param, text, where) ? 0 : failed(s);
}

static struct raw_wire *new_wire(struct bl_sim *s)
{
    s->declared.wires = grown(s->declared.wires, s->declared.nwires, &s->declared.room_wires, sizeof *s->declared.wires);
    return &s->declared.wires[s->declared.nwires++];
}

int bl_wire(struct bl_sim *s, const char *from, const char *to, struct bl_link link, const char *where)
{
    if (MISSING(s, from, to))
        return failed(s);
    BORDER(s, -1);
    if (!s->building)
        return too_late(s, "a wire is drawn", where);
    if (check_words(s, &(struct raw_wire){ from, to, where, link }))
        return -1;
    struct raw_wire r = { copy(&s->declared.raw, from), copy(&s->declared.raw, to), copy(&s->declared.raw, where), link };
    *new_wire(s) = r;
    return 0;
}

static int no_such_data(struct bl_sim *s, const struct bl_node *n, const char *field)
{
    const struct bl_class *c = n->info->cls;
    const char *known[128];
    size_t k = 0;

    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        if (f->kind == BL_KIND_DATA && k < 128)
            known[k++] = f->name;
    if (!k)
        return bl_error(s->diag, "%s: '%s' is supplied, and class %s takes no data (BL_DATA)", n->path, field, c->name);
    const char *near = bl_nearest(field, known, k);
    if (near)
        return bl_error(s->diag, "%s: class %s has no data '%s'; did you mean '%s'?", n->path, c->name, field, near);
    return bl_error(s->diag, "%s: class %s has no data '%s'; `bitline show %s` lists what it has", n->path, c->name, field, c->name);
}

/* What is not the type of the field. */
static int check_data(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, const void *bytes, size_t size)
{
    if (size % f->elem)
        return bl_error(s->diag, "%s.%s is supplied with %zu bytes; expected a multiple of %u, the bytes of one %s", n->path, f->name, size,
                        f->elem, f->text);
    if (size && !bytes)
        return bl_error(s->diag, "%s.%s is supplied with %zu bytes at NULL; expected their address", n->path, f->name, size);
    if ((uintptr_t)bytes % (uint32_t)f->lanes)
        return bl_error(s->diag, "%s.%s is supplied at an address that is no multiple of %d, as %s needs; expected an array of that type",
                        n->path, f->name, f->lanes, f->text);
    return 0;
}

int bl_supply(struct bl_sim *s, const char *path, const char *field, const void *bytes, size_t n)
{
    if (MISSING(s, path, field))
        return failed(s);
    struct bl_node *node = part_for(s, path, NULL);
    bl_table t;

    if (!node)
        return failed(s);
    if (!s->building)
        return too_late(s, "data are supplied", NULL);
    const struct bl_field *f = class_field(node->info->cls, field);
    if (!f || f->kind != BL_KIND_DATA)
        return no_such_data(s, node, field), failed(s);
    memcpy(&t, node->self + f->at, sizeof t);
    if (t.at) {
        bl_error(s->diag, "%s.%s is supplied twice; expected once", path, field);
        return failed(s);
    }
    if (check_data(s, node, f, bytes, n))
        return failed(s);
    t = (bl_table){ bytes, n / f->elem };
    memcpy(node->self + f->at, &t, sizeof t);
    return 0;
}

/* ---- what a build function says ---- */

/* Where what a build function declares comes from. */
static const char *built_by(const struct bl_node *n)
{
    struct bl_sim *s = n->sim;

    if (s->declared.builder != n)
        s->declared.built_by = arena_text(&s->fixed, "%s%s%s, in build of class %s", n->where ? n->where : "", n->where ? ": " : "", n->path,
                                          n->info->cls->name);
    s->declared.builder = n;
    return s->declared.built_by;
}

/* Is it time for that, of a composite, and what is said is there? */
#define IN_BUILD(self, ...) in_build(self, __func__, #__VA_ARGS__, (const void *const[]){ __VA_ARGS__ }, COUNT_OF_(__VA_ARGS__))
static bool in_build(const void *self, const char *call, const char *names, const void *const *at, size_t n)
{
    const struct bl_node *of = node_of(self, call);
    char text[64];

    snprintf(text, sizeof text, "%s outside build", call);
    if (!of->sim->building || !of->info->cls->build)
        bl_misuse(self, text);
    return !missing(of->sim->diag, call, names, at, n) || failed(of->sim) == 0;
}

void bl_child(void *self, const char *name, const char *cls, const char *clock)
{
    struct bl_node *n = node_of(self, __func__);

    if (!IN_BUILD(self, name, cls))
        return;
    BORDER(n->sim, );
    char *path = arena_text(&n->sim->texts, "%s.%s", n->path, name);

    if (add_part(n->sim, path, cls, clock ? copy(&n->sim->texts, clock) : n->clock_name, built_by(n)) == NONE)
        n->sim->failed = true;
}

void bl_child_set(void *self, const char *name, const char *param, const char *fmt, ...)
{
    struct bl_node *n = node_of(self, __func__);
    char text[1024];
    va_list ap;

    if (!IN_BUILD(self, name, param, fmt))
        return;
    BORDER(n->sim, );
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (bl_set(n->sim, arena_text(&n->sim->texts, "%s.%s", n->path, name), param, text, built_by(n)))
        n->sim->failed = true;
}

void bl_child_wire(void *self, const char *from, const char *to, uint32_t depth)
{
    struct bl_node *n = node_of(self, __func__);
    struct arena *a = &n->sim->declared.raw;

    if (!IN_BUILD(self, from, to))
        return;
    BORDER(n->sim, );
    struct raw_wire r = { arena_text(a, "%s.%s", n->path, from), arena_text(a, "%s.%s", n->path, to), built_by(n), { .depth = depth } };
    if (!check_words(n->sim, &r))
        *new_wire(n->sim) = r;
}

/* "PATH.PORT" as resolve looks for it: of an array of one without [0]. */
static char *own_port(const struct bl_node *n, const char *port)
{
    size_t len = strcspn(port, "[");
    char *text = arena_text(&n->sim->fixed, "%s.%.*s", n->path, (int)len, port);
    const struct bl_field *f = class_field(n->info->cls, text + strlen(n->path) + 1);

    return f && f->count && port_count(n, f) == 1 && !strcmp(port + len, "[0]") ? text : arena_text(&n->sim->fixed, "%s.%s", n->path, port);
}

void bl_child_export(void *self, const char *port, const char *child_port)
{
    struct bl_node *n = node_of(self, __func__);
    struct bl_sim *s = n->sim;

    if (!IN_BUILD(self, port, child_port))
        return;
    BORDER(s, );
    struct raw_export e = { own_port(n, port), arena_text(&s->fixed, "%s.%s", n->path, child_port), NULL, false };

    if (export_add(s, e))
        return;
    bl_error(s->diag, "%s: port '%s' is exported twice; a port is that of one child", built_by(n), port);
    s->failed = true;
}

int bl_refuse(void *self, const char *fmt, ...)
{
    struct bl_node *n = node_of(self, __func__);
    char text[1024] = "no text (fmt is NULL)";
    va_list ap;

    if (n->sim->elaborated)
        bl_misuse(self, "bl_refuse after init, when nothing can be refused any more; use bl_fail");
    va_start(ap, fmt);
    if (fmt)
        vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return bl_error(n->sim->diag, "%s%s%s: %s", n->where ? n->where : "", n->where ? ": " : "", n->path, text);
}
