/*
 * A workload under a tool of others: the same rounds with the same seed, at a number of ops that fits the
 * tool's slowness, in heapgate's own runner, without the probe. What the tool found is read back from what it
 * writes.
 *
 * A profile is an object that is started, polled and freed, so that many can run side by side. Its files are
 * written to a folder of the caller's. The tool sees that folder under a name without spaces or other
 * characters that tools take apart: a link in a new folder below /tmp, removed with the profile.
 *
 * Not thread-safe.
 */
#ifndef HG_PROFILE_PROFILE_H
#define HG_PROFILE_PROFILE_H

#include "process/plan.h"
#include "process/process.h"
#include "profile/tool_sites.h"

typedef struct hg_tool hg_tool;

/* All tools, ended by a NULL name. */
const hg_tool *hg_tools(void);
/* NULL when there is no such tool. */
const hg_tool *hg_tool_find(const char *name);

/* What of a profile is left for a person, and how it is opened. */
typedef struct hg_opener {
    const char *file;    /* its name in the folder */
    const char *program; /* that opens it; NULL: a browser */
    const char *package; /* Debian's, of the program */
    const char
        *format; /* the command; %s is the quoted path of the file, %b of the base file, %r the runner */
} hg_opener;

#define HG_TOOL_MOST_OPENERS 4u

typedef struct hg_profile_job hg_profile_job;
typedef struct hg_profile hg_profile;

/* How a process is started under a tool. Strings are the tool's, static or in the job's scratch. */
typedef struct hg_tool_command {
    const char *words[24], *variables[8];
    const char *preload;
    size_t word_count, variable_count;
} hg_tool_command;

struct hg_tool {
    const char *name, *program, *package;
    const char *allocator; /* the only one it works with; NULL: any */
    const char *caveat;    /* a sentence: what its figures cannot tell; "" for none */
    /* False with one line in the profile's message. */
    bool (*command)(hg_profile_job *job, hg_tool_command *ret_command);
    bool (*read)(hg_profile_job *job, hg_profile *profile);
    hg_opener
        openers[HG_TOOL_MOST_OPENERS]; /* ended by a NULL file; the first file is the one it must write */
    unsigned slowness;                 /* times slower than the bare run, roughly */
    bool replaces_allocator;
    bool growth; /* it tells the measured rounds from the warm-up; else what is alive at the end */
    bool flat;   /* its sites are single frames; those of callers have no bytes of their own */
};

/* The absolute path of the tool's program, from PATH. False when it is not there. */
bool hg_tool_path(const char *program, char *ret_path, size_t path_size);

typedef enum hg_profile_state {
    HG_PROFILE_RUNNING,
    HG_PROFILE_DONE,
    HG_PROFILE_FAILED, /* message says why */
} hg_profile_state;

struct hg_profile {
    const hg_tool *tool;
    hg_profile_state state;
    char message[HG_MESSAGE + 256]; /* one line */
    char log[HG_LOG_BYTES + 1];     /* the last lines of the process, for a failed one */
    uint64_t ops, warmup_ops;
    uint32_t rounds, warmup_rounds;
    double seconds;
    hg_tool_sites sites;
    /* Alive at each checkpoint, warm-up first, by kind; empty for a tool without snapshots. */
    hg_tool_count (*checkpoints)[HG_TOOL_KINDS];
    size_t checkpoint_count;
    /* Of the measured rounds, or, for a tool without growth, alive at the end. */
    hg_tool_count gained[HG_TOOL_KINDS];
};

typedef struct hg_profile_run hg_profile_run;

/*
 * Starts the plan under a tool. ops: 0 for as many as fit the tool. folder: where the tool's files go; it
 * exists. Strings of the plan are borrowed and must outlive the run. A profile that cannot be started is
 * FAILED at once. NULL when memory ran out.
 */
hg_profile_run *hg_profile_start(const hg_tool *tool, const hg_cell_plan *plan, uint64_t ops,
                                 const char *folder);

/*
 * Moves on as far as possible without waiting for the process; reading what it wrote may take seconds. The
 * state is then no more RUNNING when it has ended.
 */
const hg_profile *hg_profile_poll(hg_profile_run *run);

/* Descriptors that become readable when hg_profile_poll has something to do; -1 where none is open. */
void hg_profile_descriptors(const hg_profile_run *run, int ret_fds[2]);

/* Stops the process, if one runs. NULL is fine. The folder's files stay. */
void hg_profile_free(hg_profile_run *run);

/* The ops that fit the tool, for a plan: a share of its own, in whole rounds of at least two. */
uint64_t hg_profile_ops(const hg_tool *tool, const hg_cell_plan *plan);

#endif
