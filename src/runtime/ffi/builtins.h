/* SPDX-License-Identifier: MIT */
/**
 * Watching functions of LuaJIT's own libraries.
 *
 * Such a function is an object with the address of its C code in it (GCfuncC.f, lj_obj.h), and the
 * interpreter calls through that address.  Ours is put there: the object stays the same, so no Lua
 * code can tell.  Ours tells those who watch, calls the original, and tells again.
 *
 * What it does not see: compiled code.  The recorder knows ffi.new, cast, string, copy, fill, gc,
 * the metamethods of cdata and of namespaces by number, and what it makes of them does not call the
 * function.  ffi.load, ffi.cdef, free and set of callbacks and the finalizer of namespaces are
 * always called; so is all that makes a callback of a Lua function, which is never compiled.
 *
 * Context: the thread of the state, outside of its allocator.
 */
#ifndef FFISAN_FFI_BUILTINS_H
#define FFISAN_FFI_BUILTINS_H

#include "runtime/vm/api.h"
#include "runtime/vm/object.h"

struct ffisan_state;

/** FFISAN_BUILTIN(id, table that it is found in, name there) */
#define FFISAN_BUILTIN_LIST                                                                        \
    FFISAN_BUILTIN(NEW, FFI, "new")                                                                \
    FFISAN_BUILTIN(CAST, FFI, "cast")                                                              \
    FFISAN_BUILTIN(STRING, FFI, "string")                                                          \
    FFISAN_BUILTIN(COPY, FFI, "copy")                                                              \
    FFISAN_BUILTIN(FILL, FFI, "fill")                                                              \
    FFISAN_BUILTIN(GC, FFI, "gc")                                                                  \
    FFISAN_BUILTIN(LOAD, FFI, "load")                                                              \
    FFISAN_BUILTIN(CDATA_CALL, CDATA, "__call")                                                    \
    FFISAN_BUILTIN(CDATA_INDEX, CDATA, "__index")                                                  \
    FFISAN_BUILTIN(CDATA_NEWINDEX, CDATA, "__newindex")                                            \
    FFISAN_BUILTIN(NAMESPACE_NEWINDEX, NAMESPACE, "__newindex")                                    \
    FFISAN_BUILTIN(NAMESPACE_GC, NAMESPACE, "__gc")                                                \
    FFISAN_BUILTIN(CALLBACK_FREE, CALLBACK, "free")                                                \
    FFISAN_BUILTIN(CALLBACK_SET, CALLBACK, "set")                                                  \
    FFISAN_BUILTIN(EXIT, OS, "exit")                                                               \
    FFISAN_BUILTIN(OPEN, PRELOAD, "ffi") /* luaopen_ffi, called by require "ffi" */

enum ffisan_builtin {
#define FFISAN_BUILTIN(id, table, name) FFISAN_BUILTIN_##id,
    FFISAN_BUILTIN_LIST
#undef FFISAN_BUILTIN
        FFISAN_N_BUILTINS
};

/** The watched functions of one state. */
struct ffisan_builtins {
    lua_CFunction original[FFISAN_N_BUILTINS]; /**< NULL: not watched */
    bool is_found;                             /**< those of the ffi library */
};

#define FFISAN_BUILTIN_KEPT 16
#define FFISAN_BUILTIN_INITIAL 4

/** A call that is noted as long as it runs; an error may have ended it. */
struct ffisan_running_call {
    const struct ffisan_builtin_call *call; /**< NULL: none */
    const lua_State *L;
    uint64_t base_offset, function; /**< its frame on the Lua stack, which can move */
};

/** A call of a C function whose result is remembered (ffi/results.c). */
struct ffisan_question {
    uintptr_t function; /**< its address; 0: not such a call */
    uint64_t arguments; /**< hash of them */
    uintptr_t given[8]; /**< addresses among them; the result takes the place of the last one */
    uint32_t n_given;
    uint32_t written;    /**< a bit for each of them that it may write to */
    uint32_t type;       /**< id of the function's */
    uint32_t size;       /**< of the struct that the result leads to; 0: a text */
    bool is_filling;     /**< no result: it may leave one in `places` */
    uintptr_t places[2]; /**< of pointers to text that it was given to write to; 0: none */
};

/** What a watcher keeps from before a call until after it. */
struct ffisan_builtin_kept {
    struct ffisan_question question;
    struct ffisan_running_call outer; /**< that ran when this one began */
    uintptr_t callee;                 /**< address of the C function; 0 = not known */
    unsigned n_blocks;
    uintptr_t blocks[FFISAN_BUILTIN_KEPT];     /**< of the heap, that arguments lead into */
    uint32_t n_addresses[FFISAN_BUILTIN_KEPT]; /**< of other ones, in each (bounds/disguise.h) */
    unsigned n_initial;
    uintptr_t initial[FFISAN_BUILTIN_INITIAL]; /**< addresses that an object is made of */
    uintptr_t result; /**< of C, that is cast, or where it is read from (ffi/results_places.c) */
    enum { FFISAN_CAST_OTHER, FFISAN_CAST_POINTER, FFISAN_CAST_NUMBER } cast_from;
    uintptr_t text_block; /**< a string of them */
    uint32_t n_text;      /**< bytes of it that are in `text` */
    bool has_text_last;   /**< the last argument is a string */
    char text[64];
};

