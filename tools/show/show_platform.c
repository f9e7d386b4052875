/* show_platform.c - what a platform is made of: clocks, parts, their parameters, wires, expectations, prices. */
#include "tools/show/show.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/module.h"
#include "tools/report/sections.h"
#include "tools/report/table.h"

/* ---- as JSON */

static json_t *clocks(struct bl_sim *s)
{
    json_t *a = json_array();
    char period[40], phase[40];

    for (size_t i = 0; i < bl_clock_count(s); i++) {
        struct bl_clock_row c;
        bl_clock_at(s, i, &c);
        json_array_append_new(a, json_pack("{s:s, s:s, s:s}", "name", c.name, "period", bl_time_text(c.period_fs, period), "phase",
                                           bl_time_text(c.phase_fs, phase)));
    }
    return a;
}

static json_t *parts(struct bl_sim *s)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        json_array_append_new(a, json_pack("{s:s, s:s?, s:s?, s:o}", "path", p.path, "class", p.cls, "clock", p.clock,
                                           "parameters", bl_show_params(s, p.path, p.cls)));
    }
    return a;
}

static json_t *prices(struct bl_sim *s)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_price_count(s); i++)
        json_array_append_new(a, bl_j_of_price(bl_price_at(s, i)));
    return a;
}

static json_t *modules(const struct bl_setup *u)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_platform_modules(u->platform); i++) {
        const struct bl_module_row row = bl_platform_module(u->platform, i);
        json_t *classes = json_array(), *mappers = json_array();
        for (const struct bl_class *const *c = row.record->classes; c && *c; c++)
            json_array_append_new(classes, json_string((*c)->name));
        for (const struct bl_mapper *const *x = row.record->mappers; x && *x; x++)
            json_array_append_new(mappers, json_string((*x)->name));
        json_array_append_new(a, json_pack("{s:s, s:o, s:o}", "file", bl_shown(&u->platform_at, row.file->path), "classes", classes,
                                           "mappers", mappers));
    }
    return a;
}

/* Every key with what is in force, in the order of the documentation: { "host": "host", "rows": 64, .., "pack": "by_input", .. }. */
static json_t *array_block(const struct bl_array *a)
{
    json_t *o = json_object();

    for (int k = 0; k < BL_ARRAY_KEYS; k++) {
        const char *word = bl_array_word(a, (enum bl_array_key)k);
        json_object_set_new(o, bl_array_key_name((enum bl_array_key)k), word ? json_string(word) : json_integer(a->n[k]));
    }
    return o;
}

/* The first row is the platform itself. */
struct used { json_t *params, *uses; const struct bl_setup *u; };

static void add_use(void *ctx, const struct bl_use_row *row)
{
    struct used *x = ctx;
    json_t *params = json_array();

    for (size_t i = 0; i < row->nparams; i++)
        json_array_append_new(params, json_pack("{s:s, s:s, s:s}", "name", row->params[i].name, "value", row->params[i].value, "preset",
                                                row->params[i].preset));
    if (!*row->path)
        x->params = params;
    else
        json_array_append_new(x->uses, json_pack("{s:s, s:I, s:s, s:o, s:s}", "path", row->path, "count", (json_int_t)row->count, "file",
                              bl_shown(&x->u->platform_at, row->file), "params", params, "unused", row->unused));
}

static void add_wire(void *ctx, const struct bl_wire_row *w)
{
    char link[40];

    json_array_append_new(ctx, json_pack("{s:s, s:s, s:s, s:I}", "from", w->from, "to", w->to, "link", bl_show_link(&w->link, link),
                                         "count", (json_int_t)w->count));
}

