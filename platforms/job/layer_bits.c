/* layer_bits.c - precision by layer: --bits TABLE[:COLUMN], and --set layer[NAME].w_bits=N, .a_bits=N (.bits is the old name of w_bits). */
#include "platforms/job/layer_bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bl_is_bits_set(const char *text) { return !strncmp(text, "layer[", 6); }

/* ---- tables ---- */

/* "hawqv3" with resnet18_imagenet.csv stands for platforms/nets/hawqv3_resnet18_bits.csv, "hawqv3_paper" for hawqv3_paper_resnet18_bits.csv. */
static char *table_name(const struct bl_bits_asked *u, const char *name, size_t n)
{
    const char *net = strrchr(u->net_path, '/');
    size_t room = n + strlen(u->net_path) + 16;
    char *out = malloc(room);
    bool whole = memchr(name, '.', n) || memchr(name, '/', n) || (n > 5 && !memcmp(name + n - 5, "_bits", 5));

    net = net ? net + 1 : u->net_path;
    if (out && whole)
        snprintf(out, room, "%.*s", (int)n, name);
    else if (out)
        snprintf(out, room, "%.*s_%.*s_bits", (int)n, name, (int)strcspn(net, "_."), net);
    return out;
}

static int read_table(const struct bl_bits_asked *u, struct bl_narrow *to, struct bl_diag *diag)
{
    const char *text = u->table;
    const char *column = strrchr(text, ':');
    size_t n = column ? (size_t)(column - text) : strlen(text);
    char *name;
    int bad;

    if (!n || (column && !column[1]))
        return bl_error(diag, "--bits %s: expected TABLE or TABLE:COLUMN, as in hawqv3:medium", text);
    if (!(name = table_name(u, text, n)))
        return bl_error(diag, "--bits %s: no memory", text);
    bad = bl_find(BL_FILE_BITS, name, "", u->at, diag) < 0 ||
          bl_net_bits(u->net, u->at->path, column ? column + 1 : NULL, to, diag) < 0;
    free(name);
    return bad ? -1 : 0;
}

/* ---- single layers ---- */

enum what { W_BITS, A_BITS };

/* "layer[NAME].w_bits=4": NAME, what is set, and to how much; false: something else. */
struct bits_set { const char *name; size_t n; enum what what; unsigned bits; };

static bool read_set(const char *text, struct bits_set *set)
{
    static const struct { const char *key; enum what what; } KEYS[] = { { "w_bits", W_BITS }, { "a_bits", A_BITS }, { "bits", W_BITS } };
    const char *name = text + 6, *end = strchr(name, ']'), *key = end && end[1] == '.' ? end + 2 : "", *at = strchr(key, '=');
    char left;

    for (size_t i = 0; at && i < sizeof KEYS / sizeof *KEYS; i++)
        if (strlen(KEYS[i].key) == (size_t)(at - key) && !memcmp(KEYS[i].key, key, (size_t)(at - key))) {
            *set = (struct bits_set){ name, (size_t)(end - name), KEYS[i].what, 0 };
            return sscanf(at + 1, "%u%c", &set->bits, &left) == 1 && at[1] >= '0' && at[1] <= '9' && set->bits >= 1 && set->bits <= 16;
        }
    return false;
}

/* What asks for anything but bits of a layer. */
static int no_set(const char *text, struct bl_diag *diag)
{
    if (strstr(text, "].coding=") || strstr(text, "_coding="))
        return bl_error(diag, "--set '%s': narrowing keeps the coding of a tensor, unsigned or signed, and makes weights of 1 bit -1 and +1; odd codes "
                        "come only from a model (BipolarQuant). Leave it out", text);
    return bl_error(diag, "--set '%s': expected layer[NAME].w_bits=N or layer[NAME].a_bits=N, or layer[*] for all layers with weights; N from 1 to 16", text);
}

/* The layers that have bits, as many as fit. */
static const char *layers_of(const struct bl_net *net, char *text, size_t room)
{
    size_t n = 0;

    *text = 0;
    for (uint32_t i = 0; i < net->nlayers && n + strlen(net->layers[i].name) + 8 < room; i++)
        if (net->layers[i].weight)
            n += (size_t)snprintf(text + n, room - n, "%s%s", n ? ", " : "", net->layers[i].name);
    return text;
}

