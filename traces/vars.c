/* vars.c - checks, numbers and scopes of the traced variables. */
#include "traces/vars.h"

#include <stdlib.h>
#include <string.h>

static int bad_name(const char *s, bool may_be_empty)
{
    if (!*s && !may_be_empty)
        return 1;
    for (const char *c = s; *c; c++)
        if (*c <= ' ' || *c > '~')
            return 1;
    return 0;
}

static int check_one(const struct bl_wave_var *vars, size_t i, const char *path, struct bl_diag *diag)
{
    const struct bl_wave_var *v = &vars[i];
    bool bits = v->kind == BL_WAVE_BITS;

    if (!v->scope || !v->name || bad_name(v->scope, true) || bad_name(v->name, false))
        return bl_error(diag, "%s: traced signal %zu is named '%s' in '%s': a name is printable characters without "
                        "blanks; rename the part or the signal", path, i, v->name ? v->name : "", v->scope ? v->scope : "");
    if (bits && (v->width < 1 || v->width > BL_WAVE_MAX_WIDTH))
        return bl_error(diag, "%s: %s.%s has %u bits, a traced signal has 1 to %d; trace its lanes apart",
                        path, v->scope, v->name, (unsigned)v->width, BL_WAVE_MAX_WIDTH);
    if (v->alias > i)
        return bl_error(diag, "%s: %s.%s is another name of signal %u, which is not declared before it",
                        path, v->scope, v->name, (unsigned)v->alias - 1);
    if (v->alias && (vars[v->alias - 1].kind != v->kind || (bits && vars[v->alias - 1].width != v->width)))
        return bl_error(diag, "%s: %s.%s is another name of %s, which has another kind or width",
                        path, v->scope, v->name, vars[v->alias - 1].name);
    if (v->nnames && (!bits || !v->names || (v->width < 32 && v->nnames > UINT32_C(1) << v->width)))
        return bl_error(diag, "%s: %s.%s names %u values, but has %u bits; only values it can take have names",
                        path, v->scope, v->name, (unsigned)v->nnames, bits ? (unsigned)v->width : 0);
    return 0;
}

int bl_vars_check(const struct bl_wave_var *vars, size_t n, const char *path, struct bl_diag *diag)
{
    if (n == 0)
        return bl_error(diag, "%s: no signal to trace; widen the --watch patterns", path);
    if (n > INT32_MAX / 2)
        return bl_error(diag, "%s: %zu signals to trace, at most %d; narrow the --watch patterns", path, n, INT32_MAX / 2);
    for (size_t i = 0; i < n; i++)
        if (check_one(vars, i, path, diag))
            return -1;
    return 0;
}

uint32_t *bl_vars_slots(const struct bl_wave_var *vars, size_t n, uint32_t *signals)
{
    uint32_t *slot = calloc(n, sizeof *slot), next = 0;

    for (size_t i = 0; slot && i < n; i++)
        slot[i] = vars[i].alias ? slot[vars[i].alias - 1] : next++;
    *signals = next;
    return slot;
}

/* Bytes of `from` that are whole scopes of `to` as well. */
static size_t common(const char *from, const char *to)
{
    size_t at = 0, i = 0;

    for (;; i++) {
        bool end_from = !from[i] || from[i] == '.', end_to = !to[i] || to[i] == '.';
        if (end_from && end_to)
            at = i;
        if (!from[i] || from[i] != to[i])
            return at;
    }
}

void bl_scope_step(const char *from, const char *to, void (*up)(void *ctx),
                   void (*down)(void *ctx, const char *name, size_t len), void *ctx)
{
    size_t same = common(from, to);

    if (from[same]) {
        up(ctx);
        for (const char *c = from + same + 1; *c; c++)
            if (*c == '.')
                up(ctx);
    }
    for (const char *c = to + same + (to[same] == '.'); *c;) {
        size_t len = strcspn(c, ".");
        down(ctx, c, len);
        c += len + (c[len] == '.');
    }
}

const char *bl_vars_range(const struct bl_wave_var *v)
{
    const char *open = strrchr(v->name, '[');
    char *end;

    if (!open || open == v->name || v->kind != BL_WAVE_BITS)
        return NULL;
    long long from = strtoll(open + 1, &end, 10), to = end > open + 1 && *end == ':' ? strtoll(end + 1, &end, 10) : from;
    uint64_t span = from > to ? (uint64_t)from - (uint64_t)to : (uint64_t)to - (uint64_t)from;
    return strcmp(end, "]") || end == open + 1 || span + 1 != v->width ? NULL : open;
}

bool bl_vars_same_names(const struct bl_wave_var *a, const struct bl_wave_var *b)
{
    if (a->width != b->width || a->nnames != b->nnames)
        return false;
    for (uint32_t i = 0; a->names != b->names && i < a->nnames; i++)
        if (strcmp(a->names[i], b->names[i]))
            return false;
    return true;
}

size_t bl_text_escape(char *to, const char *text, size_t n)
{
    static const char plain[] = "\a\b\f\n\r\t\v\\'\"?", letter[] = "abfnrtv\\'\"?";
    char *p = to;

    for (size_t i = 0; i < n; i++) {
        unsigned c = (unsigned char)text[i];
        const char *at = c ? strchr(plain, (int)c) : NULL;
        if (at) {
            *p++ = '\\';
            *p++ = letter[at - plain];
        } else if (c > ' ' && c <= '~') {
            *p++ = (char)c;
        } else {
            *p++ = '\\';
            *p++ = (char)('0' + (c >> 6));
            *p++ = (char)('0' + (c >> 3 & 7));
            *p++ = (char)('0' + (c & 7));
        }
    }
    return (size_t)(p - to);
}
