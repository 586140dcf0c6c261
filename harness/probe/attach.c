/* Attaching the probe to a record, following forks, and what the runner and the program itself may call. */
#include "probe/probe.h"

#include "probe/aside.h"
#include "probe/attach.h"
#include "probe/child.h"
#include "probe/context.h"
#include "probe/counting.h"
#include "probe/descriptors.h"
#include "probe/dormant.h"
#include "probe/faults.h"
#include "probe/frees.h"
#include "probe/locks.h"
#include "probe/mappings.h"
#include "probe/modules.h"
#include "probe/own_crash.h"
#include "probe/real.h"
#include "probe/relayed.h"
#include "probe/sampling.h"
#include "probe/scan.h"
#include "record/checkpoint.h"
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char children[256]; /* HG_ENV_CHILDREN's value; "": forked children are not counted */
static bool was_attached;  /* this process or the one it was forked from */

void hg_probe_prepare_thread(void)
{
    if (hg_counting_wanted())
        (void)hg_counting_thread();
}

/* The number of objects that the dynamic linker has unloaded so far. */
static int read_unloads(struct dl_phdr_info *object, size_t size, void *ret_unloads)
{
    (void)size;
    *(unsigned long long *)ret_unloads = object->dlpi_subs;
    return 1;
}

/* Noted only when it is done: a thread that finds another's unloading noted may go on. */
void hg_probe_code_unloaded(void)
{
    static _Atomic unsigned long long noted;
    unsigned long long unloads = 0;
    if (!hg_counting_attached())
        return;
    dl_iterate_phdr(read_unloads, &unloads);
    if (unloads == atomic_load(&noted))
        return;
    hg_context_new_generation();
    atomic_store(&noted, unloads);
}

/* fork: the child keeps its heap, and counts nothing unless it has a record of its own, or goes on with its
 * copy of one in memory. */
static void after_fork_in_child(void)
{
    if (!hg_faults_private)
        hg_counting_end();
    hg_locks_give_back_all();
    hg_dormant_forked();
}

static void after_fork_in_parent(void)
{
    hg_locks_give_back_all();
    if (hg_counting_record.header)
        atomic_fetch_add_explicit(&hg_counting_record.header->forks, 1, memory_order_relaxed);
}

static bool fail(char *message, size_t size, const char *what, int error)
{
    snprintf(message, size, "the probe could not attach: %s%s%s", what, error ? ": " : "",
             error ? strerror(error) : "");
    return false;
}

static bool fail_to_open(char *message, size_t size, int error)
{
    if (error == ENOMEM)
        return fail(message, size,
                    "the process may not use enough address space for the record; give it some 100 MiB more "
                    "(ulimit -v)",
                    0);
    return fail(message, size, "cannot open the record", error);
}

/*
 * tcmalloc makes an object with operator new when it is first asked for the size of a block. Counted, that
 * block would ask for its size in turn, without end; so the question comes once before counting begins.
 */
static void settle_allocator(void)
{
    void *block = hg_real_allocator.malloc(1);
    if (block)
        hg_real_allocator.usable_size(block);
    hg_real_allocator.free(block);
    hg_real_check_headers();
}

/* A forked child has the probe's tables where its parent has them. */
void hg_attach_keep_ranges(const hg_record_header *from, hg_record_header *to)
{
    uint32_t count = atomic_load(&from->own_ranges);
    count = count < HG_MOST_OWN_RANGES ? count : HG_MOST_OWN_RANGES;
    memcpy(to->own, from->own, count * sizeof *to->own);
    atomic_store(&to->own_ranges, count);
}

/*
 * The first allocation of a forked child: it begins to count, if children are wanted. The blocks that it
 * inherited are strangers to it.
 */
bool hg_counting_attach_child(void)
{
    if (hg_dormant_wanted)
        return hg_dormant_wake();
    if (!was_attached || children[0] == '\0' || hg_counting_busy ||
        getpid() == atomic_load(&hg_counting_record.header->owner))
        return false;
    hg_record made;
    hg_scan_file scan;
    hg_counting_enter();
    /* What the parent had mapped stays as it is, in its place. */
    hg_counting_pieces = (hg_record_pieces){0};
    bool offered = hg_child_record(children, &hg_counting_pieces, &made, &scan) == 0;
    if (offered) {
        hg_attach_keep_ranges(hg_counting_record.header, made.header);
        hg_counting_record = made;
        hg_record_own(&hg_counting_record, (int32_t)getpid());
        hg_locks_reset();
        hg_counting_restart();
        hg_aside_reset();
        hg_mappings_reset();
        hg_scan_take_over(&scan, true);
        hg_descriptors_reset();
        hg_context_reset(&hg_counting_record);
        hg_frees_reset();
        hg_sampling_start();
        hg_counting_begin();
    } else {
        children[0] = '\0';
    }
    hg_counting_leave();
    return offered;
}

