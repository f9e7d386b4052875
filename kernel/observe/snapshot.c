/* snapshot.c - the whole state as bytes, and back, here or in another process. State is plain data in one arena; the
 * only pointers in it are the handles of parts, which are zero in a snapshot and stay as they are when it is put back. */
#include "kernel/ieee/inside.h"
#include "kernel/observe/inside.h"

#include <stdlib.h>

enum { FORM = 1 };                   /* of what follows; counts up when it changes */
static const char magic[8] = "blstate";

struct head {
    char magic[8], build[32];
    uint64_t identity, now, bytes;   /* of what is frozen; bytes of state that follow */
    uint32_t form, failed;
    uint64_t check;                  /* of the bytes before it */
};
_Static_assert(sizeof(struct head) == 80, "no padding, and state stays aligned to 16");

/* ---- where the handles are ---- */

/* Parts stand in the arena nearly in order: the search goes on where it ended. */
struct cursor { const struct chunk *chunk; size_t before; };

static size_t place_of(const struct bl_sim *s, struct cursor *c, const unsigned char *at)
{
    for (;; c->before += c->chunk->used, c->chunk = c->chunk->next) {
        if (!c->chunk)
            *c = (struct cursor){ s->state.first, 0 };
        const unsigned char *bytes = chunk_bytes(c->chunk);
        if (at >= bytes && at < bytes + c->chunk->used)
            return c->before + (size_t)(at - bytes);
    }
}

static void find_handles(struct bl_sim *s)
{
    struct onlookers *o = s->onlookers;
    struct cursor c = { s->state.first, 0 };
    size_t most = s->frozen.nnodes;

    for (size_t i = 0; i < s->frozen.nnodes; i++)
        most += s->frozen.nodes[i]->info->nfields;
    o->handles = fresh(most, sizeof *o->handles);
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        size_t self = place_of(s, &c, n->self);
        o->handles[o->nhandles++] = (uint32_t)((self + offsetof(struct bl_part, node)) / 8);
        for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
            if (bl_field_is(f, BL_IS_HANDLE))
                o->handles[o->nhandles++] = (uint32_t)((self + f->at) / 8);
    }
}

/* ---- what is frozen, as a hash ---- */

static void add(uint64_t *h, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *h = (*h ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);     /* FNV-1a */
    *h ^= *h >> 29;
}

static void add_number(uint64_t *h, uint64_t v) { add(h, &v, sizeof v); }
static void add_text(uint64_t *h, const char *text) { add(h, text ? text : "", text ? strlen(text) + 1 : 1); }

static void add_class(uint64_t *h, const struct class_info *in)
{
    add_text(h, in->cls->name);
    add_number(h, in->cls->size);
    for (const struct bl_field *f = in->cls->fields; f && f->kind; f++) {
        add_text(h, f->name);
        add_text(h, f->text);
        const uint64_t v[] = { f->kind, f->at, (uint64_t)f->lanes, (uint64_t)f->bits, f->elem, f->flags };
        add(h, v, sizeof v);
        if (f->count)
            add_number(h, (uint64_t)f->count);
    }
}

static void add_part(uint64_t *h, const struct bl_node *n)
{
    add_text(h, n->path);
    add_text(h, n->info->cls->name);
    add_number(h, (uint64_t)n->domain << 32 | n->rank);
    for (uint32_t k = 0; k < n->info->nfields; k++) {
        const struct bl_field *f = &n->info->cls->fields[k];
        for (uint32_t i = n->first[k]; i < n->first[k + 1]; i++)
            add_number(h, n->port[i]);
        if (bl_field_is(f, BL_IS_PARAM))
            add(h, n->self + f->at, field_bytes(f));
        else if (f->kind == BL_KIND_DATA)
            add(h, n->self + f->at + offsetof(bl_table, n), sizeof(uint64_t));
    }
}

static void add_wiring(uint64_t *h, const struct bl_sim *s)
{
    const struct frozen *f = &s->frozen;

    for (size_t i = 0; i < f->nwords; i++) {
        const uint32_t v[] = { f->words[i]->elem, f->words[i]->lanes, f->words[i]->bits, f->word_owner[i] };
        add(h, v, sizeof v);
    }
    for (size_t i = 0; i < f->nrings; i++) {
        const struct link_info *l = &f->links[i];
        const uint32_t v[] = { f->rings[i]->depth, f->rings[i]->slot, l->push_node, l->pop_node, l->seen_pushed, l->seen_popped, l->pipe };
        add(h, v, sizeof v);
    }
    for (size_t i = 0; i < f->nheard; i++)
        if (f->heard[i].what < BOOKS) {
            const uint32_t v[] = { f->heard[i].word, f->heard[i].what, f->heard[i].id };
            add(h, v, sizeof v);
        }
    for (size_t i = 0; i < f->nresets; i++) {
        const uint32_t v[] = { f->resets[i].proc, f->resets[i].word, f->resets[i].level, f->resets[i].asynchronous };
        add(h, v, sizeof v);
    }
    for (size_t i = 0; i < f->nbuses; i++) {
        const uint32_t v[] = { f->buses[i].sharing, f->buses[i].drivers.n, f->buses[i].drivers.n ? f->bus_drivers[f->buses[i].drivers.first] : 0 };
        add(h, v, sizeof v);
    }
    for (uint32_t i = 0; i < f->nlocks; i++)
        add_number(h, f->lock_info[i].places);
    for (uint32_t e = 0; e < f->nevents; e++)
        if (f->told_of && f->told_of[e].n)
            add(h, f->told + f->told_of[e].first, f->told_of[e].n * sizeof *f->told);
}

