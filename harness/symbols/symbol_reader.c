#include "symbols/symbol_reader.h"

#include "symbols/demangle.h"
#include "symbols/module_file.h"
#include "symbols/symbol_table.h"
#include "symbols/unit_table.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INLINED = 32, MAX_SCOPES = 256, PLACE_BYTES = 512 };

/* A file that was opened once; it has its own address range inside the Dwfl. */
typedef struct opened_module {
    struct opened_module *next;
    char *path;
    Dwfl_Module *module; /* NULL: it cannot be read */
    GElf_Addr bias;
    Dwarf_Addr end; /* of the module's addresses */
    hg_symbol_table table;
    hg_unit_table units;
} opened_module;

struct hg_symbol_reader {
    Dwfl *dwfl;
    opened_module *modules;
    hg_symbol found[MAX_INLINED]; /* the latest answer */
    char places[MAX_INLINED][PLACE_BYTES];
    hg_demangler demangler;
    Dwarf_Addr next; /* the address of the next module */
};

hg_symbol_reader *hg_symbol_reader_new(void)
{
    hg_symbol_reader *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return NULL;
    symbols->next = 0x10000;
    symbols->dwfl = dwfl_begin(&hg_module_file_callbacks);
    if (!symbols->dwfl) {
        free(symbols);
        return NULL;
    }
    return symbols;
}

void hg_symbol_reader_free(hg_symbol_reader *symbols)
{
    if (!symbols)
        return;
    hg_demangler_clear(&symbols->demangler);
    while (symbols->modules) {
        opened_module *next = symbols->modules->next;
        hg_symbol_table_clear(&symbols->modules->table);
        hg_unit_table_clear(&symbols->modules->units);
        free(symbols->modules->path);
        free(symbols->modules);
        symbols->modules = next;
    }
    dwfl_end(symbols->dwfl);
    free(symbols);
}

static void open_file(hg_symbol_reader *symbols, opened_module *opened, const hg_module_id *id)
{
    char below[PATH_MAX];
    const char *path = hg_module_file_find(id, below);
    dwfl_report_begin_add(symbols->dwfl);
    Dwfl_Module *module = dwfl_report_elf(symbols->dwfl, opened->path, path, -1, symbols->next, false);
    dwfl_report_end(symbols->dwfl, NULL, NULL);
    if (!module)
        return;
    Dwarf_Addr begin;
    dwfl_module_info(module, NULL, &begin, &opened->end, NULL, NULL, NULL, NULL);
    symbols->next = (opened->end + 0xffffff) & ~(Dwarf_Addr)0xffff;
    if (dwfl_module_getelf(module, &opened->bias))
        opened->module = module;
    if (opened->module && !hg_symbol_table_read(opened->module, &opened->table))
        opened->module = NULL; /* memory ran out: nothing is known */
}

static opened_module *open_module(hg_symbol_reader *symbols, const hg_module_id *id)
{
    for (opened_module *known = symbols->modules; known; known = known->next)
        if (strcmp(known->path, id->path) == 0)
            return known;
    opened_module *opened = calloc(1, sizeof *opened);
    if (!opened)
        return NULL;
    opened->path = strdup(id->path);
    if (!opened->path) {
        free(opened);
        return NULL;
    }
    open_file(symbols, opened, id);
    opened->next = symbols->modules;
    symbols->modules = opened;
    return opened;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* File and line of the call at which a function was inlined. */
static void set_call_site(hg_symbol *symbol, Dwarf_Die *unit, Dwarf_Die *inlined)
{
    Dwarf_Files *files;
    Dwarf_Attribute attribute;
    Dwarf_Word number;
    Dwarf_Word line;
    if (dwarf_getsrcfiles(unit, &files, NULL) == 0 &&
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &number) == 0)
        symbol->file = or_empty(dwarf_filesrc(files, number, NULL, NULL));
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0)
        symbol->line = (int)line;
}

/* The linkage name, which includes namespace and class; NULL: there is none. */
static const char *linkage_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
}

/* Of a function with this name in the symbol table: -g1 and -gline-tables-only leave out linkage names. */
static const char *function_name(Dwarf_Die *die, const char *table_name)
{
    const char *linkage = linkage_name(die);
    const char *plain = dwarf_diename(die);
    bool mangled = table_name && (strncmp(table_name, "_Z", 2) == 0 || strncmp(table_name, "_R", 2) == 0);
    return linkage ? linkage : mangled || !plain ? or_empty(table_name) : plain;
}

/* Where a function that the compiler gave no line at an address begins. */
static void set_declaration(hg_symbol *symbol, Dwarf_Die *function)
{
    int line;
    const char *file = dwarf_decl_file(function);
    if (!file || dwarf_decl_line(function, &line) != 0)
        return;
    symbol->file = file;
    symbol->line = line;
}

