/* test_control.c - processes that are controlled: every cell of the tables in kernel/README.md ("Control"), which are read from
 * there, tried as stories. Single cases are in tests/kernel/stories.txt, mistakes in test_misuse.c. */
#include "tests/rigs/story.h"

/* ---- the tables of kernel/README.md ---- */

enum { ROWS = 16, COLUMNS = 8, NOT_FOUND = -1 };
struct table { char cell[ROWS][COLUMNS][64]; int rows, columns; };

/* The table whose header line begins with `head`. */
static void read_table(struct table *t, const char *head)
{
    FILE *f = fopen("kernel/README.md", "r");
    char line[512];
    bool in = false;

    ck_assert_ptr_nonnull(f);
    memset(t, 0, sizeof *t);
    while (fgets(line, sizeof line, f) && (!in || *line == '|')) {
        in = in || !strncmp(line, head, strlen(head));
        if (!in || line[1] == '-')
            continue;
        KP_HOLDS(t->rows < ROWS, "%s: too many rows", head);
        t->columns = 0;
        for (char *at = line + 1, *end; (end = strchr(at, '|')) && t->columns < COLUMNS; at = end + 1)
            snprintf(t->cell[t->rows][t->columns++], 64, "%.*s", (int)(end - at - 2 > 0 ? end - at - 2 : 0), at + 1);
        t->rows++;
    }
    fclose(f);
    ck_assert_msg(t->rows > 1, "kernel/README.md has no table %s", head);
}

static int row_of(const struct table *t, const char *name)
{
    for (int i = 1; i < t->rows; i++)
        if (!strcmp(t->cell[i][0], name))
            return i;
    ck_abort_msg("kernel/README.md has no row '%s'", name);
    return NOT_FOUND;
}

static struct table states, control;

static void read_tables(void)
{
    read_table(&states, "| state | nothing");
    read_table(&control, "| state | suspend");
    ck_assert_int_eq(control.columns, 8);
    ck_assert_int_eq(control.rows, 10);
}

/* ---- a boss does one thing to a puppet at 10 and looks at 20 and 30 what state that was ---- */

/* What the puppet waits for, and what a release (R below) then is. */
static const struct { const char *await, *wires, *release; } hows[] = {
    { "a", "", "now a" }, { "list 1", "wire b.a p.process", "now a" }, { "d", "", "count" },
};
enum how { EVENT, LIST, LINK, NHOWS };

/* What brings a puppet that waits into each state, at 10. */
static const struct { const char *state, *by; bool due; } ways[] = {
    { "waiting", "", false }, { "due", "R", true }, { "suspended", "suspend", false }, { "suspended, due", "R, suspend", true },
    { "suspended, due", "suspend, R", false }, { "disabled", "disable", false }, { "disabled, due", "R, disable", true },
    { "disabled, suspended", "disable, suspend", false }, { "disabled, suspended", "suspend, disable", false },
    { "disabled, suspended, due", "R, suspend, disable", true }, { "disabled, suspended, due", "R, disable, suspend", true },
    { "ended", "kill", false }, { "ended", "R, kill", true }, { "ended", "suspend, disable, kill", false },
};
enum { NWAYS = sizeof ways / sizeof *ways };

/* In the order of the columns of both tables. */
static const char *const ops[] = { "suspend", "resume", "disable", "enable", "reset", "kill", "R" };
static const char *const probes[][2] = { { "", "" }, { "R", "" }, { "resume", "R" }, { "enable", "R" }, { "enable, resume", "R" } };
enum { NOPS = 7, NPROBES = 5 };

static char body[2048];

/* The text of a story begins with the boss: what it does at 10, and the probe. R is said as this way of waiting wants it. */
static void write_boss(const char *first, int probe, enum how how)
{
    char acts[256];
    size_t n = 0;

    snprintf(acts, sizeof acts, "b: @10 %s, @20 %s, @30 %s\n", first, probes[probe][0], probes[probe][1]);
    for (const char *c = acts; *c; c++)
        n += (size_t)snprintf(body + n, sizeof body - n, "%.*s", *c == 'R' ? 8 : 1, *c == 'R' ? hows[how].release : c);
    APPEND(body, "", "wire b.w p.process; wire b.a p.a; wire b.q p.d\n");
}

static void add_line(const char *fmt, const char *what)
{
    size_t n = strlen(body);

    snprintf(body + n, sizeof body - n, fmt, what);
}

/* What the table of states says is seen of `state` ("*": from the top), reached at `when` instead of at 10, after the probe. */
static void seen_of(const char *state, int probe, const char *when, char *want, size_t room)
{
    char name[64];
    size_t n = strlen(state);
    bool top = n && state[n - 1] == '*';

    snprintf(name, sizeof name, "%.*s", (int)(n - top), state);
    snprintf(want, room, "p top 0");
    for (const char *p = states.cell[row_of(&states, name)][1 + probe]; *p; p += strcspn(p, ", "), p += strspn(p, ", ")) {
        size_t at = strlen(want);
        if (*p != '-')
            snprintf(want + at, room - at, ", p %s %.2s", top ? "top" : "on", strncmp(p, "10", 2) ? p : when);
        top = false;
    }
}

static void play_body(const char *name, const char *want)
{
    static struct play p;

    add_line("host: run 100\nstory %s\n", want);
    read_play(&p, body);
    story_holds(&p, name);
}

static void cell_is(enum how how, int way, int op, int probe)
{
    char first[64], name[256], want[256];
    const char *result = control.cell[row_of(&control, ways[way].state)][1 + op];

    snprintf(first, sizeof first, "%s%s%s", ways[way].by, *ways[way].by ? ", " : "", ops[op]);
    write_boss(first, probe, how);
    add_line("p: say top, [ await %s, say on ]\n", hows[how].await);
    add_line("%s\n", hows[how].wires);
    snprintf(name, sizeof name, "%s, then '%s', expected '%s'; '%s' at 20", ways[way].state, ops[op], result, probes[probe][0]);
    seen_of(result, probe, "10", want, sizeof want);
    play_body(name, want);
}

