#include "symbols/symbol_client.h"

#include "symbols/confine.h"
#include "symbols/kept_answers.h"
#include "symbols/packed_answers.h"
#include "symbols/perf_map.h"

#include <errno.h>
#include <poll.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A module that was asked about. */
typedef struct asked_module {
    struct asked_module *next;
    char *path;
    uint8_t build_id[HG_ASKED_BUILD_ID];
    size_t build_id_size;
    char trouble[448]; /* why it is not asked about again; "": it is */
    bool is_kept;      /* the answers stay on disk for the next run */
    hg_kept_key key;
    size_t learned; /* how many answers with a function were not kept before */
    struct answer *answers;
} asked_module;

typedef struct answer {
    const asked_module *module;
    struct answer *next; /* of this module */
    uint64_t offset;
    size_t count;
    hg_symbol *symbols; /* followed by their texts, in one allocation */
} answer;

struct hg_symbols {
    hg_symbol_limits limits;
    pid_t process; /* that reads symbols; 0: none */
    int socket;
    unsigned starts;
    asked_module *modules;
    void *answers;       /* tsearch tree of answer */
    void *kept;          /* tsearch tree of hg_symbol, each followed by its texts, in one allocation */
    const char *trouble; /* of the last module found to be in one */
    int start_error;
    const hg_perf_map *map;
    char inbox[4096]; /* received from the server that runs, and not read yet from `unread` on */
    size_t unread, received;
};

/* How an attempt to ask ended. */
typedef enum attempt {
    ATTEMPT_DONE,
    ATTEMPT_ENDED_BEFORE, /* the server had ended before it was asked */
    ATTEMPT_ENDED,
    ATTEMPT_TOO_SLOW,
    ATTEMPT_NO_MEMORY, /* in this process */
} attempt;

