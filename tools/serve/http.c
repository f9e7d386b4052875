/* http.c - who may ask, and how it is answered: libevent's evhttp on one address. The page is for everybody who can reach it, and knows nothing; all
 * below /api/ wants the token in a header that no other page can send, from this host by its own name. */
#include "tools/serve/serve.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "tools/report/report.h"

enum { IDLE_S = 30, HEADERS_MOST = 16384, BODY_MOST = 65536 };
static const char API[] = "/api/v1/";

/* ---- answers */

void bl_http_headers(struct evhttp_request *req)
{
    static const char *const all[][2] = {
        { "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
                                     "form-action 'none'; frame-ancestors 'none'" },
        { "X-Content-Type-Options", "nosniff" }, { "X-Frame-Options", "DENY" }, { "Referrer-Policy", "no-referrer" }, { "Cache-Control", "no-store" },
        { "Cross-Origin-Resource-Policy", "same-origin" }, { "Cross-Origin-Opener-Policy", "same-origin" } };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        evhttp_add_header(evhttp_request_get_output_headers(req), all[i][0], all[i][1]);
}

static const char *reason(int code)
{
    static const struct { int code; const char *text; } of[] = { { 200, "OK" }, { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
        { 404, "Not Found" }, { 405, "Method Not Allowed" }, { 409, "Conflict" }, { 413, "Payload Too Large" }, { 503, "Service Unavailable" } };
    size_t i = 0;

    while (i < sizeof of / sizeof *of && of[i].code != code)
        i++;
    return i < sizeof of / sizeof *of ? of[i].text : "Error";
}

static void answer(struct evhttp_request *req, int code, const char *type, const void *bytes, size_t n)
{
    struct evbuffer *out = evbuffer_new();

    bl_http_headers(req);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
    if (out)
        evbuffer_add(out, bytes, n);
    evhttp_send_reply(req, code, reason(code), out);
    if (out)
        evbuffer_free(out);
}

void bl_http_json(struct evhttp_request *req, int code, json_t *o)
{
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9)) : NULL;
    static const char none[] = "{\"error\":\"out of memory\"}";

    json_decref(o);
    if (text)
        answer(req, code, "application/json", text, strlen(text));
    else
        answer(req, 503, "application/json", none, sizeof none - 1);
    free(text);
}

void bl_http_bytes(struct evhttp_request *req, const char *type, const char *name, const void *bytes, size_t n)
{
    char as[128];

    if (name) {
        snprintf(as, sizeof as, "attachment; filename=\"%s\"", name);
        evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Disposition", as);
    }
    answer(req, 200, type, bytes, n);
}

void bl_http_error(struct evhttp_request *req, int code, const char *fmt, ...)
{
    char text[1100];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    bl_http_json(req, code, json_pack("{s:o}", "error", bl_j_of_text(text)));
}

/* ---- who asks */

static const char *header(struct evhttp_request *req, const char *name) { return evhttp_find_header(evhttp_request_get_input_headers(req), name); }

/* "127.0.0.1:8137": this server by one of its own names, which a page of another host cannot make a browser say. */
static bool own_name(const struct bl_server *s, const char *host)
{
    const char *const names[] = { s->host, "127.0.0.1", "localhost", "[::1]" };
    char want[160];

    for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
        snprintf(want, sizeof want, "%s:%u", names[i], s->port);
        if (!evutil_ascii_strcasecmp(host, want))
            return true;
    }
    return false;
}

/* What a browser says of where a request comes from; curl says nothing. */
static bool own_origin(const struct bl_server *s, struct evhttp_request *req)
{
    const char *origin = header(req, "Origin"), *site = header(req, "Sec-Fetch-Site");

    if (site && strcmp(site, "same-origin") && strcmp(site, "none"))
        return false;
    return !origin || (!strncmp(origin, "http://", 7) && own_name(s, origin + 7));
}

/* As long for a wrong token as for the right one. */
static bool has_token(const struct bl_server *s, struct evhttp_request *req)
{
    const char *given = header(req, "X-Bitline-Token");
    unsigned differs = 0;

    if (!given || strlen(given) != BL_TOKEN)
        return false;
    for (size_t i = 0; i < BL_TOKEN; i++)
        differs |= (unsigned char)given[i] ^ (unsigned char)s->token[i];
    return !differs;
}

