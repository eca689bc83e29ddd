/* SPDX-License-Identifier: MIT */
/**
 * What moments.c knows of buffers that finalizers have overwritten, and moments_report.c tells.
 * Context: the thread of the state.
 */
#ifndef FFISAN_FFI_MOMENTS_BOOKS_H
#define FFISAN_FFI_MOMENTS_BOOKS_H

#include "runtime/ffi/acts.h"
#include "runtime/ffi/interruption.h"
#include "runtime/ffi/results_books.h"
#include "runtime/report/report.h"

#define FFISAN_OVERWRITINGS 8
#define FFISAN_SHARED_BUFFERS 16
#define FFISAN_TOUCHED 512
#define FFISAN_OBJECT_BYTES 4096

/** A function that was interrupted, as long as it is on the stack. */
struct ffisan_waiting_frame {
    const lua_State *L;
    uint32_t offset; /**< of its base from the start of the stack, in bytes */
    uint64_t function, link;
};

/** A buffer that a function had filled, and a finalizer has overwritten. */
struct ffisan_overwriting {
    bool is_open;
    uint32_t n_left; /**< calls that are looked at until it is forgotten */
    struct ffisan_waiting_frame frame;
    uintptr_t at;
    struct ffisan_content before, after; /**< the function's, the finalizer's */
    uint32_t first, end;                 /**< the bytes that changed */
    struct ffisan_act writer;            /**< how the function, or one that it called, filled it */
    bool is_own;                         /**< the function itself, or it holds the buffer */
    bool was_read;                       /**< since it was filled */
    unsigned n_members;                  /**< that were assigned one by one; 0: all at once */
    uint64_t last_member;
    /* How the finalizer did it: */
    uintptr_t callee; /**< C function, or 0 */
    enum ffisan_builtin builtin;
    uint32_t stack;
    uint32_t interrupted; /**< stack that shows where the function was, in frame `n_above` */
    uint32_t n_above;
    uint32_t finalizer_made;
    uint16_t finalizer_ctype; /**< as in struct ffisan_cnote */
    unsigned cycle;
};

/** A write of a finalizer that is under way. */
struct ffisan_watched_write {
    const struct ffisan_builtin_call *call; /**< NULL: none */
    bool has_filler;                        /**< `seen` is all there but for `after` */
    struct ffisan_act_given given;          /**< what is written to */
    struct ffisan_overwriting seen;
};

/** Memory that both finalizers and others write to. */
struct ffisan_shared_buffer {
    uintptr_t at; /**< 0: none */
    uint32_t n_fillings;
    struct ffisan_content filled; /**< as the program's last call left it; size 0: not known */
};

/** A call of a finalizer into a library that waits (reentry.h). */
struct ffisan_reentry {
    const struct ffisan_builtin_call *call; /**< NULL: none */
    uintptr_t callee, outer;                /**< C functions of one library */
    uint64_t outer_link;                    /**< where the outer one was called, in bytecode */
    bool was_handed_back;                   /**< the object is an argument of the callback */
    uintptr_t at;                           /**< the object */
    bool is_finalized;                      /**< what is finalised is or leads to it */
    uint32_t size;
    uint8_t before[FFISAN_OBJECT_BYTES], after[FFISAN_OBJECT_BYTES];
};

struct ffisan_moments {
    struct ffisan_acts acts, finalizer_acts;
    const struct ffisan_act *newest; /**< of both */
    uint32_t n_shared, n_fillings;
    struct ffisan_shared_buffer shared[FFISAN_SHARED_BUFFERS];
    uint64_t shared_places[FFISAN_TOUCHED / 64]; /**< their places in `touched` */
    uint32_t n_at_place[FFISAN_TOUCHED]; /**< accesses of finalizers, by place in the code */
    uintptr_t touched[FFISAN_TOUCHED];   /**< addresses that the program's calls were given */
    bool is_watching;                    /**< the program's own accesses, too */
    unsigned n_open;
    struct ffisan_overwriting overwritings[FFISAN_OVERWRITINGS];
    struct ffisan_watched_write watched;
    bool is_filling;                           /**< the program's call that is about to be made */
    const struct ffisan_builtin_call *filling; /**< one that is under way, and what was noted */
    struct ffisan_act filler;
    bool is_reentry; /**< the call of a finalizer that is about to be made */
    struct ffisan_reentry reentry;
};

