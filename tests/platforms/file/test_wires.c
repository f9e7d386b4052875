/* test_wires.c - wires.c: the words behind a wire of a platform file as the kernel gets them, and which elements go together. Files
 * that are refused as a whole are in test_bad.c, the command line is in test_overrides.c. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct rows { char text[2048]; };

static void note(void *ctx, const struct bl_wire_row *r)
{
    static const char *const edge[] = { "", " rising", " falling" }, *const sharing[] = { "", " many", " resolved" },
                      *const reset[] = { "", " reset", " async_reset" };
    struct rows *x = ctx;
    size_t n = strlen(x->text);

    char pipe[24] = "";
    if (r->link.pipe)
        snprintf(pipe, sizeof pipe, " pipe %u", r->link.pipe);
    snprintf(x->text + n, sizeof x->text - n, "%s%s > %s%s%s%s%s", n ? "; " : "", r->from, r->to, pipe,
             edge[r->link.edge], sharing[r->link.sharing], reset[r->link.reset]);
    n = strlen(x->text);
    if (r->link.depth || r->link.sync)
        snprintf(x->text + n, sizeof x->text - n, " %u/%d", r->link.depth, r->link.sync - 1);
}

static struct bl_platform *with(const char *wire, struct heard *h)
{
    char text[1024];

    snprintf(text, sizeof text, "platform: p\nparts:\n  a: { class: x }\n  b: { class: x }\n  c: { class: x, count: 3 }\nwires:\n  - '%s'\n", wire);
    return bl_platform_parse("p.yaml", text, strlen(text), NULL, 0, heard_start(h));
}

static const struct { const char *wire, *rows; } wires[] = {
    { "a.q -> b.e rising", "a.q > b.e rising" }, { "a.q -> b.e falling", "a.q > b.e falling" },
    { "a.q -> b.process", "a.q > b.process" }, { "a.q -> b.process rising", "a.q > b.process rising" },
    { "a.q -> b.process reset", "a.q > b.process reset" }, { "a.q -> b.process async_reset falling", "a.q > b.process falling async_reset" },
    { "a.q -> b.process falling reset", "a.q > b.process falling reset" }, { "a.worker -> b.process", "a.worker > b.process" },
    { "a.x -> b.x pipe", "a.x > b.x pipe 1" }, { "a.x -> b.x pipe 2", "a.x > b.x pipe 2" }, { "a.x -> b.x pipe 64 many", "a.x > b.x pipe 64 many" },
    { "a.x -> b.x many pipe", "a.x > b.x pipe 1 many" },
    { "a.q -> b.d many", "a.q > b.d many" }, { "a.q -> b.d resolved", "a.q > b.d resolved" },
    { "a.x -> b.x depth 4 many", "a.x > b.x many 4/-1" }, { "a.x -> b.x many sync 2 depth 4", "a.x > b.x many 4/2" },
    { "a.q -> c[*].process async_reset", "a.q > c[0].process async_reset; a.q > c[1].process async_reset; a.q > c[2].process async_reset" },
    { "c[*].q -> b.d resolved", "c[0].q > b.d resolved; c[1].q > b.d resolved; c[2].q > b.d resolved" },
    { "c[1..2].x -> b.x depth 2 many", "c[1].x > b.x many 2/-1; c[2].x > b.x many 2/-1" },
    { "a.x -> c[*].x depth 2 many", "a.x > c[0].x many 2/-1; a.x > c[1].x many 2/-1; a.x > c[2].x many 2/-1" },
    { "a.q -> c[*].d many", "a.q > c[0].d many; a.q > c[1].d many; a.q > c[2].d many" },
};

START_TEST(words_behind_a_wire)
{
    struct heard h;
    struct rows r = { "" };
    struct bl_platform *p = with(wires[_i].wire, &h);

    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_int_eq(bl_platform_wires(p, true, note, &r), 0);
    ck_assert_str_eq(r.text, wires[_i].rows);
    bl_platform_free(p);
}
END_TEST

static const struct { const char *wire, *told; } refused[] = {
    { "a.q -> b.e rising falling", "'rising' and 'falling' exclude each other: leave both out for any change" },
    { "a.q -> b.d many resolved", "'many' and 'resolved' exclude each other: a signal is of one kind" },
    { "a.q -> b.process reset async_reset", "'reset' and 'async_reset' exclude each other: a reset is of one kind" },
    { "a.x -> b.x pipe 0", "'pipe' needs a whole number from 1 to 64 behind it" }, { "a.x -> b.x pipe 65", "'pipe' needs a whole number from 1 to 64 behind it" },
    { "a.x -> b.x pipe two", "'two' was not expected here" }, { "a.x -> b.x pipe 2 pipe", "'pipe' stands here a second time" },
    { "a.q -> b.d many many", "'many' stands here a second time" }, { "a.q -> b.d resolve", "'resolve' was not expected here; did you mean 'resolved'?" },
    { "a.q -> b.e raising", "'raising' was not expected here; did you mean 'rising'?" },
    { "c[*].q -> c[0..1].d many", "3 of 'c' are wired to 2 of 'c'; expected as many on both sides" },
    { "c[*].q -> b.d", "3 of 'c' are wired to one port; a port has one driver: name one of them, or let waiting parts share it ('many', 'resolved')" },
};

START_TEST(words_that_are_refused)
{
    struct heard h;

    ck_assert_ptr_null(with(refused[_i].wire, &h));
    ck_assert_msg(!strncmp(h.text, "p.yaml:7:", 9) && strstr(h.text, refused[_i].told), "%s", h.text);
}
END_TEST

Suite *suite_wires(void);
Suite *suite_wires(void)
{
    Suite *s = suite_create("wires");
    TCase *c = tcase_create("wires");

    tcase_add_loop_test(c, words_behind_a_wire, 0, sizeof wires / sizeof *wires);
    tcase_add_loop_test(c, words_that_are_refused, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, c);
    return s;
}
