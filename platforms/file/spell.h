/* spell.h - texts put together piece by piece, for paths: a platform has as many as it has parts, which is too many for printf. */
#ifndef BL_PLATFORM_SPELL_H
#define BL_PLATFORM_SPELL_H

#include <stdint.h>
#include <string.h>

/* Writes the text at `to`, which has room for it and its end, and returns where it ends. */
static inline char *spell(char *to, const char *text)
{
    size_t n = strlen(text);

    memcpy(to, text, n + 1);
    return to + n;
}

/* The same of a number: at most 10 digits. */
static inline char *spell_number(char *to, uint32_t v)
{
    char digits[10];
    int n = 0;

    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        *to++ = digits[--n];
    *to = '\0';
    return to;
}

/* "[3]", or "[3..5]". */
static inline char *spell_range(char *to, uint32_t from, uint32_t last)
{
    to = spell_number(spell(to, "["), from);
    if (last != from)
        to = spell_number(spell(to, ".."), last);
    return spell(to, "]");
}

#endif
