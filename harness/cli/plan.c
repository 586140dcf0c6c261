#include "cli/cli.h"

#include "allocators/allocators.h"
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

hg_suite *hg_choose_suite(const char *config)
{
    char message[512];
    if (!config && access("heapgate.yaml", F_OK) == 0)
        config = "heapgate.yaml";
    if (config && !config[0]) {
        hg_complain("--config: the name is empty");
        return NULL;
    }
    hg_suite *suite =
        config ? hg_suite_read(config, message, sizeof message) : hg_suite_builtin(message, sizeof message);
    if (!suite)
        hg_complain("%s", message);
    return suite;
}

/* Keeps a string for as long as the plans live; NULL when memory ran out. */
static const char *keep(hg_plans *plans, char *string)
{
    if (!string)
        return NULL;
    char **grown = realloc(plans->strings, (plans->string_count + 1) * sizeof *grown);
    if (!grown) {
        free(string);
        return NULL;
    }
    plans->strings = grown;
    plans->strings[plans->string_count++] = string;
    return string;
}

static const char *format(hg_plans *plans, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

static const char *format(hg_plans *plans, const char *pattern, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, pattern);
    int length = vasprintf(&text, pattern, arguments);
    va_end(arguments);
    return length < 0 ? NULL : keep(plans, text);
}

void hg_plans_free(hg_plans *plans)
{
    for (size_t i = 0; i < plans->string_count; i++)
        free(plans->strings[i]);
    free(plans->strings);
    free(plans->plans);
    *plans = (hg_plans){0};
}

/* A path in a suite: relative to the suite's file, else to heapgate's own folder. Absolute, or NULL if
 * neither is there. */
static const char *resolve(hg_plans *plans, const hg_suite *suite, const hg_places *places, const char *path)
{
    const char *folders[] = {suite->file[0] ? suite->folder : places->folder, places->folder};
    for (size_t i = 0; i < 2; i++) {
        const char *joined = path[0] == '/' ? path : format(plans, "%s/%s", folders[i], path);
        char *absolute = joined ? realpath(joined, NULL) : NULL;
        if (absolute)
            return keep(plans, absolute);
    }
    return NULL;
}

/* A word of the command that reproduces a cell, in quotes where the shell would take it apart. */
static const char *quoted(hg_plans *plans, const char *word)
{
    if (word[0] != '\0' &&
        strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%") ==
            strlen(word))
        return word;
    char *text = malloc(4 * strlen(word) + 3);
    if (!text)
        return NULL;
    char *at = text;
    *at++ = '\'';
    for (; *word; word++)
        at = *word == '\'' ? stpcpy(at, "'\\''") : (*at = *word, at + 1);
    *at++ = '\'';
    *at = '\0';
    return keep(plans, text);
}

/* What every cell of this invocation has in common. */
static bool prepare_common(const hg_options *options, const hg_places *places, hg_plans *plans,
                           hg_cell_plan *common)
{
    const char *corpus = "";
    if (options->corpus) {
        char *absolute = realpath(options->corpus, NULL);
        if (!absolute || access(absolute, R_OK) != 0) {
            hg_complain("--corpus: cannot read %s: %s", hg_named(options->corpus), strerror(errno));
            free(absolute);
            return false;
        }
        corpus = keep(plans, absolute);
    }
    *common = (hg_cell_plan){
        .corpus = corpus,
        .runner = places->runner,
        .library_path = "",
        .ops = options->ops,
        .exact_ops = options->ops > 0,
        .rounds = options->rounds,
        .seed = options->seed,
        .verify = options->verify,
        .time_limit_seconds = HG_DEFAULT_TIME_LIMIT,
        .budget_seconds = options->budget_seconds > 0 ? options->budget_seconds : HG_DEFAULT_BUDGET,
        .memory_limit_bytes = HG_DEFAULT_MEMORY_LIMIT,
    };
    if (corpus)
        return true;
    hg_complain("out of memory");
    return false;
}

static bool set_allocator(hg_plans *plans, const hg_places *places, const char *name, hg_cell_plan *plan)
{
    char path[PATH_MAX];
    const hg_allocator *allocator = hg_allocator_find(name);
    if (!allocator) {
        char names[256];
        hg_allocator_names(" and ", names, sizeof names);
        hg_complain("unknown allocator '%s'; known are %s", name, names);
        return false;
    }
    if (!hg_allocator_path(allocator, path, sizeof path)) {
        hg_complain("allocator %s: %s is not installed (Debian package %s)", name, allocator->library,
                    allocator->package);
        return false;
    }
    plan->allocator = allocator->name;
    plan->probe = hg_places_probe(places, allocator->name);
    plan->allocator_library = format(plans, "%s", path);
    return plan->allocator_library != NULL;
}

