#include "runner/linkage.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct link_map *first, *last_before, *workload; /* of the dynamic linker's list */
static const char *preloads = "";                             /* for the workload, with colons */
static unsigned long long unloaded_before;

static int count_unloaded(struct dl_phdr_info *info, size_t size, void *ret_count)
{
    (void)size;
    *(unsigned long long *)ret_count = info->dlpi_subs;
    return 1;
}

static unsigned long long unloaded(void)
{
    unsigned long long count = 0;
    dl_iterate_phdr(count_unloaded, &count);
    return count;
}

static bool is_in_list(const char *list, const char *path)
{
    size_t length = strlen(path);
    for (const char *at = list; length > 0 && (at = strstr(at, path)); at++)
        if ((at == list || at[-1] == ':') && (at[length] == '\0' || at[length] == ':'))
            return true;
    return false;
}

static bool is_later(const struct link_map *map)
{
    const struct link_map *later = last_before ? last_before->l_next : first;
    while (later && later != map)
        later = later->l_next;
    return later != NULL;
}

/* The next one that came with the workload or after it, or was preloaded for it. NULL: the first of them. */
static const struct link_map *next_own(const struct link_map *map)
{
    map = map ? map->l_next : first;
    while (map && !is_later(map) && !is_in_list(preloads, map->l_name))
        map = map->l_next;
    return map;
}

void hg_linkage_start(const hg_record_header *header)
{
    char *variable = getenv("LD_PRELOAD");
    preloads = header->preload;
    for (const char *at = preloads; *at; at += strspn(at, ":")) {
        char path[PATH_MAX];
        size_t length = strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s", (int)length, at);
        dlopen(path, RTLD_NOW | RTLD_GLOBAL); /* where it fails, hg_linkage_of finds the mistake */
        at += length;
    }
    if (variable && preloads[0] && header->kept_preload < strlen(variable))
        variable[header->kept_preload] = '\0';
    if (variable && !variable[0])
        unsetenv("LD_PRELOAD");
    first = last_before = NULL;
    void *self = dlopen(NULL, RTLD_LAZY);
    if (self && dlinfo(self, RTLD_DI_LINKMAP, &first) == 0)
        for (const struct link_map *map = first; map; map = map->l_next)
            last_before = map;
    unloaded_before = unloaded();
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The first entry of that tag from `from` on; NULL: there is none. */
static const Elf64_Dyn *next_entry(const Elf64_Dyn *from, Elf64_Sxword tag)
{
    while (from->d_tag != DT_NULL && from->d_tag != tag)
        from++;
    return from->d_tag == tag ? from : NULL;
}

/* What an address in the dynamic section points at; the dynamic linker has relocated most of them. */
static const void *target(const struct link_map *map, Elf64_Sxword tag)
{
    const Elf64_Dyn *entry = next_entry(map->l_ld, tag);
    if (!entry)
        return NULL;
    Elf64_Addr address = entry->d_un.d_ptr;
    return (const void *)(address < map->l_addr ? address + map->l_addr : address);
}

static const char *string_of(const struct link_map *map, const Elf64_Dyn *entry)
{
    const char *strings = target(map, DT_STRTAB);
    return strings && entry ? strings + entry->d_un.d_val : "";
}

static size_t count_by_gnu_hash(const uint32_t *hash)
{
    uint32_t buckets = hash[0], offset = hash[1], words = hash[2];
    const uint32_t *bucket = hash + 4 + (size_t)words * (sizeof(Elf64_Addr) / sizeof *hash);
    const uint32_t *chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; i++)
        if (bucket[i] > last)
            last = bucket[i];
    if (last < offset)
        return offset;
    while ((chain[last - offset] & 1) == 0)
        last++;
    return (size_t)last + 1;
}

static size_t symbol_count(const struct link_map *map)
{
    const uint32_t *gnu = target(map, DT_GNU_HASH);
    const uint32_t *classic = target(map, DT_HASH);
    return gnu ? count_by_gnu_hash(gnu) : classic ? classic[1] : 0;
}

static bool is_needed_as(const struct link_map *map, const char *name)
{
    return strcmp(map->l_name, name) == 0 || strcmp(base_name(map->l_name), name) == 0 ||
           strcmp(string_of(map, next_entry(map->l_ld, DT_SONAME)), name) == 0;
}

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || folder[length - 1] == '/');
}

/* The path of the file that has the same name and lies in the folder itself. False: there is none, or it is
 * the same file. */
static bool has_namesake(const char *path, const char *folder, char ret_namesake[PATH_MAX])
{
    struct stat own, other;
    int length = snprintf(ret_namesake, PATH_MAX, "%s/%s", folder, base_name(path));
    return length > 0 && length < PATH_MAX && stat(path, &own) == 0 && stat(ret_namesake, &other) == 0 &&
           (own.st_dev != other.st_dev || own.st_ino != other.st_ino);
}

/* A library in a folder below counts where none of that name lies above it; the dynamic linker itself prefers
 * glibc-hwcaps. */
