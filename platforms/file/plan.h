/* plan.h - what a platform file says, parsed and checked as far as the files alone go. A file that is used as a part has a plan of its
 * own, made with the values that its parameters have there. Everything lives as long as the YAML document of its file. */
#ifndef BL_PLATFORMS_PLAN_H
#define BL_PLATFORMS_PLAN_H

#include "platforms/file/find.h"
#include "platforms/file/load.h"
#include "platforms/file/yaml.h"

enum { PLAN_MOST_PARTS = 1 << 20, PLAN_MOST_DEPTH = 1 << 24, PLAN_MOST_SYNC = 16, PLAN_MOST_FILES = 16, PLAN_MOST_PLANS = 1 << 14,
       PLAN_MOST_PORTS = 1024 };

struct clock_plan { const char *name, *where; uint64_t period, phase; };

/* A parameter of a part; each "$index" in the text stands for the index of the part. */
struct param_plan { const char *name, *text, *where; };

struct part_plan {
    const char *name, *cls, *clock, *where;  /* where: of the class, which the kernel looks up; clock may be NULL */
    bool is_array;
    uint32_t count;
    struct param_plan *params;
    size_t nparams;
    struct use_plan *use;                    /* NULL: of a class */
};

/* Some elements of a part: NAME (one), NAME[i], NAME[a..b], NAME[*]. */
struct pick {
    const struct part_plan *part;
    uint32_t first, n;
    bool is_many;                            /* written as a range or '*' */
};
/* Some elements of a port, in the same way; of PORT[*] n is 0 until it is counted. */
struct port_pick { const char *name; uint32_t first, n; bool in_brackets, is_many, is_all; };
struct end_plan { struct pick pick; struct port_pick port; const char *at; };      /* at: "file:line:col" */
struct wire_plan { struct end_plan from, to; struct bl_link link; const char *where; bool is_refused; };

/* A port that a file shows to those who use it; a list, a range or '*' makes an array. */
struct export_plan { const char *name, *where; struct end_plan *to; size_t nto; bool is_array; };

/* A module: where the file names it; once loaded, the code and its record. */
struct module_plan { char *path; const char *where; void *code; const struct bl_module *record; struct bl_datafile file; };

/* A parameter set on the command line; where is "--set 'TEXT'". Below: the path of a part inside a composite, "" for
 * a part of the file. */
struct set_plan { struct pick pick; const char *below, *param, *value, *where; };
/* What the command line changes of the wires that end at a port; 0: not this one of the two. behind: not at a port of this file, but
 * at one in the file that PICK uses. */
struct wire_set { struct pick pick; struct port_pick port; const struct wire_set *behind; const char *where; uint32_t depth; int sync; };

/* A --set as it concerns this file: PATH from here on, "cols", "array.x.depth". `is_up`: a port that this file exports is named, so the
 * wire is one of the file that uses it (behind: where in this one; NULL: PATH says which); is_gone: to a file that is used. */
struct set_text { const char *path, *value, *where; const struct wire_set *behind; bool is_up, is_gone; };

/* A parameter of the file: its value here, a text or a list of them. */
struct value_plan { const char *name, *where; const struct bl_yaml *value, *preset; bool is_given; };
struct given { const char *name, *where, *text; const struct bl_yaml *value; };    /* by a row with `use` */

/* A file that is used, read once; doc: to know its parameters and clocks, whatever their values; NULL: it is no YAML. */
struct used_file { struct used_file *next; struct bl_found at; unsigned char *bytes; size_t n; struct bl_yaml_doc *doc; struct bl_datafile file; };

/* A part that is a file. */
struct use_plan {
    const struct bl_yaml *row;
    const char *file, *at, *where;           /* file: its name without folders; at: of the part's name; where: of the file's name */
    struct used_file *found;                 /* NULL: refused, or not read */
    struct bl_platform **of;                 /* by element; equal ones share one; NULL: refused, or not read */
    const struct bl_yaml *clock, *clocks;
    bool expects;
    struct set_use { struct pick pick; struct set_text set; } *sets;
    size_t nsets;
};

