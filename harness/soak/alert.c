#include "soak/alert.h"

#include "analysis/confirm.h"

#define SURE_FACTOR 2 /* times the ops of the first sight */

void hg_soak_alert_keep(hg_soak_alert *alert, hg_cell *cell)
{
    if (cell->verdict != HG_VERDICT_LEAK || alert->suspect.verdict == HG_VERDICT_LEAK)
        return;
    alert->suspect = (hg_cell){
        .verdict = HG_VERDICT_LEAK, .ops = cell->ops, .sites = cell->sites, .site_count = cell->site_count};
    cell->sites = NULL;
    cell->site_count = 0;
}

hg_soak_alert_news hg_soak_alert_look(hg_soak_alert *alert, const hg_cell *cell)
{
    if (cell->verdict != HG_VERDICT_LEAK) {
        bool over = alert->raised && cell->verdict == HG_VERDICT_CLEAN;
        hg_cell_clear(&alert->suspect);
        alert->raised = alert->raised && !over;
        return over ? HG_SOAK_ALERT_OVER : HG_SOAK_ALERT_NOTHING;
    }
    if (alert->suspect.verdict != HG_VERDICT_LEAK || cell->ops < SURE_FACTOR * alert->suspect.ops)
        return HG_SOAK_ALERT_NOTHING;
    if (!hg_look_confirms(&alert->suspect, cell)) {
        hg_cell_clear(&alert->suspect);
        return HG_SOAK_ALERT_NOTHING;
    }
    if (alert->raised)
        return HG_SOAK_ALERT_NOTHING;
    alert->raised = true;
    alert->count++;
    return HG_SOAK_ALERT_RAISED;
}

const hg_site *hg_soak_alert_culprit(const hg_cell *cell)
{
    const hg_site *site = cell->site_count > 0 ? &cell->sites[0] : NULL;
    return site && site->growth_class == HG_CLASS_LEAK ? site : NULL;
}

void hg_soak_alert_clear(hg_soak_alert *alert)
{
    hg_cell_clear(&alert->suspect);
}
