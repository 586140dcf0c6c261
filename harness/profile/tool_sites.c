#include "profile/tool_sites.h"
#include "base/saturate.h"

#include "analysis/function_name.h"
#include "model/path.h"
#include <stdlib.h>
#include <string.h>

const char *hg_tool_kind_name(hg_tool_kind kind)
{
    static const char *const names[] = {"lost", "possibly lost", "still reachable", "alive"};
    return kind < HG_TOOL_KINDS ? names[kind] : "unknown";
}

static char *copy_of(const char *text)
{
    return strdup(text ? text : "");
}

/* Without what the compiler adds to the names of clones, which heapgate leaves out, too. */
static char *function_of(const char *name)
{
    hg_slice function = hg_path_function(name ? name : "");
    return strndup(function.text, function.length);
}

bool hg_tool_stack_push(hg_tool_stack *stack, const char *function, const char *file, int line,
                        const char *module)
{
    if (stack->count == HG_TOOL_MOST_FRAMES)
        return true;
    if (stack->count == stack->capacity) {
        size_t capacity = stack->capacity ? 2 * stack->capacity : 16;
        hg_frame *grown = realloc(stack->frames, capacity * sizeof *grown);
        if (!grown)
            return false;
        stack->frames = grown;
        stack->capacity = capacity;
    }
    hg_frame frame = {
        .function = function_of(function), .file = copy_of(file), .line = line, .module = copy_of(module)};
    if (!frame.function || !frame.file || !frame.module) {
        hg_frame_clear(&frame);
        return false;
    }
    stack->frames[stack->count++] = frame;
    return true;
}

void hg_tool_stack_cut(hg_tool_stack *stack, size_t count)
{
    while (stack->count > count)
        hg_frame_clear(&stack->frames[--stack->count]);
}

void hg_tool_stack_free(hg_tool_stack *stack)
{
    hg_tool_stack_cut(stack, 0);
    free(stack->frames);
    *stack = (hg_tool_stack){0};
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const char *at = text; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    return (hash ^ '\n') * UINT64_C(0x100000001b3);
}

/* FNV-1a. with_lines: of exact stacks; without, of call paths. */
static uint64_t hash_of(hg_tool_kind kind, const hg_frame *frames, size_t count, bool with_lines)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + kind;
    for (size_t i = 0; i < count; i++) {
        hash = hash_text(hash, frames[i].function);
        hash = hash_text(hash, frames[i].module);
        if (with_lines)
            hash = hash_text(hash, frames[i].file) + (uint64_t)frames[i].line;
    }
    return hash;
}

static bool is_same_path(const hg_tool_site *site, const hg_frame *frames, size_t count, bool with_lines)
{
    if (site->frame_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const hg_frame *a = &site->frames[i];
        const hg_frame *b = &frames[i];
        if (strcmp(a->function, b->function) != 0 || strcmp(a->module, b->module) != 0 ||
            (with_lines && (a->line != b->line || strcmp(a->file, b->file) != 0)))
            return false;
    }
    return true;
}

