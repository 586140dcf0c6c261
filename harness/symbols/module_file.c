#include "symbols/module_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char sysroot[PATH_MAX]; /* "": none */
static char debug_folders[PATH_MAX + 64];
static char *debug_folders_there; /* NULL: libdw's own choice */

const Dwfl_Callbacks hg_module_file_callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debug_folders_there,
};

bool hg_module_file_set_sysroot(const char *folder)
{
    struct stat file;
    if (!realpath(folder, sysroot) || stat(sysroot, &file) != 0 || !S_ISDIR(file.st_mode)) {
        sysroot[0] = '\0';
        return false;
    }
    snprintf(debug_folders, sizeof debug_folders, ":.debug:%s/usr/lib/debug:/usr/lib/debug", sysroot);
    debug_folders_there = debug_folders;
    return true;
}

static bool has_build_id(const char *path, const hg_module_id *id)
{
    const void *bits = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    elf_version(EV_CURRENT);
    Elf *elf = file >= 0 ? elf_begin(file, ELF_C_READ_MMAP, NULL) : NULL;
    ssize_t size = elf ? dwelf_elf_gnu_build_id(elf, &bits) : -1;
    bool same = id->build_id_size == 0 || (bits && size == (ssize_t)id->build_id_size &&
                                           memcmp(bits, id->build_id, id->build_id_size) == 0);
    elf_end(elf);
    if (file >= 0)
        close(file);
    return same;
}

const char *hg_module_file_find(const hg_module_id *id, char buffer[PATH_MAX])
{
    struct stat file;
    if (!sysroot[0] || id->path[0] != '/')
        return id->path;
    int length = snprintf(buffer, PATH_MAX, "%s%s", sysroot, id->path);
    bool there = length > 0 && length < PATH_MAX && stat(buffer, &file) == 0 && S_ISREG(file.st_mode);
    return there && has_build_id(buffer, id) ? buffer : id->path;
}

bool hg_module_file_is_special(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && !S_ISREG(file.st_mode);
}

bool hg_module_file_is_build(Dwfl_Module *module, const hg_module_id *id)
{
    const unsigned char *bits;
    GElf_Addr at;
    int size = dwfl_module_build_id(module, &bits, &at);
    if (id->build_id_size == 0 || size <= 0)
        return true;
    return (size_t)size == id->build_id_size && memcmp(bits, id->build_id, id->build_id_size) == 0;
}
