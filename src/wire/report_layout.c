/* SPDX-License-Identifier: MIT */
#include "wire/report_layout.h"

#include "base/utf8.h"

#include <string.h>

/** Room for one character as it is shown: UTF-8, or \x1b, or \u202e, and a NUL. */
#define GLYPH_MAX 12

void ffisan_layout_init(struct ffisan_layout *layout, struct ffisan_text *out, bool color)
{
    memset(layout, 0, sizeof(*layout));
    layout->out = out;
    layout->color = color;
    layout->wrap = true;
}

static void write_spaces(struct ffisan_layout *layout, unsigned n_spaces)
{
    for (unsigned i = 0; i < n_spaces; i++)
        ffisan_text_add_char(layout->out, ' ');
    layout->column += n_spaces;
}

static void break_line(struct ffisan_layout *layout)
{
    ffisan_text_add_char(layout->out, '\n');
    layout->column = 0;
}

/** Writes the word under way, on this line or on the next. */
static void flush_word(struct ffisan_layout *layout)
{
    if (layout->word_length == 0)
        return;
    unsigned space = layout->space_before && layout->column > layout->indent ? 1 : 0;
    bool fits = layout->column + space + layout->word_columns <= FFISAN_LAYOUT_WIDTH;
    bool has_break = layout->space_before && layout->column > layout->indent;
    if (layout->wrap && !fits && has_break) {
        break_line(layout);
        space = 0;
    }
    if (layout->column < layout->indent)
        write_spaces(layout, layout->indent - layout->column);
    write_spaces(layout, space);
    ffisan_text_add_n(layout->out, layout->word, layout->word_length);
    layout->column += layout->word_columns;
    layout->word_length = 0;
    layout->word_columns = 0;
    layout->space_before = false;
}

/** Shows a character that a terminal would obey as the number that it is. */
static size_t show_number(uint32_t code, char *glyph)
{
    struct ffisan_text text;
    ffisan_text_init(&text, glyph, GLYPH_MAX);
    if (code == '\n')
        ffisan_text_add(&text, "\\n");
    else {
        ffisan_text_add(&text, code < 0x100 ? "\\x" : "\\u");
        ffisan_text_add_hex(&text, code, code < 0x100 ? 2 : 4);
    }
    return text.length;
}

/** Turns the next character into what is shown. Returns the bytes consumed. */
static size_t next_glyph(const char *data, size_t length, char *ret_glyph, size_t *ret_length,
                         unsigned *ret_columns)
{
    uint32_t code;
    bool valid;
    size_t used = ffisan_utf8_decode(data, length, &code, &valid);
    if (!valid) {
        memcpy(ret_glyph, "\xef\xbf\xbd", 3);
        *ret_length = 3;
        *ret_columns = 1;
    } else if (code == '\t') {
        ret_glyph[0] = ' ';
        *ret_length = *ret_columns = 1;
    } else if (ffisan_utf8_printable(code)) {
        memcpy(ret_glyph, data, used);
        *ret_length = used;
        *ret_columns = ffisan_utf8_width(code);
    } else {
        *ret_length = show_number(code, ret_glyph);
        *ret_columns = (unsigned)*ret_length;
    }
    return used;
}

/** A word longer than the store goes out in parts. */
static void add_glyph(struct ffisan_layout *layout, const char *glyph, size_t length,
                      unsigned columns)
{
    if (layout->word_length + length > sizeof(layout->word))
        flush_word(layout);
    memcpy(layout->word + layout->word_length, glyph, length);
    layout->word_length += length;
    layout->word_columns += columns;
}

static void put_space(struct ffisan_layout *layout)
{
    flush_word(layout);
    layout->space_before = true;
}

/** Text in scripts without spaces breaks between any two wide characters. */
static void put_wide(struct ffisan_layout *layout, const char *glyph, size_t length)
{
    if (layout->word_length > 0)
        flush_word(layout);
    if (layout->wrap && layout->column + 2 > FFISAN_LAYOUT_WIDTH)
        break_line(layout);
    add_glyph(layout, glyph, length, 2);
    flush_word(layout);
}

