/* SPDX-License-Identifier: MIT */
/*
 * Findings full of arbitrary bytes: a record is always one line of strictly valid JSON in UTF-8, a
 * report never has a control character, and neither leaves its buffer.  The checker of JSON below
 * is independent of the writer on purpose.
 */
#include "base/utf8.h"
#include "wire/record.h"
#include "wire/report_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_main.h"

/** The input, taken apart from its front. */
struct source {
    const uint8_t *data;
    size_t size;
    char strings[16384];
    size_t used;
};

static unsigned take_byte(struct source *source)
{
    if (source->size == 0)
        return 0;
    source->size--;
    return *source->data++;
}

static uint64_t take_number(struct source *source)
{
    uint64_t number = 0;
    for (unsigned n = take_byte(source) % 9; n > 0; n--)
        number = number << 8 | take_byte(source);
    return number;
}

/** Up to the next '|', or NULL when that comes at once. */
static const char *take_string(struct source *source)
{
    size_t length = 0;
    while (length < source->size && source->data[length] != '|' && source->data[length] != '\0')
        length++;
    char *string = source->strings + source->used;
    if (length == 0 || length >= sizeof(source->strings) - source->used) {
        take_byte(source);
        return NULL;
    }
    memcpy(string, source->data, length);
    string[length] = '\0';
    source->used += length + 1;
    source->data += length;
    source->size -= length;
    take_byte(source);
    return string;
}

#define FRAMES_MAX 8

static struct ffisan_stack take_stack(struct source *source, struct ffisan_frame *frames)
{
    size_t n_frames = take_byte(source) % (FRAMES_MAX + 1);
    for (size_t i = 0; i < n_frames; i++) {
        unsigned bits = take_byte(source);
        frames[i] = (struct ffisan_frame){.lang = bits & 1 ? FFISAN_LANG_C : FFISAN_LANG_LUA,
                                          .approximate = bits >> 1 & 1};
        frames[i].file = take_string(source);
        frames[i].line = (int)take_number(source);
        frames[i].function = take_string(source);
        frames[i].module = take_string(source);
        frames[i].path = take_string(source);
        frames[i].offset = take_number(source);
    }
    return (struct ffisan_stack){n_frames, n_frames > 0 ? frames : NULL};
}

static void take_facts(struct source *source, struct ffisan_finding *finding)
{
    finding->id = take_number(source);
    finding->severity = (enum ffisan_severity)(take_byte(source) % 5);
    finding->kind = (enum ffisan_kind)(take_byte(source) % (FFISAN_N_KINDS + 2));
    finding->pid = (int)take_number(source);
    finding->use.access = (enum ffisan_access)(take_byte(source) % 7);
    finding->use.size_bytes = take_number(source);
    finding->holder.kind = (enum ffisan_holder_kind)(take_byte(source) % 8);
    finding->holder.offset = take_number(source);
    finding->block.kind = (enum ffisan_block_kind)(take_byte(source) % 11);
    finding->block.size_bytes = take_number(source);
    finding->block.offset = (int64_t)take_number(source);
    finding->collected.cycle = (unsigned)take_number(source);
}

static void take_strings(struct source *source, struct ffisan_finding *finding)
{
    finding->use.source = take_string(source);
    finding->holder.field = take_string(source);
    finding->holder.path = take_string(source);
    finding->title = take_string(source);
    finding->use.function = take_string(source);
    finding->holder.type = take_string(source);
    finding->block.type = take_string(source);
    finding->block.preview = take_string(source);
    finding->why = take_string(source);
    finding->fix = take_string(source);
}

static bool json_value(const char **at, unsigned depth);

