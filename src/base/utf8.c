/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

/** A lead byte: how many bytes follow, its payload bits, and the range of the second byte. */
struct lead {
    unsigned n_following;
    uint32_t bits;
    unsigned char min_second, max_second;
};

static bool read_lead(unsigned char c, struct lead *ret_lead)
{
    if (c >= 0xc2 && c <= 0xdf) {
        *ret_lead = (struct lead){1, c & 0x1fu, 0x80, 0xbf};
        return true;
    }
    if (c >= 0xe0 && c <= 0xef) {
        *ret_lead = (struct lead){2, c & 0x0fu, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf};
        return true;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        *ret_lead = (struct lead){3, c & 0x07u, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf};
        return true;
    }
    return false;
}

size_t ffisan_utf8_decode(const char *data, size_t length, uint32_t *ret_code, bool *ret_valid)
{
    const unsigned char *bytes = (const unsigned char *)data;
    *ret_code = bytes[0];
    *ret_valid = bytes[0] < 0x80;
    if (*ret_valid)
        return 1;
    struct lead lead;
    *ret_code = FFISAN_UTF8_REPLACEMENT;
    if (!read_lead(bytes[0], &lead))
        return 1;
    uint32_t code = lead.bits;
    for (unsigned i = 1; i <= lead.n_following; i++) {
        unsigned char min = i == 1 ? lead.min_second : 0x80;
        unsigned char max = i == 1 ? lead.max_second : 0xbf;
        if (i >= length || bytes[i] < min || bytes[i] > max)
            return i;
        code = code << 6 | (bytes[i] & 0x3fu);
    }
    *ret_code = code;
    *ret_valid = true;
    return 1 + (size_t)lead.n_following;
}

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t n_ranges, uint32_t code)
{
    for (size_t i = 0; i < n_ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

unsigned ffisan_utf8_width(uint32_t code)
{
    static const struct range combining[] = {
        {0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    if (code < 0x300)
        return 1;
    if (in_ranges(combining, sizeof(combining) / sizeof(combining[0]), code))
        return 0;
    return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), code) ? 2 : 1;
}

bool ffisan_utf8_printable(uint32_t code)
{
    static const struct range harmful[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb},
    };
    return !in_ranges(harmful, sizeof(harmful) / sizeof(harmful[0]), code);
}
