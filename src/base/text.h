/* SPDX-License-Identifier: MIT */
/**
 * Bounded text in a caller's buffer.  Always NUL-terminated; what does not fit is dropped and
 * `truncated` remembers it.  Context: any, also a signal handler.
 */
#ifndef FFISAN_BASE_TEXT_H
#define FFISAN_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

struct ffisan_text {
    char *data;
    size_t size; /**< of data, including the NUL */
    size_t length;
    bool truncated;
};

void ffisan_text_init(struct ffisan_text *text, char *data, size_t size);
void ffisan_text_add(struct ffisan_text *text, const char *string);
void ffisan_text_add_n(struct ffisan_text *text, const char *data, size_t length);
void ffisan_text_add_char(struct ffisan_text *text, char c);
void ffisan_text_add_unsigned(struct ffisan_text *text, uint64_t value);
void ffisan_text_add_signed(struct ffisan_text *text, int64_t value);
void ffisan_text_add_hex(struct ffisan_text *text, uint64_t value, unsigned min_digits);

#endif
