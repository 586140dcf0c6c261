/*
 * Goal: a program lives under heapgate as it does without, and is measured. It may do what it likes with the
 * pages of its blocks, have no system call but those of its allocator, free blocks past the probe, and load
 * whatever library it can load bare; and it may have little memory, or lock what it has.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const allocators[ALLOCATORS] = {"glibc", "jemalloc", "mimalloc", "tcmalloc"};
static const char *const sizes[] = {"5000", "8192", "12288", "70000", "200000", "1048476", "1048576"};
enum { SIZES = sizeof sizes / sizeof *sizes };

Test(exec_life, blocks_whose_pages_are_protected_are_freed_as_they_are)
{
    /* The other allocators keep a freed block's pages, and would crash on them themselves. */
    for (size_t i = 4; i < SIZES; i++) {
        checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("pages"), "protect", sizes[i]));
        exec_expect(&done, "clean", 0);
        checked_free(&done);
    }
}

Test(exec_life, blocks_whose_pages_are_given_back_or_mapped_over_are_counted_exactly)
{
    static const char *const kinds[] = {"decommit", "over", "resize"};
    for (size_t i = 0; i < ALLOCATORS; i++)
        for (size_t j = 0; j < sizeof kinds / sizeof *kinds; j++)
            for (size_t k = 0; k < SIZES; k++) {
                checked done = exec_run(OPTIONS("--marks", "--allocator", allocators[i]),
                                        OPTIONS(PROGRAM("pages"), kinds[j], sizes[k]));
                exec_expect(&done, "clean", 0);
                checked_free(&done);
            }
}

/* The first thing that the probe sees of each of its threads is a mapping, made under the lock of malloc. */
Test(exec_life, a_program_may_map_memory_under_the_lock_of_a_malloc_of_its_own)
{
    checked done = exec_run(OPTIONS("--round-every", "50ms"), OPTIONS(PROGRAM("own_malloc"), "threads"));
    const char *reason = text_of(exec_cell(&done), "reason");
    cr_assert(ne(str, (char *)text_of(exec_cell(&done), "verdict"), "clean"), "%s", reason);
    cr_assert(ne(ptr, (void *)strstr(reason, "the program exited with status 0"), NULL), "%s", reason);
    checked_free(&done);
}

Test(exec_life, lost_blocks_without_their_pages_are_a_leak)
{
    for (size_t i = 0; i < ALLOCATORS; i++)
        for (size_t k = 0; k < SIZES; k++) {
            checked done = exec_run(OPTIONS("--marks", "--allocator", allocators[i]),
                                    OPTIONS(PROGRAM("pages"), "lose", sizes[k]));
            exec_expect(&done, "leak", 1);
            cr_assert(epsilon_eq(dbl, number_of(exec_cell(&done), "bytes_per_op"), atof(sizes[k]), 1e-9),
                      "%s", done.result.line);
            checked_free(&done);
        }
}

static void expect_reason(const checked *done, const char *part)
{
    const char *reason = text_of(exec_cell(done), "reason");
    cr_assert(ne(ptr, strstr(reason, part), NULL), "%s, without '%s': %s", reason, part, done->result.line);
}

Test(exec_life, a_program_in_a_sandbox_is_measured)
{
    static const char *const kinds[] = {"plain", "deep", "large"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        checked done = exec_run(OPTIONS("--round-line", "line"), OPTIONS(PROGRAM("sandboxed"), kinds[i]));
        const json_t *cell = exec_cell(&done);
        exec_expect(&done, "leak", 1);
        cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 24, 2.4), "%s", done.result.line);
        cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "lose"), "%s", done.result.line);
        checked_free(&done);
    }
}

Test(exec_life, a_program_that_its_sandbox_ends_is_told_so)
{
    checked done = exec_run(OPTIONS("--round-line", "line"), OPTIONS(PROGRAM("sandboxed"), "calls"));
    exec_expect(&done, "failed", 4);
    expect_reason(&done, "; it had given up system calls (seccomp): under heapgate it may need mmap");
    checked_free(&done);
}

