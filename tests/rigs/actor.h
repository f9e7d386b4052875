/* actor.h - parts that do what a line of text says: processes, methods, and ticks of a clock, for the tests of the event layer.
 * A script is a list of acts, separated by commas; tests/README.md ("Stories") has the table of them. */
#ifndef BL_TESTS_ACTOR_H
#define BL_TESTS_ACTOR_H

#include "tests/rigs/kp_build.h"

/* ---- the story: who told what, and when ---- */

static char story[8192];
static size_t story_n;

static inline void story_starts(void)
{
    story[0] = 0;
    story_n = 0;
}

static inline void tell(const void *self, const char *what)
{
    story_n += (size_t)snprintf(story + story_n, sizeof story - story_n, "%s%s %s %llu", story_n ? ", " : "", bl_path(self),
                                what, (unsigned long long)bl_time(self));
    KP_HOLDS(story_n < sizeof story, "story too long");
}

static inline void story_is(const char *expected)
{
    ck_assert_str_eq(story, expected);
    story_starts();
}

/* ---- acts, read from text ---- */

enum verb {
    DO_LAST,
    DO_AT, DO_AFTER, DO_ONE, DO_ANY, DO_ALL, DO_ONE_FOR, DO_ANY_FOR, DO_ALL_FOR, DO_LISTED, DO_MOVES, DO_MOVES_FOR,     /* waits */
    DO_TAKE, DO_TAKE_FOR, DO_PUSH, DO_LOCK,
    DO_TRY, DO_UNLOCK, DO_NOTIFY, DO_NOW, DO_CANCEL, DO_PUT, DO_COUNT, DO_INIT, DO_SAY, DO_TELL, DO_SEE,
    DO_STOP, DO_PAUSE, DO_FAIL, DO_NAP, DO_PIECE, DO_ONCE, DO_REPEAT, DO_BACK,
    DO_NEXT_TIME, DO_NEXT_ONE, DO_NEXT_ANY, DO_NEXT_ALL, DO_NEXT_LIST, DO_END,
    DO_CONTROL                     /* + enum bl_control */
};
struct act {
    enum verb verb;
    uint32_t n;                    /* rounds; an enum bl_control */
    uint64_t fs;                   /* until, for, at most, after; releases of a list; an item */
    char text[64];                 /* names of events ("ab"), digits, a word to say */
};
enum { ACTS = 64 };

/* What follows the word may make another verb of DO_ONE, DO_NEXT_TIME and DO_TAKE. */
static const struct { const char *word; enum verb verb; } verbs[] = {
    { "await", DO_ONE },     { "take", DO_TAKE },     { "push", DO_PUSH },     { "lock", DO_LOCK },     { "try", DO_TRY },
    { "unlock", DO_UNLOCK }, { "notify", DO_NOTIFY }, { "now", DO_NOW },       { "cancel", DO_CANCEL }, { "put", DO_PUT },
    { "count", DO_COUNT },   { "init", DO_INIT },     { "say", DO_SAY },       { "tell", DO_TELL },     { "see", DO_SEE },
    { "stop", DO_STOP },     { "pause", DO_PAUSE },   { "fail", DO_FAIL },     { "nap", DO_NAP },       { "once", DO_ONCE },
    { "next", DO_NEXT_TIME }, { "end", DO_END },
    { "suspend", DO_CONTROL + BL_SUSPEND }, { "resume", DO_CONTROL + BL_RESUME }, { "disable", DO_CONTROL + BL_DISABLE },
    { "enable", DO_CONTROL + BL_ENABLE },   { "reset", DO_CONTROL + BL_RESET },   { "kill", DO_CONTROL + BL_KILL },
};

static inline enum verb verb_of(const char *word)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(verbs[i].word, word))
            return verbs[i].verb;
    ck_abort_msg("an actor cannot '%s'", word);
    return DO_LAST;
}

static inline bool speaks_of_events(enum verb verb)
{
    return verb == DO_ONE || verb == DO_NEXT_TIME || verb == DO_NOTIFY || verb == DO_NOW || verb == DO_CANCEL;
}

