/* SPDX-License-Identifier: MIT */
/*
 * Every wrapper that is given a descriptor tells the engine of one that is closed, and those that
 * close tell which.  The results and errno stay what they were.
 */
#include "runtime/fault/door.h"
#include "runtime/fault/signals.h"
#include "runtime/fault/use.h"
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

bool ffisan_use_fault(uintptr_t address, enum ffisan_access access, void *context)
{
    (void)address, (void)access, (void)context;
    return false;
}

void ffisan_use_crash(uintptr_t address)
{
    (void)address;
}

bool ffisan_use_is_gone(uintptr_t address)
{
    (void)address;
    return false;
}

void ffisan_use_door(uintptr_t address, size_t size, const char *function, unsigned argument,
                     bool is_write)
{
    (void)address, (void)size, (void)function, (void)argument, (void)is_write;
}

/* What the engine heard last of descriptors. */
static struct {
    unsigned n_uses, n_closings;
    int descriptor;
    const char *function;
} heard;

/* The same of streams that have the number of one that is gone. */
static struct {
    const void *opened, *asked;
    int descriptor;
    unsigned n_reopened;
} again;

void ffisan_use_opened(int descriptor, const void *stream)
{
    again.descriptor = descriptor;
    again.opened = stream;
}

void ffisan_use_asked(int descriptor, const void *stream)
{
    again.descriptor = descriptor;
    again.asked = stream;
}

void ffisan_use_reopened(int descriptor, const char *function)
{
    again.descriptor = descriptor;
    again.n_reopened++;
    (void)function;
    errno = EXDEV;
}

void ffisan_use_descriptor(int descriptor, const char *function)
{
    heard.n_uses++;
    heard.descriptor = descriptor;
    heard.function = function;
    errno = EXDEV;
}

void ffisan_use_closing(int first, int last, const char *function)
{
    heard.n_closings++;
    heard.descriptor = first;
    heard.function = function;
    (void)last;
    errno = EXDEV;
}

/* ---- Descriptors that are closed ------------------------------------------------------------- */

#define CLOSED 250

static void expect_heard(const char *name, unsigned n_uses, unsigned n_closings, int error)
{
    bool is_named = n_uses + n_closings == 0 ||
                    (strcmp(heard.function, name) == 0 && heard.descriptor == CLOSED);
    if (!TAP_OK(heard.n_uses == n_uses && heard.n_closings == n_closings && is_named &&
                    error == EBADF,
                name))
        printf("# uses %u closings %u of %d by %s errno %d\n", heard.n_uses, heard.n_closings,
               heard.descriptor, heard.function ? heard.function : "none", error);
}

