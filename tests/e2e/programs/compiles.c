/*
 * A program that compiles code while it runs, which calls back: compiles KIND [direct].
 *
 * pointers  the code keeps frame pointers
 * astray    the code uses the frame pointer register for a word that leads into the stack, but nowhere
 * random    the code uses that register for a word of its own
 * nameless  the code keeps frame pointers, and has no names
 * dump      the code keeps frame pointers, and its names are in a jitdump instead, /tmp/jit-PID.dump
 *
 * There are two functions of the same code, "leaks" and "serves"; both are called alike, and one leaks. Their
 * names are in /tmp/perf-PID.map, as V8 writes them. With "direct", the first one calls malloc itself.
 */
#define _GNU_SOURCE
#include <heapgate/mark.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 64, FUNCTIONS = 2, STEPS = 600, STEPS_A_ROUND = 20 };

typedef void compiled(void (*callee)(int), int argument);
static char map_path[64];
static void *volatile kept;

static void keep_or_free(int keep)
{
    kept = malloc(100);
    if (!keep)
        free(kept);
}

/* push rbp; BODY; mov rax, rdi; mov edi, esi; call rax; pop rbp; ret */
static size_t write_code(unsigned char *code, const char *kind)
{
    static const unsigned char keeps[] = {0x48, 0x89, 0xe5};           /* mov rbp, rsp */
    static const unsigned char leads[] = {0x48, 0x8d, 0x6c, 0x24, 40}; /* lea rbp, [rsp + 40] */
    static const unsigned char random[] = {0x48, 0xc7, 0xc5, 0x11,
                                           0x22, 0x33, 0x44}; /* mov rbp, 0x44332211 */
    static const unsigned char calls[] = {0x48, 0x89, 0xf8, 0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};
    size_t size = 0;
    code[size++] = 0x55;
    if (strcmp(kind, "astray") == 0) {
        memcpy(code + size, leads, sizeof leads);
        size += sizeof leads;
    } else if (strcmp(kind, "random") == 0) {
        memcpy(code + size, random, sizeof random);
        size += sizeof random;
    } else {
        memcpy(code + size, keeps, sizeof keeps);
        size += sizeof keeps;
    }
    memcpy(code + size, calls, sizeof calls);
    return size + sizeof calls;
}

static void remove_map(void)
{
    unlink(map_path);
}

static int write_map(const unsigned char *code)
{
    snprintf(map_path, sizeof map_path, "/tmp/perf-%d.map", (int)getpid());
    FILE *map = fopen(map_path, "w");
    if (!map)
        return 1;
    atexit(remove_map);
    fprintf(map, "nothing of a line\n%lx 40 JS:~was here before /nowhere.js:1:1\n",
            (unsigned long)(uintptr_t)code);
    fprintf(map, "%lx 40 JS:*leaks /app/server.js:12:7\n", (unsigned long)(uintptr_t)code);
    fprintf(map, "%lx 40 JS:*serves /app/server.js:30:1\n", (unsigned long)(uintptr_t)(code + ROOM));
    return fclose(map);
}

static void put_code(FILE *dump, const unsigned char *code, const char *name)
{
    const uint64_t begin = (uint64_t)(uintptr_t)code;
    const uint32_t head[] = {0, (uint32_t)(56 + strlen(name) + 1 + ROOM), 0, 0, 0, 0};
    const uint64_t body[] = {begin, begin, ROOM, 0};
    fwrite(head, sizeof head, 1, dump);
    fwrite(body, sizeof body, 1, dump);
    fwrite(name, strlen(name) + 1, 1, dump);
    fwrite(code, ROOM, 1, dump);
}

/* Who records the program with perf learns of the file because it is mapped as code. */
static int write_dump(const unsigned char *code)
{
    const uint32_t header[10] = {0x4a695444, 1, sizeof header};
    snprintf(map_path, sizeof map_path, "/tmp/jit-%d.dump", (int)getpid());
    FILE *dump = fopen(map_path, "w+");
    if (!dump)
        return 1;
    atexit(remove_map);
    fwrite(header, sizeof header, 1, dump);
    put_code(dump, code, "JS:*leaks /app/server.js:12:7");
    put_code(dump, code + ROOM, "JS:*serves /app/server.js:30:1");
    void *page = mmap(NULL, sizeof header, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(dump), 0);
    return fclose(dump) != 0 || page == MAP_FAILED;
}

static void (*const volatile direct_callee)(int) = (void (*)(int))(void (*)(void))malloc;

static __attribute__((noinline)) int run(const unsigned char *code, int direct)
{
    compiled *functions[FUNCTIONS];
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const unsigned char *begin = code + i * ROOM;
        memcpy(&functions[i], &begin, sizeof begin);
    }
    for (int i = 0; i < STEPS; i++) {
        functions[0](direct ? direct_callee : keep_or_free, direct ? 100 : 1);
        functions[1](keep_or_free, 0);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        if (i % STEPS_A_ROUND == 0)
            heapgate_mark();
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    unsigned char *code =
        mmap(NULL, FUNCTIONS * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < FUNCTIONS; i++)
        write_code(code + i * ROOM, kind);
    if (mprotect(code, FUNCTIONS * ROOM, PROT_READ | PROT_EXEC) != 0)
        return 1;
    int failed = strcmp(kind, "nameless") == 0 ? 0
                 : strcmp(kind, "dump") == 0   ? write_dump(code)
                                               : write_map(code);
    return failed || run(code, argc > 2);
}
