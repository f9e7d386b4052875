/* look.c - what there is to see of a run, as JSON: where it stands, what parts and channels are at, the critical path, layers, traces, snapshots. Looking
 * changes nothing. */
#include "tools/serve/serve.h"

#include <stdlib.h>
#include <string.h>

#include "tools/report/path.h"

enum { ROWS_MOST = 256 };              /* of a list in a frame */

static double seconds_of(uint64_t fs) { return (double)fs * 1e-15; }

/* ---- the run */

static json_t *clocks(struct bl_sim *s)
{
    json_t *a = json_array();
    struct bl_clock_row row;

    for (size_t i = 0; i < bl_clock_count(s); i++) {
        bl_clock_at(s, i, &row);
        json_array_append_new(a, json_pack("{s:s, s:o, s:o}", "name", row.name, "period_fs", bl_j_of_count(row.period_fs), "cycles", bl_j_of_count(row.cycles)));
    }
    return a;
}

static json_t *hang(const struct bl_server *s)
{
    char text[40];

    if (!s->hang.found)
        return json_null();
    return json_pack("{s:o, s:s, s:o, s:O?}", "moved_fs", bl_j_of_count(s->hang.fs), "moved", bl_time_text(s->hang.fs, text), "found_fs",
                     bl_j_of_count(s->hang.since), "chain", s->hang.chain);
}

static json_t *texts(const struct bl_texts *t)
{
    json_t *a = json_array();

    for (size_t i = 0; i < t->n; i++)
        json_array_append_new(a, bl_j_of_text(t->v[i] + strspn(t->v[i], " ")));
    return a;
}

static void add_images(const struct bl_server *s, json_t *o)
{
    const struct bl_setup *u = s->r->u;

    json_object_set_new(o, "net", u->net ? bl_j_of_text(u->net->name) : json_null());
    json_object_set_new(o, "images", u->job ? json_pack("{s:i, s:i}", "done", (int)bl_job_result(u->job)->images, "of", (int)u->count) : json_null());
}

json_t *bl_look_state(struct bl_server *s)
{
    static const char *const standing[] = { "stands", "runs", "ended" };
    struct bl_sim *sim = s->r->u->sim;
    const uint64_t now = bl_now(sim);
    char text[40], energy[40];
    json_t *o = json_pack("{s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:s, s:f, s:f, s:o, s:b, s:b, s:b}",
        "schema", BL_SERVE_SCHEMA, "platform", bl_j_of_text(bl_platform_name(s->r->u->platform)), "run", standing[s->standing],
        "why", s->standing == BL_STANDS ? s->why : "", "end", s->standing == BL_ENDED ? json_string(s->r->end) : json_null(),
        "now", bl_time_text(now, text), "now_fs", bl_j_of_count(now), "energy", bl_energy_text(bl_energy(sim), energy),
        "energy_j", (double)bl_energy(sim) * 1e-24, "wall_s", s->ran_s, "hang", hang(s), "reference", s->in_reference, "read_only", s->o->read_only, "db", s->o->db != NULL);

    json_object_set_new(o, "mean_power_mw", now ? json_real((double)bl_energy(sim) / (double)now * 1e-6) : json_null());
    json_object_set_new(o, "clocks", clocks(sim));
    json_object_set_new(o, "parts_n", json_integer((json_int_t)bl_part_count(sim)));
    json_object_set_new(o, "channels_n", json_integer((json_int_t)bl_channel_count(sim)));
    json_object_set_new(o, "chain", texts(&s->r->waits));
    add_images(s, o);
    return o;
}

/* ---- parts */

json_t *bl_look_parts(struct bl_server *s)
{
    struct bl_sim *sim = s->r->u->sim;
    json_t *a = json_array();
    struct bl_part_row row;
    struct bl_verdict_row v;
    struct bl_stand_row at;

    for (size_t i = 0; i < bl_part_count(sim) && json_array_size(a) < ROWS_MOST; i++) {
        bl_part_at(sim, i, &row);
        if (!row.elapsed)
            continue;
        json_t *spent = json_array();
        for (uint32_t k = 0; k < row.verdicts; k++) {
            bl_verdict_at(sim, i, k, &v);
            json_array_append_new(spent, json_pack("{s:s, s:o}", "name", v.name, "spent", bl_j_of_count(v.spent)));
        }
        bl_stand_at(sim, i, &at);
        json_array_append_new(a, json_pack("{s:o, s:o, s:s, s:s, s:o, s:f, s:o}", "path", bl_j_of_text(row.path), "class", bl_j_of_text(row.cls), "unit",
            row.in_cycles ? "cycles" : "fs", "verdict", at.verdict ? at.verdict : "", "elapsed", bl_j_of_count(row.elapsed), "energy_j", (double)row.energy * 1e-24,
            "verdicts", spent));
    }
    return a;
}

static json_t *wait_of(const struct bl_part_row *part, const struct bl_stand_row *at, uint64_t now)
{
    char text[40], port[300] = "";
    const uint64_t since = at->since_fs < now ? at->since_fs : now;

    if (at->port)
        snprintf(port, sizeof port, at->of > 1 ? "%s[%u]" : "%s", at->port, at->index);
    return json_pack("{s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:s}", "part", bl_j_of_text(part->path), "verdict", at->verdict, "rests", at->rests, "port",
                     *port ? bl_j_of_text(port) : json_null(), "peer", bl_j_of_text(at->peer), "peer_verdict", bl_j_of_text(at->peer_verdict),
                     "waits_fs", bl_j_of_count(now - since), "waits", bl_time_text(now - since, text));
}

