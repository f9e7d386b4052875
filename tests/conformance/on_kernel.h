/* on_kernel.h - runs a described network on our kernel, and on a list-based scheduler that shares nothing with it. */
#ifndef BL_TESTS_ON_KERNEL_H
#define BL_TESTS_ON_KERNEL_H

#include "tests/conformance/procnet.h"

struct kernel_run {
    uint64_t shuffle;              /* BL_SHUFFLE seed; 0: none */
    uint64_t piece;                /* run in pieces of so many fs; 0: in one */
    const struct net *crowd;       /* unrelated networks in the same simulation: one before and one after in path order; NULL */
    bool traced;                   /* everything is traced */
};
/* Appends to `log`, not settled. false: the kernel reported an error (written to stderr). */
bool net_on_kernel(const struct net *n, const struct kernel_run *how, struct net_log *log);
/* The oracle: processes in order of their number, plain arrays looked through each time. */
void net_on_oracle(const struct net *n, struct net_log *log);

/* A random network that no order within a delta can change. decided: with what the reference does otherwise, by decision. */
void net_make(struct net *n, uint64_t seed, bool decided);
/* Drops processes and operations from n as long as `differs` says so still. */
void net_shrink(struct net *n, bool (*differs)(const struct net *n, void *ctx), void *ctx);

#endif
