/*
 * The runner: the small program that loads a workload and calls its rounds, inside the measured process.
 *
 *     heapgate-runner PLUGIN
 *
 * The driver starts it with the record's path in the environment and, for rounds, the probe preloaded. What
 * it is to do stands in the record (hg_run_plan), and so does what happened: it judges nothing and prints
 * nothing. It allocates nothing during rounds but the control.
 *
 * The control is a leak of known rate, made at a site of its own: CONTROL_BYTES once in CONTROL_EVERY ops, at
 * least once a round, and in long rounds CONTROLS_A_ROUND times: thousands of small blocks that stay would
 * fragment the heap that is to be watched. The analysis must find it again; a harness that cannot see its own
 * leak says nothing about others.
 *
 * With HEAPGATE_MARKS another tool watches instead of the probe (marks.h): the same rounds, marked for that
 * tool, without a control and without the workload's teardown.
 *
 * A soak goes on until it is told to end (told_to_end in the record). Its first epoch is the warm-up, as
 * fast as it goes; then an op is due every period_ns, or with 0 as soon as the one before is done, and an
 * epoch has hg_epoch_length times round_ops ops. Its control is one block an epoch, so that a long one does
 * not take the memory that it is to watch.
 */

#include "record/checkpoint.h"
#include "record/record.h"
#include "runner/allocator_stats.h"
#include "runner/fuzz_corpus.h"
#include "runner/fuzz_target.h"
#include "runner/linkage.h"
#include "runner/loaded.h"
#include "runner/low_water.h"
#include "runner/marks.h"
#include "runner/pace.h"
#include "runner/round_lengths.h"
#include "runner/system.h"
#include "runner/timing.h"
#include "runner/torture_job.h"
#include "runner/workload_clock.h"
#include <dlfcn.h>
#include <errno.h>
#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CONTROL_BYTES = 64, CONTROL_EVERY = 100, CONTROLS_A_ROUND = 10 };
#define LOOK_EVERY_NS INT64_C(1000000000) /* at the allocator's figures, in a soak */

_Static_assert(sizeof((hg_record_header){0}.input) == HG_INPUT_NAME, "a name is copied whole");

/* A soak while it runs. */
typedef struct soak {
    hg_pace pace;
    uint64_t done; /* ops */
    int64_t look_at;
} soak;

/* What counts: the probe, or another tool, which has no contexts and gets no control. */
typedef struct probe_link {
    int64_t (*checkpoint)(void);
    uint32_t (*context)(void *);
    bool (*attached)(void);
    void (*live)(int64_t *ret_blocks, int64_t *ret_bytes);
} probe_link;

static hg_record record;
static hg_limits limits;
static int64_t control_blocks;
static char *volatile latest_control; /* those before it are lost */
static hg_low_water low_water;        /* of the round that runs */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(record.header->message, sizeof record.header->message, format, arguments);
    va_end(arguments);
}

static void enter_phase(hg_phase phase)
{
    atomic_store(&record.header->phase, phase);
}

/* A symbol's address as the function pointer behind ret_function; NULL where it is not exported. */
static void find(void *library, const char *name, void *ret_function)
{
    void *symbol = dlsym(library, name);
    memcpy(ret_function, &symbol, sizeof symbol);
}

/* The workload's strings are copied, and cut to fit. */
static void note_info(const struct heapgate_info *info)
{
    hg_record_header *header = record.header;
    if (info->name)
        snprintf(header->workload_name, sizeof header->workload_name, "%s", info->name);
    if (info->unit)
        snprintf(header->workload_unit, sizeof header->workload_unit, "%s", info->unit);
    header->default_ops = info->default_ops;
    header->warmup_ops = info->warmup_ops;
}

