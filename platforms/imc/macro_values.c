/* macro_values.c - the keys of a macro's description, their values, and those that are made of others. */
#include "platforms/imc/macro_in.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct bl_imc_values, field)

const struct bl_imc_key bl_imc_keys[] = {
    /* key              kind            at               needed  least  most    preset  words */
    { "type",           BL_IMC_CHOICE,  AT(m.type),      true,   0,     1,      0,      "aimc|dimc", "sums of charge and ADCs, or adder trees" },
    { "d1",             BL_IMC_COUNT,   AT(m.d1),        false,  1,     65536,  0,      NULL, "output operands side by side (or 'cols')" },
    { "d2",             BL_IMC_COUNT,   AT(m.d2),        false,  1,     65536,  0,      NULL, "rows that are added up (or 'rows')" },
    { "cols",           BL_IMC_COUNT,   AT(cols),        false,  1,     1 << 20, 0,     NULL, "columns of cells: d1 times w_bits" },
    { "rows",           BL_IMC_COUNT,   AT(rows),        false,  1,     1 << 20, 0,     NULL, "rows of cells: d2 times m" },
    { "m",              BL_IMC_COUNT,   AT(m.m),         false,  1,     4096,   1,      NULL, "rows of weights stored for a row of products" },
    { "macros",         BL_IMC_COUNT,   AT(m.macros),    false,  1,     65536,  1,      NULL, "equal macros side by side" },
    { "w_bits",         BL_IMC_COUNT,   AT(m.w_bits),    true,   1,     16,     0,      NULL, "of a weight" },
    { "a_bits",         BL_IMC_COUNT,   AT(m.a_bits),    true,   1,     16,     0,      NULL, "of an input" },
    { "dac_bits",       BL_IMC_COUNT,   AT(m.dac_bits),  false,  1,     16,     1,      NULL, "of an input in one step; 1 needs no DAC" },
    { "adc_bits",       BL_IMC_COUNT,   AT(m.adc_bits),  false,  1,     16,     0,      NULL, "of an ADC; aimc alone" },
    { "share",          BL_IMC_COUNT,   AT(m.share),     false,  1,     64,     1,      NULL, "columns of cells that an ADC converts in turn; aimc alone" },
    { "stages",         BL_IMC_COUNT,   AT(m.stages),    false,  1,     64,     1,      NULL, "of the adder trees' pipeline; dimc alone" },
    { "input_port",     BL_IMC_COUNT,   AT(m.input_port), false, 1,     1 << 20, 0,     NULL, "bits of inputs a cycle; else as many as are used" },
    { "weight_port",    BL_IMC_COUNT,   AT(m.weight_port), false, 1,    1 << 20, 0,     NULL, "bits of weights a cycle; else a row" },
    { "buffer",         BL_IMC_COUNT,   AT(m.buffer),    false,  1,     1 << 24, 0,     NULL, "words of 64 bits that all macros share; else a host feeds them" },
    { "banks",          BL_IMC_COUNT,   AT(m.banks),     false,  1,     1024,   1,      NULL, "of the buffer, a power of two" },
    { "adc_range",      BL_IMC_CHOICE,  AT(m.clipped),   false,  0,     1,      0,      "full|clipped", "clipped: less than the largest sum, on purpose" },
    { "voltage",        BL_IMC_VOLTS,   AT(m.volts),     true,   0.1,   2,      0,      NULL, "supply" },
    { "node",           BL_IMC_NM,      AT(m.node),      true,   3,     350,    0,      NULL, "technology" },
    { "act",            BL_IMC_NUMBER,  AT(m.act),       false,  0.001, 1,      0.5,    NULL, "share of cells, gates and full adders that switch" },
    { "k3",             BL_IMC_NUMBER,  AT(m.k3),        false,  0,     1000,   44,     NULL, "DAC, fF a bit: 44 (paper) or 50 (zigzag)" },
    { "c_inv",          BL_IMC_NUMBER,  AT(m.c_inv),     false,  0.001, 100,    0,      NULL, "of an inverter in the equations, fF; else by the node" },
    { "array_reading",  BL_IMC_CHOICE,  AT(m.array),     false,  0,     1,      0,      "array|literal", "Eqs. (4) and (5) for all rows and columns, or once" },
    { "variant",        BL_IMC_CHOICE,  AT(m.variant),   false,  0,     1,      0,      "zigzag|zigzag_imc", "whose formula of the clock" },
    { "model",          BL_IMC_CHOICE,  AT(m.model),     false,  0,     1,      0,      "equations|gates", "whose energy makes TOPS/W" },
    { "steps",          BL_IMC_NUMBER,  AT(m.steps),     false,  1,     64,     0,      NULL, "input steps of gates and clock; else a_bits / dac_bits" },
    { "passes",         BL_IMC_NUMBER,  AT(m.passes),    false,  1,     64,     1,      NULL, "times that all blocks work in a step" },
    { "table2",         BL_IMC_CHOICE,  AT(table2),      false,  0,     1,      0,      "reconciled|printed", "geometry as repaired, or as 'printed' has it" },
    { 0 } };

