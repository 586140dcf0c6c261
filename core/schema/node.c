#include "line.h"
#include "program.h"

#include <stdio.h>

static void add_step(struct line *line, const struct step *step)
{
    if (step->kind == STEP_POINTER) {
        line_add(line, step->key, step->key_size);
        return;
    }
    const char *name = keyword_name((enum keyword)step->keyword);
    line_token(line, name, strlen(name));
    if (step->kind == STEP_KEY)
        line_token(line, step->key, step->key_size);
    else if (step->kind == STEP_INDEX)
        line_format(line, "/%u", (unsigned)step->key_size);
}

void node_pointer(struct line *line, const struct node *node, enum keyword keyword)
{
    const struct node *path[TOKA_SCHEMA_MAX_DEPTH + 1];
    size_t depth = 0;
    for (; node && depth <= TOKA_SCHEMA_MAX_DEPTH; node = node->step.parent)
        path[depth++] = node;
    while (depth > 0)
        add_step(line, &path[--depth]->step);
    if (keyword != KEYWORD_NONE)
        line_token(line, keyword_name(keyword), strlen(keyword_name(keyword)));
}
