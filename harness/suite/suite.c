#include "suite/suite.h"

#include "allocators/allocators.h"
#include "base/timestamp.h"
#include "record/calls.h"
#include "suite/builtin.h"
#include "suite/node.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool read_expect(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    const char *text = hg_scalar(reader, value, "expect");
    if (!text)
        return false;
    for (int i = HG_EXPECT_CLEAN; i <= HG_EXPECT_FRAGMENTATION; i++) {
        if (strcmp(text, hg_expect_name((hg_expect)i)) == 0) {
            *(hg_expect *)target = (hg_expect)i;
            return true;
        }
    }
    return hg_reader_fail(reader, value, "expect must be 'clean', 'leak' or 'fragmentation', not '%.64s'",
                          text);
}

/* One more zeroed element at the end of an array. */
static void *append(void *array, size_t *count, size_t size)
{
    char *grown = realloc(*(void **)array, (*count + 1) * size);
    if (!grown)
        return NULL;
    *(void **)array = grown;
    return memset(grown + (*count)++ * size, 0, size);
}

static bool set_empty(char **field)
{
    *field = strdup("");
    return *field != NULL;
}

static bool read_subject(const hg_yaml_reader *reader, const char *name, const yaml_node_t *at,
                         const yaml_node_t *value, void *target)
{
    static const hg_key keys[] = {
        {"library_path", hg_read_string, offsetof(hg_suite_subject, library_path)},
        {"expect", read_expect, offsetof(hg_suite_subject, expect)},
        {0},
    };
    hg_suite *suite = target;
    hg_suite_subject *subject = append(&suite->subjects, &suite->subject_count, sizeof *subject);
    if (!subject || !set_empty(&subject->library_path) || !(subject->name = strdup(name)))
        return hg_reader_fail(reader, at, "out of memory");
    return hg_read_mapping(reader, value, "a subject", keys, subject);
}

static bool read_subjects(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    return hg_read_entries(reader, value, "subjects", read_subject, target);
}

static bool read_allocator(const hg_yaml_reader *reader, const yaml_node_t *value, char **ret_name)
{
    char known[256];
    if (!hg_read_string(reader, value, ret_name))
        return false;
    if (hg_allocator_find(*ret_name))
        return true;
    hg_allocator_names(" and ", known, sizeof known);
    return hg_reader_fail(reader, value, "unknown allocator '%.64s'; known are %s", *ret_name, known);
}

static bool read_allocators(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    hg_suite *suite = target;
    if (!value || value->type != YAML_SEQUENCE_NODE)
        return hg_reader_fail(reader, value, "allocators must be a list: [glibc, jemalloc]");
    for (const yaml_node_item_t *item = value->data.sequence.items.start;
         item < value->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(reader->document, *item);
        char **name = append(&suite->allocators, &suite->allocator_count, sizeof *name);
        if (!name)
            return hg_reader_fail(reader, node, "out of memory");
        if (!read_allocator(reader, node, name))
            return false;
    }
    return true;
}

static bool read_expectation(const hg_yaml_reader *reader, const char *name, const yaml_node_t *at,
                             const yaml_node_t *value, void *target)
{
    hg_suite_workload *workload = target;
    hg_suite_expectation *added =
        append(&workload->expectations, &workload->expectation_count, sizeof *added);
    if (!added || !(added->subject = strdup(name)))
        return hg_reader_fail(reader, at, "out of memory");
    added->line = at->start_mark.line + 1;
    return read_expect(reader, value, &added->expect);
}

/* Either one word for all subjects, or one word per subject. */
static bool read_expectations(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    if (value && value->type == YAML_SCALAR_NODE)
        return read_expectation(reader, "", value, value, target);
    return hg_read_entries(reader, value, "expect", read_expectation, target);
}

static bool read_plugin(const hg_yaml_reader *reader, const char *name, const yaml_node_t *at,
                        const yaml_node_t *value, void *target)
{
    hg_suite_workload *workload = target;
    hg_suite_plugin *added = append(&workload->plugins, &workload->plugin_count, sizeof *added);
    if (!added || !set_empty(&added->path) || !(added->subject = strdup(name)))
        return hg_reader_fail(reader, at, "out of memory");
    added->line = at ? at->start_mark.line + 1 : 0;
    return hg_read_string(reader, value, &added->path);
}

/* Either one for all subjects, or one per subject. */
static bool read_plugins(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    if (value && value->type == YAML_MAPPING_NODE)
        return hg_read_entries(reader, value, "plugin", read_plugin, target);
    return read_plugin(reader, "", value, value, target);
}

