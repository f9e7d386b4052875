/* cmd_study.c - `bitline study`: the studies that there are; one of them run, its table and picture made. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/find.h"
#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/report/table.h"
#include "tools/sweep/study.h"

struct study_opts { const char *output, *jobs; bool quiet; };

static int read_file(struct bl_study *s, const struct bl_found *f, struct bl_diag *diag)
{
    size_t n;
    void *bytes = bl_read_all(f->path, &n, diag);
    int status = bytes ? bl_study_read(s, f->path + f->hidden, bytes, n, diag) : -1;

    free(bytes);
    return status;
}

static const char PAPERS[] = "platforms/papers/";

/* "platforms/osa_hcim/studies/modes.study" is called modes, "platforms/papers/imagine/table1.study" papers/imagine/table1. */
static void name_of(const char *path, char *buf, size_t n)
{
    const char *paper = strstr(path, PAPERS), *slash = strrchr(path, '/');
    const char *name = paper ? paper + strlen("platforms/") : slash ? slash + 1 : path, *dot = strrchr(name, '.');

    snprintf(buf, n, "%.*s", dot ? (int)(dot - name) : (int)strlen(name), name);
}

static int list_kind(enum bl_file_kind kind, struct bl_table *t, struct bl_diag *diag)
{
    struct bl_found *f;
    size_t n = bl_find_all(kind, &f);
    int status = 0;

    for (size_t i = 0; i < n; i++) {
        struct bl_study s = { 0 };
        const char *shown = f[i].path + f[i].hidden, *at = strstr(shown, "platforms/");
        char name[128];
        status |= read_file(&s, &f[i], diag);
        name_of(shown, name, sizeof name);
        at = !at ? NULL : at + (kind == BL_FILE_PAPER ? strlen(PAPERS) : strlen("platforms/"));
        bl_cell(t, "%s", name);
        bl_cell(t, "%.*s", at ? (int)strcspn(at, "/") : 0, at ? at : "");
        bl_cell(t, "%s", s.title ? s.title : "(cannot be read)");
        bl_study_fini(&s);
    }
    bl_found_list_fini(f, n);
    return status;
}

static int list(struct bl_diag *diag)
{
    static const char *const heads[] = { "study", "platform", "about" };
    struct bl_table t;

    bl_table_start(&t, heads, 3);
    int status = list_kind(BL_FILE_STUDY, &t, diag);
    status |= list_kind(BL_FILE_PAPER, &t, diag);
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
    return status < 0 ? BL_REFUSED : BL_DONE;
}

/* "papers/imagine/table1" is a file below platforms/, anything else a name or a path. */
static int find(const char *word, struct bl_found *at, struct bl_diag *diag)
{
    char path[512];

    if (strncmp(word, "papers/", 7) || strchr(word, '.'))
        return bl_find(BL_FILE_STUDY, word, "", at, diag);
    snprintf(path, sizeof path, "platforms/%s.study", word);
    return bl_find(BL_FILE_PAPER, path, "", at, diag);
}

static int run(const struct bl_study *s, const struct bl_study_opts *o, struct bl_diag *diag)
{
    json_t *rows = json_array();
    int status = bl_study_run(s, o, rows, diag);

    if (status != BL_REFUSED)
        status |= bl_study_show(o, rows, diag);
    json_decref(rows);
    return status;
}

static int study(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct study_opts *o = opts;
    struct bl_found at = { 0 };
    struct bl_study s = { 0 };
    char name[128], folder[160];
    int status = BL_REFUSED;

    if (!words->n && (o->output || o->jobs || o->quiet))
        return bl_error(diag, "bitline study: without a NAME it lists the studies, and takes no options"), BL_REFUSED;
    if (!words->n)
        return list(diag);
    if (find(words->v[0], &at, diag) == 0 && read_file(&s, &at, diag) == 0) {
        name_of(at.path, name, sizeof name);
        const char *slash = strrchr(name, '/');
        snprintf(folder, sizeof folder, "out/%.*s", slash ? (int)(slash - name) : (int)strlen(name), name);
        const struct bl_study_opts so = { .name = slash ? slash + 1 : name, .path = at.path + at.hidden, .folder = o->output ? o->output : folder, .jobs = o->jobs, .quiet = o->quiet };
        if (!o->quiet)
            printf("%s\n\n", s.title);
        status = run(&s, &so, diag);
    }
    bl_study_fini(&s);
    bl_found_fini(&at);
    return status;
}

#define T struct study_opts
static const struct bl_option options[] = {
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "DIR", "where its database, table and picture go (out/NAME)" },
    { "jobs", 'j', BL_OPT_TEXT, offsetof(T, jobs), "N", "processes of its sweeps (as many as processors)" },
    { "quiet", 'q', BL_OPT_FLAG, offsetof(T, quiet), NULL, "the table alone" },
    { 0 }
};
const struct bl_command cmd_study = {
    .name = "study", .help = "studies that come with the platforms: list them, run one",
    .grammar = { .words = "[NAME]", .least = 0, .most = 1, .options = options, .size = sizeof(T), .notes =
        "A study is a script of a few commands, platforms/PLATFORM/studies/NAME.study; beside it are the table and the picture that it\n"
        "makes. Those of papers, papers/PAPER/FIGURE, have statements of a paper beside what runs give. Stopped, it goes on where it was. tools/sweep/README.md says how one is written.\n"
        "Exit status: that of the first of its commands that is not 0.\n" },
    .run = study };
