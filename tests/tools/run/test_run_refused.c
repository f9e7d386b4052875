/* test_run_refused.c - what the commands refuse and what they say beside their work, in this process (tools/cmd_run.c, tools/run/judge.c, tools/cmd_report.c,
 * tools/cmd_compare.c, tools/cmd_check.c, tools/cmd_ls.c, tools/cmd_show.c, tools/cmd_calibrate.c): wrong words and files, checks of platforms,
 * calibrations that do not fit, outputs that cannot be written. */
#include "tests/rigs/command_rig.h"
#include "tools/report/report.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const struct { const char *words[7], *said; } refusals[] = {
    { { "run", "osa_hcm" }, "osa_hcm: there is no such file; did you mean platforms/osa_hcim/osa_hcim.yaml?" },
    { { "run", "osa_hcim", "--net", "fashion_cn" },
      "fashion_cn: there is no such file; did you mean platforms/nets/fashion_cnn.onnx?" },
    { { "run", "osa_hcim", "--images", "101" }, "--images 101 --first 0: there are 100 images; expected 100 at most from there" },
    { { "run", "osa_hcim", "--labels", "x" }, "--labels: of which images? Name them with --data" },
    { { "run", "osa_hcim", "--watch", "x" }, "--watch: nothing is traced; name a file with --trace" },
    { { "run", "osa_hcim", "--trace", "x.png" }, "--trace x.png: its form is not known; expected a name that ends in one of .vcd.gz, "
                                                 ".fst, .vcd" },
    { { "run", "bf_imna", "--bits", "hawqv3:" }, "--bits hawqv3:: expected TABLE or TABLE:COLUMN, as in hawqv3:medium" },
    { { "run", "bf_imna", "--bits", "hawqv3_resnet18_bits" }, "header 'index,layer,int4,low,medium,high_printed,high,int8'; name one of its columns" },
    { { "run", "bf_imna", "--bits", "hawqv3:low" }, "hawqv3_fashion_bits: there is no such file" },
    { { "run", "bf_imna", "--bits", "hawqv3_resnet18_bits:low" }, "found layer 'layer1.0.conv1', but" },
    { { "run", "bf_imna", "--set", "layer[fc].bits=17" }, "expected layer[NAME].w_bits=N or layer[NAME].a_bits=N, or layer[*] for all layers with weights; N from 1" },
    { { "run", "bf_imna", "--set", "layer[fc].w_bits=0" }, "--set 'layer[fc].w_bits=0': expected layer[NAME].w_bits=N" },
    { { "run", "bf_imna", "--set", "layer[fc].a_bits=-1" }, "--set 'layer[fc].a_bits=-1': expected layer[NAME].w_bits=N" },
    { { "run", "bf_imna", "--set", "layer[fc].a_coding=odd" }, "odd codes come only from a model (BipolarQuant). Leave it out" },
    { { "run", "bf_imna", "--set", "layer[flatten].w_bits=4" }, "layer 'flatten': 4-bit weights: it has none" },
    { { "run", "osa_hcim", "--set", "layer[conv2].w_bits=16" }, "layer 'conv2' of net fashion_cnn.onnx has weights of 16 bits; this platform takes 8 at most: --set "
                                                              "'layer[conv2].w_bits=8'" },
    { { "run", "imagine", "--set", "layer[conv2].a_bits=9" }, "layer 'conv2' of net fashion_cnn.onnx has activations of 9 bits; this platform takes 8 at most: --set "
                                                             "'layer[conv2].a_bits=8'" },
    { { "run", "bf_imna", "--set", "layer[fd].bits=4" }, "has no layer 'fd' with weights; expected one of conv1, conv2, fc" },
    { { "run", "bf_imna", "--bits", "hawqv3_resnet18_bits:lo" }, "resnet18_bits.csv:1: found no columns 'layer' and 'lo' in the header 'index,layer," },
    { { "run", "bf_imna", "--net=resnet18_imagenet", "--bits=hawqv3:low", "--set=layer[*].bits=3" },
      "bits of weights by --bits hawqv3:low, and 3 by --set; expected one of the two" },
    { { "run", "bf_imna", "-j", "0" }, "--jobs 0: expected 1 to 64 processes" },
    { { "run", "bf_imna", "-j", "65" }, "--jobs 65: expected 1 to 64 processes" },
    { { "run", "imc", "-j", "1000000" }, "--jobs 1000000: expected 1 to 64 processes" },
    { { "run", "imc", "-j", "-1" }, "--jobs: '-1' is no whole number" },
    { { "run", "imc", "-j", "x" }, "--jobs: 'x' is no whole number" },
    { { "run", "imc", "--jobs=2", "--trace", "x.fst" }, "--jobs 2: a trace is of images that one process runs; name them, as in --trace-images 0..1" },
    { { "run", "imc", "--jobs=2", "--save-at", "1 us", "x.snap" }, "--jobs 2: --save-at: a snapshot is of one process" },
    { { "run", "imc", "-j", "2", "--restore", "x.snap" }, "--jobs 2: --restore: a snapshot is of one process" },
    { { "run", "imc", "-j", "2", "--rewind" }, "--jobs 2: --rewind: a snapshot is of one process" },
    { { "run", "imc", "-j", "2", "--trace-around", "end" }, "--jobs 2: --trace-around: a snapshot is of one process" },
    { { "run", "imc", "-j", "2", "--net", "none" }, "--jobs 2: processes share the images of a net, and this run has none" },
    { { "run", "imc", "--trace-images", "0" }, "--trace-images: nothing is traced; name a file with --trace" },
    { { "run", "imc", "--images=2", "--trace=x.fst", "--trace-images=1..2" }, "--trace-images 1..2: the run has images 0 to 1" },
    { { "run", "imc", "--restore=x.snap", "--trace=x.fst", "--trace-images=1" }, "--trace-images: with --restore it is not known where" },
    { { "run", "ap", "--set", "core.program=[3,8,0,8,7,0,0,4800,0,0]" }, "core.seq: command 0 (add) is refused: the carry column lies in the words" },
    { { "run", "back_pressure", "--set", "layer[fc].bits=4" }, "--set 'layer[fc].bits=4': the platform has no mapper, so it "
      "runs no net; leave it out, or say 'mapper: NAME' in the file" },
    { { "run", "osa_hcim", "--net", "none", "--images=2" }, "--images: the run has no net; name one with --net" },
    { { "run", "osa_hcim", "--set", "nobody.x=1" }, NULL },
    { { "run", "osa_hcim", "--dump", "nolayer" }, NULL },
    { { "run", "tests/bad/class.yaml" }, NULL },
    { { "check", "tests/bad/wires.yaml" }, NULL },
    { { "show", "tests/bad/parts.yaml" }, NULL },
    { { "show", "ose", "--signals" }, "show: a class has no signals and nothing to set; these options are for "
                                      "platforms" },
    { { "show", "platforms/osa_hcim/osa_hcim.yaml", "nothing" }, "show: no part is called 'nothing'; `bitline show "
      "platforms/osa_hcim/osa_hcim.yaml` lists them" },
    { { "show", "osa_accumulatr" }, "show: 'osa_accumulatr' is neither a class nor a platform; did you mean the class 'osa_accumulator'?" },
    { { "show", "osa_hcmi" }, "osa_hcmi: there is no such file; did you mean platforms/osa_hcim/osa_hcim.yaml?" },
    { { "show", "osa_hcim", "nothing" }, "show: no part is called 'nothing'; `bitline show osa_hcim` lists them" },
    { { "show", "osa_hcim", "hots" }, "show: no part is called 'hots'; did you mean 'host'?" },
    { { "show", "back_pressure", "gen" }, "show: 'gen' has 4 parts; name one of them, like 'gen[0]'" },
    { { "show", "osa_hcim", "adc", "--signals" }, "show: --signals lists those of the whole platform; leave out 'adc'" },
    { { "ls", "class" }, "ls: 'class' is not known; did you mean classes" },
    { { "report", "tests/nothing.json" }, "tests/nothing.json: cannot be opened: No such file or directory; check the path" },
    { { "compare", "a", "a" }, NULL },
    { { "calibrate", "osa_hcim" }, "calibrate: expected -o FILE, the calibration to write" },
    { { "calibrate", "osa_hcim", "-ox", "--loss=1000000.5" }, "--loss '1000000.5': expected limits that are zero or more" },
    { { "calibrate", "osa_hcim", "-ox", "--loss=0.1,-1" }, "--loss '0.1,-1': expected limits that are zero or more" },
    { { "calibrate", "osa_hcim", "-ox", "-j0" }, "--jobs 0: expected 1 to 64 threads" },
    { { "calibrate", "imagine", "-ox", "-j2" }, "--jobs 2: mapper imagine is calibrated by runs, one after the other; leave it out" },
    { { "calibrate", "osa_hcim", "-ox", "-j65" }, "--jobs 65: expected 1 to 64 threads" },
    { { "calibrate", "osa_hcim", "-ox", "--loss=one" },
      "--loss 'one': expected limits that are zero or more, like '0.01' or '0.01,0.02'" },
};

