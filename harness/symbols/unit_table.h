/*
 * The compile units of a module by address, and the functions of each unit.
 *
 * libdw finds a unit by .debug_aranges, which clang and rustc do not write, and looks for functions only
 * directly below the unit, where those of Rust are not. The ranges in the units themselves have it all. A
 * module's units are read once, when the first address in it is asked for, and a unit's functions likewise;
 * with split DWARF, only the .dwo files of units that are asked for are opened.
 *
 * Not thread-safe.
 */
#ifndef HG_SYMBOLS_UNIT_TABLE_H
#define HG_SYMBOLS_UNIT_TABLE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>

/* Addresses that belong to one unit or function. */
typedef struct hg_die_range {
    Dwarf_Addr begin, end;
    Dwarf_Addr reach; /* the largest end of this range and those before it */
    size_t index;     /* of the unit, or the offset of the function's entry */
} hg_die_range;

typedef struct hg_die_ranges {
    hg_die_range *sorted; /* by begin */
    size_t count, capacity;
} hg_die_ranges;

typedef struct hg_unit {
    Dwarf_Die lines;   /* the unit in the module's own debug information, which has the line table */
    Dwarf_Die entries; /* the unit with the functions: in a .dwo file, or the same */
    hg_die_ranges functions;
    bool functions_read;
} hg_unit;

/* A zeroed table is empty. */
typedef struct hg_unit_table {
    Dwarf_Addr bias; /* to be taken from an address of the module */
    hg_unit *units;
    size_t count, capacity;
    hg_die_ranges ranges;
    bool read;
} hg_unit_table;

/* The unit at an address without bias, whose functions are read; NULL: none is known, or memory ran out. */
hg_unit *hg_unit_table_find(hg_unit_table *table, Dwfl_Module *module, Dwarf_Addr address);

/* The entries around an address, from the function inwards: it, its blocks and what is inlined there. Their
 * number; 0: no function of the unit has the address. */
size_t hg_unit_scopes(hg_unit *unit, Dwarf_Addr address, size_t most, Dwarf_Die ret_scopes[]);

void hg_unit_table_clear(hg_unit_table *table);

#endif
