/* real_nets.h - the quantised nets of ../shared/data with images of theirs and their classes, as the commands take them. */
#ifndef BL_TESTS_REAL_NETS_H
#define BL_TESTS_REAL_NETS_H

#include "platforms/net/onnx_write.h"
#include "tests/rigs/command_rig.h"
#include "tests/rigs/model_json.h"

#define DATA "../shared/data/"
#define CIFAR "--data", DATA "ic_resnet8/cifar10_perf200_x.u8.gz", "--raw=u8"
#define CIFAR_LABELS "--labels", DATA "ic_resnet8/cifar10_perf200_y.u8"

/* before: right of all `of` images. */
static const struct real_net { const char *name, *net, *images[12]; int of, before; } REAL[] = {
    { "ResNet8", DATA "ic_resnet8/ic_resnet8_int8.tflite", { CIFAR, "--pixels", CIFAR_LABELS }, 200, 174 },
    { "DS-CNN", DATA "kws_dscnn/kws_dscnn_int8.tflite", { "--data", DATA "kws_dscnn/kws01_x.i8.gz", "--raw", "--labels", DATA "kws_dscnn/kws01_y.u8" }, 1000, 902 },
    { "ResNet20", DATA "resnet20_cifar10/model.json", { CIFAR, "--layout", "nhwc", "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225", CIFAR_LABELS }, 200, 189 },
    { "MobileNetV2", DATA "mbv2_cifar10/mbv2_cifar10_int8.onnx", { "--data", DATA "mbv2_cifar10/x_200.f32.gz", "--raw", CIFAR_LABELS }, 200, 182 },
};
enum { REAL_NETS = sizeof REAL / sizeof *REAL };

static inline bool real_net_there(int i)
{
    FILE *f = fopen(REAL[i].net, "rb");

    if (f)
        fclose(f);
    return f != NULL;
}

/* The file of that net; one that is a model.json is written as ONNX first, to be removed by real_net_done. */
static inline const char *real_net_file(int i, char path[NAME])
{
    const char *net = REAL[i].net;
    char folder[NAME];
    struct heard h;
    uint8_t *bytes;
    size_t len;

    snprintf(path, NAME, "%s", net);
    if (!strstr(net, "model.json"))
        return path;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(net, '/') - net), net);
    struct bl_net *made = model_json(folder);
    ck_assert_msg(made && bl_onnx_write(made, &(struct bl_onnx_form){ .nearest = false }, &bytes, &len, heard_start(&h)) == 0, "%s", h.text);
    ck_assert_int_eq(bl_save_all(scratch("real_net.onnx", path), bytes, len, &h.diag), 0);
    bl_net_free(made);
    free(bytes);
    return path;
}

static inline void real_net_done(int i, const char *path)
{
    if (strstr(REAL[i].net, "model.json"))
        remove(path);
}

#endif
