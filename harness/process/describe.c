#include "process/describe.h"

#include "process/launch.h"
#include "process/program_file.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Whether the dynamic linker may try: of these files it says what does not help, or crashes. */
static bool is_loadable(const char *plugin, char *ret_message, size_t message_size)
{
    hg_program_file file;
    const char *wrong = NULL;
    if (hg_program_file_read(plugin, &file) < 0)
        return true;
    if (file.kind == HG_PROGRAM_FOREIGN)
        wrong = "is not an " HG_PROCESSOR " library: build it for the machine that heapgate runs on";
    else if (file.kind == HG_PROGRAM_BROKEN)
        wrong = "is a damaged ELF file, or a part of one: build or copy it again";
    else if (file.sanitized)
        wrong = "is built with a sanitizer: compile it without -fsanitize";
    if (wrong)
        snprintf(ret_message, message_size, "cannot load the workload: %s %s", plugin, wrong);
    return !wrong;
}

/* A library of the workload's may be, too: its sanitizer then ends the process while it is loaded. */
static bool brings_sanitizer(const hg_launched *launched)
{
    static const char complaint[] = "runtime does not come first in initial library list";
    return atomic_load(&launched->record.header->phase) == HG_PHASE_LOADING &&
           strstr(launched->process.log, complaint);
}

/* By one process. */
static bool describe(const hg_cell_plan *plan, hg_description *ret_description, char *ret_message,
                     size_t message_size)
{
    hg_launched launched;
    const hg_run_plan run = {.task = HG_TASK_DESCRIBE};
    int status = hg_launch_runner(plan, &run, NULL, &launched);
    if (status < 0) {
        snprintf(ret_message, message_size, "cannot start the runner: %s", strerror(-status));
        return false;
    }
    const hg_process *process = &launched.process;
    while (!hg_process_poll(&launched.process)) {
        struct pollfd gone = {.fd = process->exit_fd, .events = POLLIN};
        poll(&gone, 1, 50);
    }
    bool sound = hg_record_freeze(&launched.record) && hg_record_is_sound(&launched.record);
    const hg_record_header *header = launched.record.header;
    bool usable = !sound || process->ending != HG_ENDING_EXIT || process->code != HG_RUNNER_STOPPED;
    bool sanitized = sound && brings_sanitizer(&launched);
    memset(ret_description, 0, sizeof *ret_description);
    if (sanitized) {
        snprintf(ret_message, message_size,
                 "cannot load the workload: a library of %s is built with a sanitizer: compile it without "
                 "-fsanitize",
                 plan->plugin);
    } else if (usable && sound) {
        snprintf(ret_description->name, sizeof ret_description->name, "%s", header->workload_name);
        snprintf(ret_description->unit, sizeof ret_description->unit, "%s", header->workload_unit);
        ret_description->default_ops =
            header->default_ops ? header->default_ops : header->round_ops * plan->rounds;
        ret_description->warmup_ops = header->warmup_ops;
        memcpy(ret_description->preload, header->preload, sizeof header->preload - 1);
    } else if (!usable) {
        snprintf(ret_message, message_size, "%s", header->message);
    }
    hg_launched_close(&launched);
    return usable && !sanitized;
}

bool hg_describe(const hg_cell_plan *plan, hg_description *ret_description, char *ret_message,
                 size_t message_size)
{
    hg_cell_plan again = *plan;
    bool preloaded = plan->description.preload[0] != '\0'; /* ret_description may be the plan's */
    if (!is_loadable(plan->plugin, ret_message, message_size) ||
        !describe(plan, ret_description, ret_message, message_size))
        return false;
    if (!ret_description->preload[0] || preloaded)
        return true;
    /* With the libraries preloaded that it asked for, it may say something else. */
    again.description = *ret_description;
    return describe(&again, ret_description, ret_message, message_size);
}
