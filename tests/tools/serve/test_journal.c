/* test_journal.c - journals of steered runs: what is written is read, what is damaged is refused by its line, a journal of another run too
 * (tools/serve/journal.c, tools/serve/repeat.c). */
#include "tests/rigs/command_rig.h"
#include "tools/serve/journal.h"

#define HEAD "{\"schema\":\"bitline.journal/1\",\"key\":\"k\",\"path\":true,\"run\":\"bitline run x\"}\n"

static const struct { const char *text, *says; } bad[] = {
    { "", "j: is empty" }, { "\n", "j:1:" }, { "{}\n", "j: is no journal" }, { "[]\n", "j: is no journal" }, { "hello\n", "j:1:" },
    { "{\"schema\":\"bitline.journal/2\",\"key\":\"k\",\"run\":\"r\"}\n", "is no journal" }, { "{\"schema\":\"bitline.journal/1\",\"run\":\"r\"}\n", "j:1: \"key\" or \"run\" is missing" },
    { HEAD "{\"fs\":3}\n", "j:2: \"do\" is none of" }, { HEAD "{\"fs\":3,\"do\":\"poke\"}\n", "j:2: \"do\" is none of" }, { HEAD "{\"do\":\"pause\"}\n", "j:2: \"fs\" is missing" },
    { HEAD "{\"fs\":-3,\"do\":\"pause\"}\n", "j:2: \"fs\" is none" }, { HEAD "{\"fs\":1.5,\"do\":\"pause\"}\n", "j:2: \"fs\" is none" }, { HEAD "{\"fs\":\"x\",\"do\":\"pause\"}\n", "j:2: \"fs\" is none" },
    { HEAD "{\"fs\":\"18446744073709551615\",\"do\":\"pause\"}\n", "j:2: \"fs\" is none" },
    { HEAD "{\"fs\":3,\"do\":\"watch\",\"globs\":[]}\n", "j:2: \"number\" is missing" }, { HEAD "{\"fs\":3,\"do\":\"watch\",\"number\":1}\n", "j:2: \"globs\" is no list" },
    { HEAD "{\"fs\":3,\"do\":\"watch\",\"number\":1,\"globs\":[1]}\n", "j:2: \"globs\" holds" }, { HEAD "{\"fs\":3,\"do\":\"rewind\"}\n", "j:2: \"to\" is missing" },
    { HEAD "{\"fs\":3,\"do\":\"end\"}\n", "j:2: \"end\" is missing" }, { HEAD "{\"fs\":3,\"do\":\"pause\"}\n{\"fs\":2,\"do\":\"pause\"}\n", "j:3: its time is before" },
    { HEAD "{\"fs\":3,\"do\":\"end\",\"end\":\"done\"}\n{\"fs\":3,\"do\":\"pause\"}\n", "j:3: comes behind the end" },
    { HEAD "{\"fs\":3,\"fs\":4,\"do\":\"pause\"}\n", "j:2:" }, { HEAD "{\"fs\":3,\"do\":\"pau\n", "j:2:" },
};

START_TEST(damaged)
{
    struct bl_entries e;
    struct heard h;

    ck_assert_int_eq(bl_entries_read(&e, "j", bad[_i].text, strlen(bad[_i].text), heard_start(&h)), -1);
    ck_assert_msg(strstr(h.text, bad[_i].says) != NULL, "%s", h.text);
    bl_entries_fini(&e);
}
END_TEST

START_TEST(a_torn_last_line)
{
    static const char text[] = HEAD "{\"fs\":3,\"do\":\"rewind\",\"to\":1}\n{\"fs\":1,\"do\":\"watch\",\"number\":1,\"globs\":[\"a\",\"!b\"]}\n{\"fs\":9,\"do";
    struct bl_entries e;
    struct heard h;

    ck_assert_int_eq(bl_entries_read(&e, "j", text, sizeof text - 1, heard_start(&h)), 0);
    ck_assert_uint_eq(e.n, 2);
    ck_assert_uint_eq(e.v[0].to, 1);
    ck_assert_uint_eq(e.v[1].nglobs, 2);
    ck_assert_str_eq(e.v[1].globs[1], "!b");
    ck_assert_str_eq(e.run, "bitline run x");
    bl_entries_fini(&e);
}
END_TEST

START_TEST(written_and_read)
{
    struct bl_journal j;
    struct bl_entries e;
    struct heard h;
    char path[NAME];

    ck_assert_int_eq(bl_journal_open(&j, scratch("j", path), "key", false, "bitline run 'a b'", heard_start(&h)), 0);
    bl_journal_add(&j, 5, "watch", json_pack("{s:i, s:[s]}", "number", 1, "globs", "*"));
    bl_journal_add(&j, UINT64_MAX - 2, "end", json_pack("{s:s}", "end", "done"));
    char *kept = strdup(j.text), *file = content(path);
    ck_assert_str_eq(kept, file);
    ck_assert_int_eq(bl_journal_close(&j), 0);
    ck_assert_msg(bl_entries_read(&e, "j", kept, strlen(kept), &h.diag) == 0, "%s", h.text);
    ck_assert_uint_eq(e.n, 2);
    ck_assert_uint_eq(e.v[1].fs, UINT64_MAX - 2);
    ck_assert(!e.path);
    bl_entries_fini(&e);
    free(kept);
    free(file);
    remove(path);
    ck_assert_int_eq(bl_journal_open(&j, "/dev/full", "key", false, "r", heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "--journal /dev/full: No space left"));
    ck_assert_int_eq(bl_journal_close(&j), -1);
}
END_TEST

/* ---- bitline run --journal ---- */

static const struct { const char *text; const char *more[3]; const char *says; } refused[] = {
    { HEAD, { NULL }, "is of another run; give the same files and options, with the same build: bitline run x --journal" },
    { HEAD, { "--save-at", "5 ns", "x.snap" }, "--journal and --save-at" }, { HEAD, { "--trace", "x.fst" }, "--journal and --trace" },
    { HEAD, { "--rewind" }, "--journal and --rewind" }, { HEAD, { "--races", "2" }, "--journal and --races" }, { "x\n", { NULL }, ":1: " },
};

START_TEST(refusals)
{
    const char *words[MOST_WORDS] = { "run", "back_pressure", "-q", "--journal" };
    char path[NAME];
    struct heard h;
    FILE *f = fopen(scratch("r", path), "w");

    fputs(refused[_i].text, f);
    fclose(f);
    words[4] = path;
    for (int k = 0; k < 3 && refused[_i].more[k]; k++)
        words[5 + k] = refused[_i].more[k];
    ck_assert_int_eq(program_of(&h, NULL, words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, refused[_i].says) != NULL, "%s", h.text);
    remove(path);
}
END_TEST

Suite *suite_journal(void);
Suite *suite_journal(void)
{
    Suite *s = suite_create("journal");
    TCase *t = tcase_create("journal");

    tcase_add_loop_test(t, damaged, 0, COUNT(bad));
    tcase_add_test(t, a_torn_last_line);
    tcase_add_test(t, written_and_read);
    tcase_add_loop_test(t, refusals, 0, COUNT(refused));
    suite_add_tcase(s, t);
    return s;
}
