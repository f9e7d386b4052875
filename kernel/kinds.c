/* kinds.c - the table of the kinds of fields. A new kind is a row here; no other code asks for the order of the enum. */
#include "kernel/kernel.h"

enum { A_PORT = BL_IS_END | BL_IS_HANDLE, AN_INPUT = A_PORT | BL_IS_NEEDED, SCALAR = BL_IS_PARAM | BL_IS_VALUE };

const struct bl_kind_row bl_field_kinds[] = {
    /*                   word         in a message     bytes                   BL_IS_ */
    [BL_KIND_POP]     = { "pop",       "a pop end",     sizeof(bl_pop),         BL_IS_CHANNEL | AN_INPUT },
    [BL_KIND_PUSH]    = { "push",      "a push end",    sizeof(bl_push),        BL_IS_CHANNEL | AN_INPUT },
    [BL_KIND_IN]      = { "in",        "an input",      sizeof(bl_in),          BL_IS_WORD | AN_INPUT },
    [BL_KIND_OUT]     = { "out",       "an output",     sizeof(bl_out),         BL_IS_WORD | A_PORT },
    [BL_KIND_EVENT]   = { "event",     "an event",      sizeof(bl_event),       BL_IS_END | BL_IS_AWAITED },
    [BL_KIND_LOCK]    = { "lock",      "a lock",        sizeof(uint32_t),       BL_IS_END | BL_IS_AWAITED | BL_IS_OF_RUN },
    [BL_KIND_PROCESS] = { "process",   "a process",     sizeof(uint32_t),       BL_IS_END | BL_IS_NEEDED | BL_IS_OF_RUN },
    [BL_KIND_TALLY]   = { "tally",     "a tally",       sizeof(bl_tally),       BL_IS_VALUE },
    [BL_KIND_INT]     = { "parameter", "a parameter",   sizeof(int64_t),        SCALAR | BL_IS_SIGNED | BL_IS_COUNT },
    [BL_KIND_REAL]    = { "parameter", "a parameter",   sizeof(double),         SCALAR },
    [BL_KIND_TIME]    = { "parameter", "a parameter",   sizeof(uint64_t),       SCALAR },
    [BL_KIND_CHOICE]  = { "parameter", "a parameter",   sizeof(int64_t),        SCALAR },
    [BL_KIND_LIST]    = { "parameter", "a parameter",   sizeof(struct bl_list), BL_IS_PARAM | BL_IS_SIGNED },
    [BL_KIND_CAUSE]   = { "stall",     "a stall cause", 0,                      BL_IS_SAID },
    [BL_KIND_VIEW]    = { "view",      "a view",        0,                      0 },       /* bytes: `least` */
    [BL_KIND_MEM]     = { "memory",    "memory",        sizeof(void *),         BL_IS_HANDLE },
    [BL_KIND_FEED]    = { "feed",      "a feed",        0,                      BL_IS_SAID },
    [BL_KIND_STREAM]  = { "stream",    "a stream",      0,                      BL_IS_SAID },
    [BL_KIND_WAY]     = { "way",       "a way",         0,                      BL_IS_SAID },
    [BL_KIND_SLOTS]   = { "slots",     "slots",         0,                      BL_IS_SAID },
    [BL_KIND_WORDS]   = { "words",     "words",         0,                      BL_IS_SAID },
    [BL_KIND_DATA]    = { "data",      "a data table",  sizeof(bl_table),       BL_IS_HANDLE },
    [BL_KIND_COMPUTED] = { "computed", "a computed number", sizeof(int64_t),    BL_IS_VALUE | BL_IS_SIGNED | BL_IS_COUNT }
};

bool kind_known(enum bl_field_kind k) { return (size_t)k < sizeof bl_field_kinds / sizeof *bl_field_kinds && bl_field_kinds[k].word; }

size_t field_bytes(const struct bl_field *f)
{
    return f->kind == BL_KIND_VIEW ? (size_t)f->least : f->count ? sizeof(bl_pops) : bl_field_kinds[f->kind].size;
}