/* ---- what is asked for */

static void send_page(struct evhttp_request *req, const char *path)
{
    const struct bl_page *p = bl_pages;

    while (p->path && strcmp(p->path, path))
        p++;
    if (p->path)
        bl_http_bytes(req, p->type, NULL, p->bytes, p->n);
    else
        bl_http_error(req, 404, "there is nothing here");
}

static void api(struct bl_server *s, struct evhttp_request *req, const char *path)
{
    const bool posted = evhttp_request_get_command(req) == EVHTTP_REQ_POST;
    struct evkeyvalq query = { 0 };
    bool known;

    if (!has_token(s, req)) {
        bl_http_error(req, 401, "the header X-Bitline-Token is missing or wrong; it is what stands behind #token= in the address that was printed");
        return;
    }
    if (posted && s->o->read_only) {
        bl_http_error(req, 403, "this server only shows (--read-only)");
        return;
    }
    const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
    if (!posted && text && evhttp_parse_query_str(text, &query) < 0) {
        bl_http_error(req, 400, "what stands behind ? cannot be read");
        return;
    }
    known = posted ? bl_tell(s, req, path) : bl_ask(s, req, path, &query);
    if (!known)
        bl_http_error(req, 404, "there is no %s; tools/serve/README.md lists what there is", posted ? "such command" : "such view");
    evhttp_clear_headers(&query);
}

static void on_request(struct evhttp_request *req, void *ctx)
{
    struct bl_server *s = ctx;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    const enum evhttp_cmd_type how = evhttp_request_get_command(req);

    if (!own_name(s, header(req, "Host")))
        bl_http_error(req, 403, "the header Host names another server than this one, %s:%u", s->host, s->port);
    else if (!own_origin(s, req))
        bl_http_error(req, 403, "a page of another origin asks");
    else if (how != EVHTTP_REQ_GET && how != EVHTTP_REQ_POST)
        bl_http_error(req, 405, "expected GET or POST");
    else if (!path || *path != '/')
        bl_http_error(req, 400, "the address has no path");
    else if (!strncmp(path, API, sizeof API - 1))
        api(s, req, path + sizeof API - 1);
    else if (how != EVHTTP_REQ_GET)
        bl_http_error(req, 405, "expected GET");
    else
        send_page(req, path);
}

/* ---- opened and closed */

static int make_token(struct bl_server *s)
{
    unsigned char bytes[BL_TOKEN / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return bl_error(s->diag, "the system gives no random bytes for a token");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(s->token + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

static int port_of(struct bl_server *s, struct evhttp_bound_socket *bound)
{
    struct sockaddr_storage at;
    socklen_t n = sizeof at;

    if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&at, &n))
        return bl_error(s->diag, "the system does not say which port it gave");
    s->port = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port : ((struct sockaddr_in *)&at)->sin_port);
    return 0;
}

int bl_http_open(struct bl_server *s)
{
    const char *listen = s->o->listen ? s->o->listen : "127.0.0.1";
    const uint64_t port = s->o->port.given ? s->o->port.v : BL_PORT;
    struct evhttp_bound_socket *bound;

    if (make_token(s) < 0 || !(s->http = evhttp_new(s->base)))
        return bl_error(s->diag, "libevent gives no server");
    evhttp_set_allowed_methods(s->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_max_headers_size(s->http, HEADERS_MOST);
    evhttp_set_max_body_size(s->http, BODY_MOST);
    evhttp_set_timeout(s->http, IDLE_S);
    evhttp_set_gencb(s->http, on_request, s);
    bound = port < 65536 ? evhttp_bind_socket_with_handle(s->http, listen, (uint16_t)port) : NULL;
    if (!bound && !s->o->port.given)     /* somebody else is there: any other one */
        bound = evhttp_bind_socket_with_handle(s->http, listen, 0);
    if (!bound)
        return bl_error(s->diag, "--listen %s --port %llu: cannot be had; expected an address of this machine and a free port, 0 for any", listen,
                        (unsigned long long)port);
    snprintf(s->host, sizeof s->host, strchr(listen, ':') ? "[%s]" : "%s", listen);
    return port_of(s, bound);
}

void bl_http_close(struct bl_server *s)
{
    if (s->http)
        evhttp_free(s->http);
    s->http = NULL;
}
