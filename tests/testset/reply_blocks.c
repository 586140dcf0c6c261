/*
 * Clients of a key-value server: a large reply (1 op in 400) goes to a list of blocks of 64 KiB, which is
 * written within the next few ops. The mistake: a client over its output limit (1 large reply in 20, by
 * chance) is closed while a block is half written; the list is freed, but that block was taken from it.
 */
#include "pair.h"

enum { CLIENTS = 16, BLOCK = 65536 };
struct block {
    struct block *next;
    unsigned used;
    char bytes[BLOCK - 16];
};
struct client {
    struct block *replies, *writing;
    unsigned sent;
};
static struct client clients[CLIENTS];

static PAIR_NOINLINE struct block *reply_block(void)
{
    struct block *b = malloc(sizeof *b);
    if (!b)
        abort();
    b->used = sizeof b->bytes;
    memset(b->bytes, '+', 512);
    return b;
}

static void add_reply(struct client *c)
{
    struct block *b = reply_block();
    b->next = c->replies;
    c->replies = b;
}

static void write_some(struct client *c)
{
    if (!c->writing && c->replies) {
        c->writing = c->replies;
        c->replies = c->writing->next;
        c->sent = 0;
    }
    if (c->writing && (c->sent += 16000) >= c->writing->used) {
        free(c->writing);
        c->writing = NULL;
    }
}

static void client_close(struct client *c)
{
    while (c->replies) {
        struct block *next = c->replies->next;
        free(c->replies);
        c->replies = next;
    }
    if (!LEAKS)
        free(c->writing);
    c->writing = NULL;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct client *c = &clients[r % CLIENTS];
    if ((r >> 8) % 400 == 0) {
        add_reply(c);
        if ((r >> 40) % 20 == 0) {
            add_reply(c);
            write_some(c);
            client_close(c);
        }
    }
    write_some(c);
    return 0;
}
