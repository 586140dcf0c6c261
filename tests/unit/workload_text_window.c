/* The window of texts against a plain list of all that was told: what must be there is, and is right. */
#include "random.h"
#include "text_window.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct text_window window;

static void open_window(void)
{
    cr_assert_eq(text_window_open(&window), 0);
}

static void close_window(void)
{
    text_window_close(&window);
}

TestSuite(workload_text_window, .init = open_window, .fini = close_window);

/* The text of a hash and a version: its size and bytes follow from both. */
static toka_text make_text(char *buffer, uint64_t hash, uint64_t version, size_t most)
{
    struct random random = random_for_op(hash, version);
    size_t size = random_below(&random, (uint32_t)most + 1);

    memset(buffer, (int)('a' + version % 26), size);
    if (size >= sizeof hash)
        memcpy(buffer, &hash, sizeof hash);
    return (toka_text){buffer, size};
}

static void expect_text(uint64_t hash, uint64_t version, size_t most)
{
    static char buffer[TEXT_WINDOW_MAX_TEXT];
    toka_text expected = make_text(buffer, hash, version, most), found = text_window_find(&window, hash);

    cr_assert_not_null(found.data, "hash %lu", hash);
    cr_assert_eq(found.size, expected.size, "hash %lu", hash);
    cr_assert_eq(memcmp(found.data, expected.data, found.size), 0, "hash %lu", hash);
}

struct told {
    uint64_t hash, version;
    size_t size;
};

/* Checks every text that must be in the window after `count` were told; most: bytes of a text. */
static void expect_window(const struct told *told, size_t count, size_t most)
{
    size_t bytes = 0;

    for (size_t age = 0; age < count && age < TOKA_RECORD_WINDOW_TEXTS; age++) {
        const struct told *text = &told[count - 1 - age];
        bool told_again = false;

        bytes += text->size;
        if (bytes > TOKA_RECORD_WINDOW_BYTES)
            break;
        for (size_t later = count - age; later < count && !told_again; later++)
            told_again = told[later].hash == text->hash;
        if (!told_again)
            expect_text(text->hash, text->version, most);
    }
}

static void tell_at_random(size_t texts, uint32_t hashes, size_t most, size_t check_every)
{
    static char buffer[TEXT_WINDOW_MAX_TEXT];
    struct told *told = calloc(texts, sizeof *told);
    struct random random = random_for_op(hashes, most);

    cr_assert_not_null(told);
    for (size_t i = 0; i < texts; i++) {
        uint64_t hash = 1 + random_below(&random, hashes);
        toka_text text = make_text(buffer, hash, i, most);

        text_window_add(&window, hash, text);
        told[i] = (struct told){hash, i, text.size};
        if (i % check_every == 0)
            expect_window(told, i + 1, most);
    }
    expect_window(told, texts, most);
    free(told);
}

Test(workload_text_window, keeps_as_many_short_texts_as_it_promises)
{
    tell_at_random(20000, 1000000, 40, 9973);
}

Test(workload_text_window, keeps_as_many_bytes_as_it_promises)
{
    tell_at_random(500, 1000, TEXT_WINDOW_MAX_TEXT, 17);
}

Test(workload_text_window, gives_the_text_told_last)
{
    tell_at_random(30000, 3000, 2000, 9973);
}

Test(workload_text_window, hashes_that_share_a_place_do_not_hide_each_other)
{
    char name[32];

    for (uint64_t i = 0; i < 3 * TOKA_RECORD_WINDOW_TEXTS; i++) {
        uint64_t hash = 5 + i * TEXT_WINDOW_SLOTS;
        int size = snprintf(name, sizeof name, "%lu", hash);

        text_window_add(&window, hash, (toka_text){name, (size_t)size});
    }
    for (uint64_t i = 2 * TOKA_RECORD_WINDOW_TEXTS; i < 3 * TOKA_RECORD_WINDOW_TEXTS; i++) {
        toka_text found = text_window_find(&window, 5 + i * TEXT_WINDOW_SLOTS);

        snprintf(name, sizeof name, "%lu", 5 + i * TEXT_WINDOW_SLOTS);
        cr_assert(found.data && found.size == strlen(name) && memcmp(found.data, name, found.size) == 0);
    }
    cr_expect_null(text_window_find(&window, 5).data, "told too long ago");
    cr_expect_null(text_window_find(&window, 6).data, "never told");
}

Test(workload_text_window, forgets_all_when_cleared)
{
    text_window_add(&window, 7, (toka_text){"seven", 5});
    text_window_clear(&window);
    cr_expect_null(text_window_find(&window, 7).data);
    text_window_add(&window, 8, (toka_text){"eight", 5});
    cr_expect_not_null(text_window_find(&window, 8).data);
}
