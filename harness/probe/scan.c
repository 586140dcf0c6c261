#include "probe/scan.h"

#include "probe/counting.h"
#include "probe/live.h"
#include "probe/locks.h"
#include "probe/machine.h"
#include "probe/mappings.h"
#include "probe/modules.h"
#include "probe/real.h"
#include "probe/scan_graph.h"
#include "probe/scan_memory.h"
#include "probe/scan_paths.h"
#include "probe/scan_retained.h"
#include "probe/scan_roots.h"
#include "probe/scan_sizes.h"
#include "probe/static_tls.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The copy gives up after so many seconds of processor time, and is ended after so many of any if it does
 * not. */
enum { SCAN_SECONDS = 20, END_SECONDS = 120 };
enum { COUNT_SECONDS = 2 }; /* the same for what a fault leaves */
/* How often a thread is asked for its stack that runs just then; a millisecond each. */
enum { MOST_TRIES = 10 };

static hg_scan_file file;
static hg_snapshot *snapshot;
static pthread_key_t own_key;
static bool has_own_key, taken;
static bool of_child, inherits; /* the file is a child's; it was forked */
static pid_t earlier_copy;      /* of a child, which has to wait for it */

/* For a thread that was stopped, whose own stack may be small. */
static _Alignas(16) char own_stack[64 * 1024];
static _Noreturn void take_where_stopped(void);

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void fail(const hg_scan_file *of, const char *what, int error)
{
    snprintf(of->header->message, sizeof of->header->message, "%s%s%s", what, error ? ": " : "",
             error ? strerrordesc_np(error) : "");
    atomic_store(&of->header->state, HG_SCAN_FAILED);
}

/* is_forked: there is one that goes on. */
static void begin_index(bool is_forked)
{
    hg_scan_request *request = &file.header->request;
    request->function = (uintptr_t)take_where_stopped;
    request->stack = (uintptr_t)(own_stack + sizeof own_stack);
    inherits = is_forked;
    hg_live_wanted = is_forked;
    if (is_forked)
        return;
    snapshot = hg_scan_reserve(sizeof *snapshot);
    has_own_key = pthread_key_create(&own_key, NULL) == 0;
    if (!snapshot || !hg_live_start())
        fail(&file, "there is no memory for the index of blocks", 0);
}

void hg_scan_start(const char *path)
{
    int32_t owner = 0;
    if (hg_scan_file_open(path, &file) < 0)
        return;
    /* A child that runs another program is not what is scanned. */
    hg_scan_request *request = &file.header->request;
    if (!atomic_compare_exchange_strong(&request->owner, &owner, (int32_t)getpid()) &&
        owner != (int32_t)getpid()) {
        hg_scan_file_close(&file);
        return;
    }
    begin_index(false);
}

void hg_scan_at_end_of_child(void)
{
    if (of_child)
        hg_scan_at_end();
}

void hg_scan_take_over(const hg_scan_file *given, bool is_forked)
{
    bool had_index = hg_live_wanted;
    hg_scan_file_close(&file);
    file = *given;
    hg_live_wanted = false;
    taken = false;
    of_child = true;
    earlier_copy = 0;
    if (!file.header)
        return;
    atomic_store(&file.header->request.owner, (int32_t)getpid());
    if (is_forked && !had_index)
        fail(&file, "the process that it is a copy of kept no index of blocks", 0);
    else
        begin_index(is_forked);
}

bool hg_scan_inherits(void)
{
    return inherits;
}

static bool is_of(const struct dl_phdr_info *object, uintptr_t address)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && address - begin < segment->p_memsz)
            return true;
    }
    return false;
}

/*
 * Modules. The probe's own memory holds nothing; nor does that of an allocator that is not the C library's:
 * what it knows of blocks keeps none alive.
 */
static bool is_watched(const struct dl_phdr_info *object)
{
    return !is_of(object, (uintptr_t)hg_scan_take) &&
           (hg_real_has_headers || !is_of(object, (uintptr_t)hg_real_allocator.malloc));
}

