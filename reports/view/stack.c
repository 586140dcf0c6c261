#include "view/stack.h"
#include "model/path.h"
#include "view/view.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

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

const char *hg_stack_name(const hg_frame *frame, char buffer[HG_STACK_NAME_SIZE])
{
    if (frame->function[0])
        return frame->function;
    if (!frame->module[0])
        return "[unknown]";
    snprintf(buffer, HG_STACK_NAME_SIZE, "%.100s+0x%" PRIx64, hg_base_name(frame->module), frame->offset);
    return buffer;
}
