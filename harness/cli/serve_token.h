/*
 * The token of --serve-token: as given, or from a file.
 */
#ifndef HG_CLI_SERVE_TOKEN_H
#define HG_CLI_SERVE_TOKEN_H

#include "serve/server.h"

/*
 * TOKEN, or @FILE for the first line of a file. A token in the argument is overwritten there, so that neither
 * ps nor a report shows it. Complains and exits on any mistake.
 */
void hg_parse_serve_token(char *argument, char ret_token[HG_SERVER_TOKEN]);

#endif