/* The program itself has no name here. */
static hg_scan_owner owner_of(const struct dl_phdr_info *object)
{
    if (is_of(object, (uintptr_t)nanosleep) || is_of(object, (uintptr_t)getauxval(AT_BASE)))
        return HG_OWNER_SYSTEM;
    bool is_installed =
        strncmp(object->dlpi_name, "/lib", 4) == 0 || strncmp(object->dlpi_name, "/usr/lib", 8) == 0;
    return is_installed ? HG_OWNER_LIBRARY : HG_OWNER_PROGRAM;
}

static int note_module(struct dl_phdr_info *object, size_t size, void *user_data)
{
    hg_snapshot *now = user_data;
    uintptr_t first = 0;
    (void)size;
    if (!is_watched(object))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && first == 0)
            first = begin;
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) &&
            now->segment_count < HG_SCAN_MOST_SEGMENTS)
            now->segments[now->segment_count++] = (hg_scan_root){
                .begin = begin,
                .end = begin + segment->p_memsz,
                .step = HG_STEP_GLOBAL,
                .owner = (uint8_t)owner_of(object),
                .keeps_free = hg_real_has_headers && is_of(object, (uintptr_t)hg_real_allocator.malloc)};
        /* at: an address in the module, for name_modules. */
        if (segment->p_type == PT_TLS && now->tls_count < HG_SCAN_MOST_TLS)
            now->tls[now->tls_count++] = (hg_scan_tls){.at = first ? first : object->dlpi_addr,
                                                       .number = object->dlpi_tls_modid,
                                                       .size = segment->p_memsz,
                                                       .own = (uintptr_t)object->dlpi_tls_data,
                                                       .distance = hg_static_tls_distance(object),
                                                       .owner = (uint8_t)owner_of(object)};
    }
    return 0;
}

/* Enters the modules into the record. */
static void name_modules(hg_snapshot *now)
{
    for (size_t i = 0; i < now->segment_count; i++)
        now->segments[i].at = hg_modules_pack(&hg_counting_record, now->segments[i].begin);
    for (size_t i = 0; i < now->tls_count; i++)
        now->tls[i].at = hg_modules_pack(&hg_counting_record, now->tls[i].at) & ~(uint64_t)0xffffffffffffu;
}

/* Reads a small file of /proc; "" if it cannot. */
static void read_text(const char *path, char *ret_text, size_t size)
{
    int from = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = from < 0 ? -1 : syscall(SYS_read, from, ret_text, size - 1);
    ret_text[length > 0 ? length : 0] = '\0';
    if (from >= 0)
        syscall(SYS_close, from);
}

/* "202 0x7f.. 0x80 0x0 0x0 0x0 0xffffffff 0x7ffd.. 0x7f..": the call, its arguments, stack pointer, code. */
static bool read_stack(const char *text, hg_scan_stack *ret_stack)
{
    enum { ARGUMENTS = 6 };
    uintptr_t values[ARGUMENTS + 2] = {0};
    char *end;
    if (strncmp(text, "-1 ", 3) == 0) { /* stopped, not in a system call */
        ret_stack->pointer = strtoul(text + 3, &end, 16);
        ret_stack->code = strtoul(end, &end, 16);
        return ret_stack->pointer != 0;
    }
    const char *at = strchr(text, ' ');
    for (size_t i = 0; at && i < sizeof values / sizeof *values; i++, at = end) {
        values[i] = strtoul(at, &end, 16);
        if (end == at)
            return false;
    }
    if (!at)
        return false;
    memcpy(ret_stack->registers, values, ARGUMENTS * sizeof *values);
    ret_stack->pointer = values[ARGUMENTS];
    ret_stack->code = values[ARGUMENTS + 1];
    return true;
}

