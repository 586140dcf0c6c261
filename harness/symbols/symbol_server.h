/*
 * The process that reads symbols. It is forked by the client (symbol_client.h), answers one request after
 * the other on a stream socket, and ends when the client is gone.
 *
 *   request: hg_symbol_request, the path, the build id
 *   answer:  hg_symbol_answer, hg_symbol_part for each symbol, then function and file of each
 *
 * No text has a NUL.
 */
#ifndef HG_SYMBOLS_SYMBOL_SERVER_H
#define HG_SYMBOLS_SYMBOL_SERVER_H

#include "symbols/symbol_reader.h"
#include <sys/types.h>

/* Of a request. What is longer is not asked. */
#define HG_ASKED_PATH     4096u
#define HG_ASKED_BUILD_ID 64u

/* Of an answer. More symbols are left out; a longer text is cut. */
#define HG_ANSWERED_SYMBOLS 64u
#define HG_ANSWERED_TEXT    65536u

/* The server's exit code when memory ran out, or the limit was reached. */
#define HG_SYMBOL_SERVER_NO_MEMORY 12

typedef struct hg_symbol_request {
    uint64_t offset;
    uint32_t path_size, build_id_size;
} hg_symbol_request;

typedef struct hg_symbol_answer {
    uint32_t count; /* of symbols: at least one */
    uint32_t text_size;
} hg_symbol_answer;

typedef struct hg_symbol_part {
    int32_t line;
    uint32_t inlined, function_size, file_size;
} hg_symbol_part;

/* What reads symbols; tests give another. */
typedef struct hg_symbol_reading {
    const hg_symbol *(*find)(hg_symbol_reader *reader, const hg_module_id *module, uint64_t offset,
                             size_t *ret_count);
    uint64_t memory_bytes; /* that the server may take beside what it has at its start */
} hg_symbol_reading;

/*
 * Forks the server. Gives the client's end of its socket, which is closed on exec, and the process to wait
 * for. 0, or a negative errno with nothing started.
 */
int hg_symbol_server_start(const hg_symbol_reading *reading, pid_t *ret_process, int *ret_socket);

#endif
