/* SPDX-License-Identifier: MIT */
#include "base/real.h"

#include <dlfcn.h>
#include <errno.h>

/* Bounds of the section, defined by the linker. */
extern struct ffisan_real first_slot[] __asm__("__start_ffisan_real")
    __attribute__((weak, visibility("hidden")));
extern struct ffisan_real end_of_slots[] __asm__("__stop_ffisan_real")
    __attribute__((weak, visibility("hidden")));

_Static_assert(sizeof(struct ffisan_real) == 16, "slots must lie in the section without gaps");

static long fail_without_function(void)
{
    errno = ENOSYS;
    return -1;
}

void *ffisan_real_resolve(struct ffisan_real *real)
{
    int saved_errno = errno;
    void *address = dlsym(RTLD_NEXT, real->name);
    if (address == NULL)
        address = (void *)fail_without_function;
    __atomic_store_n(&real->address, address, __ATOMIC_RELAXED);
    errno = saved_errno;
    return address;
}

void ffisan_real_prepare(void)
{
    for (struct ffisan_real *real = first_slot; real < end_of_slots; real++)
        ffisan_real_get(real);
}
