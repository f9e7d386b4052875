/* vcd.c - value change dumps, the text every viewer and every diff reads; plain, and as gzip: the file, its times and
 * its changes. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include "traces/out.h"
#include "traces/traces.h"
#include "traces/vars.h"
#include "traces/vcd.h"
#include "traces/vcd_in.h"

/* Text is written at the end of a time once this much is there. Each piece of a gzip file is a member
 * of its own, so that a file without an end is whole up to its last member. */
enum { PLAIN_BYTES = 256 << 10, GZIP_BYTES = 1 << 20, GZIP_LEVEL = 1 };
enum { LINE = 1 + 64 + VCD_ID_BYTES };   /* of a plain signal */
enum { LIVE_NS = 100000000 };  /* a live trace is written that often, when anything happens */

struct bl_wave {
    struct bl_out out;
    struct bl_bytes text, packed;
    struct vcd_signal *signal;
    size_t nvars;
    size_t room;               /* text.n below which a plain line fits; 0 before the first time */
    uint64_t now;
    bool begun, inside;        /* inside $dumpvars, $dumpoff or $dumpon */
    bool gzip, has_z, live;
    struct timespec flushed;   /* live: when text was last written */
    z_stream z;
    char digits[256][8];       /* a byte as bits */
};

/* ---- output -------------------------------------------------------------------------------- */

static int flush(struct bl_wave *w)
{
    const struct bl_bytes *b = &w->text;

    if (b->bad)
        return bl_out_fail(&w->out, "out of memory");
    if (w->gzip) {
        /* After the reset: a stream that has ended forgets the header and trailer in its bound. */
        int reset = deflateReset(&w->z);
        uLong most = deflateBound(&w->z, (uLong)b->n);
        w->packed.n = 0;
        w->z.next_out = bl_bytes_room(&w->packed, most);
        if (!w->z.next_out || most > UINT32_MAX || reset != Z_OK)
            return bl_out_fail(&w->out, "out of memory");
        w->z.avail_out = (uInt)most;
        w->z.next_in = w->text.at;
        w->z.avail_in = (uInt)b->n;
        if (deflate(&w->z, Z_FINISH) != Z_STREAM_END)
            return bl_out_fail(&w->out, "zlib failed");
        w->packed.n = most - w->z.avail_out;
        b = &w->packed;
    }
    int rc = bl_out_append(&w->out, b->at, b->n);
    w->text.n = 0;
    return rc;
}

static void put_time(struct bl_wave *w, uint64_t fs)
{
    bl_put8(&w->text, '#');
    bl_put_decimal(&w->text, fs);
    bl_put8(&w->text, '\n');
    w->now = fs;
}

static void begin(struct bl_wave *w, uint64_t fs)
{
    put_time(w, fs);
    bl_put_text(&w->text, "$dumpvars\n");
    w->begun = w->inside = true;
}

static bool due(struct bl_wave *w)
{
    struct timespec now;

    if (!w->live)
        return w->text.n >= (size_t)(w->gzip ? GZIP_BYTES : PLAIN_BYTES);
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long since = (now.tv_sec - w->flushed.tv_sec) * 1000000000LL + now.tv_nsec - w->flushed.tv_nsec;
    if (since < LIVE_NS && w->text.n < PLAIN_BYTES)
        return false;
    w->flushed = now;
    return true;
}

static int vcd_time(struct bl_wave *w, uint64_t fs)
{
    if (!w->begun) {
        if (fs < w->now)
            return bl_out_fail(&w->out, "time runs backwards");
        begin(w, fs);
        return 0;
    }
    if (fs == w->now)
        return 0;
    if (fs < w->now)
        return bl_out_fail(&w->out, "time runs backwards");
    if (w->inside)
        bl_put_text(&w->text, "$end\n");
    w->inside = false;
    if (due(w)) {
        if (flush(w))
            return -1;
        bl_out_safe(&w->out, w->now);
    }
    put_time(w, fs);
    return 0;
}

/* ---- changes ------------------------------------------------------------------------------- */

/* Room for a line of n characters of value, which are written in eights; NULL after an error. */
static uint8_t *line(struct bl_wave *w, size_t n)
{
    struct bl_bytes *b = &w->text;

    if (!w->begun)
        begin(w, w->now);
    uint8_t *p = bl_bytes_room(b, n + 8 + VCD_ID_BYTES + 2);
    if (!p)
        bl_out_fail(&w->out, "out of memory");
    w->room = b->cap < LINE ? 0 : b->cap - LINE;
    return p;
}

/* A value of one bit has no blank behind it. */
static inline int end_line(struct bl_wave *w, const struct vcd_signal *s, uint8_t *p)
{
    memcpy(p, s->id, VCD_ID_BYTES);
    w->text.n = (size_t)(p + s->nid - w->text.at);
    return 0;
}

