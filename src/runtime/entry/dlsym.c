/* SPDX-License-Identifier: MIT */
/*
 * A program that asks libc's handle for "free" (ffi.load("libc.so.6").free) must get the function
 * that knows the blocks that it was given.  Everything else goes on to the loader, which looks at
 * the return address of its caller (RTLD_NEXT): these calls are jumps.
 */
#include "base/export.h"
#include "base/real.h"
#include "runtime/cmem/malloc.h"

#include <dlfcn.h>
#include <stddef.h>

typedef void *dlsym_fn(void *handle, const char *name);

static dlsym_fn *real_dlsym;

__attribute__((optimize("O2"))) FFISAN_EXPORT void *dlsym(void *handle, const char *name)
{
    if (__builtin_expect(real_dlsym == NULL, 0))
        real_dlsym = (dlsym_fn *)ffisan_real_dlsym();
    if (handle != RTLD_NEXT && handle != RTLD_DEFAULT) {
        void *own = ffisan_malloc_own(name);
        void *found = own ? real_dlsym(handle, name) : NULL;
        if (found && found == ffisan_malloc_next(name))
            return own;
    }
    return real_dlsym(handle, name);
}
