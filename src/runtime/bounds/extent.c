/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/extent.h"
#include "runtime/cmem/listed.h"

#include "runtime/cmem/creport.h"
#include "runtime/report/writers.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

uintptr_t ffisan_extent_address(const struct ffisan_builtin_call *call, size_t position)
{
    uint64_t value = ffisan_builtin_value(call, position);
    uintptr_t object = lj_tv_object(value), address;
    struct ffisan_ctable table;
    switch (lj_tv_type(value)) {
    case LJ_GCT_STR:
        return (uintptr_t)((const struct lj_str *)object)->data;
    case LJ_GCT_UDATA:
        return (uintptr_t)((const struct lj_udata *)object)->payload;
    case LJ_GCT_CDATA:
        break;
    default:
        return 0;
    }
    const struct lj_cdata *cdata = (const struct lj_cdata *)object;
    if (!ffisan_ctable_init(&table, &call->state->vm))
        return 0;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, cdata->ctypeid);
    switch (type ? type->info >> 28 : LJ_CT_VOID) {
    case LJ_CT_PTR:
    case LJ_CT_FUNC:
        memcpy(&address, cdata->payload, sizeof(address));
        return address;
    case LJ_CT_STRUCT:
    case LJ_CT_ARRAY:
        return (uintptr_t)cdata->payload;
    default:
        return 0;
    }
}

/* Of an object, what lies between its header and its end. */
static bool find_content(struct ffisan_extent *extent)
{
    const struct ffisan_slot_ref *ref = &extent->ref;
    uint8_t type = ref->slot->type;
    const struct lj_cdata *cdata;
    extent->start = ref->block;
    extent->end = ref->block + ffisan_slot_size(ref);
    switch (type & FFISAN_SLOT_TYPE_MASK) {
    case LJ_GCT_CDATA:
        cdata = lj_find_cdata(ref->block, ffisan_slot_size(ref),
                              8u * (type >> FFISAN_SLOT_HEADER_SHIFT));
        extent->start = cdata ? (uintptr_t)cdata->payload : extent->end;
        if (cdata && cdata->marked & LJ_CDATA_VAR &&
            ((const struct lj_cdata_var *)cdata)[-1].len <= extent->end - extent->start)
            extent->end = extent->start + ((const struct lj_cdata_var *)cdata)[-1].len;
        return cdata != NULL;
    case LJ_GCT_STR:
        extent->start += sizeof(struct lj_str);
        if (((const struct lj_str *)ref->block)->len < extent->end - extent->start)
            extent->end = extent->start + ((const struct lj_str *)ref->block)->len + 1;
        return true;
    case LJ_GCT_UDATA:
        extent->start += sizeof(struct lj_udata);
        return true;
    case 0:
        return true; /* memory of a string.buffer, or a string that is not known to be one */
    default:
        return false;
    }
}

bool ffisan_extent_find(struct ffisan_state *state, uintptr_t address,
                        struct ffisan_extent *ret_extent)
{
    struct ffisan_slot_ref *ref = &ret_extent->ref;
    ret_extent->is_c = false;
    if (ffisan_cheap_find_live(address, ref)) {
        ret_extent->is_c = true;
        ret_extent->start = ref->block;
        ret_extent->end = ref->block + ffisan_slot_size(ref);
        return true;
    }
    return ffisan_heap_find(&state->heap, address, ref) &&
           ref->span->group != FFISAN_GROUP_INTERNAL &&
           ffisan_slot_state(ref) == FFISAN_SLOT_LIVE &&
           !ffisan_heap_is_waiting(&state->heap, ref) && find_content(ret_extent) &&
           address >= ret_extent->start;
}

bool ffisan_extent_find_header(struct ffisan_state *state, uintptr_t address,
                               struct ffisan_extent *ret_extent)
{
    struct ffisan_slot_ref *ref = &ret_extent->ref;
    ret_extent->is_c = false;
    return ffisan_heap_find(&state->heap, address, ref) &&
           ref->span->group != FFISAN_GROUP_INTERNAL &&
           (ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA &&
           ffisan_slot_state(ref) == FFISAN_SLOT_LIVE &&
           !ffisan_heap_is_waiting(&state->heap, ref) && find_content(ret_extent) &&
           address < ret_extent->start;
}

/* The VM rounds the sizes of strings up: a number may be read that reaches beyond the NUL. */
static uintptr_t end_of_reads(const struct ffisan_extent *extent)
{
    bool is_string =
        !extent->is_c && (extent->ref.slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_STR;
    return is_string ? extent->ref.block + ffisan_slot_size(&extent->ref) : extent->end;
}

bool ffisan_extent_allows(struct ffisan_state *state, const struct ffisan_extent *extent,
                          const struct ffisan_overrun *access)
{
    struct ffisan_extent other;
    bool is_read = access->access == FFISAN_ACCESS_READ;
    if (access->address >= extent->start && access->address < extent->end)
        return access->address + access->size <= (is_read ? end_of_reads(extent) : extent->end);
    return !access->is_own_array && ffisan_extent_find(state, access->address, &other) &&
           access->address < other.end;
}

void ffisan_extent_note_writer(const struct ffisan_builtin_call *call,
                               const struct ffisan_extent *extent)
{
    const struct ffisan_written written = {.made = extent->ref.slot->stack, .is_c = extent->is_c};
    ffisan_writers_note(call->state, written, ffisan_builtin_place(call));
}

void ffisan_extent_report(struct ffisan_state *state, const struct ffisan_extent *extent,
                          const struct ffisan_overrun *overrun)
{
    if (overrun->access == FFISAN_ACCESS_WRITE)
        extent->ref.slot->is_damaged = 1; /* or is in a moment: that is said now */
    if (!extent->is_c) {
        ffisan_overrun_report(state, &extent->ref, overrun);
        return;
    }
    if (!ffisan_listed_is_certain())
        return;
    uintptr_t first = ffisan_overrun_first(overrun);
    struct ffisan_cevent event = {.kind = FFISAN_KIND_OUT_OF_BOUNDS,
                                  .access = overrun->access,
                                  .address = first,
                                  .size = overrun->address + overrun->size - first,
                                  .ref = &extent->ref,
                                  .overrun = overrun};
    ffisan_creport(state, &event);
    ffisan_creport_let_pass(overrun->address);
}
