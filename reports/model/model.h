/*
 * The run model: what one run of heapgate measured and concluded. run.json is this model as a file, and every
 * report is made from this model alone.
 *
 * Ownership: a run owns everything below it, including all strings, and hg_run_free frees all of it. A string
 * is NUL-terminated, and never NULL in a model that hg_run_new, hg_run_add_cell or hg_run_read made: an
 * absent string is "". It has whatever bytes the program under test had, and each writer escapes it for its
 * own format. Not thread-safe: one thread builds and reads a model.
 */
#ifndef HG_MODEL_MODEL_H
#define HG_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_RUN_SCHEMA    "heapgate-run/1"
#define HG_RUN_MAX_CELLS 10000 /* that a run read from a file may have */
#define HG_MOST_SHARDS   10000 /* that a suite is divided into */

typedef enum hg_verdict {
    HG_VERDICT_CLEAN,
    HG_VERDICT_LEAK,
    HG_VERDICT_FRAGMENTATION,
    HG_VERDICT_INCONCLUSIVE,
    HG_VERDICT_FAILED,
} hg_verdict;

typedef enum hg_class {
    HG_CLASS_LEAK,
    HG_CLASS_FILLING,
    HG_CLASS_BOUNDED,
    HG_CLASS_ONE_TIME,
    HG_CLASS_TRANSIENT,
} hg_class;

/* What a suite expects of a cell. */
typedef enum hg_expect { HG_EXPECT_CLEAN, HG_EXPECT_LEAK, HG_EXPECT_FRAGMENTATION } hg_expect;

/* Names as in run.json: "clean", "one-time", ...; never NULL. */
const char *hg_verdict_name(hg_verdict verdict);
const char *hg_class_name(hg_class growth_class);
const char *hg_expect_name(hg_expect expect);

/* True when the verdict says something about the subject: it is neither failed nor inconclusive. */
bool hg_verdict_is_sure(hg_verdict verdict);

/* Whether a verdict is what was expected. Fragmentation is not a leak: it meets an expected "clean". */
bool hg_expect_is_met(hg_expect expect, hg_verdict verdict);

typedef struct hg_frame {
    char *function;  /* "" where no symbol is known */
    char *file;      /* source file, "" where no line is known */
    char *module;    /* shared object or program */
    uint64_t offset; /* of the return address, from the module's load address */
    int line;        /* 0 where unknown */
    bool inlined;    /* inlined into the next frame of the list */
} hg_frame;

/* What keeps a block alive: the root from which it was reached. */
typedef enum hg_holder_kind {
    HG_HOLDER_GLOBAL, /* static storage, also of a function or class */
    HG_HOLDER_THREAD_LOCAL,
    HG_HOLDER_STACK,
    HG_HOLDER_REGISTER,
    HG_HOLDER_MAPPING, /* that the program made with mmap */
    HG_HOLDER_KEY,     /* of pthread_setspecific */
} hg_holder_kind;

const char *hg_holder_kind_name(hg_holder_kind kind); /* "global", "thread_local", ...; never NULL */

/* Blocks of a site that one root holds, along one path. */
typedef struct hg_holder {
    hg_holder_kind kind;
    char *path; /* from the root to the pointer to the block: "registry.table.slots[]\u2192entry" */
    char *name; /* of the root: a variable, a thread, a key, the function that mapped it; "" where unknown */
    char *file; /* where that stands, "" where unknown */
    int line;   /* 0 where unknown */
    char *module;     /* "" for none */
    uint32_t threads; /* that have such a variable or key with blocks; 0 where it is of no thread */
    int64_t blocks, bytes;
    char *example; /* address of one of the blocks */
} hg_holder;

/* Who holds the blocks of a site that were alive at the end of a run of its own;
 * see hg_cell.holders_missing. */
typedef struct hg_held {
    uint32_t known; /* 0: nothing is; follows from the counts */
    int64_t held_blocks;
    int64_t lost_blocks;            /* nothing points to them */
    int64_t indirectly_lost_blocks; /* only other lost blocks do */
    int64_t unscanned_blocks;       /* not known */
    hg_holder *holders;             /* most blocks first */
    size_t holder_count;
} hg_held;

/* Who has the blocks of a site, for outputs that name one: nobody where most of them are lost, otherwise the
 * holder with most, unless more are lost or not known than held. */