/* --ops is added by the driver, which knows how many there were. */
static const char *reproduce_options(hg_plans *plans, const hg_options *options, const char *allocator)
{
    const char *corpus = options->corpus ? quoted(plans, options->corpus) : "";
    if (!corpus)
        return NULL;
    return format(plans, "--allocator %s --rounds %u --seed %llu%s%s%s%s%s", allocator, options->rounds,
                  (unsigned long long)options->seed, options->verify ? " --verify" : "",
                  options->budget ? " --budget " : "", options->budget ? options->budget : "",
                  corpus[0] ? " --corpus " : "", corpus);
}

static bool add_plan(hg_plans *plans, const hg_cell_plan *plan)
{
    hg_cell_plan *grown = realloc(plans->plans, (plans->count + 1) * sizeof *grown);
    if (!grown)
        return false;
    plans->plans = grown;
    plans->plans[plans->count++] = *plan;
    return true;
}

static bool plan_cell(const hg_suite *suite, const hg_suite_cell *cell, const hg_options *options,
                      const hg_places *places, const hg_cell_plan *common, hg_plans *plans)
{
    const hg_suite_workload *workload = cell->workload;
    const hg_suite_subject *subject = cell->subject;
    hg_cell_plan plan = *common;
    plan.workload = workload->name;
    plan.subject = subject->name;
    plan.expect = hg_suite_expectation_of(workload, subject);
    plan.warmup_ops = workload->warmup_ops;
    plan.ops = options->ops ? options->ops : workload->ops;
    plan.rate_per_hour = workload->rate_per_hour;
    plan.max_bytes_per_op = workload->max_bytes_per_op;
    if (strcmp(subject->name, HG_REFERENCE) != 0)
        plan.max_slowdown = workload->max_slowdown;
    plan.time_limit_seconds = suite->time_limit_seconds;
    plan.memory_limit_bytes = suite->memory_limit_bytes;
    if (!options->budget)
        plan.budget_seconds = suite->budget_seconds;
    plan.plugin = resolve(plans, suite, places, workload->plugin);
    if (!plan.plugin) {
        if (suite->file[0])
            hg_complain("workload %s: no plug-in at %s", workload->name, workload->plugin);
        else
            hg_complain("the built-in suite is only in heapgate's source tree: give your own with -c FILE");
        return false;
    }
    if (subject->library_path[0])
        plan.library_path = resolve(plans, suite, places, subject->library_path);
    if (!plan.library_path || strpbrk(plan.library_path, ":;")) {
        hg_complain("subject %s: %s %s", subject->name,
                    plan.library_path ? "a colon or semicolon in" : "no folder at", subject->library_path);
        return false;
    }
    if (!options->corpus && workload->corpus[0])
        plan.corpus = resolve(plans, suite, places, workload->corpus);
    if (!plan.corpus) {
        hg_complain("workload %s: no corpus at %s", workload->name, workload->corpus);
        return false;
    }
    const char *file = suite->file[0] ? quoted(plans, suite->file) : "";
    const char *names[] = {quoted(plans, workload->name), quoted(plans, subject->name)};
    const char *rest = reproduce_options(plans, options, cell->allocator);
    if (!file || !names[0] || !names[1] || !rest)
        return false;
    plan.reproduce =
        format(plans, "heapgate run%s%s --workload %s%s --subject %s %s", file[0] ? " -c " : "", file,
               names[0], plan.max_slowdown > 0 ? " --subject " HG_REFERENCE : "", names[1], rest);
    return plan.reproduce && set_allocator(plans, places, cell->allocator, &plan) && add_plan(plans, &plan);
}

/* Every name given on the command line must be one of the suite's. */
static bool check_selection(const hg_suite *suite, const hg_selection *selection)
{
    for (size_t i = 0; i < selection->workloads.count; i++) {
        bool known = false;
        for (size_t w = 0; w < suite->workload_count; w++)
            known |= strcmp(suite->workloads[w].name, selection->workloads.names[i]) == 0;
        if (!known) {
            hg_complain("--workload: the suite has no workload '%s'; heapgate list shows them",
                        selection->workloads.names[i]);
            return false;
        }
    }
    for (size_t i = 0; i < selection->subjects.count; i++) {
        bool known = false;
        for (size_t s = 0; s < suite->subject_count; s++)
            known |= strcmp(suite->subjects[s].name, selection->subjects.names[i]) == 0;
        if (!known) {
            hg_complain("--subject: the suite has no subject '%s'; heapgate list shows them",
                        selection->subjects.names[i]);
            return false;
        }
    }
    return true;
}

