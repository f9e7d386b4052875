/* net_narrow_in.h - what the two halves of narrowing share; private to net_narrow*.c. */
#ifndef BL_NET_NARROW_IN_H
#define BL_NET_NARROW_IN_H

#include "platforms/net/net.h"

enum { NARROW_FROM = 8 };              /* bits of what can be narrowed */

static inline bool narrow_product(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }

/* Each: 0, or -1 without memory. The tensor, with its data, gets so many bits. */
int bl_narrow_tensor(struct bl_net *net, struct bl_tensor *t, unsigned bits);
/* The layer, whose tensors have theirs. */
int bl_narrow_layer(struct bl_net *net, struct bl_layer *l, struct bl_narrow to);

#endif
