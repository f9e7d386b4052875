/* net_file.h - commands that read a net and write another one: as many copies of it as are wanted, the ONNX file, what may not be its name. */
#ifndef BL_NET_FILE_H
#define BL_NET_FILE_H

#include "platforms/job/setup.h"

struct bl_net_file { struct bl_found at; void *bytes; size_t len; const struct bl_setup_opts *so; };

/* Finds and reads the file; of *so, which must live as long, rounding and seed. To be ended by bl_net_file_fini also after an error. 0, or -1. */
int bl_net_file_open(struct bl_net_file *f, const char *name, const struct bl_setup_opts *so, struct bl_diag *diag);
/* One more copy of the net; NULL after a bl_error. */
struct bl_net *bl_net_file_net(const struct bl_net_file *f, struct bl_diag *diag);
void bl_net_file_fini(struct bl_net_file *f);

/* Whether `output` may be written: no file that is read (the net, images and labels of any of `n` *so), and with that suffix. 0, or -1 after a bl_error. */
int bl_net_file_output(const struct bl_net_file *f, const char *output, const char *suffix, const struct bl_setup_opts *const *so, size_t n, struct bl_diag *diag);

/* A net as bytes of ONNX, to be freed, and what is read of them: what the file computes is what is measured. Layers that ONNX rounds otherwise:
 * *moved. NULL after a bl_error. */
struct bl_net *bl_net_file_write(const struct bl_net *net, uint8_t **bytes, size_t *len, uint32_t *moved, struct bl_diag *diag);

#endif
