#include "coverage/call_sites.h"

#include "analysis/function_name.h"
#include "coverage/allocating.h"
#include "coverage/sweep.h"
#include "symbols/demangle.h"
#include "symbols/growing.h"
#include <string.h>

enum { MOST_LEVELS = 32, MOST_ENDING_BYTES = 4096 };

/* Bytes that can be a call, a jump, or a load of an address: an instruction, if a sweep says so. */
typedef struct call_candidate {
    size_t function; /* that they lie in */
    hg_code_callee callee;
} call_candidate;

typedef struct call_search {
    const hg_module_code *code;
    const hg_code_function *functions;
    size_t function_count;
    call_candidate *candidates;
    size_t candidate_count, candidate_room;
    hg_sweeper sweeper;
    hg_demangler demangler;
    hg_call_sites *found;
    hg_call_role *roles; /* the found ones */
    bool failed;
} call_search;

static void add_candidate(call_search *search, uint64_t at, hg_code_callee callee)
{
    size_t function = hg_module_code_function_at(search->code, at);
    bool wanted = callee.function != SIZE_MAX || (callee.import && hg_allocating_name(callee.import));
    if (!wanted || function == SIZE_MAX)
        return;
    call_candidate *larger =
        hg_growing_room(search->candidates, search->candidate_count, &search->candidate_room, sizeof *larger);
    if (!larger) {
        search->failed = true;
        return;
    }
    search->candidates = larger;
    larger[search->candidate_count++] = (call_candidate){.function = function, .callee = callee};
}

static uint64_t target_of(const uint8_t *displacement, uint64_t after)
{
    int32_t value;
    memcpy(&value, displacement, sizeof value);
    return after + (uint64_t)(int64_t)value;
}

static void note_called(call_search *search, hg_code_callee callee)
{
    if (callee.function != SIZE_MAX)
        search->roles[callee.function].called = true;
}

static void note_taken(call_search *search, hg_code_callee callee)
{
    if (callee.function != SIZE_MAX)
        search->roles[callee.function].taken = true;
}

/* What can be an instruction of seven bytes at most. */
static void scan_place(call_search *search, const uint8_t *bytes, uint64_t at)
{
    bool by_slot = bytes[0] == 0xff && (bytes[1] == 0x15 || bytes[1] == 0x25);
    bool wide = (bytes[0] == 0x48 || bytes[0] == 0x4c) && (bytes[2] & 0xc7) == 0x05;
    hg_code_callee callee = {.function = SIZE_MAX};
    if (bytes[0] == 0xe8 || bytes[0] == 0xe9) {
        callee = hg_module_code_callee(search->code, target_of(bytes + 1, at + 5));
        note_called(search, callee);
    } else if (by_slot) {
        callee = hg_module_code_callee_by_slot(search->code, target_of(bytes + 2, at + 6));
        note_called(search, callee);
    } else if (wide && bytes[1] == 0x8b) {
        callee = hg_module_code_callee_by_slot(search->code, target_of(bytes + 3, at + 7));
        note_called(search, callee);
        note_taken(search, callee);
    } else if (wide && bytes[1] == 0x8d) {
        note_taken(search, hg_module_code_callee(search->code, target_of(bytes + 3, at + 7)));
    }
    if (callee.import || callee.function != SIZE_MAX)
        add_candidate(search, at, callee);
}

static void scan_section(call_search *search, const hg_code_section *section)
{
    uint8_t last[16] = {0};
    size_t i = 0;
    for (; i + 7 <= section->size && !search->failed; i++)
        scan_place(search, section->bytes + i, section->begin + i);
    memcpy(last, section->bytes + i, section->size - i);
    for (size_t k = 0; i + k < section->size && !search->failed; k++)
        scan_place(search, last + k, section->begin + i + k);
}

/* Who allocates, for people; NULL: the callee does not. */
static const char *allocator_of(const call_search *search, hg_code_callee callee)
{
    if (callee.import)
        return hg_allocating_name(callee.import);
    if (callee.function == SIZE_MAX || !search->roles)
        return NULL;
    const hg_code_function *function = &search->functions[callee.function];
    if (function->allocates)
        return function->allocates;
    return search->roles[callee.function].passes ? function->name : NULL;
}

/* The same of a call, with its arguments. */
static const char *allocator_called(const call_search *search, const hg_sweep_call *call)
{
    const char *allocator = allocator_of(search, call->callee);
    unsigned null = allocator && call->callee.import ? hg_allocating_null_argument(call->callee.import) : 0;
    return null > 0 && !call->null[null - 1] ? NULL : allocator;
}

