/*
 * From what the workloads reached to which places of the modules under test they tried.
 *
 * Under test are the modules of the subject's folder; without a folder, all that are not the system's; the
 * workload's own, if there is no other. The files of modules are read in a process of its own, with limits:
 * whatever they are, the run goes on.
 */
#ifndef HG_COVERAGE_TRIED_H
#define HG_COVERAGE_TRIED_H

#include "coverage/reached.h"
#include "model/model.h"

/*
 * Fills run->tried, which is empty. only: the file names of the modules under test instead, as in
 * "libexpat.so.1", or without what comes after ".so". Calls that torture of this run made fail are counted.
 * Why there is no answer is in the places' message. False when memory ran out. No other thread of this
 * process may hold a lock that is needed.
 */
bool hg_tried_measure(const hg_reached *reached, const char *const *only, size_t only_count, hg_run *run);

#endif