struct bl_platform {
    struct bl_yaml_doc *doc;
    const struct bl_yaml *tree;              /* the root of the document, with values in the place of each $NAME */
    struct bl_diag *diag;
    const char *path, *stem, *name, *about, *mapper, *where_mapper;
    struct bl_array *array;                  /* NULL: none */
    const char *tech_name, *tech_where;
    bool tech_is_tried;                      /* what is wrong with it is told */
    bool tech_is_set;                        /* by the command line: a path there is not one from beside this file */
    struct bl_found tech_at;
    double microvolts;                       /* 0: not said */
    struct bl_tech *tech;
    struct bl_datafile file, tech_file;
    struct clock_plan *clocks;
    struct part_plan *parts;
    const struct part_plan **by_name;        /* sorted */
    struct wire_plan *wires;
    struct export_plan *exports;
    struct set_plan *sets;
    struct wire_set *wire_sets;
    struct bl_expect *expects;               /* of the first file: those of all that it uses too */
    struct module_plan *modules;
    struct value_plan *values;
    struct bl_source *sources;
    struct set_text *given_sets;
    bool has_modules;                        /* they are loaded */
    bool is_vague;                           /* a $NAME is not known: numbers are not compared */
    bool reads;                              /* files; else what it uses is named only */
    size_t nclocks, nparts, nwires, nexports, nsets, nwire_sets, nexpects, nmodules, nvalues, ngiven_sets, nsources;

    /* of a file that is used */
    struct bl_platform *outer;               /* the plan of the first one that uses it so; NULL: nobody */
    struct bl_diag told;                     /* messages on their way out: they get the chain of use */
    size_t nbelow;                           /* parts of it, with those of what it uses */
    const char *chain;                       /* ", used as macro[0] at two.yaml:9:3" .. for each file outwards; "": nobody uses it */

    /* of the first file */
    struct bl_platform *first;               /* itself; the others lead to it */
    const struct bl_class *const *classes;   /* with which further.c looks at a file that is refused; NULL: it does not */
    struct used_file *files;
    struct made { struct made *next; char *key; struct bl_platform *plan; } *made;      /* plans of used files, the latest first */
    char **set_texts;                        /* what the --sets are parts of */
    size_t nfiles, nmade, nset_texts;
};

/* A text being parsed, either a node of the file or a --set; errors point at the offending character. */
struct text_in {
    struct bl_platform *p;
    const struct bl_yaml *node;              /* NULL: from the command line */
    const char *text, *where, *at;           /* at: where reading stands */
    const char *from;                        /* "--set 'n=7'", which gave the last $NAME that was read its value; NULL: the file */
};
int text_error(const struct text_in *in, const char *at, const char *fmt, ...) BL_PRINTF(3, 4);
void text_blanks(struct text_in *in);
/* Lengths of the name at s, and of the names joined by dots; 0: none. */
size_t text_word(const char *s);
size_t text_names(const char *s);
/* The first n characters as a text that is kept, or NULL. */
char *text_keep(struct bl_platform *p, const char *s, size_t n);

/* ---- load.c, head.c */
int plan_head(struct bl_platform *p);
int plan_clocks(struct bl_platform *p, const struct bl_yaml *clocks);
/* The plan of a file; NULL after having reported every error found. `outer` uses it, with these values and this chain; NULL: nobody. */
struct bl_platform *plan_file(const char *path, const void *bytes, size_t n, const struct set_text *sets, size_t nsets, bool reads,
                              struct bl_platform *outer, const char *chain, const struct given *given, size_t ngiven,
                              const struct bl_class *const *classes, struct bl_diag *diag);
/* Finds and reads the technology: 0, or -1 after every error. */
int load_tech(struct bl_platform *p);

/* ---- further.c */
/* Of a first file that is refused: tells what else is wrong with it, its technology, classes, parameters and ports. */
void look_further(struct bl_platform *p);
/* Does it name modules, or a file that it uses? Then not all classes are known before they are loaded. */
bool has_modules(const struct bl_platform *p);

