/* fst_hier.c - the FST hierarchy (scopes, variables, tables of value names) and the geometry (how wide each
 * signal is). Both stand in front of all changes, so that a file without an end can be read. */
#include "traces/fst_in.h"

#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_GEOMETRY = 3, BLOCK_HIERARCHY = 4 };
enum { ATTR = 252, SCOPE = 254, UP = 255, MODULE = 0, STRUCT = 6, MISC = 0, ENUM_TABLE = 7 };
enum { MAX_ATTR = 69632 };     /* what readers take of a table's text */
enum { MAX_NAME = 480 };       /* readers take 511 bytes of a name, its range included */

/* The variable types of the format, by enum bl_wave_kind: wire, real, string, event. */
static const uint8_t TYPE[] = { 16, 3, 21, 0 };

struct table { uint64_t hash; uint32_t var; };

struct hier {
    struct bl_wave *w;
    const struct bl_wave_var *vars;
    struct bl_bytes raw;
    struct table *table;       /* the tables defined so far; number = index + 1 */
    uint32_t ntables;
    size_t cap;
    const char *leaf;          /* the scope that is entered, when it holds variables alone: a part's struct; else NULL */
};

/* One that is too long keeps its beginning, and gets a hash of the whole instead of the rest, so that it stays a name of its own. */
static void put_name(struct hier *h, const char *name, size_t n)
{
    uint64_t x = UINT64_C(0xCBF29CE484222325);
    char end[20];

    if (n <= MAX_NAME) {
        bl_put(&h->raw, name, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        x = (x ^ (unsigned char)name[i]) * UINT64_C(0x100000001B3);
    int k = snprintf(end, sizeof end, "~%016llx", (unsigned long long)x);
    bl_put(&h->raw, name, MAX_NAME - (size_t)k);
    bl_put(&h->raw, end, (size_t)k);
    h->w->nshort++;
}

static void up(void *ctx)
{
    bl_put8(&((struct hier *)ctx)->raw, UP);
}

static void down(void *ctx, const char *name, size_t len)
{
    struct hier *h = ctx;

    bl_put8(&h->raw, SCOPE);
    bl_put8(&h->raw, h->leaf && name + len == h->leaf + strlen(h->leaf) ? STRUCT : MODULE);
    put_name(h, name, len);
    bl_put(&h->raw, "\0", 2);  /* end of the name; no component name */
    h->w->nscopes++;
}

static uint64_t names_hash(const struct bl_wave_var *v)
{
    uint64_t x = v->width;

    for (uint32_t i = 0; i < v->nnames; i++, x = (x ^ 1) * UINT64_C(0x100000001B3))
        for (const char *c = v->names[i]; *c; c++)
            x = (x ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
    return x;
}

/* The number of an equal table, or 0 after entering this one as the next. */
static uint32_t known_table(struct hier *h, uint32_t var)
{
    struct table t = { names_hash(&h->vars[var]), var };

    for (uint32_t i = 0; i < h->ntables; i++)
        if (h->table[i].hash == t.hash && bl_vars_same_names(&h->vars[h->table[i].var], &h->vars[var]))
            return i + 1;
    if (h->ntables == h->cap) {
        size_t cap = h->cap ? 2 * h->cap : 16;
        struct table *more = realloc(h->table, cap * sizeof *more);
        if (!more) {
            h->raw.bad = true;
            return 0;
        }
        h->table = more;
        h->cap = cap;
    }
    h->table[h->ntables++] = t;
    return 0;
}

/* "tN COUNT name.. value..", the values as bits of the signal's width. */
static void put_table(struct bl_bytes *b, const struct bl_wave_var *v, uint32_t number)
{
    bl_put8(b, 't');
    bl_put_decimal(b, number);
    bl_put8(b, ' ');
    bl_put_decimal(b, v->nnames);
    for (uint32_t i = 0; i < v->nnames; i++) {
        size_t n = strlen(v->names[i]);
        bl_put8(b, ' ');
        uint8_t *to = bl_bytes_room(b, 4 * n + 1);
        if (to)
            b->n += bl_text_escape((char *)to, n ? v->names[i] : "_", n ? n : 1);
    }
    for (uint32_t i = 0; i < v->nnames; i++) {
        bl_put8(b, ' ');
        for (uint32_t bit = v->width; bit-- > 0;)
            bl_put8(b, bit < 32 && (i >> bit & 1) ? '1' : '0');
    }
}

/* A viewer ties a table to the variable that follows, so it is defined right before its first user. */
static void put_names(struct hier *h, uint32_t var)
{
    struct bl_bytes text = { 0 };
    uint32_t number = known_table(h, var);
    bool again = number != 0;

    if (!again) {
        number = h->ntables;
        put_table(&text, &h->vars[var], number);
        if (text.n > MAX_ATTR) {       /* too long to be read: the signal keeps its plain values */
            h->ntables--;
            bl_bytes_fini(&text);
            return;
        }
    }
    bl_put8(&h->raw, ATTR);
    bl_put8(&h->raw, MISC);
    bl_put8(&h->raw, ENUM_TABLE);
    bl_put(&h->raw, text.at, text.n);
    bl_put8(&h->raw, 0);
    bl_put_varint(&h->raw, number);
    h->raw.bad |= text.bad;
    bl_bytes_fini(&text);
}

static void put_var(struct hier *h, uint32_t var)
{
    const struct bl_wave_var *v = &h->vars[var];
    uint32_t len = v->kind == BL_WAVE_BITS ? v->width : v->kind == BL_WAVE_REAL ? 8 : v->kind == BL_WAVE_EVENT;

    if (v->nnames)
        put_names(h, var);
    bl_put8(&h->raw, TYPE[v->kind]);
    bl_put8(&h->raw, 0);       /* no direction */
    const char *range = v->width > 1 ? bl_vars_range(v) : NULL;
    put_name(h, v->name, range ? (size_t)(range - v->name) : strlen(v->name));
    if (range) {
        bl_put8(&h->raw, ' ');
        bl_put_text(&h->raw, range);
    } else if (v->kind == BL_WAVE_BITS && v->width > 1) {
        bl_put_text(&h->raw, " [");
        bl_put_decimal(&h->raw, v->width - 1);
        bl_put_text(&h->raw, ":0]");
    }
    bl_put8(&h->raw, 0);
    bl_put_varint(&h->raw, len);
    bl_put_varint(&h->raw, v->alias ? h->w->slot[var] + 1 : 0);
}

/* A gzip stream without name and time. Returns false when zlib or memory fails. */
static bool put_gzip(struct bl_bytes *b, const struct bl_bytes *raw)
{
    z_stream z = { 0 };

    if (raw->n > UINT32_MAX / 2 || deflateInit2(&z, 4, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    uLong most = deflateBound(&z, raw->n);
    z.next_out = bl_bytes_room(b, most);
    z.avail_out = (uInt)most;
    z.next_in = raw->at;
    z.avail_in = (uInt)raw->n;
    bool ok = z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END;
    if (ok)
        b->n += most - z.avail_out;
    deflateEnd(&z);
    return ok;
}

static void put_geometry(struct bl_wave *w)
{
    struct bl_bytes raw = { 0 }, *b = &w->prologue;

    for (uint32_t i = 0; i < w->nchains; i++)
        bl_put_varint(&raw, w->chain[i].kind == BL_WAVE_STRING ? UINT32_MAX : w->chain[i].width);
    bl_put8(b, BLOCK_GEOMETRY);
    size_t at = b->n;
    bl_put_u64be(b, 0);
    bl_put_u64be(b, raw.n);
    bl_put_u64be(b, w->nchains);
    size_t stored = bl_fst_squeeze(w, b, raw.at, raw.n);
    b->bad |= raw.bad;
    if (!b->bad)
        bl_set_u64be(b->at + at, 24 + stored);
    bl_bytes_fini(&raw);
}

/* Is there no scope below that of variable i? Scopes come in path order, so it would be the next one. */
static bool is_leaf(const struct bl_wave_var *vars, uint32_t n, uint32_t i)
{
    const char *scope = vars[i].scope;
    size_t len = strlen(scope);

    while (i < n && !strcmp(vars[i].scope, scope))
        i++;
    return i == n || strncmp(vars[i].scope, scope, len) != 0 || vars[i].scope[len] != '.';
}

int bl_fst_prologue(struct bl_wave *w, const struct bl_wave_var *vars)
{
    struct hier h = { .w = w, .vars = vars };
    struct bl_bytes *b = &w->prologue;
    const char *scope = "";

    put_geometry(w);
    for (uint32_t i = 0; i < w->nvars; i++) {
        if (strcmp(scope, vars[i].scope)) {
            h.leaf = is_leaf(vars, w->nvars, i) ? vars[i].scope : NULL;
            bl_scope_step(scope, vars[i].scope, up, down, &h);
        }
        scope = vars[i].scope;
        put_var(&h, i);
    }
    bl_scope_step(scope, "", up, down, &h);
    bl_put8(b, BLOCK_HIERARCHY);
    size_t at = b->n;
    bl_put_u64be(b, 0);
    bl_put_u64be(b, h.raw.n);
    bool ok = !h.raw.bad && put_gzip(b, &h.raw) && !b->bad;
    if (ok)
        bl_set_u64be(b->at + at, b->n - at);
    bl_bytes_fini(&h.raw);
    free(h.table);
    return ok ? 0 : -1;
}
