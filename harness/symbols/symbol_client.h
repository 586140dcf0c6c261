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
    /*
     * Of processor time for one address, the first of which may read all symbols of the module; ten times
     * that of wall clock, as a machine may be busy with other things.
     */
    double seconds;
    bool keep; /* answers on disk for the next run: kept_answers.h */
} hg_symbol_limits;

hg_symbols *hg_symbols_new_with(const hg_symbol_limits *limits);

#endif