/* What follows the word of an act: "a or b for 10". */
static inline void read_object(struct act *a, char **rest)
{
    const enum verb verb = a->verb;
    bool all = false, limited = false;

    for (char *word; (word = strtok_r(NULL, " ", rest));) {
        size_t n = strlen(a->text);
        bool number = *word >= '0' && *word <= '9', event = *word >= 'a' && *word <= 'c' && !word[1];
        a->fs = number ? strtoull(word, NULL, 10) : a->fs;
        all |= !strcmp(word, "and");
        limited |= !strcmp(word, "for");
        if (!speaks_of_events(verb) || event)
            snprintf(a->text + n, sizeof a->text - n, "%s", word);
        else if (!strcmp(word, "list"))
            a->verb = verb == DO_ONE ? DO_LISTED : DO_NEXT_LIST;
        else if (!strcmp(word, "d") && verb == DO_ONE)
            a->verb = DO_MOVES;
        else
            KP_HOLDS(number || !strcmp(word, "or") || !strcmp(word, "and") || !strcmp(word, "for"), "no event: '%s'", word);
    }
    if (a->verb == DO_ONE)
        a->verb = (limited ? DO_ONE_FOR : DO_ONE) + (!a->text[1] ? 0 : all ? 2 : 1);
    else if (a->verb == DO_NEXT_TIME && a->text[0])
        a->verb = !a->text[1] ? DO_NEXT_ONE : all ? DO_NEXT_ALL : DO_NEXT_ANY;
    else if (limited)
        a->verb += a->verb == DO_MOVES || a->verb == DO_TAKE;
}

/* Reads one act, and returns what comes behind it. */
static inline const char *read_act(struct act *a, const char *p)
{
    char text[128], *rest = NULL, *word;
    size_t n = *p == '[' || *p == ']' || *p == '/' ? 1 : strcspn(p, *p == '@' || *p == '+' ? " ,]" : ",[]/");

    memset(a, 0, sizeof *a);
    KP_HOLDS(n < sizeof text, "too long: %s", p);
    snprintf(text, sizeof text, "%.*s", (int)n, p);
    a->verb = *p == '[' ? DO_REPEAT : *p == ']' ? DO_BACK : *p == '/' ? DO_PIECE : *p == '@' ? DO_AT : *p == '+' ? DO_AFTER : DO_LAST;
    if (*p == ']') {
        a->n = (uint32_t)strtoul(p + 1, NULL, 10);
        n += strspn(p + 1, "0123456789");
    } else if (*p == '@' || *p == '+') {
        a->fs = strtoull(p + 1, NULL, 10);
    } else if (a->verb == DO_LAST && (word = strtok_r(text, " ", &rest))) {
        a->verb = verb_of(word);
        if (a->verb >= DO_CONTROL) {
            a->n = (uint32_t)(a->verb - DO_CONTROL);
            a->verb = DO_CONTROL;
        }
        read_object(a, &rest);
    }
    return p + n;
}

/* All acts of a script; the last one is DO_LAST. */
static inline void read_acts(struct act *a, const char *p)
{
    struct act *end = a + ACTS - 1;

    for (p += strspn(p, ", "); *p; p += strspn(p, ", ")) {
        KP_HOLDS(a < end, "more than %d acts", ACTS - 1);
        p = read_act(a++, p);
    }
    *a = (struct act){ .verb = DO_LAST };
}

/* ---- the part ---- */

struct actor {
    struct bl_part p;
    bl_event a, b, c;
    bl_lock m;
    bl_process w;                   /* whom it controls */
    bl_in d;
    bl_out q;
    bl_pop x;
    bl_push y;
    bl_table acts;
    int64_t lanes, bits;
    uint32_t step, rounds, timed;   /* the act, rounds of [...], the last wait was for a time alone */
    uint8_t seen;                   /* of d, when it last went on */
};

static inline const struct act *act_of(const struct actor *t) { return BL_ROWS(struct act, t->acts) + t->step; }

/* The i-th event of an act; behind the last one it is the last one again. */
static inline bl_event event_of(const struct actor *t, size_t i)
{
    const char *names = act_of(t)->text;
    size_t n = strlen(names);
    char name = n ? names[i < n ? i : n - 1] : 'a';

    return name == 'a' ? t->a : name == 'b' ? t->b : t->c;
}

/* "late" when the last wait ended by its limit, else what is to be said. */
static inline void say(struct actor *t, const char *what) { tell(t, !t->timed && bl_timed_out(t) ? "late" : what); }

/* The events that fired for this phase, or "on". */
static inline void tell_why(struct actor *t)
{
    char text[8] = "";

    snprintf(text, sizeof text, "%s%s%s", bl_triggered(t, t->a) ? "a" : "", bl_triggered(t, t->b) ? "b" : "",
             bl_triggered(t, t->c) ? "c" : "");
    say(t, *text ? text : "on");
}

