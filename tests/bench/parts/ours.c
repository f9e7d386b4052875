/* ours.c - the benches of parts: `ours PART TICKS N` runs PART.yaml with N parts for so many ticks and prints a line of result
 * (kernel/bench.h): units are the items that arrived, check is the sum of what was in them. */
#include "components/memory_item.h"
#include "kernel/model.h"
#include "platforms/file/load.h"
#include "tests/bench/kernel/bench.h"

static void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "ours: %s failed\n", what);
        exit(1);
    }
}

/* ---- who asks an sram: in turn a word is written and read ---- */

enum { WORDS = 64, WORD_LANES = 50 };       /* those of sram.yaml */

struct client { struct bl_part p; bl_push req; uint64_t n; };

static bl_verdict client_tick(void *self)
{
    struct client *t = self;

    if (!bl_room(t->req))
        return BL_NAP(BL_STALL);
    uint64_t *item = bl_push64(t->req), n = t->n++;
    item[BL_MEMORY_KIND] = n & 1 ? BL_MEMORY_READ : BL_MEMORY_WRITE;
    item[BL_MEMORY_ADDRESS] = n / 2 % WORDS;
    for (uint32_t l = 0; l < WORD_LANES; l++)
        item[BL_MEMORY_DATA + l] = n + l;
    return BL_BUSY;
}

static const struct bl_field client_fields[] = {
    BL_PUSH(struct client, req, BL_MEMORY_DATA + WORD_LANES, 64, "requests"), BL_WAITS(BL_STALL, req), { 0 }
};
static const struct bl_class client_class = { .name = "client", .help = "writes and reads a word in turn",
    .size = sizeof(struct client), .tick = client_tick, .fields = client_fields };

/* ---- a run ---- */

enum { PERIOD = 1000000 };                  /* fs, of 1 GHz */

static const struct bl_class **all_classes(void)
{
    size_t n = 0;

    while (bl_classes[n])
        n++;
    const struct bl_class **all = calloc(n + 2, sizeof *all);
    need(all, "calloc");
    memcpy(all, bl_classes, n * sizeof *all);
    all[n] = &client_class;
    return all;
}

static uint64_t sum_of(struct bl_sim *s, const char *view, uint64_t n)
{
    uint64_t sum = 0, v = 0;
    char name[64];

    for (uint64_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "sink[%llu].%s", (unsigned long long)i, view);
        need(!bl_peek(s, name, &v), name);
        sum += v;
    }
    return sum;
}

int main(int argc, char **argv)
{
    const uint64_t ticks = arg_n(argc, argv, 2, 100), n = arg_n(argc, argv, 3, 1000);
    struct bl_diag diag = { 0 };
    char path[256], count[64];

    need(argc > 1, "ours PART TICKS N: finding PART");
    snprintf(path, sizeof path, "tests/bench/parts/%s.yaml", argv[1]);
    snprintf(count, sizeof count, "n=%llu", (unsigned long long)n);
    struct bl_set_opt set = { count };
    struct bl_platform *p = bl_platform_load(path, &set, 1, &diag);
    need(p, path);
    const struct bl_class **classes = all_classes();
    struct bl_sim *s = bl_open(classes, &diag);
    need(!bl_platform_apply(p, s) && !bl_elaborate(s), "elaboration");
    begin();
    need(bl_run(s, ticks * PERIOD) == BL_END_LIMIT, "the run");
    stop();
    report(sum_of(s, "n", n), sum_of(s, "sum", n));
    bl_close(s);
    bl_platform_free(p);
    free(classes);
    return 0;
}
