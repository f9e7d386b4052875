/* test_asked.c - what a host asks for wrongly (kernel/observe/, too): arguments that are NULL, words of wires that are none, rows that are not there, calls in the
 * middle of others. A row is a call and what is said of it; none ends the program, and none is silent. */
#include "kernel/ieee/ieee.h"
#include "tests/rigs/kp_says.h"
#include "tests/rigs/kparts.h"

#include <math.h>

static const struct bl_class *const classes[] = { &kp_put_class, &kp_look_class, &kp_gen_class, &kp_sink_class, NULL };

/* b: what is still built; r: what is ready to run. */
static struct { struct bl_sim *b, *r; char buf[BL_PRICE_NOTE]; uint64_t n; double v; size_t bytes; } z;
static const struct bl_price price = { .cls = "put", .item = "static", .value = 1, .is_power = true };
static struct bl_part_row part_row;
static struct bl_verdict_row verdict_row;
static struct bl_tally_row tally_row;
static struct bl_wait_row wait_row;
static struct bl_clock_row clock_row;

static void ready(void)
{
    z.b = bl_open(classes, NULL);
    z.r = bl_open(classes, NULL);
    kp_ok(kp_script(z.r, "clock c 10 0; part p put; part l look; wire p.q l.d"));
    kp_ok(bl_elaborate(z.r));
    kp_ok(kp_script(z.b, "clock c 10 0; part p put"));
}

#define NO_SIM ": the simulation is NULL; expected what bl_open returned (NULL after an error, which it reported)"
#define IS_NULL " is NULL; only arguments that the header allows to be NULL may be"
#define LATE " after elaboration; declare everything before bl_elaborate"
#define WIRE(...) bl_wire(z.b, "p.q", "l.d", (struct bl_link){ __VA_ARGS__ }, "f:7")
#define PRICE(...) &(struct bl_price){ __VA_ARGS__ }
#define TOO_MANY(call, what, n, most) call ": " what " " n " is asked for; expected 0 .. " most
#define EARLY ": there is no account before an elaboration that succeeded"

