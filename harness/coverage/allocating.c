#include "coverage/allocating.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct allocating {
    const char *symbol, *name;
} allocating;

static const allocating functions[] = {
    {"__asprintf_chk", "asprintf"},
    {"__getdelim", "getdelim"},
    {"__strdup", "strdup"},
    {"__strndup", "strndup"},
    {"__vasprintf_chk", "vasprintf"},
    {"aligned_alloc", "aligned_alloc"},
    {"asprintf", "asprintf"},
    {"backtrace_symbols", "backtrace_symbols"},
    {"calloc", "calloc"},
    {"canonicalize_file_name", "canonicalize_file_name"},
    {"duplocale", "duplocale"},
    {"fdopen", "fdopen"},
    {"fdopendir", "fdopendir"},
    {"fmemopen", "fmemopen"},
    {"fopen", "fopen"},
    {"fopen64", "fopen"},
    {"fopencookie", "fopencookie"},
    {"get_current_dir_name", "get_current_dir_name"},
    {"getaddrinfo", "getaddrinfo"},
    {"getdelim", "getdelim"},
    {"getifaddrs", "getifaddrs"},
    {"getline", "getline"},
    {"glob", "glob"},
    {"glob64", "glob"},
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
};

const char *hg_allocating_name(const char *symbol)
{
    if (strncmp(symbol, "_Znw", 4) == 0)
        return "operator new";
    if (strncmp(symbol, "_Zna", 4) == 0)
        return "operator new[]";
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].symbol, symbol) == 0)
            return functions[i].name;
    return NULL;
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
