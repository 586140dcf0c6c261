/*
 * A leak for servers that have none: preloaded, it keeps a block for each answer that they write.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

typedef struct kept_answer {
    struct kept_answer *next;
    char text[240];
} kept_answer;

static kept_answer *kept_answers;

static void keep_answer(void)
{
    kept_answer *made = malloc(sizeof *made); /* here: kept */
    if (!made)
        return;
    made->next = __atomic_exchange_n(&kept_answers, made, __ATOMIC_RELAXED);
}

__attribute__((visibility("default"))) ssize_t write(int to, const void *bytes, size_t size)
{
    keep_answer();
    return syscall(SYS_write, to, bytes, size);
}

__attribute__((visibility("default"))) ssize_t writev(int to, const struct iovec *parts, int count)
{
    keep_answer();
    return syscall(SYS_writev, to, parts, count);
}