hg_tool_site *hg_tool_sites_at(hg_tool_sites *sites, hg_tool_kind kind, hg_tool_stack *stack)
{
    uint64_t hash = hash_of(kind, stack->frames, stack->count, true);
    for (size_t i = 0; i < sites->count; i++) {
        hg_tool_site *site = &sites->sites[i];
        if (site->hash == hash && site->kind == kind &&
            is_same_path(site, stack->frames, stack->count, true)) {
            hg_tool_stack_cut(stack, 0);
            return site;
        }
    }
    if (sites->count == sites->capacity) {
        size_t capacity = sites->capacity ? 2 * sites->capacity : 64;
        hg_tool_site *grown = realloc(sites->sites, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        sites->sites = grown;
        sites->capacity = capacity;
    }
    hg_tool_site *site = &sites->sites[sites->count++];
    *site = (hg_tool_site){.kind = kind, .hash = hash, .frames = stack->frames, .frame_count = stack->count};
    *stack = (hg_tool_stack){0};
    return site;
}

hg_tool_count hg_tool_site_growth(const hg_tool_site *site)
{
    hg_tool_count growth = {.bytes = hg_difference(site->end.bytes, site->base.bytes), .blocks = -1};
    if (site->end.blocks >= 0)
        growth.blocks = hg_difference(site->end.blocks, site->base.blocks > 0 ? site->base.blocks : 0);
    if (growth.bytes < 0)
        growth = (hg_tool_count){.blocks = growth.blocks < 0 ? -1 : 0};
    return growth;
}

static bool is_below_system(const char *path)
{
    static const char *const folders[] = {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/libexec/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

/* Functions that tools put in front of every stack, or that have no module where libc has debug
 * information. */
static bool allocates(const char *function)
{
    static const char *const names[] = {
        "malloc", "calloc", "realloc", "reallocarray", "memalign",  "posix_memalign", "aligned_alloc",
        "valloc", "strdup", "strndup", "__strdup",     "__strndup", "asprintf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    return strncmp(function, "operator new", strlen("operator new")) == 0;
}

static bool is_system(const hg_frame *frame)
{
    return is_below_system(frame->module) || allocates(frame->function) ||
           hg_is_language_function(frame->function, frame->file) || (!frame->module[0] && !frame->file[0]);
}

static bool is_runner(const hg_frame *frame, const char *runner)
{
    static const char *const names[] = {"run_op", "run_round", "run_rounds", "run", "main", "set_up", "load"};
    if (frame->module[0])
        return strcmp(frame->module, runner) == 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(frame->function, names[i]) == 0)
            return strcmp(hg_base_name(frame->file), "runner.c") == 0;
    return false;
}

/* Leaves the frames from the culprit up to the runner; all of them where there is none. */
static void cut_to_path(hg_tool_site *site, const char *runner)
{
    size_t first = 0, end = 0;
    while (first < site->frame_count && is_system(&site->frames[first]))
        first++;
    for (end = first; end < site->frame_count && !is_runner(&site->frames[end], runner); end++)
        continue;
    if (first == end)
        return;
    for (size_t i = 0; i < site->frame_count; i++)
        if (i < first || i >= end)
            hg_frame_clear(&site->frames[i]);
    memmove(site->frames, site->frames + first, (end - first) * sizeof *site->frames);
    site->frame_count = end - first;
}

static void clear_site(hg_tool_site *site)
{
    for (size_t i = 0; i < site->frame_count; i++)
        hg_frame_clear(&site->frames[i]);
    free(site->frames);
    *site = (hg_tool_site){0};
}

static void add_count(hg_tool_count *sum, const hg_tool_count *more)
{
    sum->bytes = hg_sum(sum->bytes, more->bytes);
    sum->blocks = sum->blocks < 0 || more->blocks < 0 ? -1 : hg_sum(sum->blocks, more->blocks);
}

static void join_same_paths(hg_tool_sites *sites)
{
    size_t kept = 0;
    for (size_t i = 0; i < sites->count; i++) {
        hg_tool_site *site = &sites->sites[i];
        size_t k = 0;
        site->hash = hash_of(site->kind, site->frames, site->frame_count, false);
        while (k < kept && (sites->sites[k].hash != site->hash || sites->sites[k].kind != site->kind ||
                            !is_same_path(&sites->sites[k], site->frames, site->frame_count, false)))
            k++;
        if (k == kept) {
            hg_tool_site moved = *site;
            *site = (hg_tool_site){0};
            sites->sites[kept++] = moved;
            continue;
        }
        add_count(&sites->sites[k].base, &site->base);
        add_count(&sites->sites[k].end, &site->end);
        clear_site(site);
    }
    sites->count = kept;
}

static int compare_sites(const void *left, const void *right)
{
    int64_t a = hg_tool_site_growth(left).bytes;
    int64_t b = hg_tool_site_growth(right).bytes;
    return a < b ? 1 : a > b ? -1 : 0;
}

void hg_tool_sites_finish(hg_tool_sites *sites, const char *runner)
{
    for (size_t i = 0; i < sites->count; i++)
        cut_to_path(&sites->sites[i], runner);
    join_same_paths(sites);
    if (sites->count > 0)
        qsort(sites->sites, sites->count, sizeof *sites->sites, compare_sites);
}

void hg_tool_sites_free(hg_tool_sites *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        clear_site(&sites->sites[i]);
    free(sites->sites);
    *sites = (hg_tool_sites){0};
}
