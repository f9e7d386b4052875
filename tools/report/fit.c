/* fit.c - text that is no wider than a terminal: a table whose rows are too long has long texts broken into lines, and when that does not help it is
 * shown in several parts, the columns that name its rows in each. */
#include "tools/report/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, COMFORT = 16, HANGS = 2 };         /* between columns; text columns get no narrower, if that can be; further lines of a name */

/* ---- characters, not bytes: what goes on in UTF-8 takes no room ---- */

static bool goes_on(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

size_t bl_wide(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += !goes_on(*s);
    return n;
}

/* May a line end behind s[i]? Numbers and their units, which stand right, stay together. */
static bool may_break(const char *s, size_t i, char align)
{
    if (!s[i + 1] || (s[i] == ' ' && s[i + 1] == '%'))
        return false;
    if (s[i] == '/' || s[i] == ',')
        return true;
    return s[i] == '.' ? isalpha((unsigned char)s[i + 1]) || s[i + 1] == '_' : align == 'l' && s[i] == ' ';
}

/* How many bytes of s go into a line of `width`; a blank at its end is none of them. *next: where the next line begins. */
static size_t line_of(const char *s, size_t width, char align, const char **next)
{
    size_t n = 0, best = 0, blank = 0, i = 0;

    for (; s[i] && (n < width || goes_on(s[i])); i++) {
        n += !goes_on(s[i]);
        if (may_break(s, i, align))
            *(s[i] == ' ' ? &blank : &best) = i + 1;
    }
    if (s[i] == ' ' && s[i + 1] != '%' && align == 'l')
        blank = i;                           /* it ends just there */
    best = blank > best || 2 * blank > i ? blank : best;     /* words stay whole, unless half of the line would be empty */
    size_t len = s[i] && best ? best : i;
    *next = s + len;
    while (**next == ' ')
        ++*next;
    while (len && s[len - 1] == ' ')
        len--;
    return len;
}

/* The longest piece that cannot be broken. */
static size_t longest_piece(const char *s, char align)
{
    size_t most = 0, n = 0;

    for (size_t i = 0; s[i]; i++) {
        n += !goes_on(s[i]) && (s[i] != ' ' || align == 'r');
        most = n > most ? n : most;
        if (may_break(s, i, align))
            n = 0;
    }
    return most;
}

/* ---- one paragraph ---- */

void bl_wrap(const char *text, size_t indent, size_t width, FILE *out)
{
    char *safe = NULL;
    size_t n = 0, lead = strspn(text, " ");
    FILE *to = open_memstream(&safe, &n);

    if (to) {
        bl_safe_text(text + lead, to);
        fclose(to);
    }
    if (!safe) {
        fprintf(stderr, "bitline: no memory for a text\n");
        exit(2);
    }
    const char *s = safe;
    do {
        const size_t in = indent + lead + (s == safe ? 0 : HANGS);
        const char *next;
        size_t len = line_of(s, width > in + COMFORT ? width - in : COMFORT, 'l', &next);
        fprintf(out, "%*s%.*s\n", (int)(len ? in : 0), "", (int)len, s);
        s = next;
    } while (*s);
    free(safe);
}

/* ---- a table ---- */

struct fit { const struct bl_table *t; size_t limit, keys, width[BL_TABLE_COLUMNS], natural[BL_TABLE_COLUMNS], least[BL_TABLE_COLUMNS], indent; bool headed; };

static size_t lead_of(const char *s) { return strspn(s, " "); }

static size_t most(size_t a, size_t b) { return a > b ? a : b; }

/* Of each column the width that it has by itself, and the least that breaks no piece of it. */
static void measure(struct fit *f)
{
    const struct bl_table *t = f->t;

    for (size_t c = 0; c < t->columns; c++) {
        f->natural[c] = bl_wide(t->head[c]);
        f->least[c] = longest_piece(t->head[c], 'l');
        f->headed |= *t->head[c] != '\0';
    }
    for (size_t i = 0; i < t->cells; i++) {
        const size_t c = i % t->columns, lead = lead_of(t->cell[i]);
        const size_t whole = bl_wide(t->cell[i]), piece = lead + longest_piece(t->cell[i] + lead, t->align[c]) + (c ? 0 : HANGS);
        f->natural[c] = most(f->natural[c], whole);
        f->least[c] = most(f->least[c], piece < whole ? piece : whole);
    }
}

static size_t comfort(const struct fit *f, size_t c)
{
    const size_t text = f->natural[c] < COMFORT || f->t->align[c] == 'r' ? f->natural[c] : COMFORT;

    if (f->least[c] >= text || f->t->align[c] == 'r')
        return f->least[c];
    return text;
}

static size_t total(const size_t *width, const size_t *column, size_t n)
{
    size_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += GAP + width[column[i]];
    return sum;
}

/* Makes the widest columns narrower until these fit, down to comfort, or (hard) to anything. Do they? */
static bool shrink(struct fit *f, const size_t *column, size_t n, bool hard)
{
    for (size_t i = 0; i < n; i++)
        f->width[column[i]] = f->natural[column[i]];
    while (total(f->width, column, n) > f->limit) {
        size_t widest = BL_TABLE_COLUMNS;
        for (size_t i = 0; i < n; i++) {
            const size_t c = column[i], least = hard ? 4 : comfort(f, c);
            if (f->width[c] > least && (widest == BL_TABLE_COLUMNS || f->width[c] > f->width[widest]))
                widest = c;
        }
        if (widest == BL_TABLE_COLUMNS)
            return false;
        f->width[widest]--;
    }
    return true;
}

/* Puts the next line of each cell; `at` goes on. False: there is none any more. */
static bool put_line(const struct fit *f, const size_t *column, size_t n, const char **at, const char *const *cell, FILE *out)
{
    char line[1024];
    size_t used = 0, blanks = f->indent;
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any |= *at[i] != '\0';
    if (!any)
        return false;
    for (size_t i = 0; i < n; i++) {
        const size_t c = column[i], lead = at[i] == cell[c] ? 0 : lead_of(cell[c]) + (c ? 0 : HANGS), in = lead + 4 <= f->width[c] ? lead : 0;
        const char *next;
        const size_t len = line_of(at[i], f->width[c] - in, f->t->align[c], &next);
        snprintf(line, sizeof line, "%.*s", (int)len, at[i]);
        const size_t pad = f->width[c] - in - bl_wide(line);
        blanks += GAP + in + (f->t->align[c] == 'r' ? pad : 0);
        if (len) {
            used += (size_t)fprintf(out, "%*s%s", (int)blanks, "", line);
            blanks = 0;
        }
        blanks += f->t->align[c] == 'r' ? 0 : pad;
        at[i] = next;
    }
    fputc('\n', out);
    return used > 0 || any;
}

static void put_row(const struct fit *f, const size_t *column, size_t n, const char *const *cell, FILE *out)
{
    const char *at[BL_TABLE_COLUMNS];
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        at[i] = cell[column[i]];
        any |= *at[i] != '\0';
    }
    if (!any)
        fputc('\n', out);
    while (put_line(f, column, n, at, cell, out))
        continue;
}