static bool is_from_folder(const struct link_map *map, const char *folder)
{
    char real[PATH_MAX], namesake[PATH_MAX];
    if (map == workload || !map->l_name[0])
        return false;
    bool below = is_below(map->l_name, folder) || (realpath(map->l_name, real) && is_below(real, folder));
    return below && (strstr(map->l_name, "/glibc-hwcaps/") || !has_namesake(map->l_name, folder, namesake));
}

static bool some_is_from_folder(const char *folder)
{
    for (const struct link_map *map = first; map; map = map->l_next)
        if (is_from_folder(map, folder))
            return true;
    return false;
}

/* A library from elsewhere, where LD_LIBRARY_PATH has one of that name. The subject's folder stands first
 * there. */
static bool is_stray(const struct link_map *map, char ret_namesake[PATH_MAX])
{
    const char *at = getenv("LD_LIBRARY_PATH");
    char namesake[PATH_MAX], folder[PATH_MAX];
    bool found = false;
    if (!at || map == workload || !map->l_name[0])
        return false;
    for (size_t length; *at; at += length + (at[length] != '\0')) {
        length = strcspn(at, ":;");
        snprintf(folder, sizeof folder, "%.*s", (int)length, at);
        if (folder[0] != '/')
            continue;
        if (is_from_folder(map, folder))
            return false;
        if (!found && has_namesake(map->l_name, folder, namesake)) {
            found = true;
            memcpy(ret_namesake, namesake, sizeof namesake);
        }
    }
    return found;
}

static bool can_load_more(void)
{
    for (const struct link_map *map = next_own(NULL); map; map = next_own(map)) {
        const Elf64_Sym *symbols = target(map, DT_SYMTAB);
        const char *strings = target(map, DT_STRTAB);
        size_t count = symbols && strings ? symbol_count(map) : 0;
        for (size_t i = 1; i < count; i++)
            if (symbols[i].st_shndx == SHN_UNDEF && (strcmp(strings + symbols[i].st_name, "dlopen") == 0 ||
                                                     strcmp(strings + symbols[i].st_name, "dlmopen") == 0))
                return true;
    }
    return false;
}

typedef struct definitions {
    bool allocator; /* malloc is one */
    bool repeated;  /* one is in the global scope too */
} definitions;

static definitions look_at_definitions(const struct link_map *map)
{
    definitions found = {0};
    const Elf64_Sym *symbols = target(map, DT_SYMTAB);
    const char *strings = target(map, DT_STRTAB);
    size_t count = symbols && strings ? symbol_count(map) : 0;
    for (size_t i = 1; i < count; i++) {
        const Elf64_Sym *symbol = &symbols[i];
        const char *name = strings + symbol->st_name;
        if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) == STB_LOCAL ||
            ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
            continue;
        found.allocator |= strcmp(name, "malloc") == 0 || strcmp(name, "free") == 0;
        found.repeated |= !found.repeated && dlsym(RTLD_DEFAULT, name) != NULL;
    }
    return found;
}

/* One more in a list with colons. False: it does not fit. */
static bool add_path(char *list, size_t size, const char *path)
{
    size_t used = strlen(list);
    int added = snprintf(list + used, size - used, "%s%s", used > 0 ? ":" : "", path);
    if (added > 0 && (size_t)added < size - used && !strchr(path, ':'))
        return true;
    list[used] = '\0';
    return false;
}

static const struct link_map *find_needed(const char *needed)
{
    const struct link_map *map = next_own(NULL);
    while (map && (map == workload || !is_needed_as(map, needed)))
        map = next_own(map);
    return map;
}

/*
 * What the workload is linked with, in that order, up to the C library; a stray is replaced by its namesake.
 * True if that is to be preloaded. libm repeats functions of the C library: both are glibc's own.
 */
static bool list_preloads(hg_record_header *header)
{
    bool wanted = false;
    for (const Elf64_Dyn *entry = next_entry(workload->l_ld, DT_NEEDED); entry;
         entry = next_entry(entry + 1, DT_NEEDED)) {
        char namesake[PATH_MAX];
        const char *name = base_name(string_of(workload, entry));
        const struct link_map *map = find_needed(string_of(workload, entry));
        if (strncmp(name, "libc.so.", 8) == 0)
            break;
        definitions found = map ? look_at_definitions(map) : (definitions){0};
        if (!map || found.allocator || strncmp(name, "libm.so.", 8) == 0)
            continue;
        bool stray = is_stray(map, namesake);
        if (add_path(header->preload, sizeof header->preload, stray ? namesake : map->l_name))
            wanted |= stray || found.repeated;
    }
    if (!wanted)
        header->preload[0] = '\0';
    return wanted;
}

/* The first library in the folder that is called like the other but for its version; with "" the first of
 * all. "" where there is none. */
