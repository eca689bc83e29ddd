/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/ranges.h"

#include "runtime/bounds/gone.h"
#include "runtime/bounds/keep.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

#define NOT_GIVEN INT64_MAX

/* A number of bytes, as an argument; NOT_GIVEN also for what the function will refuse. */
static int64_t length_of(const struct ffisan_builtin_call *call, size_t position)
{
    uint64_t value = ffisan_builtin_value(call, position);
    uint16_t ctypeid;
    double number;
    if (lj_tv_type(value) == LJ_IT_NUMX)
        return (int32_t)value;
    if (lj_tv_type(value) > LJ_IT_NUMX) {
        memcpy(&number, &value, sizeof(number));
        return number >= 0 && number < 2147483648.0 ? (int64_t)number : NOT_GIVEN;
    }
    const void *payload = ffisan_builtin_cdata(call, position, &ctypeid);
    struct ffisan_ctable table;
    if (!payload || !ffisan_ctable_init(&table, &call->state->vm))
        return NOT_GIVEN;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, ctypeid);
    uint64_t bits = 0;
    if (!type || type->info >> 28 != LJ_CT_NUM || type->info & LJ_CTF_FP || type->size > 8)
        return NOT_GIVEN;
    memcpy(&bits, payload, type->size);
    return bits < UINT64_C(1) << 31 ? (int64_t)bits : NOT_GIVEN;
}

/* What one argument leads to is accessed from its start. */
static void check(const struct ffisan_builtin_call *call, size_t position, int64_t size,
                  enum ffisan_access access, const char *function)
{
    struct ffisan_extent extent;
    uintptr_t address = ffisan_extent_address(call, position);
    if (size <= 0 || size == NOT_GIVEN)
        return;
    if (!ffisan_extent_find(call->state, address, &extent)) {
        ffisan_gone_check(call->state, address, (size_t)size, access, function);
        return;
    }
    if ((uint64_t)size <= extent.end - address)
        return;
    struct ffisan_overrun overrun = {.address = address,
                                     .size = (size_t)size,
                                     .end = extent.end,
                                     .access = access,
                                     .function = function};
    ffisan_extent_report(call->state, &extent, &overrun);
}

/* ffi.string(p): up to the NUL, which must be somewhere. */
static int64_t length_to_nul(const struct ffisan_builtin_call *call)
{
    struct ffisan_extent extent;
    uintptr_t address = ffisan_extent_address(call, 0);
    if (lj_tv_type(ffisan_builtin_value(call, 0)) != LJ_GCT_CDATA)
        return NOT_GIVEN;
    if (!ffisan_extent_find(call->state, address, &extent))
        return 1; /* at least; perhaps it is gone */
    if (address >= extent.end || memchr((const void *)address, 0, extent.end - address))
        return NOT_GIVEN;
    return (int64_t)(extent.end - address) + 1; /* at least */
}

/* Is it a string that is written to? */
static void keep_target(const struct ffisan_builtin_call *call)
{
    struct ffisan_extent extent;
    if (!ffisan_extent_find(call->state, ffisan_extent_address(call, 0), &extent))
        return;
    ffisan_keep_string(call, &extent);
    ffisan_extent_note_writer(call, &extent);
}

static bool is_given(const struct ffisan_builtin_call *call, size_t position)
{
    return lj_tv_type(ffisan_builtin_value(call, position)) != LJ_IT_NIL;
}

static void before_string(const struct ffisan_builtin_call *call)
{
    ffisan_state_classify_pending(call->state);
    check(call, 0, is_given(call, 1) ? length_of(call, 1) : length_to_nul(call), FFISAN_ACCESS_READ,
          "ffi.string");
}

/* ffi.copy(to, string) takes its NUL along. */
static void before_copy(const struct ffisan_builtin_call *call)
{
    uint64_t from = ffisan_builtin_value(call, 1);
    int64_t size = NOT_GIVEN;
    if (is_given(call, 2))
        size = length_of(call, 2);
    else if (lj_tv_type(from) == LJ_GCT_STR)
        size = (int64_t)((const struct lj_str *)lj_tv_object(from))->len + 1;
    ffisan_state_classify_pending(call->state);
    keep_target(call);
    check(call, 0, size, FFISAN_ACCESS_WRITE, "ffi.copy");
    check(call, 1, size, FFISAN_ACCESS_READ, "ffi.copy");
}

static void before_fill(const struct ffisan_builtin_call *call)
{
    ffisan_state_classify_pending(call->state);
    keep_target(call);
    check(call, 0, length_of(call, 1), FFISAN_ACCESS_WRITE, "ffi.fill");
}

static const char *name_of(const struct ffisan_builtin_call *call)
{
    return call->builtin == FFISAN_BUILTIN_COPY ? "ffi.copy" : "ffi.fill";
}

static void after_write(const struct ffisan_builtin_call *call)
{
    if (call->kept->n_blocks > 0)
        ffisan_keep_compare(call, name_of);
}

void ffisan_ranges_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_STRING, before_string, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_COPY, before_copy, after_write);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_FILL, before_fill, after_write);
}
