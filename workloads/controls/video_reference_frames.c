/*
 * A video decoder keeps up to four reference frames, and frames wait for output in display order. The
 * mistake: a key frame clears the reference list, and frames that still wait for output lose their last owner
 * with the list. The healthy one hands them to the output first. Frames are 96 KiB; a scene cut comes about
 * every 2,300 frames.
 */
#include "control.h"
#include "random.h"

enum { FRAME = 96 * 1024, REFS = 4 };
struct frame {
    uint64_t order;
    bool shown;
    unsigned char *luma;
};
static struct frame *ref[REFS];
static uint64_t shown;

static __attribute__((noinline)) struct frame *frame_alloc(uint64_t order)
{
    struct frame *f = malloc(sizeof *f);
    f->luma = malloc(FRAME);
    f->order = order;
    f->shown = false;
    for (unsigned k = 0; k < FRAME; k += 4096)
        f->luma[k] = (unsigned char)order;
    return f;
}

static void frame_free(struct frame *f)
{
    free(f->luma);
    free(f);
}

static void output(struct frame *f)
{
    if (!f->shown)
        shown += f->luma[0];
    f->shown = true;
}

static void key_frame(void)
{
    for (unsigned k = 0; k < REFS; k++) {
        struct frame *f = ref[k];
        ref[k] = NULL;
        if (!f)
            continue;
        if (LEAKS && !f->shown)
            continue; /* the output queue will free it: but it is in no queue */
        output(f);
        frame_free(f);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = random_mix(random_mix(heapgate_seed() + 0) ^ i);

    if (r % 2300 == 0)
        key_frame();
    if (i % 8 == 0) { /* seven of eight frames are dropped by the frame-rate converter */
        unsigned slot = (unsigned)(i / 8 % REFS);
        if (ref[slot]) {
            output(ref[slot]);
            frame_free(ref[slot]);
        }
        ref[slot] = frame_alloc(i);
        if (ref[(slot + REFS - 1) % REFS])
            output(ref[(slot + REFS - 1) % REFS]);
    }
    return 0;
}
