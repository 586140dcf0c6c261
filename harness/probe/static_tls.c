#include "probe/static_tls.h"

#include <stddef.h>

#if defined(__aarch64__)

/* The tables of relocations, in which the descriptors are, and what these need. */
typedef struct relocation_tables {
    const ElfW(Rela) * table[2];
    uintptr_t bytes[2];
    const ElfW(Sym) * symbols;
} relocation_tables;

/* The dynamic linker has made addresses of most of these places, but not in the kernel's module. */
static const void *in(const struct dl_phdr_info *object, uintptr_t place)
{
    return (const void *)(place < object->dlpi_addr ? object->dlpi_addr + place : place);
}

static relocation_tables tables_of(const struct dl_phdr_info *object)
{
    relocation_tables found = {0};
    const ElfW(Dyn) *entry = NULL;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    for (; entry && entry->d_tag != DT_NULL; entry++)
        switch (entry->d_tag) {
        case DT_RELA:
            found.table[0] = in(object, entry->d_un.d_ptr);
            break;
        case DT_RELASZ:
            found.bytes[0] = entry->d_un.d_val;
            break;
        case DT_JMPREL:
            found.table[1] = in(object, entry->d_un.d_ptr);
            break;
        case DT_PLTRELSZ:
            found.bytes[1] = entry->d_un.d_val;
            break;
        case DT_SYMTAB:
            found.symbols = in(object, entry->d_un.d_ptr);
            break;
        default:
            break;
        }
    return found;
}

/* A descriptor of a block elsewhere has an address in place of a distance. */
static uintptr_t distance_by(const struct dl_phdr_info *object, const ElfW(Rela) * by,
                             const ElfW(Sym) * symbol)
{
    enum { MOST_BYTES = 1 << 20 };
    const uintptr_t *descriptor = (const uintptr_t *)(object->dlpi_addr + by->r_offset);
    uintptr_t distance = descriptor[1] - (uintptr_t)by->r_addend - (symbol ? symbol->st_value : 0);
    return distance < MOST_BYTES ? distance : 0;
}

uintptr_t hg_static_tls_distance(const struct dl_phdr_info *object)
{
    relocation_tables in_use = tables_of(object);
    for (int i = 0; i < 2; i++)
        for (uintptr_t k = 0; in_use.table[i] && k < in_use.bytes[i] / sizeof(ElfW(Rela)); k++) {
            const ElfW(Rela) *by = &in_use.table[i][k];
            uintptr_t number = ELF64_R_SYM(by->r_info);
            const ElfW(Sym) *symbol = number ? &in_use.symbols[number] : NULL;
            if (ELF64_R_TYPE(by->r_info) == R_AARCH64_TLSDESC && (!symbol || symbol->st_shndx != SHN_UNDEF))
                return distance_by(object, by, symbol);
        }
    return 0;
}

#else

uintptr_t hg_static_tls_distance(const struct dl_phdr_info *object)
{
    (void)object;
    return 0;
}

#endif