/* A thread that waits tells where its stack is; one that runs may wait in a moment. */
static void note_thread(hg_snapshot *now, int thread)
{
    char path[64], text[512];
    hg_scan_header *header = now->file.header;
    if (header->threads == HG_SCAN_MOST_THREADS) {
        header->unknown_threads++;
        return;
    }
    hg_scan_stack *stack = &now->stacks[header->threads];
    *stack = (hg_scan_stack){0};
    hg_scan_thread *known = &now->file.threads[header->threads++];
    *known = (hg_scan_thread){.number = thread};
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", thread);
    read_text(path, text, sizeof text);
    snprintf(known->name, sizeof known->name, "%.*s", (int)strcspn(text, "\n"), text);
    if (thread == gettid())
        return;
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", thread);
    for (int i = 0; i < MOST_TRIES; i++) {
        read_text(path, text, sizeof text);
        if (read_stack(text, stack))
            return;
        /* Not nanosleep: one that this thread was stopped in could not go on. */
        struct timespec moment = {.tv_nsec = 1000000};
        syscall(SYS_ppoll, NULL, 0UL, &moment, NULL, 0UL);
    }
    header->unknown_threads++;
}

static void note_threads(hg_snapshot *now)
{
    char entries[4096];
    note_thread(now, gettid());
    int folder = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (long size; folder >= 0 && (size = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0;)
        for (long at = 0; at < size;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
            int thread = atoi(entry->d_name);
            if (thread > 0 && thread != gettid())
                note_thread(now, thread);
            at += entry->d_reclen;
        }
    if (folder >= 0)
        syscall(SYS_close, folder);
}

/*
 * Where the C library keeps the values of pthread keys in a thread's control block: the value of a key of our
 * own shows it. Only the first keys lie there.
 */
static size_t find_keys(uintptr_t self)
{
    size_t found = 0;
    if (!has_own_key || own_key >= HG_SCAN_INLINE_KEYS || pthread_setspecific(own_key, &file) != 0)
        return 0;
    size_t before = (size_t)own_key * HG_SCAN_KEY_BYTES + sizeof(uintptr_t);
    for (size_t at = before; at < HG_SCAN_CONTROL_BYTES / 2 && found == 0; at += sizeof(uintptr_t))
        if (*(const uintptr_t *)(self + at) == (uintptr_t)&file)
            found = at - before;
    pthread_setspecific(own_key, NULL);
    return found;
}

/* Where a thread's number stands in its control block; 0: it was not found. */
static size_t find_number(uintptr_t self)
{
    for (size_t at = 0; at < HG_SCAN_CONTROL_BYTES / 4; at += sizeof(uintptr_t))
        if (*(const int32_t *)(self + at) == (int32_t)gettid())
            return at;
    return 0;
}

static void note_process(hg_snapshot *now)
{
    now->self = (uintptr_t)pthread_self();
    now->number_at = find_number(now->self);
    now->keys = find_keys(now->self);
    dl_iterate_phdr(note_module, now);
    note_threads(now);
}

/* In the copy, before anything else: no signal or descriptor of the program's, and a limit of time. */
static void set_up_copy(void)
{
    of_child = false; /* its end is none */
    sigset_t blocked;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV);
    sigdelset(&blocked, SIGBUS);
    sigdelset(&blocked, SIGALRM);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    setpgid(0, 0);
    syscall(SYS_prctl, PR_SET_NAME, HG_SCAN_COPY_NAME, 0L, 0L, 0L);
    alarm(END_SECONDS);
    syscall(SYS_close_range, 0U, UINT_MAX, 0U);
    int score = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY);
    /* By the system call alone: a library of the program's may have a write of its own, which allocates. */
    if (score >= 0 && syscall(SYS_write, score, "1000", 4L) == 4)
        syscall(SYS_close, score);
}

static _Noreturn void be_copy(const hg_snapshot *now, hg_tag_key key)
{
    set_up_copy();
    hg_counting_only_here.key = key; /* the kernel wiped it */
    hg_scan_run(now);
    _exit(0);
}

/*
 * fork without the program's handlers, and without a signal when the copy ends: the program, which may wait
 * for children of its own, does not hear of it. One that lives on would keep what is left of the copy: there
 * it is a child of whoever watches the program. A child of the program has another parent, which is not to
 * hear of it either: what is left of one copy is gone when the next one is made.
 */
static long copy_process(void)
{
    bool for_watcher = hg_scan_on_request() && !of_child;
    if (earlier_copy > 0)
        syscall(SYS_wait4, earlier_copy, NULL, WNOHANG | __WALL, NULL);
    long copy = syscall(SYS_clone, for_watcher ? (unsigned long)CLONE_PARENT : 0UL, NULL, NULL, NULL, 0UL);
    earlier_copy = copy > 0 && of_child ? (pid_t)copy : 0;
    return copy;
}

