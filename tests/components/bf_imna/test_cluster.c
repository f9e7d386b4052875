/* test_cluster.c - links (mesh_link.c too), memory ports and controllers of clusters alone: when flits arrive, what reads and writes cost on one
 * port, and the phases of a cluster with prefetch and without. */
#include "tests/rigs/osa_bench.h"

#include "components/bf_imna/ap_work.h"

extern const struct bl_class cluster_link_class, cluster_memory_class, cluster_ctrl_class, mesh_link_class;

/* A lane carries a flit in two cycles; a request has arrived when its last flit has, eight cycles of hops later. */
START_TEST(link_of_clusters)
{
    static uint64_t req[] = { 0, 0,  5, 0,  5, 1,  8, 1 };
    struct bench b;

    bench_open_at(&b, &cluster_link_class, "hops=3.815", BL_NS);
    BENCH_DRIVE(&b, "req", 2, 64, req);
    bench_ready(&b);
    for (int c = 1; c < 60; c++) {
        bl_run(b.s, (uint64_t)c * BL_NS);
        /* seen at edge 2, 3 and 4: 5 flits end at 12, the one at 5, three more at 18; 8 cycles of hops, one of the register */
        ck_assert_int_eq(bench_see(&b, "dut.got[0]"), c <= 20 ? 0 : c <= 26 ? 5 : 8);
        ck_assert_int_eq(bench_see(&b, "dut.got[1]"), c <= 13 ? 0 : 1);
    }
    ck_assert_int_eq(bench_see(&b, "dut.flit"), 9);
    bl_close(b.s);
}
END_TEST

/* Ten writes take 20 cycles; four reads that come meanwhile go first, behind the write at work. */
START_TEST(port_of_memory)
{
    static uint64_t req[] = { 0, 0, 0,  0, 10, 0,  0, 10, 0,  4, 10, 0 };
    struct bench b;
    int read = 0, written = 0;

    bench_open_at(&b, &cluster_memory_class, "clusters=1", BL_NS);
    BENCH_DRIVE(&b, "req", 3, 64, req);
    bench_ready(&b);
    for (int c = 1; c < 60; c++) {
        bl_run(b.s, (uint64_t)c * BL_NS);
        read = !read && bench_see(&b, "dut.got[0]") == 4 ? c : read;
        written = !written && bench_see(&b, "dut.got[1]") == 10 ? c : written;
    }
    ck_assert_int_eq(read, 4 + 4 + 1);                        /* asked for at edge 4, a write ends there */
    ck_assert_int_eq(written, 2 + 20 + 4 + 1);
    bl_close(b.s);
}
END_TEST

/* A part that computes a step in 100 cycles. */
struct worker { struct bl_part p; bl_in start; bl_out computed; uint64_t end; uint32_t begun; };

static bl_verdict worker_tick(void *self)
{
    struct worker *t = self;

    if (t->end && bl_cycle(t) >= t->end) {
        *bl_put32(t->computed) = t->begun;
        t->end = 0;
    }
    if (!t->end && *bl_get32(t->start) != t->begun) {
        t->begun++;
        t->end = bl_cycle(t) + 100;
    }
    return BL_BUSY;
}
static const struct bl_field worker_fields[] = { BL_IN(struct worker, start, 1, 32, "steps begun"),
    BL_OUT(struct worker, computed, 1, 32, "steps computed"), { 0 } };
static const struct bl_class worker_class = { .name = "worker", .help = "computes", .size = sizeof(struct worker), .tick = worker_tick,
    .fields = worker_fields };

/* What is asked for after `c` cycles: results as steps are computed, inputs of the step after the one begun, if they may be there
 * early. A step takes 30 inputs, the first one 300 weights too, all of 8 bits: 3 flits of 1024 bits, then one a step. */
