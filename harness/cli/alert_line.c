#include "cli/alert_line.h"

#include "base/humanise.h"
#include "soak/alert.h"

void hg_alert_describe(const hg_cell *cell, double ops_per_second, FILE *out)
{
    enum { MOST_FRAMES = 6 };
    const hg_site *site = hg_soak_alert_culprit(cell);
    if (!site) {
        fprintf(out, ": %s", cell->reason);
        return;
    }
    fprintf(out, " %s per %s", hg_human_bytes(cell->bytes_per_op).text, hg_cell_unit(cell));
    if (ops_per_second > 0)
        fprintf(out, ", %s per hour at this rate",
                hg_human_bytes(cell->bytes_per_op * ops_per_second * 3600).text);
    for (size_t i = 0; i < site->frame_count && i < MOST_FRAMES; i++) {
        const hg_frame *frame = &site->frames[i];
        fprintf(out, "%s%s %s", i ? " < " : ": ", frame->function[0] ? frame->function : "?",
                frame->file[0] ? frame->file : frame->module);
        if (frame->file[0] && frame->line > 0)
            fprintf(out, ":%d", frame->line);
    }
}
