#include "symbols/symbol_table.h"

#include <stdlib.h>

static int compare_symbols(const void *left, const void *right)
{
    const hg_table_symbol *a = left;
    const hg_table_symbol *b = right;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

/* Whether libdw's look-up by address would also use the symbol. */
static bool is_named_code(const GElf_Sym *symbol, const char *name)
{
    int type = GELF_ST_TYPE(symbol->st_info);
    return name && name[0] != '\0' && symbol->st_size > 0 && symbol->st_shndx != SHN_UNDEF &&
           type != STT_SECTION && type != STT_FILE && type != STT_TLS;
}

static void note_reach(hg_symbol_table *table)
{
    GElf_Addr reach = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (table->sorted[i].end > reach)
            reach = table->sorted[i].end;
        table->sorted[i].reach = reach;
    }
}

bool hg_symbol_table_read(Dwfl_Module *module, hg_symbol_table *ret_table)
{
    *ret_table = (hg_symbol_table){0};
    int symbols = dwfl_module_getsymtab(module);
    if (symbols <= 0)
        return true;
    hg_symbol_table table = {.sorted = calloc((size_t)symbols, sizeof *table.sorted)};
    if (!table.sorted)
        return false;
    for (int i = 0; i < symbols; i++) {
        GElf_Sym symbol;
        GElf_Addr begin;
        const char *name = dwfl_module_getsym_info(module, i, &symbol, &begin, NULL, NULL, NULL);
        if (is_named_code(&symbol, name))
            table.sorted[table.count++] =
                (hg_table_symbol){.begin = begin, .end = begin + symbol.st_size, .name = name};
    }
    qsort(table.sorted, table.count, sizeof *table.sorted, compare_symbols);
    note_reach(&table);
    *ret_table = table;
    return true;
}

void hg_symbol_table_clear(hg_symbol_table *table)
{
    free(table->sorted);
    *table = (hg_symbol_table){0};
}

/* The number of symbols that begin at or before the address. */
static size_t begun(const hg_symbol_table *table, GElf_Addr address)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->sorted[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int hg_symbol_table_find(const hg_symbol_table *table, GElf_Addr address, const char **ret_name)
{
    const hg_table_symbol *only = NULL;
    for (size_t i = begun(table, address); i > 0 && table->sorted[i - 1].reach > address; i--) {
        const hg_table_symbol *symbol = &table->sorted[i - 1];
        if (symbol->end <= address)
            continue;
        if (only)
            return 2;
        only = symbol;
    }
    if (!only)
        return 0;
    *ret_name = only->name;
    return 1;
}
