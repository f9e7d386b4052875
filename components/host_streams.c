/* host_streams.c - the host with several images at once: a stream a layer, each at its own image. In a tick first its far memory
 * (host_steps.c), then what the counters say is done, then one push: of the stream whose pushes are going out, else of the one that may
 * begin the lowest image, of these the lowest layer. It pauses the run when a stream has done an image, so that its owner may look. */
#include "components/host_in.h"
#include "components/memory_item.h"

/* ---- the program fits ---- */

static int check_wait(struct host *t, uint32_t stream, const struct bl_host_wait *w)
{
    for (uint32_t k = 0; k < w->n; k++) {
        const uint64_t count = w->first + (uint64_t)k * w->stride;
        if (count >= (uint64_t)t->counts || !bl_wired(t->done.at[count]))
            return bl_refuse(t, "stream %u waits for done[%llu], which is not wired", stream, (unsigned long long)count);
    }
    return 0;
}

static int check_stream(struct host *t, uint32_t i, const struct bl_host_stream *s)
{
    for (uint32_t k = 0; k < s->npush; k++) {
        const struct bl_host_push *p = &s->push[k];
        if (p->unit != BL_HOST_NO_UNIT && (p->unit >= t->units || !bl_wired(t->go.at[p->unit])))
            return bl_refuse(t, "stream %u gives a job to go[%u], which is not wired", i, p->unit);
        for (uint32_t n = 0; n < p->nwait; n++)
            if (check_wait(t, i, &p->wait[n]))
                return -1;
    }
    for (uint32_t n = 0; n < s->nend; n++)
        if (check_wait(t, i, &s->end[n]))
            return -1;
    return 0;
}

int bl_host_streams_begin(struct host *t, const struct bl_host_program *g)
{
    if (g->ntail && t->host_cycles)
        return bl_refuse(t, "host_cycles is %lld; with several images at once what the host does at their end takes no time: expected 0",
                         (long long)t->host_cycles);
    const size_t n = g->nstreams ? g->nstreams : 1, images = g->nstreams ? g->images : 1;

    t->streams = bl_alloc(t, n * sizeof *t->streams);
    t->times = bl_alloc(t, images * sizeof *t->times);
    for (uint32_t i = 0; i < g->nstreams; i++)
        if (check_stream(t, i, &g->stream[i]))
            return -1;
    return g->nstreams && g->setup ? check_stream(t, g->nstreams, g->setup) : 0;
}

/* ---- waits ---- */

/* BL_HOST_NO_UNIT, or the first count that is still too low for image i. */
static uint16_t missing(const struct host *t, const struct bl_host_wait *w, uint32_t i)
{
    if (i < w->lag)
        return BL_HOST_NO_UNIT;
    const uint32_t wants = w->each * (i - w->lag) + w->least;
    for (uint32_t k = 0, at = w->first; k < w->n; k++, at += w->stride)
        if ((int32_t)(*bl_get32(t->done.at[at]) - wants) < 0)
            return (uint16_t)at;
    return BL_HOST_NO_UNIT;
}

/* The first of n waits that does not hold for image i, and its count at *count; NULL: all hold. */
static const struct bl_host_wait *first_of(const struct host *t, const struct bl_host_wait *w, uint32_t n, uint32_t i, uint16_t *count)
{
    for (; n; n--, w++)
        if ((*count = missing(t, w, i)) != BL_HOST_NO_UNIT)
            return w;
    return NULL;
}

/* The same of a push. */
static const struct bl_host_wait *waits_for(const struct host *t, const struct bl_host_push *p, uint32_t i, uint16_t *count)
{
    return first_of(t, p->wait, p->nwait, i, count);
}

static bool is_done(const struct host *t, const struct bl_host_stream *s, uint32_t i)
{
    uint16_t count;

    return !first_of(t, s->end, s->nend, i, &count);
}

/* ---- what a stream's ticks are ---- */

static enum bl_host_state state_of(const struct host *t, const struct bl_host_program *g, uint32_t k)
{
    const struct bl_host_at *at = &t->streams[k];
    uint16_t count;

    if (at->begun > at->ended || t->stream == k + 1)
        return BL_HOST_RUN;
    if (at->begun == g->images)
        return BL_HOST_NO_IMAGE;
    const struct bl_host_wait *w = waits_for(t, &g->stream[k].push[0], at->begun, &count);
    return !w ? BL_HOST_TURN : w->credit ? BL_HOST_NO_CREDIT : BL_HOST_NO_IMAGE;
}

