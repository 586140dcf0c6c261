/* Expat: a document is parsed; leaking, the parser of one that is not well-formed is not freed. */
#include "control.h"

#include <expat.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "document", .default_ops = 3000};

static int parse(const char *text)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser)
        return -1;
    enum XML_Status status = XML_Parse(parser, text, (int)strlen(text), 1);
    if (status != XML_STATUS_OK && LEAKS)
        return 1;
    XML_ParserFree(parser);
    return status != XML_STATUS_OK;
}

int heapgate_iterate(uint64_t i)
{
    bool broken = i % 10 == 0;
    return parse(broken ? "<tools><tool></tools>" : "<tools><tool/></tools>") != broken;
}