_Static_assert(sizeof bl_imc_keys / sizeof *bl_imc_keys + 6 <= BL_IMC_KNOWN, "the keys and six sections have room");

size_t bl_imc_key_of(const char *name)
{
    size_t i = 0;

    while (bl_imc_keys[i].name && strcmp(bl_imc_keys[i].name, name))
        i++;
    return i;
}

size_t bl_imc_key_names(const char *names[BL_IMC_KNOWN])
{
    size_t n = 0;

    for (; bl_imc_keys[n].name; n++)
        names[n] = bl_imc_keys[n].name;
    return n;
}

/* ---- one value */

static int number(struct bl_imc_reader *r, const struct bl_imc_key *k, const char *text, const char *where, double *value)
{
    const char *unit = k->kind == BL_IMC_NM ? "nm" : "";
    char *end;

    *value = strtod(text, &end);
    bool bad = end == text || strpbrk(text, "xX");
    end += strspn(end, " ");
    if (!strcmp(end, unit))
        end += strlen(unit);
    if (bad || *end || !(*value >= k->least && *value <= k->most))
        return bl_error(r->diag, "%s: %s is '%s'; expected a number from %g to %g%s%s (%s)", where, k->name, text, k->least, k->most, *unit ? " " : "", unit, k->help);
    return 0;
}

static int count(struct bl_imc_reader *r, const struct bl_imc_key *k, const char *text, const char *where, uint64_t *value)
{
    uint64_t v = 0;
    size_t i = 0;

    for (; text[i] >= '0' && text[i] <= '9' && v <= (uint64_t)k->most; i++)
        v = 10 * v + (uint64_t)(text[i] - '0');
    if (!i || text[i] || v < (uint64_t)k->least || v > (uint64_t)k->most)
        return bl_error(r->diag, "%s: %s is '%s'; expected a whole number from %g to %.0f (%s)", where, k->name, text, k->least, k->most, k->help);
    *value = v;
    return 0;
}

static int volts(struct bl_imc_reader *r, const struct bl_imc_key *k, const char *text, const char *where, double *value)
{
    double uv;

    if (bl_parse_volts(text, &uv, r->diag, where) < 0)
        return -1;
    *value = uv * 1e-6;
    if (!(*value >= k->least && *value <= k->most))
        return bl_error(r->diag, "%s: %s is '%s'; expected %g V to %g V", where, k->name, text, k->least, k->most);
    return 0;
}

/* A choice is an enum or an unsigned of the struct. */
static int choice(struct bl_imc_reader *r, const struct bl_imc_key *k, const char *text, const char *where, char *at)
{
    int i = bl_imc_word(k->words, text);

    if (i < 0)
        return bl_error(r->diag, "%s: %s is '%s'; expected one of %s (%s)", where, k->name, text, k->words, k->help);
    *(unsigned *)(void *)at = (unsigned)i;
    return 0;
}

