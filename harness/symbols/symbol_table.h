/*
 * The symbol table of a module in order of address. libdw's own look-up goes through all symbols for each
 * address, which for thousands of addresses in a large program takes seconds.
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
    GElf_Addr reach; /* the largest end of this symbol and all before it */
    const char *name;
} hg_table_symbol;

/* All zero is an empty table. */
typedef struct hg_symbol_table {
    hg_table_symbol *sorted; /* by begin; those with a size */
    size_t count;
} hg_symbol_table;

/* False when memory ran out; the table is empty then. The names live as long as the module. */
bool hg_symbol_table_read(Dwfl_Module *module, hg_symbol_table *ret_table);
void hg_symbol_table_clear(hg_symbol_table *table);

/*
 * The number of symbols that the address lies in: 0, 1, or 2 for more. *ret_name is the name of the only one,
 * else untouched.
 */
int hg_symbol_table_find(const hg_symbol_table *table, GElf_Addr address, const char **ret_name);

#endif
