/*
 * A pprof profile as text, for a person and for golden files: unpacked, one field a line.
 */
#ifndef HG_TESTS_PROFILE_TEXT_H
#define HG_TESTS_PROFILE_TEXT_H

#include <stddef.h>

/*
 * Ends the test where the bytes are no gzip or no protocol buffers. Nested messages are indented, strings
 * quoted. The caller's to free.
 */
char *profile_text(const char *gzip, size_t size);

#endif
