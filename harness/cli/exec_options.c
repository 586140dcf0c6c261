#include "cli/exec_options.h"

#include "allocators/allocators.h"
#include "cli/command.h"
#include "cli/snapshots.h"
#include "process/program_file.h"
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Watch any dynamically linked program, unmodified, and say whether its heap grows.\v"
    "The program keeps its standard input, output and error; the report goes to standard error when the "
    "program has ended. A round is 10 ms by default. While the program runs, rounds are joined in pairs and "
    "get "
    "longer, so that a day takes no more space than a second. The first fifth of the rounds is warm-up.\n\n"
    "Ctrl-C and SIGTERM are passed on to the program once, and the report is made when it has ended; the "
    "second signal kills the program.\n\n"
    "Exit codes are those of heapgate, not of the program. 4 also means that the program crashed, was killed "
    "or exited with a status other than 0 (or that of --exit-status) before it was told to end. 3 also means "
    "that there were too few rounds. 2 also means that the program cannot be measured: it is static, setuid, "
    "has file capabilities, is for another processor, or is linked with musl.";

enum {
    OPTION_ROUND_EVERY = 256,
    OPTION_ROUND_BYTES,
    OPTION_ROUND_LINE,
    OPTION_ROUND_SIGNAL,
    OPTION_MARKS,
    OPTION_ROUNDS_MAX,
    OPTION_WARMUP,
    OPTION_CHILDREN,
    OPTION_IGNORE_CHILD,
    OPTION_REPORT,
    OPTION_EXPECT,
    OPTION_MAX_BYTES,
    OPTION_EXIT_STATUS,
    OPTION_VERIFY,
    OPTION_EXEC_HOLDERS,
    OPTION_SERVE,
    OPTION_SERVE_TOKEN,
    OPTION_SNAPSHOTS,
    OPTION_ATTACH_FOR,
    OPTION_OVERHEAD,
};

static const struct argp_option options[] = {
    {"round-every", OPTION_ROUND_EVERY, "TIME", 0,
     "A round ends after this time: 500ms, 1s, 1m (default 10ms)", 0},
    {"round-bytes", OPTION_ROUND_BYTES, "SIZE", 0, "A round ends when this much was allocated: 64M, 512K, 1G",
     0},
    {"round-line", OPTION_ROUND_LINE, "REGEX", 0,
     "A round ends with each line of standard output that matches this extended regular expression; the "
     "program's output is then a pipe, and passes through unchanged",
     0},
    {"round-signal", OPTION_ROUND_SIGNAL, "SIGNAL", 0,
     "A round ends when heapgate receives this signal: USR1, USR2 or HUP", 0},
    {"marks", OPTION_MARKS, NULL, 0,
     "A round ends where the program calls heapgate_mark() of heapgate/mark.h", 0},
    {"rounds-max", OPTION_ROUNDS_MAX, "N", 0,
     "Tell the program to end (SIGTERM), or detach, after this many rounds", 0},
    {"warmup", OPTION_WARMUP, "ROUNDS", 0, "Warm-up rounds (default: a fifth of all rounds)", 0},
    {"allocator", 'a', "NAME", 0, "Allocator under the probe (default: the program's own)", 0},
    {"children", OPTION_CHILDREN, NULL, 0, "Also watch the processes that the program starts", 0},
    {"ignore-child", OPTION_IGNORE_CHILD, "NAME", 0,
     "With --children: a program of this name need not be measured, such as a static one; up to 16 times", 0},
    {"out", 'o', "DIR", 0, "Write run.json and the reports to this folder", 0},
    {"report", OPTION_REPORT, "FILE", 0, "Write the report to this file instead of standard error", 0},
    {"expect", OPTION_EXPECT, "WHAT", 0, "clean (default) or leak", 0},
    {"max-bytes-per-op", OPTION_MAX_BYTES, "B", 0,
     "Growth that is allowed, in bytes per second, ms, MiB, line, mark or signal; the report calls that an "
     "op",
     0},
    {"exit-status", OPTION_EXIT_STATUS, "N", 0, "Exit status that is expected of the program (default 0)", 0},
    {"holders", OPTION_EXEC_HOLDERS, "WHEN", 0,
     "Find out who holds the program's blocks at its end, and whenever heapgate receives SIGUSR2; the "
     "program "
     "is slower; auto does so at the end where it leaks; default never: auto, always or never",
     0},
    {"serve", OPTION_SERVE, "ADDRESS", 0,
     "While the program runs, serve /metrics, /debug/pprof/heap, allocs and growth, /report.html and "
     "/verdict "
     "at 127.0.0.1:PORT, PORT 0 for any free port, or at unix:PATH",
     0},
    {"serve-token", OPTION_SERVE_TOKEN, "TOKEN", 0,
     "Answer only clients that know this token, or that of the first line of @FILE; needed to serve at an "
     "address that other machines reach",
     0},
    HG_OPTION_SNAPSHOTS(OPTION_SNAPSHOTS),
    {"overhead", OPTION_OVERHEAD, "SHARE", 0,
     "Counting may take this share of the program's processor time, such as 2%: all allocations are followed "
     "as long as it allows that, else one in so many, chosen by chance, and rates are estimates",
     0},
    {"verify", OPTION_VERIFY, NULL, 0,
     "Also walk every stack the slow way, and fail if the probe took one stack for another", 0},
    HG_OPTIONS_SYSROOT,
    {"quiet", 'q', NULL, 0, "Print only the outcome", 0},
    {"verbose", 'v', NULL, 0, "Print every site, and the reason of each verdict", 0},
    {0},
};

