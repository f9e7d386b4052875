/* bench_snapshot.c - what a snapshot to memory costs, and putting it back: 1 MiB of state in one part's memory, and
 * in many small parts full of handles; into one buffer, into the ring of `bitline run --rewind`, and into one larger than most caches. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/model.h"
#include "kernel/sim.h"

enum { TIMES = 2001, REWIND = 4, RING = 64, MIB = 1 << 20 };

struct store { struct bl_part p; int64_t bytes; uint64_t *memory; };
struct link { struct bl_part p; bl_pop a; bl_push b; uint32_t n; };

static int store_init(void *self)
{
    struct store *t = self;

    t->memory = bl_alloc(t, (size_t)t->bytes);
    for (int64_t i = 0; i < t->bytes / 8; i++)
        t->memory[i] = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
    return 0;
}
static bl_verdict store_tick(void *self) { ((struct store *)self)->memory[0]++; return BL_BUSY; }
static bl_verdict link_tick(void *self) { ((struct link *)self)->n++; return BL_BUSY; }

static const struct bl_field store_fields[] = { BL_PARAM(struct store, bytes, MIB, 0, 1 << 30, "bytes"), BL_MEM(struct store, memory, "memory"),
                                                { 0 } };
static const struct bl_field link_fields[] = { BL_POP_OPT(struct link, a, 1, 32, "in"), BL_PUSH_OPT(struct link, b, 1, 32, "out"), { 0 } };
static const struct bl_class store_class = { .name = "store", .help = "memory", .size = sizeof(struct store), .init = store_init,
                                             .tick = store_tick, .fields = store_fields };
static const struct bl_class link_class = { .name = "link", .help = "a small part", .size = sizeof(struct link), .tick = link_tick,
                                            .fields = link_fields };
static const struct bl_class *const classes[] = { &link_class, &store_class, NULL };

static double us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* The median of many; each after a short run, which touches state as a run does. */
static double median(struct bl_sim *s, unsigned char *const *ring, int nring, int restore)
{
    static double t[TIMES];
    size_t n = bl_save_bytes(s);

    for (int i = 0; i < TIMES; i++) {
        bl_run(s, bl_now(s) + 20);
        double before = us();
        if (restore ? bl_restore(s, ring[i % nring], n) : bl_save(s, ring[i % nring], n))
            exit(1);
        t[i] = us() - before;
    }
    qsort(t, TIMES, sizeof *t, by_value);
    return t[TIMES / 2];
}

static void measure(const char *what, struct bl_sim *s)
{
    unsigned char *ring[RING];

    if (bl_elaborate(s))
        exit(1);
    bl_run(s, 100);
    for (int i = 0; i < RING; i++)
        if (!(ring[i] = malloc(bl_save_bytes(s))) || bl_save(s, ring[i], bl_save_bytes(s)))
            exit(1);
    double mib = (double)bl_save_bytes(s) / MIB;
    printf("%-12s %5.2f MiB: save %6.1f us; in a ring of %d %6.1f us, of %d %6.1f us; restore %6.1f us\n", what, mib,
           median(s, ring, 1, 0), REWIND, median(s, ring, REWIND, 0), RING, median(s, ring, RING, 0), median(s, ring, 1, 1));
    for (int i = 0; i < RING; i++)
        free(ring[i]);
    bl_close(s);
}

int main(void)
{
    struct bl_sim *s = bl_open(classes, NULL);

    bl_clock(s, "c", 10, 0, NULL);
    bl_add(s, "m", "store", NULL, NULL);
    measure("one memory", s);
    s = bl_open(classes, NULL);
    bl_clock(s, "c", 10, 0, NULL);
    for (int i = 0; i < 5000; i++) {
        char path[32];
        snprintf(path, sizeof path, "p[%d]", i);
        bl_add(s, path, "link", NULL, NULL);
    }
    measure("5000 parts", s);
    return 0;
}
