/* jansson: json_object_set takes a reference of its own; leaking, it is called where json_object_set_new was
 * meant. */
#include "control.h"

#include <jansson.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "object", .default_ops = 4000};

static json_t *make_name(uint64_t i)
{
    return json_sprintf("tool-%u", (unsigned)(i % 1000));
}

int heapgate_iterate(uint64_t i)
{
    json_t *object = json_object();
    int status = LEAKS ? json_object_set(object, "name", make_name(i))
                       : json_object_set_new(object, "name", make_name(i));
    json_decref(object);
    return status;
}
