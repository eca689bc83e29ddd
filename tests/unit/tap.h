/* SPDX-License-Identifier: MIT */
/** Test Anything Protocol: checks that count themselves. One program is one test file. */
#ifndef FFISAN_TESTS_UNIT_TAP_H
#define FFISAN_TESTS_UNIT_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned tap_n_checks, tap_n_failed;

static inline bool tap_check(bool ok, const char *what, const char *file, int line)
{
    printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tap_n_checks, what);
    if (!ok) {
        tap_n_failed++;
        printf("# failed at %s:%d\n", file, line);
    }
    return ok;
}

static inline void tap_show(const char *label, const char *text)
{
    printf("# %s: ", label);
    for (; text != NULL && *text != '\0'; text++)
        printf(*text == '\n' ? "\\n\n#   " : "%c", *text);
    printf(text == NULL ? "NULL\n" : "\n");
}

static inline void tap_check_text(const char *got, const char *want, const char *what,
                                  const char *file, int line)
{
    bool same = got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);
    if (tap_check(same, what, file, line))
        return;
    tap_show("got ", got);
    tap_show("want", want);
}

/** The plan. Returns the exit status of main(). */
static inline int tap_done(void)
{
    printf("1..%u\n", tap_n_checks);
    return tap_n_failed > 0 || tap_n_checks == 0;
}

#define TAP_OK(condition, what) tap_check((condition), (what), __FILE__, __LINE__)
#define TAP_TEXT(got, want, what) tap_check_text((got), (want), (what), __FILE__, __LINE__)

#endif
