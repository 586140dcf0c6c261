/*
 * Goal: a table in order says of each address what libdw's look-up through all symbols says. Method: both are
 * asked at both ends of every symbol, inside it and right behind it.
 */
#include "symbols/symbol_table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <string.h>

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_build_id_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

/* libdw's answer, where the address lies in the symbol. */
static const char *asked_of_libdw(Dwfl_Module *module, GElf_Addr address)
{
    GElf_Off distance;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(module, address, &distance, &symbol, NULL, NULL, NULL);
    return name && distance < symbol.st_size ? name : NULL;
}

static void expect_same(Dwfl_Module *module, const hg_symbol_table *table, GElf_Addr address, size_t *found)
{
    const hg_table_symbol *symbol = hg_symbol_table_find(table, address);
    const char *expected = asked_of_libdw(module, address);
    cr_assert(eq(int, symbol != NULL, expected != NULL), "%s at %#llx", expected ? expected : symbol->name,
              (unsigned long long)address);
    if (!symbol)
        return;
    cr_assert(eq(str, (char *)symbol->name, (char *)expected), "at %#llx", (unsigned long long)address);
    ++*found;
}

/* One symbol in so many, since libdw takes its time. */
static size_t compare_all(const char *path, size_t step)
{
    Dwfl *dwfl = dwfl_begin(&callbacks);
    dwfl_report_begin(dwfl);
    Dwfl_Module *module = dwfl_report_elf(dwfl, path, path, -1, 0x10000, false);
    dwfl_report_end(dwfl, NULL, NULL);
    cr_assert(ne(ptr, module, NULL), "%s", path);
    hg_symbol_table table;
    size_t found = 0;
    cr_assert(hg_symbol_table_read(module, &table));
    for (size_t i = 0; i < table.count; i += step) {
        const hg_table_symbol *symbol = &table.sorted[i];
        expect_same(module, &table, symbol->begin, &found);
        expect_same(module, &table, symbol->begin + (symbol->end - symbol->begin) / 2, &found);
        expect_same(module, &table, symbol->end - 1, &found);
        expect_same(module, &table, symbol->end, &found);
    }
    hg_symbol_table_clear(&table);
    dwfl_end(dwfl);
    return found;
}

Test(harness_symbol_table, agrees_with_libdw_on_the_c_library)
{
    Dl_info library;
    cr_assert(ne(int, dladdr((const void *)(uintptr_t)gnu_get_libc_version, &library), 0));
    cr_assert(lt(sz, 100, compare_all(library.dli_fname, 7)));
}

Test(harness_symbol_table, agrees_with_libdw_on_a_program)
{
    cr_assert(lt(sz, 100, compare_all(HG_BUILD_DIR "/heapgate", 3)));
}

Test(harness_symbol_table, has_no_answer_when_it_is_empty)
{
    hg_symbol_table table = {0};
    cr_assert(eq(ptr, (void *)hg_symbol_table_find(&table, 0x1000), NULL));
    hg_symbol_table_clear(&table);
}
