/* classes.c - a class as JSON. Classes are opaque to the host, so the lines of bl_class_show are taken apart:
 * "name: help (kind)", then one line a field, "kind name about". */
#include "tools/show/classes.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 1024 };

/* Copies a word off the front and returns what is behind it and its blanks. */
static const char *word(const char *at, char *buf)
{
    size_t n = strcspn(at, " ");

    snprintf(buf, LINE, "%.*s", (int)n, at);
    return at + n + strspn(at + n, " ");
}

/* Columns of blanks become one. */
static void squeeze(const char *from, char *to)
{
    size_t n = 0;

    for (; *from && n < LINE - 1; from++)
        if (*from != ' ' || (n && to[n - 1] != ' '))
            to[n++] = *from;
    while (n && to[n - 1] == ' ')
        n--;
    to[n] = '\0';
}

static void first_line(json_t *o, const char *text)
{
    char name[LINE], help[LINE], kind[LINE] = "";
    const char *colon = strstr(text, ": ");

    snprintf(name, sizeof name, "%.*s", (int)(colon ? colon - text : (long)strlen(text)), text);
    snprintf(help, sizeof help, "%s", colon ? colon + 2 : "");
    char *open = strrchr(help, '(');
    if (open && open > help) {
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(open + 1, ")"), open + 1);
        open[-1] = '\0';
    }
    json_object_set_new(o, "name", json_string(name));
    json_object_set_new(o, "help", json_string(help));
    json_object_set_new(o, "kind", json_string(kind));
    json_object_set_new(o, "fields", json_array());
}

static void line(void *ctx, const char *text)
{
    char kind[LINE], name[LINE], about[LINE];
    json_t *o = ctx;

    if (!json_object_get(o, "name")) {
        first_line(o, text);
        return;
    }
    squeeze(word(word(text + strspn(text, " "), kind), name), about);
    json_array_append_new(json_object_get(o, "fields"), json_pack("{s:s, s:s, s:s}", "kind", kind, "name", name, "about", about));
}

json_t *bl_class_json(const struct bl_class *c)
{
    json_t *o = json_object();
    struct bl_show show = { line, o };

    bl_class_show(c, &show);
    return o;
}
