/* snapshot_file.c - the file of a snapshot. Lines of text say what it is of; a checksum is over everything behind it; the
 * states of the simulation and of its job follow, packed by zlib. */
#include "platforms/file/io.h"
#include "tools/run/snapshot_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "platforms/file/sha256.h"

/*  bitline snapshot 1
 *  sha256 DIGEST              of everything behind this line
 *  at FS                      when it was asked for
 *  bytes STATE JOB            of the two, unpacked
 *  version 0.1.0              from here on it must be equal to what restores it, up to the second blank
 *  build HASH
 *  platform SHA256 FILE       every file that is read, with its digest
 *  seed 1
 *  job FIRST+COUNT            with a net: which images
 *  an empty line, then the packed bytes */
static const char FIRST[] = "bitline snapshot 1\nsha256 ";
enum { DIGEST = 64, HEAD = sizeof FIRST - 1 + DIGEST + 1, MOST_TEXT = 8192 };

/* What the run is, a line a fact. */
static int describe(const struct bl_setup *u, char *text)
{
    int n = snprintf(text, MOST_TEXT, "version %s\nbuild %s\n", BL_VERSION, bl_build_id);

    for (size_t i = 0; i < u->ninputs && n < MOST_TEXT; i++)
        n += snprintf(text + n, MOST_TEXT - (size_t)n, "%s %s %s\n", u->input[i].role, u->input[i].sha256, u->input[i].file);
    if (n < MOST_TEXT)
        n += snprintf(text + n, MOST_TEXT - (size_t)n, "seed %llu\n", (unsigned long long)u->seed);
    if (u->net && n < MOST_TEXT)
        n += snprintf(text + n, MOST_TEXT - (size_t)n, "job %u+%u of %s\n", u->first, u->count, u->images ? u->images : "made up");
    return n < MOST_TEXT ? n : bl_error(u->diag, "names of files too long for a snapshot");
}

/* ---- writing ---- */

static unsigned char *states(struct bl_setup *u, size_t *sim, size_t *job)
{
    *sim = bl_save_bytes(u->sim);
    *job = u->job ? bl_job_save_bytes(u->job) : 0;
    unsigned char *both = malloc(*sim + *job + 1);

    if (!both)
        bl_error(u->diag, "no memory for a snapshot of %zu bytes", *sim + *job);
    else if (bl_setup_save(u, both, *sim + *job) == 0)
        return both;
    free(both);
    return NULL;
}

int bl_snapshot_write(struct bl_setup *u, uint64_t at_fs, const char *path)
{
    char facts[MOST_TEXT], head[MOST_TEXT + 256];
    size_t sim, job;
    unsigned char *both = describe(u, facts) < 0 ? NULL : states(u, &sim, &job), *file = NULL;
    int status = -1;

    if (!both)
        return -1;
    int n = snprintf(head, sizeof head, "at %llu\nbytes %zu %zu\n%s\n", (unsigned long long)at_fs, sim, job, facts);
    uLongf packed = compressBound((uLong)(sim + job));
    if (!(file = malloc(HEAD + (size_t)n + packed)))
        bl_error(u->diag, "%s: no memory to pack %zu bytes", path, sim + job);
    else if (compress2(file + HEAD + n, &packed, both, (uLong)(sim + job), Z_BEST_SPEED) != Z_OK)
        bl_error(u->diag, "%s: zlib does not pack it", path);
    else {
        char hex[DIGEST + 1];
        memcpy(file + HEAD, head, (size_t)n);
        bl_sha256(file + HEAD, (size_t)n + packed, hex);
        memcpy(file, FIRST, sizeof FIRST - 1);
        memcpy(file + sizeof FIRST - 1, hex, DIGEST);
        file[HEAD - 1] = '\n';
        status = bl_save_all(path, file, HEAD + (size_t)n + packed, u->diag);
    }
    free(both);
    free(file);
    return status;
}

/* ---- reading ---- */

struct in {                            /* a file that was read; text: what stands before the packed bytes, ended by NUL */
    const char *path;
    char text[MOST_TEXT + 256];
    const unsigned char *packed;
    size_t npacked;
    unsigned long long at, sim, job;
    const char *facts;
};

static int damaged(const struct bl_setup *u, const char *path, const char *why)
{
    return bl_error(u->diag, "%s: the snapshot is damaged (%s); save it again", path, why);
}

static int open_up(const struct bl_setup *u, struct in *in, const unsigned char *file, size_t n)
{
    char hex[DIGEST + 1];
    int used = 0;

    if (n < sizeof FIRST || memcmp(file, FIRST, strlen("bitline snapshot ")))
        return bl_error(u->diag, "%s: is no snapshot; expected a file that `bitline run --save-at` wrote", in->path);
    if (n <= HEAD || memcmp(file, FIRST, sizeof FIRST - 1) || file[HEAD - 1] != '\n' ||
        memcmp(file + sizeof FIRST - 1, bl_sha256(file + HEAD, n - HEAD, hex), DIGEST))
        return damaged(u, in->path, "its checksum is another one");
    const char *end = (const char *)file + HEAD;       /* bl_read_all puts a NUL behind the file */
    end = strstr(end, "\n\n");
    size_t text = end ? (size_t)(end + 2 - ((const char *)file + HEAD)) : 0;
    if (!text || text >= sizeof in->text)
        return damaged(u, in->path, "it has no head");
    memcpy(in->text, file + HEAD, text - 1);
    in->text[text - 1] = '\0';
    in->packed = file + HEAD + text;
    in->npacked = n - HEAD - text;
    if (sscanf(in->text, "at %llu\nbytes %llu %llu\n%n", &in->at, &in->sim, &in->job, &used) != 3 || !used)
        return damaged(u, in->path, "its head cannot be read");
    in->facts = in->text + used;
    return 0;
}