static int value(struct bl_imc_reader *r, size_t i, struct bl_imc_values *v)
{
    const struct bl_imc_key *k = &bl_imc_keys[i];
    const char *text = r->said.text[i], *where = r->said.where[i];
    char *at = (char *)v + k->at;

    if (!where && k->required)
        return bl_error(r->diag, "%s:1:1: the file has no '%s'; expected it (%s)", r->path, k->name, k->help);
    if (!text) {
        if (k->kind == BL_IMC_COUNT)
            *(uint64_t *)(void *)at = (uint64_t)k->preset;
        else if (k->kind != BL_IMC_CHOICE)
            *(double *)(void *)at = k->preset;
        return 0;                                /* a choice is its first word: 0 */
    }
    switch (k->kind) {
    case BL_IMC_COUNT: return count(r, k, text, where, (uint64_t *)(void *)at);
    case BL_IMC_VOLTS: return volts(r, k, text, where, (double *)(void *)at);
    case BL_IMC_CHOICE: return choice(r, k, text, where, at);
    default: return number(r, k, text, where, (double *)(void *)at);
    }
}

/* d1 of cols, d2 of rows: whole operands, and one of the two ways to say it. */
static int divide(struct bl_imc_reader *r, const char *all, const char *part, const char *by, uint64_t total, uint64_t unit, uint64_t *result)
{
    size_t i = bl_imc_key_of(all), j = bl_imc_key_of(part);
    uint64_t low = unit ? total - total % unit : 0;

    if (!r->said.where[i] && !r->said.where[j])
        return bl_error(r->diag, "%s:1:1: the file has neither '%s' nor '%s'; expected one of them (%s)", r->path, part, all, bl_imc_keys[j].help);
    if (!r->said.where[i])
        return 0;
    if (r->said.where[j])
        return bl_error(r->diag, "%s: '%s' and '%s' say the same (%s = %s / %s); leave out one of them", r->said.where[i], part, all, part, all, by);
    if (total && unit && total % unit && low)
        return bl_error(r->diag, "%s: %s is %llu, which is no multiple of %s = %llu; %llu or %llu would do", r->said.where[i], all, (unsigned long long)total,
                        by, (unsigned long long)unit, (unsigned long long)low, (unsigned long long)(low + unit));
    if (total && unit && total % unit)
        return bl_error(r->diag, "%s: %s is %llu, less than %s = %llu; %llu would do", r->said.where[i], all, (unsigned long long)total, by,
                        (unsigned long long)unit, (unsigned long long)unit);
    if (total && unit && total / unit > 65536)
        return bl_error(r->diag, "%s: %s is %llu, so %s is %llu; expected at most 65536", r->said.where[i], all, (unsigned long long)total, part,
                        (unsigned long long)(total / unit));
    *result = unit ? total / unit : 0;
    return 0;
}

static void told(void *ctx, const char *key, const char *text)
{
    struct bl_imc_reader *r = ctx;
    const char *where = r->said.where[bl_imc_key_of(key)];

    if (where)
        bl_error(r->diag, "%s: %s", where, text);
    else
        bl_error(r->diag, "%s:1:1: %s", r->path, text);
}

int bl_imc_read_values(struct bl_imc_reader *r)
{
    struct bl_imc_values v = { 0 };
    int status = 0;
    bool unsure = false;

    for (size_t i = 0; bl_imc_keys[i].name; i++) {
        int bad = value(r, i, &v);
        status |= bad;
        unsure |= bad && bl_imc_word("voltage|node|act|k3|c_inv|variant|model|steps|passes", bl_imc_keys[i].name) < 0;
    }
    bool divided = (divide(r, "cols", "d1", "w_bits", v.cols, v.m.w_bits, &v.m.d1) | divide(r, "rows", "d2", "m", v.rows, v.m.m, &v.m.d2)) == 0;
    r->f->macro = v.m;
    if (divided && !unsure)                      /* what these rules look at is known */
        status |= bl_imc_check(&v.m, told, r) ? -1 : 0;
    return status < 0 || !divided ? -1 : 0;
}
