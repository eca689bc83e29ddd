/* SPDX-License-Identifier: MIT */
#include "base/real.h"

#include <dlfcn.h>
#include <errno.h>

/* Bounds of the section: names that the linker chooses. */
extern struct ffisan_real __start_ffisan_real[] __attribute__((weak, visibility("hidden")));
extern struct ffisan_real __stop_ffisan_real[] __attribute__((weak, visibility("hidden")));

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
    struct ffisan_real *end = __stop_ffisan_real;
    for (struct ffisan_real *real = __start_ffisan_real; real < end; real++)
        ffisan_real_get(real);
}
