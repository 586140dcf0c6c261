#include "process/launch.h"

#include "process/environment.h"
#include "record/scan_file.h"
#include "record/torture_area.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_own_probe(const char *path, size_t length)
{
    static const char prefix[] = "libheapgate-probe";
    char *copy = strndup(path, length);
    bool own = copy && strncmp(base_name(copy), prefix, sizeof prefix - 1) == 0;
    free(copy);
    return own;
}

/* The preloads that were inherited, without a probe that an outer heapgate put there. */
static void drop_own_probe(hg_environment *environment)
{
    static const char separators[] = ": ";
    const char *inherited = hg_environment_get(environment, "LD_PRELOAD");
    char *kept = inherited ? calloc(1, strlen(inherited) + 1) : NULL;
    if (!kept) {
        environment->failed |= inherited != NULL;
        return;
    }
    size_t used = 0;
    for (const char *at = inherited; *at;) {
        size_t length = strcspn(at, separators);
        if (length > 0 && !is_own_probe(at, length)) {
            if (used > 0)
                kept[used++] = ':';
            memcpy(kept + used, at, length);
            used += length;
        }
        at += length + (at[length] != '\0');
    }
    hg_environment_set(environment, "LD_PRELOAD", used > 0 ? kept : NULL);
    free(kept);
}

/*
 * The probe is preloaded by its path, or, where that has a space, at which the dynamic linker would end it,
 * by its name and a folder to search.
 */
static void preload_probe(hg_environment *environment, const char *probe)
{
    const char *name = base_name(probe);
    if (!strchr(probe, ' ')) {
        hg_environment_put_first(environment, "LD_PRELOAD", probe);
        return;
    }
    char *folder = strndup(probe, (size_t)(name - probe - 1));
    environment->failed |= !folder;
    if (folder)
        hg_environment_put_first(environment, "LD_LIBRARY_PATH", folder);
    hg_environment_put_first(environment, "LD_PRELOAD", name);
    free(folder);
}

/* probe: NULL for none. next: what comes behind it; "" for nothing. */
static void set_preloads(hg_environment *environment, const char *probe, const char *next)
{
    drop_own_probe(environment);
    hg_environment_put_first(environment, "LD_PRELOAD", next);
    if (probe)
        preload_probe(environment, probe);
}

static bool is_measured(const hg_run_plan *run)
{
    return run->task == HG_TASK_ROUNDS || run->task == HG_TASK_SOAK || run->task == HG_TASK_TORTURE;
}

/* A description needs no allocator: what it says does not depend on one. */
static const char *allocator_for(const hg_cell_plan *plan, const hg_run_plan *run)
{
    return run->task == HG_TASK_DESCRIBE ? "" : plan->allocator_library;
}

static hg_environment environment_of(const hg_cell_plan *plan, const hg_run_plan *run,
                                     const hg_watcher *watcher)
{
    char seed[24], record[64];
    hg_environment environment = hg_environment_inherit();
    snprintf(seed, sizeof seed, "%" PRIu64, plan->seed);
    snprintf(record, sizeof record, "/proc/self/fd/%d", hg_process_record_descriptor());
    hg_environment_set(&environment, HG_ENV_RECORD, record);
    hg_environment_set(&environment, HG_ENV_CHILDREN, NULL);
    hg_environment_set(&environment, HG_ENV_MARKS, NULL);
    hg_environment_set(&environment, HG_ENV_SCAN, plan->scan);
    hg_environment_set(&environment, HG_ENV_TORTURE, plan->torture);
    hg_environment_set(&environment, "HEAPGATE_SEED", seed);
    hg_environment_set(&environment, "HEAPGATE_CORPUS", plan->corpus);
    set_preloads(&environment, is_measured(run) && !watcher ? plan->probe : NULL,
                 watcher ? watcher->preload : allocator_for(plan, run));
    hg_environment_put_first(&environment, "LD_LIBRARY_PATH", plan->library_path);
    for (size_t i = 0; watcher && watcher->variables[i]; i++) {
        const char *variable = watcher->variables[i];
        char *name = strndup(variable, strcspn(variable, "="));
        environment.failed |= !name;
        if (name)
            hg_environment_set(&environment, name, strchr(variable, '=') + 1);
        free(name);
    }
    return environment;
}

/*
 * Puts the libraries that the workload is linked with behind all other preloads. ret_kept: the bytes of those
 * others. A path with a space would be taken for two; the runner loads such a library itself.
 */
static void preload_libraries(hg_environment *environment, const char *libraries, size_t *ret_kept)
{
    const char *others = hg_environment_get(environment, "LD_PRELOAD");
    *ret_kept = others ? strlen(others) : 0;
    char *list = NULL;
    if (!libraries[0] || strchr(libraries, ' '))
        return;
    if (asprintf(&list, "%s%s%s", others ? others : "", others ? ":" : "", libraries) < 0)
        list = NULL;
    environment->failed |= !list;
    if (list)
        hg_environment_set(environment, "LD_PRELOAD", list);
    free(list);
}

/* The watcher's words, then the runner's. Freed by the caller; NULL when memory ran out. */
static char **arguments_of(const hg_cell_plan *plan, const hg_watcher *watcher)
{
    size_t count = 0;
    while (watcher && watcher->words[count])
        count++;
    char **arguments = calloc(count + 3, sizeof *arguments);
    if (!arguments)
        return NULL;
    for (size_t i = 0; i < count; i++)
        arguments[i] = (char *)watcher->words[i];
    arguments[count] = (char *)plan->runner;
    arguments[count + 1] = (char *)plan->plugin;
    return arguments;
}

