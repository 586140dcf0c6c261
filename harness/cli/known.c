#include "base/escape.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/known_leaks.h"
#include "cli/output.h"
#include "cli/suite_review.h"
#include "known/suppressions.h"
#include "view/kept.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPTION_FROM = 640, OPTION_STRICT, OPTION_FORMAT, OPTION_WHO, OPTION_UNTIL }; /* no short form */

static const char doc[] =
    "Review deliberate leaks: memory that is alive at exit, and that the suite's leaks: declares.\v"
    "check runs the suite and lists what its cells keep at exit that needs a review: it fails if a "
    "declaration has ended, and where the suite says undeclared_leaks: fail also if one is missing. import "
    "reads suppressions of "
    "valgrind or LeakSanitizer and prints them as entries for leaks:, which need an owner and a day; with "
    "--from RUN it tells which of them match nothing there. export prints the suite's leaks: as such a "
    "file.\n\n"
    "A declaration never excuses growth; heapgate baseline and max_bytes_per_op do.";

static const struct argp_option options[] = {
    {"from", OPTION_FROM, "RUN", 0,
     "check, import: use this run (a run.json, or its folder) instead of measuring", 0},
    {"strict", OPTION_STRICT, NULL, 0,
     "Fail for entries that match nothing; check: also for memory at exit that nobody declared; import: also "
     "for what it had to leave out",
     0},
    {"format", OPTION_FORMAT, "FORMAT", 0, "export: valgrind or lsan", 0},
    {"who", OPTION_WHO, "NAME", 0, "import: who answers for the entries (default: nobody yet)", 0},
    {"until", OPTION_UNTIL, "DAY", 0, "import: the last day of the entries (default: 90 days from now)", 0},
    {0},
};

typedef enum verb { NO_VERB, CHECK, IMPORT, EXPORT } verb;

typedef struct arguments {
    hg_suite_arguments suite;
    verb verb;
    const char *file, *from, *who, *until;
    bool strict, has_format;
    hg_suppression_format format;
} arguments;

static void parse_word(char *argument, arguments *target)
{
    static const char *const verbs[] = {"", "check", "import", "export"};
    for (size_t i = CHECK; i <= EXPORT && target->verb == NO_VERB; i++)
        if (strcmp(argument, verbs[i]) == 0) {
            target->verb = (verb)i;
            return;
        }
    if (target->verb == NO_VERB)
        exit(hg_complain("known: expected check, import or export, got '%s'", argument));
    if (target->verb != IMPORT || target->file)
        exit(hg_complain("known: '%s' is one word too many", argument));
    target->file = argument;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &target->suite;
        return 0;
    case OPTION_FROM:
        target->from = argument;
        return 0;
    case OPTION_STRICT:
        target->strict = true;
        return 0;
    case OPTION_FORMAT:
        target->has_format = true;
        if (!hg_suppression_format_of(argument, &target->format))
            exit(hg_complain("--format: expected valgrind or lsan, got '%s'", argument));
        return 0;
    case OPTION_WHO:
        target->who = argument;
        return 0;
    case OPTION_UNTIL:
        target->until = argument;
        return 0;
    case ARGP_KEY_ARG:
        parse_word(argument, target);
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(hg_complain("known needs check, import or export: heapgate known check"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_review(const hg_run *run)
{
    char line[HG_KEPT_LINE];
    size_t listed = 0;
    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t k = 0; hg_kept_line(&run->cells[i], k, line); k++, listed++) {
            const hg_cell *cell = &run->cells[i];
            char *text;
            if (asprintf(&text, "%s, %s (%s): %s", cell->workload, cell->subject, cell->allocator, line) < 0)
                continue;
            hg_escape_write(stdout, text, hg_output_takes_utf8());
            fputc('\n', stdout);
            free(text);
        }
    if (listed == 0)
        fputs("Nothing that is alive at exit needs a review.\n", stdout);
}

static int check(const hg_suite *suite, const arguments *given)
{
    hg_run *run = NULL;
    size_t unused, failing = 0;
    hg_unreviewed undeclared = hg_undeclared_leaks_of(suite);
    if (given->strict)
        undeclared = HG_UNREVIEWED_FAIL;
    else if (undeclared == HG_UNREVIEWED_IGNORE)
        undeclared = HG_UNREVIEWED_WARN;
    int code = HG_EXIT_PASS;
    if (!given->from)
        code = hg_measure_suite(suite, &given->suite, &run);
    else if (!(run = hg_read_run(given->from)))
        code = HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS && !hg_review_suite(suite, undeclared, run, &unused))
        code = HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS && !given->from && given->suite.common.out &&
        !hg_output_write(run, given->suite.common.out))
        code = HG_EXIT_USAGE;
    for (size_t i = 0; code == HG_EXIT_PASS && i < run->cell_count; i++)
        failing += run->cells[i].verdict != HG_VERDICT_FAILED && run->cells[i].kept.failing > 0;
    if (code == HG_EXIT_PASS) {
        print_review(run);
        code = failing > 0 || (given->strict && unused > 0) ? HG_EXIT_LEAK : HG_EXIT_PASS;
    }
    hg_run_free(run);
    return code;
}

static void tell_left_out(size_t line, const char *why, void *user_data)
{
    const arguments *given = user_data;
    hg_complain("note: %s:%zu: left out: %s", given->file, line, why);
}

static bool is_of_some_site(const hg_leak *leak, const hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t k = 0; k < run->cells[i].site_count; k++)
            if (run->cells[i].sites[k].kept.known && hg_leak_has_path(leak, &run->cells[i].sites[k]))
                return true;
    return false;
}

