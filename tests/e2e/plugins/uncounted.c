/* Memory that no allocation counts: what grows of it, and a twin of each that does not. */
#include <heapgate/workload.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

enum { PAGE = 4096, MOST_SEGMENTS = 3000 };

static const char *chosen;
static bool leaks;
static char *reserved;
static uint64_t used;
static int file = -1;
static int segments[MOST_SEGMENTS];
static int segment_count;

static int is(const char *name)
{
    return strcmp(chosen, name) == 0;
}

int heapgate_setup(void)
{
    chosen = getenv("HEAPGATE_TEST_CASE");
    if (!chosen)
        return 1;
    leaks = strncmp(chosen, "no_", 3) != 0;
    chosen += leaks ? 0 : 3;
    if (is("reserved_memory")) {
        reserved = mmap(NULL, UINT64_C(1) << 36, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return reserved == MAP_FAILED;
    }
    file = is("file_in_memory") ? memfd_create("messages", MFD_CLOEXEC) : -1;
    return is("file_in_memory") && file < 0;
}

static void grow_break(void)
{
    char *page = leaks || !reserved ? sbrk(PAGE) : reserved;
    if (page != (char *)-1)
        memset(page, 1, PAGE);
    reserved = page;
}

static void touch_reserved(void)
{
    reserved[used] = 1;
    used = leaks ? used + PAGE : (used + PAGE) % (64 * PAGE);
}

static int write_message(void)
{
    static const char message[64] = "a message";
    used += sizeof message;
    if (!leaks && used % (1 << 16) == 0 && (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0))
        return 1;
    return write(file, message, sizeof message) != sizeof message;
}

static int make_segment(void)
{
    if (segment_count == MOST_SEGMENTS)
        return 0;
    int segment = shmget(IPC_PRIVATE, 16 * PAGE, 0600 | IPC_CREAT);
    char *memory = segment < 0 ? (char *)-1 : shmat(segment, NULL, 0);
    if (memory == (char *)-1)
        return 1;
    memset(memory, 1, 16 * PAGE);
    if (leaks)
        segments[segment_count++] = segment;
    return shmdt(memory) != 0 || (!leaks && shmctl(segment, IPC_RMID, NULL) != 0);
}

/* Until there are no more. */
static void make_key(void)
{
    pthread_key_t key;
    if (pthread_key_create(&key, NULL) == 0 && !leaks)
        pthread_key_delete(key);
}

/* The C library's own malloc, under a name that no probe takes. */
void *__libc_malloc(size_t size);
void __libc_free(void *block);

static int take_past(void)
{
    void *block = __libc_malloc(40);
    if (!leaks)
        __libc_free(block);
    return block == NULL;
}

int heapgate_iterate(uint64_t i)
{
    if (is("file_in_memory"))
        return write_message();
    if (is("segments"))
        return i % 5000 == 0 ? make_segment() : 0;
    if (is("break") && i % 100 == 0)
        grow_break();
    if (is("reserved_memory") && i % 50 == 0)
        touch_reserved();
    if (is("keys") && i % 20 == 0)
        make_key();
    if (is("past") && i % 10 == 0)
        return take_past();
    return 0;
}

void heapgate_teardown(void)
{
    while (segment_count > 0)
        shmctl(segments[--segment_count], IPC_RMID, NULL);
}
