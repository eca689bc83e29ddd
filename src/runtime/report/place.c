/* SPDX-License-Identifier: MIT */
#include "runtime/report/place.h"

bool ffisan_place_add(struct ffisan_text *text, const char *before,
                      const struct ffisan_stack *stack)
{
    for (size_t i = 0; i < stack->n_frames; i++) {
        const struct ffisan_frame *frame = &stack->frames[i];
        if (frame->lang != FFISAN_LANG_LUA || !frame->file)
            continue;
        ffisan_text_add(text, before);
        ffisan_text_add(text, frame->file);
        ffisan_text_add_char(text, ':');
        ffisan_text_add_signed(text, frame->line);
        return true;
    }
    return false;
}
