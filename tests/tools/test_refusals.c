/* test_refusals.c - what a user gets wrong, through the program (tools/, tools/run/, tools/report/, platforms/file/, platforms/net/): one row a mistake, with every line it says to the
 * letter and its exit status. Files are written for the purpose; F stands for the file's name. */
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_make.h"
#include "tools/commands.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define HEAD "platform: x\nclocks: { core: 5 ns }\nparts:\n"

static char *scratch(const char *name)
{
    static char buf[512];
    const char *dir = getenv("BL_TMP");

    snprintf(buf, sizeof buf, "%s/refused%ld.%s", dir ? dir : "/tmp", (long)getpid(), name);
    return buf;
}

static void put_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* `bitline WORDS...`; its stdout is thrown away. */
static int program(struct heard *h, const char *const *words, int n)
{
    char *argv[16] = { (char[]){ "bitline" } };

    for (int i = 0; i < n; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i];
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    return bl_program(n + 1, argv, heard_start(h));
}

/* `told` with F for the file, against what was heard. */
static void ck_told(const struct heard *h, const char *told, const char *file)
{
    char want[8192];
    size_t n = 0;

    for (const char *p = told; *p && n < sizeof want - 600; p++)
        if (p[0] == 'F' && p[1] == ':' && (p == told || p[-1] == '\n'))
            n += (size_t)snprintf(want + n, sizeof want - n, "%s", file);
        else
            want[n++] = *p;
    want[n] = 0;
    ck_assert_str_eq(h->text, want);
}

/* ---- platform files */

static const struct { const char *text, *told; } platform[] = {
    { "platform: x\nparts: [\n", "F:3:1: did not find expected node content while parsing a flow node" },
    { "platform: x\nclocks: { core: 5 }\nparts:\n  g: { class: gen }\n", "F:2:17: '5' has no unit; write it like '6 ns' or '200 MHz'" },
    { HEAD "  g: { class: gne }\n", "F:4:15: g: class 'gne' is not known; did you mean 'gen'?" },
    { HEAD "  g: { class: gen, limt: 3 }\n  s: { class: sink }\nwires:\n  - g.x -> s.x depth 2\n",
      "F:4:26: g: class gen has no parameter 'limt'; did you mean 'limit'?" },
    { HEAD "  g: { class: gen, lanes: 0 }\n  s: { class: sink }\nwires:\n  - g.x -> s.x depth 2\n",
      "F:4:27: g.lanes is 0; expected 1 .. 4096 (values an item)" },
    { HEAD "  g: { class: gen }\n", "F:4:15: g.x is a push end and nothing is wired to it (items)" },
    { HEAD "  g: { class: gen }\n  h: { class: gen }\n  s: { class: sink }\n  t: { class: sink }\n"
           "wires:\n  - g.x -> s.x depth 2\n  - h.x -> s.x depth 2\n",
      "F:10:5: s.x has two drivers, g.x and h.x; a port takes one wire\nF:7:15: t.x is a pop end and nothing is wired to it (items)" },
    { HEAD "  g: { class: gen, bits: 8 }\n  s: { class: sink, bits: 32 }\nwires:\n  - g.x -> s.x depth 2\n",
      "F:7:5: g.x is 1 x 8 bit, s.x is 1 x 32 bit; expected equal widths" },
    { HEAD "  r: { class: osa_release }\n  c: { class: osa_analog_ctl }\n  o: { class: osa_controller }\n"
           "  a: { class: osa_act_regs }\n  g: { class: gen, lanes: 144, bits: 8 }\n"
           "wires:\n  - r.released -> r.digital\n  - c.analog -> r.analog\n  - g.x -> a.op depth 2\n",
      NULL },
};

START_TEST(platform_files)
{
    const char *path = scratch("x.yaml");
    struct heard h;

    put_file(path, platform[_i].text, strlen(platform[_i].text));
    ck_assert_int_eq(program(&h, (const char *const[]){ "run", path, "--quiet", "--until", "1 us" }, 5), BL_REFUSED);
    if (platform[_i].told)
        ck_told(&h, platform[_i].told, path);
    else
        ck_assert_msg(strstr(h.text, "combinational loop: r -> r; put a clocked part between") != NULL, "%s", h.text);
}
END_TEST

/* ---- nets */

static void run_net(struct heard *h, const char *path)
{
    ck_assert_int_eq(program(h, (const char *const[]){ "run", "osa_hcim", "--quiet", "--images", "1", "--net", path }, 7), BL_REFUSED);
}

START_TEST(truncated_onnx)
{
    static char bytes[8192];
    const char *path = scratch("cut.onnx");
    FILE *f = fopen("platforms/nets/fashion_cnn.onnx", "rb");
    struct heard h;
    size_t n = fread(bytes, 1, 3000, f);

    fclose(f);
    put_file(path, bytes, n);
    run_net(&h, path);
    ck_told(&h, "F: found no ONNX model (a protobuf message with a graph of nodes)", path);
}
END_TEST

