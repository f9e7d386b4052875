/* show_part.c - one part of a platform: its class, its clock, its parameters, and with whom its ports are wired. */
#include "tools/show/show.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/params.h"
#include "tools/report/report.h"
#include "tools/report/table.h"

char *bl_show_link(const struct bl_link *link, char *buf)
{
    int n = 0;

    *buf = '\0';
    if (link->pipe > 1)
        n = snprintf(buf, 40, "pipe %u", link->pipe);
    else if (link->pipe)
        n = snprintf(buf, 40, "pipe");
    else if (link->depth)
        n = snprintf(buf, 40, "depth %u", link->depth);
    if (link->sync)
        snprintf(buf + n, 40 - (size_t)n, "%ssync %d", n ? " " : "", link->sync - BL_SYNC(0));
    return buf;
}

json_t *bl_show_params(struct bl_sim *s, const char *path, const char *cls)
{
    json_t *a = json_array();
    struct bl_param_row p;

    for (size_t i = 0; bl_param_row(s, path, cls, i, &p); i++)
        json_array_append_new(a, json_pack("{s:s, s:s, s:b, s:s}", "name", p.name, "value", p.value, "changed", p.changed, "help",
                                           p.help ? p.help : ""));
    return a;
}

/* ---- ports */

struct wired { const char *path; json_t *ports; };

/* The row of "PATH.PORT" among ports, or NULL. An array of one may be wired with [0] and is shown without. */
static json_t *port_at(const struct wired *x, const char *name)
{
    size_t n = strlen(x->path), i;
    json_t *row;

    if (strncmp(name, x->path, n) || name[n] != '.')
        return NULL;
    json_array_foreach(x->ports, i, row) {
        const char *port = bl_j_text(row, "name"), *rest = name + n + 1;
        size_t len = strlen(port);
        if (!strncmp(port, rest, len) && (!rest[len] || !strcmp(rest + len, "[0]")))
            return row;
    }
    return NULL;
}

static void add_peer(json_t *port, const char *peer, const struct bl_wire_row *w)
{
    char link[40];

    if (port)
        json_array_append_new(json_object_get(port, "wired"), json_pack("{s:s, s:s, s:s}", "port", peer, "link",
                              bl_show_link(&w->link, link), "where", w->where));
}

static void note_wire(void *ctx, const struct bl_wire_row *w)
{
    add_peer(port_at(ctx, w->from), w->to, w);
    add_peer(port_at(ctx, w->to), w->from, w);
}

/* A row for the port, or for each element of an array. */
static void add_ports(struct wired *x, struct bl_sim *sim, const struct bl_port_row *p)
{
    char name[600];

    snprintf(name, sizeof name, "%s.%s", x->path, p->name);
    uint32_t n = bl_port_count(sim, name);
    for (uint32_t k = 0; k < n; k++) {
        int end = snprintf(name, sizeof name, "%s", p->name);
        if (n > 1)
            snprintf(name + end, sizeof name - (size_t)end, "[%u]", k);
        json_array_append_new(x->ports, json_pack("{s:s, s:s, s:s, s:[]}", "name", name, "kind", p->kind, "help", p->help ? p->help : "",
                                                  "wired"));
    }
}

static json_t *ports(const struct bl_setup *u, const char *path, const char *cls)
{
    struct wired x = { path, json_array() };
    struct bl_port_row p;

    for (size_t i = 0; bl_port_row(u->sim, cls, i, &p); i++)
        add_ports(&x, u->sim, &p);
    bl_platform_wires(u->platform, true, note_wire, &x);
    return x.ports;
}

/* ---- ports of a file that is used */

/* Whoever is wired to a port behind one that is shown. */
struct behind { const char *leaf; json_t *wired; };

static void note_peer(void *ctx, const struct bl_wire_row *w)
{
    const struct behind *x = ctx;
    const char *peer = !strcmp(w->from, x->leaf) ? w->to : !strcmp(w->to, x->leaf) ? w->from : NULL;
    char link[40];

    if (peer)
        json_array_append_new(x->wired, json_pack("{s:s, s:s, s:s}", "port", peer, "link", bl_show_link(&w->link, link), "where", w->where));
}

struct exported { const struct bl_setup *u; json_t *ports; };

static void add_export(void *ctx, const char *port, const char *of)
{
    struct exported *x = ctx;
    struct behind b = { .leaf = of, .wired = json_array() };

    bl_platform_wires(x->u->platform, true, note_peer, &b);
    json_array_append_new(x->ports, json_pack("{s:s, s:s, s:s, s:o}", "name", port, "kind", "", "help", of, "wired", b.wired));
}

static json_t *exports(const struct bl_setup *u, const char *path)
{
    struct exported x = { u, json_array() };

    bl_platform_exports(u->platform, path, add_export, &x);
    return x.ports;
}

/* ---- the part */

/* The composite that a part is inside of, or NULL. */
static const char *inside(struct bl_sim *s, const char *path)
{
    const char *best = NULL;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row row;
        bl_part_at(s, i, &row);
        size_t n = strlen(row.path);
        if (!strncmp(path, row.path, n) && path[n] == '.' && (!best || n > strlen(best)))
            best = row.path;
    }
    return best;
}

