#include "queue.h"

#include <criterion/criterion.h>
#include <heapgate/criterion.h>

Test(queue, gives_lines_back_in_order)
{
    struct queue *queue = queue_new();
    queue_put(queue, "first", 5);
    queue_put(queue, "second", 6);
    char *line = queue_take(queue);
    cr_assert_str_eq(line, "first");
    free(line);
    queue_free(queue);
}

HEAPGATE_TEST(queue, keeps_nothing)
{
    struct queue *queue = queue_new();
    queue_put(queue, "a line", 6);
    queue_free(queue);
}
