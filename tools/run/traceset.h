/* traceset.h - the traces of one run: opened by the names of their files, their size foretold, closed together
 * with the save files for GTKWave. */
#ifndef BL_TRACESET_H
#define BL_TRACESET_H

#include "kernel/sim.h"
#include "tools/options.h"

struct bl_trace_args {
    struct bl_texts trace, timeline, watch;
    const char *window, *images, *part_size, *fst_pack;
    struct bl_whole power_window, depth;
    bool live;
};
/* Rows of an option table whose struct has a member `t` of type struct bl_trace_args. */
#define BL_TRACE_OPTIONS(T) \
    { "trace", 0, BL_OPT_MANY, offsetof(T, t.trace), "FILE", "write a waveform, .fst, .vcd or .vcd.gz, and beside it the\n" \
      "save file (.gtkw) that opens it in GTKWave; \"-\": VCD to\nstdout, and the report to stderr" }, \
    { "timeline", 0, BL_OPT_MANY, offsetof(T, t.timeline), "FILE", "write what the parts do: .json for ui.perfetto.dev,\n" \
      ".kanata for Konata" }, \
    { "watch", 0, BL_OPT_MANY, offsetof(T, t.watch), "GLOB", "trace only signals that match; '!GLOB' takes away again" }, \
    { "depth", 0, BL_OPT_WHOLE, offsetof(T, t.depth), "N", "trace only parts with at most N names in their path" }, \
    { "window", 0, BL_OPT_TEXT, offsetof(T, t.window), "T0:T1", "trace only between two times, \"1 us:2 us\", two cycles,\n" \
      "\"100:200 cycles of core\", or two conditions, as in\n\"adc.code > 200:adc.code == 0\"; either may be left out" }, \
    { "trace-images", 0, BL_OPT_TEXT, offsetof(T, t.images), "A..B", "trace only these images of the run: 0..4, or 7; so does\n--interval" }, \
    { "power-window", 0, BL_OPT_TIME, offsetof(T, t.power_window), "TIME", "trace the mean power of windows of this length" }, \
    { "part-size", 0, BL_OPT_TEXT, offsetof(T, t.part_size), "SIZE", "begin a new file after so many bytes, \"100MB\": NAME.0.fst,\n" \
      "NAME.1.fst, ..., each opens by itself" }, \
    { "fst-pack", 0, BL_OPT_CHOICE, offsetof(T, t.fst_pack), "lz4|zlib", "how FST is packed (lz4); zlib is smaller and slower" }, \
    { "live", 0, BL_OPT_FLAG, offsetof(T, t.live), NULL, "write soon what is traced, for viewers that follow the run; how\n" \
      "the file is cut into blocks then depends on the machine" }

/* filters: the files beside the save file that hold names and colours; owned, like name and gtkw. */
struct bl_traceset_entry {
    const char *path;                  /* as asked for */
    const struct bl_wave_ops *ops;
    struct bl_trace *trace;
    char *gtkw;                        /* NULL: none is written */
    struct bl_texts filters, parts;    /* owned texts */
};
struct bl_traceset {
    const struct bl_trace_args *args;
    struct bl_traceset_entry *v;
    size_t n;
    struct bl_trace_opts opts;
    bool live;                         /* one of them goes to stdout */
    char *from, *to;                   /* conditions of the window */
    uint64_t least_fs;                 /* nothing is traced before: where a restored run goes on */
};

/* Checks names and texts: 0, or -1 after having reported every error. `args` outlives the set. */
int bl_traceset_init(struct bl_traceset *t, const struct bl_trace_args *args, struct bl_diag *diag);
/* After elaboration: 0, or -1 after a bl_error. */
int bl_traceset_begin(struct bl_traceset *t, struct bl_sim *s, struct bl_diag *diag);
/* Says how large the traces will be when the run is `done` of `total` through. */
void bl_traceset_foretell(const struct bl_traceset *t, uint64_t done, uint64_t total, struct bl_diag *diag);
/* Closes what began and writes a save file beside each: 0, or -1 when one of them failed. `written` gets the names
 * of the files that are whole, those that a save file needs behind it; they live as long as the set. */
int bl_traceset_end(struct bl_traceset *t, struct bl_sim *s, struct bl_texts *written, struct bl_diag *diag);
void bl_traceset_fini(struct bl_traceset *t);
/* Is `name` the file of this trace, or one of its parts, whatever their number? */
bool bl_traceset_writes(const struct bl_traceset *t, const struct bl_traceset_entry *e, const char *name);

/* window.c: "T0:T1" into times or conditions. init: what can be said without a platform; begin: cycles of its
 * clocks. 0, or -1 after a bl_error. */
int bl_window_init(struct bl_traceset *t, const char *text, struct bl_diag *diag);
int bl_window_begin(struct bl_traceset *t, const char *text, struct bl_sim *s, struct bl_diag *diag);

#endif
