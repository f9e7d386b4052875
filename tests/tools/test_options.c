/* test_options.c - options.c and program.c: every way to write an option, every mistake, and the help. */
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tools/commands.h"

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

struct opts { bool fast; const char *out, *form, *ring; struct bl_texts set, save; struct bl_whole n, time; };

static const struct bl_option options[] = {
    { "fast", 'f', BL_OPT_FLAG, offsetof(struct opts, fast), NULL, "be fast" },
    { "output", 'o', BL_OPT_TEXT, offsetof(struct opts, out), "FILE", "where it goes" },
    { "form", 0, BL_OPT_CHOICE, offsetof(struct opts, form), "text|json", "how it looks" },
    { "set", 0, BL_OPT_MANY, offsetof(struct opts, set), "PATH=VALUE", "set something\nor more" },
    { "number", 0, BL_OPT_WHOLE, offsetof(struct opts, n), "N", "how many" },
    { "until", 0, BL_OPT_TIME, offsetof(struct opts, time), "TIME", "how long" },
    { "save-at", 0, BL_OPT_PAIR, offsetof(struct opts, save), "TIME FILE", "when and where" },
    { "rewind", 0, BL_OPT_MAYBE, offsetof(struct opts, ring), "COUNT", "how often" },
    { 0 }
};
static const struct bl_grammar grammar = { "PLATFORM", 1, 2, options, sizeof(struct opts), "More to say.\n" };

struct parsed { struct heard h; struct opts o; struct bl_texts words; int status; };

/* Parses `line`, whose words are separated by blanks; "~" stands for an empty word. */
static void parse(struct parsed *p, const char *line)
{
    static char copy[256];
    char *argv[16];
    int argc = 0;

    strcpy(copy, line);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        argv[argc++] = strcmp(w, "~") ? w : w + 1;
    memset(p, 0, sizeof *p);
    p->status = bl_options_parse(&grammar, "run", argc, argv, &p->words, &p->o, heard_start(&p->h));
}

static void done(struct parsed *p) { bl_options_free(&grammar, &p->words, &p->o); }

START_TEST(all_kinds)
{
    struct parsed p;

    parse(&p, "--fast x --output=a=b --form json --set p=1 y --set=q=2 --number 0x10 --until 5us");
    ck_assert_msg(p.status == 0, "%s", p.h.text);
    ck_assert(p.o.fast);
    ck_assert_str_eq(p.o.out, "a=b");
    ck_assert_str_eq(p.o.form, "json");
    ck_assert_uint_eq(p.o.set.n, 2);
    ck_assert_str_eq(p.o.set.v[0], "p=1");
    ck_assert_str_eq(p.o.set.v[1], "q=2");
    ck_assert(p.o.n.given && p.o.n.v == 16);
    ck_assert(p.o.time.given && p.o.time.v == UINT64_C(5000000000));
    ck_assert_uint_eq(p.words.n, 2);
    ck_assert_str_eq(p.words.v[1], "y");
    done(&p);
}
END_TEST

static const struct { const char *words, *told; } again[] = {
    { "-oone --output two x", "--output: is given a second time, 'two'; expected one" }, { "--number 1 --number 1 x", "--number: is given a second time, '1'; expected one" },
    { "--until 1us --until=2us x", "--until: is given a second time, '2us'; expected one" }, { "--form json --form text x", "--form: is given a second time, 'text'; expected one" },
};

START_TEST(a_second_time)
{
    struct parsed p;

    parse(&p, again[_i].words);
    ck_assert_int_eq(p.status, -1);
    ck_assert_str_eq(p.h.text, again[_i].told);
    done(&p);
}
END_TEST

START_TEST(short_and_last)
{
    struct parsed p;

    parse(&p, "-f -otwo x");
    ck_assert_int_eq(p.status, 0);
    ck_assert_str_eq(p.o.out, "two");
    ck_assert(p.o.fast && !p.o.n.given);
    done(&p);
    parse(&p, "-o one -- --fast -");
    ck_assert_int_eq(p.status, 0);
    ck_assert(!p.o.fast);
    ck_assert_str_eq(p.words.v[0], "--fast");
    ck_assert_str_eq(p.words.v[1], "-");
    done(&p);
}
END_TEST