/* What a libFuzzer target cannot say about itself. */
static bool load_fuzz_target(loaded_workload *ret_workload)
{
    hg_record_header *header = record.header;
    ret_workload->is_fuzz_target = true;
    ret_workload->iterate = hg_fuzz_target_op;
    if (!header->workload_unit[0])
        snprintf(header->workload_unit, sizeof header->workload_unit, "input");
    return hg_fuzz_target_load(heapgate_corpus(), &header->round_ops, header->message,
                               sizeof header->message);
}

/* What to do about a library that cannot be loaded, found by what the dynamic linker says. */
static const char *load_remedy(const char *error)
{
    static const struct {
        const char *says, *remedy;
    } known[] = {
        {"executable", "; this is a program: link it with -shared -fPIC, or measure it with heapgate exec"},
        {"invalid ELF header", "; this is no shared object: build one with -shared -fPIC"},
        {"file too short", "; this is no shared object: build one with -shared -fPIC"},
        {"only ET_DYN", "; this is an object file: link it with -shared -fPIC"},
        {"ELFCLASS32", "; this is a 32-bit library: build it for the machine that heapgate runs on"},
        {"san.so.", "; compile it without -fsanitize"},
        {"symbol: __asan_", "; compile it without -fsanitize"},
        {"symbol: __hwasan_", "; compile it without -fsanitize"},
        {"symbol: __lsan_", "; compile it without -fsanitize"},
        {"symbol: __msan_", "; compile it without -fsanitize"},
        {"symbol: __tsan_", "; compile it without -fsanitize"},
        {"symbol: __ubsan_", "; compile it without -fsanitize"},
        {"symbol: __sanitizer_", "; compile it without -fsanitize"},
        {"static TLS block",
         "; an allocator that the plug-in is linked with comes too late: link it without, "
         "and name the allocator with --allocator"},
        {"undefined symbol: ", "; link the plug-in with the library or object that defines it"},
    };
    const char *musl = strstr(error, "libc.so: "); /* glibc's is libc.so.6 */
    if ((musl && (musl == error || musl[-1] == '/')) || strstr(error, "libc.musl-"))
        return "; it is linked with musl, and heapgate measures what is linked with glibc: build it with "
               "glibc";
    const char *missing = strstr(error, ": cannot open shared object file: No such file");
    if (missing && memchr(error, '/', (size_t)(missing - error)))
        return "; it was linked by that path: link it with -L and -l, to a library that has a soname";
    if (missing)
        return "; add the folder that has it, built for this machine, to LD_LIBRARY_PATH";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(error, known[i].says))
            return known[i].remedy;
    return "";
}

/* Without extern "C", C++ exports a function under a name that has its parameters. It would not be called. */
static bool has_cxx_names(void *library, const char *path)
{
    static const char *const names[] = {"heapgate_iterate", "LLVMFuzzerTestOneInput", "heapgate_setup",
                                        "heapgate_quiesce", "heapgate_teardown"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char beginning[64];
        snprintf(beginning, sizeof beginning, "_Z%zu%s", strlen(names[i]), names[i]);
        const char *found = dlsym(library, names[i]) ? NULL : hg_linkage_export(beginning);
        if (found) {
            say("%s exports %s under its C++ name, %s: write extern \"C\" before its definition", path,
                names[i], found);
            return true;
        }
    }
    return false;
}

/* Interpreters that a workload may load have arenas of their own, in which single blocks are not seen. */
static void turn_off_arenas(void)
{
    setenv("PYTHONMALLOC", "malloc", 0);
    setenv("USE_ZEND_ALLOC", "0", 0);
}

