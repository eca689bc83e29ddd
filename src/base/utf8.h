/* SPDX-License-Identifier: MIT */
/**
 * Reading text that may be UTF-8 or anything else.  Context: any, also a signal handler.
 */
#ifndef FFISAN_BASE_UTF8_H
#define FFISAN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Stands for bytes that are not UTF-8. */
#define FFISAN_UTF8_REPLACEMENT 0xfffdu

/**
 * Decodes the first character of `data`, of which `length` > 0 bytes may be read.
 *
 * Returns the number of bytes consumed, at least 1.  Bytes that are no UTF-8 (overlong forms,
 * surrogates, values above U+10FFFF, a sequence cut short) give FFISAN_UTF8_REPLACEMENT in
 * `ret_code` and false in `ret_valid`: one replacement for each maximal prefix of a sequence.
 */
size_t ffisan_utf8_decode(const char *data, size_t length, uint32_t *ret_code, bool *ret_valid);

/**
 * Columns of a terminal that the character takes: 0 (combining), 1 or 2 (East Asian wide, emoji).
 * Control characters count as 1.
 */
unsigned ffisan_utf8_width(uint32_t code);

/** False for characters that change what a terminal does: controls, bidirectional overrides. */
bool ffisan_utf8_printable(uint32_t code);

#endif
