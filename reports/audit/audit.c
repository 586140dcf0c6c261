#include "audit/audit.h"

#include "base/humanise.h"
#include "base/timestamp.h"
#include "view/kept.h"
#include "view/view.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Kept of all runs; a hostile one could have any number. */
enum { MOST_HOLDERS = 4096, MOST_LEAKS = 4096, MOST_NEEDS = 4096, MOST_SITES = 4096 };

hg_audit *hg_audit_new(const char *today)
{
    hg_audit *audit = calloc(1, sizeof *audit);

    if (audit)
        snprintf(audit->today, sizeof audit->today, "%.10s", today);
    return audit;
}

void hg_audit_free(hg_audit *audit)
{
    if (!audit)
        return;
    for (size_t i = 0; i < audit->run_count; i++)
        free(audit->runs[i].suite);
    for (size_t i = 0; i < audit->cell_count; i++) {
        free(audit->cells[i].workload);
        free(audit->cells[i].subject);
        free(audit->cells[i].allocator);
        free(audit->cells[i].unit);
        free(audit->cells[i].points);
    }
    for (size_t i = 0; i < audit->holder_count; i++) {
        free(audit->holders[i].workload);
        free(audit->holders[i].subject);
        free(audit->holders[i].name);
    }
    for (size_t i = 0; i < audit->leak_count; i++) {
        free(audit->leaks[i].what);
        free(audit->leaks[i].why);
        free(audit->leaks[i].who);
        free(audit->leaks[i].since);
        free(audit->leaks[i].until);
    }
    for (size_t i = 0; i < audit->need_count; i++) {
        free(audit->needs[i].cell);
        free(audit->needs[i].line);
    }
    for (size_t i = 0; i < audit->site_count; i++)
        hg_audit_clear_site(&audit->sites[i]);
    free(audit->sites);
    free(audit->runs);
    free(audit->cells);
    free(audit->holders);
    free(audit->leaks);
    free(audit->needs);
    free(audit);
}

/* One more zeroed element at the end of an array. */
static void *append(void *array, size_t *count, size_t size)
{
    char *grown = realloc(*(void **)array, (*count + 1) * size);

    if (!grown)
        return NULL;
    *(void **)array = grown;
    return memset(grown + (*count)++ * size, 0, size);
}

static bool set(char **field, const char *text)
{
    return (*field = strdup(text)) != NULL;
}

static double spare_of(const hg_sample *sample)
{
    bool known = sample->mapped_bytes > 0 && sample->allocated_bytes >= 0;

    return known ? 100 * fmax(0, 1 - (double)sample->allocated_bytes / (double)sample->mapped_bytes) : NAN;
}

static hg_audit_point point_of(const hg_cell *cell, size_t run)
{
    const hg_sample *last = cell->sample_count > 0 ? &cell->samples[cell->sample_count - 1] : NULL;
    double speed = hg_cell_is_timed(cell) ? cell->speed.ops_per_second.median : cell->ops_per_second;
    bool judged = hg_cell_is_judged(cell);

    return (hg_audit_point){.run = run,
                            .verdict = cell->verdict,
                            .met = cell->met,
                            .figures = {[HG_AUDIT_GROWTH] = judged ? cell->bytes_per_op : NAN,
                                        [HG_AUDIT_LIVE] = judged && last ? (double)last->live_bytes : NAN,
                                        [HG_AUDIT_SPARE] = judged && last ? spare_of(last) : NAN,
                                        [HG_AUDIT_SPEED] = judged && speed > 0 ? speed : NAN}};
}