static void look_at_requests(struct bl_sim *s, uint64_t c, bool early)
{
    enum { REST, READ, COMPUTE, WRITE };
    uint64_t flits, reads, out, writes, begun, phase;

    bl_peek(s, "ctrl.link_req[0]", &flits);
    bl_peek(s, "ctrl.map_req[0]", &reads);
    bl_peek(s, "ctrl.link_req[1]", &out);
    bl_peek(s, "ctrl.map_req[1]", &writes);
    bl_peek(s, "ctrl.start", &begun);
    bl_peek(s, "ctrl.phase[0]", &phase);
    uint64_t ahead = phase == READ || early ? begun + 1 : begun;
    ahead = ahead > 4 ? 4 : phase == REST && !begun ? 0 : ahead;
    ck_assert_msg(flits == (ahead ? 2 + ahead : 0) && reads == (ahead ? 8 + 8 * ahead : 0),
                  "cycle %d: %d flits and %d reads, expected those of %d steps", (int)c, (int)flits, (int)reads, (int)ahead);
    ck_assert_uint_eq(out * 20, writes);                      /* of a step a flit: ten words, which take two rows each */
    ck_assert_uint_eq(out, phase == COMPUTE ? begun - 1 : phase == WRITE ? out : begun);
}

/* One cluster, four steps of ten windows of 30: how long, and how long without operands. */
static uint64_t four_steps(const char *buffers, uint64_t *wait, uint64_t *ended)
{
    static const struct bl_class *const classes[] = { &cluster_ctrl_class, &cluster_link_class, &cluster_memory_class, &worker_class,
                                                       &drive_class, NULL };
    static const uint64_t layer[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, WORK_GEMM, 10, 30, 4, 1, 8, 8 };
    static const char *const wires[][2] = { { "layer.x", "ctrl.layer" }, { "worker.computed", "ctrl.computed" }, { "ctrl.start", "worker.start" },
        { "ctrl.link_req", "link.req" }, { "link.got", "ctrl.link" }, { "ctrl.map_req", "map.req" }, { "map.got", "ctrl.map" } };
    static const char *const sets[][3] = { { "ctrl", "clusters", "1" }, { "ctrl", "caps", "1" }, { "ctrl", "rows", "300" },
        { "map", "clusters", "1" }, { "layer", "lanes", "8" }, { "layer", "bits", "32" } };
    struct bl_sim *s = bl_open(classes, NULL);
    uint64_t v = 0, end = 0;

    bl_clock(s, "core", BL_NS, 0, NULL);
    bl_add(s, "ctrl", "cluster_ctrl", "core", NULL);
    bl_add(s, "link", "cluster_link", "core", NULL);
    bl_add(s, "map", "cluster_map", "core", NULL);
    bl_add(s, "worker", "worker", "core", NULL);
    bl_add(s, "layer", "drive", "core", NULL);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        ck_assert_int_eq(bl_set(s, sets[i][0], sets[i][1], sets[i][2], NULL), 0);
    bl_set(s, "ctrl", "buffers", buffers, NULL);
    for (size_t i = 0; i < sizeof wires / sizeof *wires; i++)
        ck_assert_int_eq(bl_wire(s, wires[i][0], wires[i][1], (struct bl_link){ 0 }, NULL), 0);
    bl_supply(s, "layer", "table", layer, sizeof layer);
    ck_assert_int_eq(bl_elaborate(s), 0);
    for (uint64_t c = 1; c < 1500 && !end; c++) {
        bl_run(s, c * BL_NS);
        bl_peek(s, "ctrl.ended", ended);
        look_at_requests(s, c, buffers[0] == '8');
        end = *ended ? c : 0;
    }
    bl_peek(s, "ctrl.wait_operand[0]", wait);
    bl_peek(s, "ctrl.step", &v);
    ck_assert_uint_eq(v, 4);
    bl_close(s);
    return end;
}

START_TEST(prefetch)
{
    uint64_t wait[2], ended, fast = four_steps("8", &wait[0], &ended), slow = four_steps("7", &wait[1], &ended);

    ck_assert_uint_eq(ended, 1);
    ck_assert_uint_gt(wait[1], wait[0]);                      /* 8 columns do not fit in 7 buffers: nothing is prefetched */
    ck_assert_uint_gt(slow, fast);
    ck_assert_uint_eq(slow - fast, wait[1] - wait[0]);
    ck_assert_uint_gt(fast, 400);
}
END_TEST

SUITE_OF(cluster, link_of_clusters, port_of_memory, prefetch)
