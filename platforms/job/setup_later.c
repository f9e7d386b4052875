/* setup_later.c - bits that change between images: --bits-at IMAGE=TABLE[:COLUMN]. Each makes the net once more from its file, narrowed from the 8-bit
 * original, so weights of another width are rounded and not cut. */
#include "platforms/job/setup_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take(struct bl_setup *u, const char *text, const void *bytes, size_t n)
{
    struct bl_job_later *later = &u->later[u->nlater];
    struct bl_found *at = &u->later_at[u->nlater];
    unsigned from;
    int used = 0;

    if (sscanf(text, "%u=%n", &from, &used) != 1 || !used || !text[used] || *text < '0' || *text > '9')
        return bl_error(u->diag, "--bits-at %s: expected IMAGE=TABLE:COLUMN, as in 4=hawqv3:low, or IMAGE=none for the bits of the model", text);
    struct bl_net *net = bl_net_rounded(u->net_at.path, bytes, n, u->o.rounding, u->seed, u->diag);
    if (!net)
        return -1;
    *later = (struct bl_job_later){ from, net };
    u->nlater++;
    const struct bl_bits_asked asked = { .net = net, .net_path = u->net_at.path, .table = strcmp(text + used, "none") ? text + used : NULL, .at = at };
    return bl_bits_narrow(&asked, u->diag) < 0 || (at->path && bl_setup_file(u, "bits", at, NULL) < 0) ? -1 : 0;
}

int bl_setup_later(struct bl_setup *u, const void *bytes, size_t n)
{
    const struct bl_words *w = &u->o.bits_at;

    if (!w->n)
        return 0;
    u->later = calloc(w->n, sizeof *u->later);
    u->later_at = calloc(w->n, sizeof *u->later_at);
    if (!u->later || !u->later_at)
        return bl_error(u->diag, "--bits-at: no memory");
    for (size_t i = 0; i < w->n; i++)
        if (take(u, w->v[i], bytes, n))
            return -1;
    return 0;
}

void bl_setup_later_free(struct bl_setup *u)
{
    for (size_t i = 0; i < u->nlater; i++) {
        bl_net_free((struct bl_net *)(uintptr_t)u->later[i].net);
        bl_found_fini(&u->later_at[i]);
    }
    free(u->later);
    free(u->later_at);
}
