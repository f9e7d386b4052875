/* layer_table.c - reads layer tables: CSV of fifteen columns, a row a layer; every cell is checked. */
#include "platforms/net/layer_table.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SIZE = 1 << 20 };   /* of one size in a table; products are checked again in net.c */

static const char *const COLUMNS[COLS] = {
    "name", "type", "Cin", "H", "W", "Cout", "KH", "KW", "stride", "pad", "groups", "Hout", "Wout", "MACs", "params"
};
static const char *const TYPES[ROW_TYPES] = {
    "conv", "dwconv", "pwconv", "fc", "relu", "relu6", "pool_avg", "pool_max", "add", "mul", "sigmoid", "swish", "softmax",
    "pad_subsample"
};

struct cell {
    const char *s;
    uint32_t n, column;        /* column counts from 1 */
};

struct text {
    const char *name, *at, *end;
    uint32_t line;
    struct bl_diag *diag;
};

/* The next line that is neither empty nor a comment, cut at commas. Number of cells (at most COLS + 1), 0 at the end. */
static uint32_t next_line(struct text *t, struct cell cells[COLS + 1])
{
    while (t->at < t->end) {
        const char *start = t->at, *nl = memchr(start, '\n', (size_t)(t->end - start)), *stop = nl ? nl : t->end;
        uint32_t n = 0;
        t->at = nl ? nl + 1 : t->end;
        t->line++;
        if (stop > start && stop[-1] == '\r')
            stop--;
        if (stop == start || *start == '#')
            continue;
        for (const char *s = start; n <= COLS;) {
            const char *comma = memchr(s, ',', (size_t)(stop - s)), *e = comma ? comma : stop;
            cells[n++] = (struct cell){ s, (uint32_t)(e - s), (uint32_t)(s - start) + 1 };
            if (!comma)
                break;
            s = comma + 1;
        }
        return n;
    }
    return 0;
}

static int cell_error(const struct text *t, const struct cell *c, const char *column, const char *expected)
{
    return bl_error(t->diag, "%s:%u:%u: column %s: found '%.*s', expected %s", t->name, t->line, c->column, column,
                    (int)(c->n < 40 ? c->n : 40), c->s, expected);
}

/* A decimal number at *s up to `end`, moving *s past it. */
static bool number(const char **s, const char *end, uint64_t max, uint64_t *out)
{
    const char *start = *s;
    uint64_t v = 0;

    while (*s < end && **s >= '0' && **s <= '9') {
        v = 10 * v + (uint64_t)(*(*s)++ - '0');
        if (v > max)
            return false;
    }
    *out = v;
    return *s > start;
}

static int read_number(const struct text *t, const struct cell *c, uint32_t col, struct row *r)
{
    const char *s = c->s, *end = c->s + c->n;
    bool big = col == COL_MACS || col == COL_PARAMS;

    if (!number(&s, end, big ? UINT64_C(1) << 60 : MAX_SIZE, &r->v[col]) || s != end || (!big && !r->v[col]))
        return cell_error(t, c, COLUMNS[col], big ? "a number" : "a number from 1 to 1048576");
    return 0;
}

/* "1" or "top/bottom/left/right". */
static int read_pad(const struct text *t, const struct cell *c, struct row *r)
{
    const char *s = c->s, *end = c->s + c->n;
    uint64_t v[4] = { 0 };
    int n = 0;

    while (n < 4 && number(&s, end, 1 << 16, &v[n])) {
        n++;
        if (s == end || *s != '/')
            break;
        s++;
    }
    if (s != end || (n != 1 && n != 4) || end[-1] == '/')
        return cell_error(t, c, "pad", "one number or top/bottom/left/right");
    for (int i = 0; i < 4; i++)
        r->pad[i] = (uint32_t)v[n == 1 ? 0 : i];
    return 0;
}

