#include "cli/profile_text.h"

#include "base/escape.h"
#include "base/humanise.h"
#include "cli/output.h"
#include "cli/shell_word.h"
#include "profile/agreement.h"
#include "terminal/text.h"
#include "view/view.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { SITES_SHOWN = 5, NAME_BYTES = 256, INDENT = 11 };

static hg_text style(void)
{
    hg_report_options options = hg_output_style(false);
    return (hg_text){
        .out = stdout, .colour = options.colour, .unicode = options.unicode, .columns = options.columns};
}

static void print_name(const hg_text *text, const char *name, size_t columns)
{
    char shown[NAME_BYTES];
    hg_escape_middle(shown, sizeof shown, name, columns, text->unicode);
    fputs(shown, stdout);
}

/* A tool that does not measure growth counts from the start. */
static double ops_of(const hg_profile *profile)
{
    return (double)(profile->tool->growth ? profile->ops : profile->ops + profile->warmup_ops);
}

static void print_blocks(double count)
{
    hg_quantity blocks = hg_human_count(count);
    printf(" and %s %s", blocks.text, strcmp(blocks.text, "1") == 0 ? "block" : "blocks");
}

static void print_amount(const hg_profile *profile, hg_tool_count count)
{
    printf("%s", hg_human_bytes((double)count.bytes / ops_of(profile)).text);
    if (count.blocks >= 0)
        print_blocks((double)count.blocks / ops_of(profile));
}

static void print_heapgate(const hg_text *text, const hg_profile_report *report)
{
    const hg_cell *cell = report->cell;
    printf("%-*s%s%s%s", INDENT, "heapgate", hg_text_ink(text, hg_text_verdict_ink(cell)),
           hg_verdict_name(cell->verdict), hg_text_ink(text, HG_INK_PLAIN));
    if (cell->verdict == HG_VERDICT_FAILED || cell->verdict == HG_VERDICT_INCONCLUSIVE) {
        fputs(": ", stdout);
        hg_escape_write(stdout, cell->reason, text->unicode);
        putchar('\n');
        return;
    }
    printf(": %s", hg_human_bytes(cell->bytes_per_op).text);
    print_blocks(cell->blocks_per_op);
    fputs(" per ", stdout);
    print_name(text, hg_cell_unit(cell), 24);
    printf(" (%s ops on %s)\n", hg_human_integer(cell->ops).text, cell->allocator);
    if (cell->verdict == HG_VERDICT_LEAK && cell->site_count > 0) {
        printf("%*s", INDENT, "");
        hg_text_site_line(text, &cell->sites[0]);
        putchar('\n');
    }
}

static void print_tool(const hg_text *text, const hg_profile_report *report)
{
    const hg_profile *profile = report->profile;
    const hg_tool *tool = profile->tool;
    bool first = true;
    printf("%-*s", INDENT, tool->name);
    for (int kind = 0; kind < HG_TOOL_KINDS; kind++) {
        bool told = strcmp(tool->name, "memcheck") == 0 ? kind != HG_TOOL_ALIVE : kind == HG_TOOL_ALIVE;
        if (!told || (kind == HG_TOOL_POSSIBLE && profile->gained[kind].bytes == 0))
            continue;
        fputs(first ? "" : ", ", stdout);
        print_amount(profile, profile->gained[kind]);
        printf(" %s", kind != HG_TOOL_ALIVE ? hg_tool_kind_name((hg_tool_kind)kind)
                      : tool->growth        ? "gained"
                                            : "alive at the end");
        first = false;
    }
    fputs(" per ", stdout);
    print_name(text, hg_cell_unit(report->cell), 24);
    printf("\n%*s%s ops after %s of warm-up, %s\n", INDENT, "", hg_human_integer((int64_t)profile->ops).text,
           hg_human_integer((int64_t)profile->warmup_ops).text, hg_human_seconds(profile->seconds).text);
    if (tool->replaces_allocator && strcmp(report->cell->allocator, "glibc") != 0)
        printf("%*s%s replaces the allocator: %s was not in its run\n", INDENT, "", tool->name,
               report->cell->allocator);
}

