/* test_modules.c - modules of a platform file: what is refused and how it is said, built by the compiler that is at hand; and
 * that one's classes and mapper are in force everywhere (tests/embed/plugin/dot.c). Also of platforms/job/mappers.c. */
#include "platforms/file/load.h"
#include "kernel/model.h"
#include "platforms/file/io.h"
#include "platforms/job/mapper.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
enum { ROOM = 4096 };

/* ---- what the file says, without any code ---- */

static const struct { const char *key, *said; } listed[] = {
    { "modules: a.so", "2:10: 'modules' is a single value; expected '[ mine.so ]'" },
    { "modules: []", "2:10: 0 modules; expected 1 to 16, like '[ mine.so ]'" },
    { "modules: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]", "2:10: 17 modules; expected 1 to 16, like '[ mine.so ]'" },
    { "modules: [ { a: b.so } ]", "2:12: a module is a map; expected a single value" },
    { "modules: [ './' ]", "2:12: a module is empty; expected the name of a shared object, like 'mine.so'" },
    { "modules: [ a.so, ./a.so ]", "2:18: module './a.so' stands there twice" },
};

START_TEST(lists)
{
    char text[ROOM], want[ROOM];
    struct heard h;

    snprintf(text, sizeof text, "platform: p\n%s\nparts: { a: { class: gen } }\n", listed[_i].key);
    snprintf(want, sizeof want, "p.yaml:%s", listed[_i].said);
    ck_assert_ptr_null(bl_platform_parse("p.yaml", text, strlen(text), NULL, 0, heard_start(&h)));
    ck_assert_str_eq(h.text, want);
}
END_TEST

/* From memory nothing is opened, and what is there without modules is there. */
START_TEST(named_only)
{
    static const char text[] = "platform: p\nmodules: [ nowhere.so ]\nmapper: osa_hcim\nparts: { a: { class: gen } }\n";
    static const char misspelt[] = "platform: p\nmodules: [ nowhere.so ]\nmapper: imagin\nparts: { a: { class: gen } }\n";
    const struct bl_mapper *m;
    struct heard h;
    struct bl_platform *p = bl_platform_parse("p.yaml", text, strlen(text), NULL, 0, heard_start(&h));

    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_uint_eq(bl_platform_modules(p), 0);
    ck_assert_uint_eq(bl_platform_files(p), 0);
    ck_assert_ptr_eq(bl_platform_classes(p, NULL), bl_classes);
    ck_assert_int_eq(bl_mapper_of(p, &m, &h.diag), 0);
    ck_assert_str_eq(m->name, "osa_hcim");
    bl_platform_free(p);
    ck_assert_ptr_nonnull(p = bl_platform_parse("p.yaml", misspelt, strlen(misspelt), NULL, 0, heard_start(&h)));
    ck_assert_int_eq(bl_mapper_of(p, &m, &h.diag), -1);
    ck_assert_str_eq(h.text, "p.yaml:3:9: no mapper is called 'imagin'; did you mean 'imagine'?");
    bl_platform_free(p);
}
END_TEST

/* ---- files that are there ---- */

static char folder[ROOM / 4];

static const char *compiler(void) { return getenv("CC") && *getenv("CC") ? getenv("CC") : "cc"; }

/* A folder of this process, and in it what `write` is for. */
static void in_folder(void)
{
    const char *tmp = getenv("BL_TMP");

    snprintf(folder, sizeof folder, "%s/modules%ld", tmp ? tmp : "/tmp", (long)getpid());
    ck_assert(mkdir(folder, 0777) == 0 || access(folder, W_OK) == 0);
}

static void write_file(const char *name, const char *text)
{
    char path[ROOM];
    struct heard h;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(bl_save_all(path, text, strlen(text), heard_start(&h)) == 0, "%s", h.text);
}

