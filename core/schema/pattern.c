#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "ecma.h"

struct pattern {
    struct pattern *next;
    uint64_t hash;
    const char *text;
    size_t size;
    pcre2_code *code;
};

enum { BLOCK_HEADER = 16 }; /* keeps PCRE2's blocks aligned, and remembers their size */

/* PCRE2 frees working memory that lies on top of the arena; compiled code it never frees. */
static void *allocate_in_arena(size_t size, void *data)
{
    char *block = arena_alloc(data, size + BLOCK_HEADER);
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof size);
    return block + BLOCK_HEADER;
}

static void free_in_arena(void *block, void *data)
{
    if (!block)
        return;
    char *start = (char *)block - BLOCK_HEADER;
    size_t size;
    memcpy(&size, start, sizeof size);
    arena_return(data, start, size + BLOCK_HEADER);
}

static toka_status memory_status(const struct pattern_set *set)
{
    return set->arena->over_limit ? TOKA_E_TOO_LARGE : TOKA_E_NO_MEMORY;
}

static bool set_prepare(struct pattern_set *set)
{
    if (!set->general)
        set->general = pcre2_general_context_create(allocate_in_arena, free_in_arena, set->arena);
    if (set->general && !set->compile)
        set->compile = pcre2_compile_context_create(set->general);
    return set->compile != NULL;
}

static struct pattern *set_find(const struct pattern_set *set, uint64_t hash, const char *text, size_t size)
{
    struct pattern *pattern = set->patterns;
    while (pattern &&
           (pattern->hash != hash || pattern->size != size || memcmp(pattern->text, text, size) != 0))
        pattern = pattern->next;
    return pattern;
}

static const uint32_t compile_options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
                                        PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C;

static toka_status compile_native(struct pattern_set *set, struct pattern *pattern, const char *text,
                                  size_t size, uint32_t options, struct line *complaint)
{
    int error;
    size_t offset;
    pattern->code = pcre2_compile((PCRE2_SPTR)text, size, options, &error, &offset, set->compile);
    if (pattern->code) {
        pattern->next = set->patterns;
        set->patterns = pattern;
        return TOKA_OK;
    }
    if (error == PCRE2_ERROR_HEAP_FAILED)
        return memory_status(set);
    PCRE2_UCHAR8 reason[128];
    pcre2_get_error_message(error, reason, sizeof reason);
    line_quote(complaint, pattern->text, pattern->size);
    line_format(complaint, " is not a usable pattern: %s", (const char *)reason);
    return TOKA_E_PATTERN;
}

toka_status pattern_compile(struct pattern_set *set, struct arena *scratch, const char *text, size_t size,
                            const struct pattern **ret_pattern, struct line *complaint)
{
    uint64_t hash = XXH3_64bits(text, size);
    struct pattern *pattern = set_find(set, hash, text, size);
    if (pattern) {
        *ret_pattern = pattern;
        return TOKA_OK;
    }
    struct ecma_result measured = ecma_translate(text, size, ECMA_LENIENT, NULL);
    if (measured.complaint) {
        line_quote(complaint, text, size);
        line_format(complaint, " %s (at byte %zu)", measured.complaint, measured.offset);
        return TOKA_E_PATTERN;
    }
    if (!set_prepare(set))
        return memory_status(set);
    pattern = arena_alloc(set->arena, sizeof *pattern);
    char *translated = arena_alloc(scratch, measured.size + 1);
    if (!translated && scratch->over_limit)
        return TOKA_E_TOO_LARGE;
    if (!pattern || !translated)
        return memory_status(set);
    *pattern = (struct pattern){.hash = hash, .text = arena_copy(set->arena, text, size), .size = size};
    if (!pattern->text)
        return memory_status(set);
    ecma_translate(text, size, ECMA_LENIENT, translated);
    uint32_t options = compile_options | (measured.has_references ? 0 : PCRE2_NO_AUTO_CAPTURE);
    toka_status status = compile_native(set, pattern, translated, measured.size, options, complaint);
    arena_return(scratch, translated, measured.size + 1);
    if (status == TOKA_OK)
        *ret_pattern = pattern;
    return status;
}

toka_status pattern_compile_native(struct pattern_set *set, const char *text,
                                   const struct pattern **ret_pattern)
{
    size_t size = strlen(text);
    uint64_t hash = ~XXH3_64bits(text, size); /* never found as a schema's pattern of the same text */
    struct pattern *pattern = set_find(set, hash, text, size);
    if (!pattern) {
        if (!set_prepare(set) || !(pattern = arena_alloc(set->arena, sizeof *pattern)))
            return memory_status(set);
        *pattern = (struct pattern){.hash = hash, .text = text, .size = size};
        char buffer[256];
        struct line complaint;
        line_init(&complaint, buffer, sizeof buffer);
        toka_status status = compile_native(set, pattern, text, size, compile_options, &complaint);
        if (status != TOKA_OK)
            return status;
    }
    *ret_pattern = pattern;
    return TOKA_OK;
}

/* Memory for one match: a bump allocator on the stack, malloc when it is used up. */
struct match_memory {
    size_t used;
    _Alignas(16) char bytes[PATTERN_STACK_BYTES];
};

static void *allocate_for_match(size_t size, void *data)
{
    struct match_memory *memory = data;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > sizeof memory->bytes - memory->used)
        return malloc(size);
    void *block = memory->bytes + memory->used;
    memory->used += rounded;
    return block;
}

static void free_for_match(void *block, void *data)
{
    struct match_memory *memory = data;
    char *bytes = block;
    if (bytes < memory->bytes || bytes >= memory->bytes + sizeof memory->bytes)
        free(block);
}

static toka_status match_status(int result)
{
    switch (result) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
        return TOKA_E_LIMIT;
    case PCRE2_ERROR_NOMEMORY:
        return TOKA_E_NO_MEMORY;
    default:
        return result >= 0 ? TOKA_OK : TOKA_E_INVALID; /* also text that is not UTF-8 */
    }
}

toka_status pattern_match(const struct pattern *pattern, const char *text, size_t size)
{
    struct match_memory memory;
    memory.used = 0;
    /* These few small objects always fit on the stack, so they cannot fail. */
    pcre2_general_context *general =
        pcre2_general_context_create(allocate_for_match, free_for_match, &memory);
    pcre2_match_context *context = pcre2_match_context_create(general);
    pcre2_match_data *data = pcre2_match_data_create(1, general);
    pcre2_set_match_limit(context, PATTERN_MATCH_STEPS);
    pcre2_set_heap_limit(context, PATTERN_HEAP_KILOBYTES);
    int result = pcre2_match(pattern->code, (PCRE2_SPTR)text, size, 0, 0, data, context);
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_general_context_free(general);
    return match_status(result);
}

const char *pattern_text(const struct pattern *pattern, size_t *ret_size)
{
    *ret_size = pattern->size;
    return pattern->text;
}
