/* sha256.h - the digest of FIPS 180-4, by which a report names the bytes of its inputs. */
#ifndef BL_SHA256_H
#define BL_SHA256_H

#include <stddef.h>

/* 64 hexadecimal digits in lower case and a NUL. Returns hex. */
char *bl_sha256(const void *bytes, size_t n, char hex[65]);

#endif
