/* slurm.c - submits an array job, waits for it, and collects what its elements have written. */
#include "tools/sweep/slurm.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "platforms/file/io.h"
#include "tools/sweep/bar.h"

enum { SLICE_S = 600, POLL_S = 1, ROOM = 4096 };

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* ---- Slurm's own commands ---- */

/* What the shell's command prints, both streams, up to n bytes; its exit status, or -1. */
static int ask(const char *command, char *text, size_t n)
{
    FILE *f = popen(command, "r");
    size_t got = f ? fread(text, 1, n - 1, f) : 0;
    char rest[256];

    text[got] = 0;
    while (f && fread(rest, 1, sizeof rest, f))
        continue;
    int status = f ? pclose(f) : -1;
    return status == -1 || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

uint32_t bl_slurm_max_array(const char *config)
{
    const char *at = strstr(config, "MaxArraySize");
    unsigned n = 0;

    return at && sscanf(at, "MaxArraySize = %u", &n) == 1 ? n : 0;
}

uint32_t bl_slurm_elements(size_t points, double seconds, uint32_t most)
{
    double slices = (double)points * (seconds > 0 ? seconds : 0) / SLICE_S;
    uint32_t n = slices < 1 ? 1 : slices > BL_ELEMENTS_MOST ? BL_ELEMENTS_MOST : (uint32_t)(slices + 0.999);

    n = n > most ? most : n;
    return n > points ? (uint32_t)points : n;
}

/* Is the job known and not at its end? A controller that does not answer just now says nothing about it. */
static bool is_there(struct bl_slurm *x, const char *job, bool *silent)
{
    char command[100], text[ROOM];

    snprintf(command, sizeof command, "squeue -h -j %s -o %%T 2>&1", job);
    int status = ask(command, text, sizeof text);
    if (status == 0) {
        *silent = false;
        return *text != 0;
    }
    if (strstr(text, "Invalid job id"))
        return false;
    if (!*silent)
        bl_note(x->diag, "squeue: %.*s; waiting for an answer", (int)strcspn(text, "\n"), text);
    return *silent = true;
}

/* ---- files of the folder ---- */

static char *path_of(const struct bl_slurm *x, const char *name)
{
    size_t n = strlen(x->folder) + strlen(name) + 2;
    char *path = malloc(n);

    if (path)
        snprintf(path, n, "%s/%s", x->folder, name);
    return path;
}

static int collect(struct bl_slurm *x)
{
    char *pattern = path_of(x, "*.jsonl");
    glob_t found = { 0 };
    long added = 0, n = 0;

    if (pattern && glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && n >= 0; i++)
            n = bl_collect(x->drive->store, found.gl_pathv[i], &added, x->diag);
    globfree(&found);
    free(pattern);
    return n < 0 ? -1 : 0;
}

/* Keys that no element needs to run. */
static int write_known(struct bl_slurm *x)
{
    const struct bl_plan *p = x->drive->plan;
    size_t n = strlen(x->folder) + 40, failed = 0;
    char *path = malloc(n);
    struct bl_text t;

    if (!path)
        return bl_error(x->diag, "%s: no memory", x->folder);
    snprintf(path, n, "%s/%s.known", x->folder, p->id);
    int status = bl_text_open(&t, path, x->diag);
    for (size_t i = 0; status == 0 && i < p->axes->npoints; i++)
        if (p->point[i].same_as == i && !bl_drive_is_open(x->drive, i, &failed))
            fprintf(t.out, "%s\n", p->point[i].id.key);
    if (status == 0)
        status = bl_text_save(&t, path, x->diag);
    free(path);
    return status;
}

/* The job that an earlier call has submitted; "" when there is none. */
static void read_job(const struct bl_slurm *x, char job[32])
{
    char *path = path_of(x, "job");
    FILE *f = path ? fopen(path, "r") : NULL;

    if (!f || fscanf(f, "%31[0-9]", job) != 1)
        *job = 0;
    if (f)
        fclose(f);
    free(path);
}

static int write_script(struct bl_slurm *x, const char *path, uint32_t elements)
{
    char *words = bl_shell_line("", x->words), self[ROOM], folder[ROOM], results[ROOM], throttle[32] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    struct bl_text t;

    if (!words || n < 0 || !getcwd(folder, sizeof folder) || !realpath(x->folder, results) || bl_text_open(&t, path, x->diag) < 0) {
        free(words);
        return bl_error(x->diag, "%s: cannot be written: %s", path, strerror(errno));
    }
    self[n] = 0;
    struct bl_texts places = { 0 };
    bl_texts_add(&places, self);
    char *program = bl_shell_line("exec", &places);
    places.v[0] = folder;
    char *cd = bl_shell_line("cd", &places);
    places.v[0] = results;
    char *into = bl_shell_line("--results", &places);
    if (x->at_once)
        snprintf(throttle, sizeof throttle, "%%%llu", (unsigned long long)x->at_once);
    fprintf(t.out, "#!/bin/sh\n#SBATCH --job-name=bitline\n#SBATCH --array=1-%u%s\n#SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --output=%s/%%a.log\n#SBATCH --cpus-per-task=1\n",
            elements, throttle, results);
    fprintf(t.out, "%s || exit 2\n%s sweep%s --slice \"$SLURM_ARRAY_TASK_ID/%u\" %s --jobs=1 --quiet\n", cd ? cd : "", program ? program : "", words, elements, into ? into : "");
    free(program);
    free(cd);
    free(into);
    free(words);
    bl_texts_free(&places);
    return bl_text_save(&t, path, x->diag);
}

static int submit(struct bl_slurm *x, uint32_t elements, char job[32])
{
    char *script = path_of(x, "sweep.sh"), *kept = path_of(x, "job"), text[ROOM];
    struct bl_texts words = { 0 };
    int status = script && kept && write_known(x) == 0 ? write_script(x, script, elements) : -1;

    bl_texts_add(&words, script ? script : "");
    char *quoted = bl_shell_line("", &words), command[2 * ROOM];
    snprintf(command, sizeof command, "sbatch --parsable %s%s 2>&1", x->sbatch ? x->sbatch : "", quoted ? quoted : "");
    if (status == 0 && (ask(command, text, sizeof text) != 0 || sscanf(text, "%31[0-9]", job) != 1))
        status = bl_error(x->diag, "sbatch: %.*s", (int)strcspn(text, "\n"), text);
    if (status == 0)
        status = bl_save_all(kept, job, strlen(job), x->diag);
    bl_texts_free(&words);
    free(quoted);
    free(script);
    free(kept);
    return status;
}

/* ---- all ---- */

static int wait_for(struct bl_slurm *x, const char *job, size_t open)
{
    struct timespec nap = { POLL_S, 0 };
    struct sigaction listen = { .sa_handler = on_signal }, was;
    struct bl_bar bar;
    bool silent = false, there = true;
    size_t failed;
    int status = 0;

    interrupted = 0;
    sigaction(SIGINT, &listen, &was);
    bl_bar_init(&bar, open, 1, x->drive->quiet);
    while (there && status == 0 && !interrupted) {
        nanosleep(&nap, NULL);
        there = is_there(x, job, &silent);
        double began = bl_bar_elapsed(&bar);
        status = collect(x);
        nap.tv_sec = POLL_S + (time_t)(9 * (bl_bar_elapsed(&bar) - began));      /* collecting takes a tenth of the time at most */
        bar.done = open - bl_drive_open_points(x->drive, &failed);
        bl_bar_draw(&bar, 1);
    }
    bl_bar_clear(&bar);
    sigaction(SIGINT, &was, NULL);
    x->drive->interrupted = interrupted && there;
    if (x->drive->interrupted)
        bl_note(x->diag, "job %s goes on: the same command waits for it again, scancel %s ends it", job, job);
    return status;
}

/* How long a point takes: as the database knows, else one runs here and now. */
static int seconds_of_a_point(struct bl_slurm *x, double *seconds)
{
    const struct bl_point_id *id = &x->drive->plan->point[0].id;

    *seconds = bl_store_seconds(x->drive->store, id->platform, id->net, id->images);
    if (*seconds >= 0)
        return 0;
    x->drive->most = 1;
    int status = bl_drive_run(x->drive);
    x->drive->most = 0;
    *seconds = bl_store_seconds(x->drive->store, id->platform, id->net, id->images);
    return status;
}

static int begin_job(struct bl_slurm *x, char job[32])
{
    char text[65536];
    double seconds;

    if (ask("scontrol show config 2>&1", text, sizeof text) != 0)
        return bl_error(x->diag, "--engine slurm: scontrol: %.*s; is Slurm here? --slice I/N works with any other scheduler", (int)strcspn(text, "\n"), text);
    uint32_t most = bl_slurm_max_array(text);
    if (seconds_of_a_point(x, &seconds) < 0 || x->drive->interrupted)
        return -1;
    size_t failed, left = bl_drive_open_points(x->drive, &failed);
    if (!left)
        return *job = 0, 0;
    uint32_t elements = bl_slurm_elements(left, seconds, most > 1 ? most - 1 : BL_ELEMENTS_MOST);
    if (submit(x, elements, job) < 0)
        return -1;
    if (!x->drive->quiet)
        printf("job %s: %u element%s of about %.3g s\n", job, elements, elements == 1 ? "" : "s", seconds * (double)left / elements);
    fflush(stdout);
    return 0;
}

int bl_slurm_run(struct bl_slurm *x)
{
    char job[32] = "";
    bool silent = false;
    size_t failed, open;

    if (mkdir(x->folder, 0777) < 0 && errno != EEXIST)
        return bl_error(x->diag, "%s: %s; expected a folder for the files of a job", x->folder, strerror(errno));
    if (collect(x) < 0)
        return -1;
    if (!(open = bl_drive_open_points(x->drive, &failed)))
        return 0;
    read_job(x, job);
    if (!*job || !is_there(x, job, &silent)) {
        *job = 0;
        if (begin_job(x, job) < 0)
            return -1;
    }
    if (*job && wait_for(x, job, open) < 0)
        return -1;
    size_t left = bl_drive_open_points(x->drive, &failed);
    x->drive->ran = open - left;
    if (left && !x->drive->interrupted)
        return bl_error(x->diag, "job %s has ended, and %zu point%s no result; the logs are in %s, and the same command submits what is missing", job, left, left == 1 ? " has" : "s have",
                        x->folder);
    return 0;
}
