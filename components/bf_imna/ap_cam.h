/* ap_cam.h - the operation word from an AP sequencer to its CAM array: 16 lanes of 32 bits. Key and mask come from the key/mask
 * registers. SEQ moves with every operation. */
#ifndef COMPONENTS_AP_CAM_H
#define COMPONENTS_AP_CAM_H

#include "components/bf_imna/ap.h"

enum { CAM_KIND, CAM_SEQ,            /* enum bl_ap_kind; number of the operation */
       CAM_AT, CAM_FLAGS, CAM_DRIVEN, CAM_ROWS,   /* as in struct bl_ap_uop */
       CAM_CMD,                      /* UOP_MACRO: the macro-operation, struct bl_ap_cmd */
       CAM_LANES = CAM_CMD + AP_CMD_LANES };
enum { CAM_ROW_RESULTS, CAM_COL_RESULTS, CAM_RESULTS };   /* the array's word `results`: compares and reads so far */

#endif
