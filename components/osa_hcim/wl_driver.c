/* wl_driver.c - wordline driver: raises row i of every HMU for a command (4 + i for the second weight of two). One instance drives the digital
 * wordlines (DWL), another the analog ones (AWL); the split port lets both raise the same row. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"

struct wl_driver {
    struct bl_part p;
    bl_in cmd;
    bl_out wl;
    int64_t hmu;
};

static void comb(void *self)
{
    struct wl_driver *t = self;
    const uint8_t *cmd = bl_get8(t->cmd);
    const uint64_t rows0 = UINT64_C(0x0101010101010101) >> (64 - BL_OSA_BITS * t->hmu);

    *bl_put64(t->wl) = cmd[OSA_FLAGS] & OSA_VALID ? rows0 << (cmd[OSA_ROW] + (cmd[OSA_FLAGS] & OSA_HALF ? BL_OSA_BITS / 2 : 0)) : 0;
}

#define T struct wl_driver
static const struct bl_field fields[] = {
    BL_IN(T, cmd, OSA_LANES, 8, "command of the controller"),
    BL_OUT(T, wl, 1, 64, "wordlines that are up, a bit a row: 8 rows an HMU"),
    BL_PARAM(T, hmu, 8, 1, 8, "hybrid MAC units of the macro"),
    { 0 }
};
const struct bl_class wl_driver_class = { .name = "wl_driver", .help = "digital or analog wordline driver",
    .size = sizeof(T), .comb = comb, .fields = fields };
