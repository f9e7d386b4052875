/* test_control.c - processes that are controlled: every cell of the tables in kernel/README.md ("Control"), which are read from
 * there; resets by signals. Mistakes are in test_misuse.c. */
#include "tests/rigs/story.h"

/* ---- parts: boss does what scripts say at 10, 20 and 30; puppet waits again and again and tells how it got there ---- */

static const char *script[3];            /* by letters: s suspend, r resume, d disable, e enable, t reset, k kill, n release */
static const char *own_script;           /* what the puppet does to itself at 10 */
enum how { EVENT, LIST, LINK, LIMIT, NHOWS };   /* what the puppet waits for, and what n does */

struct boss { struct bl_part p; bl_event e; bl_process worker; bl_out q; int64_t how, k; };
struct puppet { struct bl_part p; bl_event e; bl_process me; bl_in d; int64_t how, limit, alone; uint8_t seen; };

static enum bl_control control_of(char letter)
{
    static const char letters[] = "srdetk";
    const char *at = strchr(letters, letter);

    KP_HOLDS(at && *at, "no control: %c", letter);
    return (enum bl_control)(at - letters);
}

static void act(struct boss *t, const char *text)
{
    for (; *text; text++)
        if (*text != 'n')
            bl_control(t, t->worker, control_of(*text));
        else if (t->how == LINK)
            *bl_put8(t->q) = (uint8_t)(*bl_put8(t->q) + 1);
        else
            bl_notify_now(t, t->e);
}

static bl_verdict boss_run(void *self)
{
    struct boss *t = self;

    BL_BEGIN(t);
    for (t->k = 0; t->k < 3; t->k++) {
        AWAIT_TIME(10, BL_IDLE);
        act(t, script[t->k]);
    }
    BL_END;
}

static bl_verdict puppet_run(void *self)
{
    struct puppet *t = self;

    BL_BEGIN(t);
    t->seen = *bl_get8(t->d);
    tell(t, "top");
    if (t->alone && bl_time(t) == 0) {       /* controls itself */
        AWAIT_TIME(10, BL_IDLE);
        for (const char *c = own_script; *c; c++)
            bl_control(t, t->me, control_of(*c));
    }
    for (;;) {
        if (t->how == EVENT)
            AWAIT_EVENT(t->e, BL_IDLE);
        else if (t->how == LIST)
            AWAIT_STATIC(1, BL_IDLE);
        else if (t->how == LIMIT)
            AWAIT_EVENT_FOR(t->e, (uint64_t)t->limit, BL_IDLE);
        else
            AWAIT(*bl_get8(t->d) != t->seen, BL_IDLE);
        t->seen = *bl_get8(t->d);
        tell(t, bl_timed_out(t) ? "late" : "on");
        t->limit = 1000;
    }
    BL_END;
}

static const struct bl_field boss_fields[] = {
    BL_EVENT(struct boss, e, "releases"), BL_PROCESS(struct boss, worker, "is controlled"), BL_OUT(struct boss, q, 1, 8, "releases"),
    BL_PARAM(struct boss, how, 0, 0, 9, "enum how"), { 0 }
};
static const struct bl_field puppet_fields[] = {
    BL_EVENT(struct puppet, e, "releases"), BL_PROCESS(struct puppet, me, "itself"), BL_IN_OPT(struct puppet, d, 1, 8, "releases"),
    BL_PARAM(struct puppet, how, 0, 0, 9, "enum how"), BL_PARAM(struct puppet, limit, 1000, 0, 1000, "fs"),
    BL_PARAM(struct puppet, alone, 0, 0, 1, "controls itself"), { 0 }
};
static const struct bl_class boss_class = { .name = "boss", .help = "controls", .size = sizeof(struct boss), .run = boss_run,
                                            .fields = boss_fields };
static const struct bl_class puppet_class = { .name = "puppet", .help = "is controlled", .size = sizeof(struct puppet),
                                              .run = puppet_run, .fields = puppet_fields };

