/* test_host_programs.c - programs by hand that fit, and do not fit, what is wired to a host: macros (host_direct.c), units around a
 * buffer (host_steps.c). */
#include "components/host.h"
#include "tests/rigs/parts_rig.h"

Suite *suite_host_programs(void);

static struct rig r;

/* A host of 8 x 4 whose rows have two words, and one macro. */
#define BARE "part h host; set h ins 8; set h outs 4; "
#define OP "part ko take; wire h.op[0] ko.x d2; "
#define W "part kw take; wire h.w[0] kw.x d2; "
#define ROWS "part p put; set p lanes 1; set p bits 32; wire p.q h.rows[0]; "
#define MAC "part g give; set g limit 0; wire g.x h.mac[0] d2; "
#define ONE BARE OP W ROWS MAC

/* Two layers of an array of two tiles each; nothing is run, since there are no images. */
static struct bl_host_tile tiles[2][2];
static struct bl_host_layer layers[2];
static struct bl_host_program program;

static void fitting(void)
{
    program = (struct bl_host_program){ .nlayers = 2, .layer = layers };
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++)
            tiles[i][k] = (struct bl_host_tile){ .nk = 8, .nout = 4, .groups = 1 };
        layers[i] = (struct bl_host_layer){ .kind = BL_HOST_ARRAY, .ntiles = 2, .tile = tiles[i], .row_words = 2 };
    }
}

static void begin(const char *script)
{
    static const uint64_t zero[1];

    rig_begin(&r, "%s", script);
    if (strstr(script, "part p put")) {
        rig_items(&r, "p", zero, 1);
        rig_supply(&r, "p", "at", zero, sizeof zero);
    }
    rig_supply(&r, "h", "program", &program, sizeof program);
}

static void accepted(const char *script)
{
    begin(script);
    rig_ticks(&r, 2);
    rig_end(&r);
}

static void refused(const char *script, const char *text)
{
    begin(script);
    rig_refuses(&r, text);
}

#define SMALL "set h row_lanes 3; "

START_TEST(tiles_and_rows)
{
    fitting();
    accepted(ONE SMALL);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            char text[128];
            fitting();
            tiles[i][k].nk = 9;
            snprintf(text, sizeof text, "f:2: h: layer %d has a tile of 9 x 4; the array takes 8 x 4", i);
            refused(ONE SMALL, text);
            fitting();
            tiles[i][k].nout = 5;
            snprintf(text, sizeof text, "f:2: h: layer %d has a tile of 8 x 5; the array takes 8 x 4", i);
            refused(ONE SMALL, text);
            fitting();
            layers[i].row_words = 3;
            snprintf(text, sizeof text, "f:2: h: layer %d has rows of 3 words; the row that is wired holds 2", i);
            refused(ONE SMALL, text);
        }
    fitting();
    program.row_words = 2;
    accepted(ONE SMALL);
    program.row_words = 3;
    refused(ONE SMALL, "f:2: h: rows have 3 words; the row that is wired to w[0] holds 2, so cols x w_bits of 'array' is not that of the macro");
}
END_TEST

START_TEST(macros_not_wired)
{
    static const struct { const char *script, *text; } row[] = {
        { BARE W ROWS MAC SMALL, "f:2: h: op[0] is not wired, and the net runs on 1 macro" },
        { BARE OP ROWS MAC SMALL, "f:2: h: w[0] is not wired, and the net runs on 1 macro" },
        { BARE OP W MAC SMALL, "f:2: h: rows[0] is not wired, and the net runs on 1 macro" },
        { BARE OP W ROWS SMALL, "f:2: h: mac[0] is not wired, and the net runs on 1 macro" },
        { ONE SMALL "set h macros 2", "f:2: h: op[1] is not wired, and the net runs on 2 macros" } };

    fitting();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        refused(row[i].script, row[i].text);
    program.sets = 1;
    accepted(ONE SMALL);
    program.sets = 2;
    refused(ONE SMALL, "f:2: h: op_tag[0] is not wired, and the net runs on 1 macro of several sets: the tag says which set an operation is for");
    accepted(ONE SMALL "part kt take; wire h.op_tag[0] kt.x d2; ");
}
END_TEST