START_TEST(unsupported_operator)
{
    const char *path = scratch("lstm.onnx");
    struct make m;
    struct heard h;
    size_t n;

    make_start(&m);
    make_float(&m, "s", 0.1f);
    make_number(&m, "z", MAKE_U8, 0);
    make_input(&m, "x", MAKE_U8, 4, (int64_t[]){ 1, 2, 6, 6 });
    make_node(&m, "DequantizeLinear", "x,s,z", "xr");
    make_node(&m, "LSTM", "xr", "y");
    make_output(&m, "y");
    uint8_t *bytes = make_bytes(&m, &n);
    put_file(path, bytes, n);
    free(bytes);
    run_net(&h, path);
    ck_told(&h, "F: node 'y' (LSTM): the operator is not supported; what is stands in platforms/nets/README.md", path);
}
END_TEST

START_TEST(wrong_column)
{
    static const char table[] = "name,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params\n"
                                "c1,conv,1,28,28,4,3,x,1,1,1,28,28,28224,40\n";
    const char *path = scratch("t.csv");
    struct heard h;

    put_file(path, table, sizeof table - 1);
    run_net(&h, path);
    ck_told(&h, "F:2:21: column KW: found 'x', expected a number from 1 to 1048576", path);
}
END_TEST

/* ---- files that are not there, or cannot be written */

static const struct { const char *words[8]; int n; const char *told; } files[] = {
    { { "run", "nowhere.yaml" }, 2, "nowhere.yaml: there is no such file; expected a platform file, a path like platforms/NAME/NAME.yaml, " },
    { { "run", "back_pressure", "--until", "1 us", "-o", "/nowhere/r.txt" }, 6,
      "/nowhere/r.txt: cannot be written: /nowhere: No such file or directory; make the folder first" },
    { { "run", "back_pressure", "--until", "1 us", "--quiet", "--report-json", "/dev/full" }, 7, NULL },
    { { "run", "chip", "--images", "4", "-j", "2" }, 6, "--jobs 2: -j with placement resident or reload: images are one run; leave it out" },
    { { "run", "back_pressure", "--until", "1" }, 4, NULL },
    { { "run", "back_pressure", "--until", "1 us", "-o", "r.json" }, 6,
      "-o r.json: the report is text if nothing else is said; add --report json, or write both with --report-json r.json" },
};

/* A message that ends with a comma goes on with the places that were looked in. */
static void ck_places(const struct heard *h, const char *told)
{
    size_t n = strlen(told);
    bool open = n > 2 && !strcmp(told + n - 2, ", ");

    ck_assert_msg(open ? !strncmp(h->text, told, n) && strstr(h->text, ", here, in $BITLINE_DATA (") : !strcmp(h->text, told), "%s", h->text);
}

START_TEST(file_names)
{
    struct heard h;

    ck_assert_int_eq(program(&h, files[_i].words, files[_i].n), BL_REFUSED);
    ck_assert_uint_ge(h.diag.errors, 1);
    if (files[_i].told)
        ck_places(&h, files[_i].told);
}
END_TEST

/* The disk is full while the report is written: said, exit 2, nothing half-written is left. */
START_TEST(full_while_reporting)
{
    const char *path = scratch("r.json");
    struct rlimit most = { 1000, 1000 };
    struct heard h;

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &most), 0);
    int status = program(&h, (const char *const[]){ "run", "back_pressure", "--until", "1 us", "--quiet", "--report-json", path }, 7);
    bool left = access(path, F_OK) == 0;
    ck_assert_int_eq(status, BL_REFUSED);
    ck_assert(!left);
    ck_assert_msg(strstr(h.text, "r.json") != NULL, "%s", h.text);
}
END_TEST

/* Names of what is no file: nothing is overwritten, exit 2. */
START_TEST(no_regular_file)
{
    char *fifo = strdup(scratch("pipe.fst"));
    struct stat st;
    struct heard h;

    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(program(&h, (const char *const[]){ "run", "back_pressure", "-q", "--trace", fifo }, 5), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "pipe.fst: is no regular file") != NULL, "%s", h.text);
    ck_assert_int_eq(program(&h, (const char *const[]){ "calibrate", "osa_hcim", "--images", "1", "--loss", "1e6", "--set",
                                                        "ose.candidates=[5, 10]", "--set", "ose.thresholds=[50]", "-o", fifo }, 12), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "pipe.fst: is no regular file") != NULL, "%s", h.text);
    ck_assert(stat(fifo, &st) == 0 && S_ISFIFO(st.st_mode));
    free(fifo);
}
END_TEST

/* ---- the IMAGINE platform: settings that do not fit each other, the net or the calibration */

#define IMAGINE_SUPPLY "prices and analog core would have different supplies; set both to V_DDH (and every vddl to half of it, see the " \
    "head of platforms/imagine/imagine.yaml)"
