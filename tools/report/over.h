/* over.h - what happened over time, for charts: by the intervals of a report, or, without any, by its layers, one behind the other. */
#ifndef BL_REPORT_OVER_H
#define BL_REPORT_OVER_H

#include "tools/report/report.h"

struct bl_lane {
    const char *path;                  /* of the report */
    uint64_t *elapsed;                 /* of each slot, in the part's unit */
    uint64_t *spent;                   /* [verdict * slots + slot] */
    const char **verdict; size_t verdicts;
    double *joules;                    /* of each slot; NULL: not known */
};
struct bl_over {
    bool by_layer;
    size_t slots, lanes;
    double *at;                        /* slots + 1 times, s */
    double *joules;                    /* of everything in each slot; NULL: not known */
    struct bl_lane *lane;              /* parts that spend time, or took energy, as they stand in the report */
};
/* At most `most` slots: neighbours are added up. No slots when the report has neither. bl_over_fini either way. */
void bl_over_of(const json_t *report, size_t most, struct bl_over *o);
void bl_over_fini(struct bl_over *o);
/* Of slot k: what the lane spent at the verdict of that name; 0 when it has none. */
uint64_t bl_spent_at(const struct bl_over *o, const struct bl_lane *l, const char *verdict, size_t k);

#endif
