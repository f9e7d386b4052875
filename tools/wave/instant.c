/* instant.c - points in time of wave files of any unit: read, written, and counted in another unit. */
#include "tools/wave/instant.h"

#include <stdio.h>
#include <string.h>

enum { ZEPTO = -21, FEMTO_ZS = 1000000 };

static const struct { const char *name; int exponent; } units[] = {
    { "s", 0 }, { "ms", -3 }, { "us", -6 }, { "ns", -9 }, { "ps", -12 }, { "fs", -15 }, { "as", -18 }, { "zs", ZEPTO } };
enum { UNITS = sizeof units / sizeof units[0] };

/* Stays BL_ZS_END once it is beyond. */
static bl_zs times(bl_zs t, unsigned n) { return t > (BL_ZS_END - 9) / n ? BL_ZS_END : t * n; }

static bl_zs unit_of(int exponent)
{
    bl_zs unit = 1;

    for (; exponent > ZEPTO; exponent--)
        unit *= 10;
    return unit;
}

bl_zs bl_zs_of(uint64_t count, int exponent)
{
    bl_zs t = count;

    for (; exponent > ZEPTO; exponent--)
        t = times(t, 10);
    return t;
}

uint64_t bl_zs_count(bl_zs t, int exponent)
{
    bl_zs unit = unit_of(exponent), n = t / unit + (t % unit != 0);

    return t == BL_ZS_END || n > UINT64_MAX ? UINT64_MAX : (uint64_t)n;
}

int bl_zs_parse(const char *text, bl_zs *t, struct bl_diag *diag, const char *where)
{
    const char *p = text + strspn(text, " ");
    int exponent = 0, places = 0;
    bl_zs v = 0;
    size_t digits = 0, i = 0;

    for (; (*p >= '0' && *p <= '9') || (*p == '.' && !places); p++) {
        if (*p == '.') {
            places = 1;
            continue;
        }
        v = times(v, 10);
        v += v == BL_ZS_END ? 0 : (unsigned)(*p - '0');
        digits++;
        exponent -= places;
    }
    p += strspn(p, " ");
    while (i < UNITS && strcmp(units[i].name, p))
        i++;
    if (!digits || (i == UNITS && (*p || v)))
        return bl_error(diag, "%s: '%s' is no time; expected a number and one of s, ms, us, ns, ps, fs, as, zs, like '1.5 us'", where, text);
    exponent += i < UNITS ? units[i].exponent : 0;
    for (; exponent < ZEPTO && v % 10 == 0; exponent++)
        v /= 10;
    if (exponent < ZEPTO)
        return bl_error(diag, "%s: '%s' is finer than 1 zs, the finest unit of a wave file", where, text);
    for (; exponent > ZEPTO; exponent--)
        v = times(v, 10);
    *t = v;
    return 0;
}

char *bl_zs_text(bl_zs t, char *buf)
{
    char digits[48], *p = digits + sizeof digits;
    size_t i = 0;

    if (t % FEMTO_ZS == 0 && t / FEMTO_ZS <= UINT64_MAX)
        return bl_time_text((uint64_t)(t / FEMTO_ZS), buf);
    while (t % unit_of(units[i].exponent))
        i++;
    t /= unit_of(units[i].exponent);
    *--p = 0;
    for (; t; t /= 10)
        *--p = (char)('0' + (int)(t % 10));
    snprintf(buf, BL_ZS_TEXT, "%s %s", p, units[i].name);
    return buf;
}
