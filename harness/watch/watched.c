#include "watch/watched.h"

#include "record/checkpoint.h"
#include "record/memory_files.h"
#include "watch/outside.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* With more open files than that, one checkpoint in so many asks what they are. */
enum { MANY_FILES = 512, RARELY = 8 };

/* A checkpoint that costs more than CHEAP_NS takes at most one part in so many of the time. */
#define CHEAP_NS   INT64_C(1000000)
#define COST_SHARE INT64_C(10)

/* To look for segments of System V takes at most one part in so many: the system may have thousands. */
#define SEGMENTS_SHARE INT64_C(20)

/* How often the cost of counting is looked at; it takes at most one part in so many of our own time. */
#define LOOK_AT_BUDGET_NS INT64_C(50000000)
#define BUDGET_SHARE      INT64_C(20)

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Processor time of this thread: on a busy machine, others' time is no cost. */
static int64_t spent_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int hg_watched_start(pid_t process, int exit_fd, const hg_record *record, int record_fd,
                     hg_watched *ret_watched)
{
    hg_rounds rounds;
    hg_tallies tallies = {0};
    if (!hg_rounds_init(&rounds) || !hg_tallies_init(record_fd, &tallies)) {
        hg_rounds_free(&rounds);
        hg_tallies_free(&tallies);
        return -ENOMEM;
    }
    *ret_watched = (hg_watched){
        .process = process,
        .exit_fd = exit_fd,
        .record = *record,
        .record_fd = record_fd,
        .perf_map = -1,
        .rounds = rounds,
        .tallies = tallies,
        .wall_ns = now_ns(),
    };
    /* Byte for byte, for it will be compared so. */
    memcpy(&ret_watched->layout, record->header, sizeof ret_watched->layout);
    hg_outside_program(process, ret_watched->program, sizeof ret_watched->program);
    return 0;
}

void hg_watched_free(hg_watched *watched)
{
    if (watched->exit_fd >= 0)
        close(watched->exit_fd);
    if (watched->record.header)
        close(watched->record_fd);
    if (watched->record.header && watched->perf_map >= 0)
        close(watched->perf_map);
    hg_record_close(&watched->record);
    hg_rounds_free(&watched->rounds);
    hg_tallies_free(&watched->tallies);
    watched->exit_fd = watched->record_fd = watched->perf_map = -1;
}

bool hg_watched_attached(hg_watched *watched)
{
    if (!watched->attached && atomic_load(&watched->record.header->owner) != 0) {
        watched->attached = true;
        watched->attached_ns = watched->wall_ns = now_ns();
    }
    return watched->attached;
}

bool hg_watched_intact(hg_watched *watched)
{
    const hg_record_header *header = watched->record.header;
    bool intact = memcmp(header, &watched->layout, offsetof(hg_record_header, owner)) == 0 &&
                  atomic_load(&header->contexts) <= HG_MAX_CONTEXTS &&
                  atomic_load(&header->closed) <= watched->record.epochs;
    watched->damaged |= !intact;
    return intact;
}

uint64_t hg_watched_allocated(hg_watched *watched)
{
    if (watched->full || !hg_watched_intact(watched))
        return watched->allocated_bytes;
    return watched->allocated_bytes +
           hg_tallies_sums(&watched->tallies, &watched->record, watched->noted).bytes;
}

static bool has_row(const hg_record *record, uint32_t context, uint32_t epoch)
{
    return (atomic_load(&record->contexts[context].flags) & HG_CONTEXT_LIVE) != 0 &&
           hg_record_has_row(record, context, epoch);
}

/* Rows that are in the rounds need no memory in the record any more. */
static void discard_rows(const hg_record *record, uint32_t epoch)
{
    const size_t bytes = record->epochs * sizeof(hg_record_live);
    if (bytes % (size_t)sysconf(_SC_PAGESIZE) != 0)
        return;
    uint32_t contexts = hg_record_contexts(record);
    for (uint32_t context = 0; context < contexts; context++)
        if (has_row(record, context, epoch))
            madvise(hg_record_live_row(record, context, epoch), bytes, MADV_REMOVE);
}

