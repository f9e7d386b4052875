/* units.c - times, energies, powers and voltages from text and back.
 * Times are exact: integers only, and what is no whole number of fs is refused. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

__extension__ typedef unsigned __int128 u128;

enum { MOST_DIGITS = 18, MOST_EXP = 99, LONGEST_UNIT = 16, MOST_POW = 38 };
static const uint64_t LONGEST = BL_FOREVER - 1;

struct unit { const char *name; int exp10; bool is_rate; };  /* 10^exp10 of fs, Hz, yJ, nW or uV */
struct number { uint64_t digits; int exp10; };               /* digits * 10^exp10 */
struct quantity { const char *is, *like; const struct unit *units; size_t n; };

static const struct unit times[] = {
    { "fs", 0, false }, { "ps", 3, false }, { "ns", 6, false }, { "us", 9, false }, { "ms", 12, false },
    { "s", 15, false }, { "Hz", 0, true }, { "kHz", 3, true }, { "MHz", 6, true }, { "GHz", 9, true },
    { "THz", 12, true },
};
static const struct unit energies[] = {
    { "yJ", 0, false }, { "zJ", 3, false }, { "aJ", 6, false }, { "fJ", 9, false }, { "pJ", 12, false },
    { "nJ", 15, false }, { "uJ", 18, false }, { "mJ", 21, false }, { "J", 24, false },
};
static const struct unit powers[] = {
    { "pW", -3, false }, { "nW", 0, false }, { "uW", 3, false }, { "mW", 6, false }, { "W", 9, false },
};
static const struct unit volts[] = { { "uV", 0, false }, { "mV", 3, false }, { "V", 6, false } };

#define QUANTITY(is, like, u) { is, like, u, sizeof(u) / sizeof(u)[0] }
static const struct quantity time_q = QUANTITY("a time", "'6 ns' or '200 MHz'", times);
static const struct quantity energy_q = QUANTITY("an energy", "'12.5 fJ'", energies);
static const struct quantity power_q = QUANTITY("a power", "'3 uW'", powers);
static const struct quantity volts_q = QUANTITY("a voltage", "'0.6 V'", volts);

/* Where the text stands and who is told. */
struct origin { const char *text, *where, *sep; struct bl_diag *diag; };

static struct origin origin_of(const char *text, const char *where, struct bl_diag *d)
{
    return (struct origin){ text, where ? where : "", where ? ": " : "", d };
}

static u128 pow10_of(int e)
{
    u128 p = 1;

    while (e-- > 0)
        p *= 10;
    return p;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Takes a decimal fraction off the front of s: where it ends; NULL: no number, or too many digits (*full). */
static const char *scan(const char *s, struct number *n, bool *full)
{
    bool any = false, point = false;
    int kept = 0;

    *n = (struct number){ 0, 0 };
    for (; is_digit(*s) || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        any = true;
        if (n->digits || *s != '0')
            kept++;
        if ((*full = kept > MOST_DIGITS))
            return NULL;
        n->digits = n->digits * 10 + (uint64_t)(*s - '0');
        n->exp10 -= point;
    }
    const char *e = s + 1 + (s[0] && (s[1] == '-' || s[1] == '+'));
    if (any && (*s == 'e' || *s == 'E') && is_digit(*e)) {
        int exp = 0;
        bool minus = s[1] == '-';
        for (s = e; is_digit(*s); s++)
            exp = exp > MOST_EXP ? exp : exp * 10 + (*s - '0');
        n->exp10 += minus ? -exp : exp;
    }
    while (n->digits && n->digits % 10 == 0) {
        n->digits /= 10;
        n->exp10++;
    }
    return any ? s : NULL;
}

static int unknown_unit(const struct origin *o, const struct quantity *q, const char *unit)
{
    const char *alike[16], *near = NULL;   /* that begin with the same prefix: a slip in it has no nearest */
    char list[128] = "";
    size_t n = 0;

    for (size_t i = 0; i < q->n; i++) {
        const char *name = q->units[i].name;
        if (strcasecmp(unit, name) == 0 && !near)
            near = name;
        if (*unit == *name)
            alike[n++] = name;
        strcat(strcat(list, i ? " " : ""), name);
    }
    if (!near)
        near = bl_nearest(unit, alike, n);
    if (near)
        return bl_error(o->diag, "%s%s'%s' has the unknown unit '%s'; did you mean '%s'?", o->where, o->sep, o->text,
                        unit, near);
    return bl_error(o->diag, "%s%s'%s' has the unknown unit '%s'; expected one of %s", o->where, o->sep, o->text, unit,
                    list);
}

/* Splits text into number and unit; *u stays NULL for a bare zero. */
static int split(const struct origin *o, const struct quantity *q, struct number *n, const struct unit **u)
{
    bool full = false;
    const char *s = o->text + strspn(o->text, " \t"), *end = scan(s, n, &full);
    char unit[LONGEST_UNIT];

    *u = NULL;
    if (*s == '-' && (is_digit(s[1]) || s[1] == '.'))
        return bl_error(o->diag, "%s%s'%s' is negative; expected zero or more", o->where, o->sep, o->text);
    if (full)
        return bl_error(o->diag, "%s%s'%s' has more than %d digits; write it shorter", o->where, o->sep, o->text,
                        MOST_DIGITS);
    if (!end)
        return bl_error(o->diag, "%s%s'%s' is not %s; expected a number and a unit, like %s", o->where, o->sep, o->text,
                        q->is, q->like);
    end += strspn(end, " \t");
    size_t len = strlen(end);
    while (len && strchr(" \t", end[len - 1]))
        len--;
    if (len == 0 && n->digits == 0)
        return 0;
    if (len == 0)
        return bl_error(o->diag, "%s%s'%s' has no unit; write it like %s", o->where, o->sep, o->text, q->like);
    snprintf(unit, sizeof unit, "%.*s", (int)(len < LONGEST_UNIT ? len : LONGEST_UNIT), end);
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(unit, q->units[i].name) == 0)
            *u = &q->units[i];
    return *u ? 0 : unknown_unit(o, q, unit);
}

