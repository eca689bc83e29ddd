/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a line of a report file: it is decoded, or there is a reason.  What is decoded can
 * be shown, and written again; that line then decodes to the same.
 */
#include "cli/model.h"
#include "wire/record.h"
#include "wire/report_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_main.h"

enum { ROOM = 1 << 18 };

static char report[2][ROOM], record[2][ROOM];

/* False when the record found no room. */
static bool render(const struct ffisan_finding *finding, unsigned which)
{
    struct ffisan_text text;
    ffisan_text_init(&text, report[which], ROOM);
    ffisan_report_text(&text, finding, false);
    FUZZ_CHECK(text.truncated || strstr(report[which], "SUMMARY: "));
    ffisan_text_init(&text, record[which], ROOM);
    return ffisan_record_write(&text, finding);
}

/* From one record to the other. */
static void copy(unsigned from, unsigned to)
{
    char error[200] = "";
    struct ffisan_model *model =
        ffisan_model_decode(record[from], strlen(record[from]), error, sizeof(error));
    if (!model)
        fprintf(stderr, "%s%s\n", record[from], error);
    FUZZ_CHECK(model != NULL);
    FUZZ_CHECK(render(ffisan_model_finding(model), to));
    ffisan_model_free(model);
}

/* A member without the one that it belongs to is not written: the first copy may say less. */
static void check_copies(void)
{
    copy(0, 1);
    FUZZ_CHECK(strcmp(record[0], record[1]) == 0);
    copy(1, 0);
    FUZZ_CHECK(strcmp(record[0], record[1]) == 0);
    FUZZ_CHECK(strcmp(report[0], report[1]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[200] = "", *exact = malloc(1 + size % 64);
    if (exact == NULL)
        return 0;
    exact[0] = '\0';
    struct ffisan_model *model =
        ffisan_model_decode((const char *)data, size, error, sizeof(error));
    FUZZ_CHECK(memchr(error, '\0', sizeof(error)) != NULL);
    FUZZ_CHECK((model == NULL) == (error[0] != '\0'));
    bool is_whole = model && render(ffisan_model_finding(model), 0);
    ffisan_model_free(model);
    if (is_whole)
        check_copies();
    model = ffisan_model_decode((const char *)data, size, exact, 1 + size % 64);
    FUZZ_CHECK(memchr(exact, '\0', 1 + size % 64) != NULL);
    ffisan_model_free(model);
    free(exact);
    return 0;
}

#ifndef FFISAN_FUZZ_LIBFUZZER
#define STACK                                                                                      \
    "[{\"lang\":\"c\",\"function\":\"snprintf\",\"module\":\"libc.so.6\",\"offset\":4096},"        \
    "{\"lang\":\"lua\",\"file\":\"mod.lua\",\"line\":22,\"function\":\"run\","                     \
    "\"approximate\":true,\"source\":\"x = y\"}]"
static const char *const fuzz_seeds[] = {
    "{\"ffisan\":1,\"id\":\"7f3a9c2100000000\",\"severity\":\"error\",\"kind\":\"use-after-"
    "collect\","
    "\"pid\":12,\"title\":\"memory was used\",\"use\":{\"access\":\"write\",\"size\":12,"
    "\"function\":\"snprintf\",\"argument\":1,\"stack\":" STACK
    "},\"holder\":{\"kind\":\"cdata\","
    "\"type\":\"struct my_str_s [1]\",\"field\":\"data\",\"offset\":8,\"made\":" STACK
    ","
    "\"path\":\"package.loaded.mod.run\"},\"block\":{\"kind\":\"cdata\",\"type\":\"char [1024]\","
    "\"size\":1024,\"offset\":-3,\"preview\":\"abc\\u0000\",\"made\":" STACK
    "},"
    "\"collected\":{\"cycle\":3,\"stack\":" STACK "},\"why\":\"w\",\"fix\":\"f\",\"count\":2}\n",
    "{\"ffisan\":1,\"id\":\"1\"}",
    "{\"ffisan\":2,\"id\":\"1\"}",
    "[]",
};
static const char *const fuzz_words[] = {
    "\"",
    "\\",
    "\\u0000",
    "\\ud83d\\ude00",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "0",
    "18446744073709551615",
    "1e999",
    "4294967296",
    "\"kind\":",
    "\"stack\":",
    "\"use\":{",
    "\"offset\":",
    "\"id\":\"",
    "\xff",
    "\xe2\x86\x92",
    "buffer-overrun",
    "dangling-pointer",
    STACK,
};
static const size_t fuzz_n_seeds = sizeof(fuzz_seeds) / sizeof(fuzz_seeds[0]);
static const size_t fuzz_n_words = sizeof(fuzz_words) / sizeof(fuzz_words[0]);
#endif