/* What must hold, and what is said. */
#define ASKED(X) \
    X(bl_clock(NULL, "c", 1, 0, NULL) == -1, "bl_clock" NO_SIM) \
    X(bl_clock(z.b, NULL, 1, 0, NULL) == -1, "bl_clock: name" IS_NULL) \
    X(bl_clock(z.b, "", 1, 0, "f:1") == -1, "f:1: a clock has no name; expected one, as 'core'") \
    X(bl_add(NULL, "a", "put", NULL, NULL) == -1, "bl_add" NO_SIM) \
    X(bl_add(z.b, NULL, "put", NULL, NULL) == -1, "bl_add: path" IS_NULL) \
    X(bl_add(z.b, "a", NULL, NULL, NULL) == -1, "bl_add: cls" IS_NULL) \
    X(bl_set(NULL, "p", "every", "3", NULL) == -1, "bl_set" NO_SIM) \
    X(bl_set(z.b, NULL, "every", "3", NULL) == -1, "bl_set: path" IS_NULL) \
    X(bl_set(z.b, "p", NULL, "3", NULL) == -1, "bl_set: param" IS_NULL) \
    X(bl_set(z.b, "p", "every", NULL, NULL) == -1, "bl_set: text" IS_NULL) \
    X(bl_set(z.r, "p", "every", "3", NULL) == -1, "a parameter is set" LATE) \
    X(bl_scope(NULL, "s", NULL) == -1, "bl_scope" NO_SIM) \
    X(bl_scope(z.b, NULL, NULL) == -1, "bl_scope: path" IS_NULL) \
    X(bl_export(NULL, "s.a", "s.p.q", NULL) == -1, "bl_export" NO_SIM) \
    X(bl_export(z.b, NULL, "s.p.q", NULL) == -1, "bl_export: port" IS_NULL) \
    X(bl_export(z.b, "s.a", NULL, NULL) == -1, "bl_export: to" IS_NULL) \
    X(bl_wire(NULL, "p.q", "l.d", (struct bl_link){ 0 }, NULL) == -1, "bl_wire" NO_SIM) \
    X(bl_wire(z.b, NULL, "l.d", (struct bl_link){ 0 }, NULL) == -1, "bl_wire: from" IS_NULL) \
    X(bl_wire(z.b, "p.q", NULL, (struct bl_link){ 0 }, NULL) == -1, "bl_wire: to" IS_NULL) \
    X(bl_wire(z.r, "p.q", "l.d", (struct bl_link){ 0 }, NULL) == -1, "a wire is drawn" LATE) \
    X(WIRE(.edge = (enum bl_edge)9) == -1, "f:7: p.q -> l.d: edge is 9; expected BL_ANY_EDGE, BL_RISING or BL_FALLING") \
    X(WIRE(.sync = -5) == -1, "f:7: p.q -> l.d: sync is -6; expected BL_SYNC(0) .. BL_SYNC(16), or 0 where nothing is said") \
    X(WIRE(.sync = BL_SYNC(17)) == -1, "f:7: p.q -> l.d: sync is 17; expected BL_SYNC(0) .. BL_SYNC(16), or 0 where nothing is said") \
    X(WIRE(.sync = 2000000000) == -1, "f:7: p.q -> l.d: sync is 1999999999; expected BL_SYNC(0) .. BL_SYNC(16), or 0 where nothing is said") \
    X(WIRE(.sharing = (enum bl_sharing)3) == -1, "f:7: p.q -> l.d: sharing is 3; expected BL_ALONE, BL_MANY or BL_RESOLVED") \
    X(WIRE(.reset = (enum bl_reset)7) == -1, "f:7: p.q -> l.d: reset is 7; expected BL_NO_RESET, BL_SYNC_RESET or BL_ASYNC_RESET") \
    X(bl_port_count(NULL, "p.q") == 0, "bl_port_count" NO_SIM) \
    X(bl_port_count(z.b, NULL) == 0, "bl_port_count: port" IS_NULL) \
    X(bl_supply(NULL, "p", "f", "", 0) == -1, "bl_supply" NO_SIM) \
    X(bl_supply(z.b, NULL, "f", "", 0) == -1, "bl_supply: path" IS_NULL) \
    X(bl_supply(z.b, "p", NULL, "", 0) == -1, "bl_supply: field" IS_NULL) \
    X((bl_seed(NULL, 3), 1), "bl_seed" NO_SIM) \
    X((bl_seed(z.r, 3), 1), "a seed is given" LATE) \
    X((bl_option(NULL, BL_SHUFFLE, 3), 1), "bl_option" NO_SIM) \
    X((bl_option(z.r, BL_SHUFFLE, 3), 1), "an option is given" LATE) \
    X((bl_option(z.b, 3, 3), bl_elaborate(z.b)) == -1, "option 3 is not known; expected one of BL_SHUFFLE (1), BL_NO_NAP (2) and BL_PATH (4), each by a call of its own") \
    X(bl_elaborate(NULL) == -1, "bl_elaborate" NO_SIM) \
    X(bl_elaborate(z.r) == -1, "elaboration is asked for again" LATE) \
    X(bl_open(NULL, NULL) == NULL, "bl_open: classes" IS_NULL) \
    X(bl_open((const struct bl_class *const[]){ &kp_put_class, &(struct bl_class){ .help = "" }, NULL }, NULL) == NULL, \
      "bl_open: the class at place 1 of the table has no name; expected that of its file") \
    X(bl_classes_of(NULL) == NULL, "bl_classes_of" NO_SIM) \
    X(bl_diag_of(NULL) == NULL, "bl_diag_of" NO_SIM) \
    X((bl_close(NULL), 1), "") \
    X(bl_set_price(NULL, &price, NULL) == -1, "bl_set_price" NO_SIM) \
    X(bl_set_price(z.b, NULL, NULL) == -1, "bl_set_price: p" IS_NULL) \
    X(bl_set_price(z.b, PRICE(.item = "static"), NULL) == -1, "bl_set_price: p->cls" IS_NULL) \
    X(bl_set_price(z.b, PRICE(.cls = "put"), NULL) == -1, "bl_set_price: p->item" IS_NULL) \
    X(bl_set_price(z.b, PRICE(.cls = "put", .item = "static", .is_power = true, .nsizes = 1), NULL) == -1, "bl_set_price: p->sizes" IS_NULL) \
    X(bl_set_price(z.b, PRICE(.cls = "put", .item = "static", .is_power = true, .nsizes = 1, .sizes = &(struct bl_price_size){ .stated = 1 }), NULL) \
      == -1, "bl_set_price: p->sizes[].param" IS_NULL) \
    X(bl_set_price(z.b, PRICE(.cls = "put", .item = "static", .is_power = true, .tag = (enum bl_tag)4), NULL) == -1, \
      "bl_set_price: the tag of the price of put.static is 4; expected BL_FACT, BL_DERIVED, BL_CALIBRATED or BL_FREE") \
    X(bl_set_price(z.r, &price, "f:2") == -1, "f:2: a price is set after elaboration") \
    X((bl_set_price(z.b, PRICE(.cls = "nobody", .item = "static"), "f:2"), bl_elaborate(z.b)) == -1, \
      "f:2: a price for class 'nobody', which is not known") \
    X(bl_price_check(NULL, &price, NULL, NULL) == -1, "bl_price_check: c" IS_NULL) \
    X(bl_price_check(&kp_put_class, NULL, NULL, NULL) == -1, "bl_price_check: p" IS_NULL) \
    X(bl_price_scaled(NULL, &z.v, &z.n) == -1, "bl_price_scaled: p" IS_NULL) \
    X(bl_price_scaled(&price, NULL, NULL) == -1, "bl_price_scaled: value" IS_NULL) \
    X(bl_price_note(&price, NULL, NULL) == NULL, "bl_price_note: buf" IS_NULL) \
    X(bl_price_at(NULL, 0) == NULL, "bl_price_at" NO_SIM) \
    X(bl_price_at(z.r, 0) == NULL, "bl_price_at: price 0 is asked for; there are 0 (bl_price_count)") \
    X(bl_price_count(NULL) == 0, "bl_price_count" NO_SIM) \
    X(bl_run(NULL, 5) == BL_END_FAILED, "bl_run" NO_SIM) \
    X(bl_run(z.b, 5) == BL_END_FAILED, "a run is asked for and nothing is elaborated; call bl_elaborate, which must return 0") \
    X(bl_control_part(NULL, "p", BL_KILL) == -1, "bl_control_part" NO_SIM) \
    X(bl_control_part(z.r, NULL, BL_KILL) == -1, "bl_control_part: path" IS_NULL) \
    X(bl_now(NULL) + bl_deltas(NULL) + bl_activations(NULL) == 0, "bl_now" NO_SIM "\nbitline: bl_deltas" NO_SIM "\nbitline: bl_activations" NO_SIM) \
    X((bl_interrupt(NULL), 1), "") \
    X((bl_break(NULL, NULL), 1), "bl_break" NO_SIM) \
    X((bl_break_at(NULL, 5), 1), "bl_break_at" NO_SIM) \
    X((bl_explain_wait(NULL, NULL), 1), "bl_explain_wait" NO_SIM) \
    X((bl_order_use(z.r, NULL), 1), "bl_order_use: o" IS_NULL) \
    X(bl_races(NULL) == -1, "bl_races: r" IS_NULL) \
    X(bl_races(&(struct bl_races){ .runs = 3 }) == -1, "bl_races: r->run" IS_NULL) \
    X(bl_why(NULL, "p.q", NULL) == -1, "bl_why" NO_SIM) \
    X(bl_why(z.r, NULL, NULL) == -1, "bl_why: signal" IS_NULL) \
    X((bl_why_tell(z.r, NULL), 1), "bl_why_tell: out" IS_NULL) \
    X((bl_why_tell(z.r, &(struct bl_show){ 0 }), 1), "bl_why_tell: out->line" IS_NULL) \
    X(bl_peek(NULL, "p.q", &z.n) == -1, "bl_peek" NO_SIM) \
    X(bl_peek(z.r, NULL, &z.n) == -1, "bl_peek: name" IS_NULL) \
    X(bl_peek(z.r, "p.q", NULL) == -1, "bl_peek: value" IS_NULL) \
    X(bl_part_of(NULL, "p") == NULL, "bl_part_of" NO_SIM) \
    X(bl_part_of(z.r, NULL) == NULL, "bl_part_of: path" IS_NULL) \
    X(bl_part_class(z.r, NULL) == NULL, "bl_part_class: path" IS_NULL) \
    X(bl_memory(z.r, NULL, "f", &z.bytes) == NULL, "bl_memory: path" IS_NULL) \
    X(bl_memory(z.r, "p", NULL, &z.bytes) == NULL, "bl_memory: field" IS_NULL) \
    X(bl_condition_open(NULL, "p.q == 3", NULL) == NULL, "bl_condition_open" NO_SIM) \
    X(bl_condition_open(z.r, NULL, NULL) == NULL, "bl_condition_open: text" IS_NULL) \
    X(!bl_condition_holds(NULL), "bl_condition_holds: c" IS_NULL) \
    X((bl_condition_close(NULL), 1), "") \
    X(!bl_watch_wants(NULL, 1, "a", "b"), "bl_watch_wants: globs" IS_NULL) \
    X(!bl_watch_wants(NULL, 0, NULL, "b"), "bl_watch_wants: scope" IS_NULL) \
    X(bl_trace_begin(NULL, NULL, "a", NULL, NULL) == NULL, "bl_trace_begin" NO_SIM) \
    X(bl_trace_begin(z.r, NULL, NULL, NULL, NULL) == NULL, "a trace has no path") \
    X(bl_trace_begin(z.r, NULL, "a", NULL, NULL) == NULL, "a: a trace has no writer; is the form of this name known? bl_wave_writer gives NULL " \
      "for others than those of bl_wave_suffixes") \
    X(bl_trace_vars(NULL, &z.bytes) == NULL, "bl_trace_vars: t" IS_NULL) \
    X(bl_trace_changes(NULL) == 0, "bl_trace_changes: t" IS_NULL) \
    X(bl_trace_parts(NULL) == 0, "bl_trace_parts: t" IS_NULL) \
    X(bl_trace_first(z.r, NULL, 0, 0) == UINT64_MAX, "bl_trace_first: t" IS_NULL) \
    X(bl_trace_end(NULL, NULL) == -1, "bl_trace_end" NO_SIM) \
    X(bl_trace_end(z.r, NULL) == -1, "bl_trace_end: there is no trace; did bl_trace_begin return NULL?") \
    X(bl_save_bytes(NULL) == 0, "bl_save_bytes" NO_SIM) \
    X(bl_save(NULL, z.buf, 5) == -1, "bl_save" NO_SIM) \
    X(bl_save(z.r, NULL, 500000) == -1, "bl_save: buf" IS_NULL) \
    X(bl_restore(z.r, NULL, 500000) == -1, "bl_restore: buf" IS_NULL) \
    X(bl_saved_time(NULL) == 0, "bl_saved_time: buf" IS_NULL) \
    X(!bl_state_equal(NULL, z.r), "bl_state_equal: a" IS_NULL) \
    X(!bl_state_equal(z.r, NULL), "bl_state_equal: b" IS_NULL) \
    X(bl_part_count(NULL) == 0, "bl_part_count" NO_SIM) \
    X(bl_part_find(z.r, NULL) == SIZE_MAX, "bl_part_find: path" IS_NULL) \
    X((bl_part_at(z.r, 2, &part_row), !part_row.path), TOO_MANY("bl_part_at", "part", "2", "1")) \
    X((bl_part_at(z.r, SIZE_MAX, &part_row), !part_row.path), TOO_MANY("bl_part_at", "part", "18446744073709551615", "1")) \
    X((bl_part_at(z.b, 0, &part_row), !part_row.path), "bl_part_at" EARLY) \
    X((bl_part_at(z.r, 0, NULL), 1), "bl_part_at: row" IS_NULL) \
    X((bl_verdict_at(z.r, 0, 99, &verdict_row), !verdict_row.name), TOO_MANY("bl_verdict_at", "verdict", "99", "1")) \
    X((bl_verdict_at(z.r, 9, 0, &verdict_row), !verdict_row.name), TOO_MANY("bl_verdict_at", "part", "9", "1")) \
    X((bl_tally_at(z.r, 1, 0, &tally_row), !tally_row.name), "bl_tally_at: tally 0 is asked for, and there is none") \
    X((bl_tally_at(z.r, 7, 0, &tally_row), !tally_row.name), TOO_MANY("bl_tally_at", "part", "7", "1")) \
    X((bl_wait_at(z.r, 0, 5, &wait_row), !wait_row.cause), "bl_wait_at: wait 5 is asked for, and there is none") \
    X(bl_wait_rows(z.r, 5) == 0, TOO_MANY("bl_wait_rows", "part", "5", "1")) \
    X((bl_clock_at(z.r, 1, &clock_row), !clock_row.name), TOO_MANY("bl_clock_at", "clock", "1", "0")) \
    X(isnan(bl_part_size(z.r, 2, "every")), TOO_MANY("bl_part_size", "part", "2", "1")) \
    X(isnan(bl_part_size(z.r, 0, NULL)), "bl_part_size: param" IS_NULL) \
    X(bl_yj_text(5, NULL) == NULL, "bl_yj_text: buf" IS_NULL) \
    X(bl_energy_text(5, NULL) == NULL, "bl_energy_text: buf" IS_NULL) \
    X(bl_time_text(5, NULL) == NULL, "bl_time_text: buf" IS_NULL) \
    X(bl_parse_time(NULL, &z.n, NULL, NULL) == -1, "bl_parse_time: text" IS_NULL) \
    X(bl_parse_time("5 ns", NULL, NULL, NULL) == -1, "bl_parse_time: fs" IS_NULL) \
    X(bl_parse_energy(NULL, &z.v, NULL, NULL) == -1, "bl_parse_energy: text" IS_NULL) \
    X(bl_parse_power("3 uW", NULL, NULL, NULL) == -1, "bl_parse_power: nw" IS_NULL) \
    X(bl_parse_volts(NULL, NULL, NULL, NULL) == -1, "bl_parse_volts: text" IS_NULL "\nbitline: bl_parse_volts: microvolts" IS_NULL) \
    X(bl_nearest(NULL, NULL, 3) == NULL, "") \
    X(bl_class_find(NULL, "put") == NULL && bl_class_find(classes, NULL) == NULL, "") \
    X((bl_class_show(NULL, &(struct bl_show){ 0 }), 1), "bl_class_show: c" IS_NULL)

