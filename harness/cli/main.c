#include "cli/command.h"
#include "cli/nearest.h"
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const hg_command *const commands[] = {
    &hg_command_run,      &hg_command_check,    &hg_command_compare,
    &hg_command_diff,     &hg_command_merge,    &hg_command_report,
    &hg_command_list,     &hg_command_baseline, &hg_command_exec,
    &hg_command_attach,   &hg_command_detach,   &hg_command_soak,
    &hg_command_init,     &hg_command_profile,  &hg_command_torture,
    &hg_command_coverage, &hg_command_known,    &hg_command_audit,
    &hg_command_judge,    &hg_command_doctor,   NULL,
};

int hg_complain(const char *format, ...)
{
    char message[4 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    /* Names that the user gave must not start a new line or command a terminal. */
    for (char *at = message; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    fprintf(stderr, "heapgate: %s\n", message);
    return HG_EXIT_USAGE;
}

static void print_help(FILE *stream)
{
    fputs("Usage: heapgate COMMAND [OPTION...]\n"
          "Leak regression tests for native code: heap growth per operation, the call path that\n"
          "grows, and a verdict for CI.\n\n",
          stream);
    for (size_t i = 0; commands[i]; i++)
        fprintf(stream, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nheapgate COMMAND --help shows its options; heapgate --version prints the version.\n\n"
          "Exit codes: 0 every expectation met; 1 a leak, or an expected leak that was not found;\n"
          "2 usage or configuration; 3 inconclusive; 4 a workload crashed, hung or measured nothing;\n"
          "5 the harness failed its own control.\n",
          stream);
}

/*
 * If a standard file is closed, the next file that is opened, a report or a record, would take its number,
 * and what is printed would go there. Writing to standard output still fails, as it does on a closed file.
 */
static void fill_standard_files(void)
{
    static const int modes[] = {O_RDONLY, O_RDONLY, O_RDWR};
    for (int file = 0; file < 3; file++)
        if (fcntl(file, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[file]) != file)
            exit(HG_EXIT_USAGE);
}

static void ignore_signal(int signal)
{
    (void)signal;
}

/*
 * At the limit of ulimit -f a write then fails with EFBIG, and the file is named. A handler, unlike SIG_IGN,
 * is not inherited by the programs that heapgate starts; a SIG_IGN that is there already stays.
 */
static void survive_file_size_limit(void)
{
    struct sigaction action = {.sa_handler = ignore_signal, .sa_flags = SA_RESTART};
    struct sigaction there;
    if (sigaction(SIGXFSZ, NULL, &there) == 0 && there.sa_handler == SIG_DFL)
        sigaction(SIGXFSZ, &action, NULL);
}

/* What was printed may still be in the buffer. */
static int finish(int code)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code == HG_EXIT_USAGE)
        return code;
    int error = errno;
    if (hg_output_reader_left())
        return code;
    hg_complain("cannot write standard output%s%s", error ? ": " : "", error ? strerror(error) : "");
    return code == HG_EXIT_PASS ? HG_EXIT_USAGE : code;
}

static int run_command(int argc, char **argv)
{
    const char *name = argv[1];
    hg_nearest search = {.typed = name, .length = strlen(name)};
    for (size_t i = 0; commands[i]; i++) {
        hg_nearest_consider(&search, commands[i]->name);
        if (strcmp(name, commands[i]->name) != 0)
            continue;
        char title[64];
        snprintf(title, sizeof title, "heapgate %s", name);
        argv[1] = title;
        return finish(commands[i]->run(argc - 1, argv + 1));
    }
    return hg_complain("unknown command '%s'; %s%s%sheapgate --help lists the commands", name,
                       search.name ? "did you mean heapgate " : "", search.name ? search.name : "",
                       search.name ? "? " : "");
}

int main(int argc, char **argv)
{
    fill_standard_files();
    survive_file_size_limit();
    if (argc < 2) {
        print_help(stderr);
        return HG_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 && argc == 3) {
        static char help[] = "--help";
        char *words[] = {argv[0], argv[2], help, NULL};
        return run_command(3, words);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return finish(HG_EXIT_PASS);
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("heapgate %s\n", HG_VERSION);
        return finish(HG_EXIT_PASS);
    }
    return run_command(argc, argv);
}
