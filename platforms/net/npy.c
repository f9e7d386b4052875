/* npy.c - arrays of NumPy: the header of a .npy file, a Python dict in text. Format: numpy.lib.format, versions 1.0, 2.0, 3.0. */
#include "platforms/net/array.h"

#include <string.h>

static const uint8_t MAGIC[6] = { 0x93, 'N', 'U', 'M', 'P', 'Y' };
enum { MOST_TEXT = 1 << 20 };          /* of a header; longer ones are those of structured types */

/* The header's text, read from left to right. */
struct text { const char *at, *end; };

bool bl_array_is_npy(const void *bytes, size_t len) { return len >= sizeof MAGIC && !memcmp(bytes, MAGIC, sizeof MAGIC); }

static void skip_blanks(struct text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\t' || *t->at == '\r'))
        t->at++;
}

/* Takes the character, behind blanks, if it is there. */
static bool take(struct text *t, char c)
{
    skip_blanks(t);
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool take_word(struct text *t, const char *word)
{
    size_t n = strlen(word);

    skip_blanks(t);
    if ((size_t)(t->end - t->at) < n || memcmp(t->at, word, n) != 0)
        return false;
    t->at += n;
    return true;
}

/* A quoted text without escapes, into out[room]. */
static bool take_quoted(struct text *t, char *out, size_t room)
{
    size_t n = 0;

    skip_blanks(t);
    char quote = t->at < t->end ? *t->at : 0;
    if (quote != '\'' && quote != '"')
        return false;
    for (t->at++; t->at < t->end && *t->at != quote; t->at++)
        if (n + 1 < room)
            out[n++] = *t->at;
    out[n] = '\0';
    return take(t, quote);
}

/* A whole number below 2^48; an L of Python 2 may stand behind it. */
static bool take_number(struct text *t, uint64_t *v)
{
    skip_blanks(t);
    const char *from = t->at;
    for (*v = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
        *v = *v * 10 + (uint64_t)(*t->at - '0');
        if (*v >> 48)
            return false;
    }
    bool any = t->at > from;
    take(t, 'L');
    return any;
}

static int take_shape(struct text *t, struct bl_array *a, struct bl_diag *diag)
{
    if (!take(t, '('))
        return bl_error(diag, "%s: the header's 'shape' is no tuple; expected one like (10, 3, 32, 32)", a->name);
    while (!take(t, ')')) {
        if (a->rank == BL_ARRAY_RANK)
            return bl_error(diag, "%s: found more than %d dimensions; expected images of at most 3, and their number", a->name, BL_ARRAY_RANK);
        if (!take_number(t, &a->dim[a->rank]))
            return bl_error(diag, "%s: dimension %u of the header's 'shape' is no whole number below 2^48; the file is damaged", a->name, a->rank);
        a->rank++;
        if (!take(t, ',') && (skip_blanks(t), t->at == t->end || *t->at != ')'))
            return bl_error(diag, "%s: the header's 'shape' is cut or damaged; expected one like (10, 3, 32, 32)", a->name);
    }
    return 0;
}

/* "<f4": byte order, kind, bytes. */
static int take_type(struct text *t, struct bl_array *a, struct bl_diag *diag)
{
    char d[32];

    skip_blanks(t);
    if (t->at < t->end && *t->at == '[')
        return bl_error(diag, "%s: found a structured type; expected numbers: uint8, int8 or float32 (a[\"FIELD\"] gives one of its columns)", a->name);
    if (!take_quoted(t, d, sizeof d))
        return bl_error(diag, "%s: the header's 'descr' is no text; expected one like '<f4'", a->name);
    const char *p = d + (*d && strchr("<>|=", *d) ? 1 : 0);
    a->big = *d == '>';
    a->type = *p;
    a->size = p[0] && p[1] >= '1' && p[1] <= '8' && !p[2] ? (unsigned)(p[1] - '0') : 0;
    bool whole = (a->type == 'u' || a->type == 'i') && (a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8);
    if (whole || (a->type == 'f' && (a->size == 4 || a->size == 8)))
        return 0;
    return bl_error(diag, "%s: found elements of type '%s'%s; expected uint8, int8 or float32: save it with .astype(\"float32\"), say", a->name, d,
                    a->type == 'b' ? ", which are true or false" : a->type == 'O' ? ", which are Python's objects" : "");
}

static int take_entry(struct text *t, struct bl_array *a, unsigned *seen, struct bl_diag *diag)
{
    static const char *const KEYS[] = { "descr", "fortran_order", "shape" };
    char key[32];
    unsigned k = 0;

    if (!take_quoted(t, key, sizeof key) || !take(t, ':'))
        return bl_error(diag, "%s: the header is no dict of 'descr', 'fortran_order' and 'shape'; the file is damaged", a->name);
    while (k < 3 && strcmp(KEYS[k], key))
        k++;
    if (k == 3 || *seen >> k & 1)
        return bl_error(diag, "%s: the header has %s '%s'; expected 'descr', 'fortran_order' and 'shape', each once", a->name,
                        k == 3 ? "the key" : "twice", key);
    *seen |= 1u << k;
    if (k == 0)
        return take_type(t, a, diag);
    if (k == 2)
        return take_shape(t, a, diag);
    a->fortran = take_word(t, "True");
    return a->fortran || take_word(t, "False") ? 0 : bl_error(diag, "%s: the header's 'fortran_order' is neither True nor False", a->name);
}

/* The dict; an unfinished one is found by what is missing. */
static int take_header(struct text t, struct bl_array *a, struct bl_diag *diag)
{
    unsigned seen = 0;

    if (!take(&t, '{'))
        return bl_error(diag, "%s: the header is no dict; the file is damaged", a->name);
    while (!take(&t, '}')) {
        if (take_entry(&t, a, &seen, diag))
            return -1;
        if (!take(&t, ',') && (skip_blanks(&t), t.at == t.end || *t.at != '}'))
            return bl_error(diag, "%s: the header is cut or damaged behind its entries", a->name);
    }
    return seen == 7 ? 0 : bl_error(diag, "%s: the header lacks '%s'; the file is damaged", a->name,
                                    !(seen & 1) ? "descr" : !(seen & 2) ? "fortran_order" : "shape");
}

/* The data is as long as the header says. */
static int check_size(struct bl_array *a, size_t len, struct bl_diag *diag)
{
    char shape[200];

    a->elems = 1;
    for (uint32_t i = 0; i < a->rank; i++) {
        if (!a->dim[i] || a->dim[i] > UINT64_C(0xffffffffffff) / a->elems)
            return bl_error(diag, "%s: dimension %u is %llu; expected at least 1 and fewer than 2^48 elements", a->name, i, (unsigned long long)a->dim[i]);
        a->elems *= a->dim[i];
    }
    if (a->elems * a->size == len)
        return 0;
    return bl_error(diag, "%s: found %zu bytes of data, expected %llu for %s of %s; the file is cut or padded", a->name, len,
                    (unsigned long long)(a->elems * a->size), bl_array_shape(a, shape, sizeof shape), bl_array_type(a));
}

int bl_array_npy(const char *name, const void *bytes, size_t len, struct bl_array *out, struct bl_diag *diag)
{
    const uint8_t *p = bytes;

    *out = (struct bl_array){ .name = name };
    if (!bl_array_is_npy(bytes, len))
        return bl_error(diag, "%s: found no .npy file (it begins with 93 'NUMPY')", name);
    size_t head = len > 6 && p[6] == 1 ? 10 : 12;
    if (len < head)
        return bl_error(diag, "%s: found %zu bytes, the beginning of the header alone needs %zu; the file is cut", name, len, head);
    if (p[6] < 1 || p[6] > 3 || p[7])
        return bl_error(diag, "%s: found version %u.%u of the format, expected 1.0, 2.0 or 3.0", name, p[6], p[7]);
    uint64_t text = p[8] | (uint64_t)p[9] << 8;
    if (head == 12)
        text |= (uint64_t)p[10] << 16 | (uint64_t)p[11] << 24;
    if (text > len - head || text > MOST_TEXT)
        return bl_error(diag, "%s: found a header of %llu bytes, expected at most %zu; the file is cut or damaged", name, (unsigned long long)text,
                        len - head < MOST_TEXT ? len - head : (size_t)MOST_TEXT);
    const char *from = (const char *)p + head;
    if (take_header((struct text){ from, from + text }, out, diag))
        return -1;
    out->data = p + head + text;
    return check_size(out, len - head - (size_t)text, diag);
}
