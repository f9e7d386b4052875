/* wave_odd.c - what a reader of waves passes over: counted by kind, shown once each. */
#include <inttypes.h>
#include <stdio.h>

#include "traces/read_in.h"

char *bl_read_show(char *to, size_t room, const char *at, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        bool plain = at[i] >= ' ' && at[i] <= '~';
        if (k + (plain ? 1 : 4) + (i + 1 < n ? 3 : 0) >= room) {
            k += (size_t)snprintf(to + k, room - k, "...");
            break;
        }
        k += (size_t)snprintf(to + k, room - k, plain ? "%c" : "\\x%02x", (unsigned char)at[i]);
    }
    to[k < room ? k : room - 1] = 0;
    return to;
}

int bl_read_odd(struct bl_wave_source *s, uint64_t at, const char *what, const char *word, size_t n)
{
    struct bl_wave_odd *o = s->odd;
    size_t i = 0;

    while (i < s->head.nodd && o[i].what != what && i < MOST_ODD - 1)
        i++;
    if (i == s->head.nodd) {
        o[i] = (struct bl_wave_odd){ .at = at, .what = what };
        bl_read_show(o[i].first, sizeof o[i].first, word, n);
        s->head.nodd++;
    }
    o[i].times++;
    return 0;
}

void bl_read_torn(struct bl_wave_source *s, uint64_t at)
{
    if (!s->head.torn)
        s->head.torn_at = at;
    s->head.torn = true;
}

static void tell_odd(const struct bl_wave_source *s, const struct bl_wave_odd *o, struct bl_diag *to)
{
    char times[40] = "";

    if (o->times > 1)
        snprintf(times, sizeof times, " (%" PRIu64 " times in all)", o->times);
    if (s->fst)
        bl_note(to, "%s: at byte %" PRIu64 ": %s%s%s%s%s", s->name, o->at, *o->first ? "'" : "", o->first, *o->first ? "': " : "", o->what,
                times);
    else
        bl_note(to, "%s:%" PRIu64 ": '%s': %s%s", s->name, o->at, o->first, o->what, times);
}

size_t bl_wave_source_report(const struct bl_wave_source *s, struct bl_diag *to)
{
    for (size_t i = 0; i < s->head.nodd; i++)
        tell_odd(s, &s->odd[i], to);
    if (s->head.torn)
        bl_note(to, "%s: is unfinished from byte %" PRIu64 " on: a crashed writer or a cut or damaged copy; what is before it is read", s->name,
                s->head.torn_at);
    return s->head.nodd + s->head.torn;
}