static void put_block(const struct fit *f, const size_t *column, size_t n, FILE *out)
{
    const struct bl_table *t = f->t;

    if (f->headed)
        put_row(f, column, n, t->head, out);
    for (size_t r = 0; r < bl_table_rows(t); r++)
        put_row(f, column, n, (const char *const *)t->cell + r * t->columns, out);
}

/* What a column takes where it can: short ones are not broken. */
static size_t wish(const struct fit *f, size_t c) { return GAP + (f->natural[c] <= COMFORT ? f->natural[c] : comfort(f, c)); }

/* The columns from *next on that stand together, behind the keys: as many as have room, at least one. */
static size_t take_columns(const struct fit *f, size_t *next, size_t *column)
{
    size_t n = 0;

    size_t sum = 0;

    for (; n < f->keys; n++)
        sum += wish(f, column[n] = n);
    do {
        column[n] = (*next)++;
        sum += wish(f, column[n++]);
    } while (*next < f->t->columns && sum + wish(f, *next) <= f->limit);
    return n;
}

/* ---- names on lines of their own, above their rows ---- */

/* The lines that a row takes. */
static size_t lines_of(const struct fit *f, const size_t *column, size_t n, const char *const *cell)
{
    size_t all = 0;

    for (size_t i = 0; i < n; i++) {
        const size_t c = column[i], lead = lead_of(cell[c]);
        const char *s = cell[c], *next;
        size_t lines = 0;
        for (; *s; s = next, lines++)
            line_of(s, f->width[c] - (lines && lead + 4 <= f->width[c] ? lead : 0), f->t->align[c], &next);
        all = most(all, lines);
    }
    return all;
}

static size_t lines_of_all(const struct fit *f, const size_t *column, size_t n)
{
    const struct bl_table *t = f->t;
    size_t all = 0;

    for (size_t r = 0; r < bl_table_rows(t); r++)
        all += lines_of(f, column, n, (const char *const *)t->cell + r * t->columns) + (column[0] && *t->cell[r * t->columns]);
    return all;
}

static void put_folded(const struct fit *f, const size_t *column, size_t n, FILE *out)
{
    const struct bl_table *t = f->t;

    if (*t->head[0])
        fprintf(out, "%*s%s\n", GAP, "", t->head[0]);
    put_row(f, column, n, t->head, out);
    for (size_t r = 0; r < bl_table_rows(t); r++) {
        const char *const *cell = (const char *const *)t->cell + r * t->columns;
        if (*cell[0])
            bl_wrap(cell[0], GAP, f->limit + f->indent, out);
        put_row(f, column, n, cell, out);
    }
}

/* The other columns, when the first one, which names several rows at a time, stands above them. Do they fit? */
static bool fold(const struct fit *f, const size_t *column, struct fit *folded)
{
    const struct bl_table *t = f->t;
    bool several = false;

    for (size_t i = 0; i < t->cells; i += t->columns)
        several |= !*t->cell[i];
    *folded = *f;
    folded->limit -= GAP;
    folded->indent = GAP;
    return t->columns >= 3 && several && shrink(folded, column + 1, t->columns - 1, false);
}

void bl_table_fit(const struct bl_table *t, size_t keys, size_t width, FILE *out)
{
    struct fit f = { .t = t, .limit = width, .keys = keys < t->columns ? keys : 0 }, folded;
    size_t column[BL_TABLE_COLUMNS];

    for (size_t c = 0; c < t->columns; c++)
        column[c] = c;
    measure(&f);
    const size_t n = t->columns;
    const bool flat = shrink(&f, column, n, false), above = total(f.natural, column, n) > width && fold(&f, column, &folded);
    if (above && (!flat || lines_of_all(&folded, column + 1, n - 1) < lines_of_all(&f, column, n))) {
        put_folded(&folded, column + 1, n - 1, out);
        return;
    }
    if (flat) {
        put_block(&f, column, n, out);
        return;
    }
    for (size_t next = f.keys; next < t->columns;) {
        const bool first = next == f.keys;
        const size_t taken = take_columns(&f, &next, column);
        if (!shrink(&f, column, taken, false))
            shrink(&f, column, taken, true);
        if (!first)
            fputc('\n', out);
        put_block(&f, column, taken, out);
    }
}
