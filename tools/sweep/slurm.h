/* slurm.h - the open points of a sweep as one array job of Slurm: elements are slices (results.h), whose files are taken into the database while they grow. */
#ifndef BL_SWEEP_SLURM_H
#define BL_SWEEP_SLURM_H

#include "tools/sweep/drive.h"

enum { BL_ELEMENTS_MOST = 100 };

struct bl_slurm {
    struct bl_drive *drive;            /* its plan was checked, its store has the sweep */
    const char *folder;                /* of scripts, logs and result files; made where it is not there */
    const struct bl_texts *words;      /* of `bitline sweep` for all slices, the platform first */
    const char *sbatch;                /* more options of sbatch, as one text; NULL: none */
    uint64_t at_once;                  /* how many elements run at a time; 0: as Slurm likes */
    struct bl_diag *diag;
};

/* Elements for so many points of so many seconds: slices of about ten minutes, at most BL_ELEMENTS_MOST, at most `most`, no more than points. */
uint32_t bl_slurm_elements(size_t points, double seconds, uint32_t most);
/* MaxArraySize in what `scontrol show config` prints, or 0. */
uint32_t bl_slurm_max_array(const char *config);

/* Submits an array for what is open, or finds the one that an earlier call submitted, and waits for its end; SIGINT ends the waiting, not the job: then drive->interrupted. 0, or
 * -1 after a bl_error: no Slurm, or points without a result at the end. */
int bl_slurm_run(struct bl_slurm *x);

#endif