static bool fits;
#define EACH(call, says) { #call, says },
static const struct { const char *call, *says; } asked[] = { ASKED(EACH) };

static void ask(void *number)
{
    int at = *(int *)number;

#define DOES(call, says) if (at-- == 0) fits = call;
    ASKED(DOES)
    if (!fits)
        fputs("its result is another\n", stderr);
}

START_TEST(each_says_what_it_wants)
{
    char text[2048], want[2048];
    int number = _i;

    ready();
    kp_says(ask, &number, text, sizeof text);
    if (*asked[_i].says)
        snprintf(want, sizeof want, "bitline: %s\n", asked[_i].says);
    else
        *want = 0;
    ck_assert_msg(!strcmp(text, want), "%s\n  wrote:    %s  expected: %s", asked[_i].call, text, want);
    bl_close(z.b);
    bl_close(z.r);
}
END_TEST

/* A row that is not there is empty, whatever stood in it before. */
START_TEST(a_row_that_is_not_there_is_empty)
{
    static struct kp_told told;
    struct bl_sim *s = bl_open(classes, kp_listen(&told));
    struct bl_part_row part;

    memset(&part, 0x5a, sizeof part);
    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    kp_ok(bl_add(s, "p", "put", NULL, NULL));
    kp_ok(bl_elaborate(s));
    bl_part_at(s, 1, &part);
    ck_assert(!part.path && !part.cls && part.verdicts == 0 && part.tallies == 0 && part.elapsed == 0);
    bl_close(s);
}
END_TEST

