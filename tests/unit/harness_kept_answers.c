/*
 * Goal: answers about addresses outlive the run, and nothing on the disk can make one wrong: no damaged file,
 * no other user, no second process. Each test has a cache folder of its own.
 */
#include "symbols/kept_answers.h"
#include "symbols/packed_answers.h"
#include "symbols/symbol_client.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char cache[64], folder[128];

static void make_cache(void)
{
    strcpy(cache, "/tmp/heapgate_kept_XXXXXX");
    cr_assert(ne(ptr, mkdtemp(cache), NULL));
    setenv("XDG_CACHE_HOME", cache, 1);
    snprintf(folder, sizeof folder, "%s/heapgate/symbols", cache);
}

static void remove_cache(void)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", cache);
    cr_assert(eq(int, system(command), 0));
}

TestSuite(harness_kept_answers, .init = make_cache, .fini = remove_cache);

static hg_kept_key key_of(uint8_t number)
{
    return (hg_kept_key){.format = "test", .build_id_size = 1, .build_id = {number}};
}

static bool is_kept(const hg_kept_key *key, const char *text)
{
    size_t size = 0;
    char *bytes = hg_kept_read(key, &size);
    bool same = bytes && size == strlen(text) && memcmp(bytes, text, size) == 0;
    free(bytes);
    return same;
}

static void write_text(const hg_kept_key *key, const char *text)
{
    hg_kept_write(key, text, strlen(text));
}

/* The only file of the cache. */
static int open_file(void)
{
    char path[512] = "";
    DIR *open_folder = opendir(folder);
    cr_assert(ne(ptr, open_folder, NULL));
    for (struct dirent *entry; (entry = readdir(open_folder));)
        if (entry->d_name[0] != '.')
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    closedir(open_folder);
    int fd = open(path, O_RDWR);
    cr_assert(ge(int, fd, 0), "%s", path);
    return fd;
}

Test(harness_kept_answers, are_found_under_their_key_only)
{
    const hg_kept_key one = key_of(1);
    const hg_kept_key other = key_of(2);
    cr_expect_not(is_kept(&one, "first"));
    write_text(&one, "first");
    cr_expect(is_kept(&one, "first"));
    cr_expect_not(is_kept(&other, "first"));
    write_text(&one, "second");
    cr_expect(is_kept(&one, "second"));
}

Test(harness_kept_answers, are_not_believed_where_a_file_is_damaged_or_cut)
{
    const hg_kept_key key = key_of(1);
    struct stat is;
    size_t size = 0;
    write_text(&key, "text");
    int fd = open_file();
    cr_assert(eq(int, fstat(fd, &is), 0));
    cr_assert(lt(sz, sizeof key, (size_t)is.st_size));
    for (off_t at = 0; at < is.st_size; at++) {
        char byte;
        cr_assert(eq(sz, (size_t)pread(fd, &byte, 1, at), 1));
        char wrong = (char)(byte ^ 4);
        cr_assert(eq(sz, (size_t)pwrite(fd, &wrong, 1, at), 1));
        cr_expect(eq(ptr, hg_kept_read(&key, &size), NULL), "byte %ld", (long)at);
        cr_assert(eq(sz, (size_t)pwrite(fd, &byte, 1, at), 1));
    }
    cr_expect(is_kept(&key, "text"));
    for (off_t length = is.st_size; length-- > 0;) {
        cr_assert(eq(int, ftruncate(fd, length), 0));
        cr_expect(eq(ptr, hg_kept_read(&key, &size), NULL), "%ld bytes", (long)length);
    }
    close(fd);
}

Test(harness_kept_answers, are_neither_read_nor_written_where_others_can_write)
{
    const hg_kept_key key = key_of(1);
    write_text(&key, "mine");
    int fd = open_file();
    cr_assert(eq(int, fchmod(fd, 0660), 0));
    cr_expect_not(is_kept(&key, "mine"), "a file");
    cr_assert(eq(int, fchmod(fd, 0600), 0));
    cr_assert(eq(int, chmod(folder, 0770), 0));
    cr_expect_not(is_kept(&key, "mine"), "a folder");
    write_text(&key, "other");
    cr_assert(eq(int, chmod(folder, 0700), 0));
    cr_expect(is_kept(&key, "mine"));
    char moved[160];
    snprintf(moved, sizeof moved, "%s/elsewhere", cache);
    cr_assert(eq(int, rename(folder, moved), 0));
    cr_assert(eq(int, symlink(moved, folder), 0));
    cr_expect_not(is_kept(&key, "mine"), "a link");
    close(fd);
}

