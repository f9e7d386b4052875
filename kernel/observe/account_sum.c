/* account_sum.c - the accounts of several runs as one: what one of them counted, as numbers, added to another. */
#include "kernel/observe/inside.h"

static uint64_t count_at(const struct counts *k, size_t i)
{
    uint64_t v = 0;

    memcpy(&v, (const unsigned char *)k->at + i * k->elem, k->elem);     /* little-endian hosts */
    return v;
}

size_t bl_account_numbers(const struct bl_sim *s)
{
    size_t n = 1 + s->frozen.ndomains;

    for (size_t i = 0; s->was && i < s->was->nkept; i++)
        n += s->was->kept[i].n;
    return s->was ? n : 0;
}

/* The first of what is kept are the accounts of verdicts, of rests and of blame (origin_keep): with them the ones that parts are at. */
void bl_account_read(struct bl_sim *s, uint64_t *v)
{
    const uint64_t now = s->core->now;
    uint64_t *spent = v + 1 + s->frozen.ndomains, *at = spent, *rested = spent + s->frozen.naccounts;

    *v = now;
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        v[1 + i] = edges_of_all(&s->frozen.domains[i], now);
    ledger_book_open(s);
    for (size_t i = 0; i < s->was->nkept; i++)
        for (size_t k = 0; k < s->was->kept[i].n; k++)
            *at++ = count_at(&s->was->kept[i], k);
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        const uint32_t verdict = s->run.account[i].verdict;
        if (has_account(n->info->cls))
            spent[n->account + verdict] = ledger_spent(s, n, verdict, now);
        rest_at(s, n, now, rested + n->rest);
        rested[s->frozen.nrests + s->frozen.naccounts + ROOT_RING] += s->run.waits ? s->run.waits[i].ring : 0;
    }
}

int bl_account_add(struct bl_sim *s, const uint64_t *v)
{
    if (!s->was || s->run.in_run || s->core->started)
        return bl_error(s->diag, "an account is added to a run that is on; ask for a restart first (bl_restart_now)");
    s->core->now += *v++;
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        s->frozen.domains[i].st->before += *v++;
    for (size_t i = 0; i < s->was->nkept; i++)
        for (size_t k = 0; k < s->was->kept[i].n; k++) {
            uint64_t sum = count_at(&s->was->kept[i], k) + *v++;
            memcpy((unsigned char *)s->was->kept[i].at + k * s->was->kept[i].elem, &sum, s->was->kept[i].elem);
        }
    begin_now(s);
    return 0;
}
