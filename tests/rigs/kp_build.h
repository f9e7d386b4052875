/* kp_build.h - a platform of the kernel as text, parameters and values by name, messages kept. (struct heard is another one inside of
 * the kernel, so heard.h is for suites that do not look into it.) */
#ifndef BL_TESTS_KP_BUILD_H
#define BL_TESTS_KP_BUILD_H

#include "kernel/ieee/ieee.h"
#include "kernel/sim.h"
#include "tests/rigs/kp_base.h"

/* ---- messages kept, lines joined by '\n' ---- */

struct kp_told { struct bl_diag diag; size_t n; char text[16384]; };

static inline void kp_tell(void *ctx, const char *line)
{
    struct kp_told *h = ctx;
    int n = snprintf(h->text + h->n, sizeof h->text - h->n, "%s%s", h->n ? "\n" : "", line);

    ck_assert_msg(n >= 0 && h->n + (size_t)n < sizeof h->text, "too many messages");
    h->n += (size_t)n;
}

static inline struct bl_diag *kp_listen(struct kp_told *h)
{
    memset(h, 0, sizeof *h);
    h->diag = (struct bl_diag){ .put = kp_tell, .ctx = h };
    return &h->diag;
}

/* The state of s as bytes, to be freed; what is wrong with that was told to h. */
static inline void *kp_saved(struct kp_told *h, struct bl_sim *s, size_t *n)
{
    *n = bl_save_bytes(s);
    void *b = malloc(*n);

    ck_assert_ptr_nonnull(b);
    ck_assert_msg(bl_save(s, b, *n) == 0, "%s", h->text);
    return b;
}

/* ---- building ---- */

#define KP_CHANNEL(d) ((struct bl_link){ .depth = (d) })
#define KP_PIPE       ((struct bl_link){ .pipe = true })
#define KP_WORD       ((struct bl_link){ 0 })
#define KP_SYNC(d, n) ((struct bl_link){ .depth = (d), .sync = BL_SYNC(n) })

/* A platform as text: statements separated by ';', the k-th said to stand at "f:k". Errors are in the diag.
 *   scope PATH    export PORT TO
 *   clock NAME PERIOD PHASE    part PATH CLASS [CLOCK]    set PATH PARAM TEXT    price CLASS ITEM VALUE
 *   wire FROM TO [dDEPTH] [pITEMS] [sSTAGES] [rising|falling] [many|resolved] [reset|async_reset] */
static inline void kp_word(const char *w, struct bl_link *l)
{
    l->sharing = !strncmp(w, "many", 4) ? BL_MANY : !strncmp(w, "resolved", 8) ? BL_RESOLVED : l->sharing;
    l->reset = !strncmp(w, "reset", 5) ? BL_SYNC_RESET : !strncmp(w, "async_reset", 11) ? BL_ASYNC_RESET : l->reset;
    l->edge = !strncmp(w, "rising", 6) ? BL_RISING : !strncmp(w, "falling", 7) ? BL_FALLING : l->edge;
    if (*w == 'd')
        l->depth = (uint32_t)strtoul(w + 1, NULL, 10);
    else if (*w == 's')
        l->sync = BL_SYNC((int)strtol(w + 1, NULL, 10));
    else if (*w == 'p')
        l->pipe = w[1] >= '0' && w[1] <= '9' ? (uint32_t)strtoul(w + 1, NULL, 10) : 1;
}

static inline int kp_statement(struct bl_sim *s, const char *text, const char *where)
{
    char verb[16] = "", a[512] = "", b[512] = "", c[64] = "", d[64] = "";
    int rest = 0, n = sscanf(text, " %15s %511s %511s %n%63s %63s", verb, a, b, &rest, c, d);

    if (!strcmp(verb, "clock"))
        return bl_clock(s, a, strtoull(b, NULL, 10), strtoull(c, NULL, 10), where);
    if (!strcmp(verb, "part"))
        return bl_add(s, a, b, n > 3 ? c : NULL, where);
    if (!strcmp(verb, "scope"))
        return bl_scope(s, a, where);
    if (!strcmp(verb, "export"))
        return bl_export(s, a, b, where);
    if (!strcmp(verb, "set"))
        return bl_set(s, a, b, text + rest, where);
    if (!strcmp(verb, "price"))
        return bl_set_price(s, &(struct bl_price){ .cls = a, .item = b, .value = strtoull(c, NULL, 10), .is_power = false, .tag = BL_FREE, .source = NULL }, where);
    KP_HOLDS(!strcmp(verb, "wire"), "no statement: %s", text);
    struct bl_link l = { 0 };
    for (const char *w = n > 3 ? text + rest : ""; *w; w += strcspn(w, " "), w += strspn(w, " "))
        kp_word(w, &l);
    return bl_wire(s, a, b, l, where);
}

static inline int kp_script(struct bl_sim *s, const char *script)
{
    char text[1200], where[16];
    int bad = 0;

    for (int k = 1; *script; k++) {
        size_t n = strcspn(script, ";");
        KP_HOLDS(n < sizeof text, "statement too long");
        memcpy(text, script, n);
        text[n] = 0;
        snprintf(where, sizeof where, "f:%d", k);
        if (text[strspn(text, " ")])
            bad |= kp_statement(s, text, where);
        script += n + (script[n] == ';');
    }
    return bad;
}

static inline void kp_ok(int result) { ck_assert_int_eq(result, 0); }

static inline void kp_setf(struct bl_sim *s, const char *path, const char *param, long long v)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", v);
    kp_ok(bl_set(s, path, param, text, NULL));
}

static inline uint64_t kp_peek(struct bl_sim *s, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(s, name, &v) == 0, "%s is not there", name);
    return v;
}

#endif
