/* test_systemc.c - random process networks on our kernel and on the SystemC reference: times, values and the order of
 * deltas are equal. Run by `make conformance`, which names the reference's program in BL_PEER; skipped without it. */
#include "tests/conformance/on_kernel.h"
#include "tests/rigs/effort.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- which constructs a network used: by the lines of its log ---- */

enum { NOTIFY_DELTA, NOTIFY_TIMED, NOTIFY_NOW, CANCEL, TRIGGERED, NOT_TRIGGERED, WRITE, READ, READ_CLOCK, PUT_BLOCKING,
       GET_BLOCKING, PUT_DONE, PUT_REFUSED, GET_DONE, GET_REFUSED, CONTROL, RESTARTED = CONTROL + NET_KILL + 1,
       ENDS, ON_TIME = ENDS, ON_DELTA, ON_STATIC, ON_N, ON_EVENT, ON_ANY, ON_ALL, TIMED_OUT, ON_CHANGED, ON_ROSE, ON_FELL, KINDS,
       METHOD_ENDS = KINDS, CONSTRUCTS = METHOD_ENDS + KINDS - ENDS };
static const char *const construct[KINDS] = {
    "notify, delta", "notify, timed", "notify, immediate", "cancel", "triggered: yes", "triggered: no", "write", "read",
    "read of a clock", "FIFO: blocking put", "FIFO: blocking get", "FIFO: put", "FIFO: no room", "FIFO: get", "FIFO: no item",
    "suspend", "resume", "disable", "enable", "reset", "kill", "reset: from the top",
    "wait: time", "wait: one delta", "wait: static list", "wait: n > 1 releases", "wait: event", "wait: or-list",
    "wait: and-list", "wait: ended by time-out", "wait: a change", "wait: a rising edge", "wait: a falling edge"
};

/* Of a wait that ended: its kind, and what it waited for. */
static uint64_t waited(const struct net *n, const struct net_op *op, bool timed_out)
{
    static const unsigned kind[OP_CODES] = { [OP_EVENT] = ON_EVENT, [OP_ANY] = ON_ANY, [OP_ALL] = ON_ALL };
    uint64_t set = 0;

    if (op->code == OP_TIME)
        return UINT64_C(1) << (op->t ? ON_TIME : ON_DELTA);
    if (op->code == OP_STATIC)
        return UINT64_C(1) << (op->t > 1 ? ON_N : ON_STATIC);
    if (!kind[op->code])
        return 0;
    for (uint32_t i = 0; i < op->n; i++)
        if (n->event[op->list[i]].edge)
            set |= UINT64_C(1) << (ON_CHANGED + n->event[op->list[i]].edge - NET_CHANGED);
    return set | UINT64_C(1) << kind[op->code] | (uint64_t)timed_out << TIMED_OUT;
}

static uint64_t used(const struct net *n, const struct net_entry *e)
{
    const struct net_op *op = &n->proc[e->proc].op[e->op];
    uint64_t set;

    switch (e->what) {
    case OP_NOTIFY: return UINT64_C(1) << (e->value ? NOTIFY_TIMED : NOTIFY_DELTA);
    case OP_NOW:    return UINT64_C(1) << NOTIFY_NOW;
    case OP_CANCEL: return UINT64_C(1) << CANCEL;
    case OP_ASK:    return UINT64_C(1) << (e->value ? TRIGGERED : NOT_TRIGGERED);
    case OP_WRITE:  return UINT64_C(1) << WRITE;
    case OP_READ:   return UINT64_C(1) << (n->signal[op->list[0]].period ? READ_CLOCK : READ);
    case OP_TRYPUT: return UINT64_C(1) << (e->value == 256 ? PUT_REFUSED : PUT_DONE);
    case OP_TRYGET: return UINT64_C(1) << (e->value == 256 ? GET_REFUSED : GET_DONE);
    case OP_CONTROL: return UINT64_C(1) << (CONTROL + e->value);
    case OP_PUT:    return UINT64_C(1) << PUT_BLOCKING;
    case OP_GET:    return UINT64_C(1) << GET_BLOCKING;
    default:
        if (e->op == NET_OPS)
            return e->time ? UINT64_C(1) << RESTARTED : 0;
        set = waited(n, op, e->value);
        return n->proc[e->proc].method ? set << (METHOD_ENDS - ENDS) : set;
    }
}

struct account { uint32_t nets[CONSTRUCTS]; size_t lines; };

static void count(struct account *a, const struct net *n, const struct net_log *l)
{
    uint64_t set = 0;

    for (size_t i = 0; i < l->n; i++)
        set |= used(n, &l->e[i]);
    for (uint32_t k = 0; k < CONSTRUCTS; k++)
        a->nets[k] += set >> k & 1;
    a->lines += l->n;
}

