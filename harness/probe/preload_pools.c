/* The exported function that heapgate/pool.h calls. */
#include "probe/exported.h"
#include "probe/pools.h"
#include <heapgate/pool.h>

HG_EXPORT void heapgate_probe_pool(int event, const void *place, size_t size)
{
    switch (event) {
    case HEAPGATE_POOL_CHUNK:
        hg_pools_chunk(place, size);
        break;
    case HEAPGATE_POOL_ALLOC:
        hg_pools_alloc(place, size, HG_CALLER);
        break;
    case HEAPGATE_POOL_FREE:
        hg_pools_free(place);
        break;
    case HEAPGATE_POOL_RESET:
        hg_pools_reset(place, size);
        break;
    default:
        break;
    }
}
