/* events.c - server-sent events: a frame about four times a second to each who looks on, as long as anything changes. Who does not take them gets fewer,
 * and none after a while. */
#include "tools/serve/serve.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>

enum { BEHIND_MOST = 1 << 18, BEAT = 40 };          /* bytes that may wait for a viewer; frames without news after which one comes anyway */
static const double STUCK_S = 30;

static void leave(struct evhttp_connection *c, void *ctx)
{
    struct bl_viewer *v = ctx;

    (void)c;
    v->gone = true;
}

/* The request is ours, so that it outlives its connection. */
static void forget(struct bl_viewer *v)
{
    evhttp_request_free(v->req);
    *v = (struct bl_viewer){ 0 };
}

void bl_events_add(struct bl_server *s, struct evhttp_request *req)
{
    struct bl_viewer *v = s->viewer;

    while (v < s->viewer + BL_VIEWERS_MOST && v->req)
        v++;
    if (v == s->viewer + BL_VIEWERS_MOST) {
        bl_http_error(req, 503, "%d look on already; close one of them", BL_VIEWERS_MOST);
        return;
    }
    *v = (struct bl_viewer){ .req = req };
    evhttp_request_own(req);
    bl_high_begin(s);
    bl_http_headers(req);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "text/event-stream");
    evhttp_connection_set_closecb(evhttp_request_get_connection(req), leave, v);
    evhttp_send_reply_start(req, 200, "OK");
    s->last.fs = BL_FOREVER;             /* the first frame is for everybody */
    bl_events_frame(s);
}

static void give(struct bl_viewer *v, const char *text, size_t n)
{
    struct evhttp_connection *c = v->gone ? NULL : evhttp_request_get_connection(v->req);
    struct evbuffer *out;

    if (!c) {
        forget(v);
        return;
    }
    if (evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(c))) > BEHIND_MOST) {
        v->stuck = v->stuck > 0 ? v->stuck : bl_serve_seconds();
        if (bl_serve_seconds() - v->stuck > STUCK_S)
            evhttp_connection_free(c);
        return;
    }
    v->stuck = 0;
    if ((out = evbuffer_new())) {
        evbuffer_add(out, text, n);
        evhttp_send_reply_chunk(v->req, out);
        evbuffer_free(out);
    }
}

/* Mean power since the frame before. */
static void add_power(struct bl_server *s, json_t *frame)
{
    const uint64_t now = bl_now(s->r->u->sim);
    const bl_yj energy = bl_energy(s->r->u->sim);

    if (s->last.fs < now && s->last.energy <= energy)
        json_object_set_new(frame, "power_mw", json_real((double)(energy - s->last.energy) / (double)(now - s->last.fs) * 1e-6));
    else
        json_object_set_new(frame, "power_mw", json_null());
    s->last.fs = now;
    s->last.energy = energy;
}

static json_t *frame_of(struct bl_server *s)
{
    json_t *o = bl_look_state(s);

    add_power(s, o);
    json_object_set_new(o, "parts", bl_look_parts(s));
    json_object_set_new(o, "waits", bl_look_waits(s));
    json_object_set_new(o, "channels", bl_look_channels(s));
    json_object_set_new(o, "path", bl_look_path(s));
    json_object_set_new(o, "layers", bl_look_layers(s));
    json_object_set_new(o, "watches", bl_look_watches(s));
    json_object_set_new(o, "snapshots", bl_look_snapshots(s));
    return o;
}

static bool anybody(const struct bl_server *s)
{
    for (int i = 0; i < BL_VIEWERS_MOST; i++)
        if (s->viewer[i].req)
            return true;
    return false;
}

void bl_events_frame(struct bl_server *s)
{
    const bool news = s->standing == BL_RUNS || s->last.fs != bl_now(s->r->u->sim) || s->changed;
    char *text, *event = NULL;
    size_t n;

    if (!anybody(s) || (!news && ++s->frames % BEAT))
        return;
    s->changed = false;
    json_t *o = frame_of(s);
    text = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
    json_decref(o);
    n = text ? strlen(text) : 0;
    if (text && (event = malloc(n + 32))) {
        n = (size_t)snprintf(event, n + 32, "event: frame\ndata: %s\n\n", text);
        for (int i = 0; i < BL_VIEWERS_MOST; i++)
            if (s->viewer[i].req)
                give(&s->viewer[i], event, n);
    }
    free(event);
    free(text);
}

/* Behind bl_http_close: no connection is left. */
void bl_events_close(struct bl_server *s)
{
    for (int i = 0; i < BL_VIEWERS_MOST; i++)
        if (s->viewer[i].req)
            forget(&s->viewer[i]);
}