static bool load(const char *path, loaded_workload *ret_workload)
{
    turn_off_arenas();
    ret_workload->path = path;
    hg_linkage_start(record.header);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *error = dlerror();
        say("cannot load the workload: %s%s", error, load_remedy(error));
        return false;
    }
    ret_workload->linkage = hg_linkage_of(library, record.header);
    if (ret_workload->linkage == HG_LINKAGE_MISTAKE || has_cxx_names(library, path))
        return false;
    find(library, "heapgate_iterate", &ret_workload->iterate);
    find(library, "heapgate_setup", &ret_workload->setup);
    find(library, "heapgate_quiesce", &ret_workload->quiesce);
    find(library, "heapgate_teardown", &ret_workload->teardown);
    find(library, "heapgate_result", &ret_workload->result);
    const struct heapgate_info *info;
    find(library, "heapgate_info", &info);
    if (info)
        note_info(info);
    if (ret_workload->iterate)
        return true;
    if (hg_fuzz_target_find(library))
        return load_fuzz_target(ret_workload);
    say("%s does not export heapgate_iterate: define int heapgate_iterate(uint64_t i), or libFuzzer's int "
        "LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)",
        path);
    return false;
}

static bool set_up(const loaded_workload *workload)
{
    enter_phase(HG_PHASE_SETUP);
    if (workload->is_fuzz_target)
        hg_fuzz_target_start(workload->path);
    int status = workload->setup ? workload->setup() : 0;
    if (status != 0)
        say("heapgate_setup returned %d", status);
    return status == 0;
}

/* Never inlined: the control's call path ends in its frame. */
static __attribute__((noinline)) void *leak_control(void)
{
    char *block = malloc(CONTROL_BYTES);
    /* What lies in the memory from before may point to blocks, which the control does not hold. */
    if (block)
        memset(block, 0, CONTROL_BYTES);
    latest_control = block;
    return block;
}

static void run_control(const probe_link *probe)
{
    void *block = leak_control();
    if (!block)
        return;
    control_blocks++;
    if (record.header->control_context == HG_CONTEXT_NONE)
        record.header->control_context = probe->context(block);
}

static bool run_op(const loaded_workload *workload, uint64_t op)
{
    record.header->op = op;
    if (workload->is_fuzz_target)
        memcpy(record.header->input, hg_fuzz_target_input(op), sizeof record.header->input);
    int status = workload->iterate(op);
    if (status != 0)
        say("heapgate_iterate(%" PRIu64 ") returned %d", op, status);
    return status == 0;
}

/* At every checkpoint. */
static void quiesce(const loaded_workload *workload)
{
    if (!workload->quiesce)
        return;
    enter_phase(HG_PHASE_QUIESCE);
    workload->quiesce();
    enter_phase(HG_PHASE_ROUNDS);
}

/* What is alive now, without the control. A tool that watches instead of the probe does not say. */
static void note_live(const probe_link *probe)
{
    int64_t blocks, bytes;
    if (!probe->live)
        return;
    probe->live(&blocks, &bytes);
    hg_low_water_note(&low_water, blocks - control_blocks, bytes - control_blocks * CONTROL_BYTES);
}

static bool run_round(const loaded_workload *workload, const probe_link *probe, uint64_t first, uint64_t ops)
{
    uint64_t spread = record.header->run.round_ops / CONTROLS_A_ROUND;
    uint64_t control_every = spread > CONTROL_EVERY ? spread : CONTROL_EVERY;
    low_water = hg_low_water_start(ops, heapgate_seed() + first);
    for (uint64_t i = 0; i < ops; i++) {
        if (!run_op(workload, first + i))
            return false;
        if (hg_low_water_due(&low_water))
            note_live(probe);
        if (i % control_every == 0 && probe->context)
            run_control(probe);
    }
    quiesce(workload);
    note_live(probe);
    return true;
}

/* Threads at the last checkpoint, and how long those that end on their own may still be waited for. */
static int64_t settled_threads;
static uint32_t patience_ms = 250;

