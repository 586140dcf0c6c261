/*
 * The record: the one thing that a measured process hands to the driver.
 *
 * A record is a mapped file of fixed size. The driver creates it. The probe and the runner, inside the
 * measured process, write it in place. The driver reads it when the process has ended, whatever ended it: a
 * crash or a kill loses at most what happened since the last checkpoint. The file is sparse: its size is an
 * upper bound, and only what is used costs memory.
 *
 *   header      sizes, who owns it, how far it got
 *   samples     one an epoch: what the runner saw at the checkpoint that closes the epoch
 *   modules     shared objects that frames point into
 *   scripts     functions of interpreted programs, which frames may name, and the text of their names
 *   frames      return addresses, packed as module and offset
 *   contexts    call stacks, as runs of frames
 *   live        [context][checkpoint][epoch]: bytes and blocks born in the epoch and alive at the checkpoint;
 *               a process that is watched from outside needs none
 *   rows        [checkpoint]: a bit for each context that has a row of live there, with HG_MODE_CHANGES
 *   seen        [context]: the sum of its counters at the last checkpoint; they only grow
 *   shards      [thread][epoch][context]: what each thread counts as it allocates and frees, in three
 *               classes:
 *               a shard has room for the first 4,096 contexts, 16,384 or all
 *
 * The probe counts and never judges; the analysis says what the numbers mean. A checkpoint (checkpoint.h)
 * adds the shards up into live; any process that has mapped the record can take one.
 *
 * The driver maps the whole record, which is hundreds of GiB of addresses. The measured process may have few
 * (RLIMIT_AS), and may lock all that it maps (mlockall). It maps pieces, and more of them when they are
 * needed, without a descriptor: a new mapping of a page that is mapped already may be longer than that one.
 *
 * Concurrency: the probe appends contexts, frames and modules under its own lock and publishes them by the
 * count in the header (release). One thread at a time writes a shard; the common shard takes atomic adds. One
 * thread writes live and samples, at checkpoints.
 */
#ifndef HG_RECORD_RECORD_H
#define HG_RECORD_RECORD_H

#include "record/assert.h"
#include "record/histogram.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_RECORD_MAGIC   "hgrec\0\0"
#define HG_RECORD_NAME    "heapgate-record" /* of the file in memory */
#define HG_RECORD_VERSION 22u

/* Environment of a measured process: the path of the record, /proc/self/fd/N for an inherited descriptor. */
#define HG_ENV_RECORD "HEAPGATE_RECORD"

/*
 * Where a forked child, or a program that it starts, offers a record of its own: "NAME,EPOCHS,MODE,SECRET".
 * NAME is the name, without the leading NUL, of an abstract stream socket on which the driver listens. The
 * child connects, sends the secret, which the system shows to nobody else, with the descriptor of the record
 * and, with HG_MODE_SCANS, that of a scan file (SCM_RIGHTS), and closes. If the variable is unset, children
 * are not counted.
 */
#define HG_ENV_CHILDREN "HEAPGATE_CHILDREN"

/* Letters of the secret. */
#define HG_CHILDREN_SECRET 32u

/*
 * The tool that watches a process instead of the probe, and is told of every checkpoint: "TOOL" or
 * "TOOL:PREFIX", see runner/marks.h. The record is bare then.
 */
#define HG_ENV_MARKS "HEAPGATE_MARKS"

/* Bytes of the probe's own control block. */
#define HG_CONTROL_BYTES 64u

/* The largest page that Linux has on this processor: places in a file are multiples of it. */
#if defined(__aarch64__)
#define HG_MOST_PAGE 65536u
#else
#define HG_MOST_PAGE 4096u
#endif

/* Limits of the format. The tail tag has room for these many contexts and epochs. */
#define HG_MAX_CONTEXTS (1u << 18)
#define HG_MAX_EPOCHS   384u
#define HG_ROW_EPOCHS   256u /* a record of more has no live section */
#define HG_MAX_MODULES  4096u
#define HG_MAX_DEPTH    256u       /* frames of one stack; a deeper one is cut and marked */
#define HG_MAX_FRAMES   (1u << 24) /* of all stacks together */
#define HG_MODULE_PATH  1024u
#define HG_BUILD_ID     20u
#define HG_MAX_SCRIPTS  (1u << 14)
#define HG_SCRIPT_TEXT  (1u << 20)
#define HG_MAX_SHARDS                                                                                        \
    256u /* of a class: threads that count at the same time; more share the first, the common one */
