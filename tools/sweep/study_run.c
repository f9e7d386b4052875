/* study_run.c - runs the commands of a study. */
#include "tools/sweep/study.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platforms/file/io.h"
#include "platforms/file/sha256.h"
#include "tools/commands.h"
#include "tools/report/table.h"
#include "tools/sweep/claim.h"
#include "tools/sweep/point.h"
#include "tools/sweep/store.h"

struct run { const struct bl_study_opts *o; struct bl_diag *diag; char base[1024], did[1100]; };

static const char *path_of(const struct run *r) { return r->o->path ? r->o->path : r->o->name; }

bool bl_study_has(const struct bl_study *s, enum bl_verb verb)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->line[i].verb == verb)
            return true;
    return false;
}

const char *bl_study_lacks(const struct bl_study *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 1; s->line[i].verb == BL_NEEDS && k < s->line[i].words.n; k++)
            if (!bl_may_read(s->line[i].words.v[k]))
                return s->line[i].words.v[k];
    return NULL;
}

/* The word with the folder in place of $OUT. */
static void add_word(struct bl_texts *to, const char *word, const char *folder)
{
    char *whole = NULL;
    size_t n;
    FILE *out = open_memstream(&whole, &n);

    for (const char *at; out && (at = strstr(word, "$OUT")); word = at + 4)
        fprintf(out, "%.*s%s", (int)(at - word), word, folder);
    if (out)
        fputs(word, out);
    if (out)
        fclose(out);
    bl_own_word(to, "%s", whole ? whole : word);
    free(whole);
}

/* What `bitline` is given for a line. */
static struct bl_texts command_of(const struct run *r, const struct bl_study_line *line)
{
    struct bl_texts c = { 0 };
    bool plot = false;

    bl_own_word(&c, "bitline");
    if (line->verb != BL_GET)
        bl_own_word(&c, "%s", line->verb == BL_REPORT ? "sweep" : line->words.v[0]);
    if (line->verb == BL_REPORT) {
        bl_own_word(&c, "report");
        bl_own_word(&c, "%s.sqlite", r->base);
    }
    for (size_t i = line->verb == BL_GET ? 2 : 1; i < line->words.n; i++) {
        add_word(&c, line->words.v[i], r->o->folder);
        plot |= !strncmp(line->words.v[i], "--plot", 6);
    }
    if (line->verb == BL_REPORT)
        bl_own_word(&c, plot ? "--output=%s.svg" : "--output=%s.txt", r->base);
    if (line->verb == BL_SWEEP)
        bl_own_word(&c, "--db=%s.sqlite", r->base);
    if (line->verb == BL_SWEEP && r->o->jobs)
        bl_own_word(&c, "--jobs=%s", r->o->jobs);
    if (line->verb == BL_SWEEP && r->o->quiet)
        bl_own_word(&c, "--quiet");
    return c;
}

/* The file that a calibration writes; NULL: it does not say. */
static const char *output_of(const struct bl_texts *c)
{
    for (size_t i = 0; i + 1 < c->n; i++)
        if (!strcmp(c->v[i], "-o"))
            return c->v[i + 1];
    return NULL;
}

/* A command and the build that ran it. */
static void name_of(const struct bl_texts *c, char key[65])
{
    char *line = bl_shell_line(bl_build_id, c);

    bl_sha256(line ? line : "", line ? strlen(line) : 0, key);
    free(line);
}

static bool was_done(const struct run *r, const struct bl_texts *c)
{
    const char *out = output_of(c);
    char key[65], word[66];
    bool done = false;
    FILE *f = out && access(out, R_OK) == 0 ? fopen(r->did, "r") : NULL;

    name_of(c, key);
    while (f && !done && fscanf(f, "%65s", word) == 1)
        done = !strcmp(word, key);
    if (f)
        fclose(f);
    return done;
}

static void note_done(const struct run *r, const struct bl_texts *c)
{
    FILE *f = fopen(r->did, "a");
    char key[65];

    name_of(c, key);
    if (f) {
        fprintf(f, "%s\n", key);
        fclose(f);
    }
}

/* to: what it prints goes there; NULL: to stdout. */
static int run_command(const struct bl_texts *c, const char *to, struct bl_diag *diag)
{
    int file = to ? open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1, kept = file >= 0 ? dup(STDOUT_FILENO) : -1;

    if (to && kept < 0)
        return bl_error(diag, "%s: %s", to, strerror(errno)), BL_REFUSED;
    fflush(stdout);
    if (file >= 0)
        dup2(file, STDOUT_FILENO);
    int status = bl_program((int)c->n, (char **)(uintptr_t)c->v, diag);
    fflush(stdout);
    if (kept >= 0)
        dup2(kept, STDOUT_FILENO);
    for (int i = 0; i < 2; i++)
        if ((i ? kept : file) >= 0)
            close(i ? kept : file);
    return status;
}

