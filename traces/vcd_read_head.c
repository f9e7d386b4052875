/* vcd_read_head.c - what stands in front of the changes of a value change dump: its scopes, its variables and the table of
 * their identifiers, the unit of time, and who wrote it. */
#include <stdlib.h>

#include "traces/vars.h"
#include "traces/vcd_read_in.h"

enum { LEAST_EXPONENT = -21, MOST_EXPONENT = 3 };

static int grow_ids(struct bl_wave_source *s)
{
    struct vcd_reader *r = s->vcd;
    struct id *old = r->id;
    size_t n = r->slots;

    if (2 * (r->nids + 1) <= n)
        return 0;
    r->slots = n ? 4 * n : 256;
    r->id = calloc(r->slots, sizeof *r->id);
    for (size_t i = 0; r->id && i < n; i++)
        if (old[i].text)
            *bl_vcd_find(r, (struct word){ old[i].text, old[i].n }) = old[i];
    free(old);
    return r->id ? 0 : bl_error(s->diag, "%s: out of memory", s->name);
}

static int kind_of(struct word type, uint64_t width)
{
    if (bl_vcd_is(type, "real") || bl_vcd_is(type, "realtime") || bl_vcd_is(type, "real_parameter")
        || bl_vcd_is(type, "shortreal"))
        return BL_WAVE_REAL;
    if (bl_vcd_is(type, "event") && width <= 1)
        return BL_WAVE_EVENT;
    return bl_vcd_is(type, "string") || width == 0 ? BL_WAVE_STRING : BL_WAVE_BITS;    /* without width: whatever its values are */
}

/* ---- variables ---------------------------------------------------------------------------------- */

/* The next word of a text, without the blanks around it. */
static struct word take(struct word *text)
{
    while (text->n && *text->at == ' ') {
        text->at++;
        text->n--;
    }
    if (!text->n)
        return (struct word){ "", 0 };
    const char *blank = memchr(text->at, ' ', text->n);
    struct word w = { text->at, blank ? (size_t)(blank - text->at) : text->n };
    text->at += w.n;
    text->n -= w.n;
    return w;
}

/* "8", or as EVCD has it "[7:0]". False: it is no width. */
static bool width_of(struct word w, uint64_t *bits)
{
    char text[64], *end;

    if (!w.n || w.n >= sizeof text)
        return false;
    memcpy(text, w.at, w.n);
    text[w.n] = 0;
    if (*text >= '0' && *text <= '9') {
        *bits = strtoull(text, &end, 10);
        return !*end;
    }
    if (*text != '[')
        return false;
    long long from = strtoll(text + 1, &end, 10), to = *end == ':' ? strtoll(end + 1, &end, 10) : from;
    *bits = (from > to ? (uint64_t)from - (uint64_t)to : (uint64_t)to - (uint64_t)from) + 1;
    return *end == ']' && !end[1] && end != text + 1;
}

/* What stands between $var and its $end; a $end that is missing is found by what follows. */
static int read_var(struct bl_wave_source *s, struct bl_bytes *to)
{
    static const char *const next[] = { "$var", "$scope", "$upscope", "$enddefinitions" };
    struct word w;

    for (;;) {
        if (bl_vcd_read_word(s, &w))
            return -1;
        if (!w.n)
            return bl_vcd_read_bad(s, "the text ends here, expected $end", w);
        if (bl_vcd_is(w, "$end"))
            return to->bad ? bl_error(s->diag, "%s: out of memory", s->name) : 0;
        for (size_t i = 0; i < sizeof next / sizeof next[0]; i++)
            if (bl_vcd_is(w, next[i])) {
                bl_vcd_read_odd(s, "a $var without $end in front of it; taken as if there were one", w);
                bl_vcd_read_back(s, w);
                return 0;
            }
        if (to->n)
            bl_put8(to, ' ');
        bl_put(to, w.at, w.n);
    }
}

