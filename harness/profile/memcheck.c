/*
 * memcheck (valgrind): at every checkpoint a leak check that tells what was added since the last, and a
 * client message with the totals. All of it is in one XML file, in this order:
 *
 *     <error><kind>Leak_StillReachable</kind>
 *       <xwhat>... <leakedbytes>6195</leakedbytes><leakedblocks>5</leakedblocks></xwhat>
 *       <stack><frame><obj>..</obj><fn>malloc</fn><file>..</file><line>..</line></frame> ...</stack></error>
 *     <clientmsg><text>heapgate checkpoint 0 lost 0 0 possible 1 2304 reachable 71 12472</text></clientmsg>
 *
 * The numbers of an error are all blocks of its stack that are alive in that way, so that the last such error
 * up to the end of warm-up is a site's base, and the last of all its end. The bytes of a definitely lost
 * block include what only it points to; that is listed as indirectly lost again, and left out here.
 */
#include "profile/valgrind_options.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

bool hg_memcheck_command(hg_profile_job *job, hg_tool_command *ret_command)
{
    hg_valgrind_words(job, "memcheck", ret_command);
    hg_command_word(ret_command, "--leak-check=full");
    hg_command_word(ret_command, "--show-leak-kinds=all");
    hg_command_word(ret_command, "--undef-value-errors=no"); /* twice as fast, and not what is asked here */
    hg_command_word(ret_command, "--error-limit=no");
    hg_command_word(ret_command, "--xml=yes");
    hg_command_word(ret_command, hg_job_word(job, "--xml-file=%s/memcheck.xml", job->folder));
    hg_command_word(ret_command, "--xtree-leak=yes");
    hg_command_word(ret_command, hg_job_word(job, "--xtree-leak-file=%s/memcheck.xtleak.kcg", job->folder));
    hg_command_variable(ret_command, HG_ENV_MARKS "=memcheck");
    return true;
}

typedef struct leak_document {
    hg_profile *profile;
    uint32_t warmup_checkpoints, checkpoints, seen; /* checkpoints, so far */
    bool in_error, in_message, is_leak, out_of_memory;
    hg_tool_kind kind;
    hg_tool_count count;
    hg_tool_stack stack;
    bool stack_done; /* an error may have more than one; the first is where it was allocated */
    char function[1024], folder[1024], file[1024], module[1024], line[1024];
    char text[1024]; /* of the element being read */
    size_t text_length;
} leak_document;

static void XMLCALL start_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
    leak_document *document = data;
    (void)attributes;
    document->text_length = 0;
    if (strcmp(name, "error") == 0) {
        document->in_error = true;
        document->is_leak = document->stack_done = false;
        document->count = (hg_tool_count){0};
        hg_tool_stack_cut(&document->stack, 0);
    } else if (strcmp(name, "clientmsg") == 0) {
        document->in_message = true;
    } else if (strcmp(name, "frame") == 0) {
        document->function[0] = document->folder[0] = document->file[0] = document->module[0] =
            document->line[0] = '\0';
    }
}

/* The parser was told that every byte is a character, and gives each as UTF-8: back to the byte it was. */
static void XMLCALL add_text(void *data, const XML_Char *text, int length)
{
    leak_document *document = data;
    for (int i = 0; i < length && document->text_length < sizeof document->text - 1; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= 0xc0 && i + 1 < length)
            byte = (unsigned char)((byte & 0x03) << 6 | ((unsigned char)text[++i] & 0x3f));
        document->text[document->text_length++] = (char)byte;
    }
}

static void read_kind(leak_document *document)
{
    static const struct {
        const char *name;
        hg_tool_kind kind;
    } kinds[] = {{"Leak_DefinitelyLost", HG_TOOL_LOST},
                 {"Leak_PossiblyLost", HG_TOOL_POSSIBLE},
                 {"Leak_StillReachable", HG_TOOL_REACHABLE}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(document->text, kinds[i].name) == 0) {
            document->is_leak = true;
            document->kind = kinds[i].kind;
        }
}

static void end_frame(leak_document *document)
{
    char path[sizeof document->folder + sizeof document->file];
    bool joined = document->folder[0] && document->file[0] && document->file[0] != '/';
    snprintf(path, sizeof path, "%s%s%s", joined ? document->folder : "", joined ? "/" : "", document->file);
    if (document->is_leak && !document->stack_done &&
        !hg_tool_stack_push(&document->stack, document->function, path, atoi(document->line),
                            document->module))
        document->out_of_memory = true;
}

static void end_error(leak_document *document)
{
    document->in_error = false;
    if (!document->is_leak)
        return;
    hg_tool_site *site = hg_tool_sites_at(&document->profile->sites, document->kind, &document->stack);
    if (!site) {
        document->out_of_memory = true;
        return;
    }
    if (document->seen < document->warmup_checkpoints)
        site->base = document->count;
    site->end = document->count;
}

