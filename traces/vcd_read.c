/* vcd_read.c - reads value change dumps, plain and in gzip: words separated by blanks, looked at through a window
 * that moves over the text; behind the head, the changes. */
#include <inttypes.h>
#include <stdlib.h>

#include "traces/vars.h"
#include "traces/vcd_read_in.h"

enum { PIECE = 256 << 10 };    /* of text, unpacked at a time */

int bl_vcd_read_bad(struct bl_wave_source *s, const char *what, struct word w)
{
    char shown[41];
    size_t n = w.n < sizeof shown ? w.n : sizeof shown - 1;

    for (size_t i = 0; i < n; i++)
        shown[i] = w.at[i] >= ' ' && w.at[i] <= '~' ? w.at[i] : '?';
    shown[n] = 0;
    return bl_error(s->diag, "%s:%" PRIu64 ": '%s': %s", s->name, s->vcd->line, shown, what);
}

/* ---- text --------------------------------------------------------------------------------------- */

/* More of a gzip file: what is not used yet moves to the front. 1, 0 at the end, -1 after a bl_error. A member that is
 * cut off or damaged ends the text; what it gave so far is used. */
static int refill(struct bl_wave_source *s)
{
    struct vcd_reader *r = s->vcd;
    size_t kept = (size_t)(r->end - r->p);

    if (r->last)
        return 0;
    if (kept + PIECE > r->room) {
        uint8_t *more = kept < SIZE_MAX / 4 ? malloc(2 * kept + PIECE) : NULL;
        if (!more)
            return bl_error(s->diag, "%s: out of memory", s->name);
        if (kept)
            memcpy(more, r->p, kept);
        free(r->window);
        r->window = more;
        r->room = 2 * kept + PIECE;
    } else if (kept) {
        memmove(r->window, r->p, kept);
    }
    r->p = r->window;
    r->z.next_out = r->window + kept;
    r->z.avail_out = PIECE;
    while (r->z.avail_out && !r->last) {
        uint64_t left = s->n - (uint64_t)(r->z.next_in - s->at);
        r->z.avail_in = (uInt)(left < PIECE ? left : PIECE);
        int rc = left ? inflate(&r->z, Z_NO_FLUSH) : Z_BUF_ERROR;
        if (rc == Z_STREAM_END) {
            r->member = (uint64_t)(r->z.next_in - s->at);
            r->last = r->member == s->n || inflateReset(&r->z) != Z_OK;
        } else if (rc != Z_OK) {
            r->last = true;
            s->head.torn_at = r->member;
        }
    }
    r->end = r->z.next_out;
    return 1;
}

static inline bool blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int bl_vcd_read_word(struct bl_wave_source *s, struct word *w)
{
    struct vcd_reader *r = s->vcd;

    for (;;) {
        while (r->p < r->end && blank(*r->p))
            r->line += *r->p++ == '\n';
        const uint8_t *q = r->p;
        while (q < r->end && !blank(*q))
            q++;
        if (q < r->end) {
            *w = (struct word){ (const char *)r->p, (size_t)(q - r->p) };
            r->p = q;
            return 0;
        }
        int rc = refill(s);
        if (rc < 0)
            return -1;
        if (rc == 0) {
            if (r->p < r->end && !s->head.torn_at)
                s->head.torn_at = r->gzip ? r->member : (uint64_t)(r->p - s->at);
            *w = (struct word){ (const char *)r->p, 0 };
            return 0;
        }
    }
}

int bl_vcd_read_section(struct bl_wave_source *s, struct bl_bytes *to)
{
    struct word w;

    for (;;) {
        if (bl_vcd_read_word(s, &w))
            return -1;
        if (!w.n)
            return bl_vcd_read_bad(s, "the text ends here, expected $end", w);
        if (bl_vcd_is(w, "$end"))
            return to && to->bad ? bl_error(s->diag, "%s: out of memory", s->name) : 0;
        if (to && to->n)
            bl_put8(to, ' ');
        if (to)
            bl_put(to, w.at, w.n);
    }
}

/* ---- changes --------------------------------------------------------------------------------------- */

