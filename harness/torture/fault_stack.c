#include "torture/fault_stack.h"

#include "analysis/function_name.h"
#include "verdict/sites.h"
#include "verdict/wrappers.h"
#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0x100) * UINT64_C(0x100000001b3);
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 29;
}

uint64_t hg_stack_frame_hash(const hg_stack_frame *frame)
{
    const hg_symbol *symbol = frame->symbol;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (symbol->function[0] && symbol->line > 0)
        return hash_number(hash_text(hash_text(hash, symbol->function), base_name(symbol->file)),
                           (uint64_t)symbol->line);
    return hash_number(hash_text(hash_text(hash, base_name(frame->module)), symbol->function), frame->offset);
}

static bool add_frames(hg_fault_stack *stack, const hg_symbol *symbols, size_t count, hg_stack_frame like)
{
    for (size_t i = 0; i < count && stack->count < HG_MOST_STACK_FRAMES; i++) {
        hg_stack_frame *added = &stack->frames[stack->count++];
        *added = like;
        added->symbol = &symbols[i];
        added->is_foreign |= hg_is_language_function(symbols[i].function, symbols[i].file);
    }
    return stack->count < HG_MOST_STACK_FRAMES;
}

static void find_culprit(hg_fault_stack *stack)
{
    size_t at = 0;
    while (at < stack->count && stack->frames[at].is_foreign)
        at++;
    while (at + 1 < stack->count && !stack->frames[at + 1].is_foreign &&
           hg_wrapper_is_named(stack->frames[at].symbol->function))
        at++;
    stack->culprit = at;
}

bool hg_fault_stack_expand(hg_symbols *symbols, const hg_stack_owners *owners, const hg_record_frame *frames,
                           size_t count, const hg_record_module *modules, hg_fault_stack *ret_stack)
{
    ret_stack->count = 0;
    for (size_t i = 0; i < count; i++) {
        const hg_record_module *module = &modules[frames[i] >> 48];
        if (strcmp(module->path, owners->runner) == 0)
            break;
        if (strcmp(module->path, owners->probe) == 0)
            continue;
        uint64_t offset = frames[i] & 0xffffffffffffu;
        hg_module_id id = {module->path, module->build_id, module->build_id_size};
        size_t found;
        const hg_symbol *symbol = hg_symbols_find(symbols, &id, offset, &found);
        if (!symbol)
            return false;
        const hg_stack_frame like = {
            .module = module->path,
            .offset = offset,
            .is_foreign = module->path[0] == '\0' || hg_sites_is_runtime(module->path),
            .is_linker = strncmp(base_name(module->path), "ld-linux", strlen("ld-linux")) == 0,
        };
        if (!add_frames(ret_stack, symbol, found, like))
            break;
    }
    find_culprit(ret_stack);
    return true;
}

bool hg_fault_stack_copy(const hg_fault_stack *stack, size_t first, hg_frame **ret_frames, size_t *ret_count)
{
    size_t count = first < stack->count ? stack->count - first : 0;
    *ret_frames = calloc(count + 1, sizeof **ret_frames);
    *ret_count = 0;
    if (!*ret_frames)
        return false;
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        const hg_stack_frame *from = &stack->frames[first + i];
        if (!hg_sites_frame(from->symbol, from->module, from->offset, &(*ret_frames)[i]))
            return false;
    }
    return true;
}
