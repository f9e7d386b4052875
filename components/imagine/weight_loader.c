/* weight_loader.c - collects the eight 32 b words of a row of weights and writes it to the array. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { ARRAY_FULL = BL_STALL };
enum { WORDS = CIM_COLS / 32 };

struct weight_loader {
    struct bl_part p;
    bl_pop weight;
    bl_push row;
    bl_tally rows;
    uint64_t part[CIM_COLS / 64];
};

static bl_verdict tick(void *self)
{
    struct weight_loader *t = self;

    if (!bl_avail(t->weight))
        return BL_NAP(BL_IDLE);
    uint64_t at = bl_peek64(t->weight)[DRAM_ADDR], data = bl_peek64(t->weight)[DRAM_DATA];
    uint32_t word = (uint32_t)(at % WORDS);
    if (word == WORDS - 1 && !bl_room(t->row))
        return BL_NAP(ARRAY_FULL);
    bl_pop64(t->weight);
    if (word % 2 == 0)
        t->part[word / 2] = data;
    else
        t->part[word / 2] |= data << 32;
    if (word == WORDS - 1) {
        uint64_t *row = bl_push64(t->row);
        row[0] = at / WORDS;
        memcpy(row + 1, t->part, sizeof t->part);
        charge(&t->rows, 1);
    }
    return BL_BUSY;
}

#define T struct weight_loader
static const struct bl_field fields[] = {
    BL_POP(T, weight, DRAM_LANES, 64, "weight words: address 8 row + n, bits 32 n .. of the row"),
    BL_PUSH(T, row, 1 + CIM_COLS / 64, 64, "a row: its number, 256 bits"),
    BL_WAITS(ARRAY_FULL, row), BL_TALLY(T, rows, "a row written"), { 0 }
};
const struct bl_class weight_loader_class = { .name = "weight_loader", .help = "eight DRAM words make a row of weights",
    .size = sizeof(T), .tick = tick, .fields = fields };
