/*
 * Numbers as files have them: the same bytes whatever the locale, and fast, for files with millions of them.
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
 * With the fewest digits that read back as the same number, and a point or an exponent: "48.0", "1e+300". NaN
 * is written as 0.0 and an infinity as the largest finite number: JSON has neither.
 */
void hg_number_real(FILE *out, double value);

#endif
