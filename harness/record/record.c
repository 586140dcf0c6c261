#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sections start on pages, so that untouched ones stay unallocated. */
static uint64_t page_align(uint64_t offset)
{
    return (offset + 4095u) & ~(uint64_t)4095u;
}

static void layout(hg_record_header *header, uint32_t epochs, uint32_t contexts)
{
    memcpy(header->magic, HG_RECORD_MAGIC, sizeof header->magic);
    header->version = HG_RECORD_VERSION;
    header->epochs = epochs;
    header->context_limit = contexts;
    header->samples_at = page_align(sizeof *header);
    header->modules_at = page_align(header->samples_at + epochs * sizeof(hg_record_sample));
    header->total_bytes = header->modules_at;
    if (contexts == 0) /* nothing is counted: the file ends here */
        return;
    header->frames_at = page_align(header->modules_at + HG_MAX_MODULES * sizeof(hg_record_module));
    header->contexts_at = page_align(header->frames_at + HG_MAX_FRAMES * sizeof(hg_record_frame));
    header->live_at = page_align(header->contexts_at + HG_MAX_CONTEXTS * sizeof(hg_record_context));
    header->shards_at =
        page_align(header->live_at + (uint64_t)HG_MAX_CONTEXTS * epochs * epochs * sizeof(hg_record_live));
    header->shard_bytes =
        page_align(sizeof(hg_record_shard) + (uint64_t)HG_MAX_CONTEXTS * epochs * sizeof(hg_record_tally));
    header->total_bytes = header->shards_at + HG_MAX_SHARDS * header->shard_bytes;
}

/* Maps the file and finds the sections by its header, which is there. */
static int map(int fd, const hg_record_header *header, hg_record *ret_record)
{
    /* Past the probe, which would count it in the measured process: terabytes that nobody asked for. */
    char *base = (char *)syscall(SYS_mmap, NULL, header->total_bytes, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_NORESERVE, fd, 0L);
    if (base == MAP_FAILED)
        return -errno;
    /* Sparse as it is, it would make a core dump of terabytes. */
    madvise(base, header->total_bytes, MADV_DONTDUMP);
    *ret_record = (hg_record){
        .header = (hg_record_header *)(void *)base,
        .samples = (hg_record_sample *)(void *)(base + header->samples_at),
        .modules = (hg_record_module *)(void *)(base + header->modules_at),
        .frames = (hg_record_frame *)(void *)(base + header->frames_at),
        .contexts = (hg_record_context *)(void *)(base + header->contexts_at),
        .live = (hg_record_live *)(void *)(base + header->live_at),
        .shards = base + header->shards_at,
        .epochs = header->epochs,
        .shard_bytes = header->shard_bytes,
        .mapped_bytes = header->total_bytes,
    };
    return 0;
}

