/* SPDX-License-Identifier: MIT */
#include "runtime/vm/caller.h"

#include "base/lock.h"
#include "runtime/vm/unwinder.h"

#include <dlfcn.h>

struct ffisan_caller ffisan_callers[FFISAN_CALLERS];

struct walk {
    uintptr_t helper;
    uintptr_t helper_sp; /* stack pointer in the helper after its call: the CFA of our function */
    uintptr_t caller_sp;
    unsigned n;
};

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    if (walk->helper_sp) {
        walk->caller_sp = ffisan_unwinder.get_cfa(context);
        return _URC_END_OF_STACK;
    }
    int is_before;
    if (ffisan_unwinder.get_ip(context, &is_before) == walk->helper)
        walk->helper_sp = ffisan_unwinder.get_cfa(context);
    return ++walk->n < 8 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void remember(uintptr_t helper, uint32_t frame)
{
    static struct ffisan_lock lock;
    if (!ffisan_lock_take(&lock))
        return;
    struct ffisan_caller *entry = ffisan_caller_entry(helper);
    if (entry->helper == 0) {
        entry->frame = frame;
        __atomic_store_n(&entry->helper, helper, __ATOMIC_RELEASE);
    }
    ffisan_lock_give(&lock);
}

static bool is_inside(uintptr_t address, const void *module)
{
    Dl_info info;
    return dladdr((const void *)address, &info) && info.dli_fbase == module;
}

void ffisan_caller_learn(uintptr_t helper, const void *module)
{
    struct walk walk = {.helper = helper};
    if (is_inside(helper, module) && ffisan_unwinder_load() &&
        ffisan_lock_take(&ffisan_unwinder_lock)) {
        ffisan_unwinder.backtrace(look, &walk);
        ffisan_lock_give(&ffisan_unwinder_lock);
    }
    uint32_t frame = UINT32_MAX;
    if (walk.caller_sp > walk.helper_sp && walk.caller_sp - walk.helper_sp < 4096)
        frame = (uint32_t)(walk.caller_sp - walk.helper_sp);
    remember(helper, frame);
}
