/*
 * SARIF 2.1.0 (OASIS), for code-scanning pages: one result per leaking site, at its file and line, so that a
 * page can annotate the diff, and one per holder over its bound, at the variable.
 *
 * An expected leak is a note with a suppression. A finding without a place in the source (a failed cell, a
 * leak that was not seen, too little evidence) is a notification of the invocation. Fingerprints come from
 * the symbolic call path alone, so a result keeps its identity when lines shift and modules are rebuilt.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "base/number.h"
#include "base/timestamp.h"
#include "model/path.h"
#include "view/findings.h"
#include "view/held.h"
#include "view/kept.h"
#include "view/torture_findings.h"
#include "view/tried_sites.h"
#include "view/view.h"
#include "view/writers.h"

#include <inttypes.h>
#include <string.h>

#define RESULTS_MAX    5000u /* the limit of code-scanning pages */
#define FRAMES_MAX     100u
#define CELLS_MAX      50u  /* named in one result */
#define NAME_POINTS    300u /* of a name in a message; frames have it whole */
#define SCHEMA_ADDRESS "https://json.schemastore.org/sarif-2.1.0.json"

enum { RULE_LEAK, RULE_EXPECTED, RULE_ADDED };

/* A path as a URI: every byte but slashes and unreserved characters is percent-encoded (RFC 3986). */
static void write_uri(FILE *out, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

    if (path[0] == '/')
        fputs("file://", out);
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    for (; *path; path++) {
        if (strchr(plain, *path))
            fputc(*path, out);
        else
            fprintf(out, "%%%02X", (unsigned char)*path);
    }
}

static void write_artifact(FILE *out, const char *path)
{
    fputs("\"artifactLocation\": {\"uri\": \"", out);
    write_uri(out, path);
    fputs(path[0] == '/' ? "\"}" : "\", \"uriBaseId\": \"%SRCROOT%\"}", out);
}

/* The content of a location: where in the source, and in which function. */
static void write_location(FILE *out, const hg_frame *frame)
{
    const char *separator = "";

    fputc('{', out);
    if (frame->file[0] || frame->module[0]) {
        fputs("\"physicalLocation\": {", out);
        write_artifact(out, frame->file[0] ? frame->file : frame->module);
        if (frame->file[0] && frame->line > 0)
            fprintf(out, ", \"region\": {\"startLine\": %d}", frame->line);
        fputc('}', out);
        separator = ", ";
    }
    if (frame->function[0]) {
        fprintf(out, "%s\"logicalLocations\": [{\"kind\": \"function\", \"fullyQualifiedName\": \"",
                separator);
        hg_escape_json(out, frame->function, 0);
        fputs("\"}]", out);
    }
    fputc('}', out);
}

static void write_stack(FILE *out, const hg_frame *frames, size_t count)
{
    size_t shown = count < FRAMES_MAX ? count : FRAMES_MAX;

    fputs(",\n          \"stacks\": [{\"frames\": [", out);
    for (size_t i = 0; i < shown; i++) {
        const hg_frame *frame = &frames[i];
        fprintf(out, "%s\n            {\"location\": ", i > 0 ? "," : "");
        write_location(out, frame);
        if (frame->module[0]) {
            fputs(", \"module\": \"", out);
            hg_escape_json(out, frame->module, 0);
            fputc('"', out);
        }
        fputc('}', out);
    }
    fputs("]}]", out);
}

/* In a message, "[text](target)" would become a link. */
static void write_message_name(FILE *out, const char *name)
{
    const char *link = name ? strstr(name, "](") : NULL;

    for (; link; link = strstr(name, "](")) {
        char piece[256];
        size_t length = (size_t)(link - name);
        snprintf(piece, sizeof piece, "%.*s", (int)(length < sizeof piece ? length : sizeof piece - 1), name);
        hg_escape_json(out, piece, 0);
        fputs("] (", out);
        name = link + 2;
    }
    hg_escape_json(out, name, NAME_POINTS);
}

