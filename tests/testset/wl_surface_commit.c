/*
 * Imitates a Wayland compositor (wlroots, Mutter) with double-buffered surfaces: requests change the pending
 * state, a commit moves it to the current state, and the next frame callback lets the old state go.
 * The mistake: a second commit before the frame (1 op in 900) overwrites the pointer to the damage region of
 * a state that was never shown.
 * The healthy twin has 256 surfaces with two states each: steady after op 4,000.
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

enum { SURFACES = 256 };

struct region {
    int count;
    int boxes[4 * 4];
};

struct surface {
    struct region *pending, *current, *shown;
};

static struct surface surfaces[SURFACES];

__attribute__((noinline)) static struct region *region_new(void)
{
    struct region *region = malloc(sizeof *region);
    if (region != NULL) {
        memset(region, 0, sizeof *region);
        region->count = 1;
    }
    return region;
}

static int surface_damage(struct surface *surface)
{
    if (surface->pending == NULL) {
        surface->pending = region_new();
    } else if (surface->pending->count < 4) {
        surface->pending->count++;
    }
    return surface->pending == NULL;
}

static void surface_commit(struct surface *surface)
{
    if (surface->pending == NULL) {
        return;
    }
    if (!LEAKS) {
        free(surface->current);
    }
    surface->current = surface->pending;
    surface->pending = NULL;
}

static void surface_frame(struct surface *surface)
{
    if (surface->current != NULL) {
        free(surface->shown);
        surface->shown = surface->current;
        surface->current = NULL;
    }
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    struct surface *surface = &surfaces[draw() % SURFACES];
    for (int n = (int)(draw() % 3); n >= 0; n--) {
        if (surface_damage(surface) != 0) {
            return 1;
        }
    }
    surface_commit(surface);
    if (draw() % 900 == 0) {
        if (surface_damage(surface) != 0) {
            return 1;
        }
        surface_commit(surface);
    }
    surface_frame(surface);
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < SURFACES; n++) {
        free(surfaces[n].pending);
        free(surfaces[n].current);
        free(surfaces[n].shown);
    }
}
