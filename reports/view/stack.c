#include "view/stack.h"
#include "model/path.h"
#include "view/view.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t hg_stack_round(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 9223372036854774784.0)
        return INT64_MAX;
    return value <= -9223372036854774784.0 ? INT64_MIN : llround(value);
}

hg_weight hg_stack_weight(const hg_cell *cell, const hg_site *site)
{
    hg_weight weight = {.live_bytes = site->live_bytes, .live_blocks = site->live_blocks};

    if (hg_site_grows(site)) {
        weight.leaked_bytes = hg_stack_round(site->bytes_per_op * (double)cell->ops);
        weight.leaked_blocks = hg_stack_round(site->blocks_per_op * (double)cell->ops);
    }
    return weight;
}

size_t hg_stack_depth(const hg_site *site)
{
    return site->inner_count + site->frame_count;
}

const hg_frame *hg_stack_frame(const hg_site *site, size_t index)
{
    assert(index < hg_stack_depth(site));
    return index < site->inner_count ? &site->inner[index] : &site->frames[index - site->inner_count];
}

const char *hg_stack_why_cut(const hg_site *site)
{
    enum { DEEP = 200 }; /* the probe records 256 frames, of which some are not shown */
    const hg_frame *last = site->frame_count > 0 ? &site->frames[site->frame_count - 1] : NULL;
    if (hg_stack_depth(site) >= DEEP)
        return "the stack is deeper than heapgate records";
    if (last && strcmp(last->function, "runtime.asmcgocall") == 0)
        return "Go runs C code on a stack of its own";
    return "the code has no unwind tables, or runs on a stack of its own";
}

const char *hg_stack_name(const hg_frame *frame, char buffer[HG_STACK_NAME_SIZE])
{
    if (frame->function[0])
        return frame->function;
    if (!frame->module[0])
        return "[unknown]";
    snprintf(buffer, HG_STACK_NAME_SIZE, "%.100s+0x%" PRIx64, hg_base_name(frame->module), frame->offset);
    return buffer;
}

/* Whether the angle bracket there belongs to the name of an operator, such as operator<< and operator->. */
static bool is_of_operator(const char *name, const char *bracket)
{
    static const char word[] = "operator";
    const size_t length = sizeof word - 1;
    const char *begin = bracket;
    while (begin > name && strchr("<>-=", begin[-1]))
        begin--;
    return (size_t)(begin - name) >= length && strncmp(begin - length, word, length) == 0;
}

/* Rust's names begin with an angle bracket that is no argument list. */
const char *hg_stack_short_function(const char *name, size_t most, char buffer[HG_SHORT_NAME_SIZE])
{
    static const char dots[] = "<...>";
    size_t used = 0, depth = 0;
    if (strlen(name) <= most || name[0] == '<')
        return name;
    for (const char *at = name; *at && used + sizeof dots < HG_SHORT_NAME_SIZE; at++) {
        bool is_arrow = *at == '>' && at > name && at[-1] == '-';
        bool is_bracket = (*at == '<' || *at == '>') && !is_arrow && !is_of_operator(name, at);
        if (depth == 0 && (!is_bracket || *at == '>'))
            buffer[used++] = *at;
        else if (is_bracket && *at == '<' && depth++ == 0)
            used += (size_t)snprintf(buffer + used, sizeof dots, "%s", dots);
        else if (is_bracket && *at == '>' && depth > 0)
            depth--;
    }
    buffer[used] = '\0';
    return buffer;
}

bool hg_stack_same_frame(const hg_frame *a, const hg_frame *b)
{
    if (!hg_same_text(a->function, b->function) || !hg_same_text(a->file, b->file) || a->line != b->line)
        return false;
    bool known = a->function && a->function[0];
    return known || (hg_same_text(a->module, b->module) && a->offset == b->offset);
}

size_t hg_stack_shared(const hg_site *a, const hg_site *b)
{
    size_t shared = 0;

    while (
        shared < a->frame_count && shared < b->frame_count &&
        hg_stack_same_frame(&a->frames[a->frame_count - 1 - shared], &b->frames[b->frame_count - 1 - shared]))
        shared++;
    return shared;
}
