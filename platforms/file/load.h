/* load.h - platform files and technology files: read, check, hand to the kernel, and check what a
 * platform file expects of its run. The formats are in platforms/README.md. */
#ifndef BL_PLATFORMS_LOAD_H
#define BL_PLATFORMS_LOAD_H

#include "kernel/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One --set of the command line: "PATH=VALUE", PATH being PARAM of the file, PART.PARAM, PART[3].PARAM, PART[0..3].PARAM,
 * PART[*].PARAM, the same with the path of a part inside a composite or a used file (PART[*].CHILD.PARAM), PART[*].PORT.depth or
 * .sync of the wires that end there, clock.NAME, voltage, or tech (then VALUE is a path as the shell sees it, or a name as in
 * the file). A later one wins. */
struct bl_set_opt { const char *text; };

/* A file that was read: its path (of a technology: where it was found), its bytes; people see path + hidden. role, in
 * reports: "platform", "tech", "module" or "used" (a platform file used as a part). */
struct bl_datafile { const char *path; const unsigned char *bytes; size_t n, hidden; const char *role; };

/* ---- platform files (load.c, head.c, values.c, parts.c, use.c, ports.c, wires.c, overrides.c, apply.c, wiring.c) ---------- */

struct bl_platform;

/* Reads a platform file, the files that it uses, its technology file and its modules (module.h: their code is loaded); nothing of the kernel is
 * called, so names of classes, parameters, ports and price items are checked by bl_platform_apply. NULL after having
 * reported every error found. `sets` need not outlive the call. */
struct bl_platform *bl_platform_load(const char *path, const struct bl_set_opt *sets, size_t nsets, struct bl_diag *diag);
/* The same with n bytes of text in place of the file; used files, technology and modules are read. The text is copied. */
struct bl_platform *bl_platform_load_text(const char *path, const void *text, size_t n, const struct bl_set_opt *sets,
                                          size_t nsets, struct bl_diag *diag);
/* The same for a simulation with these classes, those that bl_open gets: of a file that is refused all that can be known is told at once, what is wrong
 * with its classes, parameters and ports too. text NULL: that of the file. */
struct bl_platform *bl_platform_load_for(const struct bl_class *const *classes, const char *path, const void *text, size_t n,
                                         const struct bl_set_opt *sets, size_t nsets, struct bl_diag *diag);
/* The same from memory, without opening any file: used files, technology and modules are named, not read; with a used file it
 * cannot be applied. */
struct bl_platform *bl_platform_parse(const char *path, const void *bytes, size_t n, const struct bl_set_opt *sets,
                                      size_t nsets, struct bl_diag *diag);
/* Modules go with it: their classes, mappers and texts. */
void bl_platform_free(struct bl_platform *p);

/* Makes the calls bl_clock, bl_add, bl_set, bl_wire, bl_set_price, all up to but not including
 * bl_elaborate: 0, or -1 after having reported every error. `p` must outlive `s` (prices point into it, and classes of
 * modules go with it). */
int bl_platform_apply(const struct bl_platform *p, struct bl_sim *s);

/* What is wired, as the command line left it: `each` pair of ports, by the parts that have them; or neighbours of one line with one
 * link together, as they are written, "a[0..3].q" to "b[4..7].d". Before it is applied "arb.in[*]" stays that. Texts live
 * until visit returns. */
struct bl_wire_row { const char *from, *to, *where; struct bl_link link; uint32_t count; };
typedef void bl_wire_visit(void *ctx, const struct bl_wire_row *row);
int bl_platform_wires(const struct bl_platform *p, bool each, bl_wire_visit *visit, void *ctx);

/* A parameter of a file: its value here, and the one that the file presets. */
struct bl_file_param { const char *name, *value, *preset; };
/* The platform itself, path "", then the files that it uses: neighbours with equal values together, "core[0..1]". unused: keys
 * of the file that count only when it is run by itself, "tech, mapper". Texts live until visit returns. */
struct bl_use_row { const char *path; uint32_t count; const char *file; const struct bl_file_param *params; size_t nparams; const char *unused; };
typedef void bl_use_visit(void *ctx, const struct bl_use_row *row);
int bl_platform_uses(const struct bl_platform *p, bl_use_visit *visit, void *ctx);
/* The ports that the used file at `path` shows, "req[0]", and whose each is, "core.feeder.req"; false: no file is used there. */
typedef void bl_export_visit(void *ctx, const char *port, const char *of);
bool bl_platform_exports(const struct bl_platform *p, const char *path, bl_export_visit *visit, void *ctx);