/* Anonymous memory but the probe's; -1 if unknown. */
static int64_t resident_bytes(void)
{
    const uint64_t most = UINT64_C(1) << 30; /* what the probe keeps of rounds is less */
    uint32_t ranges = atomic_load(&record.header->own_ranges);
    int64_t bytes = hg_system_anonymous_bytes();
    for (uint32_t i = 0; i < ranges && i < HG_MOST_OWN_RANGES && bytes >= 0; i++) {
        uint64_t size = atomic_load(&record.header->own[i].bytes);
        int64_t own =
            hg_system_resident_bytes(atomic_load(&record.header->own[i].begin), size < most ? size : 0);
        bytes = bytes > own ? bytes - own : 0;
    }
    return bytes;
}

static bool checkpoint(uint32_t epoch, const probe_link *probe, int64_t ops, hg_clock started, hg_clock ended)
{
    settled_threads = hg_system_settle_threads(settled_threads, &patience_ms);
    int64_t allocations = probe->checkpoint();
    if (allocations < 0) {
        if (record.header->message[0] == '\0')
            say("the probe stopped counting before round %u", epoch);
        return false;
    }
    hg_allocator_stats allocator = hg_allocator_stats_now();
    int64_t files = hg_system_count_entries("/proc/self/fd");
    int64_t mappings = hg_system_count_mappings();
    record.samples[epoch] = (hg_record_sample){
        .ops = ops,
        .allocations = allocations,
        .resident_bytes = resident_bytes(),
        .held_bytes = hg_system_held_bytes(record.header->held_file, sizeof record.header->held_file),
        .allocated_bytes = allocator.allocated_bytes,
        .mapped_bytes = allocator.mapped_bytes,
        .kept_bytes = allocator.kept_bytes,
        .open_files = files,
        .mappings = mappings,
        .at_limit = hg_system_at_limit(&limits, files, mappings),
        .threads = settled_threads,
        .wall_ns = ended.wall_ns - started.wall_ns,
        .cpu_ns = ended.cpu_ns - started.cpu_ns,
        .control_blocks = control_blocks,
        .control_bytes = control_blocks * CONTROL_BYTES,
        .low_samples = low_water.samples,
        .low_blocks = low_water.blocks,
        .low_bytes = low_water.bytes,
    };
    record.header->waited_ns = hg_system_delay_ns();
    record.header->reads_clock = hg_workload_clock_was_read();
    atomic_store(&record.header->checkpoints, epoch + 1);
    return true;
}

/* A fuzz target's rounds are whole passes over its inputs, and other tools compare equal ones. */
static void round_lengths(const hg_run_plan *plan, const loaded_workload *workload, const probe_link *probe,
                          uint64_t ret_lengths[HG_MAX_EPOCHS])
{
    bool equal = workload->is_fuzz_target || !probe->context || plan->time_passes;
    for (uint32_t i = 0; i < plan->warmup_rounds + plan->rounds; i++)
        ret_lengths[i] = i < plan->warmup_rounds ? plan->warmup_ops : plan->round_ops;
    if (!equal)
        hg_round_lengths(heapgate_seed(), plan->round_ops, plan->rounds, ret_lengths + plan->warmup_rounds);
}

static int64_t live_bytes(const probe_link *probe)
{
    int64_t blocks, bytes = 0;
    if (probe->live)
        probe->live(&blocks, &bytes);
    return bytes;
}

/*
 * Waits until other threads have given back half of what the round left, and do not go on. Once that has
 * taken HG_TIMED_SECONDS, it is not waited for again.
 */
static void wait_for_threads(const probe_link *probe, int64_t before)
{
    static bool in_vain;
    const int64_t still_ns = 50000000;
    const struct timespec while_ns = {.tv_nsec = 5000000};
    int64_t begun = hg_system_now_ns(), fell = begun, now = begun;
    int64_t least = live_bytes(probe);
    int64_t wanted = before + (least - before) / 2;
    if (least <= before)
        return;
    while (!in_vain && (least > wanted || now - fell < still_ns)) {
        nanosleep(&while_ns, NULL);
        now = hg_system_now_ns();
        int64_t bytes = live_bytes(probe);
        if (bytes < least) {
            least = bytes;
            fell = now;
        }
        in_vain = least > wanted && now - begun > (int64_t)(HG_TIMED_SECONDS * 1e9);
    }
}

