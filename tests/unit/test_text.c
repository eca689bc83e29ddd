/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "base/utf8.h"

#include "tap.h"

static void test_bounds(void)
{
    char data[6];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    TAP_TEXT(data, "", "a fresh text is empty");
    ffisan_text_add(&text, "abc");
    TAP_TEXT(data, "abc", "a string is appended");
    ffisan_text_add(&text, "de");
    TAP_OK(!text.truncated && text.length == 5, "the last byte before the NUL is used");
    ffisan_text_add_char(&text, 'f');
    TAP_TEXT(data, "abcde", "what does not fit is dropped");
    TAP_OK(text.truncated, "and remembered");
    ffisan_text_init(&text, data, 3);
    ffisan_text_add(&text, "xyz");
    TAP_TEXT(data, "xy", "a string is cut where the room ends");
}

static void test_no_room(void)
{
    struct ffisan_text text;
    ffisan_text_init(&text, NULL, 0);
    ffisan_text_add(&text, "x");
    ffisan_text_add_unsigned(&text, 7);
    TAP_OK(text.truncated && text.length == 0, "a text without room takes nothing");
}

static void test_numbers(void)
{
    char data[256];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add_unsigned(&text, 0);
    ffisan_text_add_char(&text, ' ');
    ffisan_text_add_unsigned(&text, UINT64_MAX);
    ffisan_text_add_char(&text, ' ');
    ffisan_text_add_signed(&text, INT64_MIN);
    ffisan_text_add_char(&text, ' ');
    ffisan_text_add_signed(&text, -1);
    TAP_TEXT(data, "0 18446744073709551615 -9223372036854775808 -1", "decimal numbers");
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add_hex(&text, 0xbeef, 8);
    ffisan_text_add_char(&text, ' ');
    ffisan_text_add_hex(&text, UINT64_MAX, 1);
    ffisan_text_add_char(&text, ' ');
    ffisan_text_add_hex(&text, 0, 1);
    TAP_TEXT(data, "0000beef ffffffffffffffff 0", "hexadecimal numbers");
}

/** Decodes one character and says how it went: "3 U+20ac" or "1 bad". */
static const char *decoded(const char *data, size_t length)
{
    static char result[32];
    uint32_t code;
    bool valid;
    size_t used = ffisan_utf8_decode(data, length, &code, &valid);
    if (valid)
        snprintf(result, sizeof(result), "%zu U+%04x", used, (unsigned)code);
    else
        snprintf(result, sizeof(result), "%zu bad%s", used,
                 code == FFISAN_UTF8_REPLACEMENT ? "" : " and not U+FFFD");
    return result;
}

static void test_utf8(void)
{
    TAP_TEXT(decoded("a", 1), "1 U+0061", "ASCII");
    TAP_TEXT(decoded("\0", 1), "1 U+0000", "NUL");
    TAP_TEXT(decoded("\xc3\xa9", 2), "2 U+00e9", "two bytes");
    TAP_TEXT(decoded("\xe2\x82\xac", 3), "3 U+20ac", "three bytes");
    TAP_TEXT(decoded("\xf0\x9f\x98\x80", 4), "4 U+1f600", "four bytes");
    TAP_TEXT(decoded("\xf4\x8f\xbf\xbf", 4), "4 U+10ffff", "the last character");
    TAP_TEXT(decoded("\xf4\x90\x80\x80", 4), "1 bad", "beyond the last character");
    TAP_TEXT(decoded("\xc0\x80", 2), "1 bad", "overlong in two bytes");
    TAP_TEXT(decoded("\xe0\x9f\xbf", 3), "1 bad", "overlong in three bytes");
    TAP_TEXT(decoded("\xf0\x8f\xbf\xbf", 4), "1 bad", "overlong in four bytes");
    TAP_TEXT(decoded("\xed\xa0\x80", 3), "1 bad", "a surrogate");
    TAP_TEXT(decoded("\x80", 1), "1 bad", "a lone continuation");
    TAP_TEXT(decoded("\xff", 1), "1 bad", "a byte that UTF-8 never has");
    TAP_TEXT(decoded("\xe2\x82\xac", 2), "2 bad", "a sequence that the text cuts short");
    TAP_TEXT(decoded("\xe2\x82x", 3), "2 bad", "a sequence that a letter cuts short");
}

static void test_columns(void)
{
    TAP_OK(ffisan_utf8_width('x') == 1 && ffisan_utf8_width(0xe9) == 1, "narrow characters");
    TAP_OK(ffisan_utf8_width(0x53d8) == 2 && ffisan_utf8_width(0x1f600) == 2, "wide characters");
    TAP_OK(ffisan_utf8_width(0x301) == 0, "a combining accent");
    TAP_OK(ffisan_utf8_printable('x') && ffisan_utf8_printable(0x53d8), "printable");
    TAP_OK(!ffisan_utf8_printable(0x1b) && !ffisan_utf8_printable(0x7f) &&
               !ffisan_utf8_printable(0x9b) && !ffisan_utf8_printable(0x202e),
           "a terminal would obey");
}

int main(void)
{
    test_bounds();
    test_no_room();
    test_numbers();
    test_utf8();
    test_columns();
    return tap_done();
}
