#include "record/scan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PATHS_AT = HG_MOST_PAGE,
    COUNTS_AT = PATHS_AT + HG_SCAN_MOST_PATHS * sizeof(hg_scan_path),
    EXAMPLES_AT = COUNTS_AT + HG_SCAN_MOST_COUNTS * sizeof(hg_scan_count),
    THREADS_AT = EXAMPLES_AT + HG_SCAN_MOST_EXAMPLES * sizeof(hg_scan_example),
    RETAINED_AT = THREADS_AT + HG_SCAN_MOST_THREADS * sizeof(hg_scan_thread),
    FILE_BYTES = RETAINED_AT + HG_SCAN_MOST_RETAINED * sizeof(hg_scan_retained),
};
enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };
_Static_assert(sizeof(hg_scan_header) <= PATHS_AT, "the header has a page");

/* Past the probe, which would count it in the measured process. */
static int map(int fd, hg_scan_file *ret_file)
{
    char *base = (char *)syscall(SYS_mmap, NULL, (size_t)FILE_BYTES, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_NORESERVE, fd, 0L);
    if (base == MAP_FAILED)
        return -errno;
    *ret_file = (hg_scan_file){
        .header = (hg_scan_header *)(void *)base,
        .paths = (hg_scan_path *)(void *)(base + PATHS_AT),
        .counts = (hg_scan_count *)(void *)(base + COUNTS_AT),
        .examples = (hg_scan_example *)(void *)(base + EXAMPLES_AT),
        .threads = (hg_scan_thread *)(void *)(base + THREADS_AT),
        .retained = (hg_scan_retained *)(void *)(base + RETAINED_AT),
    };
    return 0;
}