/* The variables that hold the blocks, where their place in the source is known; none where most are lost. */
static void write_holders(FILE *out, const hg_site *site)
{
    bool held = hg_held_keeper(&site->held) == HG_KEEPER_HOLDER;
    size_t written = 0;

    for (size_t i = 0; held && i < hg_holders_shown(site); i++) {
        const hg_holder *holder = &site->held.holders[i];
        if (!holder->file[0] || holder->line <= 0)
            continue;
        fputs(written++ == 0 ? ",\n          \"relatedLocations\": [" : ", ", out);
        fputs("{\"physicalLocation\": {", out);
        write_artifact(out, holder->file);
        fprintf(out, ", \"region\": {\"startLine\": %d}}, \"message\": {\"text\": \"held by ", holder->line);
        write_message_name(out, holder->path);
        fputs("\"}}", out);
    }
    if (written > 0)
        fputc(']', out);
}

static void write_cell_name(FILE *out, const hg_cell *cell)
{
    write_message_name(out, hg_view_name(cell->workload));
    fputs(", ", out);
    write_message_name(out, hg_view_name(cell->subject));
    fputs(", ", out);
    write_message_name(out, hg_view_name(cell->allocator));
}

static void write_message(FILE *out, const hg_findings *findings, size_t start, size_t end)
{
    const hg_cell *cell = findings->items[start].cell;
    const hg_site *site = findings->items[start].site;
    const char *function = site->frame_count > 0 ? site->frames[0].function : "";
    char held_words[HG_HELD_LINE];
    size_t others = 0;

    fputs("\"message\": {\"text\": \"", out);
    if (function[0]) {
        write_message_name(out, function);
    } else {
        fputs("A function without a symbol", out);
    }
    fprintf(out, " leaks %s in %s per ", hg_human_bytes(site->bytes_per_op).text,
            hg_human_amount(site->blocks_per_op, hg_site_noun(site)).text);
    write_message_name(out, hg_cell_unit(cell));
    hg_held_words(site, held_words);
    fputs(held_words[0] ? "; " : "", out);
    write_message_name(out, held_words);
    fputs(". Found by workload ", out);
    write_message_name(out, hg_view_name(cell->workload));
    fputs(" in ", out);
    write_message_name(out, hg_view_name(cell->subject));
    for (size_t i = start + 1; i < end; i++)
        others += findings->items[i].cell != findings->items[i - 1].cell;
    if (others > 0)
        fprintf(out, " and in %s", hg_human_things(others, "more cell").text);
    fputs(cell->met ? ". The suite expects this leak.\"}" : ".\"}", out);
}

static void write_properties(FILE *out, const hg_findings *findings, size_t start, size_t end)
{
    const hg_site *site = findings->items[start].site;

    fputs(",\n          \"properties\": {\"bytesPerOp\": ", out);
    hg_number_real(out, site->bytes_per_op);
    fputs(", \"bytesPerOpError\": ", out);
    hg_number_real(out, site->bytes_per_op_error);
    fputs(", \"blocksPerOp\": ", out);
    hg_number_real(out, site->blocks_per_op);
    fputs(", \"cells\": [", out);
    for (size_t i = start; i < end && i < start + CELLS_MAX; i++) {
        const hg_cell *cell = findings->items[i].cell;
        if (i > start && cell == findings->items[i - 1].cell)
            continue;
        fputs(i > start ? ", \"" : "\"", out);
        write_cell_name(out, cell);
        fputc('"', out);
    }
    fputs("], \"reproduce\": \"", out);
    hg_escape_json(out, findings->items[start].cell->reproduce, 0);
    fputs("\"}", out);
}

