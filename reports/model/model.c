#include "model/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[] = {"clean", "leak", "fragmentation", "inconclusive", "failed"};
static const char *const class_names[] = {"leak", "filling", "bounded", "one-time", "transient"};
static const char *const expect_names[] = {"clean", "leak", "fragmentation"};
static const char *const cross_answer_names[] = {"none", "agrees", "reachable", "disagrees", "failed"};
static const char *const holder_kind_names[] = {"global",   "thread_local", "stack",
                                                "register", "mapping",      "key"};
static const char *const review_names[] = {"none", "declared", "bounded", "expired", "needs review"};

#define NAME_OF(names, value) ((size_t)(value) < sizeof(names) / sizeof *(names) ? (names)[value] : "unknown")

const char *hg_verdict_name(hg_verdict verdict)
{
    return NAME_OF(verdict_names, verdict);
}

const char *hg_class_name(hg_class growth_class)
{
    return NAME_OF(class_names, growth_class);
}

const char *hg_expect_name(hg_expect expect)
{
    return NAME_OF(expect_names, expect);
}

bool hg_verdict_is_sure(hg_verdict verdict)
{
    return verdict != HG_VERDICT_FAILED && verdict != HG_VERDICT_INCONCLUSIVE;
}

bool hg_expect_is_met(hg_expect expect, hg_verdict verdict)
{
    switch (expect) {
    case HG_EXPECT_LEAK:
        return verdict == HG_VERDICT_LEAK;
    case HG_EXPECT_FRAGMENTATION:
        return verdict == HG_VERDICT_FRAGMENTATION;
    default:
        return verdict == HG_VERDICT_CLEAN || verdict == HG_VERDICT_FRAGMENTATION;
    }
}

const char *hg_cross_answer_name(hg_cross_answer answer)
{
    return NAME_OF(cross_answer_names, answer);
}

const char *hg_holder_kind_name(hg_holder_kind kind)
{
    return NAME_OF(holder_kind_names, kind);
}

const char *hg_review_name(hg_review review)
{
    return NAME_OF(review_names, review);
}

/* Sets every string of a zeroed struct to "". False when memory ran out, the rest NULL. */
static bool set_empty(char **const strings[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        *strings[i] = calloc(1, 1);
        if (!*strings[i])
            return false;
    }
    return true;
}

bool hg_cell_set(char **field, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return false;
    free(*field);
    *field = copy;
    return true;
}

bool hg_cell_say(char **field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (!text)
        return false;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    free(*field);
    *field = text;
    return true;
}

hg_run *hg_run_new(void)
{
    hg_run *run = calloc(1, sizeof *run);

    if (!run)
        return NULL;
    char **const strings[] = {&run->version, &run->suite,      &run->started,     &run->machine,
                              &run->command, &run->unfinished, &run->tried.since, &run->tried.message};
    if (!set_empty(strings, sizeof strings / sizeof *strings)) {
        hg_run_free(run);
        return NULL;
    }
    return run;
}

hg_cell *hg_run_add_cell(hg_run *run)
{
    hg_cell cell = {0};
    char **const strings[] = {&cell.workload, &cell.subject,   &cell.allocator, &cell.unit,
                              &cell.plugin,   &cell.reproduce, &cell.reason,    &cell.log};

    if (run->cell_count >= SIZE_MAX / sizeof cell - 1)
        return NULL;
    hg_cell *cells = realloc(run->cells, (run->cell_count + 1) * sizeof cell);
    if (!cells)
        return NULL;
    run->cells = cells;
    if (!set_empty(strings, sizeof strings / sizeof *strings)) {
        hg_cell_clear(&cell);
        return NULL;
    }
    cells[run->cell_count] = cell;
    return &cells[run->cell_count++];
}

void hg_frame_clear(hg_frame *frame)
{
    free(frame->function);
    free(frame->file);
    free(frame->module);
    memset(frame, 0, sizeof *frame);
}

static void free_frames(hg_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hg_frame_clear(&frames[i]);
    free(frames);
}

void hg_holder_clear(hg_holder *holder)
{
    free(holder->path);
    free(holder->name);
    free(holder->file);
    free(holder->module);
    free(holder->example);
    memset(holder, 0, sizeof *holder);
}

void hg_retainer_clear(hg_retainer *retainer)
{
    hg_holder_clear(&retainer->holder);
    free(retainer->bound.holder);
    memset(retainer, 0, sizeof *retainer);
}

bool hg_cell_keeps_bounds(const hg_cell *cell)
{
    bool kept = true;

    for (size_t i = 0; i < cell->holder_count; i++)
        kept &= cell->holders[i].within_bound;
    return kept || cell->expect == HG_EXPECT_LEAK;
}

hg_keeper hg_held_keeper(const hg_held *held)
{
    int64_t lost = held->lost_blocks + held->indirectly_lost_blocks;

    if (lost > held->held_blocks + held->unscanned_blocks)
        return HG_KEEPER_NOBODY;
    bool is_known = held->held_blocks >= lost && held->held_blocks >= held->unscanned_blocks;
    return is_known && held->holder_count > 0 ? HG_KEEPER_HOLDER : HG_KEEPER_UNKNOWN;
}

const char *hg_held_by(const hg_held *held)
{
    switch (hg_held_keeper(held)) {
    case HG_KEEPER_NOBODY:
        return "nothing";
    case HG_KEEPER_HOLDER:
        return held->holders[0].path;
    default:
        return "";
    }
}

