/* cmd_ls.c - `bitline ls`: the classes, platforms, nets, technology files and macros that there are. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/load.h"
#include "platforms/imc/macro_file.h"
#include "platforms/job/mapper.h"
#include "tools/show/classes.h"
#include "tools/commands.h"
#include "tools/memory.h"
#include "platforms/file/io.h"
#include "platforms/file/find.h"
#include "tools/report/table.h"

struct ls_opts { bool json; };

/* ---- one list each: an array of { "name", "help", ... } */

static json_t *classes(void)
{
    json_t *a = json_array();

    for (size_t i = 0; bl_classes[i]; i++) {
        json_t *c = bl_class_json(bl_classes[i]);
        json_object_del(c, "fields");
        json_array_append_new(a, c);
    }
    return a;
}

/* What is damaged is shown as such; but a file that only could not be read now is not. */
static void nothing(void *ctx, const char *text)
{
    (void)ctx;
    if (strstr(text, "memory"))
        bl_memory_lose();
}

/* The `about` of a platform or technology file; "" when the file is damaged, which `bitline check` explains. */
static json_t *about_of(const char *path, bool tech)
{
    struct bl_diag silent = { .put = nothing };
    size_t n;
    unsigned char *bytes = bl_read_all(path, &n, &silent);
    const char *about = NULL;
    struct bl_tech *t = bytes && tech ? bl_tech_parse(path, bytes, n, 0, &silent) : NULL;
    struct bl_platform *p = bytes && !tech ? bl_platform_parse(path, bytes, n, NULL, 0, &silent) : NULL;

    if (t)
        about = bl_tech_about(t) ? bl_tech_about(t) : bl_tech_name(t);
    if (p)
        about = bl_platform_about(p) ? bl_platform_about(p) : bl_platform_name(p);
    json_t *text = json_string(about ? about : "(cannot be read)");
    bl_tech_free(t);
    bl_platform_free(p);
    free(bytes);
    return text;
}

static json_t *files(enum bl_file_kind kind)
{
    struct bl_found *f;
    size_t n = bl_find_all(kind, &f);
    json_t *a = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(a, json_pack("{s:s, s:o}", "name", f[i].path + f[i].hidden, "help", about_of(f[i].path, kind == BL_FILE_TECH)));
    bl_found_list_fini(f, n);
    return a;
}

static json_t *platforms(void) { return files(BL_FILE_PLATFORM); }
static json_t *techs(void) { return files(BL_FILE_TECH); }

static json_t *nets(void)
{
    struct bl_found *f;
    size_t n = bl_find_all(BL_FILE_NET, &f);
    json_t *a = json_array();

    for (size_t i = 0; i < n; i++) {
        const char *name = f[i].path + f[i].hidden, *dot = strrchr(name, '.');
        const char *help = !strcmp(dot, ".onnx") ? "quantised ONNX model" : !strcmp(dot, ".tflite") ? "quantised TensorFlow Lite model" : strstr(name, "_bits.csv") ?
            "weight bits of another net, by layer" : "layer table: shapes, run on made-up weights and images";
        json_array_append_new(a, json_pack("{s:s, s:s}", "name", name, "help", help));
    }
    bl_found_list_fini(f, n);
    return a;
}

static json_t *macros(void)
{
    struct bl_diag silent = { .put = nothing };
    struct bl_found *f;
    size_t n = bl_find_all(BL_FILE_MACRO, &f), len;
    json_t *a = json_array();

    for (size_t i = 0; i < n; i++) {
        struct bl_imc_file m = { 0 };
        void *bytes = bl_read_all(f[i].path, &len, &silent);
        bool good = bytes && bl_imc_file_read(&m, f[i].path, bytes, len, (struct bl_words){ 0 }, &silent) == 0;
        json_array_append_new(a, json_pack("{s:s, s:s}", "name", f[i].path + f[i].hidden, "help", !good ? "(cannot be read)" : m.about ? m.about : m.name));
        bl_imc_file_fini(&m);
        free(bytes);
    }
    bl_found_list_fini(f, n);
    return a;
}

static const struct { const char *name; json_t *(*list)(void); } kinds[] = {
    { "classes", classes }, { "platforms", platforms }, { "nets", nets }, { "tech", techs }, { "macros", macros }
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- printing */

static void print(const json_t *list, bool titled, const char *title)
{
    static const char *const heads[] = { "", "" };
    struct bl_table t;
    const json_t *row;
    size_t i;

    bl_table_start(&t, heads, 2);
    json_array_foreach(list, i, row) {
        bl_cell(&t, "%s", json_string_value(json_object_get(row, "name")));
        bl_cell(&t, "%s", json_string_value(json_object_get(row, "help")));
    }
    if (titled)
        printf("%s\n", title);
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
}

/* An empty list of files may be one that was looked for in a wrong place. */
static void say_where(json_t *all, struct bl_diag *diag)
{
    const char *name;
    json_t *list;

    json_object_foreach(all, name, list)
        if (!json_array_size(list)) {
            char *places = bl_find_places();
            bl_note(diag, "ls: there are no %s; looked for files below platforms/ %s", name, places);
            free(places);
        }
}

static int ls(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct ls_opts *o = opts;
    const char *which = words->n ? words->v[0] : NULL, *names[KINDS];
    json_t *all = json_object(), *list;
    const char *name;

    for (size_t i = 0; i < KINDS; i++) {
        names[i] = kinds[i].name;
        if (!which || !strcmp(which, kinds[i].name))
            json_object_set_new(all, kinds[i].name, kinds[i].list());
    }
    if (!json_object_size(all) && bl_memory_lost()) {
        json_decref(all);
        return BL_REFUSED;
    }
    if (!json_object_size(all)) {
        const char *near = bl_nearest(which, names, KINDS);
        bl_error(diag, "ls: '%s' is not known; %s%s", which, near ? "did you mean " : "expected classes, platforms, nets, tech or macros",
                 near ? near : "");
        json_decref(all);
        return BL_REFUSED;
    }
    if (o->json) {
        json_dumpf(all, stdout, JSON_INDENT(1));
        printf("\n");
    } else {
        json_object_foreach(all, name, list)
            print(list, !which, name);
    }
    say_where(all, diag);
    json_decref(all);
    return BL_DONE;
}

static const struct bl_option options[] = {
    { "json", 0, BL_OPT_FLAG, offsetof(struct ls_opts, json), NULL, "as JSON" }, { 0 }
};
const struct bl_command cmd_ls = {
    .name = "ls", .help = "list classes, platforms, nets, technology files and macros",
    .grammar = { .words = "[classes|platforms|nets|tech|macros]", .most = 1, .options = options, .size = sizeof(struct ls_opts), .notes =
        "Files are those of the working directory, of $BITLINE_DATA, and of the installed program.\n" },
    .run = ls };