static int shell(const char *fmt, ...) BL_PRINTF(1, 2);
static int shell(const char *fmt, ...)
{
    char line[4 * ROOM];
    va_list ap;

    va_start(ap, fmt);
    ck_assert_int_lt(vsnprintf(line, sizeof line, fmt, ap), (int)sizeof line);
    va_end(ap);
    return system(line);
}

/* The program under test, or NULL when it or a compiler is not at hand; then the test is skipped, or fails where it must run. */
static const char *program(void)
{
    const char *bitline = getenv("BITLINE");

    if (!bitline || access(bitline, X_OK) != 0) {
        SKIP_MISSING("modules", "$BITLINE, which make check sets, names no program");
        return NULL;
    }
    if (shell("%s --version >/dev/null 2>&1", compiler()) != 0) {
        SKIP_MISSING("modules", "there is no compiler ($CC, else cc)");
        return NULL;
    }
    return bitline;
}

/* Compiles FOLDER/NAME.c to NAME.so for each name, all at once. */
static void build(const char *const *names, size_t n)
{
    char line[3 * ROOM] = "";
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(line + at, sizeof line - at, "one %s & ", names[i]);
    ck_assert_uint_lt(at, sizeof line);
    ck_assert_int_eq(shell("d=%s; gen=$(dirname \"$BITLINE\")/gen; "
                           "one() { %s -std=c11 -shared -fPIC -I. -isystem $gen -o $d/$1.so $d/$1.c || echo $1 >>$d/failed; }; "
                           "rm -f $d/failed; %s wait; test ! -e $d/failed", folder, compiler(), line), 0);
}