#define HG_MESSAGE 1024u
#define HG_PATHS   4096u

/* Tables of the probe that it says the place of. */
#define HG_MOST_OWN_RANGES 256u

/* Of so many allocations one is followed at least. */
#define HG_MOST_ONE_IN 1024u

#define HG_MOST_DESCRIPTORS      (1u << 20)
#define HG_DESCRIPTOR_EPOCH_BITS 9u

/* Context 0 stands for "stack not recorded": the limits above were reached. */
#define HG_CONTEXT_NONE 0u

/* hg_record_context.flags */
enum {
    HG_CONTEXT_CUT = 1u,     /* outer frames are missing */
    HG_CONTEXT_LIVE = 2u,    /* has had blocks alive at a checkpoint: its live rows are worth reading */
    HG_CONTEXT_MAPPING = 4u, /* maps memory (mmap, mremap) instead of allocating it */
    /*
     * Opens descriptors instead: each is a block of no bytes, and no allocation. Never with
     * HG_CONTEXT_MAPPING.
     */
    HG_CONTEXT_DESCRIPTOR = 8u,
    HG_CONTEXT_PAST = 16u,    /* some of its blocks were freed past the probe: others may have been, too */
    HG_CONTEXT_LOADING = 32u, /* first seen before the workload was loaded */
    HG_CONTEXT_FREES = 64u,   /* frees blocks of another context (frees), and counts nothing */
    HG_CONTEXT_SCRIPT = 128u, /* passes through an interpreter: its blocks may be counted by lines instead */
};

/* What the probe is to do, as the driver asks in the header. */
enum {
    HG_MODE_VERIFY = 1u,    /* walk recognised stacks too, and compare */
    HG_MODE_NO_STACKS = 2u, /* count only: every block belongs to one context without frames */
    HG_MODE_CONTROL = 4u,   /* leak a control block in the first allocation of each epoch */
    HG_MODE_MODULES = 8u,   /* enter every loaded module, whether it allocated or not */
    HG_MODE_FREES = 16u,    /* note who frees: HG_CONTEXT_FREES */
    HG_MODE_SCANS = 32u,    /* children keep an index of blocks, and offer a scan file */
    /* A checkpoint writes rows of live only of contexts that changed since the one before, and of those with
     * open descriptors: a script has 100,000 contexts, of which an op changes a few. */
    HG_MODE_CHANGES = 64u,
};

/* What of the system a process can come to the end of. */
enum {
    HG_LIMIT_FILES = 1u,         /* RLIMIT_NOFILE */
    HG_LIMIT_MAPPINGS = 2u,      /* vm.max_map_count */
    HG_LIMIT_ADDRESS_SPACE = 4u, /* RLIMIT_AS */
    HG_LIMIT_KEYS = 8u,          /* PTHREAD_KEYS_MAX */
    HG_LIMIT_SEGMENTS = 16u,     /* kernel.shmmni */
};

/* How far the measured process got; the driver words its message by it. */
typedef enum hg_phase {
    HG_PHASE_CREATED, /* the process did not come as far as the runner's main */
    HG_PHASE_LOADING,
    HG_PHASE_SETUP,
    HG_PHASE_ROUNDS,
    HG_PHASE_QUIESCE, /* after the op */
    HG_PHASE_TEARDOWN,
    HG_PHASE_DONE,
} hg_phase;

/* Exit codes of our runner. Anything else, and every signal, is the workload's own doing. */
enum {
    HG_RUNNER_DONE = 0,
    HG_RUNNER_USAGE = 90,
    HG_RUNNER_STOPPED = 91, /* the record's message says why */
};

typedef struct hg_record_context {
    uint32_t first_frame; /* two contexts of one stack share their frames */
    uint16_t frame_count; /* innermost first */
    _Atomic uint16_t flags;
    uint32_t frees; /* HG_CONTEXT_FREES: the context whose blocks it frees */
} hg_record_context;

/*
 * A return address: module << 48 | offset from the load address of the module. Module 0 is unknown: its load
 * address counts as 0. Where no address of a program can be, in the upper half of module 0, a frame is a line
 * of a script: HG_SCRIPT_FRAME | script << HG_SCRIPT_LINE_BITS | line.
 */
