/* fst_read_hier.c - the raw hierarchy of an FST file: scopes, variables, and the tables of value names that stand
 * before them. */
#include <inttypes.h>
#include <stdlib.h>

#include "traces/fst_read_in.h"

enum { PORT = 18, ATTR = 252, ATTR_END = 253, SCOPE = 254, UP = 255, LAST_TYPE = 29, MISC = 0, ENUM_TABLE = 7 };
enum { MOST_NAMES = 1 << 16 };

struct names { const char *const *at; uint32_t n; };

struct hier {
    struct bl_wave_source *s;
    const uint8_t *p, *end, *raw;
    uint64_t offset;           /* of its block, for messages */
    struct names *table;       /* by number - 1 */
    size_t ntables, tables;
    struct names next;         /* of the variable that follows */
};

static int bad(struct hier *h, const char *what)
{
    return bl_read_bad(h->s, h->offset, "byte %zu of the unpacked hierarchy: %s", (size_t)(h->p - h->raw), what);
}

/* A text up to its NUL; NULL: there is none. */
static const char *text(struct hier *h, size_t *n)
{
    const uint8_t *nul = memchr(h->p, 0, (size_t)(h->end - h->p)), *from = h->p;

    if (!nul) {
        bad(h, "a text without an end");
        return NULL;
    }
    *n = (size_t)(nul - from);
    h->p = nul + 1;
    return (const char *)from;
}

/* The next word of a table's text, "" at its end. */
static char *word(char **at)
{
    char *from = *at + strspn(*at, " ");

    *at = from + strcspn(from, " ");
    if (**at)
        *(*at)++ = 0;
    return from;
}

/* "NAME COUNT literals values": names of 0..n-1, or nothing when the values are others. */
static struct names parse_table(struct hier *h, const char *from, size_t len)
{
    struct names none = { 0 };
    char *at = bl_read_text(h->s, from, len);

    if (!at)
        return none;
    (void)word(&at);
    unsigned long n = strtoul(word(&at), NULL, 10);
    if (n == 0 || n > MOST_NAMES || n > len)
        return none;
    char **literal = bl_read_alloc(h->s, n * sizeof *literal);
    const char **by_value = bl_read_alloc(h->s, n * sizeof *by_value);
    for (unsigned long i = 0; literal && i < n; i++)
        literal[i] = word(&at);
    for (unsigned long i = 0; literal && by_value && i < n; i++) {
        const char *bits = word(&at);
        size_t width = strspn(bits, "01");
        unsigned long v = width && !bits[width] && width <= 4096 ? 0 : n;
        for (size_t k = 0; k < width && v < n; k++)
            v = 2 * v + (unsigned long)(bits[k] & 1);
        if (v >= n || by_value[v])
            return none;
        literal[i][bl_read_unescape(literal[i], strlen(literal[i]))] = 0;
        by_value[v] = literal[i];
    }
    return literal && by_value ? (struct names){ by_value, (uint32_t)n } : none;
}

static int attribute(struct hier *h)
{
    size_t n;
    uint64_t number;

    if (h->end - h->p < 2)
        return bad(h, "an attribute that is cut off");
    bool table = h->p[0] == MISC && h->p[1] == ENUM_TABLE;
    h->p += 2;
    const char *at = text(h, &n);
    if (!at || !bl_get_varint(&h->p, h->end, &number))
        return at ? bad(h, "an attribute without its number") : -1;
    if (!table)
        return 0;
    if (n && number == h->ntables + 1) {
        if (h->ntables == h->tables) {
            size_t cap = h->tables ? 2 * h->tables : 16;
            struct names *more = realloc(h->table, cap * sizeof *more);
            if (!more)
                return bad(h, "too many tables for memory");
            h->table = more;
            h->tables = cap;
        }
        h->table[h->ntables++] = parse_table(h, at, n);
    }
    h->next = number && number <= h->ntables ? h->table[number - 1] : (struct names){ 0 };
    return 0;
}

static enum bl_wave_kind kind_of(unsigned type, uint64_t length)
{
    if (type == 3 || type == 4 || type == 20 || type == 29)
        return BL_WAVE_REAL;
    if (type == 21 || length == 0)
        return BL_WAVE_STRING;
    return type == 0 && length == 1 ? BL_WAVE_EVENT : BL_WAVE_BITS;
}

