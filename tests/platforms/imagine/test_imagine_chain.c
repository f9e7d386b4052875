/* test_imagine_chain.c - the shipped IMAGINE platform (components/imagine/) from LMEM to LMEM: two convolutions and a fully connected layer in a
 * row, joined by role swaps of the banks alone; ABN gain and offsets make each code the next layer's activation. */
#include "tests/rigs/imagine_rig.h"
#include "platforms/file/load.h"
#include "platforms/net/draw.h"

Suite *suite_imagine_chain(void);

/* ---- a host that only moves what its script says: no sums, nothing between the layers ---- */

enum { WEIGHTS, FILL, RUN, DRAIN };                      /* n: words over the DRAM port; RUN: cfg */
struct step { uint32_t kind, n; uint32_t *words; const uint32_t *cfg; };

struct script {
    struct bl_part p;
    bl_push req;
    bl_pop data;
    bl_in rows, stored;
    bl_out cfg;
    bl_table steps;
    uint32_t at, sent, back, seq, total, wait;    /* step; words there and back; phases, rows so far */
};

static bl_verdict transfer(struct script *t, const struct step *s)
{
    static const uint32_t kind[] = { [WEIGHTS] = DRAM_WEIGHT, [FILL] = DRAM_FILL, [DRAIN] = DRAM_DRAIN };

    if (bl_avail(t->data))
        s->words[t->back++] = *bl_pop32(t->data);
    if (t->sent < s->n && bl_room(t->req)) {
        uint64_t *r = bl_push64(t->req);
        r[DRAM_KIND] = kind[s->kind];
        r[DRAM_ADDR] = s->kind == WEIGHTS ? t->sent : t->sent * 32;
        r[DRAM_DATA] = s->kind == DRAIN ? 0 : s->words[t->sent];
        t->sent++;
    }
    bool done = t->sent == s->n && (s->kind != DRAIN || t->back == s->n);
    if (s->kind == WEIGHTS && done)
        done = *bl_get32(t->rows) == t->total + s->n / (CIM_COLS / 32);
    if (done && t->wait++ == 4) {                        /* the last words are in place */
        t->total += s->kind == WEIGHTS ? s->n / (CIM_COLS / 32) : 0;
        t->sent = t->back = t->wait = 0;
        t->at++;
    }
    return BL_BUSY;
}

static bl_verdict script_tick(void *self)
{
    struct script *t = self;
    const struct step *s = BL_ROWS(struct step, t->steps);
    const uint32_t *stored = bl_get32(t->stored);

    if (t->at == t->steps.n) {
        bl_stop(t);
        return BL_IDLE;
    }
    s += t->at;
    if (s->kind != RUN)
        return transfer(t, s);
    if (t->wait++ == 0) {
        uint32_t *cfg = bl_put32(t->cfg);
        memcpy(cfg, s->cfg, CFG_LANES * sizeof *cfg);
        cfg[CFG_SEQ] = ++t->seq;
    } else if (t->wait > 4 && stored[0] == stored[1]) {
        t->wait = 0;
        t->at++;
    }
    return BL_BUSY;
}
#define T struct script
static const struct bl_field script_fields[] = {
    BL_PUSH(T, req, DRAM_LANES, 64, "accesses"), BL_POP(T, data, 1, 32, "words"), BL_IN(T, rows, 1, 32, "rows written"),
    BL_IN(T, stored, 2, 32, "words stored, words of the phase"), BL_OUT(T, cfg, CFG_LANES, 32, "configuration"),
    BL_DATA(T, steps, struct step, "what to do"), { 0 } };
/* Stands where the platform file has the host. */
static const struct bl_class script_class = { .name = "imagine_host", .help = "moves words",
    .size = sizeof(T), .tick = script_tick, .fields = script_fields };

/* ---- three layers: what each makes is what the next one takes, in shape and bits ---- */

enum { LAYERS = 3, MOST = 512 };
static const struct shape {
    uint32_t dense, k, stride, h, w, ho, wo, c_in, c_out, r_in, r_out, r_w, gamma;
    int abn;
} shapes[LAYERS] = {
    { 0, 3, 1, 6, 5, 6, 5, 4, 12, 4, 4, 2, 16, 3 },       /* abn: offsets are -abn .. abn, an output each */
    { 0, 3, 2, 6, 5, 3, 3, 12, 10, 4, 6, 3, 8, 5 },
    { 1, 1, 1, 1, 1, 1, 1, 90, 10, 6, 8, 4, 4, 15 } };

