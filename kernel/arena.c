/* arena.c - memory of one simulation: zeroed chunks that live until it closes, names to numbers,
 * growing arrays, and the natural order of paths. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef BL_HARD                          /* rare paths made common: many chunks, growth at every step */
enum { FIRST_CHUNK = 64, LARGEST_STEP = 256, FIRST_ROOM = 1, ALIGN = 16 };
#else
enum { FIRST_CHUNK = 1 << 16, LARGEST_STEP = 1 << 26, FIRST_ROOM = 16, ALIGN = 16 };
#endif

/* ---- where memory ends: the host's call comes back as an error ---- */

static _Thread_local struct border *innermost;       /* the call that is on in this thread */
static _Thread_local uint64_t still_given = UINT64_MAX;      /* see memory_ends_after */

void memory_ends_after(uint64_t blocks) { still_given = blocks; }

/* Every block that the kernel takes: n * item bytes, zeroed where there were none; NULL, and what there was stays. */
static void *take_block(void *old, size_t n, size_t item)
{
    if (still_given != UINT64_MAX && still_given-- == 0) {
        still_given = 0;
        return NULL;
    }
    return item && n > SIZE_MAX / 2 / item ? NULL : old ? realloc(old, n * item) : calloc(n, item);
}

void *block(size_t n, size_t item) { return take_block(NULL, n ? n : 1, item); }

struct bl_sim *sim_at_work(void) { return innermost ? innermost->s : NULL; }

void border_enter(struct border *b, struct bl_sim *s)
{
    b->s = s;
    b->diag = s->diag;
    b->outer = innermost;
    b->lent = NULL;
    innermost = b;
}

void border_leave(struct border *b) { innermost = b->outer; }

static _Noreturn void out_of_memory(size_t bytes)
{
    struct border *b = innermost;

    if (!b)                              /* a public function that lacks its BORDER */
        fprintf(stderr, "bitline: out of memory (%zu more bytes wanted)\n", bytes), abort();
    while (b->lent)
        give_back(b->lent + 1);
    b->s->diag = b->diag;                /* shape.c looks things up without a word */
    bl_error(b->s->diag, "out of memory: %zu more bytes are wanted and there are none; make the simulation smaller, or close it and others. It "
             "can only be closed now", bytes);
    b->s->failed = b->s->no_memory = true;
    longjmp(b->back, 1);
}

void *lent(size_t n, size_t item)
{
    struct lent *x = n > SIZE_MAX / 2 / item ? NULL : take_block(NULL, 1, sizeof *x + n * item);

    if (!x)
        out_of_memory(n * item);
    x->next = innermost->lent;
    x->prev = &innermost->lent;
    if (x->next)
        x->next->prev = &x->next;
    innermost->lent = x;
    return x + 1;
}

void give_back(void *at)
{
    if (!at)
        return;
    struct lent *x = (struct lent *)at - 1;
    *x->prev = x->next;
    if (x->next)
        x->next->prev = x->prev;
    free(x);
}

void *lent_grown(void *items, size_t n, size_t *room, size_t item)
{
    if (n < *room)
        return items;
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *now = lent(more, item);
    if (n)
        memcpy(now, items, n * item);
    give_back(items);
    *room = more;
    return now;
}

/* ---- arenas ---- */

static void add_chunk(struct arena *a, size_t bytes)
{
    const size_t head = (sizeof(struct chunk) + ALIGN - 1) / ALIGN * ALIGN;
    size_t size = a->last ? a->last->size * 2 : FIRST_CHUNK;

    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    if (size < bytes)
        size = bytes;
    struct chunk *c = take_block(NULL, 1, head + size);
    if (!c)
        out_of_memory(head + size);
    c->size = size;
    *(a->last ? &a->last->next : &a->first) = c;
    a->last = c;
}

/* Bytes behind what is taken, `align` a power of two up to ALIGN. */
static inline void *take(struct arena *a, size_t bytes, size_t align)
{
    if (bytes > SIZE_MAX / 2)
        out_of_memory(bytes);
    bytes = (bytes + align - 1) & ~(align - 1);
    size_t gap = a->last ? (0 - a->last->used) & (align - 1) : 0;
    if (!a->last || a->last->size - a->last->used < gap + bytes) {
        add_chunk(a, bytes);
        gap = 0;
    }
    void *at = chunk_bytes(a->last) + a->last->used + gap;
    a->last->used += gap + bytes;
    a->used += gap + bytes;
    return at;
}

void *arena_get(struct arena *a, size_t bytes) { return take(a, bytes, ALIGN); }

char *arena_copy(struct arena *a, const char *text, size_t n)
{
    char *copy = take(a, n + 1, 1);

    return memcpy(copy, text, n);
}

unsigned char *chunk_bytes(const struct chunk *c)
{
    return (unsigned char *)(uintptr_t)c + (sizeof *c + ALIGN - 1) / ALIGN * ALIGN;
}

void arena_free(struct arena *a)
{
    for (struct chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){ 0 };
}

/* The length of a format of nothing but text, %s and %.*s, filled in; SIZE_MAX for any other. Writes it where `to` is not NULL.
 * Elaboration of composites makes many of them; printf would be half of its time. */