/* Where a `get` puts its table. */
static void table_of(const struct run *r, const char *name, char path[1200]) { snprintf(path, 1200, "%s/%s.csv", r->o->folder, name); }

static char *shown_of(const struct bl_texts *c)
{
    struct bl_texts words = { c->v + 1, c->n - 1, 0 };

    return bl_shell_line("bitline", &words);
}

static int run_line(const struct run *r, const struct bl_study_line *line)
{
    if (line->verb >= BL_FIRST_REMARK)
        return BL_DONE;
    if (line->have && !bl_may_read(line->have)) {
        if (!r->o->quiet)
            printf("left out: %s is not there: %s ...\n", line->have, line->words.v[0]);
        return BL_DONE;
    }

    struct bl_texts c = command_of(r, line);
    const bool makes = line->verb == BL_CALIBRATE || line->verb == BL_PRUNE, gets = line->verb == BL_GET;
    char path[1200];
    int status = BL_DONE;

    table_of(r, gets ? line->words.v[1] : "", path);
    if (!makes || !was_done(r, &c)) {
        if (!r->o->quiet) {
            char *shown = shown_of(&c);
            printf("%s\n", shown ? shown : "");
            fflush(stdout);
            free(shown);
        }
        status = run_command(&c, gets ? path : makes && r->o->quiet ? "/dev/null" : NULL, r->diag);
    }
    if (makes && status == BL_DONE)
        note_done(r, &c);
    bl_texts_free_all(&c);
    return status;
}

json_t *bl_study_makes(const struct bl_study *s, const struct bl_study_opts *o)
{
    const struct run r = { .o = o };
    json_t *list = json_array();

    for (size_t i = 0; i < s->n; i++)
        if (s->line[i].verb == BL_CALIBRATE || s->line[i].verb == BL_PRUNE) {
            struct bl_texts c = command_of(&r, &s->line[i]);
            char *shown = shown_of(&c);
            json_array_append_new(list, json_string(shown ? shown : ""));
            free(shown);
            bl_texts_free_all(&c);
        }
    return list;
}

/* ---- the statements ---- */

struct asked { const struct run *r; const struct bl_study *s; };

/* The command of `get NAME`. */
static char *command_of_table(void *ctx, const char *name)
{
    const struct asked *a = ctx;
    char *shown = NULL;

    for (size_t i = 0; i < a->s->n && !shown; i++)
        if (a->s->line[i].verb == BL_GET && !strcmp(a->s->line[i].words.v[1], name)) {
            struct bl_texts words = command_of(a->r, &a->s->line[i]);
            shown = shown_of(&words);
            bl_texts_free_all(&words);
        }
    return shown;
}

static json_t *row_of(const struct run *r, const struct bl_study *s, const struct bl_study_line *line, const char *because)
{
    struct asked a = { r, s };
    const struct bl_claim_files files = { r->base, r->o->folder, command_of_table, &a };
    struct bl_claim_rows of, over;
    struct bl_claim c;
    char where[1200];
    json_t *o = NULL;

    snprintf(where, sizeof where, "%s:%u: ", path_of(r), line->row);
    if (bl_claim_read(&c, line, where, r->diag) < 0)
        return NULL;
    if (because || c.because)
        return bl_claim_unasked(&c, because);
    if (bl_claim_find(&c, &files, where, &of, &over, r->diag) == 0)
        o = bl_claim_row(&c, &of, c.over_from || c.over_point ? &over : &of, where, r->diag);
    bl_claim_rows_fini(&of);
    bl_claim_rows_fini(&over);
    return o;
}

/* because: nothing ran; NULL: it did. */
static int judge(const struct run *r, const struct bl_study *s, const char *because, json_t *to)
{
    char picture[1100];
    int status = BL_DONE;

    for (size_t i = 0; i < s->n; i++) {
        json_t *row = s->line[i].verb == BL_ROW ? row_of(r, s, &s->line[i], because) : NULL;
        if (s->line[i].verb == BL_ROW && !row)
            return BL_REFUSED;
        if (json_is_false(json_object_get(row, "holds")))
            status = BL_WRONG;
        if (row)
            json_array_append_new(to, row);
    }
    snprintf(picture, sizeof picture, "%s.svg", r->base);
    return bl_claim_plot(to, picture, r->diag) < 0 ? BL_REFUSED : status;
}