struct chain {
    uint32_t cfg[LAYERS][CFG_LANES], weight[LAYERS][CIM_ROWS * CIM_COLS / 32], in[MOST], out[MOST], nin, nout;
    int8_t abn[LAYERS][CIM_COLS];
    uint32_t code[LAYERS + 1][MOST];                     /* [0]: inputs; by (x * h + y) * channels + channel */
};

static void make(struct chain *c, uint64_t seed)
{
    uint64_t n = seed * 1000000;

    memset(c, 0, sizeof *c);
    for (int i = 0; i < LAYERS; i++) {
        const struct shape *s = &shapes[i];
        uint32_t *cfg = c->cfg[i];
        path_layer(cfg, s->k, s->k, s->ho, s->wo, s->c_in, s->r_in, s->c_out, s->r_out, 1);
        cfg[CFG_DENSE] = s->dense, cfg[CFG_SH] = cfg[CFG_SW] = s->stride, cfg[CFG_H] = s->h, cfg[CFG_W] = s->w;
        cfg[CFG_R_W] = s->r_w, cfg[CFG_GAMMA] = s->gamma, cfg[CFG_ABN] = cfg[CFG_SWAPS] = (uint32_t)i;
        cfg[CFG_PAD] = 1u << (s->r_in - 1);
        for (uint32_t k = 0; k < imagine_units(cfg) * CIM_UNIT * CIM_COLS / 32; k++)
            c->weight[i][k] = (uint32_t)bl_draw(21, n++);
        for (uint32_t o = 0; o < s->c_out; o++)
            c->abn[i][o] = (int8_t)((int)(bl_draw(22, n++) % (uint64_t)(2 * s->abn + 1)) - s->abn);
    }
    for (uint32_t k = 0; k < 6 * 5 * 4; k++) {
        c->code[0][k] = (uint32_t)(bl_draw(23, n++) & 15);
        c->in[k / 8] |= c->code[0][k] << (k % 8 * 4);
    }
    c->nin = 6 * 5 * 4 * 4 / 32;
    c->nout = (10 * 8 + 31) / 32;
}

/* ---- Eq. (4) to (7) ---- */

static int64_t sum_of(const struct chain *c, int i, uint32_t oy, uint32_t ox, uint32_t o)
{
    const struct shape *s = &shapes[i];
    int64_t sum = 0;

    for (uint32_t k = 0; k < s->k * s->k; k++)
        for (uint32_t ch = 0; ch < s->c_in; ch++) {
            int32_t y = (int32_t)(oy * s->stride + k / s->k) - (int32_t)s->k / 2;
            int32_t x = (int32_t)(ox * s->stride + k % s->k) - (int32_t)s->k / 2;
            bool inside = y >= 0 && x >= 0 && y < (int32_t)s->h && x < (int32_t)s->w;
            uint32_t at = ((uint32_t)x * s->h + (uint32_t)y) * s->c_in + ch;
            uint32_t row = imagine_row(s->dense, k / s->k, k % s->k, ch);
            int64_t v = inside ? c->code[i][at] : 1u << (s->r_in - 1), w = 0;
            for (uint32_t j = 0; j < s->r_w; j++) {
                uint32_t column = o * imagine_stride(s->r_w) + j;
                w += (c->weight[i][row * 8 + column / 32] >> (column % 32) & 1 ? 1 : -1) * (1 << j);
            }
            sum += (2 * v - (1 << s->r_in) + 1) * w;
        }
    return sum;
}

static void predict(struct chain *c, int i)
{
    const struct shape *s = &shapes[i];
    double half = (double)(1 << (s->r_out - 1)), alpha = imagine_alpha(imagine_units(c->cfg[i]) * CIM_UNIT, 0.7, 0.0607, 40);

    for (uint32_t x = 0; x < s->wo; x++)
        for (uint32_t y = 0; y < s->ho; y++)
            for (uint32_t o = 0; o < s->c_out; o++) {
                double dv = 0.3 * alpha * (double)sum_of(c, i, y, x, o) / imagine_shares(s->r_in, s->r_w);
                dv += 0.001875 * c->abn[i][o];
                double d = floor(half + s->gamma * dv / (0.5775 * 0.6 / half));
                c->code[i + 1][(x * s->ho + y) * s->c_out + o] = (uint32_t)(d < 0 ? 0 : d > 2 * half - 1 ? 2 * half - 1 : d);
            }
}

