/*
 * The shared objects that return addresses point into, as the record keeps them.
 */
#ifndef HG_PROBE_MODULES_H
#define HG_PROBE_MODULES_H

#include "record/record.h"

/*
 * Packs an address as module and offset, entering its module into the record when it is new. The caller holds
 * the lock of contexts. Takes no lock of the dynamic linker; allocates nothing.
 */
hg_record_frame hg_modules_pack(const hg_record *record, uintptr_t address);

/* Enters all that are loaded now. Takes a lock of the dynamic linker, and then that of contexts. The caller
 * is at work for the probe. */
void hg_modules_enter_all(hg_record *record);

/*
 * The module that the address lies in; false if it lies in none. Takes no lock; fit for signal handlers.
 */
bool hg_modules_describe(uintptr_t address, hg_record_module *ret_module);

/* Whether the address lies in a module's code, right behind a call. Any address; takes no lock. */
bool hg_modules_follows_call(uintptr_t address);

#endif
