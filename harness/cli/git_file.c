#include "cli/git_file.h"

#include "cli/command.h"
#include "cli/git.h"
#include "model/path.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of a commit, or of a file, that git prints. */
static bool take_name(const hg_buffer *out, char ret_name[HG_COMMIT_SIZE])
{
    size_t length = 0;
    while (length < out->size && strchr("0123456789abcdef", out->bytes[length]))
        length++;
    if (length < 40 || length >= HG_COMMIT_SIZE)
        return false;
    memcpy(ret_name, out->bytes, length);
    ret_name[length] = '\0';
    return true;
}

/*
 * Runs git for one name. Its exit code; 128 also where it printed no name; HG_GIT_NOT_RUN after complaining.
 */
static int ask_name(const char *folder, const char *const *words, char ret_name[HG_COMMIT_SIZE])
{
    hg_buffer out = {0};
    int code = hg_git_run(folder, words, true, 4096, &out);
    if (code == 0 && !take_name(&out, ret_name))
        code = 128;
    hg_buffer_free(&out);
    return code;
}

static bool find_merge_base(const char *folder, const char *revision, char ret_commit[HG_COMMIT_SIZE])
{
    char tip[HG_COMMIT_SIZE], commit[512];
    int length = snprintf(commit, sizeof commit, "%s^{commit}", revision);
    const char *const to_tip[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", commit, NULL};
    const char *const to_base[] = {"merge-base", tip, "HEAD", NULL};
    int code = (size_t)length < sizeof commit && revision[0] ? ask_name(folder, to_tip, tip) : 128;
    if (code != 0)
        return code == HG_GIT_NOT_RUN
                   ? false
                   : hg_refuse("--against: git knows no commit '%s' in %s; in CI, fetch it first", revision,
                               folder);
    code = ask_name(folder, to_base, ret_commit);
    return code == 0 ||
           (code != HG_GIT_NOT_RUN &&
            hg_refuse("--against: '%s' and HEAD have no commit in common in %s; in CI, fetch the "
                      "whole history (fetch-depth: 0)",
                      revision, folder));
}

bool hg_git_file(const char *revision, const char *path, size_t most, char **ret_text, size_t *ret_size,
                 char ret_commit[HG_COMMIT_SIZE])
{
    char folder[PATH_MAX], object[PATH_MAX], name[HG_COMMIT_SIZE];
    const char *base = hg_base_name(path);
    if (base == path)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", (int)(base - path), path);
    if (!find_merge_base(folder, revision, ret_commit))
        return false;
    int length = snprintf(object, sizeof object, "%s:./%s", ret_commit, base);
    const char *const to_object[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", object, NULL};
    int code = (size_t)length < sizeof object ? ask_name(folder, to_object, name) : 128;
    *ret_text = NULL;
    *ret_size = 0;
    if (code != 0)
        return code != HG_GIT_NOT_RUN; /* no such file */
    const char *const to_text[] = {"cat-file", "blob", name, NULL};
    hg_buffer out = {0};
    code = hg_git_run(folder, to_text, true, most, &out);
    if (code == 0 && out.size <= most) {
        *ret_text = out.bytes ? out.bytes : calloc(1, 1);
        *ret_size = out.size;
        return *ret_text || hg_refuse("out of memory");
    }
    hg_buffer_free(&out);
    return code != HG_GIT_NOT_RUN &&
           hg_refuse("--against: git cannot show %s of commit %.12s", base, ret_commit);
}