static __attribute__((noinline)) void copy(hg_snapshot *now, const hg_scan_stopped *stopped)
{
    hg_tag_key key = *hg_counting_key();
    atomic_store(&now->file.header->state, HG_SCAN_RUNNING);
    /* All registers that belong to callers are on the stack from here on. */
    __builtin_unwind_init();
    now->stacks[0].pointer = hg_stack_pointer();
    if (stopped) {
        now->stacks[0].pointer = stopped->pointer;
        now->stacks[0].code = stopped->code;
        memcpy(now->stacks[0].registers, stopped->registers, sizeof now->stacks[0].registers);
    }
    hg_locks_take_all();
    name_modules(now);
    now->known_count = hg_thread_stacks(now->known, HG_SCAN_MOST_THREADS);
    int64_t begun = now_ns();
    long copy = copy_process();
    if (copy == 0)
        be_copy(now, key);
    now->file.header->fork_ns = now_ns() - begun;
    hg_locks_give_back_all();
    /* Whoever ends the process's group is not to end the copy. */
    if (copy > 0) {
        setpgid((pid_t)copy, (pid_t)copy);
        atomic_store(&now->file.header->process, (int32_t)copy);
    }
    if (copy < 0)
        fail(&now->file, "the process could not be copied", errno);
}

/*
 * What earlier calls left below on the stack is not the program's any more. The frames from here on have gaps
 * that they do not write to, and the scan would find it there.
 */
static __attribute__((noinline)) void clear_below(void)
{
    enum { MOST_OF_OUR_FRAMES = 2048 };
    char room[MOST_OF_OUR_FRAMES];
    memset(room, 0, sizeof room);
    __asm__ volatile("" : : "r"(room) : "memory");
}

static __attribute__((noinline)) void take_now(const hg_scan_stopped *stopped)
{
    int saved_errno = errno;
    int64_t begun = now_ns();
    hg_counting_enter();
    snapshot->segment_count = snapshot->tls_count = snapshot->known_count = 0;
    snapshot->file = file;
    hg_scan_learn_sizes();
    note_process(snapshot);
    copy(snapshot, stopped);
    hg_counting_leave();
    file.header->held_up_ns = now_ns() - begun;
    errno = saved_errno;
}

/* stopped: where the calling thread was; NULL: it came here by itself. */
static void take(const hg_scan_stopped *stopped)
{
    clear_below();
    take_now(stopped);
}

bool hg_scan_on_request(void)
{
    return hg_live_wanted && file.header && file.header->request.wanted;
}

void hg_scan_take(void)
{
    if (!hg_live_wanted || !file.header || taken || hg_scan_on_request())
        return;
    taken = true;
    take(NULL);
}

/* Not in a child of vfork, and only while what was found before has been read. */
static bool may_take(void)
{
    return (int32_t)getpid() == atomic_load(&file.header->request.owner) &&
           atomic_load(&file.header->state) == HG_SCAN_NONE;
}

void hg_scan_answer(void)
{
    if (!file.header) /* an index for something else: faults.h */
        return;
    hg_scan_request *request = &file.header->request;
    if (atomic_load_explicit(&request->asked, memory_order_relaxed) && may_take() &&
        atomic_exchange(&request->asked, 0))
        take(NULL);
}

static _Noreturn void take_where_stopped(void)
{
    hg_scan_request *request = &file.header->request;
    if (hg_counting_attached() && !hg_counting_busy && may_take() && atomic_exchange(&request->asked, 0))
        take(&request->stopped);
    atomic_store(&request->served, 1);
    for (;;)
        hg_pause();
}

/* Asks whoever watches, and waits a second or two at most. */
static bool has_leave(void)
{
    const uint64_t most_ticks = hg_ticks_of_seconds();
    _Atomic uint32_t *leave = &file.header->request.leave;
    if (atomic_load(leave) == HG_SCAN_DENIED)
        return false;
    atomic_store(leave, HG_SCAN_ASKING);
    for (uint64_t begun = hg_ticks();
         atomic_load(leave) == HG_SCAN_ASKING && hg_ticks() - begun < most_ticks;)
        hg_pause();
    return atomic_load(leave) == HG_SCAN_GRANTED;
}

