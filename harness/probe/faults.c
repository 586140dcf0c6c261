#include "probe/faults.h"

#include "probe/context.h"
#include "probe/counting.h"
#include "probe/crash.h"
#include "probe/live.h"
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

bool hg_faults_wanted;
bool hg_faults_private;

typedef enum fault_state { FAULT_OFF, FAULT_ARMED, FAULT_FAILING } fault_state;

/* What is known of a context: nothing, that it is of no fault point, or the point's number, from here. */
enum { NOT_ASKED, OF_NO_POINT, OF_POINT };

static hg_torture_area area;
static struct {
    _Atomic uint32_t state;  /* fault_state */
    _Atomic uint32_t calls;  /* since it was armed */
    _Atomic uint32_t beside; /* a set: what fails from then on */
    hg_torture_job job;
    hg_torture_slot *slot;
    _Atomic uint32_t *points; /* [HG_CALLS][HG_MAX_CONTEXTS] */
    uint32_t contexts;        /* that there were when it was armed */
    uintptr_t linker_begin, linker_end;
} now;

/* Of this thread: the last question was answered with a fault; the next one will be. */
static __thread volatile bool struck, again;

hg_torture_area *heapgate_probe_torture(void)
{
    return hg_faults_wanted ? &area : NULL;
}

static void find_linker(void)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)getauxval(AT_BASE), &object) != 0)
        return;
    now.linker_begin = (uintptr_t)object.dlfo_map_start;
    now.linker_end = (uintptr_t)object.dlfo_map_end;
}

void hg_faults_start(const char *path)
{
    if (hg_torture_area_open(path, &area) < 0)
        return;
    void *points = mmap(NULL, (size_t)HG_CALLS * HG_MAX_CONTEXTS * sizeof *now.points, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (points == MAP_FAILED || !hg_live_start())
        return;
    now.points = points;
    find_linker();
    hg_faults_wanted = true;
    hg_faults_private = area.header->role != HG_TORTURE_LEARN;
}

static uint32_t context_of(hg_caller caller, hg_call call)
{
    bool opens = call == HG_CALL_OPEN || call == HG_CALL_SOCKET || call == HG_CALL_PIPE;
    bool allocates = !opens && call != HG_CALL_MMAP;
    hg_thread *thread = allocates ? hg_counting_thread() : hg_counting_thread_anywhere();
    hg_counting_enter();
    uint32_t context = opens                  ? hg_context_find_descriptor(thread, caller)
                       : call == HG_CALL_MMAP ? hg_context_find_mapping(thread, caller)
                                              : hg_context_find(thread, caller);
    hg_counting_leave();
    return context;
}

static uint32_t look_up_point(uint32_t context, hg_call call)
{
    const hg_record *record = &hg_counting_record;
    const hg_record_context *known = &record->contexts[context];
    uint64_t stack = hg_torture_call_hash(
        hg_torture_hash(record->frames + known->first_frame, known->frame_count, record->modules), call);
    uint32_t low = 0;
    uint32_t high = area.header->targets < HG_MAX_CONTEXTS ? area.header->targets : HG_MAX_CONTEXTS;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (area.targets[middle].stack == stack)
            return OF_POINT + area.targets[middle].point;
        if (area.targets[middle].stack < stack)
            low = middle + 1;
        else
            high = middle;
    }
    return OF_NO_POINT;
}

static bool is_of_point(uint32_t context, hg_call call)
{
    if (context == HG_CONTEXT_NONE)
        return false;
    _Atomic uint32_t *place = &now.points[(size_t)call * HG_MAX_CONTEXTS + context];
    uint32_t known = atomic_load_explicit(place, memory_order_relaxed);
    if (known == NOT_ASKED) {
        known = look_up_point(context, call);
        atomic_store_explicit(place, known, memory_order_relaxed);
    }
    return known == OF_POINT + now.job.point;
}

/* Threads that make calls of one stack at the same time may be counted as fewer. */
static void count_in_op(hg_torture_often *often, uint64_t op)
{
    bool goes_on = atomic_load_explicit(&often->now_op, memory_order_relaxed) == op;
    uint32_t calls = goes_on ? atomic_load_explicit(&often->now_calls, memory_order_relaxed) + 1 : 1;
    uint64_t known = atomic_load_explicit(&often->op, memory_order_relaxed);
    atomic_store_explicit(&often->now_op, op, memory_order_relaxed);
    atomic_store_explicit(&often->now_calls, calls, memory_order_relaxed);
    if (known == 0 || known == op ||
        (calls > 1 && atomic_load_explicit(&often->calls, memory_order_relaxed) == 1)) {
        atomic_store_explicit(&often->op, op, memory_order_relaxed);
        atomic_store_explicit(&often->calls, calls, memory_order_relaxed);
    }
}