/* Who does not work: for whom, and how long. */
json_t *bl_look_waits(struct bl_server *s)
{
    struct bl_sim *sim = s->r->u->sim;
    json_t *a = json_array();
    struct bl_part_row row;
    struct bl_stand_row at;

    for (size_t i = 0; i < bl_part_count(sim) && json_array_size(a) < ROWS_MOST; i++) {
        bl_stand_at(sim, i, &at);
        if (!at.verdict || at.number == 1 || (!at.number && !at.peer))
            continue;
        bl_part_at(sim, i, &row);
        json_array_append_new(a, wait_of(&row, &at, bl_now(sim)));
    }
    return a;
}

/* ---- channels */

static json_t *end_text(const struct bl_channel_end *e)
{
    char text[1100];

    if (!e->part)
        return json_null();
    snprintf(text, sizeof text, e->of > 1 ? "%s.%s[%u]" : "%s.%s", e->part, e->port, e->index);
    return bl_j_of_text(text);
}

static json_t *channel(struct bl_server *s, const struct bl_channel_row *c)
{
    uint64_t most;
    json_t *o = json_pack("{s:o, s:o, s:i, s:i, s:o, s:o, s:b}", "from", end_text(&c->from), "to", end_text(&c->to), "level", (int)c->level, "capacity",
                          (int)c->capacity, "pushed", bl_j_of_count(c->pushed), "popped", bl_j_of_count(c->popped), "pipe", c->pipe);

    if (bl_high_of(s, &c->from, &most))
        json_object_set_new(o, "high", bl_j_of_count(most > c->level ? most : c->level));
    else
        json_object_set_new(o, "high", json_null());
    return o;
}

json_t *bl_look_channels(struct bl_server *s)
{
    const uint64_t since = bl_high_since(s);
    struct bl_channel_row c;
    json_t *a = json_array();

    for (size_t i = 0; i < bl_channel_count(s->r->u->sim) && json_array_size(a) < ROWS_MOST; i++) {
        bl_channel_at(s->r->u->sim, i, &c);
        if (!c.from.part && !c.to.part)          /* an end that is wired to nobody */
            continue;
        json_array_append_new(a, channel(s, &c));
    }
    return json_pack("{s:o, s:o}", "high_since_fs", since == BL_FOREVER ? json_null() : bl_j_of_count(since), "rows", a);
}

/* ---- the critical path, layers */

json_t *bl_look_path(struct bl_server *s)
{
    const size_t n = bl_path_numbers(s->r->u->sim);
    uint64_t *v = n ? calloc(n, sizeof *v) : NULL;
    char text[600];

    if (!v)
        return json_null();
    bl_path_total(s->r->u->sim, v);
    json_t *path = bl_j_of_path(s->r->u->sim, v);
    free(v);
    bl_path_headline(path, text, sizeof text);
    json_object_set_new(path, "text", bl_j_of_text(text));
    json_object_del(path, "ties");
    return path;
}

static json_t *rate(uint64_t items, double seconds) { return seconds > 0 ? json_real((double)items / seconds) : json_null(); }

json_t *bl_look_layers(struct bl_server *s)
{
    const struct bl_result *x = s->r->u->job ? bl_job_result(s->r->u->job) : NULL;
    json_t *a = json_array();

    for (uint32_t i = 0; x && i < x->nlayers && i < s->live.nlayers; i++)
        json_array_append_new(a, json_pack("{s:o, s:s, s:o, s:i, s:o, s:o, s:o}", "name", bl_j_of_text(x->layers[i].name), "kind", x->layers[i].kind, "done",
            bl_j_of_count(s->live.items[i]), "of", (int)s->r->u->count, "cycles", bl_j_of_count(x->layers[i].cycles), "per_simulated_s",
            rate(s->live.items[i], seconds_of(bl_now(s->r->u->sim))), "per_wall_s", rate(s->done ? s->done[i] : 0, s->ran_s)));
    return a;
}

/* ---- traces and snapshots */

json_t *bl_look_watches(struct bl_server *s)
{
    json_t *a = json_array();

    for (size_t i = 0; i < s->live.nwatches; i++) {
        const struct bl_watch *w = &s->live.watch[i];
        json_array_append_new(a, json_pack("{s:i, s:o, s:b, s:o, s:o}", "number", (int)w->number, "globs", texts(&w->globs), "open", w->trace != NULL, "from_fs",
                                           bl_j_of_count(w->from), "to_fs", bl_j_of_count(w->to)));
    }
    return a;
}

json_t *bl_look_snapshots(struct bl_server *s)
{
    json_t *a = json_array();
    char text[40];

    for (size_t i = 0; i < s->live.nkept; i++)
        json_array_append_new(a, json_pack("{s:o, s:s}", "fs", bl_j_of_count(s->live.kept[i].fs), "at", bl_time_text(s->live.kept[i].fs, text)));
    return a;
}