static void find_in_folder(const char *folder, const char *like, char ret_name[NAME_MAX + 1])
{
    const char *suffix = strstr(like, ".so");
    size_t stem = suffix ? (size_t)(suffix - like) + 3 : 0;
    DIR *open_folder = opendir(folder);
    ret_name[0] = '\0';
    for (struct dirent *entry; open_folder && (entry = readdir(open_folder));)
        if (strstr(entry->d_name, ".so") && strncmp(entry->d_name, like, stem) == 0 &&
            (!ret_name[0] || strcmp(entry->d_name, ret_name) < 0))
            snprintf(ret_name, NAME_MAX + 1, "%s", entry->d_name);
    if (open_folder)
        closedir(open_folder);
}

static void say(hg_record_header *header, const char *folder, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(hg_record_header *header, const char *folder, const char *format, ...)
{
    char message[HG_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    snprintf(header->message, sizeof header->message,
             "the plug-in does not run on the library in %.250s: %.700s", folder, message);
}

/* namesake: the path that should have been loaded; its name is cut off. */
static void say_stray(hg_record_header *header, const struct link_map *stray, char *namesake)
{
    namesake[base_name(namesake) - namesake - 1] = '\0';
    bool has_rpath = false;
    for (const struct link_map *map = next_own(NULL); map; map = next_own(map))
        has_rpath |= next_entry(map->l_ld, DT_RPATH) && !next_entry(map->l_ld, DT_RUNPATH);
    const char *name = base_name(stray->l_name);
    if (look_at_definitions(stray).allocator)
        say(header, namesake,
            "it loaded %.300s, and that cannot be exchanged because it is an allocator; link the plug-in "
            "without an RPATH",
            stray->l_name);
    else if (has_rpath)
        say(header, namesake,
            "it loaded %.300s because of a DT_RPATH; link with -Wl,--enable-new-dtags, or without an RPATH",
            stray->l_name);
    else
        say(header, namesake,
            "it loaded %.300s because it, or a library that it needs, names that path; link it with -L and "
            "-l to a %.100s that has a soname",
            stray->l_name, name);
}

/* Nothing in the folder has the name of anything that is loaded. */
static void say_unused(hg_record_header *header)
{
    char name[NAME_MAX + 1];
    for (const struct link_map *map = next_own(NULL); map; map = next_own(map)) {
        find_in_folder(header->library_path, base_name(map->l_name), name);
        if (map == workload || !strstr(map->l_name, ".so") || !name[0])
            continue;
        say(header, header->library_path,
            "it needs the soname %.100s, which was loaded from %.300s, and the folder has %.100s; link the "
            "plug-in with the library in the folder",
            base_name(map->l_name), map->l_name, name);
        return;
    }
    find_in_folder(header->library_path, "", name);
    if (!name[0]) {
        say(header, header->library_path, "there is no shared library (*.so) in it");
        return;
    }
    say(header, header->library_path,
        "it is linked with no shared library from there (such as %.100s), so it has a static library or "
        "header code built in; link it with the shared one, or build one plug-in for each build: heapgate "
        "compare BEFORE.so AFTER.so",
        name);
}

static hg_linkage mistake(hg_record_header *header)
{
    char namesake[PATH_MAX];
    for (const struct link_map *map = next_own(NULL); map; map = next_own(map)) {
        if (is_stray(map, namesake)) {
            say_stray(header, map, namesake);
            return HG_LINKAGE_MISTAKE;
        }
    }
    if (!header->library_path[0] || some_is_from_folder(header->library_path))
        return HG_LINKAGE_RIGHT;
    say_unused(header);
    return HG_LINKAGE_MISTAKE;
}

hg_linkage hg_linkage_of(void *plugin, hg_record_header *header)
{
    struct link_map *map;
    if (!first || dlinfo(plugin, RTLD_DI_LINKMAP, &map) != 0)
        return HG_LINKAGE_RIGHT;
    workload = map;
    if (header->run.task == HG_TASK_DESCRIBE && !header->preload[0] && list_preloads(header))
        return HG_LINKAGE_RELOAD;
    if (header->library_path[0] && !some_is_from_folder(header->library_path) && can_load_more())
        return HG_LINKAGE_OPEN;
    return mistake(header);
}

const char *hg_linkage_export(const char *beginning)
{
    const Elf64_Sym *symbols = workload ? target(workload, DT_SYMTAB) : NULL;
    const char *strings = workload ? target(workload, DT_STRTAB) : NULL;
    size_t count = symbols && strings ? symbol_count(workload) : 0;
    for (size_t i = 1; i < count; i++)
        if (symbols[i].st_shndx != SHN_UNDEF &&
            strncmp(strings + symbols[i].st_name, beginning, strlen(beginning)) == 0)
            return strings + symbols[i].st_name;
    return NULL;
}

bool hg_linkage_is_settled(const hg_record_header *header)
{
    return unloaded() != unloaded_before || some_is_from_folder(header->library_path);
}

bool hg_linkage_is_right(hg_record_header *header)
{
    return unloaded() != unloaded_before || mistake(header) != HG_LINKAGE_MISTAKE;
}
