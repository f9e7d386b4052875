/* runs.c - the runs of a database of sweeps (--db): listed, and their reports opened. The database is the one that was named on the command line. */
#include "tools/serve/serve.h"

#include <stdlib.h>
#include <string.h>

#include "tools/report/report.h"
#include "tools/sweep/rows.h"

enum { KEY = 64 };

static void list(struct bl_server *s, struct evhttp_request *req, struct bl_store *t)
{
    struct bl_rows rows = { 0 };

    if (bl_rows_read(&rows, t, NULL, &s->said) < 0)
        bl_http_error(req, 503, "%s", s->message);
    else
        bl_http_json(req, 200, json_pack("{s:O, s:O}", "columns", rows.columns, "rows", rows.rows));
    bl_rows_fini(&rows);
}

static void open_run(struct bl_server *s, struct evhttp_request *req, struct bl_store *t, const char *key, const char *as)
{
    size_t n = 0, size = 0;
    char *text = strlen(key) == KEY && strspn(key, "0123456789abcdef") == KEY ? bl_store_report(t, key, &n) : NULL;

    if (!text) {
        bl_http_error(req, 404, "there is no such run with a report; api/v1/runs lists keys");
        return;
    }
    if (!as || strcmp(as, "text")) {
        bl_http_bytes(req, "application/json", NULL, text, n);
        free(text);
        return;
    }
    json_t *report = bl_report_parse("the run", text, n, &s->said);
    char *view = report ? bl_report_view(report, BL_TEXT, NULL, &size, &s->said) : NULL;
    if (view)
        bl_http_bytes(req, "text/plain; charset=utf-8", NULL, view, size);
    else
        bl_http_error(req, 503, "%s", s->message);
    free(view);
    json_decref(report);
    free(text);
}

bool bl_runs_ask(struct bl_server *s, struct evhttp_request *req, const char *key, const struct evkeyvalq *query)
{
    if (!s->o->db) {
        bl_http_error(req, 404, "no database is open; give one with --db");
        return true;
    }
    s->message[0] = 0;
    struct bl_store *t = bl_store_open(s->o->db, false, &s->said);
    if (!t)
        bl_http_error(req, 503, "%s", s->message);
    else if (!*key)
        list(s, req, t);
    else
        open_run(s, req, t, key, evhttp_find_header(query, "as"));
    bl_store_close(t);
    return true;
}
