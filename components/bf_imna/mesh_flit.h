/* mesh_flit.h - what a flit of an on-chip mesh is, as words of 64 bits. */
#ifndef COMPONENTS_MESH_FLIT_H
#define COMPONENTS_MESH_FLIT_H

enum { FLIT_TAG, FLIT_TO, FLIT_DATA };       /* tag of the sender; nodes it is for, a bit each; payload */
enum { FLIT_WORDS = 16, FLIT_BITS = 64 * FLIT_WORDS, FLIT = FLIT_DATA + FLIT_WORDS };

#endif