/* The next signal, of the variable that is declared next; `var` 0: of none. */
static int new_handle(struct hier *h, uint32_t var, uint32_t width, bool port)
{
    struct fst_reader *r = h->s->fst;

    if (r->nhandles == r->handles) {
        size_t cap = r->handles ? 2 * r->handles : 64;
        struct fst_handle *more = realloc(r->handle, cap * sizeof *more);
        if (!more)
            return bad(h, "too many signals for memory");
        r->handle = more;
        r->handles = cap;
    }
    r->handle[r->nhandles++] = (struct fst_handle){ .var = var, .width = width, .port = port };
    return 0;
}

static int add_variable(struct hier *h, const char *name, size_t n, enum bl_wave_kind kind, uint32_t width, const struct fst_handle *of)
{
    const struct names names = h->next;

    h->next = (struct names){ 0 };
    struct bl_wave_var *v = bl_read_var(h->s, name, n, kind, width);
    if (!v)
        return -1;
    if (of) {
        const struct bl_wave_var *old = &h->s->vars[of->var - 1];
        v->alias = of->var;
        v->kind = old->kind;
        v->width = old->width;
    }
    if (names.n && v->kind == BL_WAVE_BITS && (v->width >= 32 || names.n <= UINT32_C(1) << v->width)) {
        v->names = names.at;
        v->nnames = names.n;
    }
    return 0;
}

static int variable(struct hier *h, unsigned type)
{
    struct fst_reader *r = h->s->fst;
    uint64_t length, alias;
    size_t n;

    if (h->end - h->p < 1)
        return bad(h, "a variable that is cut off");
    h->p++;                                                /* its direction */
    const char *name = text(h, &n);
    if (!name || !bl_get_varint(&h->p, h->end, &length) || !bl_get_varint(&h->p, h->end, &alias))
        return name ? bad(h, "a variable without length or alias") : -1;
    if (alias > r->nhandles)
        return bad(h, "an alias of a signal that is not declared before it");
    enum bl_wave_kind kind = kind_of(type, length);
    bool port = type == PORT && length > 2 && length % 3 == 2, bits = kind == BL_WAVE_BITS || kind == BL_WAVE_EVENT;
    uint64_t width = port ? (length - 2) / 3 : length;     /* n states, then a blank and n strengths, twice */
    const struct fst_handle *of = alias ? &r->handle[alias - 1] : NULL;
    if (length > UINT32_MAX || (bits && width > BL_WAVE_READ_WIDTH) || (of && !of->var)) {
        h->next = (struct names){ 0 };
        bl_read_odd(h->s, h->offset, "a variable of more than 67108864 bits; skipped", name, n);
        return of ? 0 : new_handle(h, 0, (uint32_t)(length < UINT32_MAX ? length : UINT32_MAX), false);
    }
    if (!of && new_handle(h, (uint32_t)h->s->nvars + 1, bits ? (uint32_t)length : 0, port))
        return -1;
    return add_variable(h, name, n, kind, (uint32_t)width, of);
}

static int scope(struct hier *h)
{
    size_t n, component;

    if (h->p == h->end)
        return bad(h, "a scope that is cut off");
    h->p++;                                                /* its type */
    const char *name = text(h, &n);
    return !name || !text(h, &component) ? -1 : bl_read_down(h->s, name, n);
}

int bl_fst_read_hier(struct bl_wave_source *s, const uint8_t *raw, size_t n, uint64_t offset)
{
    struct hier h = { .s = s, .p = raw, .raw = raw, .end = raw + n, .offset = offset };
    int rc = 0;

    while (!rc && h.p < h.end) {
        unsigned tag = *h.p++;
        if (tag == SCOPE)
            rc = scope(&h);
        else if (tag == UP)
            bl_read_up(s);
        else if (tag == ATTR)
            rc = attribute(&h);
        else if (tag <= LAST_TYPE)
            rc = variable(&h, tag);
        else if (tag != ATTR_END)
            rc = bad(&h, "a record of a type that FST does not have");
    }
    free(h.table);
    return rc;
}
