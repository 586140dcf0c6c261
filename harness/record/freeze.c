#include "record/record.h"

#include <stdlib.h>
#include <string.h>

/* What is sound in no way. */
static hg_record_header unsound;

static uint32_t at_most(uint32_t count, uint32_t most)
{
    return count < most ? count : most;
}

/* The counts bound what is copied. What a process that still runs adds meanwhile is beyond them. */
static void copy_header(const hg_record *record, hg_record_header *ret_header)
{
    const hg_record_header *header = record->header;
    uint32_t contexts = atomic_load(&header->contexts);
    uint32_t frames = atomic_load(&header->frames);
    uint32_t modules = atomic_load(&header->modules);
    uint32_t scripts = atomic_load(&header->scripts);
    uint32_t script_text = atomic_load(&header->script_text);
    memcpy((void *)ret_header, (const void *)header, sizeof *ret_header);
    atomic_store(&ret_header->contexts, contexts);
    atomic_store(&ret_header->frames, frames);
    atomic_store(&ret_header->modules, modules);
    atomic_store(&ret_header->scripts, scripts);
    atomic_store(&ret_header->script_text, script_text);
}

static void *copy(const void *array, size_t count, size_t size)
{
    void *made = calloc(count + 1, size);
    if (made && count > 0)
        memcpy(made, array, count * size);
    return made;
}

/* A bare record has none of these arrays, whatever the header says by now. */
static bool copy_arrays(hg_record *record)
{
    const hg_record_header *header = record->header;
    bool bare = record->shard_bytes[0] == 0;
    record->samples = copy(record->samples, record->epochs, sizeof *record->samples);
    record->modules =
        copy(record->modules, bare ? 0 : at_most(header->modules, HG_MAX_MODULES), sizeof *record->modules);
    record->scripts =
        copy(record->scripts, bare ? 0 : at_most(header->scripts, HG_MAX_SCRIPTS), sizeof *record->scripts);
    record->script_text =
        copy(record->script_text, bare ? 0 : at_most(header->script_text, HG_SCRIPT_TEXT), 1);
    record->frames =
        copy(record->frames, bare ? 0 : at_most(header->frames, HG_MAX_FRAMES), sizeof *record->frames);
    record->contexts = copy(record->contexts, bare ? 0 : at_most(header->contexts, HG_MAX_CONTEXTS),
                            sizeof *record->contexts);
    return record->samples && record->modules && record->scripts && record->script_text && record->frames &&
           record->contexts;
}

static void free_copies(const hg_record *record)
{
    free(record->header);
    free(record->samples);
    free(record->modules);
    free(record->scripts);
    free(record->script_text);
    free(record->frames);
    free(record->contexts);
}

bool hg_record_freeze(hg_record *record)
{
    if (!record->header || record->mapped)
        return true;
    hg_record frozen = *record;
    frozen.mapped = malloc(sizeof *frozen.mapped);
    frozen.header = malloc(sizeof *frozen.header);
    bool done = frozen.mapped && frozen.header;
    if (done) {
        *frozen.mapped = *record;
        copy_header(record, frozen.header);
        done = copy_arrays(&frozen);
        if (!done)
            free_copies(&frozen);
    } else {
        free(frozen.header);
    }
    if (!done) {
        free(frozen.mapped);
        return false;
    }
    if (!hg_record_is_sound(&frozen))
        memcpy((void *)frozen.header, (const void *)&unsound, sizeof unsound);
    *record = frozen;
    return true;
}

void hg_record_thaw(hg_record *record)
{
    hg_record *mapped = record->mapped;
    if (!mapped)
        return;
    free_copies(record);
    *record = *mapped;
    free(mapped);
}
