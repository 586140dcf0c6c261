/*
 * What every exported function of the probe needs. Its file is built with frame pointers, so that
 * __builtin_frame_address(0) points at the caller's saved frame pointer, with the return address right above
 * it (the ABIs of x86-64 and arm64).
 */
#ifndef HG_PROBE_EXPORTED_H
#define HG_PROBE_EXPORTED_H

#include "probe/walk.h"
#include <stddef.h>

#define HG_EXPORT __attribute__((visibility("default"), noinline))

HG_QUICK hg_caller hg_caller_at(const uintptr_t *frame, const void *frame_end, const char *in_frame)
{
#if defined(__x86_64__)
    (void)frame_end;
    (void)in_frame;
    return (hg_caller){.slot = (uintptr_t)(frame + 1), .frame_pointer = frame[0]};
#else
    __asm__ volatile("" : : "r"(in_frame) : "memory");
    return (hg_caller){.slot = (uintptr_t)(frame + 1), .stack_pointer = (uintptr_t)frame_end};
#endif
}

/*
 * On arm64 the return address lies in the frame of the exported function. So that must not end in a jump,
 * which takes the frame away first; it cannot while others may read a variable of the frame. A function that
 * shall end in a jump nevertheless asks for HG_CALLER in a block of its own, which ends before.
 */
#if defined(__x86_64__)
#define HG_IN_FRAME NULL
#else
#define HG_IN_FRAME                                                                                          \
    &(const char)                                                                                            \
    {                                                                                                        \
        0                                                                                                    \
    }
#endif

/* Where the exported function that says this was called. */
#define HG_CALLER                                                                                            \
    hg_caller_at((const uintptr_t *)__builtin_frame_address(0), __builtin_dwarf_cfa(), HG_IN_FRAME)

#endif
