#include "table.h"

#include <assert.h>
#include <stdlib.h>

static size_t table_bucket_count(const toka_table *table)
{
    return table->buckets ? table->bucket_count : TOKA_TABLE_FIRST_BUCKETS;
}

static const toka_table_bucket *table_bucket(const toka_table *table, uint64_t hash)
{
    const toka_table_bucket *buckets = table->buckets ? table->buckets : table->first;

    return &buckets[hash & (table_bucket_count(table) - 1)];
}

static toka_table_node *table_match(toka_table_node *node, uint64_t hash)
{
    while (node && node->hash != hash)
        node = node->next;
    return node;
}

toka_table_node *toka_table_find(const toka_table *table, uint64_t hash)
{
    return table_match(table_bucket(table, hash)->chain, hash);
}

toka_table_node *toka_table_find_next(const toka_table_node *node)
{
    return table_match(node->next, node->hash);
}

toka_table_node *toka_table_next(const toka_table *table, const toka_table_node *node)
{
    size_t count = table_bucket_count(table);
    size_t at = node ? (node->hash & (count - 1)) + 1 : 0;

    if (node && node->next)
        return node->next;
    for (; at < count; at++) {
        toka_table_node *first = table_bucket(table, at)->chain;

        if (first)
            return first;
    }
    return NULL;
}

static void table_link(toka_table *table, toka_table_node *node)
{
    toka_table_bucket *bucket = (toka_table_bucket *)table_bucket(table, node->hash);

    node->next = bucket->chain;
    bucket->chain = node;
}

static void table_grow(toka_table *table)
{
    toka_table old = *table;
    const toka_table_bucket *old_buckets = old.buckets ? old.buckets : old.first;
    size_t old_count = table_bucket_count(&old);
    toka_table_bucket *buckets = calloc(2 * old_count, sizeof *buckets);

    if (!buckets)
        return;
    table->buckets = buckets;
    table->bucket_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        for (toka_table_node *node = old_buckets[i].chain, *next; node; node = next) {
            next = node->next;
            table_link(table, node);
        }
    }
    free(old.buckets);
}

void toka_table_insert(toka_table *table, toka_table_node *node)
{
    if (table->count >= table_bucket_count(table))
        table_grow(table);
    table_link(table, node);
    table->count++;
}

void toka_table_remove(toka_table *table, toka_table_node *node)
{
    toka_table_bucket *bucket = (toka_table_bucket *)table_bucket(table, node->hash);
    toka_table_node **link = &bucket->chain;

    assert(table->count > 0);
    while (*link != node) {
        assert(*link); /* the node is in this table */
        link = &(*link)->next;
    }
    *link = node->next;
    if (--table->count == 0)
        toka_table_clear(table);
}

void toka_table_clear(toka_table *table)
{
    free(table->buckets);
    *table = (toka_table){0};
}
