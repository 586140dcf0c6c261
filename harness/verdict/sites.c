#include "verdict/sites.h"

#include "analysis/call_path.h"
#include "analysis/function_name.h"
#include "verdict/raw_frames.h"
#include "verdict/wrappers.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_RAW_FRAMES = 2 * HG_MAX_DEPTH };

typedef struct raw_stack {
    hg_raw_frame frames[MAX_RAW_FRAMES];
    size_t count;
    bool has_subject, has_runner;
    size_t culprit; /* index */
    size_t end;     /* one past the outermost frame of interest */
} raw_stack;

/* The C library, the loader, what C++ needs, and allocators: "libc.so.6", "libstdc++.so.6". */
bool hg_sites_is_runtime(const char *path)
{
    static const char *const names[] = {"libc",        "ld-linux",    "libpthread",  "libm",      "libdl",
                                        "librt",       "libgcc_s",    "libstdc++",   "libc++",    "libc++abi",
                                        "libjemalloc", "libmimalloc", "libtcmalloc", "linux-vdso"};
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (base[0] == names[i][0] && strncmp(base, names[i], length) == 0 &&
            (base[length] == '.' || base[length] == '-' || base[length] == '_'))
            return true;
    }
    return false;
}

bool hg_sites_is_subject(const char *path, const hg_module_owners *owners)
{
    return hg_module_owner_of(path, owners) == HG_MODULE_OF_SUBJECT;
}

const hg_symbol *hg_sites_symbols(const hg_record *record, hg_record_frame frame, hg_symbols *symbols,
                                  size_t *ret_count)
{
    const hg_record_module *module = &record->modules[frame >> 48];
    const hg_module_id id = {module->path, module->build_id, module->build_id_size};
    if (!hg_record_is_script(frame))
        return hg_symbols_find(symbols, &id, frame & 0xffffffffffffu, ret_count);
    const hg_record_script *script = hg_record_script_of(record, frame);
    const hg_symbol line = {.function = record->script_text + script->function,
                            .file = record->script_text + script->file,
                            .line = hg_record_script_line(frame)};
    *ret_count = 1;
    return hg_symbols_keep(symbols, &line);
}

/* Whether the frame's code is in no module, and from a file: it is the program's, what it calls is its
 * interpreter. */
static bool is_script(const hg_raw_frame *frame)
{
    return frame->module[0] == '\0' && frame->symbol->file[0] != '\0';
}

/* What the program's own scripts call is their language's; NULL: no script is on the stack. */
static const hg_raw_frame *innermost_script(const raw_stack *stack)
{
    const hg_raw_frame *found = NULL;
    for (size_t i = 0; i < stack->count; i++) {
        const hg_raw_frame *frame = &stack->frames[i];
        if (is_script(frame) && !hg_is_language_script(frame->symbol->file))
            return frame;
        if (is_script(frame) && !found)
            found = frame;
    }
    return found;
}

/* The interpreter's frames outside of the outermost line of its scripts, and what calls them, unless it is a
 * program's that embeds it. */
static void leave_out_interpreter(raw_stack *stack)
{
    size_t inner = 0;
    size_t outer = stack->end;
    while (inner < stack->end && !stack->frames[inner].is_line)
        inner++;
    while (outer > inner && !stack->frames[outer - 1].is_line)
        outer--;
    if (inner == 0 || inner == stack->end)
        return;
    const char *interpreter = stack->frames[inner - 1].module;
    size_t end = stack->end;
    while (end > outer && (stack->frames[end - 1].owner == HG_MODULE_OF_SYSTEM ||
                           strcmp(stack->frames[end - 1].module, interpreter) == 0))
        end--;
    stack->end = end;
}

/*
 * The culprit is the innermost frame of the subject's that is no wrapper; the path ends before the runner's
 * frames. Where the subject's own frame was left before its last call, the culprit is what it called.
 */
