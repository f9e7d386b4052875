/* mapper.h - a net on a platform: a mapper turns layers into work for the platform's host part, a job
 * runs it image by image, compares every layer with reference.c and keeps the figures. */
#ifndef BL_PLATFORMS_MAPPER_H
#define BL_PLATFORMS_MAPPER_H

#include <stdio.h>

#include "platforms/job/ask.h"
#include "platforms/net/dataset.h"
#include "platforms/net/net.h"
#include "platforms/net/score.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bl_job;
struct bl_calibrate_opts;
struct bl_setup;
struct bl_host_program;
struct bl_host_layer;
struct bl_platform;

/* ---- what a platform adds (one const struct a platform, in platforms/NAME/mapper.c or in a module) --- */

/* What a layer of an image takes by closed forms, on macros that nothing holds up. */
struct bl_ideal {
    bool on_array;                 /* false: host work; then only cycles count */
    uint64_t tiles, copies, rounds;    /* weight tiles, each of them so many times among them; times that the macros are loaded */
    uint64_t packed;               /* groups that share a tile */
    uint64_t rows, cols;           /* of a full tile: products, outputs */
    uint64_t steps, busy;          /* operations one after the other; ticks that an array is at work on them */
    uint64_t load, cycles;         /* ticks that rows are sent; all of the layer */
    uint64_t barrier;              /* of them those in which a round waits for macros behind the first one */
    double utilisation;            /* of all cells in all steps, 0..1 */
    bl_yj operations, writes;      /* of the macros; of writing weights */
};
/* Why a run took more than that: cycles of the run (of one array's clock) and energy. Rows add up to the difference. */
struct bl_gap_row { const char *cause, *help; uint64_t cycles; bl_yj energy; };
enum { BL_GAP_ROWS = 32 };
struct bl_gap {
    uint64_t ideal, cycles;        /* array at work by closed form; elapsed */
    bl_yj ideal_energy, energy;
    struct bl_gap_row row[BL_GAP_ROWS];
    uint32_t n;
};

struct bl_mapper {
    const char *name;              /* equal to the folder's name; what `mapper` of a platform file says */
    const char *help;              /* one line */
    const char *host;              /* path of the host part, of class `host` or one like it (components/host.h): "host"; NULL: the
                                    * platform file says it, with the sizes of its macros (`array:`), and must */
    const struct bl_need *needs;   /* parts that the platform must have, and their classes (ask.h) */
    const char *op_size[2];        /* parameters whose product is the multiply-accumulates of an operation; NULL: 1, or those of `array:`;
                                    * `pack` may give another number for its layer (bl_job_op_macs) */
    bool pools;                    /* pooling is not host work here */
    bool fluid;                    /* bits may change between images (bl_job_later); `pack` is then called for the layers of each net, bl_job_net_number */
    /* Before anything else: reads calibration, checks the net; may keep something at *bl_job_state: 0 or -1.
     * May be NULL. Parameters of parts can be asked for already (bl_job_ask). */
    int (*begin)(struct bl_job *job, struct bl_sim *s);
    /* Packs the weights of a conv or fc layer into tiles for the platform's arrays (see platforms/job/tile.h), whose sizes
     * bl_job_ask(job, s) gives: 0, or -1 after a bl_error that names the layer. Memory comes from bl_job_alloc. What it has
     * made is checked: geometry, and for a host part of class `host` tiles and rows. */
    int (*pack)(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out);
    /* Supplies what parts other than the host read (tables by layer, calibration): 0 or -1. May be NULL. */
    int (*supply)(struct bl_job *job, struct bl_sim *s);
    /* Of a program with streams (components/host.h), which must have it: stream `stream` has done image `image` of the run. Its tensor is copied
     * to its place in `memory`, as the host keeps tensors, and with it those of layers that no stream runs. 0, or -1 after a bl_error. */
    int (*fetch)(struct bl_job *job, struct bl_sim *s, uint32_t stream, uint32_t image, uint8_t *memory);
    /* A layer has ended (of any image): for figures by layer. May be NULL. */
    void (*layer)(struct bl_job *job, struct bl_sim *s, uint32_t layer);
    /* After the run: the platform's own figures (boundary mix, overflows), by name. Each image begins from reset: what is read of a part is
     * a tally, its account, or a view or memory that is kept (BL_KEPT); anything else is that of the last image. May be NULL. */
    void (*figures)(struct bl_job *job, struct bl_sim *s);
    /* After elaboration: 0; 1 where there is no closed form, which *why says; -1 after a bl_error. May be NULL. */
    int (*ideal)(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_ideal *out, const char **why);
    /* The same after a run. */
    int (*gap)(struct bl_job *job, struct bl_sim *s, struct bl_gap *out, const char **why);
    /* `bitline calibrate`: writes a calibration file: 0 or -1. NULL: nothing to calibrate. */
    int (*calibrate)(const struct bl_calibrate_opts *o, struct bl_diag *diag);
    bool calibrates_on_threads;    /* it reads `workers` */
    /* `bitline net --as asm`: writes what the platform's controller executes, layer by layer. NULL: it has no instructions. */
    void (*listing)(struct bl_job *job, FILE *to);
};
extern const struct bl_mapper *const bl_mappers[];     /* generated by the build, ends with NULL */
const struct bl_mapper *bl_mapper_find(const char *name);
/* The same among those of the platform's modules as well. */
const struct bl_mapper *bl_mapper_named(const struct bl_platform *p, const char *name);
/* Looks at the mappers of the platform's modules, then gives the one that runs a net on it, at *m: the one that the file
 * names, else the one that is called like the file, else NULL. 0, or -1 after a bl_error. */
