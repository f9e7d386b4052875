/* layer_bits.h - precision by layer, as a person says it (--bits, --set layer[..]) and as a platform takes it. */
#ifndef BL_PLATFORMS_BITS_H
#define BL_PLATFORMS_BITS_H

#include "platforms/file/find.h"
#include "platforms/file/texts.h"
#include "platforms/net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is asked for. */
struct bl_bits_asked {
    struct bl_net *net;                /* finished; it is narrowed */
    const char *net_path;              /* of its file: "hawqv3" with resnet18_imagenet.csv is hawqv3_resnet18_bits.csv */
    const char *table;                 /* TABLE or TABLE:COLUMN (bl_net_bits), or NULL */
    struct bl_words sets;              /* of these, "layer[NAME].w_bits=N" and a_bits; NAME * is every layer with weights. A later one wins */
    struct bl_found *at;               /* where the table was found */
};
/* Whether a setting is about bits of layers: it begins with "layer[". */
bool bl_is_bits_set(const char *text);
/* What is asked for, by layer: into to[net->nlayers], which begins as zeros. 0, or -1 after a bl_error. */
int bl_bits_read(const struct bl_bits_asked *a, struct bl_narrow *to, struct bl_diag *diag);
/* Narrows the net, once (bl_net_narrow). 0, or -1 after a bl_error. */
int bl_bits_narrow(const struct bl_bits_asked *a, struct bl_diag *diag);

/* What a platform takes of the layers on its arrays: weights in two's complement of `w` bits, unsigned inputs of `a`; and what would be set for
 * more, up to a most. */
struct bl_bits_taken { const char *where, *w_name, *a_name; unsigned w, a, w_most, a_most; };
/* 0, or -1 after a bl_error about the first layer that has more: its bits, what the platform takes, what to set. */
int bl_bits_fit(const struct bl_net *net, const struct bl_bits_taken *t, struct bl_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
