/* tags.h - what a tag asks for: the place in a source where a figure stands, or the word that it is ours. */
#ifndef BL_TESTS_TAGS_H
#define BL_TESTS_TAGS_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* "section III.B", "sections III.B, III.C", "Table I", "Fig. 6(c)", "Figs. 5, 7", "Eq. (5)", "Eqs. 1, 2": the word, then a number, arabic or roman. */
static inline bool has_place(const char *text)
{
    static const char *const words[] = { "section ", "sections ", "Section ", "Table ", "Tables ", "Fig. ", "Figs. ", "Eq. ", "Eqs. " };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (const char *at = text; (at = strstr(at, words[i])); at++) {
            const char *n = at + strlen(words[i]);
            n += *n == '(';
            size_t roman = strspn(n, "IVX");
            if ((at == text || !isalpha((unsigned char)at[-1])) && (isdigit((unsigned char)*n) || (roman && !isalnum((unsigned char)n[roman]))))
                return true;
        }
    return false;
}

static inline bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = text; (at = strstr(at, word)); at++)
        if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
            return true;
    return false;
}

/* What is free says that it is ours, or that the paper is silent, or where. */
static inline bool says_ours(const char *text)
{
    static const char *const words[] = { "ours", "our", "not stated", "not in the paper" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_word(text, words[i]))
            return true;
    return has_place(text);
}

/* A source that its tag, "fact", "derived", "calibrated" or "free", can stand on. */
static inline bool is_sourced(const char *tag, const char *source) { return strcmp(tag, "free") ? has_place(source) : says_ours(source); }

#endif
