/*
 * Text of any length that is printed piece by piece to a stream in memory.
 *
 * open_memstream is not enough: when memory runs out, glibc's sets no error, and fclose gives the part of the
 * text that fitted. This stream remembers the failure, so that a caller checks once, at the end.
 */
#ifndef HG_CLI_TEXT_BUILDER_H
#define HG_CLI_TEXT_BUILDER_H

#include "base/buffer.h"
#include <stdio.h>

typedef struct hg_text_builder {
    hg_buffer text;
    FILE *out;
} hg_text_builder;

/* The stream to print to; NULL when memory ran out. The builder must stay in place until it is finished. */
FILE *hg_text_builder_open(hg_text_builder *builder);

/* Closes the stream. The text, the caller's to free; NULL when memory ran out at any time. */
char *hg_text_builder_finish(hg_text_builder *builder);

#endif
