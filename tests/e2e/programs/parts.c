/* Has blocks alive at its end that one function made for two others, both of which a third one called. */
#include <stdlib.h>

enum { ROOF = 3000, WALL = 2000 };

static void *volatile roof, *volatile wall;

static __attribute__((noinline)) void *make(size_t bytes)
{
    void *made = malloc(bytes);
    if (!made)
        abort();
    return made;
}

static __attribute__((noinline)) void build_roof(void)
{
    roof = make(ROOF);
}

static __attribute__((noinline)) void build_walls(void)
{
    wall = make(WALL);
}

static __attribute__((noinline)) void build_house(void)
{
    build_roof();
    build_walls();
}

int main(void)
{
    build_house();
    return roof && wall ? 0 : 1;
}
