/* out.c - bytes that grow, and an output file that says what is safe when the disk fails. */
#include "traces/out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- bytes in memory ---------------------------------------------------------------------- */

uint8_t *bl_bytes_room(struct bl_bytes *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 256;

    if (b->bad)
        return NULL;
    if (b->at && b->cap - b->n >= more)
        return b->at + b->n;
    while (cap - b->n < more && cap <= SIZE_MAX / 2)
        cap *= 2;
    uint8_t *at = cap - b->n >= more ? realloc(b->at, cap) : NULL;
    if (!at) {
        b->bad = true;
        return NULL;
    }
    b->at = at;
    b->cap = cap;
    return at + b->n;
}

void bl_bytes_fini(struct bl_bytes *b)
{
    free(b->at);
    *b = (struct bl_bytes){ 0 };
}

void bl_set_u64be(uint8_t *at, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(v >> (56 - 8 * i));
}

void bl_put_u64be(struct bl_bytes *b, uint64_t v)
{
    uint8_t t[8];

    bl_set_u64be(t, v);
    bl_put(b, t, sizeof t);
}

void bl_put_varint(struct bl_bytes *b, uint64_t v)
{
    for (; v > 127; v >>= 7)
        bl_put8(b, (unsigned)(v & 127) | 128);
    bl_put8(b, (unsigned)v);
}

void bl_put_svarint(struct bl_bytes *b, int64_t v)
{
    for (;;) {
        unsigned group = (unsigned)(v & 127);
        v = v < 0 ? ~(~v >> 7) : v >> 7;
        if ((v == 0 && !(group & 64)) || (v == -1 && (group & 64))) {
            bl_put8(b, group);
            return;
        }
        bl_put8(b, group | 128);
    }
}

void bl_put_decimal(struct bl_bytes *b, uint64_t v)
{
    char digits[20], *p = digits + sizeof digits;

    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    bl_put(b, p, (size_t)(digits + sizeof digits - p));
}

char *bl_ticks_text(uint64_t count, int exponent, const char *between, char *buf)
{
    static const char *const unit[] = { "s", "ms", "us", "ns", "ps", "fs", "as", "zs" };
    int step = exponent >= 0 ? 0 : (-exponent + 2) / 3;

    step = step < 8 ? step : 7;
    int n = snprintf(buf, BL_TICKS_TEXT, "%" PRIu64, count);
    for (int zeros = exponent + 3 * step; count && zeros > 0 && n < BL_TICKS_TEXT - 8; zeros--)
        buf[n++] = '0';
    snprintf(buf + n, (size_t)(BL_TICKS_TEXT - n), "%s%s", between, unit[step]);
    return buf;
}

/* ---- a checked file ----------------------------------------------------------------------- */

static unsigned long writes_left;     /* tests only; 0: never */

void bl_out_kill_after(unsigned long writes)
{
    writes_left = writes;
}

int bl_out_fail(struct bl_out *o, const char *what)
{
    char kept[100] = "nothing of the trace is on disk", at[BL_TICKS_TEXT];

    if (o->failed)
        return -1;
    o->failed = true;
    if (o->safe)
        snprintf(kept, sizeof kept, "the trace on disk is readable up to %s", bl_ticks_text(o->safe_at, o->exponent, " ", at));
    return bl_error(o->diag, "%s: cannot write: %s; %s; free space there, or trace fewer signals or less time",
                    o->path, what, kept);
}

/* The name behind a link, also of a file that is not there yet: a link stays, and what it leads to is written. To be freed. */
static char *follow(const char *path)
{
    enum { MOST_LINKS = 40 };
    char to[4096], *name = strdup(path);

    for (int i = 0; name && i < MOST_LINKS; i++) {
        const char *slash = strrchr(name, '/');
        size_t folder = slash ? (size_t)(slash - name) + 1 : 0;
        ssize_t n = readlink(name, to, sizeof to);
        if (n <= 0 || n == (ssize_t)sizeof to)
            return name;
        folder = *to == '/' ? 0 : folder;
        char *next = malloc(folder + (size_t)n + 1);
        if (next) {
            memcpy(next, name, folder);
            memcpy(next + folder, to, (size_t)n);
            next[folder + (size_t)n] = 0;
        }
        free(name);
        name = next;
    }
    return name;
}

