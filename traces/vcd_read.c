/* vcd_read.c - reads value change dumps, plain and in gzip: words separated by blanks, looked at through a window
 * that moves over the text; and the times behind the head. */
#include <inttypes.h>
#include <stdlib.h>

#include "traces/vcd_read_in.h"

enum { PIECE = 256 << 10 };    /* of text, unpacked at a time */

int bl_vcd_read_bad(struct bl_wave_source *s, const char *what, struct word w)
{
    char shown[64];

    return bl_error(s->diag, "%s:%" PRIu64 ": '%s': %s", s->name, s->vcd->line, bl_read_show(shown, sizeof shown, w.at, w.n), what);
}

int bl_vcd_read_odd(struct bl_wave_source *s, const char *what, struct word w)
{
    return bl_read_odd(s, s->vcd->line, what, w.at, w.n);
}

int bl_vcd_read_torn(struct bl_wave_source *s, struct word w)
{
    bl_read_torn(s, s->vcd->gzip ? s->vcd->member : (uint64_t)((const uint8_t *)w.at - s->at));
    return 0;
}

/* ---- text --------------------------------------------------------------------------------------- */

/* Room for a piece behind what is not used yet, which moves to the front. */
static int make_window(struct bl_wave_source *s)
{
    struct vcd_reader *r = s->vcd;
    size_t kept = (size_t)(r->end - r->p);

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
    return 0;
}

static void end_member(struct bl_wave_source *s)
{
    static const uint8_t zero;
    struct vcd_reader *r = s->vcd;
    const uint8_t *at = r->z.next_in;
    size_t left = s->n - (size_t)(at - s->at);

    r->last = !bl_unpack_next_member(&r->z, at, left);
    r->member = (uint64_t)(r->z.next_in - s->at);
    if (r->last && left && (*at != zero || memcmp(at, at + 1, left - 1) != 0))
        bl_read_odd(s, r->line, "bytes behind the last gzip member; they are left out", "", 0);
}

/* More of a gzip file. 1, 0 at the end, -1 after a bl_error. A member that is cut off or damaged ends the text; what it gave so
 * far is used. */
static int refill(struct bl_wave_source *s)
{
    struct vcd_reader *r = s->vcd;

    if (r->last)
        return 0;
    if (make_window(s))
        return -1;
    while (r->z.avail_out && !r->last) {
        uint64_t left = s->n - (uint64_t)(r->z.next_in - s->at);
        r->z.avail_in = (uInt)(left < PIECE ? left : PIECE);
        int rc = left ? inflate(&r->z, Z_NO_FLUSH) : Z_BUF_ERROR;
        if (rc == Z_STREAM_END) {
            end_member(s);
        } else if (rc != Z_OK) {
            r->last = true;
            bl_read_torn(s, r->member);
        }
    }
    r->end = r->z.next_out;
    return 1;
}

static inline bool blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Lines end in LF, in CR LF, or in CR. */
static inline bool ends_line(const struct vcd_reader *r)
{
    return *r->p == '\n' || (*r->p == '\r' && !(r->p + 1 < r->end && r->p[1] == '\n'));
}

int bl_vcd_read_word(struct bl_wave_source *s, struct word *w)
{
    struct vcd_reader *r = s->vcd;

    for (;;) {
        while (r->p < r->end && blank(*r->p)) {
            r->line += ends_line(r);
            r->p++;
        }
        const uint8_t *q = r->p;
        while (q < r->end && !blank(*q))
            q++;
        int rc = q < r->end ? 0 : refill(s);
        if (rc < 0)
            return -1;
        if (rc == 0) {
            if (q == r->end && s->head.torn)   /* what a damaged packing gave last is not to be trusted */
                q = r->end = r->p;
            *w = (struct word){ (const char *)r->p, (size_t)(q - r->p) };
            r->p = q;
            return 0;
        }
    }
}

int bl_vcd_read_same_line(struct bl_wave_source *s, bool *yes)
{
    struct vcd_reader *r = s->vcd;
    int rc = 1;

    while (rc > 0) {
        while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
            r->p++;
        rc = r->p < r->end ? 0 : refill(s);
    }
    *yes = rc == 0 && r->p < r->end && !blank(*r->p);
    return rc;
}

int bl_vcd_read_line(struct bl_wave_source *s, struct word first, struct word *line)
{
    struct vcd_reader *r = s->vcd;
    size_t n = 0;
    int rc = 1;

    bl_vcd_read_back(s, first);
    while (rc > 0) {
        while (r->p + n < r->end && r->p[n] != '\n' && r->p[n] != '\r')
            n++;
        rc = r->p + n < r->end ? 0 : refill(s);
    }
    if (r->p + n == r->end && s->head.torn)
        n = 0, r->end = r->p;
    *line = (struct word){ (const char *)r->p, n };
    r->p += n;
    while (line->n && blank((uint8_t)line->at[line->n - 1]))
        line->n--;
    return rc;
}

