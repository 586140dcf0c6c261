/*
 * Code without unwind tables: what is compiled at run time, and hand-written assembly.
 *
 * The walker (walk.h) ends a walk at such code. Most of it keeps a frame pointer, though, and can be passed
 * by that. So in the preloaded probe the walker is given tables for all such code that say so: the frame
 * pointer register points to the caller's saved one, with the return address right above. Whoever walks must
 * ask whether this can be true before it goes on. The walker's own look for a signal frame, which reads the
 * code, is not made then: nothing is read at an address that may be wrong.
 */
#ifndef HG_PROBE_WITHOUT_TABLES_H
#define HG_PROBE_WITHOUT_TABLES_H

/* Where the function begins (_Unwind_GetRegionStart) in which such code lies: nowhere. */
#define HG_WITHOUT_TABLES 0

#endif
