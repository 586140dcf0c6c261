#include "queue.h"

#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    char *line;
};

struct queue {
    struct node *first, **end;
};

struct queue *queue_new(void)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue)
        queue->end = &queue->first;
    return queue;
}

static struct node *node_new(const char *line, size_t length)
{
    struct node *node = calloc(1, sizeof *node);
    char *copy = strndup(line, length);
    if (!node || !copy) {
        free(node);
        free(copy);
        return NULL;
    }
    node->line = copy;
    return node;
}

int queue_put(struct queue *queue, const char *line, size_t length)
{
    struct node *node = node_new(line, length);
    if (!node)
        return -1;
    *queue->end = node;
    queue->end = &node->next;
    return 0;
}

char *queue_take(struct queue *queue)
{
    struct node *node = queue->first;
    if (!node)
        return NULL;
    char *line = node->line;
    queue->first = node->next;
    if (!queue->first)
        queue->end = &queue->first;
#ifndef QUEUE_LEAKS
    free(node);
#endif
    return line;
}

void queue_free(struct queue *queue)
{
    for (char *line; queue && (line = queue_take(queue));)
        free(line);
    free(queue);
}