json_t *bl_show_platform(const struct bl_setup *u)
{
    const struct bl_platform *p = u->platform;
    json_t *expects = json_array(), *wires = json_array();

    for (size_t i = 0; i < bl_platform_expects(p); i++)
        json_array_append_new(expects, json_string(bl_platform_expect(p, i)->text));
    bl_platform_wires(p, false, add_wire, wires);
    json_t *o = json_pack("{s:s, s:s?, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o}", "name", bl_platform_name(p), "about",
                          bl_platform_about(p), "file", u->platform_at.path + u->platform_at.hidden, "mapper",
                          u->mapper ? u->mapper->name : NULL, "tech", bl_platform_tech(p) ? bl_tech_name(bl_platform_tech(p)) : NULL,
                          "clocks", clocks(u->sim), "parts", parts(u->sim), "wires", wires, "expect", expects, "prices", prices(u->sim));
    if (bl_platform_modules(p))
        json_object_set_new(o, "modules", modules(u));
    if (bl_platform_array(p))
        json_object_set_new(o, "array", array_block(bl_platform_array(p)));
    struct used x = { NULL, json_array(), u };
    bl_platform_uses(p, add_use, &x);
    json_object_set_new(o, "params", x.params ? x.params : json_array());
    json_object_set_new(o, "uses", x.uses);
    if (bl_platform_sources(p))
        json_object_set_new(o, "sources", bl_j_sources(p, u->sim));
    return o;
}

/* ---- parameters as text: those of equal parts in an array are one row */

/* "t[12].a[3]" -> "t[*].a[*]" */
static void any_index(const char *path, char *buf, size_t room)
{
    size_t n = 0;

    for (; *path && n + 4 < room; path++) {
        buf[n++] = *path;
        if (*path == '[') {
            buf[n++] = '*';
            path += strspn(path + 1, "0123456789");
        }
    }
    buf[n] = '\0';
}

/* Parameters by "CLASS PATH[*]", each { "parameter": { "first", "last", "same", "changed" } }; one: the only path. */
static json_t *grouped(const json_t *list)
{
    const json_t *part, *row;
    json_t *all = json_object();
    size_t i, k;
    char name[512], key[640];

    json_array_foreach(list, i, part) {
        any_index(bl_j_text(part, "path"), name, sizeof name);
        snprintf(key, sizeof key, "%s %s", name, bl_j_text(part, "class"));
        json_t *g = json_object_get(all, key);
        if (!g)
            json_object_set_new(all, key, g = json_pack("{s:s, s:{}}", "name", bl_j_text(part, "path"), "rows"));
        else
            json_object_set_new(g, "name", json_string(name));
        json_array_foreach(json_object_get(part, "parameters"), k, row) {
            json_t *rows = json_object_get(g, "rows"), *old = json_object_get(rows, bl_j_text(row, "name"));
            const char *value = bl_j_text(row, "value");
            bool changed = json_is_true(json_object_get(row, "changed"));
            if (!old)
                json_object_set_new(rows, bl_j_text(row, "name"), json_pack("{s:s, s:s, s:b, s:b}", "first", value, "last", value,
                                                                            "varies", 0, "changed", changed));
            else {
                if (strcmp(bl_j_text(old, "first"), value))
                    json_object_set_new(old, "varies", json_true());
                if (changed)
                    json_object_set_new(old, "changed", json_true());
                json_object_set_new(old, "last", json_string(value));
            }
        }
    }
    return all;
}

static void list_params(const json_t *parts)
{
    static const char *const heads[] = { "part", "parameter", ">value", "" };
    json_t *all = grouped(parts), *g, *row;
    const char *key, *name;
    struct bl_table t;

    bl_table_start(&t, heads, 4);
    json_object_foreach(all, key, g) {
        const char *part = bl_j_text(g, "name");
        json_object_foreach(json_object_get(g, "rows"), name, row) {
            bl_cell(&t, "%s", part);
            bl_cell(&t, "%s", name);
            if (json_is_true(json_object_get(row, "varies")))
                bl_cell(&t, "%s, .., %s", bl_j_text(row, "first"), bl_j_text(row, "last"));
            else
                bl_cell(&t, "%s", bl_j_text(row, "first"));
            bl_cell(&t, "%s", json_is_true(json_object_get(row, "changed")) ? "*" : "");
            part = "";
        }
    }
    if (bl_table_rows(&t)) {
        printf("\nParameters (* differs from the preset, or comes from the wire)\n");
        bl_table_print(&t, stdout);
    }
    bl_table_fini(&t);
    json_decref(all);
}

