/* macro_file.c - reads the description of a macro: its keys, what the command line sets, sources, and what is known of the chip. */
#include "platforms/imc/macro_in.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct bl_imc_values, field)
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
enum { KNOWN = 32 };

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
static const char *const sections[] = { "macro", "about", "printed", "sources", "reported", "blocks" };

/* What is said of each key: a text and where it stands. */
struct said { const char *text[COUNT(bl_imc_keys)], *where[COUNT(bl_imc_keys)]; };
struct reader { struct bl_imc_file *f; const char *path; struct bl_diag *diag; struct said said; };

static size_t key_of(const char *name)
{
    size_t i = 0;

    while (bl_imc_keys[i].name && strcmp(bl_imc_keys[i].name, name))
        i++;
    return i;
}

/* ---- collecting */

static int collect(struct reader *r, const struct bl_yaml *map)
{
    int status = 0;

    for (const struct bl_yaml *v = map->first; v; v = v->next) {
        size_t i = key_of(v->key->text);
        if (!bl_imc_keys[i].name)
            continue;
        r->said.text[i] = bl_yaml_text(r->f->doc, v, v->key->text);
        r->said.where[i] = bl_yaml_where(r->f->doc, v, 0);
        status |= r->said.text[i] ? 0 : -1;
    }
    return status;
}

static size_t key_names(const char *names[KNOWN])
{
    size_t n = 0;

    for (; bl_imc_keys[n].name; n++)
        names[n] = bl_imc_keys[n].name;
    return n;
}

/* "act=1" of the command line. */
static int collect_set(struct reader *r, const char *set)
{
    const char *names[KNOWN], *near;
    size_t n = strcspn(set, "="), len = strlen(set), room = len + sizeof "--set ", i;
    char *key = bl_yaml_keep(r->f->doc, len + 1 + room, 1), *where = key ? key + len + 1 : NULL;

    if (!key)
        return -1;
    memcpy(key, set, len);
    snprintf(where, room, "--set %s", set);
    if (n == len)
        return bl_error(r->diag, "%s: expected KEY=VALUE", where);
    key[n] = '\0';
    i = key_of(key);
    if (!bl_imc_keys[i].name && (near = bl_nearest(key, names, key_names(names))))
        return bl_error(r->diag, "%s: a macro has no '%s'; did you mean '%s'?", where, key, near);
    if (!bl_imc_keys[i].name)
        return bl_error(r->diag, "%s: a macro has no '%s'; its keys are in platforms/imc/README.md", where, key);
    r->said.text[i] = key + n + 1;
    r->said.where[i] = where;
    return 0;
}

static int collect_sets(struct reader *r, struct bl_words sets)
{
    int status = 0;

    for (size_t i = 0; i < sets.n; i++)
        status |= collect_set(r, sets.v[i]);
    return status;
}

/* ---- values */

static int number(struct reader *r, const struct bl_imc_key *k, const char *text, const char *where, double *value)
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

static int count(struct reader *r, const struct bl_imc_key *k, const char *text, const char *where, uint64_t *value)
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

static int volts(struct reader *r, const struct bl_imc_key *k, const char *text, const char *where, double *value)
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
static int choice(struct reader *r, const struct bl_imc_key *k, const char *text, const char *where, char *at)
{
    int i = bl_imc_word(k->words, text);

    if (i < 0)
        return bl_error(r->diag, "%s: %s is '%s'; expected one of %s (%s)", where, k->name, text, k->words, k->help);
    *(unsigned *)(void *)at = (unsigned)i;
    return 0;
}

static int value(struct reader *r, size_t i, struct bl_imc_values *v)
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
static int divide(struct reader *r, const char *all, const char *part, const char *by, uint64_t total, uint64_t unit, uint64_t *result)
{
    size_t i = key_of(all), j = key_of(part);
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
    struct reader *r = ctx;
    const char *where = r->said.where[key_of(key)];

    if (where)
        bl_error(r->diag, "%s: %s", where, text);
    else
        bl_error(r->diag, "%s:1:1: %s", r->path, text);
}

static int values(struct reader *r)
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

/* ---- sections */

