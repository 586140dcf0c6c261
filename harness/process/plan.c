#include "process/plan.h"

#include <stdlib.h>
#include <string.h>

/* Whole rounds; a plug-in may say what it likes. */
static uint64_t ops_per_round(uint64_t ops, uint32_t rounds)
{
    return ((ops < HG_MOST_OPS ? ops : HG_MOST_OPS) + rounds - 1) / rounds;
}

uint64_t hg_cell_plan_warmup(const hg_cell_plan *plan)
{
    return plan->warmup_ops ? plan->warmup_ops : plan->description.warmup_ops;
}

hg_run_plan hg_cell_plan_rounds(const hg_cell_plan *plan, uint64_t round_ops)
{
    uint64_t warmup = ops_per_round(hg_cell_plan_warmup(plan), HG_WARMUP_ROUNDS);
    return (hg_run_plan){.task = HG_TASK_ROUNDS,
                         .warmup_rounds = HG_WARMUP_ROUNDS,
                         .rounds = plan->rounds,
                         .warmup_ops = warmup < round_ops ? round_ops : warmup,
                         .round_ops = round_ops};
}

hg_run_plan hg_cell_plan_run(const hg_cell_plan *plan, uint64_t ops)
{
    uint64_t said = plan->description.default_ops;
    if (ops == 0)
        ops = plan->ops ? plan->ops : said ? said : HG_DEFAULT_OPS;
    return hg_cell_plan_rounds(plan, ops_per_round(ops, plan->rounds));
}

/* The plug-in's file name without folder, "lib" and extension. */
static bool set_name_from_file(char **target, const char *path)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (strncmp(name, "lib", 3) == 0 && name[3] != '\0' && name[3] != '.')
        name += 3;
    if (!hg_cell_set(target, name))
        return false;
    char *dot = strstr(*target, ".so");
    if (dot && dot != *target)
        *dot = '\0';
    return true;
}

bool hg_cell_plan_has_bounds(const hg_cell_plan *plan)
{
    bool has = plan->undeclared != HG_UNDECLARED_IGNORE;
    for (size_t i = 0; i < 2; i++)
        has |= plan->bounds[i] && plan->bounds[i]->count > 0;
    return has;
}

bool hg_cell_label(const hg_cell_plan *plan, hg_cell *cell)
{
    cell->number = plan->number;
    cell->expect = plan->expect;
    cell->seed = plan->seed;
    cell->max_bytes_per_op = plan->max_bytes_per_op;
    cell->max_slowdown = plan->max_slowdown;
    cell->rate_per_hour = plan->rate_per_hour;
    const char *unit = plan->description.unit[0] ? plan->description.unit : "op";
    const char *name = plan->workload ? plan->workload : plan->description.name;
    return hg_cell_set(&cell->subject, plan->subject) && hg_cell_set(&cell->allocator, plan->allocator) &&
           hg_cell_set(&cell->plugin, plan->plugin) && hg_cell_set(&cell->unit, unit) &&
           hg_cell_set(&cell->reason, "") && hg_cell_set(&cell->log, "") &&
           hg_cell_set(&cell->holders_missing, "") && hg_cell_set(&cell->reproduce, "") &&
           (name[0] ? hg_cell_set(&cell->workload, name) : set_name_from_file(&cell->workload, plan->plugin));
}
