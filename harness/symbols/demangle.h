/*
 * Names as their authors wrote them: C++ (the Itanium ABI's mangling) and Rust (legacy and v0), on libiberty.
 * Parameters are left out, template arguments stay; Rust's hash goes.
 *
 * Names come from files that nobody checked: one longer than HG_MANGLED_MOST is left as it is, and one that
 * would unfold to more than HG_DEMANGLED_MOST (a few hundred bytes can stand for gigabytes) is cut there.
 */
#ifndef HG_SYMBOLS_DEMANGLE_H
#define HG_SYMBOLS_DEMANGLE_H

#define HG_MANGLED_MOST   16384u
#define HG_DEMANGLED_MOST 65536u

/* Every name that was asked for, so that each is worked out once. A zeroed one is empty. Not thread-safe. */
typedef struct hg_demangler {
    void *names; /* a search tree */
} hg_demangler;

/*
 * The name behind a linker's name, or the name itself where it is not mangled. Lives as long as the
 * demangler, or as the name given. NULL when memory ran out.
 */
const char *hg_demangle(hg_demangler *demangler, const char *name);

void hg_demangler_clear(hg_demangler *demangler);

#endif
