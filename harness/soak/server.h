/*
 * The soak's small web server, on GNU libmicrohttpd: GET / is a page, /metrics OpenMetrics text, /curves
 * JSON.
 *
 * It runs in the caller's loop: no thread, no lock. The measured process is another one, and all that a
 * client can take from the driver is bounded: connections, memory for each, and the time that one may be
 * silent. It answers only who asked for it by a name of this machine, so that a page from elsewhere cannot
 * look in through the browser.
 *
 * One thread.
 */
#ifndef HG_SOAK_SERVER_H
#define HG_SOAK_SERVER_H

#include "soak/soak.h"

#define HG_SERVER_CONNECTIONS 16u
#define HG_SERVER_BYTES       16384u /* for a connection: its request's head must fit */
#define HG_SERVER_SILENCE     5u     /* seconds that a client may be silent */

typedef struct hg_server hg_server;

/*
 * Serves on HOST:PORT, HOST 127.0.0.1, [::1] or localhost, PORT 0 for any that is free. soak is borrowed and
 * must outlive it. NULL with one line in ret_message.
 */
hg_server *hg_server_start(const char *address, const hg_soak *soak, char *ret_message, size_t message_size);

/* The root's address, "http://127.0.0.1:8080/". */
const char *hg_server_address(const hg_server *server);

/* Readable when there is something to do. */
int hg_server_descriptor(const hg_server *server);

/* Milliseconds until it has something to do, readable or not; INT_MAX: no client waits for anything. */
int hg_server_wait_ms(hg_server *server);

/* Does it, without blocking. To be called after every wait. */
void hg_server_run(hg_server *server);

void hg_server_stop(hg_server *server); /* NULL is fine */

#endif
