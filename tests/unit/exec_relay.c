/*
 * Goal: every byte passes, and every line is counted once, however it arrives.
 */
#include "exec/relay.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct fixture {
    hg_relay relay;
    regex_t lines;
    int writer, out;
} fixture;

static void begin(fixture *made, const char *pattern)
{
    int ends[2];
    cr_assert(eq(int, pipe(ends), 0));
    cr_assert(eq(int, regcomp(&made->lines, pattern, REG_EXTENDED), 0));
    made->writer = ends[1];
    made->out = memfd_create("out", MFD_CLOEXEC);
    cr_assert(hg_relay_start(ends[0], made->out, &made->lines, &made->relay));
    fcntl(made->writer, F_SETPIPE_SZ, 1 << 20); /* nobody reads while this thread writes */
}

static void end(fixture *made)
{
    hg_relay_stop(&made->relay);
    regfree(&made->lines);
    close(made->out);
}

static uint64_t pass(fixture *made, const char *text, size_t size)
{
    cr_assert(eq(long, write(made->writer, text, size), (ssize_t)size));
    return hg_relay_pass(&made->relay);
}

static void expect_passed(const fixture *made, const char *text, size_t size)
{
    char *passed = malloc(size + 1);
    cr_assert(eq(long, pread(made->out, passed, size + 1, 0), (ssize_t)size));
    cr_assert(eq(int, memcmp(passed, text, size), 0));
    free(passed);
}

Test(exec_relay, a_line_that_comes_in_pieces_is_one_line)
{
    fixture made;
    begin(&made, "^done$");
    cr_assert(eq(u64, pass(&made, "do", 2), 0));
    cr_assert(eq(u64, pass(&made, "ne", 2), 0));
    cr_assert(eq(u64, pass(&made, "\nnot done\ndone\ndone", 19), 2));
    cr_assert(eq(u64, pass(&made, "\n", 1), 1));
    expect_passed(&made, "done\nnot done\ndone\ndone\n", 24);
    close(made.writer);
    end(&made);
}

Test(exec_relay, a_nul_byte_is_a_byte_and_an_unfinished_line_is_none)
{
    static const char text[] = "a\0b end\nx end";
    fixture made;
    begin(&made, "end$");
    cr_assert(eq(u64, pass(&made, text, sizeof text - 1), 1));
    close(made.writer);
    cr_assert(eq(u64, hg_relay_pass(&made.relay), 0));
    cr_assert(eq(int, made.relay.from, -1));
    expect_passed(&made, text, sizeof text - 1);
    end(&made);
}

Test(exec_relay, a_line_beyond_the_limit_is_looked_at_up_to_it)
{
    enum { LONG = 3 * HG_RELAY_LINE };
    char *text = malloc(LONG + 1);
    fixture made;
    memset(text, 'x', LONG);
    text[LONG] = '\n';
    begin(&made, "^x+$");
    fcntl(made.writer, F_SETPIPE_SZ, 1 << 20);
    cr_assert(eq(u64, pass(&made, text, LONG + 1), 1));
    cr_assert(eq(u64, pass(&made, "x\n", 2), 1));
    close(made.writer);
    end(&made);
    free(text);
}

Test(exec_relay, when_nobody_reads_any_more_the_program_finds_out)
{
    int ends[2];
    fixture made;
    signal(SIGPIPE, SIG_IGN);
    begin(&made, "x");
    cr_assert(eq(int, pipe(ends), 0));
    close(ends[0]);
    made.relay.to = ends[1];
    cr_assert(eq(u64, pass(&made, "x\n", 2), 0));
    cr_assert(eq(int, made.relay.from, -1));
    cr_assert(eq(long, write(made.writer, "x", 1), -1));
    close(ends[1]);
    close(made.writer);
    end(&made);
}

Test(exec_relay, lines_that_cannot_be_passed_on_are_counted_and_the_program_runs_on)
{
    fixture made;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int unwritable = open("/dev/null", O_RDONLY | O_CLOEXEC);
    begin(&made, "x");
    made.relay.to = full;
    cr_assert(eq(u64, pass(&made, "x\n", 2), 1));
    made.relay.to = unwritable;
    cr_assert(eq(u64, pass(&made, "x\n", 2), 1));
    cr_assert(eq(int, made.relay.error, ENOSPC), "the first error is the one that is told");
    made.relay.to = made.out;
    cr_assert(eq(u64, pass(&made, "x\n", 2), 1));
    expect_passed(&made, "x\n", 2);
    close(full);
    close(unwritable);
    close(made.writer);
    end(&made);
}