int hg_scan_file_create(hg_scan_file *ret_file, int *ret_fd)
{
    int fd = memfd_create("heapgate-scan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    bool made = ftruncate(fd, FILE_BYTES) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0;
    int status = made ? map(fd, ret_file) : -errno;
    if (status < 0 || !ret_file->header) {
        close(fd);
        return status < 0 ? status : -EIO;
    }
    memcpy(ret_file->header->magic, HG_SCAN_MAGIC, sizeof ret_file->header->magic);
    *ret_fd = fd;
    return 0;
}

int hg_scan_file_open(const char *path, hg_scan_file *ret_file)
{
    struct stat about;
    hg_scan_file file = {0};
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = fstat(fd, &about) != 0                                                     ? -errno
                 : about.st_size != FILE_BYTES || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS ? -EPROTO
                                                                                            : map(fd, &file);
    close(fd);
    if (status == 0 &&
        (!file.header || memcmp(file.header->magic, HG_SCAN_MAGIC, sizeof file.header->magic) != 0)) {
        hg_scan_file_close(&file);
        status = -EPROTO;
    }
    if (status == 0)
        *ret_file = file;
    return status;
}

void hg_scan_file_reset(hg_scan_file *file)
{
    hg_scan_header *header = file->header;
    madvise((char *)header + PATHS_AT, FILE_BYTES - PATHS_AT, MADV_REMOVE);
    header->paths = header->counts = header->threads = header->retained = header->unknown_threads = 0;
    header->message[0] = '\0';
    atomic_store(&header->process, 0);
    atomic_store(&header->state, HG_SCAN_NONE);
}

static uint32_t at_most(uint32_t number, uint32_t most)
{
    return number < most ? number : most;
}

static void keep_context(uint32_t *context, uint32_t contexts)
{
    if (*context >= contexts)
        *context = HG_CONTEXT_NONE;
}

bool hg_scan_file_copy(const hg_scan_file *file, uint32_t contexts, hg_scan_file *ret_copy)
{
    int fd = -1;
    hg_scan_file copy = {0};
    if (hg_scan_file_create(&copy, &fd) < 0 || !copy.header)
        return false;
    close(fd);
    hg_scan_header *header = copy.header;
    memcpy(header, file->header, sizeof *header);
    header->paths = at_most(header->paths, HG_SCAN_MOST_PATHS);
    header->counts = at_most(header->counts, HG_SCAN_MOST_COUNTS);
    header->threads = at_most(header->threads, HG_SCAN_MOST_THREADS);
    header->retained = at_most(header->retained, HG_SCAN_MOST_RETAINED);
    memcpy(copy.paths, file->paths, header->paths * sizeof *copy.paths);
    memcpy(copy.counts, file->counts, header->counts * sizeof *copy.counts);
    memcpy(copy.examples, file->examples,
           at_most(header->counts, HG_SCAN_MOST_EXAMPLES) * sizeof *copy.examples);
    memcpy(copy.threads, file->threads, header->threads * sizeof *copy.threads);
    memcpy(copy.retained, file->retained, header->retained * sizeof *copy.retained);
    for (uint32_t i = 0; i < header->paths; i++)
        keep_context(&copy.paths[i].context, contexts);
    for (uint32_t i = 0; i < header->counts; i++)
        keep_context(&copy.counts[i].context, contexts);
    for (uint32_t i = 0; i < header->retained; i++) {
        keep_context(&copy.retained[i].first.context, contexts);
        keep_context(&copy.retained[i].last.context, contexts);
    }
    *ret_copy = copy;
    return true;
}

void hg_scan_file_close(hg_scan_file *file)
{
    if (file->header)
        syscall(SYS_munmap, file->header, (size_t)FILE_BYTES);
    *file = (hg_scan_file){0};
}

static bool is_sound_place(const hg_scan_file *file, const hg_record *record, const hg_scan_place *place)
{
    bool in_module = place->step == HG_STEP_GLOBAL || place->step == HG_STEP_THREAD_LOCAL;
    bool of_thread =
        place->step != HG_STEP_BLOCK && place->step != HG_STEP_GLOBAL && place->step != HG_STEP_MAPPING;
    return place->step < HG_STEP_COUNT && place->context < hg_record_contexts(record) &&
           (!in_module || place->at >> 48 < atomic_load(&record->header->modules)) &&
           (!of_thread || place->thread < file->header->threads);
}

static bool is_sound_path(const hg_scan_file *file, const hg_record *record, uint32_t index)
{
    const hg_scan_path *path = &file->paths[index];
    const hg_scan_place place = {path->step, path->thread, path->context, path->at};
    uint32_t modules = atomic_load(&record->header->modules);
    return is_sound_place(file, record, &place) && path->parent < index &&
           (path->parent == 0) == (path->step != HG_STEP_BLOCK) && path->back < file->header->paths &&
           path->places <= HG_SCAN_STEPS && path->table >> 48 < modules && path->code >> 48 < modules;
}

/* Its root is that of the count's path, in whichever module. */
static bool is_sound_example(const hg_scan_file *file, const hg_record *record, uint32_t index)
{
    const hg_scan_example *example = &file->examples[index];
    return example->steps == 0 ||
           (example->steps <= HG_SCAN_EXAMPLE_STEPS && file->counts[index].path < HG_SCAN_UNSCANNED &&
            example->step[0].at >> 48 < atomic_load(&record->header->modules));
}

bool hg_scan_file_is_sound(const hg_scan_file *file, const hg_record *record)
{
    const hg_scan_header *header = file->header;
    if (header->paths > HG_SCAN_MOST_PATHS || header->counts > HG_SCAN_MOST_COUNTS ||
        header->threads > HG_SCAN_MOST_THREADS || header->retained > HG_SCAN_MOST_RETAINED)
        return false;
    for (uint32_t i = 1; i < header->paths; i++)
        if (!is_sound_path(file, record, i))
            return false;
    for (uint32_t i = 0; i < header->counts; i++) {
        uint32_t path = file->counts[i].path;
        if (file->counts[i].context >= hg_record_contexts(record) ||
            (path < HG_SCAN_UNSCANNED && (path == 0 || path >= header->paths)))
            return false;
    }
    for (uint32_t i = 0; i < header->counts && i < HG_SCAN_MOST_EXAMPLES; i++)
        if (!is_sound_example(file, record, i))
            return false;
    for (uint32_t i = 0; i < header->retained; i++)
        if (file->retained[i].first.step == HG_STEP_BLOCK || file->retained[i].last.step == HG_STEP_BLOCK ||
            !is_sound_place(file, record, &file->retained[i].first) ||
            !is_sound_place(file, record, &file->retained[i].last))
            return false;
    return true;
}
