/* gather.c - runs the studies of papers and collects their rows. */
#include "tools/papers/papers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platforms/file/find.h"
#include "platforms/file/io.h"
#include "tools/commands.h"

const char *const bl_papers_statuses[5] = { "exact", "derived", "calibrated", "predicted", "not reproducible" };

/* Of "platforms/papers/imagine/table1.study" what stands between: "imagine", "table1". */
struct name { char paper[64], figure[64]; };

static bool name_of(const struct bl_found *f, struct name *n)
{
    return sscanf(f->path + f->hidden, "platforms/papers/%63[^/]/%63[^./].study", n->paper, n->figure) == 2;
}

static int read_study(struct bl_study *s, const struct bl_found *f, struct bl_diag *diag)
{
    size_t n;
    void *bytes = bl_read_all(f->path, &n, diag);
    int status = bytes ? bl_study_read(s, f->path + f->hidden, bytes, n, diag) : -1;

    free(bytes);
    return status;
}

/* The object of a paper; made where there is none. */
static json_t *paper_of(json_t *papers, const char *name)
{
    json_t *p;
    size_t i;

    json_array_foreach(papers, i, p)
        if (!strcmp(json_string_value(json_object_get(p, "name")), name))
            return p;
    p = json_object();
    json_object_set_new(p, "name", json_string(name));
    json_object_set_new(p, "title", json_string(name));
    json_object_set_new(p, "figures", json_array());
    json_array_append_new(papers, p);
    return p;
}

static json_t *conflicts_of(const struct bl_study *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n; i++)
        if (s->line[i].verb == BL_CONFLICT && s->line[i].words.n == 3)
            json_array_append_new(list, json_pack("{s:s,s:s}", "what", s->line[i].words.v[1], "arithmetic", s->line[i].words.v[2]));
    return list;
}

static const char *need_of(const struct bl_study *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->line[i].verb == BL_NEEDS && s->line[i].words.n > 1)
            return s->line[i].words.v[1];
    return NULL;
}

/* A study that is left out is one without its rows. */
static int gather_study(const struct bl_papers_opts *o, const struct bl_found *f, const struct name *n, json_t *papers, struct bl_diag *diag)
{
    char folder[700], study[160], picture[800];
    struct bl_study s = { 0 };
    int status = BL_REFUSED;

    snprintf(folder, sizeof folder, "%.500s/%s", o->folder, n->paper);
    snprintf(study, sizeof study, "papers/%s/%s", n->paper, n->figure);
    snprintf(picture, sizeof picture, "%s/%s.svg", folder, n->figure);
    if (read_study(&s, f, diag) == 0) {
        const struct bl_study_opts so = { .name = n->figure, .path = f->path + f->hidden, .folder = folder, .jobs = o->jobs, .quiet = o->quiet };
        const bool left = o->quick && bl_study_has(&s, BL_SLOW), lacks = bl_study_lacks(&s);
        json_t *paper = paper_of(papers, n->paper), *rows = json_array(), *figure;
        if (!o->quiet)
            printf("\n%s: %s%s\n", study, s.title, left ? " (left out: slow)" : "");
        status = left ? BL_DONE : bl_study_run(&s, &so, rows, diag);
        figure = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:s?,s:s?}", "study", study, "title", s.title, "state", left ? "left out" : lacks ? "lacks" : "ran", "rows", rows, "conflicts", conflicts_of(&s), "makes", bl_study_makes(&s, &so),
                           "picture", !left && access(picture, R_OK) == 0 ? picture : NULL, "needs", need_of(&s));
        if (!strcmp(n->figure, "about"))
            json_object_set_new(paper, "title", json_string(s.title));
        json_array_insert_new(json_object_get(paper, "figures"), strcmp(n->figure, "about") ? json_array_size(json_object_get(paper, "figures")) : 0, figure);
    }
    bl_study_fini(&s);
    return status;
}

json_t *bl_papers_gather(const struct bl_papers_opts *o, bool *wrong, struct bl_diag *diag)
{
    struct bl_found *f;
    const size_t n = bl_find_all(BL_FILE_PAPER, &f);
    json_t *papers = json_array();
    int status = BL_DONE;
    struct name name;

    *wrong = false;
    for (size_t i = 0; i < n && status != BL_REFUSED; i++)
        if (name_of(&f[i], &name) && (!o->paper || !strcmp(o->paper, name.paper))) {
            status = gather_study(o, &f[i], &name, papers, diag);
            *wrong |= status != BL_DONE;
        }
    bl_found_list_fini(f, n);
    if (status != BL_REFUSED && !json_array_size(papers))
        status = (bl_error(diag, "bitline papers%s%s: there is no such paper; expected one of the folders of platforms/papers", o->paper ? " " : "", o->paper ? o->paper : ""), BL_REFUSED);
    if (status == BL_REFUSED) {
        json_decref(papers);
        return NULL;
    }
    return papers;
}

/* ---- what both forms say ---- */

struct bl_papers_sum bl_papers_count(const json_t *papers, const char *status)
{
    struct bl_papers_sum sum = { 0 };
    const json_t *paper, *figure, *row;
    size_t i, k, m;

    json_array_foreach(papers, i, paper)
        json_array_foreach(json_object_get(paper, "figures"), k, figure)
            json_array_foreach(json_object_get(figure, "rows"), m, row) {
                const json_t *holds = json_object_get(row, "holds"), *off = json_object_get(row, "deviation");
                if (strcmp(json_string_value(json_object_get(row, "status")), status))
                    continue;
                sum.rows++;
                sum.hold += json_is_true(holds);
                sum.open += !json_is_boolean(holds);
                sum.most = fabs(json_number_value(off)) > fabs(sum.most) ? json_number_value(off) : sum.most;
            }
    return sum;
}

bool bl_papers_is_about(const json_t *figure)
{
    const char *slash = strrchr(json_string_value(json_object_get(figure, "study")), '/');

    return slash && !strcmp(slash, "/about");
}

static const char *percent_of(double off, char *buf, size_t n)
{
    snprintf(buf, n, fabs(100 * off) < 0.005 ? "0 %%" : "%+.2g %%", 100 * off);
    return buf;
}

const char *bl_papers_off(const json_t *row, char *buf, size_t n)
{
    const json_t *off = json_object_get(row, "deviation");

    return json_is_number(off) ? percent_of(json_number_value(off), buf, n) : "";
}

const char *bl_papers_says(const json_t *papers, size_t status, char *buf, size_t n)
{
    const struct bl_papers_sum s = bl_papers_count(papers, bl_papers_statuses[status]);
    const size_t printed = s.rows - s.open, not = printed - s.hold;
    const char *rows = s.rows == 1 ? "row" : "rows";
    char most[32], beyond[80] = "";

    if (not)
        snprintf(beyond, sizeof beyond, "; %zu %s NOT hold", not, not == 1 ? "does" : "do");
    if (status == 4)
        snprintf(buf, n, "%zu %s; %s why", s.rows, rows, s.rows == 1 ? "it says" : "they say");
    else if (!printed)
        snprintf(buf, n, "%zu %s, none with a printed figure", s.rows, rows);
    else
        snprintf(buf, n, "%zu %s, %zu with a printed figure, farthest from it %s%s", s.rows, rows, printed, percent_of(s.most, most, sizeof most), beyond);
    return buf;
}
