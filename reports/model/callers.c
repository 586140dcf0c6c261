#include "model/callers.h"
#include "base/memory_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool grows(const hg_site *site)
{
    return site->growth_class == HG_CLASS_LEAK || site->growth_class == HG_CLASS_FILLING;
}

static size_t callers_of(const hg_site *site)
{
    return grows(site) || site->frame_count == 0 ? 0 : site->frame_count - 1;
}

static size_t count_callers(const hg_run *run)
{
    size_t count = 0;

    for (size_t i = 0; i < run->cell_count; i++)
        for (size_t j = 0; j < run->cells[i].site_count; j++)
            count += callers_of(&run->cells[i].sites[j]);
    return count;
}

/* Frames are the same if the file says the same of them. */
static void gather_site(hg_callers *callers, const hg_site *site, hg_callers_frame_writer *write,
                        hg_memory_stream *stream)
{
    for (size_t i = 0; i < callers_of(site); i++) {
        write(stream->out, &site->frames[i + 1]);
        size_t size = hg_memory_stream_size(stream);
        if (stream->buffer.failed)
            return;
        callers->numbers[callers->count++] =
            (uint32_t)hg_intern_add(&callers->frames, stream->buffer.bytes, size);
        hg_buffer_empty(&stream->buffer);
    }
}

bool hg_callers_gather(hg_callers *callers, const hg_run *run, hg_callers_frame_writer *write)
{
    size_t count = count_callers(run);
    hg_memory_stream stream;

    *callers = (hg_callers){.numbers = count > 0 ? calloc(count, sizeof(uint32_t)) : NULL};
    if (!callers->numbers)
        return count == 0;
    if (hg_memory_stream_begin(&stream))
        for (size_t i = 0; i < run->cell_count; i++)
            for (size_t j = 0; j < run->cells[i].site_count && !stream.buffer.failed; j++)
                gather_site(callers, &run->cells[i].sites[j], write, &stream);
    char *rest = hg_memory_stream_end(&stream, NULL);
    bool whole = rest && !callers->frames.failed;
    if (!whole)
        hg_callers_free(callers);
    free(rest);
    return whole;
}

void hg_callers_free(hg_callers *callers)
{
    hg_intern_free(&callers->frames);
    free(callers->numbers);
    *callers = (hg_callers){0};
}

size_t hg_callers_in_place(const hg_callers *callers, const hg_site *site)
{
    return site->frame_count - (callers->count > 0 ? callers_of(site) : 0);
}

uint32_t hg_callers_next(hg_callers *callers)
{
    assert(callers->told < callers->count);
    return callers->numbers[callers->told++];
}

static bool copy_frame(const hg_frame *from, hg_frame *to, uint64_t *bytes)
{
    *to = (hg_frame){.offset = from->offset, .line = from->line, .inlined = from->inlined};
    to->function = strdup(from->function);
    to->file = strdup(from->file);
    to->module = strdup(from->module);
    if (!to->function || !to->file || !to->module)
        return false;
    *bytes += sizeof *to + strlen(to->function) + strlen(to->file) + strlen(to->module);
    return true;
}

static hg_callers_status join_site(const hg_run *run, hg_site *site, uint64_t *bytes)
{
    size_t count = site->frame_count + site->caller_count;

    if (site->caller_count > HG_CALLERS_MAX_BYTES / sizeof(hg_frame))
        return HG_CALLERS_TOO_MANY;
    hg_frame *frames = realloc(site->frames, count * sizeof *frames);
    if (!frames)
        return HG_CALLERS_NO_MEMORY;
    site->frames = frames;
    for (size_t i = 0; i < site->caller_count; i++) {
        if ((uint64_t)site->callers[i] >= run->frame_count)
            return HG_CALLERS_UNKNOWN;
        if (*bytes > HG_CALLERS_MAX_BYTES)
            return HG_CALLERS_TOO_MANY;
        if (!copy_frame(&run->frames[site->callers[i]], &frames[site->frame_count++], bytes))
            return HG_CALLERS_NO_MEMORY;
    }
    free(site->callers);
    site->callers = NULL;
    site->caller_count = 0;
    return HG_CALLERS_OK;
}

hg_callers_status hg_callers_join(hg_run *run, size_t *ret_cell, size_t *ret_site)
{
    uint64_t bytes = 0;

    for (*ret_cell = 0; *ret_cell < run->cell_count; ++*ret_cell) {
        hg_cell *cell = &run->cells[*ret_cell];
        for (*ret_site = 0; *ret_site < cell->site_count; ++*ret_site) {
            hg_site *site = &cell->sites[*ret_site];
            hg_callers_status status = site->caller_count > 0 ? join_site(run, site, &bytes) : HG_CALLERS_OK;
            if (status != HG_CALLERS_OK)
                return status;
        }
    }
    for (size_t i = 0; i < run->frame_count; i++)
        hg_frame_clear(&run->frames[i]);
    free(run->frames);
    run->frames = NULL;
    run->frame_count = 0;
    return HG_CALLERS_OK;
}
