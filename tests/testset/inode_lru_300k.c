/*
 * Imitates the inode cache of a file system in user space (FUSE, Ceph): an LRU list of 300,000 inodes under a
 * power law over 900,000.
 * The mistake: an inode that has extended attributes and is evicted while its handle is being renewed (1
 * eviction in 400) leaves its attribute block behind.
 * The healthy twin holds 300,000 inodes of 64 bytes, and 1 in 4 has an attribute block of 56: full, some 24
 * MB, and steady after op 700,000.
 */
#include <heapgate/workload.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { INODES = 900000, MOST = 300000 };

struct inode {
    struct inode *newer, *older;
    unsigned char *attributes;
    uint32_t number, links;
    uint64_t size, times[3];
};

static struct inode *table[INODES];
static struct inode *newest, *oldest;
static uint32_t count;

__attribute__((noinline)) static unsigned char *attributes_new(uint32_t number)
{
    unsigned char *attributes = malloc(56);
    if (attributes != NULL) {
        memset(attributes, (int)(number & 0xff), 56);
    }
    return attributes;
}

static struct inode *inode_new(uint32_t number)
{
    struct inode *inode = calloc(1, sizeof *inode);
    if (inode == NULL) {
        return NULL;
    }
    inode->number = number;
    if (number % 4 == 0 && (inode->attributes = attributes_new(number)) == NULL) {
        free(inode);
        return NULL;
    }
    return inode;
}

static void list_remove(struct inode *inode)
{
    *(inode->newer != NULL ? &inode->newer->older : &newest) = inode->older;
    *(inode->older != NULL ? &inode->older->newer : &oldest) = inode->newer;
}

static void list_add(struct inode *inode)
{
    inode->newer = NULL;
    inode->older = newest;
    *(newest != NULL ? &newest->newer : &oldest) = inode;
    newest = inode;
}

static void evict(void)
{
    struct inode *inode = oldest;
    list_remove(inode);
    table[inode->number] = NULL;
    int renewing = draw() % 100 == 0;
    if (!LEAKS || !renewing) {
        free(inode->attributes);
    }
    free(inode);
    count--;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    double u = (double)(draw() >> 11) * 0x1p-53;
    uint32_t number = (uint32_t)(u * u * INODES);
    struct inode *inode = table[number];
    if (inode != NULL) {
        list_remove(inode);
        list_add(inode);
        return 0;
    }
    if (count == MOST) {
        evict();
    }
    if ((inode = inode_new(number)) == NULL) {
        return 1;
    }
    table[number] = inode;
    list_add(inode);
    count++;
    return 0;
}

void heapgate_teardown(void)
{
    while (oldest != NULL) {
        struct inode *inode = oldest;
        list_remove(inode);
        free(inode->attributes);
        free(inode);
    }
}