/* Of prices that differ by part, what makes them differ; the parts' own values are among their parameters. */
static void add_sizes(uint64_t *h, const struct bl_price *p)
{
    for (size_t k = 0; k < p->nsizes; k++)
        if (p->sizes[k].scales) {
            add_text(h, p->sizes[k].param);
            add(h, &p->sizes[k].stated, sizeof p->sizes[k].stated);
            add(h, &p->exact, sizeof p->exact);
        }
}

static uint64_t identity_of(const struct bl_sim *s)
{
    const struct frozen *f = &s->frozen;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    const uint64_t all[] = { s->seed, s->shuffle, s->options, f->ndomains, f->nnodes, f->nwords, f->nrings, f->nevents, s->state.used };

    add(&h, all, sizeof all);
    for (size_t i = 0; i < f->ndomains; i++) {
        add_text(&h, f->domains[i].name);
        add_number(&h, f->domains[i].period);
        add_number(&h, f->domains[i].phase);
    }
    for (size_t i = 0; i < f->ninfos; i++)
        add_class(&h, f->infos[i]);
    for (size_t i = 0; i < f->nnodes; i++)
        add_part(&h, f->nodes[i]);
    add_wiring(&h, s);
    for (size_t i = 0; i < f->nmemories; i++)
        add_number(&h, f->memories[i].bytes);
    for (size_t i = 0; i < f->nprices; i++) {
        add_text(&h, f->prices[i].cls);
        add_text(&h, f->prices[i].item);
        add_number(&h, f->prices[i].value);
        add_sizes(&h, &f->prices[i]);
    }
    return h ? h : 1;
}

static void prepare(struct bl_sim *s)
{
    if (onlookers_of(s)->identity)
        return;
    if (!s->onlookers->handles)
        find_handles(s);
    s->onlookers->identity = identity_of(s);
}

static uint64_t check_of(const struct head *h)
{
    uint64_t c = UINT64_C(0xcbf29ce484222325);

    add(&c, h, offsetof(struct head, check));
    return c;
}

/* ---- save ---- */

/* The state, one piece, without its handles. */
static void copy_out(const struct bl_sim *s, unsigned char *to)
{
    unsigned char *at = to;

    for (const struct chunk *c = s->state.first; c; at += c->used, c = c->next)
        memcpy(at, chunk_bytes(c), c->used);
    for (size_t i = 0; i < s->onlookers->nhandles; i++)
        memset(to + (size_t)s->onlookers->handles[i] * 8, 0, 8);
}

size_t bl_save_bytes(const struct bl_sim *s) { return NOBODY(s) ? 0 : sizeof(struct head) + s->state.used; }

/* Is there nothing but state: no word waits for its commit, no verdict for its blame? */
static bool between_times(const struct bl_sim *s) { return !s->run.in_run && !s->run.ndirty && !s->run.nchanged; }

int bl_save(struct bl_sim *s, void *buf, size_t bytes)
{
    if (MISSING(s, buf))
        return -1;
    BORDER(s, -1);
    struct head h = { .form = FORM, .bytes = s->state.used, .failed = s->failed };

    if (!s->elaborated)
        return bl_error(s->diag, "a snapshot is asked for before elaboration; there is no state yet");
    if (!between_times(s))
        return bl_error(s->diag, "a snapshot is asked for in the middle of a time; save when bl_run has returned");
    if (bytes < bl_save_bytes(s))
        return bl_error(s->diag, "a snapshot needs %zu bytes, and there are %zu; ask bl_save_bytes", bl_save_bytes(s), bytes);
    prepare(s);
    memcpy(h.magic, magic, sizeof h.magic);
    memcpy(h.build, bl_build_id, sizeof h.build);
    h.identity = s->onlookers->identity;
    h.now = s->core->now;
    h.check = check_of(&h);
    memcpy(buf, &h, sizeof h);
    copy_out(s, (unsigned char *)buf + sizeof h);
    return 0;
}

uint64_t bl_saved_time(const void *buf)
{
    struct head h;

    if (MISSING_SAID(NULL, buf))
        return 0;
    memcpy(&h, buf, sizeof h);
    return h.now;
}

/* ---- restore ---- */

