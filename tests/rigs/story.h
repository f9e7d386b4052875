/* story.h - one story: actors, wires, what the host does, and what must be told; played in several ways. The text of one is
 * described in tests/README.md ("Stories"). */
#ifndef BL_TESTS_STORY_H
#define BL_TESTS_STORY_H

#include "kernel/ieee/inside.h"
#include "tests/rigs/actor.h"

static struct kp_told told;

/* ---- the text of a story, taken apart ---- */

enum { IN_PIECES = 1, IN_OTHER_ORDERS = 2, WITHOUT_NAPS = 4 };

struct role { char path[16], cls[16]; unsigned lanes, bits; struct act acts[ACTS]; };
struct play {
    struct role role[32];
    size_t nroles;
    char wiring[2048], host[1024], story[4096], told[1024];
    bool refused;
    unsigned ways;                 /* in which it is played beside the plain one */
};

static inline void append(char *to, size_t room, const char *between, const char *text)
{
    size_t n = strlen(to);

    KP_HOLDS((size_t)snprintf(to + n, room - n, "%s%s", n ? between : "", text) < room - n, "too long: %s", text);
}
#define APPEND(to, between, text) append(to, sizeof(to), between, text)

/* "NAME NAME ... [method|plain|clocked|pair] [lanes N] [bits N]: ACTS" */
static inline void read_role(struct play *p, char *head, const char *script)
{
    size_t first = p->nroles;
    struct role as = { .cls = "process", .lanes = 1, .bits = 8 };
    char *rest = NULL;

    read_acts(as.acts, script);
    for (char *word = strtok_r(head, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (!strcmp(word, "lanes"))
            as.lanes = (unsigned)strtoul(strtok_r(NULL, " ", &rest), NULL, 10);
        else if (!strcmp(word, "bits"))
            as.bits = (unsigned)strtoul(strtok_r(NULL, " ", &rest), NULL, 10);
        else if (!strcmp(word, "method") || !strcmp(word, "plain") || !strcmp(word, "clocked") || !strcmp(word, "pair"))
            snprintf(as.cls, sizeof as.cls, "%s", word);
        else {
            KP_HOLDS(p->nroles < 32, "too many actors: %s", word);
            snprintf(p->role[p->nroles++].path, sizeof as.path, "%s", word);
        }
    }
    for (size_t i = first; i < p->nroles; i++) {
        memcpy(as.path, p->role[i].path, sizeof as.path);
        p->role[i] = as;
    }
}

static inline unsigned way_of(const char *text)
{
    KP_HOLDS(!strcmp(text, "in pieces") || !strcmp(text, "in other orders") || !strcmp(text, "without naps"), "not %s?", text);
    return *text == 'w' ? WITHOUT_NAPS : text[3] == 'p' ? IN_PIECES : IN_OTHER_ORDERS;
}

static inline void read_line(struct play *p, char *line)
{
    size_t n = strcspn(line, " :");
    char word[32], *text = line + n + strspn(line + n, " :"), *script = strchr(line, ':');

    snprintf(word, sizeof word, "%.*s", (int)n, line);
    if (!strcmp(word, "story"))
        APPEND(p->story, ", ", text);
    else if (!strcmp(word, "told") || !strcmp(word, "refused")) {
        p->refused |= *word == 'r';
        APPEND(p->told, "\n", line + n + 1);            /* its own blanks are kept */
    } else if (!strcmp(word, "host"))
        APPEND(p->host, ", ", text);
    else if (!strcmp(word, "not"))
        p->ways &= ~way_of(text);
    else if (!strcmp(word, "wire") || !strcmp(word, "clock") || !strcmp(word, "part") || !strcmp(word, "set"))
        APPEND(p->wiring, "; ", line);
    else if (strcmp(word, "rule")) {
        KP_HOLDS(script, "no line of a story: %s", line);
        *script = 0;
        read_role(p, line, script + 1);
    }
}

static inline void read_play(struct play *p, const char *text)
{
    char line[1024];

    memset(p, 0, sizeof *p);
    p->ways = IN_PIECES | IN_OTHER_ORDERS | WITHOUT_NAPS;
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
        text += strspn(text, " ");
        KP_HOLDS((size_t)snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text) < sizeof line, "too long: %s", line);
        if (*line && *line != '#')
            read_line(p, line);
    }
    if (!*p->host)
        strcpy(p->host, "run 1000");
}

/* ---- on the stage ---- */

/* A part that controls nobody controls itself: a BL_PROCESS field is wired. */
static inline void wire_own(struct bl_sim *s, const struct play *p, const struct role *r)
{
    char from[32], to[32];

    snprintf(from, sizeof from, "%.15s.w", r->path);
    snprintf(to, sizeof to, "%.15s.process", r->path);
    if (!strstr(p->wiring, from) && (!strcmp(r->cls, "process") || !strcmp(r->cls, "pair")))
        kp_ok(bl_wire(s, from, to, KP_WORD, NULL));
}

