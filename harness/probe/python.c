#include "probe/python.h"

#include "probe/known_store.h"
#include "probe/locks.h"
#include "record/assert.h"
#include <elf.h>
#include <string.h>

/* Offsets of one release. */
typedef struct python_layout {
    uint8_t holder;          /* thread state: the pointer to what has the current frame; 0: itself has it */
    uint8_t current;         /* there: the pointer to the current frame */
    uint8_t code, outer, at; /* frame: pointers to its code, its caller and its instruction */
    uint8_t owner;           /* frame: a byte that is NO_FUNCTION for one that C entered the loop by */
    uint8_t first_line, file, name, instructions; /* code */
} python_layout;

enum { NO_FUNCTION = 3, FIRST_MINOR = 11, TYPE = 8, TEXT_HASH = 24 };

static const python_layout layouts[] = {
    {56, 8, .code = 32, .outer = 48, .at = 56, .owner = 69, .first_line = 72, .file = 112, .name = 128,
     .instructions = 184},
    {56, 0, .code = 0, .outer = 8, .at = 56, .owner = 70, .first_line = 68, .file = 112, .name = 128,
     .instructions = 192},
    {0, 72, .code = 0, .outer = 8, .at = 56, .owner = 70, .first_line = 68, .file = 112, .name = 128,
     .instructions = 200},
};

typedef uintptr_t get_state(void);
typedef int ask_ending(void);
typedef int get_line(uintptr_t code, int offset);
typedef ptrdiff_t get_length(uintptr_t text);
typedef uint32_t get_letter(uintptr_t text, ptrdiff_t index);

static struct {
    const python_layout *layout;
    uint32_t module;
    uint64_t loop_begin, loop_end; /* the loop, packed as frames */
    uintptr_t code_type, text_type;
    get_state *state;
    ask_ending *is_ending;
    get_line *line;
    get_length *length;
    get_letter *letter;
} python;
static _Atomic bool is_there;

/* A module's table of symbols, by its GNU hash. */
typedef struct symbol_table {
    uintptr_t base;
    const uint32_t *hash;
    const ElfW(Sym) * symbols;
    const char *names;
} symbol_table;

static bool open_table(const struct link_map *module, symbol_table *ret_table)
{
    *ret_table = (symbol_table){.base = module->l_addr};
    for (const ElfW(Dyn) *entry = module->l_ld; entry && entry->d_tag != DT_NULL; entry++) {
        /* The dynamic linker has added the load address, but to those of the kernel's own module. */
        const void *at = (const void *)entry->d_un.d_ptr; /* NOLINT(performance-no-int-to-ptr) */
        if (entry->d_un.d_ptr < module->l_addr)
            continue;
        if (entry->d_tag == DT_GNU_HASH)
            ret_table->hash = at;
        else if (entry->d_tag == DT_SYMTAB)
            ret_table->symbols = at;
        else if (entry->d_tag == DT_STRTAB)
            ret_table->names = at;
    }
    return ret_table->hash && ret_table->symbols && ret_table->names;
}

/* The address of a symbol that the module defines, or 0. Layout: A. Bahrami, "GNU Hash ELF Sections". */
static uintptr_t find(const symbol_table *table, const char *name, uint64_t *ret_size)
{
    uint32_t buckets = table->hash[0], first = table->hash[1], words = table->hash[2];
    const uint32_t *bucket = table->hash + 4 + words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = bucket + buckets;
    uint32_t wanted = 5381;
    for (const char *at = name; *at; at++)
        wanted = wanted * 33 + (unsigned char)*at;
    uint32_t index = buckets > 0 ? bucket[wanted % buckets] : 0;
    if (index < first || index == 0)
        return 0;
    for (;; index++) {
        const ElfW(Sym) *symbol = &table->symbols[index];
        uint32_t hash = chain[index - first];
        if ((hash | 1) == (wanted | 1) && symbol->st_shndx != SHN_UNDEF &&
            strcmp(table->names + symbol->st_name, name) == 0) {
            if (ret_size)
                *ret_size = symbol->st_size;
            return table->base + symbol->st_value;
        }
        if (hash & 1)
            return 0;
    }
}

static const python_layout *layout_of(const symbol_table *table)
{
    const uintptr_t version = find(table, "Py_Version", NULL);
    if (!version || find(table, "_Py_NegativeRefcount", NULL) || find(table, "_Py_DecRefShared", NULL))
        return NULL;
    unsigned long number = *(const unsigned long *)version; /* NOLINT(performance-no-int-to-ptr) */
    unsigned long minor = number >> 16 & 0xff;
    if (number >> 24 != 3 || minor < FIRST_MINOR || minor - FIRST_MINOR >= sizeof layouts / sizeof *layouts)
        return NULL;
    return &layouts[minor - FIRST_MINOR];
}