/* bits: writes the digits of its script to q, one each 10 fs from 10 on; pause: waits for three releases of its list. */
struct bits { struct bl_part p; bl_out q; bl_event e; int64_t first, k; };
static const char *digits;
static int bits_init(void *self)
{
    struct bits *t = self;

    *bl_put8(t->q) = (uint8_t)t->first;
    return 0;
}
static bl_verdict bits_run(void *self)
{
    struct bits *t = self;

    BL_BEGIN(t);
    for (t->k = 0; digits[t->k]; t->k++) {
        AWAIT_TIME(10, BL_IDLE);
        if (digits[t->k] == 'e')
            bl_notify(t, t->e, 0);
        else if (digits[t->k] != '.')
            *bl_put8(t->q) = digits[t->k] == '1';
    }
    BL_END;
}
struct three { struct bl_part p; bl_event e; int64_t n; };
static bl_verdict three_run(void *self)
{
    struct three *t = self;

    BL_BEGIN(t);
    tell(t, "top");
    for (;;) {
        if (t->n)
            AWAIT_STATIC((uint32_t)t->n, BL_IDLE);
        else
            AWAIT_EVENT(t->e, BL_IDLE);
        tell(t, "on");
    }
    BL_END;
}
static const struct bl_field bits_fields[] = {
    BL_OUT(struct bits, q, 1, 1, "a bit"), BL_EVENT(struct bits, e, "notified"), BL_PARAM(struct bits, first, 0, 0, 1, "at first"), { 0 }
};
static const struct bl_field three_fields[] = { BL_EVENT(struct three, e, "awaited"), BL_PARAM(struct three, n, 0, 0, 9, "releases"), { 0 } };
static const struct bl_class bits_class = { .name = "bits", .help = "a bit", .size = sizeof(struct bits), .init = bits_init,
                                            .run = bits_run, .fields = bits_fields };
static const struct bl_class three_class = { .name = "three", .help = "waits", .size = sizeof(struct three), .run = three_run,
                                             .fields = three_fields };

/* crowd: at 10 suspends and resumes all others, then tells. */
struct crowd { struct bl_part p; };
static uint32_t crowd_size;
static bl_verdict crowd_run(void *self)
{
    struct crowd *t = self;
    uint32_t me = t->p.node->proc;

    BL_BEGIN(t);
    AWAIT_TIME(10, BL_IDLE);
    for (uint32_t p = 0; p < crowd_size; p++)
        if (p != me) {
            bl_control(t, (bl_process){ p }, BL_SUSPEND);
            bl_control(t, (bl_process){ p }, BL_RESUME);
        }
    tell(t, "ran");
    BL_END;
}
static const struct bl_field no_fields[] = { { 0 } };
static const struct bl_class crowd_class = { .name = "crowd", .help = "controls", .size = sizeof(struct crowd), .run = crowd_run,
                                             .fields = no_fields };

static const struct bl_class *const classes[] = {
    &boss_class, &puppet_class, &bits_class, &three_class, &crowd_class, NULL
};

static struct bl_sim *opened(void)
{
    script[0] = script[1] = script[2] = digits = "";
    return story_opened(classes);
}

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
        if (!in) {
            in = !strncmp(line, head, strlen(head));
            if (!in)
                continue;
        }
        if (line[1] == '-')
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
    return NOT_FOUND;
}

/* What brings a puppet that waits into each state, at 10; ways[LIST] is as ways[EVENT]. */
static const struct { const char *state, *by; bool due; } ways[] = {
    { "waiting", "", false }, { "due", "n", true }, { "suspended", "s", false }, { "suspended, due", "ns", true },
    { "suspended, due", "sn", false }, { "disabled", "d", false }, { "disabled, due", "nd", true },
    { "disabled, suspended", "ds", false }, { "disabled, suspended", "sd", false }, { "disabled, suspended, due", "nsd", true },
    { "disabled, suspended, due", "nds", true }, { "ended", "k", false }, { "ended", "nk", true }, { "ended", "sdk", false },
};

