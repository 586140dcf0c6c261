/*
 * A program that opens descriptors in known ways: descriptors MODE
 *
 *     keep      in each way, by one call site, once more often than in the way before; all stay open
 *     close     the same, and each is closed as it came
 *     replace   closes by other means: dup2 over it, close_range, closefrom, all numbers one by one
 *     children  a forked and a vforked child close what they inherited; three stay open
 *     handlers  threads, and a signal handler that interrupts them, open and close; none stays
 *     unseen    closes past the C library; one stays
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool closes;
static DIR *volatile no_folder;
static int listener;

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "descriptors: not so: %s\n", what);
    exit(1);
}

static void done_with(int descriptor)
{
    expect(descriptor >= 0, "a descriptor was opened");
    if (closes)
        expect(close(descriptor) == 0, "a descriptor was closed");
}

static void done_with_both(const int *both)
{
    done_with(both[0]);
    done_with(both[1]);
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof address;
    int caller = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    expect(getsockname(listener, (struct sockaddr *)&address, &size) == 0, "the listener has a name");
    expect(connect(caller, (struct sockaddr *)&address, size) == 0, "it listens");
    return caller;
}

static void listen_for_calls(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    listener = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    expect(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0, "bound");
    expect(listen(listener, 64) == 0, "listening");
}

/* Each line of the functions that follow is one call site. */
static bool take_file(int way)
{
    static volatile int flags = O_RDONLY;
    switch (way) {
    case 0:
        done_with(open("/dev/null", O_RDONLY));
        return true;
    case 1:
        done_with(open("/dev/null", flags));
        return true;
    case 2:
        done_with(openat(AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0600));
        return true;
    case 3:
        done_with(creat("/dev/null", 0600));
        return true;
    default:
        return false;
    }
}

static bool take_connection(int way)
{
    int both[2] = {-1, -1};
    switch (way) {
    case 4:
        done_with(socket(AF_UNIX, SOCK_STREAM, 0));
        return true;
    case 5:
        expect(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0, "socketpair");
        done_with_both(both);
        return true;
    case 6:
        close(dial());
        done_with(accept(listener, NULL, NULL));
        return true;
    case 7:
        close(dial());
        done_with(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
        return true;
    case 8:
        expect(pipe(both) == 0, "pipe");
        done_with_both(both);
        return true;
    case 9:
        expect(pipe2(both, O_CLOEXEC) == 0, "pipe2");
        done_with_both(both);
        return true;
    default:
        return false;
    }
}

static bool take_event(int way)
{
    sigset_t none;
    sigemptyset(&none);
    switch (way) {
    case 10:
        done_with(eventfd(0, 0));
        return true;
    case 11:
        done_with(epoll_create(1));
        return true;
    case 12:
        done_with(epoll_create1(0));
        return true;
    case 13:
        done_with(timerfd_create(CLOCK_MONOTONIC, 0));
        return true;
    case 14:
        done_with(signalfd(-1, &none, 0));
        return true;
    case 15:
        done_with(inotify_init());
        return true;
    case 16:
        done_with(inotify_init1(0));
        return true;
    default:
        return false;
    }
}

static bool take_copy(int way)
{
    static int next_number = 900;
    switch (way) {
    case 17:
        done_with(memfd_create("test", 0));
        return true;
    case 18:
        done_with(dup(0));
        return true;
    case 19:
        done_with(dup2(0, next_number++));
        return true;
    case 20:
        done_with(fcntl(0, F_DUPFD, 3));
        return true;
    case 21:
        done_with(fcntl(0, F_DUPFD_CLOEXEC, 3));
        return true;
    default:
        return false;
    }
}

static bool take_stream(int way)
{
    FILE *stream = NULL;
    DIR *folder = NULL;
    switch (way) {
    case 22:
        stream = fopen("/dev/null", "r");
        break;
    case 23:
        stream = tmpfile();
        break;
    case 24:
        folder = opendir("/");
        break;
    default:
        return false;
    }
    expect(stream || folder, "a stream was opened");
    if (closes)
        expect((stream ? fclose(stream) : closedir(folder)) == 0, "a stream was closed");
    return true;
}

static char room[CMSG_SPACE(sizeof(int))];

static struct msghdr make_message(void)
{
    static char text;
    static struct iovec part = {.iov_base = &text, .iov_len = 1};
    return (struct msghdr){
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
}

static int received(struct msghdr *message)
{
    int descriptor = -1;
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    expect(part && part->cmsg_len == CMSG_LEN(sizeof descriptor), "a descriptor was received");
    memcpy(&descriptor, CMSG_DATA(part), sizeof descriptor);
    return descriptor;
}

/* Sends descriptor 0, and gives where it arrives. */
static int send_one(void)
{
    static int both[2] = {-1, -1};
    struct msghdr message = make_message();
    const int sent = 0;
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    *part = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof sent)};
    memcpy(CMSG_DATA(part), &sent, sizeof sent);
    expect(both[0] >= 0 || syscall(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, both) == 0, "a pair");
    expect(sendmsg(both[0], &message, 0) == 1, "sent");
    return both[1];
}

