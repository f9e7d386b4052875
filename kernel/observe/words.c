/* words.c - what the values of a port or a view mean (BL_WORDS), for traces and conditions. */
#include "kernel/observe/inside.h"

const struct bl_field *words_of(const struct bl_class *c, const struct bl_field *f, uint32_t lane)
{
    for (const struct bl_field *w = c->fields; w->kind; w++)
        if (w->kind == BL_KIND_WORDS && !strcmp(w->name, f->name) && (w->lanes == 0 || (uint32_t)w->lanes == lane + 1))
            return w;
    return NULL;
}

const char *const *words_split(struct arena *a, const struct bl_field *words, uint32_t *n)
{
    uint32_t count = 1, k = 0;

    for (const char *p = words->text; *p; p++)
        count += *p == ' ';
    const char **word = arena_get(a, count * sizeof *word);
    for (const char *p = words->text; k < count; p += strcspn(p, " ") + 1)
        word[k++] = arena_copy(a, p, strcspn(p, " "));
    *n = count;
    return word;
}
