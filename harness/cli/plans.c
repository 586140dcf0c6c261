#include "cli/plans.h"

#include "base/memory_stream.h"
#include "cli/command.h"
#include "cli/shell_word.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
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
        hg_complain("--config: the file name is empty");
        return NULL;
    }
    hg_suite *suite =
        config ? hg_suite_read(config, message, sizeof message) : hg_suite_builtin(message, sizeof message);
    if (!suite)
        hg_complain("%s", message);
    return suite;
}

/* Keeps a string for as long as the plans live; NULL after complaining when memory ran out. */
static const char *keep(hg_plans *plans, char *string)
{
    char **grown = string ? realloc(plans->strings, (plans->string_count + 1) * sizeof *grown) : NULL;
    if (!grown) {
        free(string);
        hg_complain("out of memory");
        return NULL;
    }
    plans->strings = grown;
    plans->strings[plans->string_count++] = string;
    return string;
}

void hg_plans_free(hg_plans *plans)
{
    for (size_t i = 0; i < plans->string_count; i++)
        free(plans->strings[i]);
    free(plans->strings);
    free(plans->plans);
    *plans = (hg_plans){0};
}

/* A path in a suite: relative to the suite's file, else to heapgate's own folder. Absolute, or NULL if there
 * is nothing at either place. */
static const char *resolve(hg_plans *plans, const hg_suite *suite, const char *path)
{
    const char *folders[] = {suite->file[0] ? suite->folder : plans->places.folder, plans->places.folder};
    for (size_t i = 0; i < 2; i++) {
        char *joined = NULL;
        if (asprintf(&joined, "%s%s%s", path[0] == '/' ? "" : folders[i], path[0] == '/' ? "" : "/", path) <
            0)
            return keep(plans, NULL);
        char *absolute = realpath(joined, NULL);
        free(joined);
        if (absolute)
            return keep(plans, absolute);
    }
    return NULL;
}

/* What every cell of this invocation has in common. */
static bool prepare_common(const hg_options *options, hg_plans *plans, hg_cell_plan *common)
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
        .runner = plans->places.runner,
        .library_path = "",
        .ops = options->ops,
        .warmup_ops = options->warmup_ops,
        .exact_ops = options->ops > 0,
        .quick = options->quick,
        .rounds = options->rounds,
        .seed = options->seed,
        .verify = options->verify,
        .time_limit_seconds = HG_DEFAULT_TIME_LIMIT,
        .budget_seconds = options->budget_seconds > 0 ? options->budget_seconds : HG_DEFAULT_BUDGET,
        .memory_limit_bytes = HG_DEFAULT_MEMORY_LIMIT,
    };
    return corpus != NULL;
}

static bool set_allocator(hg_plans *plans, const char *name, hg_cell_plan *plan)
{
    char path[PATH_MAX];
    const hg_allocator *allocator = hg_allocator_find(name);
    assert(allocator); /* the suite's and the options' names were checked as they were read */
    if (!hg_allocator_path(allocator, path, sizeof path))
        return hg_refuse("allocator %s: %s is not installed (Debian package %s)", name, allocator->library,
                         allocator->package);
    plan->allocator = allocator->name;
    plan->probe = hg_places_probe(&plans->places, allocator->name);
    plan->allocator_library = keep(plans, strdup(path));
    return plan->allocator_library != NULL;
}

/* An option of the command that reproduces a cell; nothing where its value is NULL. */
static void print_option(FILE *out, const char *option, const char *value)
{
    if (!value)
        return;
    fprintf(out, " %s ", option);
    hg_print_shell_word(value, out);
}

/* The end of every such command. The driver adds --ops, because it knows how many there were. */
static const char *finish_reproduce(hg_plans *plans, hg_memory_stream *command, const hg_options *options,
                                    const char *allocator)
{
    print_option(command->out, "--allocator", allocator);
    fprintf(command->out, " --rounds %u --seed %llu%s%s", options->rounds, (unsigned long long)options->seed,
            options->quick ? " --quick" : "", options->verify ? " --verify" : "");
    if (options->warmup_ops > 0)
        fprintf(command->out, " --warmup %llu", (unsigned long long)options->warmup_ops);
    print_option(command->out, "--budget", options->budget);
    print_option(command->out, "--corpus", options->corpus);
    return keep(plans, hg_memory_stream_end(command, NULL));
}

