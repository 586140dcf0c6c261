#include "watch/own_memory.h"

#include <ctype.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A table of symbols or names in a file is at most so large, in bytes, or it is not looked at. */
enum { MOST_BYTES = 64 << 20, MOST_SECTIONS = 4096, MOST_ENVIRONMENT = 1 << 17 };

#define STATIC(name)                                                                                         \
    {                                                                                                        \
        .what = (name), .advice = "build it without that allocator (redis: MALLOC=libc), or link the "       \
                                  "allocator as a shared library"                                            \
    }

/*
 * By functions that the program defines; the first that is found says what it is. Not by operator new: one
 * that is linked in with the C++ library calls malloc.
 */
typedef struct static_allocator {
    const char *function;
    hg_own_memory who;
} static_allocator;

static const static_allocator static_allocators[] = {
    {"je_malloc", STATIC("a static jemalloc")},
    {"_rjem_malloc", STATIC("a static jemalloc")},
    {"je_mallctl", STATIC("a static jemalloc")},
    {"mallctl", STATIC("a static jemalloc")},
    {"mi_malloc", STATIC("a static mimalloc")},
    {"tc_malloc", STATIC("a static tcmalloc")},
    {"TCMallocInternalMalloc", STATIC("a static tcmalloc")},
    {"runtime.mallocgc",
     {.what = "the garbage collector of Go", .advice = "use the heap profile of net/http/pprof"}},
    {"caml_startup",
     {.settles = true,
      .what = "the collected heap of OCaml",
      .advice = "use its own figures (Gc.stat, OCAMLRUNPARAM=v=0x400)",
      .collecting_functions = "caml_",
      .collects = "Gc.full_major ()"}},
    {"malloc",
     {.what = "the malloc that the program brings",
      .advice = "build the program without it, or let it report its blocks (heapgate/pool.h)"}},
};
enum { STATIC_ALLOCATORS = sizeof static_allocators / sizeof *static_allocators };

/* By the name of a module, without what follows its letters; without "lib" too, unless the name has it. */
typedef struct interpreter {
    const char *name;
    /* Of the environment: with it, all is malloc's, or the program watches its heap itself. NULL: none. */
    const char *setting;
    hg_own_memory who;
} interpreter;

static const interpreter interpreters[] = {
    {"python",
     "PYTHONMALLOC=malloc",
     {.what = "the arenas of Python", .advice = "run it with PYTHONMALLOC=malloc"}},
    {"php", "USE_ZEND_ALLOC=0", {.what = "the arenas of PHP", .advice = "run it with USE_ZEND_ALLOC=0"}},
    {"phpfpm", "USE_ZEND_ALLOC=0", {.what = "the arenas of PHP", .advice = "run it with USE_ZEND_ALLOC=0"}},
    {"node",
     "HEAPGATE_HEAP=watched",
     {.settles = true,
      .what = "the JavaScript heap of V8",
      .advice = "take its heap snapshots (node --heapsnapshot-signal=USR2)",
      .collecting_module = "node",
      .collects = "gc() under node --expose-gc"}},
    {"libjvm",
     NULL,
     {.settles = true,
      .what = "the heap of Java",
      .advice = "use its own figures (-XX:NativeMemoryTracking=summary, jcmd)",
      .collecting_module = "libjvm",
      .collects = "jcmd PID GC.run, System.gc()"}},
    {"ruby",
     NULL,
     {.what = "the object heap of Ruby",
      .advice = "use its own figures (GC.stat, ObjectSpace)",
      .collecting_module = "ruby",
      .collects = "GC.start"}},
    {"R",
     NULL,
     {.settles = true,
      .what = "the collected heap of R",
      .advice = "call gc() where a round ends, as R collects nothing before it has some 64 MB",
      .collecting_module = "R",
      .collects = "gc()"}},
    {"libgc",
     NULL,
     {.what = "the heap of the Boehm collector", .advice = "use its own figures (GC_PRINT_STATS=1)"}},
};

static bool read_at(int fd, void *target, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, target, size, (off_t)offset) == (ssize_t)size;
}

/* NULL when there is no memory, or not all of it in the file. */
static void *read_table(int fd, const Elf64_Shdr *section, size_t *ret_size)
{
    *ret_size = section->sh_size;
    void *table = section->sh_size > 0 && section->sh_size <= MOST_BYTES ? malloc(section->sh_size) : NULL;
    if (table && read_at(fd, table, section->sh_size, section->sh_offset))
        return table;
    free(table);
    return NULL;
}

/* The place of the function in static_allocators, if it is before `found`. */
static int find_allocator(const char *name, size_t room, int found)
{
    for (int i = 0; i < found; i++) {
        size_t length = strlen(static_allocators[i].function) + 1;
        if (length <= room && memcmp(name, static_allocators[i].function, length) == 0)
            return i;
    }
    return found;
}

static bool is_malloc(const char *name, size_t room)
{
    static const char *const entries[] = {"malloc", "calloc", "realloc", "_Znwm", "_Znam"};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        size_t length = strlen(entries[i]) + 1;
        if (length <= room && memcmp(name, entries[i], length) == 0)
            return true;
    }
    return false;
}

