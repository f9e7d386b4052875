/* fst_unpack.c - unpacks what FST files are packed with: zlib, LZ4, FastLZ, gzip. Nothing of the input is
 * trusted: a false length or a distance that leads out of the buffer is told, not followed. */
#include <lz4.h>
#include <stdlib.h>

#include "traces/read_in.h"

/* FastLZ, levels 1 and 2 (the top three bits of the first byte). An instruction below 32 is that many literals and one
 * more; any other is a match: three bits of length, five of distance, then bytes that extend them. */
static bool fastlz(const uint8_t *p, size_t n, uint8_t *to, size_t raw)
{
    enum { DISTANT = 8191 };   /* level 2: distances from here on have two bytes more */
    const uint8_t *end = p + n;
    size_t out = 0;
    unsigned level = n ? *p >> 5 : 9;

    for (unsigned op = n ? *p++ & 31u : 0; level < 2;) {
        if (op < 32) {
            size_t count = op + 1;
            if ((size_t)(end - p) < count || raw - out < count)
                return false;
            memcpy(to + out, p, count);
            p += count;
            out += count;
        } else {
            size_t length = (op >> 5) + 2, distance = (size_t)(op & 31) << 8;
            unsigned more = op >> 5 == 7 ? 255 : 0;
            while (more == 255) {
                if (p == end)
                    return false;
                length += more = *p++;
                more = level ? more : 0;
            }
            if (p == end)
                return false;
            distance += *p++;
            if (level && distance == DISTANT) {
                if (end - p < 2)
                    return false;
                distance += (size_t)p[0] << 8 | p[1];
                p += 2;
            }
            if (distance >= out || raw - out < length)
                return false;
            for (size_t from = out - distance - 1; length--; out++)
                to[out] = to[from++];
        }
        if (p == end)
            return out == raw;
        op = *p++;
    }
    return false;
}

static bool zlib(struct unpacker *u, const uint8_t *src, size_t n, uint8_t *to, size_t raw)
{
    z_stream *z = &u->z;

    if (n > UINT32_MAX || raw > UINT32_MAX || (u->begun ? inflateReset(z) : inflateInit(z)) != Z_OK)
        return false;
    u->begun = true;
    z->next_in = (z_const Bytef *)(uintptr_t)src;
    z->avail_in = (uInt)n;
    z->next_out = to;
    z->avail_out = (uInt)raw;
    return inflate(z, Z_FINISH) == Z_STREAM_END && z->avail_out == 0;
}

bool bl_unpack(struct unpacker *u, uint8_t type, const uint8_t *src, size_t n, uint8_t *to, size_t raw)
{
    if (type == 'F')
        return fastlz(src, n, to, raw);
    if (type == '4')
        return n <= INT32_MAX && raw <= INT32_MAX
               && LZ4_decompress_safe((const char *)src, (char *)to, (int)n, (int)raw) == (int)raw;
    return zlib(u, src, n, to, raw);
}

uint64_t bl_unpack_most(uint8_t type, size_t n)
{
    enum { ZLIB = 1032, LZ = 255 };    /* deflate: 258 bytes in two bits; the others: a length byte of 255 */

    return (uint64_t)(n + 16) * (type == '4' || type == 'F' ? LZ : ZLIB);
}

void bl_unpack_fini(struct unpacker *u)
{
    if (u->begun)
        inflateEnd(&u->z);
}

uint8_t *bl_unpack_gzip(const uint8_t *src, size_t n, uint64_t raw)
{
    enum { PIECE = 1 << 30 };  /* zlib counts in 32 bits */
    z_stream z = { 0 };
    int rc = Z_OK;

    if (raw > bl_unpack_most('Z', n) || raw > SIZE_MAX / 2)
        return NULL;
    uint8_t *to = malloc(raw + 1);
    if (!to || inflateInit2(&z, 31) != Z_OK) {
        free(to);
        return NULL;
    }
    z.next_in = (z_const Bytef *)(uintptr_t)src;
    z.next_out = to;
    while (rc == Z_OK) {
        size_t in = n - (size_t)(z.next_in - src), out = raw - (size_t)(z.next_out - to);
        z.avail_in = (uInt)(in < PIECE ? in : PIECE);
        z.avail_out = (uInt)(out < PIECE ? out : PIECE);
        rc = inflate(&z, Z_NO_FLUSH);
    }
    bool whole = rc == Z_STREAM_END && (size_t)(z.next_out - to) == raw;
    inflateEnd(&z);
    if (whole)
        return to;
    free(to);
    return NULL;
}

/* ---- gzip files ------------------------------------------------------------------------------ */

size_t bl_unpack_begin(const uint8_t *src, size_t n, uint8_t *to, size_t room)
{
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)src, .avail_in = (uInt)(n < 1 << 16 ? n : 1 << 16), .next_out = to,
                   .avail_out = (uInt)room };

    if (inflateInit2(&z, 31) != Z_OK)
        return 0;
    (void)inflate(&z, Z_SYNC_FLUSH);
    inflateEnd(&z);
    return room - z.avail_out;
}

bool bl_unpack_next_member(z_stream *z, const uint8_t *at, size_t n)
{
    while (n && !*at) {        /* tapes are filled up with zeros */
        at++;
        n--;
    }
    z->next_in = (z_const Bytef *)(uintptr_t)at;
    return n >= 2 && at[0] == 0x1F && at[1] == 0x8B && inflateReset(z) == Z_OK;
}

int bl_unpack_members(const uint8_t *src, size_t n, size_t most, struct bl_bytes *to)
{
    enum { PIECE = 1 << 20 };
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)src };
    int rc = Z_OK, status = 0;

    if (inflateInit2(&z, 31) != Z_OK)
        return -1;
    while (status == 0) {
        size_t left = n - (size_t)(z.next_in - src);
        z.avail_in = (uInt)(left < PIECE ? left : PIECE);
        z.next_out = bl_bytes_room(to, PIECE);
        z.avail_out = PIECE;
        if (!z.next_out || to->n > most) {
            status = -1;
            break;
        }
        rc = left ? inflate(&z, Z_NO_FLUSH) : Z_BUF_ERROR;
        to->n += PIECE - z.avail_out;
        left = n - (size_t)(z.next_in - src);
        if (rc == Z_STREAM_END && !bl_unpack_next_member(&z, z.next_in, left))
            break;
        if (rc != Z_OK && rc != Z_STREAM_END)
            status = 1;
    }
    inflateEnd(&z);
    return status;
}