/* The op in which a stack makes the call first. Ops have one number at a time, whichever thread calls. */
static void learn(uint32_t context, hg_call call)
{
    uint64_t op = atomic_load_explicit(&area.header->op, memory_order_relaxed);
    uint64_t never = 0;
    if (op == 0)
        return;
    atomic_fetch_add_explicit(&area.header->allocations, 1, memory_order_relaxed);
    if (op <= HG_TORTURE_MOST_JOBS)
        atomic_fetch_add_explicit(&area.jobs[op - 1].number, 1, memory_order_relaxed);
    if (context == HG_CONTEXT_NONE)
        return;
    atomic_compare_exchange_strong(&area.first_ops[context], &never, op);
    atomic_fetch_or_explicit(&area.calls[context], 1u << call, memory_order_relaxed);
    count_in_op(&area.often[context], op);
}

static bool is_of_linker(hg_caller caller)
{
    uintptr_t address = hg_caller_address(caller);
    return address >= now.linker_begin && address < now.linker_end;
}

static void note_place(uint32_t context)
{
    const hg_record *record = &hg_counting_record;
    const hg_record_context *known = &record->contexts[context];
    uint32_t depth = context != HG_CONTEXT_NONE ? known->frame_count : 0;
    for (uint32_t i = 0; i < depth && i < HG_MAX_DEPTH; i++) {
        hg_record_frame frame = record->frames[known->first_frame + i];
        now.slot->fault[i] = hg_crash_frame(now.slot, &record->modules[frame >> 48], frame & 0xffffffffffffu);
        now.slot->fault_frames = i + 1;
    }
}

/* Whether the fault is due. In the mode of one fault, one thread alone is told so. */
static bool is_due(hg_caller caller, hg_call call)
{
    uint32_t state = atomic_load(&now.state);
    if (state == FAULT_OFF || is_of_linker(caller))
        return false;
    if (state == FAULT_FAILING)
        return (atomic_load(&now.beside) >> call & 1u) != 0;
    bool any = now.job.point == HG_TORTURE_ANY_POINT;
    if ((!any && !is_of_point(context_of(caller, call), call)) ||
        atomic_fetch_add(&now.calls, 1) + 1 != now.job.number)
        return false;
    if (any) {
        note_place(context_of(caller, call));
        now.slot->fault_call = call;
    }
    atomic_store(&now.beside, area.header->calls & hg_calls_beside(call));
    return atomic_compare_exchange_strong(&now.state, &state,
                                          now.job.mode == HG_TORTURE_ONCE ? FAULT_OFF : FAULT_FAILING);
}

/* Any process of this user may attach. */
static void wait_for_debugger(void)
{
    _Atomic uint32_t *debugger = &area.header->debugger;
    uint32_t wanted = HG_DEBUGGER_WANTED;
    if (!atomic_compare_exchange_strong(debugger, &wanted, HG_DEBUGGER_AWAITED))
        return;
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    while (atomic_load(debugger) == HG_DEBUGGER_AWAITED)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* Here a debugger stops. */
__attribute__((noinline, visibility("default"))) void heapgate_fault(void);
void heapgate_fault(void)
{
    atomic_fetch_add(&now.slot->struck, 1);
    wait_for_debugger();
}

bool hg_faults_strike(hg_caller caller, hg_call call)
{
    if (hg_counting_busy || !hg_counting_attached())
        return false;
    int saved_errno = errno;
    bool wanted = (area.header->calls >> call & 1u) != 0;
    if (!hg_faults_private && wanted && !is_of_linker(caller))
        learn(context_of(caller, call), call);
    struck = hg_faults_private && (again || (wanted && is_due(caller, call)));
    again = false;
    errno = saved_errno;
    if (!struck)
        return false;
    heapgate_fault();
    errno = hg_call_error(call);
    return true;
}

void hg_faults_repeat(void)
{
    again = struck;
    struck = false;
}

void heapgate_probe_torture_begin(hg_torture_slot *slot)
{
    now.slot = slot;
    /* Descriptors are counted only by whom the record belongs to. */
    atomic_store(&hg_counting_record.header->owner, (int32_t)getpid());
    hg_crash_watch(slot);
}

void heapgate_probe_torture_arm(const hg_torture_job *job)
{
    if (job) {
        now.job = *job;
        now.contexts = hg_record_contexts(&hg_counting_record);
    } else if (atomic_load(&now.slot->struck) > 0) {
        hg_faults_note_after(now.contexts, now.slot);
    }
    atomic_store(&now.calls, 0);
    again = struck = false;
    atomic_store(&now.state, job ? FAULT_ARMED : FAULT_OFF);
}

void heapgate_probe_torture_count(bool is_reference, hg_torture_slot *slot)
{
    hg_faults_count(is_reference, slot);
}
