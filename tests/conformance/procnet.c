/* procnet.c - descriptions of process networks as text, the interpreter of their programs, and the log. */
#include "tests/conformance/procnet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const net_code_name[OP_CODES] = {
    "notify", "now", "cancel", "ask", "write", "read", "tryput", "tryget", "control", "time", "static", "event", "any", "all",
    "put", "get"
};

/* ---- text ---- */

void net_write(FILE *f, const struct net *n)
{
    static const char *const edge[] = { "user", "changed", "rose", "fell" };

    fprintf(f, "net %" PRIu64 " limit %" PRIu64 " decided %u\n", n->seed, n->limit, n->decided);
    for (uint32_t i = 0; i < n->nsignals; i++) {
        const struct net_signal *s = &n->signal[i];
        fprintf(f, "signal %u %u %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %u\n", s->bits, s->init, s->owner, s->period, s->high,
                s->start, s->first);
    }
    for (uint32_t i = 0; i < n->nevents; i++)
        fprintf(f, "named %s %u\n", edge[n->event[i].edge], n->event[i].of);
    for (uint32_t i = 0; i < n->nfifos; i++)
        fprintf(f, "fifo %u %u %u\n", n->fifo[i].depth, n->fifo[i].giver, n->fifo[i].taker);
    for (uint32_t i = 0; i < n->nprocs; i++) {
        const struct net_proc *p = &n->proc[i];
        fprintf(f, "%s %u %u", p->method ? "method" : "thread", p->offset, p->budget);
        for (uint32_t k = 0; k < p->nstatics; k++)
            fprintf(f, " %u", p->statics[k]);
        fprintf(f, "\n");
        if (p->reset)
            fprintf(f, "  reset %u %u %u\n", p->reset, p->reset_by, p->reset_at);
        for (uint32_t k = 0; k < p->nops; k++) {
            fprintf(f, "  %s %u", net_code_name[p->op[k].code], p->op[k].t);
            for (uint32_t j = 0; j < p->op[k].n; j++)
                fprintf(f, " %u", p->op[k].list[j]);
            fprintf(f, "\n");
        }
    }
    fprintf(f, "end\n");
}

static uint32_t numbers(const char *text, uint8_t *list)
{
    uint32_t n = 0;
    int used;
    unsigned v;

    for (; n < NET_LIST && sscanf(text, " %u%n", &v, &used) == 1; text += used)
        list[n++] = (uint8_t)v;
    return n;
}

static bool read_op(struct net *n, const char *word, const char *rest)
{
    struct net_proc *p = n->nprocs ? &n->proc[n->nprocs - 1] : NULL;
    unsigned t;
    int used;

    for (uint8_t c = 0; c < OP_CODES; c++)
        if (!strcmp(word, net_code_name[c])) {
            if (!p || p->nops == NET_OPS || sscanf(rest, " %u%n", &t, &used) != 1)
                return false;
            struct net_op *op = &p->op[p->nops++];
            op->code = c;
            op->t = t;
            op->n = (uint8_t)numbers(rest + used, op->list);
            return true;
        }
    return false;
}

static bool read_item(struct net *n, const char *word, const char *rest)
{
    if (!strcmp(word, "signal") && n->nsignals < NET_SIGNALS) {
        struct net_signal *s = &n->signal[n->nsignals++];
        return sscanf(rest, "%u %u %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %u", &s->bits, &s->init, &s->owner, &s->period,
                      &s->high, &s->start, &s->first) == 7;
    }
    if (!strcmp(word, "named") && n->nevents < NET_EVENTS) {
        struct net_event *e = &n->event[n->nevents++];
        char edge[16];
        bool ok = sscanf(rest, "%15s %u", edge, &e->of) == 2;
        e->edge = *edge == 'u' ? NET_USER : *edge == 'c' ? NET_CHANGED : *edge == 'r' ? NET_ROSE : NET_FELL;
        return ok;
    }
    if (!strcmp(word, "fifo") && n->nfifos < NET_FIFOS) {
        struct net_fifo *f = &n->fifo[n->nfifos++];
        return sscanf(rest, "%u %u %u", &f->depth, &f->giver, &f->taker) == 3;
    }
    if ((!strcmp(word, "method") || !strcmp(word, "thread")) && n->nprocs < NET_PROCS) {
        struct net_proc *p = &n->proc[n->nprocs++];
        int used = 0;
        p->method = *word == 'm';
        bool ok = sscanf(rest, " %u %u%n", &p->offset, &p->budget, &used) == 2;
        p->nstatics = numbers(rest + used, p->statics);
        return ok;
    }
    if (!strcmp(word, "reset") && n->nprocs) {
        struct net_proc *p = &n->proc[n->nprocs - 1];
        return sscanf(rest, "%u %u %u", &p->reset, &p->reset_by, &p->reset_at) == 3;
    }
    return read_op(n, word, rest);
}

