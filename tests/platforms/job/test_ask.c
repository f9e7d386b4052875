/* test_ask.c - a mapper and the parts of its platform: values by name, what is missing is named, and no platform file in which a
 * part was renamed or left out is accepted and wrong. */
#include "tests/rigs/net_rig.h"
#include "platforms/job/ask.h"
#include "tools/commands.h"

#include <ctype.h>

Suite *suite_ask(void);

/* ---- values and messages ---- */

static const struct bl_need needs[] = { { "host", "host" }, { "adc", "osa_adc" }, { 0 } };

struct asked { struct heard h; struct bl_sim *s; struct bl_ask ask; };

static void open_parts(struct asked *a, const char *platform)
{
    a->s = bl_open(bl_classes, heard_start(&a->h));
    bl_clock(a->s, "core", CORE_FS, 0, NULL);
    bl_add(a->s, "host", "host", "core", NULL);
    bl_add(a->s, "m.ose", "ose", "core", NULL);
    bl_set(a->s, "host", "ins", "72", NULL);
    bl_set(a->s, "m.ose", "candidates", "[4, 6, 9]", NULL);
    ck_assert_str_eq(a->h.text, "");
    a->ask = (struct bl_ask){ a->s, &a->h.diag, platform, "osa_hcim", needs, false };
}

START_TEST(values)
{
    struct asked a;
    int64_t list[3] = { 0 };

    open_parts(&a, NULL);
    ck_assert_uint_eq(bl_ask_int(&a.ask, "host.ins"), 72);
    ck_assert_uint_eq(bl_ask_int(&a.ask, "host.outs"), 64);
    ck_assert_uint_eq(bl_ask_int(&a.ask, "m.ose.candidates[1]"), 6);
    ck_assert_uint_eq(bl_ask_list(&a.ask, "m.ose.candidates", list, 2), 2);
    ck_assert_uint_eq(bl_ask_list(&a.ask, "m.ose.candidates", list, 3), 3);
    ck_assert(list[0] == 4 && list[1] == 6 && list[2] == 9);
    ck_assert_uint_eq(bl_ask_list(&a.ask, "m.ose.forced", list, 3), 0);
    ck_assert(!a.ask.failed);
    ck_assert_str_eq(a.h.text, "");
    bl_close(a.s);
}
END_TEST

static const struct { const char *name, *platform, *says; } missing[] = {
    { "adc.range", "my.yaml", "my.yaml: mapper osa_hcim needs a part 'adc' of class osa_adc; there is no part of this name" },
    { "nq.nshift", "my.yaml", "my.yaml: mapper osa_hcim needs a part 'nq'; there is no part of this name" },
    { "m.adc.range", NULL, "the platform: mapper osa_hcim needs a part 'm.adc'; there is no part of this name" },
    { "host.rows", "my.yaml", "my.yaml: mapper osa_hcim needs the parameter 'rows' of part 'host', which its class does not have; expected "
      "class host" },
    { "m.ose.colz", "my.yaml", "my.yaml: mapper osa_hcim needs the parameter 'colz' of part 'm.ose', which its class does not have" },
};

/* The first is told, the others have the same cure. */
START_TEST(names_what_is_missing)
{
    struct asked a;

    open_parts(&a, missing[_i].platform);
    ck_assert_uint_eq(bl_ask_int(&a.ask, missing[_i].name), 0);
    ck_assert(a.ask.failed);
    ck_assert(bl_ask_real(&a.ask, "nobody.knows") == 0);
    ck_assert_str_eq(a.h.text, missing[_i].says);
    bl_close(a.s);
}
END_TEST

