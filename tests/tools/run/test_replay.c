/* test_replay.c - `bitline run --races` and `--why` on the shipped platforms: what they print, refuse, and how they exit
 * (tools/cmd_run.c too). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/rigs/heard.h"
#include "tools/commands.h"

enum { DONE = BL_DONE, REFUSED = BL_REFUSED };

/* `line` is a command line after "run", words separated by one blank; what it prints on stdout goes to `out`. */
static int run(const char *line, struct heard *h, char *out, size_t room)
{
    char words[512], name[] = "bitline", verb[] = "run", *argv[24] = { name, verb }, file[512];
    const char *dir = getenv("BL_TMP");
    int argc = 2;

    snprintf(words, sizeof words, "%s", line);
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
        argv[argc++] = w;
    snprintf(file, sizeof file, "%s/replay%ld", dir ? dir : "/tmp", (long)getpid());
    ck_assert_ptr_nonnull(freopen(file, "w+", stdout));
    int status = bl_program(argc, argv, heard_start(h));
    fflush(stdout);
    rewind(stdout);
    out[fread(out, 1, room - 1, stdout)] = 0;
    remove(file);
    return status;
}

#define FOR_REPORT(what) what ": such a run writes no report, trace or tensors, is not shuffled or shared, and neither saved nor restored; leave out " \
    "those options"

static const struct { const char *line; int status; const char *out, *says; } runs[] = {
    { "back_pressure --races 5", DONE, "no race: 5 permuted runs, after each of 599 times (599 deltas) the same state\n", "" },
    { "back_pressure --races 1 --until 100ns", DONE, "no race: 1 permuted runs, after each of 20 times (20 deltas) the same state\n", "" },
    { "back_pressure --races 3 --until 100ns", DONE, "no race: 3 permuted runs, after each of 20 times (20 deltas) the same state\n", "" },
    { "osa_hcim --images 1 --races 2 --until 20us", DONE, "no race: 2 permuted runs, after each of 6325 times (7452 deltas) the same state\n",
      "" },
    { "osa_hcim --images 1 --races 2 --until 12us --set adc.noise=0.5 --no-nap", DONE, "no race: ", "" },
    { "imagine --images 1 --races 3 --until 2ms", DONE, "no race: 3 permuted runs, after each of ", "" },
    { "imagine --images 1 --races 2 --until 3ms --set dsci_adc.noise=0.0002 --set dsci_adc.sa_sigma=0.0175 --no-nap", DONE, "no race: ", "" },
    { "imagine --images 1 --races 2 --until 1ms --set clock.core=260752ps --set cim_timer.phases=0", DONE, "no race: ", "" },
    { "bf_imna --images 1 --races 2", DONE, "no race: 2 permuted runs, after each of 97 times (97 deltas) the same state\n", "" },
    { "bf_imna --images 1 --races 2 --until 2us --set chip.fidelity=micro", DONE, "no race: ", "" },
    { "bf_imna_ir --images 1 --races 2", DONE, "no race: ", "" },
    { "bf_imna_mesh --races 2 --until 3us --set ctrl.fill=100 --set core[*].fidelity=macro", DONE, "no race: ", "" },
    { "ap --races 2 --until 2us", DONE, "no race: ", "" },
    { "bf_imna --images 1 --why ctrl.ended", DONE, "ctrl.ended 4 -> 5 at 31572 ns, delta 1\n  by ctrl at 31572 ns: edge 31572 of clock core\n"
      "    its nap ended by mesh.got[64] 6 -> 7 at 31571 ns, delta 1\n", "" },
    { "back_pressure --why sink[1].x@100ns", DONE, "gen[1].x pushed 8 -> 9 at 100 ns, delta 1\n"
      "  by gen[1] at 100 ns: edge 20 of clock core\n"
      "    its nap ended by sink[1].x popped 6 -> 7 at 95 ns, delta 1\n"
      "      by sink[1] at 95 ns: edge 19 of clock core\n", "" },
    { "back_pressure --why gen[1].verdict", DONE, "gen[1].verdict busy -> out_full at 2985 ns, delta 1\n"
      "  by gen[1] at 2985 ns: edge 597 of clock core\n", "" },
    { "osa_hcim --why adc.code[2]@19978ns", DONE, "adc.code[2] 2 -> 4 at 19978 ns, delta 1\n"
      "  by adc at 19978 ns, delta 1\n"
      "    released by its time-out at 19978 ns\n"
      "      set by adc at 19976 ns, delta 1\n", "" },
    { "back_pressure --why sink[1].x@0ns", DONE, "gen[1].x pushed 0 -> 1 at 0 s, delta 1\n  by gen[1] at 0 s: edge 0 of clock core\n", "" },
    { "back_pressure --why sink[1].x@3", REFUSED, "", "--why: '3' has no unit; write it like '6 ns' or '200 MHz'" },
    { "back_pressure --why @3ns", REFUSED, "", "--why @3ns: names no signal; expected SIGNAL@TIME, as sink.x@15ns" },
    { "back_pressure --why sink.x@3ns", REFUSED, "", "why sink.x: there is no such signal, or it is wider than 64 bits a lane; expected "
      "PART.PORT, PART.VIEW, PART.TALLY or PART.verdict (`bitline show PLATFORM --signals` lists names)" },
    { "back_pressure --races 0", REFUSED, "", "--races 0: compares nothing; expected how many permuted runs, 5 say" },
    { "back_pressure --races 2 --why sink[1].x", REFUSED, "", "--why and --races: are two questions; ask one at a time" },
    { "back_pressure --races 2 --shuffle 3", REFUSED, "", FOR_REPORT("--races") },
    { "back_pressure --why sink[1].x -o x.json", REFUSED, "", FOR_REPORT("--why") },
    { "back_pressure --why sink[1].x --restore x.snap", REFUSED, "", FOR_REPORT("--why") },
    { "back_pressure --races 2 --save-at 5ns x.snap", REFUSED, "", FOR_REPORT("--races") },
    { "back_pressure --why sink[1].x --trace-around end", REFUSED, "", FOR_REPORT("--why") },
    { "back_pressure --races 2 --rewind", REFUSED, "", FOR_REPORT("--races") },
    { "back_pressure --why sink[1].x --window 0ns:5ns", REFUSED, "", FOR_REPORT("--why") },
    { "nowhere.yaml --races 2", REFUSED, "", NULL },
};