static int read_type(const struct text *t, const struct cell *c, struct row *r)
{
    char word[24];
    const char *near;

    for (int i = 0; i < ROW_TYPES; i++)
        if (strlen(TYPES[i]) == c->n && !memcmp(TYPES[i], c->s, c->n)) {
            r->type = (enum row_type)i;
            return 0;
        }
    size_t n = c->n < sizeof word ? c->n : sizeof word - 1;
    memcpy(word, c->s, n);
    word[n] = 0;
    near = bl_nearest(word, TYPES, ROW_TYPES);
    return bl_error(t->diag, "%s:%u:%u: column type: found '%s', which is not supported; expected conv, dwconv, pwconv, fc, relu, relu6, "
                    "pool_avg, pool_max, add, mul, sigmoid, swish, softmax or pad_subsample%s%s%s", t->name, t->line, c->column, word,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int expect(const struct text *t, const struct row *r, uint32_t col, uint64_t want, const char *why)
{
    if (r->v[col] == want)
        return 0;
    return bl_error(t->diag, "%s:%u:%u: column %s: found %llu, expected %llu (%s)", t->name, r->line, r->column[col], COLUMNS[col],
                    (unsigned long long)r->v[col], (unsigned long long)want, why);
}

static uint64_t out_size(const struct row *r, int pad, uint64_t in, uint64_t k)
{
    uint64_t have = in + r->pad[pad] + r->pad[pad + 1];

    return have < k ? 0 : (have - k) / r->v[COL_STRIDE] + 1;
}

/* What the shape columns must say of each other. */
static int check_row(const struct text *t, const struct row *r)
{
    const uint64_t *v = r->v;
    bool conv = r->type == ROW_CONV || r->type == ROW_DWCONV || r->type == ROW_PWCONV, weighted = conv || r->type == ROW_FC;
    bool pool = r->type == ROW_POOL_AVG || r->type == ROW_POOL_MAX;

    if (v[COL_CIN] % v[COL_GROUPS] || v[COL_COUT] % v[COL_GROUPS])
        return bl_error(t->diag, "%s:%u:%u: column groups: found %llu, expected a divisor of Cin and of Cout", t->name, r->line,
                        r->column[COL_GROUPS], (unsigned long long)v[COL_GROUPS]);
    if (r->type == ROW_DWCONV && expect(t, r, COL_GROUPS, v[COL_CIN], "a depthwise convolution has a group for each input channel"))
        return -1;
    if ((r->type == ROW_PWCONV || r->type == ROW_FC) &&
        (expect(t, r, COL_KH, 1, "a pointwise layer") || expect(t, r, COL_KW, 1, "a pointwise layer")))
        return -1;
    if (r->type == ROW_FC && (expect(t, r, COL_H, 1, "a fully connected layer reads a vector") ||
        expect(t, r, COL_W, 1, "a fully connected layer reads a vector")))
        return -1;
    if (!weighted && r->type != ROW_SUBSAMPLE && expect(t, r, COL_COUT, v[COL_CIN], "this type keeps the channels"))
        return -1;
    if (conv || pool || r->type == ROW_SUBSAMPLE || r->type == ROW_FC) {
        if (expect(t, r, COL_HOUT, out_size(r, 0, v[COL_H], v[COL_KH]), "floor((H + padding - KH) / stride) + 1") ||
            expect(t, r, COL_WOUT, out_size(r, 2, v[COL_W], v[COL_KW]), "floor((W + padding - KW) / stride) + 1"))
            return -1;
    } else if (expect(t, r, COL_HOUT, v[COL_H], "this type keeps the shape") || expect(t, r, COL_WOUT, v[COL_W], "this type keeps the shape"))
        return -1;
    uint64_t weights = weighted ? v[COL_COUT] * (v[COL_CIN] / v[COL_GROUPS]) * v[COL_KH] * v[COL_KW] : 0;
    if (weighted && (v[COL_KH] * v[COL_KW] > MAX_SIZE || weights > BL_NET_MAX_ELEMS))
        return bl_error(t->diag, "%s:%u: found a layer of more than %u weights, which is not supported", t->name, r->line, BL_NET_MAX_ELEMS);
    if (expect(t, r, COL_MACS, weights * v[COL_HOUT] * v[COL_WOUT], "Cout * Cin / groups * KH * KW * Hout * Wout"))
        return -1;
    return expect(t, r, COL_PARAMS, weighted ? weights + v[COL_COUT] : 0, "weights and a bias for each output");
}

static int read_row(const struct text *t, const struct cell *c, struct row *r)
{
    r->line = t->line;
    for (uint32_t i = 0; i < COLS; i++)
        r->column[i] = c[i].column;
    if (!c[COL_NAME].n || c[COL_NAME].n >= sizeof r->name)
        return cell_error(t, &c[COL_NAME], "name", "1 to 63 characters");
    memcpy(r->name, c[COL_NAME].s, c[COL_NAME].n);
    if (strlen(r->name) != c[COL_NAME].n)
        return cell_error(t, &c[COL_NAME], "name", "text without NUL bytes");
    if (read_type(t, &c[COL_TYPE], r) || read_pad(t, &c[COL_PAD], r))
        return -1;
    for (uint32_t i = COL_CIN; i < COLS; i++)
        if (i != COL_PAD && read_number(t, &c[i], i, r))
            return -1;
    return check_row(t, r);
}

static int read_header(struct text *t)
{
    struct cell c[COLS + 1];
    uint32_t n = next_line(t, c);

    for (uint32_t i = 0; i < COLS; i++)
        if (i >= n || c[i].n != strlen(COLUMNS[i]) || memcmp(c[i].s, COLUMNS[i], c[i].n))
            return bl_error(t->diag, "%s:%u:%u: found '%.*s', expected the header cell '%s' of a layer table (name,type,Cin,H,W,Cout,KH,KW,"
                            "stride,pad,groups,Hout,Wout,MACs,params)", t->name, t->line ? t->line : 1, i < n ? c[i].column : 1,
                            i < n ? (int)(c[i].n < 40 ? c[i].n : 40) : 0, i < n ? c[i].s : "", COLUMNS[i]);
    return n == COLS ? 0 : bl_error(t->diag, "%s:%u: found more than %d columns", t->name, t->line, COLS);
}

static int read_rows(struct text *t, struct row **rows, uint32_t *nrows)
{
    struct cell c[COLS + 1];
    uint32_t n, cap = 0;

    if (read_header(t))
        return -1;
    while ((n = next_line(t, c))) {
        if (n != COLS)
            return bl_error(t->diag, "%s:%u: found %s%u cells, expected %d", t->name, t->line, n > COLS ? "at least " : "", n, COLS);
        if (*nrows == cap) {
            cap = cap ? 2 * cap : 64;
            void *p = realloc(*rows, cap * sizeof **rows);
            if (!p)
                return bl_error(t->diag, "%s: no memory", t->name);
            *rows = p;
        }
        memset(&(*rows)[*nrows], 0, sizeof **rows);
        if (read_row(t, c, &(*rows)[*nrows]))
            return -1;
        (*nrows)++;
    }
    return *nrows ? 0 : bl_error(t->diag, "%s:%u: found no layer after the header", t->name, t->line);
}

struct bl_net *bl_layers_read(const char *name, const void *bytes, size_t len, uint64_t seed, struct bl_diag *diag)
{
    static const char EMPTY[1];
    const char *s = len ? bytes : EMPTY;
    size_t mark = len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3) ? 3 : 0;      /* spreadsheets write a byte-order mark */
    struct text t = { .name = name, .at = s + mark, .end = s + len, .diag = diag };
    struct row *rows = NULL;
    uint32_t nrows = 0;
    struct bl_net *net = NULL;

    if (!read_rows(&t, &rows, &nrows))
        net = bl_layers_build(name, rows, nrows, seed, diag);
    free(rows);
    return net;
}
