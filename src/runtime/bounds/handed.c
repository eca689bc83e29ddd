/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/handed.h"

#include "runtime/bounds/extent.h"
#include "runtime/bounds/gone.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/door.h"
#include "runtime/fault/guard.h"
#include "runtime/state.h"

static void check(const void *data, size_t size, const char *function)
{
    struct ffisan_state *state = ffisan_thread_state();
    struct ffisan_extent extent;
    struct ffisan_quiet quiet;
    uintptr_t address = (uintptr_t)data;
    ffisan_leaks_note_given(data, size);
    if (!state || ffisan_thread.is_busy || !ffisan_cheap_may_have(address))
        return;
    ffisan_state_classify_pending(state);
    if (!ffisan_extent_find(state, address, &extent)) {
        ffisan_quiet_begin(&quiet);
        ffisan_gone_check(state, address, size, FFISAN_ACCESS_SYSCALL, function);
        ffisan_quiet_end(&quiet);
        return;
    }
    if (address >= extent.end || size <= extent.end - address)
        return;
    struct ffisan_overrun overrun = {.address = address,
                                     .size = size,
                                     .end = extent.end,
                                     .access = FFISAN_ACCESS_READ,
                                     .function = function};
    ffisan_quiet_begin(&quiet);
    ffisan_extent_report(state, &extent, &overrun);
    ffisan_quiet_end(&quiet);
}

void ffisan_handed_watch(void)
{
    __atomic_store_n(&ffisan_door_reader, check, __ATOMIC_RELEASE);
}
