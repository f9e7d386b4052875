/* tables.c - class tables checked, once a class that is used: where fields lie, what they are called, what they say. A table is C of
 * the modeller: what is wrong in it is said by the call that uses the class first. */
#include "kernel/kernel.h"

/* ---- names ---- */

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/* Of a class or a field: letters, digits and _; a view may also be that of a part of a field, "pipe.x" or "reg[2]". */
static bool good_name(const char *name, bool view)
{
    if (!letter(*name))
        return false;
    while (letter(*name) || (*name >= '0' && *name <= '9') || (view && *name && strchr(".[]->", *name)))
        name++;
    return !*name;
}

/* The table of bl_open has one class of a name. */
static int check_name(struct bl_sim *s, const struct bl_class *c)
{
    uint32_t n = 0;

    for (const struct bl_class *const *k = s->classes; *k; k++)
        n += !strcmp((*k)->name, c->name);
    if (n > 1)
        return bl_error(s->diag, "class %s: %u classes of the table given to bl_open are called so; expected one", c->name, n);
    if (!good_name(c->name, false))
        return bl_error(s->diag, "class '%s': expected a name of letters, digits and _", c->name);
    return 0;
}

/* ---- where fields lie ---- */

/* What a field needs of its address. */
static size_t align_of(const struct bl_field *f)
{
    const size_t bytes = f->kind == BL_KIND_VIEW ? f->elem : f->count ? sizeof(void *) : bl_field_kinds[f->kind].size;

    return bytes == 0 || bytes > 8 ? (bytes ? 8 : 1) : bytes;
}

/* An earlier field that shares bytes with f; a view may show any plain data. */
static const struct bl_field *shares(const struct bl_class *c, const struct bl_field *f)
{
    const size_t end = f->at + field_bytes(f);

    for (const struct bl_field *g = c->fields; g < f; g++) {
        if (g->at >= end || g->at + field_bytes(g) <= f->at || bl_field_is(g, BL_IS_SAID))
            continue;
        if ((f->kind != BL_KIND_VIEW && g->kind != BL_KIND_VIEW) || bl_field_is(f, BL_IS_HANDLE) || bl_field_is(g, BL_IS_HANDLE))
            return g;
    }
    return NULL;
}

static int check_place(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f)
{
    if (f->at + field_bytes(f) > c->size || (f->kind != BL_KIND_VIEW && f->at < sizeof(struct bl_part)))
        return bl_error(s->diag, "class %s: field %s does not lie in its struct behind struct bl_part", c->name, f->name);
    if (f->at % align_of(f))
        return bl_error(s->diag, "class %s: field %s lies at byte %zu of its struct; expected a multiple of %zu, as its type needs: is the "
                        "struct packed, or the field another one?", c->name, f->name, f->at, align_of(f));
    const struct bl_field *g = shares(c, f);
    if (g)
        return bl_error(s->diag, "class %s: fields %s and %s lie at the same bytes of the struct (%zu); expected a member of its own for each",
                        c->name, g->name, f->name, f->at > g->at ? f->at : g->at);
    return 0;
}

/* ---- what fields say ---- */

/* A number of lanes or bits that a field of the table says (BL_BY). */
static int check_by(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f, const char *what, int32_t x)
{
    for (const struct bl_field *p = c->fields; x < 0 && p->kind; p++)
        if (bl_field_is(p, BL_IS_COUNT) && p->at == (size_t)-(int64_t)x)
            return 0;
    if (x >= 0)
        return 0;
    return bl_error(s->diag, "class %s: %s of %s are said by byte %lld of its struct, where no whole-number parameter lies; expected BL_BY with "
                    "a BL_PARAM, BL_SIZE or BL_COMPUTED of the table", c->name, what, f->name, -(long long)x);
}

static int check_text(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f)
{
    bool needed = f->kind == BL_KIND_CHOICE || f->kind == BL_KIND_LIST || f->kind == BL_KIND_DATA;

    if (needed && !f->text)
        return bl_error(s->diag, "class %s: %s has no text; expected what its macro (BL_CHOICE, BL_LIST, BL_DATA) asks for", c->name, f->name);
    if (f->kind == BL_KIND_DATA && (f->elem == 0 || f->lanes <= 0))
        return bl_error(s->diag, "class %s: data %s have elements of %u bytes, aligned to %d; expected those of a type (BL_DATA)", c->name,
                        f->name, f->elem, f->lanes);
    return 0;
}

