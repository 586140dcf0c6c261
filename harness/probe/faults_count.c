/* What a tortured process leaves behind, by stack, and how that differs from the reference. */
#include "probe/faults.h"

#include "probe/context.h"
#include "probe/counting.h"
#include "probe/crash.h"
#include "probe/descriptors.h"
#include "probe/live.h"
#include "probe/locks.h"
#include "probe/mappings.h"
#include "probe/probe.h"
#include "probe/scan.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All that is alive of one stack. */
typedef struct entry {
    hg_torture_count count;
    uint32_t context;
} entry;

/* Tells the descriptors of a stack from its blocks. */
#define DESCRIPTOR_STACK UINT64_C(0x5bd1e9955bd1e995)
#define UNKNOWN_STACK    UINT64_C(1) /* of what was opened past the probe */

typedef struct tally {
    entry *entries; /* by context, and then by stack */
    uint32_t count;
} tally;

static bool add_block(uintptr_t block, void *user_data)
{
    tally *all = user_data;
    hg_tag tag;
    if (!hg_probe_tag_of((void *)block, &tag) || tag.context >= all->count)
        return true;
    all->entries[tag.context].count.blocks++;
    all->entries[tag.context].count.bytes += (int64_t)tag.requested;
    return true;
}

static void add_mappings(tally *all)
{
    size_t count;
    hg_lock_take(HG_LOCK_MAPPINGS);
    const hg_mapping *mappings = hg_mappings_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (mappings[i].context >= all->count)
            continue;
        all->entries[mappings[i].context].count.blocks++;
        all->entries[mappings[i].context].count.bytes += (int64_t)(mappings[i].end - mappings[i].begin);
    }
    hg_lock_give_back(HG_LOCK_MAPPINGS);
}

typedef struct directory_entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
} directory_entry;

/* Past the C library, which would allocate. */
static void add_descriptors(tally *all)
{
    _Alignas(directory_entry) char buffer[4096];
    int folder = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long size;
    while (folder >= 0 && (size = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < size;) {
            const directory_entry *found = (const directory_entry *)(const void *)(buffer + at);
            at += found->size;
            unsigned number = (unsigned)strtoul(found->name, NULL, 10);
            if (found->name[0] == '.' || number == (unsigned)folder)
                continue;
            uint32_t context = hg_descriptor_context(number);
            all->entries[context < all->count ? context : HG_CONTEXT_NONE].count.blocks++;
        }
    if (folder >= 0)
        syscall(SYS_close, folder);
}

static int by_stack(const void *a, const void *b)
{
    const entry *x = a;
    const entry *y = b;
    return (x->count.stack > y->count.stack) - (x->count.stack < y->count.stack);
}

/* Leaves one entry for each stack that has something, sorted. */
static void gather(tally *all)
{
    const hg_record *record = &hg_counting_record;
    uint32_t used = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->entries[i].count.blocks == 0)
            continue;
        const hg_record_context *context = &record->contexts[i];
        entry made = all->entries[i];
        made.context = i;
        made.count.stack = i == HG_CONTEXT_NONE ? UNKNOWN_STACK
                                                : hg_torture_hash(record->frames + context->first_frame,
                                                                  context->frame_count, record->modules);
        if (hg_record_is_descriptor(record, i))
            made.count.stack ^= DESCRIPTOR_STACK;
        all->entries[used++] = made;
    }
    qsort(all->entries, used, sizeof *all->entries, by_stack);
    all->count = 0;
    for (uint32_t i = 0; i < used; i++) {
        entry *last = all->count > 0 ? &all->entries[all->count - 1] : NULL;
        if (last && last->count.stack == all->entries[i].count.stack) {
            last->count.blocks += all->entries[i].count.blocks;
            last->count.bytes += all->entries[i].count.bytes;
        } else {
            all->entries[all->count++] = all->entries[i];
        }
    }
}

/* Of a context; none if there is no room. Gives their number, and the first one's place. */
static uint32_t add_frames(hg_torture_slot *slot, uint32_t context, uint32_t most, uint32_t *ret_first)
{
    const hg_record *record = &hg_counting_record;
    const hg_record_context *known = &record->contexts[context];
    const hg_record_frame *frames = record->frames + known->first_frame;
    uint32_t depth = hg_torture_depth(frames, known->frame_count);
    uint32_t used = slot->frames_used;
    if (context == HG_CONTEXT_NONE || used > most || depth > most - used)
        return 0;
    for (uint32_t i = 0; i < depth; i++)
        slot->frames[used + i] =
            hg_crash_frame(slot, &record->modules[frames[i] >> 48], frames[i] & 0xffffffffffffu);
    *ret_first = used;
    slot->frames_used = used + depth;
    return depth;
}