typedef uint64_t hg_record_frame;
#define HG_SCRIPT_FRAME     (UINT64_C(1) << 47)
#define HG_SCRIPT_LINE_BITS 24u

/* A function of an interpreted program: where its name and its file begin in the text of scripts. Script 0
 * has neither. */
typedef struct hg_record_script {
    uint32_t function, file;
} hg_record_script;

typedef struct hg_record_module {
    uint64_t base, begin, end; /* load bias, mapped range */
    uint8_t build_id[HG_BUILD_ID];
    uint32_t build_id_size;
    char path[HG_MODULE_PATH];
} hg_record_module;

typedef struct hg_record_live {
    int64_t blocks, bytes;
} hg_record_live;

/* What one thread counted for one context and birth epoch. Only ever grows; live is the difference. */
typedef struct hg_record_tally {
    _Atomic uint64_t allocated_blocks, allocated_bytes, freed_blocks, freed_bytes;
} hg_record_tally;

/*
 * One thread's counters. A row is read and written only once it is in use: untouched ones take no memory. A
 * thread that meets more contexts than its shard has room for goes on in one of a larger class. Tallies begin
 * on a page: a reader who skips pages that nobody used makes none by reading across their ends.
 */
typedef struct hg_record_shard {
    _Atomic uint8_t in_use[HG_MAX_EPOCHS];    /* rows, by epoch */
    _Alignas(4096) hg_record_tally tallies[]; /* [epoch][context] */
} hg_record_shard;

enum { HG_SHARD_CLASSES = 3 };

/* The contexts that a shard of the class has room for: the first so many. */
static inline uint32_t hg_shard_contexts(uint32_t shard_class)
{
    return shard_class < HG_SHARD_CLASSES - 1 ? 4096u << 2 * shard_class : HG_MAX_CONTEXTS;
}

typedef struct hg_record_sample {
    int64_t ops;                                 /* done since the start */
    int64_t allocations;                         /* calls since the start */
    int64_t resident_bytes, open_files, threads; /* resident: without the probe's own */
    int64_t held_bytes;                          /* of files and segments in memory (memory_files.h) */
    int64_t allocated_bytes, mapped_bytes;       /* as the allocator itself counts; -1: it does not say */
    int64_t kept_bytes;                          /* mapped_bytes, and empty pages that it will give back */
    int64_t wall_ns, cpu_ns;                     /* spent in the ops of this epoch */
    int64_t control_blocks, control_bytes;       /* made by the runner's control since the start */
    int64_t mappings;                            /* of memory, as the kernel counts them; -1: not known */
    uint32_t at_limit;                           /* HG_LIMIT_ flags */
    int64_t low_samples, low_blocks, low_bytes;  /* see hg_record_low_water */
} hg_record_sample;

/* What a process without the probe measured: whole batches, and single ops. */
typedef struct hg_record_speed {
    int64_t warmup_ops; /* done before */
    int64_t batch_ops, batch_ns;
    hg_histogram latencies;
} hg_record_speed;

typedef enum hg_task {
    HG_TASK_DESCRIBE, /* load the workload and say what it is */
    HG_TASK_ROUNDS,
    HG_TASK_SOAK,    /* epochs in real time, until it is told to end */
    HG_TASK_SPEED,   /* time the ops, without the probe: see runner/timing.h */
    HG_TASK_PACE,    /* find out how many to time */
    HG_TASK_TORTURE, /* make allocations fail in turn: see torture_area.h */
} hg_task;

/* A run in which time passes takes so much longer for a leak in a workload that has threads. */
#define HG_TIMED_SECONDS 3.0

/* What the driver wants of our runner; zeroed for any other program. */
typedef struct hg_run_plan {
    hg_task task;
    uint32_t warmup_rounds, rounds; /* ROUNDS */
    uint64_t warmup_ops;            /* ROUNDS: of a warm-up round; else of all warm-up */
    /* ROUNDS: of a measured round; SOAK: of an epoch of length 1, 0 for what is done in round_ns; SPEED and
     * PACE: of all */
    uint64_t round_ops;
    bool time_passes;            /* ROUNDS: between them (runner/workload_clock.h) */
    int64_t period_ns, round_ns; /* SOAK: from op to op, 0 for as fast as it goes; see round_ops */
} hg_run_plan;

