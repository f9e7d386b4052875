/* plan.h - what a platform file says, parsed and checked as far as the file alone goes; shared by load.c,
 * parts.c, wires.c, modules.c, overrides.c and expect.c. Everything lives as long as the YAML document. */
#ifndef BL_PLATFORMS_PLAN_H
#define BL_PLATFORMS_PLAN_H

#include "platforms/file/find.h"
#include "platforms/file/load.h"
#include "platforms/file/yaml.h"

enum { PLAN_MOST_PARTS = 1 << 20, PLAN_MOST_DEPTH = 1 << 24, PLAN_MOST_SYNC = 16 };

struct clock_plan { const char *name, *where; uint64_t period, phase; };

/* A parameter; each "$index" in the text stands for the index of the part. */
struct param_plan { const char *name, *text, *where; };

struct part_plan {
    const char *name, *cls, *clock, *where;  /* where: of the class, which the kernel looks up; clock may be NULL */
    bool is_array;
    uint32_t count;
    struct param_plan *params;
    size_t nparams;
};

/* Some elements of a part: NAME (one), NAME[i], NAME[a..b], NAME[*]. */
struct pick {
    const struct part_plan *part;
    uint32_t first, n;
    bool is_many;                            /* written as a range or '*' */
};
struct end_plan { struct pick pick; const char *port; };
struct wire_plan { struct end_plan from, to; struct bl_link link; const char *where; };

/* A module: where the file names it; once loaded, the code and its record. */
struct module_plan { char *path; const char *where; void *code; const struct bl_module *record; struct bl_datafile file; };

/* A parameter set on the command line; where is "--set 'TEXT'". Below: the path of a part inside a composite, "" for
 * a part of the file. */
struct set_plan { struct pick pick; const char *below, *param, *value, *where; };
/* What the command line changes of the wires that end at a port; 0: not this one of the two. */
struct wire_set { struct pick pick; const char *port; uint32_t depth; int sync; };

struct bl_platform {
    struct bl_yaml_doc *doc;
    struct bl_diag *diag;
    const char *path, *stem, *name, *about, *mapper, *where_mapper;
    const char *tech_name, *tech_where;
    bool tech_is_set;                        /* by the command line: a path there is not one from beside this file */
    struct bl_found tech_at;
    double microvolts;                       /* 0: not said */
    struct bl_tech *tech;
    struct bl_datafile file, tech_file;
    struct clock_plan *clocks;
    struct part_plan *parts;
    const struct part_plan **by_name;        /* sorted */
    struct wire_plan *wires;
    struct set_plan *sets;
    struct wire_set *wire_sets;
    struct bl_expect *expects;
    struct module_plan *modules;
    bool has_modules;                        /* they are loaded */
    size_t nclocks, nparts, nwires, nsets, nwire_sets, nexpects, nmodules;
};

/* A text being parsed, either a node of the file or a --set; errors point at the offending character. */
struct text_in {
    struct bl_platform *p;
    const struct bl_yaml *node;              /* NULL: from the command line */
    const char *text, *where, *at;           /* at: where reading stands */
};
int text_error(const struct text_in *in, const char *at, const char *fmt, ...) BL_PRINTF(3, 4);
void text_blanks(struct text_in *in);
/* Reads "NAME", "NAME[..]" with ".LAST" behind it; *last is kept. What LAST is: "a port", "a parameter". */
int text_pick(struct text_in *in, struct pick *pick, const char **last, const char *what);
/* Reads the part whose name is the next n characters, and its brackets. */
int text_elements(struct text_in *in, size_t n, struct pick *pick);
/* Lengths of the name at s, and of the names joined by dots; 0: none. */
size_t text_word(const char *s);
size_t text_names(const char *s);
/* The first n characters as a text that is kept, or NULL. */
char *text_keep(struct bl_platform *p, const char *s, size_t n);
bool plan_picks(const struct pick *pick, const struct part_plan *part, uint32_t i);

int plan_parts(struct bl_platform *p, const struct bl_yaml *parts);
const struct part_plan *plan_part(const struct bl_platform *p, const char *name);
int plan_apply_parts(const struct bl_platform *p, struct bl_sim *s);
int plan_wires(struct bl_platform *p, const struct bl_yaml *wires);
/* Changes the wires that end at a port: 1, 0 when there is none, -1 after an error. `what`: "depth" or "sync". */
int plan_set_wires(struct bl_platform *p, const struct wire_set *which, const char *what, const char *value, const char *where);
int plan_apply_wires(const struct bl_platform *p, struct bl_sim *s);
int plan_expects(struct bl_platform *p, const struct bl_yaml *expects);
int plan_modules(struct bl_platform *p, const struct bl_yaml *modules);
int load_modules(struct bl_platform *p);
void free_modules(struct bl_platform *p);
/* FOLDER OF THE PLATFORM FILE/in/name, to be freed; NULL without memory. An absolute name stays. */
char *plan_beside(const struct bl_platform *p, const char *in, const char *name);
int plan_volts(struct bl_platform *p, const char *text, const char *where);
int plan_sets(struct bl_platform *p, const struct bl_set_opt *sets, size_t n);

#endif
