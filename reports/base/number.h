/*
 * Numbers for files: the same bytes in every locale, and fast enough for millions of them.
 */
#ifndef HG_BASE_NUMBER_H
#define HG_BASE_NUMBER_H

#include <stdint.h>
#include <stdio.h>

#define HG_NUMBER_DIGITS 20u /* of an int64_t, its sign included */

/* Writes the digits so that they end before end, and returns where they start; not terminated. */
char *hg_number_digits(int64_t value, char *end);

void hg_number_integer(FILE *out, int64_t value);

/*
 * Writes the fewest digits that read back as the same number, with a point or an exponent: "48.0", "1e+300".
 * NaN becomes 0.0 and an infinity the largest finite number, as JSON has neither.
 */
void hg_number_real(FILE *out, double value);

#endif
