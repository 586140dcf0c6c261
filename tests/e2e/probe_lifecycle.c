/*
 * Goal: what a process counted can be read whatever becomes of it, and is its own: not that of a child, nor
 * of the program before exec. Method: a small program under the probe, with a record of the test's, which is
 * read here after the program's end, without heapgate's own driver.
 */
#include "record/checkpoint.h"
#include "record/record.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EPOCHS = 8, RECORD_FD = 200 };

typedef struct lived {
    hg_record record;
    int status; /* as waitpid gives it */
} lived;

/* Runs the program in a mode, to its end; children: the value of HG_ENV_CHILDREN, or NULL. */
static lived run(const char *mode, uint32_t record_mode, const char *children)
{
    lived done = {0};
    int fd;
    cr_assert(eq(int, hg_record_create(EPOCHS, &done.record, &fd), 0));
    done.record.header->mode = record_mode;
    pid_t pid = fork();
    if (pid == 0) {
        if (children)
            setenv(HG_ENV_CHILDREN, children, 1);
        setenv(HG_ENV_RECORD, "/proc/self/fd/200", 1);
        setenv("LD_PRELOAD", HG_PROBE, 1);
        if (dup2(fd, RECORD_FD) == RECORD_FD)
            execl(HG_PROGRAM, HG_PROGRAM, mode, (char *)NULL);
        _exit(127);
    }
    close(fd);
    cr_assert(eq(int, waitpid(pid, &done.status, 0), pid));
    cr_assert(ne(int, atomic_load(&done.record.header->owner), 0), "the probe was not there");
    return done;
}

/* Blocks of the size that are alive by the counters; every context counts blocks of one size here. */
static int64_t blocks_of(const hg_record *record, int64_t size)
{
    int64_t blocks = 0;
    uint32_t contexts = atomic_load(&record->header->contexts);
    for (uint32_t context = 1; context < contexts; context++) {
        int64_t alive = 0, bytes = 0;
        for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
            hg_record_cursor cursor = {0};
            hg_record_row row;
            while (hg_record_next_row(record, epoch, &cursor, &row)) {
                if (context >= row.contexts)
                    continue;
                const hg_record_tally *tally = &row.tallies[context];
                alive += (int64_t)(atomic_load(&tally->allocated_blocks) - atomic_load(&tally->freed_blocks));
                bytes += (int64_t)(atomic_load(&tally->allocated_bytes) - atomic_load(&tally->freed_bytes));
            }
        }
        if (alive > 0 && bytes == alive * size)
            blocks += alive;
    }
    return blocks;
}

static void expect_success(const lived *done)
{
    cr_assert(eq(int, done->status, 0));
}

Test(probe_lifecycle, counts_what_constructors_and_destructors_allocate)
{
    lived before = run("constructor", 0, NULL);
    lived after = run("destructor", 0, NULL);
    expect_success(&before);
    expect_success(&after);
    cr_assert(eq(i64, blocks_of(&before.record, 1001), 3));
    cr_assert(eq(i64, blocks_of(&after.record, 1003), 4));
}

Test(probe_lifecycle, keeps_the_whole_stack_of_a_constructor)
{
    lived done = run("constructor", 0, NULL);
    uint32_t contexts = atomic_load(&done.record.header->contexts);
    cr_assert(lt(u32, 1, contexts));
    for (uint32_t i = 1; i < contexts; i++)
        cr_assert(eq(int, atomic_load(&done.record.contexts[i].flags) & HG_CONTEXT_CUT, 0), "stack %u is cut",
                  i);
}

Test(probe_lifecycle, leaves_every_count_when_the_process_is_killed)
{
    lived done = run("kill", 0, NULL);
    cr_assert(eq(int, WTERMSIG(done.status), SIGKILL));
    cr_assert(eq(u32, atomic_load(&done.record.header->closed), 1));
    cr_assert(eq(i64, blocks_of(&done.record, 1013), 107));
    int64_t at_checkpoint = 0;
    for (uint32_t i = 1; i < atomic_load(&done.record.header->contexts); i++)
        if (hg_record_live_row(&done.record, i, 0)[0].bytes == 100 * 1013)
            at_checkpoint += hg_record_live_row(&done.record, i, 0)[0].blocks;
    cr_assert(eq(i64, at_checkpoint, 100));
    cr_assert(hg_record_is_sound(&done.record));
}

Test(probe_lifecycle, leaves_every_count_when_the_process_aborts)
{
    lived done = run("abort", 0, NULL);
    cr_assert(eq(int, WTERMSIG(done.status), SIGABRT));
    cr_assert(eq(i64, blocks_of(&done.record, 1013), 100));
}

