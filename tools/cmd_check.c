/* cmd_check.c - `bitline check`: everything that a run would refuse, found without running. */
#include <stddef.h>
#include <stdio.h>

#include "tools/commands.h"
#include "tools/run/world.h"

struct check_opts { struct bl_world_opts w; };

static void counted(size_t n, const char *before, const char *what)
{
    printf("%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

static int check(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct check_opts *o = opts;
    struct bl_world_opts wo = o->w;
    struct bl_world w = { 0 };
    unsigned before = diag->errors;

    if (!wo.net)
        wo.net = "none";
    bool ok = bl_world_platform(&w, words->v[0], &wo, diag) == 0 && bl_world_net(&w) == 0 && bl_world_build(&w) == 0;
    if (ok && diag->errors == before) {
        printf("%s: ok", w.platform_at.path + w.platform_at.hidden);
        counted(bl_part_count(w.sim), ": ", "part");
        counted(bl_clock_count(w.sim), ", ", "clock");
        counted(bl_price_count(w.sim), ", ", "price");
        counted(bl_platform_expects(w.platform), ", ", "expectation");
        if (w.net)
            printf("; %s fits it", w.net_at.path + w.net_at.hidden);
        printf("\n");
    }
    bl_world_close(&w);
    return ok ? BL_DONE : BL_REFUSED;
}

#define T struct check_opts
static const struct bl_option options[] = { BL_NET_OPTIONS(T), BL_CALIBRATION_OPTION(T), BL_SET_OPTIONS(T), { 0 } };
const struct bl_command cmd_check = {
    .name = "check", .help = "read a platform, and a net for it, and report every error",
    .grammar = { .words = "PLATFORM", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Without --net only the platform is checked. Exit status: 0 all is well, 2 something is not.\n" },
    .run = check };