/* What `bitline WORDS` says, both streams, without the folder's name. */
static const char *said(const char *bitline, const char *words, int *status)
{
    static char text[4 * ROOM];
    char line[2 * ROOM], *found;
    size_t n = strlen(folder) + 1;

    snprintf(line, sizeof line, "%s %s 2>&1", bitline, words);
    FILE *f = popen(line, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    *status = pclose(f);
    snprintf(line, sizeof line, "%s/", folder);
    while ((found = strstr(text, line)))
        memmove(found, found + n, strlen(found + n) + 1);
    return text;
}

/* ---- modules that are refused ---- */

#define HEAD "#include \"platforms/file/module.h\"\n#include \"platforms/job/mapper.h\"\n" \
    "struct thing { struct bl_part p; bl_tally t; };\n" \
    "static bl_verdict tick(void *self) { (void)self; return BL_NAP(BL_IDLE); }\n" \
    "static const struct bl_field fields[] = { BL_TALLY(struct thing, t, \"things\"), { 0 } };\n" \
    "static int pack(struct bl_job *j, struct bl_sim *s, uint32_t l, struct bl_host_layer *o) { (void)j; (void)s; (void)l; (void)o; return 0; }\n"
#define CLASS(sym, nm) "static const struct bl_class " sym " = { .name = " nm ", .size = sizeof(struct thing), .tick = tick, .fields = fields };\n"
#define MAPPER(sym, nm) "static const struct bl_mapper " sym " = { .name = " nm ", .host = \"host\", .pack = pack };\n"

static const struct { const char *name, *source, *said; } bad[] = {
    { "no_record", "int x;\n", "has no record bl_module; end it with BL_MODULE(BL_CLASSES(&...)) of platforms/file/module.h" },
    { "other_record", "int bl_module = 7;\n",
      "has no record bl_module; end it with BL_MODULE(BL_CLASSES(&...)) of platforms/file/module.h" },
    { "other_headers", "struct { char made_with[64]; void *x[9]; } bl_module = { .made_with = \"bitline module 0123456789abcdef\" };\n",
      "was built with the headers of another bitline (01234567, here STAMP); build it again" },
    { "nothing_in_it", HEAD "void *use[] = { (void *)tick, (void *)pack, (void *)fields };\nBL_MODULE(.classes = 0);\n",
      "has neither a class nor a mapper; expected BL_MODULE(BL_CLASSES(&...)) with one at least" },
    { "no_end", HEAD "void *use[] = { (void *)pack };\n" CLASS("c", "\"thing\"")
      "static const struct { const void *a, *b; } t = { &c, (const void *)0x4711 };\n"
      "BL_MODULE(.classes = (const struct bl_class *const *)&t);\n",
      "entry 1 of its table of classes is none of the module; expected a table that ends with NULL, as BL_MODULE makes it" },
    { "no_name", HEAD "void *use[] = { (void *)pack };\n" CLASS("c", "\"two words\"") "BL_MODULE(BL_CLASSES(&c));\n",
      "class 0 has no name; expected letters, digits and '_'" },
    { "null_name", HEAD "void *use[] = { (void *)pack };\n" CLASS("c", "0") "BL_MODULE(BL_CLASSES(&c));\n",
      "class 0 has no name; expected letters, digits and '_'" },
    { "no_size", HEAD "void *use[] = { (void *)pack, (void *)tick };\nstatic const struct bl_class c = { .name = \"thing\", .size = 8, "
      ".fields = fields };\nBL_MODULE(BL_CLASSES(&c));\n",
      "class 'thing' has 8 bytes, less than the struct bl_part that it begins with" },
    { "our_class", HEAD "void *use[] = { (void *)pack };\n" CLASS("c", "\"sink\"") "BL_MODULE(BL_CLASSES(&c));\n",
      "class 'sink' is one of bitline's own; give yours another name" },
    { "two_classes", HEAD "void *use[] = { (void *)pack };\n" CLASS("c", "\"thing\"") CLASS("d", "\"thing\"")
      "BL_MODULE(BL_CLASSES(&c, &d));\n", "has two classes 'thing'" },
    { "our_mapper", HEAD "void *use[] = { (void *)tick, (void *)fields };\n" MAPPER("m", "\"imagine\"") "BL_MODULE(BL_MAPPERS(&m));\n",
      "mapper 'imagine' is one of bitline's own; give yours another name" },
    { "two_mappers", HEAD "void *use[] = { (void *)tick, (void *)fields };\n" MAPPER("m", "\"mine\"") MAPPER("n", "\"mine\"")
      "BL_MODULE(BL_MAPPERS(&m, &n));\n", "has two mappers 'mine'" },
    { "our_name", HEAD "void *use[] = { (void *)pack };\nint bl_mine;\n" CLASS("c", "\"thing\"") "BL_MODULE(BL_CLASSES(&c));\n",
      "exports 'bl_mine', and names that begin with bl_ are bitline's; make it static or give it another name" },
    { "two_words", HEAD "void *use[] = { (void *)tick, (void *)fields };\n" MAPPER("m", "\"my map\"") "BL_MODULE(BL_MAPPERS(&m));\n",
      "mapper 'my map': expected a name of letters, digits and '_'" },
    { "no_pack", HEAD "void *use[] = { (void *)tick, (void *)fields, (void *)pack };\n"
      "static const struct bl_mapper m = { .name = \"mine\", .host = \"host\" };\nBL_MODULE(BL_MAPPERS(&m));\n",
      "mapper 'mine' has no 'pack'; see platforms/job/mapper.h" },
    { "undefined", HEAD "void bl_chrage(void);\nvoid *use[] = { (void *)pack, (void *)bl_chrage };\n" CLASS("c", "\"thing\"")
      "BL_MODULE(BL_CLASSES(&c));\n", "nobody has the function or variable 'bl_chrage'; expected one that the installed headers declare, "
      "or one of the module; is it spelled right?" },
    { "far_fields", HEAD "void *use[] = { (void *)pack, (void *)fields };\nstatic const struct bl_class c = { .name = \"thing\", .size = sizeof(struct thing), "
      ".tick = tick, .fields = (const struct bl_field *)64 };\nBL_MODULE(BL_CLASSES(&c));\n",
      "class 'thing': its table of fields does not end with { 0 }" },
    /* good ones, for the cases below */
    { "good", HEAD CLASS("c", "\"thing\"") MAPPER("m", "\"mine\"") "BL_MODULE(BL_CLASSES(&c), BL_MAPPERS(&m));\n", NULL },
    { "same_class", HEAD "void *use[] = { (void *)pack };\n" CLASS("c", "\"thing\"") "BL_MODULE(BL_CLASSES(&c));\n", NULL },
    { "same_mapper", HEAD "void *use[] = { (void *)tick, (void *)fields };\n" MAPPER("m", "\"mine\"") "BL_MODULE(BL_MAPPERS(&m));\n", NULL },
    /* Names that the program has too, but keeps to itself. */
    { "own_names", HEAD "const struct bl_class sink_class = { .name = \"thing\", .size = sizeof(struct thing), .tick = tick, .fields = fields };\n"
      "const struct bl_mapper imagine_mapper = { .name = \"mine\", .host = \"host\", .pack = pack };\n"
      "BL_MODULE(BL_CLASSES(&sink_class), BL_MAPPERS(&imagine_mapper));\n", NULL },
    { "no_end_of_fields", HEAD "void *use[] = { (void *)pack, (void *)fields };\nstatic const struct bl_field f[1] = { BL_TALLY(struct thing, t, \"x\") };\n"
      "const struct bl_field behind = { .kind = 99 };\n"
      "static const struct { struct bl_field one, two; } t = { { .kind = BL_KIND_TALLY, .name = \"t\", .help = \"x\", .at = offsetof(struct thing, t) }, { .kind = 99 } };\n"
      "static const struct bl_class c = { .name = \"thing\", .size = sizeof(struct thing), .tick = tick, .fields = &t.one };\n"
      "void *uses[] = { (void *)f };\nBL_MODULE(BL_CLASSES(&c));\n", NULL },
};

/* Whole files of a platform, and the one line that is said about each. */
static const struct { const char *head, *said; } together[] = {
    { "modules: [ none.so ]", "2:12: none.so: cannot be opened: No such file or directory; build it with cc -shared -fPIC $(pkg-config --cflags "
      "bitline) -o NAME.so NAME.c" },
    { "modules: [ text.so ]", "2:12: text.so: is no shared object of this machine (invalid ELF header); build it with cc -shared -fPIC "
      "$(pkg-config --cflags bitline) -o NAME.so NAME.c" },
    { "modules: [ program.so ]", "2:12: program.so: is no shared object of this machine (cannot dynamically load position-independent "
      "executable); build it with cc -shared -fPIC $(pkg-config --cflags bitline) -o NAME.so NAME.c" },
    { "modules: [ . ]", "2:12: .: is a directory; expected a shared object, like 'mine.so'" },
    { "modules: [ pipe.so ]", "2:12: pipe.so: is no regular file; expected a shared object, like 'mine.so'" },
    { "modules: [ cut.so ]", "2:12: cut.so: ends after 4096 bytes of GOOD; was it copied in full? build it with cc -shared -fPIC $(pkg-config "
      "--cflags bitline) -o NAME.so NAME.c" },
    { "modules: [ good.o ]", "2:12: good.o: is an object file; build it with cc -shared -fPIC $(pkg-config --cflags bitline) -o NAME.so NAME.c" },
    { "modules: [ good.so same_class.so ]", "2:12: good.so same_class.so: there is no such file; modules are separated by commas, like "
      "'[ a.so, b.so ]'" },
    { "modules: [ good ]", "2:12: good: there is no such file; did you mean good.so?" },
    { "modules: [ good.so, same_class.so ]", "2:21: same_class.so: class 'thing' is in good.so as well; rename one" },
    { "modules: [ good.so, same_mapper.so ]", "2:21: same_mapper.so: mapper 'mine' is in good.so as well; rename one" },
    { "modules: [ good.so ]\nmapper: mind", "3:9: no mapper is called 'mind'; did you mean 'mine'?" },
    { "modules: [ own_names.so ]\nmapper: mind", "3:9: no mapper is called 'mind'; did you mean 'mine'?" },
    { "modules: [ good.so ]\nmapper: nobody", "3:9: no mapper is called 'nobody'; expected the NAME of a platforms/NAME/mapper.c, or a mapper "
      "of a module" },
    { "modules: [ no_end_of_fields.so ]\nmapper: osa_hcim", NULL },
};

/* How many bytes good.so has. */
static void put_bytes(char *text)
{
    char *at = strstr(text, "of GOOD;"), path[ROOM], digits[24];
    struct stat st;

    snprintf(path, sizeof path, "%s/good.so", folder);
    if (!at || stat(path, &st) != 0)
        return;
    int n = snprintf(digits, sizeof digits, "of %lld", (long long)st.st_size);
    memmove(at + n, at + strlen("of GOOD"), strlen(at + strlen("of GOOD")) + 1);
    memcpy(at, digits, (size_t)n);
}

static void one_line(const char *bitline, const char *head, const char *cls, const char *want)
{
    char text[ROOM], words[ROOM], line[ROOM];
    int status;

    snprintf(text, sizeof text, "platform: p\n%s\nclocks: { core: 5 ns }\nparts: { a: { class: %s } }\n", head, cls);
    write_file("p.yaml", text);
    snprintf(words, sizeof words, "check %s/p.yaml", folder);
    const char *got = said(bitline, words, &status);
    snprintf(line, sizeof line, "bitline: %s%s\n", want ? "p.yaml:" : "", want ? want : "class thing: its table of fields does not end with { 0 }");
    put_bytes(line);
    if (want)
        ck_assert_str_eq(got, line);
    else                                   /* behind it, what the mapper needs */
        ck_assert_msg(strncmp(got, line, strlen(line)) == 0, "%s", got);
    ck_assert_int_eq(WEXITSTATUS(status), 2);
}

/* The first eight digits of the stamp of the headers in force. */
static void put_stamp(char *text)
{
    char *at = strstr(text, "STAMP");
    FILE *f = at ? popen("cut -d'\"' -f2 $(dirname \"$BITLINE\")/gen/platforms/file/stamp.h | cut -c1-8", "r") : NULL;
    char stamp[16] = "";

    if (!f)
        return;
    ck_assert_ptr_nonnull(fgets(stamp, sizeof stamp, f));
    pclose(f);
    memmove(at + 8, at + strlen("STAMP"), strlen(at + strlen("STAMP")) + 1);
    memcpy(at, stamp, 8);
}

START_TEST(refused)
{
    const char *bitline = program(), *names[COUNT(bad)];
    char head[ROOM], want[ROOM], name[64];

    if (!bitline)
        return;
    in_folder();
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(name, sizeof name, "%s.c", names[i] = bad[i].name);
        write_file(name, bad[i].source);
    }
    build(names, COUNT(bad));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (!bad[i].said)
            continue;
        snprintf(head, sizeof head, "modules: [ ./%s.so ]", bad[i].name);
        snprintf(want, sizeof want, "2:12: %s.so: %s", bad[i].name, bad[i].said);
        put_stamp(want);
        one_line(bitline, head, "gen", want);
    }
    write_file("text.so", "This is a text that somebody has called a shared object; it is longer than a header.\n");
    shell("ln -sf \"$(realpath %s)\" %s/program.so; cd %s; head -c 4096 good.so >cut.so; mkfifo pipe.so", bitline, folder, folder);
    shell("%s -std=c11 -c -fPIC -I. -isystem $(dirname \"$BITLINE\")/gen -o %s/good.o %s/good.c", compiler(), folder, folder);
    for (size_t i = 0; i < COUNT(together); i++)
        one_line(bitline, together[i].head, together[i].said ? "gen" : "thing", together[i].said);
    shell("rm -r %s", folder);
}
END_TEST

