/*
 * jemalloc's own functions. They are in a build of the probe of their own, which is preloaded before jemalloc
 * and nothing else: programs ask whether mallocx is there to find out whether jemalloc is.
 *
 * Sized frees must come here too: jemalloc trusts the size, and a tagged block is larger than the program
 * says.
 */
#include "probe/aside.h"
#include "probe/exported.h"
#include "probe/probe.h"
#include "probe/real.h"
#include "probe/tag.h"
#include <stdatomic.h>
#include <stdbool.h>

void *mallocx(size_t size, int flags);
void *rallocx(void *block, size_t size, int flags);
size_t xallocx(void *block, size_t size, size_t extra, int flags);
size_t sallocx(const void *block, int flags);
void dallocx(void *block, int flags);
void sdallocx(void *block, size_t size, int flags);
size_t nallocx(size_t size, int flags);

typedef struct jemalloc {
    void *(*mallocx)(size_t, int);
    void *(*rallocx)(void *, size_t, int);
    size_t (*xallocx)(void *, size_t, size_t, int);
    void (*dallocx)(void *, int);
    size_t (*nallocx)(size_t, int);
} jemalloc;

/* Looked up when first needed; two threads at once find the same. */
static const jemalloc *real(void)
{
    static jemalloc found;
    static _Atomic bool known;
    if (!atomic_load_explicit(&known, memory_order_acquire)) {
        HG_REAL_FIND(found.mallocx, "mallocx");
        HG_REAL_FIND(found.rallocx, "rallocx");
        HG_REAL_FIND(found.xallocx, "xallocx");
        HG_REAL_FIND(found.dallocx, "dallocx");
        HG_REAL_FIND(found.nallocx, "nallocx");
        atomic_store_explicit(&known, true, memory_order_release);
    }
    return &found;
}

HG_EXPORT void *mallocx(size_t size, int flags)
{
    void *block = real()->mallocx(hg_aside_request(size, 1), flags);
    return block ? hg_probe_adopt(block, size, HG_CALLER) : NULL;
}

HG_EXPORT void *rallocx(void *block, size_t size, int flags)
{
    hg_probe_released old = hg_probe_release(block);
    void *moved = real()->rallocx(block, hg_aside_request(size, 1), flags);
    if (!moved) {
        hg_probe_restore(block, old);
        return NULL;
    }
    return hg_probe_adopt(moved, size, HG_CALLER);
}

/* Grows or shrinks in place; gives the size that it has then. */
HG_EXPORT size_t xallocx(void *block, size_t size, size_t extra, int flags)
{
    hg_probe_released old = hg_probe_release(block);
    size_t before = hg_real_allocator.usable_size(block);
    size_t now = real()->xallocx(block, hg_aside_request(size, 1), extra, flags);
    size_t room = hg_aside_has(block, now) ? now : now - HG_TAG_BYTES;
    if (now == before)
        hg_probe_restore(block, old);
    else
        hg_probe_adopt(block, room < size ? room : size, HG_CALLER);
    return hg_probe_usable_size(block);
}

HG_EXPORT size_t sallocx(const void *block, int flags)
{
    (void)flags;
    return hg_probe_usable_size((void *)block);
}

HG_EXPORT void dallocx(void *block, int flags)
{
    hg_probe_release(block);
    real()->dallocx(block, flags);
}

HG_EXPORT void sdallocx(void *block, size_t size, int flags)
{
    (void)size;
    dallocx(block, flags);
}

/* What sallocx would say of the block. */
HG_EXPORT size_t nallocx(size_t size, int flags)
{
    size_t room = real()->nallocx(hg_aside_request(size, 1), flags);
    if (size >= HG_ASIDE_BYTES)
        return room;
    return room >= size + HG_TAG_BYTES && room > HG_TAG_BYTES ? room - HG_TAG_BYTES : 0;
}