/* As many epochs as the task has checkpoints; one where it has none. */
static int create_record(const hg_cell_plan *plan, const hg_run_plan *run, bool bare, hg_launched *launched)
{
    uint32_t epochs = run->task == HG_TASK_SOAK     ? HG_ROW_EPOCHS
                      : run->task == HG_TASK_ROUNDS ? run->warmup_rounds + run->rounds
                                                    : 1;
    int status =
        (bare ? hg_record_create_bare : hg_record_create)(epochs, &launched->record, &launched->record_fd);
    if (status < 0)
        return status;
    hg_record_header *header = launched->record.header;
    header->run = *run;
    header->mode = (plan->verify ? HG_MODE_VERIFY : 0) |
                   (plan->note_record ? HG_MODE_MODULES | HG_MODE_FREES : 0) |
                   (run->task == HG_TASK_SOAK ? HG_MODE_CHANGES : 0);
    snprintf(header->asked_allocator, sizeof header->asked_allocator, "%s",
             base_name(plan->allocator_library));
    snprintf(header->library_path, sizeof header->library_path, "%s", plan->library_path);
    snprintf(header->preload, sizeof header->preload, "%s", plan->description.preload);
    return 0;
}

int hg_launch_runner(const hg_cell_plan *plan, const hg_run_plan *run, const hg_watcher *watcher,
                     hg_launched *ret_launched)
{
    hg_launched launched = {.record_fd = -1, .process = {.exit_fd = -1, .output_fd = -1}};
    hg_environment environment = environment_of(plan, run, watcher);
    size_t kept;
    /* Not under a tool of others, which would load them into itself. */
    preload_libraries(&environment, watcher ? "" : plan->description.preload, &kept);
    char **arguments = arguments_of(plan, watcher);
    int status = arguments && !environment.failed ? 0 : -ENOMEM;
    if (status == 0)
        status = create_record(plan, run, watcher != NULL, &launched);
    if (status == 0) {
        launched.record.header->kept_preload = kept;
        const hg_process_spec spec = {
            .arguments = arguments,
            .environment = environment.list,
            .record_fd = launched.record_fd,
            .time_limit_seconds = plan->time_limit_seconds,
            .memory_limit_bytes = plan->memory_limit_bytes,
        };
        status = hg_process_start(&spec, &launched.process);
        if (status < 0)
            hg_launched_close(&launched);
    }
    free(arguments);
    hg_environment_free(&environment);
    *ret_launched = launched;
    return status;
}

void hg_launched_close(hg_launched *launched)
{
    hg_process_stop(&launched->process);
    hg_record_close(&launched->record);
    if (launched->record_fd >= 0)
        close(launched->record_fd);
    launched->record_fd = -1;
}

/* The record is opened through the parent's descriptor, so that the program has none that it would not have
 * without heapgate, and one that it closes does not matter. */
static hg_environment environment_of_program(const hg_program_launch *launch)
{
    char record[64];
    hg_environment environment = hg_environment_inherit();
    snprintf(record, sizeof record, "/proc/%d/fd/%d", (int)getpid(), launch->record_fd);
    hg_environment_set(&environment, HG_ENV_RECORD, record);
    hg_environment_set(&environment, HG_ENV_CHILDREN, launch->children[0] ? launch->children : NULL);
    hg_environment_set(&environment, HG_ENV_MARKS, launch->marks ? "1" : NULL);
    hg_environment_set(&environment, HG_ENV_SCAN, launch->scan[0] ? launch->scan : NULL);
    hg_environment_set(&environment, HG_ENV_TORTURE, NULL);
    set_preloads(&environment, launch->probe, launch->allocator_library);
    return environment;
}

/* Between fork and exec: only what is safe there. */
static _Noreturn void become(const hg_program_launch *launch, char *const *environment, pid_t parent,
                             int failure)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    errno = ESRCH;
    if (getppid() == parent && (launch->output < 0 || dup2(launch->output, STDOUT_FILENO) >= 0) &&
        sigprocmask(SIG_SETMASK, launch->signals, NULL) == 0)
        execve(launch->path, launch->arguments, environment);
    int error = errno;
    ssize_t written = write(failure, &error, sizeof error);
    _exit(written < 0 ? 126 : 127);
}

static void reap(pid_t process)
{
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static int start_program(const hg_program_launch *launch, char *const *environment, pid_t *ret_process,
                         int *ret_exit_fd)
{
    int failure[2];
    int error = 0;
    if (pipe2(failure, O_CLOEXEC) < 0)
        return -errno;
    pid_t parent = getpid();
    pid_t process = fork();
    if (process == 0)
        become(launch, environment, parent, failure[1]);
    error = process < 0 ? errno : 0;
    close(failure[1]);
    /* It ends, with nothing in it, when the program has been started. */
    if (process > 0 && read(failure[0], &error, sizeof error) != (ssize_t)sizeof error)
        error = 0;
    close(failure[0]);
    if (error == 0) {
        *ret_exit_fd = (int)syscall(SYS_pidfd_open, process, 0);
        *ret_process = process;
        if (*ret_exit_fd >= 0)
            return 0;
        error = errno;
        kill(process, SIGKILL);
    }
    if (process > 0)
        reap(process);
    return -error;
}

int hg_launch_program(const hg_program_launch *launch, pid_t *ret_process, int *ret_exit_fd)
{
    hg_environment environment = environment_of_program(launch);
    int status =
        environment.failed ? -ENOMEM : start_program(launch, environment.list, ret_process, ret_exit_fd);
    hg_environment_free(&environment);
    return status;
}
