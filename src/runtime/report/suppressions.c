/* SPDX-License-Identifier: MIT */
#include "runtime/report/suppressions.h"

#include "base/io.h"
#include "runtime/report/report.h"
#include "wire/suppress.h"

#include <string.h>

static char rules[32768]; /* one after the other, each with a NUL, and an empty one at the end */
static size_t n_bytes;
static unsigned n_refused;

static void add_line(void *context, const char *line)
{
    char error[256];
    size_t size = strlen(line) + 1;
    (void)context;
    if (!ffisan_suppress_is_rule(line))
        return;
    if (!ffisan_suppress_check(line, error, sizeof(error)) || size >= sizeof(rules) - n_bytes) {
        n_refused++;
        return;
    }
    memcpy(rules + n_bytes, line, size);
    n_bytes += size;
}

void ffisan_suppressions_read(const char *path)
{
    char data[4096];
    if (!ffisan_io_each_line(path, data, sizeof(data), add_line, NULL))
        ffisan_report_degraded("the suppression file cannot be read, or is empty");
    if (n_refused > 0)
        ffisan_report_degraded(
            "lines of the suppression file were not understood, or there are too many");
}

bool ffisan_suppressions_match(const struct ffisan_finding *finding)
{
    for (const char *rule = rules; *rule; rule += strlen(rule) + 1)
        if (ffisan_suppress_matches(rule, finding))
            return true;
    return false;
}
