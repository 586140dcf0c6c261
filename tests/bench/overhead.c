/*
 * What measuring costs: heapgate and its peers, in one run, ./dev bench overhead.
 *
 *   overhead_bench BUILD [--rounds N] [--subject NAME]...
 *
 * Every round runs every tool once on every subject, twice over: with its work, and with none, which is what
 * starting costs. A time ratio is (tool with work - tool without) / (bare with work - bare without), in
 * processor time of all processes, each round's runs compared with the same round's bare run; starting costs
 * are medians, and have a column of their own. Slow tools get fewer ops and are compared with a bare run of
 * as many, which is short and so is done several times a round.
 *
 * Peak memory is that of the largest process, nothing subtracted. Bytes written are the files that a tool
 * leaves, and for heapgate the part of its record that is in use.
 */
#include "overhead_figures.h"
#include "overhead_tools.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SUBJECTS = 4, PATH_BYTES = PROCESS_FOLDER + 32 };

struct subject {
    const char *name, *unit;
    const char *words[3]; /* of overhead_subject, '@' is the build folder; NULL: xmllint on a document */
    unsigned long long ops, slow_ops;
};

static const struct subject subjects[SUBJECTS] = {
    {"schema-storm", "schema", {"storm", "@/workloads/schema_storm.so", NULL}, 10000, 600},
    {"churn", "malloc and free", {"churn", "1", NULL}, 12000000, 800000},
    {"two-threads", "malloc and free", {"churn", "2", NULL}, 12000000, 800000},
    {"xmllint", "element", {NULL}, 300000, 20000},
};

struct result {
    enum tool_state state;
    int failed_status; /* wait status of the first run that did not succeed */
    bool failed;
    double work_ms[FIGURES_MOST_ROUNDS], idle_ms[FIGURES_MOST_ROUNDS], peak_mib[FIGURES_MOST_ROUNDS],
        written[FIGURES_MOST_ROUNDS];
    struct measured last;
};

struct bench {
    const char *asked_build;
    char folder[PROCESS_FOLDER],
        build[PROCESS_FOLDER]; /* folder: ours, removed at the end, a link to build in it */
    char scratch[PATH_BYTES], output[PATH_BYTES]; /* in it: what a tool may write to, what a program prints */
    int rounds;
    bool chosen[SUBJECTS];
    struct result results[SUBJECTS][TOOL_COUNT];
};

