/* replay.c - runs made to learn something: permuted ones that look for races, and one that records who causes what. */
#include "tools/run/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/commands.h"

struct replay {
    const struct bl_setup_opts *o;
    uint64_t until;
    struct bl_diag *diag;
    bool begun;                            /* what building says has been said */
};

static void put_nothing(void *ctx, const char *line) { (void)ctx, (void)line; }

static struct bl_setup *build(struct replay *r, struct bl_diag *diag)
{
    struct bl_setup *u = bl_setup_open(r->o, diag);

    r->begun |= u != NULL;
    return u;
}

/* ---- races */

static int ordered_run(void *ctx, struct bl_order *order)
{
    struct replay *r = ctx;
    struct bl_diag silent = { .put = put_nothing };
    struct bl_setup *u = build(r, r->begun ? &silent : r->diag);

    if (!u)
        return r->diag->errors ? -1 : bl_error(r->diag, "--races: the run cannot be built once more; memory is out, or a file has changed");
    bl_order_use(u->sim, order);
    bl_setup_run(u, r->until, NULL, NULL);
    bool out = bl_out_of_memory(u->sim);
    bl_setup_close(u);
    return out ? bl_error(r->diag, "--races: memory was out in one of the runs, which are compared whole") : 0;
}

int bl_replay_races(const struct bl_setup_opts *o, uint64_t runs, uint64_t until, struct bl_diag *diag)
{
    struct replay r = { o, until, diag, false };
    struct bl_races x = { .runs = runs, .seed = o->seed.given ? o->seed.v : 1, .run = ordered_run, .ctx = &r, .diag = diag };
    int found = bl_races(&x);

    if (found)
        return found > 0 ? BL_WRONG : BL_REFUSED;
    printf("no race: %llu permuted runs, after each of %llu times (%llu deltas) the same state\n", (unsigned long long)runs,
           (unsigned long long)x.times, (unsigned long long)x.deltas);
    return BL_DONE;
}

/* ---- why */

static void put_line(void *ctx, const char *text)
{
    (void)ctx;
    printf("%s\n", text);
}

/* "SIGNAL@TIME" -> a signal, and a limit one step behind the time: what happens at a limit has not happened. */
static int parse(const char *question, char *signal, size_t room, uint64_t *until, struct bl_diag *diag)
{
    const char *at = strchr(question, '@');
    size_t n = at ? (size_t)(at - question) : strlen(question);
    uint64_t fs;

    if (n == 0 || n >= room)
        return bl_error(diag, "--why %s: names no signal; expected SIGNAL@TIME, as sink.x@15ns", question);
    memcpy(signal, question, n);
    signal[n] = 0;
    if (!at)
        return 0;
    if (bl_parse_time(at + 1, &fs, diag, "--why"))
        return -1;
    *until = fs < *until ? fs + 1 : *until;
    return 0;
}

int bl_replay_why(const struct bl_setup_opts *o, const char *question, uint64_t until, struct bl_diag *diag)
{
    struct replay r = { o, until, diag, false };
    struct bl_setup *u = NULL;
    char signal[1024];
    int status = BL_REFUSED;

    if (parse(question, signal, sizeof signal, &r.until, diag) == 0 && (u = build(&r, diag)) && bl_why(u->sim, signal, diag) == 0) {
        bl_setup_run(u, r.until, NULL, NULL);
        bl_why_tell(u->sim, &(struct bl_show){ put_line, NULL });
        status = bl_out_of_memory(u->sim) ? BL_REFUSED : BL_DONE;
    }
    bl_setup_close(u);
    return status;
}
