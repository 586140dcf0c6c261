#include "analysis/call_path.h"

#include "model/path.h"
#include <string.h>

const char *hg_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool hg_same_call_path(const hg_site *a, const hg_site *b)
{
    return hg_path_compare(a, b) == 0;
}
