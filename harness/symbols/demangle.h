/*
 * Demangling of C++ names (Itanium ABI) and Rust names (legacy and v0), with libiberty. Parameters, Rust's
 * hashes and namespaces without a name are left out, template arguments stay.
 *
 * Names come from files that nobody checked: a name longer than HG_MANGLED_MOST stays as it is, and one whose
 * demangled form is longer than HG_DEMANGLED_MOST (a few hundred bytes can stand for gigabytes) is cut there.
 */
#ifndef HG_SYMBOLS_DEMANGLE_H
#define HG_SYMBOLS_DEMANGLE_H

#include <stdbool.h>

#define HG_MANGLED_MOST   16384u
#define HG_DEMANGLED_MOST 65536u

/* Remembers every name that was asked for. A zeroed one is empty. Not thread-safe. */
typedef struct hg_demangler {
    void *names;           /* a search tree */
    bool without_abi_tags; /* which the type of a variable brings, as in "names[abi:cxx11]" */
} hg_demangler;

/*
 * The demangled name, or the name itself if it is not mangled. Lives as long as the demangler, or as the name
 * given. NULL when memory ran out.
 */
const char *hg_demangle(hg_demangler *demangler, const char *name);

void hg_demangler_clear(hg_demangler *demangler);

#endif
