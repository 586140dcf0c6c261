#include "probe/modules.h"

#include "probe/locks.h"
#include "probe/python.h"
#include "record/assert.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

static void copy_build_id(hg_record_module *module, const char *note, size_t size)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) header;
        memcpy(&header, note, sizeof header);
        size_t name = (header.n_namesz + 3u) & ~3u;
        size_t descriptor = (header.n_descsz + 3u) & ~3u;
        if (name > size - sizeof header || descriptor > size - sizeof header - name)
            return;
        const char *body = note + sizeof header;
        if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 && memcmp(body, "GNU", 4) == 0 &&
            header.n_descsz <= HG_BUILD_ID) {
            memcpy(module->build_id, body + name, header.n_descsz);
            module->build_id_size = header.n_descsz;
            return;
        }
        note = body + name + descriptor;
        size -= sizeof header + name + descriptor;
    }
}

/* The build ID from the loaded image: the file may be gone or replaced by the time somebody asks. */
static void find_build_id(hg_record_module *module)
{
    const char *image = (const char *)module->begin;
    ElfW(Ehdr) header;
    memcpy(&header, image, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr)))
        return;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        memcpy(&segment, image + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_NOTE)
            copy_build_id(module, (const char *)(module->base + segment.p_vaddr), segment.p_memsz);
    }
}

/* Whether the module that begins there has so many bytes of code before the address; they can be read. */
static bool has_code_before(const char *image, uintptr_t base, uintptr_t address, size_t bytes)
{
    ElfW(Ehdr) header;
    memcpy(&header, image, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr)))
        return false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        memcpy(&segment, image + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_LOAD && (segment.p_flags & (PF_X | PF_R)) == (PF_X | PF_R) &&
            address >= base + segment.p_vaddr + bytes && address < base + segment.p_vaddr + segment.p_filesz)
            return true;
    }
    return false;
}

#if defined(__x86_64__)
enum { LONGEST_CALL = 7 };

/* Intel SDM, volume 2, CALL: e8 with four bytes, or ff /2 with up to five more than two. */
static bool is_call_before(const unsigned char *code)
{
    enum { NEAR = 0xe8, INDIRECT = 0xff, OPERATION = 070, CALLS = 020 };
    bool found = code[-5] == NEAR;
    for (int length = 2; length <= LONGEST_CALL; length++)
        found |= length != 5 && code[-length] == INDIRECT && (code[1 - length] & OPERATION) == CALLS;
    return found;
}
#else
enum { LONGEST_CALL = 4 };

/* Arm ARM, C6.2: BL, and BLR with or without authentication. */
static bool is_call_before(const unsigned char *code)
{
    uint32_t instruction;
    memcpy(&instruction, code - sizeof instruction, sizeof instruction);
    return instruction >> 26 == 0x25 || (instruction & 0xfefff000) == 0xd63f0000;
}
#endif

bool hg_modules_follows_call(uintptr_t address)
{
    struct dl_find_object object;
    const unsigned char *code = (const unsigned char *)address; /* NOLINT(performance-no-int-to-ptr) */
    if (_dl_find_object((void *)address, &object) != 0 ||
        !has_code_before(object.dlfo_map_start, object.dlfo_link_map->l_addr, address, LONGEST_CALL))
        return false;
    return is_call_before(code);
}

static void copy_path(hg_record_module *module, const char *name)
{
    if (name[0] != '\0') {
        strncpy(module->path, name, sizeof module->path - 1);
        return;
    }
    /* The main program has no name in the link map. */
    ssize_t length = readlink("/proc/self/exe", module->path, sizeof module->path - 1);
    if (length < 0)
        module->path[0] = '\0';
}

static bool is_at(const hg_record_module *module, const struct dl_find_object *object)
{
    const char *name = object->dlfo_link_map->l_name;
    return module->begin == (uintptr_t)object->dlfo_map_start &&
           module->end == (uintptr_t)object->dlfo_map_end &&
           (name[0] == '\0' || strncmp(module->path, name, sizeof module->path - 1) == 0);
}

/* Loaded again, elsewhere or from a copy of its file: a program that reloads has few modules all the same. */
static bool is_again(const hg_record_module *module, const hg_record_module *other)
{
    return module->end - module->begin == other->end - other->begin &&
           module->build_id_size == other->build_id_size &&
           memcmp(module->build_id, other->build_id, sizeof module->build_id) == 0 &&
           (module->build_id_size > 0 || strcmp(module->path, other->path) == 0);
}

static void describe(const struct dl_find_object *object, hg_record_module *ret_module)
{
    *ret_module = (hg_record_module){.base = object->dlfo_link_map->l_addr,
                                     .begin = (uintptr_t)object->dlfo_map_start,
                                     .end = (uintptr_t)object->dlfo_map_end};
    copy_path(ret_module, object->dlfo_link_map->l_name);
    find_build_id(ret_module);
}

bool hg_modules_describe(uintptr_t address, hg_record_module *ret_module)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)address, &object) != 0)
        return false;
    describe(&object, ret_module);
    return true;
}

hg_record_frame hg_modules_pack(const hg_record *record, uintptr_t address)
{
    static hg_record_module module;
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_CONTEXTS));
    struct dl_find_object object;
    if (_dl_find_object((void *)address, &object) != 0)
        return hg_record_pack(0, address);
    uint32_t count = atomic_load_explicit(&record->header->modules, memory_order_relaxed);
    uintptr_t base = object.dlfo_link_map->l_addr;
    for (uint32_t i = 1; i < count; i++)
        if (is_at(&record->modules[i], &object))
            return hg_record_pack(i, address - base);
    describe(&object, &module);
    for (uint32_t i = 1; i < count; i++)
        if (is_again(&record->modules[i], &module)) {
            hg_python_look(object.dlfo_link_map, i);
            return hg_record_pack(i, address - base);
        }
    if (count == HG_MAX_MODULES)
        return hg_record_pack(0, address);
    record->modules[count] = module;
    hg_python_look(object.dlfo_link_map, count);
    atomic_store_explicit(&record->header->modules, count + 1, memory_order_release);
    return hg_record_pack(count, address - base);
}

/* Nobody who holds the lock of contexts waits for the dynamic linker's. */
static int enter_loaded(struct dl_phdr_info *object, size_t size, void *record)
{
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        hg_lock_take(HG_LOCK_CONTEXTS);
        hg_modules_pack(record, object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
        hg_lock_give_back(HG_LOCK_CONTEXTS);
        break;
    }
    return 0;
}

void hg_modules_enter_all(hg_record *record)
{
    dl_iterate_phdr(enter_loaded, record);
}