/** How the buffer was read, by the act noted last. */
struct ffisan_overwriting_use {
    const struct ffisan_overwriting *overwriting;
    enum ffisan_severity severity;
    uintptr_t callee;
    enum ffisan_builtin builtin;
    uint32_t stack;
};

/** The stack that runs, by its number. */
uint32_t ffisan_moment_stack(struct ffisan_state *state);

/** Has a call of the program been given the same?  True as long as they are not watched. */
bool ffisan_moment_is_touched(const struct ffisan_moments *moments,
                              const struct ffisan_act_given *given);

/** Finalizers write to what others are given. */
void ffisan_moment_share(struct ffisan_moments *moments, uintptr_t address);

/** The buffer at an address, if it is shared; or NULL. */
struct ffisan_shared_buffer *ffisan_moment_shared(struct ffisan_moments *moments,
                                                  uintptr_t address);

/* moments_write.c: a finalizer writes. */
void ffisan_moment_before_write(const struct ffisan_builtin_call *call,
                                const struct ffisan_act *act);
void ffisan_moment_after_write(const struct ffisan_builtin_call *call);
void ffisan_moment_close(struct ffisan_moments *moments, struct ffisan_overwriting *overwriting);

/** moments_use.c: is what has been overwritten read by this act, or gone? */
void ffisan_moment_check(const struct ffisan_builtin_call *call, const struct ffisan_act *act,
                         struct ffisan_overwriting *overwriting);

/** Fills in finding->block: a cdata, or memory of C. */
void ffisan_moment_describe_memory(struct ffisan_state *state, uintptr_t at,
                                   struct ffisan_scratch *scratch, struct ffisan_finding *finding);

/** Reports it. */
void ffisan_moment_report(struct ffisan_state *state, const struct ffisan_overwriting_use *use);

/** The function's name, "ffi.copy"; NULL: an assignment, or a C function. */
const char *ffisan_moment_builtin(enum ffisan_builtin builtin);

/* moments_content.c: what is there, and what a change means. */

/**
 * Prepares `seen->before` for a write of the act noted last to one of its arguments, and takes it.
 * False: nothing that would be understood.
 */
bool ffisan_moment_take(const struct ffisan_builtin_call *call, const struct ffisan_act *act,
                        const struct ffisan_act_given *given, struct ffisan_overwriting *seen);

/**
 * Takes `seen->after`.  Has the content been replaced, and not only changed by a step?  `given`
 * NULL: has it changed?
 */
bool ffisan_moment_compare(const struct ffisan_builtin_call *call,
                           const struct ffisan_act_given *given, struct ffisan_overwriting *seen);

/** Takes down what a call of the program has put into a shared buffer. */
void ffisan_moment_take_filling(struct ffisan_state *state, struct ffisan_shared_buffer *shared);

/** Is `content`, of the same address, what lies there since the program has filled it? */
bool ffisan_moment_is_filling(const struct ffisan_shared_buffer *shared,
                              const struct ffisan_content *content);

/** Is what is read, `size` bytes from `at + from`, in part what the finalizer left there? */
bool ffisan_moment_is_there(const struct ffisan_overwriting *overwriting, size_t from, size_t size);

struct ffisan_moment_part {
    size_t from, size;
};

/** The bytes that a call reads of what an argument is or leads to.  False: it reads none. */
bool ffisan_moment_part(const struct ffisan_builtin_call *call,
                        const struct ffisan_act_given *given, struct ffisan_moment_part *ret_part);

#endif