/* Whether a call of an allocator may also do without. */
static bool is_sometimes(const call_search *search, hg_code_callee callee)
{
    return callee.import ? hg_allocating_sometimes(callee.import)
                         : search->roles[callee.function].passes && search->roles[callee.function].sometimes;
}

/* Whether the function can only end the program. */
static bool never_returns(call_search *search, size_t function)
{
    const hg_code_function *of = &search->functions[function];
    if (of->end - of->begin > MOST_ENDING_BYTES)
        return false;
    const hg_swept *swept = hg_sweep(&search->sweeper, function);
    bool leaves = swept->returns;
    for (size_t i = 0; i < swept->count; i++)
        leaves |= search->sweeper.calls[swept->first + i].jump;
    return !leaves;
}

static bool is_harmless(call_search *search, const hg_sweep_call *call)
{
    if (call->cold)
        return true;
    if (call->callee.import)
        return hg_allocating_may_call(call->callee.import);
    return call->callee.function != SIZE_MAX &&
           (hg_allocating_may_call(search->functions[call->callee.function].name) ||
            never_returns(search, call->callee.function));
}

/* Whether the call says itself how much it wants: then its function makes one kind of thing. */
static bool is_of_fixed_size(const char *allocator, const bool fixed[2])
{
    if (strcmp(allocator, "malloc") == 0 || strncmp(allocator, "operator new", 12) == 0 ||
        strcmp(allocator, "throw") == 0)
        return fixed[0];
    if (strcmp(allocator, "calloc") == 0)
        return fixed[0] && fixed[1];
    static const char *const second[] = {"realloc", "aligned_alloc", "memalign", "mmap"};
    for (size_t i = 0; i < sizeof second / sizeof *second; i++)
        if (strcmp(allocator, second[i]) == 0)
            return fixed[1];
    return false;
}

/* Whether a function that passes on may get its memory so: not from a container or a string, which keep
 * it. */
static bool hands_memory_out(const call_search *search, const hg_sweep_call *call, const char *allocator)
{
    size_t callee = call->callee.function;
    bool container = callee != SIZE_MAX && search->roles[callee].of_language;
    return !container && !is_sometimes(search, call->callee) && !is_of_fixed_size(allocator, call->fixed);
}

static bool is_of_language(call_search *search, size_t function)
{
    const char *name = hg_demangle(&search->demangler, search->functions[function].name);
    search->failed |= !name;
    return name && hg_is_language_function(name, "");
}

/* Whether something new is known of the function. */
static bool decide(call_search *search, size_t function)
{
    hg_call_role *role = &search->roles[function];
    hg_call_role before = *role;
    const hg_swept swept = *hg_sweep(&search->sweeper, function);
    bool allocates = false, always = false, clean = !swept.writes;
    role->jump = 0;
    role->jumps = false;
    for (size_t i = 0; i < swept.count && !search->failed; i++) {
        const hg_sweep_call call = search->sweeper.calls[swept.first + i]; /* sweeping may move it */
        const char *allocator = allocator_called(search, &call);
        const hg_call_role *next =
            call.jump && call.callee.function != SIZE_MAX ? &search->roles[call.callee.function] : NULL;
        uint64_t jump = allocator && call.jump ? call.after : !allocator && next ? next->jump : 0;
        allocates |= allocator != NULL;
        always |= allocator && !is_sometimes(search, call.callee);
        clean =
            clean && (allocator ? hands_memory_out(search, &call, allocator) : is_harmless(search, &call));
        role->jumps |=
            (jump != 0 && role->jump != 0 && role->jump != jump) || (jump != 0 && next && next->jumps);
        role->jump = role->jump ? role->jump : jump;
    }
    role->would_pass = allocates && clean && !search->functions[function].allocates;
    bool may_pass = allocates && role->called && !search->functions[function].allocates;
    role->of_language = before.of_language || (may_pass && is_of_language(search, function));
    role->passes = before.passes || role->of_language || (may_pass && clean);
    role->sometimes = allocates && !always;
    return role->passes != before.passes || role->sometimes != before.sometimes ||
           role->jump != before.jump || role->jumps != before.jumps;
}

/* Functions that pass on can be called by others that do. */
static void find_roles(call_search *search)
{
    bool more = true;
    for (unsigned level = 0; more && level < MOST_LEVELS; level++) {
        more = false;
        for (size_t i = 0; i < search->candidate_count && !search->failed; i++) {
            const call_candidate *candidate = &search->candidates[i];
            if (allocator_of(search, candidate->callee) ||
                (candidate->callee.function != SIZE_MAX &&
                 search->roles[candidate->callee.function].jump != 0))
                more |= decide(search, candidate->function);
        }
    }
}

