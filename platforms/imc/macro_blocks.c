/* macro_blocks.c - reads the blocks of a macro's description: what a chip is made of, where the general structure does not fit it. */
#include "platforms/imc/macro_in.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define LIKE "'{ kind: tree, count: 6, bits: 9, inputs: 32, stage: 1 }'"

static const char KINDS[] = "multiplier|tree|adder|register|adc|dac|line|cells";
static const char IN[] = "energy|area|clock";

int bl_imc_real(struct bl_yaml_doc *doc, const struct bl_yaml *node, const char *what, double least, double most, double *value)
{
    const char *text = bl_yaml_text(doc, node, what);
    char *end;

    if (!text)
        return -1;
    *value = strtod(text, &end);
    if (end == text || *end || strpbrk(text, "xXnN") || !(*value >= least && *value <= most))
        return bl_yaml_error(doc, node, 0, "%s is '%s'; expected a number from %g to %g", what, text, least, most);
    return 0;
}

int bl_imc_word(const char *words, const char *text)
{
    size_t n = strlen(text);

    for (int i = 0; *words; i++) {
        size_t len = strcspn(words, "|");
        if (len == n && !memcmp(words, text, n))
            return i;
        words += len + (words[len] == '|');
    }
    return -1;
}

int bl_imc_tag(struct bl_yaml_doc *doc, const struct bl_yaml *node, enum bl_tag *tag)
{
    const char *text = bl_yaml_text(doc, node, "the tag");

    if (!text)
        return -1;
    for (int i = 0; i < 4; i++)
        if (!strcmp(text, bl_tag_name[i])) {
            *tag = (enum bl_tag)i;
            return 0;
        }
    return bl_yaml_error(doc, node, 0, "the tag is '%s'; expected fact, derived, calibrated or free", text);
}

static const struct block_key { const char *name; bool is_count; size_t at; double least, most; } keys[] = {
    { "count", false, offsetof(struct bl_imc_block, count), 0, 1e9 },     { "act", false, offsetof(struct bl_imc_block, act), 0, 16 },
    { "um2", false, offsetof(struct bl_imc_block, um2), 0, 1e9 },         { "sums", false, offsetof(struct bl_imc_block, sums), 0, 64 },
    { "couts", false, offsetof(struct bl_imc_block, couts), 0, 64 },      { "carries", false, offsetof(struct bl_imc_block, carries), 0, 64 },
    { "bits", true, offsetof(struct bl_imc_block, bits), 1, 1024 },         { "inputs", true, offsetof(struct bl_imc_block, inputs), 1, 65536 },
    { "stage", true, offsetof(struct bl_imc_block, stage), 0, BL_IMC_STAGES },
};

static int read_kind(struct bl_imc_file *f, const struct bl_yaml *row, struct bl_imc_block *b)
{
    const struct bl_yaml *node = bl_yaml_get(row, "kind");
    const char *text = node ? bl_yaml_text(f->doc, node, "the kind") : NULL;
    int kind = text ? bl_imc_word(KINDS, text) : -1;

    if (!node)
        return bl_yaml_error(f->doc, row, 0, "a block has no 'kind'; expected one of %s", KINDS);
    if (text && kind < 0)
        return bl_yaml_error(f->doc, node, 0, "the kind is '%s'; expected one of %s", text, KINDS);
    b->kind = (enum bl_imc_block_kind)(kind < 0 ? 0 : kind);
    b->what = bl_imc_block_name[b->kind];
    return text ? 0 : -1;
}

/* "in: [energy, area]". */
static int read_in(struct bl_imc_file *f, const struct bl_yaml *list, struct bl_imc_block *b)
{
    int status = 0;

    if (bl_yaml_is(f->doc, list, BL_YAML_LIST, "'in'", "'[energy, area]'") < 0)
        return -1;
    b->in = 0;
    for (const struct bl_yaml *v = list->first; v; v = v->next) {
        const char *text = bl_yaml_text(f->doc, v, "what the block counts in");
        int i = text ? bl_imc_word(IN, text) : -1;
        if (text && i < 0)
            bl_yaml_error(f->doc, v, 0, "a block cannot count in '%s'; expected energy, area or clock", text);
        status |= i < 0 ? -1 : 0;
        b->in |= i < 0 ? 0 : 1U << i;
    }
    return status;
}

