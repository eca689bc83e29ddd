/* SPDX-License-Identifier: MIT */
/*
 * A program that asks libc's handle for "free" (ffi.load("libc.so.6").free) must get the function
 * that knows the blocks that it was given.  Who asks for luaL_newstate, must get a watched state
 * (preload.h).  A library that is bound to libc's own functions
 * (RTLD_DEEPBIND) cannot know them: from then on the program's allocator answers.  Everything else
 * goes on to the loader, which looks at the return address of its caller (RTLD_NEXT, RUNPATH):
 * these calls are jumps.
 */
#include "base/export.h"
#include "base/real.h"
#include "runtime/cmem/border.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/ledger.h"
#include "runtime/cmem/malloc.h"
#include "runtime/cmem/ways.h"
#include "runtime/entry/preload.h"

#include <dlfcn.h>
#include <stddef.h>

typedef void *dlsym_fn(void *handle, const char *name);
typedef void *dlopen_fn(const char *path, int mode);

static dlsym_fn *real_dlsym;
FFISAN_REAL_SLOT(real_dlopen, dlopen);

/* Lua code that asks for a malloc that is not ours; for a function that frees behind our back. */
static void *find_listing(const char *name, void *handle)
{
    if (ffisan_ways_is_one(name))
        ffisan_listed_doubt();
    if (handle == RTLD_NEXT || ffisan_malloc_is_ours() || !ffisan_malloc_own(name))
        return NULL;
    return ffisan_border_own(name, real_dlsym(handle, name));
}

__attribute__((optimize("O2"))) FFISAN_EXPORT void *dlsym(void *handle, const char *name)
{
    if (__builtin_expect(real_dlsym == NULL, 0))
        real_dlsym = (dlsym_fn *)ffisan_real_dlsym();
    if (handle != RTLD_NEXT && handle != RTLD_DEFAULT) {
        void *own = ffisan_malloc_own(name);
        void *found = own && ffisan_malloc_is_ours() ? real_dlsym(handle, name) : NULL;
        if (found && found == ffisan_malloc_next(name))
            return own;
    }
    if (__builtin_expect(ffisan_ledger_is_on, 0)) {
        void *own = find_listing(name, handle);
        if (own)
            return own;
    }
    if (handle == RTLD_DEFAULT && ffisan_preload_may_own(name)) {
        void *own = ffisan_preload_own(name, real_dlsym(handle, name));
        if (own)
            return own;
    }
    return real_dlsym(handle, name);
}

__attribute__((optimize("O2"))) FFISAN_EXPORT void *dlopen(const char *path, int mode)
{
    if (mode & RTLD_DEEPBIND)
        ffisan_cheap_stop();
    return ((dlopen_fn *)ffisan_real_get(&real_dlopen))(path, mode);
}
