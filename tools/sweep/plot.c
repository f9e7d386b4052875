/* plot.c - writes a plot as a script of gnuplot, and has it drawn. */
#include "tools/sweep/plot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platforms/file/io.h"
#include "platforms/file/texts.h"
#include "tools/sweep/expr.h"

struct xy { char *x, *y; };            /* expressions; owned */

int bl_plot_xy(const struct bl_plot *p, char *xy[2])
{
    const char *list = p->plot;

    xy[0] = bl_expr_next(&list);
    xy[1] = xy[0] ? bl_expr_next(&list) : NULL;
    if (xy[1] && !*list)
        return 0;
    free(xy[0]);
    free(xy[1]);
    return bl_error(p->diag, "--plot %s: expected X,Y, as in 'adc.rho, energy_j / images'", p->plot);
}

static int read_xy(const struct bl_plot *p, struct xy *e)
{
    char *xy[2];

    if (bl_plot_xy(p, xy) < 0)
        return -1;
    *e = (struct xy){ xy[0], xy[1] };
    return 0;
}

static const char *suffix(const char *file)
{
    const char *dot = strrchr(file, '.');

    return dot && !strchr(dot, '/') ? dot : "";
}

int bl_plot_check(const struct bl_plot *p)
{
    struct xy e;
    const char *s = suffix(p->file);

    if (strcmp(s, ".svg") && strcmp(s, ".png") && strcmp(s, ".gp") && strcmp(s, ".html"))
        return bl_error(p->diag, "-o %s: expected FILE.svg or FILE.png, FILE.html, or FILE.gp for the script alone", p->file);
    if (read_xy(p, &e) < 0)
        return -1;
    int status = bl_expr_check(e.x, p->rows->columns, "--plot", p->diag) | bl_expr_check(e.y, p->rows->columns, "--plot", p->diag);
    if (p->by && !json_object_get(p->rows->columns, p->by))
        status = bl_expr_check(p->by, p->rows->columns, "--by", p->diag);
    free(e.x);
    free(e.y);
    return status;
}

/* ---- the script ---- */

static void quote(FILE *out, const char *s)
{
    fputc('\'', out);
    for (; *s; s++)
        if (*s == '\'')
            fputs("''", out);
        else if ((unsigned char)*s >= ' ')
            fputc(*s, out);
    fputc('\'', out);
}

void bl_plot_series(const json_t *row, const char *by, char *buf, size_t n)
{
    const json_t *v = by ? json_object_get(row, by) : NULL;

    if (json_is_string(v))
        snprintf(buf, n, "%s", json_string_value(v));
    else if (v)
        snprintf(buf, n, "%.6g", json_number_value(v));
    else
        snprintf(buf, n, "%s", by ? "-" : "");
}

double bl_plot_place(const json_t *row, const char *expr, json_t *words)
{
    struct bl_value v = bl_expr_value(expr, row);
    double x = bl_expr_number(expr, row);
    char key[200];

    if (!isnan(x) || !v.text)
        return x;
    snprintf(key, sizeof key, "%.*s", (int)(v.n < 199 ? v.n : 199), v.text);
    if (!json_object_get(words, key))
        json_object_set_new(words, key, json_integer((json_int_t)json_object_size(words)));
    return (double)json_integer_value(json_object_get(words, key));
}

static void put_rows(FILE *out, const json_t *rows, const struct xy *e, const char *by, const char *series, json_t *words)
{
    const json_t *row;
    char own[200];
    size_t i;

    json_array_foreach(rows, i, row) {
        double x = bl_plot_place(row, e->x, words), y = bl_expr_number(e->y, row);
        bl_plot_series(row, by, own, sizeof own);
        if (!isnan(x) && !isnan(y) && (!series || !strcmp(own, series)))
            fprintf(out, "%.15g %.15g\n", x, y);
    }
}

static json_t *all_series(const struct bl_plot *p)
{
    json_t *all = json_object();
    const json_t *row;
    char name[200];
    size_t i;

    json_array_foreach(p->rows->rows, i, row) {
        bl_plot_series(row, p->by, name, sizeof name);
        json_object_set_new(all, name, json_true());
    }
    return all;
}

