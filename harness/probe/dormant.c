#include "probe/dormant.h"

#include "probe/aside.h"
#include "probe/attach.h"
#include "probe/context.h"
#include "probe/counting.h"
#include "probe/descriptors.h"
#include "probe/locks.h"
#include "probe/mappings.h"
#include "probe/probe.h"
#include "probe/thread.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

_Alignas(HG_DORMANT_BYTES) union hg_dormant_memory hg_dormant;
bool hg_dormant_wanted;

/* A descriptor that the program does not know of, and may close. */
typedef struct own_file {
    int fd; /* -1: none */
    ino_t number;
} own_file;

static own_file page_file = {.fd = -1}, record_file = {.fd = -1};
static bool has_tables; /* those that the probe keeps beside the record */

/* Keeps it past the numbers that programs count on, if there are so many. */
static own_file keep(int fd)
{
    enum { FAR = 512 };
    struct stat made;
    own_file kept = {.fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FAR)};
    if (kept.fd < 0)
        kept.fd = fd;
    else
        syscall(SYS_close, fd);
    if (fstat(kept.fd, &made) == 0)
        kept.number = made.st_ino;
    return kept;
}

static void let_go(own_file *file)
{
    struct stat there;
    if (file->fd >= 0 && fstat(file->fd, &there) == 0 && there.st_ino == file->number)
        syscall(SYS_close, file->fd);
    file->fd = -1;
}

/* Puts other memory in the page's place: the file's, or for -1 the process's own. */
static bool replace_page(int fd)
{
    int flags = fd >= 0 ? MAP_SHARED | MAP_FIXED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    return (void *)syscall(SYS_mmap, &hg_dormant, sizeof hg_dormant, PROT_READ | PROT_WRITE, flags, fd, 0L) !=
           MAP_FAILED;
}

static bool fill(int fd)
{
    const hg_dormant_page page = {.magic = HG_DORMANT_MAGIC,
                                  .version = HG_DORMANT_VERSION,
                                  .record_version = HG_RECORD_VERSION,
                                  .owner = (int32_t)getpid(),
                                  .record_fd = -1,
                                  .asleep = 1};
    if (ftruncate(fd, HG_DORMANT_BYTES) != 0 || pwrite(fd, &page, sizeof page, 0) != (ssize_t)sizeof page)
        return false;
    syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK);
    return true;
}

