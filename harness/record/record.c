#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = HG_MOST_PAGE };

/* Sections start on pages, so that untouched ones stay unallocated. */
static uint64_t page_align(uint64_t offset)
{
    return (offset + (PAGE - 1)) & ~(uint64_t)(PAGE - 1);
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
    header->scripts_at = page_align(header->modules_at + HG_MAX_MODULES * sizeof(hg_record_module));
    header->script_text_at = page_align(header->scripts_at + HG_MAX_SCRIPTS * sizeof(hg_record_script));
    header->contexts_at = page_align(header->script_text_at + HG_SCRIPT_TEXT);
    header->seen_at = page_align(header->contexts_at + HG_MAX_CONTEXTS * sizeof(hg_record_context));
    /* Only of many checkpoints are there so many rows that it is worth while to leave some out. */
    bool has_changes = epochs == HG_ROW_EPOCHS;
    header->rows_at = page_align(header->seen_at + (has_changes ? HG_MAX_CONTEXTS * sizeof(uint64_t) : 0));
    header->frames_at =
        page_align(header->rows_at + (has_changes ? (size_t)epochs * HG_ROWS_WORDS * sizeof(uint64_t) : 0));
    header->live_at = page_align(header->frames_at + HG_MAX_FRAMES * sizeof(hg_record_frame));
    uint64_t rows = epochs > HG_ROW_EPOCHS ? 0 : (uint64_t)HG_MAX_CONTEXTS * epochs * epochs;
    uint64_t end = page_align(header->live_at + rows * sizeof(hg_record_live));
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++) {
        header->shards_at[i] = end;
        header->shard_bytes[i] = page_align(sizeof(hg_record_shard) + (uint64_t)hg_shard_contexts(i) *
                                                                          epochs * sizeof(hg_record_tally));
        end += HG_MAX_SHARDS * header->shard_bytes[i];
    }
    header->total_bytes = end;
}

/* A part of the file; sharing: MAP_SHARED or MAP_PRIVATE. NULL if there is no address space. */
static char *map_part_as(int sharing, int fd, uint64_t begin, uint64_t bytes)
{
    /* Past the probe, which would count it in the measured process: memory that nobody asked for. */
    char *part = (char *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_NORESERVE, fd,
                                 (off_t)begin);
    if ((void *)part == MAP_FAILED)
        return NULL;
    /* Sparse as it is, it would make a large core dump. */
    madvise(part, bytes, MADV_DONTDUMP);
    return part;
}

static char *map_part(int fd, uint64_t begin, uint64_t bytes)
{
    return map_part_as(MAP_SHARED, fd, begin, bytes);
}

/*
 * Maps the first bytes of the file and finds the sections in them by its header, which is there. NULL, with
 * errno, if there is no address space.
 */
static char *map_begin(int sharing, int fd, const hg_record_header *header, uint64_t bytes,
                       hg_record *ret_record)
{
    char *base = map_part_as(sharing, fd, 0, bytes);
    if (!base)
        return NULL;
    *ret_record = (hg_record){
        .header = (hg_record_header *)(void *)base,
        .samples = (hg_record_sample *)(void *)(base + header->samples_at),
        .modules = (hg_record_module *)(void *)(base + header->modules_at),
        .scripts = (hg_record_script *)(void *)(base + header->scripts_at),
        .script_text = base + header->script_text_at,
        .frames = (hg_record_frame *)(void *)(base + header->frames_at),
        .contexts = (hg_record_context *)(void *)(base + header->contexts_at),
        .epochs = header->epochs,
        .mapped_bytes = bytes,
    };
    if (header->rows_at > header->seen_at) {
        ret_record->seen = (uint64_t *)(void *)(base + header->seen_at);
        ret_record->rows = (_Atomic uint64_t *)(void *)(base + header->rows_at);
    }
    memcpy(ret_record->shard_bytes, header->shard_bytes, sizeof header->shard_bytes);
    return base;
}

static int map(int sharing, int fd, const hg_record_header *header, hg_record *ret_record)
{
    char *base = map_begin(sharing, fd, header, header->total_bytes, ret_record);
    if (!base)
        return -errno;
    if (header->epochs <= HG_ROW_EPOCHS)
        ret_record->live = (hg_record_live *)(void *)(base + header->live_at);
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++)
        ret_record->shards[i] = base + header->shards_at[i];
    return 0;
}