static void write_result(FILE *out, const hg_findings *findings, size_t start, size_t end)
{
    const hg_site *site = findings->items[start].site;
    bool expected = findings->items[start].cell->met;
    const hg_frame *frame = hg_finding_frame(site);

    fprintf(out, "        {\"ruleId\": \"%s\", \"ruleIndex\": %d, \"level\": \"%s\",\n          ",
            expected ? "heapgate/expected-leak" : "heapgate/leak", expected ? RULE_EXPECTED : RULE_LEAK,
            expected ? "note" : "error");
    write_message(out, findings, start, end);
    if (!frame && site->frame_count > 0)
        frame = &site->frames[0];
    if (frame) {
        fputs(",\n          \"locations\": [", out);
        write_location(out, frame);
        fputc(']', out);
        write_stack(out, site->frames, site->frame_count);
    }
    write_holders(out, site);
    fprintf(out, ",\n          \"partialFingerprints\": {\"heapgateCallPath/v1\": \"%016" PRIx64 "\"}",
            hg_path_hash(site));
    if (expected)
        fputs(",\n          \"suppressions\": [{\"kind\": \"external\", \"status\": \"accepted\", "
              "\"justification\": \"The suite expects this subject to leak.\"}]",
              out);
    write_properties(out, findings, start, end);
    fputc('}', out);
}

/* Where the process ended, or what allocated what is lost, beside the allocation that failed. */
static void write_consequence(FILE *out, const hg_fault *fault)
{
    const hg_frame *frame = hg_frame_with_line(fault->frames, fault->frame_count);

    if (!frame)
        return;
    fputs(",\n          \"relatedLocations\": [{\"physicalLocation\": {", out);
    write_artifact(out, frame->file);
    fprintf(out, ", \"region\": {\"startLine\": %d}}, \"message\": {\"text\": \"%s\"}}]", frame->line,
            fault->loss_count > 0 ? "what stays was allocated here" : "here it ended");
}

static void write_fault(FILE *out, const hg_fault *fault)
{
    const hg_frame *frame = hg_frame_with_line(fault->path, fault->path_count);

    if (!frame && fault->path_count > 0)
        frame = &fault->path[0];

    fprintf(out,
            "        {\"ruleId\": \"heapgate/error-path\", \"ruleIndex\": %d, \"level\": \"%s\",\n"
            "          \"message\": {\"text\": \"",
            RULE_ADDED, fault->accepted ? "note" : "error");
    fprintf(out, "If this %s fails%s: %s: ", hg_fault_what(fault),
            strcmp(fault->mode, "once") == 0 ? "" : ", and all like it after it",
            hg_fault_outcome_name(fault->outcome));
    write_message_name(out, fault->reason);
    fputs(". Found by workload ", out);
    write_message_name(out, hg_view_name(fault->workload));
    fputs(" in ", out);
    write_message_name(out, hg_view_name(fault->subject));
    fputs(".\"}", out);
    if (frame) {
        fputs(",\n          \"locations\": [", out);
        write_location(out, frame);
        fputc(']', out);
        write_stack(out, fault->path, fault->path_count);
    }
    write_consequence(out, fault);
    fputs(",\n          \"partialFingerprints\": {\"heapgateFault/v1\": \"", out);
    hg_escape_json(out, fault->id, 0);
    fprintf(out, " %s\"}", hg_fault_outcome_name(fault->outcome));
    if (fault->accepted)
        fputs(",\n          \"suppressions\": [{\"kind\": \"external\", \"status\": \"accepted\", "
              "\"justification\": \"the suite or its baseline accepts it\"}]",
              out);
    fprintf(out, ",\n          \"properties\": {\"outcome\": \"%s\", \"reproduce\": \"",
            hg_fault_outcome_name(fault->outcome));
    hg_escape_json(out, fault->reproduce, 0);
    fputs("\"}}", out);
}

/* The holder's variable, as a location of this kind: "locations" or "relatedLocations". */
static void write_variable(FILE *out, const hg_holder *holder, const char *kind)
{
    fprintf(out, ",\n          \"%s\": [{\"physicalLocation\": {", kind);
    write_artifact(out, holder->file);
    fprintf(out, ", \"region\": {\"startLine\": %d}}, \"message\": {\"text\": \"", holder->line);
    write_message_name(out, holder->path);
    fputs("\"}}]", out);
}

/* Where the blocks that the holder keeps come from: the site of the cell that it holds most of. NULL: nobody
 * knows. */
