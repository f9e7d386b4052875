/* program.c - finds the command that the command line names and runs it. */
#include "tools/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/report/table.h"

static void help(FILE *out)
{
    fprintf(out, "bitline " BL_VERSION ": discrete-event simulator of compute-in-memory platforms\n\n"
                 "usage: bitline COMMAND ...     bitline COMMAND --help     bitline --version\n\n");
    for (size_t i = 0; bl_commands[i]; i++)
        fprintf(out, "  %-10s %s\n", bl_commands[i]->name, bl_commands[i]->help);
    fprintf(out, "\nBegin with `bitline run osa_hcim`. Exit status: 0 done; 1 wrong result, false expectation or deadlock;\n"
                 "2 bad input, or an output that could not be written.\n");
}

static const struct bl_command *find(const char *name, struct bl_diag *diag)
{
    const char *names[64], *near;
    size_t n = 0;

    for (; bl_commands[n] && n < 64; n++) {
        if (!strcmp(bl_commands[n]->name, name))
            return bl_commands[n];
        names[n] = bl_commands[n]->name;
    }
    near = bl_nearest(name, names, n);
    if (near)
        bl_error(diag, "'%s' is no command; did you mean '%s'?", name, near);
    else
        bl_error(diag, "'%s' is no command; `bitline --help` lists them", name);
    return NULL;
}

static int run(const struct bl_command *c, int argc, char **argv, struct bl_diag *diag)
{
    struct bl_texts words = { 0 };
    void *opts = calloc(1, c->grammar.size + 1);
    int status = BL_REFUSED, parsed;

    if (!opts)
        return bl_error(diag, "no memory for the options"), BL_REFUSED;
    parsed = bl_options_parse(&c->grammar, c->name, argc, argv, &words, opts, diag);
    if (parsed == 1) {
        bl_options_help(&c->grammar, c->name, c->help, stdout);
        status = BL_DONE;
    } else if (parsed == 0) {
        status = c->run(&words, opts, diag);
    }
    bl_options_free(&c->grammar, &words, opts);
    free(opts);
    return status;
}

int bl_program(int argc, char **argv, struct bl_diag *diag)
{
    const char *first = argc > 1 ? argv[1] : "";
    const struct bl_command *c;

    signal(SIGXFSZ, SIG_IGN);            /* a file that may not grow is the failure of a write, with a message; */
    signal(SIGPIPE, SIG_IGN);            /* so is a reader of a trace that went away: the report is still written */
    if (argc < 2) {
        help(stderr);
        return BL_REFUSED;
    }
    if (!strcmp(first, "--version")) {
        printf("bitline " BL_VERSION "\n");
        return BL_DONE;
    }
    if (!strcmp(first, "--help") || !strcmp(first, "-h") || (!strcmp(first, "help") && argc == 2)) {
        help(stdout);
        return BL_DONE;
    }
    if (!strcmp(first, "help")) {
        if (!(c = find(argv[2], diag)))
            return BL_REFUSED;
        bl_options_help(&c->grammar, c->name, c->help, stdout);
        return BL_DONE;
    }
    c = find(first, diag);
    return c ? run(c, argc - 2, argv + 2, diag) : BL_REFUSED;
}

void bl_put_safely(void *ctx, const char *line)
{
    (void)ctx;
    fputs("bitline: ", stderr);
    bl_safe_text(line, stderr);
    fputc('\n', stderr);
}

/* Who reads stdout went away, as `| head` does: nothing to say about it, but the program ends as others do then. */
static int reader_is_gone(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
    return BL_REFUSED;
}

int bl_main(int argc, char **argv, struct bl_diag *diag)
{
    bl_memory_watch();
    int status = bl_program(argc, argv, diag);
    errno = 0;
    bool bad = fflush(stdout) != 0;
    int why = errno;
    bad |= ferror(stdout) != 0;
    if (bad && why == EPIPE)
        return reader_is_gone();
    if (bad) {
        bl_error(diag, "standard output: %s; what was printed is not complete", why ? strerror(why) : "a write failed");
        return BL_REFUSED;
    }
    if (bl_memory_lost()) {
        bl_error(diag, "out of memory; what was printed is not complete");
        return BL_REFUSED;
    }
    if (status == BL_REFUSED && !diag->errors && argc > 1)
        bl_error(diag, "%s: refused, and no part of the program said why; that is a mistake of bitline: report it with these files", argv[1]);
    return status == BL_DONE && diag->errors ? BL_REFUSED : status;      /* what was said to be wrong is wrong */
}
