/* reprice.c - a saved run at the prices of another technology, or at another supply: its counts and times stay. */
#include "tools/report/report.h"

#include <string.h>

/* Powers of other prices. */
static void forget_powers(json_t *report)
{
    json_t *part, *row;
    size_t i, k;

    json_array_foreach(json_object_get(report, "parts"), i, part) {
        json_object_del(part, "static_nw");
        json_array_foreach(json_object_get(part, "verdicts"), k, row)
            json_object_del(row, "price_nw");
    }
}

void bl_tech_line(void *ctx, const char *line)
{
    const struct bl_tech_lines *l = ctx;
    size_t n = strlen(l->path);
    bool is_there = strncmp(line, l->path, n) == 0;

    json_array_append_new(l->to, is_there ? json_sprintf("%s%s", l->shown, line + n) : json_string(line));
}

static bool is_of_supply(const json_t *line) { return strstr(json_string_value(line), " needs a voltage of ") != NULL; }

/* A saved run has the parameters that it had: what another technology needs of them is told; of its own technology that was told then. */
static void tell_needs(json_t *from, const struct bl_tech *tech, const char *tech_file, double microvolts, struct bl_diag *diag)
{
    bool is_own = !strcmp(bl_j_text(json_object_get(from, "tech"), "name"), bl_tech_name(tech));
    struct bl_tech_lines lines = { bl_tech_file(tech)->path, tech_file, json_array() };
    json_t *old = json_object_get(from, "needs"), *all = json_array(), *line;
    size_t i;

    json_array_foreach(old, i, line)
        if (is_own && json_is_string(line) && !is_of_supply(line))
            json_array_append(all, line);
    bl_tech_unmet(tech, NULL, NULL, microvolts, bl_tech_line, &lines);
    json_array_foreach(lines.to, i, line)
        if (!is_own || is_of_supply(line)) {
            bl_note(diag, "%s", json_string_value(line));
            json_array_append(all, line);
        }
    json_object_del(from, "needs");
    if (json_array_size(all))
        json_object_set(from, "needs", all);
    json_decref(all);
    json_decref(lines.to);
}

/* Another machine's technology has prices for other classes. */
static int check_classes(const json_t *report, const struct bl_tech *tech, const char *tech_file, struct bl_diag *diag)
{
    struct bl_texts there = { 0 };
    const json_t *part;
    size_t i;

    json_array_foreach(json_object_get(report, "parts"), i, part)
        if (*bl_j_text(part, "class"))
            bl_texts_add(&there, bl_j_text(part, "class"));
    int status = bl_tech_check_use(tech, there.v, there.n, "this run", tech_file, diag);
    bl_texts_free(&there);
    return status;
}

/* Powers and counts of an interval are not kept: without the prices of the run its energy is not known. */
static void forget_intervals(json_t *report)
{
    json_t *all = json_object_get(report, "intervals"), *part;
    size_t i;

    json_object_del(all, "energy_yj");
    json_object_del(all, "power_w");
    json_array_foreach(json_object_get(all, "parts"), i, part) {
        json_object_del(part, "energy_yj");
        json_object_del(part, "power_w");
    }
}

int bl_report_reprice(json_t *report, const char *name, const struct bl_tech *tech, const char *tech_file,
                      double microvolts, struct bl_diag *diag)
{
    json_t *from = json_object_get(report, "provenance"), *rows, *layer;
    const char *node = bl_tech_node(tech);
    size_t k;

    if (check_classes(report, tech, tech_file, diag) < 0)
        return -1;
    rows = json_array();
    for (size_t i = 0; i < bl_tech_count(tech); i++)
        json_array_append_new(rows, bl_j_of_price(bl_tech_price(tech, i)));
    forget_powers(report);
    tell_needs(from, tech, tech_file, microvolts, diag);
    json_object_set_new(from, "tech", json_pack("{s:s, s:s?, s:s}", "name", bl_tech_name(tech), "node", node, "file", tech_file));
    json_object_set_new(from, "voltage_uv", microvolts > 0 ? json_real(microvolts) : json_null());
    json_object_set_new(from, "repriced", json_true());
    json_object_set_new(from, "prices", rows);
    bl_report_area(report, tech);
    forget_intervals(report);
    json_array_foreach(json_object_get(report, "layers"), k, layer) {
        json_object_set_new(layer, "energy_j", json_null());
        json_object_set_new(layer, "energy_yj", json_null());
    }
    return bl_report_price(report, name, diag);
}
