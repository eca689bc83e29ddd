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

static bool begins_with_any(const char *path, const char *const *beginnings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(path, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* Memory that no file and no device is behind.  To read a device's can do things. */
static bool is_plain_memory(const char *path)
{
    static const char *const plain[] = {"/dev/zero", "/memfd:", "/dev/shm/", "/SYSV",
                                        "anon_inode:[io_uring]"};
    return begins_with_any(path, plain, sizeof(plain) / sizeof(plain[0]));
}

static bool is_file(const char *path)
{
    static const char *const others[] = {"/dev/", "/sys/", "/proc/"};
    return *path == '/' && !is_plain_memory(path) &&
           !begins_with_any(path, others, sizeof(others) / sizeof(others[0]));
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
struct line {
    struct ffisan_mapping mapping;
    const char *access; /* "rw-p " */
    const char *path;   /* or "" */
};

static bool read_line(const char *text, struct line *ret_line)
{
    text = read_hex(text, &ret_line->mapping.low);
    if (*text != '-')
        return false;
    text = read_hex(text + 1, &ret_line->mapping.high);
    ret_line->access = skip_fields(text, 1);
    ret_line->path = skip_fields(ret_line->access, 4);
    ret_line->mapping.is_file = ret_line->access[3] == 's' && is_file(ret_line->path);
    return true;
}

/* As "rw-p", but code may be there as well: stacks of programs that ask for it, closures. */
static bool has_access(const struct line *line, const char *access)
{
    return strncmp(line->access, access, 2) == 0 && line->access[3] == access[3];
}

struct search {
    bool (*is_wanted)(struct search *search, const struct line *line);
    uintptr_t guard_end; /* of the last mapping, if nothing can be read there */
    void (*visit)(void *context, const struct ffisan_mapping *mapping);
    void *context;
};

static bool is_private(struct search *search, const struct line *line)
{
    (void)search;
    return has_access(line, "rw-p");
}

static bool is_unlikely(struct search *search, const struct line *line)
{
    (void)search;
    if (has_access(line, "r--p"))
        return *line->path == '\0' || strcmp(line->path, "[heap]") == 0;
    if (has_access(line, "rw-s") && is_file(line->path))
        return true;
    return line->access[0] == 'r' && line->access[3] == 's' && is_plain_memory(line->path);
}

/* glibc has a guard below each stack (allocatestack.c). */
static bool is_stack(struct search *search, const struct line *line)
{
    bool answer =
        has_access(line, "rw-p") && *line->path == '\0' && line->mapping.low == search->guard_end;
    search->guard_end = has_access(line, "---p") ? line->mapping.high : 0;
    return answer;
}

static void visit_line(void *context, const char *text)
{
    struct search *search = context;
    struct line line;
    if (read_line(text, &line) && search->is_wanted(search, &line))
        search->visit(search->context, &line.mapping);
}

static bool each(struct search *search)
{
    char data[8192];
    return ffisan_io_each_line("/proc/self/maps", data, sizeof(data), visit_line, search);
}

bool ffisan_maps_each(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                      void *context)
{
    struct search search = {.is_wanted = is_private, .visit = visit, .context = context};
    return each(&search);
}

bool ffisan_maps_each_unlikely(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                               void *context)
{
    struct search search = {.is_wanted = is_unlikely, .visit = visit, .context = context};
    return each(&search);
}

bool ffisan_maps_each_stack(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                            void *context)
{
    struct search search = {.is_wanted = is_stack, .visit = visit, .context = context};
    return each(&search);
}
