/* seeds_onnx.c - writes small ONNX graphs for the fuzzer to begin with: seeds_onnx FOLDER. */
#include <check.h>
#include <stdlib.h>

/* The rig is that of tests; outside of them what must hold ends the program. */
#undef ck_assert_uint_lt
#undef ck_assert_uint_le
#undef ck_assert_uint_eq
#undef ck_assert_int_le
#define MUST(holds) do { if (!(holds)) abort(); } while (0)
#define ck_assert_uint_lt(a, b) MUST((a) < (b))
#define ck_assert_uint_le(a, b) MUST((a) <= (b))
#define ck_assert_uint_eq(a, b) MUST((a) == (b))
#define ck_assert_int_le(a, b) MUST((a) <= (b))

#include "tests/rigs/onnx_graphs.h"

int main(int argc, char **argv)
{
    for (unsigned i = 0; argc > 1 && i < 200; i++) {
        struct graph g;
        size_t len;
        uint8_t *bytes = graph_bytes(&g, i, &len);
        char path[400];
        snprintf(path, sizeof path, "%s/g%u.onnx", argv[1], i);
        FILE *f = len < 4000 ? fopen(path, "wb") : NULL;
        if (f && fwrite(bytes, 1, len, f) != len)
            return 1;
        if (f)
            fclose(f);
        free(bytes);
    }
    return 0;
}