START_TEST(pairs_and_maybes)
{
    struct parsed p;

    parse(&p, "x --save-at 1us a --save-at=2us --b --rewind y");
    ck_assert_msg(p.status == 0, "%s", p.h.text);
    ck_assert_uint_eq(p.o.save.n, 4);
    ck_assert_str_eq(p.o.save.v[1], "a");
    ck_assert_str_eq(p.o.save.v[2], "2us");
    ck_assert_str_eq(p.o.save.v[3], "--b");
    ck_assert_str_eq(p.o.ring, "");
    ck_assert_str_eq(p.words.v[1], "y");
    done(&p);
    parse(&p, "x --rewind=4");
    ck_assert_str_eq(p.o.ring, "4");
    done(&p);
}
END_TEST

START_TEST(mistakes)
{
    static const char *const row[][2] = {
        { "x --fats", "--fats: bitline run has no such option; did you mean --fast?" },
        { "x --nmber=4", "--nmber=4: bitline run has no such option; did you mean --number?" },
        { "x --whatever", "--whatever: bitline run has no such option; `bitline run --help` lists what it has" },
        { "x -z", "-z: bitline run has no such option; `bitline run --help` lists what it has" },
        { "x --fast=1", "--fast=1: --fast takes no value" },
        { "x --output", "--output: the value is missing; expected FILE" },
        { "x --output=", "--output: the value is empty; expected FILE" },
        { "x --output ~", "--output: the value is empty; expected FILE" },
        { "x --save-at", "--save-at: the value is missing; expected TIME FILE" },
        { "x --save-at 1us", "--save-at: the value is missing; expected TIME FILE" },
        { "x --save-at 1us ~", "--save-at: the value is empty; expected TIME FILE" },
        { "x --rewind=", "--rewind: the value is empty; expected COUNT" },
        { "x --number -1", "--number: '-1' is no whole number; expected one like '100'" },
        { "x --number 1.5", "--number: '1.5' is no whole number; expected one like '100'" },
        { "x --number 99999999999999999999", "--number: '99999999999999999999' is no whole number; expected one like '100'" },
        { "x --form jso", "--form: 'jso' is not known; did you mean 'json'?" },
        { "x --form yellow", "--form: 'yellow' is not known; expected text|json" },
        { "x --until 5", "--until: '5' has no unit; write it like '6 ns' or '200 MHz'" },
        { "", "bitline run: expected PLATFORM; `bitline run --help` says more" },
        { "a b c", "bitline run: 'c' is one word too many; expected PLATFORM" },
        { "x --number q --form q", "--number: 'q' is no whole number; expected one like '100'\n"
                                   "--form: 'q' is not known; expected text|json" },
    };

    for (int i = 0; i < COUNT(row); i++) {
        struct parsed p;
        parse(&p, row[i][0]);
        ck_assert_int_eq(p.status, -1);
        ck_assert_str_eq(p.h.text, row[i][1]);
        done(&p);
    }
}
END_TEST

START_TEST(help)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    struct parsed p;

    bl_options_help(&grammar, "run", "runs", out);
    fclose(out);
    ck_assert_str_eq(text, "bitline run: runs\n\nusage: bitline run PLATFORM [OPTION]...\n\n"
                           "  --fast, -f                be fast\n"
                           "  --output FILE, -o         where it goes\n"
                           "  --form text|json          how it looks\n"
                           "  --set PATH=VALUE          set something\n"
                           "                            or more\n"
                           "  --number N                how many\n"
                           "  --until TIME              how long\n"
                           "  --save-at TIME FILE       when and where\n"
                           "  --rewind[=COUNT]          how often\n"
                           "\nMore to say.\n");
    free(text);
    parse(&p, "--number 3 --help x y z");
    ck_assert_int_eq(p.status, 1);
    done(&p);
}
END_TEST

/* ---- the program: finding a command, and that every command describes all it takes */

static int program(struct heard *h, const char *a, const char *b)
{
    char name[] = "bitline", one[64], two[64];
    char *argv[] = { name, one, two, NULL };

    strcpy(one, a ? a : "");
    strcpy(two, b ? b : "");
    return bl_program(1 + (a != NULL) + (b != NULL), argv, heard_start(h));
}

