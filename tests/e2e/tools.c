#include "tools.h"

#include "command.h"
#include <criterion/criterion.h>

void tool_or_skip(const char *program)
{
    const command look = {.words = {"/bin/sh", "-c", "command -v \"$0\" >/dev/null", program, NULL}};
    command_result result = command_run(&look);
    bool there = result.exit_code == 0;
    command_result_free(&result);
    if (!there)
        cr_skip_test("SKIPPED: %s is not installed", program);
}