const char *bl_platform_name(const struct bl_platform *p);
uint32_t bl_platform_count(const struct bl_platform *p, const char *part);    /* of a part in the file; 0: there is none of this name */
const char *bl_platform_class(const struct bl_platform *p, const char *part);    /* of a part in the file; NULL: there is none, or it is a file */
const char *bl_platform_about(const struct bl_platform *p);    /* NULL: not said */
const char *bl_platform_mapper(const struct bl_platform *p);   /* NULL: not said; then by the stem, if there is one */
const char *bl_platform_stem(const struct bl_platform *p);     /* "osa_hcim" of "platforms/osa_hcim/osa_hcim.yaml" */
const char *bl_platform_where_mapper(const struct bl_platform *p);  /* "file:line:col", NULL: not said */
const char *bl_platform_where_tech(const struct bl_platform *p);    /* the same of its technology, or "--set '...'" */
uint64_t bl_platform_period(const struct bl_platform *p);       /* of its only clock, fs; 0: it has none, or several */
double bl_platform_microvolts(const struct bl_platform *p);    /* the supply; 0: not said, prices as given */
const struct bl_tech *bl_platform_tech(const struct bl_platform *p);  /* NULL: none, or parsed from memory */
/* The block `array:`: macros of rows x cols weights, as a mapper that keeps weights still sees them. n: a number, or of a choice which word. */
enum bl_array_key { BL_ARRAY_HOST, BL_ARRAY_ROWS, BL_ARRAY_COLS, BL_ARRAY_W_BITS, BL_ARRAY_A_BITS, BL_ARRAY_MACROS, BL_ARRAY_SETS, BL_ARRAY_SLOTS,
                    BL_ARRAY_PACK, BL_ARRAY_FEED, BL_ARRAY_GROUPS, BL_ARRAY_RESULT, BL_ARRAY_PLACEMENT, BL_ARRAY_DUPLICATE, BL_ARRAY_MAPPING, BL_ARRAY_KEYS };
enum { BL_BY_INPUT, BL_BY_OUTPUT };    /* pack */
enum { BL_DIRECT, BL_BUFFERED };       /* feed */
enum { BL_PACKED, BL_APART };          /* groups */
enum { BL_EXACT, BL_APPROXIMATE };     /* result */
enum { BL_ROUNDS, BL_RESIDENT, BL_RELOAD };    /* placement: tiles in rounds on all macros; all of a net at once; a layer's at once */
enum { BL_DUPLICATED, BL_SINGLE };     /* duplicate */
enum { BL_SLOTS_MOST = 64 };           /* slots: of a map between two layers; its preset, as many as are of use */
enum { BL_MAP_PLAIN, BL_MAP_COPIES, BL_MAP_LATENCY, BL_MAP_ENERGY, BL_MAP_EDP };     /* mapping */
struct bl_array {
    const char *host;                  /* path of the host part */
    uint32_t n[BL_ARRAY_KEYS];
    const char *where, *at[BL_ARRAY_KEYS];   /* "file:line:col" of the block, of each value (of the block where it is not said) */
};
const struct bl_array *bl_platform_array(const struct bl_platform *p);   /* NULL: there is none */
const char *bl_array_key_name(enum bl_array_key key);
const char *bl_array_word(const struct bl_array *a, enum bl_array_key key);  /* the host's path, the word of a choice; NULL: a number, n[key] */
size_t bl_platform_ports(const struct bl_platform *p);         /* that it shows to files that use it, arrays counted once */
size_t bl_platform_files(const struct bl_platform *p);         /* the file itself, its technology, its modules, the files it uses */
const struct bl_datafile *bl_platform_file(const struct bl_platform *p, size_t i);

/* ---- modules: classes and mappers that come with a platform file (modules.c) -------------------------- */

enum { BL_MOST_MODULES = 16 };
/* A module: its record (module.h), its file, "file:line:col" of its name. */
struct bl_module_row { const struct bl_module *record; const struct bl_datafile *file; const char *where; };
size_t bl_platform_modules(const struct bl_platform *p);       /* 0 as well when it was parsed from memory */
struct bl_module_row bl_platform_module(const struct bl_platform *p, size_t i);
/* What bl_open gets: the classes of `ours` (NULL: bl_classes) and those of the modules, ended by NULL. Lives as long as the
 * platform. NULL after a bl_error. */
const struct bl_class *const *bl_platform_classes(const struct bl_platform *p, const struct bl_class *const *ours);

/* ---- what a platform file expects of its run (expect.c) --------------------------------------------- */

enum bl_relation { BL_LESS, BL_AT_MOST, BL_MORE, BL_AT_LEAST, BL_EQUAL, BL_UNEQUAL };
enum bl_expect_unit { BL_IN_COUNT, BL_IN_PERCENT, BL_IN_YJ };
extern const char *const bl_relation_text[6];

/* "tree[*].out_full < 5 %": every part that `parts` matches and that has `item` must hold it. */
struct bl_expect {
    const char *text, *where;
    const char *parts;             /* glob over paths ('*' and '?' cross dots); NULL: the whole platform */
    const char *item;              /* verdict (share of elapsed cycles), tally (count), "energy" (with all below) or "cycles" */
    enum bl_relation is;
    double value;                  /* in unit: a count, percent, or yJ */
    enum bl_expect_unit unit;
};
size_t bl_platform_expects(const struct bl_platform *p);
const struct bl_expect *bl_platform_expect(const struct bl_platform *p, size_t i);
/* Finds what each expectation speaks of, after elaboration: 0, or -1 after reporting those that match
 * nothing or compare in a wrong unit (bad input, exit status 2). */
