/* condition.c - conditions on one signal, "adc.code == 200": parsed once, then one comparison a look. */
#include "kernel/observe/inside.h"

#include <errno.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;     /* holds every signed and every unsigned value of 64 bits */

enum op { EQ, NE, LE, GE, LT, GT, OPS };
static const char *const op_text[OPS] = { "==", "!=", "<=", ">=", "<", ">" };

struct bl_condition {
    struct look signal;
    bool is_signed;
    enum op op;
    wide value;
};

/* The text of a condition in its three pieces; trimmed copies. */
struct pieces { char name[512], value[256]; enum op op; };

static bool trimmed(char *to, size_t room, const char *from, size_t n)
{
    while (n && (*from == ' ' || *from == '\t'))
        from++, n--;
    while (n && (from[n - 1] == ' ' || from[n - 1] == '\t'))
        n--;
    if (n == 0 || n >= room)
        return false;
    memcpy(to, from, n);
    to[n] = 0;
    return true;
}

static bool split(const char *text, struct pieces *p)
{
    size_t at = strcspn(text, "=!<>");

    for (uint32_t k = 0; k < OPS; k++)
        if (!strncmp(text + at, op_text[k], strlen(op_text[k]))) {
            const char *value = text + at + strlen(op_text[k]);
            p->op = (enum op)k;
            return trimmed(p->name, sizeof p->name, text, at) && trimmed(p->value, sizeof p->value, value, strlen(value));
        }
    return false;
}

/* ---- values ---- */

static wide value_of(const struct bl_condition *c)
{
    uint64_t v = look_at(&c->signal);
    uint32_t spare = 64 - c->signal.bits;

    return c->is_signed ? (wide)((int64_t)(v << spare) >> spare) : (wide)(v << spare >> spare);
}

static bool number(const char *text, wide *v)
{
    bool minus = *text == '-';
    char *end;

    text += minus;
    errno = 0;
    uint64_t u = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
    *v = minus ? -(wide)u : (wide)u;
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* The row that has words for the values of this signal, NULL: there is none. Of a channel the signal is its count. */
static const struct bl_field *worded(const struct look *l)
{
    if (!l->field || l->field->kind == BL_KIND_CHOICE)
        return l->field;
    return bl_field_is(l->field, BL_IS_CHANNEL) ? NULL : words_of(l->node->info->cls, l->field, l->lane == NONE ? 0 : l->lane);
}

static int not_a_name(const struct bl_condition *c, const char *text, const char *name, struct bl_diag *d)
{
    const struct class_info *in = c->signal.node->info;
    const char *near = c->signal.field ? NULL : bl_nearest(name, in->verdict, in->nverdicts);

    if (near)
        return bl_error(d, "condition '%s': %s has no verdict '%s'; did you mean '%s'?", text, c->signal.node->path, name, near);
    if (!c->signal.field)
        return bl_error(d, "condition '%s': %s has no verdict '%s'; `bitline show %s` lists those of its class", text,
                        c->signal.node->path, name, in->cls->name);
    if (worded(&c->signal))
        return bl_error(d, "condition '%s': '%s' is none of: %s", text, name, worded(&c->signal)->text);
    return bl_error(d, "condition '%s': '%s' is no whole number; expected one like 200, -3 or 0xc8", text, name);
}

/* The number of a verdict or of a word; -1: there is no such name. */
static int64_t named(const struct bl_condition *c, const char *name)
{
    const struct class_info *in = c->signal.node->info;

    if (c->signal.field)
        return worded(&c->signal) ? class_choice(worded(&c->signal), name) : -1;
    for (uint32_t v = 0; v < in->nverdicts; v++)
        if (!strcmp(in->verdict[v], name))
            return v;
    return -1;
}

static int read_value(struct bl_condition *c, const char *text, const char *word, struct bl_diag *d)
{
    uint32_t bits = c->signal.bits;
    wide least = c->is_signed ? -((wide)1 << (bits - 1)) : 0, most = c->is_signed ? -least - 1 : ((wide)1 << bits) - 1;

    if (!number(word, &c->value)) {
        int64_t n = named(c, word);
        if (n < 0)
            return not_a_name(c, text, word, d);
        if (c->op != EQ && c->op != NE)
            return bl_error(d, "condition '%s': '%s' is a name, and names have no order; expected == or !=", text, word);
        c->value = n;
    }
    if (!c->signal.field)
        most = c->signal.node->info->nverdicts - 1;
    if (c->value < least || c->value > most)
        return bl_error(d, "condition '%s': %s is outside of what the signal can be, %lld .. %llu", text, word, (long long)least,
                        (unsigned long long)most);
    return 0;
}

/* ---- open, look, close ---- */

static int read_signal(struct bl_sim *s, struct bl_condition *c, const char *text, const char *name, struct bl_diag *d)
{
    if (look_up(s, name, &c->signal)) {
        const struct bl_field *f = c->signal.field;
        if (!c->signal.node || !f)
            return bl_error(d, "condition '%s': there is no signal '%s'; `bitline show PLATFORM --signals` lists names", text, name);
        if (f->count)
            return bl_error(d, "condition '%s': '%s' is no port with a value of at most 64 bits; name an element of the array, and a lane, "
                            "as in %s[0] and %s[0][0]", text, name, f->name, f->name);
        return bl_error(d, "condition '%s': '%s' has no value of at most 64 bits at that place; name one lane, as in %s[0]", text, name,
                        f->name);
    }
    const struct bl_field *f = c->signal.field;
    if (f && f->kind == BL_KIND_REAL)
        return bl_error(d, "condition '%s': '%s' is a real number; expected a signal of bits", text, name);
    c->is_signed = f && (f->flags & BL_SIGNED || bl_field_is(f, BL_IS_SIGNED));
    return 0;
}

struct bl_condition *bl_condition_open(struct bl_sim *s, const char *text, struct bl_diag *diag)
{
    if (MISSING(s, text))
        return NULL;
    struct bl_diag *d = diag ? diag : s->diag;
    struct bl_condition *c = block(1, sizeof *c);
    struct pieces p;
    int bad;

    if (!c) {
        bl_error(d, "condition '%s': out of memory", text);
        return NULL;
    }
    if (!s->elaborated)
        bad = bl_error(d, "condition '%s': signals are there after elaboration", text);
    else if (!split(text, &p))
        bad = bl_error(d, "condition '%s': expected PATH.NAME OP VALUE, like 'adc.code == 200', where OP is one of == != < <= > >=", text);
    else
        bad = read_signal(s, c, text, p.name, d);
    if (!bad) {
        c->op = p.op;
        bad = read_value(c, text, p.value, d);
    }
    if (!bad)
        return c;
    free(c);
    return NULL;
}

bool bl_condition_holds(const struct bl_condition *c)
{
    if (MISSING_SAID(NULL, c))
        return false;
    wide v = value_of(c);

    switch (c->op) {
    case EQ: return v == c->value;
    case NE: return v != c->value;
    case LE: return v <= c->value;
    case GE: return v >= c->value;
    case LT: return v < c->value;
    default: return v > c->value;
    }
}

void bl_condition_close(struct bl_condition *c) { free(c); }