static const char *reproduce_cell(hg_plans *plans, const hg_suite *suite, const hg_suite_cell *cell,
                                  const hg_options *options, double max_slowdown)
{
    hg_memory_stream command;
    FILE *out = hg_memory_stream_begin(&command);
    if (!out)
        return keep(plans, NULL);
    fputs("heapgate run", out);
    print_option(out, "-c", suite->file[0] ? suite->file : NULL);
    print_option(out, "--workload", cell->workload->name);
    print_option(out, "--subject", max_slowdown > 0 ? HG_REFERENCE : NULL);
    print_option(out, "--subject", cell->subject->name);
    return finish_reproduce(plans, &command, options, cell->allocator);
}

/* "heapgate check PLUGIN", or "heapgate compare --before A --after B PLUGIN". */
static const char *reproduce_plugin(hg_plans *plans, const char *plugin, const hg_build *builds, size_t count,
                                    const hg_options *options, const char *allocator)
{
    hg_memory_stream command;
    FILE *out = hg_memory_stream_begin(&command);
    if (!out)
        return keep(plans, NULL);
    fputs(count > 1 ? "heapgate compare" : "heapgate check", out);
    for (size_t i = 0; i < count && builds[i].folder; i++) {
        fprintf(out, " --%s ", builds[i].subject);
        hg_print_shell_word(builds[i].folder, out);
    }
    if (builds[0].max_bytes_per_op > 0)
        fprintf(out, " --max-bytes-per-op %.9g", builds[0].max_bytes_per_op);
    if (builds[count - 1].max_slowdown > 0)
        fprintf(out, " --max-slowdown %.9g", builds[count - 1].max_slowdown);
    fputc(' ', out);
    hg_print_shell_word(plugin, out);
    if (builds[count - 1].plugin) {
        fputc(' ', out);
        hg_print_shell_word(builds[count - 1].plugin, out);
    }
    return finish_reproduce(plans, &command, options, allocator);
}

static bool add_plan(hg_plans *plans, const hg_cell_plan *plan)
{
    hg_cell_plan *grown = realloc(plans->plans, (plans->count + 1) * sizeof *grown);
    if (!grown)
        return hg_refuse("out of memory");
    plans->plans = grown;
    plans->plans[plans->count++] = *plan;
    return true;
}

/* Puts the paths of a cell's plug-in, library and corpus into the plan. */
static bool set_paths(const hg_suite *suite, const hg_suite_cell *cell, const hg_options *options,
                      hg_plans *plans, hg_cell_plan *plan)
{
    const hg_suite_workload *workload = cell->workload;
    const char *library_path = cell->subject->library_path;
    const char *plugin = hg_suite_plugin_of(workload, cell->subject);
    plan->plugin = resolve(plans, suite, plugin);
    if (!plan->plugin && !suite->file[0])
        return hg_refuse(
            "the built-in suite runs only in heapgate's source tree: give your own with -c FILE");
    if (!plan->plugin)
        return hg_refuse("workload %s: no plug-in at %s", workload->name, plugin);
    if (library_path[0])
        plan->library_path = resolve(plans, suite, library_path);
    if (!plan->library_path)
        return hg_refuse("subject %s: no folder at %s", cell->subject->name, library_path);
    if (strpbrk(plan->library_path, ":;"))
        return hg_refuse("subject %s: the path %s must have no colon and no semicolon", cell->subject->name,
                         plan->library_path);
    if (!options->corpus && workload->corpus[0])
        plan->corpus = resolve(plans, suite, workload->corpus);
    return plan->corpus || hg_refuse("workload %s: no corpus at %s", workload->name, workload->corpus);
}