int bl_expect_resolve(const struct bl_platform *p, struct bl_sim *s, struct bl_diag *diag);
/* After the run: how many expectations are false; each is reported with the first part that breaks it. */
int bl_expect_check(const struct bl_platform *p, struct bl_sim *s, struct bl_diag *diag);
/* What line i speaks of has now: "50 %", or the least and the largest of several parts, "48 % .. 50 %". Returns buf. */
enum { BL_EXPECT_FOUND = 160 };
char *bl_expect_found(const struct bl_platform *p, struct bl_sim *s, size_t i, char buf[BL_EXPECT_FOUND]);

/* ---- where values come from (sources.c) ---------------------------------------------------------------- */

/* A row of `sources:`. name: "adc.rho" of a part or of a used file, "cols" of this file, "clock.core", or "voltage"; value: the one that
 * the source states, or that was chosen, as --set takes it. */
struct bl_source { const char *name, *value, *source, *where; enum bl_tag tag; };
size_t bl_platform_sources(const struct bl_platform *p);
const struct bl_source *bl_platform_source(const struct bl_platform *p, size_t i);
/* What row i speaks of has in `s`, which is elaborated: "2", "6 ns"; of several parts, the first that differs from what is stated.
 * *same: it is what is stated. Returns buf, or NULL where there is no such thing. */
enum { BL_SOURCE_VALUE = 1600 };
const char *bl_source_found(const struct bl_platform *p, struct bl_sim *s, size_t i, char buf[BL_SOURCE_VALUE], bool *same);
/* After elaboration: 0, or -1 after reporting the rows that speak of nothing (bad input, exit status 2). */
int bl_sources_resolve(const struct bl_platform *p, struct bl_sim *s, struct bl_diag *diag);

/* ---- technology files (tech.c, tech_needs.c, tech_areas.c) ---------------------------------------------------------------------- */

struct bl_tech;

/* Reads prices scaled to `microvolts`: by (V / V the price was given at)^2, energy and power alike, then
 * rounded once, to whole yJ or nW. 0: as given. NULL after having reported every error found. */
struct bl_tech *bl_tech_load(const char *path, double microvolts, struct bl_diag *diag);
struct bl_tech *bl_tech_parse(const char *path, const void *bytes, size_t n, double microvolts, struct bl_diag *diag);
/* The same; of a file that is refused it tells what is wrong with the names of its prices too, by these classes. NULL: not. */
struct bl_tech *bl_tech_parse_for(const struct bl_class *const *classes, const char *path, const void *bytes, size_t n, double microvolts,
                                  struct bl_diag *diag);
void bl_tech_free(struct bl_tech *t);
/* Every price has a class of the table and a tally, verdict or "static" of it, in the right unit: 0, or -1
 * after reporting those that do not. Class tables end with NULL. */
int bl_tech_check(const struct bl_tech *t, const struct bl_class *const *classes);
/* The same where classes of modules are known by what they counted only, not by a table: `other` is asked about prices of
 * classes that are not among `classes`. It returns 1 (right), 0 (no such class), or -1 after a bl_error. */
int bl_tech_check_with(const struct bl_tech *t, const struct bl_class *const *classes,
                       int (*other)(void *ctx, const struct bl_price *price, const char *where), void *ctx);
/* Checks against the classes of `s` and sets every price: 0 or -1. `t` must outlive `s`. */
int bl_tech_apply(const struct bl_tech *t, struct bl_sim *s);
/* At least one price is for one of these n classes, which `who` has ("this platform"; they may repeat): 0, or -1 after a bl_error with `where` in front. */
int bl_tech_check_use(const struct bl_tech *t, const char *const *classes, size_t n, const char *who, const char *where, struct bl_diag *diag);
/* What the technology needs beside itself (`needs:`) and does not have in `s`, which is elaborated, with the supply and the parameters of `p`:
 * each is told as one line, with "file:line:col" in front and the --set that cures it. s NULL, p NULL: a saved run, whose parameters are
 * not known; they are told as such, and microvolts is its supply (0: not said). How many were told. */
unsigned bl_tech_unmet(const struct bl_tech *t, const struct bl_platform *p, struct bl_sim *s, double microvolts,
                       void (*tell)(void *ctx, const char *line), void *ctx);
const char *bl_tech_name(const struct bl_tech *t);
const char *bl_tech_about(const struct bl_tech *t);            /* NULL: not said */
const char *bl_tech_node(const struct bl_tech *t);             /* NULL: not said */
const struct bl_datafile *bl_tech_file(const struct bl_tech *t);
size_t bl_tech_count(const struct bl_tech *t);
const struct bl_price *bl_tech_price(const struct bl_tech *t, size_t i);
const char *bl_tech_where(const struct bl_tech *t, size_t i);  /* "file:line:col" of its name */
/* The area of one part of a class, um2, above 0; each class at most once. */
struct bl_area { const char *cls, *source, *where; double um2; enum bl_tag tag; };
size_t bl_tech_areas(const struct bl_tech *t);
const struct bl_area *bl_tech_area(const struct bl_tech *t, size_t i);

#ifdef __cplusplus
}
#endif

#endif
