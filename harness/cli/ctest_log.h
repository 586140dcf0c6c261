/*
 * ctest -T memcheck, with LeakSanitizer as the type of its memory checker, gives each test the option
 * log_path of LeakSanitizer, and reads the defects from the files whose names begin so. heapgate writes one,
 * so that a dashboard shows its leaks, too.
 */
#ifndef HG_CLI_CTEST_LOG_H
#define HG_CLI_CTEST_LOG_H

#include "model/model.h"
#include <stdbool.h>

/* Writes the leaks of the run if CTest asks for them. Complains and returns false on failure. */
bool hg_ctest_log(const hg_run *run);

#endif