/* Notes the bits of the layers that a setting names; a later one wins. */
static int one_set(const struct bl_bits_asked *u, const char *text, struct bl_narrow *to, struct bl_diag *diag)
{
    uint32_t found = 0;
    struct bits_set set;
    char names[160];

    if (!read_set(text, &set))
        return no_set(text, diag);
    for (uint32_t i = 0; i < u->net->nlayers; i++) {
        const struct bl_layer *l = &u->net->layers[i];
        bool all = set.n == 1 && *set.name == '*', named = strlen(l->name) == set.n && !memcmp(l->name, set.name, set.n);
        if (all ? !l->weight : !named)
            continue;
        found++;
        *(set.what == W_BITS ? &to[i].w : &to[i].a) = (uint8_t)set.bits;
    }
    return found ? 0 : bl_error(diag, "--set '%s': net %s has no layer '%.*s'%s; expected one of %s", text, u->net->name, (int)set.n, set.name,
                                set.what == W_BITS ? " with weights" : "", layers_of(u->net, names, sizeof names));
}

/* ---- both ---- */

/* A layer's bits are said once: by the table, or by itself. */
static int join(const struct bl_bits_asked *u, uint32_t i, struct bl_narrow table, struct bl_narrow *to, struct bl_diag *diag)
{
    uint8_t *const own[] = { &to->w, &to->a }, from[] = { table.w, table.a };

    for (int k = 0; k < 2; k++) {
        if (*own[k] && from[k])
            return bl_error(diag, "layer '%s' has %u bits of %s by --bits %s, and %u by --set; expected one of the two", u->net->layers[i].name, from[k],
                            k ? "activations" : "weights", u->table, *own[k]);
        *own[k] = *own[k] ? *own[k] : from[k];
    }
    return 0;
}

int bl_bits_read(const struct bl_bits_asked *u, struct bl_narrow *to, struct bl_diag *diag)
{
    struct bl_narrow *by_table = calloc((size_t)u->net->nlayers + 1, sizeof *by_table);
    int bad = by_table ? 0 : bl_error(diag, "no memory for the bits of %u layers", u->net->nlayers);

    for (size_t i = 0; !bad && i < u->sets.n; i++)
        if (bl_is_bits_set(u->sets.v[i]))
            bad = one_set(u, u->sets.v[i], to, diag);
    if (!bad && u->table)
        bad = read_table(u, by_table, diag);
    for (uint32_t i = 0; !bad && i < u->net->nlayers; i++)
        bad = join(u, i, by_table[i], &to[i], diag);
    free(by_table);
    return bad;
}

int bl_bits_narrow(const struct bl_bits_asked *u, struct bl_diag *diag)
{
    struct bl_narrow *to = calloc((size_t)u->net->nlayers + 1, sizeof *to);
    int bad = !to ? bl_error(diag, "no memory for the bits of %u layers", u->net->nlayers) : bl_bits_read(u, to, diag) || bl_net_narrow(u->net, to, diag) ? -1 : 0;

    free(to);
    return bad;
}

/* ---- what a platform takes ---- */

/* `have` bits of what the layer has are more than `takes`, which `name` could raise up to `most`. */
static int too_wide(const struct bl_net *net, const struct bl_layer *l, const struct bl_bits_taken *t, bool weights, unsigned have, struct bl_diag *diag)
{
    const char *what = weights ? "weights" : "activations", *name = weights ? t->w_name : t->a_name;
    unsigned takes = weights ? t->w : t->a, most = weights ? t->w_most : t->a_most;
    char narrower[200] = "";

    if (!weights || takes > 1)
        snprintf(narrower, sizeof narrower, "--set 'layer[%.100s].%c_bits=%u'", l->name, weights ? 'w' : 'a', takes);
    if (weights && l->wbits == 1)
        what = "weights -1 and +1, in two's complement";
    if (have <= most && name)
        return bl_error(diag, "%s%s is %u, but layer '%s' of net %s has %s of %u bits; take %u%s%s", t->where, name, takes, l->name, net->name, what, have, have,
                        *narrower ? ", or narrow them with " : "", narrower);
    return bl_error(diag, "%slayer '%s' of net %s has %s of %u bits; this platform takes %u at most: %s", t->where, l->name, net->name, what, have, most, narrower);
}

int bl_bits_fit(const struct bl_net *net, const struct bl_bits_taken *t, struct bl_diag *diag)
{
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        if (!l->weight)
            continue;
        if (bl_layer_weight_bits(l) > t->w)
            return too_wide(net, l, t, true, bl_layer_weight_bits(l), diag);
        if (bl_layer_input_bits(net, i) > t->a)
            return too_wide(net, l, t, false, bl_layer_input_bits(net, i), diag);
    }
    return 0;
}
