/* ap_sequencer.c - sequencer of an associative processor: turns macro-operations into compares and writes, one at a time.
 * `micro`: each is an event; `macro`: a macro-operation is one event, as long as its formula says, with the same result. */
#include "kernel/model.h"
#include "components/bf_imna/ap_cam.h"

enum { NO_CMD = BL_STALL, WAIT_OPERAND, WAIT_OUT };
enum { MICRO, MACRO };

struct ap_sequencer {
    struct bl_part p;
    bl_pop cmd, col;
    bl_push out_col, out_word;
    bl_in match_row, match_col;
    bl_out op, hkey, hmask, hload, vkey, vmask, vload, begun, done;
    bl_event timer;
    bl_table commands;
    bl_tally command;
    int64_t rows, cols, fidelity, timing, write_cycles, stop;
    struct bl_list order, program;
    uint8_t passes[AP_PASSES];
    struct bl_ap_cmd c;
    struct bl_ap_at at;
    struct bl_ap_uop u;                  /* the next micro-operation, not issued yet */
    uint32_t next;                       /* command of the program */
    uint32_t seq, loads, columns, finished;
    uint32_t opcode, kind;               /* at work, for the waveform */
    bool active, have, out;              /* a command; its next operation is known; a read whose result is still to go */
    bool refused;
    uint64_t busy_until;
    uint64_t spent[AP_OPS];              /* cycles by macro-operation, stalls not included */
};

static void of_program(const struct ap_sequencer *t, uint32_t number, struct bl_ap_cmd *c)
{
    uint32_t lane[AP_CMD_LANES];

    for (uint32_t k = 0; k < AP_CMD_LANES; k++)
        lane[k] = (uint32_t)t->program.v[number * AP_CMD_LANES + k];
    memcpy(c, lane, sizeof *c);
}

static int check_program(struct ap_sequencer *t)
{
    struct bl_ap_cmd c;
    const char *why;

    if (t->program.n % AP_CMD_LANES)
        return bl_refuse(t, "program has %u numbers; expected %d for each macro-operation: op, m, a, b, c, f, n, rows, phase, len", t->program.n,
                         AP_CMD_LANES);
    for (uint32_t i = 0; i < t->program.n / AP_CMD_LANES; i++) {
        of_program(t, i, &c);
        if ((why = bl_ap_refuse(&c, (uint32_t)t->cols, (uint32_t)t->rows)))
            return bl_refuse(t, "command %u (%s) is refused: %s", i, c.op < AP_OPS ? bl_ap_op_name[c.op] : "?", why);
    }
    return 0;
}

static int init(void *self)
{
    struct ap_sequencer *t = self;
    bool seen[AP_PASSES] = { false };
    int late;

    for (uint32_t i = 0; i < AP_PASSES && t->order.n == AP_PASSES; i++) {
        t->passes[i] = (uint8_t)t->order.v[i];
        seen[t->passes[i]] = true;
    }
    if (!seen[0] || !seen[1] || !seen[2] || !seen[3])
        return bl_refuse(t, "order names %u passes; expected each of 0, 1, 2, 3 once", t->order.n);
    late = bl_ap_order_wrong(bl_ap_add, t->passes, AP_PASSES);
    if (late < 0)
        late = bl_ap_order_wrong(bl_ap_sub, t->passes, AP_PASSES);
    if (late >= 0)
        return bl_refuse(t, "order [%u, %u, %u, %u]: pass %u would match rows again that a pass before it has just written; "
                         "expected it before that one, as in [0, 1, 2, 3]", t->passes[0], t->passes[1], t->passes[2], t->passes[3],
                         t->passes[late]);
    if (check_program(t))
        return -1;
    if (t->fidelity == MICRO && t->timing != AP_EXACT)
        return bl_refuse(t, "these durations cannot be realised by compares and writes; expected fidelity macro, or timing exact");
    return 0;
}

/* The operation at work: loads of operands are writes; else the rows and columns of its command. */
static void say_use(struct ap_sequencer *t)
{
    uint32_t cols = bl_ap_cmd_columns(&t->c);

    if (t->c.op == AP_LOAD)
        bl_slots(t, 0, BL_SLOTS_LOAD, 0, 0);
    else
        bl_slots(t, 0, BL_SLOTS_USE, t->c.rows, cols < (uint32_t)t->cols ? cols : (uint64_t)t->cols);
}

static bl_verdict stand(struct ap_sequencer *t, enum bl_slots_at at, bl_verdict v)
{
    bl_slots(t, 0, at, 0, 0);
    return BL_NAP(v);
}

static uint32_t *put_operation(struct ap_sequencer *t, uint32_t kind)
{
    uint32_t *op = bl_put32(t->op);

    op[CAM_KIND] = t->kind = kind;
    op[CAM_SEQ] = ++t->seq;
    return op;
}