/* Prints words, with a line break where a line would be too long. */
static void print_wrapped(const char *words)
{
    size_t column = 0;
    for (const char *at = words; *at;) {
        size_t length = strcspn(at, " ");
        if (column > 0 && column + 1 + length > HG_TEXT_COLUMNS) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column > 0 ? " " : "", (int)length, at);
        at += length + (at[length] == ' ');
    }
    putchar('\n');
}

static const char *memcheck_says(const hg_profile *profile, const hg_cell *cell)
{
    switch (hg_profile_cross_check(profile, cell).answer) {
    case HG_CROSS_AGREES:
        if (cell->verdict == HG_VERDICT_LEAK)
            return "memcheck agrees: more blocks are lost with every round.";
        return hg_profile_grows(profile, HG_TOOL_REACHABLE)
                   ? "memcheck agrees that nothing is lost. What grows here is still reachable: with more "
                     "ops, heapgate saw that it stops growing."
                   : "memcheck agrees: no round loses a block.";
    case HG_CROSS_REACHABLE:
        return "memcheck cannot see this leak. Something still points to the blocks, so memcheck calls them "
               "still reachable and does not count them as a leak; it lists them only with "
               "--show-leak-kinds=all. heapgate sees the leak because every round leaves more of these "
               "blocks.";
    case HG_CROSS_DISAGREES:
        return cell->verdict == HG_VERDICT_LEAK
                   ? "memcheck disagrees: it sees no growth. It counts malloc only, not mappings, files or "
                     "threads, and these few ops may not reach the leak: try more --ops."
                   : "memcheck disagrees: it finds more lost blocks with every round, and heapgate found no "
                     "leak.";
    default:
        return "heapgate has no verdict to compare with memcheck's.";
    }
}

/* Says whether the tool's figures show the same as heapgate's verdict. */
static void print_comparison(const hg_profile_report *report)
{
    const hg_profile *profile = report->profile;
    const char *name = profile->tool->name;
    bool leak = report->cell->verdict == HG_VERDICT_LEAK;
    bool grows = hg_profile_grows(profile, HG_TOOL_ALIVE);
    char words[512];
    const char *says = "";
    if (strcmp(name, "memcheck") == 0) {
        snprintf(words, sizeof words, "%s", memcheck_says(profile, report->cell));
    } else {
        if (leak && grows)
            says = "shows the growth.";
        else if (leak)
            says =
                "cannot see this leak: its figures do not grow. It counts the allocator's blocks only, and "
                "these few ops may not reach the leak: try more --ops.";
        else if (grows && profile->tool->growth)
            says = "sees growth in these few ops; heapgate, with more ops, found that none of it is a leak.";
        else
            says = "shows no more than heapgate does.";
        snprintf(words, sizeof words, "%s %s %s", name, says, profile->tool->caveat);
    }
    putchar('\n');
    print_wrapped(words);
}

static void print_culprit(const hg_text *text, const hg_profile_report *report)
{
    const hg_cell *cell = report->cell;
    if (cell->verdict != HG_VERDICT_LEAK || cell->site_count == 0 || cell->sites[0].frame_count == 0 ||
        !cell->sites[0].frames[0].function[0])
        return;
    bool named = hg_profile_names_culprit(report->profile, cell) != NULL;
    printf("It %s the function that heapgate names: ", named ? "finds it in" : "does not find it in");
    print_name(text, cell->sites[0].frames[0].function, 60);
    putchar('\n');
}

static void print_site(const hg_text *text, const hg_profile_report *report, const hg_tool_site *site)
{
    fputs("\n  ", stdout);
    print_amount(report->profile, hg_tool_site_growth(site));
    if (site->kind != HG_TOOL_ALIVE)
        printf(", %s", hg_tool_kind_name(site->kind));
    putchar('\n');
    const hg_site shown = {.frames = site->frames, .frame_count = site->frame_count};
    hg_text_site(text, report->cell, &shown);
}

