/* study.c - reads the script of a study. */
#include "tools/sweep/study.h"

#include <stdlib.h>
#include <stdint.h>
#include <string.h>

static const char *const verbs[] = { "sweep", "report", "calibrate", "prune", "get", "let", "row", "conflict", "needs", "slow" };     /* as enum bl_verb */

/* Of a line: a quote without its end, or no memory. */
enum bad { NOT_BAD, NO_END, NO_MEMORY };

static int no_memory(struct bl_diag *diag) { return bl_error(diag, "out of memory"); }

/* The next word of a line, owned; NULL at its end. 'a b' holds blanks; *bad: what is wrong, if anything. */
static char *next_word(const char **at, const char *end, enum bad *bad)
{
    const char *p = *at;
    size_t n = 0;
    bool quoted = false;

    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p == end || *p == '#')
        return NULL;
    char *word = malloc((size_t)(end - p) + 1);
    for (; word && p < end && (quoted || (*p != ' ' && *p != '\t')); p++)
        if (*p == '\'')
            quoted = !quoted;
        else
            word[n++] = *p;
    if (word)
        word[n] = 0;
    *bad = !word ? NO_MEMORY : quoted ? NO_END : *bad;
    *at = p;
    return word;
}

/* `have FILE` before a command. */
static int take_have(struct bl_study_line *l, const char *name, struct bl_diag *diag)
{
    if (strcmp(l->words.v[0], "have"))
        return 0;
    if (l->words.n < 3)
        return bl_error(diag, "%s:%u: have: expected a file, and then a command", name, l->row);
    free((char *)(uintptr_t)l->words.v[0]);
    l->have = l->words.v[1];
    l->words.n -= 2;
    memmove(l->words.v, l->words.v + 2, l->words.n * sizeof *l->words.v);
    return 0;
}

/* The words that `let` gave a name; NULL: none. */
static const struct bl_texts *meant_by(const struct bl_study *s, const char *word)
{
    for (size_t i = s->n; *word == '$' && i-- > 0;)
        if (s->line[i].verb == BL_LET && s->line[i].words.n > 1 && !strcmp(s->line[i].words.v[1], word + 1))
            return &s->line[i].words;
    return NULL;
}

static int add_copy(struct bl_texts *to, const char *word, struct bl_diag *diag)
{
    char *copy = strdup(word);

    if (!copy)
        return no_memory(diag);
    bl_texts_add(to, copy);
    return 0;
}

/* $NAME among the words; $OUT is looked at when they run. */
static int expand(struct bl_study *s, struct bl_study_line *l, const char *name, struct bl_diag *diag)
{
    struct bl_texts all = { 0 };
    int status = 0;

    for (size_t i = 0; i < l->words.n && status == 0; i++) {
        const char *word = l->words.v[i];
        const struct bl_texts *w = meant_by(s, word);
        for (size_t k = 2; w && k < w->n && status == 0; k++)
            status = add_copy(&all, w->v[k], diag);
        if (!w && *word == '$' && strncmp(word, "$OUT", 4))
            status = bl_error(diag, "%s:%u: %s: no line `let %s ...` stands above", name, l->row, word, word + 1);
        if (!w && status == 0)
            status = add_copy(&all, word, diag);
    }
    bl_texts_free_all(&l->words);
    l->words = all;
    return status;
}

/* The words stand in the study while they are read, so that bl_study_fini frees them whatever happens. */
static int read_line(struct bl_study *s, const char *name, unsigned row, const char *at, const char *end, struct bl_diag *diag)
{
    const bool full = s->n == BL_STUDY_LINES;
    size_t k = 0;
    struct bl_study_line *to = &s->line[full ? 0 : s->n];
    enum bad bad = NOT_BAD;
    char *word;

    while ((word = next_word(&at, end, &bad))) {
        if (full) {
            free(word);
            return bl_error(diag, "%s:%u: is line number %d; a study has at most %d", name, row, BL_STUDY_LINES + 1, BL_STUDY_LINES);
        }
        s->n += !to->words.n;
        to->row = row;
        bl_texts_add(&to->words, word);
    }
    if (bad == NO_MEMORY)
        return no_memory(diag);
    if (bad)
        return bl_error(diag, "%s:%u: a quote ' has no end", name, row);
    if (full || !to->words.n)
        return 0;
    if (take_have(to, name, diag) < 0 || expand(s, to, name, diag) < 0)
        return -1;
    while (k < sizeof verbs / sizeof *verbs && strcmp(verbs[k], to->words.v[0]))
        k++;
    if (k == sizeof verbs / sizeof *verbs)
        return bl_error(diag, "%s:%u: '%s' is no command of a study; expected sweep, report, calibrate or prune", name, row, to->words.v[0]);
    to->verb = (enum bl_verb)k;
    if (k < BL_GET && ++s->commands > BL_STUDY_COMMANDS)
        return bl_error(diag, "%s:%u: is command number %d; a study has at most %d", name, row, BL_STUDY_COMMANDS + 1, BL_STUDY_COMMANDS);
    return 0;
}

int bl_study_read(struct bl_study *s, const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    const char *at = bytes, *end = at + n;
    int status = 0;

    *s = (struct bl_study){ 0 };
    for (unsigned row = 1; at < end && status == 0; row++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        if (row == 1 && (stop - at < 3 || at[0] != '#' || at[1] != ' '))
            return bl_error(diag, "%s:1: expected '# ' and what the study is about", name);
        if (row == 1 && !(s->title = strndup(at + 2, (size_t)(stop - at - 2))))
            return no_memory(diag);
        status = read_line(s, name, row, at, stop, diag);
        at = stop + 1;
    }
    if (status == 0 && !s->n)
        return bl_error(diag, "%s: has no command; expected sweep, report, calibrate or prune", name);
    return status;
}

void bl_study_fini(struct bl_study *s)
{
    free(s->title);
    for (size_t i = 0; i < s->n; i++)
        bl_texts_free_all(&s->line[i].words), free((char *)(uintptr_t)s->line[i].have);
    *s = (struct bl_study){ 0 };
}
