/* job_in.h - a job as job.c and job_plan.c see it; private to them. */
#ifndef BL_PLATFORMS_JOB_IN_H
#define BL_PLATFORMS_JOB_IN_H

#include "components/host.h"
#include "platforms/file/load.h"
#include "platforms/job/mapper.h"
#include "platforms/job/part_rows.h"
#include "platforms/net/reference.h"

struct block { struct block *next; max_align_t data[]; };

/* A net of the run, as it is planned; its reference. */
struct job_net { const struct bl_net *net; struct bl_host_layer *layers; struct bl_ref_out ref; };

struct bl_job {
    const struct bl_mapper *mapper;
    const char *host;                  /* path of the host part */
    struct bl_job_opts o;
    struct bl_diag *diag, uncounted;   /* uncounted: where nobody listens, so that errors are counted */
    struct block *blocks;
    struct bl_host_program program;
    struct job_net *nets;              /* nnets of them, usually one; `o.net`, `layers` and `ref` are those of the image at hand, number `net` */
    uint32_t nnets, net;
    uint8_t *which;                    /* by image */
    struct bl_host_layer *layers;
    uint8_t *images;                   /* as the reference reads them */
    const uint8_t *host_images;        /* as the host keeps them */
    uint8_t *kept;                     /* job_streams.c: tensors of images under way, [under_way][memory]; */
    uint32_t *fetched;                 /* images whose tensor of a stream is there, by stream */
    struct bl_ref_out ref;
    struct bl_result r;
    uint64_t op_macs, *layer_op_macs;  /* multiply-accumulates of an operation; of each layer's, where `pack` gave others, else 0 */
    uint32_t image, layer;             /* the next layer to end */
    uint32_t ref_layers;               /* of this image the reference has done so many */
    bool pending;                      /* that layer has ended in the simulation, and the reference was interrupted */
    struct bl_sim *sim;                /* while it runs */
    uint32_t last;                     /* the layer that makes the net's output */
    uint64_t *image_cycles;            /* of every finished image */
    double *image_error[2];            /* BL_MSE: of every finished image, and of the reference */
    double *in, *reals;                /* of an image: the real values of its input, and of its output */
    uint64_t cycles_before;
    bl_yj energy_before;
    bool dump_kept;
    int16_t *dump_in, *dump_out, *dump_want;
    uint32_t dump_layer;
    void *state;
    void *saved;                       /* the mapper's, in snapshots */
    size_t nsaved;
    bool one;                          /* the run returns after an image */
    bool over;                         /* all images are there; the last ones were added */
    uint64_t *numbers;                 /* job_share.c: room for an account, */
    struct bl_layer_result *shared;    /* and for the layers of another process */
    struct bl_part_rows rows;          /* of the layers' `spent`; */
    uint64_t *spent;                   /* room for such an account */
};

/* The path of the host part: the mapper's, else that of `array:`; NULL: neither says it. */
const char *bl_job_host(const struct bl_mapper *m, const struct bl_array *array);
/* The mapper's host part, what it needs and the size of an operation, which is given at *op_macs (may be NULL): 0, or -1 after a
 * bl_error for each that is missing or of another class. array: of the platform file, or NULL. */
int bl_job_parts(struct bl_ask *a, const struct bl_mapper *m, const struct bl_array *array, uint64_t *op_macs);
/* What `pack` has made of layer i can be run: 0, or -1 after a bl_error that names mapper, layer and field. */
int bl_job_check(struct bl_job *job, struct bl_sim *s, uint32_t i);
/* Checks images and layers, makes the host's program and supplies it: 0, or -1 after a bl_error. */
int bl_job_plan(struct bl_job *job, struct bl_sim *s);
/* Turns to net number i, or to that of the image at hand. */
void bl_job_turn(struct bl_job *job, uint32_t i);
void bl_job_turn_to_image(struct bl_job *job);
/* The layer that has just ended, with tensors in `memory`; `cycles`: of all images so far with it. 1: interrupted, and to be called once more. */
int bl_job_layer_done(struct bl_job *job, struct bl_sim *s, const uint8_t *memory, uint64_t cycles);
/* Of a program with streams (job_streams.c): after `supply`, makes room; is the simulation where the job has left it, or ahead?; what has been
 * done since is looked at: 0, 1 interrupted, or -1 after a bl_error. */
int bl_job_streams_plan(struct bl_job *job);
bool bl_job_streams_fit(const struct bl_job *job, struct bl_sim *s);
bool bl_job_streams_due(const struct bl_job *job, struct bl_sim *s);
int bl_job_streams_done(struct bl_job *job, struct bl_sim *s);
/* Judges the image that has just ended: classes, and what the metric asks for; then, at the end, means over all images. */
void bl_job_judge(struct bl_job *job, const uint8_t *memory);
void bl_job_judge_all(struct bl_job *job);
/* job_account.c: room for where the time of each layer went, for its critical path and its slots, where these are recorded; what the run so far has more than all layers before,
 * which is the layer's that has ended, `cycles` after the one before: 0, or -1 after a bl_error: its slots do not add up; of two of a layer the sum. */
void bl_job_lay_accounts(struct bl_job *job, struct bl_layer_result *layers, const struct bl_sim *s);
int bl_job_add_accounts(const struct bl_job *job, struct bl_sim *s, struct bl_layer_result *r, uint64_t cycles);
void bl_job_sum_accounts(struct bl_layer_result *to, const struct bl_layer_result *from);
/* Where tensor `t` of the net is in the host's memory. */
struct bl_host_tensor bl_job_place(const struct bl_job *job, uint32_t t);

#endif
