/* texts.h - what a person gives: words in order, and numbers that may be left out. */
#ifndef BL_TEXTS_H
#define BL_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The texts themselves belong to somebody else. A list of your own is { array, n }; one that grows begins as zeros. */
struct bl_texts { const char **v; size_t n, room; };
/* Adds a word; without memory the program ends, having said so. */
void bl_texts_add(struct bl_texts *t, const char *word);
/* Frees a list that grew; the second one frees its texts too. */
void bl_texts_free(struct bl_texts *t);
void bl_texts_free_all(struct bl_texts *t);

/* { true, 7 }, or zeros: not given. */
struct bl_whole { bool given; uint64_t v; };

#ifdef __cplusplus
}
#endif

#endif
