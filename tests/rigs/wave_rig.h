/* wave_rig.h - what the tests of traces share: random traces told to any writer, and every way to read one
 * back (fst2vcd, a plain reader of VCD text, our own reader) brought to one comparable form. */
#ifndef BL_TESTS_WAVE_COMMON_H
#define BL_TESTS_WAVE_COMMON_H

#include <check.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "traces/traces.h"
#include "traces/vars.h"
#include "traces/wave_read.h"

#include "tests/rigs/effort.h"

enum { PATH_BYTES = 700 };

/* Room for a path, good for the next 63 calls. */
static inline char *path_room(void)
{
    static char room[64][PATH_BYTES];
    static unsigned next;

    return room[next++ % 64];
}

/* A path in the scratch directory, its own for each process. */
static inline char *scratch(const char *name)
{
    const char *dir = getenv("BL_TMP");
    char *path = path_room();

    int n = snprintf(path, PATH_BYTES, "%s/wave%ld_%s", dir && *dir ? dir : "/tmp", (long)getpid(), name);
    ck_assert_int_lt(n, PATH_BYTES);
    return path;
}

/* A file as bytes, to be freed. */
static inline uint8_t *file_bytes(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    struct stat st;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fstat(fileno(f), &st), 0);
    uint8_t *b = malloc((size_t)st.st_size + 1);
    *n = fread(b, 1, (size_t)st.st_size + 1, f);
    ck_assert_uint_eq(*n, (size_t)st.st_size);
    fclose(f);
    return b;
}

/* Eight bytes, the highest first. */
static inline uint64_t be64(const uint8_t *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

static inline char *joined(const char *path, const char *suffix)
{
    size_t n = strlen(path), k = strlen(suffix) + 1;
    char *s = path_room();

    ck_assert_uint_le(n + k, PATH_BYTES);
    memcpy(s, path, n);
    memcpy(s + n, suffix, k);
    return s;
}

/* The first file that is written beside this one and has not its name yet; NULL: there is none. */
static inline char *unpublished(const char *path)
{
    char *pattern = joined(path, ".*.tmp"), *name = NULL;
    glob_t g;

    if (glob(pattern, 0, NULL, &g) == 0)
        name = joined(g.gl_pathv[0], "");
    globfree(&g);
    return name;
}

/* Messages are kept, so that a test can look at the last one. */
static char last_message[1024];

static inline void keep_message(void *ctx, const char *text)
{
    (void)ctx;
    snprintf(last_message, sizeof last_message, "%s", text);
}

static inline struct bl_diag *quiet(void)
{
    static struct bl_diag d = { .put = keep_message };

    return &d;
}

/* splitmix64 */
static inline uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* From now on a file of this process ends after so many bytes; 0: no longer. Nothing may be asserted
 * in between: the messages of Check are a file as well. */
static inline void limit_files(rlim_t bytes)
{
    struct rlimit l = { bytes ? bytes : RLIM_INFINITY, RLIM_INFINITY };

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &l))
        abort();
}

/* ---- changes as text -------------------------------------------------------------------------- */

/* One change: "TIME ID VALUE", the value with all its bits. */
struct change {
    uint64_t time;
    size_t order;              /* in the file; orders changes of one signal at one time */
    char id[8];
    char *value;
};

struct dump {
    struct change *at;
    size_t n, cap;
    struct { char id[8]; unsigned width; } *var;
    size_t nvars;
    char *vars;                /* the declarations, one a line, for comparison */
    uint64_t last;             /* last time line */
};

static inline int by_time(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    int c = strcmp(x->id, y->id);
    return c ? c : x->order < y->order ? -1 : 1;
}

static inline unsigned width_of(const struct dump *d, const char *id)
{
    for (size_t i = 0; i < d->nvars; i++)
        if (!strcmp(d->var[i].id, id))
            return d->var[i].width;
    ck_abort_msg("a change of %s, which is not declared", id);
    return 0;
}

static inline void add_change(struct dump *d, uint64_t time, const char *id, const char *value)
{
    char text[BUFSIZ];
    unsigned width = 0;

    if (*value == 'b') {
        width = width_of(d, id);
        size_t n = strlen(value + 1);
        char fill = value[1] == '1' ? '0' : value[1];
        ck_assert_uint_le(n, width);
        memset(text, fill, width);
        memcpy(text + width - n, value + 1, n + 1);
    } else if (*value == 'r') {
        snprintf(text, sizeof text, "r%.16g", strtod(value + 1, NULL));
    } else {
        ck_assert_uint_lt(strlen(value), sizeof text);
        strcpy(text, value);
    }
    if (d->n == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 1024;
        d->at = realloc(d->at, d->cap * sizeof *d->at);
        ck_assert_ptr_nonnull(d->at);
    }
    struct change *c = &d->at[d->n++];
    c->time = time;
    c->order = d->n;
    snprintf(c->id, sizeof c->id, "%s", id);
    c->value = strdup(text);
}

