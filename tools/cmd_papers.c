/* cmd_papers.c - `bitline papers`: every statement of the papers beside what its study gives, as a page and as Markdown. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/memory.h"
#include "tools/papers/papers.h"

struct papers_opts { const char *output, *jobs; bool quick, quiet; };

static int save(const json_t *papers, const char *folder, const char *name, void (*write)(const json_t *, FILE *), struct bl_diag *diag)
{
    struct bl_text text;
    char path[600];

    snprintf(path, sizeof path, "%.500s/%s", folder, name);
    if (bl_text_open(&text, path, diag) < 0)
        return -1;
    write(papers, text.out);
    if (bl_memory_lost()) {
        fclose(text.out);
        free(text.bytes);
        return bl_error(diag, "%s: no memory for what would stand in it", path);
    }
    if (bl_text_save(&text, path, diag) < 0)
        return -1;
    printf("%s\n", path);
    return 0;
}

static void summary(const json_t *papers)
{
    char buf[200];

    putchar('\n');
    for (size_t i = 0; i < 5; i++)
        printf("%-16s  %s\n", bl_papers_statuses[i], bl_papers_says(papers, i, buf, sizeof buf));
}

static int papers(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct papers_opts *o = opts;
    const char *folder = o->output ? o->output : "out";
    char below[600];
    bool wrong;

    snprintf(below, sizeof below, "%.500s/papers", folder);
    const struct bl_papers_opts po = { .paper = words->n ? words->v[0] : NULL, .folder = below, .jobs = o->jobs, .quick = o->quick, .quiet = o->quiet };
    json_t *all = bl_papers_gather(&po, &wrong, diag);
    if (!all)
        return BL_REFUSED;
    if (!o->quiet)
        summary(all);
    int status = save(all, folder, "papers.html", bl_papers_page, diag) | save(all, folder, "PAPERS.md", bl_papers_markdown, diag);
    json_decref(all);
    return status < 0 ? BL_REFUSED : wrong ? BL_WRONG : BL_DONE;
}

#define T struct papers_opts
static const struct bl_option options[] = {
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "DIR", "where papers.html, PAPERS.md and what the studies make go (out)" },
    { "jobs", 'j', BL_OPT_TEXT, offsetof(T, jobs), "N", "processes of a sweep (as many as processors)" },
    { "quick", 0, BL_OPT_FLAG, offsetof(T, quick), NULL, "without the studies that take minutes" },
    { "quiet", 'q', BL_OPT_FLAG, offsetof(T, quiet), NULL, "do not show the studies" },
    { 0 }
};
const struct bl_command cmd_papers = {
    .name = "papers", .help = "what the five papers print, beside what runs give",
    .grammar = { .words = "[PAPER]", .least = 0, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Runs the studies of platforms/papers/, all or those of one PAPER (a folder there): each has statements of the paper, the printed figure,\n"
        "and how to get ours. Stopped, it goes on where it was. `bitline study papers/PAPER/FIGURE` runs one of them.\n"
        "Exit status: 0 all that has a printed figure holds; 1 a row does not, or a study failed; 2 bad input.\n" },
    .run = papers };