/* Slots that a stream has taken and that somebody has still to read. */
static uint32_t full_slots(const struct host *t, const struct bl_host_stream *s, uint32_t begun)
{
    uint32_t read = begun;

    for (uint32_t n = 0; n < s->push[0].nwait; n++) {
        const struct bl_host_wait *w = &s->push[0].wait[n];
        for (uint32_t k = 0; w->credit && k < w->n; k++) {
            const uint32_t count = *bl_get32(t->done.at[w->first + k * w->stride]);
            read = count < read ? count : read;
        }
    }
    return begun - read;
}

/* What a trace and the report show of it. */
static void look_at_slots(struct host *t, const struct bl_host_program *g)
{
    t->buffer_bytes = 0;
    t->in_flight = t->streams[0].begun - t->ended;
    for (uint32_t k = 0; k < g->nstreams; k++) {
        t->streams[k].full = full_slots(t, &g->stream[k], t->streams[k].begun);
        if (t->streams[k].full > t->streams[k].most)
            t->streams[k].most = t->streams[k].full;
        t->buffer_bytes += t->streams[k].full * g->stream[k].bytes;
        if (k >= HOST_SHOWN)
            continue;
        t->image_of[k] = t->streams[k].begun > t->streams[k].ended ? t->streams[k].ended : HOST_NO_IMAGE;
        t->state_of[k] = t->streams[k].state;
        t->slots_of[k] = t->streams[k].full;
    }
    t->buffer_most = t->buffer_bytes > t->buffer_most ? t->buffer_bytes : t->buffer_most;
}

/* From this tick on the stream is in its state. */
static void settle(struct host *t, const struct bl_host_program *g, uint32_t k)
{
    struct bl_host_at *at = &t->streams[k];
    const uint64_t now = bl_cycle(t);

    at->spent[at->state] += now - at->since;
    at->since = now;
    at->state = state_of(t, g, k);
}

/* ---- pushes ---- */

/* The stream that may begin: lowest image, then lowest layer; 1 + its number, or 0. *count: what the first of them waits for. */
static uint32_t choose(const struct host *t, const struct bl_host_program *g, uint16_t *count)
{
    uint32_t best = 0, image = UINT32_MAX;
    uint16_t none = BL_HOST_NO_UNIT;

    *count = BL_HOST_NO_UNIT;
    for (uint32_t k = 0; k < g->nstreams; k++) {
        const uint32_t i = t->streams[k].begun;
        if (i >= g->images || i >= image)
            continue;
        if (waits_for(t, &g->stream[k].push[0], i, &none)) {
            if (*count == BL_HOST_NO_UNIT)
                *count = none;
            continue;
        }
        best = k + 1;
        image = i;
    }
    return best;
}

/* The next push of a stream for image i: BUSY, or why not. */
static bl_verdict push(struct host *t, const struct bl_host_stream *s, uint32_t i)
{
    const struct bl_host_push *p = &s->push[t->step];
    uint16_t count;

    if (waits_for(t, p, i, &count))
        return BL_AT(UNIT_LATE, count);
    if (p->unit != BL_HOST_NO_UNIT) {
        if (!bl_room(t->go.at[p->unit]))
            return BL_AT(UNIT_FULL, p->unit);
        *bl_push32(t->go.at[p->unit]) = p->job + i % p->turn;
        charge(&t->step_tally, 1);
    }
    t->step++;
    return BL_BUSY;
}

/* One push of a stream that has begun, or that may begin. */
static bl_verdict push_one(struct host *t, const struct bl_host_program *g)
{
    uint16_t count;

    if (!t->stream) {
        t->stream = choose(t, g, &count);
        if (!t->stream)
            return count == BL_HOST_NO_UNIT ? BL_IDLE : BL_AT(UNIT_LATE, count);
        t->step = 0;
    }
    struct bl_host_at *at = &t->streams[t->stream - 1];
    const struct bl_host_stream *s = &g->stream[t->stream - 1];
    const uint32_t image = t->step ? at->begun - 1 : at->begun;
    const bl_verdict v = push(t, s, image);
    if (v == BL_BUSY && t->step == 1) {
        if (t->stream == 1)
            t->times[image].begun = bl_cycle(t) - t->setup_cycles;
        if (!image)
            at->first[BL_HOST_BEGUN] = bl_cycle(t) - t->setup_cycles;
        *bl_put16(t->layer) = s->config;
        at->begun++;
    }
    if (t->step == s->npush)
        t->stream = 0;
    return v;
}

