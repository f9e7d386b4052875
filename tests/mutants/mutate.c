/* mutate.c - one-token mutations of C files: an operator for its neighbour, a constant one more or one less, a `!` or a statement
 * taken away. Only function bodies are mutated. Assertions are not, since what never happens cannot be noticed; nor is what takes
 * or frees memory: too much is the same to everybody, for too little there are sanitizers.
 *   mutate pick SEED COUNT FILE...        COUNT of all mutations of these files: FILE LINE OFFSET LENGTH NEW, a tab between
 *   mutate make FILE OFFSET LENGTH NEW    FILE with this mutation
 * It reads our own style: spaces around binary operators, one statement a line. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEW = 64 };

struct mutant { const char *file; int line; size_t at, len; char text[NEW]; };

static struct mutant *found;
static size_t nfound, room;

/* A file, and `code`: a copy of the same length in which comments, strings and preprocessor lines are blanks. */
struct file { const char *name; char *text, *code; size_t n; };

static void add(const struct file *f, size_t at, size_t len, const char *text)
{
    int line = 1;

    if (nfound == room) {
        room = room ? 2 * room : 1024;
        found = realloc(found, room * sizeof *found);
        if (!found)
            abort();
    }
    for (size_t i = 0; i < at; i++)
        line += f->text[i] == '\n';
    found[nfound] = (struct mutant){ f->name, line, at, len, "" };
    snprintf(found[nfound++].text, NEW, "%s", text);
}

/* ---- what is code */

static void blank(struct file *f, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < f->n; i++)
        if (f->code[i] != '\n')
            f->code[i] = ' ';
}

/* Where the line of `i` begins, and where the one after it does. */
static size_t line_start(const struct file *f, size_t i)
{
    while (i > 0 && f->text[i - 1] != '\n')
        i--;
    return i;
}

static size_t line_end(const struct file *f, size_t i)
{
    while (i < f->n && f->text[i] != '\n')
        i++;
    return i;
}

static size_t end_of_quoted(const struct file *f, size_t i)
{
    char quote = f->text[i++];

    while (i < f->n && f->text[i] != quote)
        i += f->text[i] == '\\' ? 2 : 1;
    return i + 1;
}

static size_t end_of_directive(const struct file *f, size_t i)
{
    for (i = line_end(f, i); i < f->n && f->text[i - 1] == '\\'; )
        i = line_end(f, i + 1);
    return i;
}

static size_t end_of_comment(const struct file *f, size_t i)
{
    const char *end = strstr(f->text + i + 2, "*/");

    return end ? (size_t)(end - f->text) + 2 : f->n;
}

static void leave_code(struct file *f)
{
    for (size_t i = 0, to; i < f->n; i = to) {
        const char *c = f->text + i;
        to = i + 1;
        if (c[0] == '/' && c[1] == '*')
            to = end_of_comment(f, i);
        else if (*c == '"' || *c == '\'')
            to = end_of_quoted(f, i);
        else if (*c == '#' && strspn(f->text + line_start(f, i), " ") == i - line_start(f, i))
            to = end_of_directive(f, i);
        if (to > i + 1)
            blank(f, i, to);
    }
}

/* Blanks what is outside of functions: a body is what braces hold after a parenthesis at the left margin. */
static void leave_bodies(struct file *f)
{
    int depth = 0;
    bool body = false;
    char before = 0;

    for (size_t i = 0; i < f->n; i++) {
        char c = f->code[i];
        if (c == '{' && depth++ == 0)
            body = before == ')';
        if (c == '}' && --depth == 0)
            body = false;
        if (!isspace((unsigned char)c))
            before = c;
        if (!body)
            blank(f, i, i + 1);
    }
}

/* Lines that say one of these are left as they are. */
static void leave_out(struct file *f)
{
    static const char *const said[] = { "assert(", "arena_get(", "alloc(", "lent(", "grown(", "grow(", "free(", "_fini(" };

    for (size_t i = 0, end; i < f->n; i = end + 1) {
        end = line_end(f, i);
        f->code[end] = 0;
        for (size_t k = 0; k < sizeof said / sizeof *said; k++)
            if (strstr(f->code + i, said[k]))
                blank(f, i, end);
        f->code[end] = end < f->n ? '\n' : 0;
    }
}

