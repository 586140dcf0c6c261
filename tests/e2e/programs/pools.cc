#include "pools.c"
