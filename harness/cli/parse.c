#include "cli/command.h"
#include "cli/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where argp stopped at something it does not know. */
static int error_index;

static error_t note_error(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = state->input;
        return 0;
    }
    if (key != ARGP_KEY_ERROR)
        return ARGP_ERR_UNKNOWN;
    error_index = state->next;
    return 0;
}

/* The argument that argp does not know. In a word of several short options, argp is still at that word. */
static const char *culprit(int argc, char **argv)
{
    const char *before = argv[error_index - 1];
    const char *word = error_index < argc ? argv[error_index] : "";
    bool several = word[0] == '-' && word[1] != '-' && strlen(word) > 2;
    return several && strncmp(before, "--", 2) != 0 ? word : before;
}

/* ARGP_NO_ERRS would also keep argp from printing the help. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--usage") == 0 || strcmp(argv[i], "-?") == 0)
            return true;
    return false;
}

/* The long options of a table that begin with what was typed, and the nearest one. */
typedef struct option_search {
    hg_nearest nearest;
    const struct argp_option *beginning;
    unsigned beginnings;
    bool is_whole; /* beginning is exactly what was typed */
} option_search;

static void search_options(const struct argp *argp, option_search *search)
{
    const struct argp_option *option = argp->options;
    for (; option && (option->name || option->key || option->doc || option->group); option++) {
        if (!option->name)
            continue;
        hg_nearest_consider(&search->nearest, option->name);
        if (search->is_whole || strncmp(option->name, search->nearest.typed, search->nearest.length) != 0)
            continue;
        search->beginning = option;
        search->beginnings++;
        search->is_whole = option->name[search->nearest.length] == '\0';
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        search_options(child->argp, search);
}

static void complain_of_option(const struct argp *argp, const char *word, const char *command)
{
    const char *name = word + 2;
    option_search search = {.nearest = {.typed = name, .length = strcspn(name, "=")}};
    search_options(argp, &search);
    const char *known = search.is_whole || search.beginnings == 1 ? search.beginning->name : NULL;
    if (known && search.beginning->arg)
        hg_complain("--%s needs a value; %s --help lists the options", known, command);
    else if (known)
        hg_complain("--%s takes no value; %s --help lists the options", known, command);
    else if (search.nearest.name)
        hg_complain("unknown option '%s'; did you mean --%s? %s --help lists the options", word,
                    search.nearest.name, command);
    else if (search.beginnings > 1)
        hg_complain("'%s' can be more than one option; %s --help lists the options", word, command);
    else
        hg_complain("unknown option '%s'; %s --help lists the options", word, command);
}

/* Prints one line on standard error instead of argp's two, which only repeat that there is a --help. */
void hg_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
    const struct argp outer = {.parser = note_error, .children = children};
    argp_err_exit_status = HG_EXIT_USAGE;
    unsigned flags = asks_for_help(argc, argv) ? 0 : ARGP_NO_ERRS;
    error_t error = argp_parse(&outer, argc, argv, flags, NULL, input);
    if (error == 0)
        return;
    if (error_index <= 0 || error_index > argc)
        exit(hg_complain("%s", strerror(error)));
    const char *word = culprit(argc, argv);
    if (strncmp(word, "--", 2) == 0)
        complain_of_option(argp, word, argv[0]);
    else
        hg_complain("unknown option or missing value near '%s'; %s --help lists the options", word, argv[0]);
    exit(HG_EXIT_USAGE);
}
