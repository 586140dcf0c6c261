/*
 * A program that gives up all system calls but those of a plain allocator after its first allocation, and
 * then loses a block for each line that it writes: sandboxed KIND. "plain", "deep" (thousands of stacks),
 * "large" (blocks that are mapped on their own) or "calls" (what is forbidden, in the end).
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINES = 400, BLOCK = 24, STACKS = 5000, DEPTH = 12 };

#define PERMIT(number)                                                                                       \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void *volatile kept;

static void lose(void)
{
    kept = malloc(BLOCK); /* here: lose */
}

/* One of two ways at each level: each number has a stack of its own. */
static void *go_deep(unsigned number, int depth) // NOLINT(misc-no-recursion)
{
    void *volatile block;
    if (depth == 0)
        return malloc(number + 1);
    /* NOLINTNEXTLINE(bugprone-branch-clone,misc-redundant-expression) */
    block = number >> depth & 1 ? go_deep(number, depth - 1) : go_deep(number, depth - 1);
    return block;
}

static int give_up(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        PERMIT(SYS_brk),
        PERMIT(SYS_mmap),
        PERMIT(SYS_munmap),
        PERMIT(SYS_read),
        PERMIT(SYS_write),
        PERMIT(SYS_futex),
        PERMIT(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0;
}

int main(int argc, char **argv)
{
    free(strdup("the C library asks for random bytes once"));
    if (argc < 2 || give_up() != 0)
        return 77;
    for (unsigned i = 0; i < STACKS && strcmp(argv[1], "deep") == 0; i++)
        free(go_deep(i, DEPTH));
    for (int i = 0; i < LINES; i++) {
        free(malloc(strcmp(argv[1], "large") == 0 ? 1 << 20 : 10));
        lose();
        if (write(STDOUT_FILENO, "line\n", 5) != 5)
            return 1;
    }
    if (strcmp(argv[1], "calls") == 0)
        return (int)syscall(SYS_getppid);
    return 0;
}
