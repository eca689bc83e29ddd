/* SPDX-License-Identifier: MIT */
#include "cli/lua_text.h"

#include <stdlib.h>
#include <string.h>

char *ffisan_lua_quote(const char *string)
{
    char *quoted = malloc(4 * strlen(string) + 3), *out = quoted;
    if (!quoted)
        abort();
    *out++ = '"';
    for (; *string; string++) {
        unsigned char c = (unsigned char)*string;
        if (c >= ' ' && c != '"' && c != '\\') {
            *out++ = (char)c;
            continue;
        }
        *out++ = '\\';
        *out++ = (char)('0' + c / 100);
        *out++ = (char)('0' + c / 10 % 10);
        *out++ = (char)('0' + c % 10);
    }
    *out++ = '"';
    *out = '\0';
    return quoted;
}