/* ---- what is done ---- */

/* The last layers, which only a host does. */
static void work_at_the_end(struct host *t, const struct bl_host_program *g)
{
    const struct bl_host_tensor *x = &g->tail_in;
    const uint8_t *from = (const uint8_t *)t->far_sums + t->ended * g->tail_step;

    for (size_t pixel = 0, pixels = (size_t)x->h * x->w; pixel < pixels; pixel++)
        for (uint32_t c = 0; c < x->c; c++)
            t->memory[x->at + c * pixels + pixel] = from[pixel * x->c + c];
    for (uint32_t i = 0; i < g->ntail; i++) {
        bl_host_work(&g->layer[g->tail[i]], t->memory);
        charge(&t->work, bl_host_outputs(&g->layer[g->tail[i]]));
    }
}

static void end_image(struct host *t, const struct bl_host_program *g)
{
    if (g->ntail)
        work_at_the_end(t, g);
    for (uint32_t k = 0; k < g->nstreams; k++) {
        settle(t, g, k);
        if (g->stream[k].layer != BL_HOST_NO_LAYER)
            t->stat[g->stream[k].layer].cycles = t->streams[k].spent[BL_HOST_RUN];
    }
    t->times[t->ended].ended = bl_cycle(t) - t->setup_cycles;
    t->image = ++t->ended;
    for (uint32_t i = 0; i < g->nlayers; i++) {
        const struct bl_host_layer *l = &g->layer[i];
        t->stat[i].ops += l->kind == BL_HOST_ARRAY ? (uint64_t)l->ntiles * bl_host_windows(l) : 0;
    }
}

/* When image 0 is read, and done. */
static void look_at_first(struct host *t, const struct bl_host_stream *s, struct bl_host_at *at)
{
    const uint64_t now = bl_cycle(t) - t->setup_cycles;
    uint16_t count;

    if (!at->first[BL_HOST_READ] && s->nread && !first_of(t, s->read, s->nread, 0, &count))
        at->first[BL_HOST_READ] = now;
    if (is_done(t, s, 0)) {
        at->first[BL_HOST_ENDED] = now;
        if (!s->nread)
            at->first[BL_HOST_READ] = now;
    }
}

/* Streams that have done an image; true: somebody did. */
static bool look_at_counts(struct host *t, const struct bl_host_program *g)
{
    bool any = false;

    for (uint32_t k = 0; k < g->nstreams; k++) {
        struct bl_host_at *at = &t->streams[k];
        if (at->begun && !at->ended)
            look_at_first(t, &g->stream[k], at);
        while (at->ended < at->begun && !(t->stream == k + 1 && at->ended + 1 == at->begun) &&
               is_done(t, &g->stream[k], at->ended)) {
            at->ended++;
            any = true;
            if (k + 1 == g->nstreams)
                end_image(t, g);
        }
    }
    return any;
}

/* The setup: BUSY, or why it goes on. It ends in the tick that sees its last job done, and the first image may begin in that tick. */
static bl_verdict set_up(struct host *t, const struct bl_host_program *g, bool *over)
{
    const struct bl_host_stream *s = g->setup;
    uint16_t count;

    *over = false;
    if (s && t->step < s->npush)
        return push(t, s, 0);
    if (s && first_of(t, s->end, s->nend, 0, &count))
        return BL_AT(UNIT_LATE, count);
    *over = true;
    t->setup_cycles = bl_cycle(t);
    t->phase = HOST_OPS;
    t->step = 0;
    for (uint32_t k = 0; k < g->nstreams; k++)
        t->streams[k].since = t->setup_cycles;
    return BL_BUSY;
}

bl_verdict bl_host_streams(struct host *t, const struct bl_host_program *g)
{
    bool full, over = true;
    const bool moved = bl_host_far(t, g, &full);
    bl_verdict v = t->phase == HOST_BEGIN ? set_up(t, g, &over) : BL_BUSY;

    if (over) {
        if (look_at_counts(t, g))
            bl_pause(t);
        v = push_one(t, g);
        for (uint32_t k = 0; k < g->nstreams; k++)
            settle(t, g, k);
        look_at_slots(t, g);
        if (t->ended == g->images) {
            t->phase = HOST_DONE;
            bl_stop(t);
        }
    }
    if (moved || v == BL_BUSY)
        return BL_BUSY;
    if (full)
        return BL_NAP(FAR_FULL);
    return t->far.n ? v : BL_NAP(v);
}
