/* sensitivity.h - what a net loses when one layer alone has fewer bits, and the table of bits by layer that follows. */
#ifndef BL_SENSITIVITY_H
#define BL_SENSITIVITY_H

#include "platforms/net/quantise.h"
#include "tools/run/net_file.h"
#include "tools/run/reference_run.h"

struct bl_sensitivity {
    const struct bl_net_file *file;
    const struct bl_net *net;          /* a copy as it is */
    const struct bl_setup_opts *so;    /* the images */
    const uint8_t *bits;               /* `n` of them, rising */
    uint32_t n;
    uint8_t a_bits;                    /* of the layer's inputs; 0: as they are */
    bool fitted;                       /* bl_net_fit, not bl_net_narrow */
    struct bl_diag *diag;
    /* written by bl_sensitivity_run */
    struct bl_reference_figures was, *figures;             /* of the net as it is; [net->nlayers][n] */
    double *loss;                      /* [net->nlayers][n]: squared error of the outputs over their squares */
};

/* An exit status. Ended by bl_sensitivity_fini in any case. */
int bl_sensitivity_run(struct bl_sensitivity *s);
void bl_sensitivity_fini(struct bl_sensitivity *s);
/* The figures of the net with those bits of weights by layer (0: as they are), and a_bits for all. An exit status. */
int bl_sensitivity_together(const struct bl_sensitivity *s, const uint8_t *bits, struct bl_reference_figures *out);
/* The table that --bits reads, as text to be freed; NULL after a bl_error: names that it cannot tell apart. */
char *bl_sensitivity_table(const struct bl_sensitivity *s, const uint8_t *bits);

#endif
