/* axis_values.c - the values of one axis: texts, and ranges of decimal numbers, which are counted in whole units of their last place
 * so that 0.1:0.9:0.1 has nine values. */
#include "tools/sweep/axes_in.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMALS = 9 };
static const int64_t MOST = INT64_C(100000000000000);      /* with room for the places that samples add */

/* "-12.50 MHz": 1250 in units of 10^-2. */
struct number { int64_t units; unsigned decimals; char unit[16]; };

static bool read_number(const char *at, size_t n, struct number *x)
{
    const char *end = at + n;
    bool minus = at < end && *at == '-', point = false, digit = false;
    size_t k = 0;

    *x = (struct number){ 0 };
    for (at += minus; at < end && (isdigit((unsigned char)*at) || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        if (x->units > MOST || (point && x->decimals == DECIMALS))
            return false;
        digit = true;
        x->units = 10 * x->units + (*at - '0');
        x->decimals += point;
    }
    x->units = minus ? -x->units : x->units;
    while (at < end && *at == ' ')
        at++;
    for (; at < end && k < sizeof x->unit - 1 && isalpha((unsigned char)*at); at++)
        x->unit[k++] = *at;
    return digit && at == end && x->units < MOST && x->units > -MOST;
}

static bool rescale(struct number *x, unsigned decimals)
{
    for (; x->decimals < decimals; x->decimals++)
        if (x->units > MOST / 10 || x->units < -MOST / 10)
            return false;
        else
            x->units *= 10;
    return true;
}

static const char *add(struct bl_axis *x, char *text)
{
    if (text)
        bl_texts_add(&x->values, text);
    return text;
}

const char *bl_axis_number(struct bl_axis *x, int64_t units, unsigned decimals)
{
    char text[64], *out = text;
    uint64_t u = units < 0 ? 0 - (uint64_t)units : (uint64_t)units, scale = 1;

    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    out += sprintf(out, "%s%llu", units < 0 ? "-" : "", (unsigned long long)(u / scale));
    if (decimals)
        out += sprintf(out, ".%0*llu", (int)decimals, (unsigned long long)(u % scale));
    snprintf(out, sizeof text - (size_t)(out - text), "%s", x->unit);
    return add(x, strdup(text));
}

/* ---- ranges ---- */

struct range { struct number lo, hi, step; bool times, stepped; };

/* Both ends, and all that lies between. */
static int expand(struct bl_axis *x, const struct range *r, const char *option, const char *item, size_t n, struct bl_diag *diag)
{
    if (r->step.units == 0 || (r->times && (r->step.units < 2 || r->lo.units <= 0)))
        return bl_error(diag, "%s %s: '%.*s' never ends; expected a step other than 0, or '*2' from a number above 0", option, x->path, (int)n, item);
    if (!r->times && (r->hi.units < r->lo.units) != (r->step.units < 0) && r->hi.units != r->lo.units)
        return bl_error(diag, "%s %s: '%.*s' has no value; expected LO:HI:STEP with LO at most HI, or a STEP below 0", option, x->path, (int)n, item);
    for (int64_t v = r->lo.units; r->step.units < 0 ? v >= r->hi.units : v <= r->hi.units;) {
        if (x->values.n >= BL_POINTS_MOST)
            return bl_error(diag, "%s %s: '%.*s' has more than %d values", option, x->path, (int)n, item, BL_POINTS_MOST);
        if (!bl_axis_number(x, v, r->lo.decimals))
            return bl_error(diag, "%s %s: no memory", option, x->path);
        if (r->times ? __builtin_mul_overflow(v, r->step.units, &v) : __builtin_add_overflow(v, r->step.units, &v))
            break;
    }
    return 0;
}

/* "LO:HI" and "LO:HI:STEP" of numbers; anything else is a text, as "hawqv3:medium". */
static bool is_range(const char *item, size_t n, struct range *r)
{
    const char *c = memchr(item, ':', n), *d = c ? memchr(c + 1, ':', n - (size_t)(c + 1 - item)) : NULL, *end = item + n;

    *r = (struct range){ 0 };
    if (!c || !read_number(item, (size_t)(c - item), &r->lo) || !read_number(c + 1, (size_t)((d ? d : end) - c - 1), &r->hi))
        return false;
    if (!d)
        return true;
    r->stepped = true;
    r->times = d[1] == '*';
    return read_number(d + 1 + r->times, (size_t)(end - d - 1 - r->times), &r->step);
}

static int add_range(struct bl_axis *x, struct range *r, const char *option, const char *item, size_t n, struct bl_diag *diag)
{
    unsigned decimals = r->lo.decimals > r->hi.decimals ? r->lo.decimals : r->hi.decimals;

    if (!r->times && r->stepped && r->step.decimals > decimals)
        decimals = r->step.decimals;
    if (r->times && r->step.decimals)
        return bl_error(diag, "%s %s: '%.*s': expected a whole factor, as in 1:64:*2", option, x->path, (int)n, item);
    if (strcmp(r->lo.unit, r->hi.unit) || (r->stepped && !r->times && strcmp(r->step.unit, r->hi.unit)))
        return bl_error(diag, "%s %s: '%.*s': expected one unit, as in 100MHz:500MHz:50MHz", option, x->path, (int)n, item);
    if (!rescale(&r->lo, decimals) || !rescale(&r->hi, decimals) || (!r->times && !rescale(&r->step, decimals)))
        return bl_error(diag, "%s %s: '%.*s': too large a number", option, x->path, (int)n, item);
    snprintf(x->unit, sizeof x->unit, "%s", r->lo.unit);
    if (r->stepped)
        return expand(x, r, option, item, n, diag);
    if (x->values.n || item[n] == ',')
        return bl_error(diag, "%s %s: '%.*s': a range without a step stands alone; expected LO:HI:STEP among others", option, x->path, (int)n, item);
    if (r->hi.units <= r->lo.units)
        return bl_error(diag, "%s %s: '%.*s': expected LO:HI with LO below HI", option, x->path, (int)n, item);
    x->is_range = true;
    x->lo = r->lo.units;
    x->hi = r->hi.units;
    x->decimals = decimals;
    return 0;
}

/* ---- a list ---- */

/* Up to the next comma that no bracket holds: "[8, 9]" is one value. */
static size_t item_length(const char *text)
{
    size_t n = 0;
    int depth = 0;

    for (; text[n] && (text[n] != ',' || depth > 0); n++)
        depth += text[n] == '[' ? 1 : text[n] == ']' ? -1 : 0;
    return n;
}

int bl_axis_values(struct bl_axis *x, const char *option, const char *text, struct bl_diag *diag)
{
    struct range r;

    for (;; text++) {
        size_t n = item_length(text);
        if (!n)
            return bl_error(diag, "%s %s: a value is empty; expected them separated by single commas", option, x->path);
        if (x->is_range)
            return bl_error(diag, "%s %s: a range without a step stands alone; expected LO:HI:STEP among others", option, x->path);
        if (is_range(text, n, &r)) {
            if (add_range(x, &r, option, text, n, diag) < 0)
                return -1;
        } else if (!add(x, strndup(text, n)))
            return bl_error(diag, "%s %s: no memory", option, x->path);
        text += n;
        if (!*text)
            return 0;
    }
}