/* Runs of one suite have their cells in one order, so the search begins at the same place. */
static bool add_cell(hg_audit *audit, const hg_cell *cell, size_t place, size_t run)
{
    hg_audit_cell *to = NULL;

    for (size_t i = 0; i < audit->cell_count && !to; i++) {
        hg_audit_cell *known = &audit->cells[(place + i) % audit->cell_count];
        if (strcmp(known->workload, cell->workload) == 0 && strcmp(known->subject, cell->subject) == 0 &&
            strcmp(known->allocator, cell->allocator) == 0)
            to = known;
    }
    if (!to) {
        to = append(&audit->cells, &audit->cell_count, sizeof *to);
        if (!to || !set(&to->workload, cell->workload) || !set(&to->subject, cell->subject) ||
            !set(&to->allocator, cell->allocator) || !set(&to->unit, hg_cell_unit(cell)))
            return false;
    }
    to->expect = cell->expect;
    hg_audit_point *point = append(&to->points, &to->count, sizeof *point);
    if (point)
        *point = point_of(cell, run);
    return point != NULL;
}

/* Whether the run is later than the other one; of two at the same time, the one that was added later. */
static bool is_later(const hg_audit *audit, size_t run, size_t other)
{
    int order = strcmp(audit->runs[run].started, audit->runs[other].started);

    return order != 0 ? order > 0 : run > other;
}

static bool add_holder(hg_audit *audit, const hg_cell *cell, const hg_retainer *of, size_t run)
{
    const char *name = of->bound.known      ? of->bound.holder
                       : of->holder.name[0] ? of->holder.name
                                            : of->holder.path;
    int64_t bytes = of->holder.bytes > of->retained_bytes ? of->holder.bytes : of->retained_bytes;
    hg_audit_holder *to = NULL;

    for (size_t i = 0; i < audit->holder_count && !to; i++) {
        hg_audit_holder *known = &audit->holders[i];
        if (strcmp(known->workload, cell->workload) == 0 && strcmp(known->subject, cell->subject) == 0 &&
            strcmp(known->name, name) == 0)
            to = known;
    }
    if (!to && audit->holder_count == MOST_HOLDERS)
        return true;
    if (!to) {
        to = append(&audit->holders, &audit->holder_count, sizeof *to);
        if (!to || !set(&to->workload, cell->workload) || !set(&to->subject, cell->subject) ||
            !set(&to->name, name))
            return false;
        to->first = to->last = run;
        to->within_bound = true;
    }
    if (is_later(audit, to->first, run))
        to->first = run;
    if (is_later(audit, to->last, run))
        return true;
    if (to->last != run) {
        to->blocks = to->bytes = 0;
        to->within_bound = true;
    }
    to->last = run;
    to->blocks = of->alike_blocks > to->blocks ? of->alike_blocks : to->blocks;
    to->bytes = bytes > to->bytes ? bytes : to->bytes;
    to->bound = of->bound;
    to->bound.holder = NULL; /* it is the name */
    to->within_bound = to->within_bound && of->within_bound;
    return true;
}

static hg_audit_leak *leak_of(hg_audit *audit, const char *what)
{
    for (size_t i = 0; i < audit->leak_count; i++)
        if (strcmp(audit->leaks[i].what, what) == 0)
            return &audit->leaks[i];
    hg_audit_leak *leak = append(&audit->leaks, &audit->leak_count, sizeof *leak);
    if (!leak || !set(&leak->what, what) || !set(&leak->why, "") || !set(&leak->who, "") ||
        !set(&leak->since, "") || !set(&leak->until, ""))
        return NULL;
    return leak;
}

static bool add_leak(hg_audit *audit, const hg_kept *kept, size_t run)
{
    hg_audit_leak *to = audit->leak_count < MOST_LEAKS ? leak_of(audit, kept->by) : NULL;

    if (!to)
        return audit->leak_count >= MOST_LEAKS;
    if (!to->seen)
        to->first = to->last = run;
    to->seen = true;
    if (is_later(audit, to->first, run))
        to->first = run;
    if (is_later(audit, to->last, run))
        return true;
    if (to->last != run)
        to->blocks = to->bytes = 0;
    to->last = run;
    to->blocks += kept->blocks;
    to->bytes += kept->bytes;
    return true;
}

static bool add_need(hg_audit *audit, const hg_cell *cell, const char *line, size_t run)
{
    for (size_t i = audit->need_count; i > 0 && audit->needs[i - 1].run == run; i--)
        if (strcmp(audit->needs[i - 1].line, line) == 0)
            return ++audit->needs[i - 1].more > 0;
    if (audit->need_count == MOST_NEEDS)
        return true;
    hg_audit_need *need = append(&audit->needs, &audit->need_count, sizeof *need);

    if (!need || !hg_cell_say(&need->cell, "%s, %s (%s)", cell->workload, cell->subject, cell->allocator))
        return false;
    need->run = run;
    return set(&need->line, line);
}