typedef enum hg_keeper { HG_KEEPER_UNKNOWN, HG_KEEPER_NOBODY, HG_KEEPER_HOLDER } hg_keeper;

/* The most that a holder may hold, as a suite has it. */
typedef struct hg_bound {
    uint32_t known; /* 0: it has no bound; follows from the others */
    char *holder;   /* as in the suite: the beginning of a path */
    int64_t blocks; /* made by one call; 0: any number */
    int64_t bytes;  /* of all; 0: any number */
} hg_bound;

typedef struct hg_bounds {
    hg_bound *bounds;
    size_t count;
} hg_bounds;

/* All that one root holds, or one part of it that has a bound. The holder's path is the one with most blocks,
 * its blocks and bytes are those of all paths. */
typedef struct hg_retainer {
    hg_holder holder;
    int64_t alike_blocks; /* most that one call made: the entries of a table, not all that they own */
    int64_t retained_bytes, retained_blocks; /* no other root leads to them */
    double growth_bytes_per_op;              /* of the sites, by its share of their bytes */
    hg_bound bound;
    bool within_bound; /* true where there is none */
    bool undeclared;   /* it has no bound, and the suite wants one */
} hg_retainer;

/* What a suite says of memory that is alive at exit. */
typedef enum hg_review {
    HG_REVIEW_NONE, /* nobody asked */
    HG_REVIEW_DECLARED,
    HG_REVIEW_BOUNDED, /* every holder has a bound */
    HG_REVIEW_EXPIRED, /* it was declared until a day that is past */
    HG_REVIEW_NEEDED,
} hg_review;

const char *hg_review_name(hg_review review); /* "none", "declared", ..., "needs review"; never NULL */

/* What was alive when the process ended, after heapgate_teardown. */
typedef struct hg_kept {
    uint32_t known; /* 0: nothing was; follows from the counts */
    int64_t blocks, bytes;
    hg_review review; /* of a site */
    char *by;         /* the declaration of a site, as the suite has it: "function: table_new"; "" for none */
    int64_t failing;  /* of a cell: sites whose review fails it */
} hg_kept;

/*
 * One place that allocates: all contexts that share a call path from the culprit outwards. frames[0] is the
 * culprit: the innermost frame of the subject, or of the workload if the subject has no frame.
 */
typedef struct hg_site {
    hg_class growth_class;
    double bytes_per_op, bytes_per_op_error; /* growth, one standard error; 0 for classes that do not grow */
    double blocks_per_op;
    double heap_bytes_per_op;        /* growth with what the allocator rounds up and adds; 0: not known */
    int64_t live_bytes, live_blocks; /* at the last checkpoint */
    uint32_t contexts;               /* exact call stacks in this site */
    bool cut;                        /* outer callers were not recorded: too deep, or no unwind tables */
    bool mapped;      /* the program maps this memory (mmap, mremap) instead of allocating it */
    hg_frame *frames; /* outwards from the culprit */
    size_t frame_count;
    int64_t *callers; /* while a file is read: see callers.h */
    size_t caller_count;
    hg_frame *inner; /* from the allocator call to just before the culprit; of the heaviest context */
    size_t inner_count;
    int64_t *survivor_blocks; /* [epochs of the cell]: alive at the last checkpoint, by epoch of birth */
    int64_t *survivor_bytes;
    int64_t *total_bytes; /* [epochs of the cell]: alive at each checkpoint */
    size_t epoch_count;
    hg_held held;
    hg_kept kept;
} hg_site;

/*
 * One checkpoint. X(type, name, unit, presence, meaning). An older file may lack a field that is
 * UNKNOWN_IF_ABSENT; it then reads as -1.
 */
