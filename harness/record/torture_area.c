#include "record/torture_area.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HG_MOST_LOST 0x7fffffffu
#define PAGES(bytes) (((uint64_t)(bytes) + 4095u) & ~(uint64_t)4095u)
#define FIRST_OPS_AT PAGES(sizeof(hg_torture_header))
#define OFTEN_AT     (FIRST_OPS_AT + PAGES(HG_MAX_CONTEXTS * sizeof(uint64_t)))
#define CALLS_AT     (OFTEN_AT + PAGES(HG_MAX_CONTEXTS * sizeof(hg_torture_often)))
#define JOBS_AT      (CALLS_AT + PAGES(HG_MAX_CONTEXTS * sizeof(uint32_t)))
#define TARGETS_AT   (JOBS_AT + PAGES(HG_TORTURE_MOST_JOBS * sizeof(hg_torture_job)))
#define REFERENCE_AT (TARGETS_AT + PAGES(HG_MAX_CONTEXTS * sizeof(hg_torture_target)))
#define ANSWERS_AT   (REFERENCE_AT + PAGES(HG_MAX_CONTEXTS * sizeof(hg_torture_count)))
#define SLOTS_AT     (ANSWERS_AT + PAGES(HG_TORTURE_MOST_CLEAN * sizeof(hg_torture_answer)))
#define AREA_BYTES   (SLOTS_AT + PAGES(HG_TORTURE_SLOTS * sizeof(hg_torture_slot)))

/* Past the probe, which would count it in the measured process. */
static int map(int fd, hg_torture_area *ret_area)
{
    char *base = (char *)syscall(SYS_mmap, NULL, (size_t)AREA_BYTES, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_NORESERVE, fd, 0L);
    if ((void *)base == MAP_FAILED)
        return -errno;
    *ret_area = (hg_torture_area){
        .header = (hg_torture_header *)(void *)base,
        .first_ops = (_Atomic uint64_t *)(void *)(base + FIRST_OPS_AT),
        .often = (hg_torture_often *)(void *)(base + OFTEN_AT),
        .calls = (_Atomic uint32_t *)(void *)(base + CALLS_AT),
        .jobs = (hg_torture_job *)(void *)(base + JOBS_AT),
        .targets = (hg_torture_target *)(void *)(base + TARGETS_AT),
        .reference = (hg_torture_count *)(void *)(base + REFERENCE_AT),
        .answers = (hg_torture_answer *)(void *)(base + ANSWERS_AT),
        .slots = (hg_torture_slot *)(void *)(base + SLOTS_AT),
    };
    return 0;
}

int hg_torture_area_create(hg_torture_area *ret_area, int *ret_fd)
{
    int fd = memfd_create("heapgate-torture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    int status = ftruncate(fd, (off_t)AREA_BYTES) == 0 ? 0 : -errno;
    /* Whoever has mapped it would get SIGBUS where it was cut. */
    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
    if (status == 0)
        status = map(fd, ret_area);
    if (status < 0) {
        close(fd);
        return status;
    }
    memcpy(ret_area->header->magic, HG_TORTURE_MAGIC, sizeof ret_area->header->magic);
    *ret_fd = fd;
    return 0;
}

int hg_torture_area_open(const char *path, hg_torture_area *ret_area)
{
    struct stat about;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = fstat(fd, &about) != 0                  ? -errno
                 : (uint64_t)about.st_size != AREA_BYTES ? -EPROTO
                                                         : map(fd, ret_area);
    close(fd);
    if (status == 0 &&
        memcmp(ret_area->header->magic, HG_TORTURE_MAGIC, sizeof ret_area->header->magic) != 0) {
        hg_torture_area_close(ret_area);
        status = -EPROTO;
    }
    return status;
}

void hg_torture_area_close(hg_torture_area *area)
{
    if (area->header)
        syscall(SYS_munmap, area->header, (size_t)AREA_BYTES);
    *area = (hg_torture_area){0};
}

static bool has_sound_frames(const hg_torture_slot *slot, const hg_record_frame *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (frames[i] >> 48 >= slot->modules_used)
            return false;
    return true;
}

static bool is_counted(int64_t count)
{
    return count >= -HG_MOST_COUNTED && count <= HG_MOST_COUNTED;
}

static bool is_inside(const hg_torture_slot *slot, uint32_t first_frame, uint32_t count)
{
    return first_frame <= slot->frames_used && count <= slot->frames_used - first_frame;
}

bool hg_torture_slot_is_sound(const hg_torture_slot *slot)
{
    if (slot->stage > HG_TORTURE_FINISHED || slot->crash_frames > HG_MAX_DEPTH ||
        slot->fault_frames > HG_MAX_DEPTH || slot->output_size > HG_TORTURE_OUTPUT ||
        slot->differences > HG_TORTURE_DIFFERENCES || slot->frames_used > HG_TORTURE_FRAMES ||
        slot->modules_used > HG_TORTURE_MODULES || slot->afters > HG_TORTURE_AFTER)
        return false;
    for (uint32_t i = 0; i < slot->modules_used; i++)
        if (slot->modules[i].build_id_size > HG_BUILD_ID ||
            !memchr(slot->modules[i].path, '\0', sizeof slot->modules[i].path))
            return false;
    for (uint32_t i = 0; i < slot->afters; i++)
        if (!is_inside(slot, slot->after[i].first_frame, slot->after[i].frame_count))
            return false;
    for (uint32_t i = 0; i < slot->differences; i++) {
        const hg_torture_difference *difference = &slot->difference[i];
        if (!is_inside(slot, difference->first_frame, difference->frame_count) ||
            difference->lost > HG_MOST_LOST || difference->held > HG_MOST_LOST ||
            !is_counted(difference->blocks) || !is_counted(difference->bytes))
            return false;
    }
    return has_sound_frames(slot, slot->frames, slot->frames_used) &&
           has_sound_frames(slot, slot->crash, slot->crash_frames) &&
           has_sound_frames(slot, slot->fault, slot->fault_frames);
}

uint32_t hg_torture_depth(const hg_record_frame *frames, uint32_t count)
{
    uint32_t depth = 0;
    while (depth < count && frames[depth] >> 48 != HG_TORTURE_PROGRAM)
        depth++;
    return depth;
}

/* A library is at another place in each process, but has the same path. */
uint64_t hg_torture_hash(const hg_record_frame *frames, uint32_t count, const hg_record_module *modules)
{
    uint64_t hash = 1;
    uint32_t depth = hg_torture_depth(frames, count);
    for (uint32_t i = 0; i < depth; i++) {
        const char *path = modules[frames[i] >> 48].path;
        uint64_t module = UINT64_C(0xcbf29ce484222325);
        for (; *path; path++)
            module = (module ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
        hash = (hash ^ module ^ (frames[i] & 0xffffffffffffu)) * UINT64_C(0x9fb21c651e98df25);
        hash ^= hash >> 29;
    }
    return hash;
}

uint64_t hg_torture_call_hash(uint64_t stack, hg_call call)
{
    return stack ^ ((uint64_t)call + 1) * UINT64_C(0xd6e8feb86659fd93);
}