static bool plan_cell(const hg_suite *suite, const hg_suite_cell *cell, const hg_options *options,
                      const hg_cell_plan *common, hg_plans *plans)
{
    const hg_suite_workload *workload = cell->workload;
    const hg_suite_subject *subject = cell->subject;
    hg_cell_plan plan = *common;
    plan.workload = workload->name;
    plan.subject = subject->name;
    plan.expect = hg_suite_expectation_of(workload, subject);
    plan.warmup_ops = options->warmup_ops ? options->warmup_ops : workload->warmup_ops;
    plan.ops = options->ops ? options->ops : workload->ops;
    plan.rate_per_hour = workload->rate_per_hour;
    plan.max_bytes_per_op = workload->max_bytes_per_op;
    plan.bounds[0] = &workload->bounds;
    plan.bounds[1] = &suite->bounds;
    plan.undeclared = strcmp(suite->undeclared, "fail") == 0   ? HG_UNDECLARED_FAIL
                      : strcmp(suite->undeclared, "warn") == 0 ? HG_UNDECLARED_WARN
                                                               : HG_UNDECLARED_IGNORE;
    plan.by_holder = hg_leaks_need_holders(&suite->leaks);
    if (strcmp(subject->name, HG_REFERENCE) != 0)
        plan.max_slowdown = workload->max_slowdown;
    plan.time_limit_seconds = suite->time_limit_seconds;
    plan.memory_limit_bytes = suite->memory_limit_bytes;
    if (!options->budget)
        plan.budget_seconds = suite->budget_seconds;
    if (!set_paths(suite, cell, options, plans, &plan))
        return false;
    plan.reproduce = reproduce_cell(plans, suite, cell, options, plan.max_slowdown);
    return plan.reproduce && set_allocator(plans, cell->allocator, &plan) && add_plan(plans, &plan);
}

/* Every name given on the command line must be one of the suite's. */
static bool check_selection(const hg_suite *suite, const hg_selection *selection)
{
    for (size_t i = 0; i < selection->workloads.count; i++)
        if (!hg_suite_has_workload(suite, selection->workloads.names[i]))
            return hg_refuse("--workload: the suite has no workload '%s'; heapgate list shows them",
                             selection->workloads.names[i]);
    for (size_t i = 0; i < selection->subjects.count; i++)
        if (!hg_suite_has_subject(suite, selection->subjects.names[i]))
            return hg_refuse("--subject: the suite has no subject '%s'; heapgate list shows them",
                             selection->subjects.names[i]);
    return true;
}

/* The selected cells in the suite's order, of every shard. NULL when memory ran out. */
static hg_suite_cell *select_cells(const hg_suite *suite, const hg_selection *selection,
                                   const hg_options *options, size_t *ret_count)
{
    bool given = options->allocators.count > 0;
    const char *const *allocators =
        given ? options->allocators.names : (const char *const *)suite->allocators;
    size_t allocator_count = given ? options->allocators.count : suite->allocator_count;
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
                      const hg_selection *selection, const hg_options *options, hg_plans *plans)
{
    hg_cell_plan common;
    uint32_t *shards = calloc(count + 1, sizeof *shards);
    if (!shards)
        return hg_complain("out of memory");
    bool planned =
        prepare_common(options, plans, &common) && hg_shard_divide(cells, count, selection, shards);
    plans->shard = selection->shard;
    plans->shards = selection->shards > 1 ? selection->shards : 0; /* a single shard is the whole suite */
    plans->suite_cells = count;
    for (size_t i = 0; planned && i < count; i++) {
        common.number = plans->shards ? (uint32_t)i + 1 : 0;
        if (plans->shards == 0 || shards[i] == plans->shard)
            planned = plan_cell(suite, &cells[i], options, &common, plans);
    }
    free(shards);
    return planned ? HG_EXIT_PASS : HG_EXIT_USAGE;
}

/* Without the measurement no max_slowdown can be checked. The user is told, because the gate is then open. */
static void skip_slowdowns(hg_plans *plans, const char *why)
{
    size_t skipped = 0;
    for (size_t i = 0; i < plans->count; i++) {
        skipped += plans->plans[i].max_slowdown > 0;
        plans->plans[i].max_slowdown = 0;
    }
    if (skipped > 0)
        hg_complain("note: max_slowdown is not checked for %zu cell%s: %s", skipped, skipped == 1 ? "" : "s",
                    why);
}

