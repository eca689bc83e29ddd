/* SPDX-License-Identifier: MIT */
/**
 * Flowing text into labelled, wrapped columns: the typesetting of report_text.c.
 *
 * Text that comes from a finding is untrusted: what a terminal would obey is written as \x1b, bytes
 * that are no UTF-8 as U+FFFD, a tab as a space.  Context: any, also a signal handler.
 */
#ifndef FFISAN_WIRE_REPORT_LAYOUT_H
#define FFISAN_WIRE_REPORT_LAYOUT_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FFISAN_LAYOUT_WIDTH 100 /**< columns of a line */
#define FFISAN_LAYOUT_TEXT 16   /**< column where the text beside a label begins */
#define FFISAN_LAYOUT_WORD_MAX 256

enum ffisan_style {
    FFISAN_STYLE_PLAIN,
    FFISAN_STYLE_ERROR,
    FFISAN_STYLE_WARNING,
    FFISAN_STYLE_LEAK,
    FFISAN_STYLE_STRONG,
    FFISAN_STYLE_LABEL,
    FFISAN_STYLE_MARK, /**< the carets */
};

/** A page under way. Words are collected until it is known on which line they fit. */
struct ffisan_layout {
    struct ffisan_text *out;
    bool color;
    bool wrap;             /**< false: one line, however long */
    unsigned column;       /**< where the next character goes */
    unsigned indent;       /**< of the lines that wrapping begins */
    unsigned word_columns; /**< width of the word under way */
    bool space_before;     /**< of the word under way */
    size_t word_length;    /**< bytes */
    char word[FFISAN_LAYOUT_WORD_MAX];
};

void ffisan_layout_init(struct ffisan_layout *layout, struct ffisan_text *out, bool color);

/** Flows text; spaces are places to break, a newline begins a line at the indent. */
void ffisan_layout_put(struct ffisan_layout *layout, const char *string);

/** Flows text that is never broken inside: a type, a name. Newlines are shown as \n. */
void ffisan_layout_put_whole(struct ffisan_layout *layout, const char *string);

/** The same for the first `length` bytes of it. */
void ffisan_layout_put_whole_n(struct ffisan_layout *layout, const char *data, size_t length);

void ffisan_layout_put_unsigned(struct ffisan_layout *layout, uint64_t value);

/** Ends the line, if one is under way. */
void ffisan_layout_end_line(struct ffisan_layout *layout);

/** An empty line. */
void ffisan_layout_skip_line(struct ffisan_layout *layout);

/** Spaces up to `column`, at least `min`. Ends the word under way. */
void ffisan_layout_pad(struct ffisan_layout *layout, unsigned column, unsigned min);

/** Begins a labelled paragraph: the label at column 2, the text and its wraps at column 16. */
void ffisan_layout_label(struct ffisan_layout *layout, const char *label);

/** Changes the style of what follows; ends the word under way. */
void ffisan_layout_style(struct ffisan_layout *layout, enum ffisan_style style);

/** Columns that the text takes when it is written whole. */
unsigned ffisan_layout_columns(const char *data, size_t length);

#endif