#define HG_SAMPLE_FIELDS(X)                                                                                  \
    X(int64_t, round, "1", REQUIRED, "epoch that this checkpoint closes; warm-up epochs first, from 0")      \
    X(int64_t, ops, "op", REQUIRED, "operations done since the start, warm-up included")                     \
    X(int64_t, live_bytes, "byte", REQUIRED, "requested bytes of blocks alive, the control excluded")        \
    X(int64_t, live_blocks, "block", REQUIRED, "blocks alive, the control excluded")                         \
    X(int64_t, allocations, "call", REQUIRED, "allocations since the start")                                 \
    X(int64_t, resident_bytes, "byte", REQUIRED, "resident memory of the process")                           \
    X(int64_t, allocated_bytes, "byte", UNKNOWN_IF_ABSENT,                                                   \
      "handed out, by the allocator's own count; -1 unknown")                                                \
    X(int64_t, mapped_bytes, "byte", UNKNOWN_IF_ABSENT, "held from the system by the allocator; -1 unknown") \
    X(int64_t, open_files, "1", REQUIRED, "open file descriptors")                                           \
    X(int64_t, threads, "1", REQUIRED, "threads")                                                            \
    X(int64_t, wall_ns, "ns", REQUIRED, "time spent in the operations of this round")                        \
    X(int64_t, cpu_ns, "ns", REQUIRED, "processor time spent in the operations of this round")               \
    X(int64_t, mappings, "1", UNKNOWN_IF_ABSENT, "memory mappings of the process; -1 unknown")

typedef struct hg_sample {
#define HG_SAMPLE_MEMBER(type, name, unit, presence, meaning) type name;
    HG_SAMPLE_FIELDS(HG_SAMPLE_MEMBER)
#undef HG_SAMPLE_MEMBER
} hg_sample;

/* What a cell counted of the memory that its process held at the last checkpoint. */
typedef struct hg_coverage {
    double counted_bytes;  /* of blocks and mappings alive, as far as they are resident */
    double resident_bytes; /* anonymous memory; 0: not known, and there is no coverage */
} hg_coverage;

/* The result of memcheck, a leak checker that follows pointers, for a cell. */
typedef enum hg_cross_answer {
    HG_CROSS_NONE,      /* not run, or there is no verdict to compare with */
    HG_CROSS_AGREES,    /* lost blocks grow if and only if heapgate finds a leak */
    HG_CROSS_REACHABLE, /* the leaked blocks are still pointed to, which memcheck does not call a leak */
    HG_CROSS_DISAGREES,
    HG_CROSS_FAILED, /* the checker crashed or wrote nothing */
} hg_cross_answer;

/* "none", "agrees", "reachable", ...; never NULL. */
const char *hg_cross_answer_name(hg_cross_answer answer);

/* The same workload under memcheck with fewer ops: the growth in its measured rounds. */
typedef struct hg_cross_check {
    hg_cross_answer answer;
    int64_t ops;
    double lost_bytes_per_op, lost_blocks_per_op;
    double reachable_bytes_per_op, reachable_blocks_per_op;
} hg_cross_check;

/* The median and the quartiles of several repetitions. */
typedef struct hg_spread {
    double median, low, high;
} hg_spread;

/*
 * The speed of the ops in a process without the probe, in wall-clock time without the time in which another
 * program had the processor. A part that was not timed, or too little for a figure, is zero.
 */
typedef struct hg_speed {
    int64_t ops, repetitions; /* ops timed in each repetition, which is a process of its own */
    hg_spread ops_per_second;
    hg_spread p50_ns, p99_ns; /* time of one op: median and 99th percentile */
    hg_spread against;        /* ops per second divided by those of HG_REFERENCE, pair by pair */
} hg_speed;

/* The subject with which the speed of others is compared. */
#define HG_REFERENCE "before"

typedef struct hg_cell {
    char *workload, *subject, *allocator;
    char *unit;            /* what one op is: "schema", "handler" */
    char *plugin;          /* path of the workload plug-in */
    char *reproduce;       /* the one command that runs this cell again */
    char *reason;          /* one sentence: what was seen, or why it failed */
    char *holders_missing; /* why it is not known who holds the blocks, though somebody asked; else "" */
    char *log;             /* the last lines that the workload wrote, for a failed cell */
    uint32_t number;       /* place in the whole suite, from 1; 0 in a run without shards */
    int64_t ops;           /* measured, without warm-up */
    int64_t warmup_ops;    /* run before */
    int64_t rounds;        /* measured */
    int64_t warmup_rounds;
    uint64_t seed;
    hg_expect expect;
    hg_verdict verdict;
    bool met;      /* the verdict, and the speed if max_slowdown bounds it, are as expected */
    bool too_slow; /* slower than max_slowdown allows */
    bool blind;    /* failed because the control was not recovered */
    double bytes_per_op, bytes_per_op_error;
    double blocks_per_op;
    double heap_bytes_per_op; /* as of a site */
    double min_detectable_bytes_per_op;
    double max_bytes_per_op; /* budget */
    double control_injected_bytes_per_op, control_recovered_bytes_per_op;
    double max_slowdown; /* limit of the time per op, as a multiple of HG_REFERENCE's; 0: none */
    hg_speed speed;
    double ops_per_second;      /* in processor time, with the probe, median over the measured rounds */
    double rate_per_hour;       /* declared production rate in ops; 0: none is declared */
    double duration_seconds;    /* of the whole cell */
    uint64_t contexts, unwinds; /* distinct call stacks; stacks that were unwound */
    hg_sample *samples;
    size_t sample_count;
    hg_site *sites; /* ranked: growing ones first, fastest first */
    size_t site_count;
    hg_retainer *holders; /* most bytes first; none if nobody asked */
    size_t holder_count;
    hg_kept kept; /* of all sites, also of those that the cell does not have */
    hg_cross_check cross_check;
    hg_coverage coverage;
} hg_cell;

