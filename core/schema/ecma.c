#include "ecma.h"

#include <stdio.h>
#include <string.h>

#include "ecma_reader.h"

enum group_kind { GROUP_PLAIN, GROUP_LOOKAHEAD, GROUP_LOOKBEHIND };

/* Counts the capturing groups of a pattern, and whether one has this name. Skips classes and escapes. */
static unsigned count_groups(const struct ecma *ecma, const char *name, size_t name_size, bool *ret_named)
{
    unsigned groups = 0;
    bool in_class = false;
    for (const char *at = ecma->pattern; at < ecma->end; at++) {
        if (*at == '\\') {
            at++;
        } else if (*at == '[' || *at == ']') {
            in_class = *at == '[' || (in_class && *at != ']');
        } else if (*at == '(' && !in_class) {
            size_t left = (size_t)(ecma->end - at);
            size_t skip = left > 3 && memcmp(at, "(?P<", 4) == 0 ? 4 : 3;
            bool plain = left < 2 || at[1] != '?';
            bool named =
                left > skip && at[1] == '?' && at[skip - 1] == '<' && at[skip] != '=' && at[skip] != '!';
            groups += plain || named;
            if (named && name && left > skip + name_size && memcmp(at + skip, name, name_size) == 0 &&
                at[skip + name_size] == '>')
                *ret_named = true;
        }
    }
    return groups;
}

/* Behind "(?<" or "(?P<": a name and its closing bracket. */
static bool read_group_name(struct ecma *ecma, const char **ret_name, size_t *ret_size)
{
    const char *start = ecma->at;
    while (ecma->at < ecma->end && *ecma->at != '>') {
        unsigned char c = (unsigned char)*ecma->at++;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && !(ecma_is_digit((char)c) && ecma->at - start > 1))
            return ecma_fail(ecma, "has a malformed group name");
    }
    *ret_name = start;
    *ret_size = (size_t)(ecma->at - start);
    if (*ret_size == 0 || !ecma_skip(ecma, '>'))
        return ecma_fail(ecma, "has a malformed group name");
    return true;
}

static bool open_group(struct ecma *ecma, enum group_kind kind, const char *text)
{
    if (ecma->depth == ECMA_MAX_NESTING)
        return ecma_fail(ecma, "nests its groups too deeply");
    ecma->open[ecma->depth++] = (unsigned char)kind;
    ecma_write_text(ecma, text);
    return true;
}

/* Of other dialects: (?i) and (?i: with the flags i, m, s. */
static bool read_flags(struct ecma *ecma)
{
    char text[8] = "(?";
    size_t size = 2;
    while (size < sizeof text - 2 && ecma->at < ecma->end && *ecma->at && strchr("ims-", *ecma->at))
        text[size++] = *ecma->at++;
    if (size > 2 && (ecma_at(ecma, ')') || ecma_at(ecma, ':'))) {
        text[size] = *ecma->at++;
        if (text[size] == ':')
            return open_group(ecma, GROUP_PLAIN, text);
        ecma_write_text(ecma, text);
        return true;
    }
    return ecma_fail(ecma, "has a group of an unknown kind");
}

/* Behind an opening parenthesis. */
static bool read_group(struct ecma *ecma)
{
    if (!ecma_skip(ecma, '?'))
        return open_group(ecma, GROUP_PLAIN, "(");
    if (ecma_skip(ecma, ':'))
        return open_group(ecma, GROUP_PLAIN, "(?:");
    if (ecma_skip(ecma, '='))
        return open_group(ecma, GROUP_LOOKAHEAD, "(?=");
    if (ecma_skip(ecma, '!'))
        return open_group(ecma, GROUP_LOOKAHEAD, "(?!");
    bool python = !ecma->strict && ecma->end - ecma->at >= 2 && memcmp(ecma->at, "P<", 2) == 0;
    ecma->at += python;
    if (!ecma_skip(ecma, '<'))
        return ecma->strict ? ecma_fail(ecma, "has a group of an unknown kind") : read_flags(ecma);
    if (!python && ecma_skip(ecma, '='))
        return open_group(ecma, GROUP_LOOKBEHIND, "(?<=");
    if (!python && ecma_skip(ecma, '!'))
        return open_group(ecma, GROUP_LOOKBEHIND, "(?<!");
    const char *name = NULL;
    size_t size = 0;
    if (!read_group_name(ecma, &name, &size) || !open_group(ecma, GROUP_PLAIN, "(?<"))
        return false;
    ecma_write(ecma, name, size);
    ecma_write(ecma, ">", 1);
    return true;
}

/* Reads {n}, {n,} or {n,m}; moves only when it is one. */
static bool read_braces(struct ecma *ecma, const char **ret_end)
{
    const char *at = ecma->at + 1;
    unsigned long long bounds[2] = {0, 0};
    int count = 0;
    for (; count < 2; count++) {
        const char *start = at;
        for (; at < ecma->end && ecma_is_digit(*at); at++)
            if (bounds[count] < 1000000000u)
                bounds[count] = bounds[count] * 10 + (unsigned)(*at - '0');
        if (at == start && count == 0)
            return false;
        if (at == start)
            bounds[1] = ~0ull;
        if (at == ecma->end || *at != ',' || count == 1)
            break;
        at++;
    }
    if (at == ecma->end || *at != '}')
        return false;
    if (count == 1 && bounds[0] > bounds[1])
        return ecma_fail(ecma, "has a quantifier that is out of order");
    *ret_end = at + 1;
    return true;
}

