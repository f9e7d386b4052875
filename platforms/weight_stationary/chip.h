/* chip.h - a whole net on macros that share a buffer (`placement: resident` and `reload`): who holds which tiles, where maps lie, jobs and
 * streams of the host. chip_place.c is pure; chip_plan.c makes jobs, chip_supply.c hands out tables, chip.c goes between them and the job. */
#ifndef BL_WEIGHT_STATIONARY_CHIP_H
#define BL_WEIGHT_STATIONARY_CHIP_H

#include "components/host.h"
#include "platforms/file/load.h"
#include "platforms/job/mapper.h"
#include "platforms/weight_stationary/units.h"

enum { CHIP_SOURCES = 2, CHIP_VECTORS = 1024 };
#define CHIP_NONE UINT32_MAX

/* What lies between two layers: a layer's output, or the net's input. Map 0 is the input, map i + 1 the output of layer i. */
struct chip_map {
    uint64_t bytes;
    uint32_t words;                    /* of a slot */
    uint32_t stage;                    /* longest way from the input, in layers */
    uint32_t slots, at;                /* slots; word of the first one */
    uint64_t ready;                    /* chip_first: the tick in which who reads it may begin */
};

/* A layer that the chip runs: on macros, or on a vector unit. */
struct chip_layer {
    uint32_t layer;                    /* of the net */
    bool array;
    uint32_t nsrc, src[CHIP_SOURCES];  /* maps */
    /* on macros: `tiles` of one copy, `chain` of them add up; windows of all copies, of one at most; first core */
    uint32_t tiles, chain, windows, copies, share, core;
    uint32_t group;                    /* reload: the first of the layers that are on the macros together */
    /* on a vector unit: words read, the unit, its line */
    uint64_t reads;
    uint32_t vec, line;
};

struct bl_tile_form;

struct chip_net {
    struct chip_layer *layer;
    uint32_t nlayers;
    struct chip_map *map;              /* nlayers + 1 */
    uint32_t output;                   /* the map that goes out */
};

/* Tiles of one copy of everything. */
uint32_t chip_need(const struct chip_net *n);
/* Cores in the order of the layers; with `duplicate` again and again the layer with the longest share (ties: the first) gets the fewest
 * copies that shorten it, until they do not fit or it has nothing left to share. Returns the cores left. macros >= chip_need. */
uint32_t chip_copies(struct chip_net *n, uint32_t macros, bool duplicate);
/* Placement reload: neighbours of which none reads what another one makes share the macros, as far as they fit. Sets groups and cores. */
void chip_groups(struct chip_net *n, uint32_t macros);
/* Layers off the array, longest first, to the least loaded of `units` (ties: the first); lines in the order of the layers. Returns the
 * lines of the unit that has most. */
uint32_t chip_vectors(struct chip_net *n, uint32_t units);
/* Stages, slots (as many as let every consumer lag behind by the stages between, two at least, `most` at most) and places in the buffer,
 * words of `width` bits. Returns the words of all slots. */
uint64_t chip_slots(struct chip_net *n, uint32_t most, uint32_t width);
/* Bytes of the maps in all slots, without what fills the last word of each. */
uint64_t chip_bytes(const struct chip_net *n);
/* Windows of copy c of a layer: first and count. */
void chip_windows(const struct chip_layer *l, uint32_t c, uint32_t *first, uint32_t *count);
/* Is layer k a consumer of map m? The output's last consumer, the way out, is none. */
bool chip_reads(const struct chip_layer *l, uint32_t m);

/* ---- chip_formula.c ---- */

/* What formulas need: bytes of a word, ticks of an operation, of the far memory's latency, stages from the array to the sum. */
struct chip_ideal { uint32_t each, slices, latency, stages; };
/* Ticks from the first push of a layer until all of its map is made, and until its own map is read; words of its widest window. */
struct chip_span { uint64_t made, read; uint32_t reads; };
struct chip_span chip_span(const struct chip_ideal *c, const struct bl_host_layer *h, const struct chip_layer *x);
struct chip_span chip_span_in(const struct chip_ideal *c, uint32_t words);
struct chip_span chip_span_out(uint32_t words);
/* span[0]: in, [i + 1]: layer i, [nlayers + 1]: out. From the push of the first image to its end: the longest way. */
uint64_t chip_first(struct chip_net *n, const struct chip_span *span);
/* What keeps the interval from image to image at `ticks` at least: an array of layer `a`; the pair of streams a and b with the slots between
 * them; the vector unit a; the dma. */
enum chip_kind { CHIP_ARRAY, CHIP_PAIR, CHIP_VECTOR, CHIP_DMA };
struct chip_term { enum chip_kind kind; uint32_t a, b; double ticks; };
/* Room for CHIP_SOURCES + 1 terms a layer, one a unit, and two. Returns how many there are. */
uint32_t chip_terms(const struct chip_ideal *c, const struct chip_net *n, const struct chip_span *span, uint32_t units, struct chip_term *all);

/* What the mapper keeps of such a job. */
struct chip {
    struct chip_net net;
    struct units units;
    const struct bl_array *array;
    uint32_t width;                    /* bits of a word */
    uint32_t spare;                    /* cores left */
    struct chip_ideal ideal;
    uint64_t reserved;                 /* words of slots */
    const uint32_t *origin;            /* [tensors]: map, CHIP_NONE */
    uint64_t setup_words;              /* of all weights */
    uint32_t in_words, out_words;      /* of an image, in the far memory */
    uint32_t tail;                     /* from this layer on the host does them, when an image is out; nlayers: none */
};

/* Before anything is asked of the parts: 0, or -1 after a bl_error for a block or a net that no chip can have. */
int bl_chip_check(struct bl_job *job, const struct bl_array *a);
/* begin, pack, supply, fetch and figures of the mapper, for placement resident and reload. */
int bl_chip_begin(struct bl_job *job, struct bl_sim *s, const struct bl_array *a);
int bl_chip_pack(struct bl_job *job, const struct bl_array *a, uint32_t layer, const struct bl_tile_form *form, struct bl_host_layer *out);
int bl_chip_supply(struct bl_job *job, struct bl_sim *s);
void bl_chip_figures(struct bl_job *job, struct bl_sim *s);
int bl_chip_fetch(struct bl_job *job, struct bl_sim *s, uint32_t stream, uint32_t image, uint8_t *memory);

/* chip_account.c: what an ideal run of the program takes, by stream; memory from the job. */
struct chip_span *chip_spans(struct bl_job *job, const struct chip *c);
/* The tensor of a map as the host keeps it. */
struct bl_host_tensor chip_tensor(struct bl_job *job, const struct chip *c, uint32_t map);
/* chip_plan.c: jobs of all units, streams of the program, far memory: made and supplied. */
int chip_plan(struct bl_job *job, struct bl_sim *s, struct chip *c);
/* chip_supply.c: what requants and joins do in each layer. */
int chip_tables(struct bl_job *job, struct bl_sim *s, struct chip *c);

#endif
