/* unit_check.h - the jobs of a feeder or collector, checked against the program before the run: a job that cannot be done is refused. */
#ifndef BL_UNIT_CHECK_H
#define BL_UNIT_CHECK_H

#include "components/host.h"
#include "components/unit_job.h"
#include "kernel/model.h"

/* In init. Of each job: the layer is one of the array, the tile and the windows are there. 0, or -1 after a refusal. */
static inline int bl_unit_check(void *self, bl_table jobs, bl_table program)
{
    const struct bl_host_program *g = BL_ROWS(struct bl_host_program, program);

    if (jobs.n && !g)
        return bl_refuse(self, "jobs are supplied and program is not: a job is of a layer of the program");
    for (uint32_t i = 0; i < jobs.n; i++) {
        const struct bl_unit_job *j = BL_ROWS(struct bl_unit_job, jobs) + i;
        const struct bl_host_layer *l = j->layer < g->nlayers ? &g->layer[j->layer] : NULL;
        if (!l || l->kind != BL_HOST_ARRAY)
            return bl_refuse(self, "job %u is of layer %u; expected a layer of the array, of the program's %u", i, j->layer, g->nlayers);
        if (j->tile >= l->ntiles)
            return bl_refuse(self, "job %u is of tile %u; layer %u has %u", i, j->tile, j->layer, l->ntiles);
        if (!j->count || (uint64_t)j->first + j->count > bl_host_windows(l))
            return bl_refuse(self, "job %u has %u windows from %u on; expected at least 1, and layer %u has %u", i, j->count, j->first, j->layer,
                             bl_host_windows(l));
    }
    return 0;
}

static inline const struct bl_host_layer *bl_unit_layer(bl_table program, const struct bl_unit_job *j)
{
    return &BL_ROWS(struct bl_host_program, program)->layer[j->layer];
}

#endif
