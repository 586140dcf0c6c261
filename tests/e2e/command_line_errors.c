/*
 * Goal: every mistake of a user is one clear line on standard error, exit code 2, and nothing on standard
 * output; no work is done before the mistake is told.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLEAN PLUGIN("broken")

static void choose_clean_case(void)
{
    setenv("HEAPGATE_TEST_CASE", "clean", 1);
}

TestSuite(command_line_errors, .init = choose_clean_case);

static void expect_complaint(const command *given, const char *says)
{
    command_result result = command_run(given);
    cr_assert(eq(int, result.exit_code, 2), "%s\n%s%s", result.line, result.out, result.err);
    cr_assert(eq(sz, result.out_size, 0), "%s\n%s", result.line, result.out);
    cr_assert(eq(int, strncmp(result.err, "heapgate: ", 10), 0), "%s\n%s", result.line, result.err);
    char *end = strchr(result.err, '\n');
    cr_assert(ne(ptr, end, NULL), "%s\n%s", result.line, result.err);
    cr_assert(eq(str, end, "\n"), "more than one line: %s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "'%s' is not said: %s\n%s", says, result.line,
              result.err);
    command_result_free(&result);
}

#define COMPLAINS(says, ...)                                                                                 \
    do {                                                                                                     \
        const command given = {.words = {HEAPGATE, __VA_ARGS__}};                                            \
        expect_complaint(&given, says);                                                                      \
    } while (0)

Test(command_line_errors, names_an_unknown_command_or_option)
{
    COMPLAINS("unknown command 'chek'", "chek");
    COMPLAINS("did you mean heapgate check?", "chek");
    COMPLAINS("unknown command 'frobnicate'; heapgate --help", "frobnicate");
    COMPLAINS("unknown command ''; heapgate --help", "");
    COMPLAINS("unknown option '--rouns=5'; did you mean --rounds?", "check", "--rouns=5", CLEAN);
    COMPLAINS("did you mean --max-bytes-per-op?", "check", "--max-byte-per-op", "5", CLEAN);
    COMPLAINS("did you mean --format?", "report", "--fromat", "json", "run.json");
    COMPLAINS("unknown option '--frobnicate'; heapgate check --help", "check", "--frobnicate", CLEAN);
    COMPLAINS("--rounds needs a value", "check", CLEAN, "--rounds");
    COMPLAINS("--quick takes no value", "check", CLEAN, "--quick=yes");
    COMPLAINS("'--ver' can be more than one option", "check", CLEAN, "--ver");
    COMPLAINS("--nope", "check", "--nope", CLEAN);
    COMPLAINS("--nope", "run", "--nope");
    COMPLAINS("--nope", "list", "--nope");
    COMPLAINS("--nope", "report", "--nope", "run.json");
    COMPLAINS("-Z", "check", "-Z", CLEAN);
    COMPLAINS("'-lead.so'", "check", "-lead.so");
    COMPLAINS("'-lead.so'", "check", "--ops", "5", "-lead.so");
    COMPLAINS("'-lead.so'", "check", "-q", "-lead.so");
    COMPLAINS("'--nope'", "check", "--nope", "-lead.so");
}

Test(command_line_errors, names_an_argument_that_is_missing_or_one_too_many)
{
    COMPLAINS("needs a plug-in", "check");
    COMPLAINS("one too many", "check", CLEAN, "other.so");
    COMPLAINS("needs a run", "report");
    COMPLAINS("one too many", "report", "a.json", "b.json");
    COMPLAINS("'extra'", "run", "extra");
    COMPLAINS("'extra'", "list", "extra");
}

Test(command_line_errors, refuses_a_number_that_is_none)
{
    const char *const bad[] = {"0",    "-1",  "+1", "1.5", "1e1000", "1e-3", "5.0005k",
                               "64KB", "ten", "",   " 5",  "5 ",     "0x10", "18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        COMPLAINS("--ops", "check", CLEAN, "--ops", bad[i]);
        COMPLAINS("--rounds", "check", CLEAN, "--rounds", bad[i]);
        COMPLAINS("--jobs", "check", CLEAN, "--jobs", bad[i]);
    }
    const char *const no_bytes[] = {"", "-1", "nan", "inf", "1e999", "4k", "x"};
    for (size_t i = 0; i < sizeof no_bytes / sizeof *no_bytes; i++)
        COMPLAINS("expected a number of bytes", "check", CLEAN, "--max-bytes-per-op", no_bytes[i]);
    COMPLAINS("--seed", "check", CLEAN, "--seed", "-1");
    COMPLAINS("--rounds", "check", CLEAN, "--rounds", "3");
    COMPLAINS("--rounds", "check", CLEAN, "--rounds", "201");
    COMPLAINS("--ops", "check", CLEAN, "--ops", "99999999999999");
    COMPLAINS("--warmup: expected a whole number", "check", CLEAN, "--warmup", "0");
}

Test(command_line_errors, refuses_a_shard_that_is_none)
{
    const char *const bad[] = {
        "1", "0/2", "3/2", "1/0", "/2", "1/", "a/b", "1/2/3", "-1/2", "1/99999999999999999999", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        COMPLAINS("--shard", "run", "--shard", bad[i]);
}

Test(command_line_errors, names_what_a_suite_does_not_have)
{
    char *folder = folder_make();
    char *suite =
        folder_write(folder, "suite.yaml",
                     "subjects: {main: {}}\nallocators: [glibc]\nworkloads: {clean: {plugin: " CLEAN "}}\n");
    COMPLAINS("no workload 'storm'", "run", "-c", suite, "--workload", "storm");
    COMPLAINS("no subject 'before'", "run", "-c", suite, "--subject", "before");
    COMPLAINS("unknown allocator 'dlmalloc'", "run", "-c", suite, "--allocator", "dlmalloc");
    free(suite);
    folder_remove(folder);
}

static void expect_suite_complaint(const char *folder, const char *text, const char *says)
{
    char *suite = folder_write(folder, "suite.yaml", text);
    COMPLAINS(says, "run", "-c", suite);
    COMPLAINS(says, "run", "--config", suite, "--quiet");
    free(suite);
}

#define CELLS "subjects: {main: {}}\nallocators: [glibc]\n"

Test(command_line_errors, tells_what_is_wrong_with_a_suite)
{
    char *folder = folder_make();
    expect_suite_complaint(folder, "subjects: [\n", "suite.yaml:2: invalid YAML");
    expect_suite_complaint(folder, "", "suite.yaml:1: the file is empty");
    expect_suite_complaint(folder, CELLS "workload: {}\n", "suite.yaml:3: unknown key 'workload'");
    expect_suite_complaint(folder, CELLS "workloads: {w: {plugin: nowhere.so}}\n",
                           "no plug-in at nowhere.so");
    expect_suite_complaint(folder, CELLS "workloads: {w: {plugin: suite.yaml}}\n", "suite.yaml");
    expect_suite_complaint(folder, CELLS "workloads: {w: {plugin: " CLEAN ", ops: 0}}\n", "above 0");
    expect_suite_complaint(folder, CELLS "workloads: {w: {plugin: " CLEAN ", corpus: nowhere}}\n", "nowhere");
    expect_suite_complaint(
        folder,
        "subjects: {main: {library_path: nowhere}}\nallocators: [glibc]\nworkloads: {w: {plugin: " CLEAN
        "}}\n",
        "no folder at nowhere");
    expect_suite_complaint(
        folder, "subjects: {main: {}}\nallocators: [dlmalloc]\nworkloads: {w: {plugin: " CLEAN "}}\n",
        "suite.yaml:2: unknown allocator 'dlmalloc'; known are glibc");
    folder_remove(folder);
}

Test(command_line_errors, tells_which_file_cannot_be_read)
{
    COMPLAINS("/nowhere.yaml: No such file", "run", "-c", "/nowhere.yaml");
    COMPLAINS("/nowhere.yaml: No such file", "list", "-c", "/nowhere.yaml");
    COMPLAINS("/: Is a directory", "run", "-c", "/");
    COMPLAINS("no plug-in at /nowhere.so", "check", "/nowhere.so");
    COMPLAINS("no plug-in at /", "check", "/");
    COMPLAINS("cannot read /nowhere", "check", CLEAN, "--corpus", "/nowhere");
    COMPLAINS("/nowhere.json", "report", "/nowhere.json");
}

/* Alpine's name of musl, as the compiler for Alpine writes it into a plug-in. */
Test(command_line_errors, tells_a_plug_in_that_is_linked_with_musl)
{
    char *folder = folder_make();
    const command link = {
        .words = {"sh", "-c",
                  "echo .text | as -o empty.o - && "
                  "ld -shared -z noexecstack -soname libc.musl-x86_64.so.1 -o musl.so empty.o && "
                  "ld -shared -z noexecstack -o plugin.so empty.o musl.so"},
        .folder = folder};
    command_result linked = command_run(&link);
    cr_assert(eq(int, linked.exit_code, 0), "%s", linked.err);
    command_result_free(&linked);
    char plugin[4096];
    snprintf(plugin, sizeof plugin, "%s/plugin.so", folder);
    COMPLAINS("it is linked with musl, and heapgate measures what is linked with glibc", "check", plugin);
    folder_remove(folder);
}

