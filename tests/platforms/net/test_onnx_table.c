/* test_onnx_table.c - each operator of ONNX with each attribute and form, one graph a row of onnx_rows.txt: outputs as ONNX Runtime gives
 * them (so reference.c, reference_float.c, reference_points.c, reference_product.c, net_finish.c), or the message of the refusal; and the table that platforms/net/README.md makes of it. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/net/reference.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_text.h"

Suite *suite_onnx_table(void);

#define ROWS "tests/platforms/net/onnx_rows.txt"
#define README "platforms/net/README.md"
enum { MOST_ROWS = 300, SHOWN = 8 };

struct row { char *op, *what, *input, *graph, *want[4]; int opset, wants; };

static struct row rows[MOST_ROWS];
static int nrows;
static char *text;

static char *cell(char **at)
{
    char *start = *at + strspn(*at, " "), *end = strchr(start, '|');

    *at = end ? end + 1 : start + strlen(start);
    if (!end)
        return start;
    while (end > start && end[-1] == ' ')
        end--;
    *end = 0;
    return start;
}

static void read_rows(void)
{
    struct heard heard;
    size_t len;

    nrows = 0;
    text = bl_read_all(ROWS, &len, heard_start(&heard));
    ck_assert_msg(text != NULL, "%s", heard.text);
    text = realloc(text, len + 1);
    text[len] = 0;
    for (char *line = text, *next; line && *line; line = next) {
        if ((next = strchr(line, '\n')))
            *next++ = 0;
        if (strchr("=~!", *line)) {
            struct row *r = &rows[nrows - 1];
            ck_assert_int_lt(r->wants, 4);
            r->want[r->wants++] = line;
        } else if (*line != '#') {
            ck_assert_int_lt(nrows, MOST_ROWS);
            struct row *r = &rows[nrows++];
            char *at = line;
            *r = (struct row){ .op = cell(&at), .what = cell(&at) };
            r->opset = atoi(cell(&at));
            r->input = cell(&at);
            r->graph = cell(&at);
        }
    }
}

static struct bl_net *net_of(const struct row *r, struct heard *heard)
{
    size_t len;
    uint8_t *bytes = text_bytes(r->graph, r->input, r->opset, &len);
    struct bl_net *net = bl_net_from_bytes("row.onnx", bytes, len, 0, heard_start(heard));

    free(bytes);
    return net;
}

/* Element i of the input has code 37 i modulo 256; real values .031 times that less 128. */
static void run(const struct row *r, const struct bl_net *net, struct bl_ref_out *out, struct heard *heard)
{
    const struct bl_tensor *x = &net->tensors[net->input];
    size_t n = bl_tensor_elems(x);
    uint8_t *image = malloc(4 * n);

    for (size_t i = 0; i < n; i++) {
        int code = (int)(37 * i % 256);
        float real = (float)(code - 128) * 0.031f;
        if (x->dtype == BL_REAL)
            memcpy(image + 4 * i, &real, 4);
        else
            image[i] = *r->input != 'f' ? (uint8_t)code :
                       (uint8_t)bl_float_code(real, x->scale, x->zero, false, bl_tensor_min(x), bl_tensor_max(x));
    }
    ck_assert_int_eq(bl_ref_init(out, net, &heard->diag), 0);
    bl_reference_run(net, image, out);
    free(image);
}

/* Element i of output t, as a code or as a real value. */
static double value(const struct bl_net *net, const struct bl_ref_out *out, uint32_t t, size_t i, bool real)
{
    const struct bl_tensor *y = &net->tensors[t];

    if (y->dtype == BL_REAL)
        return (double)out->real[t][i];
    float v = y->scale * (float)(out->value[t][i] - y->zero);
    return real ? (double)v : out->value[t][i];
}

