/* SPDX-License-Identifier: MIT */
#include "runtime/fault/door.h"

#include "runtime/fault/guard.h"
#include "runtime/fault/use.h"

#include <sys/socket.h>
#include <sys/uio.h>

enum {
    MOST_PARTS = 1024 /* IOV_MAX, UIO_MAXIOV */,
    PARTS_AT_ONCE = 16,
    MOST_STRINGS = 65536,
    MOST_WORDS = 64
};

struct ffisan_door ffisan_door __attribute__((aligned(64)));
struct ffisan_door_set ffisan_door_gone, ffisan_door_told;

ffisan_door_reader_fn ffisan_door_reader;

void ffisan_door_open(uintptr_t low, uintptr_t high)
{
    ffisan_real_prepare();
    __atomic_store_n(&ffisan_door.low, low, __ATOMIC_RELAXED);
    __atomic_store_n(&ffisan_door.size, high - low, __ATOMIC_RELEASE);
}

void ffisan_door_hit(const void *pointer, size_t size, const char *function, unsigned argument,
                     bool is_write)
{
    struct ffisan_quiet quiet;
    if (size == 0 || !ffisan_use_is_gone((uintptr_t)pointer))
        return;
    if (size == FFISAN_DOOR_UNKNOWN)
        size = 0;
    ffisan_quiet_begin(&quiet);
    ffisan_use_door((uintptr_t)pointer, size, function, argument, is_write);
    ffisan_quiet_end(&quiet);
}

void ffisan_door_failed(int descriptor, const char *function)
{
    struct ffisan_quiet quiet;
    ffisan_quiet_begin(&quiet);
    ffisan_use_descriptor(descriptor, function);
    ffisan_quiet_end(&quiet);
}

void ffisan_door_reopened(int descriptor, const char *function)
{
    struct ffisan_quiet quiet;
    ffisan_quiet_begin(&quiet);
    ffisan_use_reopened(descriptor, function);
    ffisan_quiet_end(&quiet);
}

void ffisan_door_put(struct ffisan_door_set *set, int descriptor, bool is_in)
{
    unsigned i = (unsigned)descriptor;
    uint64_t bit = UINT64_C(1) << i % 64;
    if (i >= FFISAN_DOOR_DESCRIPTORS)
        return;
    if (is_in)
        __atomic_fetch_or(&set->bits[i / 64], bit, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&set->bits[i / 64], ~bit, __ATOMIC_RELAXED);
}

void ffisan_door_closing(int first, int last, const char *function)
{
    int saved_errno = errno;
    ffisan_use_closing(first, last, function);
    if (ffisan_door_keeper.closing)
        ffisan_door_keeper.closing(first, last);
    errno = saved_errno;
}

static void check_parts(const struct iovec *parts, size_t n_parts, const char *function,
                        unsigned argument, bool is_write)
{
    for (size_t i = 0; i < n_parts; i++) {
        ffisan_door_check(parts[i].iov_base, parts[i].iov_len, function, argument, is_write);
        if (!is_write)
            ffisan_door_read(parts[i].iov_base, parts[i].iov_len, function);
    }
}

void ffisan_door_vector(const struct iovec *vector, size_t n_parts, const char *function,
                        unsigned argument, bool is_write)
{
    struct iovec parts[PARTS_AT_ONCE];
    if (vector == NULL || n_parts > MOST_PARTS)
        return;
    ffisan_door_check(vector, n_parts * sizeof(*vector), function, argument, false);
    for (size_t i = 0; i < n_parts; i += PARTS_AT_ONCE) {
        size_t n = n_parts - i < PARTS_AT_ONCE ? n_parts - i : PARTS_AT_ONCE;
        if (!ffisan_guard_copy(parts, vector + i, n * sizeof(*vector)))
            return;
        check_parts(parts, n, function, argument, is_write);
    }
}

void ffisan_door_message(const struct msghdr *message, const char *function, unsigned argument,
                         bool is_write)
{
    struct msghdr copy;
    ffisan_door_check(message, sizeof(*message), function, argument, is_write);
    if (!ffisan_guard_copy(&copy, message, sizeof(copy)))
        return;
    ffisan_door_check(copy.msg_name, copy.msg_namelen, function, argument, is_write);
    ffisan_door_check(copy.msg_control, copy.msg_controllen, function, argument, is_write);
    ffisan_door_vector(copy.msg_iov, copy.msg_iovlen, function, argument, is_write);
}

void ffisan_door_messages(const struct mmsghdr *messages, size_t n_messages, const char *function,
                          unsigned argument, bool is_write)
{
    size_t n = n_messages < MOST_PARTS ? n_messages : MOST_PARTS;
    if (messages == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        ffisan_door_message(&messages[i].msg_hdr, function, argument, is_write);
}

void ffisan_door_strings(char *const *strings, const char *function, unsigned argument)
{
    char *string;
    if (strings == NULL)
        return;
    ffisan_door_check(strings, FFISAN_DOOR_UNKNOWN, function, argument, false);
    for (size_t i = 0; i < MOST_STRINGS; i++) {
        if (!ffisan_guard_copy(&string, strings + i, sizeof(string)) || string == NULL)
            return;
        ffisan_door_check(string, FFISAN_DOOR_UNKNOWN, function, argument, false);
    }
}

bool ffisan_door_leads(const void *structure, size_t size, const char *function, unsigned argument)
{
    const uintptr_t *word = structure;
    bool is_found = false;
    for (size_t i = 0; i < MOST_WORDS && i < size / sizeof(*word); i++) {
        void *pointer;
        if (!ffisan_guard_copy(&pointer, word + i, sizeof(pointer)))
            break;
        if (!ffisan_use_is_gone((uintptr_t)pointer))
            continue;
        ffisan_door_check(pointer, FFISAN_DOOR_UNKNOWN, function, argument, true);
        is_found = true;
    }
    return is_found;
}
