/*
 * A program whose writes must not wait: unwaiting HOW. "timer": a timer interrupts it, and no system call is
 * restarted; "nonblocking": its standard output does not block. It prints 400 lines, and ends with the number
 * of writes that failed, at most 100.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void tick(int signal)
{
    (void)signal;
}

static void start_timer(void)
{
    const struct sigaction action = {.sa_handler = tick};
    const struct itimerval each = {.it_interval.tv_usec = 2000, .it_value.tv_usec = 2000};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &each, NULL);
}

int main(int count, char **words)
{
    enum { LINES = 400, AT_ONCE = 10, MOST = 100 };
    int failed = 0;
    if (count > 1 && strcmp(words[1], "timer") == 0)
        start_timer();
    else
        fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
    for (int i = 0; i < LINES; i++) {
        char line[32];
        free(strdup("a request that is served"));
        int size = snprintf(line, sizeof line, "line %d\n", i);
        failed += write(STDOUT_FILENO, line, (size_t)size) != size;
        if (i % AT_ONCE == AT_ONCE - 1)
            usleep(5000);
    }
    return failed < MOST ? failed : MOST;
}