/* A new program in the process makes a control of its own. */
static bool was_replaced(hg_watched *watched)
{
    uint32_t before = watched->control_context;
    watched->control_context = watched->record.header->control_context;
    return before != HG_CONTEXT_NONE && watched->control_context != before;
}

/* What is resident for the probe alone, of so many bytes in all. It does not become less, but none of it is
 * found while a forked child shares it, nor once the process has ended. */
static int64_t count_probe(hg_watched *watched, pid_t living, int64_t resident)
{
    const hg_record_header *header = watched->record.header;
    uint32_t count = atomic_load(&header->own_ranges);
    int64_t sum = 0;
    for (uint32_t i = 0; i < count && i < HG_MOST_OWN_RANGES; i++)
        sum += hg_outside_private(living, atomic_load(&header->own[i].begin),
                                  atomic_load(&header->own[i].bytes));
    if (sum > watched->probe_bytes)
        watched->probe_bytes = sum;
    return watched->probe_bytes < resident ? watched->probe_bytes : resident;
}

/* A process that ended since its last checkpoint is as it was before. */
static hg_outside look_at(hg_watched *watched, pid_t living)
{
    const hg_rounds *rounds = &watched->rounds;
    /* To ask what each of very many files is takes longer than all else. */
    bool thorough = watched->open_files < MANY_FILES || watched->noted % RARELY == 0;
    hg_outside seen = hg_outside_look(watched->process, thorough);
    if (seen.resident_bytes >= 0)
        seen.resident_bytes -= count_probe(watched, living, seen.resident_bytes);
    if (seen.resident_bytes >= 0 || rounds->count == 0)
        return seen;
    const hg_record_sample *before = &rounds->samples[rounds->count - 1];
    return (hg_outside){.resident_bytes = before->resident_bytes,
                        .shared_bytes = -1,
                        .open_files = before->open_files,
                        .threads = before->threads,
                        .cpu_ns = watched->cpu_ns};
}

static void expect_control(hg_watched *watched, uint32_t epoch)
{
    watched->has_control[epoch] = true;
    watched->controls++;
}

static int64_t find_segments_apart(hg_watched *watched)
{
    int64_t begin = spent_ns();
    if (now_ns() < watched->segments_due)
        return watched->segments_apart;
    watched->segments_apart = hg_memory_segments_of(watched->process).apart;
    watched->segments_due = now_ns() + SEGMENTS_SHARE * (spent_ns() - begin);
    return watched->segments_apart;
}

/* The record's pages may be the process's, or ours alone: those that come are never taken for its growth. */
static void note_shared(hg_watched *watched, const hg_outside *seen)
{
    struct stat record;
    if (seen->shared_bytes < 0 || seen->shared_resident_bytes < 0 || fstat(watched->record_fd, &record) != 0)
        return;
    watched->shared = (hg_rounds_shared){
        .mapped = seen->shared_bytes,
        .resident = seen->shared_resident_bytes - (int64_t)record.st_blocks * 512,
        .held = seen->held_bytes < 0 ? watched->shared.held : seen->held_bytes,
        .segments = seen->segment_bytes + find_segments_apart(watched),
    };
}

/* Whether it runs another program than at the last look. */
static bool note_program(hg_watched *watched, pid_t living)
{
    char before[PATH_MAX];
    memcpy(before, watched->program, sizeof before);
    hg_outside_program(living, watched->program, sizeof watched->program);
    return strcmp(before, watched->program) != 0;
}

/* Of a process that is ending nothing is found, and what was found before still holds. */
static void find_own_memory(hg_watched *watched, pid_t living, bool is_another)
{
    hg_own_memory found = hg_own_memory_find(living);
    if (found.what || found.calls_malloc || is_another)
        watched->own = found;
}

bool hg_watched_is_another(const hg_watched *watched, const char *program)
{
    uint32_t modules = atomic_load(&watched->record.header->modules);
    for (uint32_t i = 1; i < modules; i++)
        if (strcmp(watched->record.modules[i].path, program) == 0)
            return false;
    return modules > 1 && program[0] != '\0';
}

