/*
 * The record: the one thing that a measured process hands to the driver.
 *
 * A record is a mapped file of fixed size. The driver creates it, the probe and the runner inside the
 * measured process write it in place, and the driver reads it when the process is gone, however it went: a
 * crash or a kill loses at most what happened since the last checkpoint. The file is sparse, so that its size
 * is an upper bound and only what is used costs memory.
 *
 *   header      sizes, who owns it, how far it got
 *   samples     one an epoch: what the runner saw at the checkpoint that closes the epoch
 *   modules     shared objects that frames point into
 *   frames      return addresses, packed as module and offset
 *   contexts    call stacks, as runs of frames
 *   live        [context][checkpoint][epoch]: bytes and blocks born in the epoch and alive at the checkpoint
 *
 * The probe counts and never judges; what the numbers mean is the analysis' business.
 *
 * Concurrency: contexts, frames and modules are appended by the probe under its own lock and published by the
 * count in the header (release). live and samples are written at checkpoints, by one thread.
 */
#ifndef HG_RECORD_RECORD_H
#define HG_RECORD_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_RECORD_MAGIC   "hgrec\0\0"
#define HG_RECORD_VERSION 2u

/* Environment of a measured process. */
#define HG_ENV_RECORD                                                                                        \
    "HEAPGATE_RECORD" /* path of the record; /proc/self/fd/N for an inherited descriptor                     \
                       */

/* Limits of the format. The tail tag has room for these many contexts and epochs. */
#define HG_MAX_CONTEXTS (1u << 18)
#define HG_MAX_EPOCHS   256u
#define HG_MAX_MODULES  4096u
#define HG_MAX_DEPTH    256u       /* frames of one stack; a deeper one is cut and marked */
#define HG_MAX_FRAMES   (1u << 24) /* of all stacks together */
#define HG_MODULE_PATH  1024u
#define HG_BUILD_ID     20u
#define HG_MESSAGE      1024u

/* Context 0 stands for "stack not recorded": the limits above were reached. */
#define HG_CONTEXT_NONE 0u

/* hg_record_context.flags */
enum {
    HG_CONTEXT_CUT = 1u,  /* outer frames are missing */
    HG_CONTEXT_LIVE = 2u, /* has had blocks alive at a checkpoint: its live rows are worth reading */
};

/* How far the measured process got; the driver words its message by it. */
typedef enum hg_phase {
    HG_PHASE_CREATED, /* the process did not come as far as the runner's main */
    HG_PHASE_LOADING,
    HG_PHASE_SETUP,
    HG_PHASE_ROUNDS,
    HG_PHASE_TEARDOWN,
    HG_PHASE_DONE,
} hg_phase;

typedef struct hg_record_context {
    uint32_t first_frame;
    uint16_t frame_count; /* innermost first */
    uint16_t flags;
} hg_record_context;

/* A return address: module << 48 | offset from the module's load address. Module 0: unknown, offset is the
 * address. */
typedef uint64_t hg_record_frame;

typedef struct hg_record_module {
    uint64_t base, begin, end; /* load bias, mapped range */
    uint8_t build_id[HG_BUILD_ID];
    uint32_t build_id_size;
    char path[HG_MODULE_PATH];
} hg_record_module;

typedef struct hg_record_live {
    int64_t blocks, bytes;
} hg_record_live;

typedef struct hg_record_sample {
    int64_t ops;         /* done since the start */
    int64_t allocations; /* calls since the start */
    int64_t resident_bytes, open_files, threads;
    int64_t allocated_bytes, mapped_bytes; /* as the allocator itself counts; -1: it does not say */
    int64_t wall_ns, cpu_ns;               /* spent in the ops of this epoch */
    int64_t control_blocks, control_bytes; /* made by the runner's control since the start */
} hg_record_sample;

typedef struct hg_record_header {
    char magic[8];
    uint32_t version;
    uint32_t epochs; /* dimension of samples and live */
    uint32_t context_limit;
    uint64_t total_bytes;                                             /* of the file */
    uint64_t samples_at, modules_at, frames_at, contexts_at, live_at; /* byte offsets */

    _Atomic int32_t owner;                      /* process id of the one process that writes */
    _Atomic uint32_t modules, frames, contexts; /* used; context 0 and module 0 are there from the start */
    _Atomic uint32_t checkpoints;               /* complete ones */
    _Atomic uint64_t unwinds;                   /* stacks walked the slow way */
    _Atomic uint64_t untagged_frees;            /* of blocks that the probe did not hand out */
    uint32_t verify;             /* not 0: the probe walks recognised stacks too, and compares */
    _Atomic uint64_t verified;   /* stacks recognised and walked again */
    _Atomic uint64_t mistaken;   /* of them, recognised as another */
    _Atomic uint64_t unrecorded; /* allocations that went to context 0 */

    _Atomic uint32_t phase; /* hg_phase */
    uint32_t control_context;
    char workload_name[64], workload_unit[64]; /* as the workload declares them; "" where it does not */
    uint64_t default_ops, warmup_ops;
    uint64_t op;              /* the op that runs, or the one that failed */
    char message[HG_MESSAGE]; /* what went wrong, in one line; "" if nothing did */
} hg_record_header;

typedef struct hg_record {
    hg_record_header *header;
    hg_record_sample *samples;
    hg_record_module *modules;
    hg_record_frame *frames;
    hg_record_context *contexts;
    hg_record_live *live;
    uint32_t epochs; /* as mapped, and 0 when closed: the header is for both sides to write */
    uint64_t mapped_bytes;
} hg_record;

static inline hg_record_frame hg_record_pack(uint32_t module, uint64_t offset)
{
    return (uint64_t)module << 48 | (offset & 0xffffffffffffu);
}

static inline hg_record_live *hg_record_live_row(const hg_record *record, uint32_t context,
                                                 uint32_t checkpoint)
{
    size_t epochs = record->header->epochs;
    return record->live + ((size_t)context * epochs + checkpoint) * epochs;
}

/*
 * Makes an anonymous file with an empty record and maps it. Gives a close-on-exec descriptor of the file, the
 * caller's. Returns 0 or a negative errno; nothing is left behind then. epochs: 1 to HG_MAX_EPOCHS.
 */
int hg_record_create(uint32_t epochs, hg_record *ret_record, int *ret_fd);

/* Maps an existing record; checks magic, version and size. Returns 0 or a negative errno (-EPROTO: not a
 * record). */
int hg_record_open(const char *path, hg_record *ret_record);

/*
 * Whether all that the record says of itself leads to places inside it. The measured process can write
 * anywhere in it, by mistake or on purpose; nothing is to be read from a record that is not sound. The
 * process must be gone.
 */
bool hg_record_is_sound(const hg_record *record);

/* Unmaps; a zeroed hg_record is fine. */
void hg_record_close(hg_record *record);

#endif
