#include "report_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WARMUP_ROUNDS 2
#define ROUNDS        10
#define EPOCHS        (WARMUP_ROUNDS + ROUNDS)

/* What a workload of the Toka suite does, and where the before build leaks in it. */
typedef struct storm {
    const char *workload, *unit, *plugin;
    int64_t ops_per_round;
    double bytes_per_op, blocks_per_op; /* of the leak */
    int64_t steady_bytes;               /* alive at all times, leak apart */
    double ops_per_second;
    const char *function, *file;
    int line;
    const char *step; /* the function of the plug-in that calls */
} storm;

static const storm storms[] = {
    {"schema-storm", "schema", "workloads/schema_storm.so", 1000, 8120.4, 113.2, 4 << 20, 41200,
     "toka_ensure_schema_compiles", "core/before/schema_store.c", 61, "check_schema"},
    {"schema-storm-cached", "schema", "workloads/schema_storm.so", 1000, 14877.0, 171.6, 9 << 20, 38800,
     "toka_schema_store_get", "core/before/schema_store.c", 92, "check_cached"},
    {"cache-churn", "schema", "workloads/cache_churn.so", 2000, 922.3, 11.7, 9 << 20, 152000,
     "toka_schema_store_get", "core/before/schema_store.c", 92, "check_cached"},
    {"registry-storm", "handler", "workloads/registry_storm.so", 2000, 168.0, 3.0, 1 << 18, 1130000,
     "toka_registry_register", "core/before/registry.c", 47, "register_one"},
    {"registry-fill", "handler", "workloads/registry_storm.so", 2000, 168.0, 3.0, 1 << 18, 1870000,
     "toka_registry_register", "core/before/registry.c", 47, "register_one"},
    {"manifest-storm", "manifest", "workloads/manifest_storm.so", 500, 15904.9, 220.1, 4 << 20, 17300,
     "toka_ensure_schema_compiles", "core/before/schema_store.c", 61, "parse_manifest"},
};

static void *must(void *pointer)
{
    if (!pointer)
        abort();
    return pointer;
}

static char *copy(const char *text)
{
    return must(strdup(text));
}

void fixture_set(char **at, const char *text)
{
    char *next = copy(text); /* which may be of what is freed */

    free(*at);
    *at = next;
}

static hg_run *new_run(const char *suite, const char *command)
{
    hg_run *run = must(hg_run_new());

    fixture_set(&run->version, "0.1.0");
    fixture_set(&run->suite, suite);
    fixture_set(&run->started, "2026-01-02T03:04:05Z");
    fixture_set(&run->machine, "Linux 6.1.0, x86_64, 2 cores");
    fixture_set(&run->command, command);
    run->duration_seconds = 18.2;
    return run;
}

static void set_frame(hg_frame *frame, const char *function, const char *file, int line, const char *module)
{
    *frame = (hg_frame){.function = copy(function),
                        .file = copy(file),
                        .module = copy(module),
                        .offset = 0x1f00 + (uint64_t)line * 16,
                        .line = line};
}

static hg_site *add_site(hg_cell *cell, hg_class growth_class, size_t frames, size_t inner)
{
    cell->sites = must(realloc(cell->sites, (cell->site_count + 1) * sizeof *cell->sites));
    hg_site *site = &cell->sites[cell->site_count++];
    *site =
        (hg_site){.growth_class = growth_class, .contexts = 1, .frame_count = frames, .inner_count = inner};
    site->frames = must(calloc(frames + 1, sizeof *site->frames));
    site->inner = must(calloc(inner + 1, sizeof *site->inner));
    site->epoch_count = EPOCHS;
    site->survivor_blocks = must(calloc(EPOCHS, sizeof(int64_t)));
    site->survivor_bytes = must(calloc(EPOCHS, sizeof(int64_t)));
    site->total_bytes = must(calloc(EPOCHS, sizeof(int64_t)));
    return site;
}

