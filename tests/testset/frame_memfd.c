/* A video capture that passes frames in memory files, a new one every 150 ops, two in use. The mistake: a
 * frame dropped for being late is neither unmapped nor closed. Healthy: a dropped frame is released like a
 * shown one. */
#include "pair.h"
#include <sys/mman.h>
#include <unistd.h>

enum { FRAME = 8192 };

struct frame {
    int descriptor;
    uint8_t *pixels;
};

static struct frame shown[2];
static unsigned frames;

PAIR_NOINLINE static int frame_open(struct frame *frame)
{
    frame->pixels = NULL;
    frame->descriptor = memfd_create("frame", MFD_CLOEXEC);
    if (frame->descriptor < 0)
        return 0;
    if (ftruncate(frame->descriptor, FRAME) != 0)
        return -1;
    void *at = mmap(NULL, FRAME, PROT_READ | PROT_WRITE, MAP_SHARED, frame->descriptor, 0);
    if (at == MAP_FAILED)
        return -1;
    frame->pixels = at;
    frame->pixels[0] = 1;
    return 0;
}

static void frame_close(struct frame *frame)
{
    if (!frame->pixels)
        return;
    munmap(frame->pixels, FRAME);
    close(frame->descriptor);
    frame->pixels = NULL;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 150 != 0)
        return 0;
    struct frame *frame = &shown[frames++ % 2];
    bool late = frames % 20 == 7;
    if (!late || !LEAKS)
        frame_close(frame);
    return frame_open(frame);
}

void heapgate_teardown(void)
{
    frame_close(&shown[0]);
    frame_close(&shown[1]);
}
