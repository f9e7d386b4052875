/* load.c - reads a platform file; owns the plan and hands it to the kernel. The sections of a file and the command line have
 * files of their own. */
#include "kernel/model.h"
#include "platforms/file/load.h"
#include "platforms/file/io.h"
#include "platforms/file/plan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- texts */

int text_error(const struct text_in *in, const char *at, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (in->node)
        return bl_yaml_error(in->p->doc, in->node, (size_t)(at - in->text), "%s", text);
    return bl_error(in->p->diag, "%s: %s", in->where, text);
}

void text_blanks(struct text_in *in) { in->at += strspn(in->at, " "); }

/* ---- from bytes to a plan */

/* Reads a section, when it is there; a section that failed does not keep the others from being checked. */
static int section(struct bl_platform *p, const char *key, int (*read)(struct bl_platform *, const struct bl_yaml *))
{
    const struct bl_yaml *v = bl_yaml_get(p->tree, key);

    return v ? read(p, v) : 0;
}

/* What stands in the file; the parts of what it uses as well, since wires and --sets go there. */
static int sections(struct bl_platform *p)
{
    int status = plan_head(p) | section(p, "clocks", plan_clocks) | section(p, "array", plan_array) | section(p, "modules", plan_modules) |
                 section(p, "sources", plan_sources);

    if (!bl_yaml_get(p->tree, "parts"))
        return bl_error(p->diag, "%s:1:1: the file has no 'parts'; expected at least one part", p->path);
    if (section(p, "parts", plan_parts) < 0) {
        if (!p->nparts)
            return -1;
        status = -1;
        p->is_vague = true;                 /* a part that was refused has no number to compare with */
    }
    status |= plan_sets_of_uses(p) | plan_uses(p);
    return status | section(p, "ports", plan_exports) | section(p, "wires", plan_wires) | section(p, "expect", plan_expects) | plan_sets(p);
}

static int plan(struct bl_platform *p, const struct given *given, size_t n)
{
    static const char *const known[] = { "platform", "about", "params", "clocks", "tech", "voltage", "mapper", "array", "modules",
                                         "ports", "parts", "wires", "expect", "sources" };
    int status = bl_yaml_known(p->doc, bl_yaml_root(p->doc), "a platform file", known, COUNT(known));

    status |= plan_values(p, given, n) | check_values(p);
    if (!(p->tree = plan_filled(p)))
        return -1;
    return status | sections(p);
}

static const char *stem_of(struct bl_platform *p)
{
    const char *slash = strrchr(p->path, '/'), *name = slash ? slash + 1 : p->path, *dot = strrchr(name, '.');
    size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    char *stem = bl_yaml_keep(p->doc, n + 1, 1);

    return stem ? memcpy(stem, name, n) : NULL;
}

/* "FILE:LINE:COL: text" gets the chain of use behind the place, also when "--set 'PATH=VALUE', used at " stands in front. */
static void tell_chained(void *ctx, const char *line)
{
    static const char used[] = "', used at ";
    const struct bl_platform *p = ctx;
    const char *set = strncmp(line, "--set '", 7) == 0 ? strstr(line, used) : NULL;
    size_t file = strlen(p->path), start = set ? (size_t)(set - line) + sizeof used - 1 : 0, n = start + file;

    for (int k = 0; k < 2 && n && strncmp(line + start, p->path, file) == 0; k++)
        for (n = line[n] == ':' && isdigit((unsigned char)line[n + 1]) ? n + 1 : 0; n && isdigit((unsigned char)line[n]); n++)
            ;
    if (n > start + file)
        bl_error(p->first->diag, "%.*s%s%s", (int)n, line, p->chain, line + n);
    else
        bl_error(p->first->diag, "%s", line);
}