static void print_sites(const hg_text *text, const hg_profile_report *report)
{
    const hg_tool_sites *sites = &report->profile->sites;
    size_t growing = 0;
    for (size_t i = 0; i < sites->count; i++)
        growing += hg_tool_site_growth(&sites->sites[i]).bytes > 0;
    if (growing == 0)
        return;
    printf("\n%s%s, by %s, per ", hg_text_ink(text, HG_INK_BOLD),
           report->profile->tool->growth ? "Gained in the measured rounds" : "Alive at the end",
           report->profile->tool->name);
    print_name(text, hg_cell_unit(report->cell), 24);
    printf("%s\n", hg_text_ink(text, HG_INK_PLAIN));
    size_t shown = growing < SITES_SHOWN ? growing : SITES_SHOWN;
    for (size_t i = 0; i < shown; i++)
        print_site(text, report, &sites->sites[i]);
    if (shown < growing)
        printf("\n  and %zu more call path%s, in the file below\n", growing - shown,
               growing - shown == 1 ? "" : "s");
}

/* One line per kind: the count at each checkpoint, with the warm-up before the bar. */
static void print_checkpoints(const hg_profile *profile)
{
    bool any = false;
    for (int kind = 0; kind < HG_TOOL_KINDS; kind++) {
        bool grows = false, blocks = true;
        for (size_t i = 0; i < profile->checkpoint_count; i++) {
            grows |= profile->checkpoints[i][kind].bytes > 0;
            blocks &= profile->checkpoints[i][kind].blocks >= 0;
        }
        if (!grows)
            continue;
        fputs(any ? "" : "\n", stdout);
        any = true;
        printf("%s at each checkpoint:", hg_tool_kind_name((hg_tool_kind)kind));
        for (size_t i = 0; i < profile->checkpoint_count; i++) {
            const hg_tool_count *count = &profile->checkpoints[i][kind];
            printf("%s %s", i == profile->warmup_rounds ? " |" : "",
                   blocks ? hg_human_tally(count->blocks).text : hg_human_bytes((double)count->bytes).text);
        }
        puts(blocks ? " blocks" : "");
    }
}

/* For the shell: a path of the folder that is given. */
static void print_file(const char *folder, const char *file)
{
    hg_print_shell_word(folder, stdout);
    putchar('/');
    hg_print_shell_word(file, stdout);
}

static void print_opener(const hg_profile_report *report, const hg_opener *opener)
{
    char path[PATH_MAX];
    fputs("  ", stdout);
    for (const char *at = opener->format; *at; at++) {
        if (*at != '%')
            putchar(*at);
        else if (*++at == 's')
            print_file(report->folder, opener->file);
        else if (*at == 'b')
            print_file(report->folder, "jeprof.warm.heap");
        else
            hg_print_shell_word(report->runner, stdout);
    }
    if (opener->program && !hg_tool_path(opener->program, path, sizeof path))
        printf("   (not installed: Debian package %s)", opener->package);
    putchar('\n');
}

void hg_profile_print(const hg_profile_report *report)
{
    hg_text text = style();
    print_name(&text, hg_view_name(report->cell->workload), 40);
    fputs(", ", stdout);
    print_name(&text, hg_view_name(report->cell->subject), 40);
    printf(", seed %llu\n\n", (unsigned long long)report->cell->seed);
    print_heapgate(&text, report);
    print_tool(&text, report);
    print_comparison(report);
    print_culprit(&text, report);
    print_sites(&text, report);
    print_checkpoints(report->profile);
    puts("\nOpen it with");
    for (const hg_opener *opener = report->profile->tool->openers; opener->file; opener++)
        print_opener(report, opener);
}