static void set_pace(hg_exec_options *target, hg_round_end pace)
{
    if (target->paced)
        exit(hg_complain(
            "--round-every, --round-bytes, --round-line, --round-signal and --marks: give only one of them"));
    target->paced = true;
    target->plan.pace = pace;
}

static void parse_time(const char *text, hg_exec_options *target)
{
    double seconds =
        hg_parse_time("--round-every", text, 0.01, 86400, "a time from 10ms to 24h, such as 1s, 500ms or 2m");
    target->plan.round_ns = llround(seconds * 1000) * 1000000;
}

static void parse_size(const char *text, hg_exec_options *target)
{
    static const char units[] = "KMG";
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    unsigned shift = unit ? 10 * ((unsigned)(unit - units) + 1) : 0;
    bool ended = unit && (end[1] == '\0' || strcmp(end + 1, "iB") == 0);
    if (text[0] < '0' || text[0] > '9' || !ended || number > (UINT64_C(1) << 40) >> shift ||
        number << shift < UINT64_C(64) << 10)
        exit(hg_complain("--round-bytes: expected a size from 64K to 1024G, such as 64M or 512K, got '%s'",
                         text));
    target->plan.round_bytes = number << shift;
}

static void parse_line(const char *text, hg_exec_options *target)
{
    char reason[128];
    int status = regcomp(&target->line, text, REG_EXTENDED);
    if (status != 0) {
        regerror(status, &target->line, reason, sizeof reason);
        exit(hg_complain("--round-line: '%s' is not an extended regular expression: %s", text, reason));
    }
    target->has_line = true;
    target->plan.round_line = &target->line;
}

static void parse_signal(const char *text, hg_exec_options *target)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {{"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"HUP", SIGHUP}};
    const char *name = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0)
            target->plan.round_signal = known[i].number;
    if (target->plan.round_signal == 0)
        exit(hg_complain("--round-signal: expected USR1, USR2 or HUP, got '%s'", text));
}

static void parse_allocator(const char *name, hg_exec_options *target)
{
    target->allocator = hg_parse_allocator(name);
    if (!hg_allocator_path(target->allocator, target->allocator_library, sizeof target->allocator_library))
        exit(hg_complain("allocator %s: %s is not installed (Debian package %s)", name,
                         target->allocator->library, target->allocator->package));
}

