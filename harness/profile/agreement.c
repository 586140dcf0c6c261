#include "profile/agreement.h"

#include "analysis/function_name.h"

static bool count_grows(const hg_profile *profile, hg_tool_kind kind)
{
    size_t risen = 0;
    for (size_t i = profile->warmup_rounds; i < profile->checkpoint_count; i++) {
        const hg_tool_count *now = &profile->checkpoints[i][kind];
        const hg_tool_count *before = &profile->checkpoints[i - 1][kind];
        risen += now->blocks >= 0 ? now->blocks > before->blocks : now->bytes > before->bytes;
    }
    return 2 * risen >= profile->rounds;
}

bool hg_profile_grows(const hg_profile *profile, hg_tool_kind kind)
{
    const hg_tool_count *gained = &profile->gained[kind];
    int64_t enough = gained->blocks >= 0 ? gained->blocks : gained->bytes;
    return enough >= (int64_t)profile->rounds &&
           (profile->checkpoint_count == 0 || count_grows(profile, kind));
}

static bool passes_through(const hg_tool_site *site, const char *function)
{
    for (size_t i = 0; i < site->frame_count; i++)
        if (hg_same_function(site->frames[i].function, function))
            return true;
    return false;
}

const hg_tool_site *hg_profile_names_culprit(const hg_profile *profile, const hg_cell *cell)
{
    if (cell->site_count == 0 || cell->sites[0].growth_class != HG_CLASS_LEAK ||
        cell->sites[0].frame_count == 0 || !cell->sites[0].frames[0].function[0])
        return NULL;
    for (size_t i = 0; i < profile->sites.count; i++) {
        const hg_tool_site *site = &profile->sites.sites[i];
        if ((profile->tool->flat || hg_tool_site_growth(site).bytes > 0) &&
            passes_through(site, cell->sites[0].frames[0].function))
            return site;
    }
    return NULL;
}

static hg_cross_answer answer_of(const hg_profile *profile, const hg_cell *cell)
{
    bool lost = hg_profile_grows(profile, HG_TOOL_LOST);
    switch (cell->verdict) {
    case HG_VERDICT_LEAK:
        if (lost)
            return HG_CROSS_AGREES;
        return hg_profile_grows(profile, HG_TOOL_REACHABLE) || hg_profile_grows(profile, HG_TOOL_POSSIBLE)
                   ? HG_CROSS_REACHABLE
                   : HG_CROSS_DISAGREES;
    case HG_VERDICT_CLEAN:
    case HG_VERDICT_FRAGMENTATION:
        return lost ? HG_CROSS_DISAGREES : HG_CROSS_AGREES;
    default:
        return HG_CROSS_NONE;
    }
}

hg_cross_check hg_profile_cross_check(const hg_profile *profile, const hg_cell *cell)
{
    if (profile->state != HG_PROFILE_DONE)
        return (hg_cross_check){.answer = HG_CROSS_FAILED};
    double ops = (double)profile->ops;
    hg_tool_count lost = profile->gained[HG_TOOL_LOST];
    hg_tool_count reachable = profile->gained[HG_TOOL_REACHABLE];
    return (hg_cross_check){
        .answer = answer_of(profile, cell),
        .ops = (int64_t)profile->ops,
        .lost_bytes_per_op = (double)lost.bytes / ops,
        .lost_blocks_per_op = (double)lost.blocks / ops,
        .reachable_bytes_per_op = (double)reachable.bytes / ops,
        .reachable_blocks_per_op = (double)reachable.blocks / ops,
    };
}
