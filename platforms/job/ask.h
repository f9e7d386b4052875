/* ask.h - parameters of a platform's parts, asked for by name. A part or parameter that is not there is an error that names it
 * and the platform file; the answer 0 alone would be a run with wrong results. */
#ifndef BL_PLATFORMS_ASK_H
#define BL_PLATFORMS_ASK_H

#include "kernel/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bl_platform;

/* A part that a mapper asks, supplies or reads, and its class, which is compared by name: tables that are supplied, memories that are
 * read and words of a choice mean what that class makes of them. cls NULL: any class will do that has the parameters which are asked
 * for, somebody's own as well; so where numbers are all that is asked. Lists end with a NULL part. */
struct bl_need { const char *part, *cls; };

/* Who asks whom. The first missing parameter is told and sets `failed`; later ones are not told, they have the same cure. */
struct bl_ask {
    struct bl_sim *s;
    struct bl_diag *diag;
    const char *platform;              /* path of the platform file, or NULL */
    const char *mapper;                /* name, and what it needs (struct bl_mapper) */
    const struct bl_need *needs;
    bool failed;
};

/* 0, or -1 after a bl_error for every part of `needs` that the platform does not have, or has of another class. */
int bl_ask_parts(const struct bl_ask *a);
/* The same by the platform file alone, where its parts were refused and nothing is built. */
int bl_ask_file(const struct bl_ask *a, const struct bl_platform *p);
/* The value of "PART.PARAM", or of one element of a list, "PART.PARAM[2]"; 0 after a bl_error. */
uint64_t bl_ask_int(struct bl_ask *a, const char *name);
double bl_ask_real(struct bl_ask *a, const char *name);
/* The first elements of the list "PART.PARAM", at most `most`: returns how many. A list that is empty has 0, and so has a list that is
 * not there: bl_ask_parts, and other parameters of the part, tell of that. */
uint32_t bl_ask_list(struct bl_ask *a, const char *name, int64_t *element, uint32_t most);

/* Parameters of two parts that must be the same. Lists of them end with a NULL name. */
struct bl_equal { const char *name, *as; };
/* 0, or -1 after a bl_error for each pair of whole numbers that differ, or for the first that are not there. */
int bl_ask_equal(struct bl_ask *a, const struct bl_equal *pairs);

#ifdef __cplusplus
}
#endif

#endif