/* What is done at 20 and at 30 to see which state it was. */
static const char *const probes[][2] = { { "", "" }, { "n", "" }, { "r", "n" }, { "e", "n" }, { "er", "n" } };
enum { NPROBES = 5 };

/* What the table of states says is seen of `state`, "*": from the top, after the probe. */
static void seen_of(const struct table *states, const char *state, int probe, char *want, size_t room)
{
    char name[64];
    size_t n = strlen(state);
    bool top = n && state[n - 1] == '*';

    snprintf(name, sizeof name, "%.*s", (int)(n - top), state);
    int row = row_of(states, name);
    KP_HOLDS(row != NOT_FOUND, "no state '%s'", name);
    *want = 0;
    for (const char *p = states->cell[row][1 + probe]; *p; p += strcspn(p, ", "), p += strspn(p, ", ")) {
        size_t at = strlen(want);
        if (*p != '-')
            snprintf(want + at, room - at, "%sp %s %.2s", at ? ", " : "", top ? "top" : "on", p);
        top = false;
    }
}

static void play(enum how how, const char *first, int probe, uint64_t shuffle, bool alone)
{
    struct bl_sim *s = opened();

    if (shuffle)
        bl_option(s, BL_SHUFFLE, shuffle);
    kp_ok(kp_script(s, "part b boss; part p puppet; wire b.worker p.process; wire p.me p.process; wire b.q p.d; wire b.e p.e"));
    if (how == LIST)
        kp_ok(kp_script(s, "wire b.e p.process"));
    kp_setf(s, "b", "how", how);
    kp_setf(s, "p", "how", how);
    kp_setf(s, "p", "alone", alone);
    own_script = first;
    script[0] = alone ? "" : first;
    script[1] = probes[probe][0];
    script[2] = probes[probe][1];
    ready(s);
    bl_run(s, 5);
    ck_assert_str_eq(story, "p top 0");
    story_n = 0;
    story[0] = 0;
    bl_run(s, 100);
    bl_close(s);
}

static void cell_is(const struct table *states, enum how how, const char *state, const char *first, const char *result)
{
    for (int probe = 0; probe < NPROBES; probe++)
        for (uint64_t shuffle = 0; shuffle < 3; shuffle++) {
            char want[200];
            seen_of(states, result, probe, want, sizeof want);
            play(how, first, probe, shuffle, false);
            KP_HOLDS(!strcmp(story, want), "%s, then '%s' (%d), expected '%s'; at 20 '%s', at 30 '%s', shuffle %d: %s; expected %s", state,
                     first, how, result, probes[probe][0], probes[probe][1], (int)shuffle, story, want);
        }
}

/* Every state (reached in several ways), every operation and a release, for events, static lists and links. */
START_TEST(each_cell_of_the_table)
{
    static const char ops[] = "srdetkn";     /* in the order of the columns */
    static struct table states, control;
    char first[16];
    int cells = 0;

    read_table(&states, "| state | nothing");
    read_table(&control, "| state | suspend");
    ck_assert_int_eq(control.columns, 8);
    ck_assert_int_eq(control.rows, 10);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (int op = 0; op < 7; op++) {
            int row = row_of(&control, ways[i].state);
            ck_assert_msg(row != NOT_FOUND, "no row '%s'", ways[i].state);
            if (_i == LINK && (ways[i].due || !strcmp(ways[i].by, "sn")))
                continue;                    /* a link moves when the phase is over */
            snprintf(first, sizeof first, "%s%c", ways[i].by, ops[op]);
            cell_is(&states, (enum how)_i, ways[i].state, first, control.cell[row][1 + op]);
            cells++;
        }
    ck_assert_int_eq(cells, _i == LINK ? 49 : 98);
}
END_TEST

