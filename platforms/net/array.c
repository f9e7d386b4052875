/* array.c - what is common to files of numbers, IDX and plain ones; .npy stands in npy.c. */
#include "platforms/net/array.h"

#include <stdio.h>
#include <string.h>

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool bl_array_is_idx(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    return len >= 4 && !p[0] && !p[1] && p[2] >= 8 && p[2] <= 14 && p[3] >= 1 && p[3] <= 8;
}

int bl_array_idx(const char *name, const void *bytes, size_t len, uint32_t least, uint32_t most, struct bl_array *out, struct bl_diag *diag)
{
    const uint8_t *p = bytes;

    if (len >= 2 && p[0] == 0x1f && p[1] == 0x8b)
        return bl_error(diag, "%s: found a gzip file, expected plain IDX; unpack it first (gzip -dk)", name);
    if (len < 4 || p[0] || p[1] || p[2] != 8 || p[3] < least || p[3] > most)
        return bl_error(diag, "%s: found no IDX file of unsigned bytes with %u%s%s sizes (magic 0000080%u)", name, least,
                        most > least ? " or " : "", most > least ? "4" : "", least);
    *out = (struct bl_array){ .name = name, .type = 'u', .size = 1, .pixels = true, .rank = p[3], .elems = 1 };
    size_t head = 4 + 4 * (size_t)out->rank;
    if (len < head)
        return bl_error(diag, "%s: found %zu bytes, the header alone needs %zu", name, len, head);
    for (uint32_t i = 0; i < out->rank; i++) {
        out->dim[i] = big32(p + 4 + 4 * i);
        if (!out->dim[i] || out->dim[i] > UINT64_C(0xffffffffffff) / out->elems)
            return bl_error(diag, "%s: size %u of the header is %llu, expected at least 1 and a total below 2^48", name, i,
                            (unsigned long long)out->dim[i]);
        out->elems *= out->dim[i];
    }
    out->data = p + head;
    if (out->elems != len - head)
        return bl_error(diag, "%s: found %zu bytes of data, expected %llu; the file is cut or padded", name, len - head,
                        (unsigned long long)out->elems);
    return 0;
}

int bl_array_raw(const char *name, const void *bytes, size_t len, const char *type, uint64_t each, struct bl_array *out, struct bl_diag *diag)
{
    static const struct { const char *name; char type; unsigned size; } TYPES[] = { { "u8", 'u', 1 }, { "i8", 'i', 1 }, { "f32", 'f', 4 },
                                                                                   { "f64", 'f', 8 } };
    size_t t = 0;

    while (t < sizeof TYPES / sizeof *TYPES && strcmp(TYPES[t].name, type))
        t++;
    if (t == sizeof TYPES / sizeof *TYPES)
        return bl_error(diag, "--raw=%s: expected u8, i8, f32 or f64", type);
    uint64_t image = each * TYPES[t].size;
    if (!len || !image || len % image)
        return bl_error(diag, "%s: found %zu bytes, expected a multiple of %llu: images of %llu %s; is it of another type (--raw=TYPE), or cut?", name, len,
                        (unsigned long long)image, (unsigned long long)each, type);
    *out = (struct bl_array){ .name = name, .type = TYPES[t].type, .size = TYPES[t].size, .rank = 2, .dim = { len / image, each },
                              .elems = len / TYPES[t].size, .data = bytes };
    return 0;
}

const char *bl_array_type(const struct bl_array *a)
{
    static const char *const NAMES[3][4] = { { "uint8", "uint16", "uint32", "uint64" }, { "int8", "int16", "int32", "int64" },
                                             { "float8", "float16", "float32", "float64" } };
    unsigned power = a->size >= 8 ? 3 : a->size >= 4 ? 2 : a->size - 1;

    return NAMES[a->type == 'u' ? 0 : a->type == 'i' ? 1 : 2][power];
}

const char *bl_array_shape(const struct bl_array *a, char *text, size_t room)
{
    size_t n = 0;

    snprintf(text, room, "a single number");
    for (uint32_t i = 0; i < a->rank && n < room; i++) {
        int k = snprintf(text + n, room - n, "%s%llu", i ? " x " : "", (unsigned long long)a->dim[i]);
        n += k > 0 ? (size_t)k : 0;
    }
    return text;
}

/* ---- elements ---- */

/* Where element i lies, in elements. */
static uint64_t place(const struct bl_array *a, uint64_t i)
{
    uint64_t at = 0, step = a->elems;

    if (!a->fortran)
        return i;
    for (uint32_t d = a->rank; d-- > 0;) {                 /* the last index first: its cells are furthest apart */
        step /= a->dim[d];
        at += i % a->dim[d] * step;
        i /= a->dim[d];
    }
    return at;
}

/* Its bytes as an unsigned number. */
static uint64_t bits(const struct bl_array *a, uint64_t i)
{
    const uint8_t *p = a->data + place(a, i) * a->size;
    uint64_t v = 0;

    for (unsigned k = 0; k < a->size; k++)
        v = v << 8 | p[a->big ? k : a->size - 1 - k];
    return v;
}

int64_t bl_array_whole(const struct bl_array *a, uint64_t i)
{
    uint64_t v = bits(a, i);

    if (a->type == 'u')
        return v > INT64_MAX ? INT64_MAX : (int64_t)v;
    unsigned up = 64 - 8 * a->size;
    v <<= up;
    return (int64_t)v >> up;
}

double bl_array_real(const struct bl_array *a, uint64_t i)
{
    if (a->type != 'f')
        return (double)bl_array_whole(a, i);
    uint64_t v = bits(a, i);
    if (a->size == 8) {
        double d;
        memcpy(&d, &v, sizeof d);
        return d;
    }
    uint32_t low = (uint32_t)v;
    float f;
    memcpy(&f, &low, sizeof f);
    return (double)f;
}