static bool json_char(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

static bool json_escape(const char **at)
{
    static const char letters[] = "\"\\/bfnrt";
    char c = *(*at)++;
    if (c != 'u')
        return c != '\0' && strchr(letters, c) != NULL;
    for (unsigned i = 0; i < 4; i++)
        if (strchr("0123456789abcdef", **at) == NULL || *(*at)++ == '\0')
            return false;
    return true;
}

static bool json_string(const char **at)
{
    if (!json_char(at, '"'))
        return false;
    while (**at != '"') {
        uint32_t code;
        bool valid;
        size_t used = ffisan_utf8_decode(*at, strlen(*at) + 1, &code, &valid);
        if (!valid || code < 0x20)
            return false;
        *at += used;
        if (code == '\\' && !json_escape(at))
            return false;
    }
    return json_char(at, '"');
}

static bool json_number(const char **at)
{
    json_char(at, '-');
    const char *begin = *at;
    while (**at >= '0' && **at <= '9')
        ++*at;
    return *at > begin && (*begin != '0' || *at == begin + 1);
}

static bool json_list(const char **at, char open, char close, unsigned depth)
{
    if (!json_char(at, open))
        return false;
    do {
        if (open == '{' && !(json_string(at) && json_char(at, ':')))
            return false;
        if (!json_value(at, depth + 1))
            return false;
    } while (json_char(at, ','));
    return json_char(at, close);
}

/** What the writer may write: no spaces, no empty objects or lists, no null. */
static bool json_value(const char **at, unsigned depth)
{
    if (depth > 8)
        return false;
    if (**at == '{')
        return json_list(at, '{', '}', depth);
    if (**at == '[')
        return json_list(at, '[', ']', depth);
    if (**at == '"')
        return json_string(at);
    if (strncmp(*at, "true", 4) == 0) {
        *at += 4;
        return true;
    }
    return json_number(at);
}

static void check_record(const struct ffisan_finding *finding, char *room, size_t size)
{
    struct ffisan_text text;
    ffisan_text_init(&text, room, size);
    if (!ffisan_record_write(&text, finding)) {
        FUZZ_CHECK(text.length == 0 && (size == 0 || room[0] == '\0'));
        return;
    }
    const char *at = room;
    FUZZ_CHECK(strlen(room) == text.length);
    FUZZ_CHECK(json_list(&at, '{', '}', 0));
    FUZZ_CHECK(strcmp(at, "\n") == 0);
}

static void check_report(const struct ffisan_finding *finding, char *room, size_t size)
{
    struct ffisan_text text;
    ffisan_text_init(&text, room, size);
    ffisan_report_text(&text, finding, false);
    FUZZ_CHECK(text.length < size || size == 0);
    for (size_t at = 0; at < text.length && !text.truncated;) {
        uint32_t code;
        bool valid;
        at += ffisan_utf8_decode(room + at, text.length - at, &code, &valid);
        FUZZ_CHECK(valid && (code == '\n' || ffisan_utf8_printable(code)));
    }
    FUZZ_CHECK(text.truncated || (strstr(room, "\nSUMMARY: ") && room[text.length - 1] == '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source source;
    static struct ffisan_frame frames[4][FRAMES_MAX];
    static char room[262144];
    struct ffisan_finding finding;
    source.data = data;
    source.size = size;
    source.used = 0;
    memset(&finding, 0, sizeof(finding));
    take_strings(&source, &finding);
    take_facts(&source, &finding);
    finding.use.stack = take_stack(&source, frames[0]);
    finding.holder.made = take_stack(&source, frames[1]);
    finding.block.made = take_stack(&source, frames[2]);
    finding.collected.stack = take_stack(&source, frames[3]);
    check_record(&finding, room, sizeof(room));
    check_report(&finding, room, sizeof(room));
    size_t small = 1 + size * 7 % 2000;
    char *exact = malloc(small);
    if (exact != NULL) {
        check_record(&finding, exact, small);
        check_report(&finding, exact, small);
    }
    free(exact);
    return 0;
}

#ifndef FFISAN_FUZZ_LIBFUZZER
static const char *const fuzz_seeds[] = {
    "f(buf.data, \"x\")|data|run → upvalue buf|title|snprintf|struct s [1]|char [8]|abc|why x|"
    "fix:\n    code|\1\2\1\1\1\2\1\5\1\10\1\4\1\1\2\1f.lua|\1\7run|m|\1\1",
    "C.write(1, p[0].q, 3)|[2].q||||char *|string|\xff\x1b|a b c d e f g|\n\n|\2\3\1\3\3",
    "||||||||||\4\4\4\4\4\4\4\4\4\4\4\4\4\4\4",
    "",
};
static const char *const fuzz_words[] = {
    "|",
    "||",
    "\"",
    "\\",
    "\n",
    " ",
    "    ",
    "[",
    "]",
    ".data",
    "data",
    "--",
    "[[",
    "变量",
    "é",
    "\xe2\x82",
    "\xed\xa0\x80",
    "\xf4\x90",
    "\x1b[31m",
    "\xe2\x80\xae",
    "upvalue buf",
    "local ",
    "main chunk",
    "<f>",
    "\1\xff",
    "\10\xff\xff\xff\xff\xff\xff\xff\xff",
    "a very long word to wrap ",
};
static const size_t fuzz_n_seeds = sizeof(fuzz_seeds) / sizeof(fuzz_seeds[0]);
static const size_t fuzz_n_words = sizeof(fuzz_words) / sizeof(fuzz_words[0]);
#endif
