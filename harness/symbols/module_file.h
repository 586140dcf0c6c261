/*
 * The file of a module, which can be anything: what to ask before it is opened, and before it is believed.
 * Reentrant; allocates nothing.
 */
#ifndef HG_SYMBOLS_MODULE_FILE_H
#define HG_SYMBOLS_MODULE_FILE_H

#include "symbols/symbols.h"
#include <elfutils/libdwfl.h>
#include <stdbool.h>

/* Whether it is there and no regular file: to open a pipe, a device or a socket could take for ever, or do
 * something. */
bool hg_module_file_is_special(const char *path);

/* Whether the opened module is the build that was asked for, as far as both sides have a build id. */
bool hg_module_file_is_build(Dwfl_Module *module, const hg_module_id *id);

#endif