static int too_long(const struct origin *o)
{
    return bl_error(o->diag, "%s%s'%s' is too long; times go up to %llu fs, about 5 hours", o->where, o->sep, o->text,
                    (unsigned long long)LONGEST);
}

static int span(const struct origin *o, const struct number *n, int exp10, uint64_t *fs)
{
    char below[40], above[40];

    if (exp10 >= 0) {
        if (n->digits && exp10 >= 20)
            return too_long(o);
        u128 v = n->digits ? n->digits * pow10_of(exp10) : 0;
        *fs = (uint64_t)v;
        return v > LONGEST ? too_long(o) : 0;
    }
    u128 unit = pow10_of(exp10 < -MOST_POW ? MOST_POW : -exp10);  /* more digits than this are all fraction */
    *fs = (uint64_t)(n->digits / unit);
    if (n->digits % unit == 0)
        return 0;
    return bl_error(o->diag, "%s%s'%s' is no whole number of fs; the nearest are %s and %s", o->where, o->sep, o->text,
                    bl_time_text(*fs, below), bl_time_text(*fs + 1, above));
}

/* 1 / period in the unit u, to twelve digits; buf of 40 bytes. */
static char *rate_text(uint64_t fs, const struct unit *u, char *buf)
{
    u128 top = pow10_of(15 - u->exp10), twelve = pow10_of(11);
    int places = 0;

    while (top / fs < twelve && places < 18) {
        top *= 10;
        places++;
    }
    u128 v = (top + fs / 2) / fs;
    while (places && v % 10 == 0) {
        v /= 10;
        places--;
    }
    u128 one = pow10_of(places);
    int n = snprintf(buf, 40, "%llu", (unsigned long long)(v / one));
    if (places)
        n += snprintf(buf + n, 40 - (size_t)n, ".%0*llu", places, (unsigned long long)(v % one));
    snprintf(buf + n, 40 - (size_t)n, " %s", u->name);
    return buf;
}