/* Of actors and, when `classes` are given, of parts of these; it is not elaborated yet. */
static inline struct bl_sim *story_built(const struct play *p, const struct bl_class *const *classes)
{
    static const struct bl_class *const actors[] = { ACTOR_CLASSES, NULL };
    struct bl_sim *s = bl_open(classes ? classes : actors, kp_listen(&told));
    char where[16];

    story_starts();
    for (const struct role *r = p->role; r < p->role + p->nroles; r++) {
        snprintf(where, sizeof where, "a:%d", (int)(r - p->role) + 1);
        kp_ok(bl_add(s, r->path, r->cls, NULL, where));
        kp_setf(s, r->path, "lanes", r->lanes);
        kp_setf(s, r->path, "bits", r->bits);
        kp_ok(bl_supply(s, r->path, "acts", r->acts, sizeof r->acts));
    }
    kp_script(s, p->wiring);
    for (const struct role *r = p->role; r < p->role + p->nroles; r++)
        wire_own(s, p, r);
    return s;
}

/* ---- what the host does, by its words ---- */

enum way { PLAINLY, PIECES, AWAKE, ORDER };
struct stage {
    struct bl_sim *s;
    const char *name;
    enum way way;
    uint64_t seed, deltas, activations;     /* of its last run, and how that ended */
    enum bl_end end;
};

