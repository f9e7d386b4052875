/* osa_release.c - release logic between the two sides of the controller: how many macro ops are done with their activation register,
 * digital and analog. It is combinational, so that the next op can have the register in the very next cycle. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"

struct osa_release {
    struct bl_part p;
    bl_in digital, analog, ready;
    bl_out released;
};

static void comb(void *self)
{
    struct osa_release *t = self;
    const uint32_t *analog = bl_get32(t->analog);
    uint32_t digital = *bl_get32(t->digital), through = analog[0];

    if (analog[1] && !(*bl_get8(t->ready) & 1))
        through--;                               /* its last conversion is still under way */
    if ((int32_t)(digital - through) < 0)
        through = digital;
    *bl_put32(t->released) = through;
}

#define T struct osa_release
static const struct bl_field fields[] = {
    BL_IN(T, digital, 1, 32, "ops whose last digital command has stood, modulo 2^32"),
    BL_IN(T, analog, 2, 32, "ops whose last conversion has begun; 1 while the last of them converts"),
    BL_IN(T, ready, 1, 1, "the ADC may start"),
    BL_OUT(T, released, 1, 32, "ops that have released their activation register, modulo 2^32"),
    { 0 }
};
const struct bl_class osa_release_class = { .name = "osa_release", .help = "release logic of activation registers",
    .size = sizeof(T), .comb = comb, .fields = fields };
