/*
 * The order of the sites that leak, once it is known how their blocks were lost.
 *
 * What is lost with something larger is not what to free: the program lost the object, and its parts with it.
 * So a site of which hardly any block was lost directly comes after those whose blocks were, however much it
 * grows by.
 *
 * Pure. Any thread.
 */
#ifndef HG_HOLDERS_ROOTS_FIRST_H
#define HG_HOLDERS_ROOTS_FIRST_H

#include "model/model.h"

/* The order is otherwise as it was: sites that are held, or of which nothing is known, keep their place. */
void hg_holders_roots_first(hg_cell *cell);

#endif
