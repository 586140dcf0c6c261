/* A module whose static holds what another one allocates. */
#include <heapgate/workload.h>

HEAPGATE_EXPORT void *module_list;
