#include "exec/attachment.h"

#include "watch/outside.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What was found in the table of descriptors. */
typedef enum found {
    FOUND_PAGE,
    FOUND_NONE,
    FOUND_OTHER,   /* of another version */
    FOUND_PARENTS, /* of the process that this one was forked from */
} found;

/* The process as it knows itself: in a container it has another number there. */
static int32_t inner_number(pid_t process)
{
    char path[64], line[512];
    long number = process;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "NSpid:", 6) == 0)
            for (char *at = line + 6, *end = at; number = strtol(at, &end, 10), end != at; at = end)
                if (*end == '\n')
                    break;
    if (status)
        fclose(status);
    return (int32_t)number;
}

/* A file in memory that nobody can cut, as both files of a dormant process are; -1 with errno. */
static int open_sealed(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int seals = fd >= 0 ? fcntl(fd, F_GET_SEALS) : -1;
    if (fd < 0 || (seals >= 0 && (seals & F_SEAL_SHRINK)))
        return fd;
    close(fd);
    errno = EPROTO;
    return -1;
}

/* Maps the page; NULL where it is none of this size. */
static hg_dormant_page *map_page(int fd, ino_t *ret_file)
{
    struct stat file;
    if (fstat(fd, &file) != 0 || file.st_size < (off_t)HG_DORMANT_BYTES)
        return NULL;
    *ret_file = file.st_ino;
    void *memory = mmap(NULL, HG_DORMANT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static found check(const hg_dormant_page *page, int32_t number)
{
    if (memcmp(page->magic, HG_DORMANT_MAGIC, sizeof page->magic) != 0)
        return FOUND_NONE;
    if (page->version != HG_DORMANT_VERSION || page->record_version != HG_RECORD_VERSION)
        return FOUND_OTHER;
    return atomic_load(&page->owner) == number ? FOUND_PAGE : FOUND_PARENTS;
}

static found try_descriptor(hg_attachment *made, const char *path, int32_t number)
{
    made->page_fd = open_sealed(path);
    made->page = made->page_fd >= 0 ? map_page(made->page_fd, &made->page_file) : NULL;
    found what = made->page ? check(made->page, number) : FOUND_NONE;
    if (what == FOUND_PAGE) {
        snprintf(made->page_path, sizeof made->page_path, "%s", path);
        return what;
    }
    if (made->page)
        munmap(made->page, HG_DORMANT_BYTES);
    if (made->page_fd >= 0)
        close(made->page_fd);
    made->page = NULL;
    made->page_fd = -1;
    return what;
}

/* Whether it is a file in memory, of this name. No other is even opened. */
static bool is_in_memory(const char *path, const char *name)
{
    char target[64], wanted[64];
    ssize_t length = readlink(path, target, sizeof target);
    int size = snprintf(wanted, sizeof wanted, "/memfd:%s ", name);
    return length >= size && memcmp(target, wanted, (size_t)size) == 0;
}

/* ret_error: why the table cannot be read; 0: it was. */
static found find_page(hg_attachment *made, int *ret_error)
{
    char folder[64], path[64];
    found best = FOUND_NONE;
    int32_t number = inner_number(made->process);
    snprintf(folder, sizeof folder, "/proc/%d/fd", (int)made->process);
    DIR *all = opendir(folder);
    *ret_error = all ? 0 : errno;
    for (const struct dirent *entry; all && best != FOUND_PAGE && (entry = readdir(all));) {
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            (size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= sizeof path ||
            !is_in_memory(path, HG_DORMANT_NAME))
            continue;
        found what = try_descriptor(made, path, number);
        if (what != FOUND_NONE)
            best = what;
    }
    if (all)
        closedir(all);
    return best;
}

static bool has_probe(pid_t process)
{
    char path[64];
    char *line = NULL;
    size_t size = 0;
    bool has = false;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    FILE *maps = fopen(path, "r");
    while (maps && !has && getline(&line, &size, maps) > 0)
        has = strstr(line, "/libheapgate-probe") != NULL;
    free(line);
    if (maps)
        fclose(maps);
    return has;
}

static bool refuse(char *message, size_t size, pid_t process, const char *what)
{
    snprintf(message, size, "cannot attach to process %d: %s", (int)process, what);
    return false;
}

static bool tell_missing(pid_t process, const char *probe, found what, int error, char *message, size_t size)
{
    char text[PATH_MAX + 256];
    if (error == ENOENT || error == ESRCH)
        return refuse(message, size, process, "there is no such process");
    if (error == EACCES || error == EPERM)
        return refuse(message, size, process,
                      "it belongs to another user, or has changed its own; attach as root");
    if (error != 0)
        return refuse(message, size, process, strerror(error));
    if (what == FOUND_OTHER)
        return refuse(message, size, process,
                      "its probe is of another version of heapgate; restart it with the probe of this one");
    if (what == FOUND_PARENTS)
        return refuse(message, size, process,
                      "it was forked and has allocated nothing since, so its probe does not know yet");
    if (has_probe(process))
        snprintf(text, sizeof text,
                 "its probe is not dormant, or the program has closed the descriptor by which it is found; "
                 "start it with LD_PRELOAD=%s HEAPGATE=dormant",
                 probe);
    else
        snprintf(text, sizeof text,
                 "it was started without the probe; start it with LD_PRELOAD=%s HEAPGATE=dormant", probe);
    return refuse(message, size, process, text);
}

/* Whether its main thread has no memory any more, as in a process that has ended, or is about to. */
static bool is_ending(pid_t process)
{
    char path[64], target[8];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)process);
    return readlink(path, target, sizeof target) < 0 && (errno == ENOENT || errno == ESRCH);
}

