/* bar.c - draws how far a sweep is. */
#include "tools/sweep/bar.h"

#include "tools/run/progress.h"

#include <time.h>
#include <unistd.h>

enum { WIDTH = 30, LINE = 79 };

static double seconds(void)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bl_bar_elapsed(const struct bl_bar *b) { return seconds() - b->began; }

void bl_bar_init(struct bl_bar *b, size_t total, uint32_t workers, bool quiet)
{
    *b = (struct bl_bar){ .out = stderr, .quiet = quiet, .terminal = isatty(2), .total = total, .workers = workers, .began = seconds() };
}

char *bl_bar_time(double s, char *buf)
{
    unsigned long n = s > 0 && s < 3.6e9 ? (unsigned long)(s + 0.5) : 0;

    if (n >= 3600)
        snprintf(buf, 40, "%lu:%02lu:%02lu", n / 3600, n / 60 % 60, n % 60);
    else
        snprintf(buf, 40, "%lu:%02lu", n / 60, n % 60);
    return buf;
}

double bl_bar_left(const struct bl_bar *b, double elapsed)
{
    return !b->done || b->done > b->total ? -1 : elapsed / (double)b->done * (double)(b->total - b->done);
}

void bl_bar_done(struct bl_bar *b, bool failed)
{
    b->done++;
    b->failed += failed;
}

void bl_bar_less(struct bl_bar *b) { b->total -= b->total > b->done; }

static void describe(const struct bl_bar *b, double left, char *buf, size_t n)
{
    char time[40], failed[40] = "";

    if (b->failed)
        snprintf(failed, sizeof failed, ", %zu failed", b->failed);
    if (left < 0)
        snprintf(buf, n, "%zu of %zu points%s", b->done, b->total, failed);
    else
        snprintf(buf, n, "%zu of %zu points%s, %s left", b->done, b->total, failed, bl_bar_time(left, time));
}

void bl_bar_draw(struct bl_bar *b, uint32_t running)
{
    double elapsed = bl_bar_elapsed(b);
    unsigned tenth = b->total ? (unsigned)(b->done * 10 / b->total) : 0;
    int filled = b->total ? (int)(b->done * WIDTH / b->total) : 0;
    char text[160];

    if (b->quiet || !b->total)
        return;
    describe(b, bl_bar_left(b, elapsed), text, sizeof text);
    if (b->terminal) {
        fprintf(b->out, "\r[%.*s%*s] %-*.*s", filled, "##############################", WIDTH - filled, "", LINE - WIDTH - 3, LINE - WIDTH - 3, text);
        fflush(b->out);
        b->drawn = true;
    } else if (tenth > b->tenth && running && elapsed > BL_PROGRESS_QUIET) {
        fprintf(b->out, "bitline: %s\n", text);
        b->tenth = tenth;
    }
}

void bl_bar_clear(struct bl_bar *b)
{
    if (b->drawn)
        fprintf(b->out, "\r%*s\r", LINE, "");
    b->drawn = false;
}