/** One call of a watched function, before and after it.  It may raise errors: then no after. */
struct ffisan_builtin_call {
    struct ffisan_state *state;
    lua_State *L;
    enum ffisan_builtin builtin;
    struct ffisan_builtin_kept *kept; /**< empty before the call */
};

/** Number of arguments (before), or of what is on the function's stack. */
size_t ffisan_builtin_n_values(const struct ffisan_builtin_call *call);

/** The argument at a position from 0, as a tagged value; nil when there is none. */
uint64_t ffisan_builtin_value(const struct ffisan_builtin_call *call, size_t position);

/** The payload of a cdata argument, or NULL when it is none. */
void *ffisan_builtin_cdata(const struct ffisan_builtin_call *call, size_t position,
                           uint16_t *ret_ctypeid);

/** Before a call: it is the state's running_call from now on.  After it: no more. */
void ffisan_builtin_begin(const struct ffisan_builtin_call *call);
void ffisan_builtin_end(const struct ffisan_builtin_call *call);

/** The call that runs in the frame at `base` of `L`, if it is the one that is noted; or NULL. */
const struct ffisan_builtin_call *ffisan_builtin_running(const struct ffisan_state *state,
                                                         const lua_State *L, uint64_t base);

/** States that note such a call. */
extern uint32_t ffisan_builtin_n_running __attribute__((visibility("hidden")));

/**
 * What is noted of a call lies on the C stack.  It is over when another call, whose C frame is
 * `frame`, begins in its frame on the Lua stack, or further up on the C stack.
 */
void ffisan_builtin_forget_ended(struct ffisan_state *state, const lua_State *L, uintptr_t frame);

/** The instruction that calls, as a number. */
uint64_t ffisan_builtin_place(const struct ffisan_builtin_call *call);

/** Is the function of the frame at `base` this one, as we have replaced it? */
bool ffisan_builtin_is(const uint64_t *base, enum ffisan_builtin builtin);

/** Must not raise an error, and not call into Lua. */
typedef void (*ffisan_builtin_fn)(const struct ffisan_builtin_call *call);

/**
 * From now on, in states that open the ffi library later, `before` and `after` (either may be NULL)
 * are told of each call.  At most four watch one function.  Context: ffisan_runtime.lock is held,
 * before the first state is watched (entry/boot.c).
 */
void ffisan_builtins_watch(enum ffisan_builtin builtin, ffisan_builtin_fn before,
                           ffisan_builtin_fn after);

/**
 * The same, but only calls with a function or table among the arguments are told, unless somebody
 * else watches all of them: hot loops pay a few comparisons.
 */
void ffisan_builtins_watch_functions(enum ffisan_builtin builtin, ffisan_builtin_fn before,
                                     ffisan_builtin_fn after);

/**
 * The same, but of each place in the program only the first 64 calls are told, and then one in 32:
 * for what a place does wrong in its first calls, if ever.
 */
void ffisan_builtins_watch_samples(enum ffisan_builtin builtin, ffisan_builtin_fn before,
                                   ffisan_builtin_fn after);

/**
 * From now on `reached` is told once when a place in the program is about to call such a function
 * for the first time, before all others.  It may collect garbage.  Context: as above.
 */
void ffisan_builtins_watch_places(void (*reached)(lua_State *L));

/**
 * One more, cheaper for those who want few calls: `note` is asked at each call by Lua code in the
 * interpreter of what reads or writes memory (cdata called, indexed and assigned to, ffi.copy,
 * fill, string), and says whether `before` and `after` are to be told of it.  At first only while a
 * finalizer of `state` runs.  From now on; there is one such asker.
 * Context: the thread of the state.
 */
typedef bool (*ffisan_builtin_note_fn)(struct ffisan_state *state, lua_State *L,
                                       enum ffisan_builtin builtin);
void ffisan_builtins_note(const struct ffisan_state *state, ffisan_builtin_note_fn note,
                          ffisan_builtin_fn before, ffisan_builtin_fn after);

/**
 * From now on `before` is told of each assignment to a member or element of a cdata of which
 * `chooses` says so, in the interpreter.  There is one such chooser.  Context: as above.
 */
void ffisan_builtins_choose(bool (*chooses)(lua_State *L), ffisan_builtin_fn before);

/** The state is being closed. */
void ffisan_builtins_forget(const struct ffisan_state *state);

/** From now on always. */
void ffisan_builtins_note_always(void);

/** From now on also at calls of C functions that are finalizers themselves. */
void ffisan_builtins_note_finalizers(void);

/**
 * The libraries of a state have been opened: finds the ffi library, or will as soon as the program
 * requires it.  Harmless to call again, also at any later moment.
 */
void ffisan_builtins_opened(struct ffisan_state *state);

/** Cheap: finds the ffi library if it has come in by a way that we did not see. */
void ffisan_builtins_poll(struct ffisan_state *state);

#endif
