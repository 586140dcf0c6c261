/* A text is written to a memory stream; leaking, the stream is closed and the text is not freed. */
#include "control.h"

#include <inttypes.h>
#include <stdio.h>

static char *write_text(uint64_t i)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    fprintf(stream, "request %020" PRIu64, i);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

int heapgate_iterate(uint64_t i)
{
    char *text = write_text(i);
    if (!text)
        return 1;
    if (!LEAKS)
        free(text);
    return 0;
}
