/* tried.c - the list of tried thresholds: a text file, saved whole after each try. */
#include "platforms/osa_hcim/tried.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platforms/file/io.h"
#include "platforms/file/sha256.h"
#include "platforms/job/setup.h"

#define TRIED_HEAD "# tried by bitline calibrate, for "
enum { BYTES_MOST = 1 << 20 };

struct osa_tried { char path[4096], key[65]; uint32_t n; size_t rows; int32_t *threshold; double *loss; };

/* What a loss depends on: the files, what is set, the images, and the limits, above which a loss is not known. */
static int make_key(struct osa_tried *list, const struct bl_calibrate_opts *o, struct bl_diag *diag)
{
    const struct bl_setup *u = o->setup;
    struct bl_text text;

    if (bl_text_open(&text, list->path, diag))
        return -1;
    for (size_t i = 0; i < u->ninputs; i++)
        fprintf(text.out, "%s %s\n", u->input[i].role, u->input[i].sha256);
    for (size_t i = 0; i < u->o.set.n; i++)
        fprintf(text.out, "%s\n", u->o.set.v[i]);
    fprintf(text.out, BL_VERSION " %u %u %llu %u\n", u->first, u->count, (unsigned long long)u->seed, list->n);
    for (size_t i = 0; i < o->nloss; i++)
        fprintf(text.out, "%a\n", o->loss[i]);
    int bad = fclose(text.out);
    if (!bad)
        bl_sha256(text.bytes, text.n, list->key);
    free(text.bytes);
    return bad ? bl_error(diag, "out of memory") : 0;
}

static int add(struct osa_tried *list, const int32_t *threshold, double loss)
{
    int32_t *t = realloc(list->threshold, (list->rows + 1) * list->n * sizeof *t);
    double *l = realloc(list->loss, (list->rows + 1) * sizeof *l);

    list->threshold = t ? t : list->threshold;
    list->loss = l ? l : list->loss;
    if (!t || !l)
        return -1;
    memcpy(t + list->rows * list->n, threshold, list->n * sizeof *t);
    l[list->rows++] = loss;
    return 0;
}

/* Lines "T0 T1 .. loss"; what is none ends the list. */
static int read_rows(struct osa_tried *list, const char *at)
{
    int32_t *threshold = calloc(list->n + 1, sizeof *threshold);
    bool whole = threshold != NULL;
    int bad = threshold ? 0 : -1;

    while (*at && whole && !bad) {
        char *end;
        for (uint32_t i = 0; i < list->n && whole; i++, at = end) {
            threshold[i] = (int32_t)strtol(at, &end, 10);
            whole = end != at;
        }
        double loss = whole ? strtod(at, &end) : 0;
        whole = whole && end != at && *end == '\n';
        at = end + 1;
        bad = whole ? add(list, threshold, loss) : 0;
    }
    free(threshold);
    return bad;
}

static int read_list(struct osa_tried *list, struct bl_diag *diag)
{
    const size_t head = strlen(TRIED_HEAD);
    size_t n;

    if (access(list->path, F_OK) && errno == ENOENT)
        return 0;
    char *text = bl_read_most(list->path, BYTES_MOST, &n, diag);
    if (!text)
        return -1;
    int bad = 0;
    if (n < head || memcmp(text, TRIED_HEAD, head))
        bad = bl_error(diag, "%s: this file is in the way of what has been tried, and no earlier calibration has made it; give -o another name",
                       list->path);
    else if (n > head + 65 && !memcmp(text + head, list->key, 64) && text[head + 64] == '\n')
        bad = read_rows(list, text + head + 65) ? bl_error(diag, "out of memory") : 0;
    if (!bad && list->rows)
        bl_note(diag, "%s: goes on from %zu thresholds that were tried before", list->path, list->rows);
    free(text);
    return bad;
}

int osa_tried_open(struct osa_tried **to, const struct bl_calibrate_opts *o, uint32_t n, struct bl_diag *diag)
{
    const struct bl_setup *u = o->setup;
    struct osa_tried *list;

    *to = NULL;
    if (u->o.own_net || u->o.own_images || u->o.platform_text)
        return 0;
    if (!(list = calloc(1, sizeof *list)))
        return bl_error(diag, "out of memory");
    list->n = n;
    *to = list;
    if ((size_t)snprintf(list->path, sizeof list->path, "%s.tried", o->output) >= sizeof list->path)
        return bl_error(diag, "%s: the path is too long", o->output);
    return make_key(list, o, diag) || read_list(list, diag) ? -1 : 0;
}

bool osa_tried_find(const struct osa_tried *list, const int32_t *threshold, double *loss)
{
    for (size_t i = 0; list && i < list->rows; i++)
        if (!memcmp(list->threshold + i * list->n, threshold, list->n * sizeof *threshold)) {
            *loss = list->loss[i];
            return true;
        }
    return false;
}

int osa_tried_add(struct osa_tried *list, const int32_t *threshold, double loss, struct bl_diag *diag)
{
    struct bl_text text;

    if (!list)
        return 0;
    if (add(list, threshold, loss))
        return bl_error(diag, "out of memory");
    if (bl_text_open(&text, list->path, diag))
        return -1;
    fprintf(text.out, TRIED_HEAD "%s\n", list->key);
    for (size_t r = 0; r < list->rows; r++) {
        for (uint32_t i = 0; i < list->n; i++)
            fprintf(text.out, "%d ", list->threshold[r * list->n + i]);
        fprintf(text.out, "%a\n", list->loss[r]);
    }
    return bl_text_save(&text, list->path, diag);
}

void osa_tried_close(struct osa_tried *list, bool over)
{
    if (!list)
        return;
    if (over && list->rows)
        unlink(list->path);
    free(list->threshold);
    free(list->loss);
    free(list);
}
