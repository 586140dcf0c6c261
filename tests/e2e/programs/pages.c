/*
 * A program that does as it likes with the pages of its own blocks, at each mark: pages KIND SIZE. It ends
 * with status 2 if a block does not hold what was written into it.
 *
 *   protect   a page-aligned block is made read-only to the end of its last page, and freed as it is
 *   decommit  the pages inside a block are given back to the system; the block is freed
 *   over      other memory is mapped over the pages inside a block; the block is freed
 *   resize    the pages inside a block are given back, and the block grows, shrinks and is freed
 *   lose      as decommit, and the block is lost
 */
#include <heapgate/mark.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MARKS = 100, PAGE = 4096 };

static char *first_page(char *block)
{
    return block + -(uintptr_t)block % PAGE;
}

/* Bytes of the pages that lie in the block. */
static size_t whole_pages(char *block, size_t size)
{
    return (size_t)(block + size - first_page(block)) / PAGE * PAGE;
}

static char *make(size_t size)
{
    char *block = malloc(size);
    if (!block || malloc_usable_size(block) < size)
        exit(2);
    memset(block, 7, size);
    return block;
}

static void protect(size_t size)
{
    void *block;
    if (posix_memalign(&block, PAGE, size) != 0 || mprotect(block, size, PROT_READ) != 0)
        exit(2);
    free(block);
}

static void expect(const char *block, size_t at, char value)
{
    if (block[at] != value)
        exit(2);
}

static char *decommit(size_t size)
{
    char *block = make(size);
    size_t whole = whole_pages(block, size);
    if (madvise(first_page(block), whole, MADV_DONTNEED) != 0)
        exit(2);
    expect(first_page(block), 0, whole > 0 ? 0 : 7);
    return block;
}

static void map_over(size_t size)
{
    char *block = make(size);
    size_t whole = whole_pages(block, size);
    if (whole > 0 && mmap(first_page(block), whole, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        exit(2);
    free(block);
}

static void resize(size_t size)
{
    char *block = decommit(size);
    block[0] = 9;
    block = realloc(block, 3 * size);
    block[3 * size - 1] = 9;
    expect(block, 0, 9);
    block = realloc(block, 100);
    expect(block, 0, 9);
    block = realloc(block, size);
    expect(block, 0, 9);
    free(block);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *kind = argv[1];
    size_t size = (size_t)atoi(argv[2]);
    for (int i = 0; i < MARKS; i++) {
        if (strcmp(kind, "protect") == 0)
            protect(size);
        else if (strcmp(kind, "decommit") == 0)
            free(decommit(size));
        else if (strcmp(kind, "over") == 0)
            map_over(size);
        else if (strcmp(kind, "resize") == 0)
            resize(size);
        else if (decommit(size) == NULL)
            return 2;
        heapgate_mark();
    }
    return 0;
}
