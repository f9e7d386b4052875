/* report.c - reads, checks and writes reports, and gets values out of them. */
#include "tools/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/memory.h"

static const size_t MOST_BYTES = (size_t)4 << 30;          /* much more than any run writes */

/* ---- values */

const char *bl_j_text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));

    return s ? s : "";
}

uint64_t bl_j_count(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    if (json_is_string(v))
        return strtoull(json_string_value(v), NULL, 10);
    return json_integer_value(v) > 0 ? (uint64_t)json_integer_value(v) : 0;
}

json_t *bl_j_of_count(uint64_t v)
{
    char text[24];

    if (v <= INT64_MAX)
        return json_integer((json_int_t)v);
    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    return json_string(text);
}

json_t *bl_j_of_text(const char *s)
{
    json_t *t = s ? json_string(s) : json_null();
    char *copy = t ? NULL : strdup(s);

    for (char *c = copy; c && *c; c++)
        *c = *c & 0x80 ? '?' : *c;
    t = t ? t : json_string(copy ? copy : "?");
    free(copy);
    return t;
}

uint64_t bl_j_parts(const json_t *row)
{
    const uint64_t n = bl_j_count(row, "parts");

    return n ? n : 1;
}

double bl_j_real(const json_t *o, const char *key) { return json_number_value(json_object_get(o, key)); }

bl_yj bl_j_yj(const json_t *o, const char *key)
{
    bl_yj e = 0;

    for (const char *s = bl_j_text(o, key); *s >= '0' && *s <= '9'; s++)
        e = 10 * e + (unsigned)(*s - '0');
    return e;
}

json_t *bl_j_of_yj(bl_yj e)
{
    char text[40];

    return json_string(bl_yj_text(e, text));
}

void bl_j_set_energy(json_t *o, bl_yj e)
{
    json_object_set_new(o, "energy_j", json_real((double)e / 1e24));
    json_object_set_new(o, "energy_yj", bl_j_of_yj(e));
}

const json_t *bl_j_at(const json_t *report, const char *section, const char *key)
{
    return json_object_get(json_object_get(report, section), key);
}

/* grain: what divides all of them. */
void bl_times_see(struct bl_times *t, uint64_t fs)
{
    uint64_t a = t->grain, b = fs;

    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    t->grain = a;
    t->largest = fs > t->largest ? fs : t->largest;
}

char *bl_times_text(const struct bl_times *t, uint64_t fs, char *buf)
{
    static const char *const unit[] = { "fs", "ps", "ns", "us", "ms", "s" };
    uint64_t one = 1, step;
    int i = 0, places = 0, most = 4;

    for (; i < 5 && t->largest / one >= 1000; i++)
        one *= 1000;
    for (uint64_t v = t->largest / one; v >= 10 && most; v /= 10)
        most--;
    for (step = one; places < most && step >= 10 && t->grain % step; places++)
        step /= 10;
    snprintf(buf, 40, "%.*f %s", places, (double)fs / (double)one, unit[i]);
    return buf;
}

char *bl_time_exact(uint64_t fs, char *buf)
{
    static const char *const unit[] = { "fs", "ps", "ns", "us", "ms", "s" };
    uint64_t one = 1, rest = fs;
    int i = 0, places = 0;

    for (; i < 5 && fs / one >= 1000; i++)
        one *= 1000;
    for (; one > 1 && rest % one; places++)
        rest = rest % one * 10;
    size_t n = (size_t)snprintf(buf, 40, "%llu", (unsigned long long)(fs / one));
    if (places)
        buf[n++] = '.';
    for (rest = fs % one; places; places--, rest %= one) {
        rest *= 10;
        buf[n++] = (char)('0' + rest / one);
    }
    snprintf(buf + n, 40 - n, " %s", unit[i]);
    return buf;
}

char bl_tag_letter(const char *tag)
{
    for (int i = 0; i < 4; i++)
        if (!strcmp(tag, bl_tag_name[i]))
            return "FDCf"[i];
    return '-';
}

/* ---- reading */