/* One digit a lane: hexadecimal, or with two bits a lane the four states. */
static inline void put_digits(struct actor *t, const char *digits)
{
    const char *alphabet = t->bits == 2 ? "01zx" : "0123456789abcdef";

    for (uint32_t l = 0; l < bl_out_lanes(t->q); l++) {
        KP_HOLDS(strchr(alphabet, *digits), "no digit: %s", digits);
        bl_put8(t->q)[l] = (uint8_t)(strchr(alphabet, *digits) - alphabet);
        digits += digits[1] != 0;
    }
}

static inline void tell_digits(struct actor *t)
{
    char text[32] = "";

    for (uint32_t l = 0; l < bl_in_lanes(t->d); l++)
        text[l] = (t->bits == 2 ? "01zx" : "0123456789abcdef")[bl_get8(t->d)[l] & 15];
    tell(t, text);
}

static inline void take_one(struct actor *t)
{
    char text[16] = "none";

    if (bl_avail(t->x))
        snprintf(text, sizeof text, "%d", *bl_pop8(t->x));
    tell(t, text);
}

static inline void try_lock(struct actor *t) { tell(t, bl_try_lock(t, t->m) ? "takes" : "none"); }
static inline void unlock(struct actor *t)
{
    tell(t, "gives");
    bl_unlock(t, t->m);
}

/* An act that does not wait. */
static inline void act(struct actor *t)
{
    const struct act *o = act_of(t);
    const bl_event two[] = { event_of(t, 0), event_of(t, 1) };

    switch (o->verb) {
    case DO_NOTIFY:    bl_notify(t, event_of(t, 0), o->fs); break;
    case DO_NOW:       bl_notify_now(t, event_of(t, 0)); break;
    case DO_CANCEL:    bl_cancel(t, event_of(t, 0)); break;
    case DO_PUT:       put_digits(t, o->text); break;
    case DO_COUNT:     ++*bl_put8(t->q); break;
    case DO_PUSH:      *bl_push8(t->y) = (uint8_t)o->fs; break;
    case DO_TAKE: case DO_TAKE_FOR: take_one(t); break;
    case DO_LOCK:      tell(t, "takes"); break;
    case DO_TRY:       try_lock(t); break;
    case DO_UNLOCK:    unlock(t); break;
    case DO_CONTROL:   bl_control(t, t->w, (enum bl_control)o->n); break;
    case DO_SAY:       say(t, o->text); break;
    case DO_TELL:      tell_why(t); break;
    case DO_SEE:       tell_digits(t); break;
    case DO_STOP:      bl_stop(t); break;
    case DO_PAUSE:     bl_pause(t); break;
    case DO_FAIL:      bl_fail(t, "phase %d %s", 7, o->text); break;
    case DO_NEXT_TIME: bl_next_time(t, o->fs); break;
    case DO_NEXT_ONE:  bl_next_event(t, two[0]); break;
    case DO_NEXT_ANY:  bl_next_any(t, two, 2); break;
    case DO_NEXT_ALL:  bl_next_all(t, two, 2); break;
    case DO_NEXT_LIST: bl_next_static(t); break;
    case DO_END:       t->p.wait = BL_WAIT_END; break;
    case DO_ONCE:
        while (bl_time(t) && act_of(t)[1].verb != DO_REPEAT)
            t->step++;
        break;
    case DO_REPEAT:    t->rounds = 0; break;
    case DO_BACK:
        t->rounds++;
        while (o->n != t->rounds && act_of(t)->verb != DO_REPEAT)
            t->step--;
        break;
    default:        break;
    }
}

static inline bool doing(const struct actor *t, enum verb verb) { return act_of(t)->verb == verb; }

/* The macros of waits want a list written out. An event that stands there twice counts once: these are more than there is room for. */
#define EACH event_of(t, 0), event_of(t, 1), event_of(t, 2), event_of(t, 3), event_of(t, 4)

