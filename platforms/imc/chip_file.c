/* chip_file.c - a chip of any number of macros and vector units, as text: ports of the host, the dma and the buffer are counted off, dma first,
 * then vector units, then cores. */
#include "platforms/imc/chip_file.h"

#include <stdarg.h>
#include <stdio.h>

struct out { char *to; size_t at; };

__attribute__((format(printf, 2, 3)))
static void say(struct out *o, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    const int n = vsnprintf(o->to + o->at, BL_CHIP_TEXT - o->at, fmt, ap);
    va_end(ap);
    o->at += n > 0 ? (size_t)n : 0;
    o->at = o->at < BL_CHIP_TEXT ? o->at : BL_CHIP_TEXT - 1;
}

static uint32_t or_else(uint32_t v, uint32_t preset) { return v ? v : preset; }

static void say_parts(struct out *o, const struct bl_chip_made *m, uint32_t n, uint32_t v)
{
    const uint32_t rows = or_else(m->rows, 64), cols = or_else(m->cols, 64);

    say(o, "platform: chip\nclocks: { core: 200 MHz }\nmapper: weight_stationary\n");
    say(o, "array: { host: host, rows: %u, cols: %u, w_bits: 8, a_bits: 8, macros: %u, feed: buffered, placement: %s, slots: %u%s%s }\n", rows, cols, n,
        m->placement ? m->placement : "resident", or_else(m->slots, 64), m->more ? ", " : "", m->more ? m->more : "");
    say(o, "parts:\n  host: { class: host, ins: %u, outs: %u, units: %u, counts: %u, latency: 40 }\n", rows, cols, 1 + v + 2 * n, 3 + 8 * v + 3 * n);
    say(o, "  dma: { class: dma, targets: %u, burst: 16, outstanding: 4, mask: 1, lines: 3, drained: 1 }\n", n + 1);
    say(o, "  buf: { class: sram, words: %u, bits: 64, banks: %u, ports: %s, clients: %u, mask: 1 }\n", or_else(m->words, 65536), or_else(m->banks, 1),
        m->banks ? "1rw" : "free", 1 + 2 * v + 2 * n);
    say(o, "  core: { use: chip_core.yaml, count: %u, rows: %u, cols: %u, stages: %u }\n", n, rows, cols, or_else(m->stages, 1));
    if (v)
        say(o, "  vec: { class: vector, count: %u, lines: 8, mask: 1 }\n", v);
}

static void say_wires(struct out *o, uint32_t n, uint32_t v)
{
    say(o, "wires:\n  - host.go[0] -> dma.job depth 4\n  - dma.done[*] -> host.done[0..2]\n  - host.layer -> core[*].layer[*]\n");
    if (v)
        say(o, "  - host.go[1..%u] -> vec[*].job depth 4\n  - vec[*].done[*] -> host.done[3..%u]\n", v, 2 + 8 * v);
    say(o, "  - host.go[%u..%u] -> core[*].go[*] depth 4\n", 1 + v, v + 2 * n);
    say(o, "  - core[*].done[*] -> host.done[%u..%u]\n", 3 + 8 * v, 2 + 8 * v + 3 * n);
    if (n > 1)
        say(o, "  - core[0..%u].below -> core[1..%u].above depth 2\n", n - 2, n - 1);
    say(o, "  - dma.req -> host.req depth 2\n  - host.rsp -> dma.rsp depth 2\n  - dma.near[0] -> buf.req[0] depth 2\n  - buf.rsp[0] -> dma.back[0] depth 2\n");
    say(o, "  - dma.near[1..%u] -> core[*].w depth 2\n", n);
    for (uint32_t i = 0; i < v; i++)
        say(o, "  - vec[%u].req -> buf.req[%u] depth 2\n  - vec[%u].wr -> buf.req[%u] depth 2\n  - buf.rsp[%u] -> vec[%u].rsp depth 2\n", i, 1 + 2 * i, i, 2 + 2 * i,
            1 + 2 * i, i);
    say(o, "  - core[*].req[*] -> buf.req[%u..%u] depth 2\n  - buf.rsp[%u..%u] -> core[*].rsp[*] depth 2\n", 1 + 2 * v, 2 * v + 2 * n, 1 + 2 * v, 2 * v + 2 * n);
}

char *bl_chip_text(const struct bl_chip_made *m, char to[BL_CHIP_TEXT])
{
    struct out o = { to, 0 };
    const uint32_t n = or_else(m->macros, 32);

    say_parts(&o, m, n, m->vectors);
    say_wires(&o, n, m->vectors);
    return to;
}
