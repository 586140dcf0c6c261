/*
 * A file of at most HG_SERIES_BYTES in memory, unpacked if gzip or zstd packed it.
 */
#ifndef HG_SERIES_CONTENT_H
#define HG_SERIES_CONTENT_H

#include "base/buffer.h"

/* Ends with a NUL that is not counted. False with one line in ret_message. */
bool hg_content_read(const char *path, hg_buffer *ret_content, char *ret_message, size_t message_size);

#endif