static void parse_expect(const char *text, hg_exec_options *target)
{
    if (strcmp(text, "clean") != 0 && strcmp(text, "leak") != 0)
        exit(hg_complain("--expect: expected clean or leak, got '%s'", text));
    target->expect = strcmp(text, "leak") == 0 ? HG_EXPECT_LEAK : HG_EXPECT_CLEAN;
}

static void parse_overhead(const char *text, hg_exec_options *target)
{
    char *end;
    double percent = strtod(text, &end);
    bool is_number = (text[0] >= '0' && text[0] <= '9') || text[0] == '.';
    if (!is_number || strspn(text, "0123456789.") != (size_t)(end - text) || strcmp(end, "%") != 0 ||
        !(percent >= 0.1 && percent <= 100))
        exit(hg_complain("--overhead: expected a share from 0.1%% to 100%%, such as 2%%, got '%s'", text));
    target->plan.overhead = percent / 100;
}

static void parse_holders(const char *text, hg_exec_options *target)
{
    if (!hg_holders_mode_of(text, &target->common.holders))
        exit(hg_complain("--holders: expected auto, always or never, got '%s'", text));
    target->plan.scans = target->common.holders != HG_HOLDERS_NEVER;
    target->plan.inventory = target->common.holders == HG_HOLDERS_ALWAYS;
}

/* Options of exec that attach has not, with the reason; NULL: it is none. */
static const char *refuse_to_attach(int key)
{
    switch (key) {
    case OPTION_CHILDREN:
        return "--children: each child of a program that is dormant is dormant, too, and has a probe of its "
               "own; attach to it by its own number";
    case OPTION_EXEC_HOLDERS:
        return "--holders: who holds a block is found by an index of all blocks, which the probe keeps only "
               "from the program's start; use heapgate exec --holders";
    case OPTION_OVERHEAD:
        return "--overhead: blocks from before could not be told from blocks that are not followed, and what "
               "replaces them would look like growth; use heapgate exec --overhead";
    case OPTION_VERIFY:
        return "--verify: the probe is checked against the slow way from the program's start; use heapgate "
               "exec --verify";
    case OPTION_MARKS:
    case OPTION_ROUND_LINE:
    case OPTION_ROUND_SIGNAL:
        return "--marks, --round-line and --round-signal need a program that heapgate has started; use "
               "--round-every or --round-bytes";
    case 'a':
        return "--allocator: the program runs on its allocator already";
    default:
        return NULL;
    }
}

