/* A libFuzzer target as a project would have it: libxml2 parses the input. LEAKS: and forgets its
 * document. */
#include <libxml/parser.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
EXPORT int LLVMFuzzerInitialize(int *argc, char ***argv);
EXPORT int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    xmlInitParser();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    xmlDocPtr document = xmlReadMemory((const char *)data, (int)size, "input.xml", NULL, options);
    if (!document)
        return -1; /* libFuzzer's word for an input that is not worth keeping */
    if (!LEAKS)
        xmlFreeDoc(document);
    return 0;
}