static int create(hg_record_header header, hg_record *ret_record, int *ret_fd)
{
    int fd = memfd_create("heapgate-record", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    hg_record record;
    int status = ftruncate(fd, (off_t)header.total_bytes) == 0 ? 0 : -errno;
    /* Whoever has mapped it would get SIGBUS where it was cut. */
    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
    if (status == 0 && pwrite(fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        status = errno ? -errno : -EIO;
    if (status == 0)
        status = map(fd, &header, &record);
    if (status < 0) {
        close(fd);
        return status;
    }
    *ret_record = record;
    *ret_fd = fd;
    return 0;
}

int hg_record_create(uint32_t epochs, hg_record *ret_record, int *ret_fd)
{
    if (epochs == 0 || epochs > HG_MAX_EPOCHS)
        return -EINVAL;
    hg_record_header header = {.modules = 1, .contexts = 1, .shards = 1};
    layout(&header, epochs, HG_MAX_CONTEXTS);
    return create(header, ret_record, ret_fd);
}

int hg_record_create_bare(uint32_t epochs, hg_record *ret_record, int *ret_fd)
{
    if (epochs == 0 || epochs > HG_MAX_EPOCHS)
        return -EINVAL;
    hg_record_header header = {0};
    layout(&header, epochs, 0);
    return create(header, ret_record, ret_fd);
}

/* A record made by this program: its layout follows from the number of epochs, and whether it is bare. */
static bool plausible(const hg_record_header *header, uint64_t file_bytes)
{
    if (memcmp(header->magic, HG_RECORD_MAGIC, sizeof header->magic) != 0 ||
        header->version != HG_RECORD_VERSION)
        return false;
    if (header->epochs == 0 || header->epochs > HG_MAX_EPOCHS)
        return false;
    hg_record_header expected = {0};
    layout(&expected, header->epochs, header->context_limit > 0 ? HG_MAX_CONTEXTS : 0);
    return header->total_bytes == expected.total_bytes && file_bytes == expected.total_bytes &&
           header->samples_at == expected.samples_at && header->modules_at == expected.modules_at &&
           header->frames_at == expected.frames_at && header->contexts_at == expected.contexts_at &&
           header->live_at == expected.live_at && header->shards_at == expected.shards_at &&
           header->shard_bytes == expected.shard_bytes && header->context_limit == expected.context_limit;
}

/* Opens the file and reads its header. Gives a descriptor of it, or a negative errno. */
static int open_file(const char *path, hg_record_header *ret_header)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat stat;
    int status = fstat(fd, &stat) == 0 ? 0 : -errno;
    if (status == 0 && (pread(fd, ret_header, sizeof *ret_header, 0) != (ssize_t)sizeof *ret_header ||
                        !plausible(ret_header, (uint64_t)stat.st_size)))
        status = -EPROTO;
    if (status == 0)
        return fd;
    close(fd);
    return status;
}

int hg_record_open(const char *path, hg_record *ret_record)
{
    hg_record_header header = {0};
    int fd = open_file(path, &header);
    if (fd < 0)
        return fd;
    int status = map(fd, &header, ret_record);
    close(fd);
    return status;
}

void hg_record_leave_message(const char *path, int32_t process, const char *message)
{
    hg_record_header header;
    int fd = open_file(path, &header);
    if (fd < 0)
        return;
    int32_t owner = atomic_load(&header.owner);
    size_t length = strnlen(message, sizeof header.message - 1);
    memcpy(header.message, message, length);
    header.message[length] = '\0';
    ssize_t written = 0;
    if (owner == 0 || owner == process)
        written = pwrite(fd, header.message, length + 1, offsetof(hg_record_header, message));
    (void)written; /* nobody is left to tell */
    close(fd);
}

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool is_sound_header(const hg_record *record)
{
    const hg_record_header *header = record->header;
    if (!plausible(header, record->mapped_bytes))
        return false;
    bool bare = header->context_limit == 0;
    return header->epochs == record->epochs && atomic_load(&header->modules) <= (bare ? 0 : HG_MAX_MODULES) &&
           atomic_load(&header->contexts) <= (bare ? 0 : HG_MAX_CONTEXTS) &&
           atomic_load(&header->frames) <= (bare ? 0 : HG_MAX_FRAMES) &&
           atomic_load(&header->checkpoints) <= record->epochs &&
           atomic_load(&header->shards) <= (bare ? 0 : HG_MAX_SHARDS) &&
           atomic_load(&header->epoch) < record->epochs && is_text(header->message, sizeof header->message) &&
           is_text(header->allocator, sizeof header->allocator) &&
           is_text(header->preload, sizeof header->preload) &&
           is_text(header->workload_name, sizeof header->workload_name) &&
           is_text(header->workload_unit, sizeof header->workload_unit);
}

static bool is_sound_sample(const hg_record_sample *sample)
{
    const int64_t counts[] = {
        sample->ops,          sample->allocations, sample->resident_bytes, sample->open_files,
        sample->threads,      sample->wall_ns,     sample->cpu_ns,         sample->allocated_bytes,
        sample->mapped_bytes, sample->mappings,    sample->control_blocks, sample->control_bytes,
        sample->low_samples,  sample->low_blocks,  sample->low_bytes,
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] > HG_MOST_COUNTED || counts[i] < -HG_MOST_COUNTED)
            return false;
    return true;
}

bool hg_record_is_sound(const hg_record *record)
{
    if (!is_sound_header(record))
        return false;
    for (uint32_t i = 0; i < record->epochs; i++)
        if (!is_sound_sample(&record->samples[i]))
            return false;
    uint32_t modules = atomic_load(&record->header->modules);
    uint32_t frames = atomic_load(&record->header->frames);
    uint32_t contexts = atomic_load(&record->header->contexts);
    for (uint32_t i = 0; i < modules; i++)
        if (record->modules[i].build_id_size > HG_BUILD_ID ||
            !is_text(record->modules[i].path, sizeof record->modules[i].path))
            return false;
    for (uint32_t i = 0; i < contexts; i++)
        if (record->contexts[i].frame_count > HG_MAX_DEPTH || record->contexts[i].first_frame > frames ||
            record->contexts[i].frame_count > frames - record->contexts[i].first_frame)
            return false;
    for (uint32_t i = 0; i < frames; i++)
        if (record->frames[i] >> 48 >= modules)
            return false;
    return true;
}

bool hg_record_own(const hg_record *record, int32_t process)
{
    hg_record_header *header = record->header;
    int32_t owner = 0;
    if (atomic_compare_exchange_strong(&header->owner, &owner, process))
        return true;
    if (owner != process)
        return false;
    uint32_t shards = hg_record_shards(record);
    for (uint32_t i = 0; i < shards; i++)
        madvise(hg_record_shard_at(record, i), record->shard_bytes, MADV_REMOVE);
    atomic_store(&header->shards, 1);
    header->message[0] = '\0';
    return true;
}

void hg_record_close(hg_record *record)
{
    if (record->mapped)
        hg_record_thaw(record);
    if (record->header)
        munmap(record->header, record->mapped_bytes);
    *record = (hg_record){0};
}
