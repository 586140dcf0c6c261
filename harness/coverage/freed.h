/*
 * Where blocks are freed: the line that a call path of a free leads to. Lines of a language's own library,
 * such as those of destructors of containers, are passed over for the line that uses them.
 *
 * Reads files that can be anything: only in a process of its own. Not thread-safe.
 */
#ifndef HG_COVERAGE_FREED_H
#define HG_COVERAGE_FREED_H

#include "coverage/reached.h"
#include "model/model.h"
#include "symbols/symbol_reader.h"

/* Adds the line to those of the place; nothing if the path has none but of the C library and its like. False
 * when memory ran out. */
bool hg_freed_note(hg_symbol_reader *symbols, const hg_reached *reached, const hg_reached_stack *path,
                   hg_tried_site *place);

#endif
