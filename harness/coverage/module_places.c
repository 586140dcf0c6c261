#include "coverage/module_places.h"

#include "analysis/function_name.h"
#include "coverage/allocating.h"
#include "coverage/freed.h"
#include "verdict/sites.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t nowhere = SIZE_MAX;

/* One module while its stacks are followed. */
typedef struct place_work {
    hg_place_search *search;
    size_t module;
    const hg_reached_module *id;
    const hg_module_code *code;
    const hg_code_function *functions;
    hg_call_sites sites;
    size_t *place_of; /* by call: the number of its place; nowhere: none */
    size_t first;     /* of the module's places */
    hg_tried *tried;
    bool *doubtful; /* by call: jumps of which it is not known whether they were reached */
    bool *ran;      /* by function: a stack shows that it did */
    size_t *places; /* by stack: the place that it allocates at; nowhere: none */
    /* A place that calls by a pointer was next to an allocator: in the module, or in another. */
    bool pointer_here, pointer_elsewhere;
    bool failed;
} place_work;

bool hg_place_search_start(const hg_reached *reached, hg_place_search *ret_search)
{
    *ret_search = (hg_place_search){.reached = reached, .symbols = hg_symbol_reader_new()};
    ret_search->code = calloc(reached->module_count + 1, sizeof(hg_module_code *));
    ret_search->code_failed = calloc(reached->module_count + 1, sizeof(bool));
    if (ret_search->symbols && ret_search->code && ret_search->code_failed)
        return true;
    hg_place_search_stop(ret_search);
    return false;
}

void hg_place_search_stop(hg_place_search *search)
{
    for (size_t i = 0; search->code && i < search->reached->module_count; i++)
        hg_module_code_free(search->code[i]);
    free(search->code);
    free(search->code_failed);
    hg_demangler_clear(&search->demangler);
    hg_symbol_reader_free(search->symbols);
    *search = (hg_place_search){0};
}

static hg_module_id id_of(const hg_reached_module *module)
{
    return (hg_module_id){module->path, module->build_id, module->build_id_size};
}

/* NULL: it cannot be read; *ret_why says why. */
static const hg_module_code *code_of(hg_place_search *search, size_t module, const char **ret_why)
{
    const hg_module_id id = id_of(&search->reached->modules[module]);
    *ret_why = "cannot be read";
    if (!search->code[module] && !search->code_failed[module]) {
        search->code[module] = hg_module_code_read(&id, ret_why);
        search->code_failed[module] = !search->code[module];
    }
    return search->code[module];
}

/* Whether the function only passes on, by its name: a copy that was inlined has no code of its own. */
static bool passes_on(const place_work *work, const hg_symbol *symbol)
{
    size_t function = hg_module_code_function_named(work->code, symbol->function);
    return hg_is_language_function(symbol->function, symbol->file) ||
           (function != nowhere && work->sites.roles[function].passes);
}

static bool is_same_place(const hg_tried_site *a, const hg_tried_site *b)
{
    if (a->line != b->line || strcmp(a->calls, b->calls) != 0 || strcmp(a->file, b->file) != 0)
        return false;
    return a->line > 0 || strcmp(a->function, b->function) == 0;
}

static size_t add_place(place_work *work, const hg_tried_site *place)
{
    for (size_t i = work->first; i < work->tried->site_count; i++)
        if (is_same_place(&work->tried->sites[i], place))
            return i;
    if (!hg_tried_add(work->tried, place)) {
        work->failed = true;
        return nowhere;
    }
    return work->tried->site_count - 1;
}

/* The place of a call; nowhere: it is of a language's own library, and nobody's. A new one begins as told:
 * as one that is to be tried, or one that was seen. */
