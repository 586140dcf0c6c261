#include "cli/shell_word.h"

#include <stdbool.h>
#include <string.h>

void hg_print_shell_word(const char *word, FILE *out)
{
    bool plain = word[0] != '\0' && !word[strcspn(word, " \t\n'\"\\$`*?[](){}<>|&;#~!")];
    fputs(plain ? "" : "'", out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
    fputs(plain ? "" : "'", out);
}
