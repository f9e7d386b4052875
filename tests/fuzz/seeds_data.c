/* seeds_data.c - writes small files of images and labels for the fuzzer to begin with: seeds_data FOLDER. */
#include <stdio.h>
#include <string.h>

#define NPY(len, header) "\x93NUMPY\x01\0" len "\0" header
#define BYTES(s) s, sizeof s - 1

/* Four bytes choose net, options, and where labels begin (fuzz_data.c). */
static const struct { const char *choose, *bytes; size_t n; } SEEDS[] = {
    { "\x00\x14\x00\x00", BYTES(NPY("\x3c", "{'descr': '|i1', 'fortran_order': False, 'shape': (2,1,2,2)}") "abcdefgh") },
    { "\x40\x01\x00\x00", BYTES(NPY("\x3b", "{'descr': '<f4', 'fortran_order': True, 'shape': (1,3,2,2)}") "\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f"
                                "\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f") },
    { "\x00\x90\x00\x90", BYTES("\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\2abcdefgh1\n2\n3\n4\n5\n6\n7") },
    { "\x03\x80\x01\x80", BYTES("abcdefgh\0\0\x08\x01\0\0\0\2\3\4") },
    { "\x86\x0a\x02\x00", BYTES("\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f\0\0\0\x3f") },
};

int main(int argc, char **argv)
{
    for (unsigned i = 0; argc > 1 && i < sizeof SEEDS / sizeof *SEEDS; i++) {
        char path[400];
        snprintf(path, sizeof path, "%s/d%u", argv[1], i);
        FILE *f = fopen(path, "wb");
        if (!f || fwrite(SEEDS[i].choose, 1, 4, f) != 4 || fwrite(SEEDS[i].bytes, 1, SEEDS[i].n, f) != SEEDS[i].n || fclose(f))
            return 1;
    }
    return 0;
}
