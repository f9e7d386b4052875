/* part_rows.c - parts as rows of an account: each by itself, or all elements of an array. */
#include "platforms/job/part_rows.h"

#include <stdlib.h>
#include <string.h>

void bl_any_index(const char *path, char *buf)
{
    size_t n = 0;

    for (; *path && n < BL_UNIT_NAME - 2; path++) {
        buf[n++] = *path;
        if (*path == '[') {
            buf[n++] = '*';
            path += strspn(path + 1, "0123456789*");
        }
    }
    buf[n] = '\0';
}

/* ---- rows of many: found by a hash of their path; classes and clocks are compared ---- */

struct many { uint32_t *slot; size_t slots; };     /* slot: 1 + a row, 0: free */

static size_t hash(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 29);
}

static bool alike(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static bool belongs(const struct bl_part_rows *r, struct bl_sim *s, uint32_t row, const char *path, const struct bl_part_row *p)
{
    struct bl_part_row first;

    if (strcmp(r->v[row].path, path))
        return false;
    bl_part_at(s, r->v[row].part, &first);
    return alike(first.cls, p->cls) && alike(first.clock, p->clock);
}

/* The slot of the row that p belongs to, or that a new one takes. */
static uint32_t *slot_of(const struct many *m, const struct bl_part_rows *r, struct bl_sim *s, const char *path, const struct bl_part_row *p)
{
    size_t at = hash(path) & (m->slots - 1);

    while (m->slot[at] && !belongs(r, s, m->slot[at] - 1, path, p))
        at = (at + 1) & (m->slots - 1);
    return &m->slot[at];
}

/* ---- all rows ---- */

static void add_row(struct bl_part_rows *r, struct bl_sim *s, const char *path, size_t part)
{
    const uint32_t verdicts = bl_spent(s, part, NULL);

    r->v[r->n++] = (struct bl_part_row_of){ path, part, verdicts, r->counters };
    r->counters += verdicts;
    r->widest = verdicts > r->widest ? verdicts : r->widest;
}

static void add_part(struct bl_part_rows *r, struct bl_sim *s, size_t part, struct many *m, char **text)
{
    struct bl_part_row p;
    char path[BL_UNIT_NAME];

    bl_part_at(s, part, &p);
    if (!m->slots) {
        r->of[part] = (uint32_t)r->n;
        add_row(r, s, p.path, part);
        return;
    }
    bl_any_index(p.path, path);
    uint32_t *slot = slot_of(m, r, s, path, &p);
    if (!*slot) {
        *slot = (uint32_t)r->n + 1;
        add_row(r, s, strcpy(*text, path), part);
        *text += strlen(path) + 1;
    }
    r->of[part] = *slot - 1;
}

static size_t text_bytes(struct bl_sim *s, size_t parts)
{
    struct bl_part_row p;
    size_t bytes = 1;

    for (size_t i = 0; i < parts; i++) {
        bl_part_at(s, i, &p);
        bytes += 2 * strlen(p.path) + 1;       /* "a[]" would get longer by its '*' */
    }
    return bytes;
}

int bl_part_rows_init(struct bl_part_rows *r, struct bl_sim *s, size_t most)
{
    const size_t parts = bl_part_count(s);
    struct many m = { 0 };

    *r = (struct bl_part_rows){ .v = calloc(parts + 1, sizeof *r->v), .of = calloc(parts + 1, sizeof *r->of) };
    if (parts > most) {
        for (m.slots = 64; m.slots < 2 * parts; m.slots *= 2)
            continue;
        m.slot = calloc(m.slots, sizeof *m.slot);
        r->texts = malloc(text_bytes(s, parts));
    }
    if (!r->v || !r->of || (m.slots && (!m.slot || !r->texts))) {
        free(m.slot);
        bl_part_rows_fini(r);
        return -1;
    }
    char *text = r->texts;
    for (size_t i = 0; i < parts; i++)
        add_part(r, s, i, &m, &text);
    free(m.slot);
    return 0;
}

void bl_part_rows_fini(struct bl_part_rows *r)
{
    free(r->v);
    free(r->of);
    free(r->texts);
    *r = (struct bl_part_rows){ 0 };
}

void bl_part_rows_spent(const struct bl_part_rows *r, const struct bl_sim *s, uint64_t *v)
{
    uint64_t one[64];                  /* a class has at most so many verdicts */

    memset(v, 0, r->counters * sizeof *v);
    for (size_t i = 0, parts = bl_part_count(s); i < parts; i++) {
        uint64_t *to = v + r->v[r->of[i]].at;
        const uint32_t n = r->v[r->of[i]].verdicts ? bl_spent(s, i, one) : 0;
        for (uint32_t k = 0; k < n; k++)
            to[k] += one[k];
    }
}
