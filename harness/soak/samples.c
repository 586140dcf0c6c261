#include "soak/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* A line never straddles a page, so that it gets into the file as a whole. */
enum { LINE_BYTES = 256, FIELDS = sizeof(hg_soak_sample) / sizeof(int64_t) };

static const char *const names[] = {
#define NAME(name, meaning) #name,
    HG_SOAK_SAMPLE_FIELDS(NAME)
#undef NAME
};
_Static_assert(sizeof names / sizeof *names == FIELDS, "every field is a number, and has a name");

/* FNV-1a. */
static uint32_t checksum(const char *text, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

/* Fills the line up, with its line feed at the end. */
static void end_line(char line[LINE_BYTES + 1], size_t used)
{
    memset(line + used, ' ', LINE_BYTES - 1 - used);
    line[LINE_BYTES - 1] = '\n';
}

static void fill_head(const hg_soak_samples *samples, char line[LINE_BYTES + 1])
{
    int used = snprintf(line, LINE_BYTES, "# heapgate-soak/1 planned_ms %" PRId64 " started_ms %" PRId64 ":",
                        samples->planned_ms, samples->started_ms);
    for (size_t i = 0; i < FIELDS; i++)
        used += snprintf(line + used, LINE_BYTES - (size_t)used, " %s", names[i]);
    end_line(line, (size_t)used);
}

static void fill_line(const hg_soak_sample *sample, char line[LINE_BYTES + 1])
{
    int64_t values[FIELDS];
    size_t used = 0;
    memcpy(values, sample, sizeof values);
    for (size_t i = 0; i < FIELDS; i++)
        used += (size_t)snprintf(line + used, LINE_BYTES - used, "%" PRId64 " ", values[i]);
    used += (size_t)snprintf(line + used, LINE_BYTES - used, "%08" PRIx32, checksum(line, used));
    end_line(line, used);
}

static int write_line(int file, size_t place, const char *line)
{
    ssize_t written = pwrite(file, line, LINE_BYTES, (off_t)(place * LINE_BYTES));
    if (written == LINE_BYTES)
        return 0;
    return written < 0 ? -errno : -ENOSPC;
}

static int write_slot(const hg_soak_samples *samples, uint32_t slot)
{
    char line[LINE_BYTES + 1];
    fill_line(&samples->slots[slot], line);
    return write_line(samples->file, slot + 1u, line);
}

void hg_soak_samples_init(hg_soak_samples *ret_samples, int64_t planned_ms, int64_t started_ms)
{
    *ret_samples =
        (hg_soak_samples){.stride = 1, .file = -1, .planned_ms = planned_ms, .started_ms = started_ms};
}

/* Room for all, as empty lines, so that it needs no more later. */
static int write_all(const hg_soak_samples *samples)
{
    char line[LINE_BYTES + 1];
    int status = posix_fallocate(samples->file, 0, (off_t)(HG_SOAK_SAMPLES + 1) * LINE_BYTES);
    /* Where that is not to be had, writing does the same. */
    if (status != 0 && status != EOPNOTSUPP && status != EINVAL)
        return -status;
    fill_head(samples, line);
    status = write_line(samples->file, 0, line);
    for (uint32_t i = 0; status == 0 && i < HG_SOAK_SAMPLES; i++) {
        if (i < samples->used)
            fill_line(&samples->slots[i], line);
        else
            end_line(line, 0);
        status = write_line(samples->file, i + 1u, line);
    }
    return status;
}

int hg_soak_samples_open(hg_soak_samples *samples, const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0)
        return -errno;
    if (flock(file, LOCK_EX | LOCK_NB) < 0 || ftruncate(file, 0) < 0) {
        int error = errno;
        close(file);
        return -error;
    }
    samples->file = file;
    samples->behind = true;
    return hg_soak_samples_sync(samples);
}

int hg_soak_samples_sync(hg_soak_samples *samples)
{
    if (samples->file < 0 || !samples->behind)
        return 0;
    int status = write_all(samples);
    samples->behind = status < 0;
    return status;
}