/* An assertion that says which story, and how it was played. */
#define HOLDS_OF(g, ok, ...) do { if (!(ok)) does_not_hold(g, __VA_ARGS__); } while (0)
static inline void does_not_hold(const struct stage *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void does_not_hold(const struct stage *g, const char *fmt, ...)
{
    static const char *const ways[] = { "", ", in pieces", ", without naps", ", in order " };
    static char text[10000];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ck_abort_msg("%s%s%s\n  %s", g->name, ways[g->way], g->way != ORDER ? "" : (const char *[]){ "0", "1", "2", "3" }[g->seed], text);
}

static inline bool goes_on(const struct stage *g) { return g->end == BL_END_LIMIT || g->end == BL_END_STARVED; }

static inline void host_runs(struct stage *g, uint64_t until, const char *end)
{
    static const char *const names[] = { "limit", "stopped", "paused", "starved", "interrupted", "failed", "break" };
    uint64_t deltas = bl_deltas(g->s), activations = bl_activations(g->s), now = bl_now(g->s);

    g->end = BL_END_LIMIT;
    for (uint64_t t = now + 1; g->way == PIECES && goes_on(g) && t < until && until - now <= 2000; t++)
        g->end = bl_run(g->s, t);
    if (goes_on(g))
        g->end = bl_run(g->s, until);
    g->deltas = bl_deltas(g->s) - deltas;
    g->activations = bl_activations(g->s) - activations;
    if (g->way == AWAKE && !strcmp(end, "starved"))
        end = "limit";                       /* the clock goes on */
    HOLDS_OF(g, *end ? !strcmp(names[g->end], end) : g->end != BL_END_FAILED, "run %llu: %s; expected %s; told: %s",
             (unsigned long long)until, names[g->end], *end ? end : "no failure", told.text);
}

/* One of "P.a5": event a of actor P is notified 5 from now; "P.a-": withdrawn; `at`: it fires at 5, and is notified just before. */
static inline void host_notifies(struct stage *g, char *item, bool at)
{
    char *dot = strrchr(item, '.');

    KP_HOLDS(dot && dot[1], "expected ACTOR.EVENT and a time: %s", item);
    *dot = 0;
    struct actor *t = bl_part_of(g->s, item);
    KP_HOLDS(t, "no actor: %s", item);
    bl_event e = dot[1] == 'a' ? t->a : dot[1] == 'b' ? t->b : t->c;
    uint64_t fs = strtoull(dot + 2, NULL, 10);
    if (at && fs - 1 > bl_now(g->s))
        host_runs(g, fs - 1, "");
    if (dot[2] == '-')
        bl_cancel(t, e);
    else
        bl_notify(t, e, at ? fs - bl_now(g->s) : fs);
}

static inline void is(const struct stage *g, const char *what, uint64_t got, uint64_t expected)
{
    HOLDS_OF(g, got == expected, "%s: %llu; expected %llu", what, (unsigned long long)got, (unsigned long long)expected);
}

static inline void host_does(struct stage *g, char *text)
{
    char *rest = NULL, *word = strtok_r(text, " ", &rest), *object = strtok_r(NULL, " ", &rest);
    uint64_t n = object ? strtoull(object, NULL, 10) : 0;

    if (!strcmp(word, "run")) {
        char *end = strtok_r(NULL, " ", &rest);
        host_runs(g, !strcmp(object, "forever") ? BL_FOREVER : n, end ? end : "");
    } else if (!strcmp(word, "notify") || !strcmp(word, "fire"))
        for (; object; object = strtok_r(NULL, " ", &rest))
            host_notifies(g, object, *word == 'f');
    else if (!strcmp(word, "interrupt"))
        bl_interrupt(g->s);
    else if (!strcmp(word, "at"))
        is(g, word, bl_now(g->s), n);
    else if (!strcmp(word, "deltas"))
        is(g, word, g->deltas, n);
    else if (!strcmp(word, "activations"))
        is(g, word, g->activations, n);
    else if (!strcmp(word, "/"))
        story_n += (size_t)snprintf(story + story_n, sizeof story - story_n, "%s/", story_n ? ", " : "");
    else
        kp_ok(bl_control_part(g->s, object, (unsigned)verb_of(word) - DO_CONTROL));
}

/* "[ ... ]N" is written out. */
static inline void host_plays(struct stage *g, const char *text)
{
    char one[128];
    const char *back = NULL;
    unsigned long rounds = 0;

    for (text += strspn(text, ", "); *text; text += strspn(text, ", ")) {
        if (*text == '[') {
            back = ++text;
            rounds = 0;
        } else if (*text == ']') {
            char *end;
            text = ++rounds < strtoul(text + 1, &end, 10) ? back : end;
        } else {
            size_t n = strcspn(text, ",[]");
            snprintf(one, sizeof one, "%.*s", (int)n, text);
            host_does(g, one);
            text += n;
        }
    }
}

/* ---- played and compared ---- */

static inline int by_text(const void *a, const void *b) { return strcmp(a, b); }

/* In another order only what is told at different times has an order: sorts each run of equal times. */
static inline void sort_times(char *text, size_t room)
{
    static char said[400][64];
    size_t n = 0, from = 0;
    char *rest = NULL;

    for (char *one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
        KP_HOLDS(n < 400, "too much is told");
        snprintf(said[n++], sizeof *said, "%s", one + (*one == ' '));
    }
    for (size_t i = 1; i <= n; i++)
        if (i == n || !strrchr(said[i], ' ') || !strrchr(said[from], ' ') || strcmp(strrchr(said[i], ' '), strrchr(said[from], ' '))) {
            qsort(said + from, i - from, sizeof *said, by_text);
            from = i;
        }
    *text = 0;
    for (size_t i = 0; i < n; i++)
        append(text, room, ", ", said[i]);
}

static inline int by_letter(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }
/* ... and a message may name the same parts the other way round. */
static inline void sort_letters(char *text) { qsort(text, strlen(text), 1, by_letter); }

static inline void play_once(const struct play *p, struct stage *g)
{
    static char want[sizeof p->story];

    g->s = story_built(p, NULL);
    if (g->way >= AWAKE)
        bl_option(g->s, g->way == AWAKE ? BL_NO_NAP : BL_SHUFFLE, g->seed);
    bool bad = bl_elaborate(g->s) != 0;
    HOLDS_OF(g, bad == p->refused, "%s", bad ? told.text : "it is not refused");
    if (!bad)
        host_plays(g, p->host);
    strcpy(want, p->story);
    if (g->way == ORDER) {
        sort_times(want, sizeof want);
        sort_times(story, sizeof story);
    }
    HOLDS_OF(g, !strcmp(story, want), "expected: %s\n  got:      %s", want, story);
    strcpy(want, p->told);
    if (g->way == ORDER) {
        sort_letters(want);
        sort_letters(told.text);
    }
    HOLDS_OF(g, !strcmp(told.text, want), "expected to be told: %s\n  got:                 %s", want, told.text);
    HOLDS_OF(g, bad || g->end != BL_END_STARVED || !g->s->core->wheel.levels, "a timer is left behind");
    bl_close(g->s);
}

/* Plays it plainly, in pieces of 1 fs, with everybody awake, and in three other orders of the evaluate phases. */
static inline void story_holds(const struct play *p, const char *name)
{
    play_once(p, &(struct stage){ .name = name });
    if (p->ways & IN_PIECES && !p->refused)
        play_once(p, &(struct stage){ .name = name, .way = PIECES });
    if (p->ways & WITHOUT_NAPS && !p->refused && strstr(p->wiring, "clock "))
        play_once(p, &(struct stage){ .name = name, .way = AWAKE, .seed = 1 });
    for (uint64_t seed = 1; seed < 4 && p->ways & IN_OTHER_ORDERS && !p->refused; seed++)
        play_once(p, &(struct stage){ .name = name, .way = ORDER, .seed = seed });
}

/* For tests that play it themselves. */
static inline struct bl_sim *story_opened(const char *text, const struct bl_class *const *classes)
{
    static struct play p[2];
    static int turn;

    turn = !turn;                            /* two may be open: what actors do is in `p` */
    read_play(&p[turn], text);
    return story_built(&p[turn], classes);
}

static inline void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }

#endif
