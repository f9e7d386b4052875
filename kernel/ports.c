/* ports.c - the ports of a part by number: of an array each element is one. How many there are, where they lie in
 * node->port, what they are called. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- how many ---- */

uint32_t port_count(const struct bl_node *n, const struct bl_field *f)
{
    uint32_t k = class_field_index(n->info->cls, f), count = f->count ? field_count(n, f->count) : 1;

    if (n->first)                        /* laid: what the part makes of its parameters afterwards counts no more */
        return n->first[k + 1] - n->first[k];
    return count <= BL_PORTS_MOST ? count : 0;
}

const struct bl_field *count_param(const struct bl_class *c, const struct bl_field *f)
{
    for (const struct bl_field *p = c->fields; f->count < 0 && p->kind; p++)
        if (p->kind == BL_KIND_INT && p->at == (size_t)-f->count)
            return p;
    return NULL;
}

/* " (clients)", the parameter that says how many; "" for a number of the class. */
static const char *by_param(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f)
{
    const struct bl_field *p = count_param(n->info->cls, f);

    return p ? arena_text(&s->texts, " (%s)", p->name) : "";
}

static int bad_count(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f)
{
    const struct bl_field *p = count_param(n->info->cls, f);
    int64_t v;

    memcpy(&v, n->self + p->at, sizeof v);
    return bl_error(s->diag, "%s: %s.%s is %lld, and %s has as many ports '%s'; expected 1 .. %d", where_of(n->where), n->path, p->name,
                    (long long)v, n->path, f->name, BL_PORTS_MOST);
}

/* Where the ports of each field begin; an error for each parameter that cannot be a number of ports, once. */
static int lay_part(struct bl_sim *s, struct bl_node *n)
{
    const struct bl_field *f = n->info->cls->fields;
    uint32_t *first = arena_get(&s->fixed, (n->info->nfields + 1) * sizeof *first);
    int32_t said = 0;

    for (uint32_t k = 0; k < n->info->nfields; k++) {
        uint32_t count = port_count(n, &f[k]);
        if (!count && f[k].count != said)
            bad_count(s, n, &f[k]);
        said = count ? said : f[k].count;
        first[k + 1] = first[k] + count;
    }
    n->first = first;
    n->nports = first[n->info->nfields];
    return said ? -1 : 0;
}

int ports_lay(struct bl_sim *s)
{
    int bad = 0;

    s->frozen.nports = 0;
    for (size_t i = 0; i < s->frozen.nparts; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        if (n->info->arrays) {
            bad |= lay_part(s, n);
        } else {
            n->first = n->info->first;
            n->nports = n->info->nfields;
        }
        s->frozen.nports += n->nports;
    }
    uint32_t *port = s->frozen.ports = arena_get(&s->fixed, (s->frozen.nports + 1) * sizeof *port);
    memset(port, 0xff, (s->frozen.nports + 1) * sizeof *port);           /* NONE */
    for (size_t i = 0; i < s->frozen.nparts; port += s->frozen.nodes[i++]->nports)
        s->frozen.nodes[i]->port = port;
    return bad;
}

/* ---- names ---- */

const struct bl_field *port_field(const struct bl_node *n, uint32_t place, uint32_t *element)
{
    uint32_t lo = 0, hi = n->info->nfields;

    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (n->first[mid] <= place)
            lo = mid;
        else
            hi = mid;
    }
    *element = place - n->first[lo];
    return &n->info->cls->fields[lo];
}

const char *port_text(struct arena *a, const struct bl_node *n, uint32_t place)
{
    uint32_t element;
    const struct bl_field *f = port_field(n, place, &element);
    uint32_t k = (uint32_t)(f - n->info->cls->fields);

    return n->first[k + 1] - n->first[k] > 1 ? arena_text(a, "%s[%u]", f->name, element) : f->name;
}

/* "in[3]": 2 characters of a name, and 3; "in": 2, and NONE. False: neither, as "in[]" and "in[03]". */
static bool split(const char *text, size_t *n, uint32_t *element)
{
    *n = strcspn(text, "[");
    *element = NONE;
    if (!text[*n])
        return true;
    const char *number = text + *n + 1;
    size_t digits = strspn(number, "0123456789");
    *element = digits && digits < 10 ? (uint32_t)strtoul(number, NULL, 10) : NONE;
    return *element != NONE && (*number != '0' || digits == 1) && !strcmp(number + digits, "]");
}