int bl_mapper_of(const struct bl_platform *p, const struct bl_mapper **m, struct bl_diag *diag);

/* ---- a job ---------------------------------------------------------------------------------------- */

/* A layer that has just ended: the host's program and memory (components/host.h). */
struct bl_layer_end { uint32_t layer; const struct bl_host_layer *program; const uint8_t *memory; const int32_t *sums; };

/* From image `from` of the data set on this net: the same layers with other bits, both narrowed from one. */
struct bl_job_later { uint32_t from; const struct bl_net *net; };

struct bl_job_opts {
    const char *platform;              /* path of the platform file, for messages, or NULL */
    const struct bl_net *net;
    const struct bl_job_later *later;  /* nlater of them, by rising images; of a mapper that is `fluid` */
    uint32_t nlater;
    const struct bl_dataset *images;   /* NULL: made-up inputs (bl_dataset_made) */
    uint32_t first, count;             /* which images */
    uint64_t seed;                     /* of made-up inputs */
    const struct bl_platform *file;    /* the platform file as it was read and applied, or NULL */
    enum bl_metric metric;             /* how outputs are judged; bl_metric_fits was asked */
    const char *calibration;           /* path of a file from `bitline calibrate`, or NULL */
    const void *tuning;                /* the mapper's own tables instead of a file, or NULL */
    double microvolts;                 /* the platform file's supply, for mappers whose parts have one; 0: not said */
    const char *objective;             /* word of `mapping` (array:) that stands over the file's, or NULL */
    const char *dump;                  /* name of a layer whose tensors are kept, or NULL */
    /* Called when a layer has ended, its input still in memory; may be NULL. */
    void (*on_layer)(void *ctx, const struct bl_layer_end *e);
    void *on_layer_ctx;
    /* Called now and then while the reference computes a layer of the net: `done` of `total` products and cells of windows; may be NULL. */
    void (*on_reference)(void *ctx, uint32_t layer, uint64_t done, uint64_t total);
    void *on_reference_ctx;
};