static void add_site(call_search *search, hg_call_site site)
{
    hg_call_sites *found = search->found;
    hg_call_site *larger = hg_growing_room(found->calls, found->count, &found->room, sizeof *larger);
    if (!larger) {
        search->failed = true;
        return;
    }
    found->calls = larger;
    larger[found->count++] = site;
}

/* Where a function is called by pointers alone, no call of it can be listed: it does not only pass on. */
static bool keep_passing(call_search *search)
{
    bool *reached = calloc(search->function_count + 1, sizeof *reached);
    for (size_t i = 0; reached && i < search->function_count; i++) {
        const hg_swept *swept = &search->sweeper.functions[i];
        for (size_t k = 0; k < swept->count; k++) {
            size_t callee = search->sweeper.calls[swept->first + k].callee.function;
            if (callee != SIZE_MAX)
                reached[callee] = true;
        }
    }
    for (size_t i = 0; reached && i < search->function_count; i++)
        search->roles[i].passes &= reached[i] || search->roles[i].of_language;
    bool done = reached != NULL;
    free(reached);
    return done;
}

static void add_sites_of(call_search *search, size_t function)
{
    const hg_swept *swept = &search->sweeper.functions[function];
    for (size_t i = 0; i < swept->count && !search->failed; i++) {
        const hg_sweep_call *call = &search->sweeper.calls[swept->first + i];
        const char *allocator = allocator_called(search, call);
        hg_call_site site = {.after = call->after,
                             .calls = allocator ? allocator : "",
                             .sometimes = allocator && is_sometimes(search, call->callee),
                             .function = function,
                             .callee = call->callee.function};
        bool stands = !allocator && !call->jump && call->callee.function != SIZE_MAX &&
                      search->roles[call->callee.function].jump != 0;
        if (!allocator && !stands)
            continue;
        site.kind = stands                           ? HG_CALL_STANDS
                    : search->roles[function].passes ? HG_CALL_PASSES
                    : call->jump                     ? HG_CALL_JUMP
                                                     : HG_CALL_SITE;
        add_site(search, site);
    }
}

static int compare_sites(const void *left, const void *right)
{
    const hg_call_site *a = left;
    const hg_call_site *b = right;
    return a->after < b->after ? -1 : a->after > b->after;
}

bool hg_call_sites_find(const hg_module_code *code, hg_call_sites *ret_sites)
{
    size_t section_count;
    const hg_code_section *sections = hg_module_code_sections(code, &section_count);
    call_search search = {.code = code, .found = ret_sites};
    *ret_sites = (hg_call_sites){0};
    search.functions = hg_module_code_functions(code, &search.function_count);
    ret_sites->roles = calloc(search.function_count + 1, sizeof *ret_sites->roles);
    search.roles = ret_sites->roles;
    if (!search.roles || !hg_sweeper_start(code, &search.sweeper))
        return false;
    for (size_t i = 0; i < search.function_count; i++)
        search.roles[i].taken = search.functions[i].taken;
    for (size_t i = 0; i < section_count; i++)
        scan_section(&search, &sections[i]);
    find_roles(&search);
    search.failed |= !keep_passing(&search);
    for (size_t i = 0; i < search.function_count && !search.failed; i++)
        add_sites_of(&search, i);
    if (ret_sites->count > 0)
        qsort(ret_sites->calls, ret_sites->count, sizeof *ret_sites->calls, compare_sites);
    bool done = !search.failed && !search.sweeper.failed;
    hg_sweeper_stop(&search.sweeper);
    hg_demangler_clear(&search.demangler);
    free(search.candidates);
    return done;
}

void hg_call_sites_free(hg_call_sites *sites)
{
    free(sites->calls);
    free(sites->roles);
    *sites = (hg_call_sites){0};
}

void hg_call_sites_inlined(hg_call_sites *sites, size_t function)
{
    hg_call_role *role = &sites->roles[function];
    if (role->passes || !role->would_pass)
        return;
    role->passes = true;
    for (size_t i = 0; i < sites->count; i++)
        if (sites->calls[i].function == function)
            sites->calls[i].kind = HG_CALL_PASSES;
}

const hg_call_site *hg_call_sites_at(const hg_call_sites *sites, uint64_t after)
{
    const hg_call_site key = {.after = after};
    return sites->count > 0 ? bsearch(&key, sites->calls, sites->count, sizeof key, compare_sites) : NULL;
}
