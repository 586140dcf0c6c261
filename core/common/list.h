/*
 * An intrusive circular doubly linked list: the link lives in the element, so nothing here allocates or
 * fails. Not synchronised; the owner's lock guards it.
 */
#ifndef TOKA_LIST_H
#define TOKA_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct toka_list {
    struct toka_list *prev, *next;
} toka_list;

#define TOKA_LIST_EMPTY(list)                                                                                \
    {                                                                                                        \
        &(list), &(list)                                                                                     \
    }

/* The struct of the given type whose member this link is. */
#define TOKA_CONTAINER_OF(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void toka_list_init(toka_list *list)
{
    list->prev = list;
    list->next = list;
}

static inline bool toka_list_is_empty(const toka_list *list)
{
    return list->next == list;
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

/* The list must not be empty. */
static inline toka_list *toka_list_pop_front(toka_list *list)
{
    toka_list *link = list->next;

    list->next = link->next;
    list->next->prev = list;
    return link;
}

static inline void toka_list_move_front(toka_list *list, toka_list *link)
{
    toka_list_remove(link);
    toka_list_push_front(list, link);
}

#endif
