#include "coverage/module_code.h"

#include "coverage/allocating.h"
#include "symbols/growing.h"
#include "symbols/module_file.h"
#include "symbols/symbol_table.h"
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_BYTES = 5, CALL_BY_SLOT_BYTES = 6, MOST_SECTIONS = 64 };

/* A place in the global offset table; or where a function of the module begins, one for each name. */
typedef struct code_slot {
    uint64_t at;
    const char *symbol;
} code_slot;

struct hg_module_code {
    Dwfl *dwfl;
    Dwfl_Module *module;
    GElf_Addr bias;
    Elf *elf;
    hg_symbol_table symbols;
    hg_code_section sections[MOST_SECTIONS], linkage[MOST_SECTIONS]; /* linkage: tables of jumps */
    size_t section_count, linkage_count;
    hg_code_function *functions; /* by begin */
    size_t function_count, function_room;
    code_slot *slots; /* by place */
    size_t slot_count, slot_room;
    code_slot *names; /* by name */
    size_t name_count, name_room;
};

static int32_t displacement_at(const uint8_t *bytes)
{
    int32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static const hg_code_section *section_at(const hg_code_section *sections, size_t count, uint64_t offset)
{
    for (size_t i = 0; i < count; i++)
        if (offset >= sections[i].begin && offset - sections[i].begin < sections[i].size)
            return &sections[i];
    return NULL;
}

static void read_sections(hg_module_code *code)
{
    size_t names;
    if (elf_getshdrstrndx(code->elf, &names) != 0)
        return;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(code->elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS ||
            (header.sh_flags & SHF_EXECINSTR) == 0)
            continue;
        const char *name = elf_strptr(code->elf, names, header.sh_name);
        const Elf_Data *data = elf_rawdata(section, NULL);
        bool is_linkage = name && strncmp(name, ".plt", 4) == 0;
        size_t *count = is_linkage ? &code->linkage_count : &code->section_count;
        if (data && data->d_buf && data->d_size > 0 && *count < MOST_SECTIONS)
            (is_linkage ? code->linkage : code->sections)[(*count)++] =
                (hg_code_section){.begin = header.sh_addr, .bytes = data->d_buf, .size = data->d_size};
    }
}

static bool add_slot(code_slot **slots, size_t *count, size_t *room, code_slot slot)
{
    code_slot *larger = hg_growing_room(*slots, *count, room, sizeof *larger);
    if (!larger)
        return false;
    *slots = larger;
    larger[(*count)++] = slot;
    return true;
}

/* Of a function of the module: copies of the C++ library's templates pass on what they get. */
static const char *allocates_itself(const char *name)
{
    bool of_template = strncmp(name, "_Z", 2) == 0 && strncmp(name, "_Zn", 3) != 0;
    return of_template ? NULL : hg_allocating_name(name);
}

static bool add_function(hg_module_code *code, uint64_t begin, const char *name)
{
    if (!section_at(code->sections, code->section_count, begin))
        return true;
    if (name[0] && !add_slot(&code->names, &code->name_count, &code->name_room, (code_slot){begin, name}))
        return false;
    hg_code_function *larger =
        hg_growing_room(code->functions, code->function_count, &code->function_room, sizeof *larger);
    if (!larger)
        return false;
    code->functions = larger;
    code->functions[code->function_count++] =
        (hg_code_function){.begin = begin, .name = name, .allocates = allocates_itself(name)};
    return true;
}

/* The table of .eh_frame_hdr, in the one encoding that linkers write: pairs of 32 bits, from its own
 * place. */
