/*
 * Whose request is answered. Functions on the request of a connection.
 */
#ifndef HG_SERVE_ADMISSION_H
#define HG_SERVE_ADMISSION_H

#include <microhttpd.h>
#include <stdbool.h>

/* Whether the request was made to a name of this machine; through a tunnel the port may be another. */
bool hg_admission_is_meant(struct MHD_Connection *connection);

/* Whether it has the token: "Authorization: Bearer TOKEN", or Basic with any user and the token as password.
 * The time that this takes tells nothing of the token. */
bool hg_admission_knows(struct MHD_Connection *connection, const char *token);

#endif