static void show(const struct account *a)
{
    for (uint32_t k = 0; k < KINDS; k++)
        if (k < ENDS)
            printf("  %-24s %6u networks\n", construct[k], a->nets[k]);
        else
            printf("  %-24s %6u networks in a process, %6u in a method\n", construct[k], a->nets[k],
                   a->nets[METHOD_ENDS + k - ENDS]);
}

/* ---- the reference ---- */

static const char *peer(void) { return getenv("BL_PEER"); }

static FILE *on_peer(const char *file)
{
    char command[1024], version[64];

    snprintf(command, sizeof command, "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 '%s' '%s'", peer(), file);
    FILE *f = popen(command, "r");
    ck_assert_msg(f && fgets(version, sizeof version, f) && !strncmp(version, "SystemC ", 8), "%s does not work", command);
    return f;
}

static bool read_log(FILE *f, struct net_log *l)
{
    size_t n;

    if (fscanf(f, " log %zu", &n) != 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned long long time;
        unsigned delta, proc, op, what, value;
        if (fscanf(f, "%llu %u %u %u %u %u", &time, &delta, &proc, &op, &what, &value) != 6)
            return false;
        log_add(l, (struct net_entry){ time, delta, (uint16_t)proc, (uint16_t)op, (uint16_t)what, value });
    }
    log_settle(l, true);
    return true;
}

/* ---- the comparison ---- */

static FILE *scratch(char *name, size_t room, const char *file)
{
    const char *dir = getenv("BL_TMP");

    snprintf(name, room, "%s/%s", dir ? dir : "/tmp", file);
    FILE *f = fopen(name, "w");
    ck_assert_msg(f != NULL, "cannot write %s", name);
    return f;
}

static void on_ours(const struct net *n, struct net_log *l)
{
    ck_assert(net_on_kernel(n, &(struct kernel_run){ 0 }, l));
    log_settle(l, true);
}

static bool differs(const struct net *n, void *report)
{
    struct net_log ours = { 0 }, theirs = { 0 };
    char name[512];
    FILE *f = scratch(name, sizeof name, "smaller");

    net_write(f, n);
    fclose(f);
    f = on_peer(name);
    bool ok = read_log(f, &theirs);                        /* a network that the reference does not run is no smaller one */
    pclose(f);
    on_ours(n, &ours);
    size_t at = ok ? log_difference(&ours, &theirs) : SIZE_MAX;
    if (report && at != SIZE_MAX)
        log_show(report, n, &ours, &theirs, at);
    log_free(&ours);
    log_free(&theirs);
    return at != SIZE_MAX;
}

static void tell(struct net *n)
{
    net_shrink(n, differs, NULL);
    fprintf(stderr, "network %llu: ours (found) and SystemC (expected) differ; the smallest network that does:\n",
            (unsigned long long)n->seed);
    net_write(stderr, n);
    differs(n, stderr);
}

START_TEST(test_against_systemc)
{
    const char *wanted = getenv("BL_NETS");
    uint64_t nets = wanted ? strtoull(wanted, NULL, 10) : 50, bad = 0;
    struct account a = { 0 };
    struct net n;
    char name[512];

    if (!peer()) {
        SKIP_ELSEWHERE("against_systemc", "`make conformance` runs it");
        return;
    }
    if (access(peer(), X_OK)) {
        SKIP_MISSING("against_systemc", "its program was not built, package libsystemc-dev is not installed");
        return;
    }
    FILE *f = scratch(name, sizeof name, "networks");
    for (uint64_t seed = 1; seed <= nets; seed++) {
        net_make(&n, seed, false);
        net_write(f, &n);
    }
    fclose(f);
    f = on_peer(name);
    for (uint64_t seed = 1; seed <= nets; seed++) {
        struct net_log ours = { 0 }, theirs = { 0 };
        net_make(&n, seed, false);
        ck_assert_msg(read_log(f, &theirs), "SystemC does not run network %llu", (unsigned long long)seed);
        on_ours(&n, &ours);
        count(&a, &n, &ours);
        if (log_difference(&ours, &theirs) != SIZE_MAX && bad++ < 3)
            tell(&n);
        log_free(&ours);
        log_free(&theirs);
    }
    ck_assert_int_eq(pclose(f), 0);
    printf("conformance: %llu networks, %zu lines of log, %llu differ from SystemC\n", (unsigned long long)nets, a.lines,
           (unsigned long long)bad);
    show(&a);
    for (uint32_t k = 0; k < CONSTRUCTS; k++)
        ck_assert_msg(nets < 200 || a.nets[k] || k == METHOD_ENDS + ON_N - ENDS,   /* a method has no `wait n` */
                      "no network has \"%s\"", construct[k < KINDS ? k : k - METHOD_ENDS + ENDS]);
    ck_assert_uint_eq(bad, 0);
}
END_TEST

Suite *suite_systemc(void);
Suite *suite_systemc(void)
{
    Suite *s = suite_create("systemc");
    TCase *t = tcase_create("networks");

    tcase_set_timeout(t, 600);
    tcase_add_test(t, test_against_systemc);
    suite_add_tcase(s, t);
    return s;
}