void hg_watched_note_limit(hg_watched *watched)
{
    struct rlimit limit;
    if (prlimit(watched->process, RLIMIT_AS, NULL, &limit) == 0)
        watched->most_addresses = limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur;
}

/* The context that opened a descriptor, from the probe's own table in the process. */
static uint32_t opener_of(const hg_watched *watched, int descriptor)
{
    uint32_t entry = 0;
    uint64_t table = atomic_load(&watched->record.header->descriptors);
    struct iovec here = {.iov_base = &entry, .iov_len = sizeof entry};
    if (table == 0 || descriptor < 0 || (unsigned)descriptor >= HG_MOST_DESCRIPTORS)
        return HG_CONTEXT_NONE;
    struct iovec there = {.iov_base = (void *)(uintptr_t)(table + (unsigned)descriptor * sizeof entry),
                          .iov_len = sizeof entry};
    if (process_vm_readv(watched->process, &here, 1, &there, 1, 0) != (ssize_t)sizeof entry)
        return HG_CONTEXT_NONE;
    uint32_t context = entry >> HG_DESCRIPTOR_EPOCH_BITS;
    return context < hg_record_contexts(&watched->record) ? context : HG_CONTEXT_NONE;
}

static void note_held(hg_watched *watched, const hg_outside *seen)
{
    if (seen->held_bytes <= watched->shared.held)
        return;
    hg_outside_file(watched->process, seen->largest_held, watched->held_file, sizeof watched->held_file);
    watched->held_context = opener_of(watched, seen->largest_held);
}

/* Whether more is looked at than at other checkpoints: so rarely that its cost is no matter. */
static bool is_thorough_epoch(const hg_watched *watched)
{
    return (watched->noted & (watched->noted - 1)) == 0;
}

/* The checkpoint as seen from here. */
static hg_record_sample describe(hg_watched *watched, uint32_t epoch)
{
    const hg_record *record = &watched->record;
    hg_tally_sums sums = hg_tallies_sums(&watched->tallies, record, epoch);
    pid_t living = hg_outside_living(watched->process);
    hg_outside seen = look_at(watched, living);
    int64_t wall_ns = now_ns();
    hg_watched_note_limit(watched);
    watched->allocations += (int64_t)sums.blocks;
    watched->allocated_bytes += sums.bytes;
    watched->largest_block = sums.largest_block;
    if (sums.own_blocks > 0)
        expect_control(watched, epoch);
    bool became_another = note_program(watched, living);
    hg_outside_title(living, watched->title, sizeof watched->title);
    /* Modules may come late, and a sandbox too; looking for them at every checkpoint would be much work. */
    if (is_thorough_epoch(watched)) {
        find_own_memory(watched, living, became_another);
        watched->sandboxed |= hg_outside_is_sandboxed(watched->process);
        if (watched->perf_map < 0)
            watched->perf_map = hg_outside_open_jitdump(living);
    }
    if (watched->perf_map < 0)
        watched->perf_map = hg_outside_open_perf_map(living);
    hg_record_sample sample = {
        .ops = (int64_t)watched->asked,
        .allocations = watched->allocations,
        .resident_bytes = seen.resident_bytes,
        .allocated_bytes = -1,
        .mapped_bytes = -1,
        .open_files = seen.open_files,
        .threads = seen.threads,
        .wall_ns = wall_ns - watched->wall_ns,
        .cpu_ns = seen.cpu_ns - watched->cpu_ns,
        .control_blocks = watched->controls,
        .mappings = -1,
    };
    watched->wall_ns = wall_ns;
    watched->cpu_ns = seen.cpu_ns;
    note_held(watched, &seen);
    note_shared(watched, &seen);
    if (seen.open_files > watched->open_files)
        hg_outside_newest_file(living, watched->newest_file, sizeof watched->newest_file);
    watched->open_files = seen.open_files;
    return sample;
}

/*
 * A thread that was held up may count its block, and make the control, in an epoch that was closed meanwhile.
 * To be asked before the checkpoint that will find this control.
 */