Test(harness_kept_answers, are_nowhere_without_a_folder_for_them)
{
    const hg_kept_key key = key_of(1);
    setenv("XDG_CACHE_HOME", "/dev/null", 1);
    write_text(&key, "text");
    cr_expect_not(is_kept(&key, "text"));
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", cache, 1);
    write_text(&key, "text");
    cr_expect(is_kept(&key, "text"));
    setenv("HOME", "relative", 1);
    cr_expect_not(is_kept(&key, "text"));
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *open_folder = opendir(folder);
    for (struct dirent *entry; open_folder && (entry = readdir(open_folder));)
        count += entry->d_name[0] != '.';
    closedir(open_folder);
    return count;
}

Test(harness_kept_answers, have_a_bound)
{
    char *large = calloc(1, HG_KEPT_BYTES + 1);
    cr_assert(ne(ptr, large, NULL));
    hg_kept_key key = key_of(0);
    size_t size = 0;
    hg_kept_write(&key, large, HG_KEPT_BYTES + 1);
    cr_expect(eq(ptr, hg_kept_read(&key, &size), NULL));
    free(large);
    for (unsigned i = 0; i < HG_KEPT_FILES + 20; i++) {
        key = key_of((uint8_t)i);
        write_text(&key, "text");
        usleep(i < 2 ? 20000 : 0); /* by then, the clock of the file system has gone on */
    }
    cr_expect(eq(sz, count_files(), HG_KEPT_FILES));
    cr_expect(is_kept(&key, "text"), "the newest");
    key = key_of(0);
    cr_expect_not(is_kept(&key, "text"), "the oldest");
}

Test(harness_kept_answers, are_whole_while_others_write_them)
{
    enum { WRITERS = 4, TIMES = 200, SIZE = 20000 };
    const hg_kept_key key = key_of(1);
    static char bytes[SIZE];
    size_t size = 0;
    size_t whole = 0;
    for (int i = 0; i < WRITERS; i++) {
        if (fork() == 0) {
            memset(bytes, 'a' + i, SIZE);
            for (int k = 0; k < TIMES; k++)
                hg_kept_write(&key, bytes, SIZE);
            _exit(0);
        }
    }
    for (int left = WRITERS; left > 0; left -= waitpid(-1, NULL, WNOHANG) > 0) {
        char *got = hg_kept_read(&key, &size);
        if (!got)
            continue;
        whole++;
        cr_assert(eq(sz, size, SIZE));
        cr_assert(eq(int, memcmp(got, got + 1, SIZE - 1), 0));
        free(got);
    }
    cr_assert(lt(sz, 0, whole));
    cr_expect(eq(sz, count_files(), 1));
}

static const hg_symbol known[] = {{"inlined", "a.h", 7, true}, {"outer", "", -1, false}};

static char *pack(size_t *ret_size)
{
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, ret_size);
    size_t written = hg_packed_answer_write(out, 1234, known, 2);
    fclose(out);
    cr_assert(eq(sz, written, *ret_size));
    return bytes;
}

Test(harness_kept_answers, are_the_same_packed_and_unpacked)
{
    size_t size = 0;
    size_t count = 0;
    uint64_t offset = 0;
    char *bytes = pack(&size);
    const char *at = bytes;
    hg_symbol *found = hg_packed_answer_read(&at, bytes + size, &offset, &count);
    cr_assert(ne(ptr, found, NULL));
    cr_expect(eq(ptr, (char *)at, bytes + size));
    cr_expect(eq(u64, offset, 1234));
    cr_assert(eq(sz, count, 2));
    for (size_t i = 0; i < 2; i++) {
        cr_expect(eq(str, (char *)found[i].function, (char *)known[i].function));
        cr_expect(eq(str, (char *)found[i].file, (char *)known[i].file));
        cr_expect(eq(int, found[i].line, known[i].line));
        cr_expect(eq(int, found[i].inlined, known[i].inlined));
    }
    cr_expect(eq(ptr, hg_packed_answer_read(&at, bytes + size, &offset, &count), NULL), "the end");
    free(found);
    free(bytes);
}

