/*
 * From an address in the data of a module to its variable, and from there along the types of what it points
 * to. Uses elfutils' libdw; where a module has no debug information, its symbols name variables without
 * types.
 *
 * Offsets are from the module's load address, those of thread-local variables from the beginning of the
 * module's thread-local block. Reads files of this machine, each once. Not thread-safe.
 */
#ifndef HG_SYMBOLS_VARIABLES_H
#define HG_SYMBOLS_VARIABLES_H

#include "symbols/symbols.h"
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hg_variables hg_variables;

/* What a pointer out of a container of C++ leads to, instead of to something of its own type. */
typedef enum hg_inside {
    HG_INSIDE_NOTHING,
    HG_INSIDE_NODE,    /* a node: links, then a value of the type */
    HG_INSIDE_BUCKETS, /* an array that leads to such nodes */
    HG_INSIDE_ARRAY,   /* values of the type, one after the other */
} hg_inside;

/* A type, as far as it is known. */
typedef struct hg_type {
    bool known;
    hg_inside inside;
    uint64_t links; /* NODE, BUCKETS: the bytes before the value */
    Dwarf_Die die;
} hg_type;

typedef struct hg_variable {
    const char *name;     /* demangled; never "" */
    const char *file;     /* "" if unknown */
    const char *function; /* that it is a static variable of; "" for none */
    int line;
    bool nameless; /* an unnamed union, whose members are variables of their own */
    uint64_t into; /* the bytes between its beginning and the address */
    hg_type type;
} hg_variable;

/* Text of limited length: what does not fit is left out. */
typedef struct hg_path_text {
    char text[512];
    size_t size;
    bool numbered; /* elements of arrays have their numbers, instead of [] */
} hg_path_text;

void hg_path_add(hg_path_text *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

void hg_path_add_element(hg_path_text *path, uint64_t number);

/* NULL when memory ran out. */
hg_variables *hg_variables_new(void);
void hg_variables_free(hg_variables *variables); /* NULL is fine */

/* Types that a module only declares are looked for in every module that was named so. */
void hg_variables_add(hg_variables *variables, const hg_module_id *module);

/* False if no variable is known there. Strings live as long as the hg_variables. */
bool hg_variables_find(hg_variables *variables, const hg_module_id *module, uint64_t offset,
                       bool thread_local_one, hg_variable *ret_variable);

/* The type of that name, without namespaces; the first that is found. */
hg_type hg_variables_type(const hg_variables *variables, const char *name);

/*
 * The one struct that has something of the type at the offset, as a member or base class, and makes a block
 * of so many bytes; not known where there are several, or none. One from the unit of the type goes before
 * others.
 */
hg_type hg_variables_enclosing(hg_variables *variables, const hg_type *type, uint64_t size, uint64_t at);

/* The bytes of one; 0 if that is not known. */
uint64_t hg_type_size(const hg_variables *variables, const hg_type *type);

/*
 * Names what lies at an offset of something of the type: ".member", "[]" for an element of an array, "+0x18"
 * for what has no name; nothing if the type itself is there. ret_target is what a pointer there points to, if
 * it is one. Containers of the C++ library are taken as such: "[]" for any element of one, whatever they are
 * made of, and nothing for what leads from one node to another. True if the offset lies inside the type, the
 * open end of a struct with a flexible array included.
 */
bool hg_type_name_place(const hg_variables *variables, const hg_type *type, uint64_t offset,
                        hg_path_text *path, hg_type *ret_target);

#endif
