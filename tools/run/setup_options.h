/* setup_options.h - the options of the commands that set up a run (platforms/job/setup.h). */
#ifndef BL_SETUP_OPTIONS_H
#define BL_SETUP_OPTIONS_H

#include <stddef.h>

#include "platforms/job/setup.h"
#include "tools/options.h"

/* Rows of an option table whose struct has a member `setup` of type struct bl_setup_opts, and `sets`, a struct bl_texts, which
 * becomes setup.set. Those of a net also `images` and `data`, struct bl_texts, which bl_net_options (net_options.h) looks at. */
#define BL_SET_OPTIONS(T) \
    { "set", 0, BL_OPT_MANY, offsetof(T, sets), "PATH=VALUE", "set a parameter: cols=72, macro[0].cols=72, gen[3].every=2,\n" \
      "tile[*].mem.n=4, gen[*].x.depth=8, clock.core=250MHz, voltage=0.8V, tech=FILE" }, \
    { "seed", 0, BL_OPT_WHOLE, offsetof(T, setup.seed), "S", "seed of all random streams (1)" }
#define BL_NET_OPTIONS(T) \
    { "net", 0, BL_OPT_TEXT, offsetof(T, setup.net), "FILE", "quantised ONNX or .tflite, or a layer table (.csv); \"none\"\n" \
      "runs without; " \
      "default, where a mapper is: " BL_DEFAULT_NET }, \
    { "images", 0, BL_OPT_MANY, offsetof(T, images), "K|FILE", "how many (100, or 1 when they are made up); or as --data" }, \
    { "first", 0, BL_OPT_WHOLE, offsetof(T, setup.first), "I", "index of the first one (0)" }, \
    BL_DATA_OPTIONS(T), \
    { "bits", 0, BL_OPT_TEXT, offsetof(T, setup.bits), "TABLE[:COLUMN]", "bits of weights and inputs by layer: \"hawqv3:medium\";\n" \
      "also --set layer[NAME].w_bits=4, layer[*].a_bits=4" }, \
    { "rounding", 0, BL_OPT_CHOICE, offsetof(T, setup.rounding), "xnn|q31", "how a .tflite net rounds: as TensorFlow Lite on processors\n" \
      "(the default), or as its reference kernels and most accelerators" }
#define BL_DATA_OPTIONS(T) \
    { "data", 0, BL_OPT_MANY, offsetof(T, data), "FILE", "images: .npy, IDX3 or IDX4, plain or gzipped; NAME=FILE for each input of\n" \
      "a net with several; \"fashion-mnist\": the 10000 of the Debian\npackage dataset-fashion-mnist" }, \
    { "labels", 0, BL_OPT_TEXT, offsetof(T, setup.labels), "FILE", "their classes: .npy of integers, IDX1, bytes, or one a line" }, \
    { "layout", 0, BL_OPT_CHOICE, offsetof(T, setup.form.layout), "nchw|nhwc", "order of .npy or raw images, where the shape does not say it" }, \
    { "mean", 0, BL_OPT_TEXT, offsetof(T, setup.form.mean), "M[,M]...", "one, or one a channel: a pixel p is (p / 255 - mean) / std, a float x\n" \
      "(x - mean) / std; then the input quantises it" }, \
    { "std", 0, BL_OPT_TEXT, offsetof(T, setup.form.std), "S[,S]...", "see --mean" }, \
    { "raw", 0, BL_OPT_MAYBE, offsetof(T, setup.form.raw), "TYPE", "files of numbers alone: u8, i8, f32 or f64 (as the net's input)" }, \
    { "pixels", 0, BL_OPT_FLAG, offsetof(T, setup.form.pixels), NULL, "uint8 of .npy and raw files are pixels, also where the input is int8" }, \
    { "metric", 0, BL_OPT_CHOICE, offsetof(T, setup.metric), "top1|top5|error", "besides the class: label among the five largest outputs; or mean\n" \
      "(input - output)^2, with labels 0 and 1 also AUC" }
#define BL_OBJECTIVE_OPTION(T) \
    { "objective", 0, BL_OPT_CHOICE, offsetof(T, setup.objective), "plain|copies|latency|energy|edp", "how the mapper weight_stationary maps: as many copies " \
      "of tiles as\nfit, or the cut with least cycles, energy, or product of both" }
#define BL_CALIBRATION_OPTION(T) \
    { "calibration", 0, BL_OPT_TEXT, offsetof(T, setup.calibration), "FILE", "what `bitline calibrate` wrote; \"none\": without;\n" \
      "default: NET.MAPPER.yaml beside the net, if it is there" }

#endif
