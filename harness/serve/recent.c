#include "serve/recent.h"

#include "model/path.h"
#include "tools/openmetrics.h"
#include "verdict/sites.h"
#include "verdict/wrappers.h"
#include "view/stack.h"
#include "watch/tallies.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COST_SHARE  20        /* times what a look took, until the next one */
#define EVEN        3         /* times more or less than the mean, of any span */
#define FEWEST      20        /* blocks in all spans, */
#define LEAST_BYTES (1 << 20) /* or bytes */

enum { MOST_LINES = 64, MOST_TOLD = 20 };

typedef struct line {
    hg_frame frame; /* borrows from the symbols and the record */
    double rate;
} line;

static double now_seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void hg_recent_look(hg_recent *recent, const hg_heap *heaps, size_t count)
{
    double now = now_seconds(CLOCK_MONOTONIC);
    double spent = now_seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (now < recent->next)
        return;
    void *made = hg_heap_since(heaps, count);
    spent = now_seconds(CLOCK_PROCESS_CPUTIME_ID) - spent;
    recent->next = now + (COST_SHARE * spent > HG_RECENT_SECONDS ? COST_SHARE * spent : HG_RECENT_SECONDS);
    if (!made)
        return;
    if (recent->count == HG_RECENT_SPANS + 1) {
        free(recent->looks[0]);
        memmove(recent->looks, recent->looks + 1, HG_RECENT_SPANS * sizeof *recent->looks);
        recent->count--;
    }
    recent->looks[recent->count++] = made;
}

int hg_recent_wait_ms(const hg_recent *recent)
{
    double left = recent->next - now_seconds(CLOCK_MONOTONIC);
    return left > 0 ? (int)(1000 * left) + 1 : 0;
}

void hg_recent_free(hg_recent *recent)
{
    while (recent->count > 0)
        free(recent->looks[--recent->count]);
}

/* Bytes a second of one call stack; 0: it does not grow evenly. */
static double rate_of(const hg_recent *recent, uint64_t number, uint32_t context)
{
    const hg_heap_alive first = hg_heap_alive_of(recent->looks[0], number, context);
    double least = INFINITY, most = 0;
    hg_heap_alive before = first;
    for (unsigned i = 0; i < HG_RECENT_SPANS; i++) {
        hg_heap_alive after = hg_heap_alive_of(recent->looks[i + 1], number, context);
        double seconds = (double)(after.time_ns - before.time_ns) / 1e9;
        if (after.bytes <= before.bytes || seconds <= 0)
            return 0;
        double rate = (double)(after.bytes - before.bytes) / seconds;
        least = fmin(least, rate);
        most = fmax(most, rate);
        before = after;
    }
    double bytes = (double)(before.bytes - first.bytes);
    double mean = bytes / ((double)(before.time_ns - first.time_ns) / 1e9);
    bool even = least * EVEN >= mean && most <= mean * EVEN;
    return even && (before.blocks - first.blocks >= FEWEST || bytes >= LEAST_BYTES) ? mean : 0;
}

/* The innermost function that is no allocator's: where people look first. False: memory ran out. */
static bool find_line(const hg_record *record, uint32_t context, hg_symbols *symbols, const char *probe,
                      line *ret_line)
{
    const hg_record_context *known = &record->contexts[context];
    *ret_line = (line){.frame = {.function = "", .file = "", .module = ""}};
    for (uint32_t i = 0; i < known->frame_count; i++) {
        hg_record_frame frame = record->frames[known->first_frame + i];
        const hg_record_module *module = &record->modules[frame >> 48];
        size_t count = 0;
        if (strcmp(module->path, probe) == 0 || hg_sites_is_runtime(module->path))
            continue;
        const hg_symbol *found = hg_sites_symbols(record, frame, symbols, &count);
        if (!found)
            return false;
        for (size_t k = 0; k < count; k++) {
            ret_line->frame = (hg_frame){.function = (char *)found[k].function,
                                         .file = (char *)hg_sites_shorten(found[k].file),
                                         .module = (char *)module->path,
                                         .offset = frame & 0xffffffffffffu,
                                         .line = found[k].line};
            if (!hg_wrapper_is_named(found[k].function))
                return true;
        }
    }
    return true;
}

static void add(line *lines, size_t *count, const line *one)
{
    size_t at = 0;
    while (at < *count && !hg_stack_same_frame(&lines[at].frame, &one->frame))
        at++;
    if (at < *count)
        lines[at].rate += one->rate;
    else if (*count < MOST_LINES)
        lines[(*count)++] = *one;
}

static int compare(const void *left, const void *right)
{
    double a = ((const line *)left)->rate;
    double b = ((const line *)right)->rate;
    return (a < b) - (a > b);
}

static void tell(const hg_openmetrics_value_of *family, const hg_heap *heap, const line *one, FILE *out)
{
    char process[16], number[16], module[HG_STACK_NAME_SIZE];
    snprintf(process, sizeof process, "%d", (int)heap->process);
    snprintf(number, sizeof number, "%d", one->frame.line);
    const hg_openmetrics_label labels[] = {
        {"program", hg_base_name(heap->program)},
        {"process", process},
        {"function", hg_stack_name(&one->frame, module)},
        {"file", one->frame.file},
        {"line", number},
        {"module", one->frame.module},
    };
    hg_openmetrics_point(family, labels, sizeof labels / sizeof *labels, one->rate, out);
}

/* The frames are read from a copy of the record: the process may write anything into its own. */
static bool write_heap(const hg_recent *recent, const hg_openmetrics_value_of *family, const hg_heap *heap,
                       hg_symbols *symbols, const char *probe, FILE *out)
{
    line lines[MOST_LINES] = {0};
    size_t count = 0;
    hg_record frozen = {0};
    bool done = true;
    uint32_t contexts = hg_record_contexts(&heap->record);
    for (uint32_t i = 0; i < contexts && done; i++) {
        line one;
        double rate = hg_heap_is_memory(heap, i) ? rate_of(recent, heap->number, i) : 0;
        if (rate <= 0)
            continue;
        if (!frozen.header) {
            frozen = heap->record;
            if (!hg_record_freeze(&frozen))
                return false;
            if (!hg_record_is_sound(&frozen))
                break;
            contexts = contexts < hg_record_contexts(&frozen) ? contexts : hg_record_contexts(&frozen);
            if (i >= contexts)
                break;
        }
        done = find_line(&frozen, i, symbols, probe, &one);
        one.rate = rate;
        if (done)
            add(lines, &count, &one);
    }
    qsort(lines, count, sizeof *lines, compare);
    for (size_t i = 0; i < count && i < MOST_TOLD; i++)
        tell(family, heap, &lines[i], out);
    if (frozen.header)
        hg_record_thaw(&frozen);
    return done;
}

bool hg_recent_write(const hg_recent *recent, const hg_heap *heaps, size_t count, hg_symbols *symbols,
                     const char *probe, FILE *out)
{
    static const hg_openmetrics_value_of family = {
        "heapgate_recent_growth_bytes_per_second", "",
        "Live memory that a line has added evenly in each part of the last half minute.", false, 0};
    bool done = true;
    hg_openmetrics_family(&family, out);
    for (size_t i = 0; i < count && done && recent->count == HG_RECENT_SPANS + 1; i++)
        done = write_heap(recent, &family, &heaps[i], symbols, probe, out);
    return done;
}
