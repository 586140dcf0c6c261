/*
 * Call paths compared the way a person does: by the functions from the culprit outwards and the modules they
 * are in, not by line, address or folder. What is the same path today is the same in the next build.
 *
 * Pure. Any thread.
 */
#ifndef HG_ANALYSIS_CALL_PATH_H
#define HG_ANALYSIS_CALL_PATH_H

#include "model/path.h"

/*
 * On one path: the same functions, whatever their clones are called. Modules count only where a function or
 * its source is not known, since a library may be loaded from another file each time.
 */
bool hg_same_call_path(const hg_site *a, const hg_site *b);

#endif