static bl_verdict process_run(void *self)
{
    struct actor *t = self;

    BL_BEGIN(t);
    t->timed = false;
    for (t->step = 0; !doing(t, DO_LAST); t->step++) {
        t->seen = *bl_get8(t->d);
        if (act_of(t)->verb <= DO_LOCK)
            t->timed = act_of(t)->verb <= DO_AFTER;
        if (doing(t, DO_AT))
            AWAIT_TIME(act_of(t)->fs - bl_time(t), BL_IDLE);
        if (doing(t, DO_AFTER))
            AWAIT_TIME(act_of(t)->fs, BL_BUSY);
        if (doing(t, DO_ONE))
            AWAIT_EVENT(event_of(t, 0), BL_IDLE);
        if (doing(t, DO_ANY))
            AWAIT_ANY(BL_IDLE, EACH);
        if (doing(t, DO_ALL))
            AWAIT_ALL(BL_IDLE, EACH);
        if (doing(t, DO_ONE_FOR))
            AWAIT_EVENT_FOR(event_of(t, 0), act_of(t)->fs, BL_IDLE);
        if (doing(t, DO_ANY_FOR))
            AWAIT_ANY_FOR(act_of(t)->fs, BL_IDLE, EACH);
        if (doing(t, DO_ALL_FOR))
            AWAIT_ALL_FOR(act_of(t)->fs, BL_IDLE, EACH);
        if (doing(t, DO_LISTED))
            AWAIT_STATIC((uint32_t)act_of(t)->fs, BL_IDLE);
        if (doing(t, DO_MOVES))
            AWAIT(*bl_get8(t->d) != t->seen, BL_IDLE);
        if (doing(t, DO_MOVES_FOR))
            AWAIT_FOR(*bl_get8(t->d) != t->seen, act_of(t)->fs, BL_IDLE);
        if (doing(t, DO_TAKE))
            AWAIT(bl_avail(t->x), BL_IDLE);
        if (doing(t, DO_TAKE_FOR))
            AWAIT_FOR(bl_avail(t->x), act_of(t)->fs, BL_IDLE);
        if (doing(t, DO_PUSH))
            AWAIT(bl_room(t->y), BL_IDLE);
        if (doing(t, DO_LOCK))
            AWAIT_LOCK(t->m, BL_IDLE);
        act(t);
    }
    BL_END;
}

/* The acts up to the next '/' (the last piece again and again), in one go. True when a nap is among them. */
static inline bool do_piece(struct actor *t)
{
    const uint32_t first = t->step;
    bool naps = false;

    for (; !doing(t, DO_PIECE) && !doing(t, DO_LAST); t->step++) {
        naps |= doing(t, DO_NAP);
        act(t);
    }
    t->step = doing(t, DO_LAST) ? first : t->step + 1;
    return naps;
}

static bl_verdict method_run(void *self)
{
    struct actor *t = self;

    BL_METHOD(t);
    do_piece(t);
    return BL_BUSY;
}

/* Released when its input moves. */
static bl_verdict plain_run(void *self)
{
    do_piece(self);
    return BL_IDLE;
}

static bl_verdict clocked_tick(void *self)
{
    struct actor *t = self;

    t->timed = true;
    return do_piece(t) ? BL_NAP(BL_IDLE) : BL_BUSY;
}

static int actor_init(void *self)
{
    struct actor *t = self;

    if (doing(t, DO_INIT))
        put_digits(t, act_of(t)->text);
    return 0;
}

#define ACTOR_WIDE(K, f, help) K(struct actor, f, BL_BY(struct actor, lanes), BL_BY(struct actor, bits), help)
#define ACTOR_FIELDS \
    BL_EVENT(struct actor, a, "an event"), BL_EVENT(struct actor, b, "an event"), BL_EVENT(struct actor, c, "an event"), \
    ACTOR_WIDE(BL_IN_OPT, d, "a word"), ACTOR_WIDE(BL_OUT, q, "a word"), ACTOR_WIDE(BL_POP_OPT, x, "items"), \
    ACTOR_WIDE(BL_PUSH_OPT, y, "items"), BL_DATA(struct actor, acts, struct act, "what it does"), BL_PARAM(struct actor, lanes, 1, 1, 16, "lanes"), BL_PARAM(struct actor, bits, 8, 1, 8, "bits")
#define ACTOR_CLASS(n, run_or_tick) { .name = #n, .help = "acts", .size = sizeof(struct actor), .init = actor_init, run_or_tick, \
                                      .fields = n##_fields }
static const struct bl_field process_fields[] = {
    ACTOR_FIELDS, BL_MUTEX(struct actor, m, "a mutex"), BL_PROCESS(struct actor, w, "is controlled"), { 0 }
};
static const struct bl_field pair_fields[] = {
    ACTOR_FIELDS, BL_SEMAPHORE(struct actor, m, 2, "two places"), BL_PROCESS(struct actor, w, "is controlled"), { 0 }
};
static const struct bl_field method_fields[] = { ACTOR_FIELDS, { 0 } };
#define plain_fields method_fields
#define clocked_fields method_fields
static const struct bl_class process_class = ACTOR_CLASS(process, .run = process_run), pair_class = ACTOR_CLASS(pair, .run = process_run),
                             method_class = ACTOR_CLASS(method, .run = method_run), plain_class = ACTOR_CLASS(plain, .run = plain_run),
                             clocked_class = ACTOR_CLASS(clocked, .tick = clocked_tick);

#define ACTOR_CLASSES &process_class, &pair_class, &method_class, &plain_class, &clocked_class

#endif
