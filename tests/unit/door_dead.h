/* SPDX-License-Identifier: MIT */
/**
 * Stand-ins for the tests of the door, and an engine that hears of them: what it heard last is in
 * `hit`, and the old content is back afterwards.
 */
#ifndef FFISAN_TEST_DOOR_DEAD_H
#define FFISAN_TEST_DOOR_DEAD_H

#include "no_descriptors.h"
#include "runtime/fault/door.h"
#include "runtime/fault/signals.h"
#include "runtime/fault/use.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, N_PAGES = 2048, STAND_INS_SIZE = PAGE * N_PAGES };

static char *stand_ins, *old_content;
static unsigned next_page;

/* What the engine heard last. */
static struct {
    unsigned n;
    uintptr_t address;
    size_t size;
    const char *function;
    unsigned argument;
    bool is_write;
} hit;

static void give_back(uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)(PAGE - 1);
    mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE);
    memcpy((void *)page, old_content + (page - (uintptr_t)stand_ins), PAGE);
}

void ffisan_use_crash(uintptr_t address)
{
    (void)address;
}

bool ffisan_use_fault(uintptr_t address, enum ffisan_access access, void *context)
{
    (void)access, (void)context;
    if (address - (uintptr_t)stand_ins >= STAND_INS_SIZE)
        return false;
    give_back(address);
    return true;
}

bool ffisan_use_is_gone(uintptr_t address)
{
    (void)address;
    return true;
}

void ffisan_use_door(uintptr_t address, size_t size, const char *function, unsigned argument,
                     bool is_write)
{
    hit.n++;
    hit.address = address;
    hit.size = size;
    hit.function = function;
    hit.argument = argument;
    hit.is_write = is_write;
    give_back(address);
    errno = EXDEV;
}

/* A dead block whose old content was this. */
static void *dead(const void *content, size_t size)
{
    if (next_page == N_PAGES)
        abort();
    char *page = stand_ins + PAGE * (size_t)next_page++;
    memcpy(old_content + (page - stand_ins) + 64, content, size);
    return page + 64;
}

static void *dead_text(const char *text)
{
    return dead(text, strlen(text) + 1);
}

static void *dead_bytes(size_t size)
{
    char zeros[1024] = {0};
    return dead(zeros, size);
}

#define D dead_bytes(512)
#define T(text) dead_text(text)

static inline void make_stand_ins(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    stand_ins = mmap(NULL, STAND_INS_SIZE, PROT_NONE, flags, -1, 0);
    old_content = mmap(NULL, STAND_INS_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
}

static inline void open_door(void)
{
    ffisan_signals_start();
    ffisan_door_open((uintptr_t)stand_ins, (uintptr_t)stand_ins + STAND_INS_SIZE);
}

#endif