struct bl_platform *plan_file(const char *path, const void *bytes, size_t n, const struct set_text *sets, size_t nsets, bool reads,
                              struct bl_platform *outer, const char *chain, const struct given *given, size_t ngiven,
                              const struct bl_class *const *classes, struct bl_diag *diag)
{
    struct bl_platform *p = calloc(1, sizeof *p);
    char *own;

    if (!p) {
        bl_error(diag, "%s: no memory to parse it", path);
        return NULL;
    }
    p->first = outer ? outer->first : p;
    p->outer = outer;
    p->chain = chain;
    p->told = (struct bl_diag){ .put = tell_chained, .ctx = p };
    p->diag = outer ? &p->told : diag;
    p->reads = reads;
    p->path = path;
    p->classes = outer ? NULL : classes;
    const unsigned before = p->diag ? p->diag->errors : 0;
    bool twice;
    if ((p->doc = bl_yaml_read_on(path, bytes, n, &twice, p->diag)) && (own = bl_yaml_keep(p->doc, strlen(path) + 1, 1))) {
        p->path = strcpy(own, path);
        p->given_sets = bl_yaml_keep(p->doc, nsets, sizeof *p->given_sets);
        for (size_t i = 0; p->given_sets && i < nsets; i++)
            p->given_sets[p->ngiven_sets++] = sets[i];
        if (p->given_sets && (p->stem = stem_of(p)) && plan(p, given, ngiven) == 0 && !twice && (!p->diag || p->diag->errors == before))
            return p;
        look_further(p);
    }
    bl_platform_free(p);
    return NULL;
}

/* "cols=72" as path, value and "--set 'cols=72'" for messages: one text, to be freed. */
static char *set_of(const char *text, struct set_text *set, struct bl_diag *diag)
{
    size_t n = strlen(text) + 1;
    char *own = malloc(3 * n + 16), *where = own + n, *value;

    if (!own) {
        bl_error(diag, "--set '%s': no memory", text);
        return NULL;
    }
    memcpy(own, text, n);
    snprintf(where, n + 16, "--set '%s'", text);
    value = strchr(own, '=');
    if (!value || value == own || !value[1]) {
        bl_error(diag, "%s: expected PATH=VALUE, like 'gen[3].every=2' or 'clock.core=250 MHz'", where);
        free(own);
        return NULL;
    }
    *value++ = '\0';
    *set = (struct set_text){ .path = own, .value = value, .where = where };
    return own;
}

static struct bl_platform *plan_first(const char *path, const void *bytes, size_t n, const struct bl_set_opt *sets, size_t nsets, bool reads,
                                      const struct bl_class *const *classes, struct bl_diag *diag)
{
    struct set_text *texts = calloc(nsets + 1, sizeof *texts);
    char **own = calloc(nsets + 1, sizeof(*own));
    struct bl_platform *p = NULL;
    size_t good = 0;

    for (size_t i = 0; texts && own && i < nsets; i++)
        good += (own[good] = set_of(sets[i].text, &texts[good], diag)) != NULL;
    if (texts && own)
        p = plan_file(path, bytes, n, texts, good, reads, NULL, "", NULL, 0, classes, diag);
    else
        bl_error(diag, "%s: no memory to parse it", path);
    bool whole = p && good == nsets && plan_used_expects(p) == 0;
    if (p) {
        p->set_texts = own;
        p->nset_texts = good;
    } else {
        for (size_t i = 0; own && i < good; i++)
            free(own[i]);
        free(own);
    }
    free(texts);
    if (whole)
        return p;
    bl_platform_free(p);
    return NULL;
}

struct bl_platform *bl_platform_parse(const char *path, const void *bytes, size_t n, const struct bl_set_opt *sets,
                                      size_t nsets, struct bl_diag *diag)
{
    return plan_first(path, bytes, n, sets, nsets, false, NULL, diag);
}

char *plan_beside(const struct bl_platform *p, const char *in, const char *name)
{
    const char *slash = strrchr(p->path, '/');
    size_t dir = slash && *name != '/' ? (size_t)(slash - p->path) + 1 : 0, room = dir + strlen(in) + strlen(name) + 1;
    char *path = malloc(room);

    if (path)
        snprintf(path, room, "%.*s%s%s", (int)dir, p->path, in, name);
    return path;
}

/* What --set names as the shell sees it: a path, or a file that is here and not the platform itself. */
static bool is_here(const struct bl_platform *p)
{
    const char *name = p->tech_name;
    size_t room = strlen(name) + 6;
    char *longer = bl_yaml_keep(p->doc, room, 1);

    if (strchr(name, '/') || (bl_may_read(name) && !bl_same_file(name, p->path)))
        return true;
    return longer && (snprintf(longer, room, "%s.yaml", name), bl_may_read(longer) && !bl_same_file(longer, p->path));
}

/* A path is beside the platform file. A name, with or without .yaml, is in tech/ there, or beside it, or is looked for by name; the
 * platform file itself, which may be called like its technology, is none. */
