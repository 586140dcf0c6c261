/*
 * A file for speedscope.app, according to its file-format-schema.json. A cell has up to two profiles: what it
 * gained over the measured ops, and what is alive at the end. Profiles of growth come first. What a fault
 * lost is one more.
 */
#include "base/escape.h"
#include "base/intern.h"
#include "view/stack.h"
#include "view/torture_losses.h"
#include "view/view.h"
#include "view/writers.h"

#include <inttypes.h>
#include <string.h>

#define LARGEST_EXACT (INT64_C(1) << 53) /* in a JavaScript number */

typedef struct scope {
    FILE *out;
    hg_intern frames; /* name, file and line, each ended by a NUL */
    hg_buffer key;
    size_t profiles;
} scope;

static size_t frame_number(scope *to, const char *name, const char *file, int line)
{
    hg_buffer_empty(&to->key);
    hg_buffer_add(&to->key, name, strlen(name) + 1);
    hg_buffer_add(&to->key, file, strlen(file) + 1);
    hg_buffer_add(&to->key, &line, sizeof line);
    return to->key.failed ? 0 : hg_intern_add(&to->frames, to->key.bytes, to->key.size);
}

static int64_t weight_of(const hg_cell *cell, const hg_site *site, bool leaked)
{
    hg_weight weight = hg_stack_weight(cell, site);
    int64_t bytes = leaked ? weight.leaked_bytes : weight.live_bytes;

    if (bytes <= 0 || hg_stack_depth(site) == 0)
        return 0;
    return bytes < LARGEST_EXACT ? bytes : LARGEST_EXACT;
}

static void write_stack(scope *to, const hg_site *site)
{
    fputc('[', to->out);
    if (site->cut)
        fprintf(to->out, "%zu,", frame_number(to, HG_STACK_CUT, "", 0));
    for (size_t i = hg_stack_depth(site); i > 0; i--) {
        const hg_frame *frame = hg_stack_frame(site, i - 1);
        char name[HG_STACK_NAME_SIZE];
        size_t number = frame_number(to, hg_stack_name(frame, name), frame->file, frame->line);
        fprintf(to->out, "%zu%s", number, i > 1 ? "," : "");
    }
    fputc(']', to->out);
}

/* The sum of the weights, as a profile's end. */
static int64_t total_of(const hg_cell *cell, bool leaked)
{
    int64_t total = 0;

    for (size_t i = 0; i < cell->site_count; i++) {
        int64_t weight = weight_of(cell, &cell->sites[i], leaked);
        total = weight < LARGEST_EXACT - total ? total + weight : LARGEST_EXACT;
    }
    return total;
}

static void write_profile(scope *to, const hg_cell *cell, bool leaked)
{
    int64_t total = total_of(cell, leaked);
    const char *separator = "";

    if (total == 0)
        return;
    fprintf(to->out, "%s\n    {\"type\": \"sampled\", \"name\": \"", to->profiles++ > 0 ? "," : "");
    hg_escape_json(to->out, hg_view_name(cell->workload), 200);
    fputs(", ", to->out);
    hg_escape_json(to->out, hg_view_name(cell->subject), 200);
    fputs(", ", to->out);
    hg_escape_json(to->out, hg_view_name(cell->allocator), 200);
    fprintf(to->out, ": %s\", \"unit\": \"bytes\", \"startValue\": 0, \"endValue\": %" PRId64,
            leaked ? "growth" : "alive at the end", total);
    fputs(",\n     \"samples\": [", to->out);
    for (size_t i = 0; i < cell->site_count; i++) {
        if (weight_of(cell, &cell->sites[i], leaked) == 0)
            continue;
        fprintf(to->out, "%s\n      ", separator);
        write_stack(to, &cell->sites[i]);
        separator = ",";
    }
    fputs("],\n     \"weights\": [", to->out);
    separator = "";
    for (size_t i = 0; i < cell->site_count; i++) {
        int64_t weight = weight_of(cell, &cell->sites[i], leaked);
        if (weight == 0)
            continue;
        fprintf(to->out, "%s%" PRId64, separator, weight);
        separator = ", ";
    }
    fputs("]}", to->out);
}

/* Speedscope rejects a file without a profile. */
static void write_nothing(scope *to)
{
    fputs("\n    {\"type\": \"sampled\", \"name\": \"nothing is alive\", \"unit\": \"bytes\", "
          "\"startValue\": 0, \"endValue\": 0,\n     \"samples\": [], \"weights\": []}",
          to->out);
}

static void write_frames(scope *to)
{
    for (size_t i = 0; i < to->frames.count; i++) {
        size_t length;
        int line;
        const char *name = hg_intern_get(&to->frames, i, &length);
        const char *file = name + strlen(name) + 1;
        memcpy(&line, file + strlen(file) + 1, sizeof line);
        fprintf(to->out, "%s\n    {\"name\": \"", i > 0 ? "," : "");
        hg_escape_json(to->out, name, 0);
        if (file[0]) {
            fputs("\", \"file\": \"", to->out);
            hg_escape_json(to->out, file, 0);
        }
        fputc('"', to->out);
        if (line > 0)
            fprintf(to->out, ", \"line\": %d", line);
        fputc('}', to->out);
    }
}

static bool write_run(const hg_run *run, FILE *out)
{
    scope to = {.out = out};

    fputs("{\n  \"$schema\": \"https://www.speedscope.app/file-format-schema.json\",\n  \"name\": \"", out);
    hg_escape_json(out, run->suite, 200);
    fputs("\",\n  \"exporter\": \"heapgate@", out);
    hg_escape_json(out, run->version, 40);
    fputs("\",\n  \"activeProfileIndex\": 0,\n  \"profiles\": [", out);
    for (int leaked = 1; leaked >= 0; leaked--)
        for (size_t i = 0; i < run->cell_count; i++)
            write_profile(&to, &run->cells[i], leaked == 1);
    if (to.profiles == 0)
        write_nothing(&to);
    fputs("\n  ],\n  \"shared\": {\"frames\": [", out);
    bool done = !to.frames.failed && !to.key.failed;
    if (done)
        write_frames(&to);
    fputs("\n  ]}\n}\n", out);
    hg_intern_free(&to.frames);
    hg_buffer_free(&to.key);
    return done;
}

bool hg_report_speedscope(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    return hg_torture_losses_write(run, write_run, out);
}