START_TEST(runs_that_answer_a_question)
{
    struct heard h;
    char out[16384];

    ck_assert_int_eq(run(runs[_i].line, &h, out, sizeof out), runs[_i].status);
    if (runs[_i].says)
        ck_assert_str_eq(h.text, runs[_i].says);
    else
        ck_assert_uint_gt(h.n, 0);
    ck_assert_msg(!strncmp(out, runs[_i].out, strlen(runs[_i].out)) && (*runs[_i].out || !*out), "%s", out);
}
END_TEST

/* Each option that is for a report alone, with either question. */
static const char *const for_report[] = { "--trace x.vcd", "--timeline x.kanata", "--watch *.x", "--window 0ns:5ns", "--part-size 1MB", "--fst-pack zlib",
    "--power-window 1ns", "--depth 2", "--live", "--dump conv1", "--report json", "-o x.json", "--report-json x.json", "--report-html x.html", "--shuffle 3",
    "--save-at 5ns x.snap", "--restore x.snap", "--rewind=2us/4", "--trace-around end", "--around 5", "--around-file x.fst" };

START_TEST(not_for_a_report)
{
    static const char *const questions[] = { "--races 2", "--why sink[1].x" };
    char line[128], out[16];
    struct heard h;

    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "back_pressure %s %s", questions[i], for_report[_i]);
        ck_assert_msg(run(line, &h, out, sizeof out) == REFUSED, "%s is accepted", line);
        ck_assert_str_eq(h.text, i ? FOR_REPORT("--why") : FOR_REPORT("--races"));
    }
}
END_TEST

Suite *suite_replay(void);
Suite *suite_replay(void)
{
    Suite *s = suite_create("replay");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, runs_that_answer_a_question, 0, (int)(sizeof runs / sizeof *runs));
    tcase_add_loop_test(tc, not_for_a_report, 0, (int)(sizeof for_report / sizeof *for_report));
    suite_add_tcase(s, tc);
    return s;
}
