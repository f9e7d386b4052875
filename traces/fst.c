/* fst.c - FST files (GTKWave's compressed form) written so that they can be read after a crash at any
 * moment: blocks, their order on disk, the header. */
#include "traces/fst.h"

#include <stdlib.h>
#include <unistd.h>

#include "traces/fst_in.h"
#include "traces/traces.h"

enum {
    BLOCK_HEADER = 0, BLOCK_BLACKOUT = 2, BLOCK_CHANGES = 8, BLOCK_SKIP = 255,
    HEADER_BYTES = 330, HEADER_TIMES = 9, HEADER_LIVE = 73 - HEADER_TIMES,    /* the part that changes */
    VERSION_BYTES = 128, DATE_BYTES = 119
};
enum { MAX_TIMES = 1 << 24 };  /* times of a block; readers hold an index in 28 bits */

enum { LIVE_SECONDS = 2 };     /* a live file grows at least that often, when anything happens */

static const size_t BLOCK_BYTES = (size_t)32 << 20, LIVE_BYTES = (size_t)1 << 20;
static size_t block_bytes;     /* tests only; 0: BLOCK_BYTES */

void bl_fst_block_bytes(size_t bytes)
{
    block_bytes = bytes;
}

static void put_header(struct bl_wave *w, struct bl_bytes *b, uint64_t end)
{
    static const char blank[VERSION_BYTES];
    static const char version[] = "bitline";
    uint8_t e[8];

    bl_put8(b, BLOCK_HEADER);
    bl_put_u64be(b, HEADER_BYTES - 1);
    bl_put_u64be(b, w->start);
    bl_put_u64be(b, end);
    bl_fst_double(e, 2.7182818284590452354);   /* tells readers the byte order of doubles */
    bl_put(b, e, sizeof e);
    bl_put_u64be(b, 0);                        /* memory of the writer: of no use to a reader */
    bl_put_u64be(b, w->nscopes);
    bl_put_u64be(b, w->nvars);
    bl_put_u64be(b, w->nchains);
    bl_put_u64be(b, w->nblocks);
    bl_put8(b, (uint8_t)w->exponent);
    bl_put(b, version, sizeof version);
    bl_put(b, blank, VERSION_BYTES - sizeof version);
    bl_put(b, blank, DATE_BYTES);              /* no date: equal runs give equal files */
    bl_put8(b, 0);                             /* language: Verilog */
    bl_put_u64be(b, 0);                        /* time zero */
}

/* Starts the next block; its first time is where the last one ended. */
static void restart(struct bl_wave *w, uint64_t fs)
{
    w->begin = w->now = fs;
    w->times.n = 0;
    w->index = 0;
    w->buffered = 0;
    bl_put_varint(&w->times, fs);
}

/* A block of changes, complete with its length. */
static void put_changes(struct bl_wave *w, struct bl_bytes *b, unsigned type)
{
    struct bl_bytes packed = { 0 };

    bl_put8(b, type);
    size_t at = b->n;
    bl_put_u64be(b, 0);                        /* length, known later */
    bl_put_u64be(b, w->begin);
    bl_put_u64be(b, w->now);
    bl_put_u64be(b, 0);                        /* memory for a traversal, known later */
    size_t stored = bl_fst_squeeze(w, &packed, w->frame, w->nframe);
    bl_put_varint(b, w->nframe);
    bl_put_varint(b, stored);
    bl_put_varint(b, w->nchains);
    bl_put(b, packed.at, packed.n);
    bl_put_varint(b, w->nchains);
    uint64_t raw = bl_fst_pack_chains(w, b);
    stored = bl_fst_squeeze(w, b, w->times.at, w->times.n);
    bl_put_u64be(b, w->times.n);
    bl_put_u64be(b, stored);
    bl_put_u64be(b, (uint64_t)w->index + 1);
    b->bad |= packed.bad;
    bl_bytes_fini(&packed);
    if (b->bad)
        return;
    bl_set_u64be(b->at + at, b->n - at);
    bl_set_u64be(b->at + at + 24, raw);
}

/* The file gets its name once it can be read: header, geometry, hierarchy and the values of the
 * start time. A stale side file would be preferred to our hierarchy by readers. */
static int publish(struct bl_wave *w)
{
    struct bl_bytes *b = &w->block;
    size_t n = strlen(w->out.path);
    char *side = malloc(n + 6);

    b->n = 0;
    w->nblocks = 1;
    put_header(w, b, w->now);
    bl_put(b, w->prologue.at, w->prologue.n);
    put_changes(w, b, BLOCK_CHANGES);
    if (!side || b->bad || w->times.bad) {
        free(side);
        return bl_out_fail(&w->out, "out of memory");
    }
    memcpy(side, w->out.path, n);
    memcpy(side + n, ".hier", 6);
    int rc = bl_out_append(&w->out, b->at, b->n);
    if (!rc)
        (void)unlink(side);
    free(side);
    if (rc || bl_out_publish(&w->out))
        return -1;
    w->published = true;
    bl_bytes_fini(&w->prologue);
    return 0;
}

