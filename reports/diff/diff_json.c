#include "base/escape.h"
#include "base/number.h"
#include "diff/diff_report.h"
#include "model/path.h"

#include <inttypes.h>

static void write_key(FILE *out, const char *key, const char *value)
{
    fprintf(out, "\"%s\": ", key);
    hg_escape_json_exact(out, value);
}

static void write_run(FILE *out, const char *side, const char *name, const hg_run *run)
{
    fprintf(out, "  \"%s\": {", side);
    write_key(out, "name", name);
    fputs(", ", out);
    write_key(out, "suite", run->suite);
    fputs(", ", out);
    write_key(out, "started", run->started);
    fputs(", ", out);
    write_key(out, "version", run->version);
    fputs("},\n", out);
}

static void write_rates(FILE *out, const char *side, double bytes, double error, double blocks)
{
    fprintf(out, "\"%s\": {\"bytes_per_op\": ", side);
    hg_number_real(out, bytes);
    fputs(", \"bytes_per_op_error\": ", out);
    hg_number_real(out, error);
    fputs(", \"blocks_per_op\": ", out);
    hg_number_real(out, blocks);
}

static void write_side(FILE *out, const char *name, const hg_diff_side *side)
{
    if (!side->site) {
        fprintf(out, "\"%s\": null", name);
        return;
    }
    write_rates(out, name, side->bytes_per_op, side->bytes_per_op_error, side->blocks_per_op);
    fprintf(out, ", \"sure\": %s", side->leaks ? "true" : "false");
    fputs(", \"frames\": [", out);
    for (size_t i = 0; i < side->site->frame_count; i++) {
        const hg_frame *frame = &side->site->frames[i];
        fputs(i > 0 ? ", {" : "{", out);
        write_key(out, "function", frame->function);
        fputs(", ", out);
        write_key(out, "file", frame->file);
        fprintf(out, ", \"line\": %d}", frame->line);
    }
    fputs("]}", out);
}

static void write_site(FILE *out, const hg_site_diff *site)
{
    const hg_site *shown = site->b.site ? site->b.site : site->a.site;

    fprintf(out, "{\"change\": \"%s\", \"renamed\": %s, \"call_path\": \"%016" PRIx64 "\",\n       ",
            hg_change_name(site->change), site->renamed ? "true" : "false", hg_path_hash(shown));
    write_side(out, "a", &site->a);
    fputs(",\n       ", out);
    write_side(out, "b", &site->b);
    fputc('}', out);
}

static void write_cell_side(FILE *out, const char *side, const hg_cell *cell)
{
    write_rates(out, side, cell->bytes_per_op, cell->bytes_per_op_error, cell->blocks_per_op);
    fprintf(out, ", \"verdict\": \"%s\", ", hg_verdict_name(cell->verdict));
    write_key(out, "subject", cell->subject);
    fputc('}', out);
}

static void write_cell(FILE *out, const hg_cell_diff *cell)
{
    fputs("{", out);
    write_key(out, "workload", cell->b->workload);
    fputs(", ", out);
    write_key(out, "allocator", cell->b->allocator);
    fprintf(out, ", \"change\": \"%s\",\n     ", hg_change_name(cell->change));
    write_cell_side(out, "a", cell->a);
    fputs(",\n     ", out);
    write_cell_side(out, "b", cell->b);
    fputs(",\n     \"sites\": [", out);
    for (size_t i = 0; i < cell->site_count; i++) {
        fputs(i > 0 ? ",\n      " : "\n      ", out);
        write_site(out, &cell->sites[i]);
    }
    fputs("]}", out);
}

static void write_only(FILE *out, const char *key, const hg_cell *const *cells, size_t count)
{
    fprintf(out, "  \"%s\": [", key);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ",\n    {" : "\n    {", out);
        write_key(out, "workload", cells[i]->workload);
        fputs(", ", out);
        write_key(out, "subject", cells[i]->subject);
        fputs(", ", out);
        write_key(out, "allocator", cells[i]->allocator);
        fprintf(out, ", \"verdict\": \"%s\"}", hg_verdict_name(cells[i]->verdict));
    }
    fputs("]", out);
}

void hg_diff_json(const hg_diff *diff, const hg_diff_names *names, FILE *out)
{
    fprintf(out, "{\n  \"schema\": \"heapgate-diff/1\",\n  \"exit_code\": %d,\n", hg_diff_exit_code(diff));
    write_run(out, "a", names->a, diff->a);
    write_run(out, "b", names->b, diff->b);
    fputs("  \"sites\": {", out);
    for (int change = 0; change < HG_CHANGES; change++)
        fprintf(out, "%s\"%s\": %zu", change > 0 ? ", " : "", hg_change_name((hg_change)change),
                hg_diff_count(diff, (hg_change)change));
    fputs("},\n  \"cells\": [", out);
    for (size_t i = 0; i < diff->cell_count; i++) {
        fputs(i > 0 ? ",\n    " : "\n    ", out);
        write_cell(out, &diff->cells[i]);
    }
    fputs("],\n", out);
    write_only(out, "only_in_a", diff->only_a, diff->only_a_count);
    fputs(",\n", out);
    write_only(out, "only_in_b", diff->only_b, diff->only_b_count);
    fputs("\n}\n", out);
}
