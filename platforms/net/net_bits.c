/* net_bits.c - mixed precision: narrows a net's weights to the bits a table gives for each layer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "components/requant.h"
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

int bl_net_narrow(struct bl_net *net, uint32_t layer, unsigned bits, struct bl_diag *diag)
{
    struct bl_layer *l = &net->layers[layer];
    int32_t step = 1 << (8 - bits), top = (1 << (bits - 1)) - 1;

    if (l->wbits != 8)
        return bl_error(diag, "%s: layer '%s' has %u-bit weights already, expected 8", net->name, l->name, l->wbits);
    for (uint32_t o = 0; o < l->cout; o++) {
        if (l->wzero[o])
            return bl_error(diag, "%s: layer '%s' has weight zero points; only symmetric weights can be narrowed", net->name, l->name);
        for (uint32_t i = 0; i < l->k; i++) {
            int8_t *w = &l->weight[(size_t)o * l->k + i];
            *w = (int8_t)bl_requant_real((float)*w / (float)step, 0, -top - 1, top);
        }
        l->wscale[o] *= (float)step;
        l->requant[o].mult *= (float)step;
        l->requant[o].fixed.exponent += l->requant[o].fixed.multiplier ? (int32_t)(8 - bits) : 0;
    }
    l->wbits = bits;
    return 0;
}

static int apply_line(struct bl_net *net, const char *path, uint32_t line, const char *s, const char *end, int namecol, int col,
                      const char *column, struct bl_diag *diag)
{
    const char *name, *bits;
    size_t nn, nb;

    if (!cell(s, end, namecol, &name, &nn) || !cell(s, end, col, &bits, &nb))
        return bl_error(diag, "%s:%u: found too few cells for column '%s'", path, line, column);
    if (nb != 1 || *bits < '2' || *bits > '8')
        return bl_error(diag, "%s:%u: column %s: found '%.*s', expected 2 to 8 bits", path, line, column, (int)(nb < 20 ? nb : 20), bits);
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (is(name, nn, net->layers[i].name) && net->layers[i].weight)
            return bl_net_narrow(net, i, (unsigned)(*bits - '0'), diag);
    return bl_error(diag, "%s:%u: found layer '%.*s', but %s has no such layer with weights; is the table of another net?", path, line,
                    (int)(nn < 60 ? nn : 60), name, net->name);
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

static int apply(struct bl_net *net, const char *path, const char *text, size_t len, const char *column, struct bl_diag *diag)
{
    const char *end = text + len, *s;
    size_t n;
    uint32_t line = 0, entries = 0;
    int namecol = -1, col = -1;
    bool numbered = false;

    for (const char *at = text; at < end;) {
        const char *nl = memchr(at, '\n', (size_t)(end - at)), *stop = nl ? nl : end, *start = at;
        at = nl ? nl + 1 : end;
        line++;
        if (stop > start && stop[-1] == '\r')
            stop--;
        if (stop == start)
            continue;
        if (namecol < 0) {
            for (int i = 0; cell(start, stop, i, &s, &n); i++) {
                namecol = is(s, n, "layer") ? i : namecol;
                col = is(s, n, column) ? i : col;
                numbered |= is(s, n, "index");
            }
            if (namecol < 0 || col < 0 || namecol == col)
                return bl_error(diag, "%s:%u: found no columns 'layer' and '%s' in the header '%.*s'; expected one of its columns", path, line, column,
                                (int)(stop - start < 80 ? stop - start : 80), start);
        } else if (apply_line(net, path, line, start, stop, namecol, col, column, diag)) {
            return -1;
        } else {
            entries++;
        }
    }
    if (numbered)
        return all_named(net, path, column, entries, diag);
    return namecol >= 0 ? 0 : bl_error(diag, "%s: found an empty file, expected a table of weight bits", path);
}

int bl_net_bits(struct bl_net *net, const char *path, const char *column, struct bl_diag *diag)
{
    size_t len;
    char *text = bl_read_most(path, MOST_BYTES, &len, diag);
    int rc = text ? apply(net, path, text, len, column, diag) : -1;

    free(text);
    return rc;
}
