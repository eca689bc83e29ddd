/* SPDX-License-Identifier: MIT */
/* Why, and what to change, for memory of C: who owns it is the question. */
#include "runtime/report/explain_memory.h"

#include "runtime/report/place.h"

#include <string.h>

/* By the __gc of a userdata: what io.open returns, and its like. */
static bool is_by_userdata(const struct ffisan_finding *finding)
{
    return finding->freed.finalizer && strcmp(finding->freed.finalizer, "userdata") == 0;
}

static bool is_realloc(const struct ffisan_finding *finding)
{
    const struct ffisan_stack *stack = &finding->freed.stack;
    const char *innermost = stack->n_frames > 0 ? stack->frames[0].function : NULL;
    return innermost && strncmp(innermost, "realloc", 7) == 0;
}

/* True when it says where. */
static bool add_freed_by(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    ffisan_text_add(text, finding->freed.function ? finding->freed.function : "free");
    return ffisan_place_add(text, ", called at ", &finding->freed.stack);
}

/* The finalizer of an object of one type has freed it, that of another type uses it. */
static bool is_order_of_finalizers(const struct ffisan_finding *finding)
{
    const char *freed_by = finding->freed.finalizer, *used_by = finding->holder.type;
    return freed_by && used_by && strcmp(freed_by, used_by) != 0;
}

/* By the finalizer of an object that leads there: to free it, mostly. */
static void why_used_in_finalizer(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    ffisan_text_add(text, "The memory was freed by ");
    bool has_place = add_freed_by(text, finding);
    ffisan_text_add(text, is_order_of_finalizers(finding)
                              ? ", in a finalizer, and now the finalizer of another object has "
                                "used it. Objects that are given up together, and all that are "
                                "left when the program ends, are finalized in no certain order."
                          : finding->freed.finalizer
                              ? ", in a finalizer, and now another finalizer has used it: two "
                                "cdata own it."
                          : has_place ? ", and now the finalizer that was left on has used it."
                                      : " and now the finalizer that was left on has used it.");
}

static void why_used(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    if (is_by_userdata(finding)) {
        ffisan_text_add(text, "The memory belongs to a userdata");
        ffisan_place_add(text, ", made at ", &finding->freed.finalizer_made);
        ffisan_text_add(text, ". When that was collected, its finalizer called ");
        ffisan_text_add(text, finding->freed.function ? finding->freed.function : "free");
        ffisan_text_add(text, ": a pointer into it keeps it not alive.");
    } else if (finding->freed.finalizer) {
        ffisan_text_add(text, "The finalizer sits on another cdata (type ");
        ffisan_text_add(text, finding->freed.finalizer);
        ffisan_place_add(text, ", made at ", &finding->freed.finalizer_made);
        ffisan_text_add(text, "). When that was collected, ");
        ffisan_text_add(text, finding->freed.function ? finding->freed.function : "free");
        ffisan_text_add(text,
                        " freed the memory that this pointer still leads to: a copy of the "
                        "address keeps neither alive.");
    } else if (is_realloc(finding)) {
        ffisan_text_add(text, "The memory was handed to ");
        add_freed_by(text, finding);
        ffisan_text_add(text, ", which may move it. Only the pointer that it returned is good.");
    } else {
        ffisan_text_add(text, "The memory belongs to C, and ");
        bool has_place = add_freed_by(text, finding);
        ffisan_text_add(text, has_place ? "," : "");
        ffisan_text_add(text, " has freed it. The pointer in Lua does not know of that.");
    }
    if (finding->use.stack.n_frames == 0)
        ffisan_text_add(text, " The content has changed since; who did it was not seen.");
}

static void fix_used(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    if (is_by_userdata(finding))
        ffisan_text_add(text,
                        "Keep the userdata in a Lua variable or table that lives as long as "
                        "the pointer is used.");
    else if (finding->freed.finalizer)
        ffisan_text_add(text,
                        "Put the finalizer on the cdata that is kept:\n"
                        "    p = ffi.gc(ffi.cast(\"T *\", C.malloc(n)), C.free)\n"
                        "or keep the cdata that carries it in a Lua variable or table that lives "
                        "as long as the pointer is used.");
    else if (is_realloc(finding))
        ffisan_text_add(text,
                        "Put the result of realloc in every place that has the old pointer, "
                        "and make views into the block anew.");
    else
        ffisan_text_add(text,
                        "Copy what is needed before the memory is freed (ffi.string, "
                        "ffi.copy), or free it after the last use.");
}

