#include "symbols/variables.h"

#include "symbols/demangle.h"
#include "symbols/module_data.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Types nest that deep at most, by value. */
enum { MOST_NESTING = 32 };

enum { ANSWERS = 64 };

struct hg_variables {
    hg_module_data *modules;
    hg_demangler demangler;
    /* The latest answers of hg_variables_enclosing. */
    struct enclosing {
        const char *name; /* NULL: none */
        const struct Dwarf_CU *unit;
        uint64_t size, at;
        hg_type outer;
    } answers[ANSWERS];
    size_t next_answer;
};

void hg_path_add(hg_path_text *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(path->text + path->size, sizeof path->text - path->size, format, arguments);
    va_end(arguments);
    if (size > 0)
        path->size += (size_t)size;
    if (path->size >= sizeof path->text)
        path->size = sizeof path->text - 1;
}

void hg_path_add_element(hg_path_text *path, uint64_t number)
{
    if (path->numbered)
        hg_path_add(path, "[%llu]", (unsigned long long)number);
    else
        hg_path_add(path, "[]");
}

hg_variables *hg_variables_new(void)
{
    hg_variables *made = calloc(1, sizeof *made);
    if (made)
        made->demangler.without_abi_tags = true;
    return made;
}

void hg_variables_free(hg_variables *variables)
{
    if (!variables)
        return;
    while (variables->modules) {
        hg_module_data *next = variables->modules->next;
        hg_module_data_free(variables->modules);
        variables->modules = next;
    }
    hg_demangler_clear(&variables->demangler);
    free(variables);
}

static hg_module_data *module_of(hg_variables *variables, const hg_module_id *id)
{
    for (hg_module_data *known = variables->modules; known; known = known->next)
        if (strcmp(known->path, id->path) == 0)
            return known;
    hg_module_data *made = hg_module_data_read(id);
    if (!made)
        return NULL;
    made->next = variables->modules;
    variables->modules = made;
    return made;
}

void hg_variables_add(hg_variables *variables, const hg_module_id *module)
{
    (void)module_of(variables, module);
}

static const char *demangled(hg_variables *variables, const char *name)
{
    const char *found = hg_demangle(&variables->demangler, name);
    return found ? found : name;
}

/* libdw's dwarf_decl_file ends the process where the unit's files cannot be read. */
static const char *file_of(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Word number;
    Dwarf_Die unit;
    Dwarf_Files *files;
    if (dwarf_formudata(dwarf_attr_integrate(die, DW_AT_decl_file, &attribute), &number) != 0 ||
        dwarf_cu_info(attribute.cu, NULL, NULL, &unit, NULL, NULL, NULL, NULL) != 0 ||
        dwarf_getsrcfiles(&unit, &files, NULL) != 0)
        return NULL;
    return dwarf_filesrc(files, number, NULL, NULL);
}

/* Integrated: a definition outside its class has its name, file and line in the class. */
static void name_by_die(hg_variables *variables, Dwarf_Die *die, hg_variable *found)
{
    Dwarf_Attribute attribute;
    const char *linkage = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
    const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
    const char *file = file_of(die);
    found->nameless = !linkage && !name;
    if (linkage)
        found->name = demangled(variables, linkage);
    else if (name && strncmp(found->name, "_Z", 2) != 0 && !strstr(found->name, "::"))
        found->name = name;
    found->file = file ? file : "";
    if (dwarf_decl_line(die, &found->line) != 0)
        found->line = 0;
    found->type.known =
        dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), &found->type.die) != NULL;
    if (!found->nameless || !found->type.known)
        return;
    file = file_of(&found->type.die);
    found->file = file ? file : "";
    if (dwarf_decl_line(&found->type.die, &found->line) != 0)
        found->line = 0;
}

bool hg_variables_find(hg_variables *variables, const hg_module_id *module, uint64_t offset,
                       bool thread_local_one, hg_variable *ret_variable)
{
    hg_module_data *data = module_of(variables, module);
    hg_data_object *object = data ? hg_module_data_find(data, offset, thread_local_one) : NULL;
    if (!object)
        return false;
    *ret_variable = (hg_variable){.name = "", .file = "", .function = "", .into = offset - object->begin};
    if (object->symbol)
        ret_variable->name = demangled(variables, object->symbol);
    if (object->has_die) {
        name_by_die(variables, &object->die, ret_variable);
        if (object->function)
            ret_variable->function = demangled(variables, object->function);
    }
    return ret_variable->name[0] != '\0';
}

static bool type_of(Dwarf_Die *die, hg_type *ret_type)
{
    Dwarf_Attribute attribute;
    ret_type->known =
        dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), &ret_type->die) != NULL;
    return ret_type->known;
}

