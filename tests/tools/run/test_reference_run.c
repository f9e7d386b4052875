/* test_reference_run.c - `bitline net --check` on stored inputs of MLPerf Tiny and CIFAR-10: accuracies and errors as a user sees them; the
 * shipped net by every way of giving images; refusals. */
#include "tests/rigs/command_rig.h"

#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

Suite *suite_reference_run(void);

#define DATA "../shared/data/"
#define FASHION "platforms/nets/fashion_cnn.onnx"
#define X100 "platforms/nets/fashion100-images.idx3"
#define Y100 "platforms/nets/fashion100-labels.idx1"

static bool is_there(const char *path)
{
    FILE *f = fopen(path, "rb");

    if (f)
        fclose(f);
    else
        SKIP_DATA(path);
    return f != NULL;
}

/* What the command prints. */
static const struct { const char *net, *words[16], *prints; } STORED[] = {
    { DATA "ic_resnet8/ic_resnet8_int8.tflite", { "--images", DATA "ic_resnet8/cifar10_perf200_x.u8.gz", "--raw=u8", "--pixels", "--labels",
      DATA "ic_resnet8/cifar10_perf200_y.u8", "--metric", "top5" },
      "reference: 174 of 200 classes equal the labels (87.00 %)\nreference: 199 of 200 labels are among the five largest outputs (99.50 %)\n" },
    { DATA "kws_dscnn/kws_dscnn_int8.tflite", { "--data", DATA "kws_dscnn/kws01_x.i8.gz", "--raw", "--labels", DATA "kws_dscnn/kws01_y.u8" },
      "reference: 902 of 1000 classes equal the labels (90.20 %)\n" },
    { DATA "mbv2_cifar10/mbv2_cifar10_int8.onnx", { "--data", DATA "mbv2_cifar10/x_200.f32.gz", "--raw", "--labels", DATA "ic_resnet8/cifar10_perf200_y.u8" },
      "reference: 182 of 200 classes equal the labels (91.00 %)\n" },
    { DATA "mbv2_cifar10/mbv2_cifar10_int8.onnx", { "--data", DATA "ic_resnet8/cifar10_perf200_x.u8.gz", "--raw=u8", "--layout", "nhwc", "--mean",
      ".4914,.4822,.4465", "--std", ".2470,.2435,.2616", "--labels",
      DATA "ic_resnet8/cifar10_perf200_y.u8", "--images", "20" }, "reference: 18 of 20 classes equal the labels (90.00 %)\n" },
};

START_TEST(stored)
{
    const char *words[20] = { "net", STORED[_i].net, "--check" };
    char out[NAME];
    struct heard h;

    if (!is_there(STORED[_i].net))
        return;
    if (quick()) {
        SKIP_ELSEWHERE("thousands of millions of products", "the plain build runs them");
        return;
    }
    for (int i = 0; i < 16 && STORED[_i].words[i]; i++)
        words[3 + i] = STORED[_i].words[i];
    scratch("stored.txt", out);
    ck_assert_msg(program_of(&h, out, words) == BL_DONE, "%s", h.text);
    char *text = content(out);
    ck_assert_str_eq(text, STORED[_i].prints);
    free(text);
    remove(out);
}
END_TEST

/* The autoencoder's error is that of the stored inputs and outputs of the runtime. */
START_TEST(autoencoder)
{
    const char *net = DATA "ad_autoenc/ad01_int8.tflite", *in = DATA "ad_autoenc/x_16.i8";
    char out[NAME], y[NAME], want[200];
    double sum = 0;
    struct heard h;

    if (!is_there(net))
        return;
    struct bl_net *n = bl_net_load(net, 1, heard_start(&h));
    const struct bl_tensor *tx = &n->tensors[n->input], *ty = &n->tensors[n->output];
    char *px = content(in), *py = content(DATA "ad_autoenc/tflite_out_16.i8");
    for (int i = 0; i < 16 * 640; i++) {
        double d = (double)(tx->scale * (float)((int8_t)px[i] - tx->zero)) - (double)(ty->scale * (float)((int8_t)py[i] - ty->zero));
        sum += d * d;
    }
    scratch("ad.txt", out);
    scratch("ad01.txt", y);
    ck_assert_int_eq(bl_save_all(y, "0\n1\n0\n1\n0\n1\n0\n1\n0\n1\n0\n1\n0\n1\n0\n1\n", 32, &h.diag), 0);
    ck_assert_msg(program(&h, out, "net", net, "--check", "--data", in, "--raw", "--metric", "error", "--labels", y, NULL) == BL_DONE, "%s", h.text);
    char *text = content(out);
    snprintf(want, sizeof want, "reference: mean squared error %.6g over 16 images\nreference: area under the ROC curve 0.578125\n", sum / 16 / 640);
    ck_assert_str_eq(text, want);
    free(text);
    free(px);
    free(py);
    bl_net_free(n);
    remove(out);
    remove(y);
}
END_TEST