static void why_twice(struct ffisan_text *text, const struct ffisan_finding *finding,
                      bool in_finalizer)
{
    ffisan_text_add(text, "The memory was freed by ");
    add_freed_by(text, finding);
    if (finding->freed.finalizer)
        ffisan_text_add(text, ", in a finalizer");
    if (in_finalizer)
        ffisan_text_add(text, finding->freed.finalizer
                                  ? ", and now by another finalizer: two cdata own it."
                                  : ", and now by the finalizer that ffi.gc has set.");
    else
        ffisan_text_add(text, finding->freed.finalizer ? ", and now by hand: two own it."
                                                       : ", and now once more.");
}

static void fix_by_taking_off(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    const char *by_hand = finding->freed.finalizer ? NULL : finding->freed.function;
    ffisan_text_add(text, "Take the finalizer off before freeing by hand:\n    C.");
    ffisan_text_add(text, by_hand ? by_hand : "free");
    ffisan_text_add(text, "(ffi.gc(p, nil))");
}

static void fix_twice(struct ffisan_text *text, const struct ffisan_finding *finding,
                      bool in_finalizer)
{
    bool is_order = in_finalizer && is_order_of_finalizers(finding);
    if (is_order && finding->kind == FFISAN_KIND_USE_AFTER_FREE) {
        ffisan_text_add(text,
                        "Give both to one finalizer, which uses the memory before it frees it; or "
                        "do what the finalizers do by hand, in order, and take them off before:\n"
                        "    C.free(ffi.gc(p, nil))");
        return;
    }
    if (in_finalizer && is_realloc(finding))
        ffisan_text_add(text,
                        "Take the finalizer off before realloc moves the block:\n"
                        "    p = ffi.gc(C.realloc(ffi.gc(p, nil), n), C.free)");
    else if (in_finalizer && finding->freed.finalizer)
        ffisan_text_add(text,
                        "Let one cdata carry the finalizer; others may hold the address, as long "
                        "as they keep that one alive.");
    else if (in_finalizer || (finding->freed.finalizer && !is_by_userdata(finding)))
        fix_by_taking_off(text, finding);
    else
        ffisan_text_add(text, "Free the memory in one place, and forget the pointer there.");
}

/* The C function that Lua called and that allocated, when it is not malloc itself. */
static const char *allocating_function(const struct ffisan_finding *finding)
{
    const struct ffisan_stack *made = &finding->block.made;
    const char *function = NULL;
    for (size_t i = 0; i < made->n_frames && made->frames[i].lang == FFISAN_LANG_C; i++)
        function = made->frames[i].function;
    return function;
}

static void why_invalid(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    const char *allocated_by = allocating_function(finding);
    switch (finding->block.kind) {
    case FFISAN_BLOCK_MALLOC:
        if (allocated_by && strcmp(allocated_by, "mmap") == 0)
            ffisan_text_add(text, "The memory is from mmap: malloc has not handed it out.");
        else if (finding->block.size_bytes > 0 && finding->block.offset < 0)
            ffisan_text_add(text,
                            "The address lies before a block: who frees expects a header there, "
                            "and who allocated has put none.");
        else if (finding->block.size_bytes > 0)
            ffisan_text_add(text,
                            "The address leads into a block, not to its start: only what "
                            "malloc returned can be freed.");
        else
            ffisan_text_add(text, "The address is not of memory that malloc has handed out.");
        break;
    default:
        ffisan_text_add(text,
                        "The memory belongs to Lua's garbage collector, which frees it. C's "
                        "free knows nothing of it.");
    }
}

