/*
 * JSON numbers compared and divided exactly, whether jansson holds them as integers or as reals.
 *
 * A real means the shortest decimal that reads back as the same double: 0.0075 is a multiple of 0.0001,
 * although their binary quotient is not a whole number.
 */
#ifndef TOKA_NUMBER_H
#define TOKA_NUMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct number {
    bool is_real;
    union {
        int64_t integer;
        double real;
    };
};

/* digits x 10^exponent, digits without trailing zeros; the sign is dropped. */
struct decimal {
    uint64_t digits;
    int exponent;
};

struct number number_of(const json_t *value); /* value is a number */

bool number_is_integral(struct number number);

/* Less than, equal to or greater than 0, as a is to b. Exact: no int64_t is rounded to a double. */
int number_compare(struct number a, struct number b);

struct decimal number_decimal(struct number number);

/* divisor.digits is not 0. */
bool number_is_multiple(struct number number, struct decimal divisor);

#endif
