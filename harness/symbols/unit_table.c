#include "symbols/unit_table.h"

#include "symbols/growing.h"
#include <dwarf.h>
#include <stdint.h>
#include <stdlib.h>

enum { MOST_DEPTH = 64 }; /* of namespaces and types in each other */

static int compare_ranges(const void *left, const void *right)
{
    const hg_die_range *a = left;
    const hg_die_range *b = right;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

/* All ranges of an entry. The linker leaves code that it discarded at address 0. False: no memory. */
static bool add_ranges(hg_die_ranges *ranges, Dwarf_Die *die, size_t index)
{
    Dwarf_Addr base, begin, end;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0;) {
        if (begin == 0 || begin >= end)
            continue;
        hg_die_range *larger =
            hg_growing_room(ranges->sorted, ranges->count, &ranges->capacity, sizeof *larger);
        if (!larger)
            return false;
        ranges->sorted = larger;
        ranges->sorted[ranges->count++] = (hg_die_range){.begin = begin, .end = end, .index = index};
    }
    return true;
}

static void sort_ranges(hg_die_ranges *ranges)
{
    Dwarf_Addr reach = 0;
    if (ranges->count > 0)
        qsort(ranges->sorted, ranges->count, sizeof *ranges->sorted, compare_ranges);
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->sorted[i].end > reach)
            reach = ranges->sorted[i].end;
        ranges->sorted[i].reach = reach;
    }
}

/* The range with the address that begins last; NULL: there is none. */
static const hg_die_range *find_range(const hg_die_ranges *ranges, Dwarf_Addr address)
{
    size_t low = 0;
    size_t high = ranges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->sorted[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && ranges->sorted[i - 1].reach > address; i--)
        if (ranges->sorted[i - 1].end > address)
            return &ranges->sorted[i - 1];
    return NULL;
}

static bool add_unit(hg_unit_table *table, const Dwarf_Die *die)
{
    hg_unit *larger = hg_growing_room(table->units, table->count, &table->capacity, sizeof *larger);
    if (!larger)
        return false;
    table->units = larger;
    hg_unit *unit = &table->units[table->count];
    *unit = (hg_unit){.lines = *die, .entries = *die};
    if (!add_ranges(&table->ranges, &unit->lines, table->count))
        return false;
    table->count++;
    return true;
}

static void read_units(hg_unit_table *table, Dwfl_Module *module)
{
    Dwarf *dwarf = dwfl_module_getdwarf(module, &table->bias);
    Dwarf_Off offset = 0, next;
    size_t header_size;
    table->read = true;
    while (dwarf && dwarf_nextcu(dwarf, offset, &next, &header_size, NULL, NULL, NULL) == 0) {
        Dwarf_Die die;
        if (dwarf_offdie(dwarf, offset + header_size, &die) && !add_unit(table, &die))
            break;
        offset = next;
    }
    sort_ranges(&table->ranges);
}

/* What can have functions inside that are no part of it. */
static bool is_surrounding(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
           tag == DW_TAG_class_type || tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type;
}

static bool read_functions(hg_unit *unit, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die child;
    if (depth == MOST_DEPTH || dwarf_child(parent, &child) != 0)
        return true;
    do {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram && !add_ranges(&unit->functions, &child, dwarf_dieoffset(&child)))
            return false;
        if (is_surrounding(tag) && !read_functions(unit, &child, depth + 1))
            return false;
    } while (dwarf_siblingof(&child, &child) == 0);
    return true;
}

static void open_unit(hg_unit *unit)
{
    Dwarf_Half version;
    uint8_t type;
    Dwarf_Die split = {0};
    unit->functions_read = true;
    if (dwarf_cu_info(unit->lines.cu, &version, &type, NULL, &split, NULL, NULL, NULL) == 0 &&
        type == DW_UT_skeleton && split.addr)
        unit->entries = split;
    read_functions(unit, &unit->entries, 0);
    sort_ranges(&unit->functions);
}

hg_unit *hg_unit_table_find(hg_unit_table *table, Dwfl_Module *module, Dwarf_Addr address)
{
    if (!table->read)
        read_units(table, module);
    const hg_die_range *range = find_range(&table->ranges, address - table->bias);
    hg_unit *unit = range ? &table->units[range->index] : NULL;
    if (unit && !unit->functions_read)
        open_unit(unit);
    return unit;
}

static bool is_scope(int tag)
{
    return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
           tag == DW_TAG_catch_block;
}

size_t hg_unit_scopes(hg_unit *unit, Dwarf_Addr address, size_t most, Dwarf_Die ret_scopes[])
{
    const hg_die_range *range = find_range(&unit->functions, address);
    if (!range || most == 0 ||
        !dwarf_offdie(dwarf_cu_getdwarf(unit->entries.cu), range->index, &ret_scopes[0]))
        return 0;
    size_t count = 1;
    Dwarf_Die child;
    int more = dwarf_child(&ret_scopes[0], &child);
    while (more == 0 && count < most) {
        if (is_scope(dwarf_tag(&child)) && dwarf_haspc(&child, address) > 0) {
            ret_scopes[count++] = child;
            more = dwarf_child(&ret_scopes[count - 1], &child);
        } else {
            more = dwarf_siblingof(&child, &child);
        }
    }
    return count;
}

void hg_unit_table_clear(hg_unit_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->units[i].functions.sorted);
    free(table->units);
    free(table->ranges.sorted);
    *table = (hg_unit_table){0};
}