static size_t find_place(place_work *work, uint64_t after, const char *calls, hg_reach reach, bool sometimes)
{
    char unnamed[64];
    size_t count, at = 0;
    const hg_module_id id = id_of(work->id);
    const hg_symbol *chain = hg_symbol_reader_find(work->search->symbols, &id, after, &count);
    const char *allocator = hg_allocating_name(calls);
    if (!chain) {
        work->failed = true;
        return nowhere;
    }
    /* The outermost of those that pass on is who the line calls; one of a language's own library is not. */
    for (; at + 1 < count && chain[at].inlined && passes_on(work, &chain[at]); at++)
        if (!hg_is_language_function(chain[at].function, chain[at].file)) {
            allocator = NULL;
            calls = chain[at].function;
        }
    const char *called = allocator ? allocator : hg_demangle(&work->search->demangler, calls);
    work->failed |= !called;
    if (!called)
        return nowhere;
    if (hg_is_language_function(chain[at].function, chain[at].file))
        return nowhere;
    const char *function = chain[at].function;
    if (!function[0]) {
        size_t in = hg_module_code_function_at(work->code, after - 1);
        snprintf(unnamed, sizeof unnamed, "function at 0x%" PRIx64,
                 in != nowhere ? work->functions[in].begin : after);
        function = unnamed;
    }
    bool has_line = chain[at].line > 0 && chain[at].file[0];
    work->tried->modules[work->tried->module_count - 1].has_lines |= has_line;
    const hg_tried_site place = {.module = (char *)hg_sites_shorten(work->id->path),
                                 .function = (char *)function,
                                 .file = has_line ? (char *)hg_sites_shorten(chain[at].file) : (char *)"",
                                 .line = has_line ? chain[at].line : 0,
                                 .calls = called[0] ? (char *)called : (char *)"a function without a name",
                                 .reach = reach,
                                 .sometimes = sometimes};
    size_t number = add_place(work, &place);
    if (number != nowhere)
        work->tried->sites[number].sometimes &= sometimes;
    return number;
}

/* Which functions were inlined, as far as calls that allocate show. */
static void note_inlined(place_work *work)
{
    const hg_module_id id = id_of(work->id);
    for (size_t i = 0; i < work->sites.count && !work->failed; i++) {
        size_t count;
        const hg_symbol *chain =
            hg_symbol_reader_find(work->search->symbols, &id, work->sites.calls[i].after, &count);
        work->failed = !chain;
        for (size_t k = 0; chain && k < count && chain[k].inlined; k++) {
            size_t function = hg_module_code_function_named(work->code, chain[k].function);
            if (function != nowhere)
                hg_call_sites_inlined(&work->sites, function);
        }
    }
}

static void find_places(place_work *work)
{
    note_inlined(work);
    for (size_t i = 0; i < work->sites.count && !work->failed; i++) {
        const hg_call_site *call = &work->sites.calls[i];
        bool is_site = call->kind == HG_CALL_SITE || call->kind == HG_CALL_JUMP;
        work->place_of[i] =
            is_site ? find_place(work, call->after, call->calls, HG_REACH_UNTRIED, call->sometimes) : nowhere;
    }
}

/* Gives the place again. */
static size_t count(place_work *work, size_t number, const hg_reached_stack *stack)
{
    const char *workload, *subject;
    if (number == nowhere)
        return nowhere;
    hg_tried_site *place = &work->tried->sites[number];
    hg_tried_use *use = NULL;
    place->after_faults = hg_count_sum(place->after_faults, (int64_t)stack->count.after_faults);
    if (stack->count.allocated_blocks == 0) {
        if (place->reach == HG_REACH_UNTRIED)
            place->reach = HG_REACH_FAILURE;
        return number;
    }
    hg_reached_use(work->search->reached, stack->use, &workload, &subject);
    for (size_t i = 0; i < place->use_count && !use; i++)
        if (strcmp(place->uses[i].workload, workload) == 0 && strcmp(place->uses[i].subject, subject) == 0)
            use = &place->uses[i];
    if (!use)
        use = hg_tried_add_use(place, workload, subject);
    if (!use) {
        work->failed = true;
        return nowhere;
    }
    if (place->reach != HG_REACH_SEEN)
        place->reach = HG_REACH_TRIED;
    use->blocks = hg_count_sum(use->blocks, (int64_t)stack->count.allocated_blocks);
    place->blocks = hg_count_sum(place->blocks, (int64_t)stack->count.allocated_blocks);
    place->freed_blocks = hg_count_sum(place->freed_blocks, (int64_t)stack->count.freed_blocks);
    return number;
}

