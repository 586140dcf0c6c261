/*
 * Recording what a program asks of libtoka, so that it can be played again: heapgate's workload `replay`
 * takes the log as its corpus. docs/replay.md shows how.
 *
 * One call starts it, for the whole process and all its threads. Recorded are schemas asked of a store (found
 * in its cache or not), validations, manifests, and what is done to the registry. Calls that are refused for
 * their arguments alone, such as an empty tag, are not.
 *
 * A log holds what the program handled: schemas, manifests, tags and the instances that were validated, also
 * where these are confidential. Its file can be read by its owner only.
 *
 * All functions may be called from any thread, but not from a signal handler. An op waits for a lock while it
 * is written; with no recording under way it costs the load of one flag. Recording takes constant memory,
 * never prints, and never makes an op fail: when the log cannot be written any more, recording ends by
 * itself. A child process made by fork does not record.
 *
 * The log, format 1: one JSON object a line, in UTF-8.
 *
 *     {"toka-log":1}                                    the first line
 *     {"op":"text","hash":H,"text":T}                   a text that later lines name by its hash
 *     {"op":"compile",STORE,SCHEMA,"which":W}           toka_ensure_schema_compiles
 *     {"op":"get",STORE,SCHEMA,"which":W}               toka_schema_store_get
 *     {"op":"validate","hash":H,"instance":V}           toka_schema_validate, with what a get of H gave
 *     {"op":"manifest",STORE,SCHEMA}                    toka_manifest_parse; what it compiles is not told
 * again
 *     {"op":"free-store","store":N}                     toka_schema_store_free
 *     {"op":"register","tag":T}                         toka_registry_register; so do "unregister" and
 * "dispatch"
 *     {"op":"sweep","idle_ms":N}                        toka_registry_sweep
 *     {"op":"clear"}                                    toka_registry_clear
 *     {"op":"limit","handlers":N}                       toka_registry_set_limit
 *     {"op":"traffic"}                                  toka_record_traffic
 *
 * STORE   "store":N, a number for each store, and its options where they are not the default: "cached":true,
 *         "max_entries":N, "max_bytes":N, "assert_format":true. A resolver is not recorded.
 * SCHEMA  "hash":H, a text within the window; or "schema":T, the text itself; or "size":N, a text of so many
 *         bytes that is over the limit and whose contents do not matter.
 * H       16 lower-case hexadecimal digits, of no meaning beyond the log.
 * The window is the last TOKA_RECORD_WINDOW_TEXTS text lines, as far as their texts have together at most
 * TOKA_RECORD_WINDOW_BYTES; so a reader needs no more memory for a longer log. A text may be told again, and
 * the line traffic empties the window.
 *
 * Each line but the first, text and traffic may have "ms":N: milliseconds since the start on the registry's
 * clock. A line without is of the same millisecond as the one before. "which" and "instance" may be missing.
 * In the place of "text", "schema", "tag" and "which", "text_bytes" and so on stand for bytes that are not
 * UTF-8: a string whose code points, U+0000 to U+00FF, are the bytes. A last line without a line feed is what
 * a program that was killed left behind.
 */
#ifndef TOKA_RECORD_H
#define TOKA_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <toka/status.h>

#define TOKA_RECORD_WINDOW_TEXTS       4096u
#define TOKA_RECORD_WINDOW_BYTES       ((size_t)4 * 1024 * 1024)
#define TOKA_RECORD_MAX_INSTANCE_BYTES ((size_t)64 * 1024) /* a larger one is left out of its line */
#define TOKA_RECORD_MAX_INSTANCE_DEPTH 1000u               /* so is one nested deeper */
#define TOKA_RECORD_MAX_BYTES          ((uint64_t)1024 * 1024 * 1024) /* of a log; then recording ends */

/*
 * Creates the file and records from now on. err may be NULL.
 *   TOKA_E_ARGUMENT   no path, or a recording is under way
 *   TOKA_E_FILE       the file exists already, or cannot be made or written; err says which
 */
TOKA_API TOKA_NODISCARD toka_status toka_record_start(const char *path, toka_error *err);

/*
 * Says that the program has started up and its usual traffic begins: a replay plays what came before once,
 * and what comes after again and again. Call it at most once a recording, further calls do nothing; with no
 * recording under way it does nothing.
 */
TOKA_API void toka_record_traffic(void);

/*
 * Ends the recording, and says how it went. err may be NULL. Whatever it answers, a new one can be started.
 *   TOKA_OK           every op until now is in the file, which is closed
 *   TOKA_E_ARGUMENT   none was started
 *   TOKA_E_FILE       writing failed at some time, say for a full disk: what came later is missing
 *   TOKA_E_TOO_LARGE  TOKA_RECORD_MAX_BYTES were reached: what came later is missing
 * After a failure the file is complete up to the last op that fitted, its last line perhaps cut.
 */
TOKA_API toka_status toka_record_stop(toka_error *err);

typedef struct toka_record_figures {
    bool running;
    uint64_t ops;       /* recorded so far, by the recording under way or the last one */
    uint64_t bytes;     /* of the log, what is not yet written to the file included */
    toka_status status; /* what toka_record_stop would answer */
} toka_record_figures;

/* For a program that watches its recording. ret_figures must not be NULL. */
TOKA_API void toka_record_read(toka_record_figures *ret_figures);

#endif
