/* tech.c - technology files: what an operation costs, in which unit, at which voltage, and where the
 * number comes from; scaled once to the supply of the platform. */
#include "platforms/file/load.h"
#include "platforms/file/io.h"
#include "platforms/file/plan.h"
#include "platforms/file/tech_in.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

int tech_voltage(struct bl_tech *t, const struct bl_yaml *v, double *uv)
{
    const char *text = bl_yaml_text(t->doc, v, "the voltage");

    if (!text || bl_parse_volts(text, uv, t->diag, bl_yaml_where(t->doc, v, 0)) < 0)
        return -1;
    if (*uv < 1e3 || *uv > 1e8)
        return bl_yaml_error(t->doc, v, 0, "a supply of '%s'; expected 1 mV to 100 V", text);
    return 0;
}

int tech_name(struct bl_tech *t, const struct bl_yaml *key, const char *what, const char *like, const char **cls, const char **item)
{
    const char *dot = strchr(key->text, '.');

    if (!dot || dot == key->text || !dot[1] || strchr(dot + 1, '.'))
        return bl_yaml_error(t->doc, key, 0, "'%s' is no %s; expected %s", key->text, what, like);
    char *own = bl_yaml_keep(t->doc, (size_t)(dot - key->text) + 1, 1);
    if (!own)
        return -1;
    *cls = memcpy(own, key->text, (size_t)(dot - key->text));
    *item = dot + 1;
    return 0;
}

int tech_tag(struct bl_yaml_doc *doc, const struct bl_yaml *v, enum bl_tag *tag)
{
    const char *text = bl_yaml_text(doc, v, "the tag");

    if (!text)
        return -1;
    for (int i = 0; i < 4; i++)
        if (strcmp(text, bl_tag_name[i]) == 0) {
            *tag = (enum bl_tag)i;
            return 0;
        }
    const char *near = bl_nearest(text, bl_tag_name, 4);
    if (near)
        return bl_yaml_error(doc, v, 0, "the tag '%s' is not known; did you mean '%s'?", text, near);
    return bl_yaml_error(doc, v, 0, "the tag '%s' is not known; expected fact, derived, calibrated or free", text);
}

/* CV^2: an event of capacitance C costs C V^2, and a power is so many events a second. Leakage falls
 * faster than that, so for a static power this is a convention. */
static int price_value(struct bl_tech *t, const struct bl_yaml *v, double at_uv, struct bl_price *price)
{
    const char *text = bl_yaml_text(t->doc, v, "the value"), *where = bl_yaml_where(t->doc, v, 0);
    double given, scaled;

    if (!text)
        return -1;
    price->is_power = text[strlen(text) - 1] == 'W';
    if (strcmp(price->item, "static") == 0 && !price->is_power)
        return bl_yaml_error(t->doc, v, 0, "'static' is drawn all the time; '%s' is no power, expected one like '1.2 uW'", text);
    if ((price->is_power ? bl_parse_power(text, &given, t->diag, where) : bl_parse_energy(text, &given, t->diag, where)) < 0)
        return -1;
    if (t->want_uv > 0 && at_uv <= 0)
        return bl_yaml_error(t->doc, v, 0, "the price has no voltage, so it cannot be scaled; add 'at: 0.6 V' here, or 'voltage' "
                             "at the top");
    scaled = t->want_uv > 0 ? rint(given * (t->want_uv * t->want_uv) / (at_uv * at_uv)) : rint(given);
    if (scaled >= 9.2e18)
        return bl_yaml_error(t->doc, v, 0, "'%s' is too large; prices go up to 9 %s", text, price->is_power ? "GW" : "uJ");
    if (scaled < 1 && given > 0)
        return bl_yaml_error(t->doc, v, 0, "'%s' is less than half of 1 %s, the least a price can be; price more of them at once",
                             text, price->is_power ? "nW" : "yJ");
    price->value = (uint64_t)scaled;
    price->exact = t->want_uv > 0 ? given * (t->want_uv * t->want_uv) / (at_uv * at_uv) : given;
    return 0;
}

/* ---- for which size */

static int size_value(struct bl_tech *t, const struct bl_yaml *v, struct bl_price_size *z)
{
    const char *text = bl_yaml_text(t->doc, v, "a size");
    uint64_t fs;
    char *end;

    if (!text)
        return -1;
    z->param = v->key->text;
    z->stated = strtod(text, &end);
    if (end == text)
        return bl_yaml_error(t->doc, v, 0, "'%s: %s' is no size; expected a number above 0, or a time like '6 ns'; a choice has none",
                             z->param, text);
    z->is_time = *end && text[strlen(text) - 1] == 's';
    if (z->is_time && bl_parse_time(text, &fs, t->diag, bl_yaml_where(t->doc, v, 0)) < 0)
        return -1;
    if (z->is_time)
        z->stated = (double)fs;
    else if (*end)
        return bl_yaml_error(t->doc, v, (size_t)(end - text), "'%s' was not expected behind a number; a size is one like '144' or '6 ns'", end);
    if (!(z->stated > 0 && z->stated < 1e18))
        return bl_yaml_error(t->doc, v, 0, "a price for '%s: %s' cannot be one for another size; expected a number above 0", z->param, text);
    return 0;
}

