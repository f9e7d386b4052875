/* db_pim_top.c - DB-PIM's top controller with its instruction buffer, and the host part of a net on it: it takes a layer's instructions in order,
 * one a tick, and gives their jobs to the units. It holds the tensors, which the SIMD core's results make; activations go to the input buffer
 * a word of 16 a tick. Instructions come from outside, a buffer full at a time, fetch_bits a tick (0: at once). */
#include "components/db_pim/db_pim_top.h"

/* ---- the program is sound ---- */

static bool is_instruction(uint64_t i)
{
    const uint32_t op = db_inst_op(i);

    return op != DB_NOP && op < DB_OPS && db_inst_count(i) < (op == DB_WAIT ? DB_COUNTS : 1) && !(i & UINT64_C(0x0f00ffff00000000));
}

static int check_code(struct db_pim_top *t, uint32_t layer)
{
    const struct db_code *c = BL_ROWS(struct db_code, t->layers) + layer;

    if (!c->n || (uint64_t)c->first + c->n > t->code.n)
        return bl_refuse(t, "layer %u has instructions %u .. %lld; %llu are supplied, and a layer has at least its end", layer, c->first,
                         (long long)c->first + c->n - 1, (unsigned long long)t->code.n);
    for (uint32_t i = 0; i < c->n; i++) {
        const uint64_t one = BL_ROWS(uint64_t, t->code)[c->first + i];
        if (!is_instruction(one))
            return bl_refuse(t, "layer %u, instruction %u is %016llx, which is none: operation 1 to %d, counter below %d, other bits 0", layer, i,
                             (unsigned long long)one, DB_OPS - 1, DB_COUNTS);
        if ((db_inst_op(one) == DB_END) != (i + 1 == c->n))
            return bl_refuse(t, "layer %u, instruction %u of %u: a layer's last instruction is its end, and no other", layer, i, c->n);
    }
    return 0;
}

static int init(void *self)
{
    struct db_pim_top *t = self;
    const struct bl_host_program *g = db_program(t);

    t->phase = DB_DONE;
    t->memory = bl_alloc(t, g ? g->memory : 1);
    t->sums = bl_alloc(t, (g && g->sums ? g->sums : 1) * sizeof *t->sums);
    t->stat = bl_alloc(t, (g ? g->nlayers : 1) * sizeof *t->stat);
    if (!g)
        return 0;
    if (t->layers.n != g->nlayers)
        return bl_refuse(t, "has the code of %llu layers; its program has %u", (unsigned long long)t->layers.n, g->nlayers);
    if (bl_host_images(t, t->images.n, g) || bl_db_data_check(t, g))
        return -1;
    for (uint32_t i = 0; i < g->nlayers; i++)
        if (check_code(t, i))
            return -1;
    t->phase = g->images ? DB_BEGIN : DB_DONE;
    return 0;
}

/* ---- from layer to layer ---- */

static uint32_t count_of(const struct db_pim_top *t, uint32_t k)
{
    return k == DB_LOADED ? *bl_get32(t->loaded) : k == DB_STORED ? *bl_get32(t->stored) : k == DB_WORKED ? *bl_get32(t->worked) : t->out_first;
}

static void begin_layer(struct db_pim_top *t, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[t->at];
    const struct bl_host_place place = BL_HOST_PLACE(t, add);

    bl_host_begin(&place, g);
    if (l->kind == BL_HOST_ARRAY)
        memset(t->sums, 0, (size_t)l->cout * l->pixels * sizeof *t->sums);
    for (uint32_t k = 0; k < DB_COUNTS; k++)
        t->base[k] = count_of(t, k);
    t->pc = t->fetched = db_code_of(t)->first;
    t->since = bl_cycle(t);
    t->phase = DB_CODE;
}

/* Results of the layer become its output tensor. */
static bl_verdict finish_layer(struct db_pim_top *t, const struct bl_host_program *g)
{
    const struct bl_host_place place = BL_HOST_PLACE(t, add);

    bl_host_outcome(&place, g);
    t->phase = bl_host_next(&place, g) ? DB_DONE : DB_BEGIN;
    return BL_BUSY;
}

/* ---- instructions ---- */

/* BUSY: the next one is in the buffer. */
static bl_verdict fetch(struct db_pim_top *t)
{
    const uint32_t end = db_code_of(t)->first + db_code_of(t)->n, room = (uint32_t)t->code_bytes / 8;
    const uint64_t now = bl_cycle(t);

    if (t->pc < t->fetched)
        return BL_BUSY;
    const uint32_t n = end - t->pc < room ? end - t->pc : room;
    if (!t->fetching && t->fetch_bits) {
        t->fetching = now + ((uint64_t)n * 64 + (uint64_t)t->fetch_bits - 1) / (uint64_t)t->fetch_bits;
        bl_notify(t, t->timer, (t->fetching - now) * bl_period(t));
    }
    if (now < t->fetching)
        return INST_FETCH;
    t->fetching = 0;
    t->fetched += n;
    return BL_BUSY;
}

