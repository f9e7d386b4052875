/* globs.c - which signals somebody asks for: names with stars, alone or with '!', how deep, and lanes one by one. */
#include "kernel/observe/watch.h"

#include <stdio.h>

static bool glob(const char *p, const char *t)
{
    const char *star = NULL, *from = NULL;   /* behind the last '*', and what it has eaten up to */

    for (;;) {
        if (*p == '*') {
            star = ++p;
            from = t;
        } else if (*t && (*p == '?' || *p == *t)) {
            p++;
            t++;
        } else if (!*p && !*t) {
            return true;
        } else if (star && *from) {
            p = star;
            t = ++from;
        } else {
            return false;
        }
    }
}

bool globs_too_deep(const struct bl_trace *t, const char *scope)
{
    unsigned levels = *scope != '\0';

    for (const char *c = scope; *c; c++)
        levels += *c == '.';
    return t->o.depth && levels > t->o.depth;
}

/* `field` is the name without a lane, which a glob may leave out, as it may the element of an array. */
static bool named(const char *const *globs, size_t n, const char *scope, const char *name, const char *field)
{
    char full[2048], whole[2048], array[2048];
    const char *dot = *scope ? "." : "";
    bool yes = true;

    for (size_t i = 0; i < n; i++)
        yes &= globs[i][0] == '!';
    snprintf(full, sizeof full, "%s%s%s", scope, dot, name);
    snprintf(whole, sizeof whole, "%s%s%s", scope, dot, field);
    snprintf(array, sizeof array, "%s%s%.*s", scope, dot, (int)strcspn(field, "["), field);
    for (size_t i = 0; i < n; i++) {
        const char *g = globs[i];
        bool take = *g != '!';
        if (glob(g + !take, full) || glob(g + !take, whole) || glob(g + !take, array) || glob(g + !take, scope))
            yes = take;
    }
    return yes;
}

bool bl_watch_wants(const char *const *globs, size_t n, const char *scope, const char *name)
{
    if (MISSING_SAID(NULL, scope, name) || (n && MISSING_SAID(NULL, globs)))
        return false;
    return named(globs, n, scope, name, name);
}

/* Does a glob ask for this lane and not for all of them, "adc.code[3]", "*.code[1?]"? A later "!.." may take it away. */
bool globs_want_lane(const struct bl_trace *t, const char *scope, const char *name, const char *field)
{
    char full[2048], whole[2048];
    const char *dot = *scope ? "." : "";
    bool yes = false;

    snprintf(full, sizeof full, "%s%s%s", scope, dot, name);
    snprintf(whole, sizeof whole, "%s%s%s", scope, dot, field);
    for (size_t i = 0; i < t->o.nglobs; i++) {
        const char *g = t->o.globs[i];
        bool take = *g != '!', all = glob(g + !take, whole) || glob(g + !take, scope);
        if (all ? !take : glob(g + !take, full))
            yes = take;
    }
    return yes && !globs_too_deep(t, scope);
}

bool globs_want(const struct bl_trace *t, const char *scope, const char *name, const char *field)
{
    return !globs_too_deep(t, scope) && named(t->o.globs, t->o.nglobs, scope, name, field);
}
