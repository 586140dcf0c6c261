/*
 * Goal: contexts that a person would call the same place become one site, others do not, and no block is
 * counted twice or dropped. Method: records made by hand, with modules that have no symbols: module and
 * offset stand for the function.
 */
#include "verdict/sites.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <unistd.h>

enum { EPOCHS = 4, WARMUP = 1 };
enum { LIBC = 1, SUBJECT, PLUGIN, RUNNER, PROBE };

static const char *const paths[] = {
    [LIBC] = "/usr/lib/libc.so.6",
    [SUBJECT] = "/nowhere/subject/libshop.so",
    [PLUGIN] = "/nowhere/plugin.so",
    [RUNNER] = "/nowhere/heapgate-runner",
    [PROBE] = "/nowhere/libheapgate-probe.so",
};

static const hg_module_owners owners = {.library_path = "/nowhere/subject",
                                        .plugin = "/nowhere/plugin.so",
                                        .runner = "/nowhere/heapgate-runner",
                                        .probe = "/nowhere/libheapgate-probe.so"};

static hg_record record;
static int record_fd;
static hg_symbols *symbols;
static hg_gathered gathered;

static void set_up(void)
{
    cr_assert(eq(int, hg_record_create(EPOCHS, &record, &record_fd), 0));
    for (int i = LIBC; i <= PROBE; i++)
        strcpy(record.modules[i].path, paths[i]);
    atomic_store(&record.header->modules, PROBE + 1);
    symbols = hg_symbols_new();
    cr_assert(ne(ptr, symbols, NULL));
}

static void tear_down(void)
{
    hg_gathered_free(&gathered);
    hg_symbols_free(symbols);
    hg_record_close(&record);
    close(record_fd);
}

TestSuite(harness_sites, .init = set_up, .fini = tear_down);

/* Appends a context; frames are innermost first and end with a 0. Blocks of 10 bytes, born in the last
 * epoch. */
static uint32_t add(const hg_record_frame *frames, int64_t blocks)
{
    uint32_t first = atomic_load(&record.header->frames);
    uint32_t number = atomic_load(&record.header->contexts);
    uint16_t count = 0;
    for (; frames[count]; count++)
        record.frames[first + count] = frames[count];
    record.contexts[number] =
        (hg_record_context){.first_frame = first, .frame_count = count, .flags = HG_CONTEXT_LIVE};
    atomic_store(&record.header->frames, first + count);
    atomic_store(&record.header->contexts, number + 1);
    hg_record_live_row(&record, number, EPOCHS - 1)[EPOCHS - 1] =
        (hg_record_live){.blocks = blocks, .bytes = 10 * blocks};
    return number;
}

#define AT(module, offset) ((uint64_t)(module) << 48 | (offset))
#define ADD(blocks, ...)                                                                                     \
    add((const hg_record_frame[]){__VA_ARGS__, AT(RUNNER, 0x10), AT(LIBC, 0x99), 0}, blocks)

static void gather(void)
{
    cr_assert(hg_sites_gather(&record, HG_HOLDING_MEMORY, WARMUP, &owners, symbols, &gathered));
}

static int64_t last_blocks(const int64_t *blocks)
{
    return blocks[EPOCHS * EPOCHS - 1];
}

