#include "holders/path_names.h"

#include "holders/path_repeats.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARROW "\u2192"

enum { MOST_STEPS = 64 };

/* A path as it is written, and what is known of the block where it ends. */
typedef struct written_path {
    hg_path_text text;
    hg_type type;  /* of what the last pointer points to */
    uint64_t into; /* where in the block that is */
    uint64_t size; /* of the first such block */
} written_path;

/* What Debian's packages bring: its types are read where a path leads to them, not before. */
bool hg_module_is_system(const char *path)
{
    static const char *const folders[] = {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"};
    bool below = path[0] != '/';
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        below |= strncmp(path, folders[i], strlen(folders[i])) == 0;
    return below;
}

static hg_module_id id_of(const hg_record *record, uint64_t at)
{
    const hg_record_module *module = &record->modules[at >> 48];
    return (hg_module_id){module->path, module->build_id, module->build_id_size};
}

bool hg_namer_start(const hg_record *record, const hg_scan_file *file, const hg_gathered *gathered,
                    hg_symbols *symbols, hg_namer *ret_namer)
{
    uint32_t modules = atomic_load(&record->header->modules);
    *ret_namer = (hg_namer){.record = record, .file = file, .gathered = gathered, .symbols = symbols};
    ret_namer->variables = hg_variables_new();
    if (!ret_namer->variables)
        return false;
    for (uint64_t i = 1; i < modules; i++) {
        hg_module_id id = id_of(record, i << 48);
        if (!hg_module_is_system(id.path))
            hg_variables_add(ret_namer->variables, &id);
    }
    return true;
}

void hg_namer_free(hg_namer *namer)
{
    hg_variables_free(namer->variables);
    *namer = (hg_namer){0};
}

/* Adds the name of a place in the block; for a member, with what stands before it. True if it has one. */
static bool add_place(const hg_namer *namer, written_path *path, uint64_t offset, bool element)
{
    hg_path_text place = {.numbered = path->text.numbered};
    hg_type target;
    uint64_t size = hg_type_size(namer->variables, &path->type);
    if (element && size > 0) {
        hg_path_add_element(&place, offset / size);
        offset %= size;
    }
    if (!path->type.known || !hg_type_name_place(namer->variables, &path->type, offset, &place, &target))
        return false;
    if (place.text[0] == '.' && path->type.inside == HG_INSIDE_NOTHING)
        hg_path_add(&path->text, ARROW "%s", place.text + 1);
    else
        hg_path_add(&path->text, "%s%s",
                    place.text[0] && !element && path->type.inside == HG_INSIDE_NOTHING ? ARROW : "",
                    place.text);
    path->type = target;
    return true;
}

/* Beyond something that is embedded in a larger struct, as nodes of lists are. */
static bool add_step_around(const hg_namer *namer, written_path *path, uint64_t at)
{
    hg_type outer = hg_variables_enclosing(namer->variables, &path->type, path->size, path->into);
    written_path attempt = *path;
    attempt.type = outer;
    if (!outer.known || !add_place(namer, &attempt, at, false))
        return false;
    *path = attempt;
    return true;
}

/*
 * The step from a place in a block. A block may hold one thing of its type, or an array of them; the places
 * of an array may also be inside the one thing.
 */
static void add_step(const hg_namer *namer, written_path *path, uint64_t at, bool array)
{
    uint64_t size = hg_type_size(namer->variables, &path->type);
    written_path attempt = *path;
    bool buffer = path->type.inside == HG_INSIDE_NODE && path->type.links == 0; /* of a deque */
    uint64_t into = buffer ? 0 : path->into;
    bool inside = at >= into && add_place(namer, &attempt, at - into, false);
    bool several = size > 0 && (path->size >= 2 * size || path->type.inside == HG_INSIDE_ARRAY);
    array |= path->type.inside == HG_INSIDE_ARRAY;
    if (inside && (!array || !several || strchr(attempt.text.text + path->text.size, '['))) {
        *path = attempt;
        return;
    }
    if (array && several && at >= path->into && add_place(namer, path, at - path->into, true))
        return;
    if (!array && size > 0 && add_step_around(namer, path, at))
        return;
    /* One element of an array of pointers, of which no other is in use. */
    if (!array && several && size == sizeof(uintptr_t) && path->into == 0 && at >= size &&
        add_place(namer, path, at, true))
        return;
    if (array && !path->text.numbered)
        hg_path_add(&path->text, ARROW "[]");
    else
        hg_path_add(&path->text, ARROW "+0x%" PRIx64, at);
    path->type = (hg_type){.known = false};
}

/* "next*", "(left|right)*" */
static void add_repeated_step(const hg_namer *namer, written_path *path, const hg_scan_path *step)
{
    hg_path_text places = {.size = 0};
    written_path after = *path;
    int count = 0;
    for (int i = 0; i < step->places; i++) {
        after = *path;
        after.text.size = 0;
        add_step(namer, &after, step->place[i], false);
        const char *text =
            after.text.text + (strncmp(after.text.text, ARROW, strlen(ARROW)) == 0 ? strlen(ARROW) : 0);
        if (text[0] == '\0' || strstr(places.text, text))
            continue;
        hg_path_add(&places, "%s%s", count++ > 0 ? "|" : "", text);
    }
    /* From node to node of a container. */
    if (count > 0)
        hg_path_add(&path->text, count > 1 ? ARROW "(%s)*" : ARROW "%s*", places.text);
}

/* The paths from the one after `first` to `last`, in order. */
static size_t list_steps(const hg_scan_file *file, uint32_t first, uint32_t last,
                         uint32_t ret_steps[MOST_STEPS])
{
    size_t count = 0;
    for (uint32_t at = last; at != first && at != 0 && count < MOST_STEPS; at = file->paths[at].parent)
        ret_steps[count++] = at;
    for (size_t i = 0; i < count / 2; i++) {
        uint32_t swapped = ret_steps[i];
        ret_steps[i] = ret_steps[count - 1 - i];
        ret_steps[count - 1 - i] = swapped;
    }
    return count;
}

/*
 * The class of an object that begins with its table of virtual functions. The tables of further base classes
 * come later in that of the whole; what they stand in is not the beginning of the object.
 */
static hg_type class_of(const hg_namer *namer, uint64_t table, bool whole)
{
    enum { FIRST_TABLE = 2 * sizeof(uintptr_t) };
    static const char prefix[] = "vtable for ";
    hg_variable found;
    hg_type none = {.known = false};
    hg_module_id id = id_of(namer->record, table);
    if (table == 0 || !hg_variables_find(namer->variables, &id, table & 0xffffffffffffu, false, &found) ||
        strncmp(found.name, prefix, sizeof prefix - 1) != 0 || (whole && found.into != FIRST_TABLE))
        return none;
    const char *name = found.name + sizeof prefix - 1;
    const char *last = name;
    for (const char *at = name; *at && *at != '<'; at++)
        if (strncmp(at, "::", 2) == 0)
            last = at + 2;
    return hg_variables_type(namer->variables, last);
}

static void enter_block(const hg_namer *namer, written_path *path, const hg_scan_path *step)
{
    hg_type dynamic = class_of(namer, step->table, step->into > 0);
    if (dynamic.known && path->type.inside == HG_INSIDE_NOTHING)
        path->type = dynamic;
    path->into = step->into;
    path->size = step->size;
}

/* "(entry->next)*": from the block where the path ends to others and back to one like it. */
static void add_round(const hg_namer *namer, written_path *path, const hg_scan_path *step)
{
    uint32_t steps[MOST_STEPS];
    const hg_scan_path *paths = namer->file->paths;
    written_path round = *path;
    if (step->back == step->parent) {
        add_repeated_step(namer, path, step);
        return;
    }
    round.text.size = 0;
    round.text.text[0] = '\0';
    size_t count = list_steps(namer->file, step->parent, step->back, steps);
    for (size_t i = 0; i < count; i++)
        if (!paths[steps[i]].repeated) {
            add_step(namer, &round, paths[steps[i]].at, paths[steps[i]].array);
            enter_block(namer, &round, &paths[steps[i]]);
        }
    if (step->places > 0)
        add_step(namer, &round, step->place[0], false);
    bool arrow = strncmp(round.text.text, ARROW, strlen(ARROW)) == 0;
    if (round.text.size > 0)
        hg_path_add(&path->text, ARROW "(%s)*", round.text.text + (arrow ? strlen(ARROW) : 0));
}

static bool copy_text(char **field, const char *text)
{
    *field = strdup(text);
    return *field != NULL;
}

/* ", in keeper()": what the frame is of, not what is inlined there. */
static void add_function(const hg_namer *namer, uint64_t code, written_path *path)
{
    size_t count = 0;
    hg_module_id id = id_of(namer->record, code);
    const hg_symbol *found =
        code ? hg_symbols_find(namer->symbols, &id, code & 0xffffffffffffu, &count) : NULL;
    const char *function = found && count > 0 ? found[count - 1].function : "";
    if (function[0])
        hg_path_add(&path->text, ", in %s%s", function, strchr(function, '(') ? "" : "()");
}

/* A stack, registers or a key. The thread's name need not end. */
static bool name_thread_root(const hg_namer *namer, const hg_scan_path *root, written_path *path,
                             hg_holder *holder)
{
    char name[sizeof namer->file->threads->name + 1];
    snprintf(name, sizeof name, "%.*s", (int)sizeof name - 1, namer->file->threads[root->thread].name);
    if (root->step == HG_STEP_KEY)
        hg_path_add(&path->text, "pthread key %" PRIu64, root->at);
    else
        hg_path_add(&path->text, "%s of thread %s", root->step == HG_STEP_STACK ? "stack" : "registers",
                    name);
    add_function(namer, root->code, path);
    return copy_text(&holder->name, name) && copy_text(&holder->file, "") && copy_text(&holder->module, "");
}

/* A variable with its file and line, or else where in the module it is. */
static bool name_variable(const hg_namer *namer, const hg_scan_path *root, written_path *path,
                          hg_holder *holder)
{
    hg_module_id id = id_of(namer->record, root->at);
    uint64_t offset = root->at & 0xffffffffffffu;
    hg_variable variable = {.name = "", .file = ""};
    if (hg_variables_find(namer->variables, &id, offset, root->step == HG_STEP_THREAD_LOCAL, &variable)) {
        hg_path_text place = {.numbered = path->text.numbered};
        hg_type target = {0};
        if (!hg_type_name_place(namer->variables, &variable.type, variable.into, &place, &target) &&
            variable.into > 0 && place.size == 0)
            hg_path_add(&place, "+0x%" PRIx64, variable.into);
        if (variable.nameless && place.text[0] == '.')
            hg_path_add(&path->text, "%s", place.text + 1);
        else
            hg_path_add(&path->text, "%s%s", variable.name, place.text);
        path->type = target;
    } else {
        const char *base = strrchr(id.path, '/');
        hg_path_add(&path->text, "%s+0x%" PRIx64, base ? base + 1 : id.path, offset);
    }
    holder->line = variable.line;
    return copy_text(&holder->name, variable.name) &&
           copy_text(&holder->file, hg_sites_shorten(variable.file)) &&
           copy_text(&holder->module, hg_sites_shorten(id.path));
}

/* By whoever mapped it. */
static bool name_mapping(const hg_namer *namer, const hg_scan_path *root, written_path *path,
                         hg_holder *holder)
{
    uint32_t number = namer->gathered->site_of[root->context];
    const hg_site *site = number > 0 ? &namer->gathered->sites[number - 1].site : NULL;
    const hg_frame *frame = site && site->frame_count > 0 ? &site->frames[0] : NULL;
    hg_path_add(&path->text, "mapping");
    holder->line = frame ? frame->line : 0;
    return copy_text(&holder->name, frame ? frame->function : "") &&
           copy_text(&holder->file, frame ? frame->file : "") &&
           copy_text(&holder->module, frame ? frame->module : "");
}

static hg_holder_kind kind_of(uint8_t step)
{
    switch (step) {
    case HG_STEP_THREAD_LOCAL:
        return HG_HOLDER_THREAD_LOCAL;
    case HG_STEP_KEY:
        return HG_HOLDER_KEY;
    case HG_STEP_STACK:
        return HG_HOLDER_STACK;
    case HG_STEP_REGISTER:
        return HG_HOLDER_REGISTER;
    case HG_STEP_MAPPING:
        return HG_HOLDER_MAPPING;
    default:
        return HG_HOLDER_GLOBAL;
    }
}

static bool name_root(const hg_namer *namer, const hg_scan_path *root, written_path *path, hg_holder *holder)
{
    holder->kind = kind_of(root->step);
    if (root->step == HG_STEP_THREAD_LOCAL || root->step == HG_STEP_KEY)
        holder->threads = root->threads;
    switch (root->step) {
    case HG_STEP_GLOBAL:
    case HG_STEP_THREAD_LOCAL:
        return name_variable(namer, root, path, holder);
    case HG_STEP_MAPPING:
        return name_mapping(namer, root, path, holder);
    default:
        return name_thread_root(namer, root, path, holder);
    }
}

bool hg_namer_name(const hg_namer *namer, uint32_t last, hg_holder *ret_holder)
{
    uint32_t steps[MOST_STEPS] = {0};
    const hg_scan_path *paths = namer->file->paths;
    written_path path = {.type = {.known = false}};
    *ret_holder = (hg_holder){0};
    size_t count = list_steps(namer->file, 0, last, steps);
    if (!name_root(namer, &paths[steps[0]], &path, ret_holder))
        return false;
    for (size_t i = 0; i < count; i++) {
        const hg_scan_path *step = &paths[steps[i]];
        if (step->repeated) {
            add_round(namer, &path, step);
            continue;
        }
        if (step->step == HG_STEP_BLOCK)
            add_step(namer, &path, step->at, step->array);
        enter_block(namer, &path, step);
    }
    hg_path_join_repeats(path.text.text);
    return copy_text(&ret_holder->path, path.text.text);
}

bool hg_namer_root(const hg_namer *namer, const hg_scan_place *place, hg_holder *ret_holder)
{
    const hg_scan_path root = {
        .step = place->step, .thread = place->thread, .context = place->context, .at = place->at};
    written_path path = {.type = {.known = false}};
    *ret_holder = (hg_holder){0};
    return name_root(namer, &root, &path, ret_holder) && copy_text(&ret_holder->path, path.text.text) &&
           copy_text(&ret_holder->example, "");
}

bool hg_holders_have_same_root(const hg_holder *a, const hg_holder *b)
{
    return a->kind == b->kind && a->line == b->line && strcmp(a->name, b->name) == 0 &&
           strcmp(a->file, b->file) == 0 && strcmp(a->module, b->module) == 0;
}

bool hg_namer_example(const hg_namer *namer, uint32_t count, char **ret_text)
{
    uint32_t steps[MOST_STEPS] = {0};
    hg_holder holder = {0};
    written_path path = {.text = {.numbered = true}};
    const hg_scan_example *example = count < HG_SCAN_MOST_EXAMPLES ? &namer->file->examples[count] : NULL;
    uint32_t last = namer->file->counts[count].path;
    if (!example || example->steps == 0 || last >= HG_SCAN_UNSCANNED)
        return copy_text(ret_text, "");
    list_steps(namer->file, 0, last, steps);
    hg_scan_path root = namer->file->paths[steps[0]];
    root.at = example->step[0].at;
    bool done = name_root(namer, &root, &path, &holder);
    for (uint32_t i = 0; i < example->steps && done; i++) {
        if (i > 0)
            add_step(namer, &path, example->step[i].at, example->step[i].array);
        path.into = example->step[i].into;
        path.size = example->step[i].size;
    }
    hg_holder_clear(&holder);
    return done && copy_text(ret_text, path.text.text);
}

/* Past steps that are repeated; steps are separated by arrows outside of parentheses. */
static const char *skip_repeated(const char *at)
{
    while (strncmp(at, ARROW, strlen(ARROW)) == 0) {
        const char *end = at + strlen(ARROW);
        for (int depth = 0; *end && (depth > 0 || strncmp(end, ARROW, strlen(ARROW)) != 0); end++)
            depth += (*end == '(') - (*end == ')');
        if (end[-1] != '*')
            break;
        at = end;
    }
    return at;
}

bool hg_paths_are_alike(const char *a, const char *b)
{
    for (;; a++, b++) {
        a = skip_repeated(a);
        b = skip_repeated(b);
        if (*a != *b || *a == '\0')
            return *a == *b;
    }
}