/* The shards of a suite that a run has; all 0 in a run without shards. */
typedef struct hg_part {
    uint32_t shards;  /* into which the suite was divided */
    int64_t *numbers; /* of those in this run, from 1, ascending */
    size_t number_count;
    uint64_t cells;       /* of these shards, whether they ran or not */
    uint64_t suite_cells; /* of all shards together */
} hg_part;

/* What became of the process in which an allocation was made to fail. */
typedef enum hg_fault_outcome {
    HG_FAULT_OK,
    HG_FAULT_CRASH,        /* a signal */
    HG_FAULT_ABORT,        /* abort(), an exception that nobody caught, or an exit of its own */
    HG_FAULT_HANG,         /* the limit of time */
    HG_FAULT_LEAK,         /* blocks that stay, and that the same ops without the fault do not keep */
    HG_FAULT_DESCRIPTOR,   /* files left open */
    HG_FAULT_STAYS_BROKEN, /* a later op, with memory enough, answers otherwise than without the fault */
    HG_FAULT_CORRUPTION,   /* the allocator found its memory damaged, as by a double free */
    HG_FAULT_UNREACHED,    /* the fault did not happen: nothing is claimed */
} hg_fault_outcome;

/* "ok", "crash", ..., "stays broken", "double free / corruption", "unreached"; never NULL. */
const char *hg_fault_outcome_name(hg_fault_outcome outcome);

/* Whether it is a mistake of the subject's. */
bool hg_fault_is_finding(hg_fault_outcome outcome);

/* What a fault left behind, by the stack that allocated or opened it. */
typedef struct hg_fault_loss {
    int64_t blocks, bytes;
    int64_t lost,
        held;        /* of the blocks: nothing leads to them any more, or something does; both 0: not known */
    bool descriptor; /* the blocks are open files */
    hg_frame *frames; /* outwards from the culprit */
    size_t frame_count;
    uint64_t stack; /* a number of its exact stack; not written */
} hg_fault_loss;

/* One call that was made to fail. */
typedef struct hg_fault {
    char *id; /* the same in every run, as long as the path is the same */
    char *workload, *subject;
    char *mode;     /* "once" or "from-then-on" */
    char *function; /* that failed: "malloc", ..., "mmap", "open"; "" in a run that does not say */
    hg_fault_outcome outcome;
    bool accepted; /* a finding that the suite knows: told, and no failure */
    int64_t op;    /* in which it failed */
    double duration_seconds;
    int64_t lost_blocks, lost_bytes, lost_descriptors;
    int signal;      /* that ended the process; 0: none */
    char *reason;    /* one sentence */
    char *reproduce; /* the one command */
    char *log;       /* the last lines that the process wrote, of one that did not end well */
    hg_frame *path;  /* of the allocation that failed, outwards from the culprit */
    size_t path_count;
    hg_frame *frames; /* where it crashed or hung, innermost first; or of the largest loss */
    size_t frame_count;
    hg_fault_loss *losses; /* largest first */
    size_t loss_count;
} hg_fault;

/* The faults of one workload on one subject. */
typedef struct hg_torture_pass {
    char *workload, *subject;
    char *message;          /* why it is not complete; "" if it is */
    char *fail;             /* the calls that fail, as "memory,open"; "" in a run that does not say */
    int64_t ops, clean_ops; /* learned; after each fault */
    int64_t points; /* fault points: distinct call paths that allocate, or make another call that fails */
    int64_t
        allocations; /* and other such calls, of the learned ops; each would be a fault without call paths */
    int64_t planned, made; /* faults */
    double duration_seconds;
    bool restarted;     /* other threads ran: each fault had a process that was started for it */
    bool judges_result; /* the workload says what its ops came to */
} hg_torture_pass;