bool hg_attachment_has_ended(const hg_attachment *attachment)
{
    struct pollfd look = {.fd = attachment->exit_fd, .events = POLLIN};
    return poll(&look, 1, 0) > 0;
}

bool hg_attachment_open(pid_t process, const char *probe, hg_attachment *ret_attachment, char *ret_message,
                        size_t message_size)
{
    int error;
    hg_attachment made = {.process = process, .page_fd = -1, .guard = -1, .record_fd = -1};
    made.exit_fd = (int)syscall(SYS_pidfd_open, process, 0);
    if (made.exit_fd < 0)
        return tell_missing(process, probe, FOUND_NONE, errno == EINVAL ? ESRCH : errno, ret_message,
                            message_size);
    found what = find_page(&made, &error);
    bool forbidden = what == FOUND_PAGE && hg_outside_is_sandboxed(process);
    bool locked = what == FOUND_PAGE && !forbidden && flock(made.page_fd, LOCK_EX | LOCK_NB) == 0;
    if (locked) {
        atomic_store(&made.page->leave, 0);
        *ret_attachment = made;
        return true;
    }
    if (forbidden)
        refuse(ret_message, message_size, process,
               "it has given up system calls (seccomp) that its probe needs to wake, and might be ended for "
               "them; if it is in a container, attach from inside that");
    else if (what == FOUND_PAGE)
        snprintf(ret_message, message_size,
                 "another heapgate is attached to process %d; heapgate detach %d ends that", (int)process,
                 (int)process);
    else if (hg_attachment_has_ended(&made))
        refuse(ret_message, message_size, process, "it has ended");
    else
        tell_missing(process, probe, what, error, ret_message, message_size);
    if (what == FOUND_PAGE) {
        munmap(made.page, HG_DORMANT_BYTES);
        close(made.page_fd);
    }
    close(made.exit_fd);
    return false;
}

bool hg_attachment_ask_to_leave(pid_t process)
{
    int error;
    hg_attachment made = {.process = process};
    if (find_page(&made, &error) != FOUND_PAGE)
        return false;
    bool locked = flock(made.page_fd, LOCK_EX | LOCK_NB) == 0;
    if (!locked)
        atomic_store(&made.page->leave, 1);
    munmap(made.page, HG_DORMANT_BYTES);
    close(made.page_fd);
    return !locked;
}

