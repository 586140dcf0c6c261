/*
 * The C++ operators new and delete, under their mangled names. They must be exported too: an allocator such
 * as jemalloc brings operators of its own that do not pass through malloc.
 *
 * When memory runs out, the next operator in line is asked, which calls the new-handler and throws, as it
 * should.
 */
#include "probe.h"
#include "real.h"

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

static void *out_of_memory(size_t size)
{
    hg_real_resolve_operators();
    return hg_real_allocator.operator_new ? hg_real_allocator.operator_new(size) : NULL;
}

static void *out_of_aligned_memory(size_t size, size_t alignment)
{
    hg_real_resolve_operators();
    return hg_real_allocator.operator_new_aligned ? hg_real_allocator.operator_new_aligned(size, alignment)
                                                  : NULL;
}

/* These call the new-handler too, and catch what it throws. */
static void *out_of_memory_quietly(size_t size, const void *tag)
{
    hg_real_resolve_operators();
    return hg_real_allocator.operator_new_nothrow ? hg_real_allocator.operator_new_nothrow(size, tag) : NULL;
}

static void *out_of_aligned_memory_quietly(size_t size, size_t alignment, const void *tag)
{
    hg_real_resolve_operators();
    return hg_real_allocator.operator_new_aligned_nothrow
               ? hg_real_allocator.operator_new_aligned_nothrow(size, alignment, tag)
               : NULL;
}

static void *aligned(size_t size, size_t alignment, hg_caller caller)
{
    return hg_real_resolve() ? hg_probe_aligned(hg_real_allocator.memalign, alignment, size, caller)
                             : hg_real_arena_alloc(size, alignment);
}

EXPORT void *_Znwm(size_t size)
{
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory(size);
}

EXPORT void *_Znam(size_t size)
{
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory(size);
}

EXPORT void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag)
{
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory_quietly(size, tag);
}

EXPORT void *_ZnamRKSt9nothrow_t(size_t size, const void *tag)
{
    void *block = hg_probe_malloc(size, CALLER);
    return block ? block : out_of_memory_quietly(size, tag);
}

EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t alignment)
{
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory(size, alignment);
}

EXPORT void *_ZnamSt11align_val_t(size_t size, size_t alignment)
{
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory(size, alignment);
}

EXPORT void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag)
{
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory_quietly(size, alignment, tag);
}

EXPORT void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag)
{
    void *block = aligned(size, alignment, CALLER);
    return block ? block : out_of_aligned_memory_quietly(size, alignment, tag);
}

/* Sizes and alignments that come with a delete say nothing that the block does not say itself. */
#define UNUSED __attribute__((unused))
#define DELETE(name, parameters)                                                                             \
    void name parameters;                                                                                    \
    EXPORT void name parameters                                                                              \
    {                                                                                                        \
        hg_probe_free(block);                                                                                \
    }

DELETE(_ZdlPv, (void *block))
DELETE(_ZdaPv, (void *block))
DELETE(_ZdlPvm, (void *block, size_t size UNUSED))
DELETE(_ZdaPvm, (void *block, size_t size UNUSED))
DELETE(_ZdlPvRKSt9nothrow_t, (void *block, const void *tag UNUSED))
DELETE(_ZdaPvRKSt9nothrow_t, (void *block, const void *tag UNUSED))
DELETE(_ZdlPvSt11align_val_t, (void *block, size_t alignment UNUSED))
DELETE(_ZdaPvSt11align_val_t, (void *block, size_t alignment UNUSED))
DELETE(_ZdlPvmSt11align_val_t, (void *block, size_t size UNUSED, size_t alignment UNUSED))
DELETE(_ZdaPvmSt11align_val_t, (void *block, size_t size UNUSED, size_t alignment UNUSED))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment UNUSED, const void *tag UNUSED))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment UNUSED, const void *tag UNUSED))
