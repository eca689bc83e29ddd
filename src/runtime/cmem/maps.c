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

/* Memory that no file and no device is behind.  To read a device's can do things. */
static bool is_plain_memory(const char *path)
{
    static const char *const beginnings[] = {"/dev/zero", "/memfd:", "/dev/shm/", "/SYSV",
                                             "anon_inode:[io_uring]"};
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
        if (strncmp(path, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* Behind so many fields, and the spaces between. */
static const char *skip_fields(const char *text, unsigned n)
{
    for (; n > 0; n--) {
        text += strcspn(text, " ");
        text += strspn(text, " ");
    }
    return text;
}

/* "7f0000000000-7f0000001000 rw-p 00000000 00:00 0    /path/of/a/file" */
static bool read_line(const char *line, bool is_unlikely, struct ffisan_mapping *ret_mapping)
{
    const char *text = read_hex(line, &ret_mapping->low);
    if (*text != '-')
        return false;
    text = read_hex(text + 1, &ret_mapping->high);
    if (!is_unlikely)
        return strncmp(text, " rw-p", 5) == 0;
    const char *path = skip_fields(text + 1, 4);
    if (strncmp(text, " r--p", 5) == 0)
        return *path == '\0' || strcmp(path, "[heap]") == 0;
    return strncmp(text, " rw-s", 5) == 0 && is_plain_memory(path);
}

struct search {
    bool is_unlikely;
    void (*visit)(void *context, const struct ffisan_mapping *mapping);
    void *context;
};

static void visit_line(void *context, const char *line)
{
    const struct search *search = context;
    struct ffisan_mapping mapping;
    if (read_line(line, search->is_unlikely, &mapping))
        search->visit(search->context, &mapping);
}

static bool each(struct search *search)
{
    char data[8192];
    return ffisan_io_each_line("/proc/self/maps", data, sizeof(data), visit_line, search);
}

bool ffisan_maps_each(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                      void *context)
{
    struct search search = {.visit = visit, .context = context};
    return each(&search);
}

bool ffisan_maps_each_unlikely(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                               void *context)
{
    struct search search = {.is_unlikely = true, .visit = visit, .context = context};
    return each(&search);
}