/* The registry holds its handlers; documents are lost. */
static void add_held(hg_site *site, const storm *what)
{
    hg_held *held = &site->held;

    held->known = 1;
    if (strcmp(what->unit, "handler") != 0) {
        held->lost_blocks = site->live_blocks / 100;
        held->indirectly_lost_blocks = site->live_blocks - held->lost_blocks;
        return;
    }
    held->held_blocks = site->live_blocks;
    held->holders = must(calloc(1, sizeof *held->holders));
    held->holder_count = 1;
    held->holders[0] = (hg_holder){.kind = HG_HOLDER_GLOBAL,
                                   .path = must(strdup("registry.table.slots[]\u2192entry")),
                                   .name = must(strdup("registry")),
                                   .file = must(strdup("core/before/registry.c")),
                                   .line = 23,
                                   .module = must(strdup("libtoka.so.0")),
                                   .blocks = site->live_blocks,
                                   .bytes = site->live_bytes,
                                   .example = must(strdup("registry.table.slots[7]\u2192entry"))};
}

/* A site whose blocks of each round all survive. */
static void add_leak(hg_cell *cell, const storm *what, double bytes_per_op, double blocks_per_op)
{
    hg_site *site = add_site(cell, HG_CLASS_LEAK, 3, 2);

    set_frame(&site->inner[0], "jsonp_malloc", "", 0, "libjansson.so.4");
    set_frame(&site->inner[1], "json_loadb", "", 0, "libjansson.so.4");
    set_frame(&site->frames[0], what->function, what->file, what->line, "libtoka.so.0");
    set_frame(&site->frames[1], what->step, "workloads/common/storm.c", 88, what->plugin);
    site->frames[1].inlined = true;
    set_frame(&site->frames[2], "heapgate_iterate", "workloads/common/storm.c", 131, what->plugin);
    site->bytes_per_op = bytes_per_op;
    site->bytes_per_op_error = bytes_per_op / 2000;
    site->blocks_per_op = blocks_per_op;
    site->contexts = 53;
    for (int e = 0; e < EPOCHS; e++) {
        double wobble = 1.0 + 0.004 * ((e * 7) % 5 - 2);
        site->survivor_blocks[e] = (int64_t)(blocks_per_op * wobble * (double)what->ops_per_round);
        site->survivor_bytes[e] = (int64_t)(bytes_per_op * wobble * (double)what->ops_per_round);
        site->live_blocks += site->survivor_blocks[e];
        site->live_bytes += site->survivor_bytes[e];
        site->total_bytes[e] = site->live_bytes;
    }
    add_held(site, what);
}

/* The cache has as many blocks as it may have, and says so. */
static void add_holder(hg_cell *cell, const hg_site *site)
{
    cell->holders = must(calloc(1, sizeof *cell->holders));
    cell->holder_count = 1;
    cell->holders[0] = (hg_retainer){.holder = {.kind = HG_HOLDER_GLOBAL,
                                                .path = must(strdup("cache.entries[]\u2192next*")),
                                                .name = must(strdup("cache")),
                                                .file = must(strdup("core/after/lru.c")),
                                                .line = 31,
                                                .module = must(strdup("libtoka.so.0")),
                                                .blocks = site->live_blocks + 1,
                                                .bytes = site->live_bytes,
                                                .example = must(strdup("cache.entries[7]"))},
                                     .alike_blocks = site->live_blocks,
                                     .retained_blocks = site->live_blocks + 1,
                                     .retained_bytes = site->live_bytes,
                                     .bound = {.known = 1, .holder = must(strdup("cache")), .blocks = 1000},
                                     .within_bound = true};
}

/* A cache at its bound: only the last rounds have survivors. */
static void add_bounded(hg_cell *cell, const storm *what)
{
    hg_site *site = add_site(cell, HG_CLASS_BOUNDED, 2, 0);

    set_frame(&site->frames[0], "lru_insert", "core/after/lru.c", 140, "libtoka.so.0");
    set_frame(&site->frames[1], "heapgate_iterate", "workloads/common/storm.c", 131, what->plugin);
    site->live_bytes = what->steady_bytes / 2;
    site->live_blocks = 1000;
    if (cell->holder_count == 0)
        add_holder(cell, site);
    site->survivor_blocks[EPOCHS - 1] = 1000;
    site->survivor_bytes[EPOCHS - 1] = site->live_bytes;
    for (int e = 0; e < EPOCHS; e++)
        site->total_bytes[e] = site->live_bytes;
}