bool net_read(FILE *f, struct net *n)
{
    char line[256], word[16];
    int used;

    memset(n, 0, sizeof *n);
    if (!fgets(line, sizeof line, f) ||
        sscanf(line, "net %" SCNu64 " limit %" SCNu64 " decided %u", &n->seed, &n->limit, &n->decided) != 3)
        return false;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, " %15s%n", word, &used) != 1)
            return false;
        if (!strcmp(word, "end"))
            return true;
        if (!read_item(n, word, line + used))
            return false;
    }
    return false;
}

/* ---- log ---- */

void log_add(struct net_log *l, struct net_entry e)
{
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 1024;
        l->e = (struct net_entry *)realloc(l->e, l->room * sizeof *l->e);
        if (!l->e)
            abort();
    }
    l->e[l->n++] = e;
}

void log_free(struct net_log *l)
{
    free(l->e);
    memset(l, 0, sizeof *l);
}

void log_settle(struct net_log *l, bool sorted)
{
    uint32_t rank = 0;

    for (size_t first = 0, end; first < l->n; first = end) {
        struct net_entry *e = l->e + first;
        rank = first && e[-1].time == e->time ? rank + 1 : 0;
        for (end = first + 1; end < l->n && l->e[end].time == e->time && l->e[end].delta == e->delta; end++) {
            struct net_entry x = l->e[end];            /* stable: a process's own lines keep their order */
            size_t at = end;
            for (; sorted && at > first && l->e[at - 1].proc > x.proc; at--)
                l->e[at] = l->e[at - 1];
            l->e[at] = x;
        }
        for (size_t i = first + 1; i < end; i++)
            l->e[i].delta = rank;
        e->delta = rank;                               /* last: the loop above compares with it */
    }
}

size_t log_difference(const struct net_log *a, const struct net_log *b)
{
    for (size_t i = 0; i < a->n || i < b->n; i++) {
        const struct net_entry *x = &a->e[i], *y = &b->e[i];
        if (i >= a->n || i >= b->n || x->time != y->time || x->delta != y->delta || x->proc != y->proc || x->op != y->op ||
            x->what != y->what || x->value != y->value)
            return i;
    }
    return SIZE_MAX;
}

static void show_line(FILE *f, const char *whose, const struct net *n, const struct net_log *l, size_t at)
{
    if (at >= l->n) {
        fprintf(f, "%-9s nothing more\n", whose);
        return;
    }
    const struct net_entry *e = &l->e[at];
    const struct net_op *op = &n->proc[e->proc].op[e->op];
    fprintf(f, "%-9s", whose);
    fprintf(f, "%6" PRIu64 " (%" PRIu64 " + %" PRIu64 ") delta %u process %u: ", e->time, e->time / NET_GRID, e->time % NET_GRID,
            e->delta, e->proc);
    if (e->what == LOG_RESUMED && e->op == NET_OPS)
        fprintf(f, "begins\n");
    else if (e->what == LOG_RESUMED)
        fprintf(f, "op %u, %s, is over%s\n", e->op, net_code_name[op->code], e->value ? " by its time-out" : "");
    else
        fprintf(f, "op %u, %s %u: %u\n", e->op, net_code_name[e->what], op->list[0], e->value);
}

void log_show(FILE *f, const struct net *n, const struct net_log *found, const struct net_log *expected, size_t at)
{
    for (size_t i = at < 8 ? 0 : at - 8; i < at; i++)
        show_line(f, "", n, found, i);
    for (size_t i = at; i < at + 4 && i < found->n + 1; i++)
        show_line(f, "found", n, found, i);
    for (size_t i = at; i < at + 4 && i < expected->n + 1; i++)
        show_line(f, "expected", n, expected, i);
}