static void list_wires(const json_t *wires)
{
    static const char *const heads[] = { ">wires", "from", "", "to", "link" };
    struct bl_table t;
    const json_t *row;
    unsigned long long n = 0;
    size_t i;

    bl_table_start(&t, heads, 5);
    json_array_foreach(wires, i, row) {
        n += bl_j_count(row, "count");
        bl_cell(&t, "%llu", (unsigned long long)bl_j_count(row, "count"));
        bl_cell(&t, "%s", bl_j_text(row, "from"));
        bl_cell(&t, "->");
        bl_cell(&t, "%s", bl_j_text(row, "to"));
        bl_cell(&t, "%s", bl_j_text(row, "link"));
    }
    if (json_array_size(wires)) {
        printf("\nWires (%llu)\n", n);
        bl_table_print(&t, stdout);
    }
    bl_table_fini(&t);
}

/* ---- the rest as text */

static void list(const char *title, const json_t *rows, const char *const *keys, size_t n)
{
    struct bl_table t;
    const json_t *row;
    size_t i;

    if (!json_array_size(rows))
        return;
    bl_table_start(&t, keys, n);
    json_array_foreach(rows, i, row)
        for (size_t k = 0; k < n; k++)
            bl_cell(&t, "%s", bl_j_text(row, keys[k]));
    printf("\n%s (%zu)\n", title, json_array_size(rows));
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
}

/* "cols 144 *, bits 1"; "" for any size. */
static const char *sizes_of(const json_t *price, char *buf, size_t room)
{
    json_t *stated = json_object_get(price, "for"), *v;
    const json_t *scales = json_object_get(price, "scales"), *s;
    const char *param;
    size_t at = 0, i;

    *buf = '\0';
    json_object_foreach(stated, param, v) {
        char *number = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        bool is_scaled = false;
        json_array_foreach(scales, i, s)
            is_scaled |= !strcmp(json_string_value(s), param);
        if (at < room)
            at += (size_t)snprintf(buf + at, room - at, "%s%s %s%s", at ? ", " : "", param,
                                   json_is_string(v) ? json_string_value(v) : number ? number : "?", is_scaled ? " *" : "");
        free(number);
    }
    return buf;
}

static void list_sources(const json_t *rows)
{
    struct bl_table t;

    bl_fill_sources(rows, &t);
    if (bl_table_rows(&t)) {
        printf("\nWhere parameters come from (%zu; set: not the value whose source is known)\n", bl_table_rows(&t));
        bl_table_print(&t, stdout);
    }
    bl_table_fini(&t);
}

static void list_prices(const json_t *rows)
{
    static const char *const heads[] = { "class", "item", ">price", "for", "tag", "source" };
    struct bl_table t;
    const json_t *row;
    size_t i;
    char text[40], sizes[256];
    bool is_scaled = false;

    if (!json_array_size(rows))
        return;
    bl_table_start(&t, heads, 6);
    json_array_foreach(rows, i, row) {
        uint64_t v = bl_j_count(row, "value");
        bl_cell(&t, "%s", bl_j_text(row, "class"));
        bl_cell(&t, "%s", bl_j_text(row, "item"));
        if (strcmp(bl_j_text(row, "unit"), "nW"))
            bl_cell(&t, "%s", bl_energy_text(v, text));
        else
            bl_cell(&t, "%.4g uW", (double)v / 1000);
        bl_cell(&t, "%s", sizes_of(row, sizes, sizeof sizes));
        is_scaled |= json_array_size(json_object_get(row, "scales")) != 0;
        bl_cell(&t, "%s", bl_j_text(row, "tag"));
        bl_cell(&t, "%s", bl_j_text(row, "source"));
    }
    printf("\nPrices (%zu)\n", json_array_size(rows));
    bl_table_print(&t, stdout);
    if (is_scaled)
        printf("  *: the price of a part is in proportion to its own value\n");
    bl_table_fini(&t);
}