/* Every state (reached in several ways), every operation and a release, for events, static lists and links. */
START_TEST(each_cell_of_the_table)
{
    int cells = 0;

    read_tables();
    for (int way = 0; way < NWAYS; way++)
        for (int op = 0; op < NOPS; op++) {
            if (_i == LINK && strchr(ways[way].by, 'R'))
                continue;                    /* a link moves when the phase is over */
            for (int probe = 0; probe < NPROBES; probe++)
                cell_is((enum how)_i, way, op, probe);
            cells++;
        }
    ck_assert_int_eq(cells, _i == LINK ? 49 : 98);
}
END_TEST

/* A process at work that controls itself is, from its next wait on, what a waiting one would be. */
START_TEST(a_process_controls_itself)
{
    static const struct { const char *acts, *state; } selves[] = {
        { "", "waiting" }, { "suspend", "suspended" }, { "resume", "waiting" }, { "disable", "disabled" }, { "enable", "waiting" },
        { "reset", "due*" }, { "kill", "ended" }, { "suspend, disable", "disabled, suspended" }, { "suspend, resume", "waiting" },
        { "disable, enable", "waiting" }, { "suspend, reset", "suspended, due*" }, { "reset, suspend", "suspended, due*" },
        { "disable, reset", "disabled, due*" }, { "suspend, disable, reset", "disabled, suspended, due*" }, { "kill, reset", "ended" },
        { "reset, kill", "ended" }, { "kill, suspend", "ended" }, { "suspend, reset, resume", "due*" }, { "reset, reset", "due*" },
    };
    char want[256];

    read_tables();
    for (size_t i = 0; i < sizeof selves / sizeof *selves; i++)
        for (int probe = 0; probe < NPROBES; probe++) {
            write_boss("", probe, EVENT);
            add_line("p: say top, once, @10 %s, [ await a, say on ]\nwire p.w p.process\n", selves[i].acts);
            seen_of(selves[i].state, probe, "10", want, sizeof want);
            play_body(selves[i].acts, want);
        }
}
END_TEST

/* "suspend, disable" as the host says it: each of p. */
static void add_host(const char *acts)
{
    char one[16];

    for (; *acts; acts += strcspn(acts, ","), acts += strspn(acts, ", ")) {
        snprintf(one, sizeof one, "%.*s", (int)strcspn(acts, ","), acts);
        add_line("host: %s p\n", one);
    }
}

/* The host controls between runs what it could reach by bl_control of a boss; at 15, and what it makes due runs then. */
START_TEST(the_host_controls_between_runs)
{
    char want[256];

    read_tables();
    for (int way = 0; way < NWAYS; way++)
        for (int op = 0; op < NOPS - 1 && !strchr(ways[way].by, 'R'); op++)
            for (int probe = 0; probe < NPROBES; probe++) {
                write_boss("", probe, EVENT);
                add_line("p: say top, [ await a, say on ]\n%s", "host: run 15\n");
                add_host(ways[way].by);
                add_host(ops[op]);
                seen_of(control.cell[row_of(&control, ways[way].state)][1 + op], probe, "15", want, sizeof want);
                play_body(ways[way].state, want);
            }
}
END_TEST

/* ---- in other orders ---- */

/* crowd: at 10 suspends and resumes all others, then tells. */
enum { CROWD = 40 };
struct crowd { struct bl_part p; };
static bl_verdict crowd_run(void *self)
{
    struct crowd *t = self;
    uint32_t me = t->p.node->proc;

    BL_BEGIN(t);
    AWAIT_TIME(10, BL_IDLE);
    for (uint32_t p = 0; p < CROWD; p++)
        if (p != me) {
            bl_control(t, (bl_process){ p + 1 }, BL_SUSPEND);
            bl_control(t, (bl_process){ p + 1 }, BL_RESUME);
        }
    tell(t, "ran");
    BL_END;
}
static const struct bl_field no_fields[] = { { 0 } };
static const struct bl_class crowd_class = { .name = "crowd", .help = "controls", .size = sizeof(struct crowd), .run = crowd_run,
                                             .fields = no_fields };

START_TEST(a_crowd_that_controls_itself_runs_once_each)
{
    static const struct bl_class *const classes[] = { &crowd_class, NULL };

    for (uint64_t seed = 0; seed < 20; seed++) {
        struct bl_sim *s = story_opened("", classes);
        if (seed)
            bl_option(s, BL_SHUFFLE, seed);
        for (uint32_t i = 0; i < CROWD; i++) {
            char path[16];
            snprintf(path, sizeof path, "p[%u]", i);
            kp_ok(bl_add(s, path, "crowd", NULL, NULL));
        }
        ready(s);
        bl_run(s, 100);
        uint32_t n = 0;
        for (const char *p = story; (p = strstr(p, "ran 10")); p++)
            n++;
        ck_assert_uint_eq(n, CROWD);
        ck_assert_uint_eq(bl_activations(s), 2 * CROWD);
        bl_close(s);
    }
}
END_TEST

Suite *suite_control(void);
Suite *suite_control(void)
{
    Suite *s = suite_create("control");
    TCase *c = tcase_create("control");

    tcase_add_loop_test(c, each_cell_of_the_table, EVENT, NHOWS);
    tcase_add_test(c, a_process_controls_itself);
    tcase_add_test(c, the_host_controls_between_runs);
    tcase_add_test(c, a_crowd_that_controls_itself_runs_once_each);
    suite_add_tcase(s, c);
    return s;
}
