/* A program that loads a library and runs on: loads LIBRARY. Status 1: the library cannot be loaded. */
#include <dlfcn.h>
#include <heapgate/mark.h>
#include <stdlib.h>

enum { MARKS = 20 };

int main(int argc, char **argv)
{
    if (argc < 2 || !dlopen(argv[1], RTLD_NOW))
        return 1;
    for (int i = 0; i < MARKS; i++) {
        void *volatile block = malloc(40);
        free(block);
        heapgate_mark();
    }
    return 0;
}
