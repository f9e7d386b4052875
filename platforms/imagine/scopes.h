/* scopes.h - efficiency of a layer by what is counted: the macro alone, the accelerator at the steady rate of its pipeline, as it ran from LMEM to LMEM, and with DRAM. */
#ifndef BL_PLATFORMS_IMAGINE_SCOPES_H
#define BL_PLATFORMS_IMAGINE_SCOPES_H

#include "platforms/imagine/phases.h"

/* Energies without leakage, yJ. dram: the bus; side: LMEM on its side. */
enum { SCOPE_MACRO, SCOPE_DATAPATH, SCOPE_DRAM, SCOPE_SIDE, SCOPES };
/* As counts that add up exactly, whoever ran which image: [0] of 2^32 yJ, [1] the rest. */
struct imagine_scope { uint64_t yj[SCOPES][2], fs; };

/* Adds what came since `before`, which then is all up to now. */
void imagine_scope_add(struct bl_sim *s, struct imagine_scope *before, struct imagine_scope *to);

/* Figures NAME.tops_w_macro, _period, _run, _dram, _all and the same _8b (times r_in r_w / 64): operations of the layer, two a multiply-accumulate, over
 *   macro    dynamic energy of array, MBIW, ADCs and ladder, and the macro's leakage while it works (section V.A: 150, 125 TOPS/W)
 *   period   the same and the datapath for one more position of a row, leakage of everything over the steady period (section V.B: 40, 35)
 *   run      the same over the pipeline as it ran, row starts, fill and drain included
 *   dram     the same and the words over the DRAM port
 *   all      everything: LMEM on the port's side, and leakage while words come and go, as well
 * cim, run: cycles in which the macro worked, and of the pipeline. Nothing without prices. */
void imagine_scope_figures(struct bl_job *job, struct bl_sim *s, uint32_t layer, const struct imagine_settings *set, const struct imagine_layer *work,
                           const struct imagine_scope *sum, uint64_t cim, uint64_t run);

#endif
