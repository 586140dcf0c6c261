#include "clock.h"
#include "log_file.h"
#include "places.h"
#include "program.h"
#include "recording.h"
#include "report.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <toka/manifest.h>
#include <xxhash.h>

enum {
    KNOWN_TEXTS = 2 * TOKA_RECORD_WINDOW_TEXTS, /* a text whose place another one took is told again */
    FLUSH_AFTER_MS = 1000,
};

atomic_bool toka_recording_on;

/* Where the text with this hash stands in the log. */
struct known_text {
    uint64_t hash;
    uint64_t number;       /* of its text line, from 1; 0: none */
    uint64_t bytes_before; /* of texts */
};

static struct {
    pthread_mutex_t lock; /* guards what follows */
    bool open;            /* there is a file */
    toka_log_file file;
    toka_status status; /* once it is closed */
    int problem;        /* errno behind TOKA_E_FILE */
    uint64_t ops, bytes;
    bool traffic; /* was said */

    toka_clock_fn clock; /* NULL: the monotonic one */
    void *clock_data;
    uint64_t clock_start, ms_before; /* what the clock said when it was first read, at that time of the log */
    uint64_t ms, told_ms, flushed_ms; /* now, as the log has it, when last flushed */

    uint64_t seed; /* of the hashes: nobody can craft two texts with the same one */
    uint64_t texts, text_bytes;
    struct known_text known[KNOWN_TEXTS];
    char instance[TOKA_RECORD_MAX_INSTANCE_BYTES];
} recorder = {.lock = PTHREAD_MUTEX_INITIALIZER, .status = TOKA_E_ARGUMENT};

static void lock_recorder(void)
{
    assert(toka_places_hold_none());
    pthread_mutex_lock(&recorder.lock);
}

static atomic_uint_fast64_t stores;
static _Thread_local bool in_manifest;

static void before_fork(void)
{
    lock_recorder();
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&recorder.lock);
}

static void after_fork_in_child(void)
{
    if (recorder.open)
        toka_log_file_abandon(&recorder.file);
    recorder.open = false;
    recorder.status = TOKA_E_ARGUMENT;
    atomic_store(&toka_recording_on, false);
    pthread_mutex_unlock(&recorder.lock);
}