/* Without typedef and const; a type that is only declared becomes its definition, in whichever module. */
static bool resolve(const hg_variables *variables, const hg_type *type, Dwarf_Die *ret_die)
{
    Dwarf_Die die = type->die;
    if (!type->known || dwarf_peel_type(&die, ret_die) != 0)
        return false;
    const char *name = dwarf_diename(ret_die);
    if (!dwarf_hasattr(ret_die, DW_AT_declaration) || !name)
        return true;
    for (hg_module_data *module = variables->modules; module; module = module->next)
        if (hg_module_data_find_type(module, name, ret_die))
            return true;
    return true;
}

uint64_t hg_type_size(const hg_variables *variables, const hg_type *type)
{
    Dwarf_Die die;
    Dwarf_Word size;
    if (type->inside == HG_INSIDE_NODE || type->inside == HG_INSIDE_BUCKETS ||
        !resolve(variables, type, &die) || dwarf_aggregate_size(&die, &size) != 0)
        return 0;
    return size;
}

/* Where the member begins; bit fields hold no pointers. */
static bool begin_of(Dwarf_Die *member, uint64_t *ret_begin)
{
    Dwarf_Attribute attribute;
    Dwarf_Word begin = 0;
    if (dwarf_hasattr(member, DW_AT_data_member_location) &&
        dwarf_formudata(dwarf_attr(member, DW_AT_data_member_location, &attribute), &begin) != 0)
        return false;
    *ret_begin = begin;
    return !dwarf_hasattr(member, DW_AT_data_bit_offset) && !dwarf_hasattr(member, DW_AT_bit_size) &&
           !dwarf_hasattr(member, DW_AT_external);
}

hg_type hg_variables_type(const hg_variables *variables, const char *name)
{
    hg_type type = {.known = false};
    for (hg_module_data *module = variables->modules; module && !type.known; module = module->next)
        type.known = hg_module_data_find_type(module, name, &type.die);
    return type;
}

/* The type of a container's values: what it calls value_type, or was made with. Pairs have no other name. */
static bool value_of(Dwarf_Die *container, bool pairs, Dwarf_Die *ret_type)
{
    static const char *const names[] = {"value_type", "_Key", "_Value", "_Tp"};
    size_t best = pairs ? 1 : sizeof names / sizeof *names;
    bool found = false;
    Dwarf_Die child;
    for (int status = dwarf_child(container, &child); status == 0; status = dwarf_siblingof(&child, &child)) {
        hg_type type;
        const char *name = dwarf_diename(&child);
        int tag = dwarf_tag(&child);
        if (!name || (tag != DW_TAG_template_type_parameter && tag != DW_TAG_typedef))
            continue;
        for (size_t i = 0; i < best; i++)
            if (strcmp(name, names[i]) == 0 && type_of(&child, &type)) {
                *ret_type = type.die;
                found = true;
                best = i;
            }
    }
    return found;
}

static bool is_rust(Dwarf_Die *die)
{
    Dwarf_Die unit;
    return dwarf_diecu(die, &unit, NULL, NULL) && dwarf_srclang(&unit) == DW_LANG_Rust;
}

/* Whether it is declared in a namespace of the language's library. */
static bool is_of_library(Dwarf_Die *die)
{
    static const char *const namespaces[] = {"std", "core", "alloc", "hashbrown"};
    size_t known = is_rust(die) ? sizeof namespaces / sizeof *namespaces : 1;
    Dwarf_Die *scopes;
    bool found = false;
    int count = dwarf_getscopes_die(die, &scopes);
    for (int i = 1; i < count; i++) {
        const char *name = dwarf_diename(&scopes[i]);
        for (size_t k = 0; k < known; k++)
            found |= dwarf_tag(&scopes[i]) == DW_TAG_namespace && name && strcmp(name, namespaces[k]) == 0;
    }
    if (count > 0)
        free(scopes);
    return found;
}

/*
 * Whether what lies there in a deque leads into a buffer: two iterators have three such pointers each, and
 * one to the list of all buffers.
 */
static bool is_in_buffer(uint64_t offset)
{
    enum { ITERATORS_AT = 16, ITERATOR_BYTES = 32, LIST_AT = 24 };
    return offset >= ITERATORS_AT && (offset - ITERATORS_AT) % ITERATOR_BYTES != LIST_AT;
}

