/* scope.c - scopes: a path whose parts belong together, and the ports that it shows of them. A scope is a part without a class; what is
 * exported, of scopes and of composites, is one table from port to port. */
#include "kernel/kernel.h"
#include "kernel/bind.h"

#include <stdio.h>

static const struct bl_field no_fields[] = { { 0 } };
const struct bl_class scope_class = { .name = "scope", .help = "parts that belong together", .size = sizeof(struct bl_part), .fields = no_fields };

int bl_scope(struct bl_sim *s, const char *path, const char *where)
{
    if (MISSING(s, path))
        return failed(s);
    BORDER(s, -1);
    if (!s->building)
        return too_late(s, "a scope is declared", where);
    if (check_path(s, path, where))
        return failed(s);
    return node_add(s, copy(&s->texts, path), class_info_of(s, &scope_class), NULL, copy(&s->texts, where)) ? 0 : failed(s);
}

bool export_add(struct bl_sim *s, struct raw_export e)
{
    if (!names_add(&s->declared.export_names, e.port))
        return false;
    s->declared.exports = grown(s->declared.exports, s->declared.nexports, &s->declared.room_exports, sizeof *s->declared.exports);
    s->declared.exports[s->declared.nexports++] = e;
    return true;
}

/* The scope of "PATH.PORT", and that "PATH.PART.PORT" is below it. */
static const struct bl_node *scope_of(struct bl_sim *s, const char *port, const char *to, const char *where)
{
    const char *dot = strrchr(port, '.');
    size_t n = dot ? (size_t)(dot - port) : 0;
    const struct bl_node *scope = n ? node_named(s, arena_copy(&s->texts, port, n)) : NULL;

    if (!scope || !is_scope(scope)) {
        bl_error(s->diag, "%s: port '%s' is exported, but '%.*s' is no scope; declare it with bl_scope before", where_of(where), port,
                 (int)n, port);
        return NULL;
    }
    if (!strncmp(to, port, n) && to[n] == '.' && strchr(to + n + 1, '.'))
        return scope;
    bl_error(s->diag, "%s: %s is exported as %s; expected a port of a part below %s", where_of(where), to, port, scope->path);
    return NULL;
}

int bl_export(struct bl_sim *s, const char *port, const char *to, const char *where)
{
    if (MISSING(s, port, to))
        return failed(s);
    BORDER(s, -1);
    if (!s->building)
        return too_late(s, "a port is exported", where);
    if (!scope_of(s, port, to, where))
        return failed(s);
    if (export_add(s, (struct raw_export){ copy(&s->texts, port), copy(&s->texts, to), copy(&s->texts, where_of(where)), false }))
        return 0;
    bl_error(s->diag, "%s: port '%s' is exported twice; a port of a scope is that of one part", where_of(where), port);
    return failed(s);
}

int no_scope_port(struct bl_sim *s, const struct bl_node *n, const char *port, const char *where)
{
    char list[200] = "none";
    size_t room = sizeof list, at = 0, len = strlen(n->path);

    for (size_t i = 0; i < s->declared.nexports && at < room - 1; i++) {
        const char *name = s->declared.exports[i].port;
        if (!strncmp(name, n->path, len) && name[len] == '.' && !strchr(name + len + 1, '.'))
            at += (size_t)snprintf(list + at, room - at, "%s%s", at ? ", " : "", name + len + 1);
    }
    return bl_error(s->diag, "%s: %s has no port '%s'; it exports %s%s", where_of(where), n->path, port, list, at < room ? "" : " ..");
}

uint32_t scope_port_count(struct bl_sim *s, const struct bl_node *n, const char *port)
{
    uint32_t x = names_find(&s->declared.export_names, port), k = 0;

    if (x != NONE)
        return bl_port_count(s, s->declared.exports[x].to);
    while (names_find(&s->declared.export_names, arena_text(&s->texts, "%s[%u]", port, k)) != NONE)
        k++;
    if (!k)
        no_scope_port(s, n, port + strlen(n->path) + 1, NULL);
    return k;
}

/* A wire has told of some already. */
int check_scopes(struct bl_sim *s)
{
    struct end e;
    int bad = 0;

    for (size_t i = 0; i < s->declared.nexports; i++) {
        const struct raw_export *x = &s->declared.exports[i];
        if (x->where && !x->told && resolve(s, x->port, x->where, &e))
            bad = -1;
    }
    return bad;
}
