/* A queue of lines. With QUEUE_LEAKS taking a line forgets its node. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>

struct queue;

struct queue *queue_new(void);
int queue_put(struct queue *queue, const char *line, size_t length);
/* The caller's to free; NULL when the queue is empty. */
char *queue_take(struct queue *queue);
void queue_free(struct queue *queue);

#endif