static size_t plain_text(char *to, const char *fmt, va_list ap)
{
    size_t n = 0;

    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            if (to)
                to[n] = *fmt;
            n++;
            continue;
        }
        bool cut = !strncmp(++fmt, ".*", 2);
        fmt += cut ? 2 : 0;
        if (*fmt != 's')
            return SIZE_MAX;
        size_t most = cut ? (size_t)va_arg(ap, int) : SIZE_MAX;
        const char *s = va_arg(ap, const char *);
        size_t len = cut ? strnlen(s, most) : strlen(s);
        if (to)
            memcpy(to + n, s, len);
        n += len;
    }
    return n;
}

char *arena_text(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    char *text;

    va_start(ap, fmt);
    va_copy(again, ap);
    size_t n = plain_text(NULL, fmt, ap);
    va_end(ap);
    va_start(ap, fmt);
    if (n != SIZE_MAX) {
        text = take(a, n + 1, 1);
        plain_text(text, fmt, again);
    } else {
        n = (size_t)vsnprintf(NULL, 0, fmt, ap);
        text = take(a, n + 1, 1);
        vsnprintf(text, n + 1, fmt, again);
    }
    va_end(again);
    va_end(ap);
    return text;
}

void *fresh(size_t n, size_t item)
{
    void *at = block(n, item);

    if (!at)
        out_of_memory(n * item);
    return at;
}

void *grown_now(void *items, size_t *room, size_t item)
{
    size_t more = *room ? *room * 2 : FIRST_ROOM;

    items = take_block(items, more, item);
    if (!items)
        out_of_memory(more * item);      /* what there was stays as it was */
    *room = more;
    return items;
}

/* ---- names ---- */

static uint32_t hash(const char *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    while (*s)
        h = (h ^ (unsigned char)*s++) * UINT64_C(0x100000001b3);
    return (uint32_t)(h ^ h >> 32);
}

/* The slot of a name, or the empty one where it belongs. A slot is a name's number + 1, which is below the size, and above that the hash:
 * of names that differ it nearly always spares the look at the text, which lies anywhere. */
static uint32_t *slot_of(const struct names *t, const char *name, uint32_t h)
{
    const uint32_t low = t->size - 1;

    for (uint32_t i = h & low;; i = (i + 1) & low) {
        uint32_t *slot = &t->slot[i];
        if (!*slot || (!((*slot ^ h) & ~low) && !strcmp(t->name[(*slot & low) - 1], name)))
            return slot;
    }
}

uint32_t names_find(const struct names *t, const char *name)
{
    const uint32_t *slot = t->size ? slot_of(t, name, hash(name)) : NULL;

    return slot && *slot ? (*slot & (t->size - 1)) - 1 : NONE;
}

static void rehash(struct names *t, uint32_t size)
{
    const char **name = take_block(t->name, size / 2, sizeof *name);
    t->name = name ? name : t->name;
    uint32_t *slot = name ? take_block(NULL, size, sizeof *slot) : NULL;
    if (!slot)
        out_of_memory(size * sizeof *slot);
    free(t->slot);
    t->slot = slot;
    t->size = size;
    for (uint32_t n = 0; n < t->n; n++) {
        const uint32_t h = hash(t->name[n]);
        *slot_of(t, t->name[n], h) = (h & ~(size - 1)) | (n + 1);
    }
}

bool names_add(struct names *t, const char *name)
{
    if (t->n * 2 >= t->size)
        rehash(t, t->size ? t->size * 2 : 64);
    const uint32_t h = hash(name);
    uint32_t *slot = slot_of(t, name, h);
    if (*slot)
        return false;
    t->name[t->n] = name;
    *slot = (h & ~(t->size - 1)) | ++t->n;
    return true;
}

void names_free(struct names *t)
{
    free(t->slot);
    free(t->name);
    *t = (struct names){ 0 };
}

static bool digit(char c) { return c >= '0' && c <= '9'; }

static size_t digits(const char *s)
{
    size_t n = 0;

    while (digit(s[n]))
        n++;
    return n;
}

int natural_order(const char *a, const char *b)
{
    while (*a && *b) {
        if (digit(*a) && digit(*b)) {
            while (*a == '0' && digit(a[1]))
                a++;
            while (*b == '0' && digit(b[1]))
                b++;
            size_t k = 0;                /* mostly equal: neighbours */
            while (a[k] == b[k] && digit(a[k]))
                k++;
            size_t na = k + digits(a + k), nb = k + digits(b + k);
            if (na != nb || k < na)
                return na != nb ? (na < nb ? -1 : 1) : a[k] < b[k] ? -1 : 1;
            a += k;
            b += k;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return *a ? 1 : *b ? -1 : 0;
}

void put_sorted(void *items, size_t n, size_t item, int (*order)(const void *, const void *))
{
    const unsigned char *at = items;

    for (size_t i = 1; i < n; i++)
        if (order(at + (i - 1) * item, at + i * item) > 0) {
            qsort(items, n, item, order);
            return;
        }
}
