/* setup_options.h - the options of the commands that set up a run (platforms/job/setup.h). */
#ifndef BL_SETUP_OPTIONS_H
#define BL_SETUP_OPTIONS_H

#include <stddef.h>

#include "platforms/job/setup.h"
#include "tools/options.h"

/* Rows of an option table whose struct has a member `setup` of type struct bl_setup_opts, and `sets`, a struct bl_texts, which
 * becomes setup.set. */
#define BL_SET_OPTIONS(T) \
    { "set", 0, BL_OPT_MANY, offsetof(T, sets), "PATH=VALUE", "set a parameter: cols=72, macro[0].cols=72, gen[3].every=2,\n" \
      "tile[*].mem.n=4, gen[*].x.depth=8, clock.core=250MHz, voltage=0.8V, tech=FILE" }, \
    { "seed", 0, BL_OPT_WHOLE, offsetof(T, setup.seed), "S", "seed of all random streams (1)" }
#define BL_NET_OPTIONS(T) \
    { "net", 0, BL_OPT_TEXT, offsetof(T, setup.net), "FILE", "quantised ONNX or .tflite, or a layer table (.csv); \"none\"\n" \
      "runs without; " \
      "default, where a mapper is: " BL_DEFAULT_NET }, \
    { "images", 0, BL_OPT_WHOLE, offsetof(T, setup.images), "K", "how many (100, or 1 when they are made up)" }, \
    { "first", 0, BL_OPT_WHOLE, offsetof(T, setup.first), "I", "index of the first one (0)" }, \
    { "data", 0, BL_OPT_TEXT, offsetof(T, setup.data), "FILE", "images, IDX3 or IDX4, plain or gzipped; \"fashion-mnist\":\n" \
      "the 10000 of the Debian package dataset-fashion-mnist" }, \
    { "labels", 0, BL_OPT_TEXT, offsetof(T, setup.labels), "FILE", "their classes, IDX1" }, \
    { "bits", 0, BL_OPT_TEXT, offsetof(T, setup.bits), "TABLE:COLUMN", "bits of the weights by layer: \"hawqv3:medium\"; also\n" \
      "--set layer[NAME].bits=4, layer[*].bits=4" }, \
    { "rounding", 0, BL_OPT_CHOICE, offsetof(T, setup.rounding), "xnn|q31", "how a .tflite net rounds: as TensorFlow Lite on processors\n" \
      "(the default), or as its reference kernels and most accelerators" }
#define BL_CALIBRATION_OPTION(T) \
    { "calibration", 0, BL_OPT_TEXT, offsetof(T, setup.calibration), "FILE", "what `bitline calibrate` wrote; \"none\": without;\n" \
      "default: NET.MAPPER.yaml beside the net, if it is there" }

#endif