/* ---- calls in the middle of others ---- */

/* nested: calls the host's side from where it stands. */
struct nested { struct bl_part p; int64_t what, where; };
enum { IN_INIT, IN_RUN };
enum { RUNS, CLOSES, ELABORATES, TRACES, SAVES, CONTROLS, NESTINGS };
static struct bl_sim *nest;
static char bytes[1 << 16];

static void nests(const struct nested *t)
{
    switch (t->what) {
    case RUNS: bl_run(nest, 50); break;
    case CLOSES: bl_close(nest); break;
    case ELABORATES: bl_elaborate(nest); break;
    case TRACES: bl_trace_begin(nest, NULL, "a", NULL, NULL); break;
    case SAVES: bl_save(nest, bytes, sizeof bytes); break;
    default: bl_control_part(nest, "m", BL_KILL);
    }
}
static int nested_init(void *self)
{
    if (((struct nested *)self)->where == IN_INIT)
        nests(self);
    return 0;
}
static bl_verdict nested_run(void *self)
{
    struct nested *t = self;

    BL_BEGIN(t);
    if (t->where == IN_RUN)
        nests(t);
    BL_END;
}
static const struct bl_field nested_fields[] = {
    BL_PARAM(struct nested, what, 0, 0, NESTINGS, "call"), BL_PARAM(struct nested, where, 0, 0, IN_RUN, "from where"), { 0 }
};
static const struct bl_class nested_class = { .name = "nested", .help = "calls its host", .size = sizeof(struct nested), .init = nested_init,
                                              .run = nested_run, .fields = nested_fields };
