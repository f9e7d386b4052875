/* options.c - reads the words of a command line against a table of options, and prints the table as help. */
#include "tools/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 28, MOST_OPTIONS = 64 };

struct parse {
    const struct bl_grammar *g;
    const char *command;
    char **argv;
    int argc, at;
    struct bl_texts *words;
    char *into;
    struct bl_diag *diag;
};

static int unknown(const struct parse *p, const char *word)
{
    const char *names[MOST_OPTIONS], *near;
    char name[64];
    size_t n = 0;

    for (const struct bl_option *o = p->g->options; o && o->name && n < MOST_OPTIONS - 1; o++)
        names[n++] = o->name;
    names[n++] = "help";
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word + strspn(word, "-"));
    name[strcspn(name, "=")] = '\0';
    near = bl_nearest(name, names, n);
    if (near)
        return bl_error(p->diag, "%s: bitline %s has no such option; did you mean --%s?", word, p->command, near);
    return bl_error(p->diag, "%s: bitline %s has no such option; `bitline %s --help` lists what it has", word, p->command,
                    p->command);
}

static bool whole(const char *text, uint64_t *v)
{
    char *end;

    errno = 0;
    *v = strtoull(text, &end, 0);
    return text[0] >= '0' && text[0] <= '9' && !*end && !errno;
}

static int choice(const struct parse *p, const struct bl_option *o, const char *value)
{
    char copy[128];
    const char *names[8], *near;
    size_t n = 0;

    snprintf(copy, sizeof copy, "%s", o->arg);
    for (char *w = strtok(copy, "|"); w && n < 8; w = strtok(NULL, "|")) {
        if (!strcmp(w, value))
            return 0;
        names[n++] = w;
    }
    near = bl_nearest(value, names, n);
    if (near)
        return bl_error(p->diag, "--%s: '%s' is not known; did you mean '%s'?", o->name, value, near);
    return bl_error(p->diag, "--%s: '%s' is not known; expected %s", o->name, value, o->arg);
}

/* An option with one value, given before? */
static bool is_given(const struct bl_option *o, const char *at)
{
    const char *text;
    struct bl_whole n;

    if (o->kind == BL_OPT_FLAG || o->kind == BL_OPT_MANY || o->kind == BL_OPT_PAIR)
        return false;
    if (o->kind == BL_OPT_WHOLE || o->kind == BL_OPT_TIME)
        return memcpy(&n, at, sizeof n), n.given;
    return memcpy(&text, at, sizeof text), text != NULL;
}

static int store(struct parse *p, const struct bl_option *o, const char *value)
{
    char *to = p->into + o->at, where[80];
    struct bl_whole n = { true, 0 };

    if (is_given(o, to))
        return bl_error(p->diag, "--%s: is given a second time, '%s'; expected one", o->name, value);

    switch (o->kind) {
    case BL_OPT_FLAG:
        *(bool *)(void *)to = true;
        return 0;
    case BL_OPT_MANY:
    case BL_OPT_PAIR:
        bl_texts_add((struct bl_texts *)(void *)to, value);
        return 0;
    case BL_OPT_WHOLE:
        if (!whole(value, &n.v))
            return bl_error(p->diag, "--%s: '%s' is no whole number; expected one like '100'", o->name, value);
        *(struct bl_whole *)(void *)to = n;
        return 0;
    case BL_OPT_TIME:
        snprintf(where, sizeof where, "--%s", o->name);
        if (bl_parse_time(value, &n.v, p->diag, where) < 0)
            return -1;
        *(struct bl_whole *)(void *)to = n;
        return 0;
    case BL_OPT_CHOICE:
        if (choice(p, o, value) < 0)
            return -1;
        /* fallthrough */
    default:
        memcpy(to, &value, sizeof value);
        return 0;
    }
}

