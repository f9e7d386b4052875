/* phases.h - shared by the mapper of IMAGINE and its calibration: the platform's settings, layers cut into phases, and
 * the gains and offsets in force. */
#ifndef BL_PLATFORMS_IMAGINE_PHASES_H
#define BL_PLATFORMS_IMAGINE_PHASES_H

#include "components/imagine/imagine_host.h"
#include "platforms/job/mapper.h"

/* What decides on phases and codes, as the parts of the platform have it. */
struct imagine_settings {
    uint32_t r_in, r_out, r_w, gamma;
    bool serial, newrow, rowmajor, split;         /* split: serial-split DPL */
    bool loop;                                    /* maps need not fit LMEM: rates, no values */
    uint64_t bytes;                               /* of an LMEM bank */
    double vddl, vddh, c_c, c_p, c_l, alpha_adc, abn_step;
    uint64_t t_dp, t_pre, t_acc, t_w, t_off, t_sar;   /* fs, slowed down */
    bool measuring;                               /* the ADCs keep what they measure: a run for calibration */
    bool ideal;                                   /* no noise, no mismatch, everything settles */
};
/* 0, or -1 after a bl_error that names the parameter that is missing or does not agree with another. */
int imagine_settings(struct bl_ask *ask, struct imagine_settings *p);

/* Outputs of `wbits`-bit weights that the columns hold: 32 of 8 bits as two slices of 4. */
uint32_t imagine_outputs(const struct imagine_settings *p, uint32_t wbits);

/* Gains and offsets of a layer. A layer is cut into weight sets in a fixed order; a weight set is what the array holds at a time. */
struct imagine_tuning {
    uint32_t nsets;
    uint32_t *gamma;                              /* [set]: gain */
    int32_t (*abn)[CIM_COLS];                     /* [set][output]: ABN offset, in steps */
    int32_t (*trim)[CIM_COLS];                    /* [set][output]: what is left of the amplifier's offset, uV; taken off the sums */
};
struct imagine_tables { uint32_t nlayers, r_w; struct imagine_tuning *layer; };   /* r_w: of the slices it was made with */

/* Weight sets that layer `layer` needs with these settings (0: no array layer): 0, or -1 after a bl_error that says why it
 * cannot be cut. */
int imagine_sets(const struct imagine_settings *p, const struct bl_net *net, uint32_t layer, uint32_t *n,
                 struct bl_diag *diag);
/* Cuts a layer, whose windows are in `h` already, into phases and packs its weights; `table` is the row of the first set in
 * the table of ABN offsets, whose rows are at `abn`. 0, or -1 after a bl_error that names the layer. */
int imagine_cut(struct bl_job *job, uint32_t layer, const struct bl_host_layer *h, const struct imagine_settings *p,
                const struct imagine_tuning *tuning, uint32_t table, int8_t (*abn)[CIM_COLS], struct imagine_layer *out);

/* Reads and writes calibration files (platforms/README.md). `nsets` by layer and r_w are checked: a file fits the
 * settings it was made with. */
struct imagine_tables *imagine_tables_new(const uint32_t *nsets, uint32_t nlayers, uint32_t r_w);
void imagine_tables_free(struct imagine_tables *t);
struct imagine_tables *imagine_tables_read(const char *path, const struct bl_net *net, const uint32_t *nsets, uint32_t r_w,
                                           struct bl_diag *diag);
int imagine_tables_write(const char *path, const struct imagine_tables *t, const struct bl_net *net, const char *const *how,
                         struct bl_diag *diag);

int imagine_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag);

#endif
