/* test_cmd_check.c - `bitline check` tells everything at once: of a file, its technology, its parts, their ports, its net, and what its mapper
 * needs. Its messages one by one are in test_refusals.c and below tests/platforms. */
#include "tests/rigs/command_rig.h"

enum { MOST = 12 };

/* Every line that is told has one of the words, in this order, and no other line is told. "HERE" is the file. */
static void ck_told(const char *text, const char *const *more, const char *const *words)
{
    char file[NAME], *line;
    const char *all[MOST_WORDS] = { "check", scratch("all.yaml", file) };
    struct heard h;
    FILE *f = fopen(file, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    for (int i = 0; more && more[i]; i++)
        all[2 + i] = more[i];
    ck_assert_int_eq(program_of(&h, NULL, all), 2);
    line = h.text;
    for (int i = 0; i < MOST && words[i]; i++) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        ck_assert_msg(strstr(line, words[i]) != NULL, "told \"%s\", expected \"%s\"", line, words[i]);
        line = end ? end + 1 : line + strlen(line);
    }
    ck_assert_msg(!*line, "told besides: %s", line);
    remove(file);
}

/* A wire, a technology that is not there. */
START_TEST(file_and_technology)
{
    ck_told("platform: all\nclocks: { core: 5 ns }\ntech: nowhere\nparts:\n  gen: { class: gen }\n  sink: { class: sink }\nwires:\n"
            "  - gen.x -> sink.x depth 0\n", NULL,
            (const char *const[]){ ":8:27: 'depth' needs a whole number", ":3:7: nowhere: there is no such file", NULL });
}
END_TEST

/* A price, a class, a parameter, a value, a port, and the mapper's parts. */
START_TEST(parts_and_mapper)
{
    static const char *const words[] = { ":6:30: gen: class gen has no parameter 'evry'; did you mean 'every'?",
        ":7:19: sink: class 'snik' is not known; did you mean 'sink'?", "other.stop is -4; expected 0 ..", ":13:5: adder: class adder_tree has no port 'z'", "mapper bf_imna needs a part 'chip' of class ap_chip",
        "mapper bf_imna needs a part 'ctrl' of class cluster_ctrl", "part 'mesh'", "part 'map'", NULL };

    ck_told("platform: all\nclocks: { core: 5 ns }\nmapper: bf_imna\n\nparts:\n  gen:   { class: gen, evry: 3 }\n  sink:  { class: snik }\n"
            "  other: { class: sink, stop: -4 }\n  adder: { class: adder_tree }\nwires:\n  - gen.x -> sink.x depth 2\n  - gen.x -> sink.y depth 2\n"
            "  - gen.x -> adder.z depth 2\n", NULL, words);
}
END_TEST

/* A net that is not there hides nothing of the platform, and settings that do not agree are told together. */
START_TEST(net_and_settings)
{
    static const char *const words[] = { "nowhere.onnx: there is no such file", "a.every is 0; expected 1 ..", NULL };
    struct heard h;

    ck_told("platform: all\nclocks: { core: 5 ns }\nmapper: weight_stationary\nparts:\n  a: { class: gen, every: 0 }\n",
            (const char *const[]){ "--net", "nowhere.onnx", NULL }, words);
    ck_assert_int_eq(program(&h, NULL, "check", "imagine", "--net", "fashion_cnn", "--set", "host.gamma=3", "--set", "mbiw.vddl=0.4", "--set", "ladder.slow=1",
                             NULL), 2);
    ck_assert_msg(strstr(h.text, "cim_timer.slow and ladder.slow differ") && strstr(h.text, "dp_array.vddl and mbiw.vddl differ") &&
                  strstr(h.text, "host.gamma is 3"), "%s", h.text);
}
END_TEST

/* What is built, and lacks what the mapper needs. */
START_TEST(built)
{
    static const char *const words[] = { "mapper bf_imna needs a part 'chip'", "mapper bf_imna needs a part 'ctrl'", "part 'mesh'", "part 'map'", NULL };

    ck_told("platform: all\nclocks: { core: 5 ns }\nmapper: bf_imna\nparts:\n  gen: { class: gen }\n  sink: { class: sink }\nwires:\n  - gen.x -> sink.x depth 2\n",
            NULL, words);
}
END_TEST

Suite *suite_cmd_check(void);
Suite *suite_cmd_check(void)
{
    Suite *s = suite_create("cmd_check");
    TCase *t = tcase_create("all");

    tcase_add_test(t, file_and_technology);
    tcase_add_test(t, parts_and_mapper);
    tcase_add_test(t, net_and_settings);
    tcase_add_test(t, built);
    suite_add_tcase(s, t);
    return s;
}