static int find_tech(struct bl_platform *p, const char *prefix)
{
    static const char *const in[] = { "tech/", "" }, *const suffix[] = { "", ".yaml" };
    bool is_path = strchr(p->tech_name, '/') != NULL;
    size_t n = strlen(p->tech_name);
    char name[256];

    if (p->tech_is_set && is_here(p))
        return bl_find(BL_FILE_TECH, p->tech_name, prefix, &p->tech_at, p->diag);
    if (is_path || n + 6 > sizeof name)
        return (p->tech_at.path = plan_beside(p, "", p->tech_name)) ? 0 : -1;
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", p->tech_name, suffix[i % 2]);
        if ((p->tech_at.path = plan_beside(p, in[i / 2], name)) && strcmp(p->tech_at.path, p->path) && bl_may_read(p->tech_at.path))
            return 0;
        bl_found_fini(&p->tech_at);
    }
    snprintf(name, sizeof name, "%.*s", (int)(n > 5 && !strcmp(p->tech_name + n - 5, ".yaml") ? n - 5 : n), p->tech_name);
    if (bl_find(BL_FILE_TECH, name, prefix, &p->tech_at, p->diag) < 0)
        return -1;
    return !bl_same_file(p->tech_at.path, p->path) ? 0 :
        bl_error(p->diag, "%s%s: is this platform file; expected a technology, tech/%s.yaml beside it", prefix, p->tech_name, name);
}

int load_tech(struct bl_platform *p)
{
    unsigned char *bytes;
    size_t n, room = strlen(p->tech_where) + 3;
    char *prefix = bl_yaml_keep(p->doc, room, 1);

    p->tech_is_tried = true;
    if (!prefix)
        return -1;
    snprintf(prefix, room, "%s: ", p->tech_where);
    if (find_tech(p, prefix) < 0 || !(bytes = bl_read_some(p->tech_at.path, prefix, BL_YAML_MAX_BYTES + 1, &n, p->diag)))
        return -1;
    if (!(p->tech = bl_tech_parse_for(has_modules(p) ? NULL : p->classes, p->tech_at.path, bytes, n, p->microvolts, p->diag))) {
        free(bytes);
        return -1;
    }
    free(bytes);
    p->tech_file = *bl_tech_file(p->tech);
    p->tech_file.hidden = p->tech_at.hidden;
    return 0;
}

/* `bytes` are given away. */
static struct bl_platform *load(const char *path, unsigned char *bytes, size_t n, const struct bl_set_opt *sets, size_t nsets,
                                const struct bl_class *const *classes, struct bl_diag *diag)
{
    struct bl_platform *p = plan_first(path, bytes, n, sets, nsets, true, classes, diag);

    if (!p) {
        free(bytes);
        return NULL;
    }
    p->file = (struct bl_datafile){ .path = p->path, .bytes = bytes, .n = n, .role = "platform" };
    if (p->tech_name && load_tech(p) < 0)
        look_further(p);
    else if (plan_used_modules(p) == 0 && load_modules(p) == 0)
        return p;
    bl_platform_free(p);
    return NULL;
}

static unsigned char *text_of(const char *path, const void *text, size_t n, struct bl_diag *diag)
{
    unsigned char *bytes = malloc(n + 1);

    if (!bytes) {
        bl_error(diag, "%s: no memory to read it", path);
        return NULL;
    }
    if (n)
        memcpy(bytes, text, n);
    bytes[n] = '\0';
    return bytes;
}

struct bl_platform *bl_platform_load(const char *path, const struct bl_set_opt *sets, size_t nsets, struct bl_diag *diag)
{
    return bl_platform_load_for(NULL, path, NULL, 0, sets, nsets, diag);
}

struct bl_platform *bl_platform_load_text(const char *path, const void *text, size_t n, const struct bl_set_opt *sets, size_t nsets,
                                          struct bl_diag *diag)
{
    return bl_platform_load_for(NULL, path, text ? text : "", n, sets, nsets, diag);
}

struct bl_platform *bl_platform_load_for(const struct bl_class *const *classes, const char *path, const void *text, size_t n,
                                         const struct bl_set_opt *sets, size_t nsets, struct bl_diag *diag)
{
    unsigned char *bytes = text ? text_of(path, text, n, diag) : bl_read_some(path, "", BL_YAML_MAX_BYTES + 1, &n, diag);

    return bytes ? load(path, bytes, n, sets, nsets, classes, diag) : NULL;
}