static void watch_forks(void)
{
    /* It fails for want of memory only; then a child that records writes into its parent's file. */
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static uint64_t read_clock(void)
{
    return recorder.clock ? recorder.clock(recorder.clock_data) : toka_clock_monotonic_ms(NULL);
}

/* A clock that goes back, against its contract, stands still here. */
static void advance(void)
{
    uint64_t now = read_clock();
    uint64_t ms = recorder.ms_before + (now > recorder.clock_start ? now - recorder.clock_start : 0);

    if (ms > recorder.ms)
        recorder.ms = ms;
}

static void restart_clock(void)
{
    recorder.ms_before = recorder.ms;
    recorder.clock_start = read_clock();
}

static void end_recording(toka_status status)
{
    recorder.problem = toka_log_file_close(&recorder.file);
    recorder.status = recorder.problem ? TOKA_E_FILE : status;
    recorder.bytes = recorder.file.size;
    recorder.open = false;
    atomic_store(&toka_recording_on, false);
}

/* Takes the lock; false, and it is not held, when another thread has ended the recording. */
static bool begin(void)
{
    lock_recorder();
    if (recorder.open) {
        advance();
        return true;
    }
    pthread_mutex_unlock(&recorder.lock);
    return false;
}

static void begin_op(const char *op)
{
    toka_log_file_format(&recorder.file, "{\"op\":\"%s\"", op);
    if (recorder.ms != recorder.told_ms)
        toka_log_file_format(&recorder.file, ",\"ms\":%" PRIu64, recorder.ms);
    recorder.told_ms = recorder.ms;
}

/* Ends the line and gives back the lock. */
static void end_op(void)
{
    toka_log_file_add(&recorder.file, "}\n", 2);
    recorder.ops++;
    if (recorder.ms - recorder.flushed_ms >= FLUSH_AFTER_MS) {
        toka_log_file_flush(&recorder.file);
        recorder.flushed_ms = recorder.ms;
    }
    if (recorder.file.problem)
        end_recording(TOKA_E_FILE);
    else if (recorder.file.size >= TOKA_RECORD_MAX_BYTES)
        end_recording(TOKA_E_TOO_LARGE);
    pthread_mutex_unlock(&recorder.lock);
}

/* JSON readers take whole numbers up to 2^63 - 1; larger limits are none either. */
static void add_number(const char *key, uint64_t number)
{
    number = number < INT64_MAX ? number : INT64_MAX;
    toka_log_file_format(&recorder.file, ",\"%s\":%" PRIu64, key, number);
}

static void add_store(toka_recorded_store store)
{
    const toka_schema_store_options *options = store.options;

    add_number("store", store.number);
    if (options->cached)
        toka_log_file_format(&recorder.file, ",\"cached\":true");
    if (options->max_entries && options->max_entries != TOKA_STORE_DEFAULT_ENTRIES)
        add_number("max_entries", options->max_entries);
    if (options->max_bytes && options->max_bytes != TOKA_STORE_DEFAULT_BYTES)
        add_number("max_bytes", options->max_bytes);
    if (options->schema.assert_format)
        toka_log_file_format(&recorder.file, ",\"assert_format\":true");
}

static bool is_in_window(const struct known_text *known, uint64_t hash)
{
    return known->number && known->hash == hash &&
           recorder.texts - known->number < TOKA_RECORD_WINDOW_TEXTS &&
           recorder.text_bytes - known->bytes_before <= TOKA_RECORD_WINDOW_BYTES;
}

/* Tells a text unless it is in the window; gives its hash, which is never 0. */
static uint64_t tell_text(toka_text text)
{
    uint64_t hash = XXH3_64bits_withSeed(text.data, text.size, recorder.seed) | 1;
    struct known_text *known = &recorder.known[(hash >> 1) % KNOWN_TEXTS];

    if (is_in_window(known, hash))
        return hash;
    toka_log_file_format(&recorder.file, "{\"op\":\"text\",\"hash\":\"%016" PRIx64 "\"", hash);
    toka_log_file_text(&recorder.file, "text", text);
    toka_log_file_add(&recorder.file, "}\n", 2);
    *known = (struct known_text){hash, ++recorder.texts, recorder.text_bytes};
    recorder.text_bytes += text.size;
    return hash;
}

/* An op with a store and a text; gives the text's hash, or 0 where it is too large to be told. */
static uint64_t begin_text_op(const char *op, toka_recorded_store store, toka_text text, size_t limit)
{
    uint64_t hash = text.size <= limit ? tell_text(text) : 0;

    begin_op(op);
    add_store(store);
    if (hash)
        toka_log_file_format(&recorder.file, ",\"hash\":\"%016" PRIx64 "\"", hash);
    else
        add_number("size", text.size);
    return hash;
}

uint64_t toka_recording_next_store(void)
{
    return atomic_fetch_add_explicit(&stores, 1, memory_order_relaxed) + 1;
}

static void record_compile(const char *op, toka_recorded_store store, toka_text text, const char *which,
                           toka_schema *schema)
{
    uint64_t hash = 0;

    if (in_manifest || !begin())
        return;
    hash = begin_text_op(op, store, text, TOKA_SCHEMA_MAX_BYTES);
    if (which)
        toka_log_file_text(&recorder.file, "which", (toka_text){which, strlen(which)});
    if (schema)
        schema->recorded = hash;
    end_op();
}

void toka_recording_compile(toka_recorded_store store, toka_text text, const char *which)
{
    record_compile("compile", store, text, which, NULL);
}

void toka_recording_get(toka_recorded_store store, toka_text text, const char *which, toka_schema *schema)
{
    record_compile("get", store, text, which, schema);
}

void toka_recording_free_store(uint64_t number)
{
    if (!begin())
        return;
    begin_op("free-store");
    add_number("store", number);
    end_op();
}

void toka_recording_manifest(toka_recorded_store store, toka_text text)
{
    if (!begin())
        return;
    begin_text_op("manifest", store, text, TOKA_MANIFEST_MAX_BYTES);
    end_op();
    in_manifest = true;
}

void toka_recording_manifest_end(void)
{
    in_manifest = false;
}

/* Whether a reader can take it as a part of a line: not nested too deep, and no NUL, which no key may
 * have. */
static bool is_replayable(const char *json, size_t size)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < size && depth <= TOKA_RECORD_MAX_INSTANCE_DEPTH; i++) {
        if (json[i] == '\\' && strncmp(json + i, "\\u0000", size - i < 6 ? size - i : 6) == 0)
            return false;
        if (json[i] == '\\')
            i++;
        else if (json[i] == '"')
            quoted = !quoted;
        else if (!quoted && (json[i] == '[' || json[i] == '{'))
            depth++;
        else if (!quoted && (json[i] == ']' || json[i] == '}'))
            depth--;
    }
    return depth <= TOKA_RECORD_MAX_INSTANCE_DEPTH;
}

void toka_recording_validate(const toka_schema *schema, const json_t *instance)
{
    uint64_t hash = 0;
    size_t size = 0;

    if (!begin())
        return;
    hash = schema->recorded;
    if (!hash) {
        pthread_mutex_unlock(&recorder.lock);
        return;
    }
    size = json_dumpb(instance, recorder.instance, sizeof recorder.instance, JSON_COMPACT | JSON_ENCODE_ANY);
    begin_op("validate");
    toka_log_file_format(&recorder.file, ",\"hash\":\"%016" PRIx64 "\"", hash);
    if (size && size <= sizeof recorder.instance && is_replayable(recorder.instance, size)) {
        toka_log_file_format(&recorder.file, ",\"instance\":");
        toka_log_file_add(&recorder.file, recorder.instance, size);
    }
    end_op();
}

