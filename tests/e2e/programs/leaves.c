/*
 * A program that leaves the surroundings it was started in, and then loses a block at each mark and each
 * line: leaves KIND [LINES]. A kind that the system does not permit ends it with status 77.
 */
#include <fcntl.h>
#include <grp.h>
#include <heapgate/mark.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES = 200, BLOCK = 40 };

static void *volatile kept;

static void lose(void)
{
    kept = malloc(BLOCK); /* here: lose */
}

static int limit(int what, rlim_t to)
{
    const struct rlimit both = {.rlim_cur = to, .rlim_max = to};
    return setrlimit(what, &both);
}

static void close_all(void)
{
    for (int i = 3; i < 4096; i++)
        close(i);
}

static int leave_root(void)
{
    char folder[] = "/tmp/heapgate-root-XXXXXX";
    if (!mkdtemp(folder))
        return -1;
    int home = open("/", O_RDONLY | O_DIRECTORY);
    int status = chroot(folder) != 0 || chdir("/") != 0;
    if (home >= 0) {
        unlinkat(home, folder + 1, AT_REMOVEDIR); /* it stays as long as it is our root */
        close(home);
    }
    return status;
}

/* Only the child comes back. */
static int fork_away(void)
{
    pid_t child = fork();
    if (child > 0)
        _exit(0);
    return child;
}

static int leave(const char *kind)
{
    if (strcmp(kind, "chdir") == 0)
        return chdir("/");
    if (strcmp(kind, "closefrom") == 0)
        closefrom(3);
    if (strcmp(kind, "close-all") == 0)
        close_all();
    if (strcmp(kind, "address-space") == 0)
        return limit(RLIMIT_AS, (rlim_t)64 << 20);
    if (strcmp(kind, "files") == 0)
        return limit(RLIMIT_NOFILE, 3);
    if (strcmp(kind, "privileges") == 0)
        return setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0;
    if (strcmp(kind, "root") == 0)
        return leave_root();
    if (strcmp(kind, "daemon") == 0)
        return daemon(1, 1);
    if (strcmp(kind, "daemon-twice") == 0)
        return fork_away() != 0 || setsid() < 0 || fork_away() != 0;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    if (leave(argv[1]) != 0)
        return 77;
    for (int i = 0; i < (argc > 2 ? atoi(argv[2]) : LINES); i++) {
        lose();
        heapgate_mark();
        printf("line %d\n", i);
        if (strcmp(argv[1], "bursts") != 0)
            fflush(stdout);
    }
    /* All lines come now, while the program is there to be looked at. */
    if (strcmp(argv[1], "bursts") == 0) {
        fflush(stdout);
        sleep(1);
    }
    /* There is to be something in the background when the program has ended. */
    if (strncmp(argv[1], "daemon", 6) == 0)
        sleep(1);
    return 0;
}
