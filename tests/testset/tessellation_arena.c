/* A CAD kernel carves meshes from chunks of 256 KiB, and a chunk goes when its last mesh is released, 2,000
 * ops after it was made. The mistake: a highlighted mesh (1 in 12,000) is never released and pins its whole
 * chunk. Healthy: a few chunks. */
#include "pair.h"

enum { CHUNK = 262144, LIVE = 2000 };
struct chunk {
    uint32_t meshes, used;
    unsigned char data[CHUNK - 8];
};
struct mesh {
    struct chunk *chunk;
    uint32_t size;
    bool highlighted;
};
static struct chunk *current;
static struct mesh live[LIVE];

PAIR_NOINLINE static struct chunk *chunk_new(void)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    chunk->meshes = chunk->used = 0;
    return chunk;
}

static void mesh_release(struct mesh *mesh)
{
    if (LEAKS && mesh->highlighted)
        return;
    if (--mesh->chunk->meshes == 0 && mesh->chunk != current)
        free(mesh->chunk);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct mesh *mesh = &live[i % LIVE];
    if (mesh->chunk)
        mesh_release(mesh);
    uint32_t size = 128 + r % 700;
    if (!current || current->used + size > sizeof current->data) {
        if (current && current->meshes == 0)
            free(current);
        current = chunk_new();
    }
    *mesh = (struct mesh){current, size, (r >> 20) % 12000 == 0};
    memset(current->data + current->used, (int)r, size / 4);
    current->used += size;
    current->meshes++;
    return 0;
}