static void find_bounds(raw_stack *stack, const hg_wrappers *wrappers)
{
    stack->culprit = 0;
    stack->has_subject = stack->has_runner = false;
    for (size_t i = 0; i < stack->count; i++) {
        if (stack->frames[i].owner == HG_MODULE_OF_SUBJECT && !stack->has_subject) {
            stack->culprit = i;
            stack->has_subject = true;
            while (i + 1 < stack->count && stack->frames[i + 1].owner == HG_MODULE_OF_SUBJECT &&
                   hg_wrappers_has(wrappers, stack->frames[i].number))
                stack->culprit = ++i;
        }
        stack->has_runner |= stack->frames[i].owner == HG_MODULE_OF_RUNNER;
    }
    const hg_raw_frame *script = innermost_script(stack);
    if (script) {
        stack->culprit = (size_t)(script - stack->frames);
        stack->has_subject = true;
    }
    stack->end = stack->culprit + 1;
    while (stack->end < stack->count && stack->frames[stack->end].owner != HG_MODULE_OF_RUNNER)
        stack->end++;
    leave_out_interpreter(stack);
    if (stack->has_runner && !stack->has_subject)
        stack->culprit = stack->end - 1;
}

/* A library that is loaded again from another file is still the same one. */
static bool is_same_module(const hg_raw_frame *a, const hg_raw_frame *b)
{
    uint32_t size = a->loaded->build_id_size;
    if (strcmp(a->module, b->module) == 0)
        return true;
    return size > 0 && size <= HG_BUILD_ID && size == b->loaded->build_id_size &&
           memcmp(a->loaded->build_id, b->loaded->build_id, size) == 0;
}

static bool is_same_function(const hg_raw_frame *a, const hg_raw_frame *b)
{
    const hg_symbol *x = a->symbol;
    const hg_symbol *y = b->symbol;
    if (a->name != b->name)
        return false;
    if (x->function[0] == '\0')
        return a->offset == b->offset && is_same_module(a, b);
    if (is_script(a) && is_script(b))
        return strcmp(x->file, y->file) == 0;
    return is_same_module(a, b) || (x->file[0] != '\0' && strcmp(x->file, y->file) == 0);
}

/*
 * Takes the loops out of the path: from a function's innermost frame straight on to what called its outermost
 * one. However deep a recursion went, and through whatever other functions, the path is the same.
 */
static void fold_recursion(raw_stack *stack)
{
    size_t kept = stack->culprit;
    for (size_t i = stack->culprit; i < stack->end; i++) {
        size_t outermost = i;
        for (size_t k = i + 1; k < stack->end; k++)
            if (is_same_function(&stack->frames[i], &stack->frames[k]))
                outermost = k;
        stack->frames[kept++] = stack->frames[i];
        i = outermost;
    }
    stack->end = kept;
}

/* Paths below the working directory are shown relative to it, unless that is the root. */
const char *hg_sites_shorten(const char *path)
{
    static char here[PATH_MAX];
    if (here[0] == '\0' && !getcwd(here, sizeof here))
        return path;
    return strcmp(here, "/") != 0 && hg_is_below(path, here) ? path + strlen(here) + 1 : path;
}

bool hg_sites_frame(const hg_symbol *symbol, const char *module, uint64_t offset, hg_frame *ret_frame)
{
    *ret_frame = (hg_frame){
        .function = strdup(symbol->function),
        .file = strdup(hg_sites_shorten(symbol->file)),
        .module = strdup(hg_sites_shorten(module)),
        .offset = offset,
        .line = symbol->line,
        .inlined = symbol->inlined,
    };
    return ret_frame->function && ret_frame->file && ret_frame->module;
}

static bool copy_frames(const hg_raw_frame *raw, size_t count, hg_frame **ret_frames, size_t *ret_count)
{
    if (count == 0)
        return true;
    *ret_frames = calloc(count, sizeof **ret_frames);
    if (!*ret_frames)
        return false;
    *ret_count = count;
    for (size_t i = 0; i < count; i++)
        if (!hg_sites_frame(raw[i].symbol, raw[i].module, raw[i].offset, &(*ret_frames)[i]))
            return false;
    return true;
}

