/* wave_read.c - what all readers of waves share: memory, messages, declarations and values in the writers' form. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "traces/read_in.h"
#include "traces/vars.h"

/* ---- memory and messages -------------------------------------------------------------------- */

void *bl_read_alloc(struct bl_wave_source *s, size_t bytes)
{
    struct room *r = calloc(1, sizeof *r + bytes);

    if (!r) {
        bl_error(s->diag, "%s: out of memory for what it declares", s->name);
        return NULL;
    }
    r->next = s->rooms;
    s->rooms = r;
    return r + 1;
}

char *bl_read_text(struct bl_wave_source *s, const char *text, size_t n)
{
    char *copy = bl_read_alloc(s, n + 1);

    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

int bl_read_bad(struct bl_wave_source *s, uint64_t offset, const char *fmt, ...)
{
    char what[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return bl_error(s->diag, "%s: at byte %" PRIu64 ": %s; the file is damaged", s->name, offset, what);
}

/* ---- declarations --------------------------------------------------------------------------- */

static void printable(uint8_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] <= ' ' || at[i] > '~')
            at[i] = '_';
}

int bl_read_down(struct bl_wave_source *s, const char *scope, size_t n)
{
    if (s->path.n > 1 << 16)
        return bl_error(s->diag, "%s: scopes nested to a path of %zu characters; expected at most %d", s->name, s->path.n,
                        1 << 16);
    if (s->path.n)
        bl_put8(&s->path, '.');
    size_t from = s->path.n;
    bl_put(&s->path, n ? scope : "_", n ? n : 1);
    if (s->path.bad)
        return bl_error(s->diag, "%s: out of memory", s->name);
    printable(s->path.at + from, s->path.n - from);
    for (size_t i = from; i < s->path.n; i++)   /* a dot would be one more scope */
        if (s->path.at[i] == '.')
            s->path.at[i] = '_';
    s->scope = NULL;
    return 0;
}

void bl_read_up(struct bl_wave_source *s)
{
    while (s->path.n && s->path.at[--s->path.n] != '.')
        ;
    s->scope = NULL;
}

/* "code [7:0]" and "code[7:0]" of eight bits are "code"; any other range stays, without the blank. */
static char *plain_name(struct bl_wave_source *s, const char *name, size_t n, uint32_t width)
{
    char range[40];
    char *text = bl_read_text(s, n ? name : "_", n ? n : 1);
    char *open = text ? strrchr(text, '[') : NULL;

    if (!open || open == text) {
        if (text)
            printable((uint8_t *)text, strlen(text));
        return text;
    }
    snprintf(range, sizeof range, "[%" PRIu32 ":0]", width - 1);
    char *stem = open[-1] == ' ' ? open - 1 : open;
    if (width > 1 && stem > text && !strcmp(open, range))
        *stem = 0;
    else if (stem > text)
        memmove(stem, open, strlen(open) + 1);
    printable((uint8_t *)text, strlen(text));
    return text;
}

struct bl_wave_var *bl_read_var(struct bl_wave_source *s, const char *name, size_t n, enum bl_wave_kind kind, uint32_t width)
{
    if (s->nvars == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct bl_wave_var *more = realloc(s->vars, cap * sizeof *more);
        if (!more) {
            bl_error(s->diag, "%s: out of memory for %zu variables", s->name, s->nvars);
            return NULL;
        }
        s->vars = more;
        s->cap = cap;
    }
    if (!s->scope)
        s->scope = bl_read_text(s, (const char *)s->path.at, s->path.n);
    char *text = plain_name(s, name, n, kind == BL_WAVE_BITS ? width : 1);
    if (!s->scope || !text)
        return NULL;
    struct bl_wave_var *v = &s->vars[s->nvars++];
    *v = (struct bl_wave_var){ .scope = s->scope, .name = text, .kind = kind,
                               .width = kind == BL_WAVE_REAL ? 64 : kind == BL_WAVE_STRING ? 0 : width };
    return v;
}

size_t bl_read_unescape(char *text, size_t n)
{
    static const char letter[] = "abfnrtv", byte[] = "\a\b\f\n\r\t\v";
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] != '\\' || i + 1 == n) {
            text[out++] = text[i];
            continue;
        }
        char c = text[++i];
        const char *at = c ? strchr(letter, c) : NULL;
        if (at) {
            c = byte[at - letter];
        } else if (c >= '0' && c <= '7') {
            unsigned v = 0;
            for (unsigned k = 0; k < 3 && i < n && text[i] >= '0' && text[i] <= '7'; k++)
                v = 8 * v + (unsigned)(text[i++] - '0');
            i--;
            c = (char)v;
        }
        text[out++] = c;
    }
    return out;
}

/* ---- values --------------------------------------------------------------------------------- */

int bl_read_tell_chars(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const char *at,
                       size_t n)
{
    size_t i = 0;

    memset(s->words, 0, (n + 63) / 64 * sizeof *s->words);
    for (; i < n && (at[n - 1 - i] | 1) == '1'; i++)
        s->words[i / 64] |= (uint64_t)(at[n - 1 - i] & 1) << i % 64;
    if (i == n)
        return to->bits(w, var, s->words) ? -1 : 0;
    for (i = 0; i < n; i++) {
        char c = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] + 32) : at[i];
        s->states[i] = c && strchr("01xzhuwl-", c) ? c : 'x';
    }
    s->states[n] = 0;
    return to->states(w, var, s->states) ? -1 : 0;
}

/* IEEE 1364 section 18.4.3: driven by the test, by the device, by both; 0, 1, unknown or nothing. */
char bl_read_port_state(char evcd)
{
    static const char STATE[] = "DUNZduLHXTlh01?FAaBbCcf", SHOWN[] = "01xz0101xz0101xzxxxxxxz";
    const char *at = evcd ? strchr(STATE, evcd) : NULL;

    return at ? SHOWN[at - STATE] : 'x';
}

/* ---- a source ------------------------------------------------------------------------------- */

const struct bl_wave_head *bl_wave_source_head(const struct bl_wave_source *s)
{
    return &s->head;
}

void bl_wave_source_want(struct bl_wave_source *s, const bool *want)
{
    s->want = bl_read_alloc(s, s->nvars);                   /* without memory: all */
    for (size_t i = 0; s->want && i < s->nvars; i++) {
        size_t root = i;
        while (s->vars[root].alias)
            root = s->vars[root].alias - 1;
        s->want[root] |= want[i];
    }
}

int bl_wave_source_step(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w)
{
    return s->fst ? bl_fst_read_step(s, to, w) : bl_vcd_read_step(s, to, w);
}

void bl_wave_source_close(struct bl_wave_source *s)
{
    if (!s)
        return;
    if (s->fst)
        bl_fst_read_close(s);
    if (s->vcd)
        bl_vcd_read_close(s);
    if (s->mapped)
        munmap(s->mapped, s->nmapped);
    free(s->owned);
    free(s->vars);
    bl_bytes_fini(&s->path);
    for (struct room *r = s->rooms, *next; r; r = next) {
        next = r->next;
        free(r);
    }
    free(s);
}