/* Presets become whole numbers: a range must be one, and within 63 bits (of a time 64). */
static int check_range(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f)
{
    const double most = f->kind == BL_KIND_TIME ? 0x1p64 : 0x1p63, least = f->kind == BL_KIND_TIME ? 0 : -0x1p63;
    bool ranged = bl_field_is(f, BL_IS_PARAM) && f->kind != BL_KIND_CHOICE;

    if (ranged && !(f->least <= f->most))
        return bl_error(s->diag, "class %s: %s is of %.15g .. %.15g; expected a least that is not above the most", c->name, f->name, f->least,
                        f->most);
    if (ranged && f->kind != BL_KIND_REAL && (f->least < least || f->most > most))
        return bl_error(s->diag, "class %s: %s is of %.15g .. %.15g; expected what its type can hold", c->name, f->name, f->least, f->most);
    if (f->kind == BL_KIND_LOCK && !(f->preset >= 0 && f->preset <= 0x1p31))
        return bl_error(s->diag, "class %s: %s has %.15g places; expected 0 (a mutex) .. 2^31", c->name, f->name, f->preset);
    return 0;
}

static uint32_t words_in(const char *text)
{
    uint32_t n = 0;

    for (const char *p = text; *p; p += strcspn(p, " "), p += strspn(p, " "))
        n++;
    return n;
}

static bool good_preset(const struct bl_field *f)
{
    struct bl_list l;

    if (f->kind == BL_KIND_CHOICE)
        return f->preset >= 0 && f->preset < words_in(f->text);
    if (f->kind == BL_KIND_LIST)
        return !list_from(f->text, &l);
    return !bl_field_is(f, BL_IS_PARAM) || (f->preset >= f->least && f->preset <= f->most);
}

/* Wires must be countable before widths are known: a number, or a parameter that is set from text. */
static int check_count(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f)
{
    if (!bl_field_is(f, BL_IS_PORT))
        return bl_error(s->diag, "class %s: %s is %s and has a count; only pops, pushes, inputs and outputs come in arrays", c->name, f->name,
                        bl_field_kinds[f->kind].text);
    if (f->count > BL_PORTS_MOST)
        return bl_error(s->diag, "class %s: port %s is an array of %d; expected 1 .. %d", c->name, f->name, f->count, BL_PORTS_MOST);
    if (f->count < 0 && !count_param(c, f))
        return bl_error(s->diag, "class %s: port %s is an array of as many as something says that is no whole-number parameter; expected "
                        "a BL_PARAM", c->name, f->name);
    return 0;
}

/* An earlier field has the name; a tally may have that of a port. */
static bool clashes(const struct bl_class *c, const struct bl_field *f)
{
    for (const struct bl_field *g = c->fields; g < f; g++)
        if (!bl_field_is(g, BL_IS_SAID) && !strcmp(g->name, f->name) && !(f->kind == BL_KIND_TALLY && bl_field_is(g, BL_IS_PORT)))
            return true;
    return false;
}

/* ---- what the class says of its fields: causes, feeds, streams, ways, words ---- */

enum { MOST_CAUSES = 62, MOST_LISTED = 32 };

static bool any_port(const struct bl_field *f) { return bl_field_is(f, BL_IS_PORT); }
static bool enters(const struct bl_field *f) { return f->kind == BL_KIND_POP || f->kind == BL_KIND_IN; }
static bool leaves(const struct bl_field *f) { return f->kind == BL_KIND_PUSH || f->kind == BL_KIND_OUT; }
static bool is_read(const struct bl_field *f) { return f->kind == BL_KIND_IN; }

/* What the names in a row must be. */
struct rule { const char *row, *does; bool (*fits)(const struct bl_field *); const char *expected; };
static const struct rule of_cause = { "stall cause", "waits on", any_port, "" }, of_feed = { "feed", "is", enters, "a pop end or an input" },
                         of_stream = { "stream", "is", is_read, "an input" }, of_output = { "way", "is to", leaves, "a push end or an output" },
                         of_inputs = { "way", "comes from", enters, "a pop end or an input" };