typedef struct hg_torture {
    uint32_t asked; /* 0: this run has none */
    hg_torture_pass *passes;
    size_t pass_count;
    hg_fault *faults; /* by pass, in the order of the ops */
    size_t fault_count;
} hg_torture;

/* Whether a workload reached an allocation site. */
typedef enum hg_reach {
    HG_REACH_TRIED,
    HG_REACH_UNTRIED,
    /* Only the error path of an op in which a torture made a call fail got there: it counts nowhere. */
    HG_REACH_FAILURE,
    HG_REACH_UNCLEAR, /* the compiler left no trace of it on the stack, or it allocates only sometimes */
    /* Nobody can list all of these, so they count nowhere: a call by a pointer, or of a function of another
     * library that is not known to allocate, which was seen to. */
    HG_REACH_SEEN,
} hg_reach;

/* "tried", "untried", "failure", "unclear", "seen"; never NULL */
const char *hg_reach_name(hg_reach reach);

/* Where blocks of a site are freed: the line that called free, or a library that did. */
typedef struct hg_tried_free {
    char *function;
    char *file; /* "" where no line is known */
    int line;   /* 0 where unknown */
} hg_tried_free;

/* What one workload on one subject allocated at a site. */
typedef struct hg_tried_use {
    char *workload, *subject;
    int64_t blocks;
} hg_tried_use;

/* An allocation site of a module under test: a line of its source, or a function where no line is
 * known. */
typedef struct hg_tried_site {
    char *module, *function;
    char *file;  /* "" where no line is known */
    int line;    /* 0 where unknown */
    char *calls; /* the function that allocates */
    hg_reach reach;
    bool sometimes;                       /* it may also do without an allocation */
    bool changed;                         /* the line is new since hg_tried.since */
    int64_t blocks, freed_blocks, faults; /* allocated, freed again; that torture made fail */
    int64_t after_faults;                 /* that led there, which an op without any did not */
    hg_tried_use *uses;
    size_t use_count;
    hg_tried_free *frees; /* distinct ones that were noticed, HG_TRIED_MOST_FREES at most */
    size_t free_count;
} hg_tried_site;

enum { HG_TRIED_MOST_FREES = 8 };

/* A module whose allocation sites are known. */
typedef struct hg_tried_module {
    char *path;
    char *message; /* why they are not; "" if they are */
    bool has_lines;
} hg_tried_module;

/* Which allocation sites were tried. */
typedef struct hg_tried {
    uint32_t asked;     /* 0: this run does not say */
    char *since;        /* the revision; new sites that are not tried fail the run. "": nobody asked */
    double min_percent; /* of the sites, that must be tried; 0: nobody asked */
    char *message;      /* why it is not complete; "" if it is */
    bool tortured;      /* calls were made to fail, so that error paths ran */
    hg_tried_module *modules;
    size_t module_count;
    hg_tried_site *sites; /* by module, those that were not tried first */
    size_t site_count;
} hg_tried;

typedef struct hg_run {
    char *version; /* of heapgate */
    char *suite;   /* its name, or the plug-in checked */
    char *started; /* UTC, ISO 8601 */
    char *machine; /* kernel, processor, cores, for a reader */
    char *command; /* that made this run */
    char *
        unfinished; /* one sentence on what is missing if the run still goes on or was interrupted, else "" */
    double duration_seconds;
    int exit_code;
    hg_part part;
    hg_cell *cells;
    size_t cell_count;
    hg_frame *frames; /* while a file is read: see callers.h */
    size_t frame_count;
    hg_torture torture;
    hg_tried tried;
} hg_run;

/* An empty run with every string ""; NULL when memory ran out. */
hg_run *hg_run_new(void);
void hg_run_free(hg_run *run); /* NULL is fine */

/* Appends a zeroed cell with every string "" and returns it, or NULL when memory ran out. Earlier cells may
 * move, so keep indices instead of pointers. */
hg_cell *hg_run_add_cell(hg_run *run);

/*
 * Puts a copy of a text, or a sentence, into a string of a cell; it may be made of the one that was there.
 * Without memory the string keeps what it had, and the answer is false.
 */