static void record_tag(const char *op, const char *tag)
{
    if (!begin())
        return;
    begin_op(op);
    toka_log_file_text(&recorder.file, "tag", (toka_text){tag, strlen(tag)});
    end_op();
}

void toka_recording_register(const char *tag)
{
    record_tag("register", tag);
}

void toka_recording_unregister(const char *tag)
{
    record_tag("unregister", tag);
}

void toka_recording_dispatch(const char *tag)
{
    record_tag("dispatch", tag);
}

void toka_recording_sweep(uint64_t idle_ms)
{
    if (!begin())
        return;
    begin_op(idle_ms ? "sweep" : "clear");
    if (idle_ms)
        add_number("idle_ms", idle_ms);
    end_op();
}

void toka_recording_limit(size_t max_handlers)
{
    if (!begin())
        return;
    begin_op("limit");
    add_number("handlers", max_handlers);
    end_op();
}

void toka_recording_clock(toka_clock_fn clock, void *clock_data)
{
    lock_recorder();
    recorder.clock = clock;
    recorder.clock_data = clock_data;
    if (recorder.open)
        restart_clock();
    pthread_mutex_unlock(&recorder.lock);
}

static toka_status report_file(toka_error *err, const char *what, int problem)
{
    char reason[128] = "";

    if (strerror_r(problem, reason, sizeof reason) != 0)
        return toka_report(err, TOKA_E_FILE, "", "", "%s: error %d", what, problem);
    return toka_report(err, TOKA_E_FILE, "", "", "%s: %s", what, reason);
}

static uint64_t draw_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = toka_clock_monotonic_ms(NULL);
    return seed;
}

static toka_status start(const char *path, toka_error *err)
{
    int problem = recorder.open ? EBUSY : toka_log_file_open(&recorder.file, path);

    if (recorder.open)
        return toka_report(err, TOKA_E_ARGUMENT, "", "", "a recording is already running");
    if (problem)
        return report_file(err, "cannot create the log", problem);
    recorder.open = true;
    recorder.status = TOKA_OK;
    recorder.ops = recorder.texts = recorder.text_bytes = 0;
    recorder.ms = recorder.told_ms = recorder.flushed_ms = 0;
    recorder.traffic = false;
    recorder.seed = draw_seed();
    memset(recorder.known, 0, sizeof recorder.known);
    restart_clock();
    toka_log_file_format(&recorder.file, "{\"toka-log\":1}\n");
    toka_log_file_flush(&recorder.file);
    if (recorder.file.problem) {
        end_recording(TOKA_E_FILE);
        return report_file(err, "cannot write the log", recorder.problem);
    }
    atomic_store(&toka_recording_on, true);
    return TOKA_OK;
}

toka_status toka_record_start(const char *path, toka_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    toka_status status = TOKA_OK;

    if (!path || !path[0])
        return toka_report(err, TOKA_E_ARGUMENT, "", "", "a path is required");
    pthread_once(&once, watch_forks);
    lock_recorder();
    status = start(path, err);
    pthread_mutex_unlock(&recorder.lock);
    return status;
}

void toka_record_traffic(void)
{
    if (!toka_is_recorded() || !begin())
        return;
    if (!recorder.traffic)
        toka_log_file_format(&recorder.file, "{\"op\":\"traffic\"}\n");
    recorder.traffic = true;
    /* A replay comes back to this line without the texts before it. */
    memset(recorder.known, 0, sizeof recorder.known);
    pthread_mutex_unlock(&recorder.lock);
}

static toka_status report_end(toka_error *err, toka_status status)
{
    switch (status) {
    case TOKA_OK:
        return TOKA_OK;
    case TOKA_E_FILE:
        return report_file(err, "the log is incomplete", recorder.problem);
    case TOKA_E_TOO_LARGE:
        return toka_report(err, status, "", "", "the log is incomplete: it reached %" PRIu64 " bytes",
                           TOKA_RECORD_MAX_BYTES);
    default:
        return toka_report(err, status, "", "", "no recording was started");
    }
}

toka_status toka_record_stop(toka_error *err)
{
    toka_status status = TOKA_OK;

    lock_recorder();
    if (recorder.open)
        end_recording(TOKA_OK);
    status = report_end(err, recorder.status);
    recorder.status = TOKA_E_ARGUMENT;
    pthread_mutex_unlock(&recorder.lock);
    return status;
}

void toka_record_read(toka_record_figures *ret_figures)
{
    lock_recorder();
    *ret_figures = (toka_record_figures){
        .running = recorder.open,
        .ops = recorder.ops,
        .bytes = recorder.open ? recorder.file.size : recorder.bytes,
        .status = recorder.status,
    };
    pthread_mutex_unlock(&recorder.lock);
}
