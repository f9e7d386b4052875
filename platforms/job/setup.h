/* setup.h - one way to set up a run: a platform and its parameters, a net and its images, a calibration, a seed, and the
 * simulation of them. The commands of bitline, calibration and programs of your own use it; tests/embed/embed.c is one.
 * What a person gives in the wrong way is reported, and the call fails. A mistake in the code of a component, also of a module's,
 * is not: the run ends the program with abort(), after a message on stderr and after closing its waveforms. */
#ifndef BL_SETUP_H
#define BL_SETUP_H

#include "platforms/file/find.h"
#include "platforms/file/load.h"
#include "platforms/file/texts.h"
#include "platforms/job/mapper.h"
#include "platforms/net/dataset.h"
#include "platforms/net/net.h"
#include "platforms/net/score.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BL_DEFAULT_NET "platforms/nets/fashion_cnn.onnx"

/* What a run is made of; all but `platform` may be left out, as zeros. Messages name a member by the option of the command
 * line that means the same ("--images 5"). Texts and what is pointed at must live until bl_setup_close. */
struct bl_setup_opts {
    const char *platform;              /* a path, or a name: "osa_hcim" */
    const void *platform_text;         /* what would be in that file, platform_bytes of it; `platform` still names it: messages begin
                                        * with that, and other files are found as from there */
    size_t platform_bytes;
    struct bl_words set;               /* "controller.mode=fixed": in force before the file becomes parts; see bl_set_opt */
    const char *net;                   /* path or name; NULL: BL_DEFAULT_NET where there is a mapper; "none": run without */
    const struct bl_net *own_net;      /* instead: a net in memory, which bl_net_finish has accepted */
    const char *data, *labels;         /* files (platforms/net/dataset.h); "fashion-mnist"; NULL: those that came with the default net, or made up */
    struct bl_words inputs;            /* more of them: "FILE", or "NAME=FILE" for each input of a net with several */
    struct bl_data_opts form;          /* how files of images are read */
    const char *metric;                /* "top1", "top5" or "error" (platforms/net/score.h); NULL: top1 */
    const struct bl_dataset *own_images;   /* instead: images in memory */
    struct bl_whole images, first;     /* how many, and the index of the first one: 100 (1 when they are made up), and 0 */
    const char *bits;                  /* "TABLE" or "TABLE:COLUMN": bits of weights and inputs by layer */
    struct bl_words bits_at;           /* "IMAGE=TABLE:COLUMN": from that image on, by rising images; where the mapper can change them */
    const char *rounding;              /* "xnn" or "q31": how a .tflite net rounds; NULL: xnn, as the runtime does */
    const char *calibration;           /* path or name; NULL: NET.MAPPER.yaml beside the net, if it is there; "none": without */
    const void *tuning;                /* instead: the mapper's tables in memory */
    const char *objective;             /* how the mapper weight_stationary maps, over `mapping` of the platform: copies, latency, energy, edp, plain; NULL */
    const char *dump;                  /* a layer whose tensors are kept for bl_job_dump */
    struct bl_whole seed;              /* 1 */
    struct bl_whole shuffle;           /* permutes what the order of events leaves open */
    bool no_nap;                       /* keep every part awake; results are the same */
    struct bl_words faster;            /* "dram_port*2": this part on a clock twice as fast (bl_faster) */
    bool path;                         /* record the critical path, of the run and of each layer (bl_path_at) */
    const struct bl_class *const *classes;     /* a table of components that ends with NULL, instead of bl_classes; those of modules join it */
    void (*on_layer)(void *ctx, const struct bl_layer_end *e);    /* called when a layer has ended */
    void *on_layer_ctx;
    void (*on_reference)(void *ctx, uint32_t layer, uint64_t done, uint64_t total);    /* called while the reference computes; bl_job_opts says when */
    void *on_reference_ctx;
};

/* A file that was read, as people see its name. */
struct bl_input { const char *role, *file; size_t bytes; char sha256[65]; };

/* To be read, not written. What a later step makes is NULL before it. */
struct bl_setup {
    struct bl_setup_opts o;
    struct bl_diag *diag;
    struct bl_found platform_at, net_at, labels_at, calibration_at, bits_at;    /* path NULL: no such file */
    struct bl_found *images_at;        /* nimages_at of them, one for each input of the net */
    size_t nimages_at;
    enum bl_metric metric;
    struct bl_platform *platform;
    const struct bl_mapper *mapper;    /* NULL: none */
    const struct bl_net *net;          /* NULL: runs without */
    const struct bl_dataset *data;     /* NULL: made up */
    const char *images;                /* name of the data set, as shown; NULL: made up, or in memory */
    uint32_t first, count;
    uint64_t seed;
    struct bl_input *input;
    size_t ninputs;
    struct bl_sim *sim;
    struct bl_job *job;                /* NULL without a net */
    struct bl_job_opts job_opts;
    struct bl_net *read_net;           /* the setup's own: what was read from files */
    struct bl_job_later *later;        /* nets of `bits_at` */
    struct bl_found *later_at;
    size_t nlater;
    struct bl_dataset *read_data;
    struct bl_fold *fold;              /* of what the kernel says */
    bool net_asked, net_read, built;   /* the steps that were begun, and made */
};

/* The images that come with a net of that name or path, and their labels; NULL: none do. */
const char *bl_own_images(const char *net, const char **labels);
/* Everything up to elaboration; NULL after having reported every error. diag may be NULL. */
struct bl_setup *bl_setup_open(const struct bl_setup_opts *o, struct bl_diag *diag);
/* The same in three steps, each made once: reads the platform and finds its mapper; then the net, if any, with its images; then
 * builds the simulation. The second may be left out where nothing is run. NULL or -1 after having reported every error. */
struct bl_setup *bl_setup_platform(const struct bl_setup_opts *o, struct bl_diag *diag);
int bl_setup_net(struct bl_setup *u);
int bl_setup_build(struct bl_setup *u);
/* Runs to the end of the work or to until_fs (BL_FOREVER). With a net it is bl_job_run, which calls `progress` (may be
 * NULL) after every image; then bl_job_result(u->job) has the result: images, layers[] and what each took. Without one the
 * parts run by themselves, and what a pause hands back is taken by nobody.
 * After BL_END_LIMIT (until_fs) and BL_END_BREAK (bl_break, bl_break_at) call it again to go on; after the last image it returns
 * BL_END_STOPPED at once. BL_END_FAILED after a bl_error, also when a step before it is missing. */
enum bl_end bl_setup_run(struct bl_setup *u, uint64_t until_fs, void (*progress)(void *ctx, uint32_t done, uint32_t total), void *ctx);
/* Has a platform that was built without a net what its mapper, if any, asks of it? Host part, needs, size of an operation: 0, or -1
 * after having reported what is missing. Where building has failed: the needs, as far as the platform file alone tells. */
int bl_setup_fits(struct bl_setup *u);
/* The simulation and its job as bytes, and back into a setup of the same options; bl_save, bl_job_save and their kin, in step. buf has
 * bl_setup_save_bytes bytes, which change while a job runs; between runs only. 0, or -1 after a bl_error; then nothing is changed. */
size_t bl_setup_save_bytes(struct bl_setup *u);
int bl_setup_save(struct bl_setup *u, void *buf, size_t bytes);
int bl_setup_restore(struct bl_setup *u, const void *buf, size_t bytes);
/* Closes the simulation too; traces must have ended. NULL is allowed. */
void bl_setup_close(struct bl_setup *u);

#ifdef __cplusplus
}
#endif

#endif