START_TEST(all_parts)
{
    static const struct bl_need more[] = { { "host", "host" }, { "adc", "osa_adc" }, { "ose", "ose" }, { 0 } };
    struct asked a;

    open_parts(&a, "my.yaml");
    a.ask.needs = more + 1;
    ck_assert_int_lt(bl_ask_parts(&a.ask), 0);
    ck_assert_str_eq(a.h.text, "my.yaml: mapper osa_hcim needs a part 'adc' of class osa_adc; there is no part of this name\n"
                               "my.yaml: mapper osa_hcim needs a part 'ose' of class ose; there is no part of this name");
    a.ask.needs = more + 3;
    ck_assert_int_eq(bl_ask_parts(&a.ask), 0);
    bl_close(a.s);
}
END_TEST

START_TEST(equal_parameters)
{
    static const struct bl_equal same[] = { { "host.ins", "m.ose.candidates[2]" }, { 0 } }, gone[] = { { "host.ins", "adc.cols" }, { 0 } };
    struct asked a;

    open_parts(&a, "my.yaml");
    ck_assert_int_lt(bl_ask_equal(&a.ask, same), 0);
    ck_assert_str_eq(a.h.text, "host.ins is 72, m.ose.candidates[2] is 9; expected equal numbers");
    bl_set(a.s, "m.ose", "candidates", "[4, 6, 72]", NULL);
    bl_set(a.s, "host", "ins", "72", NULL);
    heard_start(&a.h);
    ck_assert_int_lt(bl_ask_equal(&a.ask, gone), 0);
    ck_assert_str_eq(a.h.text, missing[0].says);
    bl_close(a.s);
}
END_TEST

/* ---- the shipped platforms, a part renamed or left out ---- */

enum { MOST_FILE = 16384, MOST_PARTS = 24 };
#define MOST_TIME (UINT64_C(40) * 1000000000000)      /* 40 ms; an image takes 0.03 to 15 ms */
static const struct { const char *path, *mapper; } platform[] = {
    { OSA, "osa_hcim" }, { "platforms/imagine/imagine.yaml", "imagine" }, { "platforms/bf_imna/bf_imna.yaml", "bf_imna" } };

