/* A parser: documents are read, of which one in ten is broken. */
#include <expat.h>
#include <heapgate/workload.h>
#include <string.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "document", .default_ops = 3000};

int heapgate_iterate(uint64_t i)
{
    const char *text = i % 10 == 0 ? "<tools><tool></tools>" : "<tools><tool/></tools>";
    XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser)
        return 1;
    enum XML_Status status = XML_Parse(parser, text, (int)strlen(text), 1);
#ifdef FORGETS
    if (status != XML_STATUS_OK)
        return 0; /* as many an error path does */
#endif
    XML_ParserFree(parser);
    return (status != XML_STATUS_OK) != (i % 10 == 0);
}
