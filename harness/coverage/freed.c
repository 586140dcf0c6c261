#include "coverage/freed.h"

#include "analysis/function_name.h"
#include "verdict/sites.h"

/* One return address: true if a line of it was added. */
static bool note_frame(hg_symbol_reader *symbols, const hg_reached_module *module, uint64_t offset,
                       hg_tried_site *place, bool *ret_failed)
{
    size_t count;
    const hg_module_id id = {module->path, module->build_id, module->build_id_size};
    const hg_symbol *chain = hg_symbol_reader_find(symbols, &id, offset, &count);
    *ret_failed = !chain;
    for (size_t i = 0; chain && i < count; i++) {
        if (hg_is_language_function(chain[i].function, chain[i].file))
            continue;
        bool has_line = chain[i].line > 0 && chain[i].file[0];
        const char *function = chain[i].function[0] ? chain[i].function : hg_sites_shorten(module->path);
        *ret_failed = !hg_tried_add_free(place, function, has_line ? hg_sites_shorten(chain[i].file) : "",
                                         has_line ? chain[i].line : 0);
        return true;
    }
    return false;
}

bool hg_freed_note(hg_symbol_reader *symbols, const hg_reached *reached, const hg_reached_stack *path,
                   hg_tried_site *place)
{
    bool failed = false;
    for (size_t i = 0; i < path->frame_count && !failed; i++) {
        uint64_t offset;
        size_t number = hg_reached_frame(path, i, &offset);
        const hg_reached_module *module = number != SIZE_MAX ? &reached->modules[number] : NULL;
        if (!module || module->as <= HG_LOADED_OWN || hg_sites_is_runtime(module->path))
            continue;
        if (note_frame(symbols, module, offset, place, &failed))
            break;
    }
    return !failed;
}
