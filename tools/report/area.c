/* area.c - the area of a machine: what its technology states of a class, times its parts. */
#include "tools/report/sections.h"

#include <string.h>

static uint64_t parts_of(const json_t *report, const char *cls)
{
    const json_t *part;
    uint64_t n = 0;
    size_t i;

    json_array_foreach(json_object_get(report, "parts"), i, part)
        if (!strcmp(bl_j_text(part, "class"), cls))
            n += bl_j_parts(part);
    return n;
}

void bl_report_area(json_t *report, const struct bl_tech *tech)
{
    json_t *rows = json_array();
    double all = 0;

    json_object_del(report, "area");
    for (size_t i = 0; tech && i < bl_tech_areas(tech); i++) {
        const struct bl_area *a = bl_tech_area(tech, i);
        const uint64_t n = parts_of(report, a->cls);
        if (!n)
            continue;
        json_array_append_new(rows, json_pack("{s:s, s:o, s:f, s:s, s:s}", "class", a->cls, "parts", bl_j_of_count(n), "um2", a->um2, "tag",
                                              bl_tag_name[a->tag], "source", a->source));
        all += (double)n * a->um2;
    }
    if (json_array_size(rows))
        json_object_set_new(report, "area", json_pack("{s:O, s:f}", "classes", rows, "mm2", all * 1e-6));
    json_decref(rows);
}

void bl_fill_area(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "class", "tag", ">parts", ">um2 each", ">mm2", ">%" };
    const json_t *area = json_object_get(r, "area"), *row;
    const double all = bl_j_real(area, "mm2");
    size_t i;

    BL_START(t, heads);
    json_array_foreach(json_object_get(area, "classes"), i, row) {
        const double mm2 = bl_j_real(row, "um2") * (double)bl_j_count(row, "parts") * 1e-6;
        bl_cell(t, "%s", bl_j_text(row, "class"));
        bl_cell(t, "%c", bl_tag_letter(bl_j_text(row, "tag")));
        bl_cell(t, "%llu", (unsigned long long)bl_j_count(row, "parts"));
        bl_cell(t, "%.6g", bl_j_real(row, "um2"));
        bl_cell(t, "%.4g", mm2);
        bl_cell_share(t, mm2 / all, "%.1f", 100 * mm2 / all);
    }
}

void bl_notes_area(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    char text[160];

    snprintf(text, sizeof text, "%.4g mm2 of the classes whose area the technology states; of the others nothing is known.",
             bl_j_real(json_object_get(r, "area"), "mm2"));
    line(out, text);
}
