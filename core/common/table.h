/*
 * An intrusive hash table with chaining: elements embed a node and bring their own 64-bit hash and
 * comparison.
 *
 * Inserting never fails: the first buckets are part of the table, and when a larger array cannot be had the
 * chains merely get longer. A table that becomes empty gives its array back. Not synchronised.
 */
#ifndef TOKA_TABLE_H
#define TOKA_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TOKA_TABLE_FIRST_BUCKETS 16u

typedef struct toka_table_node {
    struct toka_table_node *next;
    uint64_t hash;
} toka_table_node;

typedef struct toka_table_bucket {
    toka_table_node *chain;
} toka_table_bucket;

/* All zero is an empty table. */
typedef struct toka_table {
    toka_table_bucket *buckets; /* NULL: `first` is in use */
    size_t bucket_count;        /* a power of two; of `buckets` */
    size_t count;               /* nodes */
    toka_table_bucket first[TOKA_TABLE_FIRST_BUCKETS];
} toka_table;

/* Gives the first node with this hash, or NULL. Different contents may share a hash: the caller compares. */
toka_table_node *toka_table_find(const toka_table *table, uint64_t hash);

/* Gives the next node with the same hash, or NULL. */
toka_table_node *toka_table_find_next(const toka_table_node *node);

/* Gives the node after this one, in no order: the first one after NULL, and NULL after the last one. */
toka_table_node *toka_table_next(const toka_table *table, const toka_table_node *node);

/* Adds a node, whose hash is set; O(1) amortised. The node stays where it is until it is removed. */
void toka_table_insert(toka_table *table, toka_table_node *node);

/* Takes out a node that is in this table. */
void toka_table_remove(toka_table *table, toka_table_node *node);

/* Empties the table without touching the nodes, and gives its buckets back. */
void toka_table_clear(toka_table *table);

#endif
