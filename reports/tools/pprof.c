/*
 * A run as a profile for pprof and other readers of gzipped profile.proto.
 *
 * Each site of a cell is one sample with the labels workload, subject, allocator and class, for -tagfocus and
 * -base. In a sample of what a fault lost, the allocator is that fault.
 */
#include "base/timestamp.h"
#include "tools/pprof_builder.h"
#include "view/stack.h"
#include "view/torture_losses.h"
#include "view/writers.h"

#define NANOSECONDS INT64_C(1000000000)

/* Frames inlined into one another share one location; a site has at most so many of them. */
enum { MOST_INLINED = 512 };

/* Returns the index after the last frame of the location. */
static size_t add_location(hg_pprof *to, const hg_site *site, size_t index)
{
    const hg_frame *frames[MOST_INLINED] = {hg_stack_frame(site, index)};
    size_t count = 1;

    while (frames[count - 1]->inlined && index + count < hg_stack_depth(site) && count < MOST_INLINED) {
        frames[count] = hg_stack_frame(site, index + count);
        count++;
    }
    hg_pprof_sample_at(to, hg_pprof_location(to, frames, count));
    return index + count;
}

/* Whether it leaks. */
static bool add_sample(hg_pprof *to, const hg_cell *cell, const hg_site *site)
{
    static const hg_frame cut = {.function = HG_STACK_CUT, .file = "", .module = ""};
    static const hg_frame *const outermost = &cut;
    hg_weight weight = hg_stack_weight(cell, site);
    const int64_t values[] = {weight.live_bytes, weight.live_blocks, weight.leaked_bytes,
                              weight.leaked_blocks};

    for (size_t i = 0; i < hg_stack_depth(site);)
        i = add_location(to, site, i);
    if (site->cut)
        hg_pprof_sample_at(to, hg_pprof_location(to, &outermost, 1));
    hg_pprof_sample_values(to, values, sizeof values / sizeof *values);
    hg_pprof_sample_label(to, "workload", cell->workload);
    hg_pprof_sample_label(to, "subject", cell->subject);
    hg_pprof_sample_label(to, "allocator", cell->allocator);
    hg_pprof_sample_label(to, "class", hg_class_name(site->growth_class));
    hg_pprof_sample_end(to);
    return weight.leaked_bytes > 0;
}

static void add_head(hg_pprof *to, const hg_run *run)
{
    int64_t seconds;
    bool dated =
        hg_timestamp_read(run->started, &seconds) && seconds > 0 && seconds < INT64_MAX / NANOSECONDS;

    hg_pprof_add_type(to, "inuse_space", "bytes");
    hg_pprof_add_type(to, "inuse_objects", "count");
    hg_pprof_add_type(to, "leaked_space", "bytes");
    hg_pprof_add_type(to, "leaked_objects", "count");
    hg_pprof_set_period(to, "inuse_space", "bytes");
    hg_pprof_set_time(to, dated ? seconds * NANOSECONDS : 0, hg_stack_round(run->duration_seconds * 1e9));
    hg_pprof_add_comment(to, run->command);
    hg_pprof_set_name(to, run->suite);
}

static bool write_run(const hg_run *run, FILE *out)
{
    hg_pprof to = {0};
    bool leaks = false;

    hg_pprof_begin(&to);
    add_head(&to, run);
    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t k = 0; k < run->cells[i].site_count; k++)
            leaks |= add_sample(&to, &run->cells[i], &run->cells[i].sites[k]);
    bool done = hg_pprof_write(&to, leaks ? "leaked_space" : "inuse_space", out);
    hg_pprof_free(&to);
    return done;
}

bool hg_report_pprof(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    return hg_torture_losses_write(run, write_run, out);
}