static int end_bit(struct bl_wave *w, const struct vcd_signal *s, uint8_t *p)
{
    memcpy(p, s->id + 1, VCD_ID_BYTES - 1);
    w->text.n = (size_t)(p + s->nid - 1 - w->text.at);
    return 0;
}

static inline const struct vcd_signal *signal_of(const struct bl_wave *w, uint32_t var)
{
    assert(var < w->nvars);
    return &w->signal[var];
}

/* The lowest n >= 1 bits of v; what it writes behind the n-th is written over. */
static inline uint8_t *put_digits(const struct bl_wave *w, uint8_t *p, uint64_t v, unsigned n)
{
    uint8_t *end = p + n;

    for (v <<= 64 - n; p < end; p += 8, v <<= 8)
        memcpy(p, w->digits[v >> 56], 8);
    return end;
}

static __attribute__((noinline)) int other_bits(struct bl_wave *w, const struct vcd_signal *s, const uint64_t *words)
{
    uint8_t *p = line(w, s->width);

    assert(s->kind == BL_WAVE_BITS || s->kind == BL_WAVE_EVENT);
    if (!p)
        return -1;
    if (s->width == 1) {
        *p++ = (uint8_t)(s->kind == BL_WAVE_EVENT || (words[0] & 1) ? '1' : '0');
        return end_bit(w, s, p);
    }
    uint32_t top = (s->width - 1) / 64;
    while (top && !words[top])
        top--;
    *p++ = 'b';
    p = put_digits(w, p, words[top], words[top] ? 64 - (unsigned)__builtin_clzll(words[top]) : 1);
    while (top--)
        p = put_digits(w, p, words[top], 64);
    return end_line(w, s, p);
}

static inline void put_half(const struct bl_wave *w, uint8_t *p, uint32_t v)
{
    memcpy(p, w->digits[v >> 24], 8);
    memcpy(p + 8, w->digits[v >> 16 & 255], 8);
    memcpy(p + 16, w->digits[v >> 8 & 255], 8);
    memcpy(p + 24, w->digits[v & 255], 8);
}

/* Without leading zeros: readers extend to the left. Eights are stored whole, and the line's end over the last one. */
static int vcd_bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    const struct vcd_signal *s = signal_of(w, var);

    if (!s->plain || w->text.n >= w->room)
        return other_bits(w, s, words);
    uint8_t *p = w->text.at + w->text.n;
    unsigned zeros = (unsigned)__builtin_clzll(words[0] | 1);
    uint64_t v = words[0] << zeros;
    *p++ = 'b';
    put_half(w, p, (uint32_t)(v >> 32));
    if (zeros < 32)
        put_half(w, p + 32, (uint32_t)v);
    return end_line(w, s, p + 64 - zeros);
}

static int vcd_states(struct bl_wave *w, uint32_t var, const char *ascii)
{
    const struct vcd_signal *s = signal_of(w, var);
    size_t n = strspn(ascii, "01xzhuwl-");

    assert(s->kind == BL_WAVE_BITS);
    if (n != s->width || ascii[n])
        return bl_out_fail(&w->out, "a value that is not one of 01xzhuwl- for each bit");
    uint8_t *p = line(w, n);
    if (!p)
        return -1;
    if (n > 1)
        *p++ = 'b';
    memcpy(p, ascii, n);
    return n > 1 ? end_line(w, s, p + n) : end_bit(w, s, p + n);
}

/* The shortest of 16 and 17 digits that reads back as the same number. */
static int vcd_real(struct bl_wave *w, uint32_t var, double value)
{
    enum { LONGEST = 40 };
    const struct vcd_signal *s = signal_of(w, var);
    uint8_t *p = line(w, LONGEST);
    char text[LONGEST];

    assert(s->kind == BL_WAVE_REAL);
    if (!p)
        return -1;
    int n = snprintf(text, sizeof text, "r%.16g", value);
    if (strtod(text + 1, NULL) < value || strtod(text + 1, NULL) > value)
        n = snprintf(text, sizeof text, "r%.17g", value);
    memcpy(p, text, (size_t)n);
    return end_line(w, s, p + n);
}

static int vcd_string(struct bl_wave *w, uint32_t var, const char *text, size_t bytes)
{
    const struct vcd_signal *s = signal_of(w, var);
    uint8_t *p = bytes <= INT32_MAX / 4 ? line(w, 4 * bytes) : NULL;

    assert(s->kind == BL_WAVE_STRING);
    if (!p)
        return bl_out_fail(&w->out, "a text too long for memory");
    *p++ = 's';
    p += bl_text_escape((char *)p, text, bytes);
    return end_line(w, s, p);
}

