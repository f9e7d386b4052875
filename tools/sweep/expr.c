/* expr.c - reads an expression and computes it at once, by recursive descent. */
#include "tools/sweep/expr.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 100 };

struct reader {
    const char *all, *at;
    const json_t *row;                 /* of values, or when `checks` of columns */
    bool checks;
    const char *option;
    struct bl_diag *diag;
    unsigned depth;
    bool bad;
};

static struct bl_value either(struct reader *r);

static struct bl_value number(double v) { return (struct bl_value){ .number = v }; }

static struct bl_value fail(struct reader *r, const char *what)
{
    if (!r->bad)
        bl_error(r->diag, "%s %s: %s at '%s'", r->option, r->all, what, *r->at ? r->at : "the end");
    r->bad = true;
    r->at += strlen(r->at);
    return number(NAN);
}

static void skip(struct reader *r) { r->at += strspn(r->at, " \t\n"); }

static bool symbol(struct reader *r, const char *s)
{
    skip(r);
    if (strncmp(r->at, s, strlen(s)))
        return false;
    r->at += strlen(s);
    return true;
}

/* A word and no longer one. */
static bool word(struct reader *r, const char *s)
{
    size_t n = strlen(s);

    skip(r);
    if (strncmp(r->at, s, n) || isalnum((unsigned char)r->at[n]) || r->at[n] == '_' || r->at[n] == '.')
        return false;
    r->at += n;
    return true;
}

/* ---- values ---- */

/* "100MHz" in Hz; NAN: no number. */
static double with_unit(const char *s, size_t n)
{
    static const char prefixes[] = "fpnumkMG", *const units[] = { "s", "Hz", "V" };
    static const double scale[] = { 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9 };
    char text[64], *end;

    if (!n || n >= sizeof text || !strchr("0123456789.-+", *s))
        return NAN;
    memcpy(text, s, n);
    text[n] = 0;
    double v = strtod(text, &end);
    if (end == text)
        return NAN;
    end += strspn(end, " ");
    for (int i = 0; i < 3; i++) {
        if (!*end || !strcmp(end, units[i]))
            return v;
        const char *prefix = strchr(prefixes, *end);
        if (prefix && !strcmp(end + 1, units[i]))
            return v * scale[prefix - prefixes];
    }
    return NAN;
}

static double number_of(struct bl_value v) { return v.text ? with_unit(v.text, v.n) : v.number; }

static bool same_text(struct bl_value a, struct bl_value b) { return a.n == b.n && !memcmp(a.text, b.text, a.n); }

static struct bl_value column(struct reader *r, const char *name, size_t n)
{
    char key[256];

    if (n >= sizeof key)
        return fail(r, "too long a name");
    memcpy(key, name, n);
    key[n] = 0;
    const json_t *v = json_object_get(r->row, key);
    if (r->checks && !v) {
        const char *names[1024], *other;
        json_t *any;
        size_t k = 0;
        json_object_foreach((json_t *)(uintptr_t)r->row, other, any)
            if (k < 1024)
                names[k++] = other;
        const char *near = bl_nearest(key, names, k);
        if (!r->bad)
            bl_error(r->diag, near ? "%s %s: '%s' is no column; did you mean '%s'?" : "%s %s: '%s' is no column; `bitline sweep report DB --as json` shows what there is", r->option, r->all,
                     key, near);
        r->bad = true;
    }
    if (json_is_string(v))
        return (struct bl_value){ .number = NAN, .text = json_string_value(v), .n = json_string_length(v) };
    return number(json_is_number(v) ? json_number_value(v) : NAN);
}

static struct bl_value function(struct reader *r, const char *name, size_t n)
{
    static const char *const names[] = { "min", "max", "abs", "sqrt", "log2", "log10" };
    double a = number_of(either(r)), b = NAN;
    size_t f = 0;

    while (f < 6 && (strlen(names[f]) != n || strncmp(names[f], name, n)))
        f++;
    if (f == 6)
        return fail(r, "a function that is not known (min, max, abs, sqrt, log2, log10)");
    if (f < 2 && !symbol(r, ","))
        return fail(r, "expected ',' and a second value");
    if (f < 2)
        b = number_of(either(r));
    if (!symbol(r, ")"))
        return fail(r, "expected ')'");
    switch (f) {
    case 0:  return number(isnan(a) || isnan(b) ? NAN : fmin(a, b));
    case 1:  return number(isnan(a) || isnan(b) ? NAN : fmax(a, b));
    case 2:  return number(fabs(a));
    case 3:  return number(sqrt(a));
    case 4:  return number(log2(a));
    default: return number(log10(a));
    }
}

/* "adc.rho", "sink[*].every": letters, digits, '_' and '.', and whatever brackets hold. */
static size_t name_length(const char *s)
{
    size_t n = 0;

    while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '.' || (s[n] == '[' && strchr(s + n, ']')))
        n = s[n] == '[' ? (size_t)(strchr(s + n, ']') - s) + 1 : n + 1;
    return n;
}

static struct bl_value quoted(struct reader *r)
{
    const char *end = strchr(r->at + 1, *r->at);

    if (!end)
        return fail(r, "a text without its end");
    struct bl_value v = { NAN, r->at + 1, (size_t)(end - r->at - 1) };
    r->at = end + 1;
    return v;
}

