/*
 * The file of a module, which can be anything: what to ask before it is opened, and before it is believed.
 */
#ifndef HG_SYMBOLS_MODULE_FILE_H
#define HG_SYMBOLS_MODULE_FILE_H

#include "symbols/symbols.h"
#include <elfutils/libdwfl.h>
#include <limits.h>
#include <stdbool.h>

/* From now on, files and debug information are looked for below this folder first. False if there is no such
 * folder. Not after the first process that reads was started. */
bool hg_module_file_set_sysroot(const char *folder);

/* The path of the module's file: below the sysroot, if the build that was asked for is there, or its own. It
 * is the buffer's, or the id's. */
const char *hg_module_file_find(const hg_module_id *id, char buffer[PATH_MAX]);

/*
 * How libdw finds debug information that was split off: by build id and .gnu_debuglink beside the file, in
 * .debug and below /usr/lib/debug (of the sysroot first); by debuginfod.
 */
extern const Dwfl_Callbacks hg_module_file_callbacks;

/* Whether it is there and no regular file: to open a pipe, a device or a socket could take for ever, or do
 * something. */
bool hg_module_file_is_special(const char *path);

/* Whether the opened module is the build that was asked for, as far as both sides have a build id. */
bool hg_module_file_is_build(Dwfl_Module *module, const hg_module_id *id);

#endif