static const hg_frame *maker_of(const hg_cell *cell, const hg_holder *holder)
{
    const hg_frame *found = NULL;
    int64_t most = 0;

    for (size_t i = 0; i < cell->site_count; i++)
        for (size_t k = 0; k < cell->sites[i].held.holder_count; k++) {
            const hg_holder *one = &cell->sites[i].held.holders[k];
            if (one->blocks > most && one->kind == holder->kind && strcmp(one->name, holder->name) == 0 &&
                strcmp(one->file, holder->file) == 0 && one->line == holder->line) {
                most = one->blocks;
                found = hg_finding_frame(&cell->sites[i]);
            }
        }
    return found;
}

static void write_over_bound(FILE *out, const hg_run *run, const hg_cell *cell, const hg_retainer *of)
{
    const hg_frame *maker = maker_of(cell, &of->holder);

    fprintf(out,
            "        {\"ruleId\": \"heapgate/over-bound\", \"ruleIndex\": %d, \"level\": \"%s\",\n"
            "          \"message\": {\"text\": \"",
            run->torture.asked ? RULE_ADDED + 1 : RULE_ADDED, cell->met ? "note" : "error");
    write_message_name(out, of->holder.path);
    fprintf(out, " holds %s, %s of them from one call, and %s: ",
            hg_human_things((uint64_t)of->holder.blocks, "block").text,
            hg_human_integer(of->alike_blocks).text, hg_human_bytes((double)of->holder.bytes).text);
    if (!of->bound.known)
        fputs("it has no bound", out);
    else if (of->bound.blocks > 0 && of->alike_blocks > of->bound.blocks)
        fprintf(out, "its bound is %s", hg_human_things((uint64_t)of->bound.blocks, "block").text);
    else
        fprintf(out, "its bound is %s", hg_human_bytes((double)of->bound.bytes).text);
    fputs(". Found by workload ", out);
    write_message_name(out, hg_view_name(cell->workload));
    fputs(" in ", out);
    write_message_name(out, hg_view_name(cell->subject));
    fputs(".\"}", out);
    if (of->holder.file[0] && of->holder.line > 0)
        write_variable(out, &of->holder, maker ? "relatedLocations" : "locations");
    if (maker) {
        fputs(",\n          \"locations\": [", out);
        write_location(out, maker);
        fputc(']', out);
    }
    fputs(",\n          \"partialFingerprints\": {\"heapgateHolder/v1\": \"", out);
    write_cell_name(out, cell);
    fputs(", ", out);
    hg_escape_json(out, of->bound.known ? of->bound.holder : of->holder.path, 0);
    fputs("\"},\n          \"properties\": {\"reproduce\": \"", out);
    hg_escape_json(out, cell->reproduce, 0);
    fputs("\"}}", out);
}

/* Gives the number of results with those of holders over their bounds; out: NULL to count them only. */
static size_t write_over_bounds(FILE *out, const hg_run *run, size_t results)
{
    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t k = 0; k < run->cells[i].holder_count && results < RESULTS_MAX; k++) {
            if (run->cells[i].holders[k].within_bound)
                continue;
            if (out) {
                fputs(results > 0 ? ",\n" : "\n", out);
                write_over_bound(out, run, &run->cells[i], &run->cells[i].holders[k]);
            }
            results++;
        }
    return results;
}

/* A new site that no workload tried. rule: its number. */
static void write_untried(FILE *out, const hg_tried_site *site, int rule)
{
    const hg_frame frame = {
        .function = site->function, .file = site->file, .module = site->module, .line = site->line};

    fprintf(out,
            "        {\"ruleId\": \"heapgate/not-tried\", \"ruleIndex\": %d, \"level\": \"error\",\n"
            "          \"message\": {\"text\": \"",
            rule);
    write_message_name(out, site->function);
    fputs(" calls ", out);
    write_message_name(out, site->calls);
    fputs(", which is new, and no workload tried it.\"},\n          \"locations\": [", out);
    write_location(out, &frame);
    fputs("],\n          \"partialFingerprints\": {\"heapgateSite/v1\": \"", out);
    hg_escape_json(out, site->function, 0);
    fputs(" ", out);
    hg_escape_json(out, site->calls, 0);
    fputs(" ", out);
    hg_escape_json(out, site->file, 0);
    fputs("\"}}", out);
}

