/*
 * Imitates a still-image decoder (libjpeg-turbo's wrappers): an op decodes a picture into three planes; if
 * the picture has no colour, the two colour planes are made nevertheless.
 * The mistake: the planes are freed by the number of components in the header of the picture, which is 1 for
 * a grey one (1 of 4 by chance): two planes of 4,800 bytes stay.
 * The healthy twin holds nothing between ops: steady after op 0.
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

enum { WIDTH = 160, HEIGHT = 60 };

struct picture {
    int components;
    unsigned char *planes[3];
};

__attribute__((noinline)) static unsigned char *plane_new(size_t size)
{
    unsigned char *plane = malloc(size);
    if (plane != NULL) {
        memset(plane, 128, WIDTH);
    }
    return plane;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    struct picture picture = {.components = draw() % 4 == 0 ? 1 : 3};
    for (int n = 0; n < 3; n++) {
        picture.planes[n] = plane_new(n == 0 ? WIDTH * HEIGHT : WIDTH * HEIGHT / 2);
        if (picture.planes[n] == NULL) {
            return 1;
        }
    }
    picture.planes[0][draw() % WIDTH] = 1;
    for (int n = 0; n < (LEAKS ? picture.components : 3); n++) {
        free(picture.planes[n]);
    }
    return 0;
}
