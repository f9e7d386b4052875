/* tech_in.h - a technology as tech.c, tech_names.c, tech_needs.c and tech_areas.c see it; private to them. */
#ifndef BL_PLATFORMS_TECH_IN_H
#define BL_PLATFORMS_TECH_IN_H

#include "kernel/model.h"
#include "platforms/file/load.h"
#include "platforms/file/yaml.h"

/* A row of `needs`: a parameter of all parts of a class; cls NULL: the supply. */
struct tech_need { const char *cls, *param, *value, *where; double microvolts; };

struct bl_tech {
    struct bl_yaml_doc *doc;
    struct bl_diag *diag;
    const char *name, *about, *node;
    struct bl_datafile file;
    double given_uv, want_uv;            /* 0: not said */
    struct bl_price *prices;
    const char **where;
    struct tech_need *needs;
    struct bl_area *areas;
    size_t n, nneeds, nareas;
};

/* tech.c. "class.item" -> its two halves; `what` it is not, and an example, for the message. */
int tech_name(struct bl_tech *t, const struct bl_yaml *key, const char *what, const char *like, const char **cls, const char **item);
int tech_tag(struct bl_yaml_doc *doc, const struct bl_yaml *v, enum bl_tag *tag);
int tech_voltage(struct bl_tech *t, const struct bl_yaml *v, double *uv);

/* tech_names.c */
int tech_check_item(const struct bl_tech *t, size_t i, const struct bl_class *const *classes);       /* of price i: 0 or -1 */
int tech_unknown_class(const struct bl_tech *t, const char *name, const char *where, const struct bl_class *const *classes);

/* tech_needs.c */
int tech_needs(struct bl_tech *t, const struct bl_yaml *rows);
/* Every class and parameter is there, and the value is one of its kind. some: classes of modules are not among them. */
int tech_check_needs(const struct bl_tech *t, const struct bl_class *const *classes, bool some);

/* tech_areas.c */
int tech_areas(struct bl_tech *t, const struct bl_yaml *rows);
/* Every class is there; some: classes of modules are not among them. */
int tech_check_areas(const struct bl_tech *t, const struct bl_class *const *classes, bool some);

#endif
