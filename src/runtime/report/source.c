/* SPDX-License-Identifier: MIT */
#include "runtime/report/source.h"

#include "base/io.h"

#define MAX_LINE 300
#define MAX_FILE_BYTES (4u << 20)

bool ffisan_source_line(const char *file, int line, struct ffisan_text *out)
{
    char chunk[2048];
    size_t offset = 0, n, before = out->length;
    int current = 1;
    bool started = false;
    if (!file || line < 1 || file[0] == '[')
        return false;
    while (current <= line && offset < MAX_FILE_BYTES &&
           (n = ffisan_io_read_file(file, offset, chunk, sizeof(chunk))) > 0) {
        for (size_t i = 0; i < n && current <= line; i++) {
            char c = chunk[i];
            if (c == '\n')
                current++;
            else if (current == line && c != '\r' && (started || (c != ' ' && c != '\t'))) {
                started = true;
                if (out->length - before < MAX_LINE)
                    ffisan_text_add_char(out, c);
            }
        }
        offset += n;
    }
    return out->length > before;
}
