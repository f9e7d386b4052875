/* progress.c - draws how far a run is. */
#include "tools/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { WIDTH = 40, LINE = 79 };

void bl_progress_init(struct bl_progress *p, bool quiet)
{
    *p = (struct bl_progress){ .quiet = quiet, .bar = isatty(2) };
}

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
    } else if (tenth > p->tenth && done < total) {
        fprintf(stderr, "bitline: %llu of %llu %s\n", (unsigned long long)done, (unsigned long long)total, what);
    }
    p->tenth = tenth;
}

void bl_progress_clear(struct bl_progress *p)
{
    if (p->drawn)
        fprintf(stderr, "\r%*s\r", LINE, "");
    p->drawn = false;
}
