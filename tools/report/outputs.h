/* outputs.h - where the report of a command goes: one form to stdout or to the file of -o, others beside. */
#ifndef BL_OUTPUTS_H
#define BL_OUTPUTS_H

#include "tools/options.h"
#include "tools/report/report.h"

struct bl_outputs {
    const char *form, *file, *json, *html;
    bool aside;                        /* stdout belongs to something else: what would go there goes to stderr */
    bool silent;                       /* nothing goes there, only to files */
};

/* Rows of an option table whose struct has a member `out` of type struct bl_outputs. */
#define BL_OUTPUT_OPTIONS(T) \
    { "report", 0, BL_OPT_CHOICE, offsetof(T, out.form), "text|json|html|csv", "the form of the report (text)" }, \
    { "output", 'o', BL_OPT_TEXT, offsetof(T, out.file), "FILE", "where it goes; then the text form still goes to stdout" }, \
    { "report-json", 0, BL_OPT_TEXT, offsetof(T, out.json), "FILE", "write the JSON report as well" }, \
    { "report-html", 0, BL_OPT_TEXT, offsetof(T, out.html), "FILE", "write the HTML report as well" }

/* Before a long run: can the files be written? 0, or -1 after having reported every error. */
int bl_outputs_check(const struct bl_outputs *o, struct bl_diag *diag);
/* Writes all of them. `written` names files written before and gets those written here. 0, or -1 when one failed;
 * the others are whole. */
int bl_outputs_write(const struct bl_outputs *o, const json_t *report, struct bl_texts *written, struct bl_diag *diag);
/* Adds a copy of the name. */
void bl_outputs_wrote(struct bl_texts *written, const char *name);

#endif
