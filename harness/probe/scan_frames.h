/*
 * Which function has what lies on a stack: in the copy of a process that is scanned.
 *
 * A thread that waits is unwound from where the kernel says that it is, as if it had called the unwinder
 * itself: on its own stack, which in the copy belongs to nobody else. Of its other registers nothing is
 * known. Where the unwind tables need one that no inner frame saved, the walk ends, and frames beyond have no
 * name.
 */
#ifndef HG_PROBE_SCAN_FRAMES_H
#define HG_PROBE_SCAN_FRAMES_H

#include <stddef.h>
#include <stdint.h>

typedef struct hg_scan_frame {
    uintptr_t begin;   /* of the function's part of the stack; it ends where the next frame begins */
    uintptr_t address; /* in its code: where it goes on */
} hg_scan_frame;

enum { HG_SCAN_MOST_FRAMES = 64 };

/*
 * The frames of a stack, innermost first, and their number. With pointer 0, of the calling thread; there are
 * frames of the probe's among them, too.
 */
size_t hg_scan_frames(uintptr_t pointer, uintptr_t code, hg_scan_frame ret_frames[HG_SCAN_MOST_FRAMES]);

#endif