static void add_samples(hg_cell *cell, const storm *what, double bytes_per_op, double blocks_per_op)
{
    cell->samples = must(calloc(EPOCHS, sizeof *cell->samples));
    cell->sample_count = EPOCHS;
    for (int e = 0; e < EPOCHS; e++) {
        hg_sample *sample = &cell->samples[e];
        sample->round = e;
        sample->ops = (e + 1) * what->ops_per_round;
        double grown = (double)sample->ops;
        sample->live_bytes = what->steady_bytes + (int64_t)(grown * bytes_per_op) + (e * 37 % 11) * 512;
        sample->live_blocks = what->steady_bytes / 80 + (int64_t)(grown * blocks_per_op);
        sample->allocations = sample->ops * 140;
        sample->resident_bytes = sample->live_bytes + sample->live_bytes / 5 + (6 << 20);
        sample->allocated_bytes = sample->live_bytes + sample->live_bytes / 16;
        sample->mapped_bytes = sample->live_bytes + sample->live_bytes / 8;
        sample->open_files = 4;
        sample->mappings = 40;
        sample->threads = 1;
        sample->cpu_ns = (int64_t)(1e9 * (double)what->ops_per_round / what->ops_per_second);
        sample->wall_ns = sample->cpu_ns + sample->cpu_ns / 50;
    }
}

static void name_cell(hg_cell *cell, const storm *what, const char *subject, const char *allocator)
{
    char command[256];

    snprintf(command, sizeof command, "heapgate run --workload %s --subject %s --allocator %s --seed 1",
             what->workload, subject, allocator);
    fixture_set(&cell->workload, what->workload);
    fixture_set(&cell->subject, subject);
    fixture_set(&cell->allocator, allocator);
    fixture_set(&cell->unit, what->unit);
    fixture_set(&cell->plugin, what->plugin);
    fixture_set(&cell->reproduce, command);
}

static hg_cell *add_cell(hg_run *run, const storm *what, const char *subject, const char *allocator,
                         bool leaks)
{
    hg_cell *cell = must(hg_run_add_cell(run));

    name_cell(cell, what, subject, allocator);
    fixture_set(&cell->reason,
                leaks ? "Every round leaves survivors at a steady rate, and the total grows with them."
                      : "Live memory stands still: no round leaves survivors behind.");
    cell->ops = ROUNDS * what->ops_per_round;
    cell->rounds = ROUNDS;
    cell->warmup_ops = WARMUP_ROUNDS * what->ops_per_round;
    cell->warmup_rounds = WARMUP_ROUNDS;
    cell->seed = 1;
    cell->expect = strcmp(subject, "before") == 0 ? HG_EXPECT_LEAK : HG_EXPECT_CLEAN;
    cell->verdict = leaks ? HG_VERDICT_LEAK : HG_VERDICT_CLEAN;
    cell->met = leaks == (cell->expect == HG_EXPECT_LEAK);
    cell->bytes_per_op = leaks ? what->bytes_per_op : 0;
    cell->bytes_per_op_error = leaks ? what->bytes_per_op / 2000 : 0.0021;
    cell->blocks_per_op = leaks ? what->blocks_per_op : 0;
    cell->min_detectable_bytes_per_op = 0.012;
    cell->control_injected_bytes_per_op = 0.64;
    cell->control_recovered_bytes_per_op = 0.64;
    cell->ops_per_second = what->ops_per_second * (leaks ? 0.97 : 1.0);
    cell->rate_per_hour = 1000;
    cell->duration_seconds = 0.71;
    cell->contexts = 61;
    cell->unwinds = 64;
    add_samples(cell, what, cell->bytes_per_op, cell->blocks_per_op);
    if (leaks)
        add_leak(cell, what, what->bytes_per_op, what->blocks_per_op);
    add_bounded(cell, what);
    return cell;
}

static hg_spread spread(double median)
{
    return (hg_spread){.median = median, .low = 0.96 * median, .high = 1.05 * median};
}

static void set_speed(hg_cell *cell, double ops_per_second, double against)
{
    cell->speed = (hg_speed){.ops = 5000,
                             .repetitions = 7,
                             .ops_per_second = spread(ops_per_second),
                             .p50_ns = spread(0.8e9 / ops_per_second),
                             .against = spread(against)};
    if (ops_per_second > 40000)
        cell->speed.p99_ns = spread(4e9 / ops_per_second);
}