/* The first bytes of a plug-in, one of which is another. */
static char *copy_of_plug_in(const char *folder, size_t size, size_t at, int byte)
{
    char *path, data[16384];
    FILE *from = fopen(CLEAN, "rb");
    cr_assert(gt(int, asprintf(&path, "%s/copy.so", folder), 0));
    FILE *to = fopen(path, "wb");
    cr_assert(from && to && size <= sizeof data && fread(data, 1, size, from) == size);
    data[at] = (char)byte;
    cr_assert(fwrite(data, 1, size, to) == size && fclose(to) == 0);
    fclose(from);
    return path;
}

Test(command_line_errors, tells_a_plug_in_of_another_machine_and_a_part_of_one)
{
    enum { CLASS = 4, CLASS_32_BIT = 1, MACHINE = 18, OTHER_MACHINE = 0xf3, NO_PART = 9 };
    static const size_t parts[] = {20, 64, 1000, 4096, 8192}; /* as a full disk leaves them */
    char *folder = folder_make();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *part = copy_of_plug_in(folder, parts[i], NO_PART, 0);
        COMPLAINS("copy.so is a damaged ELF file, or a part of one", "check", part);
        free(part);
    }
    char *other = copy_of_plug_in(folder, 8192, MACHINE, OTHER_MACHINE);
    COMPLAINS("library: build it for the machine that heapgate runs on", "check", other);
    COMPLAINS("library: build it for the machine that heapgate runs on", "soak", "--for", "1s", other);
    free(other);
    other = copy_of_plug_in(folder, 8192, CLASS, CLASS_32_BIT);
    COMPLAINS("library: build it for the machine that heapgate runs on", "check", other);
    free(other);
    folder_remove(folder);
}

