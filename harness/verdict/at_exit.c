#include "verdict/at_exit.h"

#include "model/path.h"
#include <string.h>

static void add(hg_kept *kept, int64_t blocks, int64_t bytes)
{
    kept->blocks = hg_count_sum(kept->blocks, blocks);
    kept->bytes = hg_count_sum(kept->bytes, bytes);
}

/* The dynamic linker called the allocator, or what makes a buffer of a standard file; or no frame is anybody
 * else's. */
static bool is_of_system(const hg_site *site)
{
    if (site->frame_count == 0)
        return false;
    const hg_frame *caller = site->inner_count > 0 ? &site->inner[0] : &site->frames[0];
    return strncmp(hg_base_name(caller->module), "ld-linux", strlen("ld-linux")) == 0 ||
           strstr(caller->function, "_IO_file_doallocate") || hg_sites_is_runtime(site->frames[0].module);
}

static void add_row(const hg_record *record, const hg_record_row *row, hg_gathered *gathered, hg_kept *whole)
{
    const uint32_t contexts = hg_record_contexts(record);
    for (uint32_t context = 0; context < row->contexts && context < contexts; context++) {
        const hg_record_tally *tally = &row->tallies[context];
        int64_t blocks = (int64_t)(atomic_load(&tally->allocated_blocks) - atomic_load(&tally->freed_blocks));
        int64_t bytes = (int64_t)(atomic_load(&tally->allocated_bytes) - atomic_load(&tally->freed_bytes));
        if ((blocks == 0 && bytes == 0) || context == record->header->control_context ||
            hg_record_is_descriptor(record, context))
            continue;
        uint32_t number = gathered->site_of[context];
        hg_site *site = number > 0 ? &gathered->sites[number - 1].site : NULL;
        if (!site || is_of_system(site))
            continue;
        add(&site->kept, blocks, bytes);
        add(whole, blocks, bytes);
    }
}

/* A block that was freed past the probe can make a sum negative. */
static void settle(hg_kept *kept)
{
    kept->blocks = kept->blocks > 0 ? kept->blocks : 0;
    kept->bytes = kept->bytes > 0 ? kept->bytes : 0;
    kept->known = kept->blocks > 0 || kept->bytes > 0;
}

void hg_kept_count(const hg_record *record, hg_gathered *gathered, hg_kept *ret_whole)
{
    const hg_record_header *header = record->header;
    if (header->run.task != HG_TASK_ROUNDS || atomic_load(&header->phase) != HG_PHASE_DONE)
        return;
    for (uint32_t epoch = 0; epoch < record->epochs; epoch++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, epoch, &cursor, &row))
            add_row(record, &row, gathered, ret_whole);
    }
    for (size_t i = 0; i < gathered->count; i++)
        settle(&gathered->sites[i].site.kept);
    settle(ret_whole);
}
