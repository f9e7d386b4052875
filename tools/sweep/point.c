/* point.c - the words of a point's `bitline run`, and its elaboration before anything runs. */
#include "tools/sweep/point.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/run/net_options.h"

#define T struct bl_point_opts
static const struct bl_option options[] = { BL_POINT_OPTIONS(T), { 0 } };
#undef T
const struct bl_grammar bl_point_grammar = { .words = "PLATFORM", .least = 1, .most = 1, .options = options, .size = sizeof(struct bl_point_opts) };

/* ---- words ---- */

void bl_own_word(struct bl_texts *words, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (!text) {
        fprintf(stderr, "bitline: no memory for the words of a command\n");
        exit(2);
    }
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    bl_texts_add(words, text);
}

static bool is_of_point(const char *name)
{
    for (const struct bl_option *o = options; o->name; o++)
        if (!strcmp(o->name, name))
            return true;
    return false;
}

static void add_value(const struct bl_option *o, const char *at, struct bl_texts *words)
{
    struct bl_texts many;
    struct bl_whole n;
    const char *text;
    bool flag;

    switch (o->kind) {
    case BL_OPT_FLAG:
        memcpy(&flag, at, sizeof flag);
        if (flag)
            bl_own_word(words, "--%s", o->name);
        break;
    case BL_OPT_MANY:
    case BL_OPT_PAIR:
        memcpy(&many, at, sizeof many);
        for (size_t i = 0; i < many.n; i++)
            bl_own_word(words, "--%s=%s", o->name, many.v[i]);
        break;
    case BL_OPT_WHOLE:
    case BL_OPT_TIME:
        memcpy(&n, at, sizeof n);
        if (n.given)
            bl_own_word(words, o->kind == BL_OPT_TIME ? "--%s=%llufs" : "--%s=%llu", o->name, (unsigned long long)n.v);
        break;
    default:
        memcpy(&text, at, sizeof text);
        if (text)
            bl_own_word(words, *text ? "--%s=%s" : "--%s", o->name, text);
    }
}

void bl_point_words(const struct bl_option *table, const void *opts, struct bl_texts *words)
{
    for (const struct bl_option *o = table; o->name; o++)
        if (is_of_point(o->name))
            add_value(o, (const char *)opts + o->at, words);
}

/* A word as a shell takes it. */
static void quote(FILE *out, const char *word)
{
    if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%")]) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

char *bl_shell_line(const char *first, const struct bl_texts *words)
{
    char *line = NULL;
    size_t n;
    FILE *out = open_memstream(&line, &n);

    if (!out)
        return NULL;
    fputs(first, out);
    for (size_t i = 0; i < words->n; i++) {
        fputc(' ', out);
        quote(out, words->v[i]);
    }
    fclose(out);
    return line;
}

/* ---- elaboration ---- */

static int copy_names(const struct bl_setup *u, struct bl_point_id *id, struct bl_diag *diag)
{
    id->images = u->net ? u->count : 0;
    id->platform = strdup(u->platform_at.path + u->platform_at.hidden);
    id->net = u->net ? strdup(u->net_at.path + u->net_at.hidden) : NULL;
    return id->platform && (id->net || !u->net) ? 0 : bl_error(diag, "no memory for the name of the platform");
}

static int check(const struct bl_texts *words, struct bl_point_opts *o, struct bl_point_id *id, struct bl_diag *diag)
{
    struct bl_texts files = { 0 };
    struct bl_setup_opts so = o->setup;
    struct bl_setup *u = NULL;
    int status = -1;

    so.platform = words->v[0];
    so.set = bl_words_of(&o->sets);
    if (bl_net_options(&so, &o->images, &o->data, &files, diag) == 0 && (u = bl_setup_open(&so, diag)))
        status = bl_identity(u, o->until.given ? o->until.v : BL_FOREVER, id->key, diag) < 0 ? -1 : copy_names(u, id, diag);
    bl_setup_close(u);
    bl_texts_free(&files);
    return status;
}

int bl_point_check(const struct bl_texts *words, struct bl_point_id *id, struct bl_diag *diag)
{
    struct bl_point_opts o = { 0 };
    struct bl_texts names = { 0 };
    int parsed = bl_options_parse(&bl_point_grammar, "sweep", (int)words->n, (char **)(uintptr_t)words->v, &names, &o, diag), status = -1;

    *id = (struct bl_point_id){ 0 };
    if (parsed == 1)
        bl_error(diag, "--help: is no value that a sweep can vary");
    else if (parsed == 0)
        status = check(&names, &o, id, diag);
    bl_options_free(&bl_point_grammar, &names, &o);
    return status;
}

void bl_point_id_fini(struct bl_point_id *id)
{
    free(id->platform);
    free(id->net);
    *id = (struct bl_point_id){ 0 };
}