/* Walks the scopes around the address from the inside out: inlined functions, then the function itself. */
static size_t name_scopes(hg_unit *unit, Dwarf_Addr address, const char *function, hg_symbol *found)
{
    Dwarf_Die scopes[MAX_SCOPES];
    size_t used = 0;
    for (size_t i = hg_unit_scopes(unit, address, MAX_SCOPES, scopes); i-- > 0 && used + 1 < MAX_INLINED;) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        if (found[used].line == 0)
            set_declaration(&found[used], &scopes[i]);
        if (tag == DW_TAG_subprogram) {
            found[used].function = function_name(&scopes[i], function);
            break;
        }
        found[used].function = function_name(&scopes[i], NULL);
        found[used].inlined = true;
        set_call_site(&found[++used], &unit->entries, &scopes[i]);
    }
    if (found[used].function[0] == '\0')
        found[used].function = or_empty(function);
    return used + 1;
}

/*
 * Where a unit's functions are not known, because its .dwo file is missing, nothing tells what is inlined.
 * The lines of the file in which the function begins are its own; the last one up to the address is about
 * where the call is.
 */
static void set_own_line(hg_unit *unit, Dwarf_Addr begin, Dwarf_Addr place, hg_symbol *symbol)
{
    Dwarf_Lines *lines;
    size_t count;
    Dwarf_Addr at;
    const char *own = NULL;
    if (dwarf_getsrclines(&unit->lines, &lines, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        int number;
        Dwarf_Line *line = dwarf_onesrcline(lines, i);
        if (!line || dwarf_lineaddr(line, &at) != 0 || at < begin || at > place ||
            dwarf_lineno(line, &number) != 0 || number == 0)
            continue;
        const char *file = or_empty(dwarf_linesrc(line, NULL, NULL));
        own = own ? own : file;
        if (strcmp(file, own) == 0) {
            symbol->file = file;
            symbol->line = number;
        }
    }
}

/*
 * Rust's library names its sources from the folder in which rustc was built: only with that do they differ
 * from a program's own "library/core/src/lib.rs".
 */
static void name_folder_of_rustc(hg_unit *unit, hg_symbol *symbol, char place[PLACE_BYTES])
{
    Dwarf_Attribute attribute;
    const char *folder = dwarf_formstring(dwarf_attr(&unit->lines, DW_AT_comp_dir, &attribute));
    if (!folder || symbol->file[0] == '\0' || symbol->file[0] == '/' || !strstr(folder, "/rustc"))
        return;
    if (snprintf(place, PLACE_BYTES, "%s/%s", folder, symbol->file) < PLACE_BYTES)
        symbol->file = place;
}

static size_t look_up(hg_symbol_reader *symbols, opened_module *opened, const hg_module_id *id,
                      uint64_t offset)
{
    hg_symbol *found = symbols->found;
    for (size_t i = 0; i < MAX_INLINED; i++)
        found[i] = (hg_symbol){.function = "", .file = ""};
    /* One byte back: a return address may already belong to the next line or function. */
    Dwarf_Addr address = offset + opened->bias - 1;
    if (!opened->module || !hg_module_file_is_build(opened->module, id) || offset == 0 ||
        address >= opened->end)
        return 1;
    const hg_table_symbol *symbol = hg_symbol_table_find(&opened->table, address);
    const char *function = symbol ? symbol->name : NULL;
    found[0].function = or_empty(function);
    hg_unit *unit = hg_unit_table_find(&opened->units, opened->module, address);
    if (!unit)
        return 1;
    Dwarf_Addr place = address - opened->units.bias;
    Dwarf_Line *line = dwarf_getsrc_die(&unit->lines, place);
    if (line && dwarf_lineno(line, &found[0].line) == 0 && found[0].line > 0)
        found[0].file = or_empty(dwarf_linesrc(line, NULL, NULL));
    if (unit->functions.count == 0 && symbol)
        set_own_line(unit, symbol->begin - opened->units.bias, place, &found[0]);
    size_t count = name_scopes(unit, place, function, found);
    for (size_t i = 0; i < count; i++)
        name_folder_of_rustc(unit, &found[i], symbols->places[i]);
    return count;
}

const hg_symbol *hg_symbol_reader_find(hg_symbol_reader *symbols, const hg_module_id *id, uint64_t offset,
                                       size_t *ret_count)
{
    opened_module *opened = open_module(symbols, id);
    if (!opened)
        return NULL;
    size_t count = look_up(symbols, opened, id, offset);
    for (size_t i = 0; i < count; i++) {
        symbols->found[i].function = hg_demangle(&symbols->demangler, symbols->found[i].function);
        if (!symbols->found[i].function)
            return NULL;
    }
    *ret_count = count;
    return symbols->found;
}