static int show_rows(const json_t *rows)
{
    static const char *const heads[] = { "statement", ">printed", ">ours", "unit", "status", "" };
    const json_t *row;
    struct bl_table t;
    size_t i;

    bl_table_start(&t, heads, 6);
    json_array_foreach(rows, i, row) {
        static const char *const keys[] = { "what", "printed", "ours", "unit", "status" };
        for (size_t k = 0; k < 5; k++) {
            const char *text = json_string_value(json_object_get(row, keys[k]));
            bl_cell(&t, "%s", text ? text : "");
        }
        const char *why = json_string_value(json_object_get(row, "because"));
        bl_cell(&t, "%s", json_is_false(json_object_get(row, "holds")) ? "DOES NOT HOLD" : why ? why : "");
    }
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
    return BL_DONE;
}

int bl_study_show(const struct bl_study_opts *o, const json_t *rows, struct bl_diag *diag)
{
    char path[1100];
    size_t n;

    if (json_array_size(rows))
        return show_rows(rows);
    snprintf(path, sizeof path, "%s/%s.txt", o->folder, o->name);
    if (access(path, R_OK) != 0)
        return BL_DONE;
    char *text = bl_read_all(path, &n, diag);
    if (!text)
        return BL_REFUSED;
    fwrite(text, 1, n, stdout);
    free(text);
    return BL_DONE;
}

/* The table has the sweeps of the script as it is now, not those of an earlier one. */
static int forget_sweeps(const struct run *r)
{
    char path[1100];
    struct bl_store *t;

    snprintf(path, sizeof path, "%s.sqlite", r->base);
    if (access(path, F_OK) != 0)
        return 0;
    int status = (t = bl_store_open(path, true, r->diag)) ? bl_store_forget_sweeps(t) : -1;
    bl_store_close(t);
    return status;
}

/* What would be found wrong after the runs is found before them. */
static int check_lines(const struct run *r, const struct bl_study *s)
{
    char where[1200];
    struct bl_claim c;
    int status = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct bl_study_line *l = &s->line[i];
        snprintf(where, sizeof where, "%s:%u: ", path_of(r), l->row);
        if (l->verb == BL_ROW)
            status |= bl_claim_read(&c, l, where, r->diag);
        if (l->verb == BL_GET && (l->words.n < 3 || strchr(l->words.v[1], '/')))
            status |= bl_error(r->diag, "%sget: expected a name for the table, and then a command", where);
        if (l->verb == BL_CONFLICT && l->words.n != 3)
            status |= bl_error(r->diag, "%sconflict: expected two texts: the statements, and the arithmetic", where);
        if (l->verb == BL_LET && l->words.n < 3)
            status |= bl_error(r->diag, "%slet: expected a name, and then the words that it stands for", where);
        if (l->verb == BL_SLOW && l->words.n > 1)
            status |= bl_error(r->diag, "%sslow: '%s' is a word too many; it stands alone", where, l->words.v[1]);
        if (l->verb == BL_NEEDS && l->words.n < 2)
            status |= bl_error(r->diag, "%sneeds: expected a file", where);
    }
    return status;
}

int bl_study_run(const struct bl_study *s, const struct bl_study_opts *o, json_t *rows, struct bl_diag *diag)
{
    struct run r = { .o = o, .diag = diag };
    const char *lacks = bl_study_lacks(s);
    char because[1200];
    int status = BL_DONE;

    if (strlen(o->folder) + strlen(o->name) > 1000)
        return bl_error(diag, "%s: too long a name for files", o->folder), BL_REFUSED;
    for (char *at = r.base + 1; *o->folder; at++) {        /* each folder of the path */
        snprintf(r.base, sizeof r.base, "%s", o->folder);
        if (!(at = strchr(at, '/')))
            break;
        *at = 0;
        mkdir(r.base, 0777);
    }
    if (mkdir(o->folder, 0777) < 0 && errno != EEXIST)
        return bl_error(diag, "%s: %s; expected a folder for the files of the study", o->folder, strerror(errno)), BL_REFUSED;
    snprintf(r.base, sizeof r.base, "%s/%s", o->folder, o->name);
    snprintf(r.did, sizeof r.did, "%s.did", r.base);
    if (check_lines(&r, s) < 0 || forget_sweeps(&r) < 0)
        return BL_REFUSED;
    snprintf(because, sizeof because, "needs %s, which is not there", lacks ? lacks : "");
    for (size_t i = 0; i < s->n && status == BL_DONE && !lacks; i++)
        status = run_line(&r, &s->line[i]);
    return status == BL_DONE && rows ? judge(&r, s, lacks ? because : NULL, rows) : status;
}
