/* params.c - reads the parameters of parts out of their structs, by the tables of their classes. */
#include "platforms/file/params.h"
#include "kernel/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_param(const struct bl_field *f) { return bl_field_is(f, BL_IS_PARAM); }
static bool is_port(const struct bl_field *f) { return bl_field_is(f, BL_IS_PORT) || f->kind == BL_KIND_EVENT; }

static const struct bl_field *nth(const struct bl_sim *s, const char *cls, size_t i, bool (*is)(const struct bl_field *))
{
    const struct bl_class *c = cls ? bl_class_find(bl_classes_of(s), cls) : NULL;      /* NULL: a scope */

    for (const struct bl_field *f = c ? c->fields : NULL; f && f->kind; f++)
        if (is(f) && i-- == 0)
            return f;
    return NULL;
}

/* Word number n of "full half cal". */
static void choice_text(const char *words, int64_t n, char *buf)
{
    for (; n > 0 && *words; n--)
        words += strcspn(words, " ") + (words[strcspn(words, " ")] == ' ');
    snprintf(buf, BL_PARAM_TEXT, "%.*s", (int)strcspn(words, " "), words);
}

static void list_text(const struct bl_list *l, char *buf)
{
    size_t n = (size_t)snprintf(buf, BL_PARAM_TEXT, "[");

    for (uint32_t i = 0; i < l->n && i < BL_LIST_MAX; i++)
        n += (size_t)snprintf(buf + n, BL_PARAM_TEXT - n, "%s%lld", i ? ", " : "", (long long)l->v[i]);
    snprintf(buf + n, BL_PARAM_TEXT - n, "]");
}

/* Is a list what the text of its preset, "8 9 10" or "[8, 9]", says? */
static bool list_is(const struct bl_list *l, const char *preset)
{
    uint32_t n = 0;

    for (char *end; *(preset += strspn(preset, " [,]")); preset = end, n++)
        if (n >= l->n || strtoll(preset, &end, 10) != l->v[n] || end == preset)
            return false;
    return n == l->n;
}

bool bl_param_row(struct bl_sim *s, const char *path, const char *cls, size_t i, struct bl_param_row *row)
{
    const struct bl_field *f = nth(s, cls, i, is_param);
    const unsigned char *self = f ? bl_part_of(s, path) : NULL;
    struct bl_list list;
    double real;
    int64_t whole;

    if (!self)
        return false;
    row->name = f->name;
    row->help = f->help;
    if (f->kind == BL_KIND_LIST) {
        memcpy(&list, self + f->at, sizeof list);
        list_text(&list, row->value);
        row->changed = !list_is(&list, f->text);
    } else if (f->kind == BL_KIND_REAL) {
        memcpy(&real, self + f->at, sizeof real);
        snprintf(row->value, BL_PARAM_TEXT, "%.15g", real);
        row->changed = real != f->preset;
    } else {
        memcpy(&whole, self + f->at, sizeof whole);
        row->changed = whole != (int64_t)f->preset;
        if (f->kind == BL_KIND_TIME)
            bl_time_text((uint64_t)whole, row->value);
        else if (f->kind == BL_KIND_CHOICE)
            choice_text(f->text, whole, row->value);
        else
            snprintf(row->value, BL_PARAM_TEXT, "%lld", (long long)whole);
    }
    return true;
}

bool bl_port_row(const struct bl_sim *s, const char *cls, size_t i, struct bl_port_row *row)
{
    const struct bl_field *f = nth(s, cls, i, is_port);

    if (f)
        *row = (struct bl_port_row){ f->name, f->help, bl_field_kinds[f->kind].word, (f->flags & BL_OPTIONAL) != 0 };
    return f != NULL;
}
