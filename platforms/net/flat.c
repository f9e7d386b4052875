/* flat.c - bounds-checked access to a FlatBuffer. */
#include "platforms/net/flat.h"

#include <string.h>

static uint64_t little(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static int64_t sign(uint64_t v, unsigned size)
{
    unsigned up = 64 - 8 * size;

    return (int64_t)(v << up) >> up;
}

static float as_float(uint64_t v)
{
    uint32_t bits = (uint32_t)v;
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

void flat_bad(struct flat *f, const struct flat_table *t, const char *why)
{
    if (!f->failed)
        bl_error(f->diag, "%s: %s at byte %u: %s; the file is cut or damaged", f->name, t->what, t->at, why);
    f->failed = true;
}

static bool inside(const struct flat *f, uint64_t at, uint64_t bytes) { return at <= f->len && bytes <= f->len - at; }

/* The table at byte `at`, its list of fields checked. */
static struct flat_table table_at(struct flat *f, uint64_t at, const char *what)
{
    struct flat_table t = { 0, 0, 0, 0, what }, none = t;
    int64_t fields;

    t.at = (uint32_t)at;
    if (!inside(f, at, 4)) {
        flat_bad(f, &t, "is outside of the file");
        return none;
    }
    fields = (int64_t)at - sign(little(f->bytes + at, 4), 4);
    if (fields < 0 || !inside(f, (uint64_t)fields, 4)) {
        flat_bad(f, &t, "its list of fields is outside of the file");
        return none;
    }
    t.fields = (uint32_t)fields;
    uint32_t size = (uint32_t)little(f->bytes + fields, 2);
    t.bytes = (uint32_t)little(f->bytes + fields + 2, 2);
    if (size < 4 || size % 2 || !inside(f, t.fields, size) || t.bytes < 4 || !inside(f, at, t.bytes)) {
        flat_bad(f, &t, "it or its list of fields ends outside of the file");
        return none;
    }
    t.nfields = (size - 4) / 2;
    return t;
}

bool flat_open(struct flat *f, const char *name, const void *bytes, size_t len, const char *letters, const char *what,
               struct flat_table *root, struct bl_diag *diag)
{
    *f = (struct flat){ .name = name, .bytes = bytes, .len = len, .diag = diag };
    if (len < 8 || memcmp(f->bytes + 4, letters, 4) || len > INT32_MAX) {
        f->failed = true;
        bl_error(diag, len > INT32_MAX ? "%s: found more than 2 GB, expected a %s file" : "%s: found no '%s' at byte 4; is it another format?",
                 name, letters);
        return false;
    }
    *root = table_at(f, little(f->bytes, 4), what);
    return !f->failed;
}

/* Where field `id` of `size` bytes lies; 0: it is absent. */
static uint32_t field(struct flat *f, const struct flat_table *t, unsigned id, unsigned size)
{
    uint32_t offset;

    if (f->failed || !t->at || id >= t->nfields || !(offset = (uint32_t)little(f->bytes + t->fields + 4 + 2 * id, 2)))
        return 0;
    if (offset < 4 || offset + size > t->bytes) {
        flat_bad(f, t, "a field lies outside of it");
        return 0;
    }
    return t->at + offset;
}

bool flat_has(struct flat *f, const struct flat_table *t, unsigned id) { return field(f, t, id, 1) != 0; }

uint64_t flat_uint(struct flat *f, const struct flat_table *t, unsigned id, unsigned size, uint64_t absent)
{
    uint32_t at = field(f, t, id, size);

    return at ? little(f->bytes + at, size) : absent;
}

int64_t flat_int(struct flat *f, const struct flat_table *t, unsigned id, unsigned size, int64_t absent)
{
    uint32_t at = field(f, t, id, size);

    return at ? sign(little(f->bytes + at, size), size) : absent;
}

float flat_float(struct flat *f, const struct flat_table *t, unsigned id, float absent)
{
    uint32_t at = field(f, t, id, 4);

    return at ? as_float(little(f->bytes + at, 4)) : absent;
}

/* What a reference at byte `at` (inside of the file) points to, always onwards. */
static uint64_t target(const struct flat *f, uint32_t at) { return at + little(f->bytes + at, 4); }

struct flat_table flat_table(struct flat *f, const struct flat_table *t, unsigned id, const char *what)
{
    uint32_t at = field(f, t, id, 4);

    return at ? table_at(f, target(f, at), what) : (struct flat_table){ 0, 0, 0, 0, what };
}

struct flat_vector flat_vector(struct flat *f, const struct flat_table *t, unsigned id, unsigned size)
{
    const struct flat_vector none = { 0, 0 };
    uint32_t at = field(f, t, id, 4), n;
    uint64_t to;

    if (!at)
        return none;
    to = target(f, at);
    if (!inside(f, to, 4)) {
        flat_bad(f, t, "a vector begins outside of the file");
        return none;
    }
    n = (uint32_t)little(f->bytes + to, 4);
    if ((uint64_t)n * size > f->len - to - 4) {
        flat_bad(f, t, "a vector ends outside of the file");
        return none;
    }
    f->counted += size > 1 ? n : 0;                        /* bytes may be shared, and are copied by nobody */
    if (f->counted > f->len) {
        flat_bad(f, t, "its vectors and those before have more elements than the file has bytes");
        return none;
    }
    return (struct flat_vector){ (uint32_t)to + 4, n };
}

struct flat_table flat_item(struct flat *f, struct flat_vector v, uint32_t i, const char *what)
{
    if (f->failed || i >= v.n)
        return (struct flat_table){ 0, 0, 0, 0, what };
    return table_at(f, target(f, v.at + 4 * i), what);
}

int64_t flat_item_int(const struct flat *f, struct flat_vector v, uint32_t i, unsigned size)
{
    return i < v.n ? sign(little(f->bytes + v.at + (size_t)i * size, size), size) : 0;
}

float flat_item_float(const struct flat *f, struct flat_vector v, uint32_t i)
{
    return i < v.n ? as_float(little(f->bytes + v.at + (size_t)i * 4, 4)) : 0.0f;
}
