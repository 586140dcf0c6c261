#include "html_browser.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define COMMANDS_FD 3 /* where a browser with --remote-debugging-pipe reads, and ... */
#define ANSWERS_FD  4 /* ... writes */
#define ABOVE_THOSE 10
#define PAUSE_MS    20

struct browser {
    pid_t pid;
    int commands, answers;
    int last_id;
    char *session; /* of the page */
    char *buffer;  /* answers not yet read, in pieces that end in a NUL */
    size_t used, room;
    size_t complaints;
};

static const char *const programs[] = {"chromium", "chromium-browser", "google-chrome", NULL};

/* A pipe whose ends lie above those that the browser wants. */
static void make_pipe(int ends[2])
{
    int made[2];

    cr_assert_eq(pipe(made), 0);
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, ABOVE_THOSE);
        cr_assert_geq(ends[i], ABOVE_THOSE);
        close(made[i]);
    }
}

static _Noreturn void become_browser(const char *profile, int commands, int answers)
{
    int nowhere = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no browser behind */
    dup2(commands, COMMANDS_FD);
    dup2(answers, ANSWERS_FD);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    for (size_t i = 0; programs[i]; i++)
        execlp(programs[i], programs[i], "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               "--disable-background-networking", "--no-first-run", "--remote-debugging-pipe", profile,
               "about:blank", (char *)NULL);
    _exit(127);
}

void browser_need(void)
{
    for (size_t i = 0; programs[i]; i++) {
        char line[64];
        snprintf(line, sizeof line, "command -v %s >/dev/null", programs[i]);
        if (system(line) == 0)
            return;
    }
    cr_skip_test("no browser is installed");
}

static void read_more(browser *at)
{
    struct pollfd ready = {.fd = at->answers, .events = POLLIN};

    if (at->room - at->used < 65536) {
        at->room = 2 * at->room + 65536;
        at->buffer = realloc(at->buffer, at->room);
        cr_assert_not_null(at->buffer);
    }
    cr_assert_eq(poll(&ready, 1, PATIENCE_MS), 1, "the browser says nothing");
    ssize_t size = read(at->answers, at->buffer + at->used, at->room - at->used);
    cr_assert_gt(size, 0, "the browser is gone");
    at->used += (size_t)size;
}

static json_t *next_message(browser *at)
{
    char *end;

    while (!at->used || !(end = memchr(at->buffer, '\0', at->used)))
        read_more(at);
    json_t *message = json_loads(at->buffer, 0, NULL);
    cr_assert_not_null(message);
    at->used -= (size_t)(end + 1 - at->buffer);
    memmove(at->buffer, end + 1, at->used);
    return message;
}

static void note_complaint(browser *at, const json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    const json_t *entry = json_object_get(json_object_get(message, "params"), "entry");
    const char *level = json_string_value(json_object_get(entry, "level"));

    if (method && (strcmp(method, "Runtime.exceptionThrown") == 0 || (level && strcmp(level, "error") == 0)))
        at->complaints++;
}

/* Sends a command, takes its parameters over, and gives its result: the caller's. */
static json_t *call(browser *at, const char *method, json_t *params)
{
    json_t *command = json_pack("{s:i, s:s, s:o}", "id", ++at->last_id, "method", method, "params", params);

    cr_assert_not_null(command, "%s", method);
    if (at->session)
        json_object_set_new(command, "sessionId", json_string(at->session));
    char *text = json_dumps(command, JSON_COMPACT);
    size_t size = strlen(text) + 1;
    for (size_t sent = 0; sent < size;) {
        ssize_t count = write(at->commands, text + sent, size - sent);
        cr_assert_gt(count, 0, "the browser does not listen");
        sent += (size_t)count;
    }
    free(text);
    json_decref(command);
    for (;;) {
        json_t *message = next_message(at);
        json_t *id = json_object_get(message, "id");
        if (id && json_integer_value(id) == at->last_id) {
            json_t *result = json_incref(json_object_get(message, "result"));
            cr_assert_not_null(result, "%s failed", method);
            json_decref(message);
            return result;
        }
        note_complaint(at, message);
        json_decref(message);
    }
}

static void order(browser *at, const char *method, json_t *params)
{
    json_decref(call(at, method, params));
}