static bl_verdict give(bl_push to, uint32_t unit, uint32_t number)
{
    if (!bl_room(to))
        return BL_AT(UNIT_FULL, unit);
    *bl_push32(to) = number;
    return BL_BUSY;
}

static bl_verdict wait_for(struct db_pim_top *t, uint32_t count, uint32_t least)
{
    if (count_of(t, count) - t->base[count] < least)
        return count == DB_LOADED ? LOAD_LATE : count == DB_STORED ? UNIT_LATE : BL_AT(SIMD_LATE, count == DB_WORKED);
    if (count == DB_LOADED)
        t->stat[t->at].load_cycles += bl_cycle(t) - t->since;
    return BL_BUSY;
}

static bl_verdict give_out(struct db_pim_top *t, uint32_t number)
{
    if (number >= t->outs.n) {
        bl_fail(t, "out job %u is asked for; %llu are supplied", number, (unsigned long long)t->outs.n);
        return BL_BUSY;
    }
    if (t->out_end - t->out_first == DB_OUTS)
        return SIMD_LATE;
    const bl_verdict v = give(t->out, 3, number);
    if (v == BL_BUSY)
        t->out_job[t->out_end++ % DB_OUTS] = number;
    return v;
}

static bl_verdict give_acc(struct db_pim_top *t, uint32_t number)
{
    const bl_verdict v = give(t->acc, 2, number);

    if (v == BL_BUSY && number < t->accs.n) {
        const struct db_acc_job *j = BL_ROWS(struct db_acc_job, t->accs) + number;
        t->stat[t->at].ops += (uint64_t)j->count * (uint64_t)__builtin_popcount(j->cores);
    }
    return v;
}

static bl_verdict begin_fill(struct db_pim_top *t, uint32_t number)
{
    if (number >= t->fills.n) {
        bl_fail(t, "fill job %u is asked for; %llu are supplied", number, (unsigned long long)t->fills.n);
        return BL_BUSY;
    }
    t->filling = number;
    t->fill_at = 0;
    t->phase = DB_FILLING;
    return BL_BUSY;
}

static bl_verdict give_simd(struct db_pim_top *t, uint32_t number)
{
    const bl_verdict v = give(t->simd, 4, number);

    t->convolves = v == BL_BUSY && db_program(t)->layer[t->at].kind == BL_HOST_ARRAY;
    return v;
}

static bl_verdict end_layer(struct db_pim_top *t)
{
    if (t->convolves)
        bl_db_convolve(t);
    t->convolves = false;
    t->phase = DB_FINISH;
    return BL_BUSY;
}

static bl_verdict execute(struct db_pim_top *t, uint64_t inst)
{
    const uint32_t number = db_inst_number(inst);

    switch (db_inst_op(inst)) {
    case DB_FILL: return begin_fill(t, number);
    case DB_LOAD: return give(t->load, 0, number);
    case DB_RUN:  return give(t->run, 1, number);
    case DB_ACC:  return give_acc(t, number);
    case DB_OUT:  return give_out(t, number);
    case DB_SIMD: return give_simd(t, number);
    case DB_WAIT: return wait_for(t, db_inst_count(inst), number);
    default:      return end_layer(t);
    }
}

/* Books the cycles since the instruction before ended. */
static void book(struct db_pim_top *t, uint32_t op, uint32_t count)
{
    const uint64_t now = bl_cycle(t) + 1;
    bl_tally *at = op == DB_FILL ? &t->at_fill : op == DB_LOAD || (op == DB_WAIT && count == DB_LOADED) ? &t->at_load :
                   op == DB_RUN || op == DB_ACC || (op == DB_WAIT && count == DB_STORED) ? &t->at_pass : &t->at_simd;

    charge(at, now - t->since);
    t->since = now;
}

static bl_verdict step(struct db_pim_top *t)
{
    bl_verdict v = fetch(t);

    if (v != BL_BUSY)
        return v;
    const uint64_t inst = BL_ROWS(uint64_t, t->code)[t->pc];
    v = execute(t, inst);
    if (v != BL_BUSY)
        return v;
    charge(&t->instruction, 1);
    t->pc++;
    book(t, db_inst_op(inst), db_inst_count(inst));
    return BL_BUSY;
}