/* A process at work that controls itself is, from its next wait on, what a waiting one would be. */
START_TEST(a_process_controls_itself)
{
    static const struct { const char *by, *state; } selves[] = {
        { "", "waiting" }, { "s", "suspended" }, { "r", "waiting" }, { "d", "disabled" }, { "e", "waiting" }, { "t", "due*" }, { "k", "ended" },
        { "sd", "disabled, suspended" }, { "sr", "waiting" }, { "de", "waiting" }, { "st", "suspended, due*" }, { "ts", "suspended, due*" },
        { "dt", "disabled, due*" }, { "sdt", "disabled, suspended, due*" }, { "kt", "ended" }, { "tk", "ended" }, { "ks", "ended" },
        { "str", "due*" }, { "tt", "due*" },
    };
    static struct table states;

    read_table(&states, "| state | nothing");
    for (size_t i = 0; i < sizeof selves / sizeof *selves; i++)
        for (int probe = 0; probe < NPROBES; probe++) {
            char want[200];
            seen_of(&states, selves[i].state, probe, want, sizeof want);
            play(EVENT, selves[i].by, probe, 0, true);
            KP_HOLDS(!strcmp(story, want), "itself '%s', expected '%s', probe %d: %s; expected %s", selves[i].by, selves[i].state, probe,
                     story, want);
        }
}
END_TEST

/* A time-out at 15, then the probes. When it is forgotten the wait is gone and the static list is in force. */
static const struct { const char *first, *second; const char *list; const char *story; } limits[] = {
    { "", "", "", "p late 15" }, { "s", "", "", "" }, { "s", "r", "", "p late 20" }, { "sn", "r", "", "p on 20" },
    { "ns", "r", "", "p on 20" }, { "s", "nr", "", "p late 20" }, { "d", "e", "", "" }, { "d", "en", "", "" },
    { "d", "en", "list", "p on 20" }, { "d", "n", "list", "" }, { "ds", "er", "", "" }, { "ds", "enr", "list", "p on 20" },
    { "ds", "ern", "list", "p on 20" }, { "k", "n", "list", "" }, { "n", "", "", "p on 10" }, { "t", "", "", "p top 10, p late 15" },
    { "st", "r", "", "p top 20, p late 25" }, { "dt", "e", "", "p top 10" }, { "dt", "en", "list", "p top 10, p on 20" },
};

START_TEST(a_time_out_is_a_release)
{
    struct bl_sim *s = opened();
    bool reset = strchr(limits[_i].first, 't') != NULL;

    kp_ok(kp_script(s, "part b boss; part p puppet; wire b.worker p.process; wire p.me p.process; wire b.q p.d; wire b.e p.e"));
    if (*limits[_i].list)
        kp_ok(kp_script(s, "wire b.e p.process"));
    kp_setf(s, "p", "how", LIMIT);
    kp_setf(s, "p", "limit", reset ? 5 : 15);
    ready(s);
    script[0] = limits[_i].first;
    script[1] = limits[_i].second;
    if (reset)
        ((struct puppet *)bl_part_of(s, "p"))->limit = 500;
    bl_run(s, 5);
    if (reset)
        ((struct puppet *)bl_part_of(s, "p"))->limit = 5;
    story_n = 0;
    story[0] = 0;
    bl_run(s, 100);
    story_is(limits[_i].story);
    bl_close(s);
}
END_TEST