static int read_time(struct bl_wave_source *s, struct word w)
{
    struct vcd_reader *r = s->vcd;
    uint64_t v = 0;
    bool fits = w.n > 1;

    for (size_t i = 1; i < w.n && fits; i++) {
        if (w.at[i] < '0' || w.at[i] > '9')
            return bl_vcd_read_bad(s, "expected a time, # and a number", w);
        fits = !__builtin_mul_overflow(v, UINT64_C(10), &v) && !__builtin_add_overflow(v, (uint64_t)(w.at[i] - '0'), &v);
    }
    if (!fits || __builtin_mul_overflow(v, s->head.unit_fs, &v))
        return bl_vcd_read_bad(s, "a time that does not fit 64 bits of femtoseconds", w);
    if (r->timed && v < r->now)
        return bl_vcd_read_bad(s, "time runs backwards", w);
    r->next = v;
    return 0;
}

static const struct bl_wave_var *signal_of(struct bl_wave_source *s, struct word id, uint32_t *var)
{
    const struct id *slot = bl_vcd_find(s->vcd, id);

    if (!slot->text) {
        bl_vcd_read_bad(s, "no variable has this identifier", id);
        return NULL;
    }
    *var = slot->var;
    return &s->vars[*var];
}

static bool wanted(const struct bl_wave_source *s, const struct bl_wave_ops *to, uint32_t var)
{
    return (!s->want || s->want[s->vcd->slot[var]]) && !(s->vcd->off && to->dump);
}

/* A value of n characters, MSB first; shorter than the signal it is extended to the left. */
static int tell_bits(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, const char *at, size_t n,
                     struct word id)
{
    static const uint64_t happened = 1;
    char full[BL_WAVE_READ_WIDTH];
    uint32_t var;
    const struct bl_wave_var *v = signal_of(s, id, &var);

    if (!v)
        return -1;
    if ((v->kind != BL_WAVE_BITS && v->kind != BL_WAVE_EVENT) || n > v->width || !n)
        return bl_vcd_read_bad(s, "a value of another kind, or wider than the signal", (struct word){ at, n });
    if (!wanted(s, to, var))
        return 0;
    if (v->kind == BL_WAVE_EVENT)
        return s->vcd->off ? 0 : to->bits(w, var, &happened);
    if (n < v->width) {
        memset(full, *at == '1' ? '0' : *at, v->width - n);
        memcpy(full + v->width - n, at, n);
        at = full;
    }
    return bl_read_tell_chars(to, w, var, at, v->width);
}

/* "bVALUE ID" and "rVALUE ID": the value is kept while the next word is read, which may move the text. */
static int vector(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word value)
{
    char kept[BL_WAVE_READ_WIDTH + 2], *end;
    struct word id;
    uint32_t var;

    if (value.n > sizeof kept - 1)
        return bl_vcd_read_bad(s, "a value of more than 65536 bits", value);
    memcpy(kept, value.at, value.n);
    kept[value.n] = 0;
    if (bl_vcd_read_word(s, &id))
        return -1;
    if (!id.n)
        return 0;              /* cut off */
    if (*kept == 'b' || *kept == 'B')
        return tell_bits(s, to, w, kept + 1, value.n - 1, id);
    const struct bl_wave_var *v = signal_of(s, id, &var);
    if (!v)
        return -1;
    double real = strtod(kept + 1, &end);
    if (v->kind != BL_WAVE_REAL || *end || end == kept + 1)
        return bl_vcd_read_bad(s, "expected a number, for a variable of type real", (struct word){ kept, value.n });
    return wanted(s, to, var) ? to->real(w, var, real) : 0;
}

/* "sTEXT ID", where other programs leave blanks in TEXT: the identifier is the last word of the line. */
static int string(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word first)
{
    struct vcd_reader *r = s->vcd;
    const uint8_t *nl;
    size_t seen = 0;
    uint32_t var;

    r->p -= first.n;
    while (!(nl = memchr(r->p + seen, '\n', (size_t)(r->end - r->p) - seen))) {
        seen = (size_t)(r->end - r->p);
        int rc = refill(s);
        if (rc <= 0) {
            r->p = r->end;
            return rc;         /* cut off */
        }
    }
    size_t n = (size_t)(nl - r->p), cut;
    while (n && blank(r->p[n - 1]))
        n--;
    for (cut = n; cut && !blank(r->p[cut - 1]); cut--)
        ;
    struct word id = { (const char *)r->p + cut, n - cut };
    const struct bl_wave_var *v = signal_of(s, id, &var);
    if (!v)
        return -1;
    if (v->kind != BL_WAVE_STRING || cut < 2)
        return bl_vcd_read_bad(s, "expected a text, for a variable of type string", id);
    char *copy = malloc(cut);
    if (!copy)
        return bl_error(s->diag, "%s: out of memory", s->name);
    memcpy(copy, r->p + 1, cut - 2);
    size_t bytes = bl_read_unescape(copy, cut - 2);
    int rc = wanted(s, to, var) ? to->string(w, var, copy, bytes) : 0;
    free(copy);
    r->p = nl;
    return rc;
}