static void add_late_controls(hg_watched *watched)
{
    if (watched->self_described)
        return;
    for (uint32_t epoch = 0; epoch < watched->noted; epoch++)
        if (!watched->has_control[epoch] &&
            hg_tallies_sums(&watched->tallies, &watched->record, epoch).own_blocks > 0) {
            expect_control(watched, epoch);
            hg_rounds_add_control(&watched->rounds, epoch);
        }
}

/* Of descriptors whose opening the probe saw, those that were open at a checkpoint which has rows. */
static int64_t known_descriptors(const hg_record *record, uint32_t epoch)
{
    int64_t sum = 0;
    uint32_t contexts = hg_record_contexts(record);
    for (uint32_t context = 0; context < contexts; context++) {
        if (!has_row(record, context, epoch) || !hg_record_is_descriptor(record, context))
            continue;
        const hg_record_live *row = hg_record_live_row(record, context, epoch);
        for (uint32_t birth = 0; birth <= epoch; birth++)
            sum = hg_count_sum(sum, row[birth].blocks);
    }
    return sum;
}

/* A fast program closes many epochs between two looks at it: what it had open at each of them, its rows tell;
 * what of that the probe did not see opened is as many in all of them. */
static int64_t descriptors_at(const hg_watched *watched, uint32_t epoch, int64_t open_files)
{
    uint32_t closed = atomic_load(&watched->record.header->closed);
    if (open_files < 0 || closed <= epoch || closed > watched->record.epochs)
        return open_files;
    int64_t unknown = open_files - known_descriptors(&watched->record, closed - 1);
    return hg_count_sum(known_descriptors(&watched->record, epoch), unknown > 0 ? unknown : 0);
}

/* Brings a closed epoch into the rounds; its counts come from the record's rows, or from the counters. */
static void note(hg_watched *watched, bool has_rows)
{
    const hg_record *record = &watched->record;
    uint32_t epoch = watched->noted++;
    hg_record_sample sample = watched->self_described ? record->samples[epoch] : describe(watched, epoch);
    if (has_rows && !watched->self_described)
        sample.open_files = descriptors_at(watched, epoch, sample.open_files);
    bool is_new = was_replaced(watched);
    watched->rounds.control_context = watched->control_context;
    watched->probe_bytes = is_new ? 0 : watched->probe_bytes;
    if (is_new)
        hg_rounds_restart(&watched->rounds, epoch + 1, sample.control_blocks);
    else
        hg_rounds_open(&watched->rounds, epoch, &sample);
    if (has_rows)
        hg_rounds_add(&watched->rounds, record, epoch);
    else if (!is_new)
        hg_tallies_add(&watched->tallies, record, epoch, &watched->rounds);
    if (!is_new) {
        hg_rounds_alive *alive = &watched->rounds.alive[watched->rounds.count - 1];
        alive->shared = watched->shared;
        alive->largest_block = watched->largest_block;
        alive->strangers = atomic_load(&record->header->untagged_frees);
    }
    if (has_rows)
        discard_rows(record, epoch);
    watched->full = watched->noted == record->epochs;
}

bool hg_watched_is_exiting(hg_watched *watched)
{
    if (!watched->attached || !atomic_load(&watched->record.header->exiting))
        return false;
    int64_t now = now_ns();
    if (watched->exiting_ns == 0)
        watched->exiting_ns = now;
    return now - watched->exiting_ns < (watched->exiting_ns - watched->attached_ns) / 2;
}

static void take(hg_watched *watched)
{
    if (watched->full || !hg_watched_intact(watched))
        return;
    watched->pending = 0;
    add_late_controls(watched);
    /* Nobody else takes checkpoints of it. */
    watched->damaged = atomic_load(&watched->record.header->closed) != watched->noted;
    int64_t begin = spent_ns();
    if (!watched->damaged && hg_checkpoint_close(&watched->record))
        note(watched, false);
    /* It may have begun to tidy up while it was looked at. */
    if (watched->exiting_ns == 0 && hg_watched_is_exiting(watched))
        hg_rounds_drop_last(&watched->rounds);
    if (!is_thorough_epoch(watched))
        watched->cost_ns = spent_ns() - begin;
}