Test(harness_sites, gathers_every_way_from_the_culprit_to_malloc)
{
    ADD(3, AT(LIBC, 0x1), AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    ADD(4, AT(LIBC, 0x2), AT(LIBC, 0x3), AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    ADD(5, AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(sz, gathered.count, 1));
    const hg_gathered_site *site = &gathered.sites[0];
    cr_assert(eq(int, site->site.contexts, 3));
    cr_assert(eq(i64, last_blocks(site->blocks), 12));
    cr_assert(eq(i64, last_blocks(site->bytes), 120));
    cr_assert(eq(u64, site->site.frames[0].offset, 0x100));
    cr_assert(eq(str, site->site.frames[0].module, "/nowhere/subject/libshop.so"));
}

Test(harness_sites, ends_a_path_before_the_runner)
{
    ADD(1, AT(LIBC, 0x1), AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(sz, gathered.sites[0].site.frame_count, 2));
    cr_assert(eq(sz, gathered.sites[0].site.inner_count, 1));
    cr_assert(eq(u64, gathered.sites[0].site.inner[0].offset, 0x1));
}

Test(harness_sites, keeps_two_culprits_and_two_callers_apart)
{
    ADD(1, AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    ADD(2, AT(SUBJECT, 0x101), AT(PLUGIN, 0x200));
    ADD(4, AT(SUBJECT, 0x100), AT(PLUGIN, 0x201));
    gather();
    cr_assert(eq(sz, gathered.count, 3));
    cr_assert(eq(i64, last_blocks(gathered.whole_blocks), 7));
}

Test(harness_sites, folds_a_recursion_into_one_site)
{
    ADD(1, AT(SUBJECT, 0x100), AT(SUBJECT, 0x300), AT(PLUGIN, 0x200));
    ADD(2, AT(SUBJECT, 0x100), AT(SUBJECT, 0x300), AT(SUBJECT, 0x300), AT(PLUGIN, 0x200));
    ADD(4, AT(SUBJECT, 0x100), AT(SUBJECT, 0x300), AT(SUBJECT, 0x300), AT(SUBJECT, 0x300), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(sz, gathered.count, 1));
    cr_assert(eq(sz, gathered.sites[0].site.frame_count, 3));
    cr_assert(eq(i64, last_blocks(gathered.sites[0].blocks), 7));
}

Test(harness_sites, leaves_out_the_probe_and_what_the_runner_allocates_to_load_the_workload)
{
    record.contexts[ADD(8, AT(LIBC, 0x5), AT(RUNNER, 0x20))].flags |= HG_CONTEXT_LOADING;
    ADD(1, AT(PROBE, 0x1), AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(sz, gathered.count, 1));
    cr_assert(eq(i64, last_blocks(gathered.whole_blocks), 1));
    cr_assert(eq(sz, gathered.sites[0].site.inner_count, 0));
}

Test(harness_sites, blames_what_the_workload_called_last_where_its_own_frame_is_gone)
{
    ADD(1, AT(LIBC, 0x5), AT(LIBC, 0x6), AT(RUNNER, 0x20));
    ADD(2, AT(LIBC, 0x7), AT(LIBC, 0x6), AT(RUNNER, 0x20));
    gather();
    cr_assert(eq(sz, gathered.count, 1));
    cr_assert(eq(i64, last_blocks(gathered.whole_blocks), 3));
    cr_assert(eq(sz, gathered.sites[0].site.frame_count, 1));
    cr_assert(eq(u64, gathered.sites[0].site.frames[0].offset, 0x6));
}

Test(harness_sites, counts_the_control_apart)
{
    record.header->control_context = ADD(10, AT(RUNNER, 0x30));
    ADD(1, AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(i64, last_blocks(gathered.control_blocks), 10));
    cr_assert(eq(i64, last_blocks(gathered.control_bytes), 100));
    cr_assert(eq(i64, last_blocks(gathered.whole_blocks), 1));
    cr_assert(eq(sz, gathered.count, 1));
}

Test(harness_sites, blames_the_plug_in_where_no_subject_is_on_the_stack)
{
    ADD(1, AT(LIBC, 0x1), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(str, gathered.sites[0].site.frames[0].module, "/nowhere/plugin.so"));
}

Test(harness_sites, shows_a_stack_that_is_the_systems_alone)
{
    const hg_record_frame thread[] = {AT(LIBC, 0x1), AT(LIBC, 0x2), 0};
    add(thread, 2);
    gather();
    cr_assert(eq(sz, gathered.count, 1));
    cr_assert(eq(i64, last_blocks(gathered.whole_blocks), 2));
}

Test(harness_sites, passes_over_what_never_lived_in_the_measured_rounds)
{
    uint32_t early = ADD(0, AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    hg_record_live_row(&record, early, 0)[0] = (hg_record_live){.blocks = 5, .bytes = 50};
    ADD(1, AT(SUBJECT, 0x101), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(sz, gathered.count, 1));
    cr_assert(eq(u64, gathered.sites[0].site.frames[0].offset, 0x101));
}

Test(harness_sites, marks_a_site_with_a_cut_stack)
{
    uint32_t deep = ADD(1, AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    ADD(1, AT(LIBC, 0x1), AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    record.contexts[deep].flags |= HG_CONTEXT_CUT;
    gather();
    cr_assert(eq(sz, gathered.count, 1));
    cr_assert(gathered.sites[0].site.cut);
}

Test(harness_sites, takes_a_stack_without_frames)
{
    const hg_record_frame none[] = {0};
    add(none, 3);
    ADD(1, AT(SUBJECT, 0x100), AT(PLUGIN, 0x200));
    gather();
    cr_assert(eq(sz, gathered.count, 1));
}