/* ---- a module that works: tests/embed/plugin ---- */

/* The mapper of OSA-HCIM under another name, and what it is to be calibrated with a mapper that only a module has. */
static const char TRIES[] = HEAD
    "#include <stdio.h>\n"
    "static int begin(struct bl_job *j, struct bl_sim *s) { return bl_mapper_find(\"osa_hcim\")->begin(j, s); }\n"
    "static int our_pack(struct bl_job *j, struct bl_sim *s, uint32_t l, struct bl_host_layer *o) { return bl_mapper_find(\"osa_hcim\")->pack(j, s, l, o); }\n"
    "static int calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag)\n"
    "{\n"
    "    struct bl_trial t = { 0 };\n"
    "    struct bl_outcome out;\n"
    "    if (o->nloss == 2)\n"
    "        return -1;\n"
    "    FILE *f = bl_trial_run(o, &t, &out, diag) ? NULL : fopen(o->output, \"w\");\n"
    "    if (!f)\n"
    "        return -1;\n"
    "    fprintf(f, \"%u images, loss %g\\n\", out.images, out.loss);\n"
    "    return fclose(f);\n"
    "}\n"
    "void *use[] = { (void *)pack };\n"
    "static const struct bl_mapper tries = { .name = \"tries\", .help = \"x\", .host = \"host\", .begin = begin, .pack = our_pack, .calibrate = calibrate };\n"
    CLASS("c", "\"bystander\"")
    "BL_MODULE(BL_CLASSES(&c), BL_MAPPERS(&tries));\n";