/* As with cells, the search begins where the site was in the run before. */
static bool add_site(hg_audit *audit, const hg_tried_site *site, size_t place, size_t run)
{
    hg_audit_site *to = NULL;

    if (site->reach == HG_REACH_SEEN)
        return true;
    for (size_t i = 0; i < audit->site_count && !to; i++) {
        hg_audit_site *known = &audit->sites[(place + i) % audit->site_count];
        if (strcmp(known->function, site->function) == 0 && strcmp(known->file, site->file) == 0 &&
            strcmp(known->calls, site->calls) == 0 && strcmp(known->module, site->module) == 0 &&
            known->line == site->line)
            to = known;
    }
    if (!to && audit->site_count == MOST_SITES)
        return true;
    if (!to) {
        to = append(&audit->sites, &audit->site_count, sizeof *to);
        if (!to || !set(&to->module, site->module) || !set(&to->function, site->function) ||
            !set(&to->file, site->file) || !set(&to->calls, site->calls))
            return false;
        to->line = site->line;
        to->first = to->last = run;
    }
    if (is_later(audit, to->first, run))
        to->first = run;
    if (site->reach != HG_REACH_UNTRIED && (!to->tried || is_later(audit, run, to->tried_last)))
        to->tried_last = run;
    to->tried |= site->reach != HG_REACH_UNTRIED;
    if (!is_later(audit, to->last, run))
        to->last = run;
    return true;
}

bool hg_audit_add(hg_audit *audit, const hg_run *run)
{
    char line[HG_KEPT_LINE];
    hg_audit_run *added = append(&audit->runs, &audit->run_count, sizeof *added);
    size_t number = audit->run_count - 1;
    bool done = added && set(&added->suite, run->suite);

    if (done)
        snprintf(added->started, sizeof added->started, "%.20s", run->started);
    for (size_t i = 0; i < run->cell_count && done; i++) {
        const hg_cell *cell = &run->cells[i];
        done = add_cell(audit, cell, i, number);
        for (size_t k = 0; k < cell->holder_count && done; k++)
            done = add_holder(audit, cell, &cell->holders[k], number);
        for (size_t k = 0; k < cell->site_count && done; k++)
            if (cell->sites[k].kept.by && cell->sites[k].kept.by[0])
                done = add_leak(audit, &cell->sites[k].kept, number);
        for (size_t k = 0; done && hg_kept_line(cell, k, line); k++)
            done = add_need(audit, cell, line, number);
    }
    for (size_t i = 0; i < run->tried.site_count && done; i++)
        done = add_site(audit, &run->tried.sites[i], i, number);
    return done;
}

static bool replace(char **field, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        return false;
    free(*field);
    *field = copy;
    return true;
}

bool hg_audit_declare(hg_audit *audit, const char *what, const char *why, const char *who, const char *since,
                      const char *until)
{
    hg_audit_leak *leak = leak_of(audit, what);

    if (!leak)
        return false;
    leak->declared = audit->knows_suite = true;
    return replace(&leak->why, why) && replace(&leak->who, who) && replace(&leak->since, since) &&
           replace(&leak->until, until);
}

const hg_audit_point *hg_audit_last(const hg_audit *audit, const hg_audit_cell *cell)
{
    const hg_audit_point *last = cell->count > 0 ? &cell->points[cell->count - 1] : NULL;

    return last && last->run + 1 == audit->run_count ? last : NULL;
}

const hg_audit_point *hg_audit_first(const hg_audit_cell *cell, hg_audit_figure figure)
{
    for (size_t i = 0; i < cell->count; i++)
        if (!isnan(cell->points[i].figures[figure]))
            return &cell->points[i];
    return NULL;
}

