/*
 * The data of one module: its variables by address, from its debug information and its symbol table, and its
 * types by name. Read whole, once.
 */
#ifndef HG_SYMBOLS_MODULE_DATA_H
#define HG_SYMBOLS_MODULE_DATA_H

#include "symbols/symbols.h"
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

typedef struct hg_data_object {
    uint64_t begin, end;
    const char *symbol; /* NULL: none */
    bool has_die;
    Dwarf_Die die;
    const char *function; /* NULL: not of a function */
} hg_data_object;

typedef struct hg_data_objects {
    hg_data_object *sorted; /* by begin */
    size_t count, room;
} hg_data_objects;

typedef struct hg_module_data {
    struct hg_module_data *next;
    char *path;
    Dwfl *dwfl;
    hg_data_objects variables, thread_locals;
    Dwarf_Die *types; /* structs, classes and unions that have a name, sorted by it */
    size_t type_count, type_room;
} hg_module_data;

/* Empty if the file cannot be read or is another build. NULL when memory ran out. */
hg_module_data *hg_module_data_read(const hg_module_id *id);
void hg_module_data_free(hg_module_data *data);

/* NULL for none. */
hg_data_object *hg_module_data_find(hg_module_data *data, uint64_t offset, bool thread_local_one);

/* The definition of a type by its name; false, with ret_die untouched, if there is none. */
bool hg_module_data_find_type(const hg_module_data *data, const char *name, Dwarf_Die *ret_die);

#endif
