/*
 * The places of one module that allocate, and which of them the stacks of the workloads show.
 *
 * A place is a line of source: copies of it that the compiler inlined are one. Functions of a language's own
 * library, and those that only pass on, are passed over for the line that called them.
 *
 * Reads files that can be anything: only in a process of its own. Not thread-safe.
 */
#ifndef HG_COVERAGE_MODULE_PLACES_H
#define HG_COVERAGE_MODULE_PLACES_H

#include "coverage/call_sites.h"
#include "coverage/reached.h"
#include "model/model.h"
#include "symbols/demangle.h"
#include "symbols/symbol_reader.h"

typedef struct hg_place_search {
    const hg_reached *reached;
    hg_symbol_reader *symbols;
    hg_demangler demangler;
    hg_module_code **code; /* by module, of those that were read */
    bool *code_failed;
} hg_place_search;

bool hg_place_search_start(const hg_reached *reached, hg_place_search *ret_search);
void hg_place_search_stop(hg_place_search *search);

/* Adds the module, by its number in reached, and its places. A module that cannot be read says why. False
 * when memory ran out. */
bool hg_place_search_module(hg_place_search *search, size_t module, const hg_torture *torture,
                            hg_tried *tried);

#endif