static inline void declare_var(struct dump *d, char *line)
{
    char type[32], id[8], name[600], range[32];
    unsigned width;
    int n = sscanf(line, "$var %31s %u %7s %599s %31s", type, &width, id, name, range);

    ck_assert_msg(n == 5, "%s", line);
    d->var = realloc(d->var, (d->nvars + 1) * sizeof *d->var);
    d->var[d->nvars].width = width;
    snprintf(d->var[d->nvars++].id, sizeof id, "%s", id);
    size_t have = d->vars ? strlen(d->vars) : 0;
    d->vars = realloc(d->vars, have + strlen(line) + 100);
    snprintf(d->vars + have, strlen(line) + 100, "%s %u %s %s %s\n", type, width, id, name, range);
}

/* Reads a plain or gzip VCD. */
static inline struct dump read_vcd(const char *path)
{
    static char line[1 << 16];
    struct dump d = { 0 };
    gzFile f = gzopen(path, "rb");
    char *blank;

    ck_assert_msg(f != NULL, "%s is missing", path);
    while (gzgets(f, line, sizeof line)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "$var ", 5)) {
            declare_var(&d, line);
        } else if (*line == '#') {
            d.last = strtoull(line + 1, NULL, 10);
        } else if (strchr("brs", *line) && *line && (blank = strrchr(line, ' '))) {
            *blank = 0;
            add_change(&d, d.last, blank + 1, line);
        } else if (*line && strchr("01xzhuwl-", *line)) {
            char value[2] = { *line, 0 };
            add_change(&d, d.last, line + 1, value);
        }
    }
    gzclose(f);
    if (d.n)
        qsort(d.at, d.n, sizeof *d.at, by_time);
    return d;
}

static inline void same_dumps(const struct dump *a, const struct dump *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        const struct change *x = &a->at[i], *y = &b->at[i];
        ck_assert_msg(x->time == y->time && !strcmp(x->id, y->id) && !strcmp(x->value, y->value),
                      "change %zu: %" PRIu64 " %s %.80s, but %" PRIu64 " %s %.80s", i,
                      x->time, x->id, x->value, y->time, y->id, y->value);
    }
    ck_assert_uint_eq(a->n, b->n);
}

static inline void free_dump(struct dump *d)
{
    for (size_t i = 0; i < d->n; i++)
        free(d->at[i].value);
    free(d->at);
    free(d->var);
    free(d->vars);
}

/* Runs fst2vcd; returns its exit status. The tool comes with GTKWave, which the project asks for. */
static inline int fst2vcd(const char *fst, const char *vcd)
{
    char command[3 * PATH_BYTES];

    snprintf(command, sizeof command, "fst2vcd -f '%s' -o '%s' >/dev/null 2>&1", fst, vcd);
    int rc = system(command);
    ck_assert_msg(WIFEXITED(rc) && WEXITSTATUS(rc) != 127, "fst2vcd is missing: install the package gtkwave");
    return WEXITSTATUS(rc);
}

static inline struct dump read_ours(const char *path);

/* By fst2vcd; in slow builds by our own reader, which the plain build has compared with it. */
static inline struct dump read_fst(const char *fst)
{
    char vcd[PATH_BYTES + 10];

    if (!FOREIGN("fst2vcd"))
        return read_ours(fst);
    snprintf(vcd, sizeof vcd, "%s.back.vcd", fst);
    ck_assert_int_eq(fst2vcd(fst, vcd), 0);
    struct dump d = read_vcd(vcd);
    unlink(vcd);
    return d;
}

/* ---- our own reader, as a dump ---------------------------------------------------------------- */

struct bl_wave {
    struct dump d;
    const struct bl_wave_head *head;
    uint32_t *slot;
    bool told;
};

static inline int dump_time(struct bl_wave *w, uint64_t fs)
{
    ck_assert_msg(!w->told || fs > w->d.last, "time %" PRIu64 " after %" PRIu64, fs, w->d.last);
    w->told = true;
    w->d.last = fs;
    return 0;
}

static inline void dump_value(struct bl_wave *w, uint32_t var, const char *value)
{
    char id[8];
    size_t n = 0;

    ck_assert_uint_lt(var, w->head->nvars);
    ck_assert_uint_eq(w->head->vars[var].alias, 0);
    for (uint64_t v = (uint64_t)w->slot[var] + 1; v; v = (v - 1) / 94)
        id[n++] = (char)('!' + (v - 1) % 94);
    id[n] = 0;
    add_change(&w->d, w->d.last, id, value);
}