const char *hg_audit_title(hg_audit_figure figure)
{
    static const char *const titles[HG_AUDIT_FIGURES] = {"Growth per op", "Alive at the end", "Spare memory",
                                                         "Ops per second"};

    return titles[figure];
}

void hg_audit_value(hg_audit_figure figure, double value, char *out, size_t size)
{
    if (isnan(value))
        snprintf(out, size, "not known");
    else if (figure == HG_AUDIT_SPARE)
        snprintf(out, size, "%.0f %%", value);
    else
        snprintf(out, size, "%s",
                 figure == HG_AUDIT_SPEED ? hg_human_count(value).text : hg_human_bytes(value).text);
}

/* Days from one date to another, which may be the beginning of a time; false where one of them is none. */
static bool days_between(const char *from, const char *to, int64_t *ret_days)
{
    char a[HG_TIMESTAMP_SIZE], b[HG_TIMESTAMP_SIZE];
    int64_t first, second;

    snprintf(a, sizeof a, "%.10sT00:00:00Z", from);
    snprintf(b, sizeof b, "%.10sT00:00:00Z", to);
    if (!hg_timestamp_read(a, &first) || !hg_timestamp_read(b, &second))
        return false;
    *ret_days = (second - first) / INT64_C(86400);
    return true;
}

void hg_audit_age(const hg_audit *audit, const hg_audit_leak *leak, char *out, size_t size)
{
    const char *since = leak->since[0] ? leak->since : leak->seen ? audit->runs[leak->first].started : "";
    int64_t days;

    out[0] = '\0';
    if (days_between(since, audit->today, &days) && days >= 0)
        snprintf(out, size, "%ssince %.10s (%s)", leak->since[0] ? "" : "seen ", since,
                 hg_human_things((uint64_t)days, "day").text);
}

void hg_audit_state(const hg_audit *audit, const hg_audit_leak *leak, char *out, size_t size)
{
    int64_t days;

    out[0] = '\0';
    if (audit->knows_suite && !leak->declared)
        snprintf(out, size, "not declared any more");
    else if (leak->declared && !(leak->seen && leak->last + 1 == audit->run_count))
        snprintf(out, size, "not seen in the latest run");
    else if (days_between(audit->today, leak->until, &days))
        snprintf(out, size, "%s %s%s", days < 0 ? "ended" : "ends in",
                 hg_human_things((uint64_t)llabs(days), "day").text, days < 0 ? " ago" : "");
}

static void say(char *out, size_t size, size_t count, const char *noun, const char *rest)
{
    size_t used = strlen(out);

    if (count > 0 && used < size)
        snprintf(out + used, size - used, "%s%s%s", used > 0 ? ", " : "", hg_human_things(count, noun).text,
                 rest);
}

void hg_audit_summary(const hg_audit *audit, char *out, size_t size)
{
    size_t unmet = 0, new_holders = 0, over = 0, ended = 0;
    int64_t days;

    for (size_t i = 0; i < audit->cell_count; i++) {
        const hg_audit_point *last = hg_audit_last(audit, &audit->cells[i]);
        unmet += last && !last->met;
    }
    for (size_t i = 0; i < audit->holder_count; i++) {
        new_holders += audit->holders[i].is_new;
        over += !audit->holders[i].within_bound;
    }
    for (size_t i = 0; i < audit->leak_count; i++)
        ended +=
            audit->leaks[i].declared && days_between(audit->today, audit->leaks[i].until, &days) && days < 30;
    out[0] = '\0';
    say(out, size, unmet, "cell", " not as expected");
    say(out, size, over, "holder", " over a bound");
    say(out, size, new_holders, "new holder", "");
    say(out, size, ended, "declaration", " at an end within 30 days");
    say(out, size, audit->need_count, "call path", " to be reviewed");
    say(out, size, audit->site_count, "allocation site", " never tried");
}

void hg_audit_left_out(const hg_audit *audit, char *out, size_t size)
{
    out[0] = '\0';
    say(out, size, audit->other_suite, "run", " of another suite");
    say(out, size, audit->too_old, "older run", "");
    say(out, size, audit->unreadable, "unreadable file", "");
}