static bool is_lost(const hg_site *site)
{
    return site->growth_class == HG_CLASS_LEAK && hg_held_keeper(&site->held) == HG_KEEPER_NOBODY;
}

size_t hg_cell_leaks(const hg_cell *cell)
{
    size_t leaks = 0;
    while (leaks < cell->site_count && cell->sites[leaks].growth_class == HG_CLASS_LEAK)
        leaks++;
    return leaks;
}

bool hg_site_is_part(const hg_cell *cell, const hg_site *site)
{
    const int64_t hardly = 10; /* so many times fewer than of another site */
    int64_t most = 0;

    for (size_t i = 0; i < cell->site_count; i++)
        if (is_lost(&cell->sites[i]) && cell->sites[i].held.lost_blocks > most)
            most = cell->sites[i].held.lost_blocks;
    return is_lost(site) && site->held.lost_blocks < most / hardly;
}

bool hg_holder_is_below(const char *path, const char *name)
{
    static const char arrow[] = "\u2192";

    while (*name) {
        if (strncmp(name, "->", 2) == 0 && strncmp(path, arrow, strlen(arrow)) == 0) {
            name += 2;
            path += strlen(arrow);
        } else if (*name++ != *path++) {
            return false;
        }
    }
    return *path == '\0' || strchr(".[*+,", *path) != NULL || strncmp(path, arrow, strlen(arrow)) == 0;
}

void hg_held_clear(hg_held *held)
{
    for (size_t i = 0; i < held->holder_count; i++)
        hg_holder_clear(&held->holders[i]);
    free(held->holders);
    memset(held, 0, sizeof *held);
}

void hg_site_clear(hg_site *site)
{
    free_frames(site->frames, site->frame_count);
    free(site->callers);
    free_frames(site->inner, site->inner_count);
    free(site->survivor_blocks);
    free(site->survivor_bytes);
    free(site->total_bytes);
    hg_held_clear(&site->held);
    free(site->kept.by);
    memset(site, 0, sizeof *site);
}

void hg_cell_clear(hg_cell *cell)
{
    free(cell->workload);
    free(cell->subject);
    free(cell->allocator);
    free(cell->unit);
    free(cell->plugin);
    free(cell->reproduce);
    free(cell->reason);
    free(cell->holders_missing);
    free(cell->log);
    free(cell->samples);
    for (size_t i = 0; i < cell->site_count; i++)
        hg_site_clear(&cell->sites[i]);
    free(cell->sites);
    for (size_t i = 0; i < cell->holder_count; i++)
        hg_retainer_clear(&cell->holders[i]);
    free(cell->holders);
    memset(cell, 0, sizeof *cell);
}

const char *hg_cell_unit(const hg_cell *cell)
{
    return cell->unit && cell->unit[0] ? cell->unit : "op";
}

void hg_run_free(hg_run *run)
{
    if (!run)
        return;
    free(run->version);
    free(run->suite);
    free(run->started);
    free(run->machine);
    free(run->command);
    free(run->part.numbers);
    free(run->unfinished);
    for (size_t i = 0; i < run->cell_count; i++)
        hg_cell_clear(&run->cells[i]);
    free(run->cells);
    free_frames(run->frames, run->frame_count);
    hg_torture_clear(&run->torture);
    hg_tried_clear(&run->tried);
    free(run);
}

static int cell_exit_code(const hg_cell *cell)
{
    switch (cell->verdict) {
    case HG_VERDICT_FAILED:
        return cell->blind ? 5 : 4;
    case HG_VERDICT_INCONCLUSIVE:
        return 3;
    default:
        return cell->met ? 0 : 1;
    }
}

static int torture_exit_code(const hg_torture *torture)
{
    for (size_t i = 0; i < torture->pass_count; i++)
        if (torture->passes[i].message[0])
            return 4;
    for (size_t i = 0; i < torture->fault_count; i++)
        if (hg_fault_is_finding(torture->faults[i].outcome) && !torture->faults[i].accepted)
            return 1;
    return 0;
}

int hg_run_exit_code(const hg_run *run)
{
    static const int gravity[] = {[0] = 0, [1] = 2, [3] = 1, [4] = 3, [5] = 4};
    bool empty_shard = run->part.shards > 0 && run->part.cells == 0;
    bool alone = run->tried.asked && run->cell_count == 0; /* it is all that was asked for */
    bool something = run->cell_count > 0 || empty_shard || run->torture.asked || alone;
    int worst = something && !run->unfinished[0] ? 0 : 4;

    for (size_t i = 0; i < run->cell_count; i++) {
        int code = cell_exit_code(&run->cells[i]);
        if (gravity[code] > gravity[worst])
            worst = code;
    }
    int others[] = {torture_exit_code(&run->torture), hg_run_tried_exit_code(run)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (gravity[others[i]] > gravity[worst])
            worst = others[i];
    return worst;
}

bool hg_run_lacks_leak(const hg_run *run)
{
    bool lacks = false;
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        if (!cell->met && (cell->expect != HG_EXPECT_LEAK || cell->verdict == HG_VERDICT_LEAK))
            return false;
        lacks |= !cell->met;
    }
    return lacks && hg_run_exit_code(run) == 1;
}

const char *hg_run_outcome(const hg_run *run)
{
    switch (hg_run_exit_code(run)) {
    case 0:
        return "pass";
    case 1:
        return "leak";
    case 3:
        return "inconclusive";
    default:
        return "failed";
    }
}