/* ---- values.c: `params`, and $NAME */
extern const char plan_index[];                       /* "$index" */
int plan_values(struct bl_platform *p, const struct given *given, size_t n);
/* Reports each '$' that stands for nothing, and each parameter that nothing stands for. */
int check_values(struct bl_platform *p);
/* The root of the document with values in the place of each $NAME; NULL without memory. */
const struct bl_yaml *plan_filled(struct bl_platform *p);
/* A value with the index of a part in the place of $index. */
const struct bl_yaml *value_at(struct bl_platform *p, const struct bl_yaml *v, uint32_t index);
/* Does a $NAME stand there that is not known? That was told already. */
bool value_is_told(const struct bl_yaml *v);
/* The value as one text, "144", "[8, 9]"; NULL without memory. */
const char *value_as_text(struct bl_platform *p, const struct bl_yaml *v);
/* Reads digits, or a $NAME that is a whole number: how many characters stand there, 0: none; -1 after an error. */
int text_whole(struct text_in *in, unsigned long *v);
/* The text with values in the place of each $NAME, or NULL. */
const char *text_filled(struct bl_platform *p, const char *text);
/* A name that no parameter of a file has: "dimc.yaml has no parameter 'col'; did you mean 'cols'?" -1. */
int no_value(struct bl_diag *diag, const char *where, const char *file, const char *name, const struct bl_yaml *params);

/* ---- parts.c, picks.c */
int plan_parts(struct bl_platform *p, const struct bl_yaml *parts);
const struct part_plan *plan_part(const struct bl_platform *p, const char *name);
/* Reads "NAME.PORT", either with "[..]" behind it. 0; -1 after an error; 1: of a file that was refused, which is told. */
int text_end(struct text_in *in, struct end_plan *end);
/* Reads the part whose name is the next n characters, and its brackets. */
int text_elements(struct text_in *in, size_t n, struct pick *pick);
/* Reads "PORT", "PORT[..]". */
int text_port(struct text_in *in, struct port_pick *port);
bool plan_picks(const struct pick *pick, const struct part_plan *part, uint32_t i);

/* ---- use.c, used_file.c: parts that are files */
/* used_file.c: beside the file that names it, with or without .yaml; else as `bitline run` finds a platform. 0, or -1 after an error. */
int find_used(struct bl_platform *p, const struct use_plan *use, const char *name, struct bl_found *at);
int check_chain(struct bl_platform *p, const struct use_plan *use, const char *path);      /* no file is used by itself, nor too deep */
struct used_file *used_file_of(struct bl_platform *p, const struct use_plan *use, struct bl_found *at);      /* `at` is given away; NULL after an error */
int plan_use(struct bl_platform *p, const struct bl_yaml *row, struct part_plan *part);
/* Plans the file of every such part, once the parts and the --sets that concern them are known. */
int plan_uses(struct bl_platform *p);
void free_uses(struct bl_platform *p);
/* The plan of element i of a part that is a file. NULL: of a class, refused, not read; or there is no element i, which is told. */
const struct bl_platform *used_plan(const struct part_plan *part, uint32_t i);
/* The clock of this file that clock `its` of a used one is; NULL after a bl_error, or when that was told. */
const char *use_clock(const struct bl_platform *p, const struct part_plan *part, const char *its);
const struct bl_datafile *used_file_at(const struct bl_platform *p, size_t i);      /* in the order in which they were found */
const char *file_base(const char *path);              /* the name behind the folders */

/* ---- ports.c: `ports` */
int plan_exports(struct bl_platform *p, const struct bl_yaml *ports);
const struct export_plan *plan_export(const struct bl_platform *p, const char *name);
int no_export(struct text_in *in, const char *at, const struct part_plan *part, const char *name);
/* How many ports of one part an end names, and of all its parts; 0: not known before the kernel is asked. */
uint32_t end_each(const struct end_plan *e);
uint32_t end_total(const struct end_plan *e);
uint32_t export_count(const struct export_plan *x);

