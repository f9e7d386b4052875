/* tell.c - POST: what may be done to the run. Bodies are JSON objects; a member that a command does not know is refused. What changes the run is done at an
 * order point, and told to the journal. */
#include "tools/serve/serve.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report/report.h"

enum { GLOBS_MOST = 256, STEPS_MOST = 1000000000 };

struct told { struct bl_server *s; struct evhttp_request *req; const json_t *body; };

/* ---- reading the body */

static bool refused(struct told *t, int code, const char *why)
{
    bl_http_error(t->req, code, "%s", why);
    return false;
}

/* Only members among `known`, words with a blank behind each. */
static bool only(struct told *t, const char *known)
{
    const char *key;
    char word[64], text[200];
    const json_t *v;

    json_object_foreach((json_t *)(uintptr_t)t->body, key, v) {
        snprintf(word, sizeof word, "%.60s ", key);
        if (!strstr(known, word) || strchr(key, ' ')) {
            snprintf(text, sizeof text, "\"%.60s\" is no member of this command; known are: %s", key, *known ? known : "none");
            return refused(t, 400, text);
        }
    }
    return true;
}

/* A whole number from 1 to `most`; absent: `preset`, 0: it must be there. */
static bool whole(struct told *t, const char *key, uint64_t most, uint64_t preset, uint64_t *v)
{
    const json_t *x = json_object_get(t->body, key);
    char text[200];

    *v = x && json_is_integer(x) && json_integer_value(x) >= 0 ? (uint64_t)json_integer_value(x) : 0;
    if (!x && preset)
        *v = preset;
    if (*v >= 1 && *v <= most)
        return true;
    snprintf(text, sizeof text, "\"%s\": expected a whole number from 1 to %llu", key, (unsigned long long)most);
    return refused(t, 400, text);
}

/* ---- answers */

/* When the piece is over that was asked for; without a place at once. */
static void answer_later(struct told *t)
{
    for (int i = 0; i < BL_WAITING_MOST; i++)
        if (!t->s->waiting[i]) {
            t->s->waiting[i] = t->req;
            return;
        }
    bl_http_json(t->req, 200, bl_look_state(t->s));
}

void bl_tell_answer(struct bl_server *s)
{
    for (int i = 0; i < BL_WAITING_MOST; i++)
        if (s->waiting[i]) {
            struct evhttp_request *req = s->waiting[i];
            s->waiting[i] = NULL;
            bl_http_json(req, 200, bl_look_state(s));
        }
}

static bool stands(struct told *t)
{
    if (t->s->standing != BL_RUNS)
        return true;
    return refused(t, 409, "the run is under way; POST api/v1/pause first, so that it is said where");
}

static bool may_run(struct told *t)
{
    if (t->s->standing == BL_STANDS)
        return true;
    return refused(t, 409, t->s->standing == BL_ENDED ? "the run has ended; POST api/v1/rewind {\"fs\":...} puts an earlier time back" : "the run is under way");
}

/* ---- running */

static void pauses(struct told *t)
{
    if (!only(t, ""))
        return;
    if (t->s->standing == BL_RUNS)
        t->s->pause = true;
    answer_later(t);
}

static void resumes(struct told *t)
{
    if (!only(t, "") || !may_run(t))
        return;
    bl_serve_tell(t->s, "resume", NULL);
    t->s->standing = BL_RUNS;
    answer_later(t);
}

static bool step_cycles(struct told *t)
{
    struct bl_sim *sim = t->s->r->u->sim;
    const char *name = json_string_value(json_object_get(t->body, "clock"));
    struct bl_clock_row row = { 0 };
    uint64_t n, ahead;
    size_t i;

    if (!whole(t, "cycles", STEPS_MOST, 0, &n))
        return false;
    for (i = 0; i < bl_clock_count(sim); i++) {
        bl_clock_at(sim, i, &row);
        if (!name || !strcmp(name, row.name))
            break;
    }
    if (i == bl_clock_count(sim))
        return refused(t, 400, name ? "there is no clock of this name; api/v1/state lists them" : "the platform has no clock; step {\"events\":1}");
    const uint64_t edge = bl_clock_edge(sim, i, bl_now(sim) + 1);
    if (edge == BL_FOREVER || __builtin_mul_overflow(row.period_fs, n - 1, &ahead) || __builtin_add_overflow(edge, ahead, &t->s->goal))
        return refused(t, 400, "that is beyond the end of time");
    return true;
}

