#include "probe/scan_memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_REGIONS = 1 << 17, SPARSE_BYTES = 256 * 1024, PAGES_AT_ONCE = 512 };

typedef struct memory_region {
    uintptr_t begin, end;
    bool readable, sparse; /* sparse: what was never touched is zero */
} memory_region;

static memory_region *regions;
static size_t region_count;
static int page_map = -1;
static sigjmp_buf unreadable;
static volatile uintptr_t unreadable_at;
static volatile bool reading;

void *hg_scan_reserve(size_t bytes)
{
    void *memory = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    return memory == MAP_FAILED ? NULL : memory;
}

void *hg_scan_reserve_whole(size_t bytes)
{
    void *memory = hg_scan_reserve(bytes);
    if (memory)
        madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

static int open_file(const char *path)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

static bool hex(const char **at, uintptr_t *ret_value)
{
    const char *begin = *at;
    *ret_value = 0;
    for (;; (*at)++) {
        char c = **at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : 16;
        if (digit > 15)
            return *at != begin;
        *ret_value = *ret_value << 4 | digit;
    }
}

/* "55d0-55e0 rw-p 00000000 00:00 0   path" */
static void note_line(const char *line)
{
    memory_region region;
    if (region_count == MOST_REGIONS || !hex(&line, &region.begin) || *line++ != '-' ||
        !hex(&line, &region.end) || *line++ != ' ' || strlen(line) < 4)
        return;
    region.readable = line[0] == 'r';
    bool is_private = line[3] == 'p';
    for (int fields = 0; fields < 3 && *line; line++)
        fields += *line == ' ';
    region.sparse = is_private && strncmp(line, "0 ", 2) == 0;
    region.sparse |= is_private && strcmp(line, "0") == 0;
    regions[region_count++] = region;
}

static bool read_regions(void)
{
    static char text[64 * 1024];
    size_t used = 0;
    int file = open_file("/proc/self/maps");
    if (file < 0)
        return false;
    for (;;) {
        ssize_t size = syscall(SYS_read, file, text + used, sizeof text - 1 - used);
        if (size <= 0)
            break;
        used += (size_t)size;
        text[used] = '\0';
        char *line = text;
        for (char *end; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            note_line(line);
        }
        used -= (size_t)(line - text);
        memmove(text, line, used);
    }
    close(file);
    return region_count > 0;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (!reading)
        _exit(128 + number);
    unreadable_at = (uintptr_t)info->si_addr;
    siglongjmp(unreadable, 1);
}

bool hg_scan_memory_start(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    regions = hg_scan_reserve(MOST_REGIONS * sizeof *regions);
    page_map = open_file("/proc/self/pagemap");
    return regions && sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0 &&
           read_regions();
}

/* The first mapping that ends after the address; NULL for none. */
static const memory_region *region_after(uintptr_t address)
{
    size_t low = 0;
    size_t high = region_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (regions[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < region_count ? &regions[low] : NULL;
}

uintptr_t hg_scan_mapping_end(uintptr_t address)
{
    const memory_region *region = region_after(address);
    return region && region->begin <= address && region->readable ? region->end : 0;
}

static void read_across(const hg_scan_words *words, uintptr_t place, uintptr_t next)
{
    enum { BITS = 8 * sizeof(uintptr_t) };
    uintptr_t word = *(const volatile uintptr_t *)place;
    for (unsigned bytes = 1; bytes < sizeof word; bytes++) {
        uintptr_t across = word >> 8 * bytes | next << (BITS - 8 * bytes);
        if (across - words->least < words->most - words->least)
            words->visit(across, place + bytes, words->user_data);
    }
}

/* begin and end are aligned. */
static void read_words(hg_scan_words *words, uintptr_t begin, uintptr_t end)
{
    volatile uintptr_t from = begin;
    if (sigsetjmp(unreadable, 0) != 0) {
        const uintptr_t page_bytes = getauxval(AT_PAGESZ);
        uintptr_t next = (unreadable_at & ~(page_bytes - 1)) + page_bytes;
        if (next <= from || next > end)
            next = end;
        words->unread_bytes += next - (unreadable_at > from && unreadable_at < next ? unreadable_at : from);
        from = next;
    }
    reading = true;
    uintptr_t span = words->most - words->least;
    for (uintptr_t place = from; place < end; place += sizeof(uintptr_t)) {
        uintptr_t word = *(const volatile uintptr_t *)place;
        if (words->unaligned) {
            if (words->before + sizeof word == place)
                read_across(words, words->before, word);
            words->before = place;
            continue;
        }
        if ((word & HG_SCAN_ADDRESS_MASK) - words->least < span)
            words->visit(word, place, words->user_data);
    }
    reading = false;
}

/* Whether there is something on the page: it is in memory, or swapped out. */
static bool is_there(uint64_t entry)
{
    return entry >> 62 != 0;
}

/* A large range of private memory without a file: page by page, as the kernel has them. */
static void read_sparse(hg_scan_words *words, uintptr_t begin, uintptr_t end)
{
    uint64_t entries[PAGES_AT_ONCE];
    const uintptr_t page_bytes = getauxval(AT_PAGESZ);
    while (begin < end) {
        uintptr_t page = begin / page_bytes;
        size_t pages = (end - 1) / page_bytes - page + 1;
        size_t wanted = (pages < PAGES_AT_ONCE ? pages : PAGES_AT_ONCE) * sizeof *entries;
        ssize_t size = pread(page_map, entries, wanted, (off_t)(page * sizeof *entries));
        size_t count = size > 0 ? (size_t)size / sizeof *entries : 0;
        if (count == 0) {
            read_words(words, begin, end);
            return;
        }
        for (size_t i = 0; i < count && begin < end; i++) {
            uintptr_t next = (page + i + 1) * page_bytes;
            next = next < end ? next : end;
            if (is_there(entries[i]))
                read_words(words, begin, next);
            begin = next;
        }
    }
}

void hg_scan_read(hg_scan_words *words, uintptr_t begin, uintptr_t end)
{
    begin = (begin + 7) & ~(uintptr_t)7;
    end = (words->unaligned ? end + 7 : end) & ~(uintptr_t)7;
    if (begin >= end)
        return;
    if (end - begin < SPARSE_BYTES || page_map < 0) {
        read_words(words, begin, end);
        return;
    }
    while (begin < end) {
        const memory_region *region = region_after(begin);
        bool gap = !region || region->begin > begin;
        uintptr_t next = !region ? end : gap ? region->begin : region->end;
        next = next < end ? next : end;
        if (gap || !region->readable)
            words->unread_bytes += next - begin;
        else if (region->sparse)
            read_sparse(words, begin, next);
        else
            read_words(words, begin, next);
        begin = next;
    }
}

bool hg_scan_survives(void (*touch)(void *user_data), void *user_data)
{
    if (sigsetjmp(unreadable, 0) != 0) {
        reading = false;
        return false;
    }
    reading = true;
    touch(user_data);
    reading = false;
    return true;
}

static void take_word(uintptr_t word, uintptr_t place, void *user_data)
{
    (void)place;
    *(uintptr_t *)user_data = word;
}

uintptr_t hg_scan_word(uintptr_t place)
{
    uintptr_t word = 0;
    hg_scan_words one = {.most = UINTPTR_MAX, .visit = take_word, .user_data = &word};
    size_t across = place % sizeof word;
    if (across == 0) {
        read_words(&one, place, place + sizeof word);
        return word;
    }
    place -= across;
    return hg_scan_word(place) >> 8 * across | hg_scan_word(place + sizeof word)
                                                   << 8 * (sizeof word - across);
}