/* ---- interpreter ---- */

/* From now to `beside` fs after a later point of the grid. */
static uint64_t steps_from(uint64_t now, uint32_t steps, uint32_t beside)
{
    return steps ? (now / NET_GRID + steps) * NET_GRID + beside - now : 0;
}

uint64_t net_delay(const struct net_run *r, const struct net_op *wait)
{
    uint32_t half = r->net->decided ? 0 : NET_GRID / 2;

    return steps_from(r->host->now(r->self), wait->t, wait->code == OP_TIME ? r->net->proc[r->proc].offset : half);
}

static void note(struct net_run *r, uint32_t op, uint32_t what, uint32_t value)
{
    struct net_entry e = { r->host->now(r->self), r->host->delta(r->self), (uint16_t)r->proc, (uint16_t)op, (uint16_t)what, value };

    log_add(r->log, e);
}

static void learn(struct net_run *r, uint32_t value) { r->acc = (r->acc * 5 + value + 1) & 0xffff; }

static uint32_t give(struct net_run *r, const struct net_op *op, uint32_t bits)
{
    return (r->acc + op->t) & ((1u << bits) - 1);
}

static uint32_t put(struct net_run *r, const struct net_op *op)
{
    uint32_t v = give(r, op, 8);

    r->host->put(r->self, op->list[0], v);
    return v;
}

static uint32_t get(struct net_run *r, const struct net_op *op)
{
    uint32_t v = r->host->get(r->self, op->list[0]);

    learn(r, v);
    return v;
}

/* An operation that does not wait; returns what the log says of it. */
static uint32_t act(struct net_run *r, const struct net_op *op)
{
    const struct net_host *h = r->host;
    uint32_t k = op->list[0], v;

    switch (op->code) {
    case OP_NOTIFY: h->notify(r->self, k, steps_from(h->now(r->self), op->t, 0)); return op->t;
    case OP_NOW:    h->notify_now(r->self, k); return 0;
    case OP_CANCEL: h->cancel(r->self, k); return 0;
    case OP_ASK:    return h->triggered(r->self, k);
    case OP_WRITE:  v = give(r, op, r->net->signal[k].bits); h->write(r->self, k, v); return v;
    case OP_READ:   v = h->read(r->self, k); learn(r, v); return v;
    case OP_CONTROL: h->control(r->self, k, op->t); return op->t;
    case OP_TRYPUT: return h->can_put(r->self, k) ? put(r, op) : 256;
    default:        return h->can_get(r->self, k) ? get(r, op) : 256;
    }
}

/* The wait at `at` is over. */
static void resumed(struct net_run *r, const struct net_op *op)
{
    bool limited = (op->code == OP_EVENT || op->code == OP_ANY || op->code == OP_ALL) && op->t;

    /* Not before its time: a method that was reset finds the flag of an earlier wait in the reference. */
    note(r, r->at, LOG_RESUMED, limited && r->host->now(r->self) >= r->until && r->host->timed_out(r->self));
    if (op->code == OP_PUT)
        note(r, r->at, OP_PUT, put(r, op));
    else if (op->code == OP_GET)
        note(r, r->at, OP_GET, get(r, op));
    r->at++;
}

void net_begin(struct net_run *r)
{
    r->at = r->acc = 0;
    r->begun = false;
}

const struct net_op *net_step(struct net_run *r)
{
    const struct net_proc *p = &r->net->proc[r->proc];

    if (r->over)
        return NULL;
    if (r->begun)
        resumed(r, &p->op[r->at]);
    else
        note(r, NET_OPS, LOG_RESUMED, 0);
    r->begun = true;
    r->over = r->used++ == p->budget;
    for (uint32_t done = 0; !r->over && done < p->nops; done++, r->at++) {
        r->at = r->at == p->nops ? 0 : r->at;
        const struct net_op *op = &p->op[r->at];
        if (net_waits(op->code)) {
            r->until = r->host->now(r->self) + net_delay(r, op);
            return op;
        }
        uint32_t v = act(r, op);
        note(r, r->at, op->code, v);
    }
    r->over = true;                            /* the budget is used up, or nothing waits */
    return NULL;
}