static int command(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word c)
{
    bool off = bl_vcd_is(c, "$dumpoff"), on = bl_vcd_is(c, "$dumpon");

    if (bl_vcd_is(c, "$comment"))
        return bl_vcd_read_section(s, NULL);
    if (bl_vcd_is(c, "$end"))
        s->vcd->off = false;
    s->vcd->off |= off;
    return (off || on) && to->dump ? to->dump(w, on) : 0;
}

static int change(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word x)
{
    int rc;

    switch (*x.at) {
    case '$':
        rc = command(s, to, w, x);
        break;
    case 'b': case 'B': case 'r': case 'R':
        rc = vector(s, to, w, x);
        break;
    case 's': case 'S':
        rc = string(s, to, w, x);
        break;
    case '0': case '1': case 'x': case 'X': case 'z': case 'Z': case 'h': case 'H': case 'u': case 'U': case 'w': case 'W':
    case 'l': case 'L': case '-': case '?':
        rc = tell_bits(s, to, w, x.at, 1, (struct word){ x.at + 1, x.n - 1 });
        break;
    default:
        return bl_vcd_read_bad(s, "expected a time or a change of a value", x);
    }
    return rc ? -1 : 0;
}

/* A time and what stands up to the next one. Values in front of the first time belong to time 0. */
int bl_vcd_read_step(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w)
{
    struct vcd_reader *r = s->vcd;
    struct word x;

    if (r->ended)
        return 0;
    r->now = r->next;
    r->timed = true;
    s->head.end_fs = r->now;
    if (to->time(w, r->now))
        return -1;
    for (;;) {
        if (bl_vcd_read_word(s, &x))
            return -1;
        if (!x.n) {
            r->ended = true;
            return 1;
        }
        if (*x.at == '#') {
            if (read_time(s, x))
                return -1;
            if (r->next != r->now)
                return 1;
        } else if (change(s, to, w, x)) {
            return -1;
        }
    }
}

/* ---- open and close --------------------------------------------------------------------------------- */

/* The first time is looked at, not taken: "#" may stand behind comments only. */
static int first_time(struct bl_wave_source *s)
{
    struct word w;

    for (;;) {
        if (bl_vcd_read_word(s, &w))
            return -1;
        if (bl_vcd_is(w, "$comment")) {
            if (bl_vcd_read_section(s, NULL))
                return -1;
            continue;
        }
        if (w.n && *w.at == '#')
            return read_time(s, w);
        s->vcd->p -= w.n;      /* values in front of the first time, or nothing at all */
        return 0;
    }
}

int bl_vcd_read_open(struct bl_wave_source *s, bool gzip)
{
    struct vcd_reader *r = s->vcd = calloc(1, sizeof *r);

    if (!r)
        return bl_error(s->diag, "%s: out of memory", s->name);
    r->line = 1;
    r->gzip = gzip;
    s->head.form = gzip ? "vcd.gz" : "vcd";
    if (gzip) {
        if (inflateInit2(&r->z, 31) != Z_OK)
            return bl_error(s->diag, "%s: out of memory", s->name);
        r->has_z = true;
        r->z.next_in = (z_const Bytef *)(uintptr_t)s->at;
    } else {
        r->p = s->at;
        r->end = s->at + s->n;
        r->last = true;
    }
    if (bl_vcd_read_head(s))
        return -1;
    if (!s->nvars)
        return bl_error(s->diag, "%s:%" PRIu64 ": no variable is declared, expected at least one $var", s->name, r->line);
    if (!s->head.unit_fs)
        s->head.unit_fs = 1000000;   /* IEEE 1364 names no default; 1 ns is GTKWave's */
    if (first_time(s))
        return -1;
    s->head.start_fs = r->next;
    s->head.nsignals = r->nids;
    r->slot = bl_vars_slots(s->vars, s->nvars, &(uint32_t){ 0 });
    return r->slot ? 0 : bl_error(s->diag, "%s: out of memory", s->name);
}

void bl_vcd_read_close(struct bl_wave_source *s)
{
    struct vcd_reader *r = s->vcd;

    if (r->has_z)
        inflateEnd(&r->z);
    free(r->window);
    free(r->id);
    free(r->slot);
    free(r);
}
