/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

void ffisan_text_init(struct ffisan_text *text, char *data, size_t size)
{
    text->data = data;
    text->size = size;
    text->length = 0;
    text->truncated = false;
    if (size > 0)
        data[0] = '\0';
}

void ffisan_text_add_n(struct ffisan_text *text, const char *data, size_t length)
{
    size_t room = text->size > 0 ? text->size - 1 - text->length : 0;
    if (length > room) {
        length = room;
        text->truncated = true;
    }
    if (length == 0)
        return;
    memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void ffisan_text_add(struct ffisan_text *text, const char *string)
{
    ffisan_text_add_n(text, string, strlen(string));
}

void ffisan_text_add_char(struct ffisan_text *text, char c)
{
    ffisan_text_add_n(text, &c, 1);
}

static void add_digits(struct ffisan_text *text, uint64_t value, unsigned base, unsigned min_digits)
{
    char digits[32];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (sizeof(digits) - at < min_digits && at > 0)
        digits[--at] = '0';
    ffisan_text_add_n(text, digits + at, sizeof(digits) - at);
}

void ffisan_text_add_unsigned(struct ffisan_text *text, uint64_t value)
{
    add_digits(text, value, 10, 1);
}

void ffisan_text_add_signed(struct ffisan_text *text, int64_t value)
{
    if (value < 0)
        ffisan_text_add_char(text, '-');
    add_digits(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, 1);
}

void ffisan_text_add_hex(struct ffisan_text *text, uint64_t value, unsigned min_digits)
{
    add_digits(text, value, 16, min_digits);
}