static int period(const struct origin *o, const struct number *n, const struct unit *u, uint64_t *fs)
{
    int exp10 = 15 - u->exp10 - n->exp10;
    char below[40], above[40];

    if (n->digits == 0)
        return bl_error(o->diag, "%s%s'%s' has no period; expected a frequency above 0", o->where, o->sep, o->text);
    if (exp10 > MOST_POW)
        return too_long(o);
    u128 top = exp10 < 0 ? 0 : pow10_of(exp10), q = top / n->digits;
    if (q > LONGEST)
        return too_long(o);
    *fs = (uint64_t)q;
    if (q == 0)
        return bl_error(o->diag, "%s%s'%s' has a period below 1 fs; the shortest is 1 fs (%s)", o->where, o->sep, o->text,
                        rate_text(1, u, below));
    if (top % n->digits == 0)
        return 0;
    return bl_error(o->diag, "%s%s'%s' has a period of no whole number of fs; the nearest are %llu fs (%s) and %llu fs (%s)",
                    o->where, o->sep, o->text, (unsigned long long)*fs, rate_text(*fs, u, below),
                    (unsigned long long)*fs + 1, rate_text(*fs + 1, u, above));
}

int bl_parse_time(const char *text, uint64_t *fs, struct bl_diag *d, const char *where)
{
    if (MISSING_SAID(d, text, fs))
        return -1;
    struct origin o = origin_of(text, where, d);
    struct number n;
    const struct unit *u;
    uint64_t v = 0;

    if (split(&o, &time_q, &n, &u) < 0)
        return -1;
    if (u && (u->is_rate ? period(&o, &n, u, &v) : span(&o, &n, n.exp10 + u->exp10, &v)) < 0)
        return -1;
    *fs = v;
    return 0;
}

/* n * 10^exp10 as the nearest double (up to 2^53 digits; beyond that within one more rounding). */
static double real(const struct number *n, int exp10)
{
    double v = (double)n->digits;
    int e = exp10 + n->exp10;

    if (e >= 0 && e <= 20)
        return (double)(n->digits * pow10_of(e));
    for (; e > 0; e -= e < 22 ? e : 22)
        v *= (double)pow10_of(e < 22 ? e : 22);
    for (; e < 0; e += -e < 22 ? -e : 22)
        v /= (double)pow10_of(-e < 22 ? -e : 22);
    return v;
}

static int parse_real(const struct quantity *q, const char *text, double *v, struct bl_diag *d, const char *where)
{
    struct origin o = origin_of(text, where, d);
    struct number n;
    const struct unit *u;

    if (split(&o, q, &n, &u) < 0)
        return -1;
    *v = u && n.digits ? real(&n, u->exp10) : 0;
    return 0;
}

int bl_parse_energy(const char *text, double *yj, struct bl_diag *d, const char *where)
{
    return MISSING_SAID(d, text, yj) ? -1 : parse_real(&energy_q, text, yj, d, where);
}

int bl_parse_power(const char *text, double *nw, struct bl_diag *d, const char *where)
{
    return MISSING_SAID(d, text, nw) ? -1 : parse_real(&power_q, text, nw, d, where);
}

int bl_parse_volts(const char *text, double *microvolts, struct bl_diag *d, const char *where)
{
    return MISSING_SAID(d, text, microvolts) ? -1 : parse_real(&volts_q, text, microvolts, d, where);
}

char *bl_time_text(uint64_t fs, char *buf)
{
    size_t best = 40;
    uint64_t one = 1;

    if (MISSING_SAID(NULL, buf))
        return NULL;
    if (fs == 0)
        return strcpy(buf, "0 s");
    /* The shortest wins; of two equally short ones that with fewer places, which is the smaller unit. */
    for (size_t i = 0; i < 6; i++, one *= 1000) {
        char text[40];
        uint64_t rest = fs % one;
        int places = times[i].exp10, n = snprintf(text, sizeof text, "%llu", (unsigned long long)(fs / one));
        if (rest) {
            for (; rest % 10 == 0; rest /= 10)
                places--;
            n += snprintf(text + n, sizeof text - (size_t)n, ".%0*llu", places, (unsigned long long)rest);
        }
        n += snprintf(text + n, sizeof text - (size_t)n, " %s", times[i].name);
        if ((size_t)n < best) {
            best = (size_t)n;
            memcpy(buf, text, best + 1);
        }
    }
    return buf;
}

char *bl_yj_text(bl_yj e, char *buf)
{
    char text[40], *p = text + sizeof text;

    if (MISSING_SAID(NULL, buf))
        return NULL;
    *--p = '\0';
    do {
        *--p = (char)('0' + (int)(e % 10));
        e /= 10;
    } while (e);
    return memcpy(buf, p, (size_t)(text + sizeof text - p));
}