#define CONTROL "m: control 5 is asked for; expected a waiting part of an elaborated simulation, between runs, and an enum bl_control"
#define BY_STOP " (a part ends its run by bl_stop, or hands back to the host by bl_pause)"
#define WHILE(call, outer) call " is called while " outer " is on; call it when that has returned"
static const char *const nestings[2][NESTINGS] = {
    { WHILE("bl_run", "bl_elaborate"), WHILE("bl_close", "bl_elaborate"), WHILE("bl_elaborate", "bl_elaborate"),
      WHILE("bl_trace_begin", "bl_elaborate"), "a snapshot is asked for before elaboration; there is no state yet", CONTROL },
    { "m: " WHILE("bl_run", "bl_run") BY_STOP, "m: " WHILE("bl_close", "bl_run") BY_STOP, "m: " WHILE("bl_elaborate", "bl_run") BY_STOP,
      "m: " WHILE("bl_trace_begin", "bl_run") BY_STOP, "a snapshot is asked for in the middle of a time; save when bl_run has returned", CONTROL },
};

START_TEST(a_call_in_the_middle_of_another)
{
    static const struct bl_class *const nesting[] = { &nested_class, NULL };
    static struct kp_told told;
    const int where = _i / NESTINGS, what = _i % NESTINGS;
    struct bl_sim *s = nest = bl_open(nesting, kp_listen(&told));

    kp_ok(bl_add(s, "m", "nested", NULL, NULL));
    kp_setf(s, "m", "what", what);
    kp_setf(s, "m", "where", where);
    ck_assert_int_eq(bl_elaborate(s), where == IN_INIT ? -1 : 0);
    if (where == IN_RUN)
        ck_assert_int_eq(bl_run(s, 100), what == SAVES || what == CONTROLS ? BL_END_STARVED : BL_END_FAILED);
    ck_assert_str_eq(told.text, nestings[where][what]);
    bl_close(s);                         /* the first one has freed nothing */
}
END_TEST

Suite *suite_asked(void);
Suite *suite_asked(void)
{
    Suite *s = suite_create("asked");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, each_says_what_it_wants, 0, (int)(sizeof asked / sizeof *asked));
    tcase_add_test(c, a_row_that_is_not_there_is_empty);
    tcase_add_loop_test(c, a_call_in_the_middle_of_another, 0, 2 * NESTINGS);
    suite_add_tcase(s, c);
    return s;
}
