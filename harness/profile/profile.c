#include "base/saturate.h"
#include "profile/job.h"

#include "process/launch.h"
#include "verdict/conclude.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Rounds of one op have nothing to compare; two are enough for a difference. */
enum { LEAST_ROUND_OPS = 2, SPARE_TIME = 10, SPARE_MEMORY = 4 };

struct hg_profile_run {
    hg_profile profile;
    hg_profile_job job;
    hg_cell_plan plan; /* with the tool's limits */
    char link_folder[HG_TEMPORARY_FOLDER], link[HG_TEMPORARY_FOLDER + 16];
    hg_launched launched;
    bool running;
};

uint64_t hg_profile_ops(const hg_tool *tool, const hg_cell_plan *plan)
{
    uint64_t whole = hg_cell_plan_run(plan, 0).round_ops;
    uint64_t slower = (whole + tool->slowness - 1) / tool->slowness;
    return plan->rounds * (slower < LEAST_ROUND_OPS ? LEAST_ROUND_OPS : slower);
}

/* A name for the folder without spaces, quotes or per cents, at which the tools would take it apart. */
static bool make_link(hg_profile_run *run, const char *folder)
{
    char *real = realpath(folder, NULL);
    int error = -errno;
    if (real)
        error = hg_temporary_folder_make(run->link_folder);
    bool made = real && error == 0;
    snprintf(run->link, sizeof run->link, "%s/out", run->link_folder);
    if (made && symlink(real, run->link) != 0) {
        error = -errno;
        rmdir(run->link_folder);
        run->link_folder[0] = '\0';
        made = false;
    }
    if (!made)
        hg_job_fail(&run->job, "cannot prepare %s for the tool, with a link in a temporary folder: %s",
                    folder, strerror(-error));
    free(real);
    run->job.folder = run->link;
    return made;
}

/* What an earlier profile left must not be taken for this one's. */
static void remove_stale(const hg_profile_run *run)
{
    static const char *const others[] = {"heaptrack.raw", "heaptrack.txt", "jeprof.txt", "jeprof.warm.heap"};
    char path[PATH_MAX];
    for (const hg_opener *opener = run->profile.tool->openers; opener->file; opener++) {
        snprintf(path, sizeof path, "%s/%s", run->link, opener->file);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(path, sizeof path, "%s/%s", run->link, others[i]);
        unlink(path);
    }
    for (unsigned i = 0; i < HG_MAX_EPOCHS; i++) {
        snprintf(path, sizeof path, "%s/%s.round-%03u", run->link, run->profile.tool->name, i);
        unlink(path);
    }
}

static bool launch(hg_profile_run *run, uint64_t ops)
{
    hg_tool_command command = {.preload = ""};
    hg_profile *profile = &run->profile;
    if (!profile->tool->command(&run->job, &command))
        return false;
    const hg_run_plan rounds = hg_cell_plan_run(&run->plan, ops);
    profile->ops = rounds.round_ops * rounds.rounds;
    profile->warmup_ops = rounds.warmup_ops * rounds.warmup_rounds;
    profile->rounds = rounds.rounds;
    profile->warmup_rounds = rounds.warmup_rounds;
    const hg_watcher watcher = {
        .words = command.words, .variables = command.variables, .preload = command.preload};
    int status = hg_launch_runner(&run->plan, &rounds, &watcher, &run->launched);
    run->running = status == 0;
    return run->running ||
           hg_job_fail(&run->job, "cannot start %s: %s", profile->tool->name, strerror(-status));
}

hg_profile_run *hg_profile_start(const hg_tool *tool, const hg_cell_plan *plan, uint64_t ops,
                                 const char *folder)
{
    hg_profile_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->profile.tool = tool;
    run->launched.record_fd = -1;
    run->plan = *plan;
    run->plan.time_limit_seconds *= SPARE_TIME;
    run->plan.memory_limit_bytes *= SPARE_MEMORY;
    run->job = (hg_profile_job){.plan = &run->plan,
                                .checkpoints = HG_WARMUP_ROUNDS + plan->rounds,
                                .warmup_checkpoints = HG_WARMUP_ROUNDS,
                                .message = run->profile.message,
                                .message_size = sizeof run->profile.message};
    if (!hg_tool_path(tool->program, run->job.program, sizeof run->job.program)) {
        hg_job_fail(&run->job, "%s is not in PATH (Debian package %s)", tool->program, tool->package);
        run->profile.state = HG_PROFILE_FAILED;
    } else if (!make_link(run, folder)) {
        run->profile.state = HG_PROFILE_FAILED;
    } else {
        remove_stale(run);
        if (!launch(run, ops ? ops : hg_profile_ops(tool, plan)))
            run->profile.state = HG_PROFILE_FAILED;
    }
    return run;
}

