#include "known/suppressions.h"

#include "base/escape.h"
#include <ctype.h>
#include <string.h>

#define IN " in "

bool hg_suppression_format_of(const char *name, hg_suppression_format *ret_format)
{
    bool valgrind = strcmp(name, "valgrind") == 0;
    if (!valgrind && strcmp(name, "lsan") != 0)
        return false;
    *ret_format = valgrind ? HG_SUPPRESSION_VALGRIND : HG_SUPPRESSION_LSAN;
    return true;
}

/* Both files end a name at the end of a line. */
static void write_text(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fputc((unsigned char)text[i] < ' ' ? ' ' : text[i], out);
}

/* The module of "FUNCTION in MODULE", and the length of its function; NULL: there is none. */
static const char *split(const char *frame, size_t *ret_length)
{
    const char *in = NULL;
    for (const char *at = frame; (at = strstr(at, IN)) != NULL; at++)
        in = at;
    *ret_length = in ? (size_t)(in - frame) : strlen(frame);
    return in ? in + strlen(IN) : NULL;
}

static bool is_any(const char *text, size_t length)
{
    return strspn(text, "*") >= length;
}

/* "a::b" is mangled as 1a1b, with more around it; names of templates and operators are not that simple. */
static bool can_mangle(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("_:*?.$", name[i]))
            return false;
    return true;
}

static void write_mangled(FILE *out, const char *name, size_t length)
{
    const char *end = name + length;
    fputc('*', out);
    for (const char *part = name; part < end;) {
        const char *next = strstr(part, "::");
        const char *stop = next && next < end ? next : end;
        if (!memchr(part, '*', (size_t)(stop - part)))
            fprintf(out, "%zu", (size_t)(stop - part));
        fwrite(part, 1, (size_t)(stop - part), out);
        part = stop + 2;
    }
    fputc('*', out);
}

static bool can_write_frame(const char *frame)
{
    size_t length;
    (void)split(frame, &length);
    return !memmem(frame, length, "::", 2) || can_mangle(frame, length);
}

static void write_frame(const char *frame, FILE *out)
{
    size_t length;
    const char *module = split(frame, &length);
    if (strcmp(frame, HG_LEAK_ANY_FRAMES) == 0) {
        fputs("   ...\n", out);
        return;
    }
    bool by_module = module && is_any(frame, length);
    fputs(by_module ? "   obj:*" : "   fun:", out);
    if (by_module)
        write_text(out, module, strlen(module));
    else if (memmem(frame, length, "::", 2))
        write_mangled(out, frame, length);
    else
        write_text(out, frame, length);
    fputc('\n', out);
}

static bool write_memcheck(const hg_leak *leak, FILE *out)
{
    const char *one = leak->function ? leak->function : leak->anywhere;
    for (size_t i = 0; i < leak->depth; i++)
        if (!can_write_frame(leak->stack[i]))
            return false;
    if (one && !can_write_frame(one))
        return false;
    fputs("{\n   ", out);
    write_text(out, leak->why[0] ? leak->why : "?", leak->why[0] ? strlen(leak->why) : 1);
    fputs("\n   Memcheck:Leak\n", out);
    if (one) {
        fputs("   ...\n", out);
        if (leak->anywhere && strstr(one, ".so"))
            fprintf(out, "   obj:%s%s\n", one[0] == '*' ? "" : "*", one);
        else
            write_frame(one, out);
    } else if (leak->depth > 0 && strcmp(leak->stack[0], HG_LEAK_ANY_FRAMES) != 0) {
        fputs("   fun:*\n", out); /* the allocator's own */
    }
    for (size_t i = 0; i < leak->depth; i++)
        write_frame(leak->stack[i], out);
    fputs("}\n", out);
    return true;
}

/* LeakSanitizer looks for one name in all frames: of a stack, the first that is one. */
static bool write_sanitizer(const hg_leak *leak, FILE *out)
{
    const char *name = leak->function ? leak->function : leak->anywhere;
    size_t length = name ? strlen(name) : 0;
    for (size_t i = 0; i < leak->depth && !name; i++) {
        const char *module = split(leak->stack[i], &length);
        if (!is_any(leak->stack[i], length) && strcmp(leak->stack[i], HG_LEAK_ANY_FRAMES) != 0)
            name = leak->stack[i];
        else if (module)
            length = strlen(name = module);
    }
    if (!name)
        return false;
    bool open = length > 0 && name[0] == '*';
    bool goes_on = length > 1 && name[length - 1] == '*';
    /* A function's name may be told with its parameters. */
    const char *end = goes_on ? "" : memmem(name, length, "::", 2) && !memchr(name, '(', length) ? "(" : "$";
    fputs(open ? "leak:" : "leak:^", out);
    name += open;
    length -= (size_t)open + goes_on;
    for (size_t i = 0; i < length; i++)
        write_text(out, name[i] == '?' ? "*" : &name[i], 1);
    fprintf(out, "%s\n", end);
    return true;
}

bool hg_suppression_write(const hg_leak *leak, hg_suppression_format format, FILE *out)
{
    if (leak->holder)
        return false;
    return (format == HG_SUPPRESSION_VALGRIND ? write_memcheck : write_sanitizer)(leak, out);
}

static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    hg_escape_json(out, text, 0);
    fputc('"', out);
}

static void write_pair(FILE *out, const char *key, const char *text)
{
    if (!text)
        return;
    fprintf(out, "    %s: ", key);
    write_quoted(out, text);
    fputc('\n', out);
}

void hg_leaks_write(const hg_leaks *leaks, FILE *out)
{
    fputs(leaks->count > 0 ? "leaks:\n" : "leaks: []\n", out);
    for (size_t i = 0; i < leaks->count; i++) {
        const hg_leak *leak = &leaks->leaks[i];
        const char *one = leak->function ? leak->function : leak->holder ? leak->holder : leak->anywhere;
        fprintf(out, "  - %s: ",
                leak->function   ? "function"
                : leak->holder   ? "holder"
                : leak->anywhere ? "anywhere"
                                 : "stack");
        if (one)
            write_quoted(out, one);
        for (size_t k = 0; k < leak->depth; k++) {
            fputs(k == 0 ? "[" : ", ", out);
            write_quoted(out, leak->stack[k]);
        }
        fputs(leak->depth > 0 ? "]\n" : "\n", out);
        write_pair(out, "why", leak->why);
        write_pair(out, "who", leak->who);
        write_pair(out, "until", leak->until);
        write_pair(out, "since", leak->since);
    }
}
