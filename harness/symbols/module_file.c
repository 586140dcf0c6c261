#include "symbols/module_file.h"

#include <string.h>
#include <sys/stat.h>

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