/* Readers skip a block of type 255 even when it is torn, as long as its length is right; so the type
 * becomes a real one only when all of it is in the file, and the header follows last. */
static int add_block(struct bl_wave *w)
{
    struct bl_bytes *b = &w->block;
    const uint8_t type = BLOCK_CHANGES;
    uint64_t at = w->out.end;

    b->n = 0;
    put_changes(w, b, BLOCK_SKIP);
    if (b->bad || w->times.bad)
        return bl_out_fail(&w->out, "out of memory");
    if (bl_out_append(&w->out, b->at, b->n) || bl_out_patch(&w->out, at, &type, 1))
        return -1;
    w->nblocks++;
    b->n = 0;
    put_header(w, b, w->now);
    return bl_out_patch(&w->out, HEADER_TIMES, b->at + HEADER_TIMES, HEADER_LIVE);
}

/* All blackouts so far in a new block; readers take the last one. The one before it must not become a block to
 * skip: fstapi takes the first of these for the end of the file. */
static int add_blackouts(struct bl_wave *w)
{
    struct bl_bytes *b = &w->block;
    const uint8_t type = BLOCK_BLACKOUT;
    uint64_t at = w->out.end;

    if (w->told_dumps == w->ndumps)
        return 0;
    b->n = 0;
    bl_put8(b, BLOCK_SKIP);
    bl_put_u64be(b, 0);
    bl_put_varint(b, w->ndumps);
    bl_put(b, w->dumps.at, w->dumps.n);
    if (b->bad || w->dumps.bad)
        return bl_out_fail(&w->out, "out of memory");
    bl_set_u64be(b->at + 1, b->n - 1);
    if (bl_out_append(&w->out, b->at, b->n) || bl_out_patch(&w->out, at, &type, 1))
        return -1;
    w->told_dumps = w->ndumps;
    return 0;
}

static int flush(struct bl_wave *w)
{
    if ((w->published ? add_block(w) : publish(w)) || add_blackouts(w))
        return -1;
    bl_out_safe(&w->out, w->now);
    if (w->live)
        clock_gettime(CLOCK_MONOTONIC, &w->flushed);
    bl_fst_next_frame(w);
    restart(w, w->now);
    return 0;
}

static int step(struct bl_wave *w, uint64_t fs)
{
    size_t before = w->times.n;

    bl_put_varint(&w->times, fs - w->now);
    w->buffered += w->times.n - before;
    w->index++;
    w->now = fs;
    return w->times.bad ? bl_out_fail(&w->out, "out of memory") : 0;
}

static bool stale(const struct bl_wave *w)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - w->flushed.tv_sec >= LIVE_SECONDS;
}

static int fst_time(struct bl_wave *w, uint64_t fs)
{
    if (fs == w->now)
        return 0;
    if (fs < w->now)
        return bl_out_fail(&w->out, "time runs backwards");
    if (!w->published && w->buffered == 0) {   /* nothing happened yet: the trace starts here */
        w->start = fs;
        restart(w, fs);
        return 0;
    }
    if ((!w->published || w->buffered >= w->limit || w->index >= MAX_TIMES || (w->live && stale(w))) && flush(w))
        return -1;
    return step(w, fs);
}

static int fst_dump(struct bl_wave *w, bool on)
{
    bl_put8(&w->dumps, on);
    bl_put_varint(&w->dumps, w->now - w->dumped);
    w->dumped = w->now;
    w->ndumps++;
    return w->dumps.bad ? bl_out_fail(&w->out, "out of memory") : 0;
}

/* What waits in memory becomes a block. */
static int fst_flush(struct bl_wave *w, uint64_t fs)
{
    if (w->out.failed || (fs > w->now && step(w, fs)))
        return -1;
    return flush(w);
}

static void dispose(struct bl_wave *w)
{
    for (uint32_t i = 0; w->chain && i < w->nchains; i++)
        free(w->chain[i].at);
    free(w->chain);
    free(w->slot);
    free(w->frame);
    bl_bytes_fini(&w->prologue);
    bl_bytes_fini(&w->times);
    bl_bytes_fini(&w->dumps);
    bl_bytes_fini(&w->block);
    bl_fst_pack_fini(w);
    free(w);
}

static int fst_close(struct bl_wave *w, uint64_t end_fs)
{
    if (!w->out.failed && end_fs > w->now)
        (void)step(w, end_fs);
    if (!w->out.failed && (!w->published || w->index || w->told_dumps != w->ndumps))
        (void)flush(w);
    int rc = bl_out_close(&w->out);
    dispose(w);
    return rc;
}

