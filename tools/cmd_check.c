/* cmd_check.c - `bitline check`: everything that a run would refuse, found without running. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/run/net_options.h"
#include "tools/run/setup_options.h"

struct check_opts { struct bl_setup_opts setup; struct bl_texts sets, images, data; };

static void counted(size_t n, const char *before, const char *what)
{
    printf("%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

/* A used file has a row of its own and is no part. */
static size_t parts_of(struct bl_sim *s)
{
    size_t n = 0;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row row;
        bl_part_at(s, i, &row);
        n += row.cls != NULL;
    }
    return n;
}

static void count_use(void *ctx, const struct bl_use_row *row)
{
    *(size_t *)ctx += *row->path ? row->count : 0;
}

/* The platform by itself, when its net cannot be read: what is wrong there is told as well. */
static struct bl_setup *without_net(const struct bl_setup_opts *so, struct bl_diag *diag)
{
    struct bl_setup_opts alone = { .platform = so->platform, .net = "none", .seed = so->seed };
    struct bl_texts sets = { 0 };

    for (size_t i = 0; i < so->set.n; i++)
        if (strncmp(so->set.v[i], "layer[", 6))          /* of the net */
            bl_texts_add(&sets, so->set.v[i]);
    alone.set = bl_words_of(&sets);
    struct bl_setup *u = bl_setup_platform(&alone, diag);
    if (u && bl_setup_net(u) == 0) {
        bl_setup_build(u);
        bl_setup_fits(u);
    }
    bl_texts_free(&sets);
    return u;
}

static void print_ok(const struct bl_setup *u)
{
    size_t uses = 0;

    printf("%s: ok", u->platform_at.path + u->platform_at.hidden);
    bl_platform_uses(u->platform, count_use, &uses);
    counted(parts_of(u->sim), ": ", "part");
    if (uses)
        counted(uses, ", ", "used file");
    counted(bl_clock_count(u->sim), ", ", "clock");
    counted(bl_price_count(u->sim), ", ", "price");
    counted(bl_platform_expects(u->platform), ", ", "expectation");
    if (u->net)
        printf("; %s fits it", u->net_at.path + u->net_at.hidden);
    printf("\n");
}

/* Every step is taken that the one before leaves possible, so that all errors are told at once. */
static int check(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct check_opts *o = opts;
    struct bl_setup_opts so = o->setup;
    struct bl_texts files = { 0 };
    unsigned before = diag->errors;

    so.platform = words->v[0];
    so.set = bl_words_of(&o->sets);
    if (!so.net)
        so.net = "none";
    struct bl_setup *u = bl_net_options(&so, &o->images, &o->data, &files, diag) < 0 ? NULL : bl_setup_platform(&so, diag);
    bool ok = u && bl_setup_net(u) == 0;
    if (u && !ok) {
        bl_setup_close(u);
        u = without_net(&so, diag);
    } else if (u) {
        ok = bl_setup_build(u) == 0;
        ok &= bl_setup_fits(u) == 0;
    }
    if (ok && diag->errors == before)
        print_ok(u);
    bl_setup_close(u);
    bl_texts_free(&files);
    return ok ? BL_DONE : BL_REFUSED;
}

#define T struct check_opts
static const struct bl_option options[] = { BL_NET_OPTIONS(T), BL_CALIBRATION_OPTION(T), BL_SET_OPTIONS(T), { 0 } };
const struct bl_command cmd_check = {
    .name = "check", .help = "read a platform, and a net for it, and report every error",
    .grammar = { .words = "PLATFORM", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Without --net only the platform is checked, and that its mapper finds its parts. Exit status: 0 all is well, 2 something is not.\n" },
    .run = check };