browser *browser_start(const char *folder)
{
    int commands[2];
    int answers[2];
    char profile[4096];

    browser *at = calloc(1, sizeof *at);
    cr_assert_not_null(at);
    make_pipe(commands);
    make_pipe(answers);
    snprintf(profile, sizeof profile, "--user-data-dir=%s/profile", folder);
    signal(SIGPIPE, SIG_IGN);
    at->pid = fork();
    cr_assert_geq(at->pid, 0);
    if (at->pid == 0)
        become_browser(profile, commands[0], answers[1]);
    close(commands[0]);
    close(answers[1]);
    at->commands = commands[1];
    at->answers = answers[0];
    json_t *target = call(at, "Target.createTarget", json_pack("{s:s}", "url", "about:blank"));
    const char *id = json_string_value(json_object_get(target, "targetId"));
    json_t *attached =
        call(at, "Target.attachToTarget", json_pack("{s:s, s:b}", "targetId", id, "flatten", 1));
    at->session = strdup(json_string_value(json_object_get(attached, "sessionId")));
    json_decref(attached);
    json_decref(target);
    order(at, "Runtime.enable", json_object());
    order(at, "Log.enable", json_object());
    return at;
}

void browser_stop(browser *at)
{
    if (!at)
        return;
    free(at->session);
    at->session = NULL;
    order(at, "Browser.close", json_object());
    close(at->commands);
    waitpid(at->pid, NULL, 0);
    close(at->answers);
    free(at->buffer);
    free(at);
}

void browser_open(browser *at, const char *path, int width, bool dark)
{
    char url[4096];

    bool served = strncmp(path, "http:", 5) == 0;
    snprintf(url, sizeof url, "%s%s", served ? "" : "file://", path);
    order(at, "Emulation.setDeviceMetricsOverride",
          json_pack("{s:i, s:i, s:i, s:b}", "width", width, "height", 1000, "deviceScaleFactor", 1, "mobile",
                    0));
    order(at, "Emulation.setEmulatedMedia",
          json_pack("{s:[{s:s, s:s}]}", "features", "name", "prefers-color-scheme", "value",
                    dark ? "dark" : "light"));
    at->complaints = 0;
    order(at, "Page.navigate", json_pack("{s:s}", "url", url));
    cr_assert(browser_becomes(at, "document.readyState === 'complete' && location.protocol !== 'about:'"),
              "%s", path);
}

size_t browser_complaints(const browser *at)
{
    return at->complaints;
}

char *browser_eval(browser *at, const char *expression)
{
    json_t *answer =
        call(at, "Runtime.evaluate",
             json_pack("{s:s, s:b, s:b}", "expression", expression, "returnByValue", 1, "awaitPromise", 1));
    cr_assert_null(json_object_get(answer, "exceptionDetails"), "%s", expression);
    json_t *value = json_object_get(json_object_get(answer, "result"), "value");
    char *text = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    if (!text)
        text = value ? json_dumps(value, JSON_ENCODE_ANY) : strdup("undefined");
    cr_assert_not_null(text);
    json_decref(answer);
    return text;
}

bool browser_is(browser *at, const char *expression)
{
    char *text = browser_eval(at, expression);
    bool is = strcmp(text, "true") == 0;

    free(text);
    return is;
}

bool browser_becomes(browser *at, const char *expression)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
        if (browser_is(at, expression))
            return true;
        usleep(PAUSE_MS * 1000);
    }
    return false;
}

void browser_click(browser *at, const char *selector)
{
    static const char *const steps[] = {"mouseMoved", "mousePressed", "mouseReleased"};
    char expression[1024];
    double x;
    double y;

    snprintf(expression, sizeof expression,
             "(() => { const node = document.querySelector(`%s`); node.scrollIntoView({block: 'center'});"
             " const box = node.getBoundingClientRect();"
             " return `${box.x + box.width / 2} ${box.y + box.height / 2}`; })()",
             selector);
    char *place = browser_eval(at, expression);
    cr_assert_eq(sscanf(place, "%lf %lf", &x, &y), 2, "%s", selector);
    free(place);
    for (size_t i = 0; i < 3; i++)
        order(at, "Input.dispatchMouseEvent",
              json_pack("{s:s, s:f, s:f, s:s, s:i}", "type", steps[i], "x", x, "y", y, "button",
                        i == 0 ? "none" : "left", "clickCount", i == 0 ? 0 : 1));
}

void browser_type(browser *at, const char *text)
{
    order(at, "Input.insertText", json_pack("{s:s}", "text", text));
}

void browser_press(browser *at, const char *key)
{
    order(at, "Input.dispatchKeyEvent",
          json_pack("{s:s, s:s, s:s}", "type", "keyDown", "key", key, "code", key));
    order(at, "Input.dispatchKeyEvent",
          json_pack("{s:s, s:s, s:s}", "type", "keyUp", "key", key, "code", key));
}

void browser_paste(browser *at)
{
    order(at, "Input.dispatchKeyEvent",
          json_pack("{s:s, s:s, s:[s]}", "type", "keyDown", "key", "Paste", "commands", "paste"));
}
