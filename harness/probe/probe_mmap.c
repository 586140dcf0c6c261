/* The functions that map memory: see mappings.h. */
#include "probe/probe.h"

#include "probe/context.h"
#include "probe/counting.h"
#include "probe/faults.h"
#include "probe/locks.h"
#include "probe/mappings.h"
#include "probe/real.h"
#include <dlfcn.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static uintptr_t allocator_begin, allocator_end; /* the code of the real allocator */
_Atomic bool hg_probe_maps_over;

static void count_mapping(const hg_mapping *mapping, int64_t blocks, int64_t bytes)
{
    hg_counting_count_commonly(mapping->context, mapping->epoch, blocks, bytes);
}

static uintptr_t page_up(uintptr_t address)
{
#if defined(__x86_64__)
    const uintptr_t page = 4096;
#else
    const uintptr_t page = getauxval(AT_PAGESZ);
#endif
    return (address + page - 1) & ~(page - 1);
}

/* Whether the program maps, and not its allocator, or the probe. */
static bool maps_for_itself(hg_caller caller)
{
    uintptr_t code = hg_caller_address(caller);
    return hg_counting_wanted() && !(code >= allocator_begin && code < allocator_end);
}

/* The mapping made by the caller, without its place. The caller of this function takes the lock
 * afterwards. */
static hg_mapping new_mapping(hg_caller caller)
{
    hg_thread *thread = hg_counting_thread_anywhere();
    hg_counting_enter();
    hg_mapping made = {.context = hg_context_find_mapping(thread, caller), .epoch = hg_counting_epoch()};
    hg_counting_leave();
    hg_counting_reach(thread, made.context);
    return made;
}

/* What finds no room makes the counts doubtful, and is told like a stack that was not recorded. */
static void note_room(bool found)
{
    if (!found)
        atomic_fetch_add_explicit(&hg_counting_record.header->unrecorded, 1, memory_order_relaxed);
}

/* Nothing that was known there is there any more. */
static void forget(uintptr_t begin, uintptr_t end)
{
    hg_mappings_remove(begin, end);
    hg_mappings_end_reservation(begin, end);
}

void *hg_probe_mmap(void *wanted, size_t size, int protection, int flags, int file, int64_t offset,
                    hg_caller caller)
{
    if (!maps_for_itself(caller))
        return (void *)syscall(SYS_mmap, wanted, size, protection, flags, file, offset);
    if (hg_faults_due(caller, HG_CALL_MMAP))
        return MAP_FAILED;
    hg_mapping made = {0};
    if (protection != PROT_NONE)
        made = new_mapping(caller);
    if (flags & MAP_FIXED)
        hg_probe_maps_over = true;
    hg_counting_enter();
    hg_lock_take(HG_LOCK_MAPPINGS);
    void *place = (void *)syscall(SYS_mmap, wanted, size, protection, flags, file, offset);
    if (place != MAP_FAILED) {
        made.begin = (uintptr_t)place;
        made.end = page_up(made.begin + size);
        hg_mappings_remove(made.begin, made.end);
        if ((flags & MAP_FIXED) == 0)
            hg_mappings_end_reservation(made.begin, made.end);
        if (protection != PROT_NONE)
            note_room(hg_mappings_add(&made));
        else if ((flags & MAP_TYPE) == MAP_PRIVATE)
            note_room(hg_mappings_reserve(made.begin, made.end));
    }
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_counting_leave();
    return place;
}

int hg_probe_munmap(void *place, size_t size)
{
    if (!hg_counting_wanted())
        return (int)syscall(SYS_munmap, place, size);
    hg_counting_enter();
    hg_lock_take(HG_LOCK_MAPPINGS);
    int status = (int)syscall(SYS_munmap, place, size);
    if (status == 0)
        forget((uintptr_t)place, page_up((uintptr_t)place + size));
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_counting_leave();
    return status;
}

void *hg_probe_mremap(void *old, size_t old_size, size_t size, int flags, void *wanted, hg_caller caller)
{
    if (!maps_for_itself(caller))
        return (void *)syscall(SYS_mremap, old, old_size, size, flags, wanted);
    if (hg_faults_due(caller, HG_CALL_MMAP))
        return MAP_FAILED;
    hg_mapping made = new_mapping(caller);
    if (flags & MREMAP_FIXED)
        hg_probe_maps_over = true;
    uintptr_t begin = (uintptr_t)old;
    uintptr_t end = page_up(begin + old_size);
    hg_counting_enter();
    hg_lock_take(HG_LOCK_MAPPINGS);
    void *place = (void *)syscall(SYS_mremap, old, old_size, size, flags, wanted);
    if (place != MAP_FAILED) {
        /* The old range stays mapped where it is duplicated, or asked to stay. */
        bool stays = old_size == 0 || (flags & MREMAP_DONTUNMAP) != 0;
        bool known = hg_mappings_knows(begin);
        bool reserved = hg_mappings_is_reserved(begin);
        if (!stays)
            forget(begin, end);
        made.begin = (uintptr_t)place;
        made.end = page_up(made.begin + size);
        if (place != old)
            forget(made.begin, made.end);
        if (reserved)
            note_room(hg_mappings_reserve(made.begin, made.end));
        if (known)
            note_room(hg_mappings_add(&made));
    }
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_counting_leave();
    return place;
}

int hg_probe_mprotect(void *place, size_t size, int protection, hg_caller caller)
{
    const int usable = PROT_READ | PROT_WRITE | PROT_EXEC;
    if (!hg_mappings_any_reserved() || !maps_for_itself(caller))
        return (int)syscall(SYS_mprotect, place, size, protection);
    hg_mapping made = {0};
    if (protection & usable)
        made = new_mapping(caller);
    made.begin = (uintptr_t)place;
    made.end = page_up(made.begin + size);
    hg_counting_enter();
    hg_lock_take(HG_LOCK_MAPPINGS);
    int status = (int)syscall(SYS_mprotect, place, size, protection);
    if (status == 0 && (protection & usable))
        note_room(hg_mappings_commit(&made));
    else if (status == 0)
        hg_mappings_decommit(made.begin, made.end);
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_counting_leave();
    return status;
}

int hg_probe_madvise(void *place, size_t size, int advice, hg_caller caller)
{
    bool gives_back = advice == MADV_DONTNEED || advice == MADV_FREE;
    if (!gives_back || !hg_mappings_any_reserved() || !maps_for_itself(caller))
        return (int)syscall(SYS_madvise, place, size, advice);
    hg_counting_enter();
    hg_lock_take(HG_LOCK_MAPPINGS);
    int status = (int)syscall(SYS_madvise, place, size, advice);
    if (status == 0)
        hg_mappings_decommit((uintptr_t)place, page_up((uintptr_t)place + size));
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_counting_leave();
    return status;
}

bool hg_probe_forget_mappings(uintptr_t begin, uintptr_t end)
{
    if (hg_counting_busy)
        return false;
    hg_counting_enter();
    hg_lock_take(HG_LOCK_MAPPINGS);
    bool forgotten = hg_mappings_remove(begin, end);
    hg_mappings_end_reservation(begin, end);
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_counting_leave();
    return forgotten;
}

static void find_allocator(void)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)(uintptr_t)hg_real_allocator.malloc, &object) != 0)
        return;
    allocator_begin = (uintptr_t)object.dlfo_map_start;
    allocator_end = (uintptr_t)object.dlfo_map_end;
}

bool hg_probe_start_mappings(void)
{
    find_allocator();
    return hg_mappings_start(count_mapping);
}
