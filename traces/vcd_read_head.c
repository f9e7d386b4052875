/* vcd_read_head.c - what stands in front of the changes of a value change dump: its scopes, its variables and the table of
 * their identifiers, the unit of time, and who wrote it. */
#include <stdio.h>
#include <stdlib.h>

#include "traces/vars.h"
#include "traces/vcd_read_in.h"

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
    if (bl_vcd_is(type, "string"))
        return BL_WAVE_STRING;
    return bl_vcd_is(type, "event") && width <= 1 ? BL_WAVE_EVENT : BL_WAVE_BITS;
}

/* "$var TYPE WIDTH ID NAME [RANGE] $end" */
static int declare(struct bl_wave_source *s)
{
    struct word type, width, id, name;
    struct bl_bytes rest = { 0 };
    uint64_t bits = 0;

    if (bl_vcd_read_word(s, &type))
        return -1;
    char kept[16] = "";
    memcpy(kept, type.at, type.n < sizeof kept ? type.n : 0);
    type.at = kept;
    if (bl_vcd_read_word(s, &width))
        return -1;
    for (size_t i = 0; i < width.n && bits < UINT32_MAX; i++)
        bits = width.at[i] >= '0' && width.at[i] <= '9' ? 10 * bits + (uint64_t)(width.at[i] - '0') : UINT32_MAX;
    int kind = kind_of(type, bits);
    if (bits > BL_WAVE_READ_WIDTH || (kind == BL_WAVE_BITS && bits == 0))
        return bl_vcd_read_bad(s, "a width, expected 1 to 65536 bits", width);
    if (bl_vcd_read_word(s, &id))
        return -1;
    const char *text = id.n ? bl_read_text(s, id.at, id.n) : NULL;
    if (!id.n)
        return bl_vcd_read_bad(s, "the text ends here, expected the identifier of a variable", id);
    id.at = text;
    if (!text || grow_ids(s) || bl_vcd_read_section(s, &rest)) {
        bl_bytes_fini(&rest);
        return -1;
    }
    name = (struct word){ (const char *)rest.at, rest.n };
    struct bl_wave_var *v = bl_read_var(s, name.n ? name.at : "_", name.n ? name.n : 1, (enum bl_wave_kind)kind,
                                        kind == BL_WAVE_EVENT ? 1 : (uint32_t)bits);
    bl_bytes_fini(&rest);
    if (!v)
        return -1;
    struct id *slot = bl_vcd_find(s->vcd, id);
    if (!slot->text) {
        *slot = (struct id){ text, (uint32_t)id.n, (uint32_t)s->nvars - 1 };
        s->vcd->nids++;
        return 0;
    }
    v->alias = slot->var + 1;
    if (v->kind != s->vars[slot->var].kind || v->width != s->vars[slot->var].width)
        return bl_vcd_read_bad(s, "stands for two variables of different kind or width", id);
    return 0;
}

static int timescale(struct bl_wave_source *s)
{
    static const struct { const char *name; uint64_t fs; } UNIT[] = {
        { "fs", 1 }, { "ps", 1000 }, { "ns", 1000000 }, { "us", 1000000000 },
        { "ms", UINT64_C(1000000000000) }, { "s", UINT64_C(1000000000000000) },
    };
    struct bl_bytes b = { 0 };
    unsigned n = 0;
    char unit[4] = "";

    int rc = bl_vcd_read_section(s, &b);
    bl_put8(&b, 0);
    if (!rc && b.at && sscanf((char *)b.at, "%4u%3s", &n, unit) == 2 && (n == 1 || n == 10 || n == 100))
        for (size_t i = 0; i < sizeof UNIT / sizeof UNIT[0]; i++)
            if (!strcmp(unit, UNIT[i].name))
                s->head.unit_fs = n * UNIT[i].fs;
    if (!rc && !s->head.unit_fs)
        rc = bl_vcd_read_bad(s, "a timescale, expected 1, 10 or 100 and one of s, ms, us, ns, ps, fs", (struct word){ (char *)b.at, b.n });
    bl_bytes_fini(&b);
    return rc;
}

static int said(struct bl_wave_source *s, const char **text)
{
    struct bl_bytes b = { 0 };

    int rc = bl_vcd_read_section(s, &b);
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

    int rc = bl_vcd_read_section(s, &b);
    const char *at = (const char *)b.at, *name = b.n ? memchr(at, ' ', b.n) : NULL;
    size_t n = name ? b.n - (size_t)(name + 1 - at) : 0;
    rc = rc ? rc : bl_read_down(s, name ? name + 1 : "_", n);
    bl_bytes_fini(&b);
    return rc;
}

int bl_vcd_read_head(struct bl_wave_source *s)
{
    struct word w;
    int rc = grow_ids(s);

    while (!rc) {
        if (bl_vcd_read_word(s, &w))
            return -1;
        if (bl_vcd_is(w, "$enddefinitions"))
            return bl_vcd_read_section(s, NULL);
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
        else if (w.n && *w.at == '$') {
            if (bl_vcd_is(w, "$upscope"))
                bl_read_up(s);
            rc = bl_vcd_read_section(s, NULL);
        } else
            return bl_vcd_read_bad(s, "expected a declaration, or $enddefinitions", w);
    }
    return rc;
}