START_TEST(commands)
{
    struct heard h;
    FILE *quiet = freopen("/dev/null", "w", stdout), *still = freopen("/dev/null", "w", stderr);

    ck_assert(quiet && still);
    ck_assert_int_eq(program(&h, NULL, NULL), BL_REFUSED);
    ck_assert_int_eq(program(&h, "--version", NULL), BL_DONE);
    ck_assert_int_eq(program(&h, "--help", NULL), BL_DONE);
    ck_assert_int_eq(program(&h, "rnu", NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "'rnu' is no command; did you mean 'run'?");
    ck_assert_int_eq(program(&h, "fly", NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "'fly' is no command; `bitline --help` lists them");
    for (size_t i = 0; bl_commands[i]; i++) {
        ck_assert_int_eq(program(&h, bl_commands[i]->name, "--help"), BL_DONE);
        ck_assert_int_eq(program(&h, "help", bl_commands[i]->name), BL_DONE);
        ck_assert_uint_eq(h.diag.errors, 0);
    }
}
END_TEST

/* The tables themselves: sorted names, no name twice, every option inside its struct and explained. */
START_TEST(tables)
{
    for (size_t i = 0; bl_commands[i]; i++) {
        const struct bl_grammar *g = &bl_commands[i]->grammar;
        ck_assert_uint_le(g->least, g->most);
        for (const struct bl_option *o = g->options; o->name; o++) {
            size_t size = o->kind == BL_OPT_FLAG ? sizeof(bool) : o->kind == BL_OPT_MANY ? sizeof(struct bl_texts) :
                o->kind == BL_OPT_WHOLE || o->kind == BL_OPT_TIME ? sizeof(struct bl_whole) : sizeof(char *);
            ck_assert_msg(o->at + size <= g->size, "%s --%s", bl_commands[i]->name, o->name);
            ck_assert_msg(o->help && (o->kind == BL_OPT_FLAG) == !o->arg, "%s --%s", bl_commands[i]->name, o->name);
            for (const struct bl_option *x = g->options; x < o; x++) {
                ck_assert_msg(strcmp(x->name, o->name) && (!o->letter || x->letter != o->letter), "%s --%s", bl_commands[i]->name, o->name);
                ck_assert_msg(x->at != o->at, "%s --%s and --%s share a place", bl_commands[i]->name, o->name, x->name);
            }
        }
    }
}
END_TEST

/* ---- the manual page and the completion know every option of every command */

static char *without_backslashes(const char *path)
{
    static char text[2][65536];
    static int which;
    char *to = text[which ^= 1], *start = to;
    FILE *f = fopen(path, "rb");
    int c;

    ck_assert_msg(f != NULL, "%s cannot be opened from the root of the tree", path);
    while ((c = getc(f)) != EOF && to < start + sizeof text[0] - 1)
        if (c != '\\')
            *to++ = (char)c;
    *to = '\0';
    fclose(f);
    return start;
}

/* "--set" and not merely the front of "--setting". */
static bool names_option(const char *text, const char *name)
{
    char option[80];
    size_t n = (size_t)snprintf(option, sizeof option, "--%s", name);

    for (; (text = strstr(text, option)); text++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz-", text[n]) || !text[n])
            return true;
    return false;
}

START_TEST(documents)
{
    const char *page = without_backslashes("tools/bitline.1"), *completion = without_backslashes("tools/completion.bash");

    for (size_t i = 0; bl_commands[i]; i++) {
        char synopsis[80];
        snprintf(synopsis, sizeof synopsis, ".B bitline %s\n", bl_commands[i]->name);
        ck_assert_msg(strstr(page, synopsis) != NULL, "tools/bitline.1 has no synopsis of %s", bl_commands[i]->name);
        for (const struct bl_option *o = bl_commands[i]->grammar.options; o->name; o++) {
            ck_assert_msg(names_option(page, o->name), "tools/bitline.1 does not know --%s", o->name);
            ck_assert_msg(names_option(completion, o->name), "tools/completion.bash does not know --%s", o->name);
        }
    }
}
END_TEST

/* `bitline show` is also given classes, which the program knows; the other commands are not. */
static const struct { const char *words, *replies; } completed[] = {
    { "bitline show sli", "slicer" }, { "bitline show imc sra", "sram" }, { "bitline show platforms/back", "platforms/back_pressure.yaml" },
    { "bitline run sli", "" }, { "nobody show sli", "" },
};

/* The function of completion.bash in both shells; zsh calls it as its bashcompinit does. */
static const char *const shells[] = {
    "bash -c '%s\n. tools/completion.bash\nask() { COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _bitline; }",
    "zsh -f -c 'compdef() { }; autoload -Uz +X bashcompinit && bashcompinit\n%s\n. tools/completion.bash\n"
    "ask() { emulate -L ksh; setopt ksharrays shwordsplit; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _bitline; }",
};
enum { SHELLS = sizeof shells / sizeof *shells };

static void completes(int shell, const char *program, const char *words, const char *replies)
{
    char command[1600];
    size_t n = (size_t)snprintf(command, sizeof command, shells[shell], program);

    if (shell && system("command -v zsh >/dev/null")) {
        SKIP_MISSING("completion in zsh", "package zsh is not installed");
        return;
    }
    n += (size_t)snprintf(command + n, sizeof command - n, "\nask %s\ntest \"${COMPREPLY[*]}\" = \"%s\"'", words, replies);
    ck_assert_uint_lt(n, sizeof command);
    ck_assert_msg(system(command) == 0, "%.4s: '%s' is not completed with '%s'", shells[shell], words, replies);
}

START_TEST(completion)
{
    completes(_i % SHELLS, "bitline() { test \"$*\" != \"ls classes\" || printf \"  slicer  bits\\n  sram    words\\n\"; }",
              completed[_i / SHELLS].words, completed[_i / SHELLS].replies);
}
END_TEST

/* With the program itself: platforms and nets by name, parts and parameters of the platform on the line. */
static const struct { const char *words, *replies; } inside[] = {
    { "bitline run osa_h", "osa_hcim osa_hcim_dual" }, { "bitline check osa_h", "osa_hcim osa_hcim_dual" }, { "bitline show osa_h", "osa_hcim osa_hcim_dual" },
    { "bitline run osa_hcim --set adc.r", "adc.range= adc.rho=" }, { "bitline run osa_hcim --set cols", "cols=" },
    { "bitline check osa_hcim --set clock.", "clock.core=" }, { "bitline run osa_hcim --set vol", "voltage=" },
    { "bitline run osa_hcim --set nobody", "" }, { "bitline run nowhere --set a", "" }, { "bitline run --set a", "" },
    { "bitline show osa_hcim ad", "adc adder_tree" }, { "bitline show bf_imna_mesh \"core[0].s\"", "core[0].seq" },
    { "bitline run imagine --watch dsci", "dsci_adc.*" }, { "bitline run osa_hcim --net fashion_cnn", "fashion_cnn" },
    { "bitline net lenet", "lenet5_mnist" }, { "bitline net lenet5 --on bf_imna_m", "bf_imna_mesh" },
};
START_TEST(completion_inside)
{
    char program[600];
    const char *built = getenv("BITLINE");

    snprintf(program, sizeof program, "bitline() { %s \"$@\"; }", built ? built : "build/gcc/bitline");
    completes(_i % SHELLS, program, inside[_i / SHELLS].words, inside[_i / SHELLS].replies);
}
END_TEST

Suite *suite_options(void);
Suite *suite_options(void)
{
    Suite *s = suite_create("options");
    TCase *t = tcase_create("command line");

    tcase_add_test(t, all_kinds);
    tcase_add_loop_test(t, a_second_time, 0, (int)(sizeof again / sizeof *again));
    tcase_add_test(t, short_and_last);
    tcase_add_test(t, pairs_and_maybes);
    tcase_add_test(t, mistakes);
    tcase_add_test(t, help);
    tcase_add_test(t, commands);
    tcase_add_test(t, tables);
    tcase_add_test(t, documents);
    tcase_add_loop_test(t, completion, 0, SHELLS * sizeof completed / sizeof *completed);
    tcase_add_loop_test(t, completion_inside, 0, SHELLS * sizeof inside / sizeof *inside);
    suite_add_tcase(s, t);
    return s;
}