static uint64_t live_bytes(const hg_record *record, uint32_t contexts)
{
    return page_align((uint64_t)contexts * record->epochs * record->epochs * sizeof(hg_record_live));
}

/*
 * What grows begins with a page of each place where it will, but for what every process needs: the common
 * shard and the main thread's, and some live rows.
 */
static int map_pieces(int fd, const hg_record_header *header, hg_record_pieces *pieces, hg_record *ret_record)
{
    enum { FIRST_FRAMES = 1 << 18, FIRST_CONTEXTS = 16 };
    if (!map_begin(MAP_SHARED, fd, header, header->frames_at + FIRST_FRAMES * sizeof(hg_record_frame),
                   ret_record))
        return -errno;
    ret_record->pieces = pieces;
    pieces->frames = FIRST_FRAMES;
    bool mapped = true;
    if (header->epochs <= HG_ROW_EPOCHS) {
        pieces->live_contexts = FIRST_CONTEXTS;
        ret_record->live =
            (hg_record_live *)(void *)map_part(fd, header->live_at, live_bytes(ret_record, FIRST_CONTEXTS));
        mapped = ret_record->live != NULL;
    }
    for (uint32_t i = 0; i < HG_SHARD_CLASSES && mapped; i++) {
        uint64_t bytes = header->shard_bytes[i];
        pieces->next_common[i] = map_part(fd, header->shards_at[i], i == 0 ? bytes : PAGE);
        pieces->next[i] = map_part(fd, header->shards_at[i] + bytes, i == 0 ? bytes + PAGE : PAGE);
        mapped = pieces->next_common[i] && pieces->next[i];
    }
    pieces->shards[0][0] = (hg_record_shard *)(void *)pieces->next_common[0];
    if (mapped)
        return 0;
    int status = -errno;
    hg_record_close(ret_record);
    return status;
}

/*
 * The same page again, and as many behind it in the file as are asked for. NULL if there is no address space.
 */
static char *map_again(char *page, uint64_t bytes)
{
    char *place = (char *)syscall(SYS_mremap, page, 0L, bytes, MREMAP_MAYMOVE, NULL);
    if ((void *)place == MAP_FAILED)
        return NULL;
    madvise(place, bytes, MADV_DONTDUMP);
    return place;
}

/* The same pages elsewhere, and as many behind them in the file as are asked for; NULL, and nothing moved. */
static char *map_elsewhere(void *pages, uint64_t now, uint64_t bytes)
{
    char *place = (char *)syscall(SYS_mremap, pages, now, bytes, MREMAP_MAYMOVE, NULL);
    if ((void *)place == MAP_FAILED)
        return NULL;
    madvise(place, bytes, MADV_DONTDUMP);
    return place;
}

hg_record_shard *hg_record_add_shard(const hg_record *record, uint32_t shard_class, bool common)
{
    hg_record_pieces *pieces = record->pieces;
    uint32_t number = common ? 0 : hg_record_shards(record, shard_class);
    if (number == HG_MAX_SHARDS)
        return NULL;
    if (!pieces) {
        atomic_store_explicit(&record->header->shards[shard_class], number + 1, memory_order_release);
        return hg_record_shard_at(record, shard_class, number);
    }
    hg_record_shard **known = pieces->shards[shard_class];
    if (common && known[0])
        return known[0];
    uint64_t bytes = record->shard_bytes[shard_class];
    bool last = number == 0 || number + 1 == HG_MAX_SHARDS;
    bool is_mapped = shard_class == 0 && number == 1;
    char *place = is_mapped
                      ? pieces->next[0]
                      : map_elsewhere(common ? pieces->next_common[shard_class] : pieces->next[shard_class],
                                      PAGE, last ? bytes : bytes + PAGE);
    if (!place)
        return NULL;
    known[number] = (hg_record_shard *)(void *)place;
    if (common) {
        pieces->next_common[shard_class] = NULL;
        return known[0];
    }
    pieces->next[shard_class] = place + bytes;
    atomic_store_explicit(&record->header->shards[shard_class], number + 1, memory_order_release);
    return known[number];
}

/* Readers of the earlier mapping may go on. */
bool hg_record_reach_frames(hg_record *record, uint32_t frames)
{
    hg_record_pieces *pieces = record->pieces;
    if (!pieces)
        return true;
    if (frames > pieces->frames) {
        uint32_t reached = pieces->frames;
        while (reached < frames)
            reached *= 4;
        char *place = map_again((char *)record->frames, reached * sizeof(hg_record_frame));
        if (!place)
            return false;
        pieces->grown = (hg_record_frame *)(void *)place;
        pieces->frames = reached;
    }
    if (pieces->grown)
        record->frames = pieces->grown;
    return true;
}