static bool read_max_slowdown(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    hg_suite_workload *workload = target;
    if (!hg_read_amount(reader, value, &workload->max_slowdown))
        return false;
    if (workload->max_slowdown < HG_LEAST_SLOWDOWN || workload->max_slowdown > HG_MOST_SLOWDOWN)
        return hg_reader_fail(
            reader, value,
            "max_slowdown must be from %g to %g: an op may take that many times as long, such as 1.2",
            HG_LEAST_SLOWDOWN, HG_MOST_SLOWDOWN);
    workload->max_slowdown_line = value->start_mark.line + 1;
    return true;
}

static bool read_bound(const hg_yaml_reader *reader, const char *name, const yaml_node_t *at,
                       const yaml_node_t *value, void *target)
{
    static const hg_key keys[] = {
        {"blocks", hg_read_count, offsetof(hg_bound, blocks)},
        {"bytes", hg_read_bytes, offsetof(hg_bound, bytes)},
        {0},
    };
    hg_bounds *bounds = target;
    hg_bound *bound = append(&bounds->bounds, &bounds->count, sizeof *bound);
    if (!bound || !(bound->holder = strdup(name)))
        return hg_reader_fail(reader, at, "out of memory");
    bound->known = 1;
    if (!hg_read_mapping(reader, value, "a bound", keys, bound))
        return false;
    if (bound->blocks <= 0 && bound->bytes <= 0)
        return hg_reader_fail(reader, at, "the bound of '%.64s' needs a number of blocks or bytes", name);
    return true;
}

static bool read_bounds(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    return hg_read_entries(reader, value, "bounds", read_bound, target);
}

static void clear_bounds(hg_bounds *bounds)
{
    for (size_t i = 0; i < bounds->count; i++)
        free(bounds->bounds[i].holder);
    free(bounds->bounds);
}

static bool read_date(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    char stamp[HG_TIMESTAMP_SIZE];
    int64_t seconds;
    const char *text = hg_scalar(reader, value, "a day");
    if (!text)
        return false;
    int length = snprintf(stamp, sizeof stamp, "%sT00:00:00Z", text);
    if ((size_t)length + 1 != sizeof stamp || !hg_timestamp_read(stamp, &seconds))
        return hg_reader_fail(reader, value, "expected a day such as 2027-06-30, got '%.64s'", text);
    return hg_read_string(reader, value, target);
}

static bool read_until(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    bool never = value && value->type == YAML_SCALAR_NODE &&
                 strcmp((const char *)value->data.scalar.value, HG_LEAK_NEVER) == 0;
    return (never ? hg_read_string : read_date)(reader, value, target);
}

/* What a declaration is by; it cannot be empty, and none that takes everything has a meaning. */
static bool read_pattern(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    if (!hg_read_string(reader, value, target))
        return false;
    const char *text = *(char **)target;
    return text[strspn(text, "*?. ")] != '\0' ||
           hg_reader_fail(reader, value, "'%.64s' is the name of nothing in particular", text);
}

static bool read_stack(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    hg_leak *leak = target;
    bool named = false;
    if (!value || value->type != YAML_SEQUENCE_NODE)
        return hg_reader_fail(reader, value, "stack must be a list: [xmalloc, \"...\", shop_open]");
    for (const yaml_node_item_t *item = value->data.sequence.items.start;
         item < value->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(reader->document, *item);
        const char *frame = hg_scalar(reader, node, "a frame");
        if (!frame)
            return false;
        if (leak->depth == HG_LEAK_MOST_FRAMES)
            return hg_reader_fail(reader, node, "a stack has at most %u frames", HG_LEAK_MOST_FRAMES);
        if (!hg_leak_add_frame(leak, frame))
            return hg_reader_fail(reader, node, "out of memory");
        named |= frame[strspn(frame, "*?. ")] != '\0';
    }
    return named || hg_reader_fail(reader, value, "the stack names no function and no module");
}

