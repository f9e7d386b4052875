/* test_used_tokens.c - platforms of several files whose words were deleted, swapped, repeated or replaced by others of theirs, through all that
 * `check` does: each is taken, or somebody says why not; never worse, and never a refusal without a message. */
#include "platforms/file/io.h"
#include "platforms/job/setup.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define IMC "platforms/imc/"

enum { MOST_TOKENS = 2000, MOST_FILES = 3 };

/* The first file uses the second, that the third. */
static const struct { const char *file[MOST_FILES]; } chains[] = {
    { { IMC "imc.yaml", IMC "dimc.yaml" } }, { { IMC "imc_analog.yaml", IMC "aimc.yaml" } }, { { IMC "imc_sets.yaml", IMC "dimc_sets.yaml" } },
    { { IMC "imc_buffer.yaml", IMC "dimc_core.yaml", IMC "dimc.yaml" } }, { { "tests/platforms/file/used/pair.yaml", "tests/platforms/file/used/lane.yaml" } },
};

/* A text as tokens: words, blanks and single characters, in file order. */
struct tokens { char *text; size_t n, at[MOST_TOKENS], len[MOST_TOKENS]; };

static void split(struct tokens *t, char *text)
{
    *t = (struct tokens){ .text = text };
    for (size_t i = 0, k; text[i] && t->n < MOST_TOKENS; i += k) {
        for (k = 0; isalnum((unsigned char)text[i + k]) || text[i + k] == '_'; k++)
            ;
        k = text[i] == '#' ? strcspn(text + i, "\n") : k ? k : 1;
        if (text[i] == '#')
            continue;
        t->at[t->n] = i;
        t->len[t->n++] = k;
    }
}

static uint64_t drawn(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % below;
}

static void give(FILE *f, const struct tokens *t, size_t i)
{
    fwrite(t->text + t->at[i], 1, t->len[i], f);
}

/* Writes the file with one to three of its tokens changed. */
static void write_spoiled(FILE *f, const struct tokens *t, const struct tokens *other, uint64_t *seed)
{
    static const char *const word[] = { "$", "$nn", "0", "1", "[1]", "[*]", "[0..1]", "99999", "..", "count: 2", "~", "-1", "\n", "{", "}" };
    size_t at[3], n = 1 + drawn(seed, 3);

    for (size_t k = 0; k < n; k++)
        at[k] = drawn(seed, t->n);
    for (size_t i = 0; i < t->n; i++) {
        bool hit = false;
        for (size_t k = 0; k < n; k++)
            hit |= at[k] == i;
        switch (hit ? drawn(seed, 6) : 9) {
        case 0: break;                                                        /* gone */
        case 1: give(f, t, drawn(seed, t->n)); break;                         /* another one of the file */
        case 2: give(f, other, drawn(seed, other->n)); break;                 /* .. of the other file */
        case 3: fputs(word[drawn(seed, COUNT(word))], f); break;
        case 4: give(f, t, i); give(f, t, i); break;                          /* twice */
        case 5:                                                               /* one letter too many */
            give(f, t, i);
            fputc("xn0$ "[drawn(seed, 5)], f);
            break;
        default: give(f, t, i);
        }
    }
}

static void in_folder(char *path, size_t room, const char *file)
{
    const char *slash = strrchr(file, '/');

    snprintf(path, room, "%s/tokens/%s", getenv("BL_TMP"), slash ? slash + 1 : file);
}

/* Is the first file refused by `check`? */
static bool is_refused(const char *first, const char *set, struct heard *h)
{
    char path[300];

    in_folder(path, sizeof path, first);
    struct bl_setup_opts o = { .platform = path, .net = "none", .set = { &set, set != NULL } };
    struct bl_setup *u = bl_setup_open(&o, heard_start(h));
    bool bad = !u || bl_setup_fits(u) < 0 || h->diag.errors;
    bl_setup_close(u);
    return bad;
}

/* ---- a port that its part does not have, shown by a used file and wired outside: said at the line that shows it */

#define USER "platform: user\nclocks: { c: 1 GHz }\nparts:\n  a: { use: low.yaml }\n  g: { class: gen }\n  k: { class: sink }\n  i: { class: imc_array, rows: 8, cols: 8, w_bits: 4 }\nwires:\n  - "
#define SHOWN ", used as a at user.yaml:4:3: "