/* A function was called that ended with a jump to an allocator. */
static size_t count_jump(place_work *work, size_t function, const hg_reached_stack *stack)
{
    const hg_call_role *role = &work->sites.roles[function];
    const hg_call_site *jump = hg_call_sites_at(&work->sites, role->jump);
    if (!jump)
        return nowhere;
    if (!role->jumps)
        return count(work, work->place_of[jump - work->sites.calls], stack);
    for (size_t i = 0; i < work->sites.count; i++)
        work->doubtful[i] |= work->sites.calls[i].kind == HG_CALL_JUMP;
    return nowhere;
}

/* Whom the code around a return address in another module says it called, if that is a function of this
 * one that can have ended with a jump. */
static size_t follow_caller(place_work *work, size_t module, uint64_t offset, const hg_reached_stack *stack)
{
    const char *why;
    hg_code_callee callee;
    const hg_module_code *code = code_of(work->search, module, &why);
    if (!code || !hg_module_code_called(code, offset, &callee)) {
        work->pointer_elsewhere = true;
        return nowhere;
    }
    size_t function = callee.import ? hg_module_code_function_named(work->code, callee.import) : SIZE_MAX;
    bool jumps = function != nowhere && work->sites.roles[function].jump != 0;
    return jumps ? count_jump(work, function, stack) : nowhere;
}

/* A call that is none of the known ones, but below which a block was allocated: by a pointer, or of a
 * function of another library. Only by such: what a workload's function allocates that a library calls back
 * is the workload's. */
static size_t count_seen(place_work *work, uint64_t offset, bool next_to_allocator,
                         const hg_reached_stack *stack)
{
    hg_code_callee callee;
    bool named = hg_module_code_called(work->code, offset, &callee);
    work->pointer_here |= next_to_allocator;
    if (stack->count.allocated_blocks == 0)
        return nowhere;
    if (named && !callee.import && !next_to_allocator)
        return nowhere;
    const char *calls = named && callee.import ? callee.import : "a pointer";
    return count(work, find_place(work, offset, calls, HG_REACH_SEEN, false), stack);
}

/* A frame that is the module's: false, and the one behind it says which call it was. */
static bool follow_frame(place_work *work, uint64_t offset, const hg_reached_stack *stack, size_t *ret_place)
{
    const hg_call_site *call = hg_call_sites_at(&work->sites, offset);
    if (call && call->kind == HG_CALL_PASSES)
        return false;
    if (call && call->kind == HG_CALL_STANDS)
        *ret_place = count_jump(work, call->callee, stack);
    else if (call && call->kind == HG_CALL_SITE)
        *ret_place = count(work, work->place_of[call - work->sites.calls], stack);
    return true;
}

