/*
 * The exported functions that open and close descriptors: see descriptors.h. Each hands over to the next
 * definition in line, which is the C library's unless another library is preloaded too.
 */
#undef _FORTIFY_SOURCE /* its inline definitions would be in the way of these */
#include "probe/descriptors.h"
#include "probe/exported.h"
#include "probe/faults.h"
#include "probe/real.h"
#include "probe/relayed.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What open is compiled to where its flags are no constant. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

#define FUNCTIONS(X)                                                                                         \
    X(open)                                                                                                  \
    X(open64)                                                                                                \
    X(__open_2)                                                                                              \
    X(__open64_2)                                                                                            \
    X(openat)                                                                                                \
    X(openat64)                                                                                              \
    X(__openat_2)                                                                                            \
    X(__openat64_2)                                                                                          \
    X(creat)                                                                                                 \
    X(creat64)                                                                                               \
    X(socket)                                                                                                \
    X(socketpair)                                                                                            \
    X(accept)                                                                                                \
    X(accept4)                                                                                               \
    X(pipe)                                                                                                  \
    X(pipe2)                                                                                                 \
    X(eventfd)                                                                                               \
    X(epoll_create)                                                                                          \
    X(epoll_create1)                                                                                         \
    X(timerfd_create)                                                                                        \
    X(signalfd)                                                                                              \
    X(inotify_init)                                                                                          \
    X(inotify_init1)                                                                                         \
    X(memfd_create)                                                                                          \
    X(dup)                                                                                                   \
    X(dup2)                                                                                                  \
    X(dup3)                                                                                                  \
    X(fcntl)                                                                                                 \
    X(fcntl64)                                                                                               \
    X(fopen)                                                                                                 \
    X(fopen64)                                                                                               \
    X(tmpfile)                                                                                               \
    X(tmpfile64)                                                                                             \
    X(opendir)                                                                                               \
    X(recvmsg)                                                                                               \
    X(recvmmsg)                                                                                              \
    X(pclose)                                                                                                \
    X(freopen)                                                                                               \
    X(freopen64)                                                                                             \
    X(mkstemp)                                                                                               \
    X(mkstemp64)                                                                                             \
    X(mkostemp)                                                                                              \
    X(mkostemp64)                                                                                            \
    X(mkstemps)                                                                                              \
    X(mkstemps64)                                                                                            \
    X(mkostemps)                                                                                             \
    X(mkostemps64)                                                                                           \
    X(posix_openpt)                                                                                          \
    X(close)                                                                                                 \
    X(fclose)                                                                                                \
    X(closedir)                                                                                              \
    X(close_range)                                                                                           \
    X(closefrom)