int bl_vcd_read_section(struct bl_wave_source *s, struct bl_bytes *to)
{
    struct word w;

    for (;;) {
        if (bl_vcd_read_word(s, &w))
            return -1;
        if (!w.n)
            return 1;
        if (bl_vcd_is(w, "$end"))
            return to && to->bad ? bl_error(s->diag, "%s: out of memory", s->name) : 0;
        if (to && to->n)
            bl_put8(to, ' ');
        if (to)
            bl_put(to, w.at, w.n);
    }
}

/* ---- times ------------------------------------------------------------------------------------------ */

/* "#123" into r->next. A time that goes back or cannot be read is the one before, as in GTKWave. */
static int read_time(struct bl_wave_source *s, struct word w)
{
    struct vcd_reader *r = s->vcd;
    uint64_t v = 0;
    bool fits = true;
    size_t i = 1;

    for (; i < w.n && w.at[i] >= '0' && w.at[i] <= '9'; i++)
        fits = fits && !__builtin_mul_overflow(v, UINT64_C(10), &v) && !__builtin_add_overflow(v, (uint64_t)(w.at[i] - '0'), &v);
    if (i == 1)
        return bl_vcd_read_at_end(s) ? bl_vcd_read_torn(s, w)
               : bl_vcd_read_odd(s, "no time, # and a number; taken as the time before it", w);
    if (i < w.n && w.at[i] == '.')             /* "#3.0" is 3 */
        for (i++; i < w.n && w.at[i] == '0';)
            i++;
    if (i < w.n)
        bl_vcd_read_odd(s, "a time with more than a whole number; what stands behind it is left out", w);
    if (!fits || __builtin_mul_overflow(v, s->head.unit, &v))
        return bl_vcd_read_odd(s, "a time beyond 64 bits; taken as the time before it", w);
    if (v < r->next)
        return bl_vcd_read_odd(s, "time goes back; taken as the time before it", w);
    r->next = v;
    return 0;
}

/* A time and what stands up to the next one. Values in front of the first time belong to time 0. */
int bl_vcd_read_step(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w)
{
    struct vcd_reader *r = s->vcd;
    struct word x;

    if (r->ended)
        return 0;
    r->now = r->next;
    s->head.end = r->now;
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
        } else if (bl_vcd_read_change(s, to, w, x)) {
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
            if (bl_vcd_read_section(s, NULL) < 0)
                return -1;
            continue;
        }
        if (w.n && *w.at == '#')
            return read_time(s, w);
        bl_vcd_read_back(s, w);        /* values in front of the first time, or nothing at all */
        return 0;
    }
}

static int open_text(struct bl_wave_source *s, bool gzip)
{
    static const uint8_t mark[] = { 0xEF, 0xBB, 0xBF };    /* of UTF-8, from editors */
    struct vcd_reader *r = s->vcd;

    if (!gzip) {
        r->p = s->at;
        r->end = s->at + s->n;
        r->last = true;
    } else {
        if (inflateInit2(&r->z, 31) != Z_OK)
            return bl_error(s->diag, "%s: out of memory", s->name);
        r->has_z = true;
        r->z.next_in = (z_const Bytef *)(uintptr_t)s->at;
        if (refill(s) < 0)
            return -1;
    }
    if ((size_t)(r->end - r->p) >= sizeof mark && !memcmp(r->p, mark, sizeof mark))
        r->p += sizeof mark;
    return 0;
}

int bl_vcd_read_open(struct bl_wave_source *s, bool gzip)
{
    struct vcd_reader *r = s->vcd = calloc(1, sizeof *r);

    if (!r)
        return bl_error(s->diag, "%s: out of memory", s->name);
    r->line = 1;
    r->gzip = gzip;
    s->head.form = gzip ? "vcd.gz" : "vcd";
    s->head.exponent = -9;     /* IEEE 1364 names no default; 1 ns is GTKWave's */
    if (open_text(s, gzip) || bl_vcd_read_head(s))
        return -1;
    if (!s->nvars)
        return bl_error(s->diag, "%s:%" PRIu64 ": no variable is declared, expected at least one $var", s->name, r->line);
    if (first_time(s))
        return -1;
    s->head.start = r->next;
    for (size_t i = 0; i < s->nvars; i++)
        s->head.nsignals += !s->vars[i].alias;
    return 0;
}

void bl_vcd_read_close(struct bl_wave_source *s)
{
    struct vcd_reader *r = s->vcd;

    if (r->has_z)
        inflateEnd(&r->z);
    bl_bytes_fini(&r->kept);
    free(r->window);
    free(r->id);
    free(r->also);
    free(r);
}