/* A page that can be found from outside; one that cannot where that fails: the process just runs. */
static bool make_page(void)
{
    int fd = (int)syscall(SYS_memfd_create, HG_DORMANT_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool made = fd >= 0 && fill(fd) && replace_page(fd);
    if (made) {
        page_file = keep(fd);
    } else {
        if (fd >= 0)
            syscall(SYS_close, fd);
        if (replace_page(-1))
            atomic_store(&hg_dormant.page.asleep, 1);
    }
    return made;
}

void hg_dormant_start(void)
{
    if (hg_attach_prepare() != 0 || !make_page())
        return;
    hg_dormant_wanted = true;
    hg_counting_settle();
}

void hg_dormant_forked(void)
{
    if (hg_dormant_wanted)
        replace_page(-1);
    else
        atomic_store(&hg_dormant.page.asleep, 0);
}

/* The first allocation of a copy of the process. */
static void become_dormant(void)
{
    let_go(&page_file);
    let_go(&record_file);
    make_page();
    hg_counting_settle();
}

/* The tables beside a record in which nothing has been counted yet. */
static bool bind_tables(void)
{
    if (!has_tables) {
        has_tables =
            hg_context_start(&hg_counting_record) && hg_probe_start_mappings() && hg_descriptors_start();
        hg_thread_reset(&hg_counting_record);
        return has_tables;
    }
    hg_counting_restart();
    hg_counting_settle();
    hg_aside_reset();
    hg_mappings_forget_all();
    hg_descriptors_reset();
    hg_context_reset(&hg_counting_record);
    return true;
}

/* 0 or an error number. */
static int make_record(void)
{
    hg_record made;
    int fd;
    hg_counting_pieces = (hg_record_pieces){0};
    int status = hg_record_create_in_pieces(HG_MAX_EPOCHS, &hg_counting_pieces, &made, &fd);
    if (status < 0)
        return -status;
    made.header->mode = HG_MODE_CONTROL;
    if (has_tables)
        hg_attach_keep_ranges(hg_counting_record.header, made.header);
    hg_counting_record = made;
    hg_record_own(&hg_counting_record, (int32_t)getpid());
    if (!bind_tables()) {
        close(fd);
        return ENOMEM;
    }
    record_file = keep(fd);
    atomic_store(&hg_dormant.page.record_fd, record_file.fd);
    return 0;
}

static bool empty_counters(void)
{
    const hg_record_pieces *pieces = hg_counting_record.pieces;
    hg_thread_forget_rows();
    for (uint32_t i = 0; i < HG_SHARD_CLASSES; i++)
        for (uint32_t k = 0; k < HG_MAX_SHARDS; k++)
            if (pieces->shards[i][k] &&
                madvise(pieces->shards[i][k], hg_counting_record.shard_bytes[i], MADV_REMOVE) != 0)
                return false;
    return true;
}

/* What was counted before is gone; the stacks stay known, but code may have been unloaded meanwhile. */
static int empty_record(void)
{
    hg_record_header *header = hg_counting_record.header;
    uint32_t contexts = hg_record_contexts(&hg_counting_record);
    if (!empty_counters())
        return errno;
    for (uint32_t i = 0; i < contexts; i++)
        atomic_fetch_and(&hg_counting_record.contexts[i].flags,
                         (uint16_t) ~(HG_CONTEXT_LIVE | HG_CONTEXT_PAST));
    atomic_store(&header->closed, 0);
    atomic_store(&header->checkpoints, 0);
    atomic_store(&header->untagged_frees, 0);
    atomic_store(&header->past_frees, 0);
    atomic_store(&header->failed, 0);
    atomic_store(&header->unrecorded, 0);
    atomic_store(&header->forks, 0);
    atomic_store(&header->control_epochs, 0);
    atomic_store(&header->control_blocks, 0);
    atomic_store(&header->exiting, 0);
    hg_counting_forget_live();
    hg_aside_reset();
    hg_mappings_forget_all();
    hg_descriptors_reset();
    hg_context_new_generation();
    return 0;
}

static void begin(void)
{
    hg_dormant_page *page = &hg_dormant.page;
    int error = atomic_load(&page->record_fd) < 0 ? make_record() : empty_record();
    atomic_store(&page->error, error);
    if (error != 0) {
        atomic_store(&page->asleep, 1);
        return;
    }
    atomic_store(&hg_counting_record.header->epoch, 0);
    /* Whoever asked may have changed his mind meanwhile. */
    if (hg_dormant_asleep())
        atomic_store(&hg_counting_record.header->epoch, HG_DORMANT_EPOCH);
    hg_counting_begin();
    atomic_fetch_add(&page->woken, 1);
}

/* No thread has a row for the epoch, so those that count come here. */
static bool is_told(void)
{
    return hg_counting_attached() && hg_counting_epoch() == HG_DORMANT_EPOCH;
}

/* A child of vfork has the memory of its parent, but not its descriptors: it begins nothing. */
bool hg_dormant_wake(void)
{
    int saved_errno = errno;
    if (hg_counting_busy)
        return false;
    hg_counting_enter();
    if (!hg_counting_is_settled())
        hg_locks_reset();
    hg_lock_take(HG_LOCK_MAPPINGS);
    if (!hg_counting_is_settled())
        become_dormant();
    if (is_told())
        hg_counting_pause();
    if (!hg_dormant_asleep() && !hg_counting_attached() && getpid() == atomic_load(&hg_dormant.page.owner))
        begin();
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_counting_leave();
    errno = saved_errno;
    return hg_counting_attached();
}

bool hg_dormant_is_told(void)
{
    if (!hg_dormant_wanted || !is_told())
        return false;
    hg_dormant_wake();
    return true;
}
