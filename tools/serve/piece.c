/* piece.c - the run, piece by piece: a clock ends a piece, and between two of them the loop looks at its clients. A piece ends between two times, so
 * that the run never knows of it. */
#include "tools/serve/serve.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

enum { PIECE_MS = 40 };
static const double PUMP_S = 0.05, HANG_S = 1, KEEP_S = 5, KEEP_SHARE = 50;

/* ---- the clock */

static struct bl_sim *volatile ticking;

static void on_tick(int number)
{
    (void)number;
    if (ticking)
        bl_interrupt(ticking);
}

void bl_piece_listen(struct bl_server *s)
{
    struct sigaction a = { .sa_handler = s ? on_tick : SIG_DFL, .sa_flags = SA_RESTART };

    ticking = s ? s->r->u->sim : NULL;
    sigaction(SIGALRM, &a, NULL);
}

static void tick_in(int ms)
{
    const struct itimerval t = { .it_value = { 0, ms * 1000 } };

    setitimer(ITIMER_REAL, &t, NULL);
}

/* ---- order points */

static void ended(struct bl_server *s, enum bl_end end)
{
    s->standing = BL_ENDED;
    s->end = end;
    s->pause = s->stepping_event = false;
    s->goal = 0;
    s->changed = true;
    bl_condition_close(s->condition);
    s->condition = NULL;
    bl_finish_end(s->r, end);
    if (!strcmp(s->r->end, "deadlock"))
        bl_hang_keep(s);
}

/* Runs to `fs` and no further; false: it has ended. */
static bool reaches(struct bl_server *s, uint64_t fs)
{
    enum bl_end end = bl_setup_run(s->r->u, fs, NULL, NULL);

    if (end == BL_END_LIMIT && fs < s->until)
        return true;
    ended(s, end);
    return false;
}

/* To where something happens next: nothing does on the way. Where nothing comes any more, or the end of the run comes first, that is the end. */
static bool settle(struct bl_server *s)
{
    const uint64_t due = bl_due(s->r->u->sim), now = bl_now(s->r->u->sim);

    return due == now || reaches(s, due < s->until ? due : s->until);
}

static void stand(struct bl_server *s, const char *why)
{
    bl_condition_close(s->condition);
    s->condition = NULL;
    s->goal = 0;
    s->pause = s->stepping_event = false;
    s->standing = BL_STANDS;
    s->why = why;
    s->changed = true;
    bl_serve_tell(s, "pause", json_pack("{s:s}", "why", why));
}

void bl_piece_stand(struct bl_server *s, const char *why)
{
    if (settle(s))
        stand(s, why);
}

/* ---- now and then */

static void keep(struct bl_server *s, double now)
{
    if (now - s->kept_at < KEEP_S || now - s->kept_at < KEEP_SHARE * s->keep_takes || !settle(s))
        return;
    bl_live_keep(&s->live);
    s->kept_at = bl_serve_seconds();
    s->keep_takes = s->kept_at - now;
}

static void now_and_then(struct bl_server *s)
{
    double now = bl_serve_seconds();

    if (now - s->looked_at >= HANG_S) {
        s->looked_at = now;
        if (bl_hang_look(s)) {
            bl_piece_stand(s, "hang");
            bl_hang_keep(s);
            return;
        }
    }
    keep(s, now);
}

/* ---- a piece */

static enum bl_end run_piece(struct bl_server *s)
{
    struct bl_sim *sim = s->r->u->sim;
    double began = bl_serve_seconds();

    bl_break(sim, s->condition);
    bl_break_at(sim, s->goal);
    tick_in(PIECE_MS);
    enum bl_end end = bl_setup_run(s->r->u, s->until, NULL, NULL);
    tick_in(0);
    bl_interrupt_taken(sim);             /* a tick that came behind the end */
    bl_break(sim, NULL);
    bl_break_at(sim, 0);
    s->ran_s += bl_serve_seconds() - began;
    return end;
}

/* What it was to run to: a time, or a condition. */
static void reached(struct bl_server *s)
{
    const bool holds = s->condition && bl_condition_holds(s->condition);

    if (holds || s->stepping_event) {
        bl_piece_stand(s, holds ? "condition" : "step");
        return;
    }
    if (bl_now(s->r->u->sim) < s->goal && !reaches(s, s->goal))
        return;
    stand(s, "step");
}

void bl_piece(struct bl_server *s)
{
    if (s->pause || (s->goal && s->goal <= bl_now(s->r->u->sim))) {
        bl_piece_stand(s, "user");
        return;
    }
    if (s->until <= bl_now(s->r->u->sim)) {
        ended(s, BL_END_LIMIT);
        return;
    }
    enum bl_end end = run_piece(s);
    if (end == BL_END_BREAK)
        reached(s);
    else if (end != BL_END_INTERRUPTED)
        ended(s, end);
    else if (s->pause)
        bl_piece_stand(s, "user");
    else
        now_and_then(s);
}

/* ---- of the job */

/* The reference of a layer may take long: clients are answered, and a tick does not end it. */
void bl_piece_part(void *ctx, uint32_t layer, uint64_t done, uint64_t total)
{
    struct bl_server *s = ctx;

    (void)layer, (void)done, (void)total;
    bl_interrupt_taken(s->r->u->sim);
    if (!s->base || bl_serve_seconds() - s->pumped_at < PUMP_S)
        return;
    s->in_reference = true;
    event_base_loop(s->base, EVLOOP_NONBLOCK);
    s->in_reference = false;
    s->pumped_at = bl_serve_seconds();
}

void bl_piece_layer(void *ctx, const struct bl_layer_end *e)
{
    struct bl_server *s = ctx;

    if (e->layer >= s->live.nlayers)
        return;
    s->live.items[e->layer]++;
    if (s->done)
        s->done[e->layer]++;
}