/* Of the first workloads: before on both allocators, and after, 1.1 times as fast. */
static void set_speeds(hg_run *run)
{
    for (size_t i = 0; i < 8; i++) {
        hg_cell *cell = &run->cells[i];
        bool before = strcmp(cell->subject, HG_REFERENCE) == 0;
        set_speed(cell, (before ? 1 : 1.1) * cell->ops_per_second, before ? 0 : 1.1);
    }
}

hg_run *fixture_toka(void)
{
    hg_run *run = new_run("toka", "heapgate run");

    for (size_t s = 0; s < sizeof storms / sizeof *storms; s++) {
        add_cell(run, &storms[s], "before", "glibc", true);
        add_cell(run, &storms[s], "after", "glibc", false);
        add_cell(run, &storms[s], "before", "jemalloc", true);
        add_cell(run, &storms[s], "after", "jemalloc", false);
    }
    set_speeds(run);
    return run;
}

static void empty_cell(hg_cell *cell)
{
    for (size_t i = 0; i < cell->site_count; i++)
        hg_site_clear(&cell->sites[i]);
    cell->site_count = 0;
    cell->sample_count = 0;
    cell->bytes_per_op = cell->bytes_per_op_error = cell->blocks_per_op = 0;
    cell->speed = (hg_speed){0};
    cell->met = false;
}

static void replace_samples(hg_cell *cell, const storm *what, double bytes_per_op, double blocks_per_op)
{
    free(cell->samples);
    add_samples(cell, what, bytes_per_op, blocks_per_op);
}

static void make_leak(hg_cell *cell, const storm *what)
{
    empty_cell(cell);
    cell->verdict = HG_VERDICT_LEAK;
    cell->bytes_per_op = 64.0;
    cell->bytes_per_op_error = 0.02;
    cell->blocks_per_op = 1.0;
    storm again = *what;
    again.file = "core/after/registry.c";
    again.line = 118;
    replace_samples(cell, &again, 64.0, 1.0);
    add_leak(cell, &again, 64.0, 1.0);
    cell->heap_bytes_per_op = cell->sites[0].heap_bytes_per_op = 112;
    fixture_set(&cell->reason, "Every round leaves 2000 blocks of 32 bytes: nothing takes them back.");
}

hg_run *fixture_troubled(void)
{
    hg_run *run = fixture_toka();
    hg_cell *slow = &run->cells[1];

    set_speed(&run->cells[0], 41200, 0);
    set_speed(slow, 20600, 0.5);
    slow->max_slowdown = 1.2;
    slow->too_slow = true;
    slow->met = false;
    fixture_set(&slow->reason,
                "an op takes 2 times as long as in before (1.9 to 2.08), and max_slowdown is 1.2");

    make_leak(&run->cells[13], &storms[3]);
    make_leak(&run->cells[15], &storms[3]);
    hg_cell *crashed = &run->cells[5];
    empty_cell(crashed);
    crashed->verdict = HG_VERDICT_FAILED;
    fixture_set(&crashed->reason, "The workload was killed by signal 11 (SIGSEGV) in round 3.");
    fixture_set(&crashed->log, "corpus: 10000 schemas\nround 1 done\nround 2 done\n"
                               "schema_storm: assertion `entry->references > 0' failed\n");
    hg_cell *missed = &run->cells[10];
    empty_cell(missed);
    missed->verdict = HG_VERDICT_CLEAN;
    replace_samples(missed, &storms[2], 0, 0);
    fixture_set(&missed->reason, "Live memory stands still, although this subject is known to leak.");
    hg_cell *thin = &run->cells[17];
    empty_cell(thin);
    thin->verdict = HG_VERDICT_INCONCLUSIVE;
    replace_samples(thin, &storms[4], 0.31, 0.0003);
    thin->bytes_per_op = 0.31;
    thin->bytes_per_op_error = 0.22;
    fixture_set(&thin->reason, "3 blocks survived in 20000 ops: run it with --ops 200000 to be sure.");
    hg_cell *blind = &run->cells[23];
    empty_cell(blind);
    blind->verdict = HG_VERDICT_FAILED;
    blind->blind = true;
    blind->control_recovered_bytes_per_op = 0.13;
    fixture_set(&blind->reason, "The control of 0.64 B per op came back as 0.13 B: the harness was blind.");
    return run;
}