static bool read_leak(const hg_yaml_reader *reader, const yaml_node_t *value, hg_leak *leak)
{
    static const hg_key keys[] = {
        {"function", read_pattern, offsetof(hg_leak, function)},
        {"holder", read_pattern, offsetof(hg_leak, holder)},
        {"stack", read_stack, 0},
        {"anywhere", read_pattern, offsetof(hg_leak, anywhere)},
        {"why", hg_read_string, offsetof(hg_leak, why)},
        {"who", hg_read_string, offsetof(hg_leak, who)},
        {"until", read_until, offsetof(hg_leak, until)},
        {"since", read_date, offsetof(hg_leak, since)},
        {0},
    };
    if (!hg_read_mapping(reader, value, "a leak", keys, leak))
        return false;
    leak->line = value->start_mark.line + 1;
    int named =
        (leak->function != NULL) + (leak->holder != NULL) + (leak->depth > 0) + (leak->anywhere != NULL);
    if (named != 1)
        return hg_reader_fail(reader, value,
                              "a leak has one of function, holder, stack and anywhere, and this one has %s",
                              named == 0 ? "none" : "more");
    const char *missing = !leak->why || !leak->why[0]   ? "why it may stay"
                          : !leak->who || !leak->who[0] ? "who answers for it"
                          : !leak->until                ? "until when (until: 2027-06-30, or never)"
                                                        : NULL;
    return !missing || hg_reader_fail(reader, value, "a leak must say %s", missing);
}

static bool read_leaks(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    hg_leaks *leaks = target;
    if (!value || value->type != YAML_SEQUENCE_NODE)
        return hg_reader_fail(
            reader, value,
            "leaks must be a list: - { function: table_new, why: ..., who: ..., until: never }");
    for (const yaml_node_item_t *item = value->data.sequence.items.start;
         item < value->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(reader->document, *item);
        hg_leak *leak = hg_leaks_add(leaks);
        if (!leak)
            return hg_reader_fail(reader, node, "out of memory");
        if (!read_leak(reader, node, leak))
            return false;
    }
    return true;
}

static bool read_calls_word(const hg_yaml_reader *reader, const yaml_node_t *value, uint32_t *ret_calls)
{
    const char *word;
    size_t length;
    const char *text = hg_scalar(reader, value, "a call that fails");
    if (!text)
        return false;
    return hg_calls_parse(text, ret_calls, &word, &length) ||
           hg_reader_fail(reader, value,
                          "unknown call '%.*s'; known are memory, malloc, calloc, realloc, new, mmap, open, "
                          "socket, pipe, pthread_create and all",
                          length < 64 ? (int)length : 64, word);
}

/* "memory,open" or [memory, open]. */
static bool read_calls(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    uint32_t *calls = target;
    if (value && value->type == YAML_SEQUENCE_NODE) {
        *calls = 0;
        for (const yaml_node_item_t *item = value->data.sequence.items.start;
             item < value->data.sequence.items.top; item++) {
            uint32_t more = 0;
            if (!read_calls_word(reader, yaml_document_get_node(reader->document, *item), &more))
                return false;
            *calls |= more;
        }
        return *calls != 0 || hg_reader_fail(reader, value, "fail must name a call, such as [memory, open]");
    }
    return read_calls_word(reader, value, calls);
}

static bool read_torture(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    static const hg_key keys[] = {
        {"ops", hg_read_count, offsetof(hg_suite_torture, ops)},
        {"clean_ops", hg_read_count, offsetof(hg_suite_torture, clean_ops)},
        {"path_depth", hg_read_count, offsetof(hg_suite_torture, path_depth)},
        {"fail", read_calls, offsetof(hg_suite_torture, calls)},
        {"only", hg_read_string, offsetof(hg_suite_torture, only)},
        {"accept", hg_read_string, offsetof(hg_suite_torture, accept)},
        {0},
    };
    hg_suite_torture *torture = target;
    torture->wanted = true;
    torture->calls = HG_CALLS_MEMORY;
    return hg_read_mapping(reader, value, "torture", keys, torture);
}

static bool read_workload(const hg_yaml_reader *reader, const char *name, const yaml_node_t *at,
                          const yaml_node_t *value, void *target)
{
    static const hg_key keys[] = {
        {"plugin", read_plugins, 0},
        {"corpus", hg_read_string, offsetof(hg_suite_workload, corpus)},
        {"ops", hg_read_count, offsetof(hg_suite_workload, ops)},
        {"warmup_ops", hg_read_count, offsetof(hg_suite_workload, warmup_ops)},
        {"only_by_name", hg_read_flag, offsetof(hg_suite_workload, only_by_name)},
        {"rate_per_hour", hg_read_amount, offsetof(hg_suite_workload, rate_per_hour)},
        {"max_bytes_per_op", hg_read_amount, offsetof(hg_suite_workload, max_bytes_per_op)},
        {"max_slowdown", read_max_slowdown, 0},
        {"bounds", read_bounds, offsetof(hg_suite_workload, bounds)},
        {"expect", read_expectations, 0},
        {"torture", read_torture, offsetof(hg_suite_workload, torture)},
        {0},
    };
    hg_suite *suite = target;
    hg_suite_workload *workload = append(&suite->workloads, &suite->workload_count, sizeof *workload);
    if (!workload || !set_empty(&workload->corpus) || !(workload->name = strdup(name)))
        return hg_reader_fail(reader, at, "out of memory");
    if (!hg_read_mapping(reader, value, "a workload", keys, workload))
        return false;
    if (workload->plugin_count == 0 || workload->plugins[0].path[0] == '\0')
        return hg_reader_fail(reader, at, "workload '%.64s' has no plugin", name);
    return true;
}

