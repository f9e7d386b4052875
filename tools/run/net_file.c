/* net_file.c - the net that a command reads, and the one that it writes. */
#include "tools/run/net_file.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/net/onnx_write.h"

int bl_net_file_open(struct bl_net_file *f, const char *name, const struct bl_setup_opts *so, struct bl_diag *diag)
{
    *f = (struct bl_net_file){ .so = so };
    return bl_find(BL_FILE_NET, name, "", &f->at, diag) < 0 || !(f->bytes = bl_read_all(f->at.path, &f->len, diag)) ? -1 : 0;
}

struct bl_net *bl_net_file_net(const struct bl_net_file *f, struct bl_diag *diag)
{
    return bl_net_rounded(f->at.path, f->bytes, f->len, f->so->rounding, f->so->seed.given ? f->so->seed.v : 1, diag);
}

void bl_net_file_fini(struct bl_net_file *f)
{
    free(f->bytes);
    bl_found_fini(&f->at);
}

int bl_net_file_output(const struct bl_net_file *f, const char *output, const char *suffix, const struct bl_setup_opts *const *so, size_t n, struct bl_diag *diag)
{
    const char *clash = bl_same_file(f->at.path, output) ? f->at.path : NULL;
    const size_t len = strlen(output), end = strlen(suffix);

    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; !clash && i < so[k]->inputs.n; i++)
            clash = bl_same_file(so[k]->inputs.v[i], output) ? so[k]->inputs.v[i] : NULL;
        if (!clash && so[k]->labels && bl_same_file(so[k]->labels, output))
            clash = so[k]->labels;
    }
    if (clash)
        return bl_error(diag, "-o %s: this is %s, which is read; name another file", output, clash);
    if (len < end || strcmp(output + len - end, suffix) != 0)
        return bl_error(diag, "-o %s: found another suffix; expected a name that ends with %s, by which bitline knows the format", output, suffix);
    return bl_may_save(output, diag) < 0 || bl_may_replace(output, diag) < 0 ? -1 : 0;
}

struct bl_net *bl_net_file_write(const struct bl_net *net, uint8_t **bytes, size_t *len, uint32_t *moved, struct bl_diag *diag)
{
    struct bl_onnx_form form = { .nearest = true };

    if (bl_onnx_write(net, &form, bytes, len, diag))
        return NULL;
    *moved = form.moved;
    struct bl_net *back = bl_onnx_read(net->name, *bytes, *len, diag);
    if (back)
        back->channels_last = net->channels_last;      /* the images that were named are in the order of the net that was given */
    return back;
}
