/* SPDX-License-Identifier: MIT */
#include "runtime/report/overrun.h"

#include "runtime/report/damage.h"
#include "runtime/report/describe.h"
#include "runtime/state.h"

static void add_bytes(struct ffisan_text *text, uint64_t n)
{
    ffisan_text_add_unsigned(text, n);
    ffisan_text_add(text, n == 1 ? " byte" : " bytes");
}

static void why_fault(struct ffisan_text *text, const struct ffisan_overrun *overrun)
{
    if (overrun->address < overrun->end) {
        ffisan_text_add(text, "The access lies before the start of the block.");
        return;
    }
    ffisan_text_add(text,
                    "The write went on behind the end of the block: what lies there has been "
                    "overwritten up to here, ");
    add_bytes(text, overrun->address - overrun->end);
    ffisan_text_add(text, " behind the end.");
}

static void why_crash(struct ffisan_text *text, const struct ffisan_overrun *overrun)
{
    ffisan_text_add(text,
                    "The program crashes, as what lies behind the block was taken for an "
                    "address: the code that used it believes that the block is larger than ");
    add_bytes(text, overrun->size);
    ffisan_text_add(text, ".");
}

static const char *why(const struct ffisan_overrun *overrun, struct ffisan_scratch *scratch)
{
    const char *start = ffisan_scratch_string(scratch);
    struct ffisan_text *text = &scratch->text;
    bool is_write = overrun->access == FFISAN_ACCESS_WRITE;
    if (overrun->is_fault || overrun->is_before || overrun->is_crash) {
        (overrun->is_crash ? why_crash : why_fault)(text, overrun);
        ffisan_scratch_end_string(scratch);
        return start;
    }
    if (overrun->is_element) {
        ffisan_text_add(text, "The element with the index ");
        ffisan_text_add_signed(text, overrun->index);
        if (ffisan_overrun_is_partly_inside(overrun)) {
            ffisan_text_add(text, " begins in the block, and ends ");
            add_bytes(text, overrun->address + overrun->size - overrun->end);
            ffisan_text_add(text, " behind its end.");
        } else {
            ffisan_text_add(text, overrun->address < overrun->end
                                      ? " lies before the block. Indexes count from 0."
                                      : " lies behind the block. Indexes count from 0, so the last "
                                        "one is one less than the number of elements.");
        }
        ffisan_scratch_end_string(scratch);
        return start;
    }
    ffisan_text_add(text, overrun->function ? overrun->function : "The access to the field");
    ffisan_text_add(text, is_write ? " writes " : " reads ");
    add_bytes(text, overrun->size);
    if (overrun->address >= overrun->end) {
        ffisan_text_add(text, ", and begins behind the end of the block.");
    } else {
        ffisan_text_add(text, ", but ");
        add_bytes(text, overrun->end - overrun->address);
        ffisan_text_add(text, " are left there to the end of the block.");
    }
    ffisan_scratch_end_string(scratch);
    return start;
}

void ffisan_overrun_explain(const struct ffisan_overrun *overrun, struct ffisan_scratch *scratch,
                            struct ffisan_finding *finding)
{
    if (overrun->access == FFISAN_ACCESS_READ)
        finding->title = "memory was read outside of its bounds";
    finding->why = why(overrun, scratch);
    bool is_partly_inside = ffisan_overrun_is_partly_inside(overrun);
    finding->fix =
        overrun->is_crash
            ? "Declare the type as large as the library has it: compare ffi.sizeof(type) "
              "with sizeof in C, or let the library allocate it."
        : overrun->is_element && is_partly_inside
            ? "Make the block as large as what is made of its last bytes, or take these "
              "one by one: a pointer to larger elements takes whole ones."
        : overrun->is_element
            ? "Count from 0 to one less than the number of elements, or make the array "
              "larger."
        : overrun->is_before || (overrun->is_fault && overrun->address < overrun->end)
            ? "Stop at the start of the block: count down to 0, and look at the index or the "
              "length "
              "before the last element is looked at."
        : !overrun->function && !overrun->is_fault
            ? "Count elements from 0 to one less than their number, and allocate as "
              "much as the type needs: ffi.sizeof(type)."
        : overrun->access == FFISAN_ACCESS_WRITE
            ? "Make the block larger, or write less: mind the NUL that "
              "ffi.copy(dst, string) appends, and lengths in elements against bytes."
            : "Take the length from what was written, or from ffi.sizeof, and mind the "
              "offset at which the read begins.";
}

void ffisan_overrun_report(struct ffisan_state *state, const struct ffisan_slot_ref *ref,
                           const struct ffisan_overrun *overrun)
{
    if (!ffisan_lock_take(&ffisan_runtime.lock))
        return;
    struct ffisan_scratch *scratch = ffisan_scratch_begin();
    struct ffisan_here here = {0};
    struct ffisan_finding finding = {.severity = FFISAN_SEVERITY_ERROR,
                                     .kind = FFISAN_KIND_OUT_OF_BOUNDS};
    struct ffisan_described_block block = {.content = ref->block,
                                           .size = ffisan_slot_size(ref),
                                           .type = ref->slot->type,
                                           .made = ref->slot->stack};
    uintptr_t first = ffisan_overrun_first(overrun);
    ffisan_describe_block(state, &block, (int64_t)(first - ref->block), scratch, &finding);
    finding.use.access = overrun->access;
    finding.use.size_bytes = overrun->address + overrun->size - first;
    ffisan_overrun_explain(overrun, scratch, &finding);
    ffisan_damage_blame(state, &here, overrun->function, scratch, &finding);
    ffisan_report(&finding);
    ffisan_lock_give(&ffisan_runtime.lock);
}
