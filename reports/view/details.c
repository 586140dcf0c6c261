#include "view/details.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "terminal/text.h"

#include <stdlib.h>
#include <string.h>

#define LINE_COLUMNS 400u /* of a log's line */

void hg_details_site(FILE *out, const hg_cell *cell, const hg_site *site)
{
    const hg_text text = {.out = out, .unicode = true};
    char unit[128];

    hg_escape_fit(unit, sizeof unit, hg_cell_unit(cell), 30, true);
    fprintf(out, "    %s and %s %s per %s:\n", hg_human_bytes(site->bytes_per_op).text,
            hg_human_count(site->blocks_per_op).text, site->blocks_per_op == 1.0 ? "block" : "blocks", unit);
    hg_text_site(&text, cell, site);
}

static void write_log(FILE *out, const char *log)
{
    while (log && *log) {
        char line[2 * LINE_COLUMNS];
        char shown[sizeof line];
        size_t length = strcspn(log, "\n");
        size_t kept = length < sizeof line - 1 ? length : sizeof line - 1;
        memcpy(line, log, kept);
        line[kept] = '\0';
        hg_escape_fit(shown, sizeof shown, line, LINE_COLUMNS, true);
        fprintf(out, "    | %s\n", shown);
        log += length + (log[length] == '\n');
    }
}

void hg_details_cell(FILE *out, const hg_cell *cell, size_t most_sites)
{
    size_t growing = 0;

    hg_escape_write(out, cell->reason, true);
    fputc('\n', out);
    for (size_t i = 0; i < cell->site_count; i++) {
        if (!hg_site_grows(&cell->sites[i]))
            continue;
        if (growing++ < most_sites)
            hg_details_site(out, cell, &cell->sites[i]);
    }
    if (growing > most_sites)
        fprintf(out, "    and %zu more call paths that grow; run.json has them\n", growing - most_sites);
    write_log(out, cell->log);
    if (cell->reproduce && cell->reproduce[0]) {
        fputs("    again: ", out);
        hg_escape_write(out, cell->reproduce, true);
        fputc('\n', out);
    }
}

char *hg_details_text(const hg_cell *cell, size_t most_sites)
{
    char *details = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&details, &size);

    if (!stream)
        return NULL;
    hg_details_cell(stream, cell, most_sites);
    bool made = !ferror(stream);
    if (fclose(stream) != 0 || !made) {
        free(details);
        return NULL;
    }
    return details;
}
