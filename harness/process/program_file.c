#include "process/program_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_at(int fd, void *target, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, target, size, (off_t)offset) == (ssize_t)size;
}

static hg_program_kind read_interpreter(int fd, const Elf64_Phdr *segment, char *ret_interpreter)
{
    size_t size = segment->p_filesz;
    if (size < 2 || size > PATH_MAX || !read_at(fd, ret_interpreter, size, segment->p_offset) ||
        strnlen(ret_interpreter, size) != size - 1) {
        ret_interpreter[0] = '\0';
        return HG_PROGRAM_BROKEN;
    }
    return HG_PROGRAM_ELF;
}

#if defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#else
enum { OWN_MACHINE = EM_X86_64 };
#endif

/* What is mapped of a file that is cut short lies behind its end: touching it is a crash. */
static bool is_cut(int fd, const Elf64_Phdr *segment)
{
    struct stat found;
    uint64_t size = fstat(fd, &found) == 0 ? (uint64_t)found.st_size : 0;
    return segment->p_type == PT_LOAD &&
           (segment->p_offset > size || segment->p_filesz > size - segment->p_offset);
}

static hg_program_kind read_elf(int fd, char *ret_interpreter)
{
    hg_program_kind kind = HG_PROGRAM_ELF;
    Elf64_Ehdr header;
    /* The machine stands at the same place in files of either size. */
    if (!read_at(fd, &header, offsetof(Elf64_Ehdr, e_version), 0))
        return HG_PROGRAM_BROKEN;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != OWN_MACHINE)
        return HG_PROGRAM_FOREIGN;
    if (header.e_type == ET_REL)
        return HG_PROGRAM_OTHER;
    if (!read_at(fd, &header, sizeof header, 0) || (header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
        header.e_phentsize != sizeof(Elf64_Phdr))
        return HG_PROGRAM_BROKEN;
    for (unsigned i = 0; i < header.e_phnum && kind == HG_PROGRAM_ELF; i++) {
        Elf64_Phdr segment;
        if (header.e_phoff > INT64_MAX / 2 ||
            !read_at(fd, &segment, sizeof segment, header.e_phoff + i * sizeof segment) ||
            is_cut(fd, &segment))
            return HG_PROGRAM_BROKEN;
        if (segment.p_type == PT_INTERP)
            kind = read_interpreter(fd, &segment, ret_interpreter);
    }
    return kind;
}

static bool has_word(const char *words, size_t size, const char *wanted)
{
    size_t length = strlen(wanted) + 1;
    for (size_t at = 0; at + length <= size; at += strnlen(words + at, size - at) + 1)
        if (memcmp(words + at, wanted, length) == 0)
            return true;
    return false;
}

/* Whether a table of names has one of the words, of which the last is NULL. */
static bool table_names(int fd, const Elf64_Shdr *table, const char *const *words)
{
    enum { MOST_BYTES = 64 << 20 };
    char *names = table->sh_size <= MOST_BYTES ? malloc(table->sh_size) : NULL;
    bool found = false;
    if (names && read_at(fd, names, table->sh_size, table->sh_offset))
        for (; !found && *words; words++)
            found = has_word(names, table->sh_size, *words);
    free(names);
    return found;
}

/* By the names that the dynamic linker knows. A file that cannot be read so far has none. */
static bool names_any(int fd, const char *const *words)
{
    Elf64_Ehdr header;
    if (!read_at(fd, &header, sizeof header, 0) || header.e_shentsize != sizeof(Elf64_Shdr) ||
        header.e_shoff > INT64_MAX / 2)
        return false;
    for (unsigned i = 0; i < header.e_shnum; i++) {
        Elf64_Shdr section;
        if (!read_at(fd, &section, sizeof section, header.e_shoff + i * sizeof section))
            return false;
        if (section.sh_type == SHT_STRTAB && section.sh_flags & SHF_ALLOC && table_names(fd, &section, words))
            return true;
    }
    return false;
}

/*
 * Whether it has a function of a sanitizer's that brings its own allocator: the one that starts it, or where
 * it is linked in statically, the hook that it would call.
 */
static bool is_sanitized(int fd)
{
    static const char *const known[] = {"__asan_init", "__hwasan_init", "__lsan_init",
                                        "__msan_init", "__tsan_init",   "__sanitizer_malloc_hook",
                                        NULL};
    return names_any(fd, known);
}

bool hg_program_file_needs(const char *path, const char *library)
{
    const char *const names[] = {library, NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool found = fd >= 0 && names_any(fd, names);
    if (fd >= 0)
        close(fd);
    return found;
}

/* "#! INTERPRETER ARGUMENTS"; the rest of the line is one argument. */
static hg_program_kind read_script(char *line, hg_program_file *file)
{
    line[strcspn(line, "\n")] = '\0';
    char *interpreter = line + 2 + strspn(line + 2, " \t");
    size_t length = strcspn(interpreter, " \t");
    snprintf(file->interpreter, sizeof file->interpreter, "%.*s", (int)length, interpreter);
    const char *arguments = interpreter + length + strspn(interpreter + length, " \t");
    snprintf(file->arguments, sizeof file->arguments, "%s", arguments);
    return length ? HG_PROGRAM_SCRIPT : HG_PROGRAM_OTHER;
}

int hg_program_file_read(const char *path, hg_program_file *ret_file)
{
    char begin[HG_PROGRAM_LINE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t length = pread(fd, begin, sizeof begin - 1, 0);
    if (length < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    begin[length] = '\0';
    *ret_file = (hg_program_file){.kind = HG_PROGRAM_OTHER};
    if (length >= SELFMAG && memcmp(begin, ELFMAG, SELFMAG) == 0) {
        ret_file->kind = read_elf(fd, ret_file->interpreter);
        ret_file->sanitized = ret_file->kind == HG_PROGRAM_ELF && is_sanitized(fd);
    } else if (length > 2 && begin[0] == '#' && begin[1] == '!') {
        ret_file->kind = read_script(begin, ret_file);
    }
    close(fd);
    return 0;
}
