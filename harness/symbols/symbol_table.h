/*
 * The symbol table of a module, sorted by address. libdw's own look-up reads all symbols for each address,
 * which takes seconds for thousands of addresses in a large program.
 *
 * Not thread-safe.
 */
#ifndef HG_SYMBOLS_SYMBOL_TABLE_H
#define HG_SYMBOLS_SYMBOL_TABLE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct hg_table_symbol {
    GElf_Addr begin, end;
    GElf_Addr reach; /* the largest end of this symbol and those before it */
    int rank;        /* of its binding: 0 local, 1 weak, 2 global */
    int number;      /* in libdw's order */
    const char *name;
} hg_table_symbol;

/* A zeroed table is empty. */
typedef struct hg_symbol_table {
    hg_table_symbol *sorted; /* by begin; only symbols with a size */
    size_t count;
} hg_symbol_table;

/* False when memory ran out, with an empty table. The names live as long as the module. */
bool hg_symbol_table_read(Dwfl_Module *module, hg_symbol_table *ret_table);
void hg_symbol_table_clear(hg_symbol_table *table);

/*
 * The symbol that contains the address; of several the one that libdw chooses: not a local one, the
 * innermost, the one of the stronger binding, the first. NULL: there is none.
 */
const hg_table_symbol *hg_symbol_table_find(const hg_symbol_table *table, GElf_Addr address);

#endif
