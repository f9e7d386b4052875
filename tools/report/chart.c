/* chart.c - collects the marks and the table of a chart, and puts both onto the page. */
#include "tools/report/chart.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "platforms/file/io.h"
#include "tools/memory.h"
#include "tools/report/report.h"

static const char *const SHAPE[] = { "bars", "heat", "areas", "points" };

static json_t *axis(const char *title) { return json_pack("{s:o}", "title", bl_j_of_text(title)); }

void bl_chart_start(struct bl_chart *c, enum bl_shape shape, const struct bl_chart_text *text, const char *const *heads, size_t n)
{
    c->id = text->id;
    c->spec = json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:[], s:{}, s:[]}", "id", text->id, "shape", SHAPE[shape], "title", bl_j_of_text(text->title), "about",
                        text->about, "x", axis(text->x), "y", axis(text->y), "rows", "lines", "bounds");
    bl_table_start(&c->table, heads, n);
}

/* ---- marks ---- */

/* The last row of the table in words: "part adc, busy 44.1 %". */
static json_t *said(const struct bl_chart *c)
{
    const struct bl_table *t = &c->table;
    const size_t first = t->cells - (t->cells % t->columns ? t->cells % t->columns : t->cells ? t->columns : 0);
    struct bl_text text;

    if (!bl_text_start(&text))
        return bl_memory_lose(), json_null();
    for (size_t i = first; i < t->cells; i++)
        if (*t->cell[i])
            fprintf(text.out, "%s%s%s%s", i > first ? ", " : "", t->head[i - first], *t->head[i - first] ? " " : "", t->cell[i]);
    if (!bl_text_end(&text))
        bl_memory_lose();
    json_t *v = bl_j_of_text(text.bytes);
    free(text.bytes);
    return v;
}

/* To the list `where`: the names and numbers of `form`, each `key` 's' or 'f' and its value. */
static void mark(struct bl_chart *c, const char *where, const char *form, ...)
{
    json_t *row = json_object();
    bool whole = true;
    va_list ap;

    va_start(ap, form);
    for (; *form; form++) {
        const char *key = va_arg(ap, const char *);
        if (*form == 's') {
            json_object_set_new(row, key, bl_j_of_text(va_arg(ap, const char *)));
        } else {
            const double v = va_arg(ap, double);
            whole &= isfinite(v) != 0;
            json_object_set_new(row, key, json_real(isfinite(v) ? v : 0));
        }
    }
    va_end(ap);
    json_object_set_new(row, "say", said(c));
    if (whole)
        json_array_append_new(json_object_get(c->spec, where), row);
    else
        json_decref(row);
}

void bl_chart_bar(struct bl_chart *c, const char *row, const char *series, double x0, double x)
{
    mark(c, "rows", "ssff", "y", row, "s", series, "x0", x0, "x", x);
}

void bl_chart_cell(struct bl_chart *c, const char *row, double x0, double x, double value, const char *label)
{
    mark(c, "rows", "sfffs", "y", row, "x0", x0, "x", x, "v", value, "label", label);
}

void bl_chart_area(struct bl_chart *c, const char *series, double x0, double x, double y0, double y)
{
    mark(c, "rows", "sffff", "s", series, "x0", x0, "x", x, "y0", y0, "y", y);
}

void bl_chart_point(struct bl_chart *c, const char *name, const char *series, double x, double y)
{
    mark(c, "rows", "ssff", "name", name, "s", series, "x", x, "y", y);
}

void bl_chart_bound(struct bl_chart *c, const char *row, const char *series, double x)
{
    mark(c, "bounds", "ssf", "y", row, "s", series, "x", x);
}

void bl_chart_line(struct bl_chart *c, const char *name, double x, double y)
{
    json_t *lines = json_object_get(c->spec, "lines");

    if (!json_object_get(lines, name))
        json_object_set_new(lines, name, json_array());
    if (isfinite(x) && isfinite(y))
        json_array_append_new(json_object_get(lines, name), json_pack("[f, f]", x, y));
}

struct place { double x, y; };

static int to_the_right(const void *a, const void *b)
{
    const struct place *p = a, *q = b;

    return p->x < q->x ? -1 : p->x > q->x ? 1 : p->y < q->y ? -1 : p->y > q->y;
}

static bool is_beaten(const struct place *v, size_t n, const struct place *p, int sx, int sy)
{
    for (size_t i = 0; i < n; i++)
        if (sx * v[i].x >= sx * p->x && sy * v[i].y >= sy * p->y && (sx * v[i].x > sx * p->x || sy * v[i].y > sy * p->y))
            return true;
    return false;
}

void bl_chart_front(struct bl_chart *c, int sx, int sy)
{
    const json_t *rows = json_object_get(c->spec, "rows"), *row;
    struct place *v = calloc(json_array_size(rows) + 1, sizeof *v);
    size_t n = 0, i;

    if (!v) {
        bl_memory_lose();
        return;
    }
    json_array_foreach(rows, i, row)
        v[n++] = (struct place){ bl_j_real(row, "x"), bl_j_real(row, "y") };
    json_array_foreach(rows, i, row)
        if (!*bl_j_text(row, "s"))
            json_object_set_new((json_t *)(uintptr_t)row, "s", json_string(is_beaten(v, n, &v[i], sx, sy) ? "beaten" : "not beaten"));
    qsort(v, n, sizeof *v, to_the_right);
    for (i = 0; i < n; i++)
        if (!is_beaten(v, n, &v[i], sx, sy))
            bl_chart_line(c, "front", v[i].x, v[i].y);
    free(v);
}

void bl_chart_log(struct bl_chart *c, const char *on) { json_object_set_new(json_object_get(c->spec, on), "log", json_true()); }

void bl_chart_format(struct bl_chart *c, const char *on, const char *format)
{
    json_object_set_new(json_object_get(c->spec, on), "format", json_string(format));
}

void bl_chart_names(struct bl_chart *c, const char *on, const char *const *names, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, bl_j_of_text(names[i]));
    json_object_set_new(json_object_get(c->spec, on), "names", list);
}

size_t bl_chart_marks(const struct bl_chart *c) { return json_array_size(json_object_get(c->spec, "rows")); }

/* ---- on the page ---- */

static int put_bytes(const char *bytes, size_t n, void *to)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == '<')               /* nothing in it may end the script or begin a remark */
            fputs("\\u003c", to);
        else
            fputc(bytes[i], to);
    return 0;
}

void bl_chart_end(struct bl_chart *c, FILE *out)
{
    if (bl_chart_marks(c)) {
        fprintf(out, "<figure class=chart id=chart_%s>\n<figcaption>", c->id);
        bl_html_text(bl_j_text(c->spec, "title"), out);
        fputs("</figcaption>\n<p class=n>", out);
        bl_html_text(bl_j_text(c->spec, "about"), out);
        fputs("</p>\n<div class=plot></div>\n<script type=\"application/json\">", out);
        if (json_dump_callback(c->spec, put_bytes, out, JSON_COMPACT | JSON_REAL_PRECISION(15)) < 0)
            bl_memory_lose();
        fputs("</script>\n<div class=\"t under\" tabindex=0 role=region aria-label=\"table of the chart\">\n", out);
        bl_table_html(&c->table, out);
        fputs("</div>\n</figure>\n", out);
    }
    json_decref(c->spec);
    bl_table_fini(&c->table);
}