static void ck_says(const char *bitline, const char *want, const char *fmt, ...) BL_PRINTF(3, 4);
static void ck_says(const char *bitline, const char *want, const char *fmt, ...)
{
    char words[ROOM];
    int status;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    const char *got = said(bitline, words, &status);
    ck_assert_msg(strstr(got, want) != NULL, "%s: expected '%s' in:\n%s", words, want, got);
}

START_TEST(in_force)
{
    static const char *const names[] = { "dot" };
    const char *bitline = program(), *d = folder;

    if (!bitline)
        return;
    in_folder();
    ck_assert_int_eq(shell("cp tests/embed/plugin/dot.c tests/embed/plugin/dot.yaml %s", d), 0);
    build(names, 1);
    ck_says(bitline, "dot.yaml: ok: 2 parts, 1 clock, 0 prices, 1 expectation; platforms/nets/fashion_cnn.onnx fits it",
            "check %s/dot.yaml --net fashion_cnn", d);
    ck_says(bitline, "module  dot.so: class dot_macro, mapper dot", "show %s/dot.yaml", d);
    ck_says(bitline, "dot_macro: eight dot products of 144 activations a cycle (clocked)", "show %s/dot.yaml dot_macro", d);
    ck_says(bitline, "all 20 values equal the integer reference", "run %s/dot.yaml --images 2 --save-at '20 us' %s/a.snap --report json "
            "-o %s/a.json", d, d, d);
    ck_says(bitline, "\"role\": \"module\",\n    \"file\": \"dot.so\",", "report %s/a.json --report json", d);
    ck_says(bitline, "all 20 values equal", "run %s/dot.yaml --images 2 --restore %s/a.snap --report json -o %s/b.json", d, d, d);
    ck_assert_int_eq(shell("cmp %s/a.json %s/b.json", d, d), 0);
    ck_says(bitline, "no race: 1 permuted runs", "run %s/dot.yaml --images 1 --races 1", d);
    ck_says(bitline, "by macro at 100 ns: edge 20 of clock core", "run %s/dot.yaml --images 1 --why host.rows@100ns", d);
    write_file("t.yaml", "tech: t\nprices:\n  dot_macro.mult: { value: 1 fJ, tag: free, source: x }\n  dot_macro.no_work: { value: 3 uW, tag: "
               "free, source: x }\n");
    ck_says(bitline, "on free prices  1.408 nJ, 100.0 %", "report %s/a.json --tech %s/t.yaml", d, d);
    write_file("t.yaml", "tech: t\nprices:\n  dot_macro.mul: { value: 1 fJ, tag: free, source: x }\n");
    ck_says(bitline, "t.yaml:3:3: class dot_macro of a module has no tally 'mul' in this run", "report %s/a.json --tech %s/t.yaml", d, d);
    /* Another module, another run. */
    ck_assert_int_eq(shell("echo 'int more;' >>%s/dot.c", d), 0);
    build(names, 1);
    ck_says(bitline, "a.snap: is of another run: the module dot.so has changed since (there ", "run %s/dot.yaml --images 2 --restore %s/a.snap", d, d);
    ck_says(bitline, "a: class 'dot_marco' is not known; did you mean 'dot_macro'?", "check %s/misspelt.yaml",
            (write_file("misspelt.yaml", "platform: m\nmodules: [ dot.so ]\nclocks: { c: 5 ns }\nparts: { a: { class: dot_marco } }\n"), d));
    shell("rm -r %s", folder);
}
END_TEST

