/*
 * The live page of a soak in a real browser: it draws its curves, fits a phone and a screen in both colour
 * schemes, follows the soak, and says when that has gone. Skipped where no browser is installed.
 */
#include "command.h"
#include "html_browser.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char program[] = HEAPGATE;
static const char growth[] = PLUGIN("growth");

#define TEXT(id) "document.getElementById('" id "').textContent"

/* A port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(eq(int, bind(listener, (struct sockaddr *)&address, size), 0));
    cr_assert(eq(int, getsockname(listener, (struct sockaddr *)&address, &size), 0));
    close(listener);
    return ntohs(address.sin_port);
}

static void wait_for_server(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    for (int i = 0; i < 3000; i++) {
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int status = connect(client, (struct sockaddr *)&address, sizeof address);
        close(client);
        if (status == 0)
            return;
        usleep(10000);
    }
    cr_fatal("nobody serves on port %d", port);
}

/* Nothing sticks out, every chart has its line, and no text of a chart is cut. */
static const char measure[] =
    "(() => {"
    "  const wrong = [];"
    "  const page = document.documentElement;"
    "  if (page.scrollWidth > page.clientWidth) wrong.push('the page is wider than the window');"
    "  const charts = [...document.querySelectorAll('svg')];"
    "  if (charts.length !== 4) wrong.push(`${charts.length} charts`);"
    "  charts.forEach((chart) => {"
    "    if (!chart.querySelector('path.line')?.getAttribute('d')?.includes('L')) wrong.push(`${chart.id}: "
    "no line`);"
    "    chart.querySelectorAll('text').forEach((text) => {"
    "      const box = text.getBoundingClientRect();"
    "      if (box.left < 0 || box.right > innerWidth) wrong.push(`${chart.id}: '${text.textContent}' is "
    "cut`);"
    "    });"
    "  });"
    "  return wrong.join('\\n');"
    "})()";

static void expect_in_shape(browser *chrome, const char *address, int width, bool dark)
{
    browser_open(chrome, address, width, dark);
    cr_assert(browser_becomes(chrome, TEXT("title") " === 'growth on main, glibc'"));
    cr_assert(browser_becomes(
        chrome, "document.querySelector('#memory path.line')?.getAttribute('d').includes('L')"));
    char *wrong = browser_eval(chrome, measure);
    cr_assert(eq(str, wrong, ""), "%d pixels wide: %s", width, wrong);
    cr_assert(eq(sz, browser_complaints(chrome), 0), "%d pixels wide", width);
    free(wrong);
}

Test(soak_page, draws_the_curves_follows_the_soak_and_says_when_it_has_gone)
{
    char where[64];
    char address[80];
    browser_need();
    char *folder = folder_make();
    int port = free_port();
    snprintf(where, sizeof where, "127.0.0.1:%d", port);
    snprintf(address, sizeof address, "http://%s/", where);
    const command given = {.words = {program, "soak", growth, "--for", "2m", "--rate", "360000",
                                     "--sample-every", "50ms", "--serve", where}};
    setenv("HEAPGATE_TEST_CASE", "in_one_thread", 1);
    pid_t heapgate = command_start(&given);
    wait_for_server(port);
    browser *chrome = browser_start(folder);
    expect_in_shape(chrome, address, 390, false);
    expect_in_shape(chrome, address, 1280, true);
    cr_assert(browser_becomes(chrome, TEXT("verdict") " === 'leak.'"));
    cr_assert(browser_becomes(chrome, "!document.getElementById('alert').hidden"));
    cr_assert(browser_is(chrome, TEXT("alert") ".includes('lose_block')"));
    kill(heapgate, SIGTERM);
    cr_assert(eq(int, command_wait(heapgate), 1));
    cr_assert(browser_becomes(chrome, "!document.getElementById('gone').hidden"));
    browser_stop(chrome);
    folder_remove(folder);
}