static bool read_workloads(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    return hg_read_entries(reader, value, "workloads", read_workload, target);
}

static bool read_limits(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    static const hg_key keys[] = {
        {"timeout", hg_read_seconds, offsetof(hg_suite, time_limit_seconds)},
        {"memory", hg_read_bytes, offsetof(hg_suite, memory_limit_bytes)},
        {"budget", hg_read_seconds, offsetof(hg_suite, budget_seconds)},
        {0},
    };
    return hg_read_mapping(reader, value, "limits", keys, target);
}

bool hg_suite_has_workload(const hg_suite *suite, const char *name)
{
    bool known = false;
    for (size_t w = 0; w < suite->workload_count; w++)
        known |= strcmp(suite->workloads[w].name, name) == 0;
    return known;
}

bool hg_suite_has_subject(const hg_suite *suite, const char *name)
{
    bool known = false;
    for (size_t s = 0; s < suite->subject_count; s++)
        known |= strcmp(suite->subjects[s].name, name) == 0;
    return known;
}

static bool check_plugins(const hg_yaml_reader *reader, const hg_suite *suite,
                          const hg_suite_workload *workload)
{
    for (size_t i = 0; i < workload->plugin_count; i++) {
        const hg_suite_plugin *plugin = &workload->plugins[i];
        if (plugin->subject[0] != '\0' && !hg_suite_has_subject(suite, plugin->subject))
            return hg_reader_fail_at(reader, plugin->line,
                                     "workload '%.64s' has a plug-in for the unknown subject '%.64s'",
                                     workload->name, plugin->subject);
    }
    for (size_t s = 0; s < suite->subject_count; s++)
        if (!hg_suite_plugin_of(workload, &suite->subjects[s]))
            return hg_reader_fail_at(reader, workload->plugins[0].line,
                                     "workload '%.64s' has no plug-in for the subject '%.64s'",
                                     workload->name, suite->subjects[s].name);
    return true;
}

/* Every subject that a workload refers to must be one of the suite's. */
static bool check_names(const hg_yaml_reader *reader, const hg_suite *suite)
{
    for (size_t w = 0; w < suite->workload_count; w++) {
        const hg_suite_workload *workload = &suite->workloads[w];
        if (!check_plugins(reader, suite, workload))
            return false;
        if (workload->max_slowdown > 0 &&
            (!hg_suite_has_subject(suite, HG_REFERENCE) || suite->subject_count < 2))
            return hg_reader_fail_at(
                reader, workload->max_slowdown_line,
                "workload '%.64s' has a max_slowdown, which compares with a subject called "
                "'" HG_REFERENCE "': add %s",
                workload->name, hg_suite_has_subject(suite, HG_REFERENCE) ? "another subject" : "it");
        for (size_t e = 0; e < workload->expectation_count; e++) {
            const char *name = workload->expectations[e].subject;
            if (name[0] != '\0' && !hg_suite_has_subject(suite, name))
                return hg_reader_fail_at(
                    reader, workload->expectations[e].line,
                    "workload '%.64s' has an expectation for the unknown subject '%.64s'", workload->name,
                    name);
        }
    }
    return true;
}

static const char *const undeclared_words[] = {"ignore", "warn", "fail"};

/* One of three words. */
static bool read_choice(const hg_yaml_reader *reader, const yaml_node_t *value, const char *key,
                        const char *const words[3], char **ret_word)
{
    const char *text = hg_scalar(reader, value, key);
    if (!text)
        return false;
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0)
            return hg_read_string(reader, value, ret_word);
    return hg_reader_fail(reader, value, "%s must be '%s', '%s' or '%s', not '%.64s'", key, words[0],
                          words[1], words[2], text);
}

static bool read_holders(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    static const char *const words[] = {"auto", "always", "never"};
    return read_choice(reader, value, "holders", words, target);
}

