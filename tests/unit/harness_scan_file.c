/* The measured process can write anything into the scan file: what leads out of it must be refused. */
#include "record/scan_file.h"

#include <criterion/criterion.h>
#include <unistd.h>

static hg_record record;
static hg_scan_file file;

static void set_up(void)
{
    int record_fd, file_fd;
    cr_assert_eq(hg_record_create(2, &record, &record_fd), 0);
    cr_assert_eq(hg_scan_file_create(&file, &file_fd), 0);
    close(record_fd);
    close(file_fd);
    file.header->paths = 4;
    file.header->counts = 1;
    file.header->threads = 1;
    file.paths[1] = (hg_scan_path){.step = HG_STEP_GLOBAL};
    file.paths[2] = (hg_scan_path){.step = HG_STEP_BLOCK, .parent = 1};
    file.paths[3] = (hg_scan_path){.step = HG_STEP_BLOCK, .parent = 2, .repeated = true, .back = 2};
    file.counts[0] = (hg_scan_count){.path = 3};
    file.header->retained = 1;
    file.retained[0] =
        (hg_scan_retained){.first = {.step = HG_STEP_GLOBAL}, .last = {.step = HG_STEP_STACK}, .blocks = 1};
}

static void tear_down(void)
{
    hg_scan_file_close(&file);
    hg_record_close(&record);
}

TestSuite(harness_scan_file, .init = set_up, .fini = tear_down);

Test(harness_scan_file, as_a_scan_writes_it_is_sound)
{
    cr_assert(hg_scan_file_is_sound(&file, &record));
    file.counts[0].path = HG_SCAN_LOST;
    cr_assert(hg_scan_file_is_sound(&file, &record));
}

/* Sets one field to a value, and back. */
#define EXPECT_REFUSED(field, value)                                                                         \
    do {                                                                                                     \
        __typeof__(field) kept = (field);                                                                    \
        (field) = (value);                                                                                   \
        cr_expect_not(hg_scan_file_is_sound(&file, &record), #field " = " #value);                           \
        (field) = kept;                                                                                      \
        cr_expect(hg_scan_file_is_sound(&file, &record));                                                    \
    } while (0)

Test(harness_scan_file, that_leads_elsewhere_is_refused)
{
    EXPECT_REFUSED(file.header->paths, HG_SCAN_MOST_PATHS + 1);
    EXPECT_REFUSED(file.header->counts, HG_SCAN_MOST_COUNTS + 1);
    EXPECT_REFUSED(file.header->threads, HG_SCAN_MOST_THREADS + 1);
    EXPECT_REFUSED(file.header->retained, HG_SCAN_MOST_RETAINED + 1);
    EXPECT_REFUSED(file.retained[0].first.step, HG_STEP_BLOCK);
    EXPECT_REFUSED(file.retained[0].last.step, HG_STEP_BLOCK);
    EXPECT_REFUSED(file.retained[0].last.step, HG_STEP_COUNT);
    EXPECT_REFUSED(file.retained[0].first.at, UINT64_MAX);
    EXPECT_REFUSED(file.retained[0].last.thread, 1);
    EXPECT_REFUSED(file.retained[0].first.context, UINT32_MAX);
    EXPECT_REFUSED(file.paths[1].code, UINT64_MAX);
    EXPECT_REFUSED(file.paths[1].step, HG_STEP_COUNT);
    EXPECT_REFUSED(file.paths[1].at, UINT64_MAX);
    EXPECT_REFUSED(file.paths[1].table, UINT64_MAX);
    EXPECT_REFUSED(file.paths[1].parent, 1);
    EXPECT_REFUSED(file.paths[2].parent, 0);
    EXPECT_REFUSED(file.paths[2].parent, 2);
    EXPECT_REFUSED(file.paths[2].context, HG_MAX_CONTEXTS);
    EXPECT_REFUSED(file.paths[3].back, 4);
    EXPECT_REFUSED(file.paths[3].places, HG_SCAN_STEPS + 1);
    EXPECT_REFUSED(file.counts[0].path, 0);
    EXPECT_REFUSED(file.counts[0].path, 4);
    EXPECT_REFUSED(file.counts[0].context, HG_MAX_CONTEXTS);
    EXPECT_REFUSED(file.examples[0].steps, HG_SCAN_EXAMPLE_STEPS + 1);
    file.paths[1].step = HG_STEP_STACK;
    EXPECT_REFUSED(file.paths[1].thread, 1);
}
