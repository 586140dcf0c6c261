/*
 * Whether the workload runs on a library from the subject's folder, as this process has it mapped.
 *
 * LD_LIBRARY_PATH puts the folder first, but a DT_RPATH comes before it, a path in DT_NEEDED passes by it,
 * and a library that was linked in statically, or that has another soname, is not looked for at all.
 *
 * The dynamic linker binds what a library calls to the first definition in the global scope, where the
 * runner's C library stands. In a program, the libraries that it is linked with stand before the C library. A
 * library that defines what the C library has too (thrd_create) must therefore be preloaded, with those that
 * are linked beside it. Preloading also keeps a DT_RPATH from finding another library of the same name. One
 * that defines malloc is never preloaded: it would come between the probe and the allocator.
 *
 * Runs before the rounds, in the measured process. One process has one linkage. Not thread-safe.
 */
#ifndef HG_RUNNER_LINKAGE_H
#define HG_RUNNER_LINKAGE_H

#include "record/record.h"

typedef enum hg_linkage {
    HG_LINKAGE_RIGHT,
    HG_LINKAGE_OPEN,    /* nothing from the folder is loaded yet, but something here can call dlopen */
    HG_LINKAGE_RELOAD,  /* start again, with the libraries in header->preload preloaded */
    HG_LINKAGE_MISTAKE, /* header->message says why */
} hg_linkage;

/* Before the workload is loaded: loads what is to be preloaded and is not yet, and hides it from children. */
void hg_linkage_start(const hg_record_header *header);

/* plugin: the handle of the workload. Fills header->preload or message as the answer says. */
hg_linkage hg_linkage_of(void *plugin, hg_record_header *header);

/* After hg_linkage_of: a function or variable that the workload itself exports, whose name begins so. NULL:
 * there is none. Lives as long as the workload is loaded. */
const char *hg_linkage_export(const char *beginning);

/* Once HG_LINKAGE_OPEN was the answer, after an op: whether something from the folder is loaded by now. A
 * library that was unloaded counts as one from there. */
bool hg_linkage_is_settled(const hg_record_header *header);

/* After the last such op. False, with a message, if the workload runs on another library. */
bool hg_linkage_is_right(hg_record_header *header);

#endif
