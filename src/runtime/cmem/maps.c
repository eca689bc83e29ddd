/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/maps.h"

#include "base/io.h"

#include <string.h>

static const char *read_hex(const char *text, uintptr_t *ret_number)
{
    uintptr_t number = 0;
    for (;; text++) {
        unsigned digit = (unsigned char)*text;
        if (digit >= '0' && digit <= '9')
            digit -= '0';
        else if (digit >= 'a' && digit <= 'f')
            digit -= 'a' - 10;
        else
            break;
        number = number * 16 + digit;
    }
    *ret_number = number;
    return text;
}

/* "7f0000000000-7f0000001000 rw-p 00000000 00:00 0    /path/of/a/file" */
static bool read_line(const char *line, struct ffisan_mapping *ret_mapping)
{
    const char *text = read_hex(line, &ret_mapping->low);
    if (*text != '-')
        return false;
    text = read_hex(text + 1, &ret_mapping->high);
    return strncmp(text, " rw-p", 5) == 0;
}

struct search {
    void (*visit)(void *context, const struct ffisan_mapping *mapping);
    void *context;
};

static void visit_line(void *context, const char *line)
{
    const struct search *search = context;
    struct ffisan_mapping mapping;
    if (read_line(line, &mapping))
        search->visit(search->context, &mapping);
}

bool ffisan_maps_each(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                      void *context)
{
    char data[8192];
    struct search search = {.visit = visit, .context = context};
    return ffisan_io_each_line("/proc/self/maps", data, sizeof(data), visit_line, &search);
}