static bool add_unwound(hg_module_code *code, const GElf_Shdr *header, const Elf_Data *data)
{
    static const uint8_t encoding[] = {1, 0x1b, 0x03, 0x3b};
    enum { HEAD = 12, PAIR = 8 };
    const uint8_t *bytes = data->d_buf;
    if (data->d_size < HEAD || memcmp(bytes, encoding, sizeof encoding) != 0)
        return true;
    uint32_t count = (uint32_t)displacement_at(bytes + 8);
    bool done = true;
    for (uint32_t i = 0; i < count && (i + 1) * (uint64_t)PAIR <= data->d_size - HEAD && done; i++)
        done = add_function(
            code, header->sh_addr + (uint64_t)(int64_t)displacement_at(bytes + HEAD + i * (size_t)PAIR), "");
    return done;
}

/* Named ones first. */
static int compare_functions(const void *left, const void *right)
{
    const hg_code_function *a = left;
    const hg_code_function *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->name[0] == '\0') - (b->name[0] == '\0');
}

/* Makes one of those that begin together, and ends each where the next one begins. */
static void arrange_functions(hg_module_code *code)
{
    size_t kept = 0;
    if (code->function_count > 0)
        qsort(code->functions, code->function_count, sizeof *code->functions, compare_functions);
    for (size_t i = 0; i < code->function_count; i++) {
        hg_code_function *last = kept > 0 ? &code->functions[kept - 1] : NULL;
        if (!last || last->begin != code->functions[i].begin)
            code->functions[kept++] = code->functions[i];
        else if (!last->allocates)
            last->allocates = code->functions[i].allocates;
    }
    code->function_count = kept;
    for (size_t i = 0; i < kept; i++) {
        const hg_code_section *section =
            section_at(code->sections, code->section_count, code->functions[i].begin);
        uint64_t end = section->begin + section->size;
        bool is_last = i + 1 == kept || code->functions[i + 1].begin > end;
        code->functions[i].end = is_last ? end : code->functions[i + 1].begin;
    }
}

static bool read_functions(hg_module_code *code)
{
    if (!hg_symbol_table_read(code->module, &code->symbols))
        return false;
    for (size_t i = 0; i < code->symbols.count; i++)
        if (!add_function(code, code->symbols.sorted[i].begin - code->bias, code->symbols.sorted[i].name))
            return false;
    size_t names;
    if (elf_getshdrstrndx(code->elf, &names) != 0)
        return true;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(code->elf, section));) {
        GElf_Shdr header;
        const char *name =
            gelf_getshdr(section, &header) ? elf_strptr(code->elf, names, header.sh_name) : NULL;
        const Elf_Data *data = name && strcmp(name, ".eh_frame_hdr") == 0 ? elf_rawdata(section, NULL) : NULL;
        if (data && data->d_buf && !add_unwound(code, &header, data))
            return false;
    }
    arrange_functions(code);
    return true;
}

/* The function that begins there; NULL: none. */
static hg_code_function *beginning_at(hg_module_code *code, uint64_t offset)
{
    size_t function = hg_module_code_function_at(code, offset);
    return function != SIZE_MAX && code->functions[function].begin == offset ? &code->functions[function]
                                                                             : NULL;
}

static void note_exported(hg_module_code *code, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;
    for (int i = 0; data && header->sh_entsize > 0 && i < INT32_MAX && gelf_getsym(data, i, &symbol); i++)
        if (symbol.st_shndx != SHN_UNDEF && beginning_at(code, symbol.st_value))
            beginning_at(code, symbol.st_value)->exported = true;
}