static char *text_of(const char *path)
{
    char *text = calloc(1, MOST_FILE);
    FILE *f = fopen(path, "rb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_lt(fread(text, 1, MOST_FILE - 1, f), MOST_FILE - 1);
    fclose(f);
    return text;
}

/* The keys of the lines below "parts:". */
static int parts_of(const char *text, char part[MOST_PARTS][32])
{
    int n = 0;

    for (const char *line = strstr(text, "\nparts:"); line && (line = strchr(line + 1, '\n')) && line[1] == ' '; )
        if (line[3] != ' ' && sscanf(line + 1, "  %31[a-z0-9_]:", part[n]) == 1)      /* more blanks: a row goes on */
            ck_assert_int_lt(++n, MOST_PARTS);
    ck_assert_int_gt(n, 3);
    return n;
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.'; }

/* Where the part is named next: as a key, or before the dot of a port. */
static const char *named(const char *text, const char *part)
{
    size_t n = strlen(part);

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        if (!is_name(at[-1]) && (at[n] == '.' || at[n] == ':'))
            return at;
    return NULL;
}

static void renamed(FILE *f, const char *text, const char *part)
{
    for (const char *at; (at = named(text, part)) != NULL; text = at) {
        fprintf(f, "%.*sother_", (int)(at - text), text);
        fwrite(at, 1, 1, f);
        at++;
    }
    fputs(text, f);
}

/* Without the part's line and its wires. */
static void left_out(FILE *f, const char *text, const char *part)
{
    while (*text) {
        size_t n = strcspn(text, "\n") + 1;
        char line[512];
        ck_assert_uint_lt(n, sizeof line - 1);
        snprintf(line, sizeof line, " %.*s", (int)n, text);
        if (!named(line + 1, part))
            fputs(line + 1, f);
        text += n;
    }
}

static int check_it(struct heard *h, const char *path, const char *net)
{
    const char *words[] = { "bitline", "check", path, "--net", net };
    char *argv[6] = { 0 };

    for (int i = 0; i < 5; i++)
        argv[i] = (char *)(uintptr_t)words[i];
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    return bl_program(5, argv, heard_start(h));
}

struct outcome { bool ended; uint64_t cycles, ops, mismatches; double snr, figures; uint32_t nfigures; bool approximate; bl_yj energy; };

static struct outcome outcome_of(const char *path, const char *mapper)
{
    struct demo d = demo_open();
    struct net_rig r;
    struct rig_opts o = { .platform = path, .mapper = mapper, .job = { .net = d.net, .images = d.set, .count = 1 } };
    ck_assert_msg(rig_open(&r, &o) == 0, "%s", r.h.text);
    enum bl_end end = bl_job_run(r.job, r.s, MOST_TIME, NULL, NULL);
    const struct bl_result *got = bl_job_result(r.job);
    struct outcome x = { end == BL_END_STOPPED, got->cycles_max, got->ops, got->mismatches, got->snr_db, 0, got->nfigures, got->approximate, bl_energy(r.s) };

    for (uint32_t i = 0; i < got->nfigures; i++)
        x.figures += got->figures[i].value * (i + 1);
    rig_close(&r);
    demo_close(&d);
    return x;
}

/* A run that waits for ever, for weights that nobody loads, is no wrong result. */
static void ck_same_outcome(const struct outcome *a, const struct outcome *b, const char *part)
{
    if (!a->ended)
        return;
    ck_assert_msg(a->cycles == b->cycles && a->ops == b->ops && a->mismatches == b->mismatches && a->snr == b->snr &&
                  a->figures == b->figures && a->nfigures == b->nfigures && a->approximate == b->approximate && a->energy == b->energy,
                  "without '%s' the platform is accepted, and wrong", part);
}

/* Refused with a message that names the file and, when it was renamed, the part; or as right as before. */
static void change_every_part(const char *path, const char *mapper, void (*change)(FILE *, const char *, const char *), bool names_it)
{
    char part[MOST_PARTS][32], copy[512], quoted[48], *text = text_of(path);
    struct outcome right = outcome_of(path, mapper), now;
    struct heard h;

    ck_assert(right.ended);
    scratch(copy, "changed.yaml");
    for (int i = 0, n = parts_of(text, part); i < n; i++) {
        FILE *f = fopen(copy, "w");
        ck_assert_ptr_nonnull(f);
        change(f, text, part[i]);
        fclose(f);
        int status = check_it(&h, copy, "platforms/nets/fashion_cnn.onnx");
        if (status == BL_REFUSED) {
            snprintf(quoted, sizeof quoted, "part '%.31s'", part[i]);
            ck_assert_msg(strstr(h.text, copy) != NULL && (!names_it || strstr(h.text, quoted)), "'%s': %s", part[i], h.text);
            continue;
        }
        ck_assert_msg(status == BL_DONE, "'%s': %d, %s", part[i], status, h.text);
        now = outcome_of(copy, mapper);
        ck_same_outcome(&now, &right, part[i]);
    }
    remove(copy);
    free(text);
}

START_TEST(renamed_parts) { change_every_part(platform[_i].path, platform[_i].mapper, renamed, true); }
END_TEST

START_TEST(parts_left_out) { change_every_part(platform[_i].path, platform[_i].mapper, left_out, false); }
END_TEST

Suite *suite_ask(void)
{
    Suite *s = suite_create("ask");
    TCase *t = tcase_create("ask");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, values);
    tcase_add_loop_test(t, names_what_is_missing, 0, sizeof missing / sizeof *missing);
    tcase_add_test(t, all_parts);
    tcase_add_test(t, equal_parameters);
    tcase_add_loop_test(t, renamed_parts, 0, sizeof platform / sizeof *platform);
    tcase_add_loop_test(t, parts_left_out, 0, sizeof platform / sizeof *platform);
    suite_add_tcase(s, t);
    return s;
}