static void fix_invalid(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    const char *allocated_by = allocating_function(finding);
    if (finding->block.kind == FFISAN_BLOCK_MALLOC && allocated_by &&
        strcmp(allocated_by, "mmap") == 0)
        ffisan_text_add(text, "Give it back with munmap(p, size), with the size of the mapping.");
    else if (finding->block.kind == FFISAN_BLOCK_MALLOC && finding->block.offset < 0)
        ffisan_text_add(text,
                        "Free memory with the function that belongs to the one that "
                        "allocated it.");
    else if (finding->block.kind == FFISAN_BLOCK_MALLOC)
        ffisan_text_add(text, finding->block.size_bytes > 0
                                  ? "Keep the pointer that malloc returned, and free that."
                                  : "Free only what malloc, or the library that asks for it to be "
                                    "freed, returned.");
    else
        ffisan_text_add(text,
                        "Do not free it, and set no finalizer that does. If C takes "
                        "ownership, allocate with malloc:\n"
                        "    ffi.cast(\"T *\", C.malloc(ffi.sizeof(\"T\")))");
}

static void why_lost(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    if (finding->holder.type) {
        ffisan_text_add(text, "C allocated the memory. The cdata of type ");
        ffisan_text_add(text, finding->holder.type);
        ffisan_text_add(text, " that led to it is gone, and no pointer to it is left anywhere");
    } else {
        ffisan_text_add(text, "C allocated the memory and no pointer to it is left anywhere");
    }
    ffisan_text_add(text, ". The collector frees the cdata, not what it points to.");
}

static void fix_lost(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    const char *function = allocating_function(finding);
    if (!function) {
        ffisan_text_add(text,
                        "Free it when it is no longer needed, or let the collector do so:\n"
                        "    p = ffi.gc(C.malloc(n), C.free)");
        return;
    }
    ffisan_text_add(text, "When it is no longer needed, call the function that frees what ");
    ffisan_text_add(text, function);
    ffisan_text_add(text,
                    " allocates (free, or one of the library), or let the collector do so:\n"
                    "    ffi.gc(p, C.free)");
}

void ffisan_explain_memory(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                           bool in_finalizer)
{
    struct ffisan_text *text = &scratch->text;
    finding->why = ffisan_scratch_string(scratch);
    if (finding->kind == FFISAN_KIND_USE_AFTER_FREE && in_finalizer)
        why_used_in_finalizer(text, finding);
    else if (finding->kind == FFISAN_KIND_USE_AFTER_FREE)
        why_used(text, finding);
    else if (finding->kind == FFISAN_KIND_DOUBLE_FREE)
        why_twice(text, finding, in_finalizer);
    else if (finding->kind == FFISAN_KIND_INVALID_FREE)
        why_invalid(text, finding);
    else
        why_lost(text, finding);
    ffisan_scratch_end_string(scratch);
    finding->fix = ffisan_scratch_string(scratch);
    if (finding->kind == FFISAN_KIND_USE_AFTER_FREE && !in_finalizer)
        fix_used(text, finding);
    else if (finding->kind == FFISAN_KIND_DOUBLE_FREE ||
             finding->kind == FFISAN_KIND_USE_AFTER_FREE)
        fix_twice(text, finding, in_finalizer);
    else if (finding->kind == FFISAN_KIND_INVALID_FREE)
        fix_invalid(text, finding);
    else
        fix_lost(text, finding);
    ffisan_scratch_end_string(scratch);
}

static void why_captured(struct ffisan_text *text, uint32_t n)
{
    ffisan_text_add(text,
                    "Nothing refers to the object any more but its own finalizer. The collector "
                    "keeps a finalizer, and all that it refers to, until it has run, and runs it "
                    "when nothing refers to its object. So it never runs, and all is held until "
                    "the Lua state is closed.");
    if (n > 1) {
        ffisan_text_add(text, " At least ");
        ffisan_text_add_unsigned(text, n);
        ffisan_text_add(text, " objects are held so by now.");
    }
}

void ffisan_explain_captured(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                             uint32_t n)
{
    finding->why = ffisan_scratch_string(scratch);
    why_captured(&scratch->text, n);
    ffisan_scratch_end_string(scratch);
    finding->fix = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text,
                    "Let the finalizer take the object as its parameter, and refer to nothing "
                    "that leads to it (not to a table that holds it, either):\n"
                    "    ffi.gc(p, function(q) C.free(q) end)");
    ffisan_scratch_end_string(scratch);
}
