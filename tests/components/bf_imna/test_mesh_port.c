/* test_mesh_port.c - a cluster of BF-IMNA flit by flit (bf_imna_mesh.yaml: mesh_port, mesh_router, map_ctrl of memory_processor_ctrl.c, map): its sums, its
 * traffic to the flit, the times of the analytic link; what its parts refuse. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "kernel/sim.h"
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"

enum { ROWS = 4800, CAPS = 8, WINDOW = 64, SUMS = ROWS / WINDOW, HOME = 4, WORDS = ROWS / 64 };

static uint64_t given[ROWS];

static void make_words(void)
{
    uint64_t x = 9;

    for (int r = 0; r < ROWS; r++)
        given[r] = (x = x * UINT64_C(6364136223846793005) + 1442695040888963407) >> 24;
}

static int node_of(int cap) { return cap < HOME ? cap : cap + 1; }
static uint32_t distance(int cap)
{
    int x = node_of(cap) % 3 - 1, y = node_of(cap) / 3 - 1;

    return (uint32_t)(x * x + y * y);        /* 1 or 2 hops from the centre */
}

static struct bl_sim *loaded(const char *file, struct bl_set_opt *sets, size_t n, struct bl_diag *diag)
{
    struct bl_platform *p = bl_platform_load(file, sets, n, diag);
    struct bl_sim *s = bl_open(bl_classes, diag);

    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(bl_platform_apply(p, s), 0);
    bl_platform_free(p);
    return s;
}

static struct bl_sim *cluster(const char *fidelity)
{
    char text[64];
    struct bl_set_opt set = { .text = text };

    snprintf(text, sizeof text, "core[*].fidelity=%s", fidelity);
    struct bl_sim *s = loaded("platforms/bf_imna/bf_imna_mesh.yaml", &set, 1, NULL);
    make_words();
    ck_assert_int_eq(bl_supply(s, "ctrl", "words", given, sizeof given), 0);
    ck_assert_int_eq(bl_elaborate(s), 0);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    return s;
}

static uint64_t peek(struct bl_sim *s, const char *part, int n, const char *item)
{
    char name[160];
    uint64_t v = 0;

    if (n < 0)
        snprintf(name, sizeof name, "%s.%s", part, item);
    else
        snprintf(name, sizeof name, "%s[%d].%s", part, n, item);
    ck_assert_msg(bl_peek(s, name, &v) == 0, "no value %s", name);
    return v;
}

/* Of the array of processor n; -1: of the only one. */
static uint64_t of_cam(struct bl_sim *s, int n, const char *item)
{
    char below[64];

    snprintf(below, sizeof below, "cam.%s", item);
    return peek(s, "core", n, below);
}

static uint64_t waited(struct bl_sim *s, const char *path)
{
    struct bl_part_row part;
    struct bl_verdict_row v;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &part);
        for (uint32_t k = 0; !strcmp(part.path, path) && k < part.verdicts; k++) {
            bl_verdict_at(s, i, k, &v);
            if (!strcmp(v.name, "wait_operand"))
                return v.spent;
        }
    }
    ck_abort_msg("no stall of %s", path);
    return 0;
}

static const char *const counted[] = { "compare", "write", "read", "clear", "matched", "line", "cell", "driven" };

/* Every sum of every processor is in the memory; with macro-operations as single events the end is the same. */
START_TEST(sums)
{
    struct bl_sim *micro = cluster("micro"), *macro = cluster("macro");
    const uint64_t *cell = bl_memory(micro, "map", "cell", NULL), *same = bl_memory(macro, "map", "cell", NULL);

    ck_assert_uint_eq(bl_now(micro), bl_now(macro));
    ck_assert_int_eq(memcmp(cell, same, ROWS * sizeof *cell), 0);
    for (int p = 0; p < CAPS; p++) {
        for (int w = 0; w < SUMS; w++) {
            uint64_t sum = 0;
            for (int r = w * WINDOW; r < (w + 1) * WINDOW; r++)
                sum += (given[r] & 255) * (given[r] >> (8 + 4 * p) & 15);
            ck_assert_msg(cell[p * SUMS + w] == sum, "processor %d, sum %d: %llu, not %llu", p, w, (unsigned long long)cell[p * SUMS + w],
                          (unsigned long long)sum);
        }
        for (size_t k = 0; k < sizeof counted / sizeof *counted; k++)
            ck_assert_uint_eq(of_cam(micro, p, counted[k]), of_cam(macro, p, counted[k]));
    }
    ck_assert_uint_eq(cell[ROWS - 1], given[ROWS - 1] & 0xffffffffff);       /* 40 bits; nobody has written here */
    bl_close(micro);
    bl_close(macro);
}
END_TEST

/* A column is 5 flits: broadcast to eight nodes over a tree of eight hops, or to one over its distance; a sum is one flit. */
START_TEST(traffic)
{
    static const char *const row[] = { "north", "middle", "south" };
    struct bl_sim *s = cluster("macro");
    uint64_t hops = 0, copies = 0, delivered = 0, want = 8 * 5 * 8;

    for (int n = 0; n < 9; n++) {
        hops += peek(s, row[n / 3], n % 3, "hop");
        copies += peek(s, row[n / 3], n % 3, "copy");
        delivered += peek(s, row[n / 3], n % 3, "delivered");
    }
    for (int p = 0; p < CAPS; p++)
        want += (4 * 5 + SUMS) * distance(p);
    ck_assert_uint_eq(hops, want);
    ck_assert_uint_eq(copies, 8 * 5 * 7);
    ck_assert_uint_eq(delivered, CAPS * (8 + 4) * 5 + CAPS * SUMS);
    ck_assert_uint_eq(peek(s, "home", -1, "sent"), 40 * 5);
    ck_assert_uint_eq(peek(s, "map", -1, "read"), 40);
    ck_assert_uint_eq(peek(s, "map", -1, "write"), ROWS + CAPS * SUMS);
    bl_close(s);
}
END_TEST