#define HG_ALLOCATOR_NAME 256u

/* Addresses of a process; all zero until it is known. */
typedef struct hg_record_range {
    _Atomic uint64_t begin, bytes;
} hg_record_range;

typedef struct hg_record_header {
    char magic[8];
    uint32_t version;
    uint32_t epochs;        /* dimension of samples and live */
    uint32_t context_limit; /* 0: a bare record */
    uint64_t total_bytes;   /* of the file */
    uint64_t samples_at, modules_at, scripts_at, script_text_at, contexts_at, seen_at, rows_at, frames_at,
        live_at, shards_at[HG_SHARD_CLASSES]; /* byte offsets */
    uint64_t shard_bytes[HG_SHARD_CLASSES];
    hg_run_plan run;
    char asked_allocator[HG_ALLOCATOR_NAME]; /* its file; "" for the C library's own */
    char library_path[HG_PATHS];             /* the subject's folder; "" for none */
    /* Libraries that the workload needs preloaded, with colons: the runner finds them as it describes the
     * workload (see runner/linkage.h), and the driver asks for them from then on. */
    char preload[HG_PATHS];
    uint64_t kept_preload; /* of LD_PRELOAD so many bytes are not these */

    _Atomic int32_t owner;                      /* process id of the one process that writes */
    _Atomic uint32_t modules, frames, contexts; /* used; context 0 and module 0 are there from the start */
    _Atomic uint32_t scripts, script_text;      /* used; so are script 0 and its text */
    _Atomic uint32_t epoch;                     /* of blocks born now */
    _Atomic uint32_t closed;                    /* epochs added up by a checkpoint */
    _Atomic uint32_t shards[HG_SHARD_CLASSES];  /* used; the common ones are there from the start */
    _Atomic uint32_t checkpoints;               /* complete ones */
    _Atomic uint64_t unwinds;                   /* stacks walked the slow way */
    _Atomic uint64_t untagged_frees;            /* of blocks that the probe did not hand out */
    _Atomic uint64_t failed;                    /* allocations that the allocator refused */
    _Atomic uint64_t past_frees; /* of blocks that it did, noticed when their place came again */
    uint32_t mode;               /* HG_MODE_ flags */
    uint64_t relayed;            /* the inode of the pipe that is the program's output (exec/relay.h); or 0 */
    _Atomic uint64_t verified;   /* stacks recognised and walked again */
    _Atomic uint64_t mistaken;   /* of them, recognised as another */
    _Atomic uint64_t unrecorded; /* allocations that went to context 0 */

    _Atomic uint32_t phase; /* hg_phase */
    uint32_t control_context;
    _Atomic uint32_t control_epochs;   /* in which the probe made its control, HG_MODE_CONTROL */
    _Atomic uint64_t control_blocks;   /* that it made */
    char allocator[HG_ALLOCATOR_NAME]; /* the file of one that nobody asked for, but that was preloaded */
    char workload_name[64], workload_unit[64]; /* as the workload declares them; "" where it does not */
    uint64_t default_ops, warmup_ops;
    uint64_t round_ops;                /* that a round is to have, where default_ops is 0; 0: no opinion */
    int64_t most_files, most_mappings; /* that the system lets the process have; 0: not known */
    int64_t waited_ns;  /* of the thread that runs the ops, for a processor, until the last checkpoint */
    bool reads_clock;   /* the workload has, until the last checkpoint */
    uint64_t op;        /* the op that runs, or the one that failed */
    char held_file[64]; /* the largest file in memory that it held at the last checkpoint; "" for none */
    char input[64];     /* the name of the file that this op is given, cut to fit; "" for none */
    char message[HG_MESSAGE]; /* what went wrong, in one line; "" if nothing did */
    hg_record_speed speed;

    /* Of a runner that goes on until it is told to end. */
    _Atomic uint32_t told_to_end;
    _Atomic int64_t allocated_bytes, mapped_bytes; /* as in a sample, about a second old at most */

    _Atomic uint32_t forks; /* children that the process, or one of them without a record, made with fork */

    /* Where the process crashed in the probe's own code: 1 more than the offset from its load address. */
    _Atomic uint64_t crash;

    /*
     * The process began to exit, with so many bytes alive, the control's left out: what it does from now on
     * is to tidy up.
     */
    _Atomic int64_t bytes_at_exit;
    _Atomic uint32_t exiting;

    /* What the probe has mapped in the process for itself, which is no memory of the program's. */
    _Atomic uint32_t own_ranges; /* may be more than there is room for */
    hg_record_range own[HG_MOST_OWN_RANGES];

    /* Where in its memory the probe has, for each of HG_MOST_DESCRIPTORS descriptors, a word with the context
     * that opened it, above HG_DESCRIPTOR_EPOCH_BITS others; 0: nowhere. */
    _Atomic uint64_t descriptors;

    /* Of the blocks that are born in an epoch, one in so many is to be tagged and counted, as whoever watches
     * the process asks; 0 and 1: all. Read them with hg_record_one_in. */
    _Atomic uint32_t one_in[HG_MAX_EPOCHS];
    _Atomic uint32_t can_follow_some; /* the probe does so; else it counts all blocks, whatever is asked */
} hg_record_header;