START_TEST(refused)
{
    for (int i = 0; i < COUNT(refusals); i++) {
        const char *const *w = refusals[i].words;
        struct heard h;
        int status = program(&h, NULL, w[0], w[1], w[2], w[3], w[4], w[5], w[6], NULL);
        ck_assert_msg(status == BL_REFUSED, "%s %s: exit %d: %s", w[0], w[1], status, h.text);
        ck_assert_uint_gt(h.diag.errors, 0);
        if (refusals[i].said)
            ck_assert_msg(strstr(h.text, refusals[i].said) != NULL, "%s %s said: %s", w[0], w[1], h.text);
    }
}
END_TEST

/* A platform whose mapper does not find its parts, or finds others; prices of another machine. */
START_TEST(checked_without_a_net)
{
    static const char HEAD[] = "platform: p\nclocks: { core: 5 ns }\nmapper: bf_imna\nparts:\n  gen: { class: gen }\n  chip: { class: sink }\n"
                               "wires: [ gen.x -> chip.x depth 2 ]\n";
    char file[NAME], out[NAME], want[5 * NAME];
    struct heard h;
    FILE *f = fopen(scratch("p.yaml", file), "w");

    fputs(HEAD, f);
    fclose(f);
    ck_assert_int_eq(program(&h, scratch("check.txt", out), "check", file, NULL), BL_REFUSED);
    snprintf(want, sizeof want, "%s: part 'chip' is of class sink; mapper bf_imna needs class ap_chip there\n"
             "%s: mapper bf_imna needs a part 'ctrl' of class cluster_ctrl; there is no part of this name\n"
             "%s: mapper bf_imna needs a part 'mesh'; there is no part of this name\n"
             "%s: mapper bf_imna needs a part 'map'; there is no part of this name", file, file, file, file);
    ck_assert_str_eq(h.text, want);
    char *said = content(out);
    ck_assert_str_eq(said, "");
    free(said);
    ck_assert_int_eq(program(&h, out, "check", "osa_hcim", "--set", "tech=platforms/imagine/tech/22nm_fdsoi.yaml", NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "22nm_fdsoi.yaml: none of its 16 prices is for a class of this platform: it prices dp_array, mbiw, ") != NULL, "%s", h.text);
    ck_assert_int_eq(program(&h, out, "run", "back_pressure", "--set", "tech=65nm", NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "65nm.yaml: none of its 9 prices is for a class of this platform: ") != NULL, "%s", h.text);
    ck_assert_int_eq(program(&h, out, "check", "osa_hcim", NULL), BL_DONE);
    ck_assert_str_eq(h.text, "");
}
END_TEST