/* "a.so: class x, class y, mapper z" */
static void print_modules(const json_t *modules)
{
    static const char *const kinds[][2] = { { "classes", "class" }, { "mappers", "mapper" } };
    const json_t *m, *name;
    size_t i, n;

    json_array_foreach(modules, i, m) {
        const char *before = ": ";
        printf("  module  %s", bl_j_text(m, "file"));
        for (int k = 0; k < 2; k++)
            json_array_foreach(json_object_get(m, kinds[k][0]), n, name) {
                printf("%s%s %s", before, kinds[k][1], json_string_value(name));
                before = ", ";
            }
        printf("\n");
    }
}

/* "cols 72 (preset 144), hmu 8" */
static void params_text(const json_t *params, char *to, size_t room)
{
    const json_t *p;
    size_t i;

    *to = '\0';
    json_array_foreach(params, i, p) {
        const char *value = bl_j_text(p, "value"), *preset = bl_j_text(p, "preset");
        bool changed = strcmp(value, preset) != 0;
        size_t n = strlen(to);
        if (strlen(value) > 40)
            snprintf(to + n, room - n, "%s%s %.36s ..%s", i ? ", " : "", bl_j_text(p, "name"), value, changed ? " (not the preset)" : "");
        else
            snprintf(to + n, room - n, "%s%s %s%s%.60s%s", i ? ", " : "", bl_j_text(p, "name"), value, changed ? " (preset " : "",
                     changed ? preset : "", changed ? ")" : "");
    }
}

/* "array   host host, rows 64, cols 64, ..", presets too; nothing without the block. */
static void print_array(json_t *array)
{
    const char *key, *before = "  array   ";
    json_t *v;

    json_object_foreach(array, key, v) {
        if (json_is_string(v))
            printf("%s%s %s", before, key, json_string_value(v));
        else
            printf("%s%s %lld", before, key, (long long)json_integer_value(v));
        before = ", ";
    }
    if (array)
        printf("\n");
}

static void list_uses(const json_t *uses)
{
    static const char *const heads[] = { "part", "file", "parameters", "not used here" };
    char text[1000];
    struct bl_table t;
    const json_t *row;
    size_t i;

    if (!json_array_size(uses))
        return;
    bl_table_start(&t, heads, 4);
    json_array_foreach(uses, i, row) {
        params_text(json_object_get(row, "params"), text, sizeof text);
        bl_cell(&t, "%s", bl_j_text(row, "path"));
        bl_cell(&t, "%s", bl_j_text(row, "file"));
        bl_cell(&t, "%s", text);
        bl_cell(&t, "%s", bl_j_text(row, "unused"));
    }
    printf("\nUsed files\n");
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
}

void bl_show_platform_print(const json_t *o)
{
    static const char *const clock_keys[] = { "name", "period", "phase" }, *const part_keys[] = { "path", "class", "clock" };
    const json_t *row;
    char params[1000];
    size_t i;

    printf("%s%s%s\n", bl_j_text(o, "name"), *bl_j_text(o, "about") ? ": " : "", bl_j_text(o, "about"));
    printf("  file    %s\n", bl_j_text(o, "file"));
    printf("  mapper  %s\n", *bl_j_text(o, "mapper") ? bl_j_text(o, "mapper") : "none: it runs by itself");
    print_array(json_object_get(o, "array"));
    print_modules(json_object_get(o, "modules"));
    printf("  tech    %s\n", *bl_j_text(o, "tech") ? bl_j_text(o, "tech") : "none: nothing has a price");
    params_text(json_object_get(o, "params"), params, sizeof params);
    if (*params)
        printf("  params  %s\n", params);
    list("Clocks", json_object_get(o, "clocks"), clock_keys, 3);
    list_uses(json_object_get(o, "uses"));
    list("Parts", json_object_get(o, "parts"), part_keys, 3);
    list_params(json_object_get(o, "parts"));
    list_wires(json_object_get(o, "wires"));
    if (json_array_size(json_object_get(o, "expect")))
        printf("\nExpectations (%zu)\n", json_array_size(json_object_get(o, "expect")));
    json_array_foreach(json_object_get(o, "expect"), i, row)
        printf("  %s\n", json_string_value(row));
    list_sources(json_object_get(o, "sources"));
    list_prices(json_object_get(o, "prices"));
}