static struct bl_value primary(struct reader *r)
{
    char *end;

    skip(r);
    if (symbol(r, "(")) {
        struct bl_value v = either(r);
        return symbol(r, ")") ? v : fail(r, "expected ')'");
    }
    if (*r->at == '\'' || *r->at == '"')
        return quoted(r);
    if (isdigit((unsigned char)*r->at) || (*r->at == '.' && isdigit((unsigned char)r->at[1]))) {
        double v = strtod(r->at, &end);
        r->at = end;
        return number(v);
    }
    const char *name = r->at;
    size_t n = isalpha((unsigned char)*name) || *name == '_' ? name_length(name) : 0;
    if (!n)
        return fail(r, "expected a number, a column or '('");
    r->at += n;
    return *r->at == '(' ? (r->at++, function(r, name, n)) : column(r, name, n);
}

/* ---- operators, from the strongest ---- */

static struct bl_value sign(struct reader *r)
{
    if (++r->depth > DEPTH)
        return fail(r, "too deep");
    struct bl_value v = symbol(r, "-") ? number(-number_of(sign(r))) : symbol(r, "+") ? sign(r) : primary(r);
    r->depth--;
    return v;
}

static struct bl_value product(struct reader *r)
{
    struct bl_value v = sign(r);

    for (;;)
        if (symbol(r, "*"))
            v = number(number_of(v) * number_of(sign(r)));
        else if (symbol(r, "/"))
            v = number(number_of(v) / number_of(sign(r)));
        else
            return v;
}

static struct bl_value sum(struct reader *r)
{
    struct bl_value v = product(r);

    for (;;)
        if (symbol(r, "+"))
            v = number(number_of(v) + number_of(product(r)));
        else if (symbol(r, "-"))
            v = number(number_of(v) - number_of(product(r)));
        else
            return v;
}

static bool compare(const char *how, struct bl_value a, struct bl_value b)
{
    double x = number_of(a), y = number_of(b);
    bool texts = a.text && b.text && (isnan(x) || isnan(y));

    if (!texts && (isnan(x) || isnan(y)))
        return false;
    bool equal = texts ? same_text(a, b) : x == y;
    if (how[1] == '=' && (how[0] == '=' || how[0] == '!'))
        return equal == (how[0] == '=');
    return !texts && (how[0] == '<' ? x < y || (how[1] && equal) : x > y || (how[1] && equal));
}

static struct bl_value comparison(struct reader *r)
{
    static const char *const how[] = { "<=", ">=", "==", "!=", "<", ">" };
    struct bl_value v = sum(r);

    for (int i = 0; i < 6; i++)
        if (symbol(r, how[i]))
            return number(compare(how[i], v, sum(r)));
    return v;
}

static bool truth(struct bl_value v) { return !isnan(number_of(v)) && number_of(v) != 0; }

static struct bl_value negation(struct reader *r)
{
    if (++r->depth > DEPTH)
        return fail(r, "too deep");
    struct bl_value v = word(r, "not") ? number(!truth(negation(r))) : comparison(r);
    r->depth--;
    return v;
}

static struct bl_value both(struct reader *r)
{
    struct bl_value v = negation(r);

    while (word(r, "and")) {
        bool second = truth(negation(r));
        v = number(truth(v) && second);
    }
    return v;
}

static struct bl_value either(struct reader *r)
{
    struct bl_value v = both(r);

    while (word(r, "or")) {
        bool second = truth(both(r));
        v = number(truth(v) || second);
    }
    return v;
}

/* ---- for callers ---- */

static struct bl_value whole(struct reader *r)
{
    struct bl_value v = either(r);

    skip(r);
    return *r->at && !r->bad ? fail(r, "expected an operator") : v;
}

int bl_expr_check(const char *expr, const json_t *columns, const char *option, struct bl_diag *diag)
{
    struct reader r = { .all = expr, .at = expr, .row = columns, .checks = true, .option = option, .diag = diag };

    whole(&r);
    return r.bad ? -1 : 0;
}

struct bl_value bl_expr_value(const char *expr, const json_t *row)
{
    struct reader r = { .all = expr, .at = expr, .row = row, .bad = true };      /* bad: nothing is said any more */

    return whole(&r);
}

double bl_expr_number(const char *expr, const json_t *row) { return number_of(bl_expr_value(expr, row)); }

bool bl_expr_holds(const char *expr, const json_t *row) { return truth(bl_expr_value(expr, row)); }

char *bl_expr_next(const char **list)
{
    const char *at = *list;
    size_t n = 0;
    int depth = 0;

    at += strspn(at, " ");
    if (!*at)
        return NULL;
    for (; at[n] && (at[n] != ',' || depth > 0); n++)
        depth += at[n] == '(' || at[n] == '[' ? 1 : at[n] == ')' || at[n] == ']' ? -1 : 0;
    *list = at + n + (at[n] == ',');
    return strndup(at, n);
}

const char *bl_expr_goal(const char *text, int *sign)
{
    text += strspn(text, " ");
    bool least = !strncmp(text, "min ", 4);

    *sign = least ? -1 : 1;
    return least || !strncmp(text, "max ", 4) ? text + 4 : text;
}