START_TEST(checked)
{
    char out[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, scratch("check.txt", out), "check", "back_pressure", NULL), BL_DONE);
    char *said = content(out);
    ck_assert_str_eq(said, "platforms/back_pressure.yaml: ok: 8 parts, 1 clock, 0 prices, 2 expectations\n");
    free(said);
}
END_TEST

/* Eight channels without a depth are one mistake. */
START_TEST(folded)
{
    static const char TEXT[] = "platform: p\nclocks: { core: 5 ns }\nparts:\n  g: { class: gen, count: 8 }\n"
                               "  s: { class: sink, count: 8 }\nwires:\n  - g[*].x -> s[*].x\n";
    char path[NAME], want[2 * NAME];
    struct heard h;
    FILE *f = fopen(scratch("fold.yaml", path), "w");

    ck_assert_ptr_nonnull(f);
    fputs(TEXT, f);
    fclose(f);
    ck_assert_int_eq(program(&h, NULL, "check", path, NULL), BL_REFUSED);
    snprintf(want, sizeof want, "%s:7:5: channel g[0].x -> s[0].x has no depth; say depth N (or pipe) (and 7 more like it)", path);
    ck_assert_str_eq(h.text, want);
    ck_assert_uint_eq(h.diag.errors, 8);
}
END_TEST

