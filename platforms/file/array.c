/* array.c - `array:`, the macros of a platform as a mapper that keeps weights still sees them (platforms/weight_stationary). What does
 * not fit the parts is found by the mapper, which knows them. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <string.h>

enum { MOST_SIZE = 4096, MOST_BITS = 8, MOST_SETS = 64, MOST_WORDS = 5 };

static const char *const keys[BL_ARRAY_KEYS] = { "host", "rows", "cols", "w_bits", "a_bits", "macros", "sets", "slots", "pack", "feed", "groups", "result",
                                               "placement", "duplicate", "mapping" };

/* Numbers, and the words of a choice; preset of 0: the key must be there. */
static const struct { uint64_t preset, most; } numbers[] = { [BL_ARRAY_ROWS] = { 0, MOST_SIZE }, [BL_ARRAY_COLS] = { 0, MOST_SIZE },
    [BL_ARRAY_W_BITS] = { 0, MOST_BITS }, [BL_ARRAY_A_BITS] = { 0, MOST_BITS }, [BL_ARRAY_MACROS] = { 1, PLAN_MOST_PORTS },
    [BL_ARRAY_SETS] = { 1, MOST_SETS }, [BL_ARRAY_SLOTS] = { BL_SLOTS_MOST, BL_SLOTS_MOST } };
static const char *const words[BL_ARRAY_KEYS][MOST_WORDS] = { [BL_ARRAY_PACK] = { "by_input", "by_output" }, [BL_ARRAY_FEED] = { "direct", "buffered" },
    [BL_ARRAY_GROUPS] = { "pack", "apart" }, [BL_ARRAY_RESULT] = { "exact", "approximate" },
    [BL_ARRAY_PLACEMENT] = { "rounds", "resident", "reload" }, [BL_ARRAY_DUPLICATE] = { "true", "false" },
    [BL_ARRAY_MAPPING] = { "plain", "copies", "latency", "energy", "edp" } };

static int choose(struct bl_platform *p, const struct bl_yaml *v, enum bl_array_key key, uint32_t *to)
{
    const char *text = bl_yaml_text(p->doc, v, keys[key]);
    char all[80] = "";

    for (*to = 0; text && *to < MOST_WORDS && words[key][*to]; ++*to)
        if (!strcmp(text, words[key][*to]))
            return 0;
    for (uint32_t k = 0; k < *to; k++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", !k ? "" : k + 1 < *to ? ", " : " or ", words[key][k]);
    return text ? bl_yaml_error(p->doc, v, 0, "array: %s is '%s'; expected %s", keys[key], text, all) : -1;
}

/* One key of the block, or its preset. */
static int read_key(struct bl_platform *p, const struct bl_yaml *block, enum bl_array_key key)
{
    const struct bl_yaml *v = bl_yaml_get(block, keys[key]);
    uint64_t n = 0;

    p->array->at[key] = bl_yaml_where(p->doc, v ? v : block, 0);
    if (v && value_is_told(v))
        return -1;
    if (key == BL_ARRAY_HOST && v)
        return (p->array->host = bl_yaml_text(p->doc, v, keys[key])) ? 0 : -1;
    if (v && key >= BL_ARRAY_PACK)
        return choose(p, v, key, &p->array->n[key]);
    if (v) {
        int status = bl_yaml_count(p->doc, v, keys[key], 1, numbers[key].most, &n);
        p->array->n[key] = (uint32_t)n;
        return status;
    }
    if (key >= BL_ARRAY_PACK || (key != BL_ARRAY_HOST && numbers[key].preset)) {
        p->array->n[key] = key >= BL_ARRAY_PACK ? 0 : (uint32_t)numbers[key].preset;
        return 0;
    }
    return bl_yaml_error(p->doc, block, 0, "array: there is no '%s'; expected '{ host: host, rows: 64, cols: 64, w_bits: 8, a_bits: 8 }' at "
                         "least", keys[key]);
}

int plan_array(struct bl_platform *p, const struct bl_yaml *block)
{
    int status;

    if (bl_yaml_is(p->doc, block, BL_YAML_MAP, "'array'", "'{ host: host, rows: 64, cols: 64, w_bits: 8, a_bits: 8 }'") < 0 ||
        !(p->array = bl_yaml_keep(p->doc, 1, sizeof *p->array)))
        return -1;
    status = bl_yaml_known(p->doc, block, "array", keys, BL_ARRAY_KEYS);
    p->array->where = bl_yaml_where(p->doc, block, 0);
    for (int k = 0; k < BL_ARRAY_KEYS; k++)
        status |= read_key(p, block, (enum bl_array_key)k);
    return status;
}

const char *bl_array_key_name(enum bl_array_key key) { return keys[key]; }
const char *bl_array_word(const struct bl_array *a, enum bl_array_key key)
{
    return key == BL_ARRAY_HOST ? a->host : key >= BL_ARRAY_PACK ? words[key][a->n[key]] : NULL;
}
const struct bl_array *bl_platform_array(const struct bl_platform *p) { return p->array; }
