/* SPDX-License-Identifier: MIT */
/* Whatever stands in FFISAN_OPTIONS: no crash, options that keep their promises, a message. */
#include "wire/options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_main.h"

static struct ffisan_options options;

/** True for NULL and for a string in the storage that ends there. */
static bool is_stored(const char *string)
{
    if (string == NULL)
        return true;
    for (unsigned i = 0; i < options.n_strings; i++)
        if (string == options.strings[i])
            return memchr(string, '\0', FFISAN_OPTION_STRING_MAX) != NULL;
    return false;
}

static void check_options(void)
{
    FUZZ_CHECK(options.gc <= FFISAN_GC_LINE);
    FUZZ_CHECK(options.color <= FFISAN_COLOR_NEVER);
    FUZZ_CHECK(options.frames >= 1 && options.frames <= 16);
    FUZZ_CHECK(options.n_strings <= sizeof(options.strings) / sizeof(options.strings[0]));
    FUZZ_CHECK(is_stored(options.report) && is_stored(options.log));
}

static void check_message(const char *error, size_t size, unsigned n_errors)
{
    FUZZ_CHECK(memchr(error, '\0', size) != NULL);
    FUZZ_CHECK((error[0] != '\0') == (n_errors > 0));
    for (const char *c = error; *c != '\0'; c++)
        FUZZ_CHECK(*c >= ' ' && *c < 0x7f);
}

/** After garbage of any kind, an entry of its own counts. */
static void check_rest(const char *text)
{
    char with_rest[8192], error[64];
    if (strpbrk(text, "'\"") != NULL || strlen(text) > sizeof(with_rest) - 32)
        return;
    snprintf(with_rest, sizeof(with_rest), "%s:max_reports=4711:gc=line", text);
    ffisan_options_init(&options);
    ffisan_options_parse(&options, with_rest, error, sizeof(error));
    FUZZ_CHECK(options.max_reports == 4711 && options.gc == FFISAN_GC_LINE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[200], *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    ffisan_options_init(&options);
    unsigned n_errors = ffisan_options_parse(&options, text, error, sizeof(error));
    check_message(error, sizeof(error), n_errors);
    check_options();
    FUZZ_CHECK(n_errors == 0 || n_errors <= size);
    ffisan_options_parse(&options, text, error, size % sizeof(error));
    check_options();
    ffisan_options_suggest(text);
    check_rest(text);
    free(text);
    return 0;
}

#ifndef FFISAN_FUZZ_LIBFUZZER
static const char *const fuzz_seeds[] = {
    "gc=auto:report='a:b':quarantine=4m:frames=8",
    "halt:stats=1:color=never:max-reports=5",
    "log=\"x\":log=y:log=z:qarantine=18446744073709551615g",
    "",
};
static const char *const fuzz_words[] = {
    "=",          ":",      "'",       "\"",       "gc",         "report",       "log",
    "quarantine", "frames", "halt",    "line",     "4294967296", "17179869184g", "k",
    "-",          " ",      "report=", ":frames=", "qarantin",   "\n",           "report='",
};
static const size_t fuzz_n_seeds = sizeof(fuzz_seeds) / sizeof(fuzz_seeds[0]);
static const size_t fuzz_n_words = sizeof(fuzz_words) / sizeof(fuzz_words[0]);
#endif
