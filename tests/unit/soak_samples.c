/*
 * Goal: whatever the length of a soak, its samples fit their fixed space and tell old times as finely as new
 * ones to within a factor of two; and whatever was written of the file when its writer ended, a reader finds
 * all samples but the one that was being written.
 */
#include "soak/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static hg_soak_samples samples, again;
static char path[64];

static void make_file(void)
{
    snprintf(path, sizeof path, "/tmp/soak-samples-%d", (int)getpid());
    unlink(path);
    hg_soak_samples_init(&samples, 1000, 5000);
    cr_assert(eq(int, hg_soak_samples_open(&samples, path), 0));
}

static void remove_file(void)
{
    hg_soak_samples_close(&samples);
    unlink(path);
}

static void add(int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t number = samples.taken;
        const hg_soak_sample sample = {.elapsed_ms = 10 * number, .ops = 3 * number, .live_bytes = -number};
        cr_assert(eq(int, hg_soak_samples_add(&samples, &sample), 0));
    }
}

/* In order, each what it was when it was taken, no gap more than twice another and none above `most`. */
static void expect_even(const hg_soak_samples *given, int64_t taken, int64_t most)
{
    static uint16_t order[HG_SOAK_SAMPLES];
    int64_t least_gap = INT64_MAX;
    int64_t most_gap = 0;
    hg_soak_samples_sort(given, order);
    cr_assert(eq(long, given->slots[order[0]].number, 0));
    for (uint32_t i = 0; i < given->used; i++) {
        const hg_soak_sample *sample = &given->slots[order[i]];
        cr_assert(eq(long, sample->elapsed_ms, 10 * sample->number));
        cr_assert(eq(long, sample->ops, 3 * sample->number));
        cr_assert(eq(long, sample->live_bytes, -sample->number));
        int64_t gap = i > 0 ? sample->number - given->slots[order[i - 1]].number : 0;
        least_gap = i > 0 && gap < least_gap ? gap : least_gap;
        most_gap = gap > most_gap ? gap : most_gap;
    }
    cr_assert(ge(long, least_gap, 1));
    cr_assert(le(long, most_gap, 2 * least_gap), "gaps from %ld to %ld after %ld samples", (long)least_gap,
              (long)most_gap, (long)taken);
    cr_assert(le(long, most_gap, most));
    cr_assert(lt(long, taken - 1 - most, hg_soak_samples_last(given)->number));
}

Test(soak_samples, fit_any_length_evenly, .init = make_file, .fini = remove_file)
{
    static const int64_t lengths[] = {1000, 4096, 4097, 5000, 8192, 8193, 12345, 100000, 1000003};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        add(lengths[i] - samples.taken);
        int64_t stride = 1;
        while (lengths[i] > stride * HG_SOAK_SAMPLES)
            stride *= 2;
        cr_assert(le(long, samples.used, HG_SOAK_SAMPLES));
        expect_even(&samples, lengths[i], stride);
    }
}

Test(soak_samples, take_the_same_room_on_disk_from_the_first_to_the_last, .init = make_file,
     .fini = remove_file)
{
    struct stat before;
    struct stat after;
    cr_assert(eq(int, stat(path, &before), 0));
    add(50000);
    cr_assert(eq(int, stat(path, &after), 0));
    cr_assert(lt(long, 0, before.st_size));
    cr_assert(eq(long, after.st_size, before.st_size));
    cr_assert(eq(long, after.st_blocks, before.st_blocks));
}

Test(soak_samples, are_read_back_as_they_were_written, .init = make_file, .fini = remove_file)
{
    bool running = false;
    add(20000);
    cr_assert(eq(int, hg_soak_samples_read(path, &again, &running), 0));
    cr_assert(running, "the writer has the file open");
    cr_assert(eq(long, again.planned_ms, 1000));
    cr_assert(eq(long, again.started_ms, 5000));
    cr_assert(eq(u32, again.used, samples.used));
    expect_even(&again, 20000, 8);
    hg_soak_samples_close(&samples);
    cr_assert(eq(int, hg_soak_samples_read(path, &again, &running), 0));
    cr_assert(not(running));
}

/* At most so much is lost of whatever is torn: a write that was cut short, or bytes that turned. */
Test(soak_samples, lose_one_to_a_torn_line, .init = make_file, .fini = remove_file)
{
    enum { LINE = 256 };
    const off_t place = (off_t)50 * LINE;
    bool running;
    add(100);
    for (int cut = 0; cut < LINE - 40; cut += 7) {
        char line[LINE];
        int file = open(path, O_RDWR);
        cr_assert(eq(long, pread(file, line, LINE, place), LINE));
        size_t used = strcspn(line, "\n");
        while (line[used - 1] == ' ')
            used--;
        if ((size_t)cut < used)
            cr_assert(eq(long, pwrite(file, "7", 1, place + cut), 1));
        cr_assert(eq(int, hg_soak_samples_read(path, &again, &running), 0));
        bool changed = (size_t)cut < used && line[cut] != '7';
        cr_assert(eq(u32, again.used, changed ? 99 : 100), "byte %d", cut);
        cr_assert(eq(long, pwrite(file, line, LINE, place), LINE));
        close(file);
    }
}

Test(soak_samples, are_written_by_one_soak_at_a_time, .init = make_file, .fini = remove_file)
{
    hg_soak_samples_init(&again, 1, 1);
    cr_assert(eq(int, hg_soak_samples_open(&again, path), -EWOULDBLOCK));
    add(10);
    hg_soak_samples_close(&samples);
    cr_assert(eq(int, hg_soak_samples_open(&again, path), 0));
    hg_soak_samples_close(&again);
}

Test(soak_samples, refuse_what_is_no_file_of_theirs)
{
    bool running;
    cr_assert(eq(int, hg_soak_samples_read("/dev/null", &again, &running), -EPROTO));
    cr_assert(eq(int, hg_soak_samples_read("/bin/true", &again, &running), -EPROTO));
    cr_assert(eq(int, hg_soak_samples_read("/nowhere", &again, &running), -ENOENT));
}

/* /dev/full refuses every byte. */
Test(soak_samples, are_kept_in_memory_while_the_disk_is_full, .init = make_file, .fini = remove_file)
{
    int file = samples.file;
    samples.file = open("/dev/full", O_RDWR | O_CLOEXEC);
    const hg_soak_sample sample = {.ops = 1};
    cr_assert(lt(int, hg_soak_samples_add(&samples, &sample), 0));
    cr_assert(samples.behind);
    cr_assert(eq(int, hg_soak_samples_add(&samples, &sample), 0));
    cr_assert(lt(int, hg_soak_samples_sync(&samples), 0));
    close(samples.file);
    samples.file = file;
    cr_assert(eq(int, hg_soak_samples_sync(&samples), 0));
    bool running;
    cr_assert(eq(int, hg_soak_samples_read(path, &again, &running), 0));
    cr_assert(eq(u32, again.used, 2));
}
