/* test_tech_needs.c - what a technology needs beside itself: told with its place and the --set that cures it, also for the shipped ones.
 * Files that are refused are in test_bad.c. */
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define RERAM "platforms/bf_imna/tech/16nm_reram.yaml:"
#define LOW "platforms/imagine/tech/22nm_fdsoi_0v8.yaml:"

/* "#" stands for the place of the first need in the file. */
static const struct { const char *platform, *sets[9], *told[5]; } shipped[] = {
    { "bf_imna", { "tech=16nm_reram" }, { "technology 16nm_reram needs write_cycles = 4 in ap_chip, cluster_ctrl, cluster_map; chip has 2, ctrl has 2, "
      "map has 2: add --set write_cycles=4" } },
    { "bf_imna", { "tech=16nm_reram", "write_cycles=4" }, { NULL } },
    { "bf_imna", { "tech=16nm_reram", "chip.write_cycles=4" }, { "technology 16nm_reram needs write_cycles = 4 in cluster_ctrl, cluster_map; ctrl has 2, "
      "map has 2: add --set write_cycles=4" } },
    { "bf_imna", { "tech=16nm_sram" }, { NULL } },
    { "bf_imna_ir", { "tech=16nm_reram", "write_cycles=4" }, { NULL } },
    { "ap", { "tech=16nm_reram" }, { "technology 16nm_reram needs write_cycles = 4 in ap_sequencer; core.seq has 2: add --set core.seq.write_cycles=4" } },
    { "ap", { "tech=16nm_reram", "core.seq.write_cycles=4" }, { NULL } },
    { "bf_imna_mesh", { "tech=16nm_reram" }, { "technology 16nm_reram needs write_cycles = 4 in ap_sequencer, map; core[*].seq has 2, map has 2: add "
      "--set core[*].seq.write_cycles=4, --set map.write_cycles=4" } },
    { "bf_imna_mesh", { "tech=16nm_reram", "core[*].seq.write_cycles=4", "map.write_cycles=4" }, { NULL } },
    { "imagine", { "tech=22nm_fdsoi_0v8" }, { "technology 22nm_fdsoi_0v8 needs a voltage of 0.8 V; it is 0.6 V: add --set voltage='0.8 V'",
      "technology 22nm_fdsoi_0v8 needs vddh = 0.8 in dsci_adc; dsci_adc has 0.6: add --set vddh=0.8",
      "technology 22nm_fdsoi_0v8 needs vddl = 0.4 in dp_array, mbiw, dsci_adc; dp_array has 0.3, mbiw has 0.3, dsci_adc has 0.3: add --set vddl=0.4",
      "technology 22nm_fdsoi_0v8 needs slow = 1 in cim_timer, ladder, cal_engine; cim_timer has 5.098, ladder has 5.098, cal_engine has 5.098: add "
      "--set slow=1" } },
    { "imagine", { "tech=22nm_fdsoi_0v8", "voltage=0.8V", "vddh=0.8", "vddl=0.4" }, { "technology 22nm_fdsoi_0v8 needs slow = 1 in cim_timer, ladder, "
      "cal_engine; cim_timer has 5.098, ladder has 5.098, cal_engine has 5.098: add --set slow=1" } },
    { "imagine", { "tech=22nm_fdsoi_0v8", "voltage=0.8V", "vddh=0.8", "vddl=0.4", "slow=1" }, { NULL } },
    { "imagine", { "tech=22nm_fdsoi_0v8", "voltage=800mV", "dsci_adc.vddh=0.8", "dp_array.vddl=0.4", "mbiw.vddl=0.4", "dsci_adc.vddl=4e-1",
      "cim_timer.slow=1", "ladder.slow=1", "cal_engine.slow=1" }, { NULL } },
    { "imagine", { "tech=22nm_fdsoi" }, { NULL } },
};

START_TEST(of_shipped)
{
    const struct bl_setup_opts o = { .platform = shipped[_i].platform, .net = "none", .set = { shipped[_i].sets, 0 } };
    struct bl_setup_opts all = o;
    struct heard h;
    char *line = h.text;

    while (all.set.n < 9 && shipped[_i].sets[all.set.n])
        all.set.n++;
    struct bl_setup *u = bl_setup_open(&all, heard_start(&h));
    ck_assert_msg(u != NULL, "%s", h.text);
    for (int k = 0; k < 5 && shipped[_i].told[k]; k++) {
        char *end = strchr(line, '\n'), *text;
        if (end)
            *end = '\0';
        ck_assert_msg(!strncmp(line, RERAM, sizeof RERAM - 1) || !strncmp(line, LOW, sizeof LOW - 1), "no place: \"%s\"", line);
        ck_assert_msg((text = strstr(line, ": ")) && !strcmp(text + 2, shipped[_i].told[k]), "said \"%s\",\nexpected \"%s\"", line, shipped[_i].told[k]);
        line = end ? end + 1 : line + strlen(line);
    }
    ck_assert_str_eq(line, "");
    bl_setup_close(u);
}
END_TEST