/* The host controls between runs what it could reach by bl_control of a boss. */
START_TEST(the_host_controls_between_runs)
{
    static struct table states, control;

    read_table(&states, "| state | nothing");
    read_table(&control, "| state | suspend");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (int op = 0; op < 6 && !strchr(ways[i].by, 'n'); op++)
            for (int probe = 0; probe < NPROBES; probe++) {
                char want[200], at[200];
                struct bl_sim *s = opened();
                kp_ok(kp_script(s, "part b boss; part p puppet; wire b.worker p.process; wire p.me p.process; wire b.q p.d; wire b.e p.e"));
                ready(s);
                script[1] = probes[probe][0];
                script[2] = probes[probe][1];
                bl_run(s, 15);
                story_n = 0;
                story[0] = 0;
                for (const char *c = ways[i].by; *c; c++)
                    kp_ok(bl_control_part(s, "p", control_of(*c)));
                kp_ok(bl_control_part(s, "p", (unsigned)op));
                bl_run(s, 100);
                seen_of(&states, control.cell[row_of(&control, ways[i].state)][1 + op], probe, want, sizeof want);
                snprintf(at, sizeof at, "%s", want);
                if (strstr(at, "top 10"))        /* it is 15 */
                    memcpy(strstr(at, "top 10"), "top 15", 6);
                KP_HOLDS(!strcmp(story, at), "%s, op %d, probe %d: %s; expected %s", ways[i].state, op, probe, story, at);
                bl_close(s);
            }
}
END_TEST

START_TEST(controlled_before_the_start)
{
    static const struct { unsigned what[2]; const char *story; } starts[] = {
        { { BL_RESUME, BL_ENABLE }, "p top 0, p on 20" }, { { BL_SUSPEND, BL_ENABLE }, "" }, { { BL_SUSPEND, BL_RESUME }, "p top 0, p on 20" },
        { { BL_KILL, BL_RESET }, "" }, { { BL_RESET, BL_RESET }, "p top 0, p on 20" }, { { BL_DISABLE, BL_RESET }, "p top 0" },
        { { BL_DISABLE, BL_SUSPEND }, "" },
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct bl_sim *s = opened();
        kp_ok(kp_script(s, "part b boss; part p puppet; wire b.worker p.process; wire p.me p.process; wire b.q p.d; wire b.e p.e"));
        ready(s);
        script[1] = "n";
        kp_ok(bl_control_part(s, "p", starts[i].what[0]));
        kp_ok(bl_control_part(s, "p", starts[i].what[1]));
        bl_run(s, 100);
        story_is(starts[i].story);
        bl_close(s);
    }
}
END_TEST

/* A wait for links with a limit: the limit is forgotten while disabled, the links are not. */
START_TEST(forgotten_limit_of_a_wait_for_links)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "part b boss; part p puppet; wire b.worker p.process; wire p.me p.process; wire b.q p.d; wire b.e p.e"));
    kp_setf(s, "b", "how", LINK);
    kp_setf(s, "p", "how", LINK);
    ready(s);
    script[0] = "d";
    script[1] = "e";
    script[2] = "n";
    bl_run(s, 5);
    struct puppet *p = bl_part_of(s, "p");
    s->proc[p->p.node->proc].timing = true;                  /* as AWAIT_FOR(..., 10, ...) leaves it */
    notify(s, p->p.node->timer, 10);
    bl_run(s, 100);
    story_is("p top 0, p on 30");
    bl_close(s);
}
END_TEST

/* ---- resets by signals ---- */

static const struct { const char *wires, *digits; int first, n; const char *story; } resets[] = {
    { "wire b.q w.process reset", "e", 0, 0, "w top 0, w on 10" },
    { "wire b.q w.process reset", "1e.e0e", 0, 0, "w top 0, w top 20, w top 40, w on 60" },
    { "wire b.q w.process reset rising", "1e0e", 0, 0, "w top 0, w top 20, w on 40" },
    { "wire b.q w.process reset falling", "0e1e", 1, 0, "w top 0, w top 20, w on 40" },
    { "wire b.q w.process reset", "1.0e", 0, 0, "w top 0, w on 40" },                    /* over before it was looked at */
    { "wire b.q w.process async_reset", "1.0e", 0, 0, "w top 0, w top 10, w on 40" },
    { "wire b.q w.process async_reset", "1e0e", 0, 0, "w top 0, w top 10, w top 20, w on 40" },
    { "wire b.q w.process async_reset falling", "0.1e", 1, 0, "w top 0, w top 10, w on 40" },
    { "wire b.q w.process async_reset falling", "0e1e", 1, 0, "w top 0, w top 10, w top 20, w on 40" },
    { "wire b.q w.process async_reset; wire b.q w.process async_reset falling", "1.0e", 0, 0, "w top 0, w top 10, w top 30, w top 40" },
    { "wire b.e w.process; wire b.q w.process reset", "eee", 0, 3, "w top 0, w on 30" },
    { "wire b.e w.process; wire b.q w.process reset", "e1e0eee", 0, 3, "w top 0, w top 30, w on 70" },
    { "wire b.e w.process; wire b.q w.process async_reset", "ee1.0eee", 0, 3, "w top 0, w top 30, w on 80" },
};

