#include "symbols/module_data.h"

#include "symbols/growing.h"
#include "symbols/module_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NESTING = 64 };

static bool add_object(hg_data_objects *objects, const hg_data_object *object)
{
    hg_data_object *grown = hg_growing_room(objects->sorted, objects->count, &objects->room, sizeof *grown);
    if (!grown)
        return false;
    objects->sorted = grown;
    grown[objects->count++] = *object;
    return true;
}

static bool add_type(hg_module_data *data, Dwarf_Die *die)
{
    Dwarf_Die *grown = hg_growing_room(data->types, data->type_count, &data->type_room, sizeof *grown);
    if (!grown)
        return false;
    data->types = grown;
    grown[data->type_count++] = *die;
    return true;
}

static bool is_indexed(unsigned atom)
{
    return atom == DW_OP_addrx || atom == DW_OP_constx || atom == DW_OP_GNU_addr_index ||
           atom == DW_OP_GNU_const_index;
}

/* A number that stands in the operation, or in the unit's table of addresses, as clang has it. */
static bool operand_of(Dwarf_Attribute *location, const Dwarf_Op *op, uint64_t *ret_number)
{
    Dwarf_Attribute entry;
    Dwarf_Addr address;
    Dwarf_Word number;
    *ret_number = op->number;
    if (!is_indexed(op->atom))
        return true;
    if (dwarf_getlocation_attr(location, op, &entry) != 0)
        return false;
    if (dwarf_formaddr(&entry, &address) == 0)
        *ret_number = address;
    else if (dwarf_formudata(&entry, &number) == 0)
        *ret_number = number;
    else
        return false;
    return true;
}

/* A variable at a fixed address, or at a constant in the thread-local block. */
static bool place_of(Dwarf_Die *die, uint64_t *ret_begin, bool *ret_thread_local)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *ops;
    size_t count;
    if (dwarf_getlocation(dwarf_attr(die, DW_AT_location, &attribute), &ops, &count) != 0 || count == 0)
        return false;
    *ret_thread_local =
        count == 2 && (ops[1].atom == DW_OP_GNU_push_tls_address || ops[1].atom == DW_OP_form_tls_address);
    bool fixed = count == 1 && (ops[0].atom == DW_OP_addr || ops[0].atom == DW_OP_addrx ||
                                ops[0].atom == DW_OP_GNU_addr_index);
    return (fixed || *ret_thread_local) && operand_of(&attribute, &ops[0], ret_begin);
}

static uint64_t size_of(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Die type;
    Dwarf_Word size;
    if (!dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), &type) ||
        dwarf_aggregate_size(&type, &size) != 0)
        return 1;
    return size > 0 ? size : 1;
}

static bool add_variable(hg_module_data *data, Dwarf_Die *die, const char *function)
{
    bool is_thread_local;
    hg_data_object object = {.has_die = true, .die = *die, .function = function};
    if (!place_of(die, &object.begin, &is_thread_local) || (object.begin == 0 && !is_thread_local))
        return true;
    object.end = object.begin + size_of(die);
    return add_object(is_thread_local ? &data->thread_locals : &data->variables, &object);
}

static const char *name_of_function(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    const char *linkage = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
    return linkage ? linkage : dwarf_diename(die);
}

/* False when memory ran out. */
static bool read_dies(hg_module_data *data, Dwarf_Die *parent, const char *function, int depth)
{
    Dwarf_Die die;
    bool done = true;
    if (depth > MOST_NESTING)
        return true;
    for (int status = dwarf_child(parent, &die); status == 0 && done; status = dwarf_siblingof(&die, &die)) {
        switch (dwarf_tag(&die)) {
        case DW_TAG_variable:
            done = add_variable(data, &die, function);
            break;
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type:
            if (dwarf_diename(&die) && !dwarf_hasattr(&die, DW_AT_declaration))
                done = add_type(data, &die);
            done = done && read_dies(data, &die, function, depth + 1);
            break;
        case DW_TAG_subprogram:
            done = read_dies(data, &die, name_of_function(&die), depth + 1);
            break;
        case DW_TAG_namespace:
        case DW_TAG_lexical_block:
            done = read_dies(data, &die, function, depth + 1);
            break;
        default:
            break;
        }
    }
    return done;
}

/* What a unit has lies in a .dwo file where the information is split. */
static bool read_unit(hg_module_data *data, Dwarf_Die *unit)
{
    Dwarf_Half version;
    uint8_t type;
    Dwarf_Die split = {0};
    bool is_split = dwarf_cu_info(unit->cu, &version, &type, NULL, &split, NULL, NULL, NULL) == 0 &&
                    type == DW_UT_skeleton && split.addr;
    return read_dies(data, is_split ? &split : unit, NULL, 0);
}

