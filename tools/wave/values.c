/* values.c - values of signals: stored, compared, shown, told. */
#include "tools/wave/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bl_value_bits(struct bl_value *v, uint32_t width, const uint64_t *words)
{
    size_t n = ((size_t)width + 63) / 64;

    if (!v->words && !(v->words = calloc(n + 1, sizeof *v->words)))
        return -1;
    memcpy(v->words, words, n * sizeof *words);
    v->kind = BL_VALUE_BITS;
    return 0;
}

int bl_value_text(struct bl_value *v, enum bl_value_kind kind, const char *text, size_t n)
{
    if (n + 1 > v->room) {
        char *more = realloc(v->text, n + 1);
        if (!more)
            return -1;
        v->text = more;
        v->room = n + 1;
    }
    memcpy(v->text, text, n);
    v->text[n] = '\0';
    v->n = n;
    v->kind = kind;
    return 0;
}

void bl_value_real(struct bl_value *v, double real)
{
    v->real = real;
    v->kind = BL_VALUE_REAL;
}

void bl_value_fini(struct bl_value *v)
{
    free(v->words);
    free(v->text);
}

bool bl_value_same(const struct bl_value *a, const struct bl_value *b, uint32_t width)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case BL_VALUE_BITS: return !memcmp(a->words, b->words, ((size_t)width + 63) / 64 * sizeof *a->words);
    case BL_VALUE_REAL: return a->real == b->real || (a->real != a->real && b->real != b->real);
    case BL_VALUE_NONE: return true;
    default:            return a->n == b->n && !memcmp(a->text, b->text, a->n);
    }
}

bool bl_states_unknown(const char *ascii) { return !ascii[strspn(ascii, "x")]; }

/* What a terminal would obey is shown as an escape. */
static void show_text(const struct bl_value *v, char *buf, size_t room)
{
    size_t at = (size_t)snprintf(buf, room, "\"");

    for (size_t i = 0; i < v->n && at + 6 < room; i++) {
        unsigned char c = (unsigned char)v->text[i];
        at += (size_t)snprintf(buf + at, room - at, c >= ' ' && c <= '~' ? "%c" : "\\%03o", c);
    }
    snprintf(buf + at, room - at, "\"");
}

char *bl_value_show(const struct bl_value *v, uint32_t width, char *buf, size_t room)
{
    size_t words = ((size_t)width + 63) / 64, at = 0;

    switch (v->kind) {
    case BL_VALUE_BITS:
        while (words > 1 && !v->words[words - 1])
            words--;
        at = (size_t)snprintf(buf, room, "0x%" PRIx64, v->words[words - 1]);
        while (--words > 0 && at < room)
            at += (size_t)snprintf(buf + at, room - at, "%016" PRIx64, v->words[words - 1]);
        break;
    case BL_VALUE_REAL: snprintf(buf, room, "%.17g", v->real); break;
    case BL_VALUE_STATES: snprintf(buf, room, "%s", v->text); break;
    case BL_VALUE_STRING: show_text(v, buf, room); break;
    default: snprintf(buf, room, "nothing");
    }
    return buf;
}

int bl_value_tell(const struct bl_value *v, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var)
{
    switch (v->kind) {
    case BL_VALUE_BITS:   return to->bits(w, var, v->words);
    case BL_VALUE_STATES: return to->states(w, var, v->text);
    case BL_VALUE_REAL:   return to->real(w, var, v->real);
    case BL_VALUE_STRING: return to->string(w, var, v->text, v->n);
    default:              return 0;
    }
}

int bl_wave_judge(const struct bl_wave_source *s, const char *path, bool strict, struct bl_diag *diag)
{
    size_t odd = bl_wave_source_report(s, diag);

    return strict && odd ? bl_error(diag, "%s: is not all that it should be, and --strict refuses that; leave it out to go on", path) : 0;
}
