/* study.c - reads the script of a study, and runs its commands. */
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
#include "tools/sweep/point.h"
#include "tools/sweep/store.h"

/* ---- reading ---- */

/* Of a line: a quote without its end, or no memory. */
enum bad { NOT_BAD, NO_END, NO_MEMORY };

static int no_memory(struct bl_diag *diag) { return bl_error(diag, "out of memory"); }

/* The next word of a line, owned; NULL at its end. 'a b' holds blanks; *bad: what is wrong, if anything. */
static char *next_word(const char **at, const char *end, enum bad *bad)
{
    const char *p = *at;
    size_t n = 0;
    bool quoted = false;

    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p == end || *p == '#')
        return NULL;
    char *word = malloc((size_t)(end - p) + 1);
    for (; word && p < end && (quoted || (*p != ' ' && *p != '\t')); p++)
        if (*p == '\'')
            quoted = !quoted;
        else
            word[n++] = *p;
    if (word)
        word[n] = 0;
    *bad = !word ? NO_MEMORY : quoted ? NO_END : *bad;
    *at = p;
    return word;
}

/* It writes one file, which later commands read: done once with the same words, it is not done again. */
static bool makes_a_file(const char *verb) { return !strcmp(verb, "calibrate") || !strcmp(verb, "prune"); }

/* The words stand in the study while they are read, so that bl_study_fini frees them whatever happens. */
static int read_line(struct bl_study *s, const char *name, unsigned row, const char *at, const char *end, struct bl_diag *diag)
{
    const bool full = s->n == BL_STUDY_LINES;
    struct bl_study_line *to = &s->line[full ? 0 : s->n];
    enum bad bad = NOT_BAD;
    char *word;

    while ((word = next_word(&at, end, &bad))) {
        if (full) {
            free(word);
            return bl_error(diag, "%s:%u: is command number %d; a study has at most %d", name, row, BL_STUDY_LINES + 1, BL_STUDY_LINES);
        }
        s->n += !to->words.n;
        to->row = row;
        bl_texts_add(&to->words, word);
    }
    if (bad == NO_MEMORY)
        return no_memory(diag);
    if (bad)
        return bl_error(diag, "%s:%u: a quote ' has no end", name, row);
    if (full || !to->words.n)
        return 0;
    const char *verb = to->words.v[0];
    if (!strcmp(verb, "sweep") || !strcmp(verb, "report") || makes_a_file(verb))
        return 0;
    return bl_error(diag, "%s:%u: '%s' is no command of a study; expected sweep, report, calibrate or prune", name, row, verb);
}

int bl_study_read(struct bl_study *s, const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    const char *at = bytes, *end = at + n;
    int status = 0;

    *s = (struct bl_study){ 0 };
    for (unsigned row = 1; at < end && status == 0; row++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        if (row == 1 && (stop - at < 3 || at[0] != '#' || at[1] != ' '))
            return bl_error(diag, "%s:1: expected '# ' and what the study is about", name);
        if (row == 1 && !(s->title = strndup(at + 2, (size_t)(stop - at - 2))))
            return no_memory(diag);
        status = read_line(s, name, row, at, stop, diag);
        at = stop + 1;
    }
    if (status == 0 && !s->n)
        return bl_error(diag, "%s: has no command; expected sweep, report, calibrate or prune", name);
    return status;
}

void bl_study_fini(struct bl_study *s)
{
    free(s->title);
    for (size_t i = 0; i < s->n; i++)
        bl_texts_free_all(&s->line[i].words);
    *s = (struct bl_study){ 0 };
}

/* ---- running ---- */

struct run { const struct bl_study_opts *o; struct bl_diag *diag; char base[1024], did[1100]; };

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
    const char *verb = line->words.v[0];
    struct bl_texts c = { 0 };
    bool plot = false;

    bl_own_word(&c, "bitline");
    bl_own_word(&c, "%s", !strcmp(verb, "report") ? "sweep" : verb);
    if (!strcmp(verb, "report")) {
        bl_own_word(&c, "report");
        bl_own_word(&c, "%s.sqlite", r->base);
    }
    for (size_t i = 1; i < line->words.n; i++) {
        add_word(&c, line->words.v[i], r->o->folder);
        plot |= !strncmp(line->words.v[i], "--plot", 6);
    }
    if (!strcmp(verb, "report"))
        bl_own_word(&c, plot ? "--output=%s.svg" : "--output=%s.txt", r->base);
    if (!strcmp(verb, "sweep"))
        bl_own_word(&c, "--db=%s.sqlite", r->base);
    if (!strcmp(verb, "sweep") && r->o->jobs)
        bl_own_word(&c, "--jobs=%s", r->o->jobs);
    if (!strcmp(verb, "sweep") && r->o->quiet)
        bl_own_word(&c, "--quiet");
    return c;
}

/* The file that it writes; NULL: it does not say. */
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

/* silent: what it prints goes nowhere. */
static int run_command(const struct bl_texts *c, bool silent, struct bl_diag *diag)
{
    int kept = silent ? dup(STDOUT_FILENO) : -1, none = silent ? open("/dev/null", O_WRONLY) : -1;

    fflush(stdout);
    if (none >= 0)
        dup2(none, STDOUT_FILENO);
    int status = bl_program((int)c->n, (char **)(uintptr_t)c->v, diag);
    fflush(stdout);
    if (kept >= 0)
        dup2(kept, STDOUT_FILENO);
    for (int i = 0; i < 2; i++)
        if ((i ? kept : none) >= 0)
            close(i ? kept : none);
    return status;
}

static int run_line(const struct run *r, const struct bl_study_line *line)
{
    struct bl_texts c = command_of(r, line);
    const bool makes = makes_a_file(line->words.v[0]);
    int status = BL_DONE;

    if (!makes || !was_done(r, &c)) {
        if (!r->o->quiet) {
            struct bl_texts words = { c.v + 1, c.n - 1, 0 };
            char *shown = bl_shell_line("bitline", &words);
            printf("%s\n", shown ? shown : "");
            fflush(stdout);
            free(shown);
        }
        status = run_command(&c, makes && r->o->quiet, r->diag);
    }
    if (makes && status == BL_DONE)
        note_done(r, &c);
    bl_texts_free_all(&c);
    return status;
}

static int show_table(const struct run *r)
{
    char path[1100];
    size_t n;

    snprintf(path, sizeof path, "%s.txt", r->base);
    if (access(path, R_OK) != 0)
        return BL_DONE;
    char *text = bl_read_all(path, &n, r->diag);
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

int bl_study_run(const struct bl_study *s, const struct bl_study_opts *o, struct bl_diag *diag)
{
    struct run r = { .o = o, .diag = diag };
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
    if (forget_sweeps(&r) < 0)
        return BL_REFUSED;
    for (size_t i = 0; i < s->n && status == BL_DONE; i++)
        status = run_line(&r, &s->line[i]);
    return status == BL_DONE ? show_table(&r) : status;
}