/* The line of an output: its first values and their sum. */
static void line_of(const struct bl_net *net, const struct bl_ref_out *out, uint32_t t, bool real, char *line, size_t room)
{
    size_t n = bl_tensor_elems(&net->tensors[t]);
    double sum = 0;

    snprintf(line, room, "%s", real ? "real" : "code");
    for (size_t i = 0; i < n; i++) {
        double v = value(net, out, t, i, real);
        sum += v;
        if (i < SHOWN)
            snprintf(line + strlen(line), room - strlen(line), " %.7g", v);
    }
    snprintf(line + strlen(line), room - strlen(line), " of %zu sum %.6g", n, sum);
}

static bool same_line(const char *a, const char *b)
{
    bool real = !strncmp(a, "real", 4);

    if (strncmp(a, b, 4) != 0)
        return false;
    for (a += 4, b += 4; *a && *b;) {
        char *p, *q;
        double v = strtod(a, &p), w = strtod(b, &q);
        if (p == a && q == b) {        /* a word */
            if (*a++ != *b++)
                return false;
            continue;
        }
        if (p == a || q == b || fabs(v - w) > (real ? 2e-5 * (1 + fabs(w)) : 0))
            return false;
        a = p;
        b = q;
    }
    return !*a && !*b;
}

START_TEST(row)
{
    struct heard heard;
    struct bl_ref_out out;

    read_rows();
    ck_assert_int_lt(_i, nrows);
    const struct row *r = &rows[_i];
    struct bl_net *net = net_of(r, &heard);
    ck_assert_msg(r->wants > 0, "%s, %s: nothing is expected; got %s", r->op, r->what, net ? "a net" : heard.text);
    if (*r->want[0] == '!') {
        ck_assert_msg(!net, "%s, %s: is read, expected a refusal", r->op, r->what);
        ck_assert_msg(strstr(heard.text, r->want[0] + 2) != NULL, "%s, %s: wanted '%s', got '%s'", r->op, r->what, r->want[0] + 2, heard.text);
        ck_assert_msg(strstr(heard.text, "row.onnx: ") == heard.text, "no file named: %s", heard.text);
    } else {
        ck_assert_msg(net != NULL, "%s, %s: %s", r->op, r->what, heard.text);
        ck_assert_int_eq((int)net->noutputs, r->wants);
        run(r, net, &out, &heard);
        for (int k = 0; k < r->wants; k++) {
            char line[400];
            line_of(net, &out, net->outputs[k], !strncmp(r->want[k] + 2, "real", 4), line, sizeof line);
            ck_assert_msg(same_line(line, r->want[k] + 2), "%s, %s: output %d: wanted '%s', got '%s'", r->op, r->what, k, r->want[k] + 2, line);
        }
        bl_ref_fini(&out);
    }
    bl_net_free(net);
    free(text);
}
END_TEST

/* ---- the README's table ---- */

/* What the layers of the net are: integers, and those in float32 by name. */
static void kinds_of(const struct bl_net *net, char *out, size_t room)
{
    bool any = false;

    snprintf(out, room, "integers");
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const char *name = bl_layer_kind(&net->layers[i]);
        bool said = net->layers[i].kind != BL_FLOAT;
        for (uint32_t k = 0; k < i; k++)
            said |= net->layers[k].kind == BL_FLOAT && !strcmp(bl_layer_kind(&net->layers[k]), name);
        if (said)
            continue;
        if (!any)
            snprintf(out, room, "float32");
        snprintf(out + strlen(out), room - strlen(out), "%s %s", any ? "," : ":", name);
        any = true;
    }
}

static void add_row(const struct row *r, char *out, size_t room)
{
    char kinds[200], *refusal;
    struct heard heard;
    struct bl_net *net = net_of(r, &heard);

    if (net) {
        kinds_of(net, kinds, sizeof kinds);
    } else {                           /* behind the name of the node */
        refusal = strstr(heard.text, "): ");
        snprintf(kinds, sizeof kinds, "refused: %.180s", refusal ? refusal + 3 : heard.text + 10);
        kinds[strcspn(kinds, "\n")] = 0;
    }
    snprintf(out + strlen(out), room - strlen(out), "| %s | %s | %s |\n", r->op, *r->what ? r->what : "as in the standard", kinds);
    bl_net_free(net);
}

