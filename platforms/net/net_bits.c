/* net_bits.c - tables of bits by layer, of weights and of inputs. */
#include <stdlib.h>
#include <string.h>

#include "platforms/net/net.h"
#include "platforms/file/io.h"

static const size_t MOST_BYTES = (size_t)64 << 20;

/* Cell number `col` (from 0) of the line [s, end); false when the line is shorter. */
static bool cell(const char *s, const char *end, int col, const char **at, size_t *len)
{
    for (int i = 0; ; i++) {
        const char *comma = memchr(s, ',', (size_t)(end - s)), *stop = comma ? comma : end;
        if (i == col) {
            *at = s;
            *len = (size_t)(stop - s);
            return true;
        }
        if (!comma)
            return false;
        s = comma + 1;
    }
}

static bool is(const char *s, size_t n, const char *word)
{
    return strlen(word) == n && !memcmp(s, word, n);
}

/* "4", "4/8", "4/" or "/8": bits of weights and inputs; false: none of these, or not 1 to 16. */
static bool bits_of(const char *s, size_t n, struct bl_narrow *to)
{
    const char *slash = memchr(s, '/', n);
    unsigned v[2] = { 0, 0 };
    int part = 0;

    if (!n || (slash && n == 1))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s + i == slash) {
            part = 1;
        } else {
            v[part] = v[part] * 10 + (unsigned)(s[i] - '0');
            if (s[i] < '0' || s[i] > '9' || v[part] < 1 || v[part] > 16)
                return false;
        }
    }
    *to = (struct bl_narrow){ (uint8_t)v[0], (uint8_t)(slash ? v[1] : v[0]) };
    return true;
}

/* Where the columns stand. both: one column for weights and inputs; else one of w and a may be -1. */
struct columns { int name, both, w, a; bool numbered; const char *asked; };
struct place { const struct bl_net *net; const char *path; uint32_t line; struct bl_diag *diag; };

static int one_cell(const struct place *p, const char *s, const char *end, int col, const char *column, struct bl_narrow *to)
{
    const char *at;
    size_t n;

    if (!cell(s, end, col, &at, &n))
        return bl_error(p->diag, "%s:%u: found too few cells for column '%s'", p->path, p->line, column);
    if (bits_of(at, n, to))
        return 0;
    return bl_error(p->diag, "%s:%u: column %s: found '%.*s', expected 1 to 16 bits, or WEIGHTS/INPUTS as 4/8", p->path, p->line, column,
                    (int)(n < 20 ? n : 20), at);
}

static int take_line(const struct place *p, const char *s, const char *end, const struct columns *c, struct bl_narrow *to)
{
    struct bl_narrow bits = { 0, 0 }, part = { 0, 0 };
    const char *name;
    size_t n;

    if (!cell(s, end, c->name, &name, &n))
        return bl_error(p->diag, "%s:%u: found too few cells for column 'layer'", p->path, p->line);
    if (c->both >= 0 && one_cell(p, s, end, c->both, c->asked, &bits))
        return -1;
    if (c->w >= 0 && one_cell(p, s, end, c->w, "w_bits", &part))
        return -1;
    bits.w = c->w >= 0 ? part.w : bits.w;
    if (c->a >= 0 && one_cell(p, s, end, c->a, "a_bits", &part))
        return -1;
    bits.a = c->a >= 0 ? part.a : bits.a;
    for (uint32_t i = 0; i < p->net->nlayers; i++) {
        if (!is(name, n, p->net->layers[i].name) || !p->net->layers[i].weight)
            continue;
        if (to[i].w || to[i].a)
            return bl_error(p->diag, "%s:%u: found layer '%.*s' a second time", p->path, p->line, (int)n, name);
        to[i] = bits;
        return 0;
    }
    return bl_error(p->diag, "%s:%u: found layer '%.*s', but %s has no such layer with weights; is the table of another net?", p->path, p->line,
                    (int)(n < 60 ? n : 60), name, p->net->name);
}

static int all_named(const struct bl_net *net, const char *path, const char *column, uint32_t entries, struct bl_diag *diag)
{
    uint32_t want = 0;

    for (uint32_t i = 0; i < net->nlayers; i++)
        want += net->layers[i].kind == BL_CONV;
    if (entries + 1 == want)
        return 0;
    return bl_error(diag, "%s: column %s: found %u entries, expected %u: one for every convolution of %s but the first", path, column,
                    entries, want - 1, net->name);
}

static int take_head(const struct place *p, const char *s, const char *end, struct columns *c)
{
    const char *at;
    size_t n;

    for (int i = 0; cell(s, end, i, &at, &n); i++) {
        c->name = is(at, n, "layer") ? i : c->name;
        c->both = c->asked && is(at, n, c->asked) ? i : c->both;
        c->w = !c->asked && is(at, n, "w_bits") ? i : c->w;
        c->a = !c->asked && is(at, n, "a_bits") ? i : c->a;
        c->numbered |= is(at, n, "index");
    }
    if (c->name >= 0 && c->name != c->both && (c->both >= 0 || c->w >= 0 || c->a >= 0))
        return 0;
    if (!c->asked)
        return bl_error(p->diag, "%s:%u: found no columns 'layer' and 'w_bits' or 'a_bits' in the header '%.*s'; name one of its columns, as TABLE:COLUMN",
                        p->path, p->line, (int)(end - s < 80 ? end - s : 80), s);
    return bl_error(p->diag, "%s:%u: found no columns 'layer' and '%s' in the header '%.*s'; expected one of its columns", p->path, p->line, c->asked,
                    (int)(end - s < 80 ? end - s : 80), s);
}

static int read_table(struct place *p, const char *text, size_t len, struct columns *c, struct bl_narrow *to)
{
    const char *end = text + len;
    uint32_t entries = 0;

    for (const char *at = text; at < end;) {
        const char *nl = memchr(at, '\n', (size_t)(end - at)), *stop = nl ? nl : end, *start = at;
        at = nl ? nl + 1 : end;
        p->line++;
        if (stop > start && stop[-1] == '\r')
            stop--;
        if (stop == start)
            continue;
        if (c->name < 0 ? take_head(p, start, stop, c) : take_line(p, start, stop, c, to))
            return -1;
        entries++;
    }
    if (!entries)
        return bl_error(p->diag, "%s: found an empty file, expected a table of bits", p->path);
    return c->numbered ? all_named(p->net, p->path, c->asked ? c->asked : "w_bits", entries - 1, p->diag) : 0;
}

int bl_net_bits(const struct bl_net *net, const char *path, const char *column, struct bl_narrow *to, struct bl_diag *diag)
{
    struct place p = { net, path, 0, diag };
    struct columns c = { -1, -1, -1, -1, false, column };
    size_t len;
    char *text = bl_read_most(path, MOST_BYTES, &len, diag);
    int rc = text ? read_table(&p, text, len, &c, to) : -1;

    free(text);
    return rc;
}