static int source(struct reader *r, const struct bl_yaml *row, struct bl_imc_source *s)
{
    static const char *const known[] = { "tag", "source" };
    struct bl_yaml_doc *doc = r->f->doc;
    const struct bl_yaml *tag, *text;
    int status;

    s->key = row->key->text;
    if (!bl_imc_keys[key_of(s->key)].name && strcmp(s->key, "blocks"))
        return bl_yaml_error(doc, row->key, 0, "'sources' has '%s', which is no key of a macro; expected one that the file has", s->key);
    if (bl_yaml_is(doc, row, BL_YAML_MAP, "a source", "'{ tag: fact, source: \"Table II\" }'") < 0)
        return -1;
    status = bl_yaml_known(doc, row, "a source", known, COUNT(known));
    tag = bl_yaml_get(row, "tag");
    text = bl_yaml_get(row, "source");
    if (!tag || !text)
        return bl_yaml_error(doc, row, 0, "the source of '%s' has no '%s'; expected tag and source", s->key, tag ? "source" : "tag");
    status |= bl_imc_tag(doc, tag, &s->tag);
    s->source = bl_yaml_text(doc, text, "the source");
    return s->source ? status : -1;
}

static int read_sources(struct reader *r, const struct bl_yaml *map)
{
    struct bl_imc_source *sources;
    int status = 0;

    if (bl_yaml_is(r->f->doc, map, BL_YAML_MAP, "'sources'", "lines like 'd1: { tag: fact, source: \"Table II\" }'") < 0 ||
        !(sources = bl_yaml_keep(r->f->doc, map->n, sizeof *sources)))
        return -1;
    r->f->sources = sources;
    for (const struct bl_yaml *row = map->first; row; row = row->next)
        status |= source(r, row, &sources[r->f->nsources++]);
    return status;
}

/* "usable: [area, clock]". */
static int read_usable(struct reader *r, const struct bl_yaml *list)
{
    bool *const usable[] = { &r->f->reported.usable_tops_w, &r->f->reported.usable_area, &r->f->reported.usable_clock };
    int status = 0;

    if (bl_yaml_is(r->f->doc, list, BL_YAML_LIST, "'usable'", "'[area, clock]'") < 0)
        return -1;
    for (const struct bl_yaml *v = list->first; v; v = v->next) {
        const char *text = bl_yaml_text(r->f->doc, v, "what is usable");
        int i = text ? bl_imc_word("tops_w|area|clock", text) : -1;
        if (text && i < 0)
            bl_yaml_error(r->f->doc, v, 0, "'%s' cannot be usable; expected tops_w, area or clock", text);
        if (i < 0)
            status = -1;
        else
            *usable[i] = true;
    }
    return status;
}

static int read_reported(struct reader *r, const struct bl_yaml *map)
{
    static const char *const known[] = { "tops_w", "area", "clock", "usable", "source" };
    double *const into[] = { &r->f->reported.tops_w, &r->f->reported.area, &r->f->reported.clock };
    const struct bl_yaml *v;
    int status;

    if (bl_yaml_is(r->f->doc, map, BL_YAML_MAP, "'reported'", "'{ tops_w: 18.7, area: 1.88, source: \"...\" }'") < 0)
        return -1;
    status = bl_yaml_known(r->f->doc, map, "'reported'", known, COUNT(known));
    for (size_t i = 0; i < 3; i++)
        if ((v = bl_yaml_get(map, known[i])))
            status |= bl_imc_real(r->f->doc, v, known[i], 1e-6, 1e6, into[i]);
    if ((v = bl_yaml_get(map, "usable")))
        status |= read_usable(r, v);
    if (!(v = bl_yaml_get(map, "source")))
        return bl_yaml_error(r->f->doc, map, 0, "'reported' has no 'source'; say where its figures are printed");
    return (r->f->reported.source = bl_yaml_text(r->f->doc, v, "the source")) ? status : -1;
}

/* ---- the file */