static bool read_undeclared(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    return read_choice(reader, value, "undeclared_holders", undeclared_words, target);
}

static bool read_undeclared_leaks(const hg_yaml_reader *reader, const yaml_node_t *value, void *target)
{
    return read_choice(reader, value, "undeclared_leaks", undeclared_words, target);
}

/* A suite that never looks for holders cannot keep them within bounds. */
static bool check_bounds(const hg_yaml_reader *reader, const yaml_node_t *root, const hg_suite *suite)
{
    bool bounded = suite->bounds.count > 0 || strcmp(suite->undeclared, "ignore") != 0;
    for (size_t i = 0; i < suite->workload_count; i++)
        bounded |= suite->workloads[i].bounds.count > 0;
    if (bounded && strcmp(suite->holders, "never") == 0)
        return hg_reader_fail(reader, root,
                              "the suite has bounds of holders, and 'holders: never'; remove one");
    if (hg_leaks_need_holders(&suite->leaks) && strcmp(suite->holders, "never") == 0)
        return hg_reader_fail(reader, root,
                              "the suite declares leaks by holder, and has 'holders: never'; remove one");
    return true;
}

static bool read_document(const hg_yaml_reader *reader, hg_suite *suite)
{
    static const hg_key keys[] = {
        {"suite", hg_read_string, offsetof(hg_suite, name)},
        {"subjects", read_subjects, 0},
        {"allocators", read_allocators, 0},
        {"workloads", read_workloads, 0},
        {"limits", read_limits, 0},
        {"baseline", hg_read_string, offsetof(hg_suite, baseline)},
        {"holders", read_holders, offsetof(hg_suite, holders)},
        {"bounds", read_bounds, offsetof(hg_suite, bounds)},
        {"undeclared_holders", read_undeclared, offsetof(hg_suite, undeclared)},
        {"leaks", read_leaks, offsetof(hg_suite, leaks)},
        {"undeclared_leaks", read_undeclared_leaks, offsetof(hg_suite, undeclared_leaks)},
        {0},
    };
    const yaml_node_t *root = yaml_document_get_root_node(reader->document);
    if (!root)
        return hg_reader_fail(reader, NULL,
                              "the file is empty; a suite has subjects, allocators and workloads");
    if (!hg_read_mapping(reader, root, "the suite", keys, suite))
        return false;
    if (suite->subject_count == 0 || suite->allocator_count == 0 || suite->workload_count == 0)
        return hg_reader_fail(reader, root, "the suite has no %s; it needs at least one",
                              suite->subject_count == 0     ? "subjects"
                              : suite->allocator_count == 0 ? "allocators"
                                                            : "workloads");
    return check_names(reader, suite) && check_bounds(reader, root, suite);
}

static hg_suite *new_suite(const char *file)
{
    hg_suite *suite = calloc(1, sizeof *suite);
    if (!suite)
        return NULL;
    suite->time_limit_seconds = HG_DEFAULT_TIME_LIMIT;
    suite->memory_limit_bytes = HG_DEFAULT_MEMORY_LIMIT;
    suite->budget_seconds = HG_DEFAULT_BUDGET;
    const char *slash = strrchr(file, '/');
    suite->file = strdup(file);
    suite->folder = !slash          ? strdup(".")
                    : slash == file ? strdup("/")
                                    : strndup(file, (size_t)(slash - file));
    if (!suite->file || !suite->folder || !set_empty(&suite->name) || !set_empty(&suite->baseline) ||
        !set_empty(&suite->holders) || !set_empty(&suite->undeclared_leaks) ||
        !(suite->undeclared = strdup("ignore"))) {
        hg_suite_free(suite);
        return NULL;
    }
    return suite;
}

/* libyaml's time grows with the square of the nesting depth of brackets; no suite nests deeply. */
static bool nests_too_deep(const char *text, size_t size)
{
    enum { MOST_BRACKETS = 200 };
    size_t open = 0;
    for (size_t i = 0; i < size && open <= MOST_BRACKETS; i++) {
        if (text[i] == '[' || text[i] == '{')
            open++;
        else if ((text[i] == ']' || text[i] == '}') && open > 0)
            open--;
    }
    return open > MOST_BRACKETS;
}

