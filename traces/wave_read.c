/* wave_read.c - opens a file of waves by what is in it, and what all readers share: memory, messages,
 * declarations in the writers' form. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

int bl_read_tell_chars(const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const char *at, size_t n)
{
    uint64_t words[BL_WAVE_READ_WIDTH / 64];
    char states[BL_WAVE_READ_WIDTH + 1];
    size_t i = 0;

    memset(words, 0, (n + 63) / 64 * sizeof *words);
    for (; i < n && (at[n - 1 - i] | 1) == '1'; i++)
        words[i / 64] |= (uint64_t)(at[n - 1 - i] & 1) << i % 64;
    if (i == n)
        return to->bits(w, var, words) ? -1 : 0;
    for (i = 0; i < n; i++) {
        char c = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] + 32) : at[i];
        states[i] = c && strchr("01xzhuwl-", c) ? c : 'x';
    }
    states[n] = 0;
    return to->states(w, var, states) ? -1 : 0;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* A pipe, or what cannot be mapped: all of it into memory. */
static int slurp(struct bl_wave_source *s, int fd)
{
    struct bl_bytes b = { 0 };
    ssize_t got = 1;

    while (got > 0 && bl_bytes_room(&b, 1 << 16)) {
        got = read(fd, b.at + b.n, 1 << 16);
        if (got > 0)
            b.n += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    s->at = s->owned = b.at;
    s->n = b.n;
    return got || b.bad ? bl_error(s->diag, "%s: cannot read: %s", s->name, b.bad ? "out of memory" : strerror(errno)) : 0;
}

static int load(struct bl_wave_source *s, const char *path)
{
    struct stat st;
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(0), rc = 0;

    if (fd < 0)
        return bl_error(s->diag, "%s: cannot open: %s", path, strerror(errno));
    void *at = MAP_FAILED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) {
        s->at = s->mapped = at;
        s->n = s->nmapped = (size_t)st.st_size;
    } else {
        rc = slurp(s, fd);
    }
    close(fd);
    return rc;
}

/* FST in a gzip wrapper: u8 254, u64 length, u64 raw length, gzip. The inner file takes its place. */
static int unwrap(struct bl_wave_source *s)
{
    enum { WRAPPER = 254, HEAD = 17 };

    if (s->n < HEAD || s->at[0] != WRAPPER)
        return 0;
    uint64_t length = bl_get_u64be(s->at + 1);
    if (length < HEAD - 1 || length > s->n - 1)
        return bl_read_bad(s, 1, "a wrapped FST of %" PRIu64 " bytes, expected 16 to %zu (0: its writer did not finish)",
                           length, s->n - 1);
    uint8_t *inner = bl_unpack_gzip(s->at + HEAD, length - (HEAD - 1), bl_get_u64be(s->at + 9));
    if (!inner)
        return bl_read_bad(s, HEAD, "the gzip stream of a wrapped FST does not give the %" PRIu64 " bytes it promises",
                           bl_get_u64be(s->at + 9));
    s->n = bl_get_u64be(s->at + 9);
    free(s->owned);
    s->at = s->owned = inner;
    return 0;
}

static int begin(struct bl_wave_source *s)
{
    static const uint8_t fst[] = { 0, 0, 0, 0, 0, 0, 0, 1, 73 };

    if (unwrap(s))
        return -1;
    if (s->n >= sizeof fst && !memcmp(s->at, fst, sizeof fst))
        return bl_fst_read_open(s);
    if (s->n >= 2 && s->at[0] == 0x1F && s->at[1] == 0x8B)
        return bl_vcd_read_open(s, true);
    for (size_t i = 0; i < s->n && s->at[i]; i++)
        if (s->at[i] == '$')
            return bl_vcd_read_open(s, false);
    return bl_error(s->diag, "%s: is neither FST, VCD nor VCD in gzip: it begins with none of their marks", s->name);
}

static struct bl_wave_source *finish(struct bl_wave_source *s, int rc)
{
    if (!rc && !begin(s)) {
        s->head.vars = s->vars;
        s->head.nvars = s->nvars;
        return s;
    }
    bl_wave_source_close(s);
    return NULL;
}

static struct bl_wave_source *fresh(const char *name, struct bl_diag *diag)
{
    struct bl_wave_source *s = calloc(1, sizeof *s);

    if (!s) {
        bl_error(diag, "%s: out of memory", name);
        return NULL;
    }
    s->diag = diag;
    s->name = name;
    s->name = bl_read_text(s, name, strlen(name));
    s->head.version = s->head.date = "";
    if (s->name)
        return s;
    bl_wave_source_close(s);
    return NULL;
}

struct bl_wave_source *bl_wave_source_open(const char *path, struct bl_diag *diag)
{
    struct bl_wave_source *s = fresh(path, diag);

    return s ? finish(s, load(s, path)) : NULL;
}

struct bl_wave_source *bl_wave_source_bytes(const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    struct bl_wave_source *s = fresh(name, diag);

    if (!s)
        return NULL;
    s->at = bytes;
    s->n = n;
    return finish(s, 0);
}

const struct bl_wave_head *bl_wave_source_head(const struct bl_wave_source *s)
{
    return &s->head;
}

void bl_wave_source_want(struct bl_wave_source *s, const bool *want)
{
    uint32_t signals;
    uint32_t *slot = bl_vars_slots(s->vars, s->nvars, &signals);

    s->want = slot ? bl_read_alloc(s, signals) : NULL;      /* without memory: all */
    for (size_t i = 0; s->want && i < s->nvars; i++)
        s->want[slot[i]] |= want[i];
    free(slot);
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
