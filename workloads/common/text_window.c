#include "text_window.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A gap at the end, where the next text did not fit, and the text that is added, lie beside the window. */
#define RING_BYTES (TOKA_RECORD_WINDOW_BYTES + 2 * TEXT_WINDOW_MAX_TEXT)

int text_window_open(struct text_window *window)
{
    window->bytes = malloc(RING_BYTES);
    return window->bytes ? 0 : 1;
}

void text_window_clear(struct text_window *window)
{
    char *bytes = window->bytes;

    memset(window, 0, sizeof *window);
    window->bytes = bytes;
}

static const struct window_text *text_numbered(const struct text_window *window, uint64_t number)
{
    return &window->texts[number % TOKA_RECORD_WINDOW_TEXTS];
}

static bool is_in_window(const struct text_window *window, uint64_t number)
{
    return number && window->count - number < TOKA_RECORD_WINDOW_TEXTS &&
           window->total_bytes - text_numbered(window, number)->bytes_before <= TOKA_RECORD_WINDOW_BYTES;
}

/* At most a quarter of the slots is in use, and what has left the window makes room: there is always one. */
static uint64_t *slot_for(struct text_window *window, uint64_t hash)
{
    size_t i = hash % TEXT_WINDOW_SLOTS;

    while (is_in_window(window, window->slots[i]) && text_numbered(window, window->slots[i])->hash != hash)
        i = (i + 1) % TEXT_WINDOW_SLOTS;
    return &window->slots[i];
}

void text_window_add(struct text_window *window, uint64_t hash, toka_text text)
{
    uint64_t *slot = slot_for(window, hash);

    if (text.size > RING_BYTES - window->end)
        window->end = 0;
    memcpy(window->bytes + window->end, text.data, text.size);
    *slot = ++window->count;
    window->texts[*slot % TOKA_RECORD_WINDOW_TEXTS] =
        (struct window_text){hash, window->total_bytes, window->end, text.size};
    window->end += text.size;
    window->total_bytes += text.size;
}

toka_text text_window_find(const struct text_window *window, uint64_t hash)
{
    size_t i = hash % TEXT_WINDOW_SLOTS;

    for (size_t tried = 0; tried < TEXT_WINDOW_SLOTS && window->slots[i]; tried++) {
        const struct window_text *text = text_numbered(window, window->slots[i]);

        if (is_in_window(window, window->slots[i]) && text->hash == hash)
            return (toka_text){window->bytes + text->offset, text->size};
        i = (i + 1) % TEXT_WINDOW_SLOTS;
    }
    return (toka_text){NULL, 0};
}

void text_window_close(struct text_window *window)
{
    free(window->bytes);
    memset(window, 0, sizeof *window);
}