hg_run *fixture_check(void)
{
    static const storm parser = {"parser", "op",    "parser.so",    1000,           48.0, 1.0,
                                 1 << 16,  2200000, "parse_header", "src/parser.c", 204,  "parse_one"};
    hg_run *run = new_run("parser.so", "heapgate check parser.so");
    hg_cell *cell = add_cell(run, &parser, "parser", "glibc", true);

    cell->expect = HG_EXPECT_CLEAN;
    cell->met = false;
    fixture_set(&cell->reproduce, "heapgate check parser.so --seed 1");
    set_speed(cell, 2900000, 0);
    run->duration_seconds = 0.9;
    return run;
}

static hg_fault *add_fault(hg_run *run, const char *id, hg_fault_outcome outcome, const char *reason)
{
    hg_fault *fault = must(hg_torture_add_fault(&run->torture));
    const hg_torture_pass *pass = &run->torture.passes[run->torture.pass_count - 1];

    fixture_set(&fault->id, id);
    fixture_set(&fault->workload, pass->workload);
    fixture_set(&fault->subject, pass->subject);
    fixture_set(&fault->mode, run->torture.fault_count % 2 ? "once" : "from-then-on");
    fixture_set(&fault->function, outcome == HG_FAULT_ABORT ? "open" : "malloc");
    fixture_set(&fault->reason, reason);
    fixture_set(&fault->reproduce, "heapgate torture parser.so --mode once --fault ");
    fault->reproduce = must(realloc(fault->reproduce, strlen(fault->reproduce) + strlen(id) + 1));
    strcat(fault->reproduce, id);
    fault->outcome = outcome;
    fault->op = 3;
    fault->duration_seconds = 0.004;
    fault->path = must(calloc(2, sizeof *fault->path));
    fault->path_count = 2;
    set_frame(&fault->path[0], "parse_header", "src/parser.c", 40, "parser.so");
    set_frame(&fault->path[1], "heapgate_iterate", "src/parser.c", 99, "parser.so");
    return fault;
}

static void set_end(hg_fault *fault, const char *function, int line)
{
    fault->frames = must(calloc(1, sizeof *fault->frames));
    fault->frame_count = 1;
    set_frame(fault->frames, function, "src/parser.c", line, "parser.so");
}

static void add_loss(hg_fault *fault, bool descriptor, int64_t bytes)
{
    fault->losses = must(realloc(fault->losses, (fault->loss_count + 1) * sizeof *fault->losses));
    hg_fault_loss *loss = &fault->losses[fault->loss_count++];
    *loss = (hg_fault_loss){.blocks = 1, .bytes = bytes, .descriptor = descriptor, .frame_count = 1};
    loss->frames = must(calloc(1, sizeof *loss->frames));
    set_frame(loss->frames, descriptor ? "open_header" : "read_name", "src/parser.c", descriptor ? 31 : 35,
              "parser.so");
    if (fault->frame_count == 0)
        set_end(fault, loss->frames[0].function, loss->frames[0].line);
    *(descriptor ? &fault->lost_descriptors : &fault->lost_blocks) += 1;
    fault->lost_bytes += bytes;
}

static hg_torture_pass *add_pass(hg_run *run, const char *workload, const char *subject)
{
    hg_torture_pass *pass = must(hg_torture_add_pass(&run->torture));

    fixture_set(&pass->workload, workload);
    fixture_set(&pass->subject, subject);
    fixture_set(&pass->fail, "memory,open");
    pass->ops = 100;
    pass->clean_ops = 20;
    pass->points = 6;
    pass->allocations = 700;
    pass->planned = pass->made = 6;
    pass->duration_seconds = 0.4;
    return pass;
}

