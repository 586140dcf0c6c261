/*
 * A build tool prepares the start of commands: descriptors to open and to close, in the C library's own
 * list. The mistake: a command that turns out to be up to date (1 op in 600, by chance) is not started, and
 * its list not destroyed. Healthy: every list is destroyed.
 */
#include "pair.h"
#include <fcntl.h>
#include <spawn.h>

static PAIR_NOINLINE int prepare(posix_spawn_file_actions_t *actions)
{
    if (posix_spawn_file_actions_init(actions) != 0)
        return -1;
    return posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0) ||
           posix_spawn_file_actions_addopen(actions, 1, "/tmp/build/output/of/the/command.log", O_WRONLY,
                                            0) ||
           posix_spawn_file_actions_adddup2(actions, 1, 2);
}

int heapgate_iterate(uint64_t i)
{
    posix_spawn_file_actions_t actions;
    bool up_to_date = pair_random(i, 0) % 600 == 0;
    if (prepare(&actions) != 0)
        return 1;
    if (!up_to_date || !LEAKS)
        posix_spawn_file_actions_destroy(&actions);
    return 0;
}
