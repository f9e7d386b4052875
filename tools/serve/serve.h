/* serve.h - `bitline serve`: a run in pieces between the events of one libevent loop. What its files share; README.md beside it is the API. */
#ifndef BL_SERVE_H
#define BL_SERVE_H

#include <event2/event.h>
#include <event2/http.h>
#include <jansson.h>

#include "tools/serve/journal.h"
#include "tools/serve/live.h"

#define BL_SERVE_SCHEMA "bitline.serve/1"
enum { BL_TOKEN = 32, BL_VIEWERS_MOST = 16, BL_WAITING_MOST = 16, BL_PORT = 8137 };

/* What a person says: the options of a run, first, and more. */
struct bl_serve_opts {
    struct run_opts run;
    struct bl_whole port, hang_cycles, keep;
    const char *listen, *folder, *db;
    bool read_only, go;
};

enum bl_standing { BL_STANDS, BL_RUNS, BL_ENDED };

/* The most items that each channel ever held, seen by a trace that keeps nothing else (high.c). */
struct bl_high;

/* What a run stands at when nothing moves any more (hang.c). */
struct bl_hang { bool found; uint64_t since, fs; json_t *chain; };       /* fs: moved last; since: found */

/* Who hears how the run goes on (events.c). */
struct bl_viewer { struct evhttp_request *req; bool gone; double stuck; };       /* req NULL: a free place; gone: its connection; stuck: since when it takes
                                                                           * nothing any more, 0: it does */

struct bl_server {
    const struct bl_serve_opts *o;
    struct run *r;
    struct bl_live live;
    struct bl_journal journal;
    struct bl_diag *diag;
    struct event_base *base;
    struct evhttp *http;
    struct event *signal[3], *frame;
    char token[BL_TOKEN + 1], *folder;
    char host[128];
    uint16_t port;
    bool own_folder;                   /* made for this run, and gone behind it */

    enum bl_standing standing;
    const char *why;                   /* it stands: "start", "user", "step", "condition", "hang", "rewind" */
    enum bl_end end;                   /* once it has ended */
    uint64_t until, goal;              /* fs: of the run; where it stands again, 0: nowhere */
    struct bl_condition *condition;    /* so does it where this holds; NULL */
    bool pause, quit, in_reference, stepping_event;    /* asked for; the reference is at work, and the run in between */
    uint64_t *done;                    /* by layer: images that ended it, repeated ones too; NULL: no net */
    double ran_s, kept_at, keep_takes, looked_at, pumped_at;      /* seconds on the wall: that it ran; when, and how long, a snapshot was taken; ... */
    struct bl_diag said;               /* of a request: its last error goes into `message` */
    char message[1024];

    struct bl_high *high;
    struct bl_hang hang;
    struct bl_viewer viewer[BL_VIEWERS_MOST];
    uint64_t frames;
    bool changed;                      /* something is to be seen that is not of the run: a trace, a snapshot */
    struct { uint64_t fs; bl_yj energy; } last;            /* of the frame before; fs BL_FOREVER: there is none */
    struct evhttp_request *waiting[BL_WAITING_MOST];       /* to be answered when the piece that they asked for is over */
};

/* ---- serve.c: all of it */
int bl_serve(struct bl_server *s, const char *run);         /* run: the command that does it once more. An exit status */
uint64_t bl_serve_point(const struct bl_server *s);        /* the order point at which it stands */
void bl_serve_tell(struct bl_server *s, const char *what, json_t *more);        /* to the journal */
double bl_serve_seconds(void);

/* ---- piece.c: the run, piece by piece */
void bl_piece(struct bl_server *s);                        /* one of them */
void bl_piece_stand(struct bl_server *s, const char *why); /* it stands, at the next order point; there it may have ended */
void bl_piece_listen(struct bl_server *s);                 /* the clock that ends a piece; NULL: no more */
void bl_piece_part(void *ctx, uint32_t layer, uint64_t done, uint64_t total);      /* of the reference; ctx: the server */
void bl_piece_layer(void *ctx, const struct bl_layer_end *e);

/* ---- http.c: who may ask, and how it is answered */
int bl_http_open(struct bl_server *s);
void bl_http_close(struct bl_server *s);
void bl_http_json(struct evhttp_request *req, int code, json_t *o);        /* takes o */
void bl_http_bytes(struct evhttp_request *req, const char *type, const char *name, const void *bytes, size_t n);    /* name: as a file; NULL */
void bl_http_headers(struct evhttp_request *req);
/* {"error": text}. */
void bl_http_error(struct evhttp_request *req, int code, const char *fmt, ...) BL_PRINTF(3, 4);

/* ---- ask.c, tell.c: GET and POST below /api/v1/. false: there is no such path */
bool bl_ask(struct bl_server *s, struct evhttp_request *req, const char *path, const struct evkeyvalq *query);
bool bl_tell(struct bl_server *s, struct evhttp_request *req, const char *path);
void bl_tell_answer(struct bl_server *s);                  /* those who wait for the end of a piece */

/* ---- look.c: what there is to see, as JSON */
json_t *bl_look_state(struct bl_server *s);
json_t *bl_look_parts(struct bl_server *s);
json_t *bl_look_waits(struct bl_server *s);
json_t *bl_look_channels(struct bl_server *s);
json_t *bl_look_path(struct bl_server *s);
json_t *bl_look_layers(struct bl_server *s);
json_t *bl_look_watches(struct bl_server *s);
json_t *bl_look_snapshots(struct bl_server *s);

/* ---- values.c */
json_t *bl_values_signals(struct bl_server *s, const char *match);         /* NULL after a bl_error to s->said */
json_t *bl_values_of(struct bl_server *s, const char *name);               /* {name, value} or {name, lanes}; with a word, if it has one; NULL: none */

/* ---- high.c */
void bl_high_begin(struct bl_server *s);                   /* from now on, unless it is on already */
void bl_high_end(struct bl_server *s);                     /* while snapshots are put back */
uint64_t bl_high_since(const struct bl_server *s);         /* BL_FOREVER: not at all */
bool bl_high_of(const struct bl_server *s, const struct bl_channel_end *from, uint64_t *most);

/* ---- hang.c */
bool bl_hang_look(struct bl_server *s);                    /* does anything move? true: a hang that is new */
void bl_hang_keep(struct bl_server *s);                    /* its chain, and its snapshot in the folder */

/* ---- events.c */
void bl_events_add(struct bl_server *s, struct evhttp_request *req);
void bl_events_frame(struct bl_server *s);                 /* to all who look on, unless nothing has changed */
void bl_events_close(struct bl_server *s);

/* ---- runs.c: of a database of sweeps */
bool bl_runs_ask(struct bl_server *s, struct evhttp_request *req, const char *key, const struct evkeyvalq *query);     /* key "": the list */

/* ---- page.c, made by the build: the files of the page */
struct bl_page { const char *path, *type; const unsigned char *bytes; size_t n; };
extern const struct bl_page bl_pages[];                    /* ends with path NULL */

#endif
