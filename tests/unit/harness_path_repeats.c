/*
 * Goal: what a path repeats is told once, and what it goes through otherwise stays as it is.
 */
#include "holders/path_repeats.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static void expect(const char *path, const char *joined)
{
    char text[512];
    snprintf(text, sizeof text, "%s", path);
    hg_path_join_repeats(text);
    cr_expect(eq(str, text, (char *)joined), "%s", path);
}

Test(harness_path_repeats, of_a_list_with_nodes_of_several_kinds_are_one_step)
{
    expect("list→next*→next→next*", "list→next*");
    expect("list→(next→next)*→next", "list→next*");
    expect("list→(next→next→next)*→next→next*→next→next*", "list→next*");
    expect("app→list.first→next→next*→name", "app→list.first→next*→name");
}

Test(harness_path_repeats, of_a_tree_are_one_step)
{
    expect("tree→(l|r)*→l→(l|r)*", "tree→(l|r)*");
    expect("tree→l→(r|l)*→r", "tree→(r|l)*");
    expect("tree→l*→(l|r)*→(l|x)*", "tree→(l|r)*→(l|x)*");
    expect("tree→(l→r)*→(l|r)*", "tree→(l|r)*");
    expect("tree→(l→r)*→l", "tree→(l→r)*→l");
}

Test(harness_path_repeats, stay_where_the_way_is_another)
{
    static const char *const paths[] = {
        "",
        "next",
        "next→next",
        "next→next*→name",
        "list→next*",
        "doc→u.list→next*→u.list",
        "tree.kids→([]→kids)*[]→name",
        "queue→(entry→next)*→next",
        "outer→next*→items→next*",
        "x, in f(int)→a→b",
        "list→(next",
        "list→next*)→next",
        "list→→*→()*",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect(paths[i], paths[i]);
}

Test(harness_path_repeats, of_a_path_that_is_too_long_stay)
{
    char path[1200];
    memset(path, 'x', sizeof path);
    memcpy(path, "a→b*→b", strlen("a→b*→b"));
    path[sizeof path - 1] = '\0';
    hg_path_join_repeats(path);
    cr_expect(eq(sz, strlen(path), sizeof path - 1));
}