static int no_port(struct bl_sim *s, const struct bl_node *n, const char *port, const char *where)
{
    const char *near = class_near(n->info->cls, port, BL_IS_END);

    if (n->proc == NONE && !strcmp(port, "process"))
        return bl_error(s->diag, "%s: '%s' is no waiting part; only these have a sensitivity list", where_of(where), n->path);
    return bl_error(s->diag, "%s: %s: class %s has no port '%s'%s%s%s", where_of(where), n->path, n->info->cls->name, port,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

const struct bl_field *port_of_text(struct bl_sim *s, const struct bl_node *n, const char *text, const char *where, uint32_t *element)
{
    size_t len;

    if (is_scope(n)) {
        no_scope_port(s, n, text, where);
        return NULL;
    }
    if (!split(text, &len, element)) {
        bl_error(s->diag, "%s: '%s.%s' names no port; expected PART.PORT, or PART.PORT[3] of an array", where_of(where), n->path, text);
        return NULL;
    }
    const char *name = text[len] ? arena_copy(&s->texts, text, len) : text;
    const struct bl_field *f = class_field(n->info->cls, name);
    if (f && bl_field_is(f, BL_IS_END))
        return f;
    no_port(s, n, name, where);
    return NULL;
}

int element_of(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, const char *where, uint32_t *element)
{
    uint32_t count = port_count(n, f), k = *element == NONE ? 0 : *element;

    if (!f->count && *element != NONE)
        return bl_error(s->diag, "%s: %s.%s is a single port; leave out the [%u]", where_of(where), n->path, f->name, k);
    if (count > 1 && *element == NONE)
        return bl_error(s->diag, "%s: %s.%s is an array of %u ports%s; name one of them, %s.%s[0] .. %s.%s[%u]", where_of(where), n->path,
                        f->name, count, by_param(s, n, f), n->path, f->name, n->path, f->name, count - 1);
    if (count && k >= count)
        return bl_error(s->diag, "%s: there is no %s.%s[%u]: %s has %u port%s '%s'%s; expected [0]%s%s", where_of(where), n->path, f->name,
                        k, n->path, count, count > 1 ? "s" : "", f->name, by_param(s, n, f), count > 1 ? " .. " : "",
                        count > 1 ? arena_text(&s->texts, "[%u]", count - 1) : "");
    *element = k;
    return 0;
}

/* ---- asked by the host ---- */

/* Of "PART.PORT", or of one element; 0 after a bl_error. */
static uint32_t count_of(struct bl_sim *s, const struct bl_node *n, const char *text)
{
    uint32_t element;

    if (n->info->cls->run && !n->info->own_process && !strcmp(text, "process"))
        return 1;
    const struct bl_field *f = port_of_text(s, n, text, NULL, &element);
    if (!f)
        return 0;
    if (element != NONE)
        return element_of(s, n, f, NULL, &element) ? 0 : 1;
    uint32_t count = port_count(n, f);
    if (!count)
        bad_count(s, n, f);
    return count;
}

int bl_port_check(struct bl_sim *s, const char *port, const char *where)
{
    if (MISSING(s, port))
        return failed(s);
    BORDER(s, -1);
    const char *dot = strrchr(port, '.');
    const struct bl_node *n = dot ? node_named(s, arena_copy(&s->texts, port, (size_t)(dot - port))) : NULL;
    uint32_t element;

    if (!n || is_scope(n) || (n->info->cls->run && !strcmp(dot + 1, "process")))
        return 0;
    return port_of_text(s, n, dot + 1, where, &element) ? 0 : failed(s);
}

uint32_t bl_port_count(struct bl_sim *s, const char *port)
{
    if (MISSING(s, port))
        return failed(s), 0;
    BORDER(s, 0);
    const char *dot = strrchr(port, '.');
    uint32_t count = 0;

    if (!dot) {
        bl_error(s->diag, "'%s' names no port; expected PART.PORT", port);
    } else {
        const char *path = arena_copy(&s->texts, port, (size_t)(dot - port));
        const struct bl_node *n = node_named(s, path);
        if (n && is_scope(n))
            count = scope_port_count(s, n, port);
        else
            count = (n = part_for(s, path, NULL)) ? count_of(s, n, dot + 1) : 0;
    }
    s->failed |= count == 0 && s->building;
    return count;
}