/* What a report has at its top, and in the rows of its lists. */
struct must { const char *list, *key; json_type type; };
static const struct must must[] = {
    { NULL, "platform", JSON_OBJECT }, { NULL, "end", JSON_STRING }, { NULL, "clocks", JSON_ARRAY },
    { NULL, "layers", JSON_ARRAY }, { NULL, "parts", JSON_ARRAY }, { NULL, "totals", JSON_OBJECT },
    { NULL, "inputs", JSON_OBJECT }, { NULL, "provenance", JSON_OBJECT }, { "parts", "path", JSON_STRING },
    { "parts", "class", JSON_STRING }, { "parts", "verdicts", JSON_ARRAY }, { "parts", "tallies", JSON_ARRAY },
    { "clocks", "name", JSON_STRING },
};

static int check_row(const json_t *row, const struct must *m, const char *name, struct bl_diag *diag)
{
    static const char *const word[] = { "an object", "a list", "a text" };
    const json_t *v = json_object_get(row, m->key);

    if (v && json_typeof(v) == m->type)
        return 0;
    return bl_error(diag, "%s: %s%s'%s' is %s; expected %s, as `bitline run --report json` writes it", name,
                    m->list ? m->list : "", m->list ? "[]." : "", m->key, v ? "of another kind" : "missing", word[m->type]);
}

static int check(const json_t *r, const char *name, struct bl_diag *diag)
{
    const char *schema = bl_j_text(r, "schema");

    if (!json_is_object(r) || !*schema)
        return bl_error(diag, "%s: is no report; expected \"schema\": \"" BL_REPORT_SCHEMA "\", as `bitline run --report json` "
                        "writes it", name);
    if (strcmp(schema, BL_REPORT_SCHEMA))
        return bl_error(diag, "%s: has the schema '%s'; this program reads " BL_REPORT_SCHEMA, name, schema);
    for (size_t i = 0; i < sizeof must / sizeof must[0]; i++) {
        const json_t *list = must[i].list ? json_object_get(r, must[i].list) : NULL;
        size_t k = 0;
        const json_t *row;
        if (!must[i].list && check_row(r, &must[i], name, diag) < 0)
            return -1;
        json_array_foreach(list, k, row)
            if (check_row(row, &must[i], name, diag) < 0)
                return -1;
    }
    return 0;
}

json_t *bl_report_parse(const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    json_error_t e;
    json_t *r = bl_memory_load(bytes, n, JSON_REJECT_DUPLICATES, &e);

    if (!r && bl_memory_lost()) {
        bl_error(diag, "%s: no memory to read it", name);
    } else if (!r) {
        bl_error(diag, "%s:%d:%d: is no JSON: %s", name, e.line, e.column, e.text);
    } else if (check(r, name, diag) < 0) {
        json_decref(r);
        r = NULL;
    }
    return r;
}

json_t *bl_report_read(const char *path, struct bl_diag *diag)
{
    size_t n;
    unsigned char *bytes = bl_read_most(path, MOST_BYTES, &n, diag);
    json_t *r = bytes ? bl_report_parse(path, bytes, n, diag) : NULL;

    free(bytes);
    return r;
}

/* ---- views */

enum bl_form bl_form_named(const char *name)
{
    return !name || !strcmp(name, "text") ? BL_TEXT : !strcmp(name, "json") ? BL_JSON : !strcmp(name, "csv") ? BL_CSV : BL_HTML;
}

char *bl_report_view(const json_t *report, enum bl_form form, const struct bl_written *w, size_t *n, struct bl_diag *diag)
{
    static const struct bl_texts none;
    struct bl_written nothing = { &none, NULL };
    struct bl_text t;
    bool bad = !bl_text_start(&t);

    if (!bad) {
        FILE *out = t.out;
        if (form == BL_JSON) {
            bad = json_dumpf(report, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) != 0;
            fputc('\n', out);
        } else if (form == BL_TEXT) {
            bl_report_text(report, w ? w : &nothing, out);
        } else if (form == BL_CSV) {
            bl_report_csv(report, out);
        } else {
            bl_report_html(report, w ? w : &nothing, out);
        }
        bad |= !bl_text_end(&t);
    }
    if (bad || bl_memory_lost()) {
        bl_error(diag, "no memory for the report");
        free(t.bytes);
        return NULL;
    }
    *n = t.n;
    return t.bytes;
}
