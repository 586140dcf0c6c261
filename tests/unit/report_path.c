/* Call paths that stay the same when a module is built again, and those that do not. */
#include "model/path.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_function(const char *function, const char *expected)
{
    hg_slice name = hg_path_function(function);

    cr_expect_eq(name.length, strlen(expected), "%s", function);
    cr_expect_eq(strncmp(name.text, expected, name.length), 0, "%s", function);
}

static void expect_module(const char *module, const char *expected)
{
    hg_slice name = hg_path_module(module);

    cr_expect_eq(name.length, strlen(expected), "%s", module);
    cr_expect_eq(strncmp(name.text, expected, name.length), 0, "%s", module);
}

Test(report_path, what_a_compiler_adds_to_a_name_does_not_count)
{
    expect_function("parse", "parse");
    expect_function("parse.constprop.0", "parse");
    expect_function("parse.isra.0.part.3", "parse");
    expect_function("parse.cold", "parse");
    expect_function("ns::parse(int) [clone .constprop.0]", "ns::parse(int)");
    expect_function("alloc::vec::Vec<T>::push::h0123456789abcdef", "alloc::vec::Vec<T>::push");
    expect_function("alloc::h0123", "alloc::h0123");
    expect_function("::h0123456789abcdef", "::h0123456789abcdef");
    expect_function("main.main", "main.main");
    expect_function(".cold", ".cold");
    expect_function("", "");
}

Test(report_path, folders_and_versions_of_a_module_do_not_count)
{
    expect_module("/usr/lib/libjansson.so.4.14.0", "libjansson.so");
    expect_module("build-old/libtoka.so.0", "libtoka.so");
    expect_module("libtoka.so", "libtoka.so");
    expect_module("/opt/app-1.2/server", "server");
    expect_module("folder/", "");
    expect_module("", "");
}

/* The first leaking site of a new run, and the run itself. */
static hg_site *leak_of(hg_run **ret_run)
{
    *ret_run = fixture_check();
    return &(*ret_run)->cells[0].sites[0];
}

Test(report_path, lines_files_addresses_and_folders_may_change)
{
    hg_run *a, *b;
    const hg_site *x = leak_of(&a);
    hg_site *y = leak_of(&b);

    for (size_t i = 0; i < y->frame_count; i++) {
        char module[128];
        snprintf(module, sizeof module, "/another/build/%s.1.2", y->frames[i].module);
        y->frames[i].line += 17;
        y->frames[i].offset += 4096;
        y->frames[i].inlined = !y->frames[i].inlined;
        fixture_set(&y->frames[i].file, "moved.c");
        if (strstr(y->frames[i].module, ".so"))
            fixture_set(&y->frames[i].module, module);
    }
    cr_expect_eq(hg_path_compare(x, y), 0);
    cr_expect_eq(hg_path_hash(x), hg_path_hash(y));
    hg_run_free(a);
    hg_run_free(b);
}

Test(report_path, functions_modules_and_depth_may_not)
{
    hg_run *a, *b;
    const hg_site *x = leak_of(&a);
    hg_site *y = leak_of(&b);

    fixture_set(&y->frames[1].function, "other");
    cr_expect_neq(hg_path_compare(x, y), 0);
    cr_expect_eq(hg_path_compare(x, y) < 0, hg_path_compare(y, x) > 0);
    cr_expect_neq(hg_path_hash(x), hg_path_hash(y));
    hg_run_free(b);

    y = leak_of(&b);
    fixture_set(&y->frames[2].module, "libother.so");
    cr_expect_neq(hg_path_compare(x, y), 0);
    hg_run_free(b);

    y = leak_of(&b);
    hg_frame_clear(&y->frames[--y->frame_count]);
    cr_expect_neq(hg_path_compare(x, y), 0);
    cr_expect_neq(hg_path_hash(x), hg_path_hash(y));
    hg_run_free(b);
    hg_run_free(a);
}

/* Two short names are not one long one. */
Test(report_path, the_hash_tells_where_a_name_ends)
{
    hg_frame ab[] = {{.function = "a", .module = "b"}};
    hg_frame joined[] = {{.function = "ab", .module = ""}};
    const hg_site x = {.frames = ab, .frame_count = 1};
    const hg_site y = {.frames = joined, .frame_count = 1};

    cr_expect_neq(hg_path_hash(&x), hg_path_hash(&y));
}

/* Fingerprints are kept by code-scanning pages: they may not change between versions of heapgate. */
Test(report_path, the_hash_is_what_it_was_in_earlier_versions)
{
    hg_frame frames[] = {{.function = "leak", .module = "/lib/libleak.so.1"},
                         {.function = "main.cold", .module = "program"}};
    const hg_site site = {.frames = frames, .frame_count = 2};

    cr_expect_eq(hg_path_hash(&site), UINT64_C(0xea7f9aebc1d05255), "%016llx",
                 (unsigned long long)hg_path_hash(&site));
}

Test(report_path, one_function_with_another_name_looks_renamed)
{
    hg_run *a, *b;
    const hg_site *x = leak_of(&a);
    hg_site *y = leak_of(&b);
    size_t frame = 99;

    cr_expect_not(hg_path_is_renamed(x, y, &frame), "nothing differs");
    fixture_set(&y->frames[1].function, "parse_one_v2");
    cr_expect(hg_path_is_renamed(x, y, &frame));
    cr_expect_eq(frame, 1);
    fixture_set(&y->frames[0].function, "parse_head");
    cr_expect_not(hg_path_is_renamed(x, y, &frame), "two differ");
    hg_run_free(b);

    y = leak_of(&b);
    fixture_set(&y->frames[1].function, "");
    cr_expect_not(hg_path_is_renamed(x, y, &frame), "a symbol that is missing is no new name");
    cr_expect_eq(frame, 1);
    hg_run_free(b);
    hg_run_free(a);
}