static inline int dump_bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    char text[BUFSIZ];
    uint32_t width = w->head->vars[var].width;

    for (uint32_t i = 0; i < width; i++)
        text[i] = (char)('0' + (words[(width - 1 - i) / 64] >> (width - 1 - i) % 64 & 1));
    text[width] = 0;
    dump_value(w, var, text);
    ck_assert(width % 64 == 0 || w->head->vars[var].kind == BL_WAVE_EVENT || words[width / 64] >> width % 64 == 0);
    return 0;
}

static inline int dump_states(struct bl_wave *w, uint32_t var, const char *ascii)
{
    ck_assert_uint_eq(strlen(ascii), w->head->vars[var].width);
    ck_assert_uint_ne(strspn(ascii, "01"), strlen(ascii));
    dump_value(w, var, ascii);
    return 0;
}

static inline int dump_real(struct bl_wave *w, uint32_t var, double value)
{
    char text[40];

    snprintf(text, sizeof text, "r%.17g", value);
    dump_value(w, var, text);
    return 0;
}

static inline int dump_string(struct bl_wave *w, uint32_t var, const char *text, size_t bytes)
{
    char value[BUFSIZ] = "s";

    ck_assert_uint_lt(4 * bytes, sizeof value - 2);
    value[1 + bl_text_escape(value + 1, text, bytes)] = 0;
    dump_value(w, var, value);
    return 0;
}

static const struct bl_wave_ops DUMP_OPS = { .time = dump_time, .bits = dump_bits, .states = dump_states, .real = dump_real,
                                             .string = dump_string };

/* Steps an open source to its end and closes it; *rc gets what the last step returned. */
static inline struct dump step_all(struct bl_wave_source *s, int *rc)
{
    struct bl_wave w = { .head = bl_wave_source_head(s) };
    uint32_t signals;

    w.slot = bl_vars_slots(w.head->vars, w.head->nvars, &signals);
    ck_assert_uint_eq(signals, w.head->nsignals);
    while ((*rc = bl_wave_source_step(s, &DUMP_OPS, &w)) > 0)
        ;
    if (*rc == 0 && w.told)
        ck_assert_uint_eq(w.d.last, w.head->end);
    bl_wave_source_close(s);
    free(w.slot);
    if (w.d.n)
        qsort(w.d.at, w.d.n, sizeof *w.d.at, by_time);
    return w.d;
}

static inline struct dump read_ours(const char *path)
{
    int rc;
    struct bl_wave_source *s = bl_wave_source_open(path, quiet());

    ck_assert_msg(s != NULL, "%s", last_message);
    struct dump d = step_all(s, &rc);
    ck_assert_msg(rc == 0, "%s", last_message);
    return d;
}

/* Our reader finds what `d` has. */
static inline void ours_agrees(const char *path, const struct dump *d)
{
    struct dump own = read_ours(path);

    same_dumps(&own, d);
    ck_assert_uint_eq(own.last, d->last);
    free_dump(&own);
}

/* ---- random traces ---------------------------------------------------------------------------- */

struct trace {
    const struct bl_wave_var *vars;
    size_t nvars;
    uint64_t seed, start, most_step;   /* times advance by 1..most_step */
    unsigned steps, per_step;          /* changes a step, of random signals */
    uint64_t tail;                     /* close this long after the last time */
};

static inline int random_change(const struct bl_wave_ops *ops, struct bl_wave *w, const struct bl_wave_var *v,
                                uint32_t i, uint64_t *rnd)
{
    static const double reals[] = { 0.0, -0.0, 1.5, -1.5, 0.1, -1e-300, 1e300, 3.141592653589793, 5e-324, 1e15 };
    static const char *const texts[] = { "", "a", "two words", "tab\tnew\nline", "\"\\?'", "\x80\xff", "mul" };
    uint64_t words[64], r = draw(rnd);
    char ascii[4097];

    if (v->kind == BL_WAVE_REAL)
        return ops->real(w, i, r & 1 ? reals[(r >> 8) % 10] : ((double)(int64_t)draw(rnd)) / 1048576.0);
    if (v->kind == BL_WAVE_STRING)
        return ops->string(w, i, texts[(r >> 8) % 7], strlen(texts[(r >> 8) % 7]));
    if (v->kind == BL_WAVE_BITS && r % 8 == 0) {
        for (uint32_t b = 0; b < v->width; b++)
            ascii[b] = "01xzhuwl-"[draw(rnd) % 9];
        ascii[v->width] = 0;
        return ops->states(w, i, ascii);
    }
    for (uint32_t k = 0; k < 64; k++)
        words[k] = r % 8 < 3 ? 0 : draw(rnd);
    words[0] = r % 8 == 1 ? r >> 60 : draw(rnd);
    if (v->kind == BL_WAVE_BITS && v->width % 64)
        words[v->width / 64] &= (UINT64_C(1) << v->width % 64) - 1;
    return ops->bits(w, i, words);
}