void hg_scan_at_end(void)
{
    if (hg_scan_on_request() && hg_counting_attached() && !hg_counting_busy && has_leave() && may_take())
        take(NULL);
}

/* In a copy. */
static bool count_lost(const hg_snapshot *from, hg_scan_tally *counts, uint32_t contexts)
{
    static hg_scan_graph graph;
    if (hg_live_is_incomplete() || !hg_scan_memory_start() || !hg_graph_build(&graph) ||
        !hg_scan_add_roots(&graph, from))
        return false;
    hg_graph_follow(&graph, hg_scan_now() + COUNT_SECONDS * INT64_C(1000000000));
    for (uint32_t i = 0; i < graph.count && !graph.out_of_time; i++) {
        uint32_t context = hg_node_context(&graph.nodes[i]);
        if (context >= contexts || hg_graph_is_mapping(&graph, i))
            continue;
        hg_scan_tally *count = &counts[context];
        *(graph.at[i] >= HG_GRAPH_LOST ? &count->lost : &count->held) += 1;
    }
    return !graph.out_of_time;
}

/* Whether the copy came to its end. */
static __attribute__((noinline)) bool count_in_copy(hg_snapshot *now, hg_scan_tally *counts,
                                                    uint32_t contexts)
{
    hg_tag_key key = *hg_counting_key();
    int status;
    __builtin_unwind_init();
    now->stacks[0].pointer = hg_stack_pointer();
    hg_locks_take_all();
    name_modules(now);
    now->known_count = hg_thread_stacks(now->known, HG_SCAN_MOST_THREADS);
    long copy = copy_process();
    if (copy == 0) {
        set_up_copy();
        hg_counting_only_here.key = key;
        _exit(count_lost(now, counts, contexts) ? 0 : 1);
    }
    hg_locks_give_back_all();
    return copy > 0 && waitpid((pid_t)copy, &status, __WALL) == copy && status == 0;
}

bool hg_scan_count_lost(hg_scan_tally *counts, uint32_t contexts)
{
    hg_snapshot *now = hg_scan_reserve(sizeof *now);
    int fd;
    if (!now || hg_scan_file_create(&now->file, &fd) < 0)
        return false;
    syscall(SYS_close, fd);
    has_own_key = has_own_key || pthread_key_create(&own_key, NULL) == 0;
    note_process(now);
    return count_in_copy(now, counts, contexts);
}

void hg_scan_run(const hg_snapshot *from)
{
    static hg_scan_graph graph;
    hg_scan_header *header = from->file.header;
    int64_t begun = hg_scan_now();
    int64_t begun_by_clock = now_ns();
    int64_t deadline = begun + SCAN_SECONDS * INT64_C(1000000000);
    const char *failure = NULL;
    if (hg_live_is_incomplete())
        failure = "there was no memory for the index of blocks";
    else if (!hg_scan_memory_start())
        failure = "the program sees no /proc/self/maps, as after a change of its root";
    else if (!hg_graph_build(&graph))
        failure = graph.failure;
    else if (!hg_scan_add_roots(&graph, from))
        failure = "there is no memory for the scan";
    if (!failure) {
        hg_graph_follow(&graph, deadline);
        failure = hg_scan_paths(&graph, from);
    }
    /* Who holds the blocks is known, whatever becomes of that. */
    const char *less =
        !failure && header->wants_retained ? hg_scan_retained_by_roots(&graph, &from->file, deadline) : NULL;
    if (less)
        snprintf(header->message, sizeof header->message, "%s", less);
    header->blocks = graph.count;
    header->unread_bytes = graph.words.unread_bytes;
    header->scan_ns = hg_scan_now() - begun;
    header->scan_wall_ns = now_ns() - begun_by_clock;
    if (failure)
        fail(&from->file, failure, 0);
    else
        atomic_store(&header->state, HG_SCAN_DONE);
}