/* How many different codes a layer makes. */
static int different(const struct chain *c, int i)
{
    uint64_t seen[4] = { 0 };

    for (uint32_t k = 0; k < shapes[i].ho * shapes[i].wo * shapes[i].c_out; k++)
        seen[c->code[i + 1][k] / 64] |= UINT64_C(1) << (c->code[i + 1][k] % 64);
    int n = 0;
    for (int k = 0; k < 4; k++)
        n += __builtin_popcountll(seen[k]);
    return n;
}

/* ---- the platform ---- */

static const char *const settings[] = { "voltage=0.6 V", "cim_timer.phases=0" };
enum { PHASES_OFF = 1, SHUFFLED = 2 };

static void run_chain(struct chain *c, int how, struct bl_sim **sim, struct heard *h, struct bl_platform **platform)
{
    static const struct bl_class *classes[128];
    static struct step steps[2 + 2 * LAYERS];
    struct bl_set_opt set = { settings[how == PHASES_OFF] };
    int n = 0, k = 0;

    for (; bl_classes[k] && k < 127; k++)
        classes[k] = strcmp(bl_classes[k]->name, "imagine_host") ? bl_classes[k] : &script_class;
    steps[n++] = (struct step){ FILL, c->nin, c->in, NULL };
    for (int i = 0; i < LAYERS; i++) {
        steps[n++] = (struct step){ WEIGHTS, imagine_units(c->cfg[i]) * CIM_UNIT * 8, c->weight[i], NULL };
        steps[n++] = (struct step){ RUN, 0, NULL, c->cfg[i] };
    }
    steps[n++] = (struct step){ DRAIN, c->nout, c->out, NULL };
    *platform = bl_platform_load("platforms/imagine/imagine.yaml", &set, 1, heard_start(h));
    ck_assert_msg(*platform != NULL, "%s", h->text);
    *sim = bl_open(classes, &h->diag);
    if (how == SHUFFLED)
        bl_option(*sim, BL_SHUFFLE, 5);
    ck_assert_msg(bl_platform_apply(*platform, *sim) == 0, "%s", h->text);
    bl_supply(*sim, "host", "steps", steps, (size_t)n * sizeof *steps);
    bl_supply(*sim, "dsci_adc", "abn", c->abn, sizeof c->abn);
    ck_assert_msg(bl_elaborate(*sim) == 0, "%s", h->text);
    ck_assert_msg(bl_run(*sim, BL_FOREVER) == BL_END_STOPPED, "%s", h->text);
}

START_TEST(chained)
{
    static struct chain c;

    for (uint64_t seed = 1; seed <= 3; seed++)
        for (int how = 0; how < 3; how++) {
            struct path_rig r;
            struct bl_platform *p;
            uint64_t weights = 0;
            make(&c, seed);
            run_chain(&c, how, &r.s, &r.h, &p);
            for (int i = 0; i < LAYERS; i++) {
                predict(&c, i);
                weights += imagine_units(c.cfg[i]) * CIM_UNIT * 8;
                ck_assert_int_ge(different(&c, i), 7);                   /* no chain of clipped codes */
            }
            for (uint32_t o = 0; o < shapes[LAYERS - 1].c_out; o++) {
                uint32_t got = c.out[o / 4] >> (o % 4 * 8) & 255, want = c.code[LAYERS][o];
                ck_assert_msg(got == want, "seed %d, %d: output %u is %u, expected %u", (int)seed, how, o, got, want);
            }
            ck_assert_uint_eq(path_peek(&r, "lmem.swaps"), LAYERS - 1);
            ck_assert_uint_eq(path_peek(&r, "lmem.fill"), c.nin);    /* DRAM: the first input, the last output, weights */
            ck_assert_uint_eq(path_peek(&r, "lmem.drain"), c.nout);
            ck_assert_uint_eq(path_peek(&r, "dram_port.word"), weights + c.nin + c.nout);
            bl_close(r.s);
            bl_platform_free(p);
        }
}
END_TEST

Suite *suite_imagine_chain(void)
{
    Suite *s = suite_create("imagine_chain");
    TCase *t = tcase_create("lmem to lmem");

    tcase_add_test(t, chained);
    suite_add_tcase(s, t);
    return s;
}
