/* toka-suite, run as a program. */
#include "schema_helpers.h"

#include <sys/wait.h>
#include <unistd.h>

static int run(const char *arguments, char *output, size_t size)
{
    char command[2048];
    snprintf(command, sizeof command, "'%s' %s 2>&1", TOKA_SUITE_PROGRAM, arguments);
    FILE *pipe = popen(command, "r");
    cr_assert(pipe);
    size_t got = fread(output, 1, size - 1, pipe);
    output[got] = '\0';
    while (fgetc(pipe) != EOF)
        ;
    int status = pclose(pipe);
    cr_assert(WIFEXITED(status), "%s", command);
    return WEXITSTATUS(status);
}

/* A fresh folder; the caller removes it. */
static void make_folder(char folder[64])
{
    strcpy(folder, "/tmp/toka-suite-XXXXXX");
    cr_assert(mkdtemp(folder));
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

static int run_in(const char *folder, const char *options, char *output, size_t size)
{
    char arguments[256], command[128];
    snprintf(arguments, sizeof arguments, "%s %s", options, folder);
    int code = run(arguments, output, size);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
    return code;
}

static const char one_test[] =
    "[{\"description\":\"g\",\"schema\":%s,\"tests\":[{\"description\":\"t\",\"data\":1,"
    "\"valid\":%s}]}]";

static void write_test(const char *folder, const char *name, const char *schema, const char *valid)
{
    char text[512];
    snprintf(text, sizeof text, one_test, schema, valid);
    write_file(folder, name, text);
}

Test(schema_tool, a_folder_that_passes_exits_0_with_the_count_on_a_line_of_its_own)
{
    char folder[64], output[4096];
    make_folder(folder);
    write_test(folder, "a.json", "{\"type\":\"integer\"}", "true");
    write_test(folder, "b.json", "{\"type\":\"string\"}", "false");
    write_file(folder, "notes.txt", "not a test");
    cr_expect_eq(run_in(folder, "", output, sizeof output), 0);
    cr_expect_str_eq(output, "2 passed, 0 failed\n");
}

Test(schema_tool, failures_are_told_in_the_order_of_file_names_and_exit_1)
{
    char folder[64], output[4096];
    make_folder(folder);
    write_test(folder, "b.json", "{\"type\":\"text\"}", "true");
    write_test(folder, "a.json", "{\"type\":\"string\"}", "true");
    cr_expect_eq(run_in(folder, "", output, sizeof output), 1);
    const char *first =
        strstr(output, "a.json: g: t: expected valid, got invalid (invalid: type at \"/type\"");
    const char *second =
        strstr(output, "b.json: g: t: expected valid, got a schema that does not compile (schema: type");
    cr_expect(first && second && first < second, "%s", output);
    cr_expect(strstr(output, "\n0 passed, 2 failed\n"), "%s", output);
}

Test(schema_tool, broken_files_are_failures_and_not_crashes)
{
    static const char *const broken[] = {"",
                                         "[",
                                         "{}",
                                         "[1]",
                                         "[{\"schema\":{}}]",
                                         "[{\"schema\":{},\"tests\":[1]}]",
                                         "[{\"schema\":{},\"tests\":[{\"data\":1}]}]",
                                         "null"};
    char folder[64], output[8192], name[16];
    make_folder(folder);
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "%d.json", i);
        write_file(folder, name, broken[i]);
    }
    cr_expect_eq(run_in(folder, "", output, sizeof output), 1);
    cr_expect(strstr(output, "\n0 passed, 8 failed\n"), "%s", output);
}

Test(schema_tool, formats_are_asserted_under_a_folder_format_and_as_told)
{
    static const char date[] =
        "[{\"description\":\"g\",\"schema\":{\"format\":\"date\"},\"tests\":[{\"description\":"
        "\"t\",\"data\":\"x\",\"valid\":false}]}]";
    char folder[64], inner[128], output[4096];
    for (int on = 0; on < 3; on++) {
        make_folder(folder);
        snprintf(inner, sizeof inner, "%s%s", folder, on == 1 ? "/format" : "");
        if (on == 1)
            cr_assert_eq(rmdir(folder), 0);
        snprintf(output, sizeof output, "mkdir -p %s", inner);
        cr_assert_eq(system(output), 0);
        write_file(inner, "date.json", date);
        cr_expect_eq(run_in(folder, on == 2 ? "--format on" : "", output, sizeof output), on == 0, "%s",
                     output);
    }
}

Test(schema_tool, wrong_usage_and_unreadable_paths_exit_2)
{
    char output[4096];
    cr_expect_eq(run("", output, sizeof output), 2);
    cr_expect_eq(run("--format maybe /tmp", output, sizeof output), 2);
    cr_expect_eq(run("--remotes /nowhere /tmp", output, sizeof output), 2);
    cr_expect_eq(run("/nowhere.json", output, sizeof output), 2);
    cr_expect(strstr(output, "cannot read /nowhere.json"), "%s", output);
    cr_expect_eq(run("/proc/self/fdinfo", output, sizeof output), 2, "no test is no success");
    cr_expect_eq(run("--help", output, sizeof output), 0);
}
