#include "terminal/details.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "base/memory_stream.h"
#include "terminal/text.h"

static void write_site(const hg_text *text, const hg_cell *cell, const hg_site *site)
{
    char unit[128];

    hg_escape_fit(unit, sizeof unit, hg_cell_unit(cell), 30, text->unicode);
    fprintf(text->out, "    %s and %s per %s", hg_human_bytes(site->bytes_per_op).text,
            hg_human_amount(site->blocks_per_op, hg_site_noun(site)).text, unit);
    if (hg_takes_much_more(site->bytes_per_op, site->heap_bytes_per_op))
        fprintf(text->out, ", which take %s of the heap", hg_human_bytes(site->heap_bytes_per_op).text);
    fputs(":\n", text->out);
    hg_text_site(text, cell, site);
}

static void write_cell(const hg_text *text, const hg_cell *cell, size_t most_sites)
{
    size_t growing = 0;

    hg_escape_write(text->out, cell->reason, text->unicode);
    fputc('\n', text->out);
    for (size_t i = 0; i < cell->site_count; i++)
        if (hg_site_grows(&cell->sites[i]) && growing++ < most_sites)
            write_site(text, cell, &cell->sites[i]);
    if (growing > most_sites)
        fprintf(text->out, "    and %s; see run.json\n",
                hg_human_things(growing - most_sites, "more call path").text);
    hg_text_log(text, cell->log);
    hg_text_again(text, cell);
}

char *hg_details_text(const hg_cell *cell, size_t most_sites)
{
    hg_memory_stream stream;
    hg_text text = {.out = hg_memory_stream_begin(&stream), .unicode = true};

    if (text.out)
        write_cell(&text, cell, most_sites);
    return hg_memory_stream_end(&stream, NULL);
}