/* The shipped images as IDX, as .npy of pixels and as .npy of real values: one answer. */
START_TEST(shipped)
{
    static const char *const DESCR[] = { "|u1", "<f4" };
    char out[NAME], x[NAME], header[129];
    struct heard h;
    size_t n;
    unsigned char *idx = bl_read_all(X100, &n, heard_start(&h));
    const size_t cells = 100 * 28 * 28, size = _i ? 4 : 1;
    uint8_t *npy = malloc(138 + cells * size);

    memcpy(npy, "\x93NUMPY\x01\0\x80\0", 10);
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (100, 28, 28), }", DESCR[_i]);
    memset(npy + 10, ' ', 128);
    memcpy(npy + 10, header, strlen(header));
    for (size_t i = 0; i < cells; i++) {
        float real = (float)idx[16 + i] / 255.0f;
        memcpy(npy + 138 + i * size, _i ? (void *)&real : (void *)&idx[16 + i], size);
    }
    scratch("x.npy", x);
    scratch("shipped.txt", out);
    ck_assert_int_eq(bl_save_all(x, npy, 138 + cells * size, &h.diag), 0);
    ck_assert_msg(program(&h, out, "net", FASHION, "--check", "--images", x, "--labels", Y100, "--images", "50", "--first", "50", NULL) == BL_DONE, "%s",
                  h.text);
    char *text = content(out);
    ck_assert_ptr_nonnull(strstr(text, " of 50 classes equal the labels"));
    program(&h, out, "net", FASHION, "--check", "--data", X100, "--labels", Y100, "--images", "50", "--first", "50", NULL);
    char *same = content(out);
    ck_assert_str_eq(text, same);
    free(text);
    free(same);
    free(npy);
    free(idx);
    remove(out);
    remove(x);
}
END_TEST

static const struct { const char *words[12], *says; } WRONG[] = {
    { { "--data", X100, "--images", "101" }, "--images 101 --first 0: the data has 100; expected one at least, and no more than there are" },
    { { "--data", X100, "--first", "100" }, "--first 100: the data has 100" },
    { { "--data", X100, "--images", "0" }, "--images 0" },
    { { "--mean", "0.5" }, "--mean: of which images? Name them with --data" },
    { { "--metric", "top5" }, "--metric top5: is about labels; name them with --labels" },
    { { "--metric", "error" }, "expected one shape: it is for nets that give back their input" },
    { { "--data", X100, "--labels", X100 }, "found no IDX file of unsigned bytes with 1 sizes" },
    { { "--data", Y100 }, "found no IDX file of unsigned bytes with 3 or 4 sizes" },
    { { "--data", X100, "--data", X100 }, "is the second file for input 'image'; expected one" },
    { { "--data", "README.md" }, "README.md: found neither .npy nor IDX; expected one of them, or numbers alone with --raw" },
    { { "--data", "README.md", "--raw" }, "images of 784 u8; is it of another type (--raw=TYPE), or cut?" },
    { { "--data", "/dev/zero" }, "/dev/zero: cannot be unpacked as a whole" },
    { { "--data", X100, "--pixels", "--labels", "README.md" }, "README.md:1: found '# bitline', expected one class a line" },
    { { "--layout", "nwhc", "--data", X100 }, "--layout: 'nwhc' is not known" },
};

START_TEST(refusals)
{
    const char *words[16] = { "net", FASHION, "--check" };
    struct heard h;

    for (int i = 0; i < 12 && WRONG[_i].words[i]; i++)
        words[3 + i] = WRONG[_i].words[i];
    ck_assert_int_eq(program_of(&h, NULL, words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, WRONG[_i].says) != NULL, "wanted '%s', got '%s'", WRONG[_i].says, h.text);
}
END_TEST

/* ---- signals ---- */

/* Does the process catch that signal? Linux says so in /proc. */
static bool catches(pid_t child, int number)
{
    char path[60], line[200];
    unsigned long long mask = 0;

    snprintf(path, sizeof path, "/proc/%ld/status", (long)child);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "SigCgt:", 7))
            mask = strtoull(line + 7, NULL, 16);
    if (f)
        fclose(f);
    return mask >> (number - 1) & 1;
}

/* SIGHUP, which Check itself leaves alone, in the only layer of a net, a convolution of 60 thousand million products: the layer ends there. */
START_TEST(interrupted)
{
    static const char TABLE[] = "name,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params\n"
                                "big,conv,512,160,160,512,3,3,1,1,1,160,160,60397977600,2359808\n";
    char csv[NAME], err[NAME];
    struct heard h;
    int status = 0;

    scratch("big.csv", csv);
    scratch("int.err", err);
    ck_assert_int_eq(bl_save_all(csv, TABLE, sizeof TABLE - 1, heard_start(&h)), 0);
    pid_t child = fork();
    if (child == 0) {
        char *argv[] = { (char[]){ "bitline" }, (char[]){ "net" }, csv, (char[]){ "--check" }, NULL };
        struct bl_diag diag = { 0 };
        if (!freopen("/dev/null", "w", stdout) || !freopen(err, "w", stderr))
            _exit(99);
        int ended = bl_program(4, argv, &diag);
        fflush(stderr);
        _exit(ended);
    }
    while (waitpid(child, &status, WNOHANG) == 0 && !catches(child, SIGHUP))
        usleep(1000);
    kill(child, SIGHUP);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    char *said = content(err);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == BL_WRONG, "%d: %s", status, said);
    ck_assert_str_eq(said, "bitline: interrupted after 0 of 1 images; the figures are of these\n");
    free(said);
    remove(csv);
    remove(err);
}
END_TEST

Suite *suite_reference_run(void)
{
    Suite *s = suite_create("reference_run");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, stored, 0, COUNT(STORED));
    tcase_add_test(t, autoencoder);
    tcase_add_loop_test(t, shipped, 0, 2);
    tcase_add_test(t, interrupted);
    tcase_add_loop_test(t, refusals, 0, COUNT(WRONG));
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    return s;
}
