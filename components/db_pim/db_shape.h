/* db_shape.h - sizes of a DB-PIM macro and of the register files beside it (Duan et al., sections V and VI-A; Table II). What a platform may
 * choose, the number of cores and of macros in a core, is a parameter of its parts. */
#ifndef BL_DB_SHAPE_H
#define BL_DB_SHAPE_H

enum {
    BL_DB_COMPARTMENTS = 16,   /* weights of a filter that are multiplied at once; positions of a window of inputs */
    BL_DB_COLUMNS = 16,        /* dyadic blocks (or bits of dense weights) side by side */
    BL_DB_ROWS = 16,           /* cells of a dyadic block multiply unit, one of which is read at a time */
    BL_DB_KEPT = BL_DB_COMPARTMENTS * BL_DB_ROWS,        /* K positions that a macro holds: 256 */
    BL_DB_DENSE_COLUMNS = 8,   /* of a weight in two's complement */
    BL_DB_CORES = 8, BL_DB_MACROS = 4,                   /* of the chip of the paper */
    BL_DB_MASK_BITS = 2048,    /* mask register file of a core */
    BL_DB_META_FILE_BITS = 12288                         /* meta register file of a core: 1.5 KB */
};

#endif
