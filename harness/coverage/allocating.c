#include "coverage/allocating.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct allocating {
    const char *symbol, *name;
} allocating;

static const allocating functions[] = {
    {"__asprintf_chk", "asprintf"},
    {"__cxa_allocate_exception", "throw"},
    {"__getdelim", "getdelim"},
    {"__strdup", "strdup"},
    {"__strndup", "strndup"},
    {"__vasprintf_chk", "vasprintf"},
    {"aligned_alloc", "aligned_alloc"},
    {"argz_create", "argz_create"},
    {"argz_create_sep", "argz_create_sep"},
    {"asprintf", "asprintf"},
    {"backtrace_symbols", "backtrace_symbols"},
    {"calloc", "calloc"},
    {"canonicalize_file_name", "canonicalize_file_name"},
    {"catopen", "catopen"},
    {"dlopen", "dlopen"},
    {"duplocale", "duplocale"},
    {"fdopen", "fdopen"},
    {"fdopendir", "fdopendir"},
    {"fmemopen", "fmemopen"},
    {"fopen", "fopen"},
    {"fopen64", "fopen"},
    {"fopencookie", "fopencookie"},
    {"fts_open", "fts_open"},
    {"get_current_dir_name", "get_current_dir_name"},
    {"getaddrinfo", "getaddrinfo"},
    {"getcwd", "getcwd"},
    {"getdelim", "getdelim"},
    {"getifaddrs", "getifaddrs"},
    {"getline", "getline"},
    {"glob", "glob"},
    {"glob64", "glob"},
    {"hcreate", "hcreate"},
    {"hcreate_r", "hcreate_r"},
    {"iconv_open", "iconv_open"},
    {"if_nameindex", "if_nameindex"},
    {"mallocx", "mallocx"},
    {"malloc", "malloc"},
    {"memalign", "memalign"},
    {"mmap", "mmap"},
    {"mmap64", "mmap"},
    {"mremap", "mremap"},
    {"newlocale", "newlocale"},
    {"open_memstream", "open_memstream"},
    {"open_wmemstream", "open_wmemstream"},
    {"opendir", "opendir"},
    {"popen", "popen"},
    {"posix_memalign", "posix_memalign"},
    {"pvalloc", "pvalloc"},
    {"rallocx", "rallocx"},
    {"realloc", "realloc"},
    {"reallocarray", "reallocarray"},
    {"realpath", "realpath"},
    {"regcomp", "regcomp"},
    {"scandir", "scandir"},
    {"scandir64", "scandir"},
    {"setmntent", "setmntent"},
    {"strdup", "strdup"},
    {"strndup", "strndup"},
    {"tempnam", "tempnam"},
    {"tmpfile", "tmpfile"},
    {"tmpfile64", "tmpfile"},
    {"tsearch", "tsearch"},
    {"valloc", "valloc"},
    {"vasprintf", "vasprintf"},
    {"wcsdup", "wcsdup"},
    {"wordexp", "wordexp"},
};

/* A class of the C++ library, by how the symbols of its methods begin, and its methods that allocate: how
 * what follows the class begins. */
typedef struct allocating_class {
    const char *prefix, *name;
    const char *const *methods;
} allocating_class;

/* Constructors, but the one without arguments, that of an allocator, and the one that moves. */
static const char *const string_methods[] = {"9_M_create",
                                             "9_M_append",
                                             "9_M_assign",
                                             "9_M_mutate",
                                             "10_M_replace",
                                             "14_M_replace_aux",
                                             "12_M_construct",
                                             "6append",
                                             "6assign",
                                             "6insert",
                                             "7replace",
                                             "7reserve",
                                             "6resize",
                                             "9push_back",
                                             "6substr",
                                             "pLE",
                                             "aSE",
                                             "C1E",
                                             "C1I",
                                             "C2E",
                                             "C2I",
                                             NULL};
static const char *const file_methods[] = {"4open", "C1EPK", "C2EPK", "C1ERK", "C2ERK", NULL};
static const char *const buffer_methods[] = {"3str", "C1ERK", "C2ERK", NULL};
static const char *const error_methods[] = {"C1EPK", "C2EPK", "C1ERKNSt7__cxx11", "C2ERKNSt7__cxx11", NULL};

