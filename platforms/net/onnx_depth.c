/* onnx_depth.c - how deep messages of a protobuf file are nested, found without recursion: the unpacker behind it has one. */
#include "platforms/net/onnx_read.h"

enum { MOST = 128 };

/* A number of seven bits a byte; false: cut. */
static bool varint(const uint8_t *b, size_t len, size_t *at, uint64_t *v)
{
    *v = 0;
    for (unsigned shift = 0; *at < len && shift < 64; shift += 7) {
        uint8_t byte = b[(*at)++];
        *v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Steps over the value of a field that is no message; false: cut or no such field. */
static bool skip(const uint8_t *b, size_t end, size_t *at, unsigned wire)
{
    size_t size = wire == 1 ? 8 : wire == 5 ? 4 : 0;
    uint64_t v;

    if (wire == 0)
        return varint(b, end, at, &v);
    if (!size || size > end - *at)
        return false;
    *at += size;
    return true;
}

/* The fields through which an ONNX message can come to lie in itself are followed; the kinds of messages by number. */
enum kind { MODEL, GRAPH, NODE, ATTRIBUTE, FUNCTION, INFO, TYPE, SEQUENCE, MAP, TRAINING };
static const struct { uint8_t in, field, is; } INNER[] = {
    { MODEL, 7, GRAPH }, { MODEL, 20, TRAINING }, { MODEL, 25, FUNCTION }, { TRAINING, 1, GRAPH }, { TRAINING, 2, GRAPH },
    { GRAPH, 1, NODE }, { GRAPH, 11, INFO }, { GRAPH, 12, INFO }, { GRAPH, 13, INFO }, { FUNCTION, 7, NODE }, { NODE, 5, ATTRIBUTE },
    { ATTRIBUTE, 6, GRAPH }, { ATTRIBUTE, 11, GRAPH }, { ATTRIBUTE, 14, TYPE }, { ATTRIBUTE, 15, TYPE }, { INFO, 2, TYPE },
    { TYPE, 4, SEQUENCE }, { TYPE, 5, MAP }, { TYPE, 9, SEQUENCE }, { SEQUENCE, 1, TYPE }, { MAP, 2, TYPE },
};

static enum kind inner(enum kind in, uint64_t field)
{
    for (size_t i = 0; i < sizeof INNER / sizeof *INNER; i++)
        if (INNER[i].in == in && INNER[i].field == field)
            return INNER[i].is;
    return MODEL;                      /* which lies in nothing */
}

int onnx_depth(const uint8_t *b, size_t len, int limit)
{
    struct { size_t end; enum kind kind; } open[MOST] = { { len, MODEL } };
    int depth = 0, most = 0;
    size_t at = 0;
    uint64_t tag, size;

    limit = limit < MOST - 1 ? limit : MOST - 2;
    while (at < len) {
        while (depth > 0 && at >= open[depth].end)
            depth--;
        if (!varint(b, open[depth].end, &at, &tag))
            return -1;
        if ((tag & 7) != 2) {
            if (!skip(b, open[depth].end, &at, tag & 7))
                return -1;
            continue;
        }
        if (!varint(b, open[depth].end, &at, &size) || size > open[depth].end - at)
            return -1;
        enum kind is = inner(open[depth].kind, tag >> 3);
        if (is == MODEL || !size) {
            at += (size_t)size;
            continue;
        }
        open[++depth].end = at + (size_t)size;
        open[depth].kind = is;
        most = depth > most ? depth : most;
        if (most > limit)
            return most;
    }
    return most;
}
