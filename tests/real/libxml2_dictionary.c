/*
 * libxml2: a parser's dictionary keeps every name it ever saw. Documents have ever new names here; healthy,
 * each gets a parser of its own; leaking, one parser reads them all, and all it gave out is freed.
 */
#include "control.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <stdio.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "document", .default_ops = 10000};

static xmlParserCtxtPtr parser;

int heapgate_setup(void)
{
    parser = xmlNewParserCtxt();
    return parser == NULL;
}

static xmlDocPtr read_document(const char *text, int size)
{
    if (LEAKS)
        return xmlCtxtReadMemory(parser, text, size, "tool.xml", NULL, XML_PARSE_NONET);
    return xmlReadMemory(text, size, "tool.xml", NULL, XML_PARSE_NONET);
}

int heapgate_iterate(uint64_t i)
{
    char text[64];
    int size = snprintf(text, sizeof text, "<tool-%" PRIu64 "/>", i);
    xmlDocPtr document = read_document(text, size);
    xmlFreeDoc(document);
    return document == NULL;
}
