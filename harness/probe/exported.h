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

/* Of an exported function. It knows its caller when that is asked for, and need not keep it until then. */
typedef struct hg_exported_frame {
    uintptr_t slot; /* of the return address */
    const void *end;
    const char *inside;
} hg_exported_frame;

HG_QUICK hg_caller hg_caller_at(hg_exported_frame at)
{
#if defined(__x86_64__)
    return (hg_caller){.slot = at.slot, .frame_pointer = ((const uintptr_t *)at.slot)[-1]};
#else
    __asm__ volatile("" : : "r"(at.inside) : "memory");
    return (hg_caller){.slot = at.slot, .stack_pointer = (uintptr_t)at.end};
#endif
}

/* For after a call: the frame pointer has it, and the compiler need not keep it in another register. */
HG_QUICK void hg_frame_again(hg_exported_frame *frame)
{
#if defined(__x86_64__)
    __asm__ volatile("leaq 8(%%rbp), %0" : "=r"(frame->slot));
#else
    (void)frame;
#endif
}

/* hg_caller_key of the caller, whose frame pointer nobody asks for. */
HG_QUICK uintptr_t hg_frame_key(hg_exported_frame at)
{
#if defined(__x86_64__)
    return *(const uintptr_t *)at.slot;
#else
    return hg_caller_key(hg_caller_at(at));
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

#define HG_EXPORTED_FRAME                                                                                    \
    (hg_exported_frame)                                                                                      \
    {                                                                                                        \
        (uintptr_t)((const uintptr_t *)__builtin_frame_address(0) + 1), __builtin_dwarf_cfa(), HG_IN_FRAME   \
    }

/* Where the exported function that says this was called. */
#define HG_CALLER hg_caller_at(HG_EXPORTED_FRAME)

#endif