static int search_symbols(int fd, const Elf64_Shdr *symbols, const Elf64_Shdr *strings, int found,
                          bool *calls_malloc)
{
    size_t size;
    size_t names_size;
    Elf64_Sym *table = read_table(fd, symbols, &size);
    char *names = read_table(fd, strings, &names_size);
    for (size_t i = 0; table && names && i < size / sizeof *table; i++) {
        unsigned type = ELF64_ST_TYPE(table[i].st_info);
        if (table[i].st_name >= names_size || (type != STT_FUNC && type != STT_GNU_IFUNC))
            continue;
        const char *name = names + table[i].st_name;
        size_t room = names_size - table[i].st_name;
        if (table[i].st_shndx != SHN_UNDEF)
            found = find_allocator(name, room, found);
        else
            *calls_malloc |= is_malloc(name, room);
    }
    free(table);
    free(names);
    return found;
}

static hg_own_memory find_static(int fd)
{
    Elf64_Ehdr header;
    int found = STATIC_ALLOCATORS;
    bool calls_malloc = false;
    if (!read_at(fd, &header, sizeof header, 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_shentsize != sizeof(Elf64_Shdr) ||
        header.e_shoff > INT64_MAX / 2 || header.e_shnum > MOST_SECTIONS)
        return (hg_own_memory){0};
    for (unsigned i = 0; i < header.e_shnum; i++) {
        Elf64_Shdr section;
        Elf64_Shdr names;
        if (read_at(fd, &section, sizeof section, header.e_shoff + i * sizeof section) &&
            (section.sh_type == SHT_SYMTAB || section.sh_type == SHT_DYNSYM) &&
            section.sh_link < header.e_shnum &&
            read_at(fd, &names, sizeof names, header.e_shoff + section.sh_link * sizeof names))
            found = search_symbols(fd, &section, &names, found, &calls_malloc);
    }
    return found < STATIC_ALLOCATORS ? static_allocators[found].who
                                     : (hg_own_memory){.calls_malloc = calls_malloc};
}

/* Whether the module is this interpreter: "/usr/lib/libpython3.11.so" is "python", and "gc1" not "libgc". */
static bool is_named(const char *path, const char *name)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    base += strncmp(base, "lib", 3) == 0 && strncmp(name, "lib", 3) != 0 ? 3 : 0;
    for (; *name; base++) {
        if (*base == '-')
            continue;
        if (*base != *name++)
            return false;
    }
    return *base == '\0' || *base == '.' || *base == '\n' || isdigit((unsigned char)*base);
}

/* Whether the process was started with this setting. */
static bool is_set(pid_t process, const char *setting)
{
    char path[64];
    bool found = false;
    size_t length = strlen(setting);
    char *environment = malloc(MOST_ENVIRONMENT + 1);
    snprintf(path, sizeof path, "/proc/%d/environ", (int)process);
    FILE *file = environment ? fopen(path, "re") : NULL;
    if (file) {
        size_t size = fread(environment, 1, MOST_ENVIRONMENT, file);
        environment[size] = '\0';
        for (size_t at = 0; at < size && !found; at += strlen(environment + at) + 1)
            found = strncmp(environment + at, setting, length) == 0;
        fclose(file);
    }
    free(environment);
    return found;
}

static bool frees_at_end(const char *path)
{
    static const char *const names[] = {"python", "php", "phpfpm", "ruby", "perl", "lua", "luajit", "node"};
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        found |= is_named(path, names[i]);
    return found;
}

static hg_own_memory find_interpreter(pid_t process)
{
    bool tidy = false;
    char line[PATH_MAX + 256];
    hg_own_memory found = {0};
    snprintf(line, sizeof line, "/proc/%d/maps", (int)process);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *path = strchr(line, '/');
        tidy = tidy || (path && frees_at_end(path));
        for (size_t i = 0; path && !found.what && i < sizeof interpreters / sizeof *interpreters; i++)
            if (is_named(path, interpreters[i].name) &&
                !(interpreters[i].setting && is_set(process, interpreters[i].setting)))
                found = interpreters[i].who;
    }
    if (file)
        fclose(file);
    found.frees_at_end = tidy;
    return found;
}

hg_own_memory hg_own_memory_find(pid_t process)
{
    char path[64];
    struct stat kind;
    hg_own_memory found = find_interpreter(process);
    snprintf(path, sizeof path, "/proc/%d/exe", (int)process);
    int fd = found.what ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return found;
    bool tidy = found.frees_at_end;
    if (fstat(fd, &kind) == 0 && S_ISREG(kind.st_mode))
        found = find_static(fd);
    found.frees_at_end = tidy;
    close(fd);
    return found;
}

bool hg_own_memory_is_collected(const hg_own_memory *own, const char *module, const char *function)
{
    return (own->collecting_module && is_named(module, own->collecting_module)) ||
           (own->collecting_functions &&
            strncmp(function, own->collecting_functions, strlen(own->collecting_functions)) == 0);
}
