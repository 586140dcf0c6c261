#include "process/describe.h"

#include "runner/runner.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool hg_describe(const hg_cell_plan *plan, hg_description *ret_description, char *ret_message,
                 size_t message_size)
{
    hg_record record;
    int record_fd;
    hg_process process;
    int status = hg_cell_launch(plan, HG_LAUNCH_DESCRIBE, 0, 0, &record, &record_fd, &process);
    if (status < 0) {
        snprintf(ret_message, message_size, "cannot start the runner: %s", strerror(-status));
        return false;
    }
    while (!hg_process_poll(&process)) {
        struct pollfd gone = {.fd = process.exit_fd, .events = POLLIN};
        poll(&gone, 1, 50);
    }
    const hg_record_header *header = record.header;
    bool sound = hg_record_is_sound(&record);
    bool usable = !sound || process.ending != HG_ENDING_EXIT || process.code != HG_RUNNER_STOPPED;
    memset(ret_description, 0, sizeof *ret_description);
    if (usable && sound) {
        snprintf(ret_description->name, sizeof ret_description->name, "%s", header->workload_name);
        snprintf(ret_description->unit, sizeof ret_description->unit, "%s", header->workload_unit);
        ret_description->default_ops =
            header->default_ops ? header->default_ops : header->round_ops * plan->rounds;
        ret_description->warmup_ops = header->warmup_ops;
    } else if (!usable) {
        snprintf(ret_message, message_size, "%s", header->message);
    }
    hg_record_close(&record);
    close(record_fd);
    return usable;
}