static bool step_event(struct told *t)
{
    uint64_t n;

    if (!whole(t, "events", 1, 0, &n))
        return false;
    const uint64_t due = bl_due(t->s->r->u->sim);
    t->s->goal = due < BL_FOREVER - 1 ? due + 1 : 0;
    return true;
}

static bool step_to(struct told *t, const char *text)
{
    struct bl_server *s = t->s;

    s->message[0] = 0;
    if (!text || bl_parse_time(text, &s->goal, &s->said, "to") < 0)
        return refused(t, 400, *s->message ? s->message : "\"to\": expected a time, like \"5 us\"");
    if (s->goal > bl_now(s->r->u->sim))
        return true;
    s->goal = 0;
    return refused(t, 400, "\"to\": that time has passed; POST api/v1/rewind goes back");
}

static bool step_until(struct told *t, const char *text)
{
    struct bl_server *s = t->s;

    s->message[0] = 0;
    if (text)
        s->condition = bl_condition_open(s->r->u->sim, text, &s->said);
    return s->condition || refused(t, 400, *s->message ? s->message : "\"until\": expected a condition, like \"adc.code == 3\"");
}

/* One of the four, by the member that is there. */
static void steps(struct told *t)
{
    static const char *const kinds[] = { "cycles", "events", "to", "until" };
    const size_t members = json_object_size(t->body) - (json_object_get(t->body, "clock") && json_object_get(t->body, "cycles"));
    bool good = false;
    size_t k = 0;

    if (!only(t, "cycles clock events to until ") || !may_run(t))
        return;
    while (k < 4 && !json_object_get(t->body, kinds[k]))
        k++;
    if (k == 4 || members != 1) {
        refused(t, 400, "expected one of {\"cycles\":1}, {\"cycles\":1,\"clock\":\"core\"}, {\"events\":1}, {\"to\":\"5 us\"}, {\"until\":\"adc.code == 3\"}");
        return;
    }
    const char *text = json_string_value(json_object_get(t->body, kinds[k]));
    good = k == 0 ? step_cycles(t) : k == 1 ? step_event(t) : k == 2 ? step_to(t, text) : step_until(t, text);
    if (!good)
        return;
    bl_serve_tell(t->s, "step", json_copy((json_t *)(uintptr_t)t->body));
    t->s->standing = BL_RUNS;
    t->s->stepping_event = k == 1;
    answer_later(t);
}

/* ---- traces */

static void watches(struct told *t)
{
    struct bl_server *s = t->s;
    const json_t *list = json_object_get(t->body, "globs"), *x;
    const char *globs[GLOBS_MOST];
    size_t n = json_array_size(list), i;

    if (!only(t, "globs ") || !stands(t))
        return;
    if ((list && !json_is_array(list)) || n > GLOBS_MOST) {
        refused(t, 400, "\"globs\": expected a list of at most 256 texts, as of --watch; none: everything");
        return;
    }
    json_array_foreach(list, i, x)
        if (!(globs[i] = json_string_value(x))) {
            refused(t, 400, "\"globs\": expected texts");
            return;
        }
    s->message[0] = 0;
    int number = bl_live_watch(&s->live, globs, n);
    if (number < 0) {
        refused(t, 400, s->message);
        return;
    }
    s->changed = true;
    bl_serve_tell(s, "watch", json_pack("{s:i, s:o}", "number", number, "globs", list ? json_copy((json_t *)(uintptr_t)list) : json_array()));
    bl_http_json(t->req, 200, json_pack("{s:i}", "number", number));
}

