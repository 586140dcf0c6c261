/* libyaml: events are read until the document ends; leaking, one that is skipped is not deleted. */
#include "control.h"

#include <yaml.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "document", .default_ops = 2000};

static int count_scalars(const char *text)
{
    yaml_parser_t parser;
    yaml_event_t event;
    int scalars = 0;
    bool ended = false;
    if (!yaml_parser_initialize(&parser))
        return -1;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    while (!ended && yaml_parser_parse(&parser, &event)) {
        ended = event.type == YAML_STREAM_END_EVENT;
        bool skipped = event.type == YAML_SCALAR_EVENT && event.data.scalar.value[0] == '_';
        scalars += event.type == YAML_SCALAR_EVENT && !skipped;
        if (!LEAKS || !skipped)
            yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ended ? scalars : -1;
}

int heapgate_iterate(uint64_t i)
{
    (void)i;
    return count_scalars("{name: tool, _hidden: 1}") != 3;
}
