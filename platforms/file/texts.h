/* texts.h - what a person gives: words in order, and numbers that may be left out. */
#ifndef BL_TEXTS_H
#define BL_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Somebody's list, only read: { array, n }. */
struct bl_words { const char *const *v; size_t n; };

/* A list that grows; it begins as zeros. The texts themselves belong to somebody else. */
struct bl_texts { const char **v; size_t n, room; };
/* Adds a word; without memory the program ends, having said so. */
void bl_texts_add(struct bl_texts *t, const char *word);
/* Frees a list that grew; the second one frees its texts too. */
void bl_texts_free(struct bl_texts *t);
void bl_texts_free_all(struct bl_texts *t);
static inline struct bl_words bl_words_of(const struct bl_texts *t)
{
    struct bl_words w = { t->v, t->n };

    return w;
}

/* { true, 7 }, or zeros: not given. */
struct bl_whole { bool given; uint64_t v; };

#ifdef __cplusplus
}
#endif

#endif