/* A net without a layer of the array wants no macros; one layer of it, be it the last, does. */
START_TEST(no_array)
{
    fitting();
    layers[0].kind = layers[1].kind = BL_HOST_RELU;
    accepted(BARE SMALL);
    layers[1].kind = BL_HOST_ARRAY;
    refused(BARE SMALL, "f:2: h: op[0] is not wired, and the net runs on 1 macro");
    layers[0].kind = BL_HOST_ARRAY;
    layers[1].kind = BL_HOST_RELU;
    refused(BARE SMALL, "f:2: h: op[0] is not wired, and the net runs on 1 macro");
}
END_TEST

/* ---- units around a buffer ---- */

#define GO "part ko take; wire h.go[0] ko.x d2; "
#define DONE "part p put; set p lanes 1; set p bits 32; wire p.q h.done[0]; "
#define FAR "part q give; set q limit 0; part s take; wire q.x h.req d2; wire h.rsp s.x d2; "
#define UNITS BARE SMALL

static struct bl_host_step steps[2][2];

static void stepping(void)
{
    fitting();
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++)
            steps[i][k] = (struct bl_host_step){ .n = 1 };
        layers[i].nsteps = 2;
        layers[i].step = steps[i];
    }
}

START_TEST(steps_not_wired)
{
    stepping();
    accepted(UNITS GO DONE FAR);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            char text[128];
            stepping();
            steps[i][k].unit = 1;
            snprintf(text, sizeof text, "f:2: h: layer %d, step %d gives a job to go[1], which is not wired", i, k);
            refused(UNITS GO DONE FAR, text);
            refused(UNITS GO DONE FAR "set h units 2", text);
            stepping();
            steps[i][k].wait[0].count = 1;
            snprintf(text, sizeof text, "f:2: h: layer %d, step %d waits for done[1], which is not wired", i, k);
            refused(UNITS GO DONE FAR, text);
            refused(UNITS GO DONE FAR "set h counts 2", text);
            stepping();
            steps[i][k].unit = BL_HOST_NO_UNIT;
            steps[i][k].n = BL_HOST_WAITS;
            accepted(UNITS GO DONE FAR);
        }
    stepping();
    refused(UNITS DONE FAR, "f:2: h: layer 0, step 0 gives a job to go[0], which is not wired");
    refused(UNITS GO FAR, "f:2: h: layer 0, step 0 waits for done[0], which is not wired");
}
END_TEST

START_TEST(far_not_wired)
{
    stepping();
    refused(UNITS GO DONE "part s take; wire h.rsp s.x d2; ", "f:2: h: req is not wired, and the net runs from a buffer; wire it to a dma");
    refused(UNITS GO DONE "part q give; set q limit 0; wire q.x h.req d2; ",
            "f:2: h: rsp is not wired, and the net runs from a buffer; wire it to a dma");
    accepted(UNITS GO DONE FAR "set h width 32");
    refused(UNITS GO DONE FAR "set h width 65", "f:2: h: width is 65; activations and sums lie in words of 32 or 64 bits");
    refused(UNITS GO DONE FAR "set h width 33", "f:2: h: width is 33; activations and sums lie in words of 32 or 64 bits");
    layers[0].nsteps = layers[1].nsteps = 0;
    layers[0].kind = layers[1].kind = BL_HOST_RELU;
    accepted(UNITS GO DONE "set h width 33");
}
END_TEST

Suite *suite_host_programs(void)
{
    Suite *s = suite_create("host_programs");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, tiles_and_rows);
    tcase_add_test(tc, macros_not_wired);
    tcase_add_test(tc, no_array);
    tcase_add_test(tc, steps_not_wired);
    tcase_add_test(tc, far_not_wired);
    suite_add_tcase(s, tc);
    return s;
}