bool hg_cell_set(char **field, const char *text);
bool hg_cell_say(char **field, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a zeroed pass, or fault, with every string ""; NULL when memory ran out. Earlier ones may move. */
hg_torture_pass *hg_torture_add_pass(hg_torture *torture);
hg_fault *hg_torture_add_fault(hg_torture *torture);

/* Appends a zeroed module, site or use, with every string a copy; NULL when memory ran out. Earlier ones may
 * move. */
hg_tried_module *hg_tried_add_module(hg_tried *tried, const char *path);
hg_tried_site *hg_tried_add(hg_tried *tried, const hg_tried_site *like);
void hg_tried_remove(hg_tried *tried, size_t site);
hg_tried_use *hg_tried_add_use(hg_tried_site *place, const char *workload, const char *subject);
/* Unless it is there, or there are as many as there may be. False when memory ran out. */
bool hg_tried_add_free(hg_tried_site *place, const char *function, const char *file, int line);
/* Whether blocks were allocated there, and none of them was freed. */
bool hg_tried_site_keeps(const hg_tried_site *place);

/* Adds what other workloads tried of the same modules; from is empty then. False when memory ran out. */
bool hg_tried_join(hg_tried *into, hg_tried *from);

/* How many of the sites of a module have this reach; NULL: of all. */
size_t hg_tried_count(const hg_tried *tried, const char *module, hg_reach reach);

/* The share of the sites that were tried, of those of which it is known; 100 where there are none. */
double hg_tried_percent(const hg_tried *tried, const char *module);

/* Whether the site fails the run: it is new, and no workload tried it. */
bool hg_tried_site_fails(const hg_tried_site *place);
size_t hg_tried_failing(const hg_tried *tried);

/* What the gates say: 0; 1 if one is not met; 4 if that is not known. 0 in a shard: the others may try what
 * it does not. */
int hg_run_tried_exit_code(const hg_run *run);

/* Whether fewer sites were tried than must be. */
bool hg_tried_too_few(const hg_tried *tried);

/* Whether a share must be tried of sites of which there are none: that is no pass. */
bool hg_tried_has_no_share(const hg_tried *tried);

/* Frees what a cell, site or frame owns, not the struct itself. */
void hg_cell_clear(hg_cell *cell);
void hg_site_clear(hg_site *site);
void hg_frame_clear(hg_frame *frame);
void hg_holder_clear(hg_holder *holder);
void hg_held_clear(hg_held *held);
void hg_torture_clear(hg_torture *torture);
void hg_fault_clear(hg_fault *fault);
void hg_tried_clear(hg_tried *tried);
void hg_retainer_clear(hg_retainer *retainer);

/* Whether no holder is over its bound; nobody expects it of a cell that is expected to leak. */
bool hg_cell_keeps_bounds(const hg_cell *cell);

hg_keeper hg_held_keeper(const hg_held *held);

/* The same as a value for machines: the holder's path, "nothing", or "" where it is not known. */
const char *hg_held_by(const hg_held *held);

/* How many call paths leak; they come first. */
size_t hg_cell_leaks(const hg_cell *cell);

/*
 * Whether a site of the cell that leaks was lost as a part of something larger: hardly any of its blocks was
 * lost directly, and those of another site were. What to free is the object: its site is the culprit.
 */
bool hg_site_is_part(const hg_cell *cell, const hg_site *site);

/* Whether the holder's path is what this is the name of, or leads on from there. "->" may stand for the
 * arrow. */
bool hg_holder_is_below(const char *path, const char *name);

/* The cell's unit, or "op" if it has none. */
const char *hg_cell_unit(const hg_cell *cell);

/* "pass", "leak", "inconclusive" or "failed". */
const char *hg_run_outcome(const hg_run *run);

/* Whether all that is wrong is cells that were expected to leak and do not: their outcome is "leak", too. */
bool hg_run_lacks_leak(const hg_run *run);

/*
 * The exit code for the cells, the gravest first: 5 a blind harness, 4 a failed workload, 1 a leak or a
 * missed leak, 3 inconclusive, 0 every expectation met. A fault that the subject did not survive is a leak, a
 * pass that is not complete failed. Sites that a gate wants tried are like leaks. An unfinished run gets at
 * least 4, and so does a run without cells, unless it is a shard that has none. The writers use this code and
 * never the field exit_code, so no report can contradict its own cells.
 */
int hg_run_exit_code(const hg_run *run);

#endif
