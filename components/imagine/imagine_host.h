/* imagine_host.h - work of the host of IMAGINE: each conv or fc layer as phases, one pass of a strip of the image over the
 * macro each. Made by platforms/imagine/mapper.c, immutable during the run. */
#ifndef COMPONENTS_IMAGINE_HOST_H
#define COMPONENTS_IMAGINE_HOST_H

#include "components/host.h"
#include "components/imagine/imagine.h"

struct imagine_phase {
    uint32_t cfg[CFG_LANES];           /* the host fills in CFG_SEQ and CFG_N_CIM */
    uint64_t t_cim;                    /* of an operation, fs: how many cycles it needs */
    uint32_t nrows;                    /* rows to write, from row 0; 0: the weights stay */
    const uint32_t *weights;           /* eight 32-bit words a row */
    size_t from;                       /* in the host's memory: pixel (0, 0), channel 0 of the strip */
    uint32_t step_y, step_x, step_c;   /* bytes from one to the next */
    uint32_t out, pixel;               /* first output of the layer, first output pixel */
    uint32_t slices;                   /* macro outputs of one output of the layer: weight bits r_w * slice .. */
    double volts;                      /* V_MBIW - V_DDL for a sum S of 1 */
    double lsb;                        /* volts of a code, gain included */
    const int8_t *abn;                 /* ABN offsets by macro output, in steps of abn_step volts */
    double abn_step;
    const int32_t *trim;               /* what is left of the amplifiers' offsets, uV, by macro output; NULL: nothing */
};

struct imagine_layer {
    uint32_t nphases;                  /* 0: no array layer */
    const struct imagine_phase *phase;
    const int32_t *wsum;               /* [cout]: sum of the weights */
    bool odd;                          /* weights are -1 and +1, sums of +-1 bits as they stand; else sums of +-1 bits are 2 w + 1 */
};

/* By layer, all images: cycles in which the DRAM port carried weights, inputs, outputs; in which the pipeline ran. */
struct imagine_stat { uint64_t weights, inputs, run, outputs; };

#endif
