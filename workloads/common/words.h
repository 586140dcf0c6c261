/* Words to make names and descriptions of; the last few are not ASCII, or are JSON escapes. */
#ifndef WORKLOADS_WORDS_H
#define WORKLOADS_WORDS_H

#include "random.h"

#include <stddef.h>

/* Lower-case ASCII letters only: fit for names, tags and URLs. index may be any number. */
const char *word_plain(size_t index);

/* How many different plain words there are. */
size_t word_plain_count(void);

/* For prose inside a JSON string: mostly plain, sometimes beyond ASCII, escaped or not. */
const char *word_prose(struct random *random);

#endif