/* An option with its value behind '=', or the next word. */
static int option(struct parse *p, const struct bl_option *o, const char *word, const char *value)
{
    if (o->kind == BL_OPT_FLAG && value)
        return bl_error(p->diag, "%s: --%s takes no value", word, o->name);
    if (o->kind == BL_OPT_FLAG)
        return store(p, o, "");
    if (o->kind == BL_OPT_MAYBE && !value)
        return store(p, o, "");
    for (int left = o->kind == BL_OPT_PAIR ? 2 : 1; left > 0; left--, value = NULL) {
        if (!value && p->at + 1 >= p->argc)
            return bl_error(p->diag, "%s: the value is missing; expected %s", word, o->arg);
        if (!value)
            value = p->argv[++p->at];
        if (!*value)
            return bl_error(p->diag, "--%s: the value is empty; expected %s", o->name, o->arg);
        if (store(p, o, value) < 0)
            return -1;
    }
    return 0;
}

static int long_option(struct parse *p, const char *word)
{
    size_t n = strcspn(word + 2, "=");

    for (const struct bl_option *o = p->g->options; o && o->name; o++)
        if (strlen(o->name) == n && !strncmp(o->name, word + 2, n))
            return option(p, o, word, word[2 + n] ? word + 3 + n : NULL);
    return unknown(p, word);
}

static int short_option(struct parse *p, const char *word)
{
    for (const struct bl_option *o = p->g->options; o && o->name; o++)
        if (o->letter && o->letter == word[1])
            return option(p, o, word, word[2] ? word + 2 : NULL);
    return unknown(p, word);
}

static int count_words(const struct parse *p)
{
    const struct bl_grammar *g = p->g;

    if (p->words->n > g->most)
        return bl_error(p->diag, "bitline %s: '%s' is one word too many; expected %s", p->command, p->words->v[g->most],
                        *g->words ? g->words : "none");
    if (p->words->n < g->least)
        return bl_error(p->diag, "bitline %s: expected %s; `bitline %s --help` says more", p->command, g->words, p->command);
    return 0;
}

int bl_options_parse(const struct bl_grammar *g, const char *command, int argc, char **argv, struct bl_texts *words,
                     void *into, struct bl_diag *diag)
{
    struct parse p = { g, command, argv, argc, 0, words, into, diag };
    int status = 0;
    bool options = true;

    for (; p.at < argc; p.at++) {
        const char *word = argv[p.at];
        if (options && (!strcmp(word, "--help") || !strcmp(word, "-h")))
            return 1;
        if (!options || word[0] != '-' || !word[1])
            bl_texts_add(words, word);
        else if (!strcmp(word, "--"))
            options = false;
        else
            status |= word[1] == '-' ? long_option(&p, word) : short_option(&p, word);
    }
    return status ? status : count_words(&p);
}

void bl_options_help(const struct bl_grammar *g, const char *command, const char *help, FILE *out)
{
    char left[80];

    fprintf(out, "bitline %s: %s\n\nusage: bitline %s%s%s%s\n", command, help, command, *g->words ? " " : "", g->words,
            g->options ? " [OPTION]..." : "");
    for (const struct bl_option *o = g->options; o && o->name; o++) {
        const char *gap = !o->arg ? "" : o->kind == BL_OPT_MAYBE ? "[=" : " ", *end = o->kind == BL_OPT_MAYBE ? "]" : "";
        int n = snprintf(left, sizeof left, "  --%s%s%s%s", o->name, gap, o->arg ? o->arg : "", end);
        if (o->letter)
            n += snprintf(left + n, sizeof left - (size_t)n, ", -%c", o->letter);
        fprintf(out, "%s%-*s", o == g->options ? "\n" : "", HELP_COLUMN, left);
        if (n >= HELP_COLUMN)
            fprintf(out, "\n%*s", HELP_COLUMN, "");
        for (const char *t = o->help;; ) {
            size_t line = strcspn(t, "\n");
            fprintf(out, "%.*s\n", (int)line, t);
            if (!t[line])
                break;
            t += line + 1;
            fprintf(out, "%*s", HELP_COLUMN, "");
        }
    }
    if (g->notes)
        fprintf(out, "\n%s", g->notes);
}

void bl_options_free(const struct bl_grammar *g, struct bl_texts *words, void *into)
{
    for (const struct bl_option *o = g->options; o && o->name; o++)
        if (o->kind == BL_OPT_MANY || o->kind == BL_OPT_PAIR)
            free(((struct bl_texts *)(void *)((char *)into + o->at))->v);
    free(words->v);
}
