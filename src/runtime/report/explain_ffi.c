/* SPDX-License-Identifier: MIT */
#include "runtime/report/explain_ffi.h"

#include "runtime/report/place.h"

#include <string.h>

static void explain_late(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    ffisan_text_add(text, "The callback");
    ffisan_place_add(text, " made at ", &finding->block.made);
    ffisan_text_add(text, " was freed");
    ffisan_place_add(text, " at ", &finding->freed.stack);
    ffisan_text_add(text, ", but its address was kept, and called");
    if (finding->use.function) {
        ffisan_text_add(text, " (from ");
        ffisan_text_add(text, finding->use.function);
        ffisan_text_add_char(text, ')');
    }
    ffisan_text_add(text,
                    ". LuaJIT answers with the error \"bad callback\", or, once the slot is "
                    "taken again, calls the wrong function.");
}

static void explain_closed(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    ffisan_text_add(text, "The callback");
    ffisan_place_add(text, " made at ", &finding->block.made);
    ffisan_text_add(text,
                    " belongs to a Lua state that has been closed. Its machine code is gone "
                    "with the state; its address was kept, and called.");
}

static void explain_compiled(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    ffisan_text_add(text, "Compiled code called ");
    ffisan_text_add(text, finding->use.function ? finding->use.function : "a C function");
    ffisan_text_add(text, ", which called the callback");
    ffisan_place_add(text, " made at ", &finding->block.made);
    ffisan_text_add(text,
                    ". LuaJIT cannot enter Lua from there, and ends the program with \"bad "
                    "callback\". It compiles no call of a C function that it has seen "
                    "calling back; this one had not, until now.");
}

void ffisan_explain_callback(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                             enum ffisan_callback_end end)
{
    finding->why = ffisan_scratch_string(scratch);
    switch (end) {
    case FFISAN_CALLBACK_FREED:
        explain_late(&scratch->text, finding);
        finding->fix =
            "Take the callback back from C (unregister it, or register NULL or another "
            "function) before free(), or do not free it: a callback that is made once "
            "may live as long as the program.";
        break;
    case FFISAN_CALLBACK_CLOSED:
        finding->title = "a callback was called after its Lua state had been closed";
        explain_closed(&scratch->text, finding);
        finding->fix =
            "Take the callback back from C (unregister it, or register NULL) before the "
            "state is closed. What runs in atexit, in a signal handler or on a thread "
            "must be C code.";
        break;
    case FFISAN_CALLBACK_COMPILED:
        finding->title = "a callback was called from compiled code, which LuaJIT cannot do";
        explain_compiled(&scratch->text, finding);
        finding->fix = "Switch the compiler off for the Lua function that calls C: jit.off(f).";
        break;
    }
    ffisan_scratch_end_string(scratch);
}

static const char fix_of_slots[] =
    "Make the callback once and use it again:\n"
    "    local cb = ffi.cast(\"the_type\", function(...) ... end)\n"
    "or call cb:free() when C does not need it any more. A function that is passed to C directly "
    "leaves nothing to call free() on.";

void ffisan_explain_slots(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                          unsigned n_used, unsigned n_from_there)
{
    struct ffisan_text *text = &scratch->text;
    finding->title = "LuaJIT's callback slots run out: callbacks are made and not freed";
    finding->why = ffisan_scratch_string(scratch);
    ffisan_text_add_unsigned(text, n_used);
    ffisan_text_add(text, " of 896 slots are taken, ");
    ffisan_text_add_unsigned(text, n_from_there);
    ffisan_text_add(text, " of them by callbacks");
    ffisan_place_add(text, " made at ", &finding->block.made);
    ffisan_text_add(text,
                    ". A Lua function that is passed, assigned or cast to a C function "
                    "pointer takes a slot until free() is called on the pointer; the "
                    "collector frees none. Without a free slot LuaJIT raises \"too many "
                    "callbacks\".");
    ffisan_scratch_end_string(scratch);
    finding->fix = fix_of_slots;
}

void ffisan_explain_lost_slots(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                               unsigned n)
{
    struct ffisan_text *text = &scratch->text;
    finding->title = "callbacks were lost: they were not freed, and nothing leads to them";
    finding->why = ffisan_scratch_string(scratch);
    ffisan_text_add_unsigned(text, n);
    ffisan_text_add(text, " callbacks");
    ffisan_place_add(text, " made at ", &finding->block.made);
    ffisan_text_add(text,
                    " have not been freed, and neither C nor Lua has a pointer to them any more: "
                    "they can be neither called nor freed. Each keeps its function and one of 896 "
                    "slots; when none is left LuaJIT raises \"too many callbacks\".");
    ffisan_scratch_end_string(scratch);
    finding->fix = fix_of_slots;
}

void ffisan_explain_dead_thread(struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    struct ffisan_text *text = &scratch->text;
    finding->title = "a callback ran on a coroutine that had been collected";
    finding->why = ffisan_scratch_string(scratch);
    ffisan_text_add(text,
                    "LuaJIT runs a callback on the coroutine that used the ffi library last. "
                    "That was the one");
    ffisan_place_add(text, " made at ", &finding->block.made);
    ffisan_text_add(text, "; it has been collected, and no other has used the library since.");
    ffisan_scratch_end_string(scratch);
    finding->fix =
        "Call into C at a moment of your own choosing instead of in a signal handler or "
        "timer (signalfd, sigtimedwait, a flag that C code sets and Lua reads), or keep "
        "the coroutines that use the ffi library alive.";
}

static const char *unloaded_fix(const struct ffisan_finding *finding, bool by_collector)
{
    if (!by_collector)
        return "Close the library last: after its functions, finalizers and callbacks, or not at "
               "all.";
    if (finding->collected.cycle == 0)
        return "When a state is closed, finalizers of userdata run in the reverse order in which "
               "the userdata were made, those of cdata (ffi.gc) before them. Load the library "
               "before what needs it, use ffi.gc, or free by hand.";
    return "Keep what ffi.load returns in a variable that lives as long as anything from the "
           "library is used: a local of the module that functions refer to, or a field of it. "
           "Copy strings with ffi.string() while it is loaded.";
}

void ffisan_explain_unloaded(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                             const char *symbol, bool by_collector)
{
    struct ffisan_text *text = &scratch->text;
    const char *library = finding->block.type;
    finding->why = ffisan_scratch_string(scratch);
    if (by_collector) {
        ffisan_text_add(text, "The namespace that ffi.load returned");
        ffisan_place_add(text, " at ", &finding->block.made);
        ffisan_text_add(text,
                        finding->collected.cycle
                            ? " was collected, and that unloads "
                            : " was finalised when no Lua code ran any more, and that unloads ");
        ffisan_text_add(text, library);
        ffisan_text_add(text,
                        ". Functions, strings and other addresses taken from it do not keep "
                        "it loaded");
    } else {
        ffisan_text_add(text, library);
        ffisan_text_add(text, " was unloaded by dlclose");
        ffisan_place_add(text, " at ", &finding->freed.stack);
        ffisan_text_add(text, " while something still led into it");
    }
    if (symbol) {
        ffisan_text_add(text, "; what was used is ");
        ffisan_text_add(text, symbol);
    }
    ffisan_text_add(text, ".");
    ffisan_scratch_end_string(scratch);
    finding->fix = unloaded_fix(finding, by_collector);
}
