#include "holders/roots_first.h"

void hg_holders_roots_first(hg_cell *cell)
{
    size_t leaks = hg_cell_leaks(cell);
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
