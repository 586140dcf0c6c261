/* A recorded log of operations. */
#include "fuzz.h"

#include "op_log.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST_OPS = 1000 };
    static struct op_log log;
    static FILE *nowhere;
    static const struct log_place begin = {0, 1};
    struct logged_op op;
    char path[128];
    if (!nowhere)
        stderr = nowhere = fopen("/dev/null", "w"); /* one line for each input that is refused */
    fuzz_write("log", data, size);
    snprintf(path, sizeof path, "%s/log", fuzz_folder());
    log = (struct op_log){0};
    if (op_log_open(&log, path) != 0)
        return 0;
    op_log_has_traffic(&log, 0);
    if (op_log_go(&log, 0, begin) == 0)
        for (int i = 0; i < MOST_OPS && op_log_next(&log, &op) == 1; i++)
            continue;
    op_log_close(&log);
    return 0;
}
