/* test_macro.c - descriptions of macros (macro_file.c, macro_values.c, macro_blocks.c): what is read, what the command line sets, the two geometries of
 * Table II, blocks, and every error of a file at once, to the letter. */
#include "platforms/imc/macro_file.h"
#include "tests/rigs/command_rig.h"

#include <string.h>

#define DIMC "macro: x\ntype: dimc\nd1: 12\nd2: 32\nw_bits: 4\na_bits: 4\nvoltage: 0.8 V\nnode: 28 nm\n"
#define AIMC "macro: x\ntype: aimc\nw_bits: 4\na_bits: 4\nvoltage: 800 mV\nnode: 28\n"

static int read_with(struct bl_imc_file *f, struct heard *h, const char *text, const char *const *sets, size_t n)
{
    return bl_imc_file_read(f, "F", text, strlen(text), (struct bl_words){ sets, n }, heard_start(h));
}

START_TEST(whole)
{
    static const char text[] = AIMC "cols: 64\nrows: 128\nm: 2\nadc_bits: 6\nadc_range: clipped\nk3: 50\nvariant: zigzag_imc\nmodel: gates\n"
        "sources:\n  rows: { tag: fact, source: \"a paper\" }\nreported: { tops_w: 7.5, area: 2, usable: [area], source: p }\n";
    struct bl_imc_file f;
    struct heard h;

    ck_assert_msg(read_with(&f, &h, text, NULL, 0) == 0, "%s", h.text);
    ck_assert_str_eq(f.name, "x");
    ck_assert(f.macro.type == BL_IMC_AIMC && f.macro.variant == BL_IMC_ZIGZAG_IMC && f.macro.model == BL_IMC_GATES && f.macro.clipped == 1);
    ck_assert_uint_eq(f.macro.d1, 16);
    ck_assert_uint_eq(f.macro.d2, 64);
    ck_assert_uint_eq(f.macro.macros, 1);
    ck_assert_double_eq_tol(f.macro.volts, 0.8, 1e-12);
    ck_assert_double_eq(f.macro.node, 28);
    ck_assert_double_eq(f.macro.act, 0.5);
    ck_assert_double_eq(f.macro.k3, 50);
    ck_assert(f.reported.tops_w == 7.5 && f.reported.area == 2 && f.reported.clock == 0 && f.reported.usable_area && !f.reported.usable_tops_w);
    ck_assert_int_eq(bl_imc_source_of(&f, "rows").tag, BL_FACT);
    ck_assert_int_eq(bl_imc_source_of(&f, "m").tag, BL_FREE);
    bl_imc_file_fini(&f);
}
END_TEST

START_TEST(command_line)
{
    static const char text[] = DIMC "macros: 3\nprinted: { d1: 1, macros: 2 }\n";
    static const char *const sets[] = { "table2=printed", "act=1", "d2=48", "act=0.25" };
    struct bl_imc_file f;
    struct heard h;

    ck_assert_int_eq(read_with(&f, &h, text, NULL, 0), 0);
    ck_assert(f.macro.d1 == 12 && f.macro.d2 == 32 && f.macro.macros == 3 && f.macro.act == 0.5);
    bl_imc_file_fini(&f);
    ck_assert_msg(read_with(&f, &h, text, sets, 4) == 0, "%s", h.text);
    ck_assert(f.macro.d1 == 1 && f.macro.d2 == 48 && f.macro.macros == 2 && f.macro.act == 0.25);
    bl_imc_file_fini(&f);
}
END_TEST

START_TEST(blocks)
{
    static const char text[] = DIMC "blocks:\n  - { kind: tree, what: the tree, in: [energy, clock], count: 6, bits: 9, inputs: 32, act: 0.25, stage: 2 }\n"
        "  - { kind: cells, count: 2, um2: 10.5 }\n  - { kind: adder, count: 1, bits: 17, sums: 1, couts: 2, carries: 8 }\n";
    struct bl_imc_file f;
    struct heard h;

    ck_assert_msg(read_with(&f, &h, text, NULL, 0) == 0, "%s", h.text);
    ck_assert_uint_eq(f.nblocks, 3);
    ck_assert_str_eq(f.blocks[0].what, "the tree");
    ck_assert(f.blocks[0].kind == BL_IMC_TREES && f.blocks[0].in == (BL_IMC_IN_ENERGY | BL_IMC_IN_CLOCK) && f.blocks[0].bits == 9);
    ck_assert(f.blocks[0].inputs == 32 && f.blocks[0].stage == 2 && f.blocks[0].act == 0.25 && f.blocks[0].count == 6);
    ck_assert_str_eq(f.blocks[1].what, "cells");
    ck_assert(f.blocks[1].um2 == 10.5 && f.blocks[1].in == BL_IMC_IN_ALL && f.blocks[1].act == 1);
    ck_assert(f.blocks[2].sums == 1 && f.blocks[2].couts == 2 && f.blocks[2].carries == 8);
    bl_imc_file_fini(&f);
}
END_TEST