int hg_plan_suite(const hg_suite *suite, const hg_selection *selection, const hg_options *options,
                  hg_plans *ret_plans)
{
    size_t count = 0;
    if (!hg_places_find(&ret_plans->places) || !check_selection(suite, selection))
        return HG_EXIT_USAGE;
    hg_suite_cell *cells = select_cells(suite, selection, options, &count);
    int code = HG_EXIT_USAGE;
    if (!cells)
        hg_complain("out of memory");
    else if (count == 0)
        hg_complain("nothing to run: no cell is selected");
    else
        code = plan_shard(suite, cells, count, selection, options, ret_plans);
    free(cells);
    if (code != HG_EXIT_PASS)
        return code;
    if (ret_plans->count == 0)
        hg_complain("shard %u of %u has nothing to run: the suite has only %zu cell%s", selection->shard,
                    selection->shards, count, count == 1 ? "" : "s");
    if (!hg_names_select(&selection->subjects, HG_REFERENCE))
        skip_slowdowns(ret_plans, "--subject leaves out " HG_REFERENCE);
    else if (options->speed_refused)
        skip_slowdowns(ret_plans, "--no-speed");
    return code;
}

/* Whether a folder has a shared object: with none in it, the plug-in would use the library it finds by
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
        hg_complain("--%s: the path %s must have no colon and no semicolon", build->subject, path);
    else if (path && !has_library(path))
        hg_complain("--%s: no shared library (*.so) in %s", build->subject, build->folder);
    else
        return path;
    return NULL;
}

/* The absolute path of a plug-in; NULL after complaining. */
static const char *resolve_plugin(hg_plans *plans, const char *plugin)
{
    struct stat there;
    char *absolute = realpath(plugin, NULL);
    if (absolute && stat(absolute, &there) == 0 && S_ISREG(there.st_mode))
        return keep(plans, absolute);
    free(absolute);
    hg_complain("no plug-in at %s", hg_named(plugin));
    return NULL;
}

/* Builds that have plug-ins of their own are one workload, named by the file of the first. */
static bool name_by_file(hg_plans *plans, const char *plugin, hg_cell_plan *plan)
{
    const char *slash = strrchr(plugin, '/');
    const char *name = slash ? slash + 1 : plugin;
    const char *suffix = strstr(name, ".so");
    plan->workload =
        keep(plans, strndup(name, suffix && suffix > name ? (size_t)(suffix - name) : strlen(name)));
    return plan->workload != NULL;
}

int hg_plan_plugin(const char *plugin, const hg_build *builds, size_t build_count, const hg_options *options,
                   hg_plans *ret_plans)
{
    hg_cell_plan common;
    assert(build_count > 0);
    if (!hg_places_find(&ret_plans->places))
        return HG_EXIT_USAGE;
    const char *path = resolve_plugin(ret_plans, plugin);
    if (!path || !prepare_common(options, ret_plans, &common))
        return HG_EXIT_USAGE;
    if (builds[build_count - 1].plugin && !name_by_file(ret_plans, plugin, &common))
        return HG_EXIT_USAGE;
    const hg_names by_default = {.names = {"glibc"}, .count = 1};
    const hg_names *allocators = options->allocators.count > 0 ? &options->allocators : &by_default;
    for (size_t i = 0; i < allocators->count * build_count; i++) {
        const hg_build *build = &builds[i % build_count];
        const char *allocator = allocators->names[i / build_count];
        hg_cell_plan plan = common;
        plan.subject = build->subject;
        plan.plugin = build->plugin ? resolve_plugin(ret_plans, build->plugin) : path;
        plan.expect = build->expect;
        plan.max_bytes_per_op = build->max_bytes_per_op;
        plan.max_slowdown = build->max_slowdown;
        if (build->folder)
            plan.library_path = resolve_build(ret_plans, build);
        if (plan.plugin && plan.library_path)
            plan.reproduce = reproduce_plugin(ret_plans, plugin, builds, build_count, options, allocator);
        if (!plan.reproduce || !set_allocator(ret_plans, allocator, &plan) || !add_plan(ret_plans, &plan))
            return HG_EXIT_USAGE;
    }
    return HG_EXIT_PASS;
}
