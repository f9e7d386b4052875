/* dataset_files.c - which file holds the images of which input: names as people give them, found and read. */
#include "platforms/net/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/unpack.h"

/* The inputs' names for a message. */
static const char *names(const struct bl_net *net, char *text, size_t room)
{
    size_t n = 0;

    *text = '\0';
    for (uint32_t i = 0; i < net->ninputs && n < room; i++) {
        int k = snprintf(text + n, room - n, "%s'%s'", i ? ", " : "", net->tensors[net->input + i].name);
        n += k > 0 ? (size_t)k : 0;
    }
    return text;
}

/* The input that stands before '=' in NAME=FILE; ninputs: none. */
static uint32_t named_input(const struct bl_net *net, const char *text, const char **file)
{
    uint32_t i = 0;

    for (; i < net->ninputs; i++) {
        const char *name = net->tensors[net->input + i].name;
        size_t n = strlen(name);
        if (!strncmp(name, text, n) && text[n] == '=') {
            *file = text + n + 1;
            break;
        }
    }
    return i;
}

const char *bl_data_option(const struct bl_data_opts *o)
{
    return o->layout ? "--layout" : o->mean ? "--mean" : o->std ? "--std" : o->raw ? "--raw" : o->pixels ? "--pixels" : NULL;
}

bool bl_dataset_is_fashion(struct bl_words given) { return given.n == 1 && !strcmp(given.v[0], BL_FASHION); }

int bl_dataset_fashion(const struct bl_net *net, struct bl_found *images, struct bl_found *labels, struct bl_diag *diag)
{
    if (net->ninputs > 1)
        return bl_error(diag, "--data %s: net %s has %u inputs; expected a net of one", BL_FASHION, net->name, net->ninputs);
    *images = (struct bl_found){ strdup(BL_FASHION_FOLDER "/t10k-images-idx3-ubyte.gz"), 0 };
    *labels = (struct bl_found){ strdup(BL_FASHION_FOLDER "/t10k-labels-idx1-ubyte.gz"), 0 };
    if (!images->path || !labels->path)
        return bl_error(diag, "%s: no memory", BL_FASHION);
    if (bl_may_read(images->path))
        return 0;
    return bl_error(diag, "--data %s: %s is not there; install the Debian package dataset-fashion-mnist", BL_FASHION, images->path);
}

int bl_dataset_find(const struct bl_net *net, struct bl_words given, struct bl_found *at, struct bl_diag *diag)
{
    char text[600];

    for (size_t k = 0; k < given.n; k++) {
        const char *file = given.v[k];
        uint32_t i = named_input(net, given.v[k], &file);
        if (i == net->ninputs && net->ninputs > 1)
            return bl_error(diag, "--data %s: net %s has %u inputs: %s; expected --data NAME=FILE for each of them", given.v[k], net->name, net->ninputs,
                            names(net, text, sizeof text));
        i = i == net->ninputs ? 0 : i;
        if (at[i].path)
            return bl_error(diag, "--data %s: is the second file for input '%s'; expected one", given.v[k], net->tensors[net->input + i].name);
        if (bl_find(BL_FILE_IMAGES, file, "", &at[i], diag) < 0)
            return -1;
    }
    for (uint32_t i = 0; i < net->ninputs; i++)
        if (!at[i].path)
            return bl_error(diag, "--data: input '%s' of net %s has no file; expected --data NAME=FILE for each of %s", net->tensors[net->input + i].name,
                            net->name, names(net, text, sizeof text));
    return 0;
}

struct bl_dataset *bl_dataset_read(const struct bl_net *net, const struct bl_data_opts *o, const struct bl_found *images, const char *labels,
                                   struct bl_diag *diag)
{
    struct bl_data_file *f = calloc(net->ninputs + 1, sizeof *f);
    struct bl_dataset *set = NULL;
    uint32_t n = net->ninputs + (labels != NULL), got = 0;

    for (; f && got < n; got++) {
        f[got].name = got < net->ninputs ? images[got].path : labels;
        if (!(f[got].bytes = bl_read_gz(f[got].name, &f[got].len, diag)))
            break;
    }
    if (f && got == n)
        set = bl_dataset_of(net, o, f, labels ? &f[net->ninputs] : NULL, diag);
    while (got-- > 0)
        free((void *)(uintptr_t)f[got].bytes);
    free(f);
    return set;
}