static void put_head(FILE *out, const struct bl_plot *p, const struct xy *e)
{
    const bool png = !strcmp(suffix(p->file), ".png");

    if (strcmp(suffix(p->file), ".gp")) {
        fprintf(out, "set terminal %s\nset output ", png ? "pngcairo size 800,500" : "svg size 800,500 dynamic background rgb 'white'");
        quote(out, p->file);
    }
    fputs("\nset grid\nset format '%.4g'\nset key outside right top\nset xlabel ", out);
    quote(out, e->x);
    fputs(" noenhanced\nset ylabel ", out);
    quote(out, p->label ? p->label : e->y);
    fputs(" noenhanced\n", out);
    if (p->by) {
        fputs("set key title ", out);
        quote(out, p->by);
        fputs(" noenhanced\n", out);
    }
}

static void put_tics(FILE *out, const json_t *words)
{
    const char *word, *comma = "set xtics (";
    json_t *n;

    json_object_foreach((json_t *)(uintptr_t)words, word, n) {
        fputs(comma, out);
        quote(out, word);
        fprintf(out, " %lld", (long long)json_integer_value(n));
        comma = ", ";
    }
    fputs(json_object_size(words) ? ")\nset offsets 0.5, 0.5, 0, 0\n" : "", out);
}

static void put_front(FILE *out, const struct bl_plot *p, const struct xy *e, const char *const goals[2], json_t *words)
{
    struct bl_rows front = { json_copy(p->rows->rows), json_incref(p->rows->columns), 1 };

    bl_rows_pareto(&front, goals[0], goals[1]);
    fputs("$front << EOD\n", out);
    put_rows(out, front.rows, e, NULL, NULL, words);
    fputs("EOD\n", out);
    bl_rows_fini(&front);
}

static void put_script(FILE *out, const struct bl_plot *p, const struct xy *e, const char *const goals[2])
{
    json_t *series = all_series(p), *words = json_object(), *any;
    const char *name, *comma = "plot ";
    size_t n = 0;

    put_head(out, p, e);
    json_object_foreach(series, name, any) {
        fprintf(out, "$s%zu << EOD\n", n++);
        put_rows(out, p->rows->rows, e, p->by, name, words);
        fputs("EOD\n", out);
    }
    if (goals[0])
        put_front(out, p, e, goals, words);
    put_tics(out, words);
    n = 0;
    json_object_foreach(series, name, any) {
        fprintf(out, "%s$s%zu using 1:2 with %s pointtype %zu title ", comma, n, goals[0] ? "points" : "linespoints", n + 4);
        quote(out, name);
        fputs(" noenhanced", out);
        comma = ", \\\n     ";
        n++;
    }
    if (goals[0])
        fprintf(out, "%s$front using 1:2 with lines linewidth 2 linecolor 'black' title 'Pareto front'", comma);
    fputc('\n', out);
    json_decref(series);
    json_decref(words);
}

/* ---- the picture ---- */

static int draw(const struct bl_plot *p, const char *script)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        execlp("gnuplot", "gnuplot", script, (char *)NULL);
        _exit(errno == ENOENT ? 127 : 126);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return bl_error(p->diag, "gnuplot cannot be started: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return bl_note(p->diag, "gnuplot is not installed; %s draws %s where it is: gnuplot %s", script, p->file, script);
    return status ? bl_error(p->diag, "gnuplot %s failed; what it says stands above", script) : 0;
}

int bl_plot_write(const struct bl_plot *p, const char *const goals[2])
{
    size_t n = strlen(p->file) + 4;
    char *script = malloc(n);
    struct bl_text text;
    struct xy e;

    if (!script)
        return bl_error(p->diag, "%s: no memory", p->file);
    snprintf(script, n, "%.*s.gp", (int)(strlen(p->file) - strlen(suffix(p->file))), p->file);
    int status = read_xy(p, &e) < 0 || bl_text_open(&text, script, p->diag) < 0 ? -1 : 0;
    if (status == 0) {
        put_script(text.out, p, &e, goals);
        status = bl_text_save(&text, script, p->diag);
        free(e.x);
        free(e.y);
    }
    if (status == 0 && strcmp(suffix(p->file), ".gp"))
        status = draw(p, script);
    free(script);
    return status;
}
