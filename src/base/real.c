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

/* For a call that comes while its function is looked up: dlsym frees the error of the last call. */
static long do_nothing(void)
{
    return 0;
}

typedef void *dlsym_fn(void *handle, const char *name);

/* Under either of its versions: since glibc 2.34 it lies in libc itself. */
void *ffisan_real_dlsym(void)
{
    static void *address;
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
    for (size_t i = 0; !address && i < sizeof(versions) / sizeof(versions[0]); i++)
        address = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    return address;
}

void *ffisan_real_resolve(struct ffisan_real *real)
{
    static __thread const struct ffisan_real *under_way;
    const struct ffisan_real *outer = under_way;
    int saved_errno = errno;
    if (outer == real)
        return (void *)do_nothing;
    under_way = real;
    dlsym_fn *lookup = (dlsym_fn *)ffisan_real_dlsym();
    void *address = lookup(RTLD_NEXT, real->name);
    under_way = outer;
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
