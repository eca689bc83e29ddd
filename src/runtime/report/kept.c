/* SPDX-License-Identifier: MIT */
#include "runtime/report/kept.h"

#include "base/pages.h"

#include <string.h>

static void *take(struct ffisan_kept *kept, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (!kept->data)
        kept->data = ffisan_pages_map(FFISAN_KEPT_BYTES);
    if (!kept->data || size > FFISAN_KEPT_BYTES - kept->used)
        return NULL;
    kept->used += size;
    return kept->data + kept->used - size;
}

const char *ffisan_kept_string(struct ffisan_kept *kept, const char *string)
{
    size_t size = string ? strlen(string) + 1 : 0;
    char *copy = size ? take(kept, size) : NULL;
    return copy ? memcpy(copy, string, size) : NULL;
}

struct ffisan_stack ffisan_kept_stack(struct ffisan_kept *kept, struct ffisan_stack stack)
{
    struct ffisan_frame *frames =
        stack.n_frames ? take(kept, stack.n_frames * sizeof(*frames)) : NULL;
    if (!frames)
        return (struct ffisan_stack){0};
    for (size_t i = 0; i < stack.n_frames; i++) {
        frames[i] = stack.frames[i];
        frames[i].file = ffisan_kept_string(kept, stack.frames[i].file);
        frames[i].function = ffisan_kept_string(kept, stack.frames[i].function);
        frames[i].module = ffisan_kept_string(kept, stack.frames[i].module);
        frames[i].path = ffisan_kept_string(kept, stack.frames[i].path);
        frames[i].build.data = NULL; /* its module may go */
    }
    return (struct ffisan_stack){.n_frames = stack.n_frames, .frames = frames};
}

void ffisan_kept_clear(struct ffisan_kept *kept)
{
    if (kept->data)
        ffisan_pages_unmap(kept->data, FFISAN_KEPT_BYTES);
    *kept = (struct ffisan_kept){0};
}