/* Every name of a list is that of a port that fits, and stands there once. */
static int check_list(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row, const char *list, const struct rule *r)
{
    uint32_t n = listed(list);
    size_t len;

    if (n == 0 || n > MOST_LISTED)
        return bl_error(s->diag, "class %s: %s %s lists %u ports; expected 1 .. %d", c->name, r->row, row->name, n, MOST_LISTED);
    for (uint32_t k = 0; k < n; k++) {
        const struct bl_field *port = listed_port(c, list, k);
        const char *at = listed_name(list, k, &len), *name = arena_copy(&s->texts, at, len);
        const char *near = port ? NULL : class_near(c, name, BL_IS_PORT);
        if (!port)
            return bl_error(s->diag, "class %s: %s %s %s '%s', which is no port%s%s%s", c->name, r->row, row->name, r->does, name,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        if (!r->fits(port))
            return bl_error(s->diag, "class %s: %s %s %s %s, which is %s; expected %s", c->name, r->row, row->name, r->does, name,
                            bl_field_kinds[port->kind].text, r->expected);
        for (uint32_t j = 0; j < k; j++)
            if (listed_port(c, list, j) == port)
                return bl_error(s->diag, "class %s: %s %s lists port %s twice", c->name, r->row, row->name, name);
    }
    return 0;
}

static int check_cause(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f, uint32_t *causes)
{
    if (*causes == MOST_CAUSES)
        return bl_error(s->diag, "class %s: more than %d stall causes", c->name, MOST_CAUSES);
    if (f->at != BL_STALL + *causes)
        return bl_error(s->diag, "class %s: stall cause %s has number %zu; causes are tabled in the order of their "
                        "enumeration, from BL_STALL up, each once", c->name, f->name, f->at);
    ++*causes;
    return f->text ? check_list(s, c, f, f->text, &of_cause) : 0;
}

/* A number from 1 on, or a parameter that is one. */
static int check_latency(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row)
{
    for (const struct bl_field *f = c->fields; row->lanes < 0 && f->kind; f++) {
        if (!bl_field_is(f, BL_IS_COUNT) || f->at != (size_t)-row->lanes)
            continue;
        if (f->least >= 1)
            return 0;
        return bl_error(s->diag, "class %s: stream %s: its latency is parameter %s, which may be %.15g; expected 1 or more", c->name,
                        row->name, f->name, f->least);
    }
    if (row->lanes < 0)
        return bl_error(s->diag, "class %s: stream %s: its latency is no parameter of the table", c->name, row->name);
    return row->lanes ? 0 : bl_error(s->diag, "class %s: stream %s: its latency is 0; expected 1 or more", c->name, row->name);
}

/* Each word once, and no more than the bits can say. */
static int check_each_word(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row, uint32_t bits)
{
    const char *word = row->text;
    int64_t n = 0;

    for (size_t len; *word; word += len + (word[len] == ' '), n++) {
        len = strcspn(word, " ");
        const char *copy = arena_copy(&s->texts, word, len);
        if (len == 0 || class_choice(row, copy) != n)
            return bl_error(s->diag, len ? "class %s: words of %s: '%s' stands there twice" : "class %s: words of %s: '%s' is empty; expected one "
                            "blank between two words", c->name, row->name, copy);
    }
    if (n == 0 || n > 4096 || (bits < 32 && n > INT64_C(1) << bits))
        return bl_error(s->diag, "class %s: words of %s: %lld words for %u bits; expected 1 .. %lld", c->name, row->name, (long long)n, bits,
                        bits < 12 ? 1LL << bits : 4096LL);
    return 0;
}

static int check_said_words(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row)
{
    const struct bl_field *f = class_field(c, row->name);

    if (!f || !(leaves(f) || f->kind == BL_KIND_VIEW))
        return bl_error(s->diag, "class %s: words of %s, which is %s; expected a push end, an output or a view", c->name, row->name,
                        f ? bl_field_kinds[f->kind].text : "no field");
    if (f->bits < 2 || f->bits > 64)
        return bl_error(s->diag, "class %s: words of %s, whose lanes have %s; expected a fixed number of bits, 2 .. 64", c->name, row->name,
                        f->bits < 0 ? "bits by a parameter" : f->bits < 2 ? "1 bit" : "more bits");
    if (row->lanes < 0 || (f->lanes > 0 && row->lanes > f->lanes))
        return bl_error(s->diag, "class %s: words of lane %d of %s; expected a lane that it has", c->name, row->lanes - 1, row->name);
    return check_each_word(s, c, row, (uint32_t)f->bits);
}

/* How large a macro is stands in numbers that the class has. */
static int check_slots(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row)
{
    if (c->build)
        return bl_error(s->diag, "class %s: slots: the children of a composite class say what their macros do", c->name);
    if (!row->lanes || !row->bits)
        return bl_error(s->diag, "class %s: slots of a macro of no rows or no columns", c->name);
    return check_by(s, c, row, "rows", row->lanes) | check_by(s, c, row, "columns", row->bits) | check_by(s, c, row, "macros", (int32_t)row->least);
}

/* Two rows of a kind speak of the same: of words, also of the same lane. */
static bool says_again(const struct bl_field *a, const struct bl_field *b)
{
    return a->kind == b->kind && !strcmp(a->name, b->name) && (a->kind != BL_KIND_WORDS || !a->lanes || !b->lanes || a->lanes == b->lanes);
}

/* A row of a kind speaks of a port once, and of a class that can do what it says. */
static int check_speaker(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row)
{
    const char *word = bl_field_kinds[row->kind].word;

    for (const struct bl_field *f = c->fields; f < row; f++)
        if (says_again(f, row))
            return bl_error(s->diag, "class %s: %s %s is tabled twice", c->name, word, row->name);
    if (row->kind == BL_KIND_STREAM && !c->tick)
        return bl_error(s->diag, "class %s: stream %s: only a clocked class works cycle by cycle", c->name, row->name);
    if (row->kind == BL_KIND_FEED && !has_account(c))
        return bl_error(s->diag, "class %s: feed %s: a %s class has no account that could be idle", c->name, row->name,
                        c->comb ? "combinational" : "composite");
    if (row->kind == BL_KIND_WAY && c->build)
        return bl_error(s->diag, "class %s: way %s: the children of a composite class say what depends on what", c->name, row->name);
    return 0;
}

static int check_said_row(struct bl_sim *s, const struct bl_class *c, const struct bl_field *row, uint32_t *causes)
{
    if (row->kind == BL_KIND_CAUSE)
        return check_cause(s, c, row, causes);
    if (check_speaker(s, c, row))
        return -1;
    if (row->kind == BL_KIND_FEED)
        return check_list(s, c, row, row->text, &of_feed);
    if (row->kind == BL_KIND_WORDS)
        return check_said_words(s, c, row);
    if (row->kind == BL_KIND_SLOTS)
        return check_slots(s, c, row);
    if (row->kind == BL_KIND_STREAM)
        return check_list(s, c, row, row->text, &of_stream) ? -1 : check_latency(s, c, row);
    return check_list(s, c, row, row->name, &of_output) ? -1 : check_list(s, c, row, row->text, &of_inputs);
}

/* ---- the whole table ---- */

static int check_field(struct bl_sim *s, const struct bl_class *c, const struct bl_field *f, uint32_t *causes)
{
    if (bl_field_is(f, BL_IS_SAID))
        return check_said_row(s, c, f, causes);
    if (clashes(c, f))
        return bl_error(s->diag, "class %s: two fields are called %s", c->name, f->name);
    if (check_place(s, c, f) || check_text(s, c, f))
        return -1;
    if (f->kind != BL_KIND_DATA && f->kind != BL_KIND_STREAM && (check_by(s, c, f, "lanes", f->lanes) || check_by(s, c, f, "bits", f->bits)))
        return -1;
    if (f->kind == BL_KIND_VIEW && f->lanes > 0 && f->bits > 0 && !view_elem(f, (uint32_t)f->lanes, (uint32_t)f->bits))
        return bl_error(s->diag, "class %s: view %s: %d x %d bit do not fit its field of %.0f bytes", c->name, f->name, f->lanes,
                        f->bits, f->least);
    if (check_range(s, c, f))
        return -1;
    if (!good_preset(f))
        return bl_error(s->diag, "class %s: the preset of parameter %s is outside its own range", c->name, f->name);
    if (f->count && check_count(s, c, f))
        return -1;
    if (!c->run && bl_field_is(f, BL_IS_OF_RUN))
        return bl_error(s->diag, "class %s: %s: only a class with run has mutexes and semaphores and controls processes: for all others "
                        "order would matter", c->name, f->name);
    if (f->kind == BL_KIND_COMPUTED && !c->shape)
        return bl_error(s->diag, "class %s: %s is computed, and the class has no shape to do so", c->name, f->name);
    if (c->comb && bl_field_is(f, BL_IS_CHANNEL))
        return bl_error(s->diag, "class %s: port %s: a combinational class has words and wires, no channels", c->name, f->name);
    return 0;
}

int class_check(struct bl_sim *s, const struct bl_class *c)
{
    uint32_t causes = 0, n = 0;
    int bad = 0;

    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        if (!kind_known(f->kind) || !f->name || ++n > 4096)
            return bl_error(s->diag, "class %s: its table of fields does not end with { 0 }", c->name);
    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        if (!good_name(f->name, f->kind == BL_KIND_VIEW || f->kind == BL_KIND_WORDS))
            bad = bl_error(s->diag, "class %s: a field is called '%s'; expected letters, digits and _, as in C", c->name, f->name);
    if (bad || check_name(s, c))
        return -1;
    if ((c->tick != NULL) + (c->comb != NULL) + (c->run != NULL) + (c->build != NULL) != 1)
        return bl_error(s->diag, "class %s: needs exactly one of tick, comb, run, build", c->name);
    if (c->works && !c->comb)
        return bl_error(s->diag, "class %s: works is for a combinational class; a tick or a run has an account anyway", c->name);
    if (c->no_init && !c->run)
        return bl_error(s->diag, "class %s: no_init is for a class with run", c->name);
    if (c->size < sizeof(struct bl_part))
        return bl_error(s->diag, "class %s: size %zu is smaller than struct bl_part, its first member", c->name, c->size);
    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        bad |= check_field(s, c, f, &causes);
    return bad;
}