static void set_vertical_key(struct ap_sequencer *t)
{
    uint64_t *key = bl_put64(t->vkey), *mask = bl_put64(t->vmask);
    size_t bytes = ((size_t)t->rows + 63) / 64 * sizeof *key;

    memset(key, 0, bytes);
    memset(mask, 0, bytes);
    if (t->u.kind == WR_COL)             /* an operand; ReLU copies the column just read */
        memcpy(key, t->c.op == AP_LOAD ? bl_pop64(t->col) : bl_get64(t->match_row), bytes);
    for (uint32_t k = 0; k < t->u.nrow; k++) {
        mask[t->u.row[k] / 64] |= UINT64_C(1) << (t->u.row[k] & 63);
        key[t->u.row[k] / 64] |= (uint64_t)(t->u.row_key >> k & 1) << (t->u.row[k] & 63);
    }
    *bl_put32(t->vload) = ++t->loads;
}

/* Issues the micro-operation; it runs from this edge on. */
static void issue_micro(struct ap_sequencer *t)
{
    uint32_t *op = put_operation(t, t->u.kind);
    size_t bytes = ((size_t)t->cols + 63) / 64 * sizeof(uint64_t);
    bool writes = t->u.kind == WR_H || t->u.kind == WR_V || t->u.kind == WR_COL || t->u.kind == WR_ROW;

    op[CAM_AT] = t->u.at;
    op[CAM_FLAGS] = t->u.flags;
    op[CAM_DRIVEN] = t->u.driven;
    op[CAM_ROWS] = t->u.rows;
    if (t->u.kind == WR_ROW)
        bl_ap_row_key(&t->c, &t->u, bl_get64(t->match_col));
    memcpy(bl_put64(t->hkey), t->u.key, bytes);
    memcpy(bl_put64(t->hmask), t->u.mask, bytes);
    *bl_put32(t->hload) = t->seq;
    if (t->u.kind == WR_COL || t->u.nrow)
        set_vertical_key(t);
    if (t->c.op == AP_LOAD)
        *bl_put32(t->begun) = ++t->columns;
    t->out = t->c.op == AP_READ || t->c.op == AP_WREAD;
    t->have = false;
    t->busy_until = bl_cycle(t) + (writes ? (uint64_t)t->write_cycles : 1);
    t->spent[t->c.op] += t->busy_until - bl_cycle(t);
}

static void issue_macro(struct ap_sequencer *t)
{
    memcpy(put_operation(t, UOP_MACRO) + CAM_CMD, &t->c, sizeof t->c);
    t->busy_until = bl_cycle(t) + bl_ap_duration(&t->c, (enum bl_ap_timing)t->timing, (uint32_t)t->write_cycles);
    t->spent[t->c.op] += t->busy_until - bl_cycle(t);
    t->have = false;
    t->at.t = UINT32_MAX;                /* nothing left of it */
}

static void hand_out(struct ap_sequencer *t)
{
    if (t->c.op == AP_READ)
        memcpy(bl_push64(t->out_col), bl_get64(t->match_row), ((size_t)t->rows + 63) / 64 * sizeof(uint64_t));
    else
        memcpy(bl_push64(t->out_word), bl_get64(t->match_col), ((size_t)t->cols + 63) / 64 * sizeof(uint64_t));
    t->out = false;
}

/* The next macro-operation: of the parameter, of the table, of the port. */
static bool next_command(struct ap_sequencer *t)
{
    uint32_t own = t->program.n / AP_CMD_LANES;

    if (t->next < own) {
        of_program(t, t->next++, &t->c);
        return true;
    }
    if (t->next - own < t->commands.n) {
        t->c = BL_ROWS(struct bl_ap_cmd, t->commands)[t->next++ - own];
        return true;
    }
    if (!bl_avail(t->cmd))
        return false;
    memcpy(&t->c, bl_pop32(t->cmd), sizeof t->c);
    return true;
}

static bool begin(struct ap_sequencer *t)
{
    const char *why;

    if (t->refused || !next_command(t))
        return false;
    if ((why = bl_ap_refuse(&t->c, (uint32_t)t->cols, (uint32_t)t->rows))) {
        bl_fail(t, "command %u (%s) is refused: %s", t->finished, t->c.op < AP_OPS ? bl_ap_op_name[t->c.op] : "?", why);
        t->refused = true;
        return false;
    }
    memset(&t->at, 0, sizeof t->at);
    t->active = true;
    t->opcode = t->c.op;
    charge(&t->command, 1);
    return true;
}

/* The next operation of the command at work, or of the next command; false: there is none yet. */
static bool find_operation(struct ap_sequencer *t)
{
    for (;;) {
        if (!t->active && !begin(t))
            return false;
        if (t->have)
            return true;
        if (t->at.t != UINT32_MAX) {
            t->have = t->fidelity == MACRO && bl_ap_is_macro(t->c.op) ? true : bl_ap_next(&t->c, &t->at, t->passes, &t->u);
            if (t->have)
                return true;
        }
        t->active = false;
        *bl_put32(t->done) = ++t->finished;
    }
}

