/* fta.h - fixed threshold approximation: every weight that block pruning left gets exactly as many non-zero signed digits as its filter's
 * threshold says (Duan et al., Algorithm 1). Pure functions on one filter of k weights. */
#ifndef BL_DB_FTA_H
#define BL_DB_FTA_H

#include "components/db_pim/dyadic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The threshold of a filter, 0 to BL_DB_MOST_PHI: the most frequent phi of its kept weights, at least 1 and at most 2; 0 where all of them are
 * zero or none is kept. Of equally frequent ones the smaller counts (ours: the paper does not say). kept: a byte a weight, 0 where the weight
 * is masked; NULL: all are kept. */
uint32_t bl_db_threshold(const int8_t *w, const uint8_t *kept, uint32_t k);
/* Puts each kept weight to the closest number with phi non-zero digits (bl_db_closest), each masked one to 0. */
void bl_db_approximate(int8_t *w, const uint8_t *kept, uint32_t k, uint32_t phi);

#ifdef __cplusplus
}
#endif

#endif
