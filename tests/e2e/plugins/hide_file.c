/* Preloaded into heapgate: the file named in HIDDEN_FILE is not there, whatever its folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((visibility("default"))) int access(const char *path, int mode)
{
    const char *hidden = getenv("HIDDEN_FILE");
    const char *slash = strrchr(path, '/');
    if (hidden && strcmp(slash ? slash + 1 : path, hidden) == 0) {
        errno = ENOENT;
        return -1;
    }
    return faccessat(AT_FDCWD, path, mode, 0);
}
