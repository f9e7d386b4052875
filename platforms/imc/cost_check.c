/* cost_check.c - what a macro cannot be: its numbers against each other, each with the number that would do. */
#include "platforms/imc/cost.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct check { bl_imc_told *told; void *ctx; unsigned wrong; };

static void __attribute__((format(printf, 3, 4))) say(struct check *c, const char *key, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->told(c->ctx, key, text);
    c->wrong++;
}

static void check_adc(struct check *c, const struct bl_imc_macro *m)
{
    unsigned long long bits = m->adc_bits, needs = bl_imc_adc_needs(m), most = m->d2 * ((1ULL << m->dac_bits) - 1);

    if (m->type == BL_IMC_DIMC && (bits || m->clipped))
        say(c, bits ? "adc_bits" : "adc_range", "a dimc macro adds in a tree and has no ADC; leave it out, or make it 'type: aimc'");
    else if (m->type == BL_IMC_AIMC && !bits)
        say(c, "type", "an aimc macro needs 'adc_bits'; %llu would hold a column's largest sum, %llu", needs, most);
    else if (m->type == BL_IMC_AIMC && bits < needs && !m->clipped)
        say(c, "adc_bits", "adc_bits is %llu, but a column sums up to %llu, which needs %llu; take %llu, or say that the range is narrower with "
            "'adc_range: clipped'", bits, most, needs, needs);
    else if (bits >= needs && m->clipped)
        say(c, "adc_range", "'adc_range' is clipped, but %llu bits hold a column's largest sum, %llu; take 'full', or at most %llu bits", bits, most,
            needs - 1);
}

/* The least multiple that divides `columns`, from n on; 0: none up to 64. */
static uint64_t divider(uint64_t columns, uint64_t n, bool up)
{
    while (n && n <= 64 && columns % n)
        n = up ? n + 1 : n - 1;
    return n <= 64 ? n : 0;
}

/* Converters that are shared are whole ones. */
static void check_share(struct check *c, const struct bl_imc_macro *m)
{
    const unsigned long long columns = m->d1 * m->w_bits, less = divider(columns, m->share, false), more = divider(columns, m->share, true);

    if (m->share < 2)
        return;
    if (m->type == BL_IMC_DIMC)
        say(c, "share", "a dimc macro has no ADC to share; leave it out, or make it 'type: aimc'");
    else if (columns % m->share && more)
        say(c, "share", "share is %llu, but there are %llu columns of cells (d1 w_bits); %llu or %llu would do", (unsigned long long)m->share, columns, less, more);
    else if (columns % m->share)
        say(c, "share", "share is %llu, but there are %llu columns of cells (d1 w_bits); %llu would do", (unsigned long long)m->share, columns, less);
}

/* Inputs come as fast as they are used: those of an operation while the one before is at work. */
static void check_ports(struct check *c, const struct bl_imc_macro *m)
{
    const unsigned long long rate = bl_imc_input_rate(m), bits = m->d2 * m->a_bits, port = m->input_port;

    if (m->input_port && m->input_port < rate)
        say(c, "input_port", "input_port is %llu bits a cycle, but an operation takes %llu bits (d2 a_bits) in its steps; take %llu", port, bits, rate);
}

static void check_buffer(struct check *c, const struct bl_imc_macro *m)
{
    const unsigned long long banks = m->banks ? m->banks : 1, more = bl_imc_pad(banks);

    if (banks > 1 && !m->buffer)
        say(c, "banks", "banks are those of a buffer, and there is none; leave it out, or say how many words it has: 'buffer: 8192'");
    else if (banks != more)
        say(c, "banks", "banks is %llu, which is no power of two; %llu or %llu would do", banks, more / 2, more);
    else if (m->buffer && banks > m->buffer)
        say(c, "banks", "banks is %llu, and the buffer has %llu words; %llu would do", banks, (unsigned long long)m->buffer, (unsigned long long)m->buffer);
}

unsigned bl_imc_check(const struct bl_imc_macro *m, bl_imc_told *told, void *ctx)
{
    struct check c = { told, ctx, 0 };

    if (m->dac_bits > m->a_bits)
        say(&c, "dac_bits", "dac_bits is %llu, but an input has a_bits = %llu; take 1 to %llu", (unsigned long long)m->dac_bits,
            (unsigned long long)m->a_bits, (unsigned long long)m->a_bits);
    if (m->type == BL_IMC_DIMC && m->array == BL_IMC_LITERAL)
        say(&c, "array_reading", "the cells of a dimc macro are still while weights stay, so there is nothing to read literally; leave it out");
    if (m->type == BL_IMC_AIMC && m->stages > 1)
        say(&c, "stages", "stages are those of an adder tree, and an aimc macro adds along bitlines; leave it out, or make it 'type: dimc'");
    check_adc(&c, m);
    check_share(&c, m);
    check_buffer(&c, m);
    if (m->dac_bits && m->dac_bits <= m->a_bits)
        check_ports(&c, m);
    return c.wrong;
}