/* ---- wires.c, wire_sets.c, wiring.c */
int plan_wires(struct bl_platform *p, const struct bl_yaml *wires);
struct element { uint32_t part, port; };     /* indices */
/* Element i of all that an end names; one port stays that. */
struct element end_element(const struct end_plan *e, uint32_t i);
/* Is element i of an end one that the command line names? May one of them be, whatever its number? */
bool ends_at(const struct end_plan *e, uint32_t i, const struct wire_set *set);
bool may_end_at(const struct end_plan *e, const struct wire_set *set);
/* Changes the wires that end at a port: 1, 0 when there is none, -1 after an error. `what`: "depth" or "sync". */
int plan_set_wires(struct bl_platform *p, const struct wire_set *which, const char *what, const char *value);
/* That each set found a wire, once all ports are counted. */
int check_wire_sets(const struct bl_platform *p);
struct bl_link link_of(const struct bl_platform *p, const struct wire_plan *w, uint32_t i);
/* Which elements go together: as many on both sides, one word to many, or what waiting parts share. Unknown numbers fit. */
int check_pairs(const struct bl_platform *p, const struct wire_plan *w, const struct bl_sim *s, struct bl_diag *diag, const char *where_from,
                const char *where_to);      /* s: NULL before there is one */

/* ---- expect.c, modules.c, load.c, overrides.c */
int plan_expects(struct bl_platform *p, const struct bl_yaml *expects);
/* Adds those of all used files, of each instance, to those of the first. */
int plan_used_expects(struct bl_platform *p);
int plan_array(struct bl_platform *p, const struct bl_yaml *block);
int plan_sources(struct bl_platform *p, const struct bl_yaml *rows);      /* sources.c */
int plan_modules(struct bl_platform *p, const struct bl_yaml *modules);
int plan_used_modules(struct bl_platform *p);         /* of all files that are used */
int load_modules(struct bl_platform *p);
void free_modules(struct bl_platform *p);
/* FOLDER OF THE PLATFORM FILE/in/name, to be freed; NULL without memory. An absolute name stays. */
char *plan_beside(const struct bl_platform *p, const char *in, const char *name);
int plan_volts(struct bl_platform *p, const char *text, const char *where);
/* Those that concern used files go to them; the others when all else is known. */
int plan_sets_of_uses(struct bl_platform *p);
int plan_sets(struct bl_platform *p);

/* ---- apply.c: instances */
/* One instance of a file: the first file, or element `index` of a part that uses one. path: "macro[0].", chain: as above. */
struct place { const struct bl_platform *p; const struct place *outer; const struct part_plan *as; uint32_t index; char *path, *chain; };
/* n: of so many equal neighbours, "macro[0..3].". -1 without memory. */
int place_open(struct place *at, const struct place *outer, const struct part_plan *as, uint32_t index, uint32_t n);
void place_close(struct place *at);
/* `where` with the chain behind it, to be freed; NULL without memory. */
char *place_where(const struct place *at, const char *where);
/* The clock of the first file that a clock of this one is; NULL stays. */
const char *place_clock(const struct place *at, const char *clock);
/* How many neighbours from element i on have one plan, and the same clocks. */
uint32_t use_alike(const struct part_plan *part, uint32_t i);
int plan_apply_parts(const struct bl_platform *p, struct bl_sim *s);
int plan_apply_wires(const struct bl_platform *p, struct bl_sim *s);
/* Instead, when some parts were refused: that the ports which the lines name are ports of the others. */
void plan_check_ports(const struct bl_platform *p, struct bl_sim *s);
int apply_exports(const struct place *at, struct bl_sim *s);
/* "PATH.PART[i].PORT[k]" of element i of all that an end names, to be freed. */
char *port_path(const struct place *at, const struct end_plan *e, uint32_t i);
/* The same of the part that has the port, behind all that is exported. */
char *leaf_path(const struct place *at, const struct end_plan *e, uint32_t i);

#endif
