/*
 * Filling a toka_error: whatever bytes go in, its strings come out as one line of valid UTF-8, cut to fit.
 */
#ifndef TOKA_REPORT_H
#define TOKA_REPORT_H

#include <toka/status.h>

/*
 * Fills err, which may be NULL, and returns status. keyword and pointer are copied.
 */
toka_status toka_report(toka_error *err, toka_status status, const char *keyword, const char *pointer,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Puts "which: " before the message. */
void toka_report_which(toka_error *err, const char *which);

/* Moves the error below a pointer: "/items" of a document at "/input_schema" becomes
 * "/input_schema/items". */
void toka_report_below(toka_error *err, const char *pointer);

#endif
