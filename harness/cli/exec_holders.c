#include "cli/exec_holders.h"

#include "holders/apart.h"

static bool miss(hg_cell *cell, const char *why)
{
    return hg_cell_set(&cell->holders_missing, why);
}

static bool attribute(const hg_scan_file *file, const hg_record *record, const hg_module_owners *owners,
                      hg_cell *cell)
{
    hg_scan_header *header = file->header;
    const hg_attribution input = {.record = record,
                                  .file = file,
                                  .owners = *owners,
                                  .elsewhen = true,
                                  .inventory = header->wants_retained,
                                  .whole = true};
    if (!hg_scan_file_is_sound(file, record))
        return miss(cell, "the program wrote over what the scan found");
    header->message[sizeof header->message - 1] = '\0';
    if (!hg_holders_attribute_apart(&input, cell))
        return false;
    bool told = cell->holders_missing && cell->holders_missing[0];
    return told || header->message[0] == '\0' || miss(cell, header->message);
}

bool hg_exec_hold(const hg_scanned *scanned, const hg_record *record, const hg_module_owners *owners,
                  hg_cell *cell)
{
    hg_scan_file file;
    const hg_scan_header *last = scanned->last.header;
    bool leaks = cell->verdict == HG_VERDICT_LEAK && cell->site_count > 0;
    if (!leaks && !scanned->whole && !(last && last->wants_retained))
        return true;
    if (!last)
        return miss(cell, scanned->missing);
    /* What was allocated since the last checkpoint may have call paths that the record does not have. */
    if (!hg_scan_file_copy(&scanned->last, hg_record_contexts(record), &file))
        return false;
    bool done = attribute(&file, record, owners, cell);
    hg_scan_file_close(&file);
    return done;
}