/* Removes the files of a flat folder and gives their bytes. */
static double take_files(const char *path)
{
    double bytes = 0;
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        struct stat file;
        if (fstatat(dirfd(folder), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISDIR(file.st_mode)) {
            bytes += S_ISREG(file.st_mode) ? (double)file.st_size : 0;
            unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    if (folder)
        closedir(folder);
    return bytes;
}

static void document_path(const struct bench *bench, unsigned long long elements, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%llu.xml", bench->folder, elements);
}

static bool write_document(const struct bench *bench, unsigned long long elements)
{
    char path[PATH_BYTES];
    document_path(bench, elements, path);
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    fputs("<?xml version=\"1.0\"?>\n<orders>\n", file);
    for (unsigned long long i = 0; i < elements; i++)
        fprintf(file, "<order number=\"%llu\" class=\"c%llu\">item %llu &amp; more</order>\n", i,
                i * 7919 % 97, i);
    fputs("</orders>\n", file);
    bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

static void complete_command(const struct bench *bench, const struct subject *subject,
                             const struct tool *tool, unsigned long long ops, struct command *command)
{
    char word[PATH_BYTES];
    command->output_path = bench->output;
    if (!subject->words[0]) {
        document_path(bench, ops, word);
        command_add_argument(command, "xmllint", "");
        command_add_argument(command, "--noout", "");
        command_add_argument(command, word, "");
        return;
    }
    command_add_argument(
        command, tool->relinked ? "@/bench/overhead_subject_lsan" : "@/bench/overhead_subject", bench->build);
    for (int i = 0; subject->words[i]; i++)
        command_add_argument(command, subject->words[i], bench->build);
    snprintf(word, sizeof word, "%llu", ops);
    command_add_argument(command, word, "");
    command_add_variable(command, "LD_LIBRARY_PATH=@/core/after", bench->build);
}

/* Why a run failed, as the program itself says it. */
static void complain(const struct bench *bench, const struct subject *subject, const struct tool *tool)
{
    char line[512] = "";
    FILE *file = fopen(bench->output, "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    line[strcspn(line, "\n")] = '\0';
    fprintf(stderr, "overhead: %s on %s failed: %s\n", tool->name, subject->name, line);
}

/* One run of a tool on a subject; false when it did not succeed, which the result then says. */
static bool run_once(const struct bench *bench, const struct subject *subject, const struct tool *tool,
                     unsigned long long ops, struct result *result)
{
    struct command command;
    take_files(bench->scratch);
    tool_begin_command(tool, bench->build, bench->scratch, &command);
    complete_command(bench, subject, tool, ops, &command);
    if (!process_measure(&command, &result->last)) {
        fprintf(stderr, "overhead: cannot start %s: %s\n", tool->name, strerror(errno));
        exit(1);
    }
    if (process_succeeded(&result->last))
        return true;
    if (!result->failed)
        complain(bench, subject, tool);
    result->failed = true;
    result->failed_status = result->last.status;
    return false;
}

static void run_round(const struct bench *bench, const struct subject *subject, const struct tool *tool,
                      int round, struct result *result)
{
    unsigned long long ops = tool->slow ? subject->slow_ops : subject->ops;
    bool needs_relink = tool->relinked && !subject->words[0];
    if (result->state != TOOL_USABLE || result->failed || needs_relink)
        return;
    if (!run_once(bench, subject, tool, 0, result))
        return;
    result->idle_ms[round] = result->last.processor_ms;
    double work_ms[TOOL_MOST_REPEATS];
    int repeats = tool->repeats ? tool->repeats : 1;
    for (int i = 0; i < repeats; i++) {
        if (!run_once(bench, subject, tool, ops, result))
            return;
        work_ms[i] = result->last.processor_ms;
    }
    result->work_ms[round] = figures_median(work_ms, repeats);
    result->peak_mib[round] = result->last.peak_mib;
    result->written[round] = take_files(bench->scratch) + (double)result->last.record_bytes;
}

static void print_written(double bytes)
{
    if (bytes < 1024)
        printf(" %7.0f B  ", bytes);
    else if (bytes < 1024 * 1024)
        printf(" %7.1f KiB", bytes / 1024);
    else
        printf(" %7.1f MiB", bytes / 1024 / 1024);
}

static void print_stacks(const struct tool *tool, const struct measured *last)
{
    if (tool->stacks)
        printf("  %s\n", tool->stacks);
    else if (last->contexts > 0 && last->cut_contexts == 0 && last->unrecorded == 0)
        printf("  yes (%u stacks)\n", last->contexts);
    else
        printf("  no: %u of %u stacks cut, %llu allocations without one\n", last->cut_contexts,
               last->contexts, (unsigned long long)last->unrecorded);
}

static void print_obstacle(const struct tool *tool, const struct subject *subject,
                           const struct result *result)
{
    if (result->state == TOOL_MISSING && tool->package)
        printf("  missing: package %s\n", tool->package);
    else if (result->state == TOOL_MISSING)
        printf("  not built here\n");
    else if (result->state == TOOL_NOT_COMPILED_IN)
        printf("  not in Debian's build\n");
    else if (result->failed && WIFSIGNALED(result->failed_status))
        printf("  failed: signal %d\n", WTERMSIG(result->failed_status));
    else if (result->failed && !subject->words[0] && WEXITSTATUS(result->failed_status) == 127)
        printf("  missing: package libxml2-utils\n");
    else if (result->failed)
        printf("  failed: exit status %d\n", WEXITSTATUS(result->failed_status));
    else if (tool->relinked && !subject->words[0])
        printf("  needs a relink of %s\n", subject->name);
    else
        printf("  the bare run failed: nothing to compare with\n");
}

/* A row; bare is the run with as many ops. Sorts what was measured of the tool. */
static void print_row(const struct bench *bench, const struct subject *subject, const struct tool *tool,
                      struct result *result, const struct result *bare)
{
    double ratio[FIGURES_MOST_ROUNDS], bare_idle[FIGURES_MOST_ROUNDS], bare_peak[FIGURES_MOST_ROUNDS],
        idle[FIGURES_MOST_ROUNDS];
    bool needs_relink = tool->relinked && !subject->words[0];
    printf("  %-24s", tool->name);
    if (result->state != TOOL_USABLE || result->failed || bare->failed || needs_relink) {
        print_obstacle(tool, subject, result);
        return;
    }
    memcpy(bare_idle, bare->idle_ms, sizeof bare_idle);
    memcpy(bare_peak, bare->peak_mib, sizeof bare_peak);
    memcpy(idle, result->idle_ms, sizeof idle);
    double start_ms = figures_median(idle, bench->rounds),
           bare_start_ms = figures_median(bare_idle, bench->rounds);
    for (int i = 0; i < bench->rounds; i++)
        ratio[i] = (result->work_ms[i] - start_ms) / (bare->work_ms[i] - bare_start_ms);
    double middle = figures_median(ratio, bench->rounds),
           peak = figures_median(result->peak_mib, bench->rounds);
    printf(" %9llu %7.2f  %6.2f to %-6.2f %7.0f %7.2f %8.1f", tool->slow ? subject->slow_ops : subject->ops,
           middle, ratio[0], ratio[bench->rounds - 1], start_ms,
           peak / figures_median(bare_peak, bench->rounds), peak);
    print_written(figures_median(result->written, bench->rounds));
    print_stacks(tool, &result->last);
}

static void print_table(struct bench *bench, int s)
{
    const struct subject *subject = &subjects[s];
    struct result *results = bench->results[s];
    printf("\n%s, one op is one %s\n", subject->name, subject->unit);
    printf("  %-24s %9s %7s  %16s %7s %7s %8s %11s  %s\n", "tool", "ops", "time", "least to most", "start",
           "peak", "peak", "written", "every allocation with its exact stack");
    printf("  %-24s %9s %7s  %16s %7s %7s %8s\n", "", "", "ratio", "", "ms", "ratio", "MiB");
    struct result bare[2] = {results[0], results[0]};
    for (int t = 0; t < TOOL_COUNT; t++)
        if (tools[t].slow && !tools[t].package)
            bare[1] = results[t];
    for (int t = 0; t < TOOL_COUNT; t++)
        print_row(bench, subject, &tools[t], &results[t], &bare[tools[t].slow]);
    fflush(stdout);
}

static void print_legend(void)
{
    puts("\ntime ratio: processor time of all processes, less that of starting, against bare with as many "
         "ops\n"
         "start: with no ops; peak: resident memory of the largest process, the ratio against bare\n"
         "written: files that the tool leaves; of heapgate, the part of its record in use");
}

static int subject_named(const char *name)
{
    for (int s = 0; s < SUBJECTS; s++)
        if (strcmp(subjects[s].name, name) == 0)
            return s;
    return -1;
}

static bool read_options(int argc, char **argv, struct bench *bench)
{
    bool some = false;
    if (argc < 2)
        return false;
    bench->asked_build = argv[1];
    bench->rounds = 5;
    for (int i = 2; i + 1 < argc; i += 2) {
        int s = subject_named(argv[i + 1]);
        if (strcmp(argv[i], "--rounds") == 0)
            bench->rounds = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--subject") == 0 && s >= 0)
            some = bench->chosen[s] = true;
        else
            return false;
    }
    for (int s = 0; s < SUBJECTS && !some; s++)
        bench->chosen[s] = true;
    return argc % 2 == 0 && bench->rounds >= 1 && bench->rounds <= FIGURES_MOST_ROUNDS;
}

static bool make_folder(struct bench *bench)
{
    if (!process_make_folder(bench->asked_build, bench->folder, bench->build))
        return false;
    snprintf(bench->scratch, sizeof bench->scratch, "%s/tool", bench->folder);
    snprintf(bench->output, sizeof bench->output, "%s/output", bench->folder);
    const struct subject *xmllint = &subjects[SUBJECTS - 1];
    return mkdir(bench->scratch, 0700) == 0 && write_document(bench, 0) &&
           write_document(bench, xmllint->ops) && write_document(bench, xmllint->slow_ops);
}

static void remove_folder(const struct bench *bench)
{
    if (!bench->folder[0])
        return;
    take_files(bench->scratch);
    rmdir(bench->scratch);
    take_files(bench->folder);
    rmdir(bench->folder);
}

static void try_tools(struct bench *bench)
{
    for (int t = 0; t < TOOL_COUNT; t++) {
        enum tool_state state = tool_try(&tools[t], bench->build, bench->scratch, bench->output);
        for (int s = 0; s < SUBJECTS; s++)
            bench->results[s][t].state = state;
    }
}

/* Peers may fail; without bare and heapgate there is no comparison. */
static bool is_comparison(const struct bench *bench)
{
    for (int s = 0; s < SUBJECTS; s++)
        for (int t = 0; t < TOOL_COUNT; t++)
            if (!tools[t].package &&
                (bench->results[s][t].failed || bench->results[s][t].state != TOOL_USABLE))
                return false;
    return true;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (!read_options(argc, argv, &bench)) {
        fprintf(stderr, "usage: overhead_bench BUILD [--rounds 1 to %d] [--subject NAME]...\nsubjects:",
                FIGURES_MOST_ROUNDS);
        for (int s = 0; s < SUBJECTS; s++)
            fprintf(stderr, " %s", subjects[s].name);
        fputc('\n', stderr);
        return 2;
    }
    bool good = make_folder(&bench);
    if (good) {
        figures_print_machine(bench.rounds);
        try_tools(&bench);
        for (int round = 0; round < bench.rounds; round++)
            for (int s = 0; s < SUBJECTS; s++)
                for (int t = 0; t < TOOL_COUNT && bench.chosen[s]; t++)
                    run_round(&bench, &subjects[s], &tools[t], round, &bench.results[s][t]);
        for (int s = 0; s < SUBJECTS; s++)
            if (bench.chosen[s])
                print_table(&bench, s);
        print_legend();
        good = is_comparison(&bench);
    } else {
        fprintf(stderr, "overhead: %s, or a folder in /tmp: %s\n", bench.asked_build, strerror(errno));
    }
    remove_folder(&bench);
    return good ? 0 : 1;
}
