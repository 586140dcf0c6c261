/* Modules that can be anything are read apart: whatever they are, the run has an answer. */
#include "coverage/allocating.h"
#include "coverage/tried.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *read_module(size_t *ret_size)
{
    FILE *file = fopen(HG_LIBTOKA, "rb");
    cr_assert_not_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size);
    cr_assert_not_null(bytes);
    cr_assert_eq(fread(bytes, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    *ret_size = (size_t)size;
    return bytes;
}

static void write_module(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* What is said of a module that was loaded and in which nothing was reached. */
static hg_run *measure(const char *path)
{
    hg_reached_module module = {.as = HG_LOADED_SUBJECT};
    hg_reached reached = {.modules = &module, .module_count = 1};
    hg_run *run = hg_run_new();
    snprintf(module.path, sizeof module.path, "%s", path);
    cr_assert_not_null(run);
    cr_assert(hg_tried_measure(&reached, NULL, 0, run));
    cr_expect_eq(run->tried.asked, 1);
    return run;
}

Test(harness_coverage, a_module_in_which_nothing_was_reached_has_its_sites)
{
    hg_run *run = measure(HG_LIBTOKA);
    cr_assert_eq(run->tried.module_count, 1, "%s", run->tried.message);
    cr_expect_str_eq(run->tried.modules[0].message, "");
    cr_expect_eq(run->tried.site_count, 12);
    cr_expect_eq(hg_tried_count(&run->tried, NULL, HG_REACH_UNTRIED), run->tried.site_count);
    hg_run_free(run);
}

Test(harness_coverage, a_file_that_is_not_there_or_no_module_says_so)
{
    static const char *const paths[] = {"/nonexistent/library.so", "/dev/zero", "/etc/passwd", "/tmp"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        hg_run *run = measure(paths[i]);
        cr_assert_eq(run->tried.module_count, 1, "%s: %s", paths[i], run->tried.message);
        cr_expect_neq(run->tried.modules[0].message[0], '\0', "%s", paths[i]);
        cr_expect_eq(run->tried.site_count, 0);
        hg_run_free(run);
    }
}

Test(harness_coverage, a_damaged_module_has_an_answer)
{
    enum { TRIES = 40, BYTES = 64 };
    char path[] = "/tmp/heapgate-coverage-XXXXXX";
    int made = mkstemp(path);
    size_t size, answers = 0;
    char *bytes = read_module(&size);
    cr_assert_geq(made, 0);
    close(made);
    srandom(1);
    for (int i = 0; i < TRIES; i++) {
        char *damaged = malloc(size);
        cr_assert_not_null(damaged);
        memcpy(damaged, bytes, size);
        /* Half of the damage in the headers, and some files cut short. */
        for (int k = 0; k < BYTES; k++)
            damaged[(size_t)random() % (k % 2 ? size : 4096)] = (char)random();
        memcpy(damaged, bytes, 16);
        write_module(path, damaged, i % 4 == 3 ? size / 2 + (size_t)random() % (size / 2) : size);
        hg_run *run = measure(path);
        cr_expect(run->tried.message[0] != '\0' || run->tried.module_count == 1);
        answers += run->tried.module_count;
        hg_run_free(run);
        free(damaged);
    }
    cr_expect_gt(answers, 0, "no damaged module was read as far as its own answer");
    free(bytes);
    unlink(path);
}

Test(harness_coverage, without_a_module_under_test_it_says_so)
{
    hg_reached reached = {0};
    hg_run *run = hg_run_new();
    cr_assert(hg_tried_measure(&reached, NULL, 0, run));
    cr_expect_neq(run->tried.message[0], '\0');
    cr_expect_eq(hg_run_exit_code(run), 4);
    hg_run_free(run);
}

Test(harness_coverage, allocators_are_known_by_their_symbols)
{
    cr_expect_str_eq(hg_allocating_name("malloc"), "malloc");
    cr_expect_str_eq(hg_allocating_name("__strdup"), "strdup");
    cr_expect_str_eq(hg_allocating_name("_Znwm"), "operator new");
    cr_expect_str_eq(hg_allocating_name("_ZnamSt11align_val_t"), "operator new[]");
    cr_expect_null(hg_allocating_name("free"));
    cr_expect_null(hg_allocating_name(""));
    cr_expect_null(hg_allocating_name("mallocs"));
}

Test(harness_coverage, methods_of_strings_and_streams_allocate_sometimes)
{
    static const char string[] = "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE";
    static const char *const allocate[] = {"9_M_createERmm", "9_M_appendEPKcm", "C1ERKS4_", "aSEPKc"};
    static const char *const do_not[] = {"D1Ev", "C1Ev", "C1EOS4_", "C1ERKS3_", "aSEOS4_", "10_M_disposeEv"};
    char symbol[128];
    for (size_t i = 0; i < sizeof allocate / sizeof *allocate; i++) {
        snprintf(symbol, sizeof symbol, "%s%s", string, allocate[i]);
        cr_assert_not_null(hg_allocating_name(symbol), "%s", symbol);
        cr_expect_str_eq(hg_allocating_name(symbol), "std::string");
        cr_expect(hg_allocating_sometimes(symbol));
    }
    for (size_t i = 0; i < sizeof do_not / sizeof *do_not; i++) {
        snprintf(symbol, sizeof symbol, "%s%s", string, do_not[i]);
        cr_expect_null(hg_allocating_name(symbol), "%s", symbol);
    }
    cr_expect_str_eq(hg_allocating_name("__cxa_allocate_exception"), "throw");
    cr_expect_not(hg_allocating_sometimes("__cxa_allocate_exception"));
    cr_expect_str_eq(hg_allocating_name("_ZNSt13runtime_errorC1EPKc"), "std::runtime_error");
    cr_expect_null(hg_allocating_name("_ZNSt13runtime_errorD1Ev"));
    cr_expect_null(hg_allocating_name("_ZNSt7__cxx1112basic_stringI99"), "a name that is cut short");
    cr_expect_eq(hg_allocating_null_argument("realpath"), 2);
    cr_expect_eq(hg_allocating_null_argument("malloc"), 0);
}