/* ---- mutations */

struct swap { const char *old, *new; };
static const struct swap binary[] = {
    { "<=", "<" }, { "<", "<=" }, { ">=", ">" }, { ">", ">=" }, { "==", "!=" }, { "!=", "==" }, { "&&", "||" }, { "||", "&&" },
    { "+", "-" }, { "-", "+" }, { "*", "+" }, { "/", "*" }, { "%", "/" }, { "<<", ">>" }, { ">>", "<<" }, { "&", "|" }, { "|", "&" },
    { "^", "|" }, { "+=", "-=" }, { "-=", "+=" }, { "|=", "&=" }, { "&=", "|=" }, { "*=", "/=" }, { "<<=", ">>=" }, { ">>=", "<<=" },
};
static const struct swap word[] = {
    { "true", "false" }, { "false", "true" }, { "min", "max" }, { "max", "min" }, { "fmin", "fmax" }, { "fmax", "fmin" },
    { "break", "" }, { "continue", "" },
};

/* An operator between blanks. A smaller or larger of two by `?` has its choice turned round too. */
static void try_operator(const struct file *f, size_t at, size_t len)
{
    const char *rest = f->code + at + len, *end = strchr(rest, '\n');

    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
        if (strlen(binary[i].old) == len && !strncmp(f->code + at, binary[i].old, len)) {
            add(f, at, len, binary[i].new);
            const char *choice = strchr(rest, '?');
            if (strchr("<>", f->code[at]) && len == 1 && choice && choice < end)
                add(f, at, len, f->code[at] == '<' ? ">" : "<");
        }
}

static void try_word(const struct file *f, size_t at, size_t len)
{
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (strlen(word[i].old) == len && !strncmp(f->code + at, word[i].old, len))
            add(f, at, len, word[i].new);
}

/* -1 or -2, an error is an error; what is likely changes no result; so large a buffer is memory that is taken. */
static bool means_nothing(const struct file *f, size_t at, size_t len)
{
    const char *line = f->code + line_start(f, at), *first = line + strspn(line, " ");

    return (at > 8 && !strncmp(f->code + at - 8, "return -", 8)) || (!strncmp(f->code + at + len, "))", 2) && strstr(line, "__builtin_expect(") &&
            strstr(line, "__builtin_expect(") < f->code + at) || (!strncmp(first, "char ", 5) && f->code[at - 1] == '[');
}

/* "? -1 : 1", "ok ? 0 : -1": of these the sign is looked at. */
static bool is_sign(const struct file *f, size_t at) { return at > 3 && f->code[at - 1] == '-' && (!strncmp(f->code + at - 3, "? -", 3) || !strncmp(f->code + at - 3, ": -", 3)); }