/* What the measured process has mapped so far of the sections that grow. */
typedef struct hg_record_pieces {
    /* A mapped page of the place where the next piece begins; the common shard's, and all others'. */
    char *next_common[HG_SHARD_CLASSES], *next[HG_SHARD_CLASSES];
    hg_record_shard *shards[HG_SHARD_CLASSES][HG_MAX_SHARDS];
    uint32_t live_contexts, frames; /* that are mapped */
    uint64_t *grown; /* where all frames are, since there were more than at first; before that NULL */
} hg_record_pieces;

typedef struct hg_record {
    hg_record_header *header;
    hg_record_sample *samples;
    hg_record_module *modules;
    hg_record_script *scripts;
    char *script_text;
    hg_record_frame *frames;
    hg_record_context *contexts;
    uint64_t *seen; /* of the measured process; NULL, as are rows: the record has no such sections */
    _Atomic uint64_t *rows;
    hg_record_live *live;           /* NULL: whoever takes checkpoints adds up the counters himself */
    char *shards[HG_SHARD_CLASSES]; /* NULL in the measured process */
    hg_record_pieces *pieces;       /* of the measured process; else NULL */
    /*
     * As mapped; 0 when closed. The measured process may overwrite those in the header at any moment, so no
     * place in the record is found by them.
     */
    uint32_t epochs;
    uint64_t shard_bytes[HG_SHARD_CLASSES], mapped_bytes;
    /*
     * For a record made from other data: fills live with the counts of one context. NULL: live has all of
     * them.
     */
    void (*unpack)(const struct hg_record *record, uint32_t context);
    const void *packed;
    struct hg_record *mapped; /* as it was before it was frozen; NULL: it is not */
} hg_record;

/*
 * No count of bytes, blocks, ops or nanoseconds is larger. Sums of counts stay within it, so that those of a
 * process that wrote over its record do not overflow in the analysis.
 */
#define HG_MOST_COUNTED (INT64_C(1) << 53)

static inline int64_t hg_count_sum(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        sum = b;
    return sum > HG_MOST_COUNTED ? HG_MOST_COUNTED : sum < -HG_MOST_COUNTED ? -HG_MOST_COUNTED : sum;
}

static inline int64_t hg_count_times(int64_t count, uint32_t times)
{
    int64_t product;
    if (__builtin_mul_overflow(count, (int64_t)times, &product))
        product = count < 0 ? -HG_MOST_COUNTED : HG_MOST_COUNTED;
    return hg_count_sum(product, 0);
}

static inline hg_record_frame hg_record_pack(uint32_t module, uint64_t offset)
{
    HG_PROBE_ASSERT(module < HG_MAX_MODULES);
    return (uint64_t)module << 48 | (offset & (module == 0 ? HG_SCRIPT_FRAME - 1 : 0xffffffffffffu));
}

/* Whether the frame is a line of a script. */
static inline bool hg_record_is_script(hg_record_frame frame)
{
    return frame >> 47 == 1;
}

/* The script of such a frame of a sound record. */
static inline const hg_record_script *hg_record_script_of(const hg_record *record, hg_record_frame frame)
{
    return &record->scripts[(frame & (HG_SCRIPT_FRAME - 1)) >> HG_SCRIPT_LINE_BITS];
}

static inline int hg_record_script_line(hg_record_frame frame)
{
    return (int)(frame & ((1u << HG_SCRIPT_LINE_BITS) - 1));
}

