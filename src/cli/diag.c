/* SPDX-License-Identifier: MIT */
#include "cli/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ffisan_failure_set(struct ffisan_failure *failure, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(failure->text, sizeof(failure->text), format, args);
    va_end(args);
    failure->status = status;
    return false;
}

int ffisan_diag_failure(const struct ffisan_failure *failure)
{
    ffisan_diag_say("%s", failure->text);
    return failure->status;
}

/* One write per message: the program under test may be writing to the same terminal. */
void ffisan_diag_say(const char *format, ...)
{
    char line[4096] = "ffisan: ";
    size_t prefix = strlen(line);
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, args);
    va_end(args);
    if (length < 0)
        return;
    size_t end = strlen(line);
    line[end] = '\n';
    fflush(stdout);
    ssize_t written = write(STDERR_FILENO, line, end + 1);
    (void)written;
}

bool ffisan_diag_wants_color(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    if (no_color && *no_color)
        return false;
    const char *term = getenv("TERM");
    if (!term || strcmp(term, "dumb") == 0)
        return false;
    return isatty(fd) == 1;
}