bool hg_record_reach_live(hg_record *record, uint32_t contexts)
{
    hg_record_pieces *pieces = record->pieces;
    if (!pieces || contexts <= pieces->live_contexts)
        return true;
    uint32_t reached = pieces->live_contexts;
    while (reached < contexts)
        reached *= 2;
    char *place =
        map_elsewhere(record->live, live_bytes(record, pieces->live_contexts), live_bytes(record, reached));
    if (!place)
        return false;
    record->live = (hg_record_live *)(void *)place;
    pieces->live_contexts = reached;
    return true;
}

bool hg_record_next_row(const hg_record *record, uint32_t epoch, hg_record_cursor *cursor,
                        hg_record_row *ret_row)
{
    for (; cursor->shard_class < HG_SHARD_CLASSES; cursor->shard_class++, cursor->shard = 0)
        while (cursor->shard < hg_record_shards(record, cursor->shard_class)) {
            uint32_t number = cursor->shard++;
            const hg_record_shard *shard = hg_record_shard_at(record, cursor->shard_class, number);
            if (!shard || !atomic_load_explicit(&shard->in_use[epoch], memory_order_acquire))
                continue;
            uint32_t room = hg_shard_contexts(cursor->shard_class);
            uint32_t used = hg_record_contexts(record);
            *ret_row = (hg_record_row){.tallies = shard->tallies + (size_t)epoch * room,
                                       .contexts = used < room ? used : room,
                                       .common = number == 0};
            return true;
        }
    return false;
}

/* pieces: NULL to map it whole. */
static int create(hg_record_header header, hg_record_pieces *pieces, hg_record *ret_record, int *ret_fd)
{
    int fd = memfd_create(HG_RECORD_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    hg_record record;
    int status = ftruncate(fd, (off_t)header.total_bytes) == 0 ? 0 : -errno;
    /* Whoever has mapped it would get SIGBUS where it was cut. */
    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
    if (status == 0 && pwrite(fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        status = errno ? -errno : -EIO;
    if (status == 0)
        status = pieces ? map_pieces(fd, &header, pieces, &record) : map(MAP_SHARED, fd, &header, &record);
    if (status < 0) {
        close(fd);
        return status;
    }
    *ret_record = record;
    *ret_fd = fd;
    return 0;
}

int hg_record_create_in_pieces(uint32_t epochs, hg_record_pieces *pieces, hg_record *ret_record, int *ret_fd)
{
    if (epochs == 0 || epochs > HG_MAX_EPOCHS)
        return -EINVAL;
    hg_record_header header = {
        .modules = 1, .contexts = 1, .scripts = 1, .script_text = 1, .shards = {1, 1, 1}};
    layout(&header, epochs, HG_MAX_CONTEXTS);
    return create(header, pieces, ret_record, ret_fd);
}

int hg_record_create(uint32_t epochs, hg_record *ret_record, int *ret_fd)
{
    return hg_record_create_in_pieces(epochs, NULL, ret_record, ret_fd);
}

int hg_record_create_bare(uint32_t epochs, hg_record *ret_record, int *ret_fd)
{
    if (epochs == 0 || epochs > HG_MAX_EPOCHS)
        return -EINVAL;
    hg_record_header header = {0};
    layout(&header, epochs, 0);
    return create(header, NULL, ret_record, ret_fd);
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
           header->scripts_at == expected.scripts_at && header->script_text_at == expected.script_text_at &&
           header->frames_at == expected.frames_at && header->contexts_at == expected.contexts_at &&
           header->seen_at == expected.seen_at && header->rows_at == expected.rows_at &&
           header->live_at == expected.live_at &&
           memcmp(header->shards_at, expected.shards_at, sizeof expected.shards_at) == 0 &&
           memcmp(header->shard_bytes, expected.shard_bytes, sizeof expected.shard_bytes) == 0 &&
           header->context_limit == expected.context_limit;
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
    int status = map(MAP_SHARED, fd, &header, ret_record);
    close(fd);
    return status;
}

int hg_record_open_samples(const char *path, hg_record *ret_record)
{
    hg_record_header header = {0};
    int fd = open_file(path, &header);
    if (fd < 0)
        return fd;
    int status = map_begin(MAP_SHARED, fd, &header, header.modules_at, ret_record) ? 0 : -errno;
    close(fd);
    return status;
}

int hg_record_attach_privately(const char *path, int32_t process, hg_record *ret_record)
{
    hg_record_header header = {0};
    int fd = open_file(path, &header);
    if (fd < 0)
        return fd;
    int status = header.context_limit == 0 ? -EPROTO : map(MAP_PRIVATE, fd, &header, ret_record);
    close(fd);
    if (status == 0)
        atomic_store(&ret_record->header->owner, process);
    return status;
}

int hg_record_attach(const char *path, int32_t process, hg_record_pieces *pieces, hg_record *ret_record)
{
    hg_record_header header = {0};
    int fd = open_file(path, &header);
    if (fd < 0)
        return fd;
    if (header.context_limit == 0) {
        close(fd);
        return -EPROTO;
    }
    /* It replaced its program: what it counted before is gone. */
    if (atomic_load(&header.owner) == process)
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)header.shards_at[0],
                  (off_t)(header.total_bytes - header.shards_at[0]));
    int status = map_pieces(fd, &header, pieces, ret_record);
    close(fd);
    if (status == 0 && !hg_record_own(ret_record, process)) {
        hg_record_close(ret_record);
        status = -EBUSY;
    }
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

static bool has_sound_shards(const hg_record_header *header)
{
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++)
        if (atomic_load(&header->shards[i]) > HG_MAX_SHARDS)
            return false;
    return true;
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
           atomic_load(&header->scripts) <= (bare ? 0 : HG_MAX_SCRIPTS) &&
           atomic_load(&header->script_text) <= (bare ? 0 : HG_SCRIPT_TEXT) &&
           atomic_load(&header->checkpoints) <= record->epochs && (bare || has_sound_shards(header)) &&
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
        sample->low_samples,  sample->low_blocks,  sample->low_bytes,      sample->kept_bytes,
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] > HG_MOST_COUNTED || counts[i] < -HG_MOST_COUNTED)
            return false;
    return true;
}

