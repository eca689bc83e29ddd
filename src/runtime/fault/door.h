/* SPDX-License-Identifier: MIT */
/**
 * The door to the kernel.  A system call that is given the address of a stand-in fails with EFAULT
 * and raises no signal, so the libc functions that hand memory of the program to the kernel without
 * touching it first are wrapped: each looks whether a pointer lies in the stand-ins, tells the
 * engine (ffisan_use_door) if so, and goes on with the real function.
 *
 * A wrapper is one entry in door_*.c: FFISAN_DOOR(type, name, (parameters), (arguments), checks).
 * The checks IN, OUT, DATA, TEXT ... name the argument by its position from 1.
 */
#ifndef FFISAN_FAULT_DOOR_H
#define FFISAN_FAULT_DOOR_H

#include "base/export.h"
#include "base/real.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The stand-ins: [low, low + size). No stand-ins: size 0. In one cache line, rarely written. */
struct ffisan_door {
    uintptr_t low;
    uintptr_t size;
};
extern struct ffisan_door ffisan_door __attribute__((aligned(64), visibility("hidden")));

/** Says where the stand-ins are; fills the slots of all wrappers. Context: no signal handler. */
void ffisan_door_open(uintptr_t low, uintptr_t high);

/** The size of C strings and of what only the kernel knows. */
#define FFISAN_DOOR_UNKNOWN SIZE_MAX

/** The slow half of ffisan_door_check. Nothing happens for a size of 0: no memory is used. */
void ffisan_door_hit(const void *pointer, size_t size, const char *function, unsigned argument,
                     bool is_write) __attribute__((cold, visibility("hidden")));

/** Does memory from the program lie in the stand-ins? Then the engine hears about it. */
static inline void ffisan_door_check(const void *pointer, size_t size, const char *function,
                                     unsigned argument, bool is_write)
{
    if (__builtin_expect((uintptr_t)pointer - ffisan_door.low < ffisan_door.size, 0))
        ffisan_door_hit(pointer, size, function, argument, is_write);
}

/** Told of all bytes that are read from memory of the program; NULL = nobody is. */
typedef void (*ffisan_door_reader_fn)(const void *data, size_t size, const char *function);
extern ffisan_door_reader_fn ffisan_door_reader __attribute__((visibility("hidden")));

static inline void ffisan_door_read(const void *data, size_t size, const char *function)
{
    ffisan_door_reader_fn reader = __atomic_load_n(&ffisan_door_reader, __ATOMIC_ACQUIRE);
    if (reader && size > 0)
        reader(data, size, function);
}

/** Who called, for whom a stack is walked. */
struct ffisan_door_caller {
    uintptr_t pc, sp;
};

/** Told of what was mapped and unmapped; NULL = nobody. */
struct ffisan_door_mapper {
    /** `is_plain`: no file's, and to be written. */
    void (*mapped)(uintptr_t address, size_t size, bool is_plain,
                   const struct ffisan_door_caller *caller);
    void (*unmapping)(uintptr_t address, size_t size); /**< about to be, or to be moved */
    void (*unmapped)(uintptr_t address, size_t size, const struct ffisan_door_caller *caller);
};
extern struct ffisan_door_mapper ffisan_door_mapper __attribute__((visibility("hidden")));

/** Told of words that the kernel keeps and hands back, as data of epoll; NULL = nobody. */
struct epoll_event;
struct ffisan_door_keeper {
    void (*kept)(int epoll, int fd, uint64_t word, uintptr_t pc, uintptr_t sp);
    void (*removed)(int fd);
    void (*closing)(int first, int last); /**< descriptors, of either sort */
    void (*returned)(struct epoll_event *events, int n);
    /** Another word that the kernel keeps, under a key; 0 = it does no more. */
    void (*holds)(uintptr_t key, uint64_t word);
    void (*queued)(uint64_t word); /**< the kernel hands it back once, somebody knows when */
};
extern struct ffisan_door_keeper ffisan_door_keeper __attribute__((visibility("hidden")));

/** System calls of epoll by number: what they have done is told as if by name. */
bool ffisan_door_is_epoll(long number) __attribute__((visibility("hidden")));
void ffisan_door_epoll_done(long number, const long *arguments, long result,
                            const struct ffisan_door_caller *caller)
    __attribute__((visibility("hidden")));

/** Is it worth looking into arrays and structures? */
static inline bool ffisan_door_is_open(void)
{
    return __builtin_expect(ffisan_door.size > 0, 0);
}

/** The slow half of ffisan_door_used.  errno is kept. */
void ffisan_door_failed(int descriptor, const char *function)
    __attribute__((cold, visibility("hidden")));

/** The slow half of ffisan_door_uses.  errno is kept. */
void ffisan_door_reopened(int descriptor, const char *function)
    __attribute__((cold, visibility("hidden")));

/** A call that was given a descriptor has returned.  If that was closed, the engine hears of it. */
static inline void ffisan_door_used(int descriptor, bool has_failed, const char *function)
{
    if (__builtin_expect(has_failed, 0) && errno == EBADF)
        ffisan_door_failed(descriptor, function);
}

/** Sets of descriptors; larger ones are in none. */
#define FFISAN_DOOR_DESCRIPTORS 1024
struct ffisan_door_set {
    uint64_t bits[FFISAN_DOOR_DESCRIPTORS / 64];
};
/** Those that a finalizer has closed, and that were not closed since by anybody else. */
extern struct ffisan_door_set ffisan_door_gone __attribute__((visibility("hidden")));
/** Those that fileno has told. */
extern struct ffisan_door_set ffisan_door_told __attribute__((visibility("hidden")));

