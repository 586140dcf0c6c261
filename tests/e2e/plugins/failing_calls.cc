/*
 * Calls of every kind that heapgate torture can make fail. Each step loses a block where its call fails, and
 * aborts if the failure is not the one that it should be.
 */
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <heapgate/workload.h>
#include <new>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEP static __attribute__((noinline)) int

/* What a step has before its call; the calls that get it are never made to fail at the same time. */
static __attribute__((noinline)) void *before()
{
    errno = 0;
    return valloc(24);
}

/* Whether the call did what it should; else the block is lost, as it is in many programs. */
static int after(void *block, bool done, int error, int expected)
{
    if (!block)
        return 1;
    if (!done) {
        if (error != expected)
            abort();
        return 1;
    }
    free(block);
    return 0;
}

STEP zeroes()
{
    void *block = before();
    void *made = calloc(3, 5);
    int status = after(block, made, errno, ENOMEM);
    free(made);
    return status;
}

STEP grows()
{
    void *block = before();
    void *made = realloc(nullptr, 30);
    int status = after(block, made, errno, ENOMEM);
    free(made);
    return status;
}

STEP makes_object()
{
    void *block = before();
    int *made = nullptr;
    try {
        made = new int;
        __asm__("" : "+r"(made)); /* it cannot be left out */
    } catch (const std::bad_alloc &) {
    }
    int status = after(block, made, made ? 0 : ENOMEM, ENOMEM);
    delete made;
    return status;
}

STEP makes_text()
{
    void *block = before();
    char *made = new (std::nothrow) char[40];
    __asm__("" : "+r"(made));
    int status = after(block, made, made ? 0 : ENOMEM, ENOMEM);
    delete[] made;
    return status;
}

STEP maps()
{
    void *block = before();
    void *made = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status = after(block, made != MAP_FAILED, errno, ENOMEM);
    if (made != MAP_FAILED)
        munmap(made, 4096);
    return status;
}

STEP opens()
{
    void *block = before();
    int made = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int status = after(block, made >= 0, errno, EMFILE);
    if (made >= 0)
        close(made);
    return status;
}

STEP opens_stream()
{
    void *block = before();
    FILE *made = fopen("/dev/null", "re");
    int status = after(block, made, errno, EMFILE);
    if (made)
        fclose(made);
    return status;
}

STEP opens_folder()
{
    void *block = before();
    DIR *made = opendir("/");
    int status = after(block, made, errno, EMFILE);
    if (made)
        closedir(made);
    return status;
}

STEP makes_socket()
{
    void *block = before();
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = after(block, made >= 0, errno, EMFILE);
    if (made >= 0)
        close(made);
    return status;
}

STEP makes_pipe()
{
    void *block = before();
    int made[2];
    bool done = pipe2(made, O_CLOEXEC) == 0;
    int status = after(block, done, errno, EMFILE);
    if (done) {
        close(made[0]);
        close(made[1]);
    }
    return status;
}

STEP makes_event()
{
    void *block = before();
    int made = eventfd(0, EFD_CLOEXEC);
    int status = after(block, made >= 0, errno, EMFILE);
    if (made >= 0)
        close(made);
    return status;
}

static void *nothing(void *argument)
{
    return argument;
}

STEP starts_thread()
{
    void *block = before();
    pthread_t made;
    int error = pthread_create(&made, nullptr, nothing, nullptr);
    if (error != 0 && errno != 0)
        abort();
    int status = after(block, error == 0, error, EAGAIN);
    if (error == 0)
        pthread_join(made, nullptr);
    return status;
}

extern "C" int heapgate_iterate(uint64_t)
{
    int (*const steps[])() = {zeroes,       grows,      makes_object, makes_text,
                              maps,         opens,      opens_stream, opens_folder,
                              makes_socket, makes_pipe, makes_event,  starts_thread};
    int status = 0;
    for (auto *step : steps)
        status |= step();
    return status;
}