/* What pointers at an offset of a container of libstdc++ lead to. False if it is none. */
static bool inside_container(Dwarf_Die *die, uint64_t offset, hg_type *ret_inside)
{
    static const struct {
        const char *name;
        hg_inside inside;
        uint64_t links;
    } containers[] = {
        {"map<", HG_INSIDE_NODE, 32},          {"multimap<", HG_INSIDE_NODE, 32},
        {"set<", HG_INSIDE_NODE, 32},          {"multiset<", HG_INSIDE_NODE, 32},
        {"list<", HG_INSIDE_NODE, 16},         {"forward_list<", HG_INSIDE_NODE, 8},
        {"unordered_map<", HG_INSIDE_NODE, 8}, {"unordered_multimap<", HG_INSIDE_NODE, 8},
        {"unordered_set<", HG_INSIDE_NODE, 8}, {"unordered_multiset<", HG_INSIDE_NODE, 8},
        {"deque<", HG_INSIDE_BUCKETS, 0},      {"vector<", HG_INSIDE_ARRAY, 0},
    };
    const char *name = dwarf_diename(die);
    Dwarf_Die value;
    for (size_t i = 0; name && i < sizeof containers / sizeof *containers; i++) {
        if (strncmp(name, containers[i].name, strlen(containers[i].name)) != 0)
            continue;
        if (!is_of_library(die) || !value_of(die, strstr(containers[i].name, "map<") != NULL, &value))
            return false;
        *ret_inside = (hg_type){
            .known = true, .inside = containers[i].inside, .links = containers[i].links, .die = value};
        if (strncmp(name, "unordered_", strlen("unordered_")) == 0 && offset == 0)
            ret_inside->inside = HG_INSIDE_BUCKETS;
        if (containers[i].inside == HG_INSIDE_BUCKETS && is_in_buffer(offset))
            ret_inside->inside = HG_INSIDE_NODE;
        return true;
    }
    return false;
}

static bool is_open_array(const hg_variables *variables, const hg_type *type)
{
    Dwarf_Die die;
    return resolve(variables, type, &die) && dwarf_tag(&die) == DW_TAG_array_type &&
           hg_type_size(variables, type) == 0;
}

/* Whether a block of so many bytes can be one such struct; an open array at its end may be of any length. */
static bool has_size(const hg_variables *variables, Dwarf_Die *die, uint64_t size)
{
    Dwarf_Word own;
    Dwarf_Die member;
    hg_type last = {.known = false};
    if (dwarf_aggregate_size(die, &own) != 0 || own > size)
        return false;
    for (int status = dwarf_child(die, &member); own < size && status == 0;
         status = dwarf_siblingof(&member, &member))
        if (dwarf_tag(&member) == DW_TAG_member)
            (void)type_of(&member, &last);
    return own == size || is_open_array(variables, &last);
}

/* Whether the struct has something of the type of that name at the offset, as a member or base class. */
static bool has_member_at(const hg_variables *variables, Dwarf_Die *die, const char *name, uint64_t offset)
{
    Dwarf_Die member, there;
    hg_type type;
    uint64_t begin;
    for (int status = dwarf_child(die, &member); status == 0; status = dwarf_siblingof(&member, &member)) {
        int tag = dwarf_tag(&member);
        if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
            continue;
        const char *found = begin_of(&member, &begin) && begin == offset && type_of(&member, &type) &&
                                    resolve(variables, &type, &there)
                                ? dwarf_diename(&there)
                                : NULL;
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

/* Of the types of one unit only, unless it is NULL. */
static hg_type find_enclosing(const hg_variables *variables, const struct Dwarf_CU *unit, const char *name,
                              uint64_t size, uint64_t at)
{
    const hg_type unknown = {.known = false};
    hg_type found = unknown;
    for (hg_module_data *module = variables->modules; module; module = module->next)
        for (size_t i = 0; i < module->type_count; i++) {
            Dwarf_Die *die = &module->types[i];
            if ((unit && die->cu != unit) || !has_size(variables, die, size) ||
                !has_member_at(variables, die, name, at))
                continue;
            if (found.known && strcmp(dwarf_diename(&found.die), dwarf_diename(die)) != 0)
                return unknown;
            found = (hg_type){.known = true, .die = *die};
        }
    return found;
}

hg_type hg_variables_enclosing(hg_variables *variables, const hg_type *type, uint64_t size, uint64_t at)
{
    Dwarf_Die die;
    const char *name =
        type->inside == HG_INSIDE_NOTHING && resolve(variables, type, &die) ? dwarf_diename(&die) : NULL;
    if (!name)
        return (hg_type){.known = false};
    for (size_t i = 0; i < ANSWERS; i++) {
        const struct enclosing *known = &variables->answers[i];
        if (known->name && known->unit == die.cu && known->size == size && known->at == at &&
            strcmp(known->name, name) == 0)
            return known->outer;
    }
    hg_type outer = find_enclosing(variables, die.cu, name, size, at);
    if (!outer.known)
        outer = find_enclosing(variables, NULL, name, size, at);
    variables->answers[variables->next_answer++ % ANSWERS] =
        (struct enclosing){name, die.cu, size, at, outer};
    return outer;
}

static bool name_place(const hg_variables *variables, const hg_type *type, uint64_t offset, int depth,
                       hg_path_text *path, hg_type *ret_target);

static bool name_member(const hg_variables *variables, Dwarf_Die *member, bool hidden, uint64_t offset,
                        int depth, hg_path_text *path, hg_type *ret_target)
{
    hg_type type;
    uint64_t begin;
    int tag = dwarf_tag(member);
    if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) || !begin_of(member, &begin) || offset < begin ||
        !type_of(member, &type))
        return false;
    if (offset - begin >= hg_type_size(variables, &type) && !is_open_array(variables, &type))
        return false;
    const char *name = dwarf_diename(member);
    /* Names that only the C++ library may use say nothing to anybody else. */
    if (tag == DW_TAG_member && name && !hidden && strncmp(name, "_M_", 3) != 0)
        hg_path_add(path, ".%s", name);
    return name_place(variables, &type, offset - begin, depth + 1, path, ret_target);
}

