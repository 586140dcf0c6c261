#include "record/calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DESCRIPTORS (1u << HG_CALL_OPEN | 1u << HG_CALL_SOCKET | 1u << HG_CALL_PIPE)

/* A word of more than one call is a group; larger ones come first. */
static const struct {
    const char *word;
    uint32_t calls;
} words[] = {
    {"all", HG_CALLS_ALL},
    {"memory", HG_CALLS_MEMORY},
    {"malloc", 1u << HG_CALL_MALLOC},
    {"calloc", 1u << HG_CALL_CALLOC},
    {"realloc", 1u << HG_CALL_REALLOC},
    {"new", 1u << HG_CALL_NEW},
    {"mmap", 1u << HG_CALL_MMAP},
    {"open", 1u << HG_CALL_OPEN},
    {"socket", 1u << HG_CALL_SOCKET},
    {"pipe", 1u << HG_CALL_PIPE},
    {"pthread_create", 1u << HG_CALL_PTHREAD_CREATE},
};
enum { WORDS = sizeof words / sizeof *words };

const char *hg_calls_word(size_t i)
{
    return i < WORDS ? words[i].word : NULL;
}

const char *hg_call_name(hg_call call)
{
    for (size_t i = 0; i < WORDS; i++)
        if (words[i].calls == 1u << call)
            return words[i].word;
    return "";
}

bool hg_calls_parse(const char *list, uint32_t *ret_calls, const char **ret_word, size_t *ret_length)
{
    uint32_t calls = 0;
    for (const char *word = list;; word++) {
        size_t length = strcspn(word, ",");
        size_t i = 0;
        while (i < WORDS && (strlen(words[i].word) != length || memcmp(words[i].word, word, length) != 0))
            i++;
        if (i == WORDS) {
            *ret_word = word;
            *ret_length = length;
            return false;
        }
        calls |= words[i].calls;
        word += length;
        if (*word == '\0')
            break;
    }
    *ret_calls = calls;
    return true;
}

void hg_calls_list(uint32_t calls, char *ret_list, size_t size)
{
    size_t used = 0;
    ret_list[0] = '\0';
    for (size_t i = 0; i < WORDS && used < size; i++) {
        if ((words[i].calls & calls) != words[i].calls)
            continue;
        used += (size_t)snprintf(ret_list + used, size - used, "%s%s", used > 0 ? "," : "", words[i].word);
        calls &= ~words[i].calls;
    }
}

uint32_t hg_calls_beside(hg_call call)
{
    return DESCRIPTORS >> call & 1u ? DESCRIPTORS : HG_CALLS_ALL & ~DESCRIPTORS;
}

int hg_call_error(hg_call call)
{
    return DESCRIPTORS >> call & 1u ? EMFILE : call == HG_CALL_PTHREAD_CREATE ? EAGAIN : ENOMEM;
}
