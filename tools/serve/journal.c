/* journal.c - the journal of a steered run: written as it goes, and read. */
#include "tools/serve/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/memory.h"
#include "tools/report/report.h"

/* ---- writing ---- */

static void to_file(struct bl_journal *j, const char *line, size_t n)
{
    while (n && j->fd >= 0 && !j->failed) {
        ssize_t put = write(j->fd, line, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            j->failed = true;
            bl_error(j->diag, "--journal %s: %s; what follows is not in it", j->path, put ? strerror(errno) : "nothing is written");
            return;
        }
        line += put;
        n -= (size_t)put;
    }
}

/* Takes `line`. */
static void add_line(struct bl_journal *j, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
    size_t n = text ? strlen(text) : 0;

    json_decref(line);
    if (text && j->room - j->n < n + 2) {
        size_t room = 2 * (j->room + n) + 1024;
        char *more = realloc(j->text, room);
        j->room = more ? room : j->room;
        j->text = more ? more : j->text;
    }
    if (!text || j->room - j->n < n + 2) {
        j->failed = true;
        bl_error(j->diag, "the journal has no memory for another line");
    } else {
        memcpy(j->text + j->n, text, n);
        memcpy(j->text + j->n + n, "\n", 2);
        to_file(j, j->text + j->n, n + 1);
        j->n += n + 1;
    }
    free(text);
}

