/*
 * The options of heapgate soak.
 */
#ifndef HG_CLI_SOAK_OPTIONS_H
#define HG_CLI_SOAK_OPTIONS_H

#include "cli/options.h"
#include "cli/serve_token.h"

#define HG_SOAK_SPEED        60.0    /* times the declared rate, without --rate */
#define HG_SOAK_DEFAULT_RATE 36000.0 /* ops per hour, if no rate is declared either */

typedef struct hg_soak_options {
    hg_options common;            /* allocators, seed, corpus, out, quiet, verbose, argc and argv */
    hg_names workloads, subjects; /* one each at most */
    const char *config, *plugin, *serve, *resume; /* NULL: not given */
    char token[HG_SERVER_TOKEN];                  /* "": none */
    double seconds;                               /* 0: not given */
    double rate_per_hour;                         /* 0: not given */
    bool full_speed;
    double sample_seconds;
    uint64_t memory_bytes; /* 0: not given */
    double max_bytes_per_op;
    bool stop_on_leak;
    unsigned snapshots; /* of alerts, at most so many a day */
} hg_soak_options;

/* Complains and exits on any mistake. */
void hg_soak_options_parse(int argc, char **argv, hg_soak_options *ret_options);

#endif
