/*
 * Goal: allocators are known by name, one that is not there is told, and a process that runs on another than
 * the one asked for ends its cell. Method for the last: the dynamic linker only warns about a preload that it
 * cannot load, and does not mind one that allocates nothing.
 */
#include "allocators/allocators.h"
#include "driver/schedule.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(harness_allocators, are_found_by_name_and_by_nothing_else)
{
    size_t count = 0;
    for (const hg_allocator *known = hg_allocators(); known->name; known++, count++) {
        cr_assert(eq(ptr, (void *)hg_allocator_find(known->name), (void *)known), "%s", known->name);
        cr_assert(lt(sz, 0, strlen(known->package)), "%s", known->name);
    }
    cr_assert(ge(sz, count, 4));
    const char *const wrong[] = {"", "glib", "glibcc", "GLIBC", "glibc ", "libjemalloc.so.2", "../glibc"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert(eq(ptr, (void *)hg_allocator_find(wrong[i]), NULL), "'%s'", wrong[i]);
}

Test(harness_allocators, are_named_in_one_sentence)
{
    char names[128];
    hg_allocator_names(" and ", names, sizeof names);
    cr_assert(eq(str, names, "glibc, jemalloc, mimalloc and tcmalloc"));
    hg_allocator_names(" or ", names, sizeof names);
    cr_assert(eq(str, names, "glibc, jemalloc, mimalloc or tcmalloc"));
}

Test(harness_allocators, are_named_as_far_as_there_is_room)
{
    char whole[128];
    hg_allocator_names(" and ", whole, sizeof whole);
    for (size_t size = 1; size <= strlen(whole); size++) {
        char cut[sizeof whole + 1];
        memset(cut, '#', sizeof cut);
        hg_allocator_names(" and ", cut, size);
        cr_assert(eq(sz, strlen(cut), size - 1));
        cr_assert(eq(int, strncmp(cut, whole, size - 1), 0), "%s", cut);
        cr_assert(eq(chr, cut[size], '#'), "wrote past %zu bytes", size);
    }
}

Test(harness_allocators, that_are_not_installed_have_no_path)
{
    const hg_allocator nowhere = {"nowhere", "libheapgate-nowhere.so.7", "libheapgate-nowhere.so.8",
                                  "libnowhere7"};
    char path[512];
    bool found = hg_allocator_path(&nowhere, path, sizeof path);
    cr_assert(not(found));
    found = hg_allocator_path(hg_allocator_find("jemalloc"), path, 4);
    cr_assert(not(found), "a path that does not fit is none");
    found = hg_allocator_path(hg_allocator_find("glibc"), path, sizeof path);
    cr_assert(found);
    cr_assert(eq(str, path, ""));
}

/* A cell on the library given, as the command line would plan it. */
static hg_run *run_on(const char *library)
{
    const hg_cell_plan plan = {
        .subject = "main",
        .allocator = "chosen",
        .allocator_library = library,
        .plugin = HG_BUILD_DIR "/tests/plugins/growth.so",
        .library_path = "",
        .corpus = "",
        .runner = HG_BUILD_DIR "/harness/heapgate-runner",
        .probe = HG_BUILD_DIR "/harness/libheapgate-probe.so",
        .reproduce = "",
        .ops = 200,
        .rounds = HG_DEFAULT_ROUNDS,
        .time_limit_seconds = 60,
        .memory_limit_bytes = UINT64_C(1) << 30,
    };
    const volatile int never = 0;
    hg_run *run = hg_run_new();
    cr_assert(ne(ptr, run, NULL));
    setenv("HEAPGATE_TEST_CASE", "none", 1);
    cr_assert(eq(int, hg_schedule(&plan, 1, 1, &never, NULL, run), 0));
    cr_assert(eq(sz, run->cell_count, 1));
    return run;
}

static void expect_refusal(const char *library, const char *reason)
{
    hg_run *run = run_on(library);
    cr_assert(eq(int, run->cells[0].verdict, HG_VERDICT_FAILED), "%s", library);
    cr_assert(eq(str, run->cells[0].reason, (char *)reason));
    hg_run_free(run);
}

Test(harness_allocators, that_did_not_load_fail_the_cell)
{
    expect_refusal("/nowhere/libmimalloc.so.2",
                   "the process runs on libc.so.6, not on libmimalloc.so.2 as asked");
}

Test(harness_allocators, that_allocate_nothing_fail_the_cell)
{
    expect_refusal(HG_BUILD_DIR "/tests/plugins/no_entry.so",
                   "the process runs on libc.so.6, not on no_entry.so as asked");
}

Test(harness_allocators, that_are_there_run_the_cell)
{
    size_t ran = 0;
    for (const hg_allocator *known = hg_allocators(); known->name; known++) {
        char path[512];
        bool found = hg_allocator_path(known, path, sizeof path);
        cr_assert(found, "%s is not installed (package %s)", known->name, known->package);
        hg_run *run = run_on(path);
        cr_assert(eq(int, run->cells[0].verdict, HG_VERDICT_CLEAN), "%s: %s", known->name,
                  run->cells[0].reason);
        hg_run_free(run);
        ran++;
    }
    cr_assert(ge(sz, ran, 4));
}