/* Of one identifier there is a variable of each shape; others of the same shape are its aliases. */
static int enter_id(struct bl_wave_source *s, struct word id, uint32_t var)
{
    struct vcd_reader *r = s->vcd;
    struct bl_wave_var *v = &s->vars[var];

    if (var >= r->nalso) {
        size_t n = 2 * r->nalso + 64;
        uint32_t *more = realloc(r->also, n * sizeof *more);
        if (!more)
            return bl_error(s->diag, "%s: out of memory", s->name);
        memset(more + r->nalso, 0, (n - r->nalso) * sizeof *more);
        r->also = more;
        r->nalso = n;
    }
    struct id *slot = bl_vcd_find(r, id);
    if (!slot->text) {
        const char *text = bl_read_text(s, id.at, id.n);
        *slot = (struct id){ text, (uint32_t)id.n, var };
        r->nids++;
        return text ? 0 : -1;
    }
    for (uint32_t i = slot->var;; i = r->also[i] - 1) {
        if (s->vars[i].kind == v->kind && s->vars[i].width == v->width) {
            v->alias = i + 1;
            return 0;
        }
        if (!r->also[i]) {
            r->also[i] = var + 1;
            return 0;
        }
    }
}

/* "TYPE WIDTH ID NAME [RANGE]" */
static int declare_as(struct bl_wave_source *s, struct word text)
{
    struct word all = text, type = take(&text), width = take(&text), id = take(&text);
    uint64_t bits = 0;

    while (text.n && *text.at == ' ') {
        text.at++;
        text.n--;
    }
    if (!width_of(width, &bits))
        return bl_vcd_read_odd(s, "a variable whose width is no number; the variable is skipped", all);
    if (!id.n)
        return bl_vcd_read_odd(s, "a variable without identifier; skipped", all);
    int kind = kind_of(type, bits);
    if (bits > BL_WAVE_READ_WIDTH)
        return bl_vcd_read_odd(s, "a variable of more than 67108864 bits; skipped", all);
    struct bl_wave_var *v = bl_read_var(s, text.n ? text.at : "_", text.n ? text.n : 1, (enum bl_wave_kind)kind,
                                        kind == BL_WAVE_EVENT ? 1 : (uint32_t)bits);
    return !v || grow_ids(s) ? -1 : enter_id(s, id, (uint32_t)s->nvars - 1);
}

static int declare(struct bl_wave_source *s)
{
    struct bl_bytes b = { 0 };
    int rc = read_var(s, &b);

    rc = rc ? rc : declare_as(s, (struct word){ (const char *)b.at, b.n });
    bl_bytes_fini(&b);
    return rc;
}

/* ---- the rest ------------------------------------------------------------------------------------ */

/* A section that must end: 0, or -1 after a bl_error. */
static int section(struct bl_wave_source *s, struct bl_bytes *to)
{
    int rc = bl_vcd_read_section(s, to);

    return rc > 0 ? bl_vcd_read_bad(s, "the text ends here, expected $end", (struct word){ "", 0 }) : rc;
}

/* "10 ns", "244ns", "0.1 ps": a count of 10^exponent s. What is something else is taken as GTKWave does: by the first letter of the
 * unit, or ns; a number of 0 is 1. */
