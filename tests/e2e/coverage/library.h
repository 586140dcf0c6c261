#include <dirent.h>
#include <stdio.h>

void *library_make(void);
void *library_make_other(void);
void library_use(void);
FILE *library_open(const char *path);
FILE *library_open_other(const char *path);
FILE *library_open_by(FILE *(*opener)(const char *, const char *), const char *path);
DIR *library_list(const char *path);