/* What the workload keeps by the clock is to go; before: bytes alive before the round. */
static void let_time_pass(const probe_link *probe, int64_t before)
{
    const int64_t seconds = 7200;
    if (hg_system_count_entries("/proc/self/task") > 1)
        wait_for_threads(probe, before);
    else
        hg_workload_clock_forward(seconds);
}

static bool run_rounds(const hg_run_plan *plan, const loaded_workload *workload, const probe_link *probe)
{
    enter_phase(HG_PHASE_ROUNDS);
    uint32_t rounds = plan->warmup_rounds + plan->rounds;
    uint64_t lengths[HG_MAX_EPOCHS];
    uint64_t done = 0;
    round_lengths(plan, workload, probe, lengths);
    settled_threads = hg_system_count_entries("/proc/self/task");
    for (uint32_t epoch = 0; epoch < rounds; epoch++) {
        uint64_t ops = lengths[epoch];
        int64_t before = plan->time_passes ? live_bytes(probe) : 0;
        hg_clock started = hg_system_clock();
        if (!run_round(workload, probe, done, ops))
            return false;
        hg_clock ended = hg_system_clock();
        if (plan->time_passes)
            let_time_pass(probe, before);
        done += ops;
        if (!checkpoint(epoch, probe, (int64_t)done, started, ended))
            return false;
    }
    return true;
}

static bool told_to_end(void)
{
    return atomic_load_explicit(&record.header->told_to_end, memory_order_relaxed) != 0;
}

/* Now and then, between two ops, notes what only this process can find out. */
static void look_at_allocator(soak *now)
{
    int64_t time = hg_system_now_ns();
    if (time < now->look_at)
        return;
    hg_allocator_stats allocator = hg_allocator_stats_now();
    atomic_store_explicit(&record.header->allocated_bytes, allocator.allocated_bytes, memory_order_relaxed);
    atomic_store_explicit(&record.header->mapped_bytes, allocator.mapped_bytes, memory_order_relaxed);
    now->look_at = time + LOOK_EVERY_NS;
}

/*
 * Runs so many ops, or with 0 until a time, at least one. Between ops the record has the number of ops done,
 * so that a watching process sees how far it got. Stops early when told to end. False if an op failed.
 */
static bool soak_for(soak *now, const loaded_workload *workload, const probe_link *probe, uint64_t ops,
                     int64_t until)
{
    uint64_t begin = now->done;
    uint64_t end = ops ? begin + ops : UINT64_MAX;
    while (now->done < end && !told_to_end()) {
        look_at_allocator(now);
        if (!ops && now->done > begin && hg_system_now_ns() >= until)
            break;
        if (!hg_pace_due(&now->pace))
            continue;
        if (!run_op(workload, now->done))
            return false;
        record.header->op = ++now->done;
        if (hg_low_water_due(&low_water))
            note_live(probe);
    }
    return true;
}

static bool soak_epoch(soak *now, uint32_t epoch, const loaded_workload *workload, const probe_link *probe,
                       uint64_t ops, int64_t until)
{
    hg_clock started = hg_system_clock();
    run_control(probe);
    low_water = hg_low_water_start(ops, heapgate_seed() + epoch);
    if (!soak_for(now, workload, probe, ops, until))
        return false;
    hg_clock ended = hg_system_clock();
    /* A round that was cut short does not count. */
    if (told_to_end())
        return true;
    quiesce(workload);
    note_live(probe);
    return checkpoint(epoch, probe, (int64_t)now->done, started, ended);
}