/*
 * The first member that leads to a pointer, or else the first that is there: in a union there are several,
 * and a base class without members has the place of what follows it.
 */
static bool name_in_struct(const hg_variables *variables, Dwarf_Die *whole, uint64_t offset, int depth,
                           hg_path_text *path, hg_type *ret_target)
{
    Dwarf_Die member;
    hg_path_text first = *path;
    bool found = false;
    bool hidden = is_rust(whole) && is_of_library(whole);
    for (int status = dwarf_child(whole, &member); status == 0; status = dwarf_siblingof(&member, &member)) {
        hg_path_text attempt = *path;
        if (!name_member(variables, &member, hidden, offset, depth, &attempt, ret_target))
            continue;
        if (!found || ret_target->known)
            first = attempt;
        found = true;
        if (ret_target->known)
            break;
    }
    *path = first;
    return found;
}

static bool name_in_array(const hg_variables *variables, Dwarf_Die *array, uint64_t offset, int depth,
                          hg_path_text *path, hg_type *ret_target)
{
    hg_type element;
    uint64_t size = type_of(array, &element) ? hg_type_size(variables, &element) : 0;
    if (size == 0)
        return false;
    hg_path_add_element(path, offset / size);
    return name_place(variables, &element, offset % size, depth + 1, path, ret_target);
}

static bool name_place(const hg_variables *variables, const hg_type *type, uint64_t offset, int depth,
                       hg_path_text *path, hg_type *ret_target)
{
    Dwarf_Die die;
    *ret_target = (hg_type){.known = false};
    if (depth > MOST_NESTING || !resolve(variables, type, &die))
        return false;
    if (inside_container(&die, offset, ret_target)) {
        if (ret_target->inside != HG_INSIDE_ARRAY)
            hg_path_add(path, "[]");
        return true;
    }
    switch (dwarf_tag(&die)) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        if (name_in_struct(variables, &die, offset, depth, path, ret_target))
            return true;
        /* An enum of Rust has members in variants, as Option has. */
        if (is_rust(&die) && is_of_library(&die))
            return offset < hg_type_size(variables, type);
        break;
    case DW_TAG_array_type:
        if (name_in_array(variables, &die, offset, depth, path, ret_target))
            return true;
        break;
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        if (offset == 0) {
            (void)type_of(&die, ret_target);
            return true;
        }
        break;
    default:
        if (offset == 0)
            return true;
    }
    hg_path_add(path, "+0x%llx", (unsigned long long)offset);
    return offset < hg_type_size(variables, type);
}

bool hg_type_name_place(const hg_variables *variables, const hg_type *type, uint64_t offset,
                        hg_path_text *path, hg_type *ret_target)
{
    hg_type value = {.known = type->known, .die = type->die};
    uint64_t size;
    *ret_target = *type;
    switch (type->inside) {
    case HG_INSIDE_BUCKETS:
        ret_target->inside = HG_INSIDE_NODE;
        return true;
    case HG_INSIDE_NODE:
        if (offset < type->links)
            return true;
        size = type->links > 0 ? 0 : hg_type_size(variables, &value);
        offset -= type->links;
        return name_place(variables, &value, size > 0 ? offset % size : offset, 0, path, ret_target);
    default:
        return name_place(variables, &value, offset, 0, path, ret_target);
    }
}
