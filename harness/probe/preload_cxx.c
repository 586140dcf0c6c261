/*
 * The C++ operators new and delete, under their mangled names. They must be exported too: an allocator such
 * as jemalloc brings operators of its own that do not pass through malloc.
 *
 * When memory runs out, the next operator in line is asked, which calls the new-handler and throws, as it
 * should. Where the program replaced one, it is asked at once: see operators.h.
 */
#include "probe/operators.h"
#include "probe/probe.h"
#include "probe/real.h"

#define EXPORT __attribute__((visibility("default"), noinline))
#define CALLER                                                                                               \
    ((hg_caller){                                                                                            \
        .slot = (uintptr_t)__builtin_frame_address(0) + sizeof(uintptr_t),                                   \
        .frame_pointer = *(const uintptr_t *)__builtin_frame_address(0),                                     \
    })

void *_Znwm(size_t size);
void *_Znam(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnamRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
void *_ZnamSt11align_val_t(size_t size, size_t alignment);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag);

/* The types of the operators. */
typedef void *new_plain(size_t size);
typedef void *new_nothrow(size_t size, const void *tag);
typedef void *new_aligned(size_t size, size_t alignment);
typedef void *new_aligned_nothrow(size_t size, size_t alignment, const void *tag);

/* Whoever hands over leaves no frame behind: this is the last that it does. */
#define REPLACED(name)      __builtin_expect(hg_operators_instead[HG_OPERATOR##name] != NULL, false)
#define INSTEAD(name, type) ((type *)hg_operators_instead[HG_OPERATOR##name])

static void *out_of_memory(size_t size)
{
    hg_operator_function *next = hg_operators_next(HG_OPERATOR_Znwm);
    return next ? ((new_plain *)next)(size) : NULL;
}

static void *out_of_aligned_memory(size_t size, size_t alignment)
{
    hg_operator_function *next = hg_operators_next(HG_OPERATOR_ZnwmSt11align_val_t);
    return next ? ((new_aligned *)next)(size, alignment) : NULL;
}

/* These call the new-handler too, and catch what it throws. */
static void *out_of_memory_quietly(size_t size, const void *tag)
{
    hg_operator_function *next = hg_operators_next(HG_OPERATOR_ZnwmRKSt9nothrow_t);
    return next ? ((new_nothrow *)next)(size, tag) : NULL;
}

static void *out_of_aligned_memory_quietly(size_t size, size_t alignment, const void *tag)
{
    hg_operator_function *next = hg_operators_next(HG_OPERATOR_ZnwmSt11align_val_tRKSt9nothrow_t);
    return next ? ((new_aligned_nothrow *)next)(size, alignment, tag) : NULL;
}

static void *aligned(size_t size, size_t alignment, hg_caller caller)
{
    return hg_real_resolve() ? hg_probe_aligned(hg_real_allocator.memalign, alignment, size, caller)
                             : hg_real_arena_alloc(size, alignment);
}

EXPORT void *_Znwm(size_t size)
{
    if (REPLACED(_Znwm))
        return INSTEAD(_Znwm, new_plain)(size);
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory(size);
}

EXPORT void *_Znam(size_t size)
{
    if (REPLACED(_Znam))
        return INSTEAD(_Znam, new_plain)(size);
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory(size);
}

EXPORT void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag)
{
    if (REPLACED(_ZnwmRKSt9nothrow_t))
        return INSTEAD(_ZnwmRKSt9nothrow_t, new_nothrow)(size, tag);
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory_quietly(size, tag);
}

EXPORT void *_ZnamRKSt9nothrow_t(size_t size, const void *tag)
{
    if (REPLACED(_ZnamRKSt9nothrow_t))
        return INSTEAD(_ZnamRKSt9nothrow_t, new_nothrow)(size, tag);
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory_quietly(size, tag);
}

EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t alignment)
{
    if (REPLACED(_ZnwmSt11align_val_t))
        return INSTEAD(_ZnwmSt11align_val_t, new_aligned)(size, alignment);
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory(size, alignment);
}

EXPORT void *_ZnamSt11align_val_t(size_t size, size_t alignment)
{
    if (REPLACED(_ZnamSt11align_val_t))
        return INSTEAD(_ZnamSt11align_val_t, new_aligned)(size, alignment);
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory(size, alignment);
}

EXPORT void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag)
{
    if (REPLACED(_ZnwmSt11align_val_tRKSt9nothrow_t))
        return INSTEAD(_ZnwmSt11align_val_tRKSt9nothrow_t, new_aligned_nothrow)(size, alignment, tag);
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory_quietly(size, alignment, tag);
}

EXPORT void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag)
{
    if (REPLACED(_ZnamSt11align_val_tRKSt9nothrow_t))
        return INSTEAD(_ZnamSt11align_val_tRKSt9nothrow_t, new_aligned_nothrow)(size, alignment, tag);
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory_quietly(size, alignment, tag);
}

/* Sizes and alignments that come with a delete say nothing that the block does not say itself. */
/* NOLINTBEGIN(bugprone-macro-parentheses): the parentheses are the lists' own */
#define DELETE(name, parameters, arguments)                                                                  \
    void name parameters;                                                                                    \
    EXPORT void name parameters                                                                              \
    {                                                                                                        \
        if (REPLACED(name))                                                                                  \
            ((void(*) parameters)hg_operators_instead[HG_OPERATOR##name]) arguments;                         \
        else                                                                                                 \
            hg_probe_free(block);                                                                            \
    }

/* NOLINTEND(bugprone-macro-parentheses) */
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