/* $dumpoff with an x for each signal that can be one; the values after $dumpon follow as changes. */
static int vcd_dump(struct bl_wave *w, bool on)
{
    if (!w->begun)
        begin(w, w->now);
    if (w->inside)
        bl_put_text(&w->text, "$end\n");
    bl_put_text(&w->text, on ? "$dumpon\n" : "$dumpoff\n");
    for (size_t i = 0; !on && i < w->nvars; i++) {
        const struct vcd_signal *s = &w->signal[i];
        if (s->kind != BL_WAVE_BITS || s->alias)
            continue;
        bl_put_text(&w->text, s->width > 1 ? "bx" : "x");
        bl_put(&w->text, s->id + (s->width == 1), s->nid - (s->width == 1));
    }
    w->inside = on;
    if (!on)
        bl_put_text(&w->text, "$end\n");
    return w->text.bad ? bl_out_fail(&w->out, "out of memory") : 0;
}

/* ---- open and close ------------------------------------------------------------------------- */

static void dispose(struct bl_wave *w)
{
    if (w->has_z)
        deflateEnd(&w->z);
    bl_bytes_fini(&w->text);
    bl_bytes_fini(&w->packed);
    free(w->signal);
    free(w);
}

static int prepare(struct bl_wave *w, int exponent, const struct bl_wave_var *vars)
{
    uint32_t nsignals, *slot = bl_vars_slots(vars, w->nvars, &nsignals);

    w->signal = calloc(w->nvars, sizeof *w->signal);
    if (!slot || !w->signal) {
        free(slot);
        return -1;
    }
    for (int i = 0; i < 256; i++)
        for (int bit = 0; bit < 8; bit++)
            w->digits[i][bit] = (char)('0' + (i >> (7 - bit) & 1));
    w->has_z = w->gzip && deflateInit2(&w->z, GZIP_LEVEL, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    bl_vcd_put_head(&w->text, exponent, vars, w->nvars, slot, w->signal);
    free(slot);
    return w->text.bad || w->has_z != w->gzip ? -1 : 0;
}

struct bl_wave *bl_vcd_open(enum bl_vcd_form form, int exponent, const char *path, const struct bl_wave_var *vars, size_t nvars,
                            uint64_t start, struct bl_diag *diag)
{
    if (bl_vars_check(vars, nvars, path, diag))
        return NULL;
    struct bl_wave *w = calloc(1, sizeof *w);
    if (!w) {
        bl_error(diag, "%s: out of memory", path);
        return NULL;
    }
    w->nvars = nvars;
    w->now = start;
    w->gzip = form == BL_VCD_GZIP;
    w->live = form == BL_VCD_LIVE;
    if (prepare(w, exponent, vars)) {
        bl_error(diag, "%s: out of memory for %zu signals; trace fewer", path, nvars);
        dispose(w);
        return NULL;
    }
    if (bl_out_open(&w->out, path, false, diag)) {
        dispose(w);
        return NULL;
    }
    w->out.exponent = exponent;
    if (flush(w)) {
        bl_out_close(&w->out);
        dispose(w);
        return NULL;
    }
    return w;
}

#define OPEN(name, form) \
    static struct bl_wave *name(const char *path, const struct bl_wave_var *vars, size_t nvars, uint64_t start_fs, \
                                struct bl_diag *diag) \
    { \
        return bl_vcd_open(form, BL_FEMTO, path, vars, nvars, start_fs, diag); \
    }
OPEN(plain_open, BL_VCD_PLAIN)
OPEN(live_open, BL_VCD_LIVE)
OPEN(gzip_open, BL_VCD_GZIP)

static int vcd_close(struct bl_wave *w, uint64_t end_fs)
{
    if (!w->out.failed) {
        if (!w->begun)
            begin(w, w->now);
        if (w->inside)
            bl_put_text(&w->text, "$end\n");
        if (end_fs > w->now)
            put_time(w, end_fs);
        (void)flush(w);
    }
    int rc = bl_out_close(&w->out);
    dispose(w);
    return rc;
}

static uint64_t vcd_bytes(const struct bl_wave *w) { return w->out.end + w->text.n; }

#define OPS(name, text, opener) { \
    .suffix = name, .help = text, .open = opener, .time = vcd_time, .bits = vcd_bits, .states = vcd_states, \
    .real = vcd_real, .string = vcd_string, .dump = vcd_dump, .bytes = vcd_bytes, .close = vcd_close }
const struct bl_wave_ops bl_vcd_writer = OPS("vcd", "value change dump: text, read by every viewer, large", plain_open);
const struct bl_wave_ops bl_vcd_live_writer = OPS("vcd", "value change dump, written at once", live_open);
const struct bl_wave_ops bl_vcd_gz_writer = OPS("vcd.gz", "value change dump packed by gzip; opens in GTKWave", gzip_open);