/* Chains, and a frame in which every value is still unknown: x for a bit, NaN for a real. */
static int lay_out(struct bl_wave *w, const struct bl_wave_var *vars)
{
    static const uint8_t nan[8] = { 0, 0, 0, 0, 0, 0, 0xF8, 0x7F };
    size_t at = 0;

    w->slot = bl_vars_slots(vars, w->nvars, &w->nchains);
    w->chain = calloc(w->nchains, sizeof *w->chain);
    if (!w->slot || !w->chain)
        return -1;
    for (size_t i = 0; i < w->nvars; i++) {
        struct chain *c = &w->chain[w->slot[i]];
        if (vars[i].alias)
            continue;
        c->kind = (uint16_t)vars[i].kind;
        c->width = vars[i].kind == BL_WAVE_BITS ? vars[i].width : vars[i].kind == BL_WAVE_EVENT;
        c->bytes = (uint8_t)(c->width >= 2 && c->width <= 64 ? bits_bytes(c->width) : 0);
        c->left = (uint8_t)(c->bytes ? 64 - c->width : 0);
        at += frame_bytes(c);
    }
    w->nframe = at;
    w->frame = malloc(at + 1);
    at = 0;
    for (uint32_t i = 0; w->frame && i < w->nchains; at += frame_bytes(&w->chain[i++])) {
        if (w->chain[i].kind == BL_WAVE_REAL)
            memcpy(w->frame + at, nan, 8);
        else
            memset(w->frame + at, 'x', w->chain[i].width);
    }
    return w->frame ? 0 : -1;
}

struct bl_wave *bl_fst_open(unsigned options, int exponent, const char *path, const struct bl_wave_var *vars, size_t nvars,
                            uint64_t start, struct bl_diag *diag)
{
    if (bl_vars_check(vars, nvars, path, diag))
        return NULL;
    struct bl_wave *w = calloc(1, sizeof *w);
    if (!w) {
        bl_error(diag, "%s: out of memory", path);
        return NULL;
    }
    w->nvars = nvars;
    w->pack = options & BL_WAVE_ZLIB ? 'Z' : '4';
    w->live = options & BL_WAVE_LIVE;
    w->limit = block_bytes ? block_bytes : w->live ? LIVE_BYTES : BLOCK_BYTES;
    w->exponent = exponent;
    w->start = start;
    restart(w, start);
    if (w->times.bad || lay_out(w, vars) || bl_fst_pack_init(w) || bl_fst_prologue(w, vars)) {
        bl_error(diag, "%s: out of memory for %zu signals; trace fewer", path, nvars);
        dispose(w);
        return NULL;
    }
    if (w->nframe > INT32_MAX) {
        bl_error(diag, "%s: %zu traced bits, at most %d; trace fewer signals", path, w->nframe, INT32_MAX);
        dispose(w);
        return NULL;
    }
    if (bl_out_open(&w->out, path, true, diag)) {
        dispose(w);
        return NULL;
    }
    w->out.exponent = exponent;
    if (w->nshort)
        bl_note(diag, "%s: %u names of more than 480 characters are shortened: readers of FST take no more; VCD keeps them", path,
                (unsigned)w->nshort);
    return w;
}

/* What is buffered is not packed yet, so a file that is closed now ends up shorter. */
static uint64_t fst_bytes(const struct bl_wave *w) { return w->out.end + w->buffered; }

/* One writer for each set of options: BL_WAVE_ZLIB = 1, BL_WAVE_LIVE = 2. */
#define OPEN(name, options) \
    static struct bl_wave *name(const char *path, const struct bl_wave_var *vars, size_t nvars, uint64_t start_fs, \
                                struct bl_diag *diag) \
    { \
        return bl_fst_open(options, BL_FEMTO, path, vars, nvars, start_fs, diag); \
    }
OPEN(open_lz4, 0)
OPEN(open_zlib, BL_WAVE_ZLIB)
OPEN(open_live, BL_WAVE_LIVE)
OPEN(open_live_zlib, BL_WAVE_ZLIB | BL_WAVE_LIVE)

#define OPS(opener) { \
    .suffix = "fst", .help = "GTKWave's compressed form: small, quick to open, readable after a crash", \
    .open = opener, .time = fst_time, .bits = bl_fst_bits, .states = bl_fst_states, .real = bl_fst_real, \
    .string = bl_fst_string, .dump = fst_dump, .bytes = fst_bytes, .flush = fst_flush, .close = fst_close }
const struct bl_wave_ops bl_fst_writer = OPS(open_lz4);
const struct bl_wave_ops bl_fst_variants[3] = { OPS(open_zlib), OPS(open_live), OPS(open_live_zlib) };