static const allocating_class classes[] = {
    {"St7__cxx1112basic_stringI", "std::string", string_methods},
    {"St7__cxx1115basic_stringbufI", "std::stringbuf", buffer_methods},
    {"St7__cxx1118basic_stringstreamI", "std::stringstream", buffer_methods},
    {"St7__cxx1119basic_istringstreamI", "std::istringstream", buffer_methods},
    {"St7__cxx1119basic_ostringstreamI", "std::ostringstream", buffer_methods},
    {"St13basic_filebufI", "std::filebuf", file_methods},
    {"St13basic_fstreamI", "std::fstream", file_methods},
    {"St14basic_ifstreamI", "std::ifstream", file_methods},
    {"St14basic_ofstreamI", "std::ofstream", file_methods},
    {"St11logic_error", "std::logic_error", error_methods},
    {"St12domain_error", "std::domain_error", error_methods},
    {"St12length_error", "std::length_error", error_methods},
    {"St12out_of_range", "std::out_of_range", error_methods},
    {"St13runtime_error", "std::runtime_error", error_methods},
    {"St11range_error", "std::range_error", error_methods},
    {"St14overflow_error", "std::overflow_error", error_methods},
    {"St15underflow_error", "std::underflow_error", error_methods},
    {"St16invalid_argument", "std::invalid_argument", error_methods},
};

/* What follows the arguments of a template: "IcSt11char_traitsIcESaIcEE9_M_createERmm" has one more E than I
 * where they end. Names with a length before them are passed over. */
static const char *behind_arguments(const char *at)
{
    int depth = 1;
    while (depth > 0 && *at) {
        if (*at >= '0' && *at <= '9') {
            char *name;
            size_t length = strtoul(at, &name, 10);
            at = strnlen(name, length) == length ? name + length : "";
            continue;
        }
        depth += *at == 'I' ? 1 : *at == 'E' ? -1 : 0;
        at++;
    }
    return at;
}

/* They take what another string has, or nothing. */
static bool takes_over(const char *method)
{
    static const char *const ends[] = {"C1Ev", "C2Ev", "C1EOS", "C2EOS", "aSEOS", "C1ERKS3_", "C2ERKS3_"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strncmp(method, ends[i], strlen(ends[i])) == 0)
            return true;
    return false;
}

/* NULL: none of its methods that allocate. */
static const allocating_class *class_of(const char *symbol)
{
    const char *at = symbol + (strncmp(symbol, "_ZNK", 4) == 0 ? 4 : 3);
    if (strncmp(symbol, "_ZN", 3) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        size_t length = strlen(classes[i].prefix);
        if (strncmp(at, classes[i].prefix, length) != 0)
            continue;
        const char *method =
            classes[i].prefix[length - 1] == 'I' ? behind_arguments(at + length) : at + length;
        for (const char *const *known = classes[i].methods; *known; known++)
            if (strncmp(method, *known, strlen(*known)) == 0)
                return takes_over(method) ? NULL : &classes[i];
        return NULL;
    }
    return NULL;
}

/* getline and >> of a string. */
static bool reads_string(const char *symbol)
{
    return (strncmp(symbol, "_ZSt7getlineI", 13) == 0 || strncmp(symbol, "_ZStrsI", 7) == 0) &&
           strstr(symbol, "basic_string");
}

static const allocating *find(const char *symbol)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].symbol, symbol) == 0)
            return &functions[i];
    return NULL;
}

const char *hg_allocating_name(const char *symbol)
{
    if (strncmp(symbol, "_Znw", 4) == 0)
        return "operator new";
    if (strncmp(symbol, "_Zna", 4) == 0)
        return "operator new[]";
    const allocating *function = find(symbol);
    const allocating_class *of = function ? NULL : class_of(symbol);
    return function ? function->name : of ? of->name : reads_string(symbol) ? "std::string" : NULL;
}

unsigned hg_allocating_null_argument(const char *symbol)
{
    return strcmp(symbol, "getcwd") == 0 ? 1 : strcmp(symbol, "realpath") == 0 ? 2 : 0;
}

bool hg_allocating_sometimes(const char *symbol)
{
    return class_of(symbol) || reads_string(symbol);
}

bool hg_allocating_may_call(const char *symbol)
{
    static const char *const names[] = {
        "_Exit",
        "__assert_fail",
        "__chk_fail",
        "__errno_location",
        "__fprintf_chk",
        "__memcpy_chk",
        "__memset_chk",
        "__strcpy_chk",
        "__stack_chk_fail",
        "_exit",
        "abort",
        "err",
        "errx",
        "exit",
        "fprintf",
        "fputs",
        "fwrite",
        "longjmp",
        "memcpy",
        "memmove",
        "mempcpy",
        "memset",
        "perror",
        "stpcpy",
        "strcpy",
        "strerror",
        "strlen",
        "strnlen",
    };
    if (strncmp(symbol, "_ZSt", 4) == 0 && strstr(symbol, "__throw_"))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], symbol) == 0)
            return true;
    return false;
}