static int read_number(struct bl_imc_file *f, const struct bl_yaml *row, const struct block_key *k, struct bl_imc_block *b)
{
    const struct bl_yaml *node = bl_yaml_get(row, k->name);
    char *at = (char *)b + k->at;

    if (!node)
        return 0;
    return k->is_count ? bl_yaml_count(f->doc, node, k->name, (uint64_t)k->least, (uint64_t)k->most, (uint64_t *)(void *)at)
                       : bl_imc_real(f->doc, node, k->name, k->least, k->most, (double *)(void *)at);
}

/* What a kind cannot do without. */
static int needs(struct bl_imc_file *f, const struct bl_yaml *row, const struct bl_imc_block *b)
{
    static const struct { enum bl_imc_block_kind kind; const char *key; } need[] = {
        { BL_IMC_TREES, "inputs" }, { BL_IMC_ADCS, "inputs" }, { BL_IMC_CELLS, "um2" } };
    int status = 0;

    if (!bl_yaml_get(row, "count"))
        status = bl_yaml_error(f->doc, row, 0, "the %s has no 'count'; say how many a macro has", b->what);
    if (b->kind != BL_IMC_LINES && b->kind != BL_IMC_CELLS && !b->bits)
        status = bl_yaml_error(f->doc, row, 0, "the %s has no 'bits'; say how wide it is", b->what);
    for (size_t i = 0; i < COUNT(need); i++)
        if (need[i].kind == b->kind && !bl_yaml_get(row, need[i].key))
            status = bl_yaml_error(f->doc, row, 0, "the %s has no '%s'", b->what, need[i].key);
    if (b->kind == BL_IMC_ADCS && b->bits > 16)
        status = bl_yaml_error(f->doc, row, 0, "an adc of %llu bits; expected 1 to 16", (unsigned long long)b->bits);
    return status;
}

static int read_block(struct bl_imc_file *f, const struct bl_yaml *row, struct bl_imc_block *b)
{
    static const char *const known[] = { "kind", "what", "in", "count", "act", "um2", "sums", "couts", "carries", "bits", "inputs", "stage" };
    const struct bl_yaml *what, *in;
    int status;

    *b = (struct bl_imc_block){ .in = BL_IMC_IN_ALL, .act = 1, .inputs = 1 };
    if (bl_yaml_is(f->doc, row, BL_YAML_MAP, "a block", LIKE) < 0)
        return -1;
    status = bl_yaml_known(f->doc, row, "a block", known, COUNT(known)) | read_kind(f, row, b);
    if ((what = bl_yaml_get(row, "what")) && !(b->what = bl_yaml_text(f->doc, what, "'what'")))
        status = -1;
    if ((in = bl_yaml_get(row, "in")))
        status |= read_in(f, in, b);
    for (size_t i = 0; i < COUNT(keys); i++)
        status |= read_number(f, row, &keys[i], b);
    return status < 0 ? -1 : needs(f, row, b);
}

int bl_imc_blocks(struct bl_imc_file *f, const struct bl_yaml *list)
{
    struct bl_imc_block *blocks;
    int status = 0;

    if (bl_yaml_is(f->doc, list, BL_YAML_LIST, "'blocks'", "lines like '- { kind: tree, count: 6, bits: 9, inputs: 32 }'") < 0)
        return -1;
    if (!list->n || list->n > BL_IMC_BLOCKS)
        return bl_yaml_error(f->doc, list, 0, "'blocks' has %zu of them; expected 1 to %d", list->n, BL_IMC_BLOCKS);
    if (!(blocks = bl_yaml_keep(f->doc, list->n, sizeof *blocks)))
        return -1;
    f->blocks = blocks;
    for (const struct bl_yaml *row = list->first; row; row = row->next)
        status |= read_block(f, row, &blocks[f->nblocks++]);
    return status;
}
