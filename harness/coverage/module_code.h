/*
 * The machine code of one module, and who is called by it: its functions by address, and the names that its
 * calls to other modules have in the procedure linkage table and the global offset table. x86-64.
 *
 * Functions come from the symbol tables of the file and of its split debug information, and from the table
 * of its unwind information, which a stripped file has, too. Offsets are from the module's load address.
 *
 * Reads a file that can be anything: only in a process of its own (symbols/confine.h). Not thread-safe.
 */
#ifndef HG_COVERAGE_MODULE_CODE_H
#define HG_COVERAGE_MODULE_CODE_H

#include "symbols/symbols.h"

typedef struct hg_module_code hg_module_code;

typedef struct hg_code_function {
    uint64_t begin, end;   /* to where the next one begins */
    const char *name;      /* as in the symbol table; "" if it has none */
    const char *allocates; /* one of its names is that of an allocator: for people; NULL: none is */
    bool taken;            /* its address is in the data of the module */
    bool exported;         /* other modules can ask for it by its name */
} hg_code_function;

/* Whose code an address is the begin of. */
typedef struct hg_code_callee {
    const char *import; /* a function of another module, by its symbol; NULL: it is none */
    size_t function;    /* of this module; SIZE_MAX: none */
} hg_code_callee;

/* A part of the file that is executed, without the procedure linkage table. */
typedef struct hg_code_section {
    uint64_t begin;
    const uint8_t *bytes;
    size_t size;
} hg_code_section;

/* NULL when memory ran out, or the module cannot be read; *ret_why then says why, a clause in static
 * memory. */
hg_module_code *hg_module_code_read(const hg_module_id *id, const char **ret_why);
void hg_module_code_free(hg_module_code *code); /* NULL is fine */

const hg_code_function *hg_module_code_functions(const hg_module_code *code, size_t *ret_count);
const hg_code_section *hg_module_code_sections(const hg_module_code *code, size_t *ret_count);

/* The function that the offset lies in; SIZE_MAX: none. */
size_t hg_module_code_function_at(const hg_module_code *code, uint64_t offset);

/* The bytes from an offset to the end of their section; NULL: no code is there. */
const uint8_t *hg_module_code_bytes(const hg_module_code *code, uint64_t offset, size_t *ret_size);

/* Whom a call or jump to the offset reaches, straight or by an entry of the linkage table. */
hg_code_callee hg_module_code_callee(const hg_module_code *code, uint64_t offset);

/* The same by a place of the global offset table, where the dynamic linker puts the address. */
hg_code_callee hg_module_code_callee_by_slot(const hg_module_code *code, uint64_t offset);

/* The function of the module with this symbol; SIZE_MAX: none. */
size_t hg_module_code_function_named(const hg_module_code *code, const char *symbol);

/* Whom the call before a return address names: false if no call is there that says so, as one by a
 * pointer. */
bool hg_module_code_called(const hg_module_code *code, uint64_t return_offset, hg_code_callee *ret_callee);

#endif
