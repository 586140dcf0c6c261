/*
 * A game streams the textures of its levels, each with mip maps of 4 to 64 KiB. The mistake: when a level is
 * left while a texture is still being refined, the coarse version that served as a stand-in is not freed. The
 * healthy one frees both. A level lasts 2,600 ops; four textures are being refined when it is left.
 */
#include "pair.h"

enum { TEXTURES = 24, LEVEL = 2600 };
struct mip {
    uint32_t width, level;
    unsigned char texels[];
};
static struct texture {
    struct mip *coarse, *fine;
} texture[TEXTURES];

static PAIR_NOINLINE struct mip *mip_load(uint32_t width, uint32_t level)
{
    struct mip *m = malloc(sizeof *m + width * width * 4);
    m->width = width;
    m->level = level;
    for (uint32_t k = 0; k < width * width * 4; k += 1024)
        m->texels[k] = (unsigned char)level;
    return m;
}

static void refine(struct texture *t, uint32_t level)
{
    t->fine = mip_load(128, level);
    free(t->coarse);
    t->coarse = NULL;
}

static void leave_level(void)
{
    for (unsigned k = 0; k < TEXTURES; k++) {
        struct texture *t = &texture[k];
        if (t->fine)
            free(t->fine);
        if (t->coarse && !LEAKS)
            free(t->coarse);
        t->coarse = t->fine = NULL;
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t at = i % LEVEL;
    uint32_t level = (uint32_t)(i / LEVEL);
    unsigned k = (unsigned)(at / 100);

    if (at == 0)
        leave_level();
    if (at % 100 == 0 && k < TEXTURES)
        texture[k].coarse = mip_load(32, level);
    if (at % 100 == 50 && k >= 5 && k < 25)
        refine(&texture[k - 5], level);
    return 0;
}
