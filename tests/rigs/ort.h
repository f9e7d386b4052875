/* ort.h - ONNX Runtime under node, asked by tests: where it is, and the values that it writes (tests/oracle/onnx.mjs). */
#ifndef BL_TESTS_ORT_H
#define BL_TESTS_ORT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where onnxruntime-web is: BL_ORT, or what tools/oracle.sh has installed. NULL: nowhere. */
static inline const char *ort_at(void)
{
    const char *at = getenv("BL_ORT");
    char path[500];

    at = at && *at ? at : "build/oracle";
    snprintf(path, sizeof path, "%s/node_modules/onnxruntime-web/package.json", at);
    FILE *f = fopen(path, "rb");
    if (f)
        fclose(f);
    return f ? at : NULL;
}

/* Runs the models of folder/list: the exit status. */
static inline int ort_run(const char *at, const char *folder)
{
    char command[1000];

    snprintf(command, sizeof command, "BL_ORT='%s' node tests/oracle/onnx.mjs '%s'", at, folder);
    return system(command);
}

/* The next value of the oracle's line. */
static inline double ort_value(char **p, int real)
{
    if (!real)
        return (double)strtol(*p, p, 10);
    uint32_t bits = (uint32_t)strtoul(*p, p, 16);
    float v;
    memcpy(&v, &bits, 4);
    return (double)v;
}

#endif
