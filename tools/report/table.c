/* table.c - cells kept as text until all are known, then printed with aligned columns or as HTML. */
#include "tools/report/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void bl_table_start(struct bl_table *t, const char *const *heads, size_t n)
{
    *t = (struct bl_table){ .columns = n };
    for (size_t i = 0; i < n; i++) {
        bool right = heads[i][0] == '>';
        t->head[i] = heads[i] + right;
        t->align[i] = right ? 'r' : 'l';
    }
}

static _Noreturn void out_of_memory(void)
{
    fprintf(stderr, "bitline: no memory for a table\n");
    exit(2);
}

/* The text, or in its place one in which nothing is left that a terminal would obey. */
static char *safe(char *text)
{
    size_t odd = 0, k = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        odd += *c < ' ' || *c == 0x7F;
    if (!odd)
        return text;
    char *to = malloc(strlen(text) + 3 * odd + 1);
    if (!to)
        out_of_memory();
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < ' ' || *c == 0x7F)
            k += (size_t)sprintf(to + k, "\\x%02x", *c);
        else
            to[k++] = (char)*c;
    to[k] = '\0';
    free(text);
    return to;
}

static void add(struct bl_table *t, double share, const char *fmt, va_list ap)
{
    va_list again;

    if (t->cells == t->room) {
        const size_t room = t->room ? 2 * t->room : 64;
        char **cell = realloc(t->cell, room * sizeof *cell);
        if (!cell)
            out_of_memory();
        t->cell = cell;
        double *shares = realloc(t->share, room * sizeof *shares);
        if (!shares)
            out_of_memory();
        t->share = shares;
        t->room = room;
    }
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (!text)
        out_of_memory();
    else
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    t->share[t->cells] = share;
    t->cell[t->cells++] = safe(text);
}

void bl_cell(struct bl_table *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(t, -1, fmt, ap);
    va_end(ap);
}

void bl_cell_share(struct bl_table *t, double share, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(t, share < 0 ? 0 : share > 1 ? 1 : share, fmt, ap);
    va_end(ap);
}

void bl_safe_text(const char *text, FILE *out)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((*c < ' ' && *c != '\n' && *c != '\t') || *c == 0x7F)
            fprintf(out, "\\x%02x", *c);
        else if (*c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0)   /* C1 in UTF-8 */
            fprintf(out, "\\x%02x", *++c);
        else
            fputc(*c, out);
}

size_t bl_table_rows(const struct bl_table *t) { return t->columns ? t->cells / t->columns : 0; }

static void print_row(const struct bl_table *t, const size_t *width, const char *const *cell, FILE *out)
{
    size_t last = t->columns;

    while (last && !*cell[last - 1])
        last--;                          /* no blanks at the end of a line */
    for (size_t i = 0; i < last; i++) {
        int pad = (int)(width[i] - bl_wide(cell[i]));
        fputs("  ", out);
        if (t->align[i] == 'r')
            fprintf(out, "%*s%s", pad, "", cell[i]);
        else
            fprintf(out, "%s%*s", cell[i], i + 1 < last ? pad : 0, "");
    }
    fputc('\n', out);
}

void bl_table_print(const struct bl_table *t, FILE *out)
{
    size_t width[BL_TABLE_COLUMNS] = { 0 };
    bool headed = false;

    for (size_t i = 0; i < t->columns; i++) {
        width[i] = bl_wide(t->head[i]);
        headed |= *t->head[i] != '\0';
    }
    for (size_t i = 0; i < t->cells; i++)
        if (bl_wide(t->cell[i]) > width[i % t->columns])
            width[i % t->columns] = bl_wide(t->cell[i]);
    if (headed)
        print_row(t, width, t->head, out);
    for (size_t r = 0; r < bl_table_rows(t); r++)
        print_row(t, width, (const char *const *)t->cell + r * t->columns, out);
}

void bl_csv_cell(const char *s, const char *end, FILE *out)
{
    bool quote = strpbrk(s, ",\"\n\r") != NULL;

    if (quote)
        fputc('"', out);
    for (; *s; s++) {
        if (*s == '"')
            fputc('"', out);
        fputc(*s, out);
    }
    fputs(quote ? "\"" : "", out);
    fputs(end, out);
}

void bl_table_csv(const struct bl_table *t, FILE *out)
{
    bool headed = false;

    for (size_t i = 0; i < t->columns; i++)
        headed |= *t->head[i] != '\0';
    for (size_t i = 0; headed && i < t->columns; i++)
        bl_csv_cell(t->head[i], i + 1 < t->columns ? "," : "\n", out);
    for (size_t i = 0; i < t->cells; i++)
        bl_csv_cell(t->cell[i], (i + 1) % t->columns ? "," : "\n", out);
}

void bl_html_text(const char *text, FILE *out)
{
    for (; *text; text++)
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default: fputc(*text, out);
        }
}

void bl_table_html(const struct bl_table *t, FILE *out)
{
    bool headed = false;

    for (size_t i = 0; i < t->columns; i++)
        headed |= *t->head[i] != '\0';
    fputs("<table>\n", out);
    if (headed) {
        fputs("<tr>", out);
        for (size_t i = 0; i < t->columns; i++) {
            fprintf(out, "<th class=%c>", t->align[i]);
            bl_html_text(t->head[i], out);
            fputs("</th>", out);
        }
        fputs("</tr>\n", out);
    }
    for (size_t i = 0; i < t->cells; i++) {
        size_t column = i % t->columns;
        fprintf(out, "%s<td class=%c", column ? "" : "<tr>", t->align[column]);
        if (t->share[i] >= 0)
            fprintf(out, " style=\"--s:%.2f%%\"", 100 * t->share[i]);
        fputc('>', out);
        bl_html_text(t->cell[i], out);
        fputs(column + 1 == t->columns ? "</td></tr>\n" : "</td>", out);
    }
    fputs("</table>\n", out);
}

void bl_table_fini(struct bl_table *t)
{
    for (size_t i = 0; i < t->cells; i++)
        free(t->cell[i]);
    free(t->cell);
    free(t->share);
    *t = (struct bl_table){ 0 };
}