/* In a buffer of just that size, so that a sanitizer sees what is read behind it. */
Test(harness_kept_answers, are_not_read_from_bytes_that_are_cut_or_wrong)
{
    size_t size = 0;
    size_t count = 0;
    uint64_t offset = 0;
    char *bytes = pack(&size);
    for (size_t length = 0; length < size; length++) {
        char *cut = malloc(length + !length);
        memcpy(cut, bytes, length);
        const char *at = cut;
        cr_expect(eq(ptr, hg_packed_answer_read(&at, cut + length, &offset, &count), NULL), "%zu", length);
        free(cut);
    }
    for (size_t at_byte = 0; at_byte < size; at_byte++) {
        const char *at = bytes;
        bytes[at_byte] ^= (char)0xff;
        hg_symbol *found = hg_packed_answer_read(&at, bytes + size, &offset, &count);
        cr_expect(found == NULL || (at <= bytes + size && count <= 2), "%zu", at_byte);
        free(found);
        bytes[at_byte] ^= (char)0xff;
    }
    free(bytes);
}

static const hg_symbol *read_it(hg_symbol_reader *reader, const hg_module_id *module, uint64_t offset,
                                size_t *ret_count)
{
    (void)reader;
    (void)module;
    static hg_symbol symbol = {"read", "read.c", 0, false};
    symbol.line = (int)offset;
    *ret_count = 1;
    return &symbol;
}

static const hg_symbol *end_it(hg_symbol_reader *reader, const hg_module_id *module, uint64_t offset,
                               size_t *ret_count)
{
    if (offset < 100)
        abort();
    return read_it(reader, module, offset, ret_count);
}

/* The C library of this process. */
static int take_c_library(struct dl_phdr_info *info, size_t size, void *ret_id)
{
    static char path[4096];
    static uint8_t build_id[64];
    hg_module_id *id = ret_id;
    (void)size;
    if (!strstr(info->dlpi_name, "libc.so"))
        return 0;
    snprintf(path, sizeof path, "%s", info->dlpi_name);
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Nhdr) *note = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        if (info->dlpi_phdr[i].p_type != PT_NOTE || note->n_type != NT_GNU_BUILD_ID || note->n_descsz > 64)
            continue;
        memcpy(build_id, (const char *)(note + 1) + 4, note->n_descsz);
        *id = (hg_module_id){path, build_id, note->n_descsz};
    }
    return 1;
}

static void expect_line(hg_symbols *symbols, const hg_module_id *id, uint64_t offset, const char *function)
{
    size_t count = 0;
    const hg_symbol *found = hg_symbols_find(symbols, id, offset, &count);
    cr_assert(ne(ptr, (void *)found, NULL));
    cr_expect(eq(str, (char *)found->function, (char *)function), "%lu", (unsigned long)offset);
    cr_expect(eq(int, found->line, function[0] ? (int)offset : 0));
}

Test(harness_kept_answers, spare_the_next_run_the_reading)
{
    const hg_symbol_limits first = {.reading = {read_it, 256 << 20}, .seconds = 60, .keep = true};
    hg_symbol_limits second = {.reading = {end_it, 256 << 20}, .seconds = 60, .keep = true};
    hg_module_id id = {0};
    hg_kept_key key;
    dl_iterate_phdr(take_c_library, &id);
    cr_assert(ne(ptr, (void *)id.path, NULL));
    if (!hg_kept_key_of(&id, &key))
        cr_skip_test("no debug symbols of the C library are installed");
    hg_symbols *symbols = hg_symbols_new_with(&first);
    expect_line(symbols, &id, 10, "read");
    expect_line(symbols, &id, 20, "read");
    hg_symbols_free(symbols);
    symbols = hg_symbols_new_with(&second);
    expect_line(symbols, &id, 10, "read");
    expect_line(symbols, &id, 100, "read"); /* is read, and kept beside the others */
    hg_symbols_free(symbols);
    symbols = hg_symbols_new_with(&second);
    expect_line(symbols, &id, 20, "read");
    expect_line(symbols, &id, 100, "read");
    expect_line(symbols, &id, 30, ""); /* the reader ends */
    hg_symbols_free(symbols);
    symbols = hg_symbols_new_with(&first);
    expect_line(symbols, &id, 30, "read"); /* what could not be read was not kept */
    hg_symbols_free(symbols);
    second.keep = false;
    symbols = hg_symbols_new_with(&second);
    expect_line(symbols, &id, 10, "");
    hg_symbols_free(symbols);
}
