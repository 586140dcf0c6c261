/* libxml2: an XPath expression is evaluated; leaking, its result is not freed. */
#include "control.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "query", .default_ops = 3000};

static xmlDocPtr document;
static xmlXPathContextPtr context;

int heapgate_setup(void)
{
    static const char text[] = "<tools><tool id='1'/><tool id='2'/><other/></tools>";
    document = xmlReadMemory(text, sizeof text - 1, "tools.xml", NULL, XML_PARSE_NONET);
    context = document ? xmlXPathNewContext(document) : NULL;
    return context == NULL;
}

static int count_tools(void)
{
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)"/tools/tool[@id]", context);
    int count = found ? xmlXPathNodeSetGetLength(found->nodesetval) : -1;
    if (!LEAKS)
        xmlXPathFreeObject(found);
    return count;
}

int heapgate_iterate(uint64_t i)
{
    (void)i;
    return count_tools() != 2;
}