START_TEST(readme)
{
    static const char BEGIN[] = "<!-- onnx: made by suite onnx_table, BL_UPDATE=1 -->\n", END[] = "<!-- end of onnx -->\n";
    static char made[1 << 16];
    struct heard heard;
    size_t len;
    char *page = bl_read_all(README, &len, heard_start(&heard));

    ck_assert_msg(page != NULL, "%s", heard.text);
    page = realloc(page, len + 1);
    page[len] = 0;
    read_rows();
    snprintf(made, sizeof made, "| operator | form | becomes |\n| --- | --- | --- |\n");
    for (int i = 0; i < nrows; i++)
        add_row(&rows[i], made, sizeof made);
    char *begin = strstr(page, BEGIN), *end = strstr(page, END);
    ck_assert_msg(begin && end, "%s has no marks for the table", README);
    begin += sizeof BEGIN - 1;
    bool same = strlen(made) == (size_t)(end - begin) && !memcmp(made, begin, strlen(made));
    if (!same && getenv("BL_UPDATE")) {
        FILE *f = fopen(README, "w");
        ck_assert_ptr_nonnull(f);
        fprintf(f, "%.*s%s%s", (int)(begin - page), page, made, end);
        fclose(f);
    } else {
        ck_assert_msg(same, "the table in %s is not what the rows say; BL_UPDATE=1 writes it", README);
    }
    free(text);
    free(page);
}
END_TEST

/* ---- for who adds a row ---- */

/* The graphs for the oracle, or this file with what the oracle said; only with BL_ROWS. */
START_TEST(rows_anew)
{
    const char *folder = getenv("BL_ROWS");
    char path[500];

    if (!folder)
        return;
    read_rows();
    snprintf(path, sizeof path, "%s/list", folder);
    FILE *list = fopen(path, "w");
    ck_assert_ptr_nonnull(list);
    for (int i = 0; i < nrows; i++) {
        size_t len;
        uint8_t *bytes = text_bytes(rows[i].graph, rows[i].input, rows[i].opset, &len);
        const char *dims = strchr(rows[i].input, ' ') + 1;
        snprintf(path, sizeof path, "%s/r%d.onnx", folder, i);
        FILE *f = fopen(path, "wb");
        ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
        fclose(f);
        free(bytes);
        size_t n = 1;
        for (const char *p = dims; p && *p; p += *p == ',')
            n *= (size_t)strtol(p, (char **)&p, 10);
        snprintf(path, sizeof path, "%s/r%d.in", folder, i);
        f = fopen(path, "wb");
        for (size_t k = 0; k < n; k++) {
            uint8_t code = (uint8_t)(37 * k);
            float real = (float)((int)code - 128) * 0.031f;
            fwrite(*rows[i].input == 'f' ? (const void *)&real : &code, *rows[i].input == 'f' ? 4 : 1, 1, f);
        }
        fclose(f);
        fprintf(list, "r%d x %s %s\n", i, *rows[i].input == 'f' ? "float32" : *rows[i].input == 'i' ? "int8" : "uint8", dims);
    }
    fclose(list);
    free(text);
}
END_TEST

/* Rows of the file, where no test may assert yet. */
static int count_rows(void)
{
    FILE *f = fopen(ROWS, "r");
    int n = 0, before = '\n';

    for (int ch; f && (ch = fgetc(f)) != EOF; before = ch)
        n += before == '\n' && !strchr("#=~!\n", ch);
    if (f)
        fclose(f);
    return n;
}

Suite *suite_onnx_table(void)
{
    Suite *s = suite_create("onnx_table");
    TCase *c = tcase_create("all");
    int n = count_rows();

    tcase_add_loop_test(c, row, 0, n);
    tcase_add_test(c, readme);
    tcase_add_test(c, rows_anew);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    return s;
}
