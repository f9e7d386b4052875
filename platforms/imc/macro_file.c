/* macro_file.c - reads the description of a macro: what stands for each key, in the file and on the command line, sources, and what is known
 * of the chip. */
#include "platforms/imc/macro_in.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const sections[] = { "macro", "about", "printed", "sources", "reported", "blocks" };

/* ---- collecting */

static int collect(struct bl_imc_reader *r, const struct bl_yaml *map)
{
    int status = 0;

    for (const struct bl_yaml *v = map->first; v; v = v->next) {
        size_t i = bl_imc_key_of(v->key->text);
        if (!bl_imc_keys[i].name)
            continue;
        r->said.text[i] = bl_yaml_text(r->f->doc, v, v->key->text);
        r->said.where[i] = bl_yaml_where(r->f->doc, v, 0);
        status |= r->said.text[i] ? 0 : -1;
    }
    return status;
}

/* "act=1" of the command line. */
static int collect_set(struct bl_imc_reader *r, const char *set)
{
    const char *names[BL_IMC_KNOWN], *near;
    size_t n = strcspn(set, "="), len = strlen(set), room = len + sizeof "--set ", i;
    char *key = bl_yaml_keep(r->f->doc, len + 1 + room, 1), *where = key ? key + len + 1 : NULL;

    if (!key)
        return -1;
    memcpy(key, set, len);
    snprintf(where, room, "--set %s", set);
    if (n == len)
        return bl_error(r->diag, "%s: expected KEY=VALUE", where);
    key[n] = '\0';
    i = bl_imc_key_of(key);
    if (!bl_imc_keys[i].name && (near = bl_nearest(key, names, bl_imc_key_names(names))))
        return bl_error(r->diag, "%s: a macro has no '%s'; did you mean '%s'?", where, key, near);
    if (!bl_imc_keys[i].name)
        return bl_error(r->diag, "%s: a macro has no '%s'; its keys are in platforms/imc/README.md", where, key);
    r->said.text[i] = key + n + 1;
    r->said.where[i] = where;
    return 0;
}

static int collect_sets(struct bl_imc_reader *r, struct bl_words sets)
{
    int status = 0;

    for (size_t i = 0; i < sets.n; i++)
        status |= collect_set(r, sets.v[i]);
    return status;
}

/* ---- sections */

static int source(struct bl_imc_reader *r, const struct bl_yaml *row, struct bl_imc_source *s)
{
    static const char *const known[] = { "tag", "source" };
    struct bl_yaml_doc *doc = r->f->doc;
    const struct bl_yaml *tag, *text;
    int status;

    s->key = row->key->text;
    if (!bl_imc_keys[bl_imc_key_of(s->key)].name && strcmp(s->key, "blocks"))
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

static int read_sources(struct bl_imc_reader *r, const struct bl_yaml *map)
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
static int read_usable(struct bl_imc_reader *r, const struct bl_yaml *list)
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

static int read_reported(struct bl_imc_reader *r, const struct bl_yaml *map)
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

static int head(struct bl_imc_reader *r, const struct bl_yaml *root)
{
    const char *known[BL_IMC_KNOWN];
    const struct bl_yaml *v;
    size_t n = bl_imc_key_names(known);
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
static int printed(struct bl_imc_reader *r, const struct bl_yaml *root)
{
    const struct bl_yaml *map = bl_yaml_get(root, "printed");
    size_t i = bl_imc_key_of("table2");
    const char *which = r->said.text[i], *names[BL_IMC_KNOWN];

    if (map && (bl_yaml_is(r->f->doc, map, BL_YAML_MAP, "'printed'", "'{ d1: 8, d2: 64 }'") < 0 ||
                bl_yaml_known(r->f->doc, map, "'printed'", names, bl_imc_key_names(names)) < 0))
        return -1;
    if (which && !map)
        return bl_error(r->diag, "%s: table2 is '%s', but the file has no 'printed'; it has one geometry only, so leave this out", r->said.where[i], which);
    return which && !strcmp(which, "printed") ? collect(r, map) : 0;
}

static int sections_of(struct bl_imc_reader *r, const struct bl_yaml *root)
{
    const struct bl_yaml *sources = bl_yaml_get(root, "sources"), *reported = bl_yaml_get(root, "reported"), *blocks = bl_yaml_get(root, "blocks");
    int status = sources ? read_sources(r, sources) : 0;

    status |= reported ? read_reported(r, reported) : 0;
    return status | (blocks ? bl_imc_blocks(r->f, blocks) : 0);
}

/* Blocks of one's own may leave something out that every macro has. */
static int complete(struct bl_imc_reader *r, const struct bl_yaml *blocks)
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
    struct bl_imc_reader r = { .f = f, .path = path, .diag = diag };
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
    status |= bl_imc_read_values(&r);
    if (!(f->where = bl_yaml_keep(f->doc, BL_IMC_KNOWN + 1, sizeof(*f->where))))
        return -1;
    memcpy(f->where, r.said.where, sizeof r.said.where);
    f->where[BL_IMC_KNOWN] = bl_yaml_where(f->doc, root, 0);
    return status < 0 || !f->blocks ? status : complete(&r, bl_yaml_get(root, "blocks"));
}

void bl_imc_file_fini(struct bl_imc_file *f)
{
    bl_yaml_free(f->doc);
    f->doc = NULL;
}

const char *bl_imc_where(const struct bl_imc_file *f, const char *key)
{
    const char *where = f->where[bl_imc_key_of(key)];

    return where ? where : f->where[BL_IMC_KNOWN];
}

struct bl_imc_source bl_imc_source_of(const struct bl_imc_file *f, const char *key)
{
    for (size_t i = 0; i < f->nsources; i++)
        if (!strcmp(f->sources[i].key, key))
            return f->sources[i];
    return (struct bl_imc_source){ key, BL_FREE, "chosen in the file, or preset" };
}
