#include "analysis/call_path.h"

#include <string.h>

/* A library that is loaded from ever new files is the same one: what a function is called tells more. */
static bool is_same_frame(const hg_frame *a, const hg_frame *b)
{
    hg_slice x = hg_path_function(a->function);
    hg_slice y = hg_path_function(b->function);
    if (x.length != y.length || memcmp(x.text, y.text, x.length) != 0)
        return false;
    hg_slice m = hg_path_module(a->module);
    hg_slice n = hg_path_module(b->module);
    bool same_module = m.length == n.length && memcmp(m.text, n.text, m.length) == 0;
    bool named = x.length > 0 && (a->file[0] || b->file[0]);
    return same_module || named || a->offset == b->offset;
}

bool hg_same_call_path(const hg_site *a, const hg_site *b)
{
    if (a->frame_count != b->frame_count)
        return false;
    for (size_t i = 0; i < a->frame_count; i++)
        if (!is_same_frame(&a->frames[i], &b->frames[i]))
            return false;
    return true;
}
