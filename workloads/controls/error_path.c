/* A parser; leaking, the return for a text that is too long forgets the document. One text in twelve is. */
#include "control.h"

enum { DOCUMENT_BYTES = 88, MOST_BYTES = 32 };

typedef enum outcome { PARSED, REFUSED, NO_MEMORY } outcome;

static outcome parse(size_t size)
{
    char *document = malloc(DOCUMENT_BYTES);
    if (!document)
        return NO_MEMORY;
    document[0] = '{';
    if (size > MOST_BYTES) {
        if (!LEAKS)
            free(document);
        return REFUSED;
    }
    free(document);
    return PARSED;
}

int heapgate_iterate(uint64_t i)
{
    size_t size = i % 12 == 5 ? MOST_BYTES + 1 : i % 12;
    return parse(size) == NO_MEMORY;
}