static struct {
#define MEMBER(name) __typeof__(&(name)) next_##name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} functions;
static _Atomic bool known;

void hg_descriptors_resolve(void)
{
#define FIND(name) HG_REAL_FIND(functions.next_##name, #name);
    FUNCTIONS(FIND)
#undef FIND
    atomic_store_explicit(&known, true, memory_order_release);
}

static void resolve(void)
{
    if (__builtin_expect(!atomic_load_explicit(&known, memory_order_acquire), false))
        hg_descriptors_resolve();
}

#define NEXT(name) (resolve(), functions.next_##name)

static bool needs_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

/* closedir(NULL) is an error and no crash, although its parameter is declared as never NULL. */
static int descriptor_of(DIR *folder)
{
    __asm__("" : "+r"(folder)); /* nothing is known of it */
    return folder ? dirfd(folder) : -1;
}

/* NOLINTBEGIN(bugprone-macro-parentheses,clang-analyzer-valist.Uninitialized): the lists have their own */

/* call: what heapgate torture calls the function; the call fails where it is to. */
#define OPEN(call, name, parameters, arguments)                                                              \
    HG_EXPORT int name parameters                                                                            \
    {                                                                                                        \
        if (hg_faults_due(HG_CALLER, HG_CALL_##call))                                                        \
            return -1;                                                                                       \
        return hg_descriptor_opened(NEXT(name) arguments, HG_CALLER);                                        \
    }

/* With a mode, where the flags say so. */
#define OPEN_WITH_MODE(name, parameters, arguments)                                                          \
    HG_EXPORT int name parameters                                                                            \
    {                                                                                                        \
        if (hg_faults_due(HG_CALLER, HG_CALL_OPEN))                                                          \
            return -1;                                                                                       \
        mode_t mode = 0;                                                                                     \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        if (needs_mode(flags))                                                                               \
            mode = va_arg(rest, mode_t);                                                                     \
        va_end(rest);                                                                                        \
        return hg_descriptor_opened(NEXT(name) arguments, HG_CALLER);                                        \
    }

#define OPEN_PAIR(call, name, parameters, arguments)                                                         \
    HG_EXPORT int name parameters                                                                            \
    {                                                                                                        \
        if (hg_faults_due(HG_CALLER, HG_CALL_##call))                                                        \
            return -1;                                                                                       \
        int status = NEXT(name) arguments;                                                                   \
        for (int i = 0; status == 0 && i < 2; i++)                                                           \
            hg_descriptor_opened(both[i], HG_CALLER);                                                        \
        return status;                                                                                       \
    }

#define OPEN_STREAM(name, type, number, parameters, arguments)                                               \
    HG_EXPORT type *name parameters                                                                          \
    {                                                                                                        \
        if (hg_faults_due(HG_CALLER, HG_CALL_OPEN))                                                          \
            return NULL;                                                                                     \
        type *stream = NEXT(name) arguments;                                                                 \
        if (stream)                                                                                          \
            hg_descriptor_opened(number(stream), HG_CALLER);                                                 \
        return stream;                                                                                       \
    }

/* A stream in memory has no descriptor. */
#define CLOSE_STREAM(name, type, number)                                                                     \
    HG_EXPORT int name(type *stream)                                                                         \
    {                                                                                                        \
        int saved_errno = errno;                                                                             \
        int descriptor = number(stream);                                                                     \
        errno = saved_errno;                                                                                 \
        if (descriptor >= 0)                                                                                 \
            hg_descriptors_closing((unsigned)descriptor, (unsigned)descriptor);                              \
        return NEXT(name)(stream);                                                                           \
    }

/* A copy of a descriptor is one more. */
#define CONTROL(name)                                                                                        \
    HG_EXPORT int name(int descriptor, int command, ...)                                                     \
    {                                                                                                        \
        va_list rest;                                                                                        \
        va_start(rest, command);                                                                             \
        void *argument = va_arg(rest, void *);                                                               \
        va_end(rest);                                                                                        \
        bool copies = command == F_DUPFD || command == F_DUPFD_CLOEXEC;                                      \
        if (copies && hg_faults_due(HG_CALLER, HG_CALL_PIPE))                                                \
            return -1;                                                                                       \
        int answer = NEXT(name)(descriptor, command, argument);                                              \
        if (command == F_SETFL && ((uintptr_t)argument & O_NONBLOCK) && answer == 0)                         \
            hg_relayed_unblocked(descriptor);                                                                \
        return copies ? hg_descriptor_opened(answer, HG_CALLER) : answer;                                    \
    }

OPEN_WITH_MODE(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN_WITH_MODE(open64, (const char *path, int flags, ...), (path, flags, mode))
OPEN_WITH_MODE(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
OPEN_WITH_MODE(openat64, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
OPEN(OPEN, __open_2, (const char *path, int flags), (path, flags))
OPEN(OPEN, __open64_2, (const char *path, int flags), (path, flags))
OPEN(OPEN, __openat_2, (int folder, const char *path, int flags), (folder, path, flags))
OPEN(OPEN, __openat64_2, (int folder, const char *path, int flags), (folder, path, flags))
OPEN(OPEN, creat, (const char *path, mode_t mode), (path, mode))
OPEN(OPEN, creat64, (const char *path, mode_t mode), (path, mode))
OPEN(SOCKET, socket, (int domain, int type, int protocol), (domain, type, protocol))
OPEN(SOCKET, accept, (int socket, __SOCKADDR_ARG address, socklen_t *restrict size), (socket, address, size))
OPEN(SOCKET, accept4, (int socket, __SOCKADDR_ARG address, socklen_t *restrict size, int flags),
     (socket, address, size, flags))
OPEN(PIPE, eventfd, (unsigned count, int flags), (count, flags))
OPEN(PIPE, epoll_create, (int size), (size))
OPEN(PIPE, epoll_create1, (int flags), (flags))
OPEN(PIPE, timerfd_create, (clockid_t clock, int flags), (clock, flags))
OPEN(PIPE, inotify_init, (void), ())
OPEN(PIPE, inotify_init1, (int flags), (flags))
OPEN(OPEN, memfd_create, (const char *name, unsigned flags), (name, flags))
OPEN(PIPE, dup, (int descriptor), (descriptor))
OPEN_PAIR(SOCKET, socketpair, (int domain, int type, int protocol, int both[2]),
          (domain, type, protocol, both))
OPEN_PAIR(PIPE, pipe, (int both[2]), (both))
OPEN_PAIR(PIPE, pipe2, (int both[2], int flags), (both, flags))
OPEN_STREAM(fopen, FILE, fileno, (const char *restrict path, const char *restrict mode), (path, mode))
OPEN_STREAM(fopen64, FILE, fileno, (const char *restrict path, const char *restrict mode), (path, mode))
OPEN_STREAM(tmpfile, FILE, fileno, (void), ())
OPEN_STREAM(tmpfile64, FILE, fileno, (void), ())
OPEN_STREAM(opendir, DIR, dirfd, (const char *path), (path))
CLOSE_STREAM(fclose, FILE, fileno)
CLOSE_STREAM(closedir, DIR, descriptor_of)
CONTROL(fcntl)
CONTROL(fcntl64)

/* What the C library opens on the way to something else; heapgate torture does not make these fail. */
#define OPEN_INSIDE(name, parameters, arguments)                                                             \
    HG_EXPORT int name parameters                                                                            \
    {                                                                                                        \
        return hg_descriptor_opened(NEXT(name) arguments, HG_CALLER);                                        \
    }

/* The stream's descriptor before is closed, in any case. */
#define REOPEN(name)                                                                                         \
    HG_EXPORT FILE *name(const char *restrict path, const char *restrict mode, FILE *restrict stream)        \
    {                                                                                                        \
        int saved_errno = errno;                                                                             \
        int before = fileno(stream);                                                                         \
        errno = saved_errno;                                                                                 \
        if (before >= 0)                                                                                     \
            hg_descriptors_closing((unsigned)before, (unsigned)before);                                      \
        FILE *opened = NEXT(name)(path, mode, stream);                                                       \
        if (opened)                                                                                          \
            hg_descriptor_opened(fileno(opened), HG_CALLER);                                                 \
        return opened;                                                                                       \
    }

OPEN_INSIDE(mkstemp, (char *path), (path))
OPEN_INSIDE(mkstemp64, (char *path), (path))
OPEN_INSIDE(mkostemp, (char *path, int flags), (path, flags))
OPEN_INSIDE(mkostemp64, (char *path, int flags), (path, flags))
OPEN_INSIDE(mkstemps, (char *path, int length), (path, length))
OPEN_INSIDE(mkstemps64, (char *path, int length), (path, length))
OPEN_INSIDE(mkostemps, (char *path, int length, int flags), (path, length, flags))
OPEN_INSIDE(mkostemps64, (char *path, int length, int flags), (path, length, flags))
OPEN_INSIDE(posix_openpt, (int flags), (flags))
CLOSE_STREAM(pclose, FILE, fileno)
REOPEN(freopen)
REOPEN(freopen64)

/* NOLINTEND(bugprone-macro-parentheses,clang-analyzer-valist.Uninitialized) */

/* It makes a new one only where it is given none. */
HG_EXPORT int signalfd(int descriptor, const sigset_t *signals, int flags)
{
    if (descriptor == -1 && hg_faults_due(HG_CALLER, HG_CALL_PIPE))
        return -1;
    int answer = NEXT(signalfd)(descriptor, signals, flags);
    return descriptor == -1 ? hg_descriptor_opened(answer, HG_CALLER) : answer;
}

/* What had the number before is closed, in one step: its entry gives way to the new one. */
HG_EXPORT int dup2(int descriptor, int number)
{
    int answer = NEXT(dup2)(descriptor, number);
    return descriptor != number ? hg_descriptor_opened(answer, HG_CALLER) : answer;
}

HG_EXPORT int dup3(int descriptor, int number, int flags)
{
    return hg_descriptor_opened(NEXT(dup3)(descriptor, number, flags), HG_CALLER);
}

HG_EXPORT int close(int descriptor)
{
    if (descriptor >= 0)
        hg_descriptors_closing((unsigned)descriptor, (unsigned)descriptor);
    return NEXT(close)(descriptor);
}

HG_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    if ((flags & (int)CLOSE_RANGE_CLOEXEC) == 0 && first <= last)
        hg_descriptors_closing(first, last);
    return NEXT(close_range)(first, last, flags);
}

HG_EXPORT void closefrom(int first)
{
    hg_descriptors_closing(first > 0 ? (unsigned)first : 0, UINT_MAX);
    NEXT(closefrom)(first);
}

/* The descriptors that came with a message from another process. */
static void receive(struct msghdr *message, hg_caller caller)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS || part->cmsg_len < CMSG_LEN(0))
            continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(part) + i * sizeof descriptor, sizeof descriptor);
            hg_descriptor_opened(descriptor, caller);
        }
    }
}

HG_EXPORT ssize_t recvmsg(int socket, struct msghdr *message, int flags)
{
    ssize_t answer = NEXT(recvmsg)(socket, message, flags);
    if (answer >= 0 && message->msg_controllen > 0)
        receive(message, HG_CALLER);
    return answer;
}

HG_EXPORT int recvmmsg(int socket, struct mmsghdr *messages, unsigned count, int flags,
                       struct timespec *timeout)
{
    int answer = NEXT(recvmmsg)(socket, messages, count, flags, timeout);
    for (int i = 0; i < answer; i++)
        if (messages[i].msg_hdr.msg_controllen > 0)
            receive(&messages[i].msg_hdr, HG_CALLER);
    return answer;
}
