#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const hg_command *const commands[] = {
    &hg_command_run,    &hg_command_check,   &hg_command_compare,  &hg_command_diff,   &hg_command_merge,
    &hg_command_report, &hg_command_list,    &hg_command_baseline, &hg_command_exec,   &hg_command_soak,
    &hg_command_init,   &hg_command_profile, &hg_command_torture,  &hg_command_doctor, NULL,
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

/* Where argp stopped at something it does not know. */
static int error_index;

static error_t note_error(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = state->input;
        return 0;
    }
    if (key != ARGP_KEY_ERROR)
        return ARGP_ERR_UNKNOWN;
    error_index = state->next;
    return 0;
}

/* The argument that argp does not know. In a word of several short options, argp is still at that word. */
static const char *culprit(int argc, char **argv)
{
    const char *before = argv[error_index - 1];
    const char *word = error_index < argc ? argv[error_index] : "";
    bool several = word[0] == '-' && word[1] != '-' && strlen(word) > 2;
    return several && strncmp(before, "--", 2) != 0 ? word : before;
}

/* ARGP_NO_ERRS would also keep argp from printing the help. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--usage") == 0 || strcmp(argv[i], "-?") == 0)
            return true;
    return false;
}

/* Prints one line on standard error instead of argp's two, which only repeat that there is a --help. */
void hg_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
    const struct argp outer = {.parser = note_error, .children = children};
    argp_err_exit_status = HG_EXIT_USAGE;
    unsigned flags = asks_for_help(argc, argv) ? 0 : ARGP_NO_ERRS;
    error_t error = argp_parse(&outer, argc, argv, flags, NULL, input);
    if (error == 0)
        return;
    if (error_index > 0 && error_index <= argc)
        exit(hg_complain("unknown option or missing argument near '%s'; %s --help lists the options",
                         culprit(argc, argv), argv[0]));
    exit(hg_complain("%s", strerror(error)));
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

/* What was printed may still be in the buffer. It is no error that a reader has gone away. */
static int finish(int code)
{
    struct pollfd reader = {.fd = STDOUT_FILENO, .events = POLLOUT};
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code == HG_EXIT_USAGE)
        return code;
    int error = errno;
    if (poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR))
        return code;
    hg_complain("cannot write standard output%s%s", error ? ": " : "", error ? strerror(error) : "");
    return code == HG_EXIT_PASS ? HG_EXIT_USAGE : code;
}

static int run_command(int argc, char **argv)
{
    const char *name = argv[1];
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(name, commands[i]->name) != 0)
            continue;
        char title[64];
        snprintf(title, sizeof title, "heapgate %s", name);
        argv[1] = title;
        return finish(commands[i]->run(argc - 1, argv + 1));
    }
    return hg_complain("unknown command '%s'; heapgate --help lists the commands", name);
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
