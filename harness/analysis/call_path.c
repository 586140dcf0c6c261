#include "analysis/call_path.h"

bool hg_same_call_path(const hg_site *a, const hg_site *b)
{
    return hg_path_compare(a, b) == 0;
}
