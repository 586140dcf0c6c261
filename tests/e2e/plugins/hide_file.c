/* Preloaded into heapgate: files whose names begin with HIDDEN_FILE are not there, whatever their folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((visibility("default"))) int access(const char *path, int mode)
{
    const char *hidden = getenv("HIDDEN_FILE");
    const char *slash = strrchr(path, '/');
    if (hidden && strncmp(slash ? slash + 1 : path, hidden, strlen(hidden)) == 0) {
        errno = ENOENT;
        return -1;
    }
    return faccessat(AT_FDCWD, path, mode, 0);
}
