/* over_time.h - statistics over time of a run, as `intervals` of its report: what parts spent and used and how full channels were, interval by
 * interval, within a budget of numbers. */
#ifndef BL_REPORT_OVER_TIME_H
#define BL_REPORT_OVER_TIME_H

#include "platforms/job/part_rows.h"
#include "tools/report/report.h"

enum { BL_INTERVAL_NUMBERS = 1 << 20 };   /* that are kept of a run, at most: about 20 MB of JSON */

struct bl_channel_of_many { char *from, *to; uint32_t depth, channels; bool is_pipe; };

struct bl_intervals {
    struct bl_sim *sim;
    uint64_t every, from, to;             /* fs; to: where the last one ends */
    struct bl_part_rows rows;
    struct bl_channel_of_many *channel; size_t nchannels;
    uint32_t *channel_of;                 /* by channel of the simulation */
    size_t n, room, most;                 /* intervals: there are, there is room for, fit in the budget */
    uint64_t *spent;                      /* [interval][rows.counters] */
    bl_yj *energy;                        /* [interval][rows.n] */
    struct bl_level *level;               /* [interval][nchannels] */
    bool on, no_room, no_memory;
    bool done;                            /* they have ended, and all of them are there */
};

/* How many numbers an interval of the elaborated simulation costs, after bl_intervals_start. */
size_t bl_intervals_numbers(const struct bl_intervals *v);
/* From now on; until: where the run is known to end at the latest, or BL_FOREVER. 0, or -1 after a bl_error, also when so many intervals cannot
 * fit; then the interval that would is named. */
int bl_intervals_start(struct bl_intervals *v, struct bl_sim *s, uint64_t every, uint64_t until, struct bl_diag *diag);
/* Now they end. 0, or -1 after a bl_error when they did not fit: then there are none. */
int bl_intervals_stop(struct bl_intervals *v, struct bl_diag *diag);
/* `intervals` of a report, after bl_intervals_stop. */
json_t *bl_j_of_intervals(const struct bl_intervals *v);
void bl_intervals_fini(struct bl_intervals *v);           /* of zeros as well */

#endif