static const struct { const char *ports, *wire, *told; } no_port[] = {
    { "out: q.q", "a.out -> k.x depth 2", "low.yaml:4:15" SHOWN "a.q: class fifo has no port 'q'" },
    { "in: q.xx", "g.x -> a.in depth 2", "low.yaml:4:14" SHOWN "a.q: class fifo has no port 'xx'; did you mean 'x'?" },
    { "out: 'q.y[0]'", "a.out -> k.x depth 2", "low.yaml:4:15" SHOWN "a.q.y is a single port; leave out the [0]" },
    { "word: array.writen", "a.word -> i.x_tag", "low.yaml:4:16" SHOWN "a.array: class imc_array has no port 'writen'; did you mean 'written'?" },
    { "word: collector.don", "a.word -> i.x_tag", "low.yaml:4:16" SHOWN "a.collector: class collector has no port 'don'; did you mean 'done'?" },
    { "tag: array.x_tog", "g.x -> a.tag depth 2", "low.yaml:4:15" SHOWN "a.array: class imc_array has no port 'x_tog'; did you mean 'x_tag'?" },
};

static void write_file(const char *name, const char *before, const char *text, const char *after)
{
    char path[300];

    in_folder(path, sizeof path, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "%s%s%s\n", before, text, after);
    ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_port_that_is_not_there)
{
    static struct heard h;
    char path[300];

    in_folder(path, sizeof path, "");
    mkdir(path, 0777);
    write_file("user.yaml", USER, no_port[_i].wire, "");
    write_file("low.yaml", "platform: low\nclocks: { c: 1 GHz }\nparts: { q: { class: fifo }, array: { class: imc_array, rows: 8, cols: 8, w_bits: 4 }, "
               "collector: { class: collector } }\nports: { ", no_port[_i].ports, " }");
    ck_assert(is_refused("user.yaml", NULL, &h));
    for (char *s = h.text; (s = strstr(s, path));)
        memmove(s, s + strlen(path), strlen(s + strlen(path)) + 1);
    ck_assert_msg(strstr(h.text, no_port[_i].told), "%s", h.text);
}
END_TEST

/* ---- words at random */

START_TEST(never_worse)
{
    static const char *const set[] = { NULL, NULL, NULL, "macro[0].rows=1", "array.n=1", "lane[1].out.depth=3", "rows=8", "macros=2" };
    static struct tokens t[MOST_FILES];
    static struct heard h;
    unsigned rounds = (unsigned)fewer(400, 60), refused = 0;
    char path[300], *text[MOST_FILES] = { NULL };
    size_t files = 0, bytes;

    in_folder(path, sizeof path, "");
    mkdir(path, 0777);
    for (; files < MOST_FILES && chains[_i].file[files]; files++) {
        text[files] = (char *)bl_read_all(chains[_i].file[files], &bytes, &h.diag);
        ck_assert_msg(text[files] != NULL, "%s", chains[_i].file[files]);
        split(&t[files], text[files]);
    }
    for (unsigned k = 0; k < rounds; k++) {
        uint64_t seed = k * 7919 + (unsigned)_i + 1, bad = drawn(&seed, files);
        for (size_t i = 0; i < files; i++) {
            in_folder(path, sizeof path, chains[_i].file[i]);
            FILE *f = fopen(path, "w");
            ck_assert_ptr_nonnull(f);
            if (i == bad)
                write_spoiled(f, &t[i], &t[(i + 1) % files], &seed);
            else
                fputs(text[i], f);
            ck_assert_int_eq(fclose(f), 0);
        }
        bool no = is_refused(chains[_i].file[0], set[drawn(&seed, COUNT(set))], &h);
        ck_assert_msg(no == (h.n > 0), "chain %d, round %u: %s, but heard '%s'", _i, k, no ? "refused" : "taken", h.text);
        refused += no;
    }
    ck_assert_msg(refused > rounds / 2 && refused < rounds, "%u of %u refused", refused, rounds);
    for (size_t i = 0; i < files; i++)
        free(text[i]);
}
END_TEST

Suite *suite_used_tokens(void);
Suite *suite_used_tokens(void)
{
    Suite *s = suite_create("used_tokens");
    TCase *c = tcase_create("used_tokens");

    tcase_add_loop_test(c, a_port_that_is_not_there, 0, COUNT(no_port));
    tcase_add_loop_test(c, never_worse, 0, COUNT(chains));
    suite_add_tcase(s, c);
    return s;
}
