/* SPDX-License-Identifier: MIT */
#include "base/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

long ffisan_tasks_call(long number, long a, long b, long c, long d)
{
#ifdef __x86_64__
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
#else
    (void)number, (void)a, (void)b, (void)c, (void)d;
    return -ENOSYS;
#endif
}

/* ---- Files ----------------------------------------------------------------------------------- */

static char *put_number(char *text, unsigned number)
{
    char digits[12];
    unsigned n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (n > 0)
        *text++ = digits[--n];
    return text;
}

static char *put_text(char *text, const char *more)
{
    while (*more)
        *text++ = *more++;
    return text;
}

/* "/proc/PROCESS/task" */
static char *put_folder(char *text, pid_t process)
{
    char *end = put_text(text, "/proc/");
    end = put_number(end, (unsigned)process);
    return put_text(end, "/task");
}

long ffisan_tasks_read(pid_t process, pid_t thread, const char *name, char *data, size_t size)
{
    char path[96], *end = put_text(put_folder(path, process), "/");
    end = put_number(end, (unsigned)thread);
    end = put_text(end, name);
    *end = '\0';
    long fd = ffisan_tasks_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    long n = ffisan_tasks_call(SYS_read, fd, (long)data, (long)size - 1, 0);
    ffisan_tasks_call(SYS_close, fd, 0, 0, 0);
    data[n > 0 ? n : 0] = '\0';
    return n;
}

static const char *read_word(const char *text, uint64_t *ret_word)
{
    uint64_t base = 10, word = 0;
    while (*text == ' ')
        text++;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        unsigned digit = (unsigned char)*text;
        if (digit >= '0' && digit <= '9')
            word = word * base + digit - '0';
        else if (base == 16 && digit >= 'a' && digit <= 'f')
            word = word * base + digit - 'a' + 10;
        else
            break;
    }
    *ret_word = word;
    return text;
}

/* The file says "running", "-1 SP PC", or "NUMBER and six arguments SP PC". */
bool ffisan_tasks_waits(pid_t process, pid_t thread, struct ffisan_tasks_wait *ret_wait)
{
    char data[256];
    if (ffisan_tasks_read(process, thread, "/syscall", data, sizeof(data)) <= 0 || data[0] < '0' ||
        data[0] > '9')
        return false;
    const char *text = read_word(data, &ret_wait->call);
    for (unsigned i = 0; i < FFISAN_TASKS_ARGUMENTS; i++)
        text = read_word(text, &ret_wait->arguments[i]);
    return true;
}

/* ---- All of them ----------------------------------------------------------------------------- */

/* An entry of a directory, as getdents64 gives it. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

static bool visit_listed(const char *entries, long n, bool (*visit)(void *context, pid_t thread),
                         void *context)
{
    for (long at = 0; at < n;) {
        const struct entry *entry = (const struct entry *)(entries + at);
        uint64_t id;
        at += entry->size;
        read_word(entry->name, &id);
        if (id != 0 && !visit(context, (pid_t)id)) /* 0: "." and ".." */
            return false;
    }
    return true;
}

bool ffisan_tasks_each(pid_t process, bool (*visit)(void *context, pid_t thread), void *context)
{
    char path[64], entries[2048] __attribute__((aligned(8)));
    *put_folder(path, process) = '\0';
    long n, fd = ffisan_tasks_call(SYS_openat, AT_FDCWD, (long)path,
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    bool done = fd >= 0;
    while (done &&
           (n = ffisan_tasks_call(SYS_getdents64, fd, (long)entries, sizeof(entries), 0)) != 0)
        done = n > 0 && visit_listed(entries, n, visit, context);
    if (fd >= 0)
        ffisan_tasks_call(SYS_close, fd, 0, 0, 0);
    return done;
}

struct search {
    void (*visit)(void *context, uint64_t word);
    void *context;
    pid_t process, self;
    unsigned n;
};

static bool look_at(void *context, pid_t thread)
{
    enum { MOST_THREADS = 256 };
    struct search *search = context;
    struct ffisan_tasks_wait wait;
    if (thread == search->self)
        return true;
    if (search->n++ == MOST_THREADS)
        return false;
    if (ffisan_tasks_waits(search->process, thread, &wait))
        for (unsigned i = 0; i < FFISAN_TASKS_ARGUMENTS; i++)
            search->visit(search->context, wait.arguments[i]);
    return true;
}

unsigned ffisan_tasks_each_argument(void (*visit)(void *context, uint64_t word), void *context)
{
    struct search search = {.visit = visit,
                            .context = context,
                            .process = (pid_t)ffisan_tasks_call(SYS_getpid, 0, 0, 0, 0),
                            .self = (pid_t)ffisan_tasks_call(SYS_gettid, 0, 0, 0, 0)};
    ffisan_tasks_each(search.process, look_at, &search);
    return search.n;
}
