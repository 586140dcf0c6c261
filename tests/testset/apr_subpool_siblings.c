/*
 * Imitates the pools of a web server (Apache APR): each connection has a pool, requests have subpools of it,
 * and a subpool that is destroyed first is taken from its parent's list of children.
 * The mistake: when a subpool is destroyed that has a cleanup of its own and is the first child (1
 * destruction in 400), the parent's list is set to NULL instead of to the next sibling. The siblings are lost
 * for the parent's own destruction.
 * The healthy twin has 24 connections with 8 subpools at most, and a connection ends after 600 ops: steady
 * after op 20,000.
 */
#include <heapgate/workload.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { CONNECTIONS = 24, CHILDREN = 8 };

struct pool {
    struct pool *sibling;
    void *block;
    uint64_t id;
};

struct connection {
    struct pool *child;
    unsigned children;
};

static struct connection connections[CONNECTIONS];

__attribute__((noinline)) static void *block_new(size_t size)
{
    return calloc(1, size);
}

__attribute__((noinline)) static struct pool *pool_new(uint64_t id)
{
    struct pool *pool = malloc(sizeof *pool);
    if (pool != NULL) {
        *pool = (struct pool){NULL, block_new(192 + draw() % 128), id};
    }
    return pool;
}

static void pool_destroy(struct pool *pool)
{
    free(pool->block);
    free(pool);
}

static void connection_clear(struct connection *connection)
{
    while (connection->child != NULL) {
        struct pool *pool = connection->child;
        connection->child = pool->sibling;
        pool_destroy(pool);
    }
    connection->children = 0;
}

static void connection_drop_first(struct connection *connection)
{
    struct pool *pool = connection->child;
    int cleanup = draw() % 400 == 0;
    if (LEAKS && cleanup) {
        connection->child = NULL;
        connection->children = 0;
    } else {
        connection->child = pool->sibling;
        connection->children--;
    }
    pool_destroy(pool);
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    if (i % 25 == 0) {
        connection_clear(&connections[i / 25 % CONNECTIONS]);
    }
    struct connection *connection = &connections[draw() % CONNECTIONS];
    if (connection->child != NULL && (connection->children == CHILDREN || draw() % 5 < 2)) {
        connection_drop_first(connection);
        return 0;
    }
    struct pool *pool = pool_new(i);
    if (pool == NULL || pool->block == NULL) {
        return 1;
    }
    pool->sibling = connection->child;
    connection->child = pool;
    connection->children++;
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < CONNECTIONS; n++) {
        connection_clear(&connections[n]);
    }
}
