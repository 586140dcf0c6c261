/*
 * The options that several commands share, and how the value of an option is read. Every parse function ends
 * the program with one line that names the option when the value is wrong.
 */
#ifndef HG_CLI_OPTIONS_H
#define HG_CLI_OPTIONS_H

#include "allocators/allocators.h"
#include "driver/cell.h"
#include "holders/holders.h"
#include <argp.h>

/* The values of an option that can be repeated. Borrowed strings. */
typedef struct hg_names {
    const char *names[64];
    size_t count;
} hg_names;

/* False when there is no room for another one. */
bool hg_names_add(hg_names *names, const char *name);
/* Whether the name was given, or none was given at all. */
bool hg_names_select(const hg_names *names, const char *name);

/* Options of run, check and compare; other commands use some of the fields. */
typedef struct hg_options {
    hg_names allocators;
    uint64_t ops, warmup_ops; /* 0: not given */
    uint32_t rounds;
    uint64_t seed;
    const char *corpus;    /* NULL: none */
    const char *out;       /* NULL: none */
    double budget_seconds; /* 0: not given */
    const char *budget;    /* as given; NULL: not given */
    unsigned parallel;     /* 0: one per processor */
    bool quick;            /* one look */
    bool quiet, verbose, verify;
    bool speed;         /* also time the ops without the probe; --speed, --no-speed */
    bool speed_refused; /* by --no-speed */
    hg_holders_mode holders;
    bool unjudged;      /* nobody asks for verdicts, nor for notes about them */
    bool holders_given; /* on the command line, which goes before the suite */
    int argc;           /* of the whole command, for the run model */
    char **argv;
} hg_options;

#define HG_OPTIONS_DEFAULT(argument_count, arguments)                                                        \
    {                                                                                                        \
        .rounds = HG_DEFAULT_ROUNDS, .seed = 1, .argc = (argument_count), .argv = (arguments)                \
    }

/* To be named as a child of a command's argp; its input is an hg_options. */
extern const struct argp hg_options_argp;

/* For a table of options: the option --sysroot, which hg_options_parse reads. */
#define HG_OPTION_SYSROOT 1000
#define HG_OPTIONS_SYSROOT                                                                                   \
    {                                                                                                        \
        "sysroot", HG_OPTION_SYSROOT, "DIR", 0,                                                              \
            "Read modules and their debug information below this folder first, if the build that ran is "    \
            "there",                                                                                         \
            0                                                                                                \
    }

/* Reads one option of that argp, for a command that has only some of them in its own table. As an argp
 * parser, ARGP_ERR_UNKNOWN for any other key. */
error_t hg_options_parse(int key, char *argument, hg_options *target);

/* The cells or processes to run at the same time. */
unsigned hg_options_parallel(const hg_options *options);

/* A whole number from least to most. */
uint64_t hg_parse_number(const char *option, const char *text, uint64_t least, uint64_t most);

/* expected describes the value in the error message: "a duration such as 90s or 10m". */
double hg_parse_real(const char *option, const char *text, double least, double most, const char *expected);
double hg_parse_time(const char *option, const char *text, double least, double most, const char *expected);
double hg_parse_bytes_per_op(const char *option, const char *text); /* from 0 */
double hg_parse_slowdown(const char *option, const char *text); /* how many times as long an op may take */
const hg_allocator *hg_parse_allocator(const char *name);       /* of --allocator */

#endif