void hg_python_look(const struct link_map *module, uint32_t number)
{
    symbol_table table;
    uint64_t size = 0;
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_CONTEXTS));
    const python_layout *found = open_table(module, &table) ? layout_of(&table) : NULL;
    uintptr_t loop = found ? find(&table, "_PyEval_EvalFrameDefault", &size) : 0;
    if (!loop)
        return;
    uintptr_t is_ending = find(&table, "Py_IsFinalizing", NULL);
    python.layout = found;
    python.module = number;
    python.loop_begin = hg_record_pack(number, loop - module->l_addr);
    python.loop_end = python.loop_begin + size;
    python.code_type = find(&table, "PyCode_Type", NULL);
    python.text_type = find(&table, "PyUnicode_Type", NULL);
    /* NOLINTBEGIN(performance-no-int-to-ptr) */
    python.state = (get_state *)find(&table, "PyGILState_GetThisThreadState", NULL);
    python.is_ending = (ask_ending *)(is_ending ? is_ending : find(&table, "_Py_IsFinalizing", NULL));
    python.line = (get_line *)find(&table, "PyCode_Addr2Line", NULL);
    python.length = (get_length *)find(&table, "PyUnicode_GetLength", NULL);
    python.letter = (get_letter *)find(&table, "PyUnicode_ReadChar", NULL);
    /* NOLINTEND(performance-no-int-to-ptr) */
    atomic_store_explicit(&is_there,
                          python.code_type && python.text_type && python.state && python.is_ending &&
                              python.line && python.length && python.letter,
                          memory_order_release);
}

bool hg_python_is_there(void)
{
    return atomic_load_explicit(&is_there, memory_order_acquire);
}

static uintptr_t pointer_at(uintptr_t object, size_t offset)
{
    return *(const uintptr_t *)(object + offset); /* NOLINT(performance-no-int-to-ptr) */
}

static bool is_object_of(uintptr_t object, uintptr_t type)
{
    return object != 0 && object % sizeof(uintptr_t) == 0 && pointer_at(object, TYPE) == type;
}

/* Code dies, and other code takes its place: the name's own hash, its file and its lines tell them apart. */
static uint64_t identity_of(uintptr_t code)
{
    const python_layout *layout = python.layout;
    uint64_t name = pointer_at(pointer_at(code, layout->name), TEXT_HASH);
    int first_line = *(const int *)(code + layout->first_line); /* NOLINT(performance-no-int-to-ptr) */
    return hg_mix(hg_mix(name, pointer_at(code, layout->file)), (uint64_t)first_line);
}

uint32_t hg_python_read(hg_python_frame ret_frames[HG_PYTHON_DEPTH])
{
    enum { MOST_LOOKED_AT = 4 * HG_PYTHON_DEPTH };
    const python_layout *layout = python.layout;
    uintptr_t holder = python.is_ending() ? 0 : python.state();
    if (holder != 0 && layout->holder != 0)
        holder = pointer_at(holder, layout->holder);
    uintptr_t frame = holder != 0 ? pointer_at(holder, layout->current) : 0;
    uint32_t count = 0;
    for (int i = 0; i < MOST_LOOKED_AT && frame != 0 && frame % sizeof(uintptr_t) == 0; i++) {
        uintptr_t code = pointer_at(frame, layout->code);
        bool is_function = *(const char *)(frame + layout->owner) != NO_FUNCTION; /* NOLINT */
        if (is_function && is_object_of(code, python.code_type)) {
            ret_frames[count++] = (hg_python_frame){code, pointer_at(frame, layout->at), identity_of(code)};
            if (count == HG_PYTHON_DEPTH)
                break;
        }
        frame = pointer_at(frame, layout->outer);
    }
    return count;
}

uint32_t hg_python_place(const hg_record_frame *frames, uint32_t count)
{
    uint32_t place = 0;
    if (!hg_python_is_there())
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        if (frames[i] > python.loop_begin && frames[i] <= python.loop_end)
            return i + 1;
        if (place == 0 && frames[i] >> 48 == python.module)
            place = i + 1;
    }
    return place;
}

uint32_t hg_python_line(const hg_python_frame *frame)
{
    const python_layout *layout = python.layout;
    ptrdiff_t offset = (ptrdiff_t)(frame->at - (frame->code + layout->instructions));
    int line = offset >= INT32_MIN && offset <= INT32_MAX ? python.line(frame->code, (int)offset) : -1;
    if (line <= 0)                                               /* an instruction that belongs to no line */
        line = *(const int *)(frame->code + layout->first_line); /* NOLINT(performance-no-int-to-ptr) */
    return line > 0 && line < 1 << HG_SCRIPT_LINE_BITS ? (uint32_t)line : 0;
}

/* As UTF-8; what is no character there becomes a question mark. Gives the number of bytes. */
static size_t put_letter(uint32_t letter, char ret_bytes[4])
{
    if (letter < 0x80) {
        ret_bytes[0] = (char)(letter >= ' ' && letter != 0x7f ? letter : '?');
        return 1;
    }
    size_t more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
    if (letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000)) {
        ret_bytes[0] = '?';
        return 1;
    }
    static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};
    ret_bytes[0] = (char)(heads[more] | letter >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        ret_bytes[i] = (char)(0x80 | (letter >> 6 * (more - i) & 0x3f));
    return more + 1;
}

static void copy_text(uintptr_t text, char *ret_text, size_t size)
{
    size_t used = 0;
    ptrdiff_t length = is_object_of(text, python.text_type) ? python.length(text) : 0;
    for (ptrdiff_t i = 0; i < length; i++) {
        char bytes[4];
        size_t count = put_letter(python.letter(text, i), bytes);
        if (used + count >= size)
            break;
        memcpy(ret_text + used, bytes, count);
        used += count;
    }
    ret_text[used] = '\0';
}

void hg_python_names(const hg_python_frame *frame, char *ret_function, size_t function_size, char *ret_file,
                     size_t file_size)
{
    copy_text(pointer_at(frame->code, python.layout->name), ret_function, function_size);
    copy_text(pointer_at(frame->code, python.layout->file), ret_file, file_size);
}
