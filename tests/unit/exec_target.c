/*
 * Goal: which files are programs that the probe can be preloaded into; the files may hold anything.
 */
#include "exec/target.h"
#include "process/program_file.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A small ELF program: header, one segment, and the path of the dynamic linker. */
typedef struct elf_image {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    char interpreter[64];
} elf_image;

#if defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64, OTHER_MACHINE = EM_X86_64 };
#else
enum { OWN_MACHINE = EM_X86_64, OTHER_MACHINE = EM_AARCH64 };
#endif

static elf_image sound_image(const char *interpreter)
{
    elf_image image = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_DYN,
                   .e_machine = OWN_MACHINE,
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_INTERP,
                    .p_offset = offsetof(elf_image, interpreter),
                    .p_filesz = strlen(interpreter) + 1},
    };
    strcpy(image.interpreter, interpreter);
    return image;
}

static char path[] = HG_BUILD_DIR "/tests/target-XXXXXX";

static void write_file(const void *data, size_t size)
{
    int fd = mkstemp(path);
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(long, write(fd, data, size), (ssize_t)size));
    cr_assert(eq(int, fchmod(fd, 0755), 0));
    close(fd);
}

static void forget_file(void)
{
    unlink(path);
    memcpy(strrchr(path, '-') + 1, "XXXXXX", 6);
}

static hg_program_file read_data(const void *data, size_t size)
{
    hg_program_file file;
    write_file(data, size);
    cr_assert(eq(int, hg_program_file_read(path, &file), 0));
    forget_file();
    return file;
}

static void expect_refusal(const void *data, size_t size, const char *part)
{
    hg_target target;
    char message[8192] = "";
    write_file(data, size);
    bool found = hg_target_find(path, &target, message, sizeof message);
    forget_file();
    cr_assert(not(found), "taken instead of '%s'", part);
    cr_assert(ne(ptr, strstr(message, part), NULL), "%s, without '%s'", message, part);
}

Test(exec_target, a_program_s_dynamic_linker_is_found)
{
    elf_image image = sound_image("/lib64/ld-linux-x86-64.so.2");
    hg_program_file file = read_data(&image, sizeof image);
    cr_assert(eq(int, file.kind, HG_PROGRAM_ELF));
    cr_assert(eq(str, file.interpreter, "/lib64/ld-linux-x86-64.so.2"));
}

Test(exec_target, programs_without_it_or_with_another_are_refused)
{
    elf_image image = sound_image("/lib/ld-musl-x86_64.so.1");
    expect_refusal(&image, sizeof image, "is linked with musl");
    image.segment.p_type = PT_LOAD;
    expect_refusal(&image, sizeof image, "is statically linked");
    image.header.e_phnum = 0;
    expect_refusal(&image, sizeof image, "is statically linked");
    image.header.e_machine = OTHER_MACHINE;
    expect_refusal(&image, sizeof image, "is not an " HG_PROCESSOR " program");
    image.header.e_ident[EI_CLASS] = ELFCLASS32;
    expect_refusal(&image, sizeof image, "is not an " HG_PROCESSOR " program");
}

Test(exec_target, damaged_programs_are_refused_wherever_they_end)
{
    const elf_image sound = sound_image("/lib64/ld-linux-x86-64.so.2");
    const size_t whole = offsetof(elf_image, interpreter) + strlen(sound.interpreter) + 1;
    for (size_t size = SELFMAG; size < whole; size++)
        expect_refusal(&sound, size, size < 20 ? "damaged" : "damaged ELF file");
    elf_image image = sound;
    image.segment.p_filesz = UINT64_MAX;
    expect_refusal(&image, sizeof image, "damaged");
    image.segment.p_filesz = 1;
    expect_refusal(&image, sizeof image, "damaged");
    image.segment.p_filesz = 10; /* its end is no NUL */
    expect_refusal(&image, sizeof image, "damaged");
    image = sound;
    image.segment.p_offset = UINT64_MAX - 8;
    expect_refusal(&image, sizeof image, "damaged");
    image = sound;
    image.header.e_phoff = UINT64_MAX - 100;
    expect_refusal(&image, sizeof image, "damaged");
    image = sound;
    image.header.e_phentsize = 1;
    expect_refusal(&image, sizeof image, "damaged");
    image = sound;
    image.segment.p_type = PT_LOAD;
    image.header.e_phnum = UINT16_MAX; /* more than there are */
    expect_refusal(&image, sizeof image, "damaged");
}

Test(exec_target, what_is_no_program_is_refused)
{
    expect_refusal("", 0, "neither an ELF program nor a script");
    expect_refusal("#!", 2, "neither an ELF program nor a script");
    expect_refusal("#!  \n", 5, "neither an ELF program nor a script");
    expect_refusal("echo hello\n", 11, "neither an ELF program nor a script");
    expect_refusal("\0\0\0\0", 4, "neither an ELF program nor a script");
    expect_refusal("#!/usr/bin/env\n", 15, "names no interpreter");
    expect_refusal("#!/usr/bin/env -S A=1\n", 22, "names no interpreter");
    char endless[4096];
    memset(endless, 'x', sizeof endless);
    memcpy(endless, "#!/", 3);
    expect_refusal(endless, sizeof endless, "cannot be executed");
}

Test(exec_target, a_script_leads_to_its_interpreter_and_env_to_the_program_it_finds)
{
    static const struct {
        const char *line, *program;
    } scripts[] = {{"#!/bin/sh\n", "/bin/sh"},
                   {"#! \t/bin/sh -e -u\nexit\n", "/bin/sh"},
                   {"#!/usr/bin/env sh\n", "/bin/sh"},
                   {"#!/usr/bin/env -S A=1 sh -e\n", "/bin/sh"}};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        hg_target target;
        char message[8192] = "";
        char *program = realpath(scripts[i].program, NULL);
        write_file(scripts[i].line, strlen(scripts[i].line));
        cr_assert(hg_target_find(path, &target, message, sizeof message), "%s%s", scripts[i].line, message);
        cr_assert(eq(str, target.path, path));
        cr_assert(eq(str, target.program, program));
        forget_file();
        free(program);
    }
}

Test(exec_target, a_command_without_a_slash_is_looked_up_in_path)
{
    hg_target target;
    char message[8192] = "";
    setenv("PATH", "/nonexistent:/usr/bin:/bin", 1);
    cr_assert(hg_target_find("env", &target, message, sizeof message), "%s", message);
    cr_assert(eq(str, target.path, "/usr/bin/env"));
    setenv("PATH", "", 1);
    cr_assert(not(hg_target_find("env", &target, message, sizeof message)));
    char endless[2 * PATH_MAX];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    cr_assert(not(hg_target_find(endless, &target, message, sizeof message)));
    cr_assert(ne(ptr, strstr(message, "too long"), NULL));
}