static int check(struct bl_sim *s, const struct head *h, size_t bytes)
{
    if (bytes < sizeof *h || memcmp(h->magic, magic, sizeof magic) || h->check != check_of(h))
        return bl_error(s->diag, "these %zu bytes are no snapshot; expected what bl_save wrote", bytes);
    if (h->form != FORM || memcmp(h->build, bl_build_id, sizeof h->build))
        return bl_error(s->diag, "the snapshot is of another build (form %u, %.32s; this one is form %d, %s); run it again with this one",
                        h->form, h->build, FORM, bl_build_id);
    prepare(s);
    if (h->identity != s->onlookers->identity || h->bytes != s->state.used)
        return bl_error(s->diag, "the snapshot is of another platform: its parts, parameters, wiring, prices, seed or options differ");
    if (bytes != bl_save_bytes(s))
        return bl_error(s->diag, "the snapshot has %zu bytes; expected %zu: it is cut, or something stands behind it", bytes, bl_save_bytes(s));
    return 0;
}

static void copy_in(struct bl_sim *s, const unsigned char *from)
{
    const struct onlookers *o = s->onlookers;
    uint64_t *kept = lent(o->nhandles + 1, sizeof *kept);
    size_t before = 0, k = 0;

    for (const struct chunk *c = s->state.first; c; before += c->used, c = c->next) {
        unsigned char *at = chunk_bytes(c);
        size_t first = k;
        for (; k < o->nhandles && o->handles[k] < (before + c->used) / 8; k++)
            memcpy(&kept[k], at + (size_t)o->handles[k] * 8 - before, 8);
        memcpy(at, from + before, c->used);
        for (k = first; k < o->nhandles && o->handles[k] < (before + c->used) / 8; k++)
            memcpy(at + (size_t)o->handles[k] * 8 - before, &kept[k], 8);
    }
    give_back(kept);
}

static void copy_raw(struct bl_sim *s, unsigned char *at, bool back)
{
    for (struct chunk *c = s->state.first; c; at += c->used, c = c->next)
        memcpy(back ? chunk_bytes(c) : at, back ? at : chunk_bytes(c), c->used);
}

/* The state is that of the snapshot when all of it can be; else it stays as it was. */
static int put_back(struct bl_sim *s, const struct head *h, const unsigned char *from)
{
    unsigned char *before = lent(1, s->state.used);
    uint64_t constants = constants_of(s);

    copy_raw(s, before, false);
    copy_in(s, from);
    const char *wrong = constants_of(s) != constants ? "parameters and numbers of ports" : s->core->now != h->now || h->failed > 1 ? "the time" :
                        state_wrong(s);
    if (wrong)
        copy_raw(s, before, true);
    give_back(before);
    return wrong ? bl_error(s->diag, "the snapshot contradicts itself (%s): its bytes were changed after bl_save wrote them; save it again",
                            wrong) : 0;
}

int bl_restore(struct bl_sim *s, const void *buf, size_t bytes)
{
    if (MISSING(s, buf))
        return -1;
    BORDER(s, -1);
    struct head h = { .form = 0 };

    if (!s->elaborated)
        return bl_error(s->diag, "a snapshot is put back before elaboration; elaborate the same platform first");
    if (s->run.in_run)
        return bl_error(s->diag, "a snapshot is put back in the middle of a run; restore when bl_run has returned");
    if (onlookers_of(s)->ntraces)
        return bl_error(s->diag, "a snapshot is put back while a trace is open; its times would jump: end it first, begin one after");
    if (s->onlookers->intervals)
        return bl_error(s->diag, "a snapshot is put back while statistics over time are on; their times would jump: end them first (bl_intervals_end)");
    why_close(s, false);                 /* what a loop without time left behind */
    if (s->onlookers->record)
        return bl_error(s->diag, "a snapshot is put back while causes are recorded (bl_why); what was recorded is of another run");
    memcpy(&h, buf, bytes < sizeof h ? bytes : sizeof h);
    if (check(s, &h, bytes) || put_back(s, &h, (const unsigned char *)buf + sizeof h))
        return -1;
    drop_scratch(s);
    count_asks(s);
    s->failed = h.failed;
    return 0;
}

/* ---- equal states ---- */

bool bl_state_equal(const struct bl_sim *a, const struct bl_sim *b)
{
    if (MISSING_SAID(NULL, a, b))
        return false;
    BORDER((struct bl_sim *)(uintptr_t)a, false);
    const struct bl_sim *two[2] = { a, b };
    unsigned char *bytes[2];

    if (a == b)
        return true;
    if (a->frozen.nnodes != b->frozen.nnodes || a->state.used != b->state.used)
        return false;
    for (int k = 0; k < 2; k++) {
        prepare((struct bl_sim *)(uintptr_t)two[k]);
        bytes[k] = lent(1, a->state.used);
        copy_out(two[k], bytes[k]);
    }
    bool same = !memcmp(bytes[0], bytes[1], a->state.used);
    give_back(bytes[0]);
    give_back(bytes[1]);
    return same;
}