/* Nothing may follow the suite's document. */
static bool check_end(const hg_yaml_reader *reader, yaml_parser_t *parser)
{
    yaml_document_t rest;
    if (!yaml_parser_load(parser, &rest))
        return hg_reader_fail_at(reader, parser->problem_mark.line + 1, "invalid YAML: %s",
                                 parser->problem ? parser->problem : "unreadable");
    bool more = yaml_document_get_root_node(&rest) != NULL;
    size_t line = rest.start_mark.line + 1;
    yaml_document_delete(&rest);
    return !more || hg_reader_fail_at(reader, line,
                                      "a second YAML document starts here; a suite must be a single one");
}

static hg_suite *parse(const char *file, const char *text, size_t size, char *message, size_t message_size)
{
    yaml_parser_t parser;
    yaml_document_t document;
    hg_yaml_reader reader = {&document, file, message, message_size};
    hg_suite *suite = new_suite(file);
    if (!suite || !yaml_parser_initialize(&parser)) {
        snprintf(message, message_size, "%s: out of memory", file);
        hg_suite_free(suite);
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    bool done = false;
    if (nests_too_deep(text, size)) {
        hg_reader_fail(&reader, NULL, "brackets are nested too deeply");
    } else if (!yaml_parser_load(&parser, &document)) {
        hg_reader_fail_at(&reader, parser.problem_mark.line + 1, "invalid YAML: %s",
                          parser.problem ? parser.problem : "unreadable");
    } else {
        done = read_document(&reader, suite) && check_end(&reader, &parser);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    if (done)
        return suite;
    hg_suite_free(suite);
    return NULL;
}

hg_suite *hg_suite_read(const char *path, char *message, size_t message_size)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(message, message_size, "cannot read the suite %s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(HG_MOST_SUITE_BYTES + 1);
    size_t size = text ? fread(text, 1, HG_MOST_SUITE_BYTES + 1, file) : 0;
    int error = ferror(file) ? errno : 0;
    fclose(file);
    hg_suite *suite = NULL;
    if (!text)
        snprintf(message, message_size, "%s: out of memory", path);
    else if (error)
        snprintf(message, message_size, "cannot read the suite %s: %s", path, strerror(error));
    else if (size > HG_MOST_SUITE_BYTES)
        snprintf(message, message_size, "%s: the suite file is larger than 1 MiB", path);
    else
        suite = parse(path, text, size, message, message_size);
    free(text);
    return suite;
}

hg_suite *hg_suite_builtin(char *message, size_t message_size)
{
    return parse("", hg_suite_builtin_text, strlen(hg_suite_builtin_text), message, message_size);
}

void hg_suite_free(hg_suite *suite)
{
    if (!suite)
        return;
    for (size_t i = 0; i < suite->subject_count; i++) {
        free(suite->subjects[i].name);
        free(suite->subjects[i].library_path);
    }
    for (size_t i = 0; i < suite->allocator_count; i++)
        free(suite->allocators[i]);
    for (size_t i = 0; i < suite->workload_count; i++) {
        hg_suite_workload *workload = &suite->workloads[i];
        for (size_t e = 0; e < workload->expectation_count; e++)
            free(workload->expectations[e].subject);
        for (size_t p = 0; p < workload->plugin_count; p++) {
            free(workload->plugins[p].subject);
            free(workload->plugins[p].path);
        }
        clear_bounds(&workload->bounds);
        free(workload->expectations);
        free(workload->plugins);
        free(workload->name);
        free(workload->corpus);
        free(workload->torture.only);
        free(workload->torture.accept);
    }
    free(suite->subjects);
    free(suite->allocators);
    free(suite->workloads);
    free(suite->name);
    free(suite->file);
    free(suite->folder);
    free(suite->baseline);
    free(suite->holders);
    clear_bounds(&suite->bounds);
    free(suite->undeclared);
    hg_leaks_clear(&suite->leaks);
    free(suite->undeclared_leaks);
    free(suite);
}

hg_expect hg_suite_expectation_of(const hg_suite_workload *workload, const hg_suite_subject *subject)
{
    for (size_t i = 0; i < workload->expectation_count; i++) {
        const hg_suite_expectation *known = &workload->expectations[i];
        if (known->subject[0] == '\0' || strcmp(known->subject, subject->name) == 0)
            return known->expect;
    }
    return subject->expect;
}

const char *hg_suite_plugin_of(const hg_suite_workload *workload, const hg_suite_subject *subject)
{
    for (size_t i = 0; i < workload->plugin_count; i++) {
        const hg_suite_plugin *known = &workload->plugins[i];
        if (known->subject[0] == '\0' || strcmp(known->subject, subject->name) == 0)
            return known->path;
    }
    return NULL;
}