/* The page has every key, and its example is one. */
START_TEST(page_of_keys)
{
    char *text = content("platforms/imc/README.md"), name[64];
    char *example = strstr(text, "```yaml\nmacro: mine"), *end = example ? strstr(example + 8, "```") : NULL;
    struct bl_imc_file f;
    struct heard h;

    for (const struct bl_imc_key *k = bl_imc_keys; k->name; k++) {
        snprintf(name, sizeof name, "`%s`", k->name);
        ck_assert_msg(strstr(text, name) != NULL, "platforms/imc/README.md does not have the key %s", name);
    }
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    ck_assert_msg(read_with(&f, &h, example + 8, NULL, 0) == 0, "%s", h.text);
    bl_imc_file_fini(&f);
    free(text);
}
END_TEST

static const struct { const char *text, *set, *told; } BAD[] = {
    { "macro: x\n", NULL,
      "F:1:1: the file has no 'type'; expected it (sums of charge and ADCs, or adder trees)\nF:1:1: the file has no 'w_bits'; expected it (of a weight)\n"
      "F:1:1: the file has no 'a_bits'; expected it (of an input)\nF:1:1: the file has no 'voltage'; expected it (supply)\n"
      "F:1:1: the file has no 'node'; expected it (technology)\n"
      "F:1:1: the file has neither 'd1' nor 'cols'; expected one of them (output operands side by side (or 'cols'))\n"
      "F:1:1: the file has neither 'd2' nor 'rows'; expected one of them (rows that are added up (or 'rows'))" },
    { AIMC "cols: 30\nrows: 100\nm: 16\nadc_bits: 4\n", NULL,
      "F:7:7: cols is 30, which is no multiple of w_bits = 4; 28 or 32 would do\nF:8:7: rows is 100, which is no multiple of m = 16; 96 or 112 would do" },
    { AIMC "cols: 2\nd1: 1\nd2: 8\nadc_bits: 4\n", NULL, "F:7:7: 'd1' and 'cols' say the same (d1 = cols / w_bits); leave out one of them" },
    { AIMC "cols: 2\nd2: 8\nadc_bits: 4\n", NULL, "F:7:7: cols is 2, less than w_bits = 4; 4 would do" },
    { AIMC "d1: 8\nd2: 64\ndac_bits: 2\nadc_bits: 5\n", NULL,
      "F:10:11: adc_bits is 5, but a column sums up to 192, which needs 8; take 8, or say that the range is narrower with 'adc_range: clipped'" },
    { AIMC "d1: 8\nd2: 64\n", NULL, "F:2:7: an aimc macro needs 'adc_bits'; 7 would hold a column's largest sum, 64" },
    { DIMC "adc_bits: 5\nact: 1.5\n", NULL,
      "F:10:6: act is '1.5'; expected a number from 0.001 to 1 (share of cells, gates and full adders that switch)\n"
      "F:9:11: a dimc macro adds in a tree and has no ADC; leave it out, or make it 'type: aimc'" },
    { AIMC "d1: 8\nd2: 7\nadc_bits: 3\nshare: 5\n", NULL, "F:10:8: share is 5, but there are 32 columns of cells (d1 w_bits); 4 or 8 would do" },
    { AIMC "d1: 3\nd2: 7\nadc_bits: 3\nshare: 13\nstages: 2\n", NULL,
      "F:11:9: stages are those of an adder tree, and an aimc macro adds along bitlines; leave it out, or make it 'type: dimc'\n"
      "F:10:8: share is 13, but there are 12 columns of cells (d1 w_bits); 12 would do" },
    { DIMC "banks: 4\n", NULL, "F:9:8: banks are those of a buffer, and there is none; leave it out, or say how many words it has: 'buffer: 8192'" },
    { DIMC "buffer: 100\nbanks: 6\n", NULL, "F:10:8: banks is 6, which is no power of two; 4 or 8 would do" },
    { DIMC "buffer: 100\nbanks: 128\n", NULL, "F:10:8: banks is 128, and the buffer has 100 words; 100 would do" },
    { DIMC "share: 2\ninput_port: 3\n", NULL, "F:9:8: a dimc macro has no ADC to share; leave it out, or make it 'type: aimc'\n"
      "F:10:13: input_port is 3 bits a cycle, but an operation takes 128 bits (d2 a_bits) in its steps; take 32" },
    { DIMC "colour: 5\nmacros: many\nk3: 1e\nmodel: gate\n", NULL,
      "F:9:1: a macro has no 'colour'; expected one of type, d1, d2, cols, rows, m, macros, w_bits, a_bits, dac_bits, adc_bits, share, stages, input_port, weight_port, buffer, banks, adc_range, voltage, node, act, k3, c_inv, "
      "array_reading, variant, model, steps, passes, table2, macro, about, printed, sources, reported, blocks\n"
      "F:10:9: macros is 'many'; expected a whole number from 1 to 65536 (equal macros side by side)\n"
      "F:11:5: k3 is '1e'; expected a number from 0 to 1000 (DAC, fF a bit: 44 (paper) or 50 (zigzag))\n"
      "F:12:8: model is 'gate'; expected one of equations|gates (whose energy makes TOPS/W)" },
    { DIMC, "acts=1", "--set acts=1: a macro has no 'acts'; did you mean 'act'?" },
    { DIMC, "temperature=1", "--set temperature=1: a macro has no 'temperature'; its keys are in platforms/imc/README.md" },
    { DIMC, "act", "--set act: expected KEY=VALUE" },
    { DIMC, "voltage=9 V", "--set voltage=9 V: voltage is '9 V'; expected 0.1 V to 2 V" },
    { DIMC, "node=28 um", "--set node=28 um: node is '28 um'; expected a number from 3 to 350 nm (technology)" },
    { DIMC, "table2=printed", "--set table2=printed: table2 is 'printed', but the file has no 'printed'; it has one geometry only, so leave this out" },
    { DIMC "printed: { d1: 4, dd2: 1 }\n", NULL, "F:9:19: 'printed' has no 'dd2'; did you mean 'd2'?" },
    { DIMC "blocks:\n  - { kind: tre, count: 1 }\n  - { kind: tree, bits: 4 }\n  - { kind: adc, count: 1, bits: 17, inputs: 4, in: [power] }\n  - 5\n", NULL,
      "F:10:13: the kind is 'tre'; expected one of multiplier|tree|adder|register|adc|dac|line|cells\n"
      "F:11:5: the tree has no 'count'; say how many a macro has\nF:11:5: the tree has no 'inputs'\n"
      "F:12:54: a block cannot count in 'power'; expected energy, area or clock\n"
      "F:13:5: a block is a single value; expected '{ kind: tree, count: 6, bits: 9, inputs: 32, stage: 1 }'" },
    { DIMC "blocks:\n  - { kind: tree, count: 0, bits: 4, inputs: 32 }\n", NULL,
      "F:10:3: no block is on the critical path, so there is no clock; give those that are 'stage: 1'\n"
      "F:10:3: no block has an area; expected at least one, like '{ kind: cells, count: 1, um2: 3960 }'\n"
      "F:10:3: no block has an energy; expected at least one, like '{ kind: multiplier, count: 32, bits: 8 }'" },
    { DIMC "blocks: []\n", NULL, "F:9:9: 'blocks' has 0 of them; expected 1 to 32" },
    { DIMC "sources:\n  colour: { tag: fact, source: s }\n  d1: { tag: true, source: s }\n  d2: { tag: fact }\nreported: { usable: [energy], tops_w: 0 }\n", NULL,
      "F:10:3: 'sources' has 'colour', which is no key of a macro; expected one that the file has\n"
      "F:11:14: the tag is 'true'; expected fact, derived, calibrated or free\nF:12:7: the source of 'd2' has no 'source'; expected tag and source\n"
      "F:13:39: tops_w is '0'; expected a number from 1e-06 to 1e+06\nF:13:22: 'energy' cannot be usable; expected tops_w, area or clock\n"
      "F:13:11: 'reported' has no 'source'; say where its figures are printed" },
    { "macro: [\n", NULL, "F:2:1: did not find expected node content while parsing a flow node" },
};

START_TEST(refused)
{
    struct bl_imc_file f;
    struct heard h;

    ck_assert_int_eq(read_with(&f, &h, BAD[_i].text, &BAD[_i].set, BAD[_i].set ? 1 : 0), -1);
    ck_assert_str_eq(h.text, BAD[_i].told);
    bl_imc_file_fini(&f);
}
END_TEST

Suite *suite_macro(void);
Suite *suite_macro(void)
{
    Suite *s = suite_create("macro");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, whole);
    tcase_add_test(tc, command_line);
    tcase_add_test(tc, blocks);
    tcase_add_test(tc, page_of_keys);
    tcase_add_loop_test(tc, refused, 0, COUNT(BAD));
    suite_add_tcase(s, tc);
    return s;
}