/* Whether a sample is kept that has no slot of its own any more, and which gives way. */
static bool find_place(hg_soak_samples *samples, uint32_t *ret_slot)
{
    if (samples->used < HG_SOAK_SAMPLES) {
        *ret_slot = samples->used++;
        return true;
    }
    for (;;) {
        for (; samples->cursor < HG_SOAK_SAMPLES; samples->cursor++)
            if (samples->slots[samples->cursor].number % samples->stride != 0) {
                *ret_slot = samples->cursor;
                return true;
            }
        samples->stride *= 2;
        samples->cursor = 0;
        if (samples->taken % samples->stride != 0)
            return false;
    }
}

int hg_soak_samples_add(hg_soak_samples *samples, const hg_soak_sample *sample)
{
    uint32_t slot;
    bool kept = samples->taken % samples->stride == 0 && find_place(samples, &slot);
    int64_t number = samples->taken++;
    if (!kept)
        return 0;
    samples->slots[slot] = *sample;
    samples->slots[slot].number = number;
    if (samples->file < 0 || samples->behind)
        return 0;
    int status = write_slot(samples, slot);
    samples->behind = status < 0;
    return status;
}

static bool read_line(const char *line, hg_soak_sample *ret_sample)
{
    int64_t values[FIELDS];
    const char *at = line;
    for (size_t i = 0; i < FIELDS; i++) {
        char *end;
        errno = 0;
        values[i] = strtoll(at, &end, 10);
        if (end == at || *end != ' ' || errno != 0)
            return false;
        at = end + 1;
    }
    if (strtoul(at, NULL, 16) != checksum(line, (size_t)(at - line)))
        return false;
    memcpy(ret_sample, values, sizeof values);
    return true;
}

static int read_lines(FILE *file, hg_soak_samples *samples)
{
    char line[LINE_BYTES + 1] = "";
    if (fread(line, 1, LINE_BYTES, file) != LINE_BYTES ||
        sscanf(line, "# heapgate-soak/1 planned_ms %" SCNd64 " started_ms %" SCNd64 ":", &samples->planned_ms,
               &samples->started_ms) != 2)
        return -EPROTO;
    while (samples->used < HG_SOAK_SAMPLES && fread(line, 1, LINE_BYTES, file) == LINE_BYTES)
        samples->used += read_line(line, &samples->slots[samples->used]);
    const hg_soak_sample *last = hg_soak_samples_last(samples);
    samples->taken = last ? last->number + 1 : 0;
    return 0;
}

int hg_soak_samples_read(const char *path, hg_soak_samples *ret_samples, bool *ret_running)
{
    hg_soak_samples_init(ret_samples, 0, 0);
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    *ret_running = flock(fileno(file), LOCK_SH | LOCK_NB) < 0;
    int status = read_lines(file, ret_samples);
    fclose(file);
    return status;
}

static int compare_slots(const void *left, const void *right, void *samples)
{
    const hg_soak_samples *all = samples;
    int64_t a = all->slots[*(const uint16_t *)left].number;
    int64_t b = all->slots[*(const uint16_t *)right].number;
    return a < b ? -1 : a > b;
}

void hg_soak_samples_sort(const hg_soak_samples *samples, uint16_t *ret_order)
{
    for (uint32_t i = 0; i < samples->used; i++)
        ret_order[i] = (uint16_t)i;
    qsort_r(ret_order, samples->used, sizeof *ret_order, compare_slots, (void *)samples);
}

const hg_soak_sample *hg_soak_samples_last(const hg_soak_samples *samples)
{
    const hg_soak_sample *last = NULL;
    for (uint32_t i = 0; i < samples->used; i++)
        if (!last || samples->slots[i].number > last->number)
            last = &samples->slots[i];
    return last;
}

void hg_soak_samples_close(hg_soak_samples *samples)
{
    if (samples->file >= 0)
        close(samples->file);
    samples->file = -1;
}
