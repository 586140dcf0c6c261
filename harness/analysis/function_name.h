/*
 * Names of functions as different tools write them, and whose functions they are.
 *
 * Pure. Any thread.
 */
#ifndef HG_ANALYSIS_FUNCTION_NAME_H
#define HG_ANALYSIS_FUNCTION_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define HG_PLAIN_NAME_BYTES 1024u

/*
 * A demangled name without return type, template arguments, parameters and what follows them, nor namespaces
 * without a name: "void app::put<int>(int) const" is "app::put". Cut to HG_PLAIN_NAME_BYTES - 1.
 */
void hg_plain_name(const char *name, char ret_plain[HG_PLAIN_NAME_BYTES]);

/* Whether two names can be one function. For inlined functions, valgrind has the last part of the
 * name only. */
bool hg_same_function(const char *a, const char *b);

/*
 * A function of the library of a language, whose code lies in the subject: a template of C++, or part of
 * Rust's own library. Whoever uses it is the culprit. The source file tells; without one ("") the demangled
 * name.
 */
bool hg_is_language_function(const char *name, const char *file);

/* Whether the file of interpreted code is of the language's own library: of CPython's or Node's. */
bool hg_is_language_script(const char *file);

#endif
