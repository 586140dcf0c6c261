#include "cli/known_leaks.h"

#include "analysis/call_path.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "cli/command.h"
#include "cli/git_file.h"
#include "cli/output.h"
#include "cli/shell_word.h"
#include "cli/suite_review.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hg_known_load(const hg_suite *suite, bool must_exist, hg_known_leaks *ret_known)
{
    char message[PATH_MAX + 512];
    const char *name = suite->baseline[0] ? suite->baseline : "heapgate.baseline.json";
    *ret_known = (hg_known_leaks){.suite = suite};
    hg_today(ret_known->today);
    bool beside = name[0] != '/' && strcmp(suite->folder, ".") != 0;
    int length = snprintf(ret_known->path, sizeof ret_known->path, "%s%s%s", beside ? suite->folder : "",
                          beside ? "/" : "", name);
    if ((size_t)length >= sizeof ret_known->path)
        return hg_refuse("the path of the baseline is too long: %s", name);
    snprintf(ret_known->name, sizeof ret_known->name, "%s", hg_base_name(ret_known->path));
    if (access(ret_known->path, F_OK) != 0 && errno == ENOENT)
        return !must_exist || hg_refuse("%s: there is no such baseline; heapgate baseline update makes one",
                                        ret_known->path);
    ret_known->baseline = hg_baseline_read(ret_known->path, message, sizeof message);
    return ret_known->baseline || hg_refuse("%s", message);
}

bool hg_known_go_back(hg_known_leaks *known, const char *revision, hg_baseline **ret_now)
{
    char message[PATH_MAX + 512], commit[HG_COMMIT_SIZE], *text;
    size_t size;
    *ret_now = known->baseline;
    known->baseline = NULL;
    known->is_part = true; /* what the earlier one allows beyond the run may be gone from the file by now */
    if (!hg_git_file(revision, known->path, HG_BASELINE_MOST_BYTES, &text, &size, commit))
        return false;
    char *end = known->name + strlen(known->name);
    snprintf(end, sizeof known->name - (size_t)(end - known->name), " of %.12s", commit);
    if (text) {
        known->baseline = hg_baseline_parse(known->name, text, size, message, sizeof message);
        free(text);
        return known->baseline || hg_refuse("%s", message);
    }
    hg_complain("note: %s: there was no such file, so nothing is allowed", known->name);
    known->baseline = hg_baseline_new();
    return known->baseline || hg_refuse("out of memory");
}

void hg_known_free(hg_known_leaks *known)
{
    hg_baseline_free(known->baseline);
    *known = (hg_known_leaks){0};
}

/* The function that a person looks for: the culprit, or the first frame of the entry. */
static const char *place_of(const hg_baseline_change *change)
{
    if (change->site && change->site->frame_count > 0 && change->site->frames[0].function[0])
        return change->site->frames[0].function;
    if (change->entry && change->entry->depth > 0)
        return change->entry->stack[0];
    return "several call paths";
}

static const char *place_of_fault(const hg_baseline_change *change)
{
    const hg_fault *fault = change->fault;
    if (fault && fault->path_count > 0 && fault->path[0].function[0])
        return fault->path[0].function;
    return change->entry && change->entry->depth > 0 ? change->entry->stack[0] : "?";
}

static bool is_of_faults(const hg_baseline_change *change)
{
    return change->fault || (change->entry && change->entry->outcome);
}

/* "leak where malloc fails at join" of findings; counts of fault points. */
static char *describe_faults(const hg_known_leaks *known, const hg_baseline_change *change)
{
    const char *file = known->name;
    const hg_baseline_entry *entry = change->entry;
    const hg_fault *fault = change->fault;
    char *what = NULL;
    char *text = NULL;
    int length = -1;
    if (asprintf(&what, "%s, %s: %s where %s fails at %s", fault ? fault->workload : entry->workload,
                 fault ? fault->subject : entry->subject,
                 fault ? hg_fault_outcome_name(fault->outcome) : entry->outcome,
                 fault ? fault->function : entry->function, place_of_fault(change)) < 0)
        return NULL;
    switch (change->kind) {
    case HG_BASELINE_KNOWN:
        length = asprintf(&text, "known: %s, allowed by %s since %s", what, file, entry->date);
        break;
    case HG_BASELINE_NEW:
        length = asprintf(&text, "new: %s, not in %s", what, file);
        break;
    case HG_BASELINE_EXPIRED:
        length =
            asprintf(&text, "waiver ended on %s: %s (%s)", entry->waiver_until, what, entry->waiver_reason);
        break;
    case HG_BASELINE_GONE:
        length = asprintf(&text, "gone: %s, which %s allows", what, file);
        break;
    default:
        length = asprintf(&text, "%s: %s: %s in %s, now %" PRId64,
                          change->kind == HG_BASELINE_MORE ? "more" : "less", what,
                          hg_human_things((uint64_t)entry->faults, "call path").text, file, change->faults);
        break;
    }
    free(what);
    return length < 0 ? NULL : text;
}