/* A platform of ours: one class twice, a choice of the supply, and a class that the platform does not have. */
static void told(const char *tech, const char *platform, const char *want)
{
    char text[2048], name[600];
    const char *dir = getenv("BL_TMP");
    struct heard h;
    FILE *f;

    snprintf(name, sizeof name, "%s/needy.yaml", dir ? dir : "/tmp");
    ck_assert_ptr_nonnull(f = fopen(name, "w"));
    fputs(tech, f);
    fclose(f);
    snprintf(text, sizeof text, platform, name);
    const struct bl_setup_opts o = { .platform = "here.yaml", .platform_text = text, .platform_bytes = strlen(text), .net = "none" };
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));
    ck_assert_msg(u != NULL, "%s", h.text);
    ck_assert_msg(strstr(h.text, want) != NULL && !strchr(h.text, '\n') == !strchr(want, '\n'), "said \"%s\", expected \"%s\"", h.text, want);
    if (!*want)
        ck_assert_str_eq(h.text, "");
    bl_setup_close(u);
    remove(name);
}

#define NEEDS "tech: needy\nvoltage: 1 V\nneeds: {%s}\nprices: { gen.made: { value: 1 fJ, tag: free, source: x } }\n"
#define PARTS "platform: here\nclocks: { core: 5 ns }\ntech: %s\nparts:\n  a: { class: gen, every: 3 }\n  b: { class: gen, count: 3, every: 2 }\n" \
    "  s: { class: sink, count: 4 }\nwires:\n  - a.x -> s[0].x depth 2\n  - b[*].x -> s[1..3].x depth 2\n"

#define EIGHT "platform: here\nclocks: { core: 5 ns }\ntech: %s\nparts:\n  a: { class: gen, every: 1 }\n  b: { class: gen, every: 2 }\n  c: { class: gen, every: 4 }\n" \
    "  d: { class: gen, every: 5 }\n  e: { class: gen, every: 6 }\n  f: { class: gen, every: 7 }\n  g: { class: gen, every: 8 }\n  h: { class: gen, every: 9 }\n" \
    "  s: { class: sink, count: 8 }\nwires:\n  - a.x -> s[0].x depth 2\n  - b.x -> s[1].x depth 2\n  - c.x -> s[2].x depth 2\n  - d.x -> s[3].x depth 2\n" \
    "  - e.x -> s[4].x depth 2\n  - f.x -> s[5].x depth 2\n  - g.x -> s[6].x depth 2\n  - h.x -> s[7].x depth 2\n"

START_TEST(of_ours)
{
    static const struct { const char *needs, *platform, *want; } rows[] = {
        { "gen.every: 3", PARTS, "needy.yaml:3:9: technology needy needs every = 3 in gen; b[*] has 2: add --set b[*].every=3" },
        { "gen.every: 2", PARTS, "technology needy needs every = 2 in gen; a has 3: add --set a.every=2" },
        { "gen.every: 4", PARTS, "technology needy needs every = 4 in gen; a has 3, b[*] has 2: add --set a.every=4, --set b[*].every=4" },
        { "gen.every: 3", EIGHT, "technology needy needs every = 3 in gen; a has 1, b has 2, c has 4, d has 5, e has 6, f has 7, ..: add --set a.every=3, "
                                 "--set b.every=3, --set c.every=3, --set d.every=3, --set e.every=3, --set f.every=3, .." },
        { "sram.latency: 2", PARTS, "" },
        { "voltage: 0.9 V", PARTS, "technology needy needs a voltage of 0.9 V; none is said: add --set voltage='0.9 V'" },
        { "voltage: 900 mV", PARTS "voltage: 0.9 V\n", "" },
        { "gen.every: 2, sink.every: 2", PARTS, "technology needy needs every = 2 in gen, sink; a has 3, s[*] has 1: add --set a.every=2, --set s[*].every=2" },
        { "", PARTS, "" },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        char tech[400];
        snprintf(tech, sizeof tech, NEEDS, rows[i].needs);
        told(tech, rows[i].platform, rows[i].want);
    }
}
END_TEST

Suite *suite_tech_needs(void);
Suite *suite_tech_needs(void)
{
    Suite *s = suite_create("tech_needs");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, of_shipped, 0, COUNT(shipped));
    tcase_add_test(t, of_ours);
    suite_add_tcase(s, t);
    return s;
}