/* Gives the number of results with those of new sites. */
static size_t write_untried_sites(FILE *out, const hg_run *run, size_t results)
{
    int rule = RULE_ADDED + (run->torture.asked != 0) + (write_over_bounds(NULL, run, 0) > 0);

    bool unmet = hg_run_tried_exit_code(run) == 1;

    for (size_t i = 0; unmet && i < run->tried.site_count && results < RESULTS_MAX; i++)
        if (hg_tried_site_fails(&run->tried.sites[i])) {
            fputs(results++ > 0 ? ",\n" : "\n", out);
            write_untried(out, &run->tried.sites[i], rule);
        }
    return results;
}

/* Whether a cell before this one keeps memory of the same line. */
static bool is_kept_before(const hg_run *run, size_t cell, const hg_frame *frame)
{
    for (size_t i = 0; i < cell; i++) {
        const hg_site *site;
        for (size_t k = 0; (site = hg_kept_site(&run->cells[i], k)) != NULL; k++)
            if (site->frame_count > 0 && site->frames[0].line == frame->line &&
                strcmp(site->frames[0].function, frame->function) == 0 &&
                strcmp(site->frames[0].file, frame->file) == 0)
                return true;
    }
    return false;
}

static void write_kept(FILE *out, const hg_cell *cell, size_t index, int rule)
{
    char line[HG_KEPT_LINE];
    const hg_site *site = hg_kept_site(cell, index);

    hg_kept_line(cell, index, line);
    fprintf(out,
            "        {\"ruleId\": \"heapgate/kept-at-exit\", \"ruleIndex\": %d, \"level\": \"%s\",\n"
            "          \"message\": {\"text\": \"",
            rule, cell->kept.failing > 0 ? "error" : "warning");
    write_message_name(out, line);
    fputs(". Found by workload ", out);
    write_message_name(out, hg_view_name(cell->workload));
    fputs(" in ", out);
    write_message_name(out, hg_view_name(cell->subject));
    fputs(".\"},\n          \"locations\": [", out);
    write_location(out, &site->frames[0]);
    fputs("],\n          \"partialFingerprints\": {\"heapgateKept/v1\": \"", out);
    hg_escape_json(out, site->frames[0].function, 0);
    fputs(" ", out);
    hg_escape_json(out, site->frames[0].file, 0);
    fputs("\"},\n          \"properties\": {\"reproduce\": \"", out);
    hg_escape_json(out, cell->reproduce, 0);
    fputs("\"}}", out);
}

/* Memory at exit that needs a review, once for each line. Gives the number of results; out: NULL to count
 * them only. */
static size_t write_all_kept(FILE *out, const hg_run *run, size_t results, int rule)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_site *site;
        for (size_t k = 0; (site = hg_kept_site(&run->cells[i], k)) != NULL && results < RESULTS_MAX; k++) {
            if (site->frame_count == 0 || is_kept_before(run, i, &site->frames[0]))
                continue;
            if (out) {
                fputs(results > 0 ? ",\n" : "\n", out);
                write_kept(out, &run->cells[i], k, rule);
            }
            results++;
        }
    }
    return results;
}

/* Whether there are new sites that were not tried, as results. */
static bool has_untried(const hg_run *run)
{
    return hg_run_tried_exit_code(run) == 1 && hg_tried_failing(&run->tried) > 0;
}

static void write_results(FILE *out, const hg_run *run, const hg_findings *findings,
                          const hg_torture_findings *faults)
{
    size_t results = 0;

    fputs("      \"results\": [", out);
    for (size_t start = 0; start < findings->count && results < RESULTS_MAX; results++) {
        size_t end = hg_findings_group_end(findings, start);
        fputs(results > 0 ? ",\n" : "\n", out);
        write_result(out, findings, start, end);
        start = end;
    }
    for (size_t i = 0; i < faults->count && results < RESULTS_MAX; i++) {
        fputs(results++ > 0 ? ",\n" : "\n", out);
        write_fault(out, faults->items[i].fault);
    }
    results = write_over_bounds(out, run, results);
    results = write_untried_sites(out, run, results);
    int rule =
        RULE_ADDED + (run->torture.asked != 0) + (write_over_bounds(NULL, run, 0) > 0) + has_untried(run);
    write_all_kept(out, run, results, rule);
    fputs("]\n", out);
}

