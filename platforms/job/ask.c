/* ask.c - parameters of a platform's parts by name: the value, or an error that says what is missing where. */
#include "platforms/job/ask.h"

#include <stdio.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/file/load.h"

enum { NAME = 96 };

static const char *file_of(const struct bl_ask *a) { return a->platform ? a->platform : "the platform"; }

/* The class that the mapper is made for, NULL when the part stands in no list. */
static const char *class_for(const struct bl_ask *a, const char *part)
{
    for (const struct bl_need *n = a->needs; n && n->part; n++)
        if (!strcmp(n->part, part))
            return n->cls;
    return NULL;
}

static int tell_part(const struct bl_ask *a, const char *part)
{
    const char *cls = class_for(a, part);

    return bl_error(a->diag, "%s: mapper %s needs a part '%s'%s%s; there is no part of this name", file_of(a), a->mapper, part,
                    cls ? " of class " : "", cls ? cls : "");
}

static int tell_class(const struct bl_ask *a, const struct bl_need *n, const char *cls)
{
    return bl_error(a->diag, "%s: part '%s' is of class %s; mapper %s needs class %s there", file_of(a), n->part, cls, a->mapper, n->cls);
}

int bl_ask_file(const struct bl_ask *a, const struct bl_platform *p)
{
    int bad = 0;

    for (const struct bl_need *n = a->needs; n && n->part; n++) {
        const char *cls = bl_platform_class(p, n->part);
        if (!bl_platform_count(p, n->part) && !strchr(n->part, '.'))
            bad = tell_part(a, n->part);
        else if (cls && n->cls && strcmp(cls, n->cls))
            bad = tell_class(a, n, cls);
    }
    return bad;
}

int bl_ask_parts(const struct bl_ask *a)
{
    int bad = 0;

    for (const struct bl_need *n = a->needs; n && n->part; n++) {
        const struct bl_class *c = bl_part_class(a->s, n->part);
        if (!c)
            bad = tell_part(a, n->part);
        else if (n->cls && strcmp(c->name, n->cls))
            bad = tell_class(a, n, c->name);
    }
    return bad;
}

/* The part is not there, or it is of a class that has no such parameter. */
static void tell(struct bl_ask *a, const char *name)
{
    const char *dot = strrchr(name, '.');
    char part[NAME];

    if (a->failed)
        return;
    a->failed = true;
    snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
    const char *cls = class_for(a, part);
    if (!bl_part_of(a->s, part))
        tell_part(a, part);
    else
        bl_error(a->diag, "%s: mapper %s needs the parameter '%s' of part '%s', which its class does not have%s%s", file_of(a), a->mapper,
                 dot + 1, part, cls ? "; expected class " : "", cls ? cls : "");
}

uint64_t bl_ask_int(struct bl_ask *a, const char *name)
{
    uint64_t v = 0;

    if (bl_peek(a->s, name, &v))
        tell(a, name);
    return v;
}

double bl_ask_real(struct bl_ask *a, const char *name)
{
    uint64_t bits = bl_ask_int(a, name);
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

uint32_t bl_ask_list(struct bl_ask *a, const char *name, int64_t *element, uint32_t most)
{
    char one[NAME];
    uint64_t v;
    uint32_t n = 0;

    for (; n < most; n++) {
        snprintf(one, sizeof one, "%s[%u]", name, n);
        if (bl_peek(a->s, one, &v))
            break;
        element[n] = (int64_t)v;
    }
    return n;
}

int bl_ask_equal(struct bl_ask *a, const struct bl_equal *pairs)
{
    int bad = 0;

    for (; pairs->name && !a->failed; pairs++) {
        uint64_t v = bl_ask_int(a, pairs->name), want = bl_ask_int(a, pairs->as);
        if (!a->failed && v != want)
            bad = bl_error(a->diag, "%s is %llu, %s is %llu; expected equal numbers", pairs->name, (unsigned long long)v, pairs->as,
                           (unsigned long long)want);
    }
    return a->failed ? -1 : bad;
}
