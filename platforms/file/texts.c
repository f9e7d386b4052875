/* texts.c - lists of words. */
#include "platforms/file/texts.h"

#include <stdio.h>
#include <stdlib.h>

void bl_texts_add(struct bl_texts *t, const char *word)
{
    if (t->n == t->room) {
        t->room = t->room ? 2 * t->room : 8;
        const char **v = realloc(t->v, t->room * sizeof *v);
        if (!v) {
            fprintf(stderr, "bitline: no memory for a list of %zu texts\n", t->room);
            exit(2);
        }
        t->v = v;
    }
    t->v[t->n++] = word;
}

void bl_texts_free(struct bl_texts *t)
{
    free(t->v);
    *t = (struct bl_texts){ 0 };
}

void bl_texts_free_all(struct bl_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        free((char *)(uintptr_t)t->v[i]);
    bl_texts_free(t);
}
