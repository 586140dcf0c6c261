#include "holders/path_repeats.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ARROW "\u2192"

enum { MOST_STEPS = 128, MOST_BYTES = 1024 };

typedef struct path_step {
    const char *text; /* without the parentheses and the star */
    size_t length;
    bool repeated, grouped; /* grouped: it had parentheses */
} path_step;

/* Where the first such text outside of parentheses begins; the end if there is none. */
static const char *find_outside(const char *at, const char *end, const char *text)
{
    size_t length = strlen(text);
    for (int depth = 0; at < end; at++) {
        depth += (*at == '(') - (*at == ')');
        if (depth == 0 && (size_t)(end - at) >= length && strncmp(at, text, length) == 0)
            break;
    }
    return at;
}

/* "next→next" is "next"; a way round through different members stays. */
static void shorten_round(path_step *step)
{
    const char *end = step->text + step->length;
    const char *first = find_outside(step->text, end, ARROW);
    size_t length = (size_t)(first - step->text);
    for (const char *at = first; at < end;) {
        at += strlen(ARROW);
        const char *next = find_outside(at, end, ARROW);
        if ((size_t)(next - at) != length || strncmp(at, step->text, length) != 0)
            return;
        at = next;
    }
    step->grouped &= length == step->length;
    step->length = length;
}

static path_step parse_step(const char *begin, const char *end)
{
    path_step step = {.text = begin, .length = (size_t)(end - begin)};
    step.repeated = step.length > 1 && end[-1] == '*';
    step.length -= step.repeated;
    step.grouped = step.repeated && step.length > 2 && begin[0] == '(' && begin[step.length - 1] == ')';
    step.text += step.grouped;
    step.length -= step.grouped ? 2 : 0;
    if (step.grouped)
        shorten_round(&step);
    return step;
}

static bool has_member(const path_step *step, const char *text, size_t length)
{
    const char *end = step->text + step->length;
    for (const char *at = step->text; at < end;) {
        const char *next = step->grouped ? find_outside(at, end, "|") : end;
        if ((size_t)(next - at) == length && strncmp(at, text, length) == 0)
            return true;
        at = next + 1;
    }
    return false;
}

/* Whether the outer step goes through every member that the inner one does, in any order. */
static bool contains(const path_step *outer, const path_step *inner)
{
    const char *end = inner->text + inner->length;
    if (!outer->repeated || has_member(outer, inner->text, inner->length))
        return outer->repeated;
    for (const char *at = inner->text; at < end;) {
        const char *bar = inner->grouped ? find_outside(at, end, "|") : end;
        const char *arrow = inner->grouped ? find_outside(at, end, ARROW) : end;
        const char *next = bar < arrow ? bar : arrow;
        if (!has_member(outer, at, (size_t)(next - at)))
            return false;
        if (next == end)
            break;
        at = next + (next == arrow ? strlen(ARROW) : 1);
    }
    return true;
}

/* Adds a step behind those that there are, the first of which is the root; gives how many there are now. */
static size_t add_step(path_step *steps, size_t count, const path_step *step)
{
    while (count > 1 && contains(step, &steps[count - 1]))
        count--;
    if (count > 1 && contains(&steps[count - 1], step))
        return count;
    steps[count] = *step;
    return count + 1;
}

void hg_path_join_repeats(char *path)
{
    path_step steps[MOST_STEPS];
    char joined[MOST_BYTES];
    size_t count = 0;
    size_t used = 0;
    const char *end = path + strlen(path);
    if ((size_t)(end - path) >= sizeof joined)
        return;
    for (const char *at = path; count < MOST_STEPS && at < end;) {
        const char *next = find_outside(at, end, ARROW);
        const path_step step =
            count == 0 ? (path_step){.text = at, .length = (size_t)(next - at)} : parse_step(at, next);
        count = add_step(steps, count, &step);
        at = next < end ? next + strlen(ARROW) : end;
    }
    for (size_t i = 0; i < count && count < MOST_STEPS; i++)
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s%.*s%s%s", i > 0 ? ARROW : "",
                                 steps[i].grouped ? "(" : "", (int)steps[i].length, steps[i].text,
                                 steps[i].grouped ? ")" : "", steps[i].repeated ? "*" : "");
    if (count > 0 && count < MOST_STEPS)
        memcpy(path, joined, used + 1);
}
