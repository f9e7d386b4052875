/* calibration_file.h - the calibration of OSA-HCIM for one net: thresholds and ADC ranges by layer, in memory and
 * as a file. Format: platforms/README.md, "calibration files". */
#ifndef BL_PLATFORMS_OSA_TABLES_H
#define BL_PLATFORMS_OSA_TABLES_H

#include "platforms/osa_hcim/osa_hcim.h"

/* By layer of the net; layers that no array does keep zeros. */
struct osa_tables {
    uint32_t nlayers;
    bool has_thresholds, has_ranges;
    uint32_t nthresholds;
    struct bl_osa_saliency *saliency;
    struct bl_osa_ranges *ranges;
    int32_t **fold;                    /* [layer][cout]: mean error of a sum, added to the bias; NULL: none */
};

struct osa_tables *osa_tables_new(uint32_t nlayers);            /* zeroed; NULL without memory */
void osa_tables_free(struct osa_tables *t);
/* Reads a calibration file for `net`: every layer it names must be a conv or fc layer of the net, and every
 * such layer must be named. NULL after a bl_error with file:line:column. */
struct osa_tables *osa_tables_read(const char *path, const struct bl_net *net, struct bl_diag *diag);
/* Saves the file, whole or not at all. `how` is a list of comment lines (command and figures), ends with NULL. */
int osa_tables_write(const char *path, const struct osa_tables *t, const struct bl_net *net, const char *const *how,
                     struct bl_diag *diag);

/* The tables are what the parts look up with these settings: as many thresholds as the OSE has candidates, a range for every conversion
 * that it may choose; else parts would stop the run. 0, or -1 after a bl_error; notes ranges that are not used. */
int osa_tables_fit(struct bl_job *job, const struct osa_tables *t, const struct osa_settings *p);
/* A copy in the job's memory. */
const struct osa_tables *osa_tables_kept(struct bl_job *job, const struct osa_tables *t);

#endif
