/* module.h - components and mappers of your own, in a shared object that a platform file names:
 *     modules: [ mine.so ]           # beside the platform file
 * Build it with the headers of the bitline that shall run it; it links against nothing, the program has the library:
 *     cc -shared -fPIC $(pkg-config --cflags bitline) -o mine.so mine.c
 * It ends with one line, of either kind or of both, in any number:
 *     BL_MODULE(BL_CLASSES(&adder, &buffer), BL_MAPPERS(&mine));
 * Its names may not be those of bitline's own classes and mappers, and what it exports may not begin with bl_; a module
 * that breaks this is refused. */
#ifndef BL_PLATFORMS_MODULE_H
#define BL_PLATFORMS_MODULE_H

#include "kernel/model.h"
#include "platforms/file/stamp.h"      /* made by the build: a hash of the installed headers */

#ifdef __cplusplus
extern "C" {
#endif

struct bl_mapper;                      /* platforms/job/mapper.h */

#define BL_MODULE_MARK "bitline module "

struct bl_module {
    char made_with[64];                         /* BL_MODULE_MARK, then the stamp of the headers; read before anything else */
    const struct bl_class *const *classes;      /* ends with NULL; NULL: none */
    const struct bl_mapper *const *mappers;     /* the same */
};

#define BL_CLASSES(...) .classes = (const struct bl_class *const[]){ __VA_ARGS__, NULL }
#define BL_MAPPERS(...) .mappers = (const struct bl_mapper *const[]){ __VA_ARGS__, NULL }
/* The one name that the program looks for. */
#define BL_MODULE(...) \
    extern const struct bl_module bl_module; \
    const struct bl_module bl_module = { .made_with = BL_MODULE_MARK BL_HEADERS_STAMP, __VA_ARGS__ }

#ifdef __cplusplus
}
#endif

#endif