static bool add_slots(hg_module_code *code, Elf_Scn *section, const GElf_Shdr *header)
{
    GElf_Shdr table;
    Elf_Scn *symbols = elf_getscn(code->elf, header->sh_link);
    Elf_Data *relocations = elf_getdata(section, NULL);
    Elf_Data *data = symbols && gelf_getshdr(symbols, &table) ? elf_getdata(symbols, NULL) : NULL;
    if (!relocations || !data || table.sh_type != SHT_DYNSYM || header->sh_entsize == 0)
        return true;
    size_t count = relocations->d_size / header->sh_entsize;
    for (size_t i = 0; i < count && i < INT32_MAX; i++) {
        GElf_Rela entry;
        GElf_Sym symbol;
        if (!gelf_getrela(relocations, (int)i, &entry))
            continue;
        uint64_t type = GELF_R_TYPE(entry.r_info);
        if (type == R_X86_64_RELATIVE && beginning_at(code, (uint64_t)entry.r_addend))
            beginning_at(code, (uint64_t)entry.r_addend)->taken = true;
        /* A pointer of the module's data that begins as the address of a function counts, too. */
        bool is_pointer = type == R_X86_64_64 && entry.r_addend == 0;
        if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && !is_pointer) ||
            !gelf_getsym(data, (int)GELF_R_SYM(entry.r_info), &symbol))
            continue;
        const char *name = elf_strptr(code->elf, table.sh_link, symbol.st_name);
        if (name && name[0] &&
            !add_slot(&code->slots, &code->slot_count, &code->slot_room, (code_slot){entry.r_offset, name}))
            return false;
    }
    return true;
}

static int compare_slots(const void *left, const void *right)
{
    const code_slot *a = left;
    const code_slot *b = right;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const code_slot *)left)->symbol, ((const code_slot *)right)->symbol);
}

static bool read_slots(hg_module_code *code)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(code->elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        if (header.sh_type == SHT_DYNSYM)
            note_exported(code, section, &header);
        if (header.sh_type == SHT_RELA && !add_slots(code, section, &header))
            return false;
    }
    if (code->slot_count > 0)
        qsort(code->slots, code->slot_count, sizeof *code->slots, compare_slots);
    if (code->name_count > 0)
        qsort(code->names, code->name_count, sizeof *code->names, compare_names);
    return true;
}

static const char *open_file(hg_module_code *code, const hg_module_id *id)
{
    GElf_Ehdr header;
    char below[PATH_MAX];
    const char *path = hg_module_file_find(id, below);
    if (hg_module_file_is_special(path))
        return "is no file";
    code->dwfl = dwfl_begin(&hg_module_file_callbacks);
    if (!code->dwfl)
        return "memory ran out";
    dwfl_report_begin_add(code->dwfl);
    code->module = dwfl_report_elf(code->dwfl, path, path, -1, 0x10000, false);
    dwfl_report_end(code->dwfl, NULL, NULL);
    code->elf = code->module ? dwfl_module_getelf(code->module, &code->bias) : NULL;
    if (!code->elf || !gelf_getehdr(code->elf, &header))
        return "cannot be read";
    if (!hg_module_file_is_build(code->module, id))
        return "is not the build that ran";
    return header.e_machine == EM_X86_64 ? NULL : "has no x86-64 code";
}

hg_module_code *hg_module_code_read(const hg_module_id *id, const char **ret_why)
{
    hg_module_code *code = calloc(1, sizeof *code);
    const char *why = code ? open_file(code, id) : "memory ran out";
    if (!why) {
        read_sections(code);
        if (code->section_count == 0)
            why = "has no section headers";
        else if (!read_functions(code) || !read_slots(code))
            why = "memory ran out";
    }
    if (!why)
        return code;
    hg_module_code_free(code);
    *ret_why = why;
    return NULL;
}

void hg_module_code_free(hg_module_code *code)
{
    if (!code)
        return;
    hg_symbol_table_clear(&code->symbols);
    free(code->functions);
    free(code->slots);
    free(code->names);
    if (code->dwfl)
        dwfl_end(code->dwfl);
    free(code);
}

const hg_code_function *hg_module_code_functions(const hg_module_code *code, size_t *ret_count)
{
    *ret_count = code->function_count;
    return code->functions;
}

const hg_code_section *hg_module_code_sections(const hg_module_code *code, size_t *ret_count)
{
    *ret_count = code->section_count;
    return code->sections;
}

size_t hg_module_code_function_at(const hg_module_code *code, uint64_t offset)
{
    size_t low = 0;
    size_t high = code->function_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code->functions[middle].begin <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && offset < code->functions[low - 1].end ? low - 1 : SIZE_MAX;
}