/* The record of this process: the one named, or where another process has it, one of its own. */
static int open_record(const char *path)
{
    if (hg_faults_private)
        return hg_record_attach_privately(path, (int32_t)getpid(), &hg_counting_record);
    int status = hg_record_attach(path, (int32_t)getpid(), &hg_counting_pieces, &hg_counting_record);
    if (status == 0 || children[0] == '\0')
        return status;
    hg_scan_file scan;
    status = hg_child_record(children, &hg_counting_pieces, &hg_counting_record, &scan);
    if (status == 0) {
        hg_record_own(&hg_counting_record, (int32_t)getpid());
        hg_scan_take_over(&scan, false);
    }
    return status;
}

int hg_attach_prepare(void)
{
    if (!hg_real_resolve())
        return ENOENT;
    int error = hg_counting_start();
    if (error == 0)
        error = pthread_atfork(hg_locks_take_all, after_fork_in_parent, after_fork_in_child);
    if (error == 0)
        settle_allocator();
    return error;
}

bool hg_probe_attach(const char *record_path, const char *children_variable, char *ret_message,
                     size_t message_size)
{
    /* A copy: programs write over their environment to change their title. */
    size_t length = children_variable ? strlen(children_variable) : 0;
    if (length > 0 && length < sizeof children)
        memcpy(children, children_variable, length + 1);
    if (!hg_real_resolve())
        return fail(ret_message, message_size, "the allocator's functions were not found", 0);
    int status = open_record(record_path);
    if (status < 0)
        return fail_to_open(ret_message, message_size, -status);
    int error = ENOMEM;
    hg_frees_start(&hg_counting_record);
    if (hg_context_start(&hg_counting_record) && hg_probe_start_mappings() && hg_descriptors_start())
        error = hg_attach_prepare();
    if (error == ENOMEM)
        return fail_to_open(ret_message, message_size, error);
    if (error != 0)
        return fail(ret_message, message_size, "cannot follow threads and forks", error);
    hg_sampling_start();
    hg_counting_begin();
    was_attached = true;
    hg_relayed_start(hg_counting_record.header->relayed);
    if (!hg_faults_wanted) /* which tells every crash */
        hg_own_crash_watch();
    hg_probe_prepare_thread();
    return true;
}

bool heapgate_probe_attached(void)
{
    return hg_counting_attached();
}

void heapgate_probe_live(int64_t *ret_blocks, int64_t *ret_bytes)
{
    hg_record_live live = hg_counting_live();
    *ret_blocks = live.blocks;
    *ret_bytes = live.bytes;
}

/* Whoever watches joins the rounds that are over, and so the next ones are longer: see hg_epoch_length. */
void heapgate_probe_mark(void)
{
    static pid_t process;
    static uint32_t rounds;
    static uint64_t left;
    if (!hg_counting_attached())
        return;
    /* A dormant process that is attached to again has an empty record. */
    if (process != getpid() || atomic_load(&hg_counting_record.header->closed) < rounds) {
        process = getpid();
        rounds = 0;
        left = hg_epoch_length(rounds);
    }
    if (--left > 0)
        return;
    left = hg_epoch_length(++rounds);
    (void)heapgate_probe_checkpoint();
}

int64_t heapgate_probe_checkpoint(void)
{
    if (!hg_counting_attached())
        return -1;
    if (hg_counting_record.header->mode & HG_MODE_MODULES) {
        hg_counting_enter();
        hg_modules_enter_all(&hg_counting_record);
        hg_frees_look_again();
        hg_counting_leave();
    }
    int64_t allocations = hg_checkpoint_take(&hg_counting_record);
    if (atomic_load(&hg_counting_record.header->closed) == hg_counting_record.epochs)
        hg_scan_take();
    return allocations;
}