/* The control's call path is the same in every epoch: there is one call of soak_epoch. */
static bool run_soak(const hg_run_plan *plan, const loaded_workload *workload, const probe_link *probe)
{
    soak now = {0};
    uint64_t unit = plan->round_ops;
    enter_phase(HG_PHASE_ROUNDS);
    for (uint32_t epoch = 0; epoch < HG_ROW_EPOCHS && !told_to_end(); epoch++) {
        uint64_t before = now.done;
        uint64_t ops = epoch == 0 ? plan->warmup_ops : unit * hg_epoch_length(epoch);
        int64_t until = ops ? 0 : hg_system_now_ns() + plan->round_ns;
        if (!soak_epoch(&now, epoch, workload, probe, ops, until))
            return false;
        if (epoch == 0)
            now.pace = hg_pace_start(plan->period_ns);
        else if (unit == 0)
            unit = now.done - before;
    }
    /* After the last epoch, without checkpoints. */
    return soak_for(&now, workload, probe, UINT64_MAX - now.done, 0);
}

/* Ops that show whether the workload itself loads a library from the subject's folder. */
static bool try_linkage(const loaded_workload *workload)
{
    enum { MOST_OPS = 1000 };
    int64_t until = hg_system_now_ns() + LOOK_EVERY_NS;
    if (!set_up(workload))
        return true; /* its cell will tell */
    enter_phase(HG_PHASE_ROUNDS);
    for (uint64_t op = 0; op < MOST_OPS && !hg_linkage_is_settled(record.header); op++) {
        bool went_well = run_op(workload, op);
        record.header->message[0] = '\0';
        if (!went_well)
            return true; /* its cell will tell */
        if (hg_system_now_ns() > until)
            break;
    }
    return hg_linkage_is_right(record.header);
}

static bool describe(const char *plugin)
{
    loaded_workload workload = {0};
    enter_phase(HG_PHASE_LOADING);
    return load(plugin, &workload) && (workload.linkage != HG_LINKAGE_OPEN || try_linkage(&workload));
}

static bool find_probe(probe_link *ret_probe)
{
    void *code = dlsym(RTLD_DEFAULT, "heapgate_probe_checkpoint");
    memcpy(&ret_probe->checkpoint, &code, sizeof code);
    find(RTLD_DEFAULT, "heapgate_probe_context", &ret_probe->context);
    find(RTLD_DEFAULT, "heapgate_probe_attached", &ret_probe->attached);
    find(RTLD_DEFAULT, "heapgate_probe_live", &ret_probe->live);
    if (!code || !ret_probe->context || !ret_probe->attached || !ret_probe->live || !ret_probe->attached()) {
        if (record.header->message[0] == '\0') /* else the probe itself says why */
            say("%s", ret_probe->attached ? "the probe could not attach to its record"
                                          : "the probe is not preloaded");
        return false;
    }
    return hg_allocator_stats_start(code, record.header);
}

/* The probe, or the tool that watches instead of it. */
static bool find_counter(const hg_run_plan *plan, const char *marks, probe_link *ret_probe)
{
    if (!marks)
        return find_probe(ret_probe);
    ret_probe->checkpoint = hg_marks_checkpoint;
    return hg_marks_start(marks, plan->warmup_rounds, plan->warmup_rounds + plan->rounds,
                          record.header->message, sizeof record.header->message);
}

/* Rounds, or a soak. */
static bool measure(const char *plugin, const hg_run_plan *plan)
{
    probe_link probe = {0};
    const char *marks = plan->task == HG_TASK_ROUNDS ? getenv(HG_ENV_MARKS) : NULL;
    if (!find_counter(plan, marks, &probe))
        return false;
    loaded_workload workload = {0};
    enter_phase(HG_PHASE_LOADING);
    if (!load(plugin, &workload) || !set_up(&workload))
        return false;
    limits = hg_system_limits();
    record.header->most_files = limits.files;
    record.header->most_mappings = limits.mappings;
    if (!(plan->task == HG_TASK_SOAK ? run_soak : run_rounds)(plan, &workload, &probe))
        return false;
    enter_phase(HG_PHASE_TEARDOWN);
    if (workload.teardown && !marks) /* a tool's "at the end" is then the last checkpoint */
        workload.teardown();
    return true;
}

