/* progress.c - draws how far a run is. */
#include "tools/run/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 40, LINE = 79 };

static double seconds(void)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void bl_progress_init(struct bl_progress *p, bool quiet)
{
    *p = (struct bl_progress){ .quiet = quiet, .bar = isatty(2), .began = seconds() };
}

bool bl_progress_long(const struct bl_progress *p) { return !p->quiet && seconds() - p->began > BL_PROGRESS_QUIET; }

void bl_progress(struct bl_progress *p, uint64_t done, uint64_t total, const char *what)
{
    uint64_t tenth = total ? done * 10 / total : 0;
    int filled = total ? (int)(done * WIDTH / total) : 0;

    if (p->quiet || total < 2)
        return;
    if (p->bar) {
        fprintf(stderr, "\r[%.*s%*s] %llu of %llu %s", filled, "########################################", WIDTH - filled, "",
                (unsigned long long)done, (unsigned long long)total, what);
        fflush(stderr);
        p->drawn = true;
        p->tenth = tenth;
    } else if (tenth > p->tenth && done < total && bl_progress_long(p)) {
        fprintf(stderr, "bitline: %llu of %llu %s\n", (unsigned long long)done, (unsigned long long)total, what);
        p->tenth = tenth;
    }
}

void bl_progress_doing(struct bl_progress *p, const char *text)
{
    if (!p->bar || !bl_progress_long(p))
        return;
    fprintf(stderr, "\r%-*.*s", LINE, LINE, text);
    fflush(stderr);
    p->drawn = true;
}

void bl_progress_part(struct bl_progress *p, const char *what, const char *name, unsigned percent)
{
    char text[LINE + 1];

    if (percent == p->percent)
        return;
    snprintf(text, sizeof text, "%s %.40s: %u %%", what, name, percent);
    bl_progress_doing(p, text);
    p->percent = percent;
}

void bl_progress_clear(struct bl_progress *p)
{
    if (p->drawn)
        fprintf(stderr, "\r%*s\r", LINE, "");
    p->drawn = false;
}