/* Tells the trace; 0, or -1 as soon as the writer fails. Closes in any case. */
static inline int tell(const struct bl_wave_ops *ops, const char *path, const struct trace *t)
{
    uint64_t rnd = t->seed, now = t->start;
    struct bl_wave *w = ops->open(path, t->vars, t->nvars, t->start, quiet());
    int rc = 0;

    if (!w)
        return -1;
    for (unsigned s = 0; s < t->steps && !rc; s++) {
        rc = ops->time(w, now);
        for (uint32_t i = 0; s == 0 && i < t->nvars && !rc; i++)
            if (!t->vars[i].alias && t->vars[i].kind != BL_WAVE_EVENT)
                rc = random_change(ops, w, &t->vars[i], i, &rnd);
        for (unsigned k = 0; s && k < t->per_step && !rc; k++) {
            uint32_t i = (uint32_t)(draw(&rnd) % t->nvars);
            if (!t->vars[i].alias)
                rc = random_change(ops, w, &t->vars[i], i, &rnd);
        }
        if (s + 1 < t->steps)
            now += 1 + draw(&rnd) % t->most_step;
    }
    return ops->close(w, now + t->tail) || rc ? -1 : 0;
}

/* One trace through all writers must be one list of changes: VCD plain and packed, FST by LZ4 and by zlib, read by
 * fst2vcd and by our own reader. */
static inline void same_in_both(const struct trace *t)
{
    char *fst = scratch("both.fst"), *vcd = scratch("both.vcd"), *gz = scratch("both.vcd.gz");

    ck_assert_msg(tell(&bl_vcd_writer, vcd, t) == 0, "%s", last_message);
    struct dump b = read_vcd(vcd);
    ck_assert_uint_gt(b.nvars, 0);
    ours_agrees(vcd, &b);
    ck_assert_msg(tell(&bl_vcd_gz_writer, gz, t) == 0, "%s", last_message);
    ours_agrees(gz, &b);
    for (unsigned options = 0; options < 2; options++) {
        ck_assert_msg(tell(bl_wave_writer_as(fst, options ? BL_WAVE_ZLIB : 0), fst, t) == 0, "%s", last_message);
        ours_agrees(fst, &b);
        if (!FOREIGN("fst2vcd"))
            continue;
        struct dump a = read_fst(fst);
        ck_assert_str_eq(a.vars, b.vars);
        same_dumps(&a, &b);
        ck_assert_uint_eq(a.last, b.last);
        free_dump(&a);
    }
    free_dump(&b);
    unlink(fst);
    unlink(vcd);
    unlink(gz);
}

/* A variable of each kind and of the widths that are special to one of the formats. */
static const char *const VERDICTS[] = { "idle", "busy", "no input", "out_full" };
#define WIRE(n) { .scope = "top.widths", .name = "w" #n, .kind = BL_WAVE_BITS, .width = n }
static const struct bl_wave_var MIXED[] = {
    { .scope = "", .name = "clk", .kind = BL_WAVE_BITS, .width = 1, .flags = BL_WAVE_CLOCK },
    WIRE(1), WIRE(2), WIRE(7), WIRE(8), WIRE(9), WIRE(31), WIRE(32), WIRE(33), WIRE(63), WIRE(64), WIRE(65),
    WIRE(127), WIRE(128), WIRE(129), WIRE(144), WIRE(1152), WIRE(4096),
    { .scope = "top.hmu[0]", .name = "verdict", .kind = BL_WAVE_BITS, .width = 2, .names = VERDICTS, .nnames = 4,
      .flags = BL_WAVE_VERDICT },
    { .scope = "top.hmu[0]", .name = "verdict_color", .kind = BL_WAVE_BITS, .width = 2, .alias = 19 },
    { .scope = "top.hmu[1]", .name = "verdict", .kind = BL_WAVE_BITS, .width = 2, .names = VERDICTS, .nnames = 4,
      .flags = BL_WAVE_VERDICT },
    { .scope = "top.hmu[1].adc", .name = "code[3]", .kind = BL_WAVE_BITS, .width = 6, .flags = BL_WAVE_ANALOG },
    { .scope = "top.hmu[1].adc", .name = "code_too", .kind = BL_WAVE_BITS, .width = 6, .alias = 22 },
    { .scope = "other", .name = "power", .kind = BL_WAVE_REAL, .width = 64, .flags = BL_WAVE_POWER },
    { .scope = "other", .name = "layer", .kind = BL_WAVE_STRING },
    { .scope = "other", .name = "fired", .kind = BL_WAVE_EVENT, .width = 1 },
};
enum { NMIXED = sizeof MIXED / sizeof MIXED[0] };

#endif
