/* Tortured processes can write anything into the torture area: what leads out of a slot must be refused. */
#include "record/torture_area.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hg_torture_slot *slot;

static void set_up(void)
{
    slot = calloc(1, sizeof *slot);
    cr_assert(slot);
    slot->stage = HG_TORTURE_FINISHED;
    slot->modules_used = 3;
    slot->frames_used = 4;
    for (uint32_t i = 0; i < slot->frames_used; i++)
        slot->frames[i] = hg_record_pack(2, 16 * i);
    slot->differences = 1;
    slot->difference[0] =
        (hg_torture_difference){.blocks = 1, .bytes = 10, .first_frame = 1, .frame_count = 3};
    slot->crash_frames = 1;
    slot->crash[0] = hg_record_pack(1, 8);
}

static void tear_down(void)
{
    free(slot);
}

TestSuite(harness_torture_area, .init = set_up, .fini = tear_down);

Test(harness_torture_area, a_slot_as_a_job_writes_it_is_sound)
{
    cr_assert(hg_torture_slot_is_sound(slot));
}

#define REFUSES(name, change)                                                                                \
    Test(harness_torture_area, name)                                                                         \
    {                                                                                                        \
        change;                                                                                              \
        cr_assert(!hg_torture_slot_is_sound(slot));                                                          \
    }

REFUSES(refuses_an_unknown_stage, slot->stage = HG_TORTURE_FINISHED + 1)
REFUSES(refuses_more_modules_than_there_are, slot->modules_used = HG_TORTURE_MODULES + 1)
REFUSES(refuses_more_frames_than_there_are, slot->frames_used = HG_TORTURE_FRAMES + 1)
REFUSES(refuses_more_differences_than_there_are, slot->differences = HG_TORTURE_DIFFERENCES + 1)
REFUSES(refuses_more_stacks_after_a_fault_than_there_are, slot->afters = HG_TORTURE_AFTER + 1)
REFUSES(refuses_a_stack_after_a_fault_without_frames,
        (slot->afters = 1, slot->after[0].first_frame = HG_TORTURE_FRAMES, slot->after[0].frame_count = 1))
REFUSES(refuses_more_output_than_there_is, slot->output_size = HG_TORTURE_OUTPUT + 1)
REFUSES(refuses_a_crash_deeper_than_any, slot->crash_frames = HG_MAX_DEPTH + 1)
REFUSES(refuses_a_fault_deeper_than_any, slot->fault_frames = HG_MAX_DEPTH + 1)
REFUSES(refuses_a_fault_in_no_module, (slot->fault_frames = 1, slot->fault[0] = hg_record_pack(3, 0)))
REFUSES(refuses_a_frame_of_no_module, slot->frames[3] = hg_record_pack(3, 0))
REFUSES(refuses_a_crash_in_no_module, slot->crash[0] = hg_record_pack(3, 0))
REFUSES(refuses_a_stack_that_begins_outside, slot->difference[0].first_frame = 5)
REFUSES(refuses_a_stack_that_ends_outside, slot->difference[0].frame_count = 4)
REFUSES(refuses_a_stack_of_all_frames_there_can_be, slot->difference[0].frame_count = UINT32_MAX)
REFUSES(refuses_more_bytes_than_anything_has, slot->difference[0].bytes = INT64_MIN)
REFUSES(refuses_a_path_without_an_end, memset(slot->modules[2].path, 'x', sizeof slot->modules[2].path))
REFUSES(refuses_a_build_id_that_is_too_long, slot->modules[0].build_id_size = HG_BUILD_ID + 1)

/* The same frames of a library have the same hash wherever they are loaded, and end before the program's. */
Test(harness_torture_area, a_stack_has_one_hash_in_every_process)
{
    static hg_record_module modules[4];
    const hg_record_frame here[] = {hg_record_pack(2, 16), hg_record_pack(3, 32), hg_record_pack(1, 64)};
    strcpy(modules[2].path, "/lib/a.so");
    strcpy(modules[3].path, "/lib/b.so");
    uint64_t hash = hg_torture_hash(here, 3, modules);
    cr_assert_eq(hg_torture_depth(here, 3), 2);
    cr_assert_eq(hg_torture_hash(here, 2, modules), hash);
    cr_assert_neq(hg_torture_hash(here, 1, modules), hash);
    strcpy(modules[2].path, "/lib/b.so");
    strcpy(modules[3].path, "/lib/a.so");
    const hg_record_frame there[] = {hg_record_pack(3, 16), hg_record_pack(2, 32)};
    cr_assert_eq(hg_torture_hash(there, 2, modules), hash);
}

Test(harness_torture_area, another_file_is_no_area)
{
    hg_record record;
    hg_torture_area area;
    int record_fd, area_fd;
    char path[64];
    cr_assert_eq(hg_record_create_bare(1, &record, &record_fd), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", record_fd);
    cr_assert_lt(hg_torture_area_open(path, &area), 0);
    cr_assert_eq(hg_torture_area_create(&area, &area_fd), 0);
    hg_torture_area_close(&area);
    snprintf(path, sizeof path, "/proc/self/fd/%d", area_fd);
    cr_assert_eq(hg_torture_area_open(path, &area), 0);
    hg_torture_area_close(&area);
    hg_record_close(&record);
    close(area_fd);
    close(record_fd);
}

/* What is written to a record that is attached privately stays with the process. */
Test(harness_torture_area, a_private_record_is_not_shared)
{
    hg_record record, own;
    int record_fd;
    char path[64];
    cr_assert_eq(hg_record_create(1, &record, &record_fd), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", record_fd);
    cr_assert_eq(hg_record_attach_privately(path, 77, &own), 0);
    own.header->failed = 5;
    cr_assert_eq(record.header->failed, 0);
    cr_assert_eq(record.header->owner, 0);
    cr_assert(hg_record_add_shard(&own, 0, false));
    cr_assert_eq(own.header->shards[0], 2);
    cr_assert_eq(record.header->shards[0], 1);
    hg_record_close(&own);
    hg_record_close(&record);
    close(record_fd);
}