void bl_platform_free(struct bl_platform *p)
{
    if (!p)
        return;
    bl_tech_free(p->tech);
    bl_found_fini(&p->tech_at);
    free_uses(p);
    free_modules(p);
    for (size_t i = 0; i < p->nset_texts; i++)
        free(p->set_texts[i]);
    free(p->set_texts);
    free((void *)(uintptr_t)p->file.bytes);
    bl_yaml_free(p->doc);
    free(p);
}

/* ---- to the kernel, and questions */

/* Without any clock each clocked part would say so. */
static int check_clocks(const struct bl_platform *p, const struct bl_sim *s)
{
    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts && !p->nclocks; part++) {
        const struct bl_class *c = part->cls ? bl_class_find(bl_classes_of(s), part->cls) : NULL;
        if (c && c->tick)
            return bl_error(p->diag, "%s: the file declares no clock, and class %s is clocked; add one, like 'clocks: { core: 200 MHz }'", part->where, part->cls);
    }
    return 0;
}

static int apply(const struct bl_platform *p, struct bl_sim *s)
{
    int status = check_clocks(p, s);

    for (size_t i = 0; i < p->nparts; i++)
        if (p->parts[i].use && !p->parts[i].use->of)
            return bl_error(p->diag, "%s: was read from memory alone, so %s is only named; load it with bl_platform_load", p->parts[i].where,
                            p->parts[i].use->file);
    for (size_t i = 0; i < p->nclocks; i++)
        status |= bl_clock(s, p->clocks[i].name, p->clocks[i].period, p->clocks[i].phase, p->clocks[i].where);
    if (p->tech)
        status |= bl_tech_apply(p->tech, s);
    if ((plan_apply_parts(p, s) | status) == 0)
        return plan_apply_wires(p, s);
    plan_check_ports(p, s);             /* wires to parts that are not there would only repeat it */
    return -1;
}

/* Errors told so far, here and by the kernel, whose messages may go elsewhere. */
static unsigned told(const struct bl_platform *p, const struct bl_sim *s)
{
    const struct bl_diag *other = bl_diag_of(s);

    return (p->diag ? p->diag->errors : 0) + (other && other != p->diag ? other->errors : 0);
}

int bl_platform_apply(const struct bl_platform *p, struct bl_sim *s)
{
    const unsigned before = told(p, s);
    const int status = apply(p, s);

    /* What fails says why, but for texts that find no memory on the way. */
    return status && told(p, s) == before ? bl_error(p->diag, "%s: no memory for its parts and wires", p->path) : status;
}

const char *bl_platform_name(const struct bl_platform *p) { return p->name; }
const char *bl_platform_class(const struct bl_platform *p, const char *part)
{
    const struct part_plan *found = plan_part(p, part);

    return found ? found->cls : NULL;
}
uint32_t bl_platform_count(const struct bl_platform *p, const char *part)
{
    const struct part_plan *found = plan_part(p, part);

    return found ? found->count : 0;
}
const char *bl_platform_about(const struct bl_platform *p) { return p->about; }
const char *bl_platform_mapper(const struct bl_platform *p) { return p->mapper; }
const char *bl_platform_stem(const struct bl_platform *p) { return p->stem; }
const char *bl_platform_where_mapper(const struct bl_platform *p) { return p->where_mapper; }
const char *bl_platform_where_tech(const struct bl_platform *p) { return p->tech_where; }
uint64_t bl_platform_period(const struct bl_platform *p) { return p->nclocks == 1 ? p->clocks[0].period : 0; }
double bl_platform_microvolts(const struct bl_platform *p) { return p->microvolts; }
const struct bl_tech *bl_platform_tech(const struct bl_platform *p) { return p->tech; }
size_t bl_platform_ports(const struct bl_platform *p) { return p->nexports; }
size_t bl_platform_files(const struct bl_platform *p) { return p->file.bytes ? 1 + (p->tech != NULL) + p->nmodules + p->nfiles : 0; }
const struct bl_datafile *bl_platform_file(const struct bl_platform *p, size_t i)
{
    size_t n = i - 1 - (p->tech != NULL);

    if (i == 0)
        return &p->file;
    return i == 1 && p->tech ? &p->tech_file : n < p->nmodules ? &p->modules[n].file : used_file_at(p, n - p->nmodules);
}
size_t bl_platform_expects(const struct bl_platform *p) { return p->nexpects; }
const struct bl_expect *bl_platform_expect(const struct bl_platform *p, size_t i) { return &p->expects[i]; }