Test(probe_lifecycle, counts_more_threads_at_once_than_there_are_counters_for)
{
    lived done = run("threads", 0, NULL);
    expect_success(&done);
    cr_assert(eq(u32, atomic_load(&done.record.header->shards[0]), HG_MAX_SHARDS));
    cr_assert(eq(i64, blocks_of(&done.record, 1009), 1500));
}

Test(probe_lifecycle, lets_a_thread_ask_for_its_attributes_first_of_all)
{
    lived done = run("attributes", 0, NULL);
    expect_success(&done);
    cr_assert(eq(i64, blocks_of(&done.record, 1049), 2));
}

Test(probe_lifecycle, does_not_count_a_child_made_past_the_c_library)
{
    lived done = run("raw_fork", 0, NULL);
    expect_success(&done);
    cr_assert(eq(i64, blocks_of(&done.record, 1019), 2));
}

Test(probe_lifecycle, begins_again_after_exec)
{
    lived done = run("exec", 0, NULL);
    expect_success(&done);
    cr_assert(eq(i64, blocks_of(&done.record, 1031), 0));
    cr_assert(eq(i64, blocks_of(&done.record, 1033), 3));
}

Test(probe_lifecycle, makes_its_own_control_once_an_epoch)
{
    lived done = run("epochs", HG_MODE_CONTROL, NULL);
    expect_success(&done);
    cr_assert(eq(u32, atomic_load(&done.record.header->closed), 5));
    cr_assert(ge(u64, atomic_load(&done.record.header->control_blocks), 5));
    cr_assert(le(u64, atomic_load(&done.record.header->control_blocks), 6));
    cr_assert(eq(i64, blocks_of(&done.record, 1039), 5));
    cr_assert(eq(i64, blocks_of(&done.record, HG_CONTROL_BYTES),
                 (int64_t)atomic_load(&done.record.header->control_blocks)));
}

Test(probe_lifecycle, counts_without_stacks_where_none_are_wanted)
{
    lived done = run("epochs", HG_MODE_NO_STACKS, NULL);
    expect_success(&done);
    cr_assert(eq(u32, atomic_load(&done.record.header->contexts), 2));
    cr_assert(eq(u64, atomic_load(&done.record.header->unwinds), 0));
    hg_record_live live = hg_record_live_row(&done.record, 1, 4)[4];
    cr_assert(eq(i64, live.blocks, 1));
    cr_assert(eq(i64, live.bytes, 1039));
}

static const char secret[HG_CHILDREN_SECRET + 1] = "0123456789abcdef0123456789abcdef";

/* The record that waits on the socket, beside the secret. */
static bool receive(int listener, hg_record *ret_record)
{
    char said[sizeof secret] = "";
    struct iovec data = {.iov_base = said, .iov_len = sizeof said};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (connection < 0 || recvmsg(connection, &message, 0) != HG_CHILDREN_SECRET ||
        strcmp(said, secret) != 0 || !CMSG_FIRSTHDR(&message))
        return false;
    int fd;
    char path[64];
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return hg_record_open(path, ret_record) == 0;
}

Test(probe_lifecycle, gives_a_forked_child_a_record_of_its_own_where_children_are_wanted)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char variable[sizeof address.sun_path + sizeof secret + 16];
    int length = snprintf(address.sun_path + 1, 64, "heapgate-test-%d", (int)getpid());
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    cr_assert(eq(int, bind(listener, (struct sockaddr *)&address, size), 0));
    cr_assert(eq(int, listen(listener, 8), 0));
    snprintf(variable, sizeof variable, "%s,%d,0,%s", address.sun_path + 1, EPOCHS, secret);
    lived done = run("fork", 0, variable);
    expect_success(&done);
    hg_record child = {0};
    cr_assert(receive(listener, &child), "no child offered a record");
    cr_assert(eq(i64, blocks_of(&done.record, 1021), 3));
    cr_assert(eq(i64, blocks_of(&child, 1021), 6));
    cr_assert(ne(int, atomic_load(&child.header->owner), atomic_load(&done.record.header->owner)));
    cr_assert(not(receive(listener, &child)), "more than one child offered a record");
}

Test(probe_lifecycle, leaves_a_child_alone_when_nobody_listens)
{
    lived done = run("fork", 0, "heapgate-test-nobody,8,0");
    expect_success(&done);
    cr_assert(eq(i64, blocks_of(&done.record, 1021), 3));
}
