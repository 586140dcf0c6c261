/*
 * The socket on which a server listens: of this machine alone, unless its clients know a token.
 */
#ifndef HG_SERVE_LISTENER_H
#define HG_SERVE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

typedef struct hg_listener {
    int fd;         /* listening, close-on-exec, non-blocking; -1: closed */
    bool loopback;  /* it has an address that only this machine reaches */
    char name[160]; /* "http://127.0.0.1:8080/", "unix:PATH" */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a Unix socket's file; "" of any other */
} hg_listener;

/*
 * HOST:PORT, HOST an address (IPv6 in brackets) or localhost, PORT 0 for any that is free; or unix:PATH, a
 * socket that only this user can connect to. A socket file that nobody listens on any more is replaced.
 * False with one line in ret_message.
 */
bool hg_listener_open(const char *address, bool has_token, hg_listener *ret_listener, char *ret_message,
                      size_t message_size);

/* Closes it; with a Unix socket, removes the file. */
void hg_listener_close(hg_listener *listener);

#endif
