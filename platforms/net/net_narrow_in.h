/* net_narrow_in.h - what the two halves of narrowing share; private to net_narrow*.c. */
#ifndef BL_NET_NARROW_IN_H
#define BL_NET_NARROW_IN_H

#include "platforms/net/net.h"

enum { NARROW_FROM = 8 };              /* bits of what can be narrowed */

static inline bool narrow_product(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }

/* Each: 0, or -1 without memory. The tensor, with its data, gets so many bits. */
int bl_narrow_tensor(struct bl_net *net, struct bl_tensor *t, unsigned bits);
/* The layer, whose tensors have theirs; fitted: its weights by bl_narrow_fit. */
int bl_narrow_layer(struct bl_net *net, struct bl_layer *l, struct bl_narrow to, bool fitted);

/* net_narrow_fit.c: the weights to 2 to 7 bits with the scale of least squared error, the bias to those units; the input has dx bits less. */
void bl_narrow_fit(struct bl_layer *l, unsigned bits, unsigned dx);

#endif
