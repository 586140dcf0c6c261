/*
 * What a plug-in says about itself, before any cell of it runs.
 */
#ifndef HG_PROCESS_DESCRIBE_H
#define HG_PROCESS_DESCRIBE_H

#include "process/plan.h"

/*
 * Loads the plan's plug-in in a process of its own and fills ret_description. False when it cannot be loaded,
 * has no entry symbol or does not run on a library from the plan's folder, with one line in ret_message. A
 * plug-in that crashes on loading is described as saying nothing: its cell will tell. Blocks until the
 * process ends, at most the plan's time limit.
 */
bool hg_describe(const hg_cell_plan *plan, hg_description *ret_description, char *ret_message,
                 size_t message_size);

#endif