int bl_journal_open(struct bl_journal *j, const char *path, const char *key, bool with_path, const char *run, struct bl_diag *diag)
{
    *j = (struct bl_journal){ .path = path, .fd = -1, .diag = diag };
    if (path && (j->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0)
        return bl_error(diag, "--journal %s: %s", path, strerror(errno));
    add_line(j, json_pack("{s:s, s:s, s:b, s:o}", "schema", BL_JOURNAL_SCHEMA, "key", key, "path", with_path, "run", bl_j_of_text(run)));
    return j->failed ? -1 : 0;
}

void bl_journal_add(struct bl_journal *j, uint64_t fs, const char *what, json_t *more)
{
    json_t *line = json_pack("{s:o, s:s}", "fs", bl_j_of_count(fs), "do", what);

    if (more)
        json_object_update(line, more);
    json_decref(more);
    add_line(j, line);
}

int bl_journal_close(struct bl_journal *j)
{
    int bad = j->failed ? -1 : 0;

    if (j->fd >= 0 && close(j->fd) < 0)
        bad = bl_error(j->diag, "--journal %s: %s", j->path, strerror(errno));
    free(j->text);
    *j = (struct bl_journal){ .fd = -1 };
    return bad;
}

/* ---- reading ---- */

static const struct { const char *word; enum bl_do what; } verbs[] = {
    { "watch", BL_DO_WATCH }, { "unwatch", BL_DO_UNWATCH }, { "cut", BL_DO_CUT }, { "rewind", BL_DO_REWIND }, { "end", BL_DO_END },
    { "pause", BL_DO_NOTE }, { "resume", BL_DO_NOTE }, { "step", BL_DO_NOTE } };

struct reading { struct bl_entries *e; const char *name; struct bl_diag *diag; uint32_t line; };

static int wrong(const struct reading *r, const char *what) { return bl_error(r->diag, "%s:%u: %s", r->name, r->line, what); }

/* A count of a line, at most `most`. */
static int count_of(const struct reading *r, const json_t *o, const char *key, uint64_t most, uint64_t *v)
{
    const json_t *x = json_object_get(o, key);
    const char *text = json_string_value(x);
    bool good = (json_is_integer(x) && json_integer_value(x) >= 0) || (text && *text && strlen(text) < 21 && strspn(text, "0123456789") == strlen(text));

    *v = good ? bl_j_count(o, key) : 0;
    if (good && *v <= most)
        return 0;
    return bl_error(r->diag, "%s:%u: \"%s\" is %s; expected a whole number", r->name, r->line, key, x ? "none of a line like this" : "missing");
}

static int globs_of(const struct reading *r, const json_t *o, struct bl_entry *e)
{
    const json_t *list = json_object_get(o, "globs"), *x;
    size_t i;

    if (!json_is_array(list) || !(e->globs = calloc(json_array_size(list) + 1, sizeof *e->globs)))
        return wrong(r, "\"globs\" is no list; expected texts, as of --watch");
    json_array_foreach(list, i, x)
        if (!(e->globs[e->nglobs++] = json_string_value(x)))
            return wrong(r, "\"globs\" holds what is no text");
    return 0;
}

static int read_entry(const struct reading *r, const json_t *o, struct bl_entry *e)
{
    const char *word = json_string_value(json_object_get(o, "do"));
    uint64_t number = 0;
    size_t k = 0;
    int bad;

    *e = (struct bl_entry){ .line = r->line };
    while (k < sizeof verbs / sizeof *verbs && (!word || strcmp(word, verbs[k].word)))
        k++;
    if (k == sizeof verbs / sizeof *verbs)
        return wrong(r, "\"do\" is none of watch, unwatch, cut, rewind, end, pause, resume, step");
    e->what = verbs[k].what;
    bad = count_of(r, o, "fs", UINT64_MAX - 1, &e->fs);
    if (e->what == BL_DO_WATCH || e->what == BL_DO_UNWATCH || e->what == BL_DO_CUT)
        bad |= count_of(r, o, "number", UINT32_MAX - 1, &number);
    e->number = (uint32_t)number;
    if (e->what == BL_DO_WATCH)
        bad |= globs_of(r, o, e);
    if (e->what == BL_DO_REWIND)
        bad |= count_of(r, o, "to", UINT64_MAX - 1, &e->to);
    if (e->what == BL_DO_END && !(e->end = json_string_value(json_object_get(o, "end"))))
        bad |= wrong(r, "\"end\" is missing");
    return bad;
}

static int read_head(const struct reading *r, const json_t *o)
{
    const char *schema = json_string_value(json_object_get(o, "schema"));

    if (!schema || strcmp(schema, BL_JOURNAL_SCHEMA))
        return bl_error(r->diag, "%s: is no journal; expected a file that `bitline serve --journal` wrote, whose first line says \"schema\":\"" BL_JOURNAL_SCHEMA "\"", r->name);
    r->e->key = json_string_value(json_object_get(o, "key"));
    r->e->run = json_string_value(json_object_get(o, "run"));
    r->e->path = json_is_true(json_object_get(o, "path"));
    return r->e->key && r->e->run ? 0 : wrong(r, "\"key\" or \"run\" is missing");
}

/* Time goes on, but for rewinds; and nothing comes behind the end. */
static int in_order(const struct reading *r, const struct bl_entry *e, uint64_t now, bool over)
{
    if (over)
        return wrong(r, "comes behind the end");
    return e->fs >= now ? 0 : wrong(r, "its time is before that of the line before");
}

static int read_line(struct reading *r, const char *text, size_t n, uint64_t *now, bool *over)
{
    json_error_t why;
    json_t *o = n < BL_JOURNAL_LINE ? bl_memory_load(text, n, JSON_REJECT_DUPLICATES, &why) : NULL;
    struct bl_entry *v;

    if (!o)
        return wrong(r, n < BL_JOURNAL_LINE ? why.text : "is longer than a line may be");
    if (json_array_append_new(r->e->lines, o))
        return wrong(r, "no memory");
    if (r->line == 1)
        return read_head(r, o);
    if (!(v = realloc(r->e->v, (r->e->n + 1) * sizeof *v)))
        return wrong(r, "no memory");
    r->e->v = v;
    v += r->e->n++;
    if (read_entry(r, o, v) || in_order(r, v, *now, *over))
        return -1;
    *now = v->what == BL_DO_REWIND ? v->to : v->fs;
    *over = v->what == BL_DO_END;
    return 0;
}

int bl_entries_read(struct bl_entries *e, const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    struct reading r = { .e = e, .name = name, .diag = diag };
    const char *at = bytes, *end = at + n;
    uint64_t now = 0;
    bool over = false;

    *e = (struct bl_entries){ .lines = json_array() };
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        r.line++;
        if (!stop && r.line > 1)
            break;                       /* torn: the program was killed while it wrote */
        stop = stop ? stop : end;
        if (read_line(&r, at, (size_t)(stop - at), &now, &over))
            return -1;
        at = stop + 1;
    }
    return r.line ? 0 : bl_error(diag, "%s: is empty; expected a journal of `bitline serve`", name);
}

void bl_entries_fini(struct bl_entries *e)
{
    for (size_t i = 0; i < e->n; i++)
        free(e->v[i].globs);
    free(e->v);
    json_decref(e->lines);
    *e = (struct bl_entries){ 0 };
}
