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

static int rank_of(const GElf_Sym *symbol)
{
    switch (GELF_ST_BIND(symbol->st_info)) {
    case STB_LOCAL:
        return 0;
    case STB_WEAK:
        return 1;
    default:
        return 2;
    }
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
    Dwarf_Addr low; /* below it are symbols of sections that are not loaded */
    dwfl_module_info(module, NULL, &low, NULL, NULL, NULL, NULL, NULL);
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
        if (is_named_code(&symbol, name) && begin >= low)
            table.sorted[table.count++] = (hg_table_symbol){.begin = begin,
                                                            .end = begin + symbol.st_size,
                                                            .rank = rank_of(&symbol),
                                                            .number = i,
                                                            .name = name};
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

/* Both contain the address. */
static bool is_better(const hg_table_symbol *a, const hg_table_symbol *b)
{
    if ((a->rank == 0) != (b->rank == 0))
        return a->rank != 0;
    if (a->begin != b->begin)
        return a->begin > b->begin;
    if (a->end != b->end)
        return a->end < b->end;
    return a->rank != b->rank ? a->rank > b->rank : a->number < b->number;
}

const hg_table_symbol *hg_symbol_table_find(const hg_symbol_table *table, GElf_Addr address)
{
    const hg_table_symbol *best = NULL;
    for (size_t i = begun(table, address); i > 0 && table->sorted[i - 1].reach > address; i--) {
        const hg_table_symbol *symbol = &table->sorted[i - 1];
        if (symbol->end > address && (!best || is_better(symbol, best)))
            best = symbol;
    }
    return best;
}