/* The kind of finding that has no place in the source; NULL for none. */
static const char *notification_of(const hg_cell *cell)
{
    switch (cell->verdict) {
    case HG_VERDICT_FAILED:
        return cell->blind ? "control-not-recovered" : "failed";
    case HG_VERDICT_INCONCLUSIVE:
        return "inconclusive";
    case HG_VERDICT_LEAK:
        for (size_t i = 0; i < cell->site_count; i++)
            if (cell->sites[i].growth_class == HG_CLASS_LEAK)
                return NULL;
        return cell->met ? NULL : "leak-without-a-call-path";
    case HG_VERDICT_FRAGMENTATION:
        return "fragmentation";
    default:
        return cell->met ? NULL : cell->expect == HG_EXPECT_LEAK ? "leak-not-seen" : "not-as-expected";
    }
}

static const char *level_of(const hg_cell *cell)
{
    return cell->met ? "note" : cell->verdict == HG_VERDICT_INCONCLUSIVE ? "warning" : "error";
}

static void write_notifications(FILE *out, const hg_run *run)
{
    const char *separator = "\n";

    fputs(", \"toolExecutionNotifications\": [", out);
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        const char *what = notification_of(cell);
        if (!what)
            continue;
        fprintf(out,
                "%s          {\"descriptor\": {\"id\": \"heapgate/%s\"}, \"level\": \"%s\", \"message\": "
                "{\"text\": \"",
                separator, what, level_of(cell));
        write_cell_name(out, cell);
        fputs(": ", out);
        write_message_name(out, cell->reason);
        fputs("\"}}", out);
        separator = ",\n";
    }
    for (size_t i = 0; i < run->torture.pass_count; i++) {
        const hg_torture_pass *pass = &run->torture.passes[i];
        if (!pass->message[0])
            continue;
        fprintf(
            out,
            "%s          {\"descriptor\": {\"id\": \"heapgate/torture-not-complete\"}, \"level\": \"error\", "
            "\"message\": {\"text\": \"",
            separator);
        write_message_name(out, pass->message);
        fputs("\"}}", out);
        separator = ",\n";
    }
    if (hg_run_tried_exit_code(run) != 0) {
        char line[HG_TRIED_LINE];
        hg_tried_summary(&run->tried, line);
        fprintf(out,
                "%s          {\"descriptor\": {\"id\": \"heapgate/sites-not-tried\"}, \"level\": \"error\", "
                "\"message\": {\"text\": \"",
                separator);
        write_message_name(out, line);
        fputs("\"}}", out);
    }
    fputs("]", out);
}

static void write_invocation(FILE *out, const hg_run *run)
{
    int64_t seconds;
    int code = hg_run_exit_code(run);

    fprintf(out,
            "      \"invocations\": [\n        {\"executionSuccessful\": %s, \"exitCode\": %d, "
            "\"commandLine\": \"",
            code == 4 || code == 5 ? "false" : "true", code);
    hg_escape_json(out, run->command, 0);
    fputc('"', out);
    if (hg_timestamp_read(run->started, &seconds))
        fprintf(out, ", \"startTimeUtc\": \"%s\"", run->started);
    write_notifications(out, run);
    fputs("}],\n", out);
}

/* In the order of RULE_LEAK and RULE_EXPECTED. */
static const unsigned char rules[] = {
#include "sarif_rules.inc"
};

/* RULE_ADDED and those after it: behind them in a run that has faults, holders over their bounds, new sites
 * that were not tried, and memory at exit that needs a review. */
static const char error_path_rule[] =
    ",\n          {\"id\": \"heapgate/error-path\", \"name\": \"ErrorPath\",\n"
    "           \"shortDescription\": {\"text\": \"A call whose failure is not survived\"},\n"
    "           \"fullDescription\": {\"text\": \"This call was made to fail, and the subject did not "
    "survive it: it "
    "crashed, hung, lost something or stayed broken.\"},\n"
    "           \"help\": {\"text\": \"Handle the failure of this call: free what was made before it, "
    "and leave "
    "nothing half done. The property 'reproduce' has the command that makes it fail again.\"},\n"
    "           \"defaultConfiguration\": {\"level\": \"error\"}}";
