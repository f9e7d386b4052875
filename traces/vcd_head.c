/* vcd_head.c - the head of a value change dump: its scopes and variables, and what each signal is called from then on. */
#include "traces/vcd_in.h"

static void up(void *ctx)
{
    bl_put_text(ctx, "$upscope $end\n");
}

static void down(void *ctx, const char *name, size_t len)
{
    bl_put_text(ctx, "$scope module ");
    bl_put(ctx, name, len);
    bl_put_text(ctx, " $end\n");
}

/* Number 0 is "!", 93 is "~", 94 is "!!": the names fst2vcd gives, too. */
static void name_signal(struct vcd_signal *s, uint32_t number)
{
    s->id[s->nid++] = ' ';
    for (uint64_t v = (uint64_t)number + 1; v; v = (v - 1) / 94)
        s->id[s->nid++] = (char)('!' + (v - 1) % 94);
    s->id[s->nid++] = '\n';
}

static void declare(struct bl_bytes *b, const struct bl_wave_var *v, const struct vcd_signal *s)
{
    static const char *const TYPE[] = { "wire", "real", "string", "event" };

    bl_put_text(b, "$var ");
    bl_put_text(b, TYPE[v->kind]);
    bl_put8(b, ' ');
    bl_put_decimal(b, v->kind == BL_WAVE_REAL ? 64 : s->width);
    bl_put8(b, ' ');
    bl_put(b, s->id + 1, s->nid - 2u);
    bl_put8(b, ' ');
    const char *range = v->width > 1 ? bl_vars_range(v) : NULL;
    bl_put(b, v->name, range ? (size_t)(range - v->name) : strlen(v->name));
    if (range) {
        bl_put8(b, ' ');
        bl_put_text(b, range);
    } else if (v->kind == BL_WAVE_BITS && v->width > 1) {
        bl_put_text(b, " [");
        bl_put_decimal(b, v->width - 1);
        bl_put_text(b, ":0]");
    }
    bl_put_text(b, " $end\n");
}

void bl_vcd_put_head(struct bl_bytes *b, int exponent, const struct bl_wave_var *vars, size_t n, const uint32_t *slot,
                     struct vcd_signal *signal)
{
    const char *scope = "";
    char unit[BL_TICKS_TEXT];

    bl_put_text(b, "$version bitline $end\n$timescale ");
    bl_put_text(b, bl_ticks_text(1, exponent, "", unit));
    bl_put_text(b, " $end\n");
    for (size_t i = 0; i < n; i++) {
        struct vcd_signal *s = &signal[i];
        s->kind = (uint8_t)vars[i].kind;
        s->width = s->kind == BL_WAVE_BITS ? vars[i].width : s->kind == BL_WAVE_EVENT;
        s->plain = s->width >= 2 && s->width <= 64;
        s->alias = vars[i].alias != 0;
        name_signal(s, slot[i]);
        bl_scope_step(scope, vars[i].scope, up, down, b);
        scope = vars[i].scope;
        declare(b, &vars[i], s);
    }
    bl_scope_step(scope, "", up, down, b);
    bl_put_text(b, "$enddefinitions $end\n");
}