static bool take_message(int way)
{
    struct msghdr message = make_message();
    struct mmsghdr messages = {.msg_hdr = make_message()};
    switch (way) {
    case 25:
        expect(recvmsg(send_one(), &message, 0) == 1, "recvmsg");
        done_with(received(&message));
        return true;
    case 26:
        expect(recvmmsg(send_one(), &messages, 1, 0, NULL) == 1, "recvmmsg");
        done_with(received(&messages.msg_hdr));
        return true;
    default:
        return false;
    }
}

static int remove_file(int descriptor, const char *path)
{
    expect(unlink(path) == 0, "removed");
    return descriptor;
}

static bool take_other(int way)
{
    char path[] = "/tmp/descriptors-XXXXXX";
    FILE *stream;
    switch (way) {
    case 27:
        done_with(remove_file(mkstemp(path), path));
        return true;
    case 28:
        done_with(posix_openpt(O_RDWR | O_NOCTTY));
        return true;
    case 29:
        stream = popen(":", "r");
        expect(stream != NULL, "popen");
        expect(!closes || pclose(stream) == 0, "pclose");
        return true;
    case 30:
        stream = fdopen((int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY), "r");
        stream = stream ? freopen("/dev/zero", "r", stream) : NULL;
        expect(stream != NULL, "freopen");
        expect(!closes || fclose(stream) == 0, "fclose");
        return true;
    default:
        return false;
    }
}

/* Way i is taken i + 1 times. Gives whether there is such a way. */
static bool take(int way)
{
    return take_file(way) || take_connection(way) || take_event(way) || take_copy(way) || take_stream(way) ||
           take_message(way) || take_other(way);
}

static void take_all(void)
{
    listen_for_calls();
    int way = 0;
    for (int taken = 0; take(way);)
        if (++taken > way) {
            way++;
            taken = 0;
        }
}

static int open_null(void)
{
    int descriptor = open("/dev/null", O_RDWR);
    expect(descriptor >= 0, "open");
    return descriptor;
}

static void replace(void)
{
    int keeper = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
    int over = open_null();
    expect((int)syscall(SYS_dup3, keeper, over, 0) == over, "dup3, past the library");
    close(over);
    for (int i = 0; i < 10; i++)
        open_null();
    expect(close_range(3, 1000, CLOSE_RANGE_CLOEXEC) == 0, "marked, not closed");
    expect(fcntl(keeper, F_GETFD) == FD_CLOEXEC, "marked");
    expect(close_range(3, ~0u, 0) == 0, "close_range");
    for (int i = 0; i < 10; i++)
        open_null();
    closefrom(3);
    for (int i = 0; i < 10; i++)
        open_null();
    for (int i = 3; i < 70000; i++)
        close(i);
    close(-1);
    expect(closedir(no_folder) == -1, "closed nothing");
    expect(open_null() == 3, "all were closed");
    expect(dup3(0, 3, 0) == 3, "dup3");
    close(3);
}

static void children(void)
{
    for (int i = 0; i < 3; i++)
        open_null();
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 10; i++)
            open_null();
        for (int i = 3; i < 100; i++)
            close(i);
        _exit(open_null() == 3 ? 0 : 1);
    }
    int status = -1;
    expect(waitpid(child, &status, 0) == child && status == 0, "the child went well");
    child = vfork();
    if (child == 0) {
        dup2(0, 1);
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "the other went well");
}

static void open_in_handler(int signal)
{
    (void)signal;
    close(open("/dev/null", O_RDONLY));
}

static void *open_in_thread(void *data)
{
    for (int i = 0; i < 20000; i++) {
        int both[2];
        expect(pipe(both) == 0, "pipe");
        free(malloc(100 + (size_t)i % 7));
        close(both[0]);
        close(both[1]);
    }
    return data;
}

static void handlers(void)
{
    pthread_t threads[4];
    const struct itimerval often = {{.tv_usec = 500}, {.tv_usec = 500}}, never = {{0}, {0}};
    signal(SIGALRM, open_in_handler);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, open_in_thread, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    setitimer(ITIMER_REAL, &never, NULL);
}

static void unseen(void)
{
    for (int i = 0; i < 100; i++)
        syscall(SYS_close, open_null());
    open_null();
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    closes = strcmp(mode, "close") == 0;
    if (closes || strcmp(mode, "keep") == 0)
        take_all();
    else if (strcmp(mode, "replace") == 0)
        replace();
    else if (strcmp(mode, "children") == 0)
        children();
    else if (strcmp(mode, "handlers") == 0)
        handlers();
    else if (strcmp(mode, "unseen") == 0)
        unseen();
    else
        return 2;
    return 0;
}
