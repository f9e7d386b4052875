/* ask.c - GET: views of the run, values of signals, files. */
#include "tools/serve/serve.h"

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/report/report.h"

enum { NAMES_MOST = 64 };

/* ---- values */

static void signals(struct bl_server *s, struct evhttp_request *req, const struct evkeyvalq *query)
{
    const char *match = evhttp_find_header(query, "match");
    json_t *o = bl_values_signals(s, match ? match : "");

    if (o)
        bl_http_json(req, 200, o);
    else
        bl_http_error(req, 404, "no signal is called like that; * and ? stand for what is left out, as in adc.*");
}

static void values(struct bl_server *s, struct evhttp_request *req, const struct evkeyvalq *query)
{
    json_t *a = json_array(), *one;
    const struct evkeyval *x;
    const char *bad = NULL;

    for (x = query->tqh_first; x; x = x->next.tqe_next) {
        if (strcmp(x->key, "name") || json_array_size(a) == NAMES_MOST)
            bad = x->key;
        else if ((one = bl_values_of(s, x->value)))
            json_array_append_new(a, one);
        else
            bad = x->value;
        if (bad)
            break;
    }
    if (bad)
        bl_http_error(req, 404, "'%s' is no signal with a value of at most 64 bits a lane; expected ?name=PART.PORT, at most %d times (api/v1/signals lists "
                      "names)", bad, NAMES_MOST);
    else
        bl_http_json(req, 200, json_pack("{s:o, s:O}", "now_fs", bl_j_of_count(bl_now(s->r->u->sim)), "values", a));
    json_decref(a);
}

/* ---- files */

static void send_file(struct evhttp_request *req, const char *path, const char *name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct evbuffer *out = evbuffer_new();
    struct stat is;
    char as[128];

    if (fd < 0 || !out || fstat(fd, &is) || evbuffer_add_file(out, fd, 0, is.st_size)) {
        if (fd >= 0)
            close(fd);
        bl_http_error(req, 404, "%s is not there", name);
    } else {                             /* the buffer closes the file */
        bl_http_headers(req);
        snprintf(as, sizeof as, "attachment; filename=\"%s\"", name);
        evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Disposition", as);
        evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/octet-stream");
        evhttp_send_reply(req, 200, "OK", out);
    }
    if (out)
        evbuffer_free(out);
}

/* "3.fst": what is on disk of trace 3. Numbers, never names, become paths. */
static void watch_file(struct bl_server *s, struct evhttp_request *req, const char *name)
{
    char *end, as[64];
    unsigned long n = *name >= '1' && *name <= '9' ? strtoul(name, &end, 10) : 0;
    const struct bl_watch *w = n && n < UINT32_MAX && !strcmp(end, ".fst") ? bl_live_watch_at(&s->live, (uint32_t)n) : NULL;

    if (!w) {
        bl_http_error(req, 404, "there is no such trace; api/v1/watches lists them");
        return;
    }
    snprintf(as, sizeof as, "watch%lu.fst", n);
    if (access(w->path, R_OK))
        bl_http_error(req, 409, "nothing of it is on disk yet; POST api/v1/cut {\"number\":%lu} puts there what it holds", n);
    else
        send_file(req, w->path, as);
}

static void hang_file(struct bl_server *s, struct evhttp_request *req)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/hang.snap", s->folder);
    send_file(req, path, "hang.snap");
}

/* Of the run as it stands; one that has not ended counts as interrupted here. */
static void report(struct bl_server *s, struct evhttp_request *req, const struct evkeyvalq *query)
{
    const char *as = evhttp_find_header(query, "as");
    static const char *const types[] = { "text/plain; charset=utf-8", "application/json", NULL, "text/csv; charset=utf-8" };
    enum bl_form form = bl_form_named(as ? as : "json");
    size_t n = 0;

    if ((as && strcmp(as, "json") && strcmp(as, "text") && strcmp(as, "csv")) || !types[form]) {
        bl_http_error(req, 400, "as=%s: expected json, text or csv", as);
        return;
    }
    if (s->standing != BL_ENDED)
        s->r->end = "interrupted";
    json_t *j = bl_finish_report(s->r);
    if (s->standing != BL_ENDED)
        s->r->end = NULL;
    char *view = j ? bl_report_view(j, form, NULL, &n, s->diag) : NULL;
    if (view)
        bl_http_bytes(req, types[form], NULL, view, n);
    else
        bl_http_error(req, 503, "the report cannot be made");
    json_decref(j);
    free(view);
}

/* ---- all */

static const struct { const char *path; json_t *(*view)(struct bl_server *s); } views[] = {
    { "state", bl_look_state }, { "parts", bl_look_parts }, { "waits", bl_look_waits }, { "path", bl_look_path }, { "layers", bl_look_layers },
    { "watches", bl_look_watches }, { "snapshots", bl_look_snapshots } };

static void channels(struct bl_server *s, struct evhttp_request *req)
{
    bl_high_begin(s);
    bl_http_json(req, 200, bl_look_channels(s));
}

bool bl_ask(struct bl_server *s, struct evhttp_request *req, const char *path, const struct evkeyvalq *query)
{
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (!strcmp(path, views[i].path)) {
            bl_http_json(req, 200, views[i].view(s));
            return true;
        }
    if (!strcmp(path, "events"))
        bl_events_add(s, req);
    else if (!strcmp(path, "channels"))
        channels(s, req);
    else if (!strcmp(path, "signals"))
        signals(s, req, query);
    else if (!strcmp(path, "values"))
        values(s, req, query);
    else if (!strcmp(path, "report"))
        report(s, req, query);
    else if (!strcmp(path, "journal"))
        bl_http_bytes(req, "application/x-ndjson", "serve.journal", s->journal.text, s->journal.n);
    else if (!strcmp(path, "hang.snap"))
        hang_file(s, req);
    else if (!strncmp(path, "watches/", 8))
        watch_file(s, req, path + 8);
    else if (!strcmp(path, "runs"))
        return bl_runs_ask(s, req, "", query);
    else if (!strncmp(path, "runs/", 5))
        return bl_runs_ask(s, req, path + 5, query);
    else
        return false;
    return true;
}
