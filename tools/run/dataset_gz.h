/* dataset_gz.h - images and labels from gzipped IDX files, as Debian's dataset-fashion-mnist has them. */
#ifndef BL_DATASET_GZ_H
#define BL_DATASET_GZ_H

#include "platforms/net/dataset.h"

/* The folder of the Debian package dataset-fashion-mnist. */
#define BL_FASHION_FOLDER "/usr/share/datasets/fashion-mnist"

/* As bl_dataset_open, but each file may be gzipped or plain. NULL after a bl_error. */
struct bl_dataset *bl_dataset_open_gz(const char *images, const char *labels, struct bl_diag *diag);

#endif