static bl_verdict tick(void *self)
{
    struct ap_sequencer *t = self;
    uint64_t now = bl_cycle(t);

    if (now < t->busy_until)
        return BL_NAP(BL_BUSY);          /* the timer is set */
    if (t->out)
        hand_out(t);
    while (find_operation(t)) {
        bool macro = t->fidelity == MACRO && bl_ap_is_macro(t->c.op);
        if (!macro && t->c.op == AP_LOAD && !bl_avail(t->col))
            return stand(t, BL_SLOTS_WAIT, WAIT_OPERAND);
        if (!macro && ((t->c.op == AP_READ && !bl_room(t->out_col)) || (t->c.op == AP_WREAD && !bl_room(t->out_word))))
            return stand(t, BL_SLOTS_BLOCKED, BL_AT(WAIT_OUT, t->c.op == AP_WREAD));
        if (macro)
            issue_macro(t);
        else
            issue_micro(t);
        if (t->busy_until > now) {
            say_use(t);
            bl_notify(t, t->timer, (t->busy_until - now) * bl_period(t));
            return BL_NAP(BL_BUSY);
        }
    }
    t->opcode = AP_NOP;
    if (t->stop && t->finished >= (uint32_t)t->stop)
        bl_stop(t);
    return stand(t, BL_SLOTS_WAIT, NO_CMD);
}

#define T struct ap_sequencer
static const struct bl_field fields[] = {
    BL_POP_OPT(T, cmd, AP_CMD_LANES, 32, "macro-operations (struct bl_ap_cmd), after those of `program` and `commands`"),
    BL_POP_OPT(T, col, 1, BL_BY(T, rows), "operand columns"),
    BL_PUSH_OPT(T, out_col, 1, BL_BY(T, rows), "columns read"),
    BL_PUSH_OPT(T, out_word, 1, BL_BY(T, cols), "words read"),
    BL_IN(T, match_row, 1, BL_BY(T, rows), "rows that matched, or the column read"),
    BL_IN(T, match_col, 1, BL_BY(T, cols), "columns that matched, or the row read"),
    BL_OUT(T, op, CAM_LANES, 32, "operation for the array (components/bf_imna/ap_cam.h)"),
    BL_OUT(T, hkey, 1, BL_BY(T, cols), "next horizontal key"), BL_OUT(T, hmask, 1, BL_BY(T, cols), "next horizontal mask"),
    BL_OUT(T, hload, 1, 32, "loads of the horizontal registers"),
    BL_OUT(T, vkey, 1, BL_BY(T, rows), "next vertical key"), BL_OUT(T, vmask, 1, BL_BY(T, rows), "next vertical mask"),
    BL_OUT(T, vload, 1, 32, "loads of the vertical registers"),
    BL_OUT(T, begun, 1, 32, "operand columns whose write has begun: their buffers are free"),
    BL_OUT(T, done, 1, 32, "macro-operations finished"),
    BL_EVENT(T, timer, "the operation at work ends"),
    BL_PARAM(T, rows, 4800, 33, AP_ROWS_MOST, "rows of the array"),
    BL_PARAM(T, cols, 64, 33, AP_COLS_MOST, "columns of the array"),
    BL_CHOICE(T, fidelity, MACRO, "micro macro", "every compare and write is an event, or every macro-operation"),
    BL_CHOICE(T, timing, AP_EXACT, "exact paper2d peak", "durations: realisable; Eqs. 4, 7, 10, 13; 3M^2 + 11M a step"),
    BL_PARAM(T, write_cycles, 2, 1, 16, "cycles of a write: SRAM 2, ReRAM 4"),
    BL_LIST(T, order, "[0, 1, 2, 3]", 0, AP_PASSES - 1, "order of the four passes of a LUT"),
    BL_LIST(T, program, "[]", 0, UINT32_MAX, "macro-operations of ten numbers: op (1 load, 2 clear, 3 add, 4 sub, 5 mul, 6 muls, 7 relu, 8 max, "
            "9 reduce, 10 maxred, 11 vsum, 12 read, 13 wread), m, a, b, c, f, n, rows, phase, len (components/bf_imna/ap.h)"),
    BL_DATA(T, commands, struct bl_ap_cmd, "macro-operations after those of `program`"),
    BL_PARAM(T, stop, 0, 0, 1e9, "the run stops when so many macro-operations are done (0: never)"),
    BL_SLOTS(BL_BY(T, rows), BL_BY(T, cols)),
    BL_FEED(cmd), BL_WAITS(NO_CMD, cmd), BL_WAITS(WAIT_OPERAND, col), BL_WAITS(WAIT_OUT, out_col, out_word),
    BL_TALLY(T, command, "a macro-operation begun"),
    BL_VIEW(T, opcode, 1, 4, "macro-operation at work"), BL_VIEW(T, kind, 1, 4, "operation issued last"),
    BL_WORDS(opcode, AP_OP_NAMES), BL_WORDS(kind, AP_KIND_NAMES),
    BL_WORDS_OF(op, CAM_KIND, AP_KIND_NAMES), BL_WORDS_OF(op, CAM_CMD, AP_OP_NAMES),
    BL_VIEW(T, spent, AP_OPS, 64, "cycles by macro-operation"),
    { 0 }
};
const struct bl_class ap_sequencer_class = { .name = "ap_sequencer", .help = "sequencer of an associative processor",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
