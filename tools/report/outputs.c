/* outputs.c - writes the views of a report to where they belong. */
#include "tools/report/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/memory.h"

enum { MOST_FILES = 3 };
struct target { enum bl_form form; const char *file; };

static size_t targets(const struct bl_outputs *o, struct target t[MOST_FILES])
{
    size_t n = 0;

    if (o->file && strcmp(o->file, "-"))
        t[n++] = (struct target){ bl_form_named(o->form), o->file };
    if (o->json)
        t[n++] = (struct target){ BL_JSON, o->json };
    if (o->html)
        t[n++] = (struct target){ BL_HTML, o->html };
    return n;
}

int bl_outputs_check(const struct bl_outputs *o, struct bl_diag *diag)
{
    struct target t[MOST_FILES];
    size_t n = targets(o, t);
    int status = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            if (!strcmp(t[k].file, t[i].file))
                status = bl_error(diag, "%s: two reports would go to this file; expected different names", t[i].file);
        status |= bl_may_save(t[i].file, diag);
    }
    size_t length = o->file ? strlen(o->file) : 0;
    if (length > 5 && !strcmp(o->file + length - 5, ".json") && !o->form)
        status = bl_error(diag, "-o %s: the report is text if nothing else is said; add --report json, or write both with --report-json %s", o->file, o->file);
    return status;
}

void bl_outputs_wrote(struct bl_texts *written, const char *name)
{
    char *copy = strdup(name);

    if (copy)
        bl_texts_add(written, copy);
    else
        bl_memory_lose();
}

/* A file name as a shell takes it. */
static void put_quoted(FILE *out, const char *name)
{
    bool plain = !name[strcspn(name, " \t\n'\"\\$`!*?[]{}()<>|&;#~")];

    fputs(plain ? " " : " '", out);
    for (; *name; name++)
        if (*name == '\'')
            fputs("'\\''", out);
        else
            fputc(*name, out);
    if (!plain)
        fputc('\'', out);
}

/* The line that shows the first waveform among the files; to be freed, or NULL. */
static char *gtkwave_line(const struct bl_texts *files)
{
    for (size_t i = 0; i + 1 < files->n; i++) {
        const char *save = files->v[i + 1];
        size_t n = strlen(save), bytes;
        char *line = NULL;
        FILE *out = n > 5 && !strcmp(save + n - 5, ".gtkw") ? open_memstream(&line, &bytes) : NULL;
        if (n > 5 && !strcmp(save + n - 5, ".gtkw") && !out)
            bl_memory_lose();
        if (!out)
            continue;
        fputs("gtkwave", out);
        put_quoted(out, files->v[i]);
        put_quoted(out, save);
        fclose(out);
        if (!line)                           /* no memory for the last copy, of which fclose says nothing */
            bl_memory_lose();
        return line;
    }
    return NULL;
}

static int write_one(const struct target *t, const json_t *report, const struct bl_written *w, FILE *screen, struct bl_diag *diag)
{
    size_t n;
    char *bytes = bl_report_view(report, t->form, w, &n, diag);
    int status = bytes ? 0 : -1;

    if (bytes && t->file)
        status = bl_save_all(t->file, bytes, n, diag);
    else if (bytes && screen)
        fwrite(bytes, 1, n, screen);    /* main looks whether all of it arrived */
    free(bytes);
    return status;
}

int bl_outputs_write(const struct bl_outputs *o, const json_t *report, struct bl_texts *written, struct bl_diag *diag)
{
    struct target t[MOST_FILES], screen = { bl_form_named(o->file && strcmp(o->file, "-") ? NULL : o->form), NULL };
    size_t n = targets(o, t);
    int status = 0;

    for (size_t i = 0; i < n; i++)
        if (write_one(&t[i], report, NULL, NULL, diag) < 0)
            status = -1;
        else
            bl_outputs_wrote(written, t[i].file);
    if (o->silent)
        return status;
    char *line = gtkwave_line(written);
    struct bl_written w = { written, line };
    status |= write_one(&screen, report, &w, o->aside ? stderr : stdout, diag);
    free(line);
    return status;
}
