/*
 * What symbols.h does, with limits of the caller's and another reader: for tests.
 */
#ifndef HG_SYMBOLS_SYMBOL_CLIENT_H
#define HG_SYMBOLS_SYMBOL_CLIENT_H

#include "symbols/symbol_server.h"

/* How often the process that reads symbols is started again, at most. */
#define HG_SYMBOL_SERVER_RESTARTS 4u

typedef struct hg_symbol_limits {
    hg_symbol_reading reading;
    double seconds; /* wall clock, for one address; the first of a module may read all of its symbols */
} hg_symbol_limits;

hg_symbols *hg_symbols_new_with(const hg_symbol_limits *limits);

#endif