static inline bool ffisan_door_has(const struct ffisan_door_set *set, int descriptor)
{
    unsigned i = (unsigned)descriptor;
    return i < FFISAN_DOOR_DESCRIPTORS &&
           __atomic_load_n(&set->bits[i / 64], __ATOMIC_RELAXED) >> i % 64 & 1;
}

/** Puts it into the set, or takes it out. */
void ffisan_door_put(struct ffisan_door_set *set, int descriptor, bool is_in)
    __attribute__((visibility("hidden")));

/** A call is about to use a descriptor: was that opened anew after a finalizer had closed it? */
static inline void ffisan_door_uses(int descriptor, const char *function)
{
    if (__builtin_expect(ffisan_door_has(&ffisan_door_gone, descriptor), 0))
        ffisan_door_reopened(descriptor, function);
}

/** `function` is about to close the descriptors from `first` to `last`.  errno is kept. */
void ffisan_door_closing(int first, int last, const char *function)
    __attribute__((visibility("hidden")));

struct iovec;
struct msghdr;
struct mmsghdr;

/**
 * Arrays of pointers, and what they point to.  Nothing happens when the program's array cannot be
 * read: the kernel will say so.
 */
void ffisan_door_vector(const struct iovec *vector, size_t n_parts, const char *function,
                        unsigned argument, bool is_write);
void ffisan_door_message(const struct msghdr *message, const char *function, unsigned argument,
                         bool is_write);
void ffisan_door_messages(const struct mmsghdr *messages, size_t n_messages, const char *function,
                          unsigned argument, bool is_write);
void ffisan_door_strings(char *const *strings, const char *function, unsigned argument);

/**
 * A call has failed with EFAULT: does a structure that it was given lead into the stand-ins?  Then
 * the engine has heard about it, the memory is there again, and the call is worth repeating.
 */
bool ffisan_door_leads(const void *structure, size_t size, const char *function, unsigned argument)
    __attribute__((cold));

/** The same for calls that return -1 with errno. */
static inline bool ffisan_door_repeats(int result, const void *structure, size_t size,
                                       const char *function, unsigned argument)
{
    return __builtin_expect(result == -1, 0) && errno == EFAULT && ffisan_door_is_open() &&
           ffisan_door_leads(structure, size, function, argument);
}

#define IN(n, pointer, size) ffisan_door_check(pointer, size, function, n, false)
#define DATA(n, pointer, size)                                                                     \
    (IN(n, pointer, size), ffisan_door_read(pointer, size, function)) /* read as far as that */
#define OUT(n, pointer, size) ffisan_door_check(pointer, size, function, n, true)
#define TEXT(n, string) IN(n, string, FFISAN_DOOR_UNKNOWN)
#define VECTOR(n, vector, n_parts, is_write)                                                       \
    (ffisan_door_is_open() ? ffisan_door_vector(vector, n_parts, function, n, is_write) : (void)0)
#define STRINGS(n, strings)                                                                        \
    (ffisan_door_is_open() ? ffisan_door_strings(strings, function, n) : (void)0)

/** The function that a wrapper stands before. */
#define FFISAN_DOOR_REAL(type, name, parameters) ((type(*) parameters)ffisan_real_get(&real_##name))

/** Begins a wrapper that is written out: a function body follows. */
#define FFISAN_DOOR_OPEN(type, name, parameters)                                                   \
    FFISAN_REAL_SLOT(real_##name, name);                                                           \
    FFISAN_EXPORT extern type door_##name parameters __asm__(#name);                               \
    type door_##name parameters

#define FFISAN_DOOR(type, name, parameters, arguments, ...)                                        \
    FFISAN_DOOR_OPEN(type, name, parameters)                                                       \
    {                                                                                              \
        static const char function[] = #name;                                                      \
        __VA_ARGS__;                                                                               \
        return FFISAN_DOOR_REAL(type, name, parameters) arguments;                                 \
    }

/** The same for a function that is given a descriptor, and returns -1 when that is closed. */
#define FFISAN_DOOR_FD(type, name, parameters, arguments, descriptor, ...)                         \
    FFISAN_DOOR_OPEN(type, name, parameters)                                                       \
    {                                                                                              \
        static const char function[] = #name;                                                      \
        __VA_ARGS__;                                                                               \
        type result = FFISAN_DOOR_REAL(type, name, parameters) arguments;                          \
        ffisan_door_used(descriptor, result == (type)-1, function);                                \
        return result;                                                                             \
    }

/** The same for one that reads, writes or changes what the descriptor is of. */
#define FFISAN_DOOR_IO(type, name, parameters, arguments, descriptor, ...)                         \
    FFISAN_DOOR_FD(type, name, parameters, arguments, descriptor,                                  \
                   ffisan_door_uses(descriptor, function);                                         \
                   __VA_ARGS__)

/** The same for two descriptors. */
#define FFISAN_DOOR_FDS(type, name, parameters, arguments, first, second, ...)                     \
    FFISAN_DOOR_OPEN(type, name, parameters)                                                       \
    {                                                                                              \
        static const char function[] = #name;                                                      \
        __VA_ARGS__;                                                                               \
        type result = FFISAN_DOOR_REAL(type, name, parameters) arguments;                          \
        ffisan_door_used(first, result == (type)-1, function);                                     \
        ffisan_door_used(second, result == (type)-1, function);                                    \
        return result;                                                                             \
    }

/** What FFISAN_DOOR_FD checks when memory plays no part. */
#define NOTHING (void)0

#endif