/* Makes allocations fail in turn. */
static bool torture(const char *plugin)
{
    probe_link probe = {0};
    hg_torture_link link = {0};
    loaded_workload workload = {0};
    hg_torture_area *(*area)(void);
    if (!find_probe(&probe))
        return false;
    find(RTLD_DEFAULT, "heapgate_probe_torture", &area);
    find(RTLD_DEFAULT, "heapgate_probe_torture_begin", &link.begin);
    find(RTLD_DEFAULT, "heapgate_probe_torture_arm", &link.arm);
    find(RTLD_DEFAULT, "heapgate_probe_torture_count", &link.count);
    link.area = area && link.begin && link.arm && link.count ? area() : NULL;
    if (!link.area) {
        say("the probe has no memory for what it needs to make allocations fail");
        return false;
    }
    enter_phase(HG_PHASE_LOADING);
    if (!load(plugin, &workload))
        return false;
    link.area->header->has_result = workload.result != NULL;
    if (!set_up(&workload))
        return false;
    enter_phase(HG_PHASE_ROUNDS);
    return hg_torture_run(&link, &workload, record.header);
}

/* Times ops, or finds out how many to time. */
static bool take_time(const char *plugin, const hg_run_plan *plan)
{
    hg_record_header *header = record.header;
    loaded_workload workload = {0};
    enter_phase(HG_PHASE_LOADING);
    if (!load(plugin, &workload) || !set_up(&workload))
        return false;
    enter_phase(HG_PHASE_ROUNDS);
    return (plan->task == HG_TASK_PACE ? hg_speed_pace : hg_speed_run)(
        &workload, plan->warmup_ops, plan->round_ops, &header->speed, &header->op);
}

static bool is_possible(const hg_run_plan *plan)
{
    uint32_t epochs = record.header->epochs;
    if (plan->task == HG_TASK_ROUNDS)
        return plan->warmup_rounds + plan->rounds == epochs && plan->round_ops > 0;
    if (plan->task == HG_TASK_SOAK)
        return epochs == HG_ROW_EPOCHS && plan->warmup_ops > 0 && plan->period_ns >= 0;
    return true;
}

static bool run(const char *plugin, const hg_run_plan *plan)
{
    bool done = plan->task == HG_TASK_DESCRIBE                              ? describe(plugin)
                : plan->task == HG_TASK_TORTURE                             ? torture(plugin)
                : plan->task == HG_TASK_SPEED || plan->task == HG_TASK_PACE ? take_time(plugin, plan)
                                                                            : measure(plugin, plan);
    if (done)
        enter_phase(HG_PHASE_DONE);
    return done;
}

int main(int argc, char **argv)
{
    const char *path = getenv(HG_ENV_RECORD);
    int status = argc == 2 && path ? hg_record_open_samples(path, &record) : -EINVAL;
    if (status < 0) {
        fprintf(stderr, "heapgate-runner: %s\n",
                status == -EPROTO ? "of another build than heapgate, which started it"
                                  : "started by heapgate, not by hand");
        return HG_RUNNER_USAGE;
    }
    /* The descriptor was inherited for opening it here; the workload must not see it. */
    int descriptor;
    if (sscanf(path, "/proc/self/fd/%d", &descriptor) == 1)
        close(descriptor);
    /* The workload may write over the record's. */
    const hg_run_plan plan = record.header->run;
    hg_workload_clock_start();
    if (!is_possible(&plan))
        return HG_RUNNER_USAGE;
    bool done = run(argv[1], &plan);
    if (plan.task != HG_TASK_DESCRIBE)
        fflush(NULL);
    /* Exit handlers of the subject are not under test and may crash on what teardown left. */
    _exit(done ? HG_RUNNER_DONE : HG_RUNNER_STOPPED);
}