static int head(struct reader *r, const struct bl_yaml *root)
{
    const char *known[KNOWN];
    const struct bl_yaml *v;
    size_t n = key_names(known);
    int status;

    for (size_t i = 0; i < COUNT(sections); i++)
        known[n++] = sections[i];
    status = bl_yaml_known(r->f->doc, root, "a macro", known, n);
    if (!(v = bl_yaml_get(root, "macro")))
        status = bl_error(r->diag, "%s:1:1: the file has no 'macro'; expected 'macro: NAME' at its top", r->path);
    else if (!(r->f->name = bl_yaml_text(r->f->doc, v, "the name")))
        status = -1;
    if ((v = bl_yaml_get(root, "about")) && !(r->f->about = bl_yaml_text(r->f->doc, v, "'about'")))
        status = -1;
    return status;
}

/* The geometry as printed stands over the repaired one, where that is asked for. */
static int printed(struct reader *r, const struct bl_yaml *root)
{
    const struct bl_yaml *map = bl_yaml_get(root, "printed");
    size_t i = key_of("table2");
    const char *which = r->said.text[i], *names[KNOWN];

    if (map && (bl_yaml_is(r->f->doc, map, BL_YAML_MAP, "'printed'", "'{ d1: 8, d2: 64 }'") < 0 ||
                bl_yaml_known(r->f->doc, map, "'printed'", names, key_names(names)) < 0))
        return -1;
    if (which && !map)
        return bl_error(r->diag, "%s: table2 is '%s', but the file has no 'printed'; it has one geometry only, so leave this out", r->said.where[i], which);
    return which && !strcmp(which, "printed") ? collect(r, map) : 0;
}

static int sections_of(struct reader *r, const struct bl_yaml *root)
{
    const struct bl_yaml *sources = bl_yaml_get(root, "sources"), *reported = bl_yaml_get(root, "reported"), *blocks = bl_yaml_get(root, "blocks");
    int status = sources ? read_sources(r, sources) : 0;

    status |= reported ? read_reported(r, reported) : 0;
    return status | (blocks ? bl_imc_blocks(r->f, blocks) : 0);
}

/* Blocks of one's own may leave something out that every macro has. */
static int complete(struct reader *r, const struct bl_yaml *blocks)
{
    const struct bl_imc_cost c = bl_imc_cost(&r->f->macro, r->f->blocks, r->f->nblocks);
    int status = 0;

    if (!(c.clock > 0))
        status = bl_yaml_error(r->f->doc, blocks, 0, "no block is on the critical path, so there is no clock; give those that are 'stage: 1'");
    if (!(c.area > 0))
        status = bl_yaml_error(r->f->doc, blocks, 0, "no block has an area; expected at least one, like '{ kind: cells, count: 1, um2: 3960 }'");
    if (!(c.gates > 0))
        status = bl_yaml_error(r->f->doc, blocks, 0, "no block has an energy; expected at least one, like '{ kind: multiplier, count: 32, bits: 8 }'");
    return status;
}

int bl_imc_file_read(struct bl_imc_file *f, const char *path, const void *bytes, size_t n, struct bl_words sets, struct bl_diag *diag)
{
    struct reader r = { .f = f, .path = path, .diag = diag };
    int status;

    *f = (struct bl_imc_file){ .doc = bl_yaml_read(path, bytes, n, diag) };
    if (!f->doc)
        return -1;
    const struct bl_yaml *root = bl_yaml_root(f->doc);
    status = head(&r, root) | collect(&r, root) | collect_sets(&r, sets);
    status |= printed(&r, root);
    if (sets.n)                                  /* the command line has the last word */
        collect_sets(&r, (struct bl_words){ sets.v, status < 0 ? 0 : sets.n });
    status |= sections_of(&r, root);
    status |= values(&r);
    return status < 0 || !f->blocks ? status : complete(&r, bl_yaml_get(root, "blocks"));
}

void bl_imc_file_fini(struct bl_imc_file *f)
{
    bl_yaml_free(f->doc);
    f->doc = NULL;
}

struct bl_imc_source bl_imc_source_of(const struct bl_imc_file *f, const char *key)
{
    for (size_t i = 0; i < f->nsources; i++)
        if (!strcmp(f->sources[i].key, key))
            return f->sources[i];
    return (struct bl_imc_source){ key, BL_FREE, "chosen in the file, or preset" };
}