void ffisan_layout_put(struct ffisan_layout *layout, const char *string)
{
    size_t left = strlen(string);
    while (left > 0 && !layout->out->truncated) {
        char glyph[GLYPH_MAX];
        size_t length;
        unsigned columns;
        size_t used = next_glyph(string, left, glyph, &length, &columns);
        if (*string == ' ' || *string == '\t')
            put_space(layout);
        else if (*string == '\n')
            ffisan_layout_end_line(layout);
        else if (columns == 2 && used == length)
            put_wide(layout, glyph, length);
        else
            add_glyph(layout, glyph, length, columns);
        string += used;
        left -= used;
    }
}

void ffisan_layout_put_whole_n(struct ffisan_layout *layout, const char *data, size_t length)
{
    while (length > 0 && !layout->out->truncated) {
        char glyph[GLYPH_MAX];
        size_t glyph_length;
        unsigned columns;
        size_t used = next_glyph(data, length, glyph, &glyph_length, &columns);
        add_glyph(layout, glyph, glyph_length, columns);
        data += used;
        length -= used;
    }
}

void ffisan_layout_put_whole(struct ffisan_layout *layout, const char *string)
{
    ffisan_layout_put_whole_n(layout, string, strlen(string));
}

void ffisan_layout_put_unsigned(struct ffisan_layout *layout, uint64_t value)
{
    char digits[32];
    struct ffisan_text text;
    ffisan_text_init(&text, digits, sizeof(digits));
    ffisan_text_add_unsigned(&text, value);
    ffisan_layout_put_whole_n(layout, digits, text.length);
}

void ffisan_layout_end_line(struct ffisan_layout *layout)
{
    flush_word(layout);
    layout->space_before = false;
    if (layout->column > 0)
        break_line(layout);
}

void ffisan_layout_skip_line(struct ffisan_layout *layout)
{
    ffisan_layout_end_line(layout);
    break_line(layout);
}

void ffisan_layout_pad(struct ffisan_layout *layout, unsigned column, unsigned min)
{
    flush_word(layout);
    layout->space_before = false;
    unsigned n_spaces = column > layout->column ? column - layout->column : 0;
    write_spaces(layout, n_spaces > min ? n_spaces : min);
}

void ffisan_layout_label(struct ffisan_layout *layout, const char *label)
{
    ffisan_layout_end_line(layout);
    layout->indent = 0;
    ffisan_layout_pad(layout, 2, 0);
    ffisan_layout_style(layout, FFISAN_STYLE_LABEL);
    ffisan_layout_put_whole(layout, label);
    ffisan_layout_style(layout, FFISAN_STYLE_PLAIN);
    if (layout->column >= FFISAN_LAYOUT_TEXT)
        ffisan_layout_end_line(layout);
    ffisan_layout_pad(layout, FFISAN_LAYOUT_TEXT, 0);
    layout->indent = FFISAN_LAYOUT_TEXT;
}

void ffisan_layout_style(struct ffisan_layout *layout, enum ffisan_style style)
{
    static const char *const codes[] = {
        [FFISAN_STYLE_PLAIN] = "\033[0m",      [FFISAN_STYLE_ERROR] = "\033[1;31m",
        [FFISAN_STYLE_WARNING] = "\033[1;33m", [FFISAN_STYLE_LEAK] = "\033[1;35m",
        [FFISAN_STYLE_STRONG] = "\033[1m",     [FFISAN_STYLE_LABEL] = "\033[36m",
        [FFISAN_STYLE_MARK] = "\033[1;32m",
    };
    flush_word(layout);
    if (layout->color)
        ffisan_text_add(layout->out, codes[style]);
}

unsigned ffisan_layout_columns(const char *data, size_t length)
{
    unsigned total = 0;
    while (length > 0) {
        char glyph[GLYPH_MAX];
        size_t glyph_length;
        unsigned columns;
        size_t used = next_glyph(data, length, glyph, &glyph_length, &columns);
        total += columns;
        data += used;
        length -= used;
    }
    return total;
}