#define GIVEN(name, n_uses, n_closings, ...)                                                       \
    do {                                                                                           \
        extern long call_##name() __asm__(#name);                                                  \
        errno = 0;                                                                                 \
        memset(&heard, 0, sizeof(heard));                                                          \
        call_##name(__VA_ARGS__);                                                                  \
        expect_heard(#name, n_uses, n_closings, errno);                                            \
    } while (0)
#define USED(name, ...) GIVEN(name, 1, 0, CLOSED, ##__VA_ARGS__)

static void test_descriptors(void)
{
    char data[512];
    struct iovec part = {data, 4};
    long zero = 0, one = 1;
    USED(read, data, 4L);
    USED(write, data, 4L);
    USED(pread, data, 4L, zero);
    USED(writev, &part, one);
    USED(fstat, data);
    USED(send, data, 4L, zero);
    USED(getsockname, data, &one);
    USED(ioctl, 0x5401L, data);
    USED(fcntl, (long)F_SETFD, one);
    GIVEN(fcntl, 0, 0, CLOSED, (long)F_GETFD);
    USED(dup);
    USED(dup2, 251L);
    USED(dup3, 251L, zero);
    USED(fsync);
    USED(fdatasync);
    USED(fchdir);
    USED(flock, one);
    USED(fchmod, zero);
    USED(fchown, zero, zero);
    USED(listen, one);
    USED(shutdown, one);
    USED(lseek, zero, zero);
    USED(lseek64, zero, zero);
    USED(ftruncate, zero);
    USED(ftruncate64, zero);
    GIVEN(mmap, 1, 0, zero, 4096L, (long)PROT_READ, (long)MAP_PRIVATE, (long)CLOSED, zero);
    GIVEN(mmap64, 1, 0, zero, 4096L, (long)PROT_READ, (long)MAP_PRIVATE, (long)CLOSED, zero);
    GIVEN(sendfile, 2, 0, one, (long)CLOSED, zero, 4L);
    GIVEN(epoll_ctl, 2, 0, one, (long)EPOLL_CTL_ADD, (long)CLOSED, data);
    USED(fdopen, "r");
    GIVEN(close, 0, 1, CLOSED);
    GIVEN(syscall, 0, 0, (long)SYS_fsync, (long)CLOSED);
}

/* What has one is closed; the descriptor is that of the stream or directory. */
static void test_closing(void)
{
    FILE *stream = fopen("/dev/null", "r");
    DIR *directory = opendir("/");
    int of_stream = fileno(stream), of_directory = dirfd(directory);
    memset(&heard, 0, sizeof(heard));
    fclose(stream);
    TAP_OK(heard.n_closings == 1 && heard.descriptor == of_stream, "fclose");
    closedir(directory);
    TAP_OK(heard.n_closings == 2 && heard.descriptor == of_directory, "closedir");
    stream = popen("true", "r");
    of_stream = fileno(stream);
    memset(&heard, 0, sizeof(heard));
    TAP_OK(pclose(stream) == 0 && heard.n_closings == 1 && heard.descriptor == of_stream, "pclose");
    memset(&heard, 0, sizeof(heard));
    close_range(CLOSED, CLOSED + 5, 0);
    TAP_OK(heard.n_closings == 1 && heard.descriptor == CLOSED, "close_range");
    closefrom(CLOSED + 1);
    TAP_OK(heard.n_closings == 2 && heard.descriptor == CLOSED + 1, "closefrom");
}

static void test_again(void)
{
    char byte;
    FILE *first = fopen("/dev/null", "r");
    int descriptor = fileno(first);
    TAP_OK(ffisan_door_has(&ffisan_door_told, descriptor), "fileno tells");
    TAP_OK(!again.opened && !again.asked, "nothing is gone");
    fclose(first);
    ffisan_door_put(&ffisan_door_gone, descriptor, true);
    FILE *second = fopen("/dev/zero", "r");
    TAP_OK(again.opened == second && again.descriptor == descriptor, "its number is used again");
    TAP_OK(!ffisan_door_has(&ffisan_door_told, descriptor), "which nobody was told");
    TAP_OK(read(descriptor, &byte, 1) == 1 && again.n_reopened == 1, "read");
    TAP_OK(fcntl(descriptor, F_GETFD) >= 0 && again.n_reopened == 1, "fcntl asks only");
    TAP_OK(fileno(second) == descriptor && again.asked == second, "fileno asks");
    ffisan_door_put(&ffisan_door_gone, descriptor, false);
    TAP_OK(read(descriptor, &byte, 1) == 1 && again.n_reopened == 1, "no more");
    fclose(second);
    ffisan_door_put(&ffisan_door_gone, FFISAN_DOOR_DESCRIPTORS, true);
    TAP_OK(!ffisan_door_has(&ffisan_door_gone, FFISAN_DOOR_DESCRIPTORS), "large numbers");
    TAP_OK(!ffisan_door_has(&ffisan_door_gone, -1), "none");
}

/* ---- Mappings ------------------------------------------------------------------------------- */

static struct {
    uintptr_t address, pc;
    size_t size;
    unsigned n_mapped, n_unmapping, n_unmapped;
    bool is_plain;
} mapping;

static void note_mapped(uintptr_t address, size_t size, bool is_plain,
                        const struct ffisan_door_caller *caller)
{
    mapping.address = address;
    mapping.size = size;
    mapping.pc = caller->pc;
    mapping.is_plain = is_plain;
    mapping.n_mapped += caller->sp > (uintptr_t)__builtin_frame_address(0);
}

static void note_unmapping(uintptr_t address, size_t size)
{
    mapping.n_unmapping += address == mapping.address && size == mapping.size;
}

static void note_unmapped(uintptr_t address, size_t size, const struct ffisan_door_caller *caller)
{
    mapping.n_unmapped +=
        address == mapping.address && size == mapping.size && caller->pc != 0 && caller->sp != 0;
}

__attribute__((noinline)) static void test_mappings(void)
{
    enum { SIZE = 5000 };
    int kind = MAP_PRIVATE | MAP_ANONYMOUS;
    munmap(mmap(NULL, SIZE, PROT_READ, kind, -1, 0), SIZE);
    TAP_OK(mapping.n_mapped + mapping.n_unmapped == 0, "nobody wants to know");
    ffisan_door_mapper = (struct ffisan_door_mapper){note_mapped, note_unmapping, note_unmapped};
    void *block = mmap(NULL, SIZE, PROT_READ, kind, -1, 0);
    TAP_OK(mapping.n_mapped == 1 && mapping.address == (uintptr_t)block && mapping.size == SIZE,
           "mmap is told");
    TAP_OK(mapping.pc - (uintptr_t)test_mappings < 4000, "with the place that calls it");
    TAP_OK(!mapping.is_plain, "it is not to be written");
    TAP_OK(mmap(NULL, 0, PROT_READ, kind, -1, 0) == MAP_FAILED && mapping.n_mapped == 1,
           "not when it fails");
    TAP_OK(munmap(block, SIZE) == 0 && mapping.n_unmapping == 1 && mapping.n_unmapped == 1,
           "munmap is told, before and after");
    block = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, kind, -1, 0);
    TAP_OK(mapping.is_plain, "memory to be written is known for it");
    block = mremap(block, SIZE, 40 * SIZE, MREMAP_MAYMOVE);
    TAP_OK(block != MAP_FAILED && mapping.n_unmapping == 2, "mremap is told as what it moves");
    mapping.size = 40 * SIZE;
    mapping.address = (uintptr_t)block;
    munmap(block, 40 * SIZE);
    TAP_OK(mapping.n_unmapping == 3 && mapping.n_unmapped == 2, "munmap of what was moved");
    TAP_OK(munmap((char *)block + 1, SIZE) == -1 && mapping.n_unmapped == 2, "not when it fails");
    ffisan_door_mapper = (struct ffisan_door_mapper){NULL, NULL, NULL};
}

int main(void)
{
    test_mappings();
    test_descriptors();
    test_closing();
    test_again();
    return tap_done();
}