/* False where there is no record, or none that can be believed. */
static bool open_record(hg_attachment *attachment)
{
    char path[64];
    int number = atomic_load(&attachment->page->record_fd);
    if (attachment->record.header)
        return true;
    if (number < 0)
        return false;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)attachment->process, number);
    attachment->record_fd = is_in_memory(path, HG_RECORD_NAME) ? open_sealed(path) : -1;
    if (attachment->record_fd < 0)
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", attachment->record_fd);
    if (hg_record_open(path, &attachment->record) == 0 && attachment->record.epochs == HG_MAX_EPOCHS)
        return true;
    hg_record_close(&attachment->record);
    close(attachment->record_fd);
    attachment->record_fd = -1;
    return false;
}

void hg_attachment_sleep(const hg_attachment *attachment)
{
    hg_attachment seen = *attachment;
    bool given = seen.record.header != NULL;
    atomic_store(&seen.page->asleep, 1);
    if (open_record(&seen))
        atomic_store(&seen.record.header->epoch, HG_DORMANT_EPOCH);
    if (!given && seen.record.header) {
        hg_record_close(&seen.record);
        close(seen.record_fd);
    }
}

/* A process beside this one, which outlives it if need be. It keeps the lock until it is done. */
static _Noreturn void guard(const hg_attachment *attachment, int from)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    char nothing;
    setsid();
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    prctl(PR_SET_NAME, "heapgate-guard");
    dup2(from, STDIN_FILENO);
    dup2(attachment->page_fd, STDOUT_FILENO);
    close_range(STDERR_FILENO, UINT_MAX, 0);
    while (read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR)
        continue;
    hg_attachment_sleep(attachment);
    _exit(0);
}

static int start_guard(hg_attachment *attachment)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    pid_t process = fork();
    if (process == 0) {
        close(ends[1]);
        guard(attachment, ends[0]);
    }
    int status = process < 0 ? -errno : 0;
    close(ends[0]);
    if (status < 0)
        close(ends[1]);
    else
        attachment->guard = ends[1];
    attachment->guard_process = process;
    return status;
}

bool hg_attachment_wake(hg_attachment *attachment, char *ret_message, size_t message_size)
{
    int status = start_guard(attachment);
    if (status < 0)
        return refuse(ret_message, message_size, attachment->process, strerror(-status));
    hg_attachment_sleep(attachment); /* whoever was attached before may have ended in the middle */
    atomic_store(&attachment->page->error, 0);
    attachment->woken = atomic_load(&attachment->page->woken);
    atomic_store(&attachment->page->asleep, 0);
    return true;
}

hg_waking hg_attachment_look(hg_attachment *attachment, char *ret_message, size_t message_size)
{
    int error = atomic_load(&attachment->page->error);
    if (error != 0) {
        char text[256];
        snprintf(text, sizeof text, "its probe cannot make a record: %s", strerror(error));
        refuse(ret_message, message_size, attachment->process, text);
        return HG_WAKING_FAILED;
    }
    if (atomic_load(&attachment->page->woken) == attachment->woken)
        return HG_WAKING_ASLEEP;
    if (open_record(attachment))
        return HG_WAKING_AWAKE;
    if (is_ending(attachment->process))
        return HG_WAKING_ASLEEP;
    refuse(ret_message, message_size, attachment->process,
           "the program has closed the descriptor by which its counts are found; restart it");
    return HG_WAKING_FAILED;
}

bool hg_attachment_holds(const hg_attachment *attachment)
{
    struct stat there;
    return (stat(attachment->page_path, &there) == 0 && there.st_ino == attachment->page_file) ||
           is_ending(attachment->process);
}

bool hg_attachment_is_asked_to_leave(const hg_attachment *attachment)
{
    return atomic_load(&attachment->page->leave) != 0;
}

void hg_attachment_close(hg_attachment *attachment)
{
    hg_attachment_sleep(attachment);
    if (attachment->record.header) {
        hg_record_close(&attachment->record);
        close(attachment->record_fd);
    }
    if (attachment->exit_fd >= 0)
        close(attachment->exit_fd);
    munmap(attachment->page, HG_DORMANT_BYTES);
    close(attachment->page_fd);
    if (attachment->guard < 0)
        return;
    close(attachment->guard);
    while (waitpid(attachment->guard_process, NULL, 0) < 0 && errno == EINTR)
        continue;
}
