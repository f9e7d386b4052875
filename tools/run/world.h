/* world.h - what run, check and calibrate share: a platform, its net, its images, and the simulation of them. */
#ifndef BL_WORLD_H
#define BL_WORLD_H

#include "platforms/net/dataset.h"
#include "platforms/file/load.h"
#include "platforms/job/mapper.h"
#include "platforms/net/net.h"
#include "platforms/file/find.h"
#include "tools/run/alike.h"
#include "tools/options.h"
#include "tools/report/report.h"

#define BL_DEFAULT_NET "platforms/nets/fashion_cnn.onnx"

struct bl_world_opts {
    struct bl_texts set;
    const char *net, *data, *labels, *calibration, *dump, *bits;
    struct bl_whole images, first, seed, shuffle, jobs;
    bool no_nap;
};

/* Rows of an option table whose struct has a member `w` of type struct bl_world_opts. */
#define BL_SET_OPTIONS(T) \
    { "set", 0, BL_OPT_MANY, offsetof(T, w.set), "PATH=VALUE", "set a parameter: gen[3].every=2, tile[*].mem.n=4,\n" \
      "gen[*].x.depth=8, clock.core=250MHz, voltage=0.8V, tech=FILE" }, \
    { "seed", 0, BL_OPT_WHOLE, offsetof(T, w.seed), "S", "seed of all random streams (1)" }
#define BL_NET_OPTIONS(T) \
    { "net", 0, BL_OPT_TEXT, offsetof(T, w.net), "FILE", "quantised ONNX or a layer table (.csv); \"none\" runs without;\n" \
      "default, where a mapper is: " BL_DEFAULT_NET }, \
    { "images", 0, BL_OPT_WHOLE, offsetof(T, w.images), "K", "how many (100, or 1 when they are made up)" }, \
    { "first", 0, BL_OPT_WHOLE, offsetof(T, w.first), "I", "index of the first one (0)" }, \
    { "data", 0, BL_OPT_TEXT, offsetof(T, w.data), "FILE", "images, IDX3 or IDX4, plain or gzipped; \"fashion-mnist\":\n" \
      "the 10000 of the Debian package dataset-fashion-mnist" }, \
    { "labels", 0, BL_OPT_TEXT, offsetof(T, w.labels), "FILE", "their classes, IDX1" }, \
    { "bits", 0, BL_OPT_TEXT, offsetof(T, w.bits), "TABLE:COLUMN", "bits of the weights by layer: \"hawqv3:medium\"; also\n" \
      "--set layer[NAME].bits=4, layer[*].bits=4" }
#define BL_CALIBRATION_OPTION(T) \
    { "calibration", 0, BL_OPT_TEXT, offsetof(T, w.calibration), "FILE", "what `bitline calibrate` wrote; \"none\": without;\n" \
      "default: NET.MAPPER.yaml beside the net, if it is there" }

enum { BL_WORLD_INPUTS = 8 };

struct bl_world {
    struct bl_diag *diag;
    const struct bl_world_opts *o;
    struct bl_found platform_at, net_at, images_at, labels_at, calibration_at, bits_at;
    struct bl_platform *platform;
    const struct bl_mapper *mapper;          /* NULL: none */
    struct bl_net *net;                      /* NULL: runs without */
    struct bl_dataset *set;                  /* NULL: made up */
    const char *images;                      /* name of the data set, as shown; NULL: made up */
    uint32_t first, count;
    uint64_t seed;
    struct bl_input input[BL_WORLD_INPUTS];
    size_t ninputs;
    struct bl_job_opts job_opts;
    struct bl_sim *sim;
    struct bl_fold fold;                     /* what the kernel says; many equal errors of the wiring as one */
    struct bl_job *job;                      /* NULL without a net */
};

/* Reads the platform and finds its mapper; then the net (if any) and its images; then builds the simulation up to
 * elaboration. Each 0, or -1 after having reported every error; bl_world_close is right after any of them. */
int bl_world_platform(struct bl_world *w, const char *platform, const struct bl_world_opts *o, struct bl_diag *diag);
int bl_world_net(struct bl_world *w);
int bl_world_build(struct bl_world *w);
void bl_world_close(struct bl_world *w);
/* Narrows the weights of the net as --bits and --set layer[NAME].bits say: 0, or -1 after a bl_error. */
int bl_world_bits(struct bl_world *w);
bool bl_is_bits_set(const char *text);
/* The supply that prices are scaled to, microvolts; 0: prices as given. */
double bl_world_microvolts(const struct bl_world *w);

#endif