static void set_unit(struct bl_wave_source *s, struct word text)
{
    static const char letters[] = "smunpfaz";
    uint64_t n = 0;
    int places = 0;
    size_t i = 0, digits = 0;
    bool point = false, fits = true;

    for (; i < text.n && ((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] == '.' && !point)); i++) {
        if (text.at[i] == '.') {
            point = true;
            continue;
        }
        digits++;
        places += point;
        fits = fits && !__builtin_mul_overflow(n, UINT64_C(10), &n) && !__builtin_add_overflow(n, (uint64_t)(text.at[i] - '0'), &n);
    }
    while (i < text.n && text.at[i] == ' ')
        i++;
    const char *letter = i < text.n ? strchr(letters, text.at[i]) : NULL;
    int exponent = letter && *letter ? -3 * (int)(letter - letters) : -9;
    struct word unit = { text.at + i, text.n - i };
    bool plain = letter && (*letter == 's' ? unit.n == 1 : unit.n == 2 && unit.at[1] == 's');
    for (; n && n % 10 == 0; n /= 10)
        places--;
    if (!plain || !digits || !fits || !n || exponent - places < LEAST_EXPONENT || exponent - places > MOST_EXPONENT) {
        bl_vcd_read_odd(s, "no timescale, a number and one of s, ms, us, ns, ps, fs; taken as 1 of the unit, or 1 ns", text);
        n = 1;
        places = 0;
    }
    s->head.unit = n;
    s->head.exponent = exponent - places;
}

static int timescale(struct bl_wave_source *s)
{
    struct bl_bytes b = { 0 };
    int rc = section(s, &b);

    if (!rc)
        set_unit(s, (struct word){ b.n ? (const char *)b.at : "", b.n });
    bl_bytes_fini(&b);
    return rc;
}

static int said(struct bl_wave_source *s, const char **text)
{
    struct bl_bytes b = { 0 };

    int rc = section(s, &b);
    for (size_t i = 0; i < b.n; i++)
        b.at[i] = b.at[i] >= ' ' && b.at[i] <= '~' ? b.at[i] : '_';
    const char *copy = rc ? NULL : bl_read_text(s, (const char *)b.at, b.n);
    bl_bytes_fini(&b);
    if (copy)
        *text = copy;
    return copy ? 0 : -1;
}

static int enter_scope(struct bl_wave_source *s)
{
    struct bl_bytes b = { 0 };

    int rc = section(s, &b);
    const char *at = (const char *)b.at, *name = b.n ? memchr(at, ' ', b.n) : NULL;
    size_t n = name ? b.n - (size_t)(name + 1 - at) : 0;
    rc = rc ? rc : bl_read_down(s, name ? name + 1 : "_", n);
    bl_bytes_fini(&b);
    return rc;
}

/* $enddefinitions, and its $end, which is missing in some files. */
static int end_head(struct bl_wave_source *s)
{
    struct word w;

    if (bl_vcd_read_word(s, &w))
        return -1;
    if (w.n && !bl_vcd_is(w, "$end"))
        bl_vcd_read_back(s, w);
    return 0;
}

/* Without $enddefinitions the head ends at a time, or where values are dumped. */
static bool is_body(struct word w)
{
    return bl_vcd_is_time(w) || (w.n > 5 && !memcmp(w.at, "$dump", 5));
}

int bl_vcd_read_head(struct bl_wave_source *s)
{
    struct word w;
    int rc = grow_ids(s);

    while (!rc) {
        if (bl_vcd_read_word(s, &w))
            return -1;
        if (!w.n)
            return bl_vcd_read_bad(s, "the text ends here, expected $enddefinitions", w);
        if (bl_vcd_is(w, "$enddefinitions"))
            return end_head(s);
        if (s->nvars && is_body(w)) {
            bl_vcd_read_back(s, w);
            return 0;
        }
        if (bl_vcd_is(w, "$var"))
            rc = declare(s);
        else if (bl_vcd_is(w, "$scope"))
            rc = enter_scope(s);
        else if (bl_vcd_is(w, "$timescale"))
            rc = timescale(s);
        else if (bl_vcd_is(w, "$version"))
            rc = said(s, &s->head.version);
        else if (bl_vcd_is(w, "$date"))
            rc = said(s, &s->head.date);
        else if (*w.at == '$' && !bl_vcd_is(w, "$end")) {
            if (bl_vcd_is(w, "$upscope"))
                bl_read_up(s);
            rc = section(s, NULL);
        } else
            rc = bl_vcd_read_odd(s, "no declaration; skipped", w);
    }
    return rc;
}