static inline hg_record_live *hg_record_live_row(const hg_record *record, uint32_t context,
                                                 uint32_t checkpoint)
{
    HG_PROBE_ASSERT(record->live && context < HG_MAX_CONTEXTS && checkpoint < record->epochs);
    size_t epochs = record->epochs;
    return record->live + ((size_t)context * epochs + checkpoint) * epochs;
}

/* Whether a checkpoint writes rows of what changed alone. */
static inline bool hg_record_has_changes(const hg_record *record)
{
    return record->rows && (record->header->mode & HG_MODE_CHANGES) != 0;
}

#define HG_ROWS_WORDS (HG_MAX_CONTEXTS / 64u) /* of one checkpoint */

/* The bits of 64 contexts, from this one on, which is a multiple of 64; with HG_MODE_CHANGES. */
static inline _Atomic uint64_t *hg_record_rows(const hg_record *record, uint32_t context, uint32_t checkpoint)
{
    HG_PROBE_ASSERT(record->rows && context < HG_MAX_CONTEXTS && checkpoint < record->epochs);
    return &record->rows[(size_t)checkpoint * HG_ROWS_WORDS + context / 64];
}

/* Whether the checkpoint may have counts of the context; if not, they are as at the one before. */
static inline bool hg_record_has_row(const hg_record *record, uint32_t context, uint32_t checkpoint)
{
    return !hg_record_has_changes(record) ||
           (atomic_load_explicit(hg_record_rows(record, context, checkpoint), memory_order_relaxed) >>
                context % 64 &
            1) != 0;
}

/* All counts of a context, [checkpoint][epoch of birth]; valid until the next call. */
static inline const hg_record_live *hg_record_live_of(const hg_record *record, uint32_t context)
{
    if (!record->unpack)
        return hg_record_live_row(record, context, 0);
    record->unpack(record, context);
    return record->live;
}

/* NULL if the measured process has not mapped it: a common shard that is not in use. */
static inline hg_record_shard *hg_record_shard_at(const hg_record *record, uint32_t shard_class,
                                                  uint32_t shard)
{
    HG_PROBE_ASSERT(shard < HG_MAX_SHARDS && record->shard_bytes[shard_class] > 0);
    if (record->pieces)
        return record->pieces->shards[shard_class][shard];
    return (hg_record_shard *)(void *)(record->shards[shard_class] +
                                       shard * record->shard_bytes[shard_class]);
}

/* The number of contexts and shards in use, never more than there are. */
static inline uint32_t hg_record_contexts(const hg_record *record)
{
    uint32_t used = atomic_load_explicit(&record->header->contexts, memory_order_acquire);
    return used < HG_MAX_CONTEXTS ? used : HG_MAX_CONTEXTS;
}

/* How many blocks that were born in the epoch one stands for that was counted; at least 1. */
static inline uint32_t hg_record_one_in(const hg_record *record, uint32_t epoch)
{
    uint32_t one_in = atomic_load_explicit(&record->header->one_in[epoch], memory_order_relaxed);
    return one_in < 1 ? 1 : one_in < HG_MOST_ONE_IN ? one_in : HG_MOST_ONE_IN;
}

/* Whether all of a context's blocks are counted, however few of others: of mappings, descriptors, control. */
static inline bool hg_record_counts_all(const hg_record *record, uint32_t context)
{
    uint32_t flags = atomic_load_explicit(&record->contexts[context].flags, memory_order_relaxed);
    return (flags & (HG_CONTEXT_MAPPING | HG_CONTEXT_DESCRIPTOR)) != 0 ||
           (context != HG_CONTEXT_NONE && context == record->header->control_context);
}

/* How many blocks of the context and the epoch one that was counted stands for. */
static inline uint32_t hg_record_stands_for(const hg_record *record, uint32_t context, uint32_t epoch)
{
    uint32_t one_in = hg_record_one_in(record, epoch);
    return one_in > 1 && hg_record_counts_all(record, context) ? 1 : one_in;
}

/* Whether the context's blocks are descriptors, not memory. */
static inline bool hg_record_is_descriptor(const hg_record *record, uint32_t context)
{
    return (record->contexts[context].flags & HG_CONTEXT_DESCRIPTOR) != 0;
}

static inline uint32_t hg_record_shards(const hg_record *record, uint32_t shard_class)
{
    uint32_t used = atomic_load_explicit(&record->header->shards[shard_class], memory_order_acquire);
    return used < HG_MAX_SHARDS ? used : HG_MAX_SHARDS;
}