/* What one layer took, summed over the images of the run. */
struct bl_layer_result {
    const char *name, *kind;           /* kind: "conv", "fc", ... */
    uint32_t in_c, in_h, in_w, out_c, out_h, out_w, kh, kw, stride, groups;
    bool on_array;                     /* false: host work */
    uint32_t w_bits, a_bits, out_bits; /* words of weights (0: none) and of inputs, codes of the output; 32: float32 */
    uint64_t macs;                     /* an image */
    uint64_t tiles;                    /* weight tiles an image */
    uint64_t ops;                      /* macro operations, all images */
    uint64_t cycles, load_cycles;      /* of the host's clock, all images; load_cycles: waiting for weights */
    uint64_t outputs, mismatches;      /* elements compared with reference.c on the layer's own inputs' chain */
    uint32_t max_abs_err;
    double utilisation;                /* useful MACs / MACs that the issued operations could do, 0..1 */
    double signal, error;              /* sums of squares of the reference (zero point off) and of the difference */
    uint64_t *spent; size_t nspent;    /* what parts spent meanwhile by verdict, as the result's `rows` count it, all images; NULL, 0: images overlap */
    uint64_t *path; size_t npath;      /* the critical path, rows as in bl_path_at, all images; NULL, 0: not recorded */
    uint64_t *slots; size_t nslots;    /* of macros, as of bl_slots_total, all images; NULL, 0: there are none, or layers overlap */
    bl_yj energy;
};

struct bl_mismatch { bool any; uint32_t image, layer, c, y, x; int got, wanted; };

struct bl_figure { const char *name, *unit, *help; double value; };

/* Images under way together: what each layer's macros did while the run went on, in ticks of the host's clock. Of cores x elapsed what is not
 * busy is a bubble, and these causes add up to it: nothing to read; no place to write to; pushes, the first window, what drains at the end;
 * the array waits for the buffer; what is behind it holds it up. */
enum bl_bubble { BL_NO_IMAGE, BL_NO_CREDIT, BL_STARTING, BL_MEMORY_LATE, BL_BACK, BL_BUBBLES };
extern const char *const bl_bubble_name[BL_BUBBLES];
struct bl_pipe_layer {
    const char *name, *unit;           /* unit: the vector unit that does it; NULL: macros */
    uint32_t tiles, copies, cores;
    uint64_t busy, bubble[BL_BUBBLES];
    uint64_t made, read;               /* of the first image: from its first push until all is made, until all is read */
};
struct bl_pipe_map { const char *name; uint32_t slots, most; uint64_t bytes; };      /* bytes of a slot; slots that were full at once, at most */
struct bl_pipeline {
    const char *placement, *limits;    /* what limits the interval, as a sentence */
    bool ideal;                        /* the buffer has ports for everybody */
    uint64_t elapsed, setup;           /* setup: before the first image, not in elapsed */
    uint64_t first, latency;           /* of the first image; of those in the middle third, the median */
    uint64_t interval[3];              /* from image to image: least, median, greatest; 0: one image */
    uint64_t steady;                   /* the mean of the later half of the images, rounded: where intervals take turns it is what counts */
    uint64_t drain;                    /* from the beginning of the last image to the end */
    double images_per_s;               /* at the steady interval, or of the only image */
    uint64_t reserved, most;           /* bytes of all slots; in use at once, at most */
    uint32_t cores, unused, nlayers, nmaps;
    const struct bl_pipe_layer *layer;
    const struct bl_pipe_map *map;
};

