#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

checked exec_run(const char *const *options, const char *const *words)
{
    char *folder = folder_make();
    char report[4096];
    char path[4096];
    snprintf(report, sizeof report, "%s/report.txt", folder);
    snprintf(path, sizeof path, "%s/run.json", folder);
    command given = {.words = {HEAPGATE, "exec", "-q", "--out", folder, "--report", report}};
    size_t used = 7;
    const char *const separator[] = {"--", NULL};
    const char *const *const lists[] = {options, separator, words};
    for (size_t list = 0; list < 3; list++)
        for (size_t i = 0; lists[list] && lists[list][i]; i++) {
            cr_assert(lt(sz, used + 1, COMMAND_MOST_WORDS));
            given.words[used++] = lists[list][i];
        }
    checked done = {.result = command_run(&given)};
    done.run = json_load_file(path, 0, NULL);
    folder_remove(folder);
    return done;
}

json_t *exec_cell(const checked *done)
{
    cr_assert(eq(sz, checked_cells(done), 1), "%s\n%s", done->result.line, done->result.err);
    return checked_cell(done, 0);
}

void exec_expect(const checked *done, const char *verdict, int exit_code)
{
    const json_t *cell = exec_cell(done);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), (char *)verdict), "%s: %s", text_of(cell, "reason"),
              done->result.line);
    cr_assert(eq(int, done->result.exit_code, exit_code), "%s: %s", text_of(cell, "reason"),
              done->result.line);
}