/* The same processor behind the analytic link, its hops the distance to the memory: 12 columns of 5 flits. */
static struct bl_sim *analytic(int cap)
{
    static uint64_t column[12][WORDS];
    char hops[32];
    struct bl_set_opt sets[] = { { .text = "core.fidelity=macro" }, { .text = "link.limit=12" }, { .text = hops },
        { .text = "core.program=[1,0,0,0,0,0,8,4800,0,0, 1,0,8,0,0,0,4,4800,0,0, 2,0,16,0,0,0,48,4800,0,0, 5,8,0,8,16,0,4,4800,0,0, "
                  "9,12,40,16,0,0,0,4800,0,64, 13,0,16,0,0,0,18,4800,0,64]" } };

    snprintf(hops, sizeof hops, "link.hops=%u", distance(cap));
    struct bl_sim *s = loaded("platforms/bf_imna/ap.yaml", sets, sizeof sets / sizeof *sets, NULL);
    memset(column, 0, sizeof column);
    for (int k = 0; k < 12; k++)
        for (int r = 0; r < ROWS; r++)
            column[k][r / 64] |= (given[r] >> (k < 8 ? k : 4 * cap + k) & 1) << (r & 63);
    ck_assert_int_eq(bl_supply(s, "link", "first", column, sizeof column), 0);
    ck_assert_int_eq(bl_elaborate(s), 0);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    return s;
}

/* Compares, writes, cells and flits are equal. Waiting is, once off what only the mesh has: the memory is filled first, and the four
 * columns (40 cycles) of each processor before stand in front of one's own. */
START_TEST(as_the_analytic_link)
{
    struct bl_sim *s = cluster("macro");
    uint64_t first = 0, wait, only;

    for (int p = 0; p < CAPS; p++) {
        char path[24];
        struct bl_sim *a = analytic(p);
        for (size_t k = 0; k < sizeof counted / sizeof *counted; k++)
            ck_assert_msg(of_cam(s, p, counted[k]) == of_cam(a, -1, counted[k]), "processor %d, %s", p, counted[k]);
        ck_assert_uint_eq(peek(s, "port", p, "received"), peek(a, "link", -1, "flit"));
        ck_assert_uint_eq(peek(a, "link", -1, "bit_hop"), UINT64_C(12) * ROWS * distance(p));
        snprintf(path, sizeof path, "core[%d].seq", p);
        wait = waited(s, path);
        only = waited(a, "core.seq");
        first = p ? first : wait - only;
        ck_assert_uint_eq(wait - only, first + 40 * (uint64_t)p);
        bl_close(a);
    }
    bl_close(s);
}
END_TEST

static const struct { const char *set, *says; } wrong[] = {
    { "port[3].to=[]", "port[3]: to is empty; expected the nodes of the first item, a bit each (1 for node 0), then those of the next" },
    { "home.to=[495, 0]", "home: to[1] is 0; expected at least one node, a bit each" },
    { "north[2].width=2", "north[2]: node (2, 0) of a mesh of 2 x 3; expected a node inside, at most 64 of them" },
    { "core[0].program=[5,8,0,8,60,0,4,4800,0,0]", "core[0].seq: command 0 (mul) is refused" },
};

START_TEST(refused)
{
    struct heard h;
    struct bl_set_opt set = { .text = wrong[_i].set };
    struct bl_sim *s = loaded("platforms/bf_imna/bf_imna_mesh.yaml", &set, 1, heard_start(&h));

    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_msg(strstr(h.text, wrong[_i].says) != NULL, "%s", h.text);
    bl_close(s);
}
END_TEST

/* More results than there are rows for: the run ends there. */
static const struct { const char *set, *says; } failing[] = {
    { "ctrl.share=74", "has more results than rows for them: 74, of 4800 in all" },
    { "ctrl.rows=500", "has more results than rows for them: 75, of 500 in all" },
};

START_TEST(misused)
{
    struct heard h;
    struct bl_set_opt set = { .text = failing[_i].set };
    struct bl_sim *s = loaded("platforms/bf_imna/bf_imna_mesh.yaml", &set, 1, heard_start(&h));

    ck_assert_int_eq(bl_elaborate(s), 0);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_FAILED);
    ck_assert_msg(strstr(h.text, failing[_i].says) != NULL, "%s", h.text);
    bl_close(s);
}
END_TEST

Suite *suite_mesh_port(void);
Suite *suite_mesh_port(void)
{
    Suite *s = suite_create("mesh_port");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, sums);
    tcase_add_test(tc, traffic);
    tcase_add_test(tc, as_the_analytic_link);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_loop_test(tc, misused, 0, (int)(sizeof failing / sizeof *failing));
    suite_add_tcase(s, tc);
    return s;
}
