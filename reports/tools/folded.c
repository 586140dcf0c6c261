/*
 * Folded stacks, for flame graph tools: one line per growing site, "outermost;...;innermost BYTES", with the
 * bytes that it gained over the measured ops. The outermost frames are the workload, the subject and the
 * allocator, or the fault that lost the memory. If nothing grows, the file is empty.
 */
#include "base/escape.h"
#include "view/stack.h"
#include "view/torture_losses.h"
#include "view/view.h"
#include "view/writers.h"

#include <inttypes.h>
#include <string.h>

/* A semicolon separates frames, so a semicolon in a name becomes a colon. */
static void write_frame(FILE *out, const char *name)
{
    while (*name) {
        char piece[64];
        size_t taken = 0;
        while (taken < sizeof piece - 1 && name[taken] && name[taken] != ';')
            taken++;
        while (taken > sizeof piece / 2 && (name[taken] & 0xC0) == 0x80)
            taken--; /* not in the middle of a character */
        memcpy(piece, name, taken);
        piece[taken] = '\0';
        hg_escape_write(out, piece, true);
        name += taken;
        if (*name == ';') {
            fputc(':', out);
            name++;
        }
    }
}

static void write_named(FILE *out, const char *name)
{
    write_frame(out, hg_view_name(name));
    fputc(';', out);
}

static void write_site(FILE *out, const hg_cell *cell, const hg_site *site, int64_t bytes)
{
    write_named(out, cell->workload);
    write_named(out, cell->subject);
    write_named(out, cell->allocator);
    if (site->cut)
        fputs(HG_STACK_CUT ";", out);
    for (size_t i = hg_stack_depth(site); i > 0; i--) {
        char name[HG_STACK_NAME_SIZE];
        write_frame(out, hg_stack_name(hg_stack_frame(site, i - 1), name));
        if (i > 1)
            fputc(';', out);
    }
    fprintf(out, " %" PRId64 "\n", bytes);
}

static bool write_run(const hg_run *run, FILE *out)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        for (size_t k = 0; k < cell->site_count; k++) {
            int64_t bytes = hg_stack_weight(cell, &cell->sites[k]).leaked_bytes;
            if (bytes > 0)
                write_site(out, cell, &cell->sites[k], bytes);
        }
    }
    return true;
}

bool hg_report_folded(const hg_run *run, const hg_report_options *options, FILE *out)
{
    (void)options;
    return hg_torture_losses_write(run, write_run, out);
}