static bool read_debug_information(hg_module_data *data, Dwfl_Module *module)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = NULL;
    if (!dwfl_module_getdwarf(module, &bias))
        return true;
    while ((unit = dwfl_module_nextcu(module, unit, &bias)))
        if (!read_unit(data, unit))
            return false;
    return true;
}

/* Of objects; what debug information names has no need of them. A thread-local one without size is a mark. */
static bool read_symbols(hg_module_data *data, Dwfl_Module *module)
{
    int count = dwfl_module_getsymtab(module);
    for (int i = 0; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        const char *name = dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);
        int type = GELF_ST_TYPE(symbol.st_info);
        if (!name || !name[0] || symbol.st_shndx == SHN_UNDEF || (type != STT_OBJECT && type != STT_TLS) ||
            (type == STT_TLS && symbol.st_size == 0))
            continue;
        hg_data_object object = {.begin = symbol.st_value,
                                 .end = symbol.st_value + (symbol.st_size ? symbol.st_size : 1),
                                 .symbol = name};
        if (!add_object(type == STT_TLS ? &data->thread_locals : &data->variables, &object))
            return false;
    }
    return true;
}

/* Those with debug information first where several begin at one place. */
static int compare_objects(const void *left, const void *right)
{
    const hg_data_object *a = left;
    const hg_data_object *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (int)b->has_die - (int)a->has_die;
}

static int compare_types(const void *left, const void *right)
{
    Dwarf_Die a = *(const Dwarf_Die *)left;
    Dwarf_Die b = *(const Dwarf_Die *)right;
    return strcmp(dwarf_diename(&a), dwarf_diename(&b));
}

static bool read_module(hg_module_data *data, const hg_module_id *id)
{
    char below[PATH_MAX];
    const char *path = hg_module_file_find(id, below);
    if (hg_module_file_is_special(path))
        return true;
    data->dwfl = dwfl_begin(&hg_module_file_callbacks);
    if (!data->dwfl)
        return false;
    dwfl_report_begin(data->dwfl);
    Dwfl_Module *module = dwfl_report_elf(data->dwfl, path, path, -1, 0x10000, false);
    dwfl_report_end(data->dwfl, NULL, NULL);
    GElf_Addr bias;
    if (!module || !dwfl_module_getelf(module, &bias) || !hg_module_file_is_build(module, id))
        return true;
    if (!read_debug_information(data, module) || !read_symbols(data, module))
        return false;
    if (data->variables.count > 0)
        qsort(data->variables.sorted, data->variables.count, sizeof(hg_data_object), compare_objects);
    if (data->thread_locals.count > 0)
        qsort(data->thread_locals.sorted, data->thread_locals.count, sizeof(hg_data_object), compare_objects);
    if (data->type_count > 0)
        qsort(data->types, data->type_count, sizeof *data->types, compare_types);
    return true;
}

hg_module_data *hg_module_data_read(const hg_module_id *id)
{
    hg_module_data *data = calloc(1, sizeof *data);
    if (!data)
        return NULL;
    data->path = strdup(id->path);
    if (data->path && read_module(data, id))
        return data;
    hg_module_data_free(data);
    return NULL;
}

void hg_module_data_free(hg_module_data *data)
{
    if (!data)
        return;
    free(data->variables.sorted);
    free(data->thread_locals.sorted);
    free(data->types);
    if (data->dwfl)
        dwfl_end(data->dwfl);
    free(data->path);
    free(data);
}

/* Objects that contain the offset are few and close together: the last that begin before it. */
hg_data_object *hg_module_data_find(hg_module_data *data, uint64_t offset, bool thread_local_one)
{
    enum { MOST_BACK = 64 };
    hg_data_objects *objects = thread_local_one ? &data->thread_locals : &data->variables;
    hg_data_object *found = NULL;
    size_t low = 0;
    size_t high = objects->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (objects->sorted[middle].begin <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && low - i < MOST_BACK; i--) {
        hg_data_object *object = &objects->sorted[i - 1];
        if (offset >= object->end)
            continue;
        /* A symbol has the whole name, with namespaces and functions. */
        if (found && object->has_die && !object->symbol && object->begin == found->begin)
            object->symbol = found->symbol;
        if (!found || (object->has_die && !found->has_die))
            found = object;
    }
    return found;
}

bool hg_module_data_find_type(const hg_module_data *data, const char *name, Dwarf_Die *ret_die)
{
    size_t low = 0;
    size_t high = data->type_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(dwarf_diename(&data->types[middle]), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == data->type_count || strcmp(dwarf_diename(&data->types[low]), name) != 0)
        return false;
    *ret_die = data->types[low];
    return true;
}
