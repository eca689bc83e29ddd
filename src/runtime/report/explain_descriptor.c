/* SPDX-License-Identifier: MIT */
#include "runtime/report/explain_descriptor.h"

#include "runtime/report/place.h"

static void add_why(struct ffisan_text *text, const struct ffisan_finding *finding,
                    const struct ffisan_stack *reopened)
{
    ffisan_text_add(text, "Descriptor ");
    ffisan_text_add(text, finding->block.type);
    ffisan_place_add(text, ", made at ", &finding->block.made);
    ffisan_text_add(text,
                    ": the collector found that nothing in Lua referred to it any more, and "
                    "its finalizer closed the descriptor");
    if (finding->freed.function) {
        ffisan_text_add(text, " by ");
        ffisan_text_add(text, finding->freed.function);
    }
    ffisan_text_add(text, ". The number in Lua keeps nothing open, and ");
    if (reopened->n_frames == 0) {
        ffisan_text_add(text, "the next file that is opened may get it.");
        return;
    }
    ffisan_text_add(text, "another file has got it, whose number was never asked for");
    ffisan_place_add(text, ": the one opened at ", reopened);
    ffisan_text_add_char(text, '.');
}

void ffisan_explain_descriptor(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                               const struct ffisan_stack *reopened)
{
    finding->why = ffisan_scratch_string(scratch);
    add_why(&scratch->text, finding, reopened);
    ffisan_scratch_end_string(scratch);
    finding->fix =
        "Keep the object in a Lua variable or table that lives as long as the "
        "descriptor is used, or make a descriptor that is your own:\n"
        "    local fd = C.dup(C.fileno(file))";
}