/* From the next epoch on, which begins now, in the round that is running. False if it cannot. */
static bool follow_one_in(hg_watched *watched, uint32_t one_in)
{
    hg_record *record = &watched->record;
    hg_record_header *header = record->header;
    uint32_t epoch = watched->noted;
    if (epoch + 2 >= record->epochs || atomic_load(&header->closed) != epoch ||
        atomic_load(&header->can_follow_some) == 0)
        return false;
    for (uint32_t later = epoch + 1; later < record->epochs; later++)
        atomic_store(&header->one_in[later], one_in);
    add_late_controls(watched);
    hg_checkpoint_close(record);
    hg_tally_sums sums = hg_tallies_sums(&watched->tallies, record, epoch);
    watched->allocations += (int64_t)sums.blocks;
    watched->allocated_bytes += sums.bytes;
    if (sums.own_blocks > 0)
        expect_control(watched, epoch);
    watched->rounds.round_of[epoch] = (uint8_t)watched->rounds.count;
    watched->noted++;
    return true;
}

int64_t hg_watched_keep_to_budget(hg_watched *watched)
{
    hg_budget *budget = &watched->budget;
    int64_t now = now_ns();
    if (budget->share <= 0)
        return INT64_MAX;
    if (now < watched->budget_due)
        return watched->budget_due;
    watched->budget_due = now + LOOK_AT_BUDGET_NS;
    if (!hg_watched_attached(watched) || watched->full || !hg_watched_intact(watched) ||
        hg_watched_is_exiting(watched))
        return watched->budget_due;
    int64_t begin = spent_ns();
    const hg_budget_seen seen = {
        .allocations = watched->allocations +
                       (int64_t)hg_tallies_sums(&watched->tallies, &watched->record, watched->noted).blocks,
        .cpu_ns = hg_outside_processor_ns(watched->process),
        .stacks = hg_record_contexts(&watched->record),
        .walks = (int64_t)atomic_load(&watched->record.header->unwinds),
    };
    uint32_t wanted = seen.cpu_ns < 0 ? budget->one_in : hg_budget_look(budget, now, &seen);
    if (wanted != budget->one_in && follow_one_in(watched, wanted))
        hg_budget_follow(budget, now, wanted);
    int64_t pause = BUDGET_SHARE * (spent_ns() - begin);
    if (pause > LOOK_AT_BUDGET_NS)
        watched->budget_due = now + pause;
    return watched->budget_due;
}

void hg_watched_advance(hg_watched *watched, uint64_t asked)
{
    watched->asked += asked;
    watched->pending += asked;
    bool affordable =
        watched->cost_ns < CHEAP_NS || now_ns() - watched->wall_ns > COST_SHARE * watched->cost_ns;
    if (watched->pending >= hg_rounds_next_length(&watched->rounds) && affordable &&
        !hg_watched_is_exiting(watched))
        take(watched);
}

int64_t hg_watched_peek(hg_watched *watched)
{
    int64_t allocations;
    if (!hg_watched_intact(watched))
        return -1;
    hg_record_live live = hg_checkpoint_peek(&watched->record, &allocations);
    watched->most_live = live.bytes > watched->most_live ? live.bytes : watched->most_live;
    return live.bytes;
}

void hg_watched_end(hg_watched *watched)
{
    uint32_t before = watched->noted;
    hg_watched_peek(watched);
    if (!watched->self_described)
        take(watched);
    watched->has_end = watched->noted > before && watched->rounds.count > 0;
}

uint32_t hg_watched_follow(hg_watched *watched)
{
    uint32_t followed = 0;
    if (!hg_watched_intact(watched))
        return 0;
    const hg_record_header *header = watched->record.header;
    /* A sample that the process writes comes after the checkpoint. */
    uint32_t closed = atomic_load(watched->self_described ? &header->checkpoints : &header->closed);
    closed = closed < watched->record.epochs ? closed : watched->record.epochs;
    while (watched->noted < closed && !watched->full) {
        add_late_controls(watched);
        watched->asked += hg_rounds_next_length(&watched->rounds);
        note(watched, true);
        followed++;
    }
    return followed;
}