/* How many entries match nothing that was alive at the end of the run, told one by one. */
static size_t tell_unmatched(const hg_leaks *leaks, const hg_run *run, const arguments *given)
{
    size_t unmatched = 0;
    for (size_t i = 0; i < leaks->count; i++) {
        if (is_of_some_site(&leaks->leaks[i], run))
            continue;
        unmatched++;
        hg_complain("note: %s:%zu: nothing that was alive at exit matches: %s", given->file,
                    leaks->leaks[i].line, leaks->leaks[i].why);
    }
    return unmatched;
}

static bool write_leaks(const void *data, FILE *out)
{
    hg_leaks_write(data, out);
    return true;
}

static int import(const arguments *given)
{
    char message[PATH_MAX + 512], today[HG_TIMESTAMP_SIZE], until[HG_TIMESTAMP_SIZE];
    const int64_t days = 90;
    hg_today(today);
    hg_timestamp_write(time(NULL) + days * 24 * 3600, until);
    until[strlen("2026-01-02")] = '\0';
    const hg_import words = {.who = given->who ? given->who : "nobody yet",
                             .until = given->until ? given->until : until,
                             .since = today,
                             .leave_out = tell_left_out,
                             .user_data = (void *)given};
    hg_suppressions read;
    hg_run *run = given->from ? hg_read_run(given->from) : NULL;
    if (given->from && !run)
        return HG_EXIT_USAGE;
    int code = HG_EXIT_PASS;
    size_t unmatched = 0;
    if (!hg_suppressions_read(given->file, &words, &read, message, sizeof message)) {
        code = hg_complain("%s", message);
    } else {
        if (read.foreign > 0)
            hg_complain("note: %s: %zu of its suppressions %s not about leaks, and left out", given->file,
                        read.foreign, read.foreign == 1 ? "is" : "are");
        if (run)
            unmatched = tell_unmatched(&read.leaks, run, given);
        if (!hg_output_to(NULL, write_leaks, &read.leaks))
            code = HG_EXIT_USAGE;
        else if (given->strict && (unmatched > 0 || read.left_out > 0))
            code = HG_EXIT_LEAK;
    }
    hg_suppressions_clear(&read);
    hg_run_free(run);
    return code;
}

typedef struct export_job {
    const hg_suite *suite;
    hg_suppression_format format;
    size_t left_out;
} export_job;

static bool write_export(const void *data, FILE *out)
{
    export_job *job = *(export_job *const *)data;
    char today[HG_TIMESTAMP_SIZE];
    hg_today(today);
    for (size_t i = 0; i < job->suite->leaks.count; i++) {
        const hg_leak *leak = &job->suite->leaks.leaks[i];
        const char *why = hg_leak_has_ended(leak, today)                 ? "its last day is past"
                          : hg_suppression_write(leak, job->format, out) ? NULL
                                                                         : "the format has no words for it";
        if (!why)
            continue;
        hg_complain("note: %s:%zu: left out: %s", job->suite->file, leak->line, why);
        job->left_out++;
    }
    return true;
}

static int export(const hg_suite *suite, const arguments *given)
{
    export_job job = {suite, given->format, 0};
    export_job *const handle = &job;
    if (!hg_output_to(NULL, write_export, &handle))
        return HG_EXIT_USAGE;
    return given->strict && job.left_out > 0 ? HG_EXIT_LEAK : HG_EXIT_PASS;
}

static int complain_of(const arguments *given)
{
    char stamp[HG_TIMESTAMP_SIZE];
    int64_t seconds;
    if (given->verb == IMPORT && !given->file)
        return hg_complain("known import needs a file of suppressions: heapgate known import FILE");
    if (given->has_format != (given->verb == EXPORT))
        return hg_complain(given->has_format ? "--format is only for export"
                                             : "known export needs --format valgrind or --format lsan");
    if (given->verb != IMPORT && (given->who || given->until))
        return hg_complain("--who and --until are only for import");
    if (given->verb == EXPORT && given->from)
        return hg_complain("--from is only for check and import");
    if (!given->until || strcmp(given->until, HG_LEAK_NEVER) == 0)
        return HG_EXIT_PASS;
    int length = snprintf(stamp, sizeof stamp, "%sT00:00:00Z", given->until);
    if ((size_t)length + 1 == sizeof stamp && hg_timestamp_read(stamp, &seconds))
        return HG_EXIT_PASS;
    return hg_complain("--until: expected a day such as 2027-06-30, or never, got '%s'", given->until);
}

static int run(int argc, char **argv)
{
    const struct argp_child children[] = {{&hg_suite_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {.options = options,
                              .parser = parse,
                              .args_doc = "check\nimport FILE\nexport --format FORMAT",
                              .doc = doc,
                              .children = children};
    arguments given = {.suite = {.common = HG_OPTIONS_DEFAULT(argc, argv), .reviews_itself = true}};
    hg_parse(&argp, argc, argv, &given);
    int code = complain_of(&given);
    if (code != HG_EXIT_PASS || given.verb == IMPORT)
        return code == HG_EXIT_PASS ? import(&given) : code;
    hg_suite *suite = hg_choose_suite(given.suite.config);
    if (!suite)
        return HG_EXIT_USAGE;
    code = given.verb == CHECK ? check(suite, &given) : export(suite, &given);
    hg_suite_free(suite);
    return code;
}

const hg_command hg_command_known = {"known", "review deliberate leaks; import and export suppressions", run};
