#include "holders/roots_first.h"

/* Those that leak come first. */
static size_t count_leaks(const hg_cell *cell)
{
    size_t count = 0;
    while (count < cell->site_count && cell->sites[count].growth_class == HG_CLASS_LEAK)
        count++;
    return count;
}

void hg_holders_roots_first(hg_cell *cell)
{
    size_t leaks = count_leaks(cell);
    size_t front = 0;
    for (size_t i = 0; i < leaks; i++) {
        if (hg_site_is_part(cell, &cell->sites[i]))
            continue;
        hg_site root = cell->sites[i];
        for (size_t at = i; at > front; at--)
            cell->sites[at] = cell->sites[at - 1];
        cell->sites[front++] = root;
    }
}
