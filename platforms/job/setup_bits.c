/* setup_bits.c - precision by layer: --bits TABLE:COLUMN and --set layer[NAME].bits=N. */
#include "platforms/job/setup_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bl_is_bits_set(const char *text) { return !strncmp(text, "layer[", 6); }

/* "hawqv3" with resnet18_imagenet.csv stands for platforms/nets/hawqv3_resnet18_bits.csv. */
static char *table_name(const struct bl_setup *u, const char *name, size_t n)
{
    const char *net = strrchr(u->net_at.path, '/');
    size_t room = n + strlen(u->net_at.path) + 16;
    char *out = malloc(room);

    net = net ? net + 1 : u->net_at.path;
    if (out && (memchr(name, '.', n) || memchr(name, '/', n) || memchr(name, '_', n)))
        snprintf(out, room, "%.*s", (int)n, name);
    else if (out)
        snprintf(out, room, "%.*s_%.*s_bits", (int)n, name, (int)strcspn(net, "_."), net);
    return out;
}

static int table(struct bl_setup *u, const char *text)
{
    const char *column = strrchr(text, ':');
    size_t n = column ? (size_t)(column - text) : 0;
    char *name;
    int bad;

    if (!n || !column[1])
        return bl_error(u->diag, "--bits %s: expected TABLE:COLUMN, as in hawqv3:medium", text);
    if (!(name = table_name(u, text, n)))
        return bl_error(u->diag, "--bits %s: no memory", text);
    bad = bl_find(BL_FILE_BITS, name, "", &u->bits_at, u->diag) < 0 ||
          bl_net_bits(u->read_net, u->bits_at.path, column + 1, u->diag) < 0;
    free(name);
    return bad ? -1 : 0;
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

/* layer[NAME].bits=N, layer[*].bits=N: notes the bits of the layers it names; a later one wins. */
static int one_set(struct bl_setup *u, const char *text, uint8_t *bits)
{
    const char *name = text + 6, *end = strchr(name, ']');
    uint32_t found = 0;
    char left, names[160];
    unsigned b;

    if (!end || sscanf(end, "].bits=%u%c", &b, &left) != 1 || b < 2 || b > 8)
        return bl_error(u->diag, "--set '%s': expected layer[NAME].bits=N or layer[*].bits=N, N from 2 to 8", text);
    size_t n = (size_t)(end - name);
    for (uint32_t i = 0; i < u->net->nlayers; i++) {
        const struct bl_layer *l = &u->net->layers[i];
        if (!l->weight || (!(n == 1 && *name == '*') && !(strlen(l->name) == n && !memcmp(l->name, name, n))))
            continue;
        found++;
        bits[i] = (uint8_t)b;
    }
    return found ? 0 : bl_error(u->diag, "--set '%s': net %s has no layer '%.*s' with weights; expected one of %s", text, u->net->name, (int)n, name,
                                    layers_of(u->net, names, sizeof names));
}

int bl_setup_bits(struct bl_setup *u)
{
    uint8_t *bits = calloc(u->net->nlayers + 1, 1);
    int bad = bits ? 0 : bl_error(u->diag, "no memory for the bits of %u layers", u->net->nlayers);

    for (size_t i = 0; !bad && i < u->o.set.n; i++)
        if (bl_is_bits_set(u->o.set.v[i]))
            bad = one_set(u, u->o.set.v[i], bits);
    if (!bad && u->o.bits)
        bad = table(u, u->o.bits);
    for (uint32_t i = 0; !bad && i < u->net->nlayers; i++)
        if (bits[i] && u->o.bits && u->net->layers[i].wbits != 8)
            bad = bl_error(u->diag, "layer '%s' has %u bits by --bits %s, and %u by --set; expected one of the two", u->net->layers[i].name,
                           u->net->layers[i].wbits, u->o.bits, bits[i]);
        else if (bits[i])
            bad = bl_net_narrow(u->read_net, i, bits[i], u->diag);
    free(bits);
    return bad;
}