struct bl_result {
    uint32_t images;                   /* finished */
    bool has_labels;
    uint32_t correct;                  /* class equals the label */
    uint32_t reference_correct;        /* the reference's class equals the label */
    uint32_t agree;                    /* class equals the reference's class */
    enum bl_metric metric;
    uint32_t top5, reference_top5;     /* BL_TOP5: the label is among the five largest outputs */
    double mse, reference_mse;         /* BL_MSE: mean over the images */
    double auc, reference_auc;         /* BL_MSE: over labels 0 and 1; NAN where there are none, or of one kind only */
    uint32_t last;                     /* the layer that makes the net's output, usually nlayers - 1 */
    uint64_t outputs, mismatches;      /* elements of that layer */
    double snr_db;                     /* of that layer against the reference; INFINITY when equal */
    struct bl_mismatch first;          /* the first differing element of the run, any layer */
    uint64_t cycles_min, cycles_median, cycles_max;   /* an image, host clock */
    const char *host;                  /* path of the host part, whose clock counts cycles */
    uint64_t macs, ops;                /* useful MACs, macro operations, all images */
    uint64_t bit_macs;                 /* these MACs, each times bits of its weight x bits of its input; 0 where images differ in bits */
    uint32_t nlayers; struct bl_layer_result *layers;
    const struct bl_part_rows *rows;   /* of `spent` of the layers; NULL: none */
    uint32_t nfigures; struct bl_figure *figures;
    const struct bl_pipeline *pipeline;         /* NULL: image by image */
    bool approximate;                  /* the platform is analog in this mode: mismatches are expected */
};

/* Before bl_elaborate: plans the net on the platform's parts and supplies their inputs. NULL after a
 * bl_error. Everything in *o must outlive the job. */
struct bl_job *bl_job_open(const struct bl_mapper *m, struct bl_sim *s, const struct bl_job_opts *o, struct bl_diag *diag);
/* After elaboration: what it keeps that depends on the simulation. */
void bl_job_elaborated(struct bl_job *job, struct bl_sim *s);
void bl_job_close(struct bl_job *job);
/* Runs to the end of the work or to until_fs. `progress` (may be NULL) is called after every image.
 * BL_END_STARVED is a deadlock. BL_END_INTERRUPTED, which bl_interrupt also brings about while the reference computes, can be gone on from. After BL_END_BREAK the result is not summed up yet. After the last image it returns
 * BL_END_STOPPED at once. BL_END_FAILED after a bl_error also when the simulation is not where the job has left it. */
enum bl_end bl_job_run(struct bl_job *job, struct bl_sim *s, uint64_t until_fs,
                       void (*progress)(void *ctx, uint32_t done, uint32_t total), void *ctx);
bool bl_job_is_one_run(const struct bl_job *job);          /* images are under way together: none can be run by itself */
const struct bl_result *bl_job_result(const struct bl_job *job);      /* NULL for NULL: no net, no result */
/* What the mapper's closed forms say of a layer of an image, after bl_elaborate; and why the run took more. 0; 1 where they say nothing, *why is
 * the reason; -1 after a bl_error. */
int bl_job_ideal(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_ideal *out, const char **why);
int bl_job_gap(struct bl_job *job, struct bl_sim *s, struct bl_gap *out, const char **why);
/* What the job knows beside the simulation, as bytes, to go with a snapshot of that (bl_save; bl_setup_save does both); buf has
 * bl_job_save_bytes bytes, which change while the job runs. bl_job_fits: 0, or -1 after a bl_error when they are not of this
 * net, these images, this dump; then bl_job_restore refuses them too, and nothing is changed. */
size_t bl_job_save_bytes(struct bl_job *job);
void bl_job_save(struct bl_job *job, void *buf);
int bl_job_fits(struct bl_job *job, const void *buf, size_t bytes);
int bl_job_restore(struct bl_job *job, const void *buf, size_t bytes);
/* Writes the tensors kept for opts.dump as text files PREFIX.{in,out,want}.txt: 0 or -1. */
int bl_job_dump(const struct bl_job *job, const char *prefix, struct bl_diag *diag);

/* ---- for mappers ------------------------------------------------------------------------------------ */