static bl_verdict fill(struct db_pim_top *t)
{
    if (!bl_room(t->fill))
        return FILL_FULL;
    if (!bl_db_fill_word(t))
        return BL_BUSY;
    t->phase = DB_CODE;
    book(t, DB_FILL, 0);
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct db_pim_top *t = self;
    const struct bl_host_program *g = db_program(t);
    const bool sums = bl_avail(t->sum);

    if (t->phase == DB_DONE)
        return BL_NAP(BL_IDLE);
    if (t->phase == DB_BEGIN)
        begin_layer(t, g);
    if (sums)
        bl_db_take_sums(t);
    const bl_verdict v = t->phase == DB_FILLING ? fill(t) : t->phase == DB_FINISH ? finish_layer(t, g) : step(t);
    return sums || v == BL_BUSY ? BL_BUSY : BL_NAP(v);
}

#define T struct db_pim_top
static const struct bl_field fields[] = {
    BL_PUSH(T, load, 1, 32, "jobs of the weight loader"), BL_PUSH(T, run, 1, 32, "of the reader"), BL_PUSH(T, acc, 1, 32, "of the output buffer"),
    BL_PUSH(T, out, 1, 32, "its out jobs"), BL_PUSH(T, simd, 1, 32, "layers for the SIMD core"),
    BL_PUSH(T, fill, DB_FILL_LANES, 64, "activations to the input buffer"),
    BL_IN(T, loaded, 1, 32, "records loaded"), BL_IN(T, stored, 1, 32, "results stored"), BL_IN(T, worked, 1, 32, "layers that the SIMD core has done"),
    BL_POP(T, sum, BL_BY(T, lanes), 32, "sums of finished tiles"), BL_EVENT(T, timer, "instructions are fetched"),
    BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"), BL_DATA(T, images, uint8_t, "the program's images, one after the other"),
    BL_DATA(T, code, uint64_t, "instructions (components/db_pim/db_jobs.h)"), BL_DATA(T, layers, struct db_code, "where those of each layer are"),
    BL_DATA(T, fills, struct db_fill_job, "fill jobs"), BL_DATA(T, outs, struct db_out_job, "out jobs"), BL_DATA(T, accs, struct db_acc_job, "acc jobs"),
    BL_DATA(T, channels, uint32_t, "channels of the out jobs"), BL_DATA(T, weights, int8_t, "weights of the SIMD core's convolutions"),
    BL_PARAM(T, code_bytes, 16384, 64, 1 << 24, "size of the instruction buffer"),
    BL_PARAM(T, fetch_bits, 128, 0, 65536, "bits of instructions a tick from outside; 0: they are there"),
    BL_PARAM(T, lanes, 8, 1, DB_MOST_LANES, "sums that come in a tick"),
    BL_CHOICE(T, coding, 0, "dyadic binary masked", "read by the mapper: weights as dyadic blocks; dense, in two's complement; the same without pruned positions"),
    BL_PARAM(T, double_load, 0, 0, 1, "read by the mapper: the next tile is loaded while one works (arrays of two sets)"),
    BL_WAITS(UNIT_FULL, load, run, acc, out, simd), BL_WAITS(UNIT_LATE, stored), BL_WAITS(LOAD_LATE, loaded), BL_WAITS(SIMD_LATE, sum, worked),
    BL_WAITS(FILL_FULL, fill), BL_CAUSE(INST_FETCH, "instructions are fetched from outside"),
    BL_TALLY(T, instruction, "an instruction"), BL_TALLY(T, word, "a word of activations for the input buffer"), BL_TALLY(T, requant, "an output requantised"),
    BL_TALLY(T, work, "an output of another layer"), BL_TALLY(T, add, "an addition for weights with a zero point"),
    BL_TALLY(T, at_fill, "a cycle of instructions about activations"), BL_TALLY(T, at_load, "a cycle of those about weights"),
    BL_TALLY(T, at_pass, "a cycle of those about passes"), BL_TALLY(T, at_simd, "a cycle of those about the SIMD core"),
    BL_VIEW(T, image, 1, 32, "image"), BL_VIEW(T, at, 1, 32, "layer"), BL_VIEW(T, pc, 1, 32, "next instruction"),
    BL_MEM(T, memory, "tensors"), BL_MEM(T, sums, "32-bit sums"), BL_MEM_KEPT(T, stat, "struct bl_host_stat, by layer"), { 0 }
};
const struct bl_class db_pim_top_class = { .name = "db_pim_top", .help = "top controller: instructions, tensors, layer after layer",
    .size = sizeof(T), .restarts = true, .init = init, .tick = tick, .fields = fields };
