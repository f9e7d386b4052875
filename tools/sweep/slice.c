/* slice.c - the result file of a slice, written line by line, and its results taken into a database. */
#include "tools/sweep/results.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platforms/file/io.h"

/* ---- lines ---- */

/* The next line of at, without its end; NULL behind the last whole one: what a killed writer left is none. */
static const char *next_line(const char **at, const char *end, size_t *n)
{
    const char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));

    if (!stop)
        return NULL;
    *n = (size_t)(stop - line);
    *at = stop + 1;
    return line;
}

/* ---- writing ---- */

static int write_all(struct bl_slice_file *f, const char *bytes, size_t n)
{
    while (n) {
        ssize_t k = write(f->fd, bytes, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return bl_error(f->diag, "%s: %s; mend that, and give the same command again: it goes on where it was", f->path, strerror(errno));
        bytes += k;
        n -= (size_t)k;
    }
    return 0;
}

/* The keys of a result file; *cut: it ends within a line. */
static int read_states(struct bl_slice_file *f, const char *path, bool *cut)
{
    size_t n, length;
    char *bytes = bl_read_all(path, &n, f->diag);
    const char *at = bytes, *line;
    struct bl_record r;
    json_t *j;

    if (!bytes)
        return -1;
    while ((line = next_line(&at, bytes + n, &length))) {
        bool is_record = bl_record_read(line, length, &r, &j);
        const char *known = is_record ? json_string_value(json_object_get(f->states, r.key)) : NULL;
        if (is_record && (!known || !strcmp(known, "failed")))
            json_object_set_new(f->states, r.key, json_string(r.state));
        json_decref(j);
    }
    *cut = at < bytes + n;
    free(bytes);
    return 0;
}

static void read_known(struct bl_slice_file *f, const char *path)
{
    FILE *in = fopen(path, "r");
    char key[65];

    while (in && fscanf(in, "%64s", key) == 1)
        json_object_set_new(f->states, key, json_string("done"));
    if (in)
        fclose(in);
}

/* All files of the sweep in the folder. */
static int read_folder(struct bl_slice_file *f, const char *folder, const char *sweep)
{
    size_t room = strlen(folder) + 80;
    char *name = malloc(room);
    glob_t found = { 0 };
    bool cut = false, own_cut = false;
    int status = name ? 0 : bl_error(f->diag, "%s: no memory", folder);

    if (name) {
        snprintf(name, room, "%s/%s.*.jsonl", folder, sweep);
        glob(name, 0, NULL, &found);
        snprintf(name, room, "%s/%s.known", folder, sweep);
        read_known(f, name);
    }
    for (size_t i = 0; i < found.gl_pathc && status == 0; i++) {
        status = read_states(f, found.gl_pathv[i], &cut);
        own_cut |= cut && !strcmp(found.gl_pathv[i], f->path);
    }
    globfree(&found);
    free(name);
    return status == 0 && own_cut ? write_all(f, "\n", 1) : status;
}

static int open_file(struct bl_slice_file *f, const char *folder, const struct bl_plan *p)
{
    size_t room = strlen(folder) + 80;

    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return bl_error(f->diag, "%s: %s; expected a folder for result files", folder, strerror(errno));
    if (!(f->path = malloc(room)))
        return bl_error(f->diag, "%s: no memory", folder);
    snprintf(f->path, room, "%s/%s.%u-of-%u.jsonl", folder, p->id, p->slice, p->slices);
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (f->fd < 0)
        return bl_error(f->diag, "%s: %s", f->path, strerror(errno));
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(f->fd, F_SETLK, &lock) < 0 && (errno == EACCES || errno == EAGAIN))
        return bl_error(f->diag, "%s: another program works on this slice", f->path);
    return read_folder(f, folder, p->id);
}

struct bl_slice_file *bl_slice_open(const char *folder, const struct bl_plan *p, struct bl_diag *diag)
{
    struct bl_slice_file *f = calloc(1, sizeof *f);

    if (!f) {
        bl_error(diag, "%s: no memory", folder);
        return NULL;
    }
    *f = (struct bl_slice_file){ .fd = -1, .states = json_object(), .diag = diag };
    if (open_file(f, folder, p) == 0)
        return f;
    bl_slice_close(f);
    return NULL;
}

int bl_slice_put(struct bl_slice_file *f, const struct bl_plan *p, size_t point, const struct bl_record *r)
{
    json_t *setting = bl_plan_setting(p, point), *axes = bl_plan_axes(p);
    const struct bl_asked by = { p->id, p->command, point, setting, axes };
    char *line = bl_record_line(r, &by);
    size_t n = line ? strlen(line) : 0;
    int status = -1;

    if (!line)
        bl_error(f->diag, "%s: no memory for a result", f->path);
    else {
        line[n] = '\n';                /* in place of its end: one write, so that a line is whole or cut, never mixed */
        status = write_all(f, line, n + 1);
    }
    if (status == 0 && fsync(f->fd) < 0)
        status = bl_error(f->diag, "%s: %s", f->path, strerror(errno));
    free(line);
    json_decref(setting);
    json_decref(axes);
    return status;
}

void bl_slice_close(struct bl_slice_file *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    json_decref(f->states);
    free(f->path);
    free(f);
}

/* ---- collecting ---- */

static int take_line(struct bl_store *t, const json_t *j, const struct bl_record *r, long *added)
{
    const char *sweep = json_string_value(json_object_get(j, "sweep")), *command = json_string_value(json_object_get(j, "sweep_command"));
    enum bl_state state = bl_store_state(t, r->key);
    bool is_new = state == BL_UNKNOWN || state == BL_CLAIMED;

    if (state == BL_ROW_DONE && sweep && bl_store_has_point(t, sweep, (size_t)json_integer_value(json_object_get(j, "n")), r->key))
        return 0;
    if (sweep && (bl_store_begin_sweep(t, sweep, command ? command : "", json_object_get(j, "axes")) < 0 ||
                  bl_store_sweep_point(t, sweep, (size_t)json_integer_value(json_object_get(j, "n")), r->key, json_object_get(j, "setting")) < 0 ||
                  bl_store_end_sweep(t) < 0))
        return -1;
    *added += is_new;
    return bl_store_put(t, r);
}

long bl_collect(struct bl_store *t, const char *path, long *added, struct bl_diag *diag)
{
    size_t n, length;
    char *bytes = bl_read_all(path, &n, diag);
    const char *at = bytes, *line;
    struct bl_record r;
    long lines = 0;
    int status = bytes ? 0 : -1;
    json_t *j;

    for (long row = 1; status == 0 && (line = next_line(&at, bytes + n, &length)); row++) {
        if (bl_record_read(line, length, &r, &j))
            status = take_line(t, j, &r, added), lines++;
        else if (length)
            bl_note(diag, "%s: line %ld is no result of a point and is passed over", path, row);
        json_decref(j);
    }
    free(bytes);
    return status < 0 ? -1 : lines;
}