static int size_that_scales(struct bl_tech *t, const struct bl_yaml *v, const struct bl_price *price, struct bl_price_size *sizes)
{
    const char *text = bl_yaml_text(t->doc, v, "'scales'"), *names[BL_PRICE_SIZES];

    if (!text)
        return -1;
    for (size_t k = 0; k < price->nsizes; k++) {
        names[k] = sizes[k].param;
        if (strcmp(names[k], text))
            continue;
        if (sizes[k].scales)
            return bl_yaml_error(t->doc, v, 0, "'%s' stands in 'scales' a second time; a price is in proportion to it once", text);
        sizes[k].scales = true;
        return 0;
    }
    const char *near = bl_nearest(text, names, price->nsizes);
    return bl_yaml_error(t->doc, v, 0, "'scales' names '%s', and 'for' does not say for how much of it the price is; %s%s%s", text,
                         near ? "did you mean '" : "add it there", near ? near : "", near ? "'?" : "");
}

/* for: { cols: 144, bits: 1 }, scales: cols; or a list of them. */
static int price_sizes(struct bl_tech *t, const struct bl_yaml *row, struct bl_price *price)
{
    const struct bl_yaml *stated = bl_yaml_get(row, "for"), *scales = bl_yaml_get(row, "scales");
    struct bl_price_size *sizes;
    int status = 0;

    if (!stated)
        return scales ? bl_yaml_error(t->doc, scales, 0, "the price scales, and does not say for which size it is; add 'for: { NAME: NUMBER }'") : 0;
    if (bl_yaml_is(t->doc, stated, BL_YAML_MAP, "'for'", "'{ cols: 144 }'") < 0)
        return -1;
    if (!stated->n || stated->n > BL_PRICE_SIZES)
        return bl_yaml_error(t->doc, stated, 0, "'for' names %zu parameters; expected 1 to %d", stated->n, BL_PRICE_SIZES);
    if (!(sizes = bl_yaml_keep(t->doc, stated->n, sizeof *sizes)))
        return -1;
    for (const struct bl_yaml *v = stated->first; v; v = v->next)
        status |= size_value(t, v, &sizes[price->nsizes++]);
    price->sizes = sizes;
    if (status < 0 || !scales)
        return status;
    if (scales->kind != BL_YAML_LIST)
        return size_that_scales(t, scales, price, sizes);
    for (const struct bl_yaml *v = scales->first; v; v = v->next)
        status |= size_that_scales(t, v, price, sizes);
    return status;
}

static int price_row(struct bl_tech *t, const struct bl_yaml *row, size_t i)
{
    static const char *const known[] = { "value", "tag", "source", "at", "for", "scales" };
    struct bl_price *price = &t->prices[i];
    double at_uv = t->given_uv;

    if (tech_name(t, row->key, "price", "CLASS.ITEM, like 'adder_tree.add'", &price->cls, &price->item) < 0 ||
        bl_yaml_is(t->doc, row, BL_YAML_MAP, "a price", "'{ value: 1.5 fJ, tag: fact, source: \"...\" }'") < 0)
        return -1;
    int status = bl_yaml_known(t->doc, row, "a price", known, COUNT(known));
    for (size_t k = 0; k < 3; k++)
        if (!bl_yaml_get(row, known[k]))
            status = bl_yaml_error(t->doc, row, 0, "the price of '%s' has no '%s'; expected value, tag and source",
                                   row->key->text, known[k]);
    const struct bl_yaml *value = bl_yaml_get(row, "value"), *at = bl_yaml_get(row, "at"), *tag = bl_yaml_get(row, "tag"), *source = bl_yaml_get(row, "source");
    t->where[i] = bl_yaml_where(t->doc, row->key, 0);
    status |= (tag ? tech_tag(t->doc, tag, &price->tag) : -1) | price_sizes(t, row, price);
    if (!source || !(price->source = bl_yaml_text(t->doc, source, "the source")))
        status = -1;
    if (at && tech_voltage(t, at, &at_uv) < 0)
        return -1;
    return status | (value ? price_value(t, value, at_uv, price) : -1);
}