Test(command_line_errors, tells_a_plug_in_from_other_files)
{
    char *folder = folder_make();
    char *text = folder_write(folder, "text.so", "this is no shared object\n");
    char *empty = folder_write(folder, "empty.so", "");
    COMPLAINS("does not export heapgate_iterate", "check", PLUGIN("no_entry"));
    COMPLAINS("_Z16heapgate_iteratem: write extern \"C\"", "check", PLUGIN("mangled"));
    COMPLAINS("_Z14heapgate_setupv: write extern \"C\"", "check", PLUGIN("mangled_setup"));
    COMPLAINS("add the folder that has it, built for this machine, to LD_LIBRARY_PATH", "check",
              PLUGIN("linked"));
    COMPLAINS("text.so", "check", text);
    COMPLAINS("empty.so", "check", empty);
    COMPLAINS("heapgate_test_defined_nowhere", "check", PLUGIN("unresolved"));
    COMPLAINS("heapgate", "check", HEAPGATE);
    free(text);
    free(empty);
    folder_remove(folder);
}

Test(command_line_errors, refuses_a_folder_that_cannot_be_written_before_any_work)
{
    char *folder = folder_make();
    char *file = folder_write(folder, "file", "");
    char *below;
    cr_assert(lt(int, 0, asprintf(&below, "%s/reports", file)));
    setenv("HEAPGATE_TEST_CASE", "hang", 1);
    COMPLAINS("--out: cannot write", "check", CLEAN, "--out", file);
    COMPLAINS("--out: cannot write", "check", CLEAN, "--out", below);
    COMPLAINS("--out: cannot write", "check", CLEAN, "--out", "/proc/reports");
    COMPLAINS("--out: cannot write", "check", CLEAN, "--out", "");
    free(below);
    free(file);
    folder_remove(folder);
}

Test(command_line_errors, refuses_a_damaged_run)
{
    char *folder = folder_make();
    const char *const damaged[] = {
        "", "{", "[]", "null", "{\"schema\": \"heapgate-run/99\"}", "\xff\xfe", "{\"a\"", "{\"schema\": 5}"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char *run = folder_write(folder, "run.json", damaged[i]);
        COMPLAINS("run.json", "report", run);
        COMPLAINS("run.json", "report", folder, "--format", "html");
        free(run);
    }
    COMPLAINS("unknown format 'docx'", "report", folder, "--format", "docx");
    folder_remove(folder);
}

Test(command_line_errors, stays_on_one_line_whatever_the_name)
{
    COMPLAINS("no plug-in at", "check", "a\nb\x1b[31m.so");
    COMPLAINS("unknown command", "che\nck");
    COMPLAINS("--workload", "run", "--workload", "a\nb");
}

Test(command_line_errors, shows_how_it_is_used_when_nothing_is_asked)
{
    const command nothing = {.words = {HEAPGATE}};
    command_result result = command_run(&nothing);
    cr_assert(eq(int, result.exit_code, 2));
    cr_assert(eq(sz, result.out_size, 0));
    cr_assert(ne(ptr, strstr(result.err, "Usage: heapgate COMMAND"), NULL));
    command_result_free(&result);
    const char *const asked[][2] = {{"--help", NULL},   {"check", "--help"},  {"run", "--help"},
                                    {"list", "--help"}, {"report", "--help"}, {"--version", NULL}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const command help = {.words = {HEAPGATE, asked[i][0], asked[i][1]}};
        result = command_run(&help);
        cr_assert(eq(int, result.exit_code, 0), "%s", result.line);
        cr_assert(lt(sz, 0, result.out_size), "%s", result.line);
        cr_assert(eq(sz, result.err_size, 0), "%s\n%s", result.line, result.err);
        command_result_free(&result);
    }
}