static const struct { const char *words[4]; int status; const char *told; } imagine[] = {
    { { "--set", "voltage=0.8V" }, BL_REFUSED, "voltage is 0.8 V, but dsci_adc.vddh is 0.6 V: " IMAGINE_SUPPLY },
    { { "--set", "dsci_adc.vddh=0.7" }, BL_REFUSED, "voltage is 0.6 V, but dsci_adc.vddh is 0.7 V: " IMAGINE_SUPPLY },
    { { "--set", "mbiw.vddl=0.4" }, BL_REFUSED, "dp_array.vddl and mbiw.vddl differ (0.3, 0.4); expected equal values" },
    { { "--set", "host.n_cim=1", "--set", "clock.core=100ns" }, BL_REFUSED, "platforms/imagine/imagine.yaml:14:27: host: n_cim is 1, but an "
      "operation of 8, 8, 4 bits (in, out, weight) takes 782252 ps: 8 cycles; take that, 0 (as few as needed) or a slower clock" },
    { { "--set", "lmem.bytes=64" }, BL_REFUSED, "layer conv1 does not fit: one output row of 14 pixels needs more than the 64 bytes of an "
      "LMEM bank even with 1 channels and one output at a time; set lmem.bytes" },
    { { "--set", "lmem.bytes=1000", "--calibration", "none" }, BL_REFUSED, "platforms/imagine/imagine.yaml:17:27: lmem: bytes is 1000; a bank "
      "holds whole words of 16 bytes" },
    { { "--net", "F" }, BL_REFUSED, "layer wide: padding 3/3/3/3 (top, left, bottom, right) is as wide as its window of 3 x 3; expected "
      "less" },
    { { "--set", "host.r_w=3" }, BL_REFUSED, "platforms/nets/fashion_cnn.imagine.yaml:6:6: made with weight slices of r_w = 4; the "
      "platform has host.r_w = 3; calibrate it with these settings" },
    { { "--calibration", "nowhere.yaml" }, BL_REFUSED, "nowhere.yaml: there is no such file; expected a calibration file, a path like "
      "platforms/nets/NAME.yaml, " },
    { { "--calibration", "platforms/nets/fashion_cnn.osa_hcim.yaml" }, BL_REFUSED, "platforms/nets/fashion_cnn.osa_hcim.yaml:5:14: "
      "this is a calibration for the mapper 'osa_hcim', and the platform's mapper is 'imagine', which needs one of its own: `bitline calibrate "
      "PLATFORM --net NET -o FILE` makes it; --calibration none runs without" },
    { { "--net", "mlperftiny_ad_autoenc", "--calibration", "platforms/nets/fashion_cnn.imagine.yaml" }, BL_REFUSED,
      "platforms/nets/fashion_cnn.imagine.yaml:8:3: net mlperftiny_ad_autoenc.csv has no conv or fc layer 'conv1'; is this the "
      "calibration of another net?\n" "platforms/nets/fashion_cnn.imagine.yaml:12:3: net mlperftiny_ad_autoenc.csv has no conv or fc "
      "layer 'conv2'; is this the calibration of another net?\n" "platforms/nets/fashion_cnn.imagine.yaml:16:3: net "
      "mlperftiny_ad_autoenc.csv has no conv or fc layer 'fc'; is this the calibration of another net?" },
    { { "--set", "cim_timer.t_settle=100ns" }, BL_REFUSED, "platforms/imagine/imagine.yaml:23:27: cim_timer: t_settle is longer than t_sar: a "
      "step is a decision, then its injection settles" },
    { { "--set", "ladder.t_settle=100ns" }, BL_WRONG, "dsci_adc, at 389273604652 fs: a decision before the ladder settled: take a longer "
      "t_off or t_sar, or a faster ladder" },
};

START_TEST(imagine_settings)
{
    static const char wide[] = "name,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params\n"
        "wide,conv,3,8,8,4,3,3,1,3,1,12,12,15552,112\n";
    const char *words[16] = { "run", "imagine", "-q", "--images", "1" };
    char *csv = strdup(scratch("wide.csv"));
    struct heard h;
    int n = 5;

    put_file(csv, wide, sizeof wide - 1);
    for (int i = 0; i < 4 && imagine[_i].words[i]; i++)
        words[n++] = strcmp(imagine[_i].words[i], "F") ? imagine[_i].words[i] : csv;
    ck_assert_int_eq(program(&h, words, n), imagine[_i].status);
    ck_places(&h, imagine[_i].told);
    remove(csv);
    free(csv);
}
END_TEST

Suite *suite_refusals(void);
Suite *suite_refusals(void)
{
    Suite *s = suite_create("refusals");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, platform_files, 0, COUNT(platform));
    tcase_add_test(tc, truncated_onnx);
    tcase_add_test(tc, unsupported_operator);
    tcase_add_test(tc, wrong_column);
    tcase_add_loop_test(tc, file_names, 0, COUNT(files));
    tcase_add_test(tc, full_while_reporting);
    tcase_add_test(tc, no_regular_file);
    tcase_add_loop_test(tc, imagine_settings, 0, COUNT(imagine));
    suite_add_tcase(s, tc);
    return s;
}
