/* A module whose variables hold what another one allocates. */
#include <heapgate/workload.h>

HEAPGATE_EXPORT void *module_list;

static __attribute__((used)) _Thread_local void *kept_by_thread[1024];
static _Thread_local unsigned kept_count;

HEAPGATE_EXPORT int keep_in_thread(void *block)
{
    kept_by_thread[kept_count++ % 1024] = block;
    return block ? 0 : -1;
}