/* The options that say what a round is. */
static bool parse_round(int key, char *argument, hg_exec_options *target)
{
    switch (key) {
    case OPTION_ROUND_EVERY:
        set_pace(target, HG_ROUND_END_TIME);
        parse_time(argument, target);
        return true;
    case OPTION_ROUND_BYTES:
        set_pace(target, HG_ROUND_END_VOLUME);
        parse_size(argument, target);
        return true;
    case OPTION_ROUND_LINE:
        set_pace(target, HG_ROUND_END_LINE);
        parse_line(argument, target);
        return true;
    case OPTION_ROUND_SIGNAL:
        set_pace(target, HG_ROUND_END_SIGNAL);
        parse_signal(argument, target);
        return true;
    case OPTION_MARKS:
        set_pace(target, HG_ROUND_END_MARK);
        return true;
    default:
        return false;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    hg_exec_options *target = state->input;
    if (target->attaches && refuse_to_attach(key))
        exit(hg_complain("attach has no %s", refuse_to_attach(key)));
    if (parse_round(key, argument, target))
        return 0;
    switch (key) {
    case OPTION_CHILDREN:
        target->plan.children = true;
        return 0;
    case OPTION_IGNORE_CHILD:
        if (target->ignored_children_count == HG_MOST_IGNORED_CHILDREN)
            exit(hg_complain("--ignore-child: at most %d names", HG_MOST_IGNORED_CHILDREN));
        target->ignored_children[target->ignored_children_count++] = argument;
        return 0;
    case OPTION_VERIFY:
        target->plan.verify = true;
        return 0;
    case OPTION_OVERHEAD:
        parse_overhead(argument, target);
        return 0;
    case OPTION_EXEC_HOLDERS:
        parse_holders(argument, target);
        return 0;
    case OPTION_SERVE:
        target->serve = argument;
        return 0;
    case OPTION_SERVE_TOKEN:
        hg_parse_serve_token(argument, target->token);
        return 0;
    case OPTION_SNAPSHOTS:
        target->snapshots = hg_parse_snapshots(argument);
        return 0;
    case OPTION_ROUNDS_MAX:
        target->plan.rounds_max = hg_parse_number("--rounds-max", argument, 1, UINT32_MAX);
        return 0;
    case OPTION_WARMUP:
        target->warmup_rounds = hg_parse_number("--warmup", argument, 1, UINT32_MAX);
        return 0;
    case OPTION_EXIT_STATUS:
        target->exit_status = (int)hg_parse_number("--exit-status", argument, 0, 255);
        return 0;
    case OPTION_MAX_BYTES:
        target->max_bytes_per_op = hg_parse_bytes_per_op("--max-bytes-per-op", argument);
        return 0;
    case OPTION_EXPECT:
        parse_expect(argument, target);
        return 0;
    case OPTION_REPORT:
        target->report = argument;
        return 0;
    case 'a':
        parse_allocator(argument, target);
        return 0;
    case OPTION_ATTACH_FOR:
        target->seconds = hg_parse_time("--for", argument, 0.01, 1e9, "a duration such as 90s, 10m or 24h");
        return 0;
    case ARGP_KEY_ARG:
        if (target->attaches && target->process == 0) {
            target->process = (pid_t)hg_parse_number("PID", argument, 1, INT32_MAX);
            return 0;
        }
        if (target->attaches)
            exit(hg_complain("attach takes one process; '%s' is one too many", argument));
        exit(hg_complain("exec takes the command after --: heapgate exec -- %s", argument));
    default:
        return hg_options_parse(key, argument, &target->common);
    }
}

/* What the program is linked with itself. It needs no preload. */
static const hg_allocator *find_linked(const char *program)
{
    for (const hg_allocator *known = hg_allocators(); known->name; known++)
        if ((known->library[0] && hg_program_file_needs(program, known->library)) ||
            (known->later && hg_program_file_needs(program, known->later)))
            return known;
    return hg_allocator_find("glibc");
}

/* What follows every block has no budget. */
static void check_overhead(const hg_session_plan *plan)
{
    if (plan->overhead <= 0)
        return;
    if (plan->scans)
        exit(hg_complain(
            "--overhead and --holders: who holds a block is found by an index of all blocks, which "
            "has no budget; give only one of them"));
    if (plan->verify)
        exit(
            hg_complain("--overhead and --verify: to walk every stack has no budget; give only one of them"));
    if (plan->pace == HG_ROUND_END_MARK)
        exit(hg_complain("--overhead and --marks: a program that takes its checkpoints itself counts all its "
                         "blocks; use --round-every"));
}

void hg_exec_options_parse(int argc, char **argv, hg_exec_options *ret_options)
{
    const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "-- COMMAND [ARGUMENT...]", .doc = doc};
    char message[2 * PATH_MAX];
    int own = 0; /* words before -- */
    while (own < argc && strcmp(argv[own], "--") != 0)
        own++;
    *ret_options = (hg_exec_options){
        .common = {.argc = argc, .argv = argv},
        .plan = {.target = &ret_options->target,
                 .allocator_library = ret_options->allocator_library,
                 .ignored_children = ret_options->ignored_children,
                 .round_ns = HG_SHORTEST_ROUND_NS},
        .snapshots = HG_SNAPSHOTS_A_DAY,
    };
    hg_parse(&argp, own, argv, ret_options);
    if (ret_options->plan.scans && ret_options->plan.round_signal == SIGUSR2)
        exit(hg_complain("--round-signal USR2 and --holders need the same signal; use USR1 for rounds"));
    check_overhead(&ret_options->plan);
    if (ret_options->token[0] && !ret_options->serve)
        exit(hg_complain("--serve-token goes with --serve"));
    if (own + 1 >= argc)
        exit(hg_complain("exec needs a command: heapgate exec -- COMMAND [ARGUMENT...]"));
    ret_options->plan.arguments = argv + own + 1;
    if (!hg_target_find(argv[own + 1], &ret_options->target, message, sizeof message))
        exit(hg_complain("%s", message));
    if (!ret_options->allocator || !ret_options->allocator->library[0])
        ret_options->allocator = find_linked(ret_options->target.program);
}