static int compare_answers(const void *left, const void *right)
{
    const answer *a = left;
    const answer *b = right;
    if (a->module != b->module)
        return (uintptr_t)a->module < (uintptr_t)b->module ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void free_answer(void *given)
{
    answer *freed = given;
    free(freed->symbols);
    free(freed);
}

static double seconds_on(clockid_t clock)
{
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* When an attempt has taken too long, by the wall clock or by the server's processor time. */
typedef struct deadline {
    clockid_t processor;
    double wall, cpu;
} deadline;

static deadline begin_attempt(const hg_symbols *symbols)
{
    enum { WALL_SECONDS_OF_ONE = 10 };
    deadline end = {.processor = CLOCK_MONOTONIC};
    clock_getcpuclockid(symbols->process, &end.processor);
    end.wall = seconds_on(CLOCK_MONOTONIC) + WALL_SECONDS_OF_ONE * symbols->limits.seconds;
    end.cpu = seconds_on(end.processor) + symbols->limits.seconds;
    return end;
}

static bool is_over(const deadline *end)
{
    return seconds_on(CLOCK_MONOTONIC) >= end->wall || seconds_on(end->processor) >= end->cpu;
}

static void start_server(hg_symbols *symbols)
{
    symbols->starts++;
    symbols->unread = symbols->received = 0;
    symbols->start_error =
        hg_symbol_server_start(&symbols->limits.reading, &symbols->process, &symbols->socket);
}

/* Gives the status of the server, which ends if it has not. */
static int stop_server(hg_symbols *symbols, bool kill_it)
{
    int status = 0;
    if (symbols->process == 0)
        return 0;
    if (kill_it)
        kill(symbols->process, SIGKILL);
    close(symbols->socket);
    while (waitpid(symbols->process, &status, 0) < 0 && errno == EINTR)
        continue;
    symbols->process = 0;
    return status;
}

hg_symbols *hg_symbols_new_with(const hg_symbol_limits *limits)
{
    hg_symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return NULL;
    symbols->limits = *limits;
    start_server(symbols);
    return symbols;
}

hg_symbols *hg_symbols_new(void)
{
    const hg_symbol_limits usual = {
        .reading = {.find = hg_symbol_reader_find, .memory_bytes = hg_confine_usual_memory()},
        .seconds = 60,
        .keep = true,
    };
    return hg_symbols_new_with(&usual);
}

/* Writes what is known of the module, where that is more than what was kept of it before. */
static void keep_answers(const asked_module *module)
{
    char *bytes = NULL;
    size_t size = 0;
    size_t used = 0;
    FILE *out = module->is_kept && module->learned > 0 ? open_memstream(&bytes, &size) : NULL;
    if (!out)
        return;
    for (const answer *known = module->answers; known; known = known->next) {
        if (known->symbols[0].function[0] == '\0') /* another time, there may be one */
            continue;
        size_t more = hg_packed_answer_write(out, known->offset, known->symbols, known->count);
        if (used + more > HG_KEPT_BYTES)
            break;
        used += more;
    }
    if (fclose(out) == 0)
        hg_kept_write(&module->key, bytes, used);
    free(bytes);
}

void hg_symbols_free(hg_symbols *symbols)
{
    if (!symbols)
        return;
    stop_server(symbols, true);
    for (const asked_module *module = symbols->modules; module; module = module->next)
        keep_answers(module);
    tdestroy(symbols->answers, free_answer);
    tdestroy(symbols->kept, free);
    while (symbols->modules) {
        asked_module *next = symbols->modules->next;
        free(symbols->modules->path);
        free(symbols->modules);
        symbols->modules = next;
    }
    free(symbols);
}

/* Waits for some more of what the server says; nothing of what it said before is unread. */
static attempt fill_inbox(hg_symbols *symbols, const deadline *end)
{
    enum { LOOK_MS = 100 };
    for (;;) {
        ssize_t got = recv(symbols->socket, symbols->inbox, sizeof symbols->inbox, MSG_DONTWAIT);
        if (got > 0) {
            symbols->unread = 0;
            symbols->received = (size_t)got;
            return ATTEMPT_DONE;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return ATTEMPT_ENDED;
        struct pollfd wait = {.fd = symbols->socket, .events = POLLIN};
        if (is_over(end))
            return ATTEMPT_TOO_SLOW;
        poll(&wait, 1, LOOK_MS);
    }
}

static attempt receive(hg_symbols *symbols, void *bytes, size_t size, const deadline *end)
{
    for (char *at = bytes; size > 0;) {
        size_t ready = symbols->received - symbols->unread;
        size_t taken = ready < size ? ready : size;
        attempt status = ready > 0 ? ATTEMPT_DONE : fill_inbox(symbols, end);
        if (status != ATTEMPT_DONE)
            return status;
        memcpy(at, symbols->inbox + symbols->unread, taken);
        symbols->unread += taken;
        at += taken;
        size -= taken;
    }
    return ATTEMPT_DONE;
}

/* A request is smaller than what a socket holds, so this does not wait for the server. */
static attempt send_request(const hg_symbols *symbols, const asked_module *module, uint64_t offset)
{
    size_t path_size = strlen(module->path);
    const hg_symbol_request request = {offset, (uint32_t)path_size, (uint32_t)module->build_id_size};
    struct iovec parts[] = {{(void *)&request, sizeof request},
                            {module->path, path_size},
                            {(void *)module->build_id, module->build_id_size}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = sizeof parts / sizeof *parts};
    size_t size = sizeof request + path_size + module->build_id_size;
    return sendmsg(symbols->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size
               ? ATTEMPT_DONE
               : ATTEMPT_ENDED_BEFORE;
}

/* The server reads hostile files: what it says is as little trusted as they are. */
static bool is_sound(const hg_symbol_answer *head, const hg_symbol_part *parts)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < head->count; i++) {
        if (parts[i].function_size > HG_ANSWERED_TEXT || parts[i].file_size > HG_ANSWERED_TEXT)
            return false;
        size += parts[i].function_size + parts[i].file_size;
    }
    return size == head->text_size;
}

/* The symbols of an answer and their texts, which are received last, in one allocation. */
static attempt receive_texts(hg_symbols *symbols, const hg_symbol_answer *head, const hg_symbol_part *parts,
                             const deadline *end, hg_symbol **ret_found)
{
    size_t room = head->count * (sizeof(hg_symbol) + 2) + head->text_size;
    hg_symbol *found = calloc(1, room);
    if (!found)
        return ATTEMPT_NO_MEMORY;
    attempt status = ATTEMPT_DONE;
    char *text = (char *)(found + head->count);
    for (uint32_t i = 0; i < head->count && status == ATTEMPT_DONE; i++) {
        found[i] = (hg_symbol){.function = text,
                               .file = text + parts[i].function_size + 1,
                               .line = parts[i].line,
                               .inlined = parts[i].inlined != 0};
        status = receive(symbols, text, parts[i].function_size, end);
        text += parts[i].function_size + 1;
        if (status == ATTEMPT_DONE)
            status = receive(symbols, text, parts[i].file_size, end);
        text += parts[i].file_size + 1;
    }
    if (status == ATTEMPT_DONE)
        *ret_found = found;
    else
        free(found);
    return status;
}

static attempt ask(hg_symbols *symbols, const asked_module *module, uint64_t offset, answer *ret_answer)
{
    const deadline end = begin_attempt(symbols);
    hg_symbol_answer head = {0};
    hg_symbol_part parts[HG_ANSWERED_SYMBOLS] = {0};
    attempt status = send_request(symbols, module, offset);
    if (status == ATTEMPT_DONE)
        status = receive(symbols, &head, sizeof head, &end);
    if (status == ATTEMPT_DONE && (head.count == 0 || head.count > HG_ANSWERED_SYMBOLS))
        status = ATTEMPT_ENDED;
    if (status == ATTEMPT_DONE)
        status = receive(symbols, parts, head.count * sizeof *parts, &end);
    if (status == ATTEMPT_DONE && !is_sound(&head, parts))
        status = ATTEMPT_ENDED;
    hg_symbol *found = NULL;
    if (status == ATTEMPT_DONE)
        status = receive_texts(symbols, &head, parts, &end, &found);
    if (status == ATTEMPT_DONE)
        *ret_answer = (answer){.module = module, .offset = offset, .count = head.count, .symbols = found};
    return status;
}

/* Says what became of the server while it read the module. */
static void note_trouble(const hg_symbols *symbols, asked_module *module, attempt how, int status)
{
    char what[64];
    if (how == ATTEMPT_TOO_SLOW)
        snprintf(what, sizeof what, "took more than %.3g s for one address", symbols->limits.seconds);
    else if (WIFSIGNALED(status))
        snprintf(what, sizeof what, "ended with signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == HG_SYMBOL_SERVER_NO_MEMORY)
        snprintf(what, sizeof what, "took too much memory");
    else
        snprintf(what, sizeof what, "ended with exit code %d", WEXITSTATUS(status));
    snprintf(module->trouble, sizeof module->trouble,
             "functions of %.300s have no names, because the process that read them %s", module->path, what);
}

static void note_no_server(const hg_symbols *symbols, asked_module *module)
{
    snprintf(module->trouble, sizeof module->trouble,
             "functions of %.300s have no names, because the process that reads them %s%s", module->path,
             symbols->start_error < 0 ? "cannot be started: " : "ended too often",
             symbols->start_error < 0 ? strerror(-symbols->start_error) : "");
}

/* False when memory ran out. Where there is no answer, nothing is known of the address. */
static bool ask_server(hg_symbols *symbols, asked_module *module, uint64_t offset, answer *ret_answer)
{
    attempt status = ATTEMPT_ENDED_BEFORE;
    for (int i = 0; i < 2 && status == ATTEMPT_ENDED_BEFORE; i++) {
        if (symbols->process == 0 && symbols->starts <= HG_SYMBOL_SERVER_RESTARTS)
            start_server(symbols);
        if (symbols->process == 0) {
            note_no_server(symbols, module);
            return true;
        }
        status = ask(symbols, module, offset, ret_answer);
        if (status == ATTEMPT_DONE)
            return true;
        int ended = stop_server(symbols, status == ATTEMPT_TOO_SLOW || status == ATTEMPT_NO_MEMORY);
        if (status == ATTEMPT_ENDED || status == ATTEMPT_TOO_SLOW)
            note_trouble(symbols, module, status, ended);
    }
    return status != ATTEMPT_NO_MEMORY;
}

/* NULL, with the symbols freed, when memory ran out or the address is known. */
static const answer *remember(hg_symbols *symbols, asked_module *module, const answer *given)
{
    answer *made = malloc(sizeof *made);
    answer *const *known = NULL;
    if (made) {
        *made = *given;
        known = tsearch(made, &symbols->answers, compare_answers);
    }
    if (!known || *known != made) {
        free(given->symbols);
        free(made);
        return NULL;
    }
    made->next = module->answers;
    module->answers = made;
    return made;
}

static void take_kept(hg_symbols *symbols, asked_module *module)
{
    size_t size = 0;
    char *bytes = hg_kept_read(&module->key, &size);
    const char *at = bytes;
    while (bytes) {
        answer kept = {.module = module};
        kept.symbols = hg_packed_answer_read(&at, bytes + size, &kept.offset, &kept.count);
        if (!kept.symbols || !remember(symbols, module, &kept))
            break;
    }
    free(bytes);
}

/* NULL when memory ran out. */
static asked_module *module_of(hg_symbols *symbols, const hg_module_id *id)
{
    size_t size = id->build_id_size < HG_ASKED_BUILD_ID ? id->build_id_size : HG_ASKED_BUILD_ID;
    for (asked_module *known = symbols->modules; known; known = known->next)
        if (strcmp(known->path, id->path) == 0 && known->build_id_size == size &&
            (size == 0 || memcmp(known->build_id, id->build_id, size) == 0))
            return known;
    asked_module *made = calloc(1, sizeof *made);
    char *path = strdup(id->path);
    if (!made || !path) {
        free(made);
        free(path);
        return NULL;
    }
    made->path = path;
    made->build_id_size = size;
    if (strlen(path) > HG_ASKED_PATH)
        snprintf(made->trouble, sizeof made->trouble,
                 "functions of a module have no names, because its path is too long");
    if (size > 0)
        memcpy(made->build_id, id->build_id, size);
    made->next = symbols->modules;
    symbols->modules = made;
    made->is_kept = symbols->limits.keep && hg_kept_key_of(id, &made->key);
    if (made->is_kept)
        take_kept(symbols, made);
    return made;
}

/* Asks, and remembers the answer. NULL when memory ran out. */
static const answer *learn(hg_symbols *symbols, asked_module *module, uint64_t offset)
{
    answer made = {0};
    if (!module->trouble[0] && !ask_server(symbols, module, offset, &made))
        return NULL;
    module->learned += made.symbols && made.symbols[0].function[0];
    if (!made.symbols) {
        made.symbols = malloc(sizeof *made.symbols);
        if (!made.symbols)
            return NULL;
        made.symbols[0] = (hg_symbol){.function = "", .file = ""};
        made.count = 1;
    }
    made.module = module;
    made.offset = offset;
    return remember(symbols, module, &made);
}

static int compare_symbols(const void *left, const void *right)
{
    const hg_symbol *a = left;
    const hg_symbol *b = right;
    int order = a->line - b->line;
    order = order ? order : strcmp(a->function, b->function);
    return order ? order : strcmp(a->file, b->file);
}

const hg_symbol *hg_symbols_keep(hg_symbols *symbols, const hg_symbol *symbol)
{
    hg_symbol *const *known = tfind(symbol, &symbols->kept, compare_symbols);
    if (known)
        return *known;
    size_t function = strlen(symbol->function) + 1;
    size_t file = strlen(symbol->file) + 1;
    hg_symbol *made = malloc(sizeof *made + function + file);
    if (!made)
        return NULL;
    char *text = (char *)(made + 1);
    *made = (hg_symbol){.function = memcpy(text, symbol->function, function),
                        .file = memcpy(text + function, symbol->file, file),
                        .line = symbol->line};
    if (tsearch(made, &symbols->kept, compare_symbols))
        return made;
    free(made);
    return NULL;
}

void hg_symbols_name_code(hg_symbols *symbols, const hg_perf_map *map)
{
    symbols->map = map;
}

const hg_symbol *hg_symbols_find(hg_symbols *symbols, const hg_module_id *id, uint64_t offset,
                                 size_t *ret_count)
{
    static const hg_symbol no_name = {.function = HG_SYMBOLS_NO_NAME, .file = ""};
    if (id->path[0] == '\0' && id->build_id_size == 0) {
        const hg_symbol *named = symbols->map ? hg_perf_map_find(symbols->map, offset - 1) : NULL;
        *ret_count = 1;
        return named ? named : &no_name;
    }
    asked_module *module = module_of(symbols, id);
    if (!module)
        return NULL;
    const answer key = {.module = module, .offset = offset};
    answer *const *known = tfind(&key, &symbols->answers, compare_answers);
    const answer *found = known ? *known : learn(symbols, module, offset);
    if (!found)
        return NULL;
    if (module->trouble[0])
        symbols->trouble = module->trouble;
    *ret_count = found->count;
    return found->symbols;
}

const char *hg_symbols_take_trouble(hg_symbols *symbols)
{
    const char *trouble = symbols->trouble;
    symbols->trouble = NULL;
    return trouble;
}
