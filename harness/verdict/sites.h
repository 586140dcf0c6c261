/*
 * From the record's contexts to sites: symbolized, grouped by call path, with their histories.
 *
 * A context is an exact stack; the same leak shows up in many of them, one for each way through the code
 * between the culprit and malloc, and one for each depth of a recursion. A site gathers those that agree on
 *   - the culprit: the innermost frame that is not the system's (the C library, an allocator, a library from
 * the system's folders), function and line, or where no lines are known, place; in a program that was
 * measured whole, a library from the system's folders is not the system's, but an allocator wrapper
 * (wrappers.h) is;
 *   - the functions from there outwards, with the loops of recursions taken out.
 * A library that is loaded again from another file is the same one, by its build id or its sources.
 */
#ifndef HG_VERDICT_SITES_H
#define HG_VERDICT_SITES_H

#include "analysis/growth.h"
#include "base/intern.h"
#include "model/model.h"
#include "record/record.h"
#include "symbols/symbols.h"

/* Which modules are whose. Paths; NULL where there is none. */
typedef struct hg_module_owners {
    const char *library_path; /* the subject's folder: never the system's */
    const char *plugin;       /* the workload: never the system's */
    const char *runner;       /* its frames end a call path */
    const char *probe;        /* its frames are dropped */
    /* The system is the C library and its like alone, and allocator wrappers are passed over. */
    bool is_program;
} hg_module_owners;

typedef struct hg_gathered_site {
    hg_site site;            /* frames, inner and contexts are set; the numbers are the caller's to fill in */
    int64_t *blocks, *bytes; /* history: [checkpoint][epoch] */
    bool past;               /* some of its blocks were freed past the probe */
    struct hg_raw_frame *path; /* the frames again, as they are compared; borrows from record and symbols */
    uint32_t next;             /* site of the same key or origin: its number, from 1; 0 for none */
    uint32_t origin;           /* of a part: the number of the site that it is a part of, from 0 */
} hg_gathered_site;

/* What a context holds. */
typedef enum hg_holding {
    HG_HOLDING_MEMORY,      /* blocks and mappings */
    HG_HOLDING_DESCRIPTORS, /* each counts as a block of no bytes */
} hg_holding;

typedef struct hg_gathered {
    hg_gathered_site *sites;
    size_t count, capacity;
    int64_t *whole_blocks, *whole_bytes; /* all but the control */
    int64_t *control_blocks, *control_bytes;
    uint32_t *site_of; /* by context: the number of its site, from 1; 0 for none */
    uint32_t epochs, contexts;
    hg_intern keys;   /* of names of functions, and the culprit's line: paths of one site have the same */
    hg_buffer firsts; /* by number of a key: the number of its first site, a uint32_t */
    hg_holding holding;
    uint32_t warmup;
} hg_gathered;

/*
 * Gathers all contexts of one kind that had something alive at a checkpoint from `warmup` on. False when
 * memory ran out; ret_gathered is to be freed either way.
 */
bool hg_sites_gather(const hg_record *record, hg_holding holding, uint32_t warmup,
                     const hg_module_owners *owners, hg_symbols *symbols, hg_gathered *ret_gathered);
void hg_gathered_free(hg_gathered *gathered);

/*
 * The parts of those sites that are wanted, by the lines of all their frames: one for each way through the
 * same functions, and its origin is the site. A part alone, or one of more than HG_MOST_PARTS, has
 * HG_PART_OF_NONE. wanted: by site. ret_parts has nothing else, and borrows what the sites do. False when
 * memory ran out; it is to be freed either way.
 */
bool hg_sites_part(const hg_record *record, const hg_module_owners *owners, hg_symbols *symbols,
                   const hg_gathered *gathered, const bool *wanted, hg_gathered *ret_parts);

#define HG_MOST_PARTS   32u
#define HG_PART_OF_NONE UINT32_MAX

/* Puts the parts of a site in its place; all but the first become sites at the end. False when memory ran
 * out, and then the site is as it was. */
bool hg_sites_replace(hg_gathered *gathered, uint32_t number, hg_gathered *parts);

/* Whether both, of the same functions, go through the same lines, or where there are none, places. */
bool hg_sites_have_same_places(const hg_site *a, const hg_site *b);

/* Whether both are gathered as one site. */
bool hg_sites_are_same(const hg_site *a, const hg_site *b);

/* Whether the module is the subject's or the workload's, and not the system's or heapgate's. */
bool hg_sites_is_subject(const char *path, const hg_module_owners *owners);

/* Whether the file is the C library's, the dynamic linker's, a C++ library's or an allocator's. */
bool hg_sites_is_runtime(const char *path);

/* The functions at a frame of the record, as hg_symbols_find gives them; a line of a script is one. */
const hg_symbol *hg_sites_symbols(const hg_record *record, hg_record_frame frame, hg_symbols *symbols,
                                  size_t *ret_count);

/* A frame of the run model, the caller's. False when memory ran out; then it can be freed all the same. */
bool hg_sites_frame(const hg_symbol *symbol, const char *module, uint64_t offset, hg_frame *ret_frame);

/* A path below the working folder, relative to it; any other as it is. */
const char *hg_sites_shorten(const char *path);

#endif