/* Every text ends before the one behind it, and the last one where the texts end. */
static bool has_sound_scripts(const hg_record *record)
{
    uint32_t text = atomic_load(&record->header->script_text);
    uint32_t scripts = atomic_load(&record->header->scripts);
    if (scripts > 0 && (text == 0 || record->script_text[text - 1] != '\0'))
        return false;
    for (uint32_t i = 0; i < scripts; i++)
        if (record->scripts[i].function >= text || record->scripts[i].file >= text)
            return false;
    return true;
}

/* Whether the frame leads to a module or a script that there is. */
static bool is_sound_frame(hg_record_frame frame, uint32_t modules, uint32_t scripts)
{
    if (hg_record_is_script(frame))
        return (frame & (HG_SCRIPT_FRAME - 1)) >> HG_SCRIPT_LINE_BITS < scripts;
    return frame >> 48 < modules;
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
        if (!is_sound_frame(record->frames[i], modules, atomic_load(&record->header->scripts)))
            return false;
    return has_sound_scripts(record);
}

bool hg_record_own(const hg_record *record, int32_t process)
{
    hg_record_header *header = record->header;
    int32_t owner = 0;
    if (atomic_compare_exchange_strong(&header->owner, &owner, process))
        return true;
    if (owner != process)
        return false;
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++)
        atomic_store(&header->shards[i], 1);
    header->message[0] = '\0';
    atomic_store(&header->crash, 0);
    atomic_store(&header->exiting, 0);
    atomic_store(&header->own_ranges, 0);
    return true;
}

static void unmap_pieces(hg_record *record)
{
    hg_record_pieces *pieces = record->pieces;
    if (record->live)
        munmap(record->live, live_bytes(record, pieces->live_contexts));
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++) {
        uint64_t bytes = i == 0 ? record->shard_bytes[0] : 0;
        if (pieces->next_common[i])
            munmap(pieces->next_common[i], bytes ? bytes : PAGE);
        if (pieces->next[i])
            munmap(pieces->next[i], bytes + PAGE);
    }
    *pieces = (hg_record_pieces){0};
}

void hg_record_close(hg_record *record)
{
    if (record->mapped)
        hg_record_thaw(record);
    if (record->pieces)
        unmap_pieces(record);
    if (record->header)
        munmap(record->header, record->mapped_bytes);
    *record = (hg_record){0};
}