Test(exec_life, blocks_that_are_freed_past_the_probe_are_no_leak)
{
    static const char *const kinds[] = {"small", "cleared", "copied", "large", "mapped"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("past"), kinds[i]));
        exec_expect(&done, "clean", 0);
        expect_reason(&done, " blocks were freed past heapgate");
        checked_free(&done);
    }
}

Test(exec_life, a_leak_beside_blocks_that_are_freed_past_the_probe_is_found)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("past"), "lost"));
    exec_expect(&done, "leak", 1);
    cr_assert(epsilon_eq(dbl, number_of(exec_cell(&done), "bytes_per_op"), 72, 1e-9), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(culprit_of(exec_cell(&done), 0), "function"), "lose"), "%s",
              done.result.line);
    checked_free(&done);
}

Test(exec_life, what_grows_where_blocks_are_freed_past_the_probe_is_in_doubt)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("past"), "half"));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, "what grows may have been, too");
    checked_free(&done);
}

/*
 * A library whose thread-local storage must lie in the room that the C library sets aside at the start. The
 * largest that can be loaded bare is looked for in steps of 8 bytes.
 */
Test(exec_life, a_library_with_the_most_thread_local_storage_that_can_be_loaded_is_loaded)
{
    static const char script[] =
        "for n in $(seq 1400 8 2400); do"
        " printf '.section .tbss,\"awT\",@nobits\nb: .zero %d\n.text\n.globl f\nf: movq b@gottpoff(%%rip), "
        "%%rax\nret\n' $n"
        " | as -o tls.o - && ld -shared -z noexecstack -o tls-$n.so tls.o || exit 1;"
        " " PROGRAM("loads") " ./tls-$n.so || break; last=$n; done; test -n \"$last\" && test $last -lt 2400 "
                             "&& " HEAPGATE
                             " exec -q --report report --marks -- " PROGRAM("loads") " ./tls-$last.so";
    char *folder = folder_make();
    const command given = {.words = {"sh", "-c", script}, .folder = folder};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    command_result_free(&result);
    folder_remove(folder);
}

Test(exec_life, a_program_with_few_addresses_has_enough_for_its_threads_and_blocks)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("limits"), "address-space"));
    exec_expect(&done, "clean", 0);
    checked_free(&done);
}

Test(exec_life, a_program_that_locks_its_memory_locks_little_of_heapgates)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("limits"), "locked"));
    if (strstr(text_of(exec_cell(&done), "reason"), "status 77")) {
        checked_free(&done);
        cr_skip_test("memory may not be locked here");
    }
    exec_expect(&done, "clean", 0);
    checked_free(&done);
}

Test(exec_life, threads_with_more_call_stacks_than_a_small_shard_has_room_for_are_counted_exactly)
{
    for (size_t i = 0; i < 2; i++) {
        checked done = exec_run(OPTIONS("--marks", "--verify", "--allocator", allocators[i]),
                                OPTIONS(PROGRAM("limits"), "stacks"));
        exec_expect(&done, "leak", 1);
        cr_assert(epsilon_eq(dbl, number_of(exec_cell(&done), "bytes_per_op"), 40, 1e-9), "%s",
                  done.result.line);
        cr_assert(lt(dbl, 8192, number_of(exec_cell(&done), "contexts")), "%s", done.result.line);
        expect_reason(&done, "recognised stacks walked again, all right");
        checked_free(&done);
    }
}

Test(exec_life, allocations_that_fail_at_a_limit_are_told_with_the_limit)
{
    checked done = exec_run(OPTIONS("--marks"), OPTIONS(PROGRAM("limits"), "refused"));
    exec_expect(&done, "clean", 0);
    expect_reason(&done, "30 allocations failed; the process may use 400 MiB of address space (RLIMIT_AS)");
    checked_free(&done);
}