char *hg_known_describe(const hg_known_leaks *known, const hg_baseline_change *change)
{
    if (is_of_faults(change))
        return describe_faults(known, change);
    const char *file = known->name;
    const hg_baseline_entry *entry = change->entry;
    const char *workload = change->cell ? change->cell->workload : entry->workload;
    const char *subject = change->cell ? change->cell->subject : entry->subject;
    const char *allocator = change->cell ? change->cell->allocator : "";
    const char *place = place_of(change);
    char *text = NULL;
    int length = -1;
    switch (change->kind) {
    case HG_BASELINE_KNOWN:
        length = asprintf(&text, "known: %s, %s (%s): %.4g B per op at %s, allowed by %s since %s", workload,
                          subject, allocator, change->bytes_per_op, place, file, entry->date);
        break;
    case HG_BASELINE_NEW:
        length = asprintf(&text, "new: %s, %s (%s): %.4g B per op at %s, not in %s", workload, subject,
                          allocator, change->bytes_per_op, place, file);
        break;
    case HG_BASELINE_MORE:
        length = asprintf(&text, "more: %s, %s (%s): was %.4g B per op in %s, now %.4g B at %s", workload,
                          subject, allocator, entry->bytes_per_op, file, change->bytes_per_op, place);
        break;
    case HG_BASELINE_EXPIRED:
        length =
            asprintf(&text, "waiver ended on %s: %s, %s (%s): %.4g B per op at %s (%s)", entry->waiver_until,
                     workload, subject, allocator, change->bytes_per_op, place, entry->waiver_reason);
        break;
    case HG_BASELINE_LESS:
        length = asprintf(&text, "less: %s, %s: was %.4g B per op in %s, now %.4g B at %s", workload, subject,
                          entry->bytes_per_op, file, change->bytes_per_op, place);
        break;
    case HG_BASELINE_GONE:
        length = asprintf(&text, "gone: %s, %s: was %.4g B per op in %s at %s", workload, subject,
                          entry->bytes_per_op, file, place);
        break;
    }
    return length < 0 ? NULL : text;
}

static bool is_stale_change(const hg_baseline_change *change)
{
    return change->kind == HG_BASELINE_LESS || change->kind == HG_BASELINE_GONE;
}

void hg_known_print(const hg_known_leaks *known, const hg_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        if (known->is_part && is_stale_change(&comparison->changes[i]))
            continue;
        char *text = hg_known_describe(known, &comparison->changes[i]);
        if (text) {
            hg_escape_write(stdout, text, hg_output_takes_utf8());
            fputc('\n', stdout);
        }
        free(text);
    }
}

static bool is_stale(const hg_comparison *comparison)
{
    bool stale = false;
    for (size_t i = 0; i < comparison->count; i++)
        stale |= is_stale_change(&comparison->changes[i]);
    return stale;
}

int hg_known_tell_stale(const hg_known_leaks *known, const hg_run *run)
{
    hg_comparison *comparison = hg_baseline_compare(known->baseline, run, known->today);
    int code = comparison ? HG_EXIT_PASS : hg_complain("out of memory");
    for (size_t i = 0; comparison && i < comparison->count; i++) {
        if (!is_stale_change(&comparison->changes[i]))
            continue;
        char *text = hg_known_describe(known, &comparison->changes[i]);
        hg_complain("stale: %s", text ? text : "out of memory");
        free(text);
        code = HG_EXIT_LEAK;
    }
    hg_comparison_free(comparison);
    return code;
}

static void print_comparison(const hg_known_leaks *known, const hg_comparison *comparison)
{
    if (comparison->count > 0)
        fputc('\n', stdout);
    hg_known_print(known, comparison);
    if (known->is_part || !is_stale(comparison))
        return;
    const char *file = known->suite->file;
    fputs("to lower the baseline: heapgate baseline update", stdout);
    if (file[0]) {
        fputs(" -c ", stdout);
        hg_print_shell_word(file, stdout);
    }
    fputc('\n', stdout);
}

int hg_known_conclude(const hg_known_leaks *known, hg_run *run, const hg_options *options)
{
    if (!known->baseline)
        return hg_conclude(run, options);
    hg_comparison *comparison = hg_baseline_compare(known->baseline, run, known->today);
    if (!comparison || !hg_baseline_apply(comparison, run, known->name)) {
        hg_comparison_free(comparison);
        return hg_complain("out of memory");
    }
    int code = hg_conclude(run, options);
    if (!options->quiet)
        print_comparison(known, comparison);
    hg_comparison_free(comparison);
    return code;
}