static const char over_bound_rule[] =
    ",\n          {\"id\": \"heapgate/over-bound\", \"name\": \"OverBound\",\n"
    "           \"shortDescription\": {\"text\": \"A variable that holds more than its bound\"},\n"
    "           \"fullDescription\": {\"text\": \"The suite declares how much this variable may hold, and it "
    "holds "
    "more.\"},\n"
    "           \"help\": {\"text\": \"Remove entries when the container is full, or declare a larger bound "
    "in "
    "the suite.\"},\n"
    "           \"defaultConfiguration\": {\"level\": \"error\"}}";

static const char not_tried_rule[] =
    ",\n          {\"id\": \"heapgate/not-tried\", \"name\": \"NotTried\",\n"
    "           \"shortDescription\": {\"text\": \"A new allocation that no leak test reaches\"},\n"
    "           \"fullDescription\": {\"text\": \"This line allocates and is new, and no workload of the "
    "suite "
    "tried it: what it leaks would not be seen.\"},\n"
    "           \"help\": {\"text\": \"Let a workload call the function, so that its allocations are "
    "counted.\"},\n"
    "           \"defaultConfiguration\": {\"level\": \"error\"}}";

static const char kept_rule[] =
    ",\n          {\"id\": \"heapgate/kept-at-exit\", \"name\": \"KeptAtExit\",\n"
    "           \"shortDescription\": {\"text\": \"Memory at exit that nobody declared\"},\n"
    "           \"fullDescription\": {\"text\": \"This memory is alive when the process ends, and no entry "
    "of "
    "the suite's leaks: allows it, or the entry has expired.\"},\n"
    "           \"help\": {\"text\": \"Free it in the teardown, or declare it in leaks: with the reason, who "
    "answers for it and until when.\"},\n"
    "           \"defaultConfiguration\": {\"level\": \"warning\"}}";

static void write_rules(FILE *out, const hg_run *run)
{
    bool over = write_over_bounds(NULL, run, 0) > 0;
    bool untried = has_untried(run);
    bool kept = write_all_kept(NULL, run, 0, 0) > 0;
    bool added = run->torture.asked || over || untried || kept;
    size_t size = sizeof rules;

    while (added && size > 0 && rules[size - 1] != ']')
        size--;
    fwrite(rules, 1, added && size > 0 ? size - 1 : size, out);
    if (run->torture.asked)
        fputs(error_path_rule, out);
    if (over)
        fputs(over_bound_rule, out);
    if (untried)
        fputs(not_tried_rule, out);
    if (kept)
        fputs(kept_rule, out);
    if (added)
        fputs("]\n", out);
}

bool hg_report_sarif(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_findings findings;
    hg_torture_findings faults;

    (void)options;
    if (!hg_torture_findings_gather(&run->torture, &faults))
        return false;
    if (!hg_findings_gather(run, &findings)) {
        hg_torture_findings_free(&faults);
        return false;
    }
    fputs("{\n  \"$schema\": \"" SCHEMA_ADDRESS "\",\n  \"version\": \"2.1.0\",\n  \"runs\": [\n    {\n"
          "      \"tool\": {\"driver\": {\"name\": \"heapgate\", \"version\": \"",
          out);
    hg_escape_json(out, run->version, 40);
    fputs("\",\n        \"rules\": ", out);
    write_rules(out, run);
    fputs("        }},\n", out);
    fputs("      \"automationDetails\": {\"id\": \"heapgate/", out);
    hg_escape_json(out, run->suite, 200);
    fputs("/\"},\n      \"originalUriBaseIds\": {\"%SRCROOT%\": {\"description\": {\"text\": "
          "\"The root of the sources.\"}}},\n",
          out);
    write_invocation(out, run);
    write_results(out, run, &findings, &faults);
    fputs("    }]\n}\n", out);
    hg_findings_free(&findings);
    hg_torture_findings_free(&faults);
    return true;
}
