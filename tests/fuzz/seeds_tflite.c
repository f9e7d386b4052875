/* seeds_tflite.c - writes small .tflite files, one of each operator, for the fuzzer to begin with: seeds_tflite FOLDER. */
#include <stdio.h>

#include "tests/rigs/tflite_make.h"

static int8_t w[256];

/* Code, type of options, weights (row of `weights`), how many integers each constant has and how many such constants there are, the
 * output's shape, options (words by number), the integers. */
static const struct { int code; unsigned type; int weights, integers, constants; int32_t out[4]; uint32_t option[7]; int32_t n[3][8]; } SEEDS[] = {
    { 3, 1, 1, 0, 0, { 1, 4, 4, 2 }, { 0, 1, 1, 0, 1, 1 }, { { 0 } } }, { 4, 2, 2, 0, 0, { 1, 4, 4, 2 }, { 0, 1, 1, 1, 0, 1, 1 }, { { 0 } } },
    { 9, 8, 3, 0, 0, { 1, 1, 1, 2 }, { 0 }, { { 0 } } }, { 1, 5, 0, 0, 0, { 1, 2, 2, 2 }, { 0, 2, 2, 2, 2 }, { { 0 } } },
    { 17, 5, 0, 0, 0, { 1, 2, 2, 2 }, { 0, 2, 2, 2, 2 }, { { 0 } } }, { 0, 11, 4, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } },
    { 18, 21, 4, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } }, { 41, 28, 4, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } },
    { 55, 39, 4, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } }, { 22, 17, 0, 0, 0, { 1, 1, 4, 8 }, { 0 }, { { 0 } } },
    { 25, 9, 0, 0, 0, { 1, 4, 4, 2 }, { 0x3f800000 }, { { 0 } } }, { 34, 22, 0, 8, 1, { 1, 5, 4, 4 }, { 0 }, { { 0, 0, 1, 0, 0, 0, 1, 1 } } },
    { 39, 26, 0, 4, 1, { 1, 2, 4, 4 }, { 0 }, { { 0, 3, 1, 2 } } }, { 40, 27, 0, 2, 1, { 1, 1, 1, 2 }, { 1 }, { { 1, 2 } } },
    { 82, 27, 0, 2, 1, { 1, 1, 4, 1 }, { 1 }, { { 1, 3 } } }, { 65, 48, 0, 4, 2, { 1, 2, 4, 1 }, { 0 }, { { 0, 1, 0, 1 }, { 1, 2, -1, 1 } } },
    { 45, 32, 0, 4, 3, { 1, 2, 2, 2 }, { 0, 4 }, { { 0, 0, -1, 0 }, { 1, 4, 0, 2 }, { 1, 2, -2, 1 } } },
    { 2, 10, 4, 0, 0, { 1, 4, 4, 3 }, { 3 }, { { 0 } } }, { 97, 74, 0, 2, 1, { 1, 8, 8, 2 }, { 0 }, { { 8, 8 } } },
    { 98, 75, 0, 0, 0, { 1, 4, 4, 2 }, { 0x3e99999a }, { { 0 } } }, { 117, 91, 0, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } },
    { 114, 89, 0, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } }, { 14, 0, 0, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } },
    { 19, 0, 0, 0, 0, { 1, 4, 4, 2 }, { 0 }, { { 0 } } },
};

static void seed(struct tm_model *d, size_t i)
{
    static const int32_t weights[5][4] = { { 0 }, { 2, 3, 3, 2 }, { 1, 3, 3, 2 }, { 2, 32, 0, 0 }, { 1, 4, 4, 1 } };
    static const uint32_t rank[5] = { 0, 4, 4, 2, 4 };
    int32_t in[4] = { 0 }, size = 1;
    uint32_t nin = 1;

    *d = (struct tm_model){ 0 };
    tm_add(d, "x", TM_DIMS(1, 4, 4, 2), .05f, 3);
    tm_add(d, "y", 4, SEEDS[i].out, SEEDS[i].code == 25 || SEEDS[i].code == 14 ? 0x1p-8f : .05f, SEEDS[i].code == 25 || SEEDS[i].code == 14 ? -128 : 3);
    if (SEEDS[i].weights) {
        const int32_t *dims = weights[SEEDS[i].weights];
        for (uint32_t k = 0; k < rank[SEEDS[i].weights]; k++)
            size *= dims[k];
        in[nin++] = tm_const(d, "w", rank[SEEDS[i].weights], dims, 9, w, (size_t)size);
        d->tensor[2].scale[0] = .05f;
        d->tensor[2].zero[0] = SEEDS[i].weights == 4 ? 3 : 0;
    }
    for (int k = 0; k < SEEDS[i].constants; k++)
        in[nin++] = SEEDS[i].integers == 8 ? tm_const(d, "n", TM_DIMS(4, 2), 2, SEEDS[i].n[k], 32) :
            tm_const(d, "n", TM_DIMS(SEEDS[i].integers), 2, SEEDS[i].n[k], 4 * (size_t)SEEDS[i].integers);
    struct tm_op *o = tm_operator(d, SEEDS[i].code, SEEDS[i].type, nin, in, 1);
    for (unsigned k = 0; k < 7 && SEEDS[i].type; k++)
        tm_option(o, k, 4, SEEDS[i].option[k]);
    d->in[0] = 0, d->nin = 1, d->out[0] = 1, d->nout = 1;
}

int main(int argc, char **argv)
{
    static struct tm m;
    struct tm_model d;
    char path[512];

    if (argc != 2)
        return 2;
    for (int i = 0; i < 256; i++)
        w[i] = (int8_t)(29 * i + 11);
    for (size_t i = 0; i < sizeof SEEDS / sizeof *SEEDS; i++) {
        FILE *f;
        seed(&d, i);
        tm_write(&m, &d);
        snprintf(path, sizeof path, "%s/operator_%d.tflite", argv[1], SEEDS[i].code);
        if (!(f = fopen(path, "wb")) || fwrite(m.b, 1, m.n, f) != m.n || fclose(f))
            return 1;
    }
    return 0;
}