const uint8_t *hg_module_code_bytes(const hg_module_code *code, uint64_t offset, size_t *ret_size)
{
    const hg_code_section *section = section_at(code->sections, code->section_count, offset);
    if (!section)
        return NULL;
    *ret_size = section->size - (offset - section->begin);
    return section->bytes + (offset - section->begin);
}

static const char *slot_at(const hg_module_code *code, uint64_t offset)
{
    const code_slot key = {.at = offset};
    const code_slot *found = code->slot_count > 0 ? bsearch(&key, code->slots, code->slot_count,
                                                            sizeof *code->slots, compare_slots)
                                                  : NULL;
    return found ? found->symbol : NULL;
}

/* An entry of the linkage table is a jump by a slot; endbr64 and bnd may stand before it. */
static const char *linked_at(const hg_module_code *code, uint64_t offset)
{
    static const uint8_t landing[] = {0xf3, 0x0f, 0x1e, 0xfa};
    const hg_code_section *section = section_at(code->linkage, code->linkage_count, offset);
    if (!section)
        return NULL;
    size_t at = offset - section->begin;
    if (section->size - at > sizeof landing && memcmp(section->bytes + at, landing, sizeof landing) == 0)
        at += sizeof landing;
    if (section->bytes[at] == 0xf2)
        at++;
    if (section->size - at < CALL_BY_SLOT_BYTES || section->bytes[at] != 0xff ||
        section->bytes[at + 1] != 0x25)
        return NULL;
    uint64_t next = section->begin + at + CALL_BY_SLOT_BYTES;
    return slot_at(code, next + (uint64_t)(int64_t)displacement_at(section->bytes + at + 2));
}

size_t hg_module_code_function_named(const hg_module_code *code, const char *symbol)
{
    const code_slot key = {.symbol = symbol};
    const code_slot *found = code->name_count > 0 ? bsearch(&key, code->names, code->name_count,
                                                            sizeof *code->names, compare_names)
                                                  : NULL;
    return found ? hg_module_code_function_at(code, found->at) : SIZE_MAX;
}

/* A module may call functions of its own by its linkage table. */
static hg_code_callee by_slot(const hg_module_code *code, const char *symbol)
{
    size_t own = symbol ? hg_module_code_function_named(code, symbol) : SIZE_MAX;
    return (hg_code_callee){.import = own == SIZE_MAX ? symbol : NULL, .function = own};
}

hg_code_callee hg_module_code_callee_by_slot(const hg_module_code *code, uint64_t offset)
{
    return by_slot(code, slot_at(code, offset));
}

hg_code_callee hg_module_code_callee(const hg_module_code *code, uint64_t offset)
{
    const char *linked = linked_at(code, offset);
    size_t function = linked ? SIZE_MAX : hg_module_code_function_at(code, offset);
    if (function == SIZE_MAX || code->functions[function].begin != offset)
        return by_slot(code, linked);
    return (hg_code_callee){.function = function};
}

bool hg_module_code_called(const hg_module_code *code, uint64_t return_offset, hg_code_callee *ret_callee)
{
    const hg_code_section *section = section_at(code->sections, code->section_count, return_offset - 1);
    size_t before = section ? return_offset - section->begin : 0;
    const uint8_t *end = section ? section->bytes + before : NULL;
    if (before >= CALL_BYTES && end[-CALL_BYTES] == 0xe8)
        *ret_callee =
            hg_module_code_callee(code, return_offset + (uint64_t)(int64_t)displacement_at(end - 4));
    else if (before >= CALL_BY_SLOT_BYTES && end[-6] == 0xff && end[-5] == 0x15)
        *ret_callee =
            hg_module_code_callee_by_slot(code, return_offset + (uint64_t)(int64_t)displacement_at(end - 4));
    else
        return false;
    return ret_callee->import || ret_callee->function != SIZE_MAX;
}