/* The allocators given on the command line, else the suite's. */
static size_t choose_allocators(const hg_suite *suite, const hg_options *options, const char *ret_names[64])
{
    size_t count = 0;
    if (options->allocators.count > 0) {
        for (size_t i = 0; i < options->allocators.count; i++)
            ret_names[count++] = options->allocators.names[i];
        return count;
    }
    for (size_t i = 0; i < suite->allocator_count && count < 64; i++)
        ret_names[count++] = suite->allocators[i];
    return count;
}

/* The cells that are selected, in the suite's order, whatever their shard. NULL when memory ran out. */
static hg_suite_cell *select_cells(const hg_suite *suite, const hg_selection *selection,
                                   const hg_options *options, size_t *ret_count)
{
    const char *allocators[64];
    size_t allocator_count = choose_allocators(suite, options, allocators);
    size_t most = suite->workload_count * allocator_count * suite->subject_count;
    hg_suite_cell *cells = calloc(most + 1, sizeof *cells);
    *ret_count = 0;
    for (size_t w = 0; cells && w < suite->workload_count; w++)
        for (size_t a = 0; a < allocator_count; a++)
            for (size_t s = 0; s < suite->subject_count; s++)
                if ((selection->workloads.count > 0 || !suite->workloads[w].only_by_name) &&
                    hg_names_select(&selection->workloads, suite->workloads[w].name) &&
                    hg_names_select(&selection->subjects, suite->subjects[s].name))
                    cells[(*ret_count)++] =
                        (hg_suite_cell){&suite->workloads[w], &suite->subjects[s], allocators[a]};
    return cells;
}

/* Plans the cells of this shard. */
static int plan_shard(const hg_suite *suite, const hg_suite_cell *cells, size_t count,
                      const hg_selection *selection, const hg_options *options, const hg_places *places,
                      hg_plans *plans)
{
    hg_cell_plan common;
    uint32_t *shards = calloc(count + 1, sizeof *shards);
    if (!shards)
        return hg_complain("out of memory");
    bool planned =
        prepare_common(options, places, plans, &common) && hg_shard_divide(cells, count, selection, shards);
    plans->shard = selection->shard;
    plans->shards = selection->shards > 1 ? selection->shards : 0; /* the only shard is all there is */
    plans->suite_cells = count;
    for (size_t i = 0; planned && i < count; i++) {
        common.number = plans->shards ? (uint32_t)i + 1 : 0;
        if (plans->shards == 0 || shards[i] == plans->shard)
            planned = plan_cell(suite, &cells[i], options, places, &common, plans);
    }
    free(shards);
    return planned ? HG_EXIT_PASS : HG_EXIT_USAGE;
}

/* Nothing is bounded that will not be measured; a gate that is left open is not left open in silence. */
static void lift_slowdowns(hg_plans *plans, const char *why)
{
    size_t lifted = 0;
    for (size_t i = 0; i < plans->count; i++) {
        lifted += plans->plans[i].max_slowdown > 0;
        plans->plans[i].max_slowdown = 0;
    }
    if (lifted > 0)
        hg_complain("note: max_slowdown of %zu %s is not judged: %s", lifted, lifted == 1 ? "cell" : "cells",
                    why);
}

int hg_plan_suite(const hg_suite *suite, const hg_selection *selection, const hg_options *options,
                  const hg_places *places, hg_plans *ret_plans)
{
    size_t count = 0;
    if (!check_selection(suite, selection))
        return HG_EXIT_USAGE;
    hg_suite_cell *cells = select_cells(suite, selection, options, &count);
    int code = HG_EXIT_USAGE;
    if (!cells)
        hg_complain("out of memory");
    else if (count == 0)
        hg_complain("nothing to run: no cell is selected");
    else
        code = plan_shard(suite, cells, count, selection, options, places, ret_plans);
    free(cells);
    if (code == HG_EXIT_PASS && ret_plans->count == 0)
        hg_complain("shard %u of %u has nothing to run: there %s %zu %s in all", selection->shard,
                    selection->shards, count == 1 ? "is" : "are", count, count == 1 ? "cell" : "cells");
    if (code == HG_EXIT_PASS && !hg_names_select(&selection->subjects, HG_REFERENCE))
        lift_slowdowns(ret_plans, "--subject leaves out " HG_REFERENCE);
    else if (code == HG_EXIT_PASS && options->speed_refused)
        lift_slowdowns(ret_plans, "--no-speed");
    return code;
}

