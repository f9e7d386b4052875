/* vcd_read_value.c - the changes in a value change dump: every form of a value, for variables of every kind. What does not fit
 * is passed over and counted. */
#include <stdlib.h>

#include "traces/vcd_read_in.h"

/* A value: in a form (b: digits, also one digit alone; r: a number; s: a text; p: states of a port), n characters, valid until the
 * next word is read. `from` is where the change begins, in a plain file. */
struct value { char form; const char *at; size_t n; const char *from; };

static bool wanted(const struct bl_wave_source *s, const struct bl_wave_ops *to, uint32_t var)
{
    return (!s->want || s->want[var]) && !(s->vcd->off && to->dump);
}

/* ---- a value, told to one variable ---------------------------------------------------------------- */

/* Longer than the signal, and what stands above it is more than an extension of it. */
static bool too_long(const struct value *v, uint32_t width)
{
    for (size_t i = 0; v->n > width && i < v->n - width; i++)
        if (v->at[i] != '0' && (v->at[i] == '1' || v->at[i] != v->at[v->n - width]))
            return true;
    return false;
}

/* Shorter than the signal it is extended to the left: by 0, or by x or z when that stands first. */
static int tell_bits(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const struct value *v)
{
    uint32_t width = s->vars[var].width;
    const char *at = v->at + (v->n > width ? v->n - width : 0);

    if (v->n < width) {
        memset(s->states, *at == '1' ? '0' : *at, width - v->n);
        memcpy(s->states + width - v->n, at, v->n);
        at = s->states;
    }
    return bl_read_tell_chars(s, to, w, var, at, width);
}

static int tell_real(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const struct value *v)
{
    char text[400], *end = text;
    double real = 0;

    if (v->n && v->n < sizeof text) {
        memcpy(text, v->at, v->n);
        text[v->n] = 0;
        real = strtod(text, &end);
    }
    if (end == text || *end)
        return bl_vcd_read_odd(s, "no number, for a variable of type real; the change is skipped", (struct word){ v->at, v->n });
    return to->real(w, var, real);
}

static int tell_text(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const struct value *v)
{
    char *copy = malloc(v->n + 1);

    if (!copy)
        return bl_error(s->diag, "%s: out of memory", s->name);
    if (v->n)
        memcpy(copy, v->at, v->n);
    int rc = to->string(w, var, copy, v->form == 's' ? bl_read_unescape(copy, v->n) : v->n);
    free(copy);
    return rc;
}

static int tell_one(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const struct value *v)
{
    static const uint64_t happened = 1;
    bool digits = v->form == 'b' || v->form == 'p';
    struct word shown = { v->at, v->n };

    switch (s->vars[var].kind) {
    case BL_WAVE_STRING:       /* also a variable without width: whatever its value is, shown as it stands */
        return wanted(s, to, var) ? tell_text(s, to, w, var, v) : 0;
    case BL_WAVE_REAL:
        if (v->form == 'r')
            return wanted(s, to, var) ? tell_real(s, to, w, var, v) : 0;
        return digits ? bl_vcd_read_odd(s, "bits for a variable of type real; the change is skipped", shown)
               : bl_vcd_read_odd(s, "a text for a variable of type real; the change is skipped", shown);
    case BL_WAVE_EVENT:
        if (digits)
            return wanted(s, to, var) && !s->vcd->off ? to->bits(w, var, &happened) : 0;
        return bl_vcd_read_odd(s, "a text or a real for an event; the change is skipped", shown);
    default:
        if (!digits)
            return v->form == 'r' ? bl_vcd_read_odd(s, "a real for a variable of bits; the change is skipped", shown)
                   : bl_vcd_read_odd(s, "a text for a variable of bits; the change is skipped", shown);
        if (!v->n)
            return bl_vcd_read_odd(s, "a value without digits; the change is skipped", shown);
        return wanted(s, to, var) ? tell_bits(s, to, w, var, v) : 0;
    }
}

/* ---- a value, told to all variables of its identifier --------------------------------------------- */

static int tell(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, const struct value *v, struct word id)
{
    const struct vcd_reader *r = s->vcd;
    const struct id *slot = bl_vcd_find(s->vcd, id);
    int rc = 0;

    if (!slot->text)
        return bl_vcd_read_at_end(s) ? bl_vcd_read_torn(s, (struct word){ v->from, 0 })
               : bl_vcd_read_odd(s, "no variable has this identifier; the change is skipped", id);
    const struct bl_wave_var *var = &s->vars[slot->var];
    if (!r->also[slot->var] && var->kind == BL_WAVE_BITS && (v->form == 'b' || v->form == 'p') && too_long(v, var->width))
        bl_vcd_read_odd(s, "a value of more bits than its variable has; those above are left out", (struct word){ v->at, v->n });
    for (uint32_t i = slot->var + 1; i && !rc; i = r->also[i - 1])
        rc = tell_one(s, to, w, i - 1, v);
    return rc;
}

/* Keeps the value while the next words are read, which may move the text. */
static int keep(struct bl_wave_source *s, struct value *v)
{
    struct bl_bytes *b = &s->vcd->kept;

    b->n = 0;
    bl_put(b, v->at, v->n);
    bl_put8(b, 0);
    v->at = (const char *)b->at;
    return b->bad ? bl_error(s->diag, "%s: out of memory", s->name) : 0;
}

