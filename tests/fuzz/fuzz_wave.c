/* fuzz_wave.c - any bytes through the readers of waves (FST, VCD, VCD in gzip): read to the end or refused with a
 * message. What comes out must be as the contract has it, or a writer behind it would go wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/vars.h"
#include "traces/wave_read.h"

enum { MOST_STEPS = 1 << 16 };     /* a few bytes can stand for very many times */

struct bl_wave {
    const struct bl_wave_head *head;
    uint64_t now, told;
    bool timed;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_wave: %s\n", what);
    abort();
}

static const struct bl_wave_var *var_of(const struct bl_wave *w, uint32_t var)
{
    must(w->timed && var < w->head->nvars && !w->head->vars[var].alias, "a change of no signal, or before a time");
    return &w->head->vars[var];
}

static int on_time(struct bl_wave *w, uint64_t fs)
{
    must(!w->timed || fs > w->now, "time does not rise");
    w->now = fs;
    w->timed = true;
    return 0;
}

static int on_bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    const struct bl_wave_var *v = var_of(w, var);

    must(v->kind == BL_WAVE_EVENT || v->kind == BL_WAVE_BITS, "bits of another kind");
    must(v->kind == BL_WAVE_EVENT || v->width % 64 == 0 || words[v->width / 64] >> v->width % 64 == 0, "bits above the width");
    w->told += words[0];
    return 0;
}

static int on_states(struct bl_wave *w, uint32_t var, const char *ascii)
{
    const struct bl_wave_var *v = var_of(w, var);

    must(v->kind == BL_WAVE_BITS && strspn(ascii, "01xzhuwl-") == v->width && !ascii[v->width], "states of another length");
    return 0;
}

static int on_real(struct bl_wave *w, uint32_t var, double value)
{
    must(var_of(w, var)->kind == BL_WAVE_REAL, "a real of another kind");
    w->told += value > 0;
    return 0;
}

static int on_string(struct bl_wave *w, uint32_t var, const char *text, size_t bytes)
{
    must(var_of(w, var)->kind == BL_WAVE_STRING, "a text of another kind");
    for (size_t i = 0; i < bytes; i++)
        w->told += (unsigned char)text[i];
    return 0;
}

static int on_dump(struct bl_wave *w, bool on)
{
    w->told += on;
    return 0;
}

static char message[1024];

static void keep(void *ctx, const char *line)
{
    (void)ctx;
    snprintf(message, sizeof message, "%s", line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bl_wave_ops ops = { .time = on_time, .bits = on_bits, .states = on_states, .real = on_real,
                                            .string = on_string, .dump = on_dump };
    struct bl_diag diag = { .put = keep };
    struct bl_wave_source *s = bl_wave_source_bytes("fuzz", data, size, &diag);
    int rc = 1;

    if (s) {
        struct bl_wave w = { .head = bl_wave_source_head(s) };
        for (int steps = 0; rc > 0 && steps < MOST_STEPS; steps++)
            rc = bl_wave_source_step(s, &ops, &w);
        bl_wave_source_close(s);
    } else {
        rc = -1;
    }
    must((rc < 0) == (diag.errors > 0) && (rc >= 0 || strstr(message, "fuzz:")),
         "an error without a message, or a message without one");
    return 0;
}
