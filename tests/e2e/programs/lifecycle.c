/*
 * lifecycle MODE: a program that allocates at awkward moments of a process's life. Blocks that it means to
 * lose are of odd sizes, so that a test finds them among what the C library keeps. Without MODE it does
 * nothing.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 300, THREAD_BLOCKS = 5 };

static const char *mode = "";

static __attribute__((noinline)) void lose(int blocks, size_t size)
{
    for (int i = 0; i < blocks; i++) {
        char *volatile block = malloc(size);
        if (!block)
            abort();
        block[0] = 1;
    }
}

/* Before main, called by the dynamic linker. */
static __attribute__((constructor)) void construct(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "constructor") == 0)
        lose(3, 1001);
}

static __attribute__((destructor)) void destruct(void)
{
    if (strcmp(mode, "destructor") == 0)
        lose(4, 1003);
}

static void mark(void)
{
    void (*function)(void);
    void *symbol = dlsym(RTLD_DEFAULT, "heapgate_probe_mark");
    memcpy(&function, &symbol, sizeof function);
    if (function)
        function();
}

static pthread_barrier_t all_there;

static void *lose_in_thread(void *unused)
{
    pthread_barrier_wait(&all_there);
    lose(THREAD_BLOCKS, 1009);
    pthread_barrier_wait(&all_there);
    return unused;
}

static int lose_in_many_threads(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t small;
    pthread_barrier_init(&all_there, NULL, THREADS);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 * 1024);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &small, lose_in_thread, NULL) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

/* Asks for its own attributes before anything else, as the threads of Java and Rust do. */
static void *ask_and_lose(void *ret_failed)
{
    pthread_attr_t attributes;
    *(int *)ret_failed = pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_destroy(&attributes);
    lose(2, 1049);
    return NULL;
}

static int ask_in_thread(void)
{
    pthread_t thread;
    int failed = 1;
    alarm(20);
    return pthread_create(&thread, NULL, ask_and_lose, &failed) != 0 || pthread_join(thread, NULL) != 0 ||
           failed;
}

static int wait_for(pid_t child)
{
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "kill") == 0) {
        lose(100, 1013);
        mark();
        lose(7, 1013);
        raise(SIGKILL);
    } else if (strcmp(mode, "abort") == 0) {
        lose(100, 1013);
        abort();
    } else if (strcmp(mode, "threads") == 0) {
        return lose_in_many_threads();
    } else if (strcmp(mode, "attributes") == 0) {
        return ask_in_thread();
    } else if (strcmp(mode, "raw_fork") == 0) {
        /* Past the C library: its handlers for fork are not called. */
        pid_t child = (pid_t)syscall(SYS_clone, (long)SIGCHLD, NULL, NULL, NULL, NULL);
        if (child == 0) {
            lose(50, 1019);
            syscall(SYS_exit_group, 0);
        }
        lose(2, 1019);
        return wait_for(child);
    } else if (strcmp(mode, "fork") == 0) {
        void *inherited = malloc(1021);
        pid_t child = fork();
        if (child == 0) {
            free(inherited);
            lose(6, 1021);
            raise(SIGKILL);
        }
        free(inherited);
        lose(3, 1021);
        return wait_for(child) == 1 ? 0 : 1;
    } else if (strcmp(mode, "exec") == 0) {
        lose(1000, 1031);
        execl("/proc/self/exe", argv[0], "after_exec", (char *)NULL);
        return 1;
    } else if (strcmp(mode, "after_exec") == 0) {
        lose(3, 1033);
    } else if (strcmp(mode, "epochs") == 0) {
        for (int i = 0; i < 5; i++) {
            lose(1, 1039);
            mark();
        }
    }
    return 0;
}
