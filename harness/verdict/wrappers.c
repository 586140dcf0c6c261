#include "verdict/wrappers.h"

#include <stdlib.h>
#include <string.h>

/* Where a function is or would be; the table has room. */
static hg_wrapper *place_of(const hg_wrappers *wrappers, uint64_t function)
{
    size_t at = function & (wrappers->room - 1);
    while (wrappers->table[at].function != 0 && wrappers->table[at].function != function)
        at = (at + 1) & (wrappers->room - 1);
    return &wrappers->table[at];
}

static bool make_room(hg_wrappers *wrappers)
{
    enum { FIRST = 256 };
    if (2 * (wrappers->count + 1) <= wrappers->room)
        return true;
    hg_wrappers larger = {.room = wrappers->room ? 2 * wrappers->room : FIRST};
    larger.table = calloc(larger.room, sizeof *larger.table);
    if (!larger.table)
        return false;
    for (size_t i = 0; i < wrappers->room; i++)
        if (wrappers->table[i].function != 0)
            *place_of(&larger, wrappers->table[i].function) = wrappers->table[i];
    larger.count = wrappers->count;
    free(wrappers->table);
    *wrappers = larger;
    return true;
}

/* NULL when memory ran out. */
static hg_wrapper *find(hg_wrappers *wrappers, uint64_t function)
{
    if (!make_room(wrappers))
        return NULL;
    hg_wrapper *found = place_of(wrappers, function);
    wrappers->count += found->function == 0;
    found->function = function;
    return found;
}

bool hg_wrapper_is_named(const char *function)
{
    static const char *const words[] = {"alloc", "strdup", "memdup", "strndup"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(function, words[i]))
            return true;
    return false;
}

bool hg_wrappers_note_innermost(hg_wrappers *wrappers, uint64_t function, uint64_t caller, bool named)
{
    hg_wrapper *one = find(wrappers, function);
    if (!one)
        return false;
    one->named = named;
    for (uint32_t i = 0; i < one->caller_count; i++)
        if (one->callers[i] == caller)
            return true;
    if (caller != 0 && one->caller_count < HG_WRAPPER_CALLERS)
        one->callers[one->caller_count++] = caller;
    return true;
}

bool hg_wrappers_note_outer(hg_wrappers *wrappers, uint64_t function)
{
    hg_wrapper *one = find(wrappers, function);
    if (one)
        one->calls_others = true;
    return one != NULL;
}

size_t hg_wrappers_conclude(hg_wrappers *wrappers)
{
    size_t made = 0;
    for (size_t i = 0; i < wrappers->room; i++) {
        hg_wrapper *one = &wrappers->table[i];
        uint32_t enough = one->named ? HG_WRAPPER_NAMED_CALLERS : HG_WRAPPER_CALLERS;
        bool has_shape = !one->known && !one->calls_others && one->caller_count >= enough;
        made += has_shape;
        *one = (hg_wrapper){.function = one->function, .known = one->known || has_shape};
    }
    return made;
}

bool hg_wrappers_has(const hg_wrappers *wrappers, uint64_t function)
{
    return wrappers->room > 0 && place_of(wrappers, function)->known;
}

void hg_wrappers_free(hg_wrappers *wrappers)
{
    free(wrappers->table);
    *wrappers = (hg_wrappers){0};
}