static void end_message(leak_document *document)
{
    unsigned number;
    long long blocks[3], bytes[3];
    static const hg_tool_kind kinds[] = {HG_TOOL_LOST, HG_TOOL_POSSIBLE, HG_TOOL_REACHABLE};
    document->in_message = false;
    if (sscanf(document->text, "heapgate checkpoint %u lost %lld %lld possible %lld %lld reachable %lld %lld",
               &number, &blocks[0], &bytes[0], &blocks[1], &bytes[1], &blocks[2], &bytes[2]) != 7 ||
        number >= document->checkpoints)
        return;
    document->seen = number + 1;
    for (int i = 0; i < 3; i++)
        document->profile->checkpoints[number][kinds[i]] =
            (hg_tool_count){.bytes = bytes[i], .blocks = blocks[i]};
}

static void keep_text(const leak_document *document, char *target, size_t size)
{
    snprintf(target, size, "%s", document->text);
}

static void XMLCALL end_element(void *data, const XML_Char *name)
{
    leak_document *document = data;
    document->text[document->text_length] = '\0';
    if (strcmp(name, "text") == 0 && document->in_message)
        end_message(document);
    else if (strcmp(name, "clientmsg") == 0)
        document->in_message = false;
    else if (!document->in_error)
        return;
    else if (strcmp(name, "error") == 0)
        end_error(document);
    else if (strcmp(name, "kind") == 0)
        read_kind(document);
    else if (strcmp(name, "leakedbytes") == 0)
        document->count.bytes = atoll(document->text);
    else if (strcmp(name, "leakedblocks") == 0)
        document->count.blocks = atoll(document->text);
    else if (strcmp(name, "fn") == 0)
        keep_text(document, document->function, sizeof document->function);
    else if (strcmp(name, "dir") == 0)
        keep_text(document, document->folder, sizeof document->folder);
    else if (strcmp(name, "file") == 0)
        keep_text(document, document->file, sizeof document->file);
    else if (strcmp(name, "obj") == 0)
        keep_text(document, document->module, sizeof document->module);
    else if (strcmp(name, "line") == 0)
        keep_text(document, document->line, sizeof document->line);
    else if (strcmp(name, "frame") == 0)
        end_frame(document);
    else if (strcmp(name, "stack") == 0)
        document->stack_done = true;
}

/* Names of the subject may hold bytes that are not UTF-8, at which a parser of UTF-8 would end. */
static XML_Parser make_parser(leak_document *document)
{
    XML_Parser parser = XML_ParserCreate("ISO-8859-1");
    if (parser) {
        XML_SetUserData(parser, document);
        XML_SetElementHandler(parser, start_element, end_element);
        XML_SetCharacterDataHandler(parser, add_text);
    }
    return parser;
}

#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define LINE_NUMBER XML_GetCurrentLineNumber64
#else
#define LINE_NUMBER XML_GetCurrentLineNumber
#endif

static bool parse(hg_profile_job *job, FILE *file, leak_document *document)
{
    enum { CHUNK = 65536 };
    XML_Parser parser = make_parser(document);
    bool done = parser != NULL || hg_job_fail(job, "out of memory");
    for (size_t length = CHUNK; done && length == CHUNK;) {
        void *buffer = XML_GetBuffer(parser, CHUNK);
        length = buffer ? fread(buffer, 1, CHUNK, file) : 0;
        if (!buffer || document->out_of_memory)
            done = hg_job_fail(job, "out of memory");
        else if (XML_ParseBuffer(parser, (int)length, length < CHUNK) != XML_STATUS_OK)
            done = hg_job_fail(job, "memcheck.xml is damaged on line %llu: %s",
                               (unsigned long long)LINE_NUMBER(parser),
                               XML_ErrorString(XML_GetErrorCode(parser)));
    }
    if (parser)
        XML_ParserFree(parser);
    return done && (!document->out_of_memory || hg_job_fail(job, "out of memory"));
}

bool hg_memcheck_read(hg_profile_job *job, hg_profile *profile)
{
    leak_document document = {
        .profile = profile, .warmup_checkpoints = job->warmup_checkpoints, .checkpoints = job->checkpoints};
    if (!hg_job_checkpoints(job, profile))
        return false;
    FILE *file = hg_job_open(job, "memcheck.xml");
    if (!file)
        return false;
    bool done = parse(job, file, &document);
    hg_tool_stack_free(&document.stack);
    fclose(file);
    if (done && document.seen < job->checkpoints)
        done =
            hg_job_fail(job, "memcheck.xml ends after %u of %u checkpoints", document.seen, job->checkpoints);
    return done;
}