/* A program with a table of classes of its own: a module's join them, unless one has a name that is there. */
START_TEST(beside_own_classes)
{
    static const struct bl_class gauge = { .name = "gauge" }, thing = { .name = "thing" };
    static const struct bl_class *const own[] = { &gauge, NULL }, *const clash[] = { &gauge, &thing, NULL };
    static const char *const names[] = { "joined" };
    char path[ROOM];
    struct heard h;

    if (!program())
        return;
    in_folder();
    write_file("joined.c", HEAD "void *use[] = { (void *)pack };\n" CLASS("c", "\"thing\"") "BL_MODULE(BL_CLASSES(&c));\n");
    build(names, 1);
    write_file("j.yaml", "platform: j\nmodules: [ joined.so ]\nclocks: { c: 5 ns }\nparts: { a: { class: thing } }\n");
    snprintf(path, sizeof path, "%s/j.yaml", folder);
    struct bl_platform *p = bl_platform_load(path, NULL, 0, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    const struct bl_class *const *all = bl_platform_classes(p, own);
    ck_assert_ptr_nonnull(all);
    ck_assert_ptr_eq(all[0], &gauge);
    ck_assert_str_eq(all[1]->name, "thing");
    ck_assert_ptr_null(all[2]);
    ck_assert_ptr_null(bl_platform_classes(p, clash));
    ck_assert_ptr_nonnull(strstr(h.text, "joined.so: class 'thing' is one of the program's own; rename one"));
    bl_platform_free(p);
    shell("rm -r %s", folder);
}
END_TEST

/* The trial runs of a calibration find the mapper, too. */
START_TEST(calibrated)
{
    static const char *const names[] = { "tries" };
    const char *bitline = program(), *d = folder;

    if (!bitline)
        return;
    in_folder();
    write_file("tries.c", TRIES);
    build(names, 1);
    ck_assert_int_eq(shell("sed -e 's/^mapper: .*/mapper: tries/' -e 's|^tech: .*|modules: [ tries.so ]|' platforms/osa_hcim/osa_hcim.yaml "
                           ">%s/t.yaml", d), 0);
    ck_says(bitline, "cal.txt is written", "calibrate %s/t.yaml --images 1 --set controller.mode=digital -o %s/cal.txt", d, d);
    ck_assert_int_eq(shell("grep -q '^1 images, loss 0$' %s/cal.txt", d), 0);
    ck_says(bitline, "bitline: mapper tries did not calibrate net fashion_cnn.onnx, without saying why; it should say so by bl_error",
            "calibrate %s/t.yaml --images 1 --loss 1,2 -o %s/cal.txt", d, d);
    shell("rm -r %s", folder);
}
END_TEST

Suite *suite_modules(void);
Suite *suite_modules(void)
{
    Suite *s = suite_create("modules");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, lists, 0, COUNT(listed));
    tcase_add_test(tc, named_only);
    tcase_add_test(tc, refused);
    tcase_add_test(tc, in_force);
    tcase_add_test(tc, beside_own_classes);
    tcase_add_test(tc, calibrated);
    suite_add_tcase(s, tc);
    return s;
}
