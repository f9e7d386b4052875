/* cmd_study.c - `bitline study`: what is found by many runs of one machine, as a table and a picture. */
#include <stddef.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/study/chip_study.h"

struct study_opts { struct bl_chip_study chip; struct bl_whole images; };

static int study(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct study_opts *o = opts;
    struct bl_chip_study chip = o->chip;

    if (strcmp(words->v[0], "chip")) {
        bl_error(diag, "there is no study '%s'; expected chip", words->v[0]);
        return BL_REFUSED;
    }
    if (o->images.given && (o->images.v < 3 || o->images.v > 10000)) {
        bl_error(diag, "--images %llu: expected 3 to 10000", (unsigned long long)o->images.v);
        return BL_REFUSED;
    }
    chip.images = o->images.v;
    return bl_study_chip(&chip, diag);
}

#define T struct study_opts
static const struct bl_option options[] = {
    { "net", 0, BL_OPT_TEXT, offsetof(T, chip.net), "FILE", "the network (fashion_cnn)" },
    { "macros", 0, BL_OPT_TEXT, offsetof(T, chip.macros), "N,N|N..N", "numbers of macros (from what the net needs to twice as many)" },
    { "vectors", 0, BL_OPT_TEXT, offsetof(T, chip.vectors), "N,N|N..N", "numbers of vector units (2)" },
    { "banks", 0, BL_OPT_TEXT, offsetof(T, chip.banks), "N,N", "banks of the buffer; free: ports for everybody (32 and 1 to 64, free)" },
    { "slots", 0, BL_OPT_TEXT, offsetof(T, chip.slots), "N,N|N..N", "slots of a map between two layers, at most (64)" },
    { "images", 0, BL_OPT_WHOLE, offsetof(T, images), "K", "images of a run (30)" },
    { "output", 'o', BL_OPT_TEXT, offsetof(T, chip.output), "FILE", "the table, CSV, into this file" },
    { "plot", 0, BL_OPT_TEXT, offsetof(T, chip.plot), "FILE", "a picture, SVG: ticks from image to image by macros" },
    { 0 } };
const struct bl_command cmd_study = {
    .name = "study", .help = "many runs of one machine as a table and a picture",
    .grammar = { .words = "chip", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "chip: a whole net on chips like platforms/imc/chip.yaml. The first of each list is the base; every other value is tried with the base of the\n"
        "others. The last line says from how many images on weights that stay pay, against loading them for each image. Exit status: 0; 2 after a refusal.\n" },
    .run = study };
