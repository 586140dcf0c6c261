/*
 * The C++ operators new and delete, under their mangled names. They must be exported too: an allocator such
 * as jemalloc brings operators of its own that do not pass through malloc.
 *
 * When memory runs out, the next operator in line is asked, which calls the new-handler and throws, as it
 * should. Where the program replaced one, it is asked at once: see operators.h.
 */
#include "probe/exported.h"
#include "probe/faults.h"
#include "probe/operators.h"
#include "probe/probe.h"
#include "probe/quickly.h"
#include "probe/real.h"
#include "probe/sampling.h"

/* Whoever hands over leaves no frame behind: this is the last that it does. */
#define REPLACED(name) __builtin_expect(hg_operators_instead[HG_OPERATOR##name] != NULL, false)

static void *aligned(size_t size, size_t alignment, hg_caller caller)
{
    return hg_real_resolve()
               ? hg_probe_aligned(hg_real_allocator.memalign, alignment, size, caller, HG_CALL_NEW)
               : hg_real_arena_alloc(size, alignment);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): the parentheses are the lists' own */

/* last: whose next definition is asked when there is no memory; the nothrow ones catch what it throws. */
#define NEW(name, parameters, arguments, allocate, last)                                                     \
    void *name parameters;                                                                                   \
    HG_EXPORT void *name parameters                                                                          \
    {                                                                                                        \
        if (REPLACED(name))                                                                                  \
            return ((void *(*)parameters)hg_operators_instead[HG_OPERATOR##name])arguments;                  \
        {                                                                                                    \
            void *block = allocate;                                                                          \
            if (block)                                                                                       \
                return block;                                                                                \
        }                                                                                                    \
        hg_faults_repeat();                                                                                  \
        hg_operator_function *next = hg_operators_next(HG_OPERATOR##last);                                   \
        return next ? ((void *(*)parameters)next)arguments : NULL;                                           \
    }

#define PLAIN                                                                                                \
    hg_sampling_passes()   ? hg_real_allocator.malloc(size)                                                  \
    : hg_quickly_may(size) ? hg_quickly_allocate(size, HG_EXPORTED_FRAME)                                    \
                           : hg_quickly_beyond(size, HG_EXPORTED_FRAME, HG_CALL_NEW)
#define ALIGNED aligned(size, alignment, HG_CALLER)

NEW(_Znwm, (size_t size), (size), PLAIN, _Znwm)
NEW(_Znam, (size_t size), (size), PLAIN, _Znwm)
NEW(_ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), PLAIN, _ZnwmRKSt9nothrow_t)
NEW(_ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), PLAIN, _ZnwmRKSt9nothrow_t)
NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment), ALIGNED, _ZnwmSt11align_val_t)
NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment), ALIGNED, _ZnwmSt11align_val_t)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
    (size, alignment, tag), ALIGNED, _ZnwmSt11align_val_tRKSt9nothrow_t)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
    (size, alignment, tag), ALIGNED, _ZnwmSt11align_val_tRKSt9nothrow_t)

/* Sizes and alignments that come with a delete say nothing that the block does not say itself. */
#define DELETE(name, parameters, arguments)                                                                  \
    void name parameters;                                                                                    \
    HG_EXPORT void name parameters                                                                           \
    {                                                                                                        \
        if (REPLACED(name))                                                                                  \
            ((void(*) parameters)hg_operators_instead[HG_OPERATOR##name]) arguments;                         \
        else                                                                                                 \
            hg_probe_free(block);                                                                            \
    }

DELETE(_ZdlPv, (void *block), (block))
DELETE(_ZdaPv, (void *block), (block))
DELETE(_ZdlPvm, (void *block, size_t size), (block, size))
DELETE(_ZdaPvm, (void *block, size_t size), (block, size))
DELETE(_ZdlPvRKSt9nothrow_t, (void *block, const void *tag), (block, tag))
DELETE(_ZdaPvRKSt9nothrow_t, (void *block, const void *tag), (block, tag))
DELETE(_ZdlPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))
DELETE(_ZdaPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))
DELETE(_ZdlPvmSt11align_val_t, (void *block, size_t size, size_t alignment), (block, size, alignment))
DELETE(_ZdaPvmSt11align_val_t, (void *block, size_t size, size_t alignment), (block, size, alignment))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),
       (block, alignment, tag))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),
       (block, alignment, tag))
/* NOLINTEND(bugprone-macro-parentheses) */