START_TEST(reset_by_signals)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "part b bits; part w three; wire b.e w.e"));
    kp_ok(kp_script(s, resets[_i].wires));
    kp_setf(s, "b", "first", resets[_i].first);
    kp_setf(s, "w", "n", resets[_i].n);
    digits = resets[_i].digits;
    ready(s);
    bl_run(s, 200);
    story_is(resets[_i].story);
    bl_close(s);
}
END_TEST

/* An asynchronous reset does to a controlled process what BL_RESET does. */
START_TEST(reset_of_controlled_processes)
{
    static const struct { const char *first, *third, *story; } cases[] = {
        { "s", "r", "p top 30" }, { "s", "", "" }, { "d", "", "p top 20" }, { "ds", "r", "p top 30" }, { "k", "ren", "" },
        { "sn", "r", "p top 30" }, { "d", "en", "p top 20, p top 30" },        /* it is active still */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bl_sim *s = opened();
        kp_ok(kp_script(s, "part b boss; part p puppet; wire b.worker p.process; wire p.me p.process; wire b.q p.d; wire b.e p.e;"
                           "part r bits; wire r.q p.process async_reset"));
        script[0] = cases[i].first;
        script[2] = cases[i].third;
        digits = ".1";                                       /* at 20 */
        ready(s);
        bl_run(s, 5);
        story_n = 0;
        story[0] = 0;
        bl_run(s, 100);
        ck_assert_msg(!strcmp(story, cases[i].story), "%s: %s; expected %s", cases[i].first, story, cases[i].story);
        bl_close(s);
    }
}
END_TEST

/* ---- in other orders ---- */

START_TEST(a_crowd_that_controls_itself_runs_once_each)
{
    crowd_size = 40;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct bl_sim *s = opened();
        if (seed)
            bl_option(s, BL_SHUFFLE, seed);
        for (uint32_t i = 0; i < crowd_size; i++) {
            char path[16];
            snprintf(path, sizeof path, "p[%u]", i);
            kp_ok(bl_add(s, path, "crowd", NULL, NULL));
        }
        ready(s);
        bl_run(s, 100);
        uint32_t n = 0;
        for (const char *p = story; (p = strstr(p, "ran 10")); p++)
            n++;
        ck_assert_uint_eq(n, crowd_size);
        ck_assert_uint_eq(bl_activations(s), 2 * crowd_size);
        bl_close(s);
    }
}
END_TEST

Suite *suite_control(void);
Suite *suite_control(void)
{
    Suite *s = suite_create("control");
    TCase *c = tcase_create("control");

    tcase_add_loop_test(c, each_cell_of_the_table, EVENT, LINK + 1);
    tcase_add_test(c, a_process_controls_itself);
    tcase_add_loop_test(c, a_time_out_is_a_release, 0, sizeof limits / sizeof *limits);
    tcase_add_test(c, the_host_controls_between_runs);
    tcase_add_test(c, controlled_before_the_start);
    tcase_add_test(c, forgotten_limit_of_a_wait_for_links);
    tcase_add_loop_test(c, reset_by_signals, 0, sizeof resets / sizeof *resets);
    tcase_add_test(c, reset_of_controlled_processes);
    tcase_add_test(c, a_crowd_that_controls_itself_runs_once_each);
    suite_add_tcase(s, c);
    return s;
}
