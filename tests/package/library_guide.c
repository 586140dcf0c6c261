/*
 * Goal: every command in docs/library.md does what it says there.
 *
 * A block of c, cmake or meson is a file, named in its first line; a block of sh is a script, run where those
 * files are, after the ones before it. Its last line that says "# exits with N" names the code it ends with,
 * else 0.
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
    static const char path[] = HG_SOURCE_DIR "/docs/library.md";
    FILE *file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL), "%s", path);
    cr_assert(eq(int, fseek(file, 0, SEEK_END), 0));
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    cr_assert(ne(ptr, text, NULL));
    cr_assert(eq(sz, fread(text, 1, size, file), size));
    text[size] = '\0';
    fclose(file);
    return text;
}

static void run_script(const char *folder, const char *script)
{
    const char *says = strstr(script, "# exits with ");
    int expected = says ? atoi(says + strlen("# exits with ")) : 0;
    const command given = {.words = {"/bin/sh", "-e", "-c", script}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, expected), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
}

static void write_block(const char *folder, const char *block)
{
    char name[64];
    cr_assert(eq(int, sscanf(block, "%*[/*# ]%63s", name), 1), "a block without a file name: %s", block);
    free(folder_write(folder, name, block));
}

/* A program started from here that is a Criterion suite would take itself for one of this one's tests. */
static void leave_criterion(void)
{
    unsetenv("BXFI_MAP");
}

TestSuite(library_guide, .init = leave_criterion);

Test(library_guide, every_command_ends_with_the_code_that_it_is_said_to)
{
    char *folder = folder_make();
    char *guide = read_guide();
    char link[4096];
    size_t files = 0;
    size_t scripts = 0;
    snprintf(link, sizeof link, "%s/build", folder);
    cr_assert(eq(int, symlink(HG_BUILD_DIR, link), 0));
    for (char *fence = strstr(guide, "\n```"); fence; fence = strstr(fence, "\n```")) {
        const char *language = fence + 4;
        char *block = strchr(language, '\n') + 1;
        char *end = strstr(block - 1, "\n```");
        cr_assert(ne(ptr, end, NULL), "a block that does not end: %s", fence);
        fence = end + 4;
        end[1] = '\0';
        if (strncmp(language, "sh\n", 3) == 0) {
            run_script(folder, block);
            scripts++;
        } else if (strncmp(language, "c\n", 2) == 0 || strncmp(language, "cmake\n", 6) == 0 ||
                   strncmp(language, "meson\n", 6) == 0) {
            write_block(folder, block);
            files++;
        }
    }
    cr_assert(ge(sz, scripts, 8), "only %zu scripts were found", scripts);
    cr_assert(ge(sz, files, 6), "only %zu files were found", files);
    free(guide);
    folder_remove(folder);
}
