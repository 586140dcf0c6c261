#include "cli/shell_word.h"

#include "base/memory_stream.h"
#include "base/utf8.h"
#include <assert.h>
#include <string.h>

static bool is_printable(const char *word)
{
    while (*word) {
        uint32_t code;
        word += hg_utf8_next(word, &code);
        if (code == HG_UTF8_INVALID || hg_utf8_is_deceptive(code))
            return false;
    }
    return true;
}

static void print_escaped(const char *word, FILE *out)
{
    fputs("$'", out);
    for (; *word; word++) {
        unsigned char byte = (unsigned char)*word;
        if (byte == '\n')
            fputs("\\n", out);
        else if (byte < ' ' || byte >= 0x7f)
            fprintf(out, "\\%03o", byte);
        else
            fprintf(out, byte == '\'' || byte == '\\' ? "\\%c" : "%c", byte);
    }
    fputc('\'', out);
}

void hg_print_shell_word(const char *word, FILE *out)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    if (!is_printable(word)) {
        print_escaped(word, out);
        return;
    }
    bool plain = word[0] != '\0' && word[strspn(word, safe)] == '\0';
    fputs(plain ? "" : "'", out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
    fputs(plain ? "" : "'", out);
}

char *hg_quote_command(int argc, char *const *argv)
{
    hg_memory_stream line;
    assert(argc > 0);
    FILE *out = hg_memory_stream_begin(&line);
    if (!out)
        return NULL;
    fputs(argv[0], out);
    for (int i = 1; i < argc; i++) {
        fputc(' ', out);
        hg_print_shell_word(argv[i], out);
    }
    return hg_memory_stream_end(&line, NULL);
}
