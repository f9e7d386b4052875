/* spread.h - how the layers of a net lie on macros that are wired to the host: the mapping that the platform file or the command line
 * asks for, what it takes by closed forms, and why a run took more. */
#ifndef BL_WEIGHT_STATIONARY_SPREAD_H
#define BL_WEIGHT_STATIONARY_SPREAD_H

#include "platforms/weight_stationary/ideal.h"

/* In begin of the mapper, feed direct: what is asked for can be had. 0, or -1 after a bl_error. */
int ws_spread_begin(struct bl_job *job, struct bl_sim *s);
/* In pack: the tiles of a layer, without rows. 0, or -1 after a bl_error. */
int ws_spread_cut(struct bl_job *job, uint32_t layer, struct bl_host_layer *out);
/* The mapper's ideal and gap (mapper.h). */
int ws_spread_ideal(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_ideal *out, const char **why);
int ws_gap(struct bl_job *job, struct bl_sim *s, struct bl_gap *out, const char **why);

/* The chain, with the prices in force; after elaboration. As ws_chain_find. */
int ws_spread_priced(struct bl_job *job, struct bl_sim *s, struct ws_chain *c, struct ws_prices *p, const char **why);

/* The tally of that name of a part, by number: false when it has none. */
bool ws_tally_of_part(struct bl_sim *s, size_t part, const char *name, struct bl_tally_row *tally);

#endif
