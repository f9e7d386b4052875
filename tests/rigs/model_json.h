/* model_json.h - nets of ../shared/data that are a model.json and a weights.bin: convolutions, sums, option A shortcuts, a mean and an fc. They
 * become nets that round as ONNX does (BL_F32). */
#ifndef BL_TESTS_MODEL_JSON_H
#define BL_TESTS_MODEL_JSON_H

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/net/net.h"
#include "tests/rigs/heard.h"

struct model_json { json_t *top; unsigned char *bin; struct bl_net *net; };

static inline json_int_t mj_int(const json_t *o, const char *key, size_t i)
{
    const json_t *v = json_object_get(o, key);

    return json_integer_value(json_is_array(v) ? json_array_get(v, i) : v);
}

/* The tensor of that name, made when it is first named. */
static inline uint32_t mj_tensor(struct model_json *m, const char *name, uint32_t c, uint32_t h, uint32_t w)
{
    const json_t *t = json_object_get(json_object_get(m->top, "tensors"), name);

    for (uint32_t i = 0; i < m->net->ntensors; i++)
        if (!strcmp(m->net->tensors[i].name, name))
            return i;
    ck_assert_msg(t != NULL, "no tensor '%s'", name);
    struct bl_tensor made = { .name = name, .c = c, .h = h, .w = w, .dtype = BL_S8, .scale = (float)json_number_value(json_object_get(t, "scale")),
                              .zero = (int32_t)mj_int(t, "zero_point", 0) };
    return (uint32_t)bl_net_tensor(m->net, &made);
}

static inline const void *mj_data(const struct model_json *m, const json_t *layer, const char *key)
{
    return m->bin + mj_int(json_object_get(layer, key), "off", 0);
}

/* Weights lie by output, row, column, channel; ours by output, channel, row, column. */
static inline void mj_weights(struct model_json *m, const json_t *j, struct bl_layer *l, uint32_t cin)
{
    const uint32_t cells = l->kh * l->kw, cout = (uint32_t)mj_int(json_object_get(j, "weights"), "shape", 0);
    const int8_t *w = mj_data(m, j, "weights");

    ck_assert_int_eq(bl_net_weights(m->net, l, cout, cin * cells), 0);
    memcpy(l->wscale, mj_data(m, j, "weight_scale"), cout * sizeof *l->wscale);
    memcpy(l->bias, mj_data(m, j, "bias"), cout * sizeof *l->bias);
    for (uint32_t o = 0; o < cout; o++)
        for (uint32_t i = 0; i < cells; i++)
            for (uint32_t c = 0; c < cin; c++)
                l->weight[((size_t)o * cin + c) * cells + i] = w[((size_t)o * cells + i) * cin + c];
}

static inline void mj_layer(struct model_json *m, const json_t *j)
{
    const char *type = json_string_value(json_object_get(j, "type")), *in = json_string_value(json_array_get(json_object_get(j, "inputs"), 0));
    struct bl_layer l = { .name = json_string_value(json_object_get(j, "name")), .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1 };
    const struct bl_tensor x = m->net->tensors[l.in[0] = l.in[1] = mj_tensor(m, in, 0, 0, 0)];
    uint32_t c = x.c, h = x.h, w = x.w;

    if (!strcmp(type, "conv") || !strcmp(type, "avgpool")) {
        l.kind = *type == 'c' ? BL_CONV : BL_AVGPOOL;
        l.kh = (uint32_t)mj_int(j, "kernel", 0), l.kw = (uint32_t)mj_int(j, "kernel", 1);
        l.stride_h = (uint32_t)mj_int(j, "stride", 0), l.stride_w = (uint32_t)mj_int(j, "stride", 1);
        l.pad_t = (uint32_t)mj_int(j, "pad_tblr", 0), l.pad_b = (uint32_t)mj_int(j, "pad_tblr", 1);
        l.pad_l = (uint32_t)mj_int(j, "pad_tblr", 2), l.pad_r = (uint32_t)mj_int(j, "pad_tblr", 3);
        h = (h + l.pad_t + l.pad_b - l.kh) / l.stride_h + 1;
        w = (w + l.pad_l + l.pad_r - l.kw) / l.stride_w + 1;
        if (l.kind == BL_CONV)
            mj_weights(m, j, &l, c);
    } else if (!strcmp(type, "fc")) {
        l.kind = BL_FC;
        l.rows = h = w = 1;
        mj_weights(m, j, &l, c);
    } else if (!strcmp(type, "add")) {
        l.kind = BL_ADD;
        l.in[1] = mj_tensor(m, json_string_value(json_array_get(json_object_get(j, "inputs"), 1)), 0, 0, 0);
        l.pair.form = BL_PAIR_CHAIN;
    } else {
        ck_assert_str_eq(type, "shortcut_pad");
        l.kind = BL_SUBSAMPLE;
        l.stride_h = l.stride_w = 2;
        c *= 2, h /= 2, w /= 2;
    }
    l.out = m->net->output = mj_tensor(m, json_string_value(json_object_get(j, "output")), l.weight ? l.cout : c, h, w);
    ck_assert_int_ge(bl_net_layer(m->net, &l), 0);
}

/* FOLDER/model.json and weights.bin as a finished net, its input real values of channels, rows, columns; NULL: there is no such file. */
static inline struct bl_net *model_json(const char *folder)
{
    struct model_json m = { 0 };
    char path[600];
    struct heard h;
    const json_t *layer;
    size_t n, i;

    snprintf(path, sizeof path, "%s/model.json", folder);
    if (!(m.top = json_load_file(path, 0, NULL)))
        return NULL;
    snprintf(path, sizeof path, "%s/weights.bin", folder);
    m.bin = bl_read_all(path, &n, heard_start(&h));
    ck_assert_msg(m.bin != NULL, "%s", h.text);
    m.net = bl_net_new(json_string_value(json_object_get(m.top, "name")));
    const char *in = json_string_value(json_object_get(m.top, "input"));
    const json_t *shape = json_object_get(json_object_get(m.top, "tensors"), in);
    m.net->input = mj_tensor(&m, in, (uint32_t)mj_int(shape, "shape", 3), (uint32_t)mj_int(shape, "shape", 1), (uint32_t)mj_int(shape, "shape", 2));
    json_array_foreach(json_object_get(m.top, "layers"), i, layer)
        mj_layer(&m, layer);
    ck_assert_msg(bl_net_finish(m.net, &h.diag) == 0, "%s", h.text);
    free(m.bin);
    json_decref(m.top);
    return m.net;
}

#endif