/* Of one function: the line, or where that is not known, the place in the module. */
static uint64_t place_of(const hg_raw_frame *frame)
{
    return frame->symbol->line > 0 || frame->module[0] == '\0' ? (uint64_t)frame->symbol->line
                                                               : frame->offset;
}

static bool is_same_place(const hg_raw_frame *a, const hg_raw_frame *b)
{
    return place_of(a) == place_of(b);
}

static bool is_site_of(const hg_gathered_site *site, const raw_stack *stack)
{
    if (site->site.frame_count != stack->end - stack->culprit)
        return false;
    for (size_t i = 0; i < site->site.frame_count; i++)
        if (!is_same_function(&site->path[i], &stack->frames[stack->culprit + i]))
            return false;
    return site->site.frame_count == 0 || is_same_place(&site->path[0], &stack->frames[stack->culprit]);
}

static hg_gathered_site *add_site(hg_gathered *gathered, const raw_stack *stack)
{
    if (gathered->count == gathered->capacity) {
        size_t capacity = gathered->capacity ? 2 * gathered->capacity : 16;
        hg_gathered_site *grown = realloc(gathered->sites, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        gathered->sites = grown;
        gathered->capacity = capacity;
    }
    hg_gathered_site *added = &gathered->sites[gathered->count++];
    *added = (hg_gathered_site){0};
    size_t cells = (size_t)gathered->epochs * gathered->epochs;
    added->blocks = calloc(cells, sizeof *added->blocks);
    added->bytes = calloc(cells, sizeof *added->bytes);
    size_t frames = stack->end - stack->culprit;
    added->path = calloc(frames + 1, sizeof *added->path);
    if (!added->blocks || !added->bytes || !added->path)
        return NULL;
    memcpy(added->path, stack->frames + stack->culprit, frames * sizeof *added->path);
    if (!copy_frames(stack->frames, stack->culprit, &added->site.inner, &added->site.inner_count) ||
        !copy_frames(stack->frames + stack->culprit, frames, &added->site.frames, &added->site.frame_count))
        return NULL;
    return added;
}

/* Equal for stacks of one site. */
static size_t key_of(hg_gathered *gathered, const raw_stack *stack)
{
    uint64_t key[MAX_RAW_FRAMES + 1];
    size_t length = 0;
    key[length++] = stack->culprit < stack->end ? place_of(&stack->frames[stack->culprit]) : 0;
    for (size_t i = stack->culprit; i < stack->end; i++)
        key[length++] = stack->frames[i].name;
    size_t before = gathered->keys.count;
    size_t number = hg_intern_add(&gathered->keys, key, length * sizeof *key);
    if (number == before)
        hg_buffer_add(&gathered->firsts, &(uint32_t){0}, sizeof(uint32_t));
    return number;
}

/* NULL when memory ran out. */
static hg_gathered_site *site_of(hg_gathered *gathered, const raw_stack *stack)
{
    size_t key = key_of(gathered, stack);
    if (gathered->keys.failed || gathered->firsts.failed)
        return NULL;
    uint32_t *first = (uint32_t *)(void *)gathered->firsts.bytes + key;
    uint32_t last = 0;
    for (uint32_t number = *first; number != 0; number = gathered->sites[number - 1].next) {
        if (is_site_of(&gathered->sites[number - 1], stack))
            return &gathered->sites[number - 1];
        last = number;
    }
    hg_gathered_site *added = add_site(gathered, stack);
    if (added)
        *(last ? &gathered->sites[last - 1].next : first) = (uint32_t)gathered->count;
    return added;
}

static void accumulate(const hg_record *record, uint32_t context, int64_t *blocks, int64_t *bytes)
{
    size_t epochs = record->epochs;
    const hg_record_live *live = hg_record_live_of(record, context);
    for (size_t i = 0; i < epochs * epochs; i++) {
        blocks[i] = hg_count_sum(blocks[i], live[i].blocks);
        bytes[i] = hg_count_sum(bytes[i], live[i].bytes);
    }
}

static bool was_alive(const hg_record *record, uint32_t context, hg_holding holding, uint32_t from)
{
    bool descriptors = hg_record_is_descriptor(record, context);
    if ((record->contexts[context].flags & HG_CONTEXT_LIVE) == 0 ||
        descriptors != (holding == HG_HOLDING_DESCRIPTORS))
        return false;
    size_t epochs = record->epochs;
    const hg_record_live *live = hg_record_live_of(record, context);
    for (size_t i = from * epochs; i < epochs * epochs; i++)
        if (live[i].blocks != 0 || live[i].bytes != 0)
            return true;
    return false;
}

/* What gathering needs of the cell. */
typedef struct gathering {
    const hg_record *record;
    hg_holding holding;
    uint32_t warmup;
    raw_stack *stack;
    hg_raw_frames frames;
    hg_wrappers wrappers;
} gathering;

static bool expand_context(gathering *how, uint32_t context)
{
    const hg_record *record = how->record;
    const hg_record_context *known = &record->contexts[context];
    how->stack->count = 0;
    for (uint32_t i = 0; i < known->frame_count; i++) {
        size_t count;
        const hg_raw_frame *found =
            hg_raw_frames_find(&how->frames, record->frames[known->first_frame + i], &count);
        if (!found)
            return false;
        for (size_t k = 0; k < count && how->stack->count < MAX_RAW_FRAMES; k++)
            how->stack->frames[how->stack->count++] = found[k];
    }
    find_bounds(how->stack, &how->wrappers);
    return true;
}

/* Notes who calls whom on one stack, from the culprit outwards. */
static bool note_callers(gathering *how, uint32_t context)
{
    raw_stack *stack = how->stack;
    if (!expand_context(how, context))
        return false;
    if (!stack->has_subject)
        return true;
    const hg_raw_frame *innermost = &stack->frames[stack->culprit];
    uint64_t function = innermost->number;
    bool has_caller = stack->culprit + 1 < stack->count;
    bool done = hg_wrappers_note_innermost(&how->wrappers, function, has_caller ? innermost[1].number : 0,
                                           hg_wrapper_is_named(innermost->symbol->function));
    for (size_t i = stack->culprit + 1; done && i < stack->count; i++)
        done = hg_wrappers_note_outer(&how->wrappers, stack->frames[i].number);
    return done;
}

/* Wrappers may call wrappers. False when memory ran out. */
static bool find_wrappers(gathering *how)
{
    enum { MOST_LEVELS = 4 };
    uint32_t contexts = atomic_load(&how->record->header->contexts);
    bool done = true;
    for (int level = 0; level < MOST_LEVELS && done; level++) {
        for (uint32_t context = 1; context < contexts && done; context++)
            if (context != how->record->header->control_context &&
                was_alive(how->record, context, how->holding, how->warmup))
                done = note_callers(how, context);
        if (hg_wrappers_conclude(&how->wrappers) == 0)
            return done;
    }
    return done;
}

static void add_context(const hg_record *record, uint32_t context, hg_gathered *gathered,
                        hg_gathered_site *site)
{
    uint16_t flags = record->contexts[context].flags;
    bool mapped = (flags & HG_CONTEXT_MAPPING) != 0;
    gathered->site_of[context] = (uint32_t)(site - gathered->sites) + 1;
    site->site.mapped = mapped && (site->site.mapped || site->site.contexts == 0);
    site->site.contexts++;
    site->site.cut |= (flags & HG_CONTEXT_CUT) != 0;
    site->past |= (flags & HG_CONTEXT_PAST) != 0;
    accumulate(record, context, site->blocks, site->bytes);
}

static bool gather_context(gathering *how, uint32_t context, hg_gathered *gathered)
{
    const hg_record *record = how->record;
    raw_stack *stack = how->stack;
    const hg_record_context *known = &record->contexts[context];
    if (!expand_context(how, context))
        return false;
    /*
     * What the runner allocates itself, to load the workload, is not the subject's. Later on a stack without
     * the subject's frames is that of a function of the workload whose last call left no frame of it.
     */
    bool loading = (known->flags & HG_CONTEXT_LOADING) != 0;
    if (stack->count == 0 || (loading && stack->has_runner && !stack->has_subject))
        return true;
    accumulate(record, context, gathered->whole_blocks, gathered->whole_bytes);
    fold_recursion(stack);
    hg_gathered_site *site = site_of(gathered, stack);
    if (!site)
        return false;
    add_context(record, context, gathered, site);
    return true;
}

static bool make_arrays(hg_gathered *gathered, uint32_t epochs, uint32_t contexts)
{
    size_t cells = (size_t)epochs * epochs;
    *gathered = (hg_gathered){.epochs = epochs, .contexts = contexts};
    gathered->whole_blocks = calloc(cells, sizeof(int64_t));
    gathered->whole_bytes = calloc(cells, sizeof(int64_t));
    gathered->control_blocks = calloc(cells, sizeof(int64_t));
    gathered->control_bytes = calloc(cells, sizeof(int64_t));
    gathered->site_of = calloc((size_t)contexts + 1, sizeof *gathered->site_of);
    return gathered->site_of && gathered->whole_blocks && gathered->whole_bytes && gathered->control_blocks &&
           gathered->control_bytes;
}

/* To be ended either way. */
static bool begin_gathering(const hg_record *record, const hg_module_owners *owners, hg_symbols *symbols,
                            const hg_gathered *gathered, gathering *ret_how)
{
    *ret_how = (gathering){.record = record,
                           .holding = gathered->holding,
                           .warmup = gathered->warmup,
                           .stack = malloc(sizeof(raw_stack)),
                           .frames = {.record = record, .owners = owners, .symbols = symbols}};
    return ret_how->stack && (!owners->is_program || find_wrappers(ret_how));
}

static void end_gathering(gathering *how)
{
    hg_wrappers_free(&how->wrappers);
    hg_raw_frames_free(&how->frames);
    free(how->stack);
}

bool hg_sites_gather(const hg_record *record, hg_holding holding, uint32_t warmup,
                     const hg_module_owners *owners, hg_symbols *symbols, hg_gathered *ret_gathered)
{
    gathering how;
    bool done = make_arrays(ret_gathered, record->epochs, hg_record_contexts(record));
    ret_gathered->holding = holding;
    ret_gathered->warmup = warmup;
    done = begin_gathering(record, owners, symbols, ret_gathered, &how) && done;
    for (uint32_t context = 1; context < ret_gathered->contexts && done; context++) {
        if (context == record->header->control_context) {
            accumulate(record, context, ret_gathered->control_blocks, ret_gathered->control_bytes);
        } else if (was_alive(record, context, holding, warmup)) {
            done = gather_context(&how, context, ret_gathered);
        }
    }
    end_gathering(&how);
    return done;
}

static void clear_gathered(hg_gathered_site *site)
{
    hg_site_clear(&site->site);
    free(site->blocks);
    free(site->bytes);
    free(site->path);
    *site = (hg_gathered_site){0};
}

/* The parts of one site, while they are looked for. */
typedef struct part_list {
    uint32_t first; /* number, from 1; 0 for none */
    uint32_t count; /* more than HG_MOST_PARTS: they are none */
} part_list;

static bool has_lines(const hg_gathered_site *site, const raw_stack *stack)
{
    for (size_t i = 0; i < site->site.frame_count; i++)
        if (!is_same_place(&site->path[i], &stack->frames[stack->culprit + i]))
            return false;
    return site->site.frame_count == stack->end - stack->culprit;
}

/* NULL when memory ran out, or when they are too many. */
static hg_gathered_site *part_of(hg_gathered *parts, const raw_stack *stack, part_list *list)
{
    for (uint32_t number = list->first; number != 0; number = parts->sites[number - 1].next)
        if (has_lines(&parts->sites[number - 1], stack))
            return &parts->sites[number - 1];
    if (++list->count > HG_MOST_PARTS)
        return NULL;
    hg_gathered_site *added = add_site(parts, stack);
    if (added) {
        added->next = list->first;
        list->first = (uint32_t)parts->count;
    }
    return added;
}

static bool part_context(gathering *how, uint32_t context, uint32_t origin, part_list *list,
                         hg_gathered *parts)
{
    if (list->count > HG_MOST_PARTS)
        return true;
    if (!expand_context(how, context))
        return false;
    fold_recursion(how->stack);
    hg_gathered_site *part = part_of(parts, how->stack, list);
    if (!part)
        return list->count > HG_MOST_PARTS;
    part->origin = origin;
    add_context(how->record, context, parts, part);
    return true;
}

bool hg_sites_part(const hg_record *record, const hg_module_owners *owners, hg_symbols *symbols,
                   const hg_gathered *gathered, const bool *wanted, hg_gathered *ret_parts)
{
    gathering how;
    part_list *lists = calloc(gathered->count + 1, sizeof *lists);
    bool done = make_arrays(ret_parts, gathered->epochs, gathered->contexts);
    done = begin_gathering(record, owners, symbols, gathered, &how) && done && lists;
    for (uint32_t context = 1; context < gathered->contexts && done; context++) {
        uint32_t number = gathered->site_of[context];
        if (number > 0 && wanted[number - 1])
            done = part_context(&how, context, number - 1, &lists[number - 1], ret_parts);
    }
    for (size_t i = 0; i < ret_parts->count && done; i++) {
        hg_gathered_site *part = &ret_parts->sites[i];
        uint32_t count = lists[part->origin].count;
        if (count < 2 || count > HG_MOST_PARTS)
            part->origin = HG_PART_OF_NONE;
    }
    end_gathering(&how);
    free(lists);
    return done;
}

bool hg_sites_replace(hg_gathered *gathered, uint32_t number, hg_gathered *parts)
{
    size_t added = 0;
    for (size_t i = 0; i < parts->count; i++)
        added += parts->sites[i].origin == number;
    if (gathered->count + added > gathered->capacity) {
        size_t capacity = gathered->count + added;
        hg_gathered_site *grown = realloc(gathered->sites, capacity * sizeof *grown);
        if (!grown)
            return false;
        gathered->sites = grown;
        gathered->capacity = capacity;
    }
    bool first = true;
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->sites[i].origin != number)
            continue;
        size_t place = first ? number : gathered->count++;
        if (first)
            clear_gathered(&gathered->sites[place]);
        gathered->sites[place] = parts->sites[i];
        parts->sites[i] = (hg_gathered_site){.origin = HG_PART_OF_NONE};
        for (uint32_t context = 0; context < gathered->contexts; context++)
            if (parts->site_of[context] == i + 1)
                gathered->site_of[context] = (uint32_t)place + 1;
        first = false;
    }
    return true;
}

static bool are_at_same_place(const hg_frame *a, const hg_frame *b)
{
    return a->line == b->line && (a->line > 0 || a->module[0] == '\0' || a->offset == b->offset);
}

bool hg_sites_have_same_places(const hg_site *a, const hg_site *b)
{
    for (size_t i = 0; i < a->frame_count && i < b->frame_count; i++)
        if (!are_at_same_place(&a->frames[i], &b->frames[i]))
            return false;
    return a->frame_count == b->frame_count;
}

bool hg_sites_are_same(const hg_site *a, const hg_site *b)
{
    return hg_same_call_path(a, b) &&
           (a->frame_count == 0 || b->frame_count == 0 || are_at_same_place(&a->frames[0], &b->frames[0]));
}

void hg_gathered_free(hg_gathered *gathered)
{
    for (size_t i = 0; i < gathered->count; i++)
        clear_gathered(&gathered->sites[i]);
    free(gathered->sites);
    free(gathered->whole_blocks);
    free(gathered->whole_bytes);
    free(gathered->control_blocks);
    free(gathered->control_bytes);
    free(gathered->site_of);
    hg_intern_free(&gathered->keys);
    hg_buffer_free(&gathered->firsts);
    *gathered = (hg_gathered){0};
}