/* The frame nearest to the allocator that is the module's says which call it was. Gives its place. */
static size_t follow_stack(place_work *work, const hg_reached_stack *stack, bool has_jumps)
{
    const hg_reached_module *modules = work->search->reached->modules;
    size_t place = nowhere;
    bool outside = true; /* no frame but of the C library and its like until here */
    bool beside = true;  /* nor of a module under test, a workload or heapgate */
    for (size_t i = 0; i < stack->frame_count; i++) {
        uint64_t offset;
        size_t module = hg_reached_frame(stack, i, &offset);
        if (module != nowhere && modules[module].as == HG_LOADED_PROBE)
            continue;
        if (module != work->module) {
            bool runtime = module != nowhere && hg_sites_is_runtime(modules[module].path);
            bool own = module != nowhere && modules[module].as == HG_LOADED_OWN;
            if (outside && has_jumps && module != nowhere && !runtime && !own)
                place = follow_caller(work, module, offset, stack);
            outside = outside && runtime;
            beside = beside && module != nowhere && modules[module].as == HG_LOADED_BESIDE;
            continue;
        }
        if (!hg_call_sites_at(&work->sites, offset))
            return beside ? count_seen(work, offset, i == 0, stack) : place;
        if (follow_frame(work, offset, stack, &place))
            return place;
        outside = beside = false;
    }
    return place;
}

/* Which functions of the module the stack shows. */
static void note_run(place_work *work, const hg_reached_stack *stack)
{
    for (size_t i = 0; i < stack->frame_count; i++) {
        uint64_t offset;
        bool inside = hg_reached_frame(stack, i, &offset) == work->module;
        size_t function = inside ? hg_module_code_function_at(work->code, offset - 1) : nowhere;
        if (function != nowhere)
            work->ran[function] = true;
    }
}

/* By whom blocks of the places are freed. */
static void follow_frees(place_work *work)
{
    const hg_reached *reached = work->search->reached;
    for (size_t i = 0; i < hg_reached_frees(reached) && !work->failed; i++) {
        size_t of;
        const hg_reached_stack path = hg_reached_free_at(reached, i, &of);
        note_run(work, &path);
        if (work->places[of] != nowhere)
            work->failed =
                !hg_freed_note(work->search->symbols, reached, &path, &work->tried->sites[work->places[of]]);
    }
}

/* A jump that no stack shows may have been reached all the same, if somebody can have called its function
 * by a pointer. */
static void judge_jumps(place_work *work, size_t function_count)
{
    for (size_t i = 0; i < function_count; i++) {
        const hg_call_role *role = &work->sites.roles[i];
        bool possible = (role->taken && (work->pointer_here || work->pointer_elsewhere)) ||
                        (work->functions[i].exported && work->pointer_elsewhere);
        const hg_call_site *jump = possible && role->jump ? hg_call_sites_at(&work->sites, role->jump) : NULL;
        if (jump)
            work->doubtful[jump - work->sites.calls] = true;
    }
    for (size_t i = 0; i < work->sites.count; i++) {
        hg_tried_site *place =
            work->doubtful[i] && work->place_of[i] != nowhere ? &work->tried->sites[work->place_of[i]] : NULL;
        if (place && place->reach == HG_REACH_UNTRIED)
            place->reach = HG_REACH_UNCLEAR;
    }
}

static bool has_other_site(const hg_tried *tried, size_t first, const hg_tried_site *place)
{
    for (size_t i = first; i < tried->site_count; i++)
        if (tried->sites[i].line == place->line && place->line > 0 && !tried->sites[i].sometimes &&
            tried->sites[i].reach != HG_REACH_SEEN && strcmp(tried->sites[i].file, place->file) == 0)
            return true;
    return false;
}

/* Of places that allocate sometimes, it is not known whether they were tried if their function ran. */
static void judge_sometimes(place_work *work)
{
    for (size_t i = 0; i < work->sites.count; i++) {
        hg_tried_site *place = work->place_of[i] != nowhere ? &work->tried->sites[work->place_of[i]] : NULL;
        if (place && place->sometimes && place->reach == HG_REACH_UNTRIED &&
            work->ran[work->sites.calls[i].function])
            place->reach = HG_REACH_UNCLEAR;
    }
}

/* Beside another place of its line, a place that allocates sometimes is none of its own. The numbers of
 * places are no good after it. */