/* Without a calibration a run says what one would do, if a table could serve the converters. */
START_TEST(advice)
{
    static const struct { const char *range, *says; } row[] = { { "range=unit", "" }, { "range=full", "net fashion_cnn.onnx ran without a calibration: `bitline calibrate imc_analog "
        "--net ... -o FILE` finds the ranges of the layers, and --calibration FILE with 'macro[0].adc.range=table' uses them" } };
    struct heard h;

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        program(&h, NULL, "run", "imc_analog", "--images", "1", "-q", "--set", row[i].range, NULL);
        ck_assert_str_eq(h.text, row[i].says);
    }
}
END_TEST

/* A calibration says what it is for: of another net, size or converter a note names both. */
START_TEST(calibration_of_another)
{
    static const struct { const char *set, *says; } row[] = { { "adc_bits=6", "" },
        { "adc_bits=5", "this calibration was made for rows 64, cols 64, w_bits 8, converters of 6 bits, and the platform has rows 64, cols 64, w_bits 8, converters of 5 bits; "
          "calibrate it again" }, { "rows=128", "converters of 6 bits, and the platform has rows 128, cols 64, w_bits 8, converters of" } };
    char file[NAME];
    struct heard h;

    scratch("another.yaml", file);
    ck_assert_int_eq(program(&h, NULL, "calibrate", "imc_analog", "--images", "1", "--set", "adc_bits=6", "-o", file, NULL), BL_DONE);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        program(&h, NULL, "run", "imc_analog", "--images", "1", "-q", "--set", "range=table", "--set", row[i].set, "--calibration", file, NULL);
        ck_assert_msg(*row[i].says ? strstr(h.text, row[i].says) != NULL : !h.n, "%s: %s", row[i].set, h.text);
    }
}
END_TEST

/* A report that cannot be written is refused before the run; one that fails late leaves the others whole. */
START_TEST(unwritable)
{
    char json[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "-o", "/nowhere/x", NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "/nowhere/x: cannot be written: /nowhere: No such file or directory; make the folder first");
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--images", "1", "-o", "/dev/full", "--report-json",
                             scratch("ok.json", json), NULL), BL_REFUSED);
    json_t *r = bl_report_read(json, &h.diag);
    ck_assert_msg(r != NULL, "%s", h.text);
    json_decref(r);
}
END_TEST

/* A trace that may not grow: said, exit 2, and the report is whole. */
START_TEST(trace_too_large)
{
    char json[NAME], vcd[NAME], err[NAME];
    struct rlimit most = { 200000, 200000 };
    struct heard h;

    ck_assert_ptr_nonnull(freopen(scratch("err", err), "w", stderr));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &most), 0);
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--images", "1", "-q", "--trace", scratch("big.vcd", vcd), "--report-json",
                             scratch("big.json", json), NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "big.vcd: ") != NULL, "%s", h.text);
    json_t *r = bl_report_read(json, &h.diag);
    ck_assert_msg(r != NULL, "%s", h.text);
    ck_assert_str_eq(bl_j_text(r, "end"), "done");
    json_decref(r);
}
END_TEST

Suite *suite_run_refused(void);
Suite *suite_run_refused(void)
{
    Suite *s = suite_create("run_refused");
    TCase *t = tcase_create("refusals");

    tcase_add_test(t, advice);
    tcase_add_test(t, calibration_of_another);
    tcase_add_test(t, refused);
    tcase_add_test(t, checked);
    tcase_add_test(t, checked_without_a_net);
    tcase_add_test(t, folded);
    tcase_add_test(t, unwritable);
    tcase_add_test(t, trace_too_large);
    suite_add_tcase(s, t);
    return s;
}
