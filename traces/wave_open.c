/* wave_open.c - opens a file of waves by what is in it: its bytes, whatever it is packed in, and which reader they are for. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/read_in.h"

enum { LOOK = 1 << 16, WRAPPER = 254, WRAPPER_HEAD = 17 };
static const uint8_t FST_MARK[] = { 0, 0, 0, 0, 0, 0, 0, 1, 73 };
static const unsigned long long MOST_BYTES = 8ULL << 30;   /* of what is unpacked in memory, or comes through a pipe */

static bool is_gzip(const uint8_t *at, size_t n) { return n >= 2 && at[0] == 0x1F && at[1] == 0x8B; }
static bool is_fst(const uint8_t *at, size_t n) { return n >= sizeof FST_MARK && !memcmp(at, FST_MARK, sizeof FST_MARK); }
static bool is_wrapped(const uint8_t *at, size_t n) { return n >= WRAPPER_HEAD && at[0] == WRAPPER; }

/* A dollar before the first NUL, in the bytes that are there. */
static bool is_text(const uint8_t *at, size_t n)
{
    const uint8_t *nul = n ? memchr(at, 0, n) : NULL;

    return n && memchr(at, '$', nul ? (size_t)(nul - at) : n);
}

static int strange(struct bl_wave_source *s)
{
    return bl_error(s->diag, "%s: is neither FST, VCD nor VCD in gzip: it begins with none of their marks", s->name);
}

/* A pipe, or what cannot be mapped: all of it into memory. What begins with no mark may have no end. */
static int slurp(struct bl_wave_source *s, int fd)
{
    struct bl_bytes b = { 0 };
    ssize_t got = 1;
    bool known = false;

    while (got > 0 && b.n <= MOST_BYTES && bl_bytes_room(&b, LOOK)) {
        got = read(fd, b.at + b.n, LOOK);
        if (got > 0)
            b.n += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
        known = known || is_gzip(b.at, b.n) || is_fst(b.at, b.n) || is_wrapped(b.at, b.n) || is_text(b.at, b.n);
        if (!known && b.n >= LOOK)
            break;
    }
    s->at = s->owned = b.at;
    s->n = b.n;
    if (got < 0 || b.bad)
        return bl_error(s->diag, "%s: cannot read: %s", s->name, b.bad ? "out of memory" : strerror(errno));
    if (b.n > MOST_BYTES)
        return bl_error(s->diag, "%s: gives more than %llu bytes, expected a file on disk when it is so large", s->name, MOST_BYTES);
    return known || !b.n ? 0 : strange(s);
}

static int load(struct bl_wave_source *s, const char *path)
{
    struct stat st;
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(0), rc = 0;

    if (fd < 0)
        return bl_error(s->diag, "%s: cannot open: %s", path, strerror(errno));
    void *at = MAP_FAILED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) {
        s->at = s->mapped = at;
        s->n = s->nmapped = (size_t)st.st_size;
    } else {
        rc = slurp(s, fd);
    }
    close(fd);
    return rc;
}

/* FST in a gzip wrapper: u8 254, u64 length, u64 raw length, gzip. The inner file takes its place. */
static int unwrap(struct bl_wave_source *s)
{
    enum { HEAD = WRAPPER_HEAD };
    uint64_t length = bl_get_u64be(s->at + 1);
    if (length < HEAD - 1 || length > s->n - 1)
        return bl_read_bad(s, 1, "a wrapped FST of %" PRIu64 " bytes, expected 16 to %zu (0: its writer did not finish)",
                           length, s->n - 1);
    uint8_t *inner = bl_unpack_gzip(s->at + HEAD, length - (HEAD - 1), bl_get_u64be(s->at + 9));
    if (!inner)
        return bl_read_bad(s, HEAD, "the gzip stream of a wrapped FST does not give the %" PRIu64 " bytes it promises",
                           bl_get_u64be(s->at + 9));
    s->n = bl_get_u64be(s->at + 9);
    free(s->owned);
    s->at = s->owned = inner;
    return 0;
}

/* Somebody packed an FST by gzip: all of it is unpacked, since its blocks are looked for. */
static int ungzip(struct bl_wave_source *s)
{
    struct bl_bytes b = { 0 };
    uint8_t head[WRAPPER_HEAD];

    size_t n = bl_unpack_begin(s->at, s->n, head, sizeof head);
    if (!is_fst(head, n) && !is_wrapped(head, n))
        return 0;
    int rc = bl_unpack_members(s->at, s->n, MOST_BYTES, &b);
    if (rc < 0) {
        bl_bytes_fini(&b);
        return bl_error(s->diag, "%s: cannot be unpacked in memory (at most %llu bytes); unpack it on disk by gzip -d", s->name, MOST_BYTES);
    }
    if (rc)
        bl_read_torn(s, b.n);
    free(s->owned);
    s->at = s->owned = b.at;
    s->n = b.n;
    return 0;
}

static int begin(struct bl_wave_source *s)
{
    if ((is_gzip(s->at, s->n) && ungzip(s)) || (is_wrapped(s->at, s->n) && unwrap(s)))
        return -1;
    if (is_fst(s->at, s->n))
        return bl_fst_read_open(s);
    if (is_gzip(s->at, s->n))
        return bl_vcd_read_open(s, true);
    return is_text(s->at, s->n) ? bl_vcd_read_open(s, false) : strange(s);
}

/* Room for a value of the widest signal. */
static int make_room(struct bl_wave_source *s)
{
    size_t widest = 64;

    for (size_t i = 0; i < s->nvars; i++)
        widest = s->vars[i].kind == BL_WAVE_BITS && s->vars[i].width > widest ? s->vars[i].width : widest;
    s->words = bl_read_alloc(s, (widest / 64 + 2) * sizeof *s->words);
    s->states = bl_read_alloc(s, widest + 1);
    return s->words && s->states ? 0 : -1;
}

static struct bl_wave_source *finish(struct bl_wave_source *s, int rc)
{
    if (!rc && !begin(s) && !make_room(s)) {
        s->head.vars = s->vars;
        s->head.nvars = s->nvars;
        return s;
    }
    bl_wave_source_close(s);
    return NULL;
}

static struct bl_wave_source *fresh(const char *name, struct bl_diag *diag)
{
    struct bl_wave_source *s = calloc(1, sizeof *s);

    if (!s) {
        bl_error(diag, "%s: out of memory", name);
        return NULL;
    }
    s->diag = diag;
    s->name = name;
    s->name = bl_read_text(s, name, strlen(name));
    s->head.version = s->head.date = "";
    s->head.odd = s->odd;
    s->head.unit = 1;
    if (s->name)
        return s;
    bl_wave_source_close(s);
    return NULL;
}

struct bl_wave_source *bl_wave_source_open(const char *path, struct bl_diag *diag)
{
    struct bl_wave_source *s = fresh(path, diag);

    return s ? finish(s, load(s, path)) : NULL;
}

struct bl_wave_source *bl_wave_source_bytes(const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    struct bl_wave_source *s = fresh(name, diag);

    if (!s)
        return NULL;
    s->at = bytes;
    s->n = n;
    return finish(s, 0);
}
