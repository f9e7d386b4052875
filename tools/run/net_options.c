/* net_options.c - tells numbers of images from files of them. */
#include "tools/run/net_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A number, with a sign or wrong letters in it perhaps; a file's name has a dot, a slash or '=' in it, or begins with a letter. */
static bool is_number(const char *s) { return strchr("0123456789+-", *s) && !strpbrk(s, "./="); }

static int number(const char *text, struct bl_whole *n, struct bl_diag *diag)
{
    char *end;

    errno = 0;
    n->given = true;
    n->v = strtoull(text, &end, 10);
    return *end || errno || *text == '-' || *text == '+' ?
           bl_error(diag, "--images: '%s' is no whole number; expected one like '100', or a file of images", text) : 0;
}

int bl_net_options(struct bl_setup_opts *so, const struct bl_texts *images, const struct bl_texts *data, struct bl_texts *files, struct bl_diag *diag)
{
    for (size_t i = 0; i < data->n; i++)
        bl_texts_add(files, data->v[i]);
    for (size_t i = 0; i < images->n; i++) {
        if (!is_number(images->v[i]))
            bl_texts_add(files, images->v[i]);
        else if (number(images->v[i], &so->images, diag) < 0)
            return -1;
    }
    so->inputs = bl_words_of(files);
    return 0;
}
