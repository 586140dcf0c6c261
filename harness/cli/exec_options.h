/*
 * The options of heapgate exec, and the command that it is to run.
 */
#ifndef HG_CLI_EXEC_OPTIONS_H
#define HG_CLI_EXEC_OPTIONS_H

#include "cli/options.h"
#include "cli/serve_token.h"
#include "exec/session.h"

#define HG_MOST_IGNORED_CHILDREN 16

typedef struct hg_exec_options {
    hg_options common; /* out, quiet, verbose, argc and argv */
    hg_session_plan plan;
    hg_target target;
    regex_t line;
    bool has_line;
    const hg_allocator *allocator;
    char allocator_library[PATH_MAX];
    const char *report;          /* NULL: standard error */
    const char *serve;           /* address; NULL: nobody serves */
    char token[HG_SERVER_TOKEN]; /* "": none */
    unsigned snapshots;          /* of alerts, at most so many a day */
    hg_expect expect;
    uint64_t warmup_rounds;
    double max_bytes_per_op;
    int exit_status;
    bool attaches;  /* instead of starting a command: */
    double seconds; /* to stay attached; 0: until somebody detaches */
    pid_t process;  /* to attach to; 0: none was named */
    bool paced;     /* a --round option or --marks was given */
    const char *ignored_children[HG_MOST_IGNORED_CHILDREN + 1]; /* ended by NULL */
    int ignored_children_count;
} hg_exec_options;

/* Fills ret_options, whose strings are those of argv; it must not be moved. Complains and exits on any
 * mistake. */
void hg_exec_options_parse(int argc, char **argv, hg_exec_options *ret_options);
/* The same for heapgate attach. */
void hg_attach_options_parse(int argc, char **argv, hg_exec_options *ret_options);
void hg_exec_options_free(hg_exec_options *options);

#endif
