#include "cli/serve_token.h"

#include "cli/command.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void read_file(const char *path, char ret_token[HG_SERVER_TOKEN])
{
    FILE *file = fopen(path, "re");
    if (!file)
        exit(hg_complain("--serve-token: cannot read %s: %s", path, strerror(errno)));
    if (!fgets(ret_token, HG_SERVER_TOKEN, file))
        ret_token[0] = '\0';
    fclose(file);
    ret_token[strcspn(ret_token, "\r\n")] = '\0';
}

void hg_parse_serve_token(char *argument, char ret_token[HG_SERVER_TOKEN])
{
    size_t length = strlen(argument);
    if (argument[0] == '@') {
        read_file(argument + 1, ret_token);
    } else {
        if (length >= HG_SERVER_TOKEN)
            exit(hg_complain("--serve-token: the token has more than %u bytes", HG_SERVER_TOKEN - 1));
        memcpy(ret_token, argument, length + 1);
        memset(argument, '*', length);
    }
    for (const char *letter = ret_token; *letter; letter++)
        if ((unsigned char)*letter <= ' ' || (unsigned char)*letter > '~')
            exit(hg_complain("--serve-token: the token may have letters, digits and punctuation, no spaces"));
    if (ret_token[0] == '\0')
        exit(hg_complain("--serve-token: the token is empty"));
}