/* A new file of a name that nobody can foretell, in the folder of the one that it will be. */
static int create_beside(struct bl_out *o)
{
    size_t room = strlen(o->place) + 32;
    uint64_t any;
    int fd = -1;

    o->beside = malloc(room);
    for (int tries = 0; o->beside && fd < 0 && tries < 8; tries++) {
        if (getrandom(&any, sizeof any, 0) != sizeof any)
            break;
        snprintf(o->beside, room, "%s.%016" PRIx64 ".tmp", o->place, any);
        fd = open(o->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

/* Who writes a file holds a lock on it, so that a second one is told. Where files cannot be locked nobody is. */
static bool in_use(int fd) { return flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK; }

static int open_file(struct bl_out *o, bool beside)
{
    struct stat st;
    bool there = stat(o->path, &st) == 0 && S_ISREG(st.st_mode);
    int old = there ? open(o->path, O_RDONLY | O_CLOEXEC) : -1;
    bool taken = old >= 0 && in_use(old);

    if (old >= 0)
        close(old);
    if (taken)
        return bl_error(o->diag, "%s: is being written by another run; name another file, or wait for its end", o->path);
    o->fd = beside ? create_beside(o) : open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (o->fd < 0)
        return bl_error(o->diag, "%s: cannot create: %s; choose a directory that exists and can be written", o->path, strerror(errno));
    if (in_use(o->fd)) {
        close(o->fd);
        return bl_error(o->diag, "%s: is being written by another run; name another file, or wait for its end", o->path);
    }
    if (beside && there)
        (void)fchmod(o->fd, st.st_mode & 07777);
    if (!beside && bl_out_regular(o) && ftruncate(o->fd, 0)) {
        close(o->fd);
        return bl_error(o->diag, "%s: cannot be emptied: %s", o->path, strerror(errno));
    }
    return 0;
}

static void forget(struct bl_out *o)
{
    free(o->beside);
    free(o->place);
    free(o->path);
    o->path = o->place = o->beside = NULL;
}

int bl_out_open(struct bl_out *o, const char *path, bool beside, struct bl_diag *diag)
{
    struct stat st;

    *o = (struct bl_out){ .fd = -1, .exponent = BL_FEMTO, .diag = diag };
    if (beside && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return bl_error(diag, "%s: is no regular file; this form is renamed into place, so expected the name of a file", path);
    o->path = strdup(path);
    o->place = beside ? follow(path) : NULL;
    if (!o->path || (beside && !o->place)) {
        forget(o);
        return bl_error(diag, "%s: out of memory", path);
    }
    if (!beside && !strcmp(path, "-")) {
        o->fd = dup(STDOUT_FILENO);
        if (o->fd >= 0)
            return 0;
        bl_error(diag, "standard output: %s", strerror(errno));
    } else if (open_file(o, beside) == 0) {
        return 0;
    }
    forget(o);
    return -1;
}

/* at == -1: at the end of the file, without seeking, so that pipes work too. */
static int write_all(struct bl_out *o, int64_t at, const uint8_t *p, size_t n)
{
    while (n) {
        ssize_t done = at < 0 ? write(o->fd, p, n) : pwrite(o->fd, p, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        if (writes_left && --writes_left == 0)
            raise(SIGKILL);
        p += done;
        n -= (size_t)done;
        at += at < 0 ? 0 : (int64_t)done;
    }
    return 0;
}

int bl_out_append(struct bl_out *o, const void *bytes, size_t n)
{
    if (o->failed)
        return -1;
    if (write_all(o, -1, bytes, n)) {
        int why = errno;
        /* A pipe cannot be cut; its reader has what it has. */
        if (ftruncate(o->fd, (off_t)o->end) == 0)
            (void)lseek(o->fd, (off_t)o->end, SEEK_SET);
        return bl_out_fail(o, strerror(why));
    }
    o->end += n;
    return 0;
}

int bl_out_patch(struct bl_out *o, uint64_t at, const void *bytes, size_t n)
{
    if (o->failed)
        return -1;
    if (write_all(o, (int64_t)at, bytes, n))
        return bl_out_fail(o, strerror(errno));
    return 0;
}

int bl_out_cut(struct bl_out *o, uint64_t end)
{
    if (o->failed)
        return -1;
    if (ftruncate(o->fd, (off_t)end) || lseek(o->fd, (off_t)end, SEEK_SET) < 0)
        return bl_out_fail(o, strerror(errno));
    o->end = end;
    return 0;
}

bool bl_out_regular(const struct bl_out *o)
{
    struct stat st;

    return fstat(o->fd, &st) == 0 && S_ISREG(st.st_mode);
}

int bl_out_publish(struct bl_out *o)
{
    if (o->failed)
        return -1;
    if (rename(o->beside, o->place))
        return bl_out_fail(o, strerror(errno));
    free(o->beside);
    o->beside = NULL;
    return 0;
}

void bl_out_safe(struct bl_out *o, uint64_t at)
{
    o->safe = true;
    o->safe_at = at;
}

int bl_out_close(struct bl_out *o)
{
    /* Some file systems (NFS, quotas) report a full disk only here. */
    if (close(o->fd) && errno != EINTR)
        bl_out_fail(o, strerror(errno));
    if (o->beside)
        (void)unlink(o->beside);
    forget(o);
    return o->failed ? -1 : 0;
}