/* Half of the room for frames is left for what the fault loses. */
void hg_faults_note_after(uint32_t contexts, hg_torture_slot *slot)
{
    const hg_record *record = &hg_counting_record;
    uint32_t now = hg_record_contexts(record);
    for (uint32_t i = contexts; i < now && slot->afters < HG_TORTURE_AFTER; i++) {
        const hg_record_context *known = &record->contexts[i];
        hg_torture_after after = {.stack = hg_torture_hash(record->frames + known->first_frame,
                                                           known->frame_count, record->modules)};
        if (hg_record_is_descriptor(record, i))
            continue;
        after.frame_count = add_frames(slot, i, HG_TORTURE_FRAMES / 2, &after.first_frame);
        if (after.frame_count > 0)
            slot->after[slot->afters++] = after;
    }
}

/* By difference of the slot: its context here. */
static uint32_t contexts_of[HG_TORTURE_DIFFERENCES];

/* context: UINT32_MAX where this process has no such stack. */
static void add_difference(hg_torture_slot *slot, hg_torture_count count, uint32_t context)
{
    if (slot->differences == HG_TORTURE_DIFFERENCES) {
        slot->left_out++;
        return;
    }
    hg_torture_difference *made = &slot->difference[slot->differences];
    contexts_of[slot->differences] = context;
    *made = (hg_torture_difference){.stack = count.stack, .blocks = count.blocks, .bytes = count.bytes};
    if (context != UINT32_MAX) {
        made->is_descriptor =
            context == HG_CONTEXT_NONE || hg_record_is_descriptor(&hg_counting_record, context);
        made->frame_count = add_frames(slot, context, HG_TORTURE_FRAMES, &made->first_frame);
    }
    slot->differences++;
}

/* Both are sorted. What there is more of comes first; what there is less of, if more is false. */
static void compare(hg_torture_slot *slot, const tally *all, bool more)
{
    const hg_torture_area *area = heapgate_probe_torture();
    const hg_torture_count *reference = area->reference;
    uint32_t known =
        area->header->reference_count < HG_MAX_CONTEXTS ? area->header->reference_count : HG_MAX_CONTEXTS;
    uint32_t r = 0;
    for (uint32_t i = 0; i < all->count || r < known;) {
        uint64_t mine = i < all->count ? all->entries[i].count.stack : UINT64_MAX;
        uint64_t its = r < known ? reference[r].stack : UINT64_MAX;
        hg_torture_count difference = {.stack = mine < its ? mine : its};
        uint32_t context = UINT32_MAX;
        if (mine <= its && i < all->count) {
            difference.blocks = all->entries[i].count.blocks;
            difference.bytes = all->entries[i].count.bytes;
            context = all->entries[i++].context;
        }
        if (its <= mine && r < known) {
            difference.blocks -= reference[r].blocks;
            difference.bytes -= reference[r].bytes;
            r++;
        }
        bool is_more = difference.blocks > 0 || (difference.blocks == 0 && difference.bytes > 0);
        if ((difference.blocks != 0 || difference.bytes != 0) && is_more == more)
            add_difference(slot, difference, context);
    }
}

/* Of what there is more of than without the fault: which of it nothing leads to any more. */
static void find_lost(hg_torture_slot *slot, uint32_t contexts)
{
    size_t bytes = (size_t)contexts * sizeof(hg_scan_tally);
    hg_scan_tally *counts = (hg_scan_tally *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    if ((void *)counts == MAP_FAILED || !hg_scan_count_lost(counts, contexts))
        return;
    for (uint32_t i = 0; i < slot->differences; i++) {
        hg_torture_difference *difference = &slot->difference[i];
        if (difference->blocks <= 0 || difference->is_descriptor || contexts_of[i] >= contexts)
            continue;
        const hg_scan_tally *count = &counts[contexts_of[i]];
        uint32_t more = difference->blocks < INT32_MAX ? (uint32_t)difference->blocks : INT32_MAX;
        uint32_t lost = count->lost < more ? count->lost : more;
        difference->lost = lost;
        difference->held = count->held < more - lost ? count->held : more - lost;
    }
}

static void keep_reference(const tally *all)
{
    hg_torture_area *area = heapgate_probe_torture();
    for (uint32_t i = 0; i < all->count; i++)
        area->reference[i] = all->entries[i].count;
    area->header->reference_count = all->count;
}

void hg_faults_count(bool is_reference, hg_torture_slot *slot)
{
    tally all = {.count = hg_record_contexts(&hg_counting_record)};
    uint32_t contexts = all.count;
    size_t bytes = (size_t)all.count * sizeof *all.entries;
    all.entries = (entry *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    if ((void *)all.entries == MAP_FAILED)
        return;
    hg_counting_enter();
    hg_live_each(add_block, &all);
    add_mappings(&all);
    add_descriptors(&all);
    gather(&all);
    if (is_reference) {
        keep_reference(&all);
    } else {
        compare(slot, &all, true);
        compare(slot, &all, false);
    }
    slot->counted = true;
    if (!slot->is_reference && !slot->is_repeat && slot->differences > 0 && slot->difference[0].blocks > 0)
        find_lost(slot, contexts);
    hg_counting_leave();
}