/* unwatch and cut. */
static void of_watch(struct told *t, const char *what, int (*does)(struct bl_live *l, uint32_t number))
{
    struct bl_server *s = t->s;
    uint64_t n;

    if (!only(t, "number ") || !stands(t) || !whole(t, "number", UINT32_MAX - 1, 0, &n))
        return;
    s->message[0] = 0;
    int status = does(&s->live, (uint32_t)n);
    if (status < 0) {
        refused(t, 409, s->message);
        return;
    }
    if (status > 0) {
        refused(t, 409, "nothing was traced so far; let the run go on");
        return;
    }
    s->changed = true;
    bl_serve_tell(s, what, json_pack("{s:I}", "number", (json_int_t)n));
    bl_http_json(t->req, 200, json_pack("{s:I}", "number", (json_int_t)n));
}

static void unwatches(struct told *t) { of_watch(t, "unwatch", bl_live_unwatch); }
static void cuts(struct told *t) { of_watch(t, "cut", bl_live_cut); }

/* ---- snapshots */

static void keeps(struct told *t)
{
    struct bl_server *s = t->s;

    if (!only(t, "") || !may_run(t))
        return;
    if (bl_live_keep(&s->live) < 0) {
        refused(t, 503, s->message);
        return;
    }
    s->changed = true;
    bl_http_json(t->req, 200, bl_look_snapshots(s));
}

/* Where the run stood is told before it is put back. */
static void rewinds(struct told *t)
{
    struct bl_server *s = t->s;
    const json_t *x = json_object_get(t->body, "fs");
    const uint64_t point = bl_serve_point(s);
    int status;

    if (!only(t, "fs ") || !stands(t))
        return;
    if (!x || (json_is_integer(x) ? json_integer_value(x) < 0 : !json_is_string(x))) {
        refused(t, 400, "\"fs\": expected the time of a snapshot (api/v1/snapshots)");
        return;
    }
    s->message[0] = 0;
    const uint64_t to = bl_j_count(t->body, "fs");
    bl_high_end(s);
    status = bl_live_rewind(&s->live, to);
    if (status < 0 && bl_now(s->r->u->sim) != to) {
        refused(t, 409, s->message);
        return;
    }
    bl_journal_add(&s->journal, point, "rewind", json_pack("{s:o}", "to", bl_j_of_count(to)));
    s->standing = BL_STANDS;
    s->why = "rewind";
    s->hang.found = false;
    s->changed = true;
    bl_high_begin(s);
    bl_http_json(t->req, 200, bl_look_state(s));
}

static void quits(struct told *t)
{
    if (!only(t, ""))
        return;
    t->s->quit = true;
    bl_http_json(t->req, 200, bl_look_state(t->s));
}

/* ---- all */

static const struct { const char *path; void (*does)(struct told *t); bool any_time; } commands[] = {
    { "pause", pauses, true }, { "resume", resumes, false }, { "step", steps, false }, { "watch", watches, false }, { "unwatch", unwatches, false },
    { "cut", cuts, false }, { "snapshot", keeps, false }, { "rewind", rewinds, false }, { "quit", quits, true } };

static json_t *body_of(struct evhttp_request *req)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t n = evbuffer_get_length(in);
    const char *bytes = n ? (const char *)evbuffer_pullup(in, -1) : NULL;

    return n ? json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL) : json_object();
}

bool bl_tell(struct bl_server *s, struct evhttp_request *req, const char *path)
{
    size_t i = 0;

    while (i < sizeof commands / sizeof *commands && strcmp(path, commands[i].path))
        i++;
    if (i == sizeof commands / sizeof *commands)
        return false;
    json_t *body = body_of(req);
    struct told t = { s, req, body };
    if (!json_is_object(body))
        refused(&t, 400, "the body is no JSON object");
    else if (s->in_reference && !commands[i].any_time)
        refused(&t, 503, "the reference of a layer is computed; ask again in a moment");
    else
        commands[i].does(&t);
    json_decref(body);
    return true;
}