/* "bVALUE ID", "rVALUE ID", and "pSTATES STRENGTH0 STRENGTH1 ID" of a port. */
static int vector(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word x)
{
    struct value v = { (char)(*x.at | 32), x.at + 1, x.n - 1, x.at };
    bool same_line;
    struct word id;

    if (keep(s, &v) || bl_vcd_read_same_line(s, &same_line))
        return -1;
    for (int words = v.form == 'p' ? 3 : 1; words; words--) {
        if (bl_vcd_read_word(s, &id))
            return -1;
        if (!id.n)
            return bl_vcd_read_torn(s, x);
    }
    if (!same_line && bl_vcd_is_time(id) && !bl_vcd_find(s->vcd, id)->text) {
        bl_vcd_read_back(s, id);
        return bl_vcd_read_odd(s, "a value without identifier; skipped", (struct word){ v.at, v.n });
    }
    for (size_t i = 0; v.form == 'p' && i < v.n; i++)
        s->vcd->kept.at[i] = (uint8_t)bl_read_port_state(v.at[i]);
    return tell(s, to, w, &v, id);
}

/* "1!", and from some programs "1 !". */
static int scalar(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word x)
{
    char digit = *x.at;
    const struct value v = { 'b', &digit, 1, x.at };
    struct word id = { x.at + 1, x.n - 1 };
    bool same_line;

    if (x.n > 1)
        return tell(s, to, w, &v, id);
    if (bl_vcd_read_same_line(s, &same_line))
        return -1;
    if (!same_line)
        return bl_vcd_read_at_end(s) ? bl_vcd_read_torn(s, x)
               : bl_vcd_read_odd(s, "a value without identifier; skipped", (struct word){ v.at, 1 });
    return bl_vcd_read_word(s, &id) ? -1 : tell(s, to, w, &v, id);
}

/* "sTEXT ID", where other programs leave blanks in TEXT: the identifier is the last word of the line. */
static int string(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word first)
{
    struct word line;

    if (bl_vcd_read_line(s, first, &line))
        return -1;
    size_t cut = line.n;
    while (cut && line.at[cut - 1] != ' ' && line.at[cut - 1] != '\t')
        cut--;
    if (cut < 2)
        return bl_vcd_read_at_end(s) ? bl_vcd_read_torn(s, line)
               : bl_vcd_read_odd(s, "a value without identifier; skipped", line);
    const struct value v = { 's', line.at + 1, cut - 2, line.at };
    return tell(s, to, w, &v, (struct word){ line.at + cut, line.n - cut });
}

/* ---- commands and lines ---------------------------------------------------------------------------- */

static int skip_section(struct bl_wave_source *s, struct word c)
{
    int rc = bl_vcd_read_section(s, NULL);

    return rc > 0 ? bl_vcd_read_torn(s, c) : rc;
}

static int command(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word c)
{
    static const char *const sections[] = { "$comment", "$date", "$version", "$vcdclose", "$timezero" };
    static const char *const late[] = { "$var", "$scope", "$upscope", "$timescale", "$enddefinitions" };
    static const char *const known[] = { "$end", "$dumpvars", "$dumpall", "$dumpon", "$dumpoff", "$dumpports", "$dumpportson",
                                         "$dumpportsoff", "$dumpportsall", "$dumpportsflush", "$dumpportslimit" };
    bool off = bl_vcd_is(c, "$dumpoff") || bl_vcd_is(c, "$dumpportsoff"), on = bl_vcd_is(c, "$dumpon") || bl_vcd_is(c, "$dumpportson");
    size_t i = 0;

    for (size_t k = 0; k < sizeof sections / sizeof sections[0]; k++)
        if (bl_vcd_is(c, sections[k]))
            return skip_section(s, c);
    for (size_t k = 0; k < sizeof late / sizeof late[0]; k++)
        if (bl_vcd_is(c, late[k])) {
            bl_vcd_read_odd(s, "a declaration behind $enddefinitions; skipped", c);
            return skip_section(s, c);
        }
    while (i < sizeof known / sizeof known[0] && !bl_vcd_is(c, known[i]))
        i++;
    if (i == sizeof known / sizeof known[0])
        return bl_vcd_read_at_end(s) ? bl_vcd_read_torn(s, c) : bl_vcd_read_odd(s, "no command of a VCD; skipped", c);
    if (i == 0)
        s->vcd->off = false;
    s->vcd->off |= off;
    return (off || on) && to->dump ? to->dump(w, on) : 0;
}

static int other(struct bl_wave_source *s, struct word x)
{
    struct word line;

    if (bl_vcd_read_line(s, x, &line))
        return -1;
    return bl_vcd_read_at_end(s) ? bl_vcd_read_torn(s, line)
           : bl_vcd_read_odd(s, "neither a time nor a change of a value; the line is skipped", line);
}

int bl_vcd_read_change(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word x)
{
    int rc;

    switch (*x.at) {
    case '$':
        rc = command(s, to, w, x);
        break;
    case 'b': case 'B': case 'r': case 'R': case 'p': case 'P':
        rc = vector(s, to, w, x);
        break;
    case 's': case 'S':
        rc = string(s, to, w, x);
        break;
    case '0': case '1': case 'x': case 'X': case 'z': case 'Z': case 'h': case 'H': case 'u': case 'U': case 'w': case 'W':
    case 'l': case 'L': case '-': case '?':
        rc = scalar(s, to, w, x);
        break;
    default:
        rc = other(s, x);
    }
    return rc ? -1 : 0;
}