/* Up to the second blank, or the end of the line. */
static size_t key_and_value(const char *line)
{
    size_t n = strcspn(line, " \n");

    return line[n] == ' ' ? n + 1 + strcspn(line + n + 1, " \n") : n;
}

/* A fact for people: of a digest the first eight digits. Returns buf. */
static const char *short_fact(const char *line, char buf[MOST_TEXT])
{
    size_t key = strcspn(line, " \n"), value = line[key] == ' ' ? strcspn(line + key + 1, " \n") : 0, all = strcspn(line, "\n");
    bool digest = value > 30 && strspn(line + key + 1, "0123456789abcdef") == value;

    if (digest)
        snprintf(buf, MOST_TEXT, "%.*s%.*s", (int)(key + 1 + 8), line, (int)(all - key - 1 - value), line + key + 1 + value);
    else
        snprintf(buf, MOST_TEXT, "%.*s", (int)all, line);
    return buf;
}

/* Lines "ROLE DIGEST FILE" of one role and one file. */
static const char *same_file(const char *a, const char *b)
{
    const char *x = a + key_and_value(a), *y = b + key_and_value(b);
    size_t role = strcspn(a, " \n"), n = strcspn(x, "\n");

    return n > 1 && n == strcspn(y, "\n") && !strncmp(x, y, n) && !strncmp(a, b, role + 1) && key_and_value(a) - role - 1 == DIGEST ? x + 1 : NULL;
}

static int other_run(const struct bl_setup *u, const char *path, const char *a, const char *b)
{
    static const char needs[] = "a snapshot needs the same build, platform, modules, net, images and seed";
    char there[MOST_TEXT], here[MOST_TEXT];
    const char *file = same_file(a, b);
    size_t role = strcspn(a, " \n");

    if (file)
        return bl_error(u->diag, "%s: is of another run: the %.*s %.*s has changed since (there %.8s, here %.8s); %s", path, (int)role, a,
                        (int)strcspn(file, "\n"), file, a + role + 1, b + role + 1, needs);
    return bl_error(u->diag, "%s: is of another run: there '%s', here '%s'; %s", path, short_fact(a, there), short_fact(b, here), needs);
}

/* The first fact in which the file and this run differ. */
static int same_run(const struct bl_setup *u, const struct in *in)
{
    char own[MOST_TEXT];
    const char *a = in->facts, *b = own;

    if (describe(u, own) < 0)
        return -1;
    while (*a && *b && key_and_value(a) == key_and_value(b) && !strncmp(a, b, key_and_value(a))) {
        a += strcspn(a, "\n") + 1;
        b += strcspn(b, "\n") + 1;
    }
    if (!*a && !*b)
        return 0;
    return other_run(u, in->path, a, b);
}

/* Nothing of the run is touched before everything was looked at. */
static int put_back(struct bl_setup *u, const struct in *in, unsigned char *both)
{
    uLongf n = (uLongf)(in->sim + in->job);

    if (uncompress(both, &n, in->packed, (uLong)in->npacked) != Z_OK || n != in->sim + in->job)
        return damaged(u, in->path, "it cannot be unpacked");
    if (u->job && bl_job_fits(u->job, both + in->sim, in->job) < 0)
        return bl_error(u->diag, "%s: is not restored", in->path);
    if (bl_restore(u->sim, both, in->sim) < 0)
        return bl_error(u->diag, "%s: is not restored; give --set, --shuffle and --no-nap as it was saved", in->path);
    return u->job ? bl_job_restore(u->job, both + in->sim, in->job) : 0;
}

int bl_snapshot_read(struct bl_setup *u, const char *path, uint64_t *at_fs)
{
    size_t n;
    unsigned char *file = bl_read_all(path, &n, u->diag), *both = NULL;
    struct in *in = calloc(1, sizeof *in);
    int status = -1;

    if (in)
        in->path = path;
    else if (file)
        bl_error(u->diag, "%s: no memory to read it", path);
    if (file && in && open_up(u, in, file, n) == 0 && same_run(u, in) == 0) {
        if (in->sim > SIZE_MAX / 4 || in->job > SIZE_MAX / 4 || !(both = malloc((size_t)(in->sim + in->job) + 1)))
            bl_error(u->diag, "%s: no memory for %llu bytes of state", path, in->sim + in->job);
        else
            status = put_back(u, in, both);
        *at_fs = in->at;
    }
    free(both);
    free(in);
    free(file);
    return status;
}