/* Whether the process ended as it should; else with a message. */
static bool ended_well(hg_profile_run *run)
{
    char ending[HG_ENDING_BYTES];
    const hg_ended ended = {
        .process = &run->launched.process, .record = &run->launched.record, .tool = run->profile.tool->name};
    if (!hg_record_freeze(&run->launched.record))
        return hg_job_fail(&run->job, "out of memory");
    hg_tell_ending(&ended, ending, sizeof ending);
    return ending[0] == '\0' || hg_job_fail(&run->job, "%s", ending);
}

/* The first of its files is the one that a tool must write. */
static bool wrote_something(hg_profile_run *run)
{
    struct stat status;
    char path[PATH_MAX];
    const char *file = run->profile.tool->openers[0].file;
    snprintf(path, sizeof path, "%s/%s", run->link, file);
    if (stat(path, &status) == 0 && status.st_size > 0)
        return true;
    return hg_job_fail(&run->job, "%s wrote no %s; is the disk full?", run->profile.tool->name, file);
}

static void sum_sites(hg_profile *profile)
{
    for (size_t i = 0; i < profile->sites.count; i++) {
        const hg_tool_site *site = &profile->sites.sites[i];
        hg_tool_count growth = hg_tool_site_growth(site);
        hg_tool_count *sum = &profile->gained[site->kind];
        sum->bytes = hg_sum(sum->bytes, growth.bytes);
        sum->blocks = sum->blocks < 0 || growth.blocks < 0 ? -1 : hg_sum(sum->blocks, growth.blocks);
    }
}

/* From the checkpoints where the tool has them, else from its sites. */
static void sum_up(hg_profile *profile)
{
    if (profile->checkpoint_count == 0) {
        sum_sites(profile);
        return;
    }
    for (int kind = 0; kind < HG_TOOL_KINDS; kind++) {
        const hg_tool_count *base = &profile->checkpoints[profile->warmup_rounds - 1][kind];
        const hg_tool_count *end = &profile->checkpoints[profile->checkpoint_count - 1][kind];
        profile->gained[kind] =
            (hg_tool_count){.bytes = hg_difference(end->bytes, base->bytes),
                            .blocks = end->blocks < 0 ? -1 : hg_difference(end->blocks, base->blocks)};
    }
}

static void conclude(hg_profile_run *run)
{
    hg_profile *profile = &run->profile;
    run->job.scratch_used = 0;
    profile->seconds = hg_process_now() - run->launched.process.started;
    memcpy(profile->log, run->launched.process.log, sizeof profile->log);
    if (!ended_well(run) || !profile->tool->read(&run->job, profile) || !wrote_something(run)) {
        run->profile.state = HG_PROFILE_FAILED;
        return;
    }
    hg_tool_sites_finish(&profile->sites, run->plan.runner);
    sum_up(profile);
    profile->state = HG_PROFILE_DONE;
}

const hg_profile *hg_profile_poll(hg_profile_run *run)
{
    if (run->running && hg_process_poll(&run->launched.process)) {
        run->running = false;
        conclude(run);
    }
    return &run->profile;
}

void hg_profile_descriptors(const hg_profile_run *run, int ret_fds[2])
{
    ret_fds[0] = run->running ? run->launched.process.exit_fd : -1;
    ret_fds[1] = run->running ? run->launched.process.output_fd : -1;
}

void hg_profile_free(hg_profile_run *run)
{
    if (!run)
        return;
    hg_launched_close(&run->launched);
    if (run->link_folder[0]) {
        unlink(run->link);
        rmdir(run->link_folder);
    }
    hg_tool_sites_free(&run->profile.sites);
    free(run->profile.checkpoints);
    free(run);
}
