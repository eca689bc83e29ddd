/* SPDX-License-Identifier: MIT */
/* Reading a file line by line: lines that end where a read ends, that are cut, and the last one. */
#include "base/io.h"

#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

struct seen {
    unsigned n;
    char text[4096];
};

static void visit(void *context, const char *line)
{
    struct seen *seen = context;
    seen->n++;
    strcat(strcat(seen->text, line), "|");
}

static struct seen lines_of(const char *content, size_t buffer_size)
{
    char path[] = "/tmp/ffisan-test-io-XXXXXX", data[256];
    struct seen seen = {0};
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content))
        exit(1);
    close(fd);
    TAP_OK(ffisan_io_each_line(path, data, buffer_size, visit, &seen), "the file is read");
    unlink(path);
    return seen;
}

int main(void)
{
    struct seen seen = lines_of("one\ntwo\n\nfour\n", 256);
    TAP_TEXT(seen.text, "one|two||four|", "lines");
    seen = lines_of("one\ntwo\nthree\nfour\nfive\n", 7);
    TAP_TEXT(seen.text, "one|two|three|four|five|", "lines that end within what is read");
    seen = lines_of("a long line that is cut\nshort\n", 8);
    TAP_TEXT(seen.text, "a long |short|", "the rest of a line that was cut is no line");
    seen = lines_of("seven..\nx\n", 8);
    TAP_TEXT(seen.text, "seven..|x|", "a line that just fits");
    seen = lines_of("one\nno line feed", 256);
    TAP_TEXT(seen.text, "one|", "what has no end is not there yet");
    char data[64];
    TAP_OK(!ffisan_io_each_line("/nonexistent", data, sizeof(data), visit, &seen),
           "no file is told");
    return tap_done();
}