static const char attach_doc[] =
    "Watch a program that runs already, and say whether its heap grows.\v"
    "The program was started with LD_PRELOAD=libheapgate-probe.so, by its full path, and HEAPGATE=dormant in "
    "its "
    "environment. Until heapgate attaches it runs as without the probe, and afterwards again. It is not "
    "stopped, "
    "traced or signalled. What it allocates from now on is counted; blocks from before are not.\n\n"
    "Ctrl-C, SIGTERM, --for and heapgate detach PID end it: heapgate detaches, and makes the report. The "
    "program runs on. If heapgate is killed, the probe goes back to sleep by itself.\n\n"
    "Exit codes are those of heapgate exec. 2 also means that heapgate could not attach. If the program ends "
    "meanwhile, only its parent learns how: a crash is not 4 here, and the verdict is on what was seen.";

/* Those of exec that make sense here, one more, and out of sight those that are refused with a reason. */
static void choose_attach_options(struct argp_option *ret_options)
{
    static const int keys[] = {OPTION_ROUND_EVERY,
                               OPTION_ROUND_BYTES,
                               OPTION_ROUNDS_MAX,
                               OPTION_WARMUP,
                               'o',
                               OPTION_REPORT,
                               OPTION_EXPECT,
                               OPTION_MAX_BYTES,
                               OPTION_SERVE,
                               OPTION_SERVE_TOKEN,
                               OPTION_SNAPSHOTS,
                               HG_OPTION_SYSROOT,
                               'q',
                               'v'};
    size_t count = 0;
    ret_options[count++] =
        (struct argp_option){"for", OPTION_ATTACH_FOR, "TIME", 0, "Detach after this time: 90s, 10m, 24h", 0};
    for (const struct argp_option *known = options; known->name; known++) {
        bool chosen = false;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            chosen |= known->key == keys[i];
        if (!chosen && !refuse_to_attach(known->key))
            continue;
        ret_options[count] = *known;
        ret_options[count++].flags |= chosen ? 0 : OPTION_HIDDEN;
    }
    ret_options[count] = (struct argp_option){0};
}

void hg_attach_options_parse(int argc, char **argv, hg_exec_options *ret_options)
{
    struct argp_option chosen[sizeof options / sizeof *options + 1]; /* and --for */
    choose_attach_options(chosen);
    const struct argp argp = {.options = chosen, .parser = parse, .args_doc = "PID", .doc = attach_doc};
    *ret_options = (hg_exec_options){
        .common = {.argc = argc, .argv = argv},
        .plan = {.target = &ret_options->target,
                 .allocator_library = ret_options->allocator_library,
                 .round_ns = HG_SHORTEST_ROUND_NS},
        .snapshots = HG_SNAPSHOTS_A_DAY,
        .attaches = true,
    };
    hg_parse(&argp, argc, argv, ret_options);
    if (ret_options->process == 0)
        exit(hg_complain("attach needs the number of a process: heapgate attach PID"));
    if (ret_options->token[0] && !ret_options->serve)
        exit(hg_complain("--serve-token goes with --serve"));
    parse_allocator("glibc", ret_options);
    if (ret_options->seconds > 0)
        ret_options->plan.rounds_max =
            (uint64_t)fmax(1, round(ret_options->seconds * 1e9 / (double)ret_options->plan.round_ns));
}

void hg_exec_options_free(hg_exec_options *given)
{
    if (given->has_line)
        regfree(&given->line);
}