static int prices(struct bl_tech *t, const struct bl_yaml *rows)
{
    int status = 0;

    if (bl_yaml_is(t->doc, rows, BL_YAML_MAP, "'prices'", "lines like 'adder_tree.add: { value: 1.5 fJ, ... }'") < 0 ||
        !(t->prices = bl_yaml_keep(t->doc, rows->n, sizeof *t->prices)) ||
        !(t->where = bl_yaml_keep(t->doc, rows->n, sizeof(*t->where))))
        return -1;
    if (!rows->n)
        return bl_yaml_error(t->doc, rows, 0, "'prices' is empty; expected at least one");
    for (const struct bl_yaml *row = rows->first; row; row = row->next) {
        int bad = price_row(t, row, t->n++);
        if (bad)
            t->prices[t->n - 1].cls = NULL;     /* nobody looks at it again */
        status |= bad;
    }
    return status;
}

static int head_text(struct bl_tech *t, const char *key, const char **text)
{
    const struct bl_yaml *v = bl_yaml_get(bl_yaml_root(t->doc), key);

    return v && !(*text = bl_yaml_text(t->doc, v, key)) ? -1 : 0;
}

static int file(struct bl_tech *t, const char *path)
{
    static const char *const known[] = { "tech", "about", "node", "voltage", "needs", "prices", "areas" };
    const struct bl_yaml *root = bl_yaml_root(t->doc), *v;
    int status = bl_yaml_known(t->doc, root, "a technology file", known, COUNT(known));

    status |= head_text(t, "tech", &t->name) | head_text(t, "about", &t->about) | head_text(t, "node", &t->node);
    if (!bl_yaml_get(root, "tech"))
        status = bl_error(t->diag, "%s:1:1: the file has no 'tech'; expected 'tech: NAME' at its top", path);
    if ((v = bl_yaml_get(root, "voltage")))
        status |= tech_voltage(t, v, &t->given_uv);
    if ((v = bl_yaml_get(root, "needs")))
        status |= tech_needs(t, v);
    if ((v = bl_yaml_get(root, "areas")))
        status |= tech_areas(t, v);
    if (!(v = bl_yaml_get(root, "prices")))
        return bl_error(t->diag, "%s:1:1: the file has no 'prices'; expected at least one", path);
    return status | prices(t, v);
}

static int own_file(struct bl_tech *t, const char *path, const void *bytes, size_t n)
{
    char *name = bl_yaml_keep(t->doc, strlen(path) + 1, 1);
    unsigned char *own = bl_yaml_keep(t->doc, n, 1);

    if (!name || !own)
        return -1;
    t->file = (struct bl_datafile){ .path = strcpy(name, path), .bytes = n ? memcpy(own, bytes, n) : own, .n = n, .role = "tech" };
    return 0;
}

/* Of a file that is refused: the names of the prices that are right so far. */
static void look_at_names(struct bl_tech *t, const struct bl_class *const *classes)
{
    for (size_t i = 0; classes && i < t->n; i++)
        if (t->prices[i].cls)
            tech_check_item(t, i, classes);
}

struct bl_tech *bl_tech_parse(const char *path, const void *bytes, size_t n, double microvolts, struct bl_diag *diag)
{
    return bl_tech_parse_for(NULL, path, bytes, n, microvolts, diag);
}

struct bl_tech *bl_tech_parse_for(const struct bl_class *const *classes, const char *path, const void *bytes, size_t n, double microvolts,
                                  struct bl_diag *diag)
{
    bool twice = false;

    struct bl_tech *t = calloc(1, sizeof *t);

    if (!t) {
        bl_error(diag, "%s: no memory to parse it", path);
        return NULL;
    }
    t->diag = diag;
    t->want_uv = microvolts;
    if ((t->doc = bl_yaml_read_on(path, bytes, n, &twice, diag)) && own_file(t, path, bytes, n) == 0) {
        if (file(t, path) == 0 && !twice)
            return t;
        look_at_names(t, classes);
    }
    bl_tech_free(t);
    return NULL;
}

struct bl_tech *bl_tech_load(const char *path, double microvolts, struct bl_diag *diag)
{
    unsigned char *bytes;
    size_t n;

    if (!(bytes = bl_read_some(path, "", BL_YAML_MAX_BYTES + 1, &n, diag)))
        return NULL;
    struct bl_tech *t = bl_tech_parse(path, bytes, n, microvolts, diag);
    free(bytes);
    return t;
}

void bl_tech_free(struct bl_tech *t)
{
    if (t)
        bl_yaml_free(t->doc);
    free(t);
}

const char *bl_tech_name(const struct bl_tech *t) { return t->name; }
const char *bl_tech_about(const struct bl_tech *t) { return t->about; }
const char *bl_tech_node(const struct bl_tech *t) { return t->node; }
const struct bl_datafile *bl_tech_file(const struct bl_tech *t) { return &t->file; }
size_t bl_tech_count(const struct bl_tech *t) { return t->n; }
const struct bl_price *bl_tech_price(const struct bl_tech *t, size_t i) { return &t->prices[i]; }
const char *bl_tech_where(const struct bl_tech *t, size_t i) { return t->where[i]; }
