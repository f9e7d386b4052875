/* db_pim_data.c - what goes between the tensors of DB-PIM's top controller and its buffers: activations out, pixel by pixel, channels side by
 * side; sums back; sums of the convolutions that the SIMD core does itself. */
#include "components/db_pim/db_pim_top.h"
#include "components/window.h"

/* ---- the tables ---- */

static int check_fill(struct db_pim_top *t, const struct bl_host_program *g, uint32_t i)
{
    const struct db_fill_job *j = BL_ROWS(struct db_fill_job, t->fills) + i;

    if (j->layer >= g->nlayers || !j->count || !j->pitch)
        return bl_refuse(t, "fill job %u: layer %u, %u pixels of %u bytes; expected layers below %u, at least a pixel, at least a byte", i, j->layer, j->count,
                         j->pitch, g->nlayers);
    const struct bl_host_layer *l = &g->layer[j->layer];
    const uint64_t pixels = j->flat ? (uint64_t)l->pixels : (uint64_t)l->in[0].h * l->in[0].w, bytes = j->flat ? l->k : l->in[0].c;
    if ((uint64_t)j->first + j->count > pixels || bytes > j->pitch)
        return bl_refuse(t, "fill job %u: pixels %u .. %llu of layer %u, %u bytes each; it has %llu of %llu bytes", i, j->first,
                         (unsigned long long)j->first + j->count - 1, j->layer, j->pitch, (unsigned long long)pixels, (unsigned long long)bytes);
    return 0;
}

static int check_out(struct db_pim_top *t, const struct bl_host_program *g, uint32_t i)
{
    const struct db_out_job *j = BL_ROWS(struct db_out_job, t->outs) + i;

    if (j->layer >= g->nlayers || (uint64_t)j->first + j->count > g->layer[j->layer].pixels || (uint64_t)j->at + j->stride > t->channels.n)
        return bl_refuse(t, "out job %u: layer %u, positions %u .. %llu, channels %u .. %llu; its layer or the table of channels has less", i, j->layer,
                         j->first, (unsigned long long)j->first + j->count - 1, j->at, (unsigned long long)j->at + j->stride - 1);
    for (uint32_t s = 0; s < j->stride; s++)
        if (BL_ROWS(uint32_t, t->channels)[j->at + s] >= g->layer[j->layer].cout)
            return bl_refuse(t, "out job %u: channel %u; layer %u has %u", i, BL_ROWS(uint32_t, t->channels)[j->at + s], j->layer, g->layer[j->layer].cout);
    return 0;
}

int bl_db_data_check(struct db_pim_top *t, const struct bl_host_program *g)
{
    for (uint32_t i = 0; i < t->fills.n; i++)
        if (check_fill(t, g, i))
            return -1;
    for (uint32_t i = 0; i < t->outs.n; i++)
        if (check_out(t, g, i))
            return -1;
    return 0;
}

/* ---- activations ---- */

/* The byte of the input buffer, counted from the first pixel of the job: 0 behind the channels of a pixel. */
static uint8_t read_byte(const struct db_pim_top *t, const struct db_fill_job *j, uint64_t at)
{
    const struct bl_host_layer *l = &db_program(t)->layer[j->layer];
    const struct bl_host_tensor *in = &l->in[0];
    const uint64_t pixel = j->first + at / j->pitch, c = at % j->pitch;

    if (pixel >= (uint64_t)j->first + j->count || c >= (j->flat ? l->k : in->c))
        return 0;
    return t->memory[in->at + (j->flat ? pixel * l->k + c : c * in->h * in->w + pixel)];
}

bool bl_db_fill_word(struct db_pim_top *t)
{
    const struct db_fill_job *j = BL_ROWS(struct db_fill_job, t->fills) + t->filling;
    uint64_t *item = bl_push64(t->fill);
    uint8_t word[DB_WORD_BYTES];

    for (uint64_t i = 0; i < DB_WORD_BYTES; i++)
        word[i] = read_byte(t, j, (uint64_t)t->fill_at * DB_WORD_BYTES + i);

    item[BL_MEMORY_KIND] = BL_MEMORY_WRITE;
    item[BL_MEMORY_ADDRESS] = t->fill_at;
    memcpy(item + BL_MEMORY_DATA, word, sizeof word);
    charge(&t->word, 1);
    return (uint64_t)++t->fill_at * DB_WORD_BYTES >= (uint64_t)j->count * j->pitch;
}

/* ---- sums ---- */

void bl_db_take_sums(struct db_pim_top *t)
{
    const int32_t *x = (const int32_t *)bl_pop32(t->sum);

    if (t->out_first == t->out_end) {
        bl_fail(t, "sums come that no instruction has asked for");
        return;
    }
    const struct db_out_job *j = BL_ROWS(struct db_out_job, t->outs) + t->out_job[t->out_first % DB_OUTS];
    const struct bl_host_layer *l = &db_program(t)->layer[j->layer];
    const uint32_t *channel = BL_ROWS(uint32_t, t->channels) + j->at, all = j->count * j->stride;
    for (uint32_t i = 0; i < t->lanes && t->out_next < all; i++, t->out_next++)
        t->sums[(size_t)channel[t->out_next % j->stride] * l->pixels + j->first + t->out_next / j->stride] = x[i];
    if (t->out_next < all)
        return;
    t->out_next = 0;
    t->out_first++;
}

static int32_t product(const struct bl_host_layer *l, const struct bl_window *w, const uint8_t *memory, const int8_t *weight)
{
    uint8_t x[64];
    int32_t sum = 0;

    for (uint32_t k = 0, n; k < l->k; k += n) {
        n = l->k - k < sizeof x ? l->k - k : (uint32_t)sizeof x;
        bl_window_read(w, bl_window_input(w, memory), k, n, x);
        for (uint32_t i = 0; i < n; i++)
            sum += x[i] * weight[k + i];
    }
    return sum;
}

void bl_db_convolve(struct db_pim_top *t)
{
    const struct bl_host_layer *l = &db_program(t)->layer[t->at];
    const int8_t *weight = BL_ROWS(int8_t, t->weights) + db_code_of(t)->weights;
    const uint32_t per_group = l->cout / bl_host_groups(l);
    struct bl_window w;

    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t p = 0; p < l->pixels; p++) {
            bl_window_at(&w, l, o / per_group, p);
            t->sums[(size_t)o * l->pixels + p] = product(l, &w, t->memory, weight + (size_t)o * l->k);
        }
}
