/* bar.h - how far a sweep is, on stderr: a bar with the time that is left on a terminal, else a line each tenth of the way. */
#ifndef BL_SWEEP_BAR_H
#define BL_SWEEP_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct bl_bar {
    FILE *out;
    bool quiet, terminal, drawn;
    size_t done, total, failed;
    uint32_t workers;
    unsigned tenth;
    double began;
};

void bl_bar_init(struct bl_bar *b, size_t total, uint32_t workers, bool quiet);
void bl_bar_done(struct bl_bar *b, bool failed);
void bl_bar_less(struct bl_bar *b);                /* one of them was run elsewhere */
void bl_bar_draw(struct bl_bar *b, uint32_t running);
void bl_bar_clear(struct bl_bar *b);
/* "1:02:03", "4:05"; buf of 40 bytes; returns buf. */
char *bl_bar_time(double seconds, char *buf);
double bl_bar_elapsed(const struct bl_bar *b);     /* seconds since bl_bar_init */
/* Seconds that are left, from those that it took so far; < 0: not known yet. */
double bl_bar_left(const struct bl_bar *b, double elapsed);

#endif