/* A number: one more, and one less if it is not 0. */
static void try_number(const struct file *f, size_t at, size_t len)
{
    char text[NEW];

    if (len > 20 || means_nothing(f, at, len))
        return;
    snprintf(text, NEW, "(%.*s + 1)", (int)len, f->code + at);
    if (!is_sign(f, at))
        add(f, at, len, text);
    if (strtod(f->code + at, NULL) > 0) {
        snprintf(text, NEW, "(%.*s - 1)", (int)len, f->code + at);
        add(f, at, len, text);
    }
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* A call or an assignment that is a whole line. What begins with a name of C is a jump or a declaration. */
static void try_statement(const struct file *f, size_t from, size_t end)
{
    static const char *const of_c[] = { "return", "if", "for", "while", "else", "do", "switch", "case", "goto", "int", "char", "double",
                                        "bool", "const", "static", "struct", "enum", "unsigned", "break", "continue", "default", "sizeof" };
    size_t at = from, name;

    while (at < end && f->code[at] == ' ')
        at++;
    size_t first = at + strspn(f->code + at, "*(");
    for (name = 0; first + name < end && is_name(f->code[first + name]); )
        name++;
    while (end > at && f->code[end - 1] == ' ')
        end--;
    if (at == from || end - at < 4 || f->code[end - 1] != ';' || name == 0)
        return;
    for (size_t i = 0; i < sizeof of_c / sizeof *of_c; i++)
        if (strlen(of_c[i]) == name && !strncmp(f->code + first, of_c[i], name))
            return;
    const char *after = f->code + first + name;
    int open = 0;
    for (size_t i = at; i < end; i++)
        open += f->code[i] == '(' ? 1 : f->code[i] == ')' ? -1 : 0;
    if (!open && (strchr("([.", *after) || !strncmp(after, "->", 2) || !strncmp(after, "++", 2) || !strncmp(after, " = ", 3) ||
                  (after[0] == ' ' && after[2] == '=' && strchr("+-|&^*", after[1]))))
        add(f, at, end - at - 1, "");
}

static bool blank_at(const struct file *f, size_t i) { return i >= f->n || isspace((unsigned char)f->code[i]); }

/* The token at `i`: what can be done with it is added. Returns where the next one begins. */
static size_t try_token(const struct file *f, size_t i)
{
    size_t to = i;
    char c = f->code[i];

    if (isdigit((unsigned char)c)) {
        while (is_name(f->code[to]) || f->code[to] == '.' || (strchr("+-", f->code[to]) && strchr("eE", f->code[to - 1]) && f->code[i + 1] != 'x'))
            to++;
        try_number(f, i, to - i);
    } else if (is_name(c)) {
        while (is_name(f->code[to]))
            to++;
        try_word(f, i, to - i);
    } else if (c == '!' && f->code[i + 1] != '=') {
        add(f, i, to = 1, "");
        to = i + 1;
    } else if (strchr("<>=!&|+-*/%^", c)) {
        while (f->code[to] && strchr("<>=!&|+-*/%^", f->code[to]))
            to++;
        if (blank_at(f, i - 1) && blank_at(f, to))
            try_operator(f, i, to - i);
    }
    return to > i ? to : i + 1;
}

static void mutations_of(struct file *f)
{
    leave_code(f);
    leave_bodies(f);
    leave_out(f);
    for (size_t i = 0, end; i < f->n; i = end + 1) {
        end = line_end(f, i);
        try_statement(f, i, end);
    }
    for (size_t i = 1; i < f->n; )
        i = isspace((unsigned char)f->code[i]) ? i + 1 : try_token(f, i);
}

/* ---- files, choice */

static struct file read_file(const char *name)
{
    FILE *in = fopen(name, "rb");
    struct file f = { .name = name };

    if (!in || fseek(in, 0, SEEK_END)) {
        fprintf(stderr, "mutate: %s cannot be read\n", name);
        exit(2);
    }
    size_t size = (size_t)ftell(in);
    rewind(in);
    f.text = calloc(1, size + 8);
    f.code = calloc(1, size + 8);
    if (!f.text || !f.code)
        abort();
    f.n = fread(f.text, 1, size, in);
    memcpy(f.code, f.text, f.n);
    fclose(in);
    return f;
}

/* splitmix64: the same choice on every machine. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Those chosen, in the order of the files: of the rest, as many are taken as are still wanted, each with the same chance. */
static void pick(uint64_t seed, size_t count)
{
    for (size_t i = 0; i < nfound; i++) {
        const struct mutant *m = &found[i];
        if (draw(&seed) % (nfound - i) >= count)
            continue;
        count--;
        printf("%s\t%d\t%zu\t%zu\t%s\n", m->file, m->line, m->at, m->len, m->text);
    }
}

int main(int argc, char **argv)
{
    if (argc > 4 && strcmp(argv[1], "pick") == 0) {
        for (int i = 4; i < argc; i++) {
            struct file f = read_file(argv[i]);
            mutations_of(&f);
            free(f.text);
            free(f.code);
        }
        pick(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
        free(found);
        return 0;
    }
    if (argc == 6 && strcmp(argv[1], "make") == 0) {
        struct file f = read_file(argv[2]);
        size_t at = strtoull(argv[3], NULL, 10), len = strtoull(argv[4], NULL, 10);
        if (at + len > f.n)
            return 2;
        printf("%.*s%s%s", (int)at, f.text, argv[5], f.text + at + len);
        free(f.text);
        free(f.code);
        return 0;
    }
    fprintf(stderr, "usage: mutate pick SEED COUNT FILE... | mutate make FILE OFFSET LENGTH NEW\n");
    return 2;
}
