/* show.c - what a class declares, printed. */
#include "kernel/kernel.h"

#include <stdio.h>

static void count_text(const struct bl_class *c, int32_t x, char *buf, size_t room)
{
    for (const struct bl_field *f = c->fields; x < 0 && f && f->kind; f++)
        if (bl_field_is(f, BL_IS_COUNT) && f->at == (size_t)-x) {
            snprintf(buf, room, "%s", f->name);
            return;
        }
    snprintf(buf, room, "%d", x);
}

static void param_text(const struct bl_field *f, char *buf, size_t room)
{
    char a[40], b[40], c[40];

    if (f->kind == BL_KIND_CHOICE) {
        const char *word = f->text;
        for (int i = 0; i < (int)f->preset; i++)
            word += strcspn(word, " ") + 1;
        snprintf(buf, room, "%.*s    one of: %s", (int)strcspn(word, " "), word, f->text);
    } else if (f->kind == BL_KIND_TIME) {
        snprintf(buf, room, "%s    %s .. %s", bl_time_text((uint64_t)f->preset, a), bl_time_text((uint64_t)f->least, b),
                 bl_time_text((uint64_t)f->most, c));
    } else if (f->kind == BL_KIND_LIST) {
        snprintf(buf, room, "%s    each %.15g .. %.15g", f->text, f->least, f->most);
    } else {
        snprintf(buf, room, f->flags & BL_FROM_WIRE ? "of the wire    1 .. %.15g" : "%.15g    %.15g .. %.15g", f->flags & BL_FROM_WIRE ? f->most : f->preset, f->least, f->most);
    }
}

static void show_field(const struct bl_class *c, const struct bl_field *f, const struct bl_show *out)
{
    char line[1024], name[128], lanes[64], bits[64], count[64], text[512] = "";

    count_text(c, f->lanes, lanes, sizeof lanes);
    count_text(c, f->bits, bits, sizeof bits);
    if (bl_field_is(f, BL_IS_PORT) || f->kind == BL_KIND_VIEW)
        snprintf(text, sizeof text, "%s x %s bit%s", lanes, bits, f->flags & BL_OPTIONAL ? ", may stay open" : "");
    else if (f->kind == BL_KIND_LOCK)
        snprintf(text, sizeof text, f->preset > 0 ? "a semaphore of %.0f places" : "a mutex", f->preset);
    else if (f->kind == BL_KIND_PROCESS)
        snprintf(text, sizeof text, "wired to PART.process");
    else if (bl_field_is(f, BL_IS_PARAM))
        param_text(f, text, sizeof text);
    else if (f->kind == BL_KIND_STREAM)
        snprintf(text, sizeof text, "latency %s", lanes);
    else if (f->kind == BL_KIND_WAY)
        snprintf(text, sizeof text, "from %s", f->text);
    else if (f->kind == BL_KIND_WORDS)
        snprintf(text, sizeof text, "%s", f->text);
    else if (f->kind == BL_KIND_SLOTS)
        snprintf(text, sizeof text, "%s x %s", lanes, bits);
    else if (f->kind == BL_KIND_COMPUTED)
        snprintf(text, sizeof text, "of its parameters");
    else if (f->kind == BL_KIND_DATA)
        snprintf(text, sizeof text, "%s, %u byte%s each  ", f->text, f->elem, f->elem == 1 ? "" : "s");
    else if (f->kind == BL_KIND_CAUSE && f->text)
        snprintf(text, sizeof text, "waits on %s", f->text);
    const char *help = f->help && strcmp(f->help, text) ? f->help : "";
    count_text(c, f->count, count, sizeof count);
    snprintf(name, sizeof name, "%s%s%s%s", f->name, f->count ? "[" : "", f->count ? count : "", f->count ? "]" : "");
    if (f->kind == BL_KIND_WORDS && f->lanes)
        snprintf(name, sizeof name, "%s%s[%d]", f->name, class_field(c, f->name)->count ? "[]" : "", f->lanes - 1);
    for (char *n = name; f->kind == BL_KIND_CAUSE && *n; n++)       /* as expect lines, prices and reports write it */
        *n = (char)(*n >= 'A' && *n <= 'Z' ? *n - 'A' + 'a' : *n);
    snprintf(line, sizeof line, "  %-10s %-16s %-34s %s", bl_field_kinds[f->kind].word, name, text, help);
    out->line(out->ctx, line);
}

void bl_class_show(const struct bl_class *c, const struct bl_show *out)
{
    char line[512];

    if (MISSING_SAID(NULL, c, out) || NO_FUNCTION(NULL, out->line))
        return;
    snprintf(line, sizeof line, "%s: %s (%s)", c->name, c->help ? c->help : "",
             c->tick ? "clocked" : c->works ? "combinational, with an account" : c->comb ? "combinational" : c->run ? "waiting, self-timed" : "composite");
    out->line(out->ctx, line);
    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        show_field(c, f, out);
}
