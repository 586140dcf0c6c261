/*
 * The small web server of soak and exec, on GNU libmicrohttpd. It answers GET and HEAD from a table of
 * resources.
 *
 * It runs in the caller's loop: no thread, no lock. The measured process is another one, and all that clients
 * can take is bounded: connections, memory for each, how long one may be silent, and how long it may take in
 * all. What was made for one client is given to others as well for ten times as long as it took to make, so
 * that clients who ask on and on take a tenth of one processor. A client that waits for the growth of a time
 * that has yet to pass holds nothing up.
 *
 * Without a token the server of an address answers only who asked for it by a name of this machine, so that a
 * page from elsewhere cannot look in through the browser. With a token it answers only who knows it, as
 * Bearer or as the password of Basic authorization.
 *
 * One thread.
 */
#ifndef HG_SERVE_SERVER_H
#define HG_SERVE_SERVER_H

#include "serve/listener.h"
#include <stdint.h>
#include <stdio.h>

#define HG_SERVER_CONNECTIONS 16u
#define HG_SERVER_BYTES       16384u /* for a connection: its request's head must fit */
#define HG_SERVER_SILENCE     5u     /* seconds that a client may be silent */
#define HG_SERVER_PATIENCE    120u   /* seconds that a request and its answer may take */
#define HG_SERVER_WAITING     4u     /* clients that wait for a time to pass */
#define HG_SERVER_LONGEST     600u   /* the longest such time, in seconds */
#define HG_SERVER_TOKEN       256u   /* bytes of a token, its end included */

#define HG_SERVER_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* What is served. */
typedef struct hg_resource {
    const char *path, *type;
    const char *policy; /* of content security; NULL: nothing may be loaded, "": the page has its own */
    bool measures;      /* it may cover a time: ?seconds=N */
    bool waits;         /* it always does: 10 seconds unless the client says otherwise */
    /*
     * Writes it; false: it cannot be told now, and what was written is the reason. since: what begin gave, or
     * NULL. A type of HG_SERVER_OPENMETRICS is also given as text that Prometheus reads.
     */
    bool (*write)(void *data, const void *since, FILE *out);
    void *(*begin)(void *data); /* of one that covers a time; NULL when memory ran out; freed with free */
} hg_resource;

/* Borrowed, and must outlive the server. */
typedef struct hg_server_plan {
    const hg_listener *listener;
    const char *token; /* NULL: none */
    const hg_resource *resources;
    size_t resource_count; /* at most 16 */
    void *data;            /* for their functions */
} hg_server_plan;

typedef struct hg_server hg_server;

/* NULL where there is no memory, or no descriptor. The listener stays the caller's. */
hg_server *hg_server_start(const hg_server_plan *plan);

/* Readable when there is something to do. */
int hg_server_descriptor(const hg_server *server);

/* Milliseconds until it has something to do, readable or not; INT_MAX: no client waits for anything. */
int hg_server_wait_ms(hg_server *server);

/* Does it, without blocking. To be called after every wait. */
void hg_server_run(hg_server *server);

/* No time passes any more: who waits is answered at the next hg_server_run. */
void hg_server_hurry(hg_server *server);

/* Whether a client has asked and has no answer yet. */
bool hg_server_is_busy(const hg_server *server);

void hg_server_stop(hg_server *server); /* NULL is fine */

#endif