/* At * + ? or an opening brace. *ret_was says whether it was a quantifier. */
static bool read_quantifier(struct ecma *ecma, bool quantifiable, bool *ret_was)
{
    const char *start = ecma->at;
    const char *end = start + 1;
    *ret_was = *start != '{' || read_braces(ecma, &end);
    if (ecma->complaint)
        return false;
    if (!*ret_was) {
        if (ecma->strict)
            return ecma_fail(ecma, "has an unmatched brace");
        ecma->at++;
        ecma_write_literal(ecma, '{');
        return true;
    }
    if (!quantifiable)
        return ecma_fail(ecma, "has nothing to repeat");
    ecma_write(ecma, start, (size_t)(end - start));
    ecma->at = end;
    if (ecma_skip(ecma, '?'))
        ecma_write(ecma, "?", 1);
    return true;
}

/* Behind \k. */
static bool read_named_reference(struct ecma *ecma)
{
    const char *name = NULL;
    size_t size = 0;
    bool found = false;
    if (!ecma_skip(ecma, '<'))
        return ecma_fail(ecma, "has \\k without a name");
    if (!read_group_name(ecma, &name, &size))
        return false;
    count_groups(ecma, name, size, &found);
    if (!found)
        return ecma_fail(ecma, "refers to a group that does not exist");
    ecma->has_references = true;
    ecma_write_text(ecma, "\\k<");
    ecma_write(ecma, name, size);
    ecma_write(ecma, ">", 1);
    return true;
}

/* At \1 to \9. *ret_was: a reference to a group; otherwise nothing is read. */
static bool read_numbered_reference(struct ecma *ecma, bool *ret_was)
{
    const char *at = ecma->at;
    unsigned number = 0;
    for (; at < ecma->end && ecma_is_digit(*at) && number < 100000; at++)
        number = number * 10 + (unsigned)(*at - '0');
    *ret_was = number <= ecma->groups;
    if (!*ret_was)
        return ecma->strict ? ecma_fail(ecma, "refers to a group that does not exist") : true;
    char text[24];
    snprintf(text, sizeof text, "\\g{%u}", number);
    ecma_write_text(ecma, text);
    ecma->at = at;
    ecma->has_references = true;
    return true;
}

/* Behind a backslash. */
static bool read_escape(struct ecma *ecma, bool *ret_quantifiable)
{
    *ret_quantifiable = true;
    char c = '\0';
    if (ecma->at < ecma->end)
        c = *ecma->at;
    if (c == 'b' || c == 'B') {
        ecma->at++;
        ecma_write(ecma, (char[]){'\\', c}, 2);
        *ret_quantifiable = false;
        return true;
    }
    if (ecma_skip(ecma, 'k'))
        return read_named_reference(ecma);
    if (c >= '1' && c <= '9') {
        bool was;
        if (!read_numbered_reference(ecma, &was))
            return false;
        if (was)
            return true;
    }
    struct ecma_atom atom;
    if (!ecma_read_character_escape(ecma, false, &atom))
        return false;
    if (atom.is_set)
        ecma_write_set(ecma, &atom, false);
    else
        ecma_write_literal(ecma, atom.code_point);
    return true;
}

static bool close_group(struct ecma *ecma, bool *ret_quantifiable)
{
    if (ecma->depth == 0)
        return ecma_fail(ecma, "closes a group that is not open");
    enum group_kind kind = (enum group_kind)ecma->open[--ecma->depth];
    *ret_quantifiable = kind == GROUP_PLAIN || (kind == GROUP_LOOKAHEAD && !ecma->strict);
    ecma_write(ecma, ")", 1);
    return true;
}

static bool read_literal_term(struct ecma *ecma)
{
    uint32_t code_point;
    if (ecma->strict && (ecma_at(ecma, '}') || ecma_at(ecma, ']')))
        return ecma_fail(ecma, "has an unmatched bracket");
    if (!ecma_read_literal(ecma, &code_point))
        return false;
    ecma_write_literal(ecma, code_point);
    return true;
}

/* Reads one term; *quantifiable says whether the one before may be repeated, then whether this one may. */
static bool read_term(struct ecma *ecma, bool *quantifiable)
{
    char c = *ecma->at;
    bool was = *quantifiable;
    *quantifiable = false;
    switch (c) {
    case '^':
    case '$':
    case '|':
        ecma->at++;
        ecma_write(ecma, &c, 1);
        return true;
    case '(':
        ecma->at++;
        return read_group(ecma);
    case ')':
        ecma->at++;
        return close_group(ecma, quantifiable);
    case '*':
    case '+':
    case '?':
    case '{': {
        bool quantifier;
        bool read = read_quantifier(ecma, was, &quantifier);
        *quantifiable = !quantifier;
        return read;
    }
    case '\\':
        ecma->at++;
        return read_escape(ecma, quantifiable);
    default:
        break;
    }
    *quantifiable = true;
    if (c != '[' && c != '.')
        return read_literal_term(ecma);
    ecma->at++;
    if (c == '[')
        return ecma_read_class(ecma);
    ecma_write_text(ecma, "[^\\n\\r\\x{2028}\\x{2029}]");
    return true;
}

struct ecma_result ecma_translate(const char *pattern, size_t size, enum ecma_mode mode, char *output)
{
    struct ecma ecma = {.pattern = pattern, .at = pattern, .end = pattern + size, .output = output};
    ecma.strict = mode == ECMA_STRICT;
    ecma.groups = count_groups(&ecma, NULL, 0, NULL);
    bool quantifiable = false;
    while (ecma.at < ecma.end && read_term(&ecma, &quantifiable))
        ;
    if (!ecma.complaint && ecma.depth > 0)
        ecma_fail(&ecma, "has a group that does not end");
    return (struct ecma_result){.size = ecma.size,
                                .complaint = ecma.complaint,
                                .offset = (size_t)(ecma.at - pattern),
                                .has_references = ecma.has_references};
}