const struct bl_job_opts *bl_job_options(const struct bl_job *job);
/* In `pack`: of how many nets, and of which, the layer is: 1 and 0 unless bits change between images. bl_job_options(job)->net is that net. */
uint32_t bl_job_nets(const struct bl_job *job);
uint32_t bl_job_net_number(const struct bl_job *job);
/* After planning: the net of image i, 0 .. count - 1. */
const struct bl_net *bl_job_net_of(const struct bl_job *job, uint32_t i);
struct bl_diag *bl_job_diag(struct bl_job *job);
struct bl_ask bl_job_ask(struct bl_job *job, struct bl_sim *s);   /* to ask the platform's parts */
void **bl_job_state(struct bl_job *job);                   /* the mapper's own, NULL at first */
struct bl_host_program *bl_job_program(struct bl_job *job);/* what the host will run (components/host.h); to be completed in `supply` */
const uint8_t *bl_job_images(const struct bl_job *job);    /* in `supply`: as the host gets them, input_bytes each */
void *bl_job_alloc(struct bl_job *job, size_t bytes);      /* zeroed, lives as long as the job; never NULL */
void *bl_job_saved(struct bl_job *job, size_t bytes);      /* the same, once a job: 64-bit counts over all images, which go with
                                                             * snapshots of it (bl_job_save) and add up when processes share the images */
void bl_job_approximate(struct bl_job *job);               /* results differ from the reference by design */
/* In `pack`: multiply-accumulates that an operation of this layer could do, above 0, where that depends on the bits of its weights. */
void bl_job_op_macs(struct bl_job *job, uint32_t layer, uint64_t macs);
void bl_job_off_host(struct bl_job *job, uint32_t layer);  /* in `supply`: a layer that no array does is not work of the host either */
void bl_job_pipeline(struct bl_job *job, const struct bl_pipeline *p);     /* in `figures`; memory from the job */
void bl_job_figure(struct bl_job *job, const char *name, const char *unit, double value, const char *help);

/* ---- calibrating: what `bitline calibrate` asks of a mapper -------------------------------------------- */

struct bl_calibrate_opts {
    const struct bl_setup *setup;      /* platform and net are read (bl_setup_net), nothing is built; its net is not NULL */
    const double *loss; size_t nloss;  /* loss limits, one a threshold */
    const char *output;                /* path of the file to write */
    uint32_t workers;                  /* threads, at most, where the mapper has work for several; 0: one */
    void (*trying)(void *ctx, const char *what);       /* told of what is tried, now and then; may be NULL */
    void *trying_ctx;
};

/* One more run of that setup, with more parameters and with tables of the mapper (calibrate.c). */
struct bl_trial {
    const char *const *sets; size_t nsets;
    const void *tuning;
    const char *stat;                  /* part whose memory `stat` is kept, or NULL */
    void (*on_layer)(void *ctx, const struct bl_layer_end *e);   /* as in bl_job_opts */
    void *on_layer_ctx;
    void (*ended)(void *ctx, struct bl_sim *s);      /* called when the run has ended, with on_layer_ctx; may be NULL */
    bool no_net;                       /* the platform by itself */
};
/* loss: NMSE of the net's output against the reference; stat: to be freed, NULL when the part has none. */
struct bl_outcome { double loss; uint32_t correct, images; void *stat; };
/* The setup of such a run, built and not begun; to be closed by bl_setup_close. NULL after a bl_error. */
struct bl_setup *bl_trial_open(const struct bl_calibrate_opts *o, const struct bl_trial *t, struct bl_diag *diag);
/* 0, or -1 after a bl_error, when *out is as it was. */
int bl_trial_run(const struct bl_calibrate_opts *o, const struct bl_trial *t, struct bl_outcome *out, struct bl_diag *diag);
/* Asks the platform of that setup, without a net: all that the mapper needs is there, then `asked`, with ctx. 0, or -1 after a
 * bl_error. */
int bl_trial_ask(const struct bl_calibrate_opts *o, int (*asked)(struct bl_ask *a, void *ctx), void *ctx, struct bl_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
