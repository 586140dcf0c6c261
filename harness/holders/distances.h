/*
 * Holders whose paths differ in distances only, as "+0x18" and "+0x20" do where types are not known: the
 * children of a tree's nodes, the elements of an array that has few, or those of a variable without a type.
 */
#ifndef HG_HOLDERS_DISTANCES_H
#define HG_HOLDERS_DISTANCES_H

#include "model/model.h"

/*
 * Takes three or more of them that have the same root together, as "(+0x18|+0x20|+0x28)". Two stay apart:
 * they may be two members of one struct.
 */
void hg_distances_join(hg_held *held);

#endif
