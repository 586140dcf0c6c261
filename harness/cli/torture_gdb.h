/* gdb on a tortured process that waits in the call that fails. */
#ifndef HG_CLI_TORTURE_GDB_H
#define HG_CLI_TORTURE_GDB_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether gdb is installed; complains if not. */
bool hg_gdb_is_there(void);

/*
 * Starts gdb on this terminal, attached to the process and at the frame of the function ("": the innermost).
 * From here on Ctrl-C is gdb's. The process id, or a negative errno.
 */
pid_t hg_gdb_start(void *user_data, pid_t process, const char *function);

#endif
