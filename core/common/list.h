/*
 * An intrusive circular doubly linked list: the link lives in the element, so nothing here allocates or
 * fails. Not synchronised; the owner's lock guards it.
 */
#ifndef TOKA_LIST_H
#define TOKA_LIST_H

#include <stddef.h>

typedef struct toka_list {
    struct toka_list *prev, *next;
} toka_list;

/* The struct of the given type whose member this link is. */
#define TOKA_CONTAINER_OF(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void toka_list_init(toka_list *list)
{
    list->prev = list;
    list->next = list;
}

static inline void toka_list_push_front(toka_list *list, toka_list *link)
{
    link->prev = list;
    link->next = list->next;
    list->next->prev = link;
    list->next = link;
}

static inline void toka_list_remove(toka_list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
}

#endif
