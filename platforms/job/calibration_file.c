/* calibration_file.c - reads and writes the head and the list of layers of a calibration file. */
#include "platforms/job/calibration_file.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/job/setup.h"

/* A file that is being read. */
struct reading {
    const struct bl_calibration_form *form;
    struct bl_yaml_doc *doc;
    const struct bl_net *net;
    void *tables;
    uint8_t *said;                     /* by layer of the net: 0 until it is named */
};

bool bl_calibration_has(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }

/* ---- reading */

static int64_t layer_named(const struct bl_net *net, const char *name)
{
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (!strcmp(net->layers[i].name, name))
            return i;
    return -1;
}

static int read_layer(const struct reading *r, const struct bl_yaml *y)
{
    const struct bl_calibration_form *form = r->form;
    int64_t i = layer_named(r->net, y->key->text);
    bool host_work = i >= 0 && !bl_calibration_has(&r->net->layers[i]);

    if (host_work && form->tells_host_work)
        return bl_yaml_error(r->doc, y->key, 0, "layer '%s' is host work (%s); expected a conv or fc layer of net %s", y->key->text,
                             bl_kind_name(r->net->layers[i].kind), r->net->name);
    if (i < 0 || host_work)
        return bl_yaml_error(r->doc, y->key, 0, "net %s has no %slayer '%s'; is this the calibration of another net?", r->net->name,
                             form->tells_host_work ? "" : "conv or fc ", y->key->text);
    if (bl_yaml_is(r->doc, y, BL_YAML_MAP, "a layer", form->layer_like) ||
        bl_yaml_known(r->doc, y, "a layer", form->known, form->nknown))
        return -1;
    r->said[i] = 1;
    return form->read_layer(r->tables, r->net, (uint32_t)i, r->doc, y, &r->said[i]);
}

/* Every array layer must be named; the machine may ask for more. */
static int complete(const struct reading *r, const struct bl_yaml *layers)
{
    for (uint32_t i = 0; i < r->net->nlayers; i++) {
        const struct bl_layer *l = &r->net->layers[i];
        if (!bl_calibration_has(l))
            continue;
        if (!r->said[i])
            return bl_yaml_error(r->doc, layers, 0, "layer '%s' of net %s is missing", l->name, r->net->name);
        if (r->form->check_layer && r->form->check_layer(r->tables, r->net, i, r->doc, bl_yaml_get(layers, l->name), r->said[i]))
            return -1;
    }
    return 0;
}

static int read_head(const struct reading *r, const struct bl_yaml *root, const struct bl_yaml *layers)
{
    const struct bl_calibration_form *form = r->form;
    const char *known[5] = { "calibration", "net", "layers" };
    size_t n = 3;
    const struct bl_yaml *what = bl_yaml_get(root, "calibration");

    if (form->setting)
        known[n++] = form->setting;
    if (form->made_for)
        known[n++] = "made_for";
    if (what && what->kind == BL_YAML_TEXT && *what->text && strcmp(what->text, form->machine))
        return bl_yaml_error(r->doc, what, 0, "this is a calibration for the mapper '%s', and the platform's mapper is '%s', which needs one of its own: "
                             "`bitline calibrate PLATFORM --net NET -o FILE` makes it; --calibration none runs without", what->text, form->machine);
    if (bl_yaml_known(r->doc, root, "a calibration file", known, n))
        return -1;
    if (!what || what->kind != BL_YAML_TEXT || strcmp(what->text, form->machine) || !layers)
        return bl_yaml_error(r->doc, what ? what : root, 0, "expected `calibration: %s` and `layers:`; `bitline calibrate` writes such "
                             "files", form->machine);
    if (form->read_setting && form->read_setting(r->tables, r->doc, bl_yaml_get(root, form->setting)))
        return -1;
    return bl_yaml_is(r->doc, layers, BL_YAML_MAP, "layers", form->layers_like);
}

/* Tables of another net or machine may fit by their layers' names, and be wrong. */
static void advise(const struct reading *r, const struct bl_yaml *root, struct bl_diag *diag)
{
    const struct bl_yaml *net = bl_yaml_get(root, "net"), *made = bl_yaml_get(root, "made_for");

    if (net && strcmp(net->text, r->net->name))
        bl_note(diag, "%s: this calibration is of net '%s', and the net that runs is '%s'; calibrate that one", bl_yaml_where(r->doc, net, 0), net->text, r->net->name);
    if (made && r->form->made_for && strcmp(made->text, r->form->made_for))
        bl_note(diag, "%s: this calibration was made for %s, and the platform has %s; calibrate it again", bl_yaml_where(r->doc, made, 0), made->text,
                r->form->made_for);
}

static int read_all(const struct reading *r)
{
    const struct bl_yaml *root = bl_yaml_root(r->doc), *layers = bl_yaml_get(root, "layers");
    int bad = read_head(r, root, layers);

    for (const struct bl_yaml *y = bad ? NULL : layers->first; y; y = y->next)
        bad |= read_layer(r, y);
    return bad ? -1 : complete(r, layers);
}

int bl_calibration_read(const struct bl_calibration_form *form, const char *path, const struct bl_net *net, void *tables,
                        struct bl_diag *diag)
{
    struct bl_yaml_doc *doc = bl_yaml_open(path, diag);
    uint8_t *said = doc ? calloc(net->nlayers + 1, sizeof *said) : NULL;
    int bad = -1;

    if (said)
        bad = read_all(&(struct reading){ form, doc, net, tables, said });
    else if (doc)
        bl_error(diag, "%s: no memory to read it", path);
    if (!bad)
        advise(&(struct reading){ form, doc, net, tables, said }, bl_yaml_root(doc), diag);
    free(said);
    bl_yaml_free(doc);
    return bad;
}

/* ---- writing */

void bl_calibration_how(const struct bl_calibrate_opts *o, const char *more, const struct bl_outcome *end,
                        char lines[BL_HOW_LINES][BL_HOW_ROOM])
{
    const struct bl_setup *u = o->setup;

    snprintf(lines[0], BL_HOW_ROOM, "made by: bitline calibrate, images %u to %u, %sseed %llu", u->first, u->first + u->count - 1, more,
             (unsigned long long)u->seed);
    snprintf(lines[1], BL_HOW_ROOM, "loss: NMSE of the net's output against the integer reference; reached %.4g", end->loss);
    if (!u->data || !u->data->labels)
        snprintf(lines[2], BL_HOW_ROOM, "the images have no labels");
    else
        snprintf(lines[2], BL_HOW_ROOM, "correct on these images: %u of %u (calibrated on them: no measure of accuracy)", end->correct,
                 end->images);
}

int bl_calibration_write(const struct bl_calibration_form *form, const char *path, const struct bl_net *net, const void *tables,
                         const char *const *how, struct bl_diag *diag)
{
    struct bl_text text;
    FILE *f;

    if (bl_text_open(&text, path, diag))
        return -1;
    f = text.out;
    for (; *how; how++)
        fprintf(f, "# %s\n", *how);
    fprintf(f, "calibration: %s\n", form->machine);
    bl_yaml_write_name(f, "net: ", net->name, "");
    if (form->made_for)
        bl_yaml_write_name(f, "made_for: ", form->made_for, "");
    if (form->write_setting) {
        fprintf(f, "%s: ", form->setting);
        form->write_setting(tables, f);
        fprintf(f, "\n");
    }
    fprintf(f, "layers:\n");
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (bl_calibration_has(&net->layers[i])) {
            bl_yaml_write_name(f, "  ", net->layers[i].name, ":");
            form->write_layer(tables, net, i, f);
        }
    return bl_text_save(&text, path, diag);
}