/* A row of counters: of one shard and one epoch. */
typedef struct hg_record_row {
    const hg_record_tally *tallies;
    uint32_t contexts; /* in use and in the row */
    bool common;
} hg_record_row;

/* Where a walk over all rows is; all zero at the start. */
typedef struct hg_record_cursor {
    uint32_t shard_class, shard;
} hg_record_cursor;

/* The next row in use of the epoch; false after the last. */
bool hg_record_next_row(const hg_record *record, uint32_t epoch, hg_record_cursor *cursor,
                        hg_record_row *ret_row);

/*
 * Makes an anonymous file with an empty record and maps it. Gives a close-on-exec descriptor of the file,
 * which the caller closes. Returns 0, or a negative errno and leaves nothing behind. epochs: 1 to
 * HG_MAX_EPOCHS.
 */
int hg_record_create(uint32_t epochs, hg_record *ret_record, int *ret_fd);

/*
 * The same with a header and samples alone, without counters: for a process that another tool watches instead
 * of the probe. It is small, because such a tool may walk all mapped memory.
 */
int hg_record_create_bare(uint32_t epochs, hg_record *ret_record, int *ret_fd);

/* The same as hg_record_create, in pieces, for the process that will be measured. pieces: all zero. */
int hg_record_create_in_pieces(uint32_t epochs, hg_record_pieces *pieces, hg_record *ret_record, int *ret_fd);

/*
 * Maps an existing record; checks magic, version and size. Returns 0 or a negative errno (-EPROTO: it is not
 * a record of this version).
 */
int hg_record_open(const char *path, hg_record *ret_record);

/* The same for who needs its header and samples alone. */
int hg_record_open_samples(const char *path, hg_record *ret_record);

/*
 * The same for the process that is measured, and makes it the one that writes (hg_record_own). pieces: all
 * zero; belongs to the record. -EBUSY: another process writes it.
 */
int hg_record_attach(const char *path, int32_t process, hg_record_pieces *pieces, hg_record *ret_record);

/*
 * The same, whole, and in memory of this process's own: what it writes is in no file, and a forked child goes
 * on from there in memory of its own.
 */
int hg_record_attach_privately(const char *path, int32_t process, hg_record *ret_record);

/*
 * In the measured process: maps one more shard of the class, or the common one. NULL if there is none left or
 * no address space. One caller at a time.
 */
hg_record_shard *hg_record_add_shard(const hg_record *record, uint32_t shard_class, bool common);

/*
 * Maps enough for so many frames, or for the live rows of so many contexts. False if there is no address
 * space. Copies of a record share what is mapped, but each must ask before it uses frames.
 */
bool hg_record_reach_frames(hg_record *record, uint32_t frames);
bool hg_record_reach_live(hg_record *record, uint32_t contexts);

/*
 * Whether everything that the record says about itself leads to places inside it. The measured process can
 * write anywhere in it, by mistake or on purpose; read nothing from a record that is not sound. Only of a
 * frozen one does the answer last.
 */
bool hg_record_is_sound(const hg_record *record);

/*
 * Makes the process the one that writes. False if another process is. A process that replaced its program
 * (exec) begins again: the heap of the earlier program is gone, and so are its counts and its message.
 */
bool hg_record_own(const hg_record *record, int32_t process);

/*
 * For a process that cannot attach to the record, not even map it: leaves the reason as its message. Does
 * nothing where another process writes, or where the path leads to no record of this version. Any process;
 * allocates nothing.
 */
void hg_record_leave_message(const char *path, int32_t process, const char *message);

/*
 * Copies all that leads to places in the record (header, samples, modules, scripts, frames, contexts) out of
 * the file, to which a process that outlived the measured one may still write: what was checked stays as it
 * was. The counts alone stay in the file. A record that is not sound is not sound in the copy, for good. Does
 * nothing to one that is frozen. False when memory ran out; then nothing has changed.
 */
bool hg_record_freeze(hg_record *record);
void hg_record_thaw(hg_record *record); /* the copies are gone; does nothing to one that is not frozen */

/* Unmaps it, frozen or not; a zeroed hg_record is fine. Of one in pieces, before any was added. */
void hg_record_close(hg_record *record);

#endif