hg_run *fixture_tortured(void)
{
    hg_run *run = fixture_check();
    add_pass(run, "parser", "main");
    add_fault(run, "0000aaaa", HG_FAULT_OK, "");
    hg_fault *fault = add_fault(run, "1111bbbb", HG_FAULT_LEAK, "1 block (24 B) stays that does not");
    add_loss(fault, false, 24);
    fault = add_fault(run, "2222cccc", HG_FAULT_LEAK, "the same, by another path");
    add_loss(fault, false, 24);
    fault = add_fault(run, "3333dddd", HG_FAULT_DESCRIPTOR, "1 open file and 1 block (8 B) stay");
    add_loss(fault, true, 0);
    add_loss(fault, false, 8);
    fault->losses[1].held = 1;
    fault = add_fault(run, "4444eeee", HG_FAULT_ABORT, "abort() in the op with the fault");
    fixture_set(&fault->log, "parser: assertion `file' failed\n\x1b[31m</pre><script>``\n");
    fault->signal = 6;
    fault->accepted = true;
    set_end(fault, "check_file", 44);
    add_fault(run, "5555ffff", HG_FAULT_UNREACHED, "no call was made from this path: nothing is claimed");
    hg_torture_pass *pass = add_pass(run, "<script>|`w`", "</td>\x1b[2J,\"s\"");
    fixture_set(&pass->message, "interrupted <b>|`\x1b[1m");
    pass->made = 1;
    fault = add_fault(run, "<i>&|`\xff,", HG_FAULT_CRASH, "SIGSEGV at </summary> 0x0");
    fixture_set(&fault->path[0].function, "operator<< <T&>(\"|\")");
    fault->signal = 11;
    set_end(fault, "=f(\xe2\x80\xae)", 44);
    return run;
}

static char *long_name(size_t bytes)
{
    static const char piece[] = "std::map<std::string, std::vector<";
    char *name = must(malloc(bytes + 1));

    for (size_t i = 0; i < bytes; i++)
        name[i] = piece[i % (sizeof piece - 1)];
    name[bytes] = '\0';
    return name;
}

hg_run *fixture_hostile(void)
{
    static const storm hostile = {"<script>alert('w')</script>",
                                  "\"unit\" onload=x",
                                  "\x1b]0;title\x07.so",
                                  100,
                                  7.5,
                                  0.5,
                                  4096,
                                  1e6,
                                  "operator<< <T&>(\"&amp;\")",
                                  "/src/a\nb/\xff\xfe.c",
                                  7,
                                  "f(\xe2\x80\xae"
                                  "drawkcab)"};
    hg_run *run = new_run("</title><script>", "heapgate run -c 'a b' \x1b[31m");
    hg_cell *cell = add_cell(run, &hostile, "</table>\xc3\x28", "\x1b[2Jglibc", true);

    fixture_set(&cell->log, "\x1b[31mred\x1b[0m\r\nand </pre><img src=x>\n\xf0\x9f\x92\xa5 caf\xc3\xa9\n");
    free(cell->sites[0].frames[2].function);
    cell->sites[0].frames[2].function = long_name(10000);
    fixture_set(&cell->sites[0].frames[1].file, "");
    cell->sites[0].cut = true;
    cell->met = false;
    cell = add_cell(run, &hostile, "numbers", "\x1b[2Jglibc", false);
    cell->bytes_per_op = NAN;
    cell->bytes_per_op_error = INFINITY;
    cell->blocks_per_op = -INFINITY;
    cell->ops_per_second = -1;
    cell->seed = UINT64_MAX;
    cell->contexts = UINT64_MAX;
    cell->samples[3].live_bytes = INT64_MAX;
    cell->samples[4].live_bytes = INT64_MIN;
    cell = must(hg_run_add_cell(run));
    cell->verdict = HG_VERDICT_FAILED;
    fixture_set(&cell->reason, "Never started: \xed\xa0\x80 is not a program.");
    return run;
}

hg_run *fixture_many(size_t cells)
{
    static const char *const allocators[] = {"glibc", "jemalloc", "mimalloc"};
    static const char *const subjects[] = {"v1", "v2", "v3", "v4", "main"};
    hg_run *run = new_run("many", "heapgate run -c many.yaml");

    for (size_t i = 0; i < cells; i++) {
        char name[32];
        storm what = storms[i / 15 % 6];
        snprintf(name, sizeof name, "storm-%zu", i / 15);
        what.workload = name;
        add_cell(run, &what, subjects[i % 5], allocators[i / 5 % 3], i % 5 < 3)->met = true;
        for (int extra = 0; extra < 12; extra++)
            add_bounded(&run->cells[i], &what);
    }
    return run;
}

char *fixture_read_stream(FILE *stream, size_t *ret_size)
{
    size_t size = 0, room = 1 << 16;
    char *text = must(malloc(room));
    size_t count;

    rewind(stream);
    while ((count = fread(text + size, 1, room - size - 1, stream)) > 0) {
        size += count;
        if (room - size < 2)
            text = must(realloc(text, room *= 2));
    }
    text[size] = '\0';
    if (ret_size)
        *ret_size = size;
    return text;
}
