/*
 * A real browser without a window, driven through its debugging pipe: no port, no driver program. Input is
 * the browser's own (mouse, keys), so focus, the clipboard and default actions are what a person gets.
 *
 * Every call ends the test when the browser does not do what it is told, or says nothing for a minute.
 */
#ifndef HG_TESTS_HTML_BROWSER_H
#define HG_TESTS_HTML_BROWSER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct browser browser;

/* Skips the test where no browser is installed. */
void browser_need(void);

/* Its profile lies below folder. */
browser *browser_start(const char *folder);
void browser_stop(browser *at); /* NULL is fine */

/* Loads a file, or an http: address, and waits until it is there. Complaints are counted from here on. */
void browser_open(browser *at, const char *path, int width, bool dark);

/* Scripts that failed and policies that were broken since the page was opened. */
size_t browser_complaints(const browser *at);

/* What a JavaScript expression gives, as a string; the caller frees it. The page's policy does not hold
 * here. */
char *browser_eval(browser *at, const char *expression);
/* Whether an expression is true. */
bool browser_is(browser *at, const char *expression);
/* Waits until it is, for what the page does after an event; false when it has not come true for a minute. */
bool browser_becomes(browser *at, const char *expression);

/* Scrolls to the first element that a selector finds, and clicks into its middle. */
void browser_click(browser *at, const char *selector);
/* Types into what has the focus. */
void browser_type(browser *at, const char *text);
/* Presses a key by its name ("Enter", "ArrowDown"); paste is the browser's command, not a key. */
void browser_press(browser *at, const char *key);
void browser_paste(browser *at);

#endif