static int no_part(const struct bl_setup *u, const char *path, struct bl_diag *diag)
{
    uint32_t array = bl_platform_count(u->platform, path);
    size_t n = bl_part_count(u->sim);
    const char **names = malloc((n + 1) * sizeof(*names)), *near = NULL;

    for (size_t i = 0; names && i < n; i++) {
        struct bl_part_row row;
        bl_part_at(u->sim, i, &row);
        names[i] = row.path;
    }
    if (names)
        near = bl_nearest(path, names, n);
    if (array)
        bl_error(diag, "show: '%s' has %u parts; name one of them, like '%s[0]'", path, array, path);
    else if (near)
        bl_error(diag, "show: no part is called '%s'; did you mean '%s'?", path, near);
    else
        bl_error(diag, "show: no part is called '%s'; `bitline show %s` lists them", path, u->o.platform);
    free(names);
    return -1;
}

/* Rows whose value has a source get its tag and text. */
static void add_sources(const struct bl_setup *u, const char *path, json_t *params)
{
    json_t *sources = bl_j_sources(u->platform, u->sim), *row;
    size_t i;

    json_array_foreach(params, i, row) {
        const json_t *from = bl_j_source_of(sources, path, bl_j_text(row, "name"));
        if (from) {
            json_object_set(row, "tag", json_object_get(from, "tag"));
            json_object_set(row, "source", json_object_get(from, "source"));
        }
    }
    json_decref(sources);
}

json_t *bl_show_part(const struct bl_setup *u, const char *path, struct bl_diag *diag)
{
    size_t part = bl_part_find(u->sim, path);
    struct bl_part_row row;

    if (part == SIZE_MAX) {
        no_part(u, path, diag);
        return NULL;
    }
    bl_part_at(u->sim, part, &row);
    json_t *params = bl_show_params(u->sim, row.path, row.cls);
    add_sources(u, row.path, params);
    const char *outer = inside(u->sim, path);
    bool built = outer && bl_part_class(u->sim, outer);      /* by a composite, not a file */
    return json_pack("{s:s, s:s?, s:s?, s:s?, s:b, s:o, s:o}", "path", row.path, "class", row.cls, "clock", row.clock, "inside",
                     outer, "built", built, "parameters", params, "ports",
                     row.cls ? ports(u, row.path, row.cls) : exports(u, row.path));
}

/* ---- as text */

static void print_ports(const json_t *o)
{
    static const char *const heads[] = { "port", "kind", "wired", "", "help" };
    const json_t *row, *peer, *list = json_object_get(o, "ports");
    bool child = json_is_true(json_object_get(o, "built"));
    struct bl_table t;
    size_t i, k;

    bl_table_start(&t, heads, 5);
    json_array_foreach(list, i, row) {
        const json_t *wired = json_object_get(row, "wired");
        const char *arrow = strstr("push out", bl_j_text(row, "kind")) ? "->" : "<-";
        bl_cell(&t, "%s", bl_j_text(row, "name"));
        const char *kind = bl_j_text(row, "kind"), *help = bl_j_text(row, "help");
        if (!*kind) {                       /* of a used file: whose it is */
            arrow = "--";
            kind = help;
            help = "";
        }
        bl_cell(&t, "%s", kind);
        if (!json_array_size(wired)) {
            bl_cell(&t, "%s", child ? "inside its composite" : "open");
            bl_cell(&t, "%s", "");
            bl_cell(&t, "%s", help);
        }
        json_array_foreach(wired, k, peer) {
            if (k) {
                bl_cell(&t, "%s", "");
                bl_cell(&t, "%s", "");
            }
            bl_cell(&t, "%s %s", arrow, bl_j_text(peer, "port"));
            bl_cell(&t, "%s", bl_j_text(peer, "link"));
            bl_cell(&t, "%s", k ? "" : help);
        }
    }
    if (json_array_size(list)) {
        printf("\nPorts (%zu)\n", json_array_size(list));
        bl_table_print(&t, stdout);
    }
    bl_table_fini(&t);
}

void bl_show_part_print(const json_t *o)
{
    static const char *const heads[] = { "parameter", ">value", "", "help", "tag", "source" };
    const json_t *row, *params = json_object_get(o, "parameters");
    struct bl_table t;
    size_t i, columns = 4;

    printf("%s\n", bl_j_text(o, "path"));
    if (*bl_j_text(o, "class")) {
        printf("  class   %s\n", bl_j_text(o, "class"));
        printf("  clock   %s\n", *bl_j_text(o, "clock") ? bl_j_text(o, "clock") : "none");
    } else
        printf("  file    a platform file that is used; its parts are those below\n");
    if (*bl_j_text(o, "inside"))
        printf("  inside  %s\n", bl_j_text(o, "inside"));
    json_array_foreach(params, i, row)
        columns = *bl_j_text(row, "tag") ? 6 : columns;
    bl_table_start(&t, heads, columns);
    json_array_foreach(params, i, row) {
        bl_cell(&t, "%s", bl_j_text(row, "name"));
        bl_cell(&t, "%s", bl_j_text(row, "value"));
        bl_cell(&t, "%s", json_is_true(json_object_get(row, "changed")) ? "*" : "");
        bl_cell(&t, "%s", bl_j_text(row, "help"));
        for (size_t k = 4; k < columns; k++)
            bl_cell(&t, "%s", bl_j_text(row, heads[k]));
    }
    if (json_array_size(params)) {
        printf("\nParameters (* differs from the preset, or comes from the wire)\n");
        bl_table_print(&t, stdout);
    }
    bl_table_fini(&t);
    print_ports(o);
}
