/*
 * Quantities for a person to read. The rule is the same everywhere: three significant digits where they
 * matter, binary prefixes for bytes, decimal prefixes for counts, and never "0" for a value that is not zero.
 */
#ifndef HG_BASE_HUMANISE_H
#define HG_BASE_HUMANISE_H

#include <stdint.h>

#define HG_QUANTITY_SIZE 32

typedef struct hg_quantity {
    char text[HG_QUANTITY_SIZE];
} hg_quantity;

hg_quantity hg_human_bytes(double bytes); /* "0 B", "0.64 B", "7.9 KiB" */
/* The error of a quantity: as above, but "0 B" below a ten-thousandth of it: it changes no digit shown. */
hg_quantity hg_human_error(double error_bytes, double bytes);
hg_quantity hg_human_count(double count);      /* "0", "0.0005", "113", "41.2k" */
hg_quantity hg_human_bytes_tick(double bytes); /* as above, without zeros at the end: "50 MiB" */
hg_quantity hg_human_count_tick(double count);
hg_quantity hg_human_tally(int64_t blocks); /* up to five digits in full, so that equal numbers look equal */
hg_quantity hg_human_seconds(double seconds); /* "0.42 s", "18.2 s", "3 min 20 s", "24 h 0 min" */
hg_quantity hg_human_brief(double seconds);   /* of one op: "0.32 \u00b5s", "115 \u00b5s"; UTF-8 */
hg_quantity hg_human_span(double seconds); /* two digits or so: "42 min", "7.4 h", "2.3 days", "14 years" */
hg_quantity hg_human_megabytes(double bytes);   /* powers of 1000, as others publish: "474 MB" */
hg_quantity hg_human_rate(double ops_per_hour); /* as people write it: "1 000", "0.5", "25.0M" */
hg_quantity hg_human_integer(int64_t value);    /* every digit, in groups: "1 130 000" */

hg_quantity hg_human_things(uint64_t count,
                            const char *noun); /* "1 cell", "24 cells"; a regular noun, 10 letters or so */
hg_quantity hg_human_amount(double count, const char *noun); /* "1 block", "11.7 blocks", "40.0k blocks" */

/* The change in percent; exactly -100 if to is 0. from > 0. */
double hg_percent_change(double from, double to);

/* Bytes of "17.14K", in powers of 1000, as other tools print them. */
double hg_parse_thousands(const char *text);

#endif
