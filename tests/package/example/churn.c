/* One op: a line goes into the queue and out of it. */
#include "queue.h"

#include <heapgate/workload.h>

const struct heapgate_info heapgate_info = {.name = "churn", .unit = "line"};

static struct queue *queue;

int heapgate_setup(void)
{
    queue = queue_new();
    return queue == NULL;
}

int heapgate_iterate(uint64_t i)
{
    (void)i;
    if (queue_put(queue, "a line", 6) != 0)
        return -1;
    char *line = queue_take(queue);
    free(line);
    return line == NULL;
}

void heapgate_teardown(void)
{
    queue_free(queue);
}