static void leave_out_sometimes(place_work *work)
{
    for (size_t i = work->tried->site_count; i-- > work->first;) {
        hg_tried_site *place = &work->tried->sites[i];
        if (!place->sometimes || !has_other_site(work->tried, work->first, place))
            continue;
        if (place->reach == HG_REACH_TRIED)
            place->reach = HG_REACH_SEEN;
        else
            hg_tried_remove(work->tried, i);
    }
}

static void count_faults(place_work *work, const hg_torture *torture)
{
    const char *path = hg_sites_shorten(work->id->path);
    for (size_t i = 0; i < torture->fault_count; i++) {
        const hg_fault *fault = &torture->faults[i];
        for (size_t k = 0; k < fault->path_count; k++) {
            const hg_call_site *call = strcmp(fault->path[k].module, path) == 0
                                           ? hg_call_sites_at(&work->sites, fault->path[k].offset)
                                           : NULL;
            size_t place = call ? work->place_of[call - work->sites.calls] : nowhere;
            if (place == nowhere)
                continue;
            work->tried->sites[place].faults++;
            break;
        }
    }
}

/* What was not tried first, by file and line. */
static int compare_places(const void *left, const void *right)
{
    static const int rank[] = {[HG_REACH_UNTRIED] = 0,
                               [HG_REACH_UNCLEAR] = 1,
                               [HG_REACH_FAILURE] = 2,
                               [HG_REACH_TRIED] = 3,
                               [HG_REACH_SEEN] = 4};
    const hg_tried_site *a = left;
    const hg_tried_site *b = right;
    if (a->reach != b->reach)
        return rank[a->reach] - rank[b->reach];
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = a->line - b->line;
    return order ? order : strcmp(a->function, b->function);
}

static void follow_stacks(place_work *work, const hg_torture *torture, size_t function_count)
{
    bool has_jumps = false;
    find_places(work);
    for (size_t i = 0; i < work->sites.count; i++)
        has_jumps |= work->sites.calls[i].kind == HG_CALL_JUMP;
    for (size_t i = 0; i < hg_reached_stacks(work->search->reached) && !work->failed; i++) {
        const hg_reached_stack stack = hg_reached_at(work->search->reached, i);
        work->places[i] = follow_stack(work, &stack, has_jumps);
        note_run(work, &stack);
    }
    follow_frees(work);
    judge_jumps(work, function_count);
    judge_sometimes(work);
    count_faults(work, torture);
    leave_out_sometimes(work);
    if (!work->failed && work->tried->site_count > work->first)
        qsort(work->tried->sites + work->first, work->tried->site_count - work->first,
              sizeof *work->tried->sites, compare_places);
}

bool hg_place_search_module(hg_place_search *search, size_t module, const hg_torture *torture,
                            hg_tried *tried)
{
    const char *why;
    size_t function_count;
    place_work work = {.search = search,
                       .module = module,
                       .id = &search->reached->modules[module],
                       .first = tried->site_count,
                       .tried = tried};
    hg_tried_module *added = hg_tried_add_module(tried, hg_sites_shorten(work.id->path));
    if (!added)
        return false;
    work.code = code_of(search, module, &why);
    if (!work.code)
        return hg_cell_say(&added->message, "its file %s", why);
    work.functions = hg_module_code_functions(work.code, &function_count);
    bool done = hg_call_sites_find(work.code, &work.sites);
    work.place_of = calloc(work.sites.count + 1, sizeof *work.place_of);
    work.doubtful = calloc(work.sites.count + 1, sizeof *work.doubtful);
    work.ran = calloc(function_count + 1, sizeof *work.ran);
    work.places = calloc(hg_reached_stacks(search->reached) + 1, sizeof *work.places);
    done = done && work.place_of && work.doubtful && work.ran && work.places;
    if (done)
        follow_stacks(&work, torture, function_count);
    free(work.place_of);
    free(work.doubtful);
    free(work.ran);
    free(work.places);
    hg_call_sites_free(&work.sites);
    return done && !work.failed;
}