/* Whether a folder holds a shared object: one without would leave the plug-in with the library it finds by
 * itself. */
static bool has_library(const char *folder)
{
    DIR *open_folder = opendir(folder);
    bool found = false;
    for (struct dirent *entry; open_folder && !found && (entry = readdir(open_folder));)
        found = strstr(entry->d_name, ".so") != NULL;
    if (open_folder)
        closedir(open_folder);
    return found;
}

/* The absolute path of a build's folder; NULL after complaining. */
static const char *resolve_build(hg_plans *plans, const hg_build *build)
{
    char *absolute = realpath(build->folder, NULL);
    if (!absolute) {
        hg_complain("--%s: no folder at %s", build->subject, hg_named(build->folder));
        return NULL;
    }
    const char *path = keep(plans, absolute);
    if (path && strpbrk(path, ":;"))
        hg_complain("--%s: a colon or semicolon in %s", build->subject, path);
    else if (path && !has_library(path))
        hg_complain("--%s: no shared library (*.so) in %s", build->subject, build->folder);
    else
        return path;
    return NULL;
}

/* "check PLUGIN", or "compare --before A --after B PLUGIN". */
static const char *reproduce_plugin(hg_plans *plans, const char *plugin, const hg_build *builds, size_t count)
{
    const char *command = "heapgate check";
    if (count > 1)
        command = "heapgate compare";
    for (size_t i = 0; i < count && builds[i].folder && command; i++) {
        const char *folder = quoted(plans, builds[i].folder);
        command = folder ? format(plans, "%s --%s %s", command, builds[i].subject, folder) : NULL;
    }
    if (command && builds[0].max_bytes_per_op > 0)
        command = format(plans, "%s --max-bytes-per-op %.9g", command, builds[0].max_bytes_per_op);
    const hg_build *last = &builds[count - 1];
    if (command && last->max_slowdown > 0)
        command = format(plans, "%s --max-slowdown %.9g", command, last->max_slowdown);
    const char *word = quoted(plans, plugin);
    return command && word ? format(plans, "%s %s", command, word) : NULL;
}

int hg_plan_plugin(const char *plugin, const hg_build *builds, size_t build_count, const hg_options *options,
                   const hg_places *places, hg_plans *ret_plans)
{
    hg_cell_plan common;
    struct stat stat_of_file;
    char *absolute = realpath(plugin, NULL);
    if (!absolute || stat(absolute, &stat_of_file) != 0 || !S_ISREG(stat_of_file.st_mode)) {
        free(absolute);
        return hg_complain("no plug-in at %s", hg_named(plugin));
    }
    const char *path = keep(ret_plans, absolute);
    const char *command = reproduce_plugin(ret_plans, plugin, builds, build_count);
    if (!path || !command || !prepare_common(options, places, ret_plans, &common))
        return HG_EXIT_USAGE;
    const hg_names by_default = {.names = {"glibc"}, .count = 1};
    const hg_names *allocators = options->allocators.count > 0 ? &options->allocators : &by_default;
    for (size_t i = 0; i < allocators->count * build_count; i++) {
        const hg_build *build = &builds[i % build_count];
        const char *allocator = allocators->names[i / build_count];
        hg_cell_plan plan = common;
        plan.subject = build->subject;
        plan.plugin = path;
        plan.expect = build->expect;
        plan.max_bytes_per_op = build->max_bytes_per_op;
        plan.max_slowdown = build->max_slowdown;
        if (build->folder)
            plan.library_path = resolve_build(ret_plans, build);
        const char *rest = plan.library_path ? reproduce_options(ret_plans, options, allocator) : NULL;
        plan.reproduce = rest ? format(ret_plans, "%s %s", command, rest) : NULL;
        if (!plan.reproduce || !set_allocator(ret_plans, places, allocator, &plan) ||
            !add_plan(ret_plans, &plan))
            return HG_EXIT_USAGE;
    }
    return HG_EXIT_PASS;
}
