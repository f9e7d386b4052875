/* tech_names.c - the names in a technology file against the classes that there are: wrong ones are told, with the nearest that is right;
 * prices on their way to the kernel; and whether a technology is of this machine. */
#include "platforms/file/tech_in.h"

#include <stdlib.h>
#include <string.h>

int tech_unknown_class(const struct bl_tech *t, const char *name, const char *where, const struct bl_class *const *classes)
{
    const char *near = NULL;
    size_t n = 0;

    while (classes[n])
        n++;
    const char **names = malloc((n + 1) * sizeof(*names));
    for (size_t k = 0; names && k < n; k++)
        names[k] = classes[k]->name;
    if (names)
        near = bl_nearest(name, names, n);
    bl_error(t->diag, near ? "%s: class '%s' is not known; did you mean '%s'?" :
             "%s: class '%s' is not among this program's classes, nor in its modules; `bitline ls classes` lists bitline's own%s",
             where, name, near ? near : "");
    free(names);
    return -1;
}

enum { LONGEST_VERDICT = 48, SUGGESTED = 128 };

/* A stall cause as accounts show it: OUT_FULL is the verdict out_full. */
static const char *verdict_of(const struct bl_field *f, char buf[LONGEST_VERDICT])
{
    size_t i = 0;

    for (; f->name[i] && i < LONGEST_VERDICT - 1; i++)
        buf[i] = (char)(f->name[i] >= 'A' && f->name[i] <= 'Z' ? f->name[i] - 'A' + 'a' : f->name[i]);
    buf[i] = '\0';
    return buf;
}

static int unknown_item(const struct bl_tech *t, size_t i, const struct bl_class *c)
{
    const struct bl_price *price = &t->prices[i];
    const char *names[SUGGESTED] = { "static", "idle", "busy" };
    char verdict[SUGGESTED][LONGEST_VERDICT];
    size_t n = 3;

    for (const struct bl_field *f = c->fields; f && f->kind && n < SUGGESTED; f++)
        if (f->kind == BL_KIND_TALLY)
            names[n++] = f->name;
        else if (f->kind == BL_KIND_CAUSE) {
            names[n] = verdict_of(f, verdict[n]);
            n++;
        }
    const char *near = bl_nearest(price->item, names, n);
    if (near)
        return bl_error(t->diag, "%s: class %s has no '%s'; did you mean '%s'?", t->where[i], c->name, price->item, near);
    return bl_error(t->diag, "%s: class %s has no '%s'; expected a tally (`bitline show %s` lists them), a verdict, or 'static'",
                    t->where[i], c->name, price->item, c->name);
}

/* A price that no tally and no verdict asks for would never be charged: it is refused. */
int tech_check_item(const struct bl_tech *t, size_t i, const struct bl_class *const *classes)
{
    const struct bl_price *price = &t->prices[i];
    const struct bl_class *c = bl_class_find(classes, price->cls);
    char verdict[LONGEST_VERDICT];
    bool tally = false, power = !strcmp(price->item, "static") || !strcmp(price->item, "idle") || !strcmp(price->item, "busy");

    if (!c)
        return tech_unknown_class(t, price->cls, t->where[i], classes);
    for (const struct bl_field *f = c->fields; f && f->kind; f++) {
        tally |= f->kind == BL_KIND_TALLY && !strcmp(f->name, price->item);
        power |= f->kind == BL_KIND_CAUSE && !strcmp(verdict_of(f, verdict), price->item);
    }
    if (!tally && !power)
        return unknown_item(t, i, c);
    if (price->is_power ? power : tally)
        return bl_price_check(c, price, t->diag, t->where[i]);
    return bl_error(t->diag, "%s: '%s' of class %s is a %s; its price is %s", t->where[i], price->item, c->name,
                    tally ? "tally" : "verdict", tally ? "an energy, like '1.5 fJ'" : "a power, like '3 uW'");
}

int bl_tech_check_with(const struct bl_tech *t, const struct bl_class *const *classes,
                       int (*other)(void *ctx, const struct bl_price *price, const char *where), void *ctx)
{
    int status = 0;

    for (size_t i = 0; i < t->n; i++) {
        bool ours = !other || bl_class_find(classes, t->prices[i].cls);
        int known = ours ? 0 : other(ctx, &t->prices[i], t->where[i]);
        status |= known ? (known < 0 ? -1 : 0) : tech_check_item(t, i, classes);
    }
    return status | tech_check_needs(t, classes, other != NULL) | tech_check_areas(t, classes, other != NULL);
}

int bl_tech_check(const struct bl_tech *t, const struct bl_class *const *classes) { return bl_tech_check_with(t, classes, NULL, NULL); }

int bl_tech_apply(const struct bl_tech *t, struct bl_sim *s)
{
    int status = bl_tech_check(t, bl_classes_of(s));

    for (size_t i = 0; i < t->n && status == 0; i++)
        status = bl_set_price(s, &t->prices[i], t->where[i]);
    return status;
}

/* ---- a technology of another machine */

/* "a, b, c and 2 more", each once. */
static char *class_names(const char *(*name)(const void *of, size_t i), const void *of, size_t n, char *buf, size_t room)
{
    size_t at = 0, shown = 0, more = 0;

    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < i && strcmp(name(of, k), name(of, i)))
            k++;
        if (k < i)
            continue;
        if (shown == 5 || at + strlen(name(of, i)) + 32 > room)
            more++;
        else
            at += (size_t)snprintf(buf + at, room - at, "%s%s", shown++ ? ", " : "", name(of, i));
    }
    if (more)
        snprintf(buf + at, room - at, " and %zu more", more);
    return buf;
}

static const char *priced_class(const void *of, size_t i) { return bl_tech_price(of, i)->cls; }
static const char *word_at(const void *of, size_t i) { return ((const char *const *)of)[i]; }

int bl_tech_check_use(const struct bl_tech *t, const char *const *classes, size_t n, const char *who, const char *where, struct bl_diag *diag)
{
    char theirs[256] = "", ours[256] = "nothing";

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < t->n; k++)
            if (!strcmp(classes[i], t->prices[k].cls))
                return 0;
    return bl_error(diag, "%s: none of its %zu prices is for a class of %s: it prices %s; %s has %s. Name the technology of these, or leave 'tech' "
                    "out: then no energy is counted", where, t->n, who, class_names(priced_class, t, t->n, theirs, sizeof theirs), who,
                    class_names(word_at, classes, n, ours, sizeof ours));
}
