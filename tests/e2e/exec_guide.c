/*
 * Goal: every command in docs/exec.md does what it says there.
 *
 * A block ```c is a file, named in its first line; a block ```sh is a script, run where those files are, that
 * ends with the code its last line names ("# exits with 1"), else with 0.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *read_guide(void)
{
    static const char path[] = HG_SOURCE_DIR "/docs/exec.md";
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL), "%s", path);
    ssize_t length = getdelim(&text, &size, '\0', file);
    cr_assert(gt(long, length, 0));
    fclose(file);
    return text;
}

/* The next block of a language, NUL-terminated in place; *at moves behind it. NULL: there is none. */
static char *next_block(char **at, const char *fence)
{
    char *begin = strstr(*at, fence);
    if (!begin)
        return NULL;
    begin += strlen(fence);
    char *end = strstr(begin, "\n```");
    cr_assert(ne(ptr, end, NULL), "a block that does not end");
    end[1] = '\0';
    *at = end + 2;
    return begin;
}

static size_t write_files(const char *folder)
{
    char *guide = read_guide();
    char *at = guide;
    size_t count = 0;
    for (char *block; (block = next_block(&at, "\n```c\n")); count++) {
        char name[64];
        cr_assert(eq(int, sscanf(block, "/* %63s */", name), 1), "%s", block);
        free(folder_write(folder, name, block));
    }
    free(guide);
    return count;
}

static void run_block(const char *folder, const char *script)
{
    int expected = 0;
    const char *says = strstr(script, "# exits with ");
    if (says)
        expected = atoi(says + strlen("# exits with "));
    const command given = {.words = {"/bin/sh", "-e", "-c", script, NULL}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, expected), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
}

Test(exec_guide, every_command_ends_with_the_code_that_it_is_said_to)
{
    char *folder = folder_make();
    char link[4096];
    snprintf(link, sizeof link, "%s/build", folder);
    cr_assert(eq(int, symlink(HG_BUILD_DIR, link), 0));
    snprintf(link, sizeof link, "%s/harness", folder);
    cr_assert(eq(int, symlink(HG_SOURCE_DIR "/harness", link), 0));
    cr_assert(ge(sz, write_files(folder), 2));
    char *guide = read_guide();
    char *at = guide;
    size_t scripts = 0;
    for (char *block; (block = next_block(&at, "\n```sh\n")); scripts++)
        run_block(folder, block);
    cr_assert(ge(sz, scripts, 8), "only %zu scripts were found", scripts);
    free(guide);
    folder_remove(folder);
}
