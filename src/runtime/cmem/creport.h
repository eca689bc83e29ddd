/* SPDX-License-Identifier: MIT */
/**
 * Findings about C memory: what happened to a block of the C heap, in Lua terms where Lua had to
 * do with it.
 * Context: any, also a signal handler; takes ffisan_runtime.lock, and without it does nothing.
 */
#ifndef FFISAN_CMEM_CREPORT_H
#define FFISAN_CMEM_CREPORT_H

#include "runtime/cmem/cheap.h"
#include "runtime/report/describe.h"
#include "runtime/report/overrun.h"
#include "wire/finding.h"

#include <ucontext.h>

struct ffisan_mapped;
struct ffisan_quiet;
struct ffisan_state;

/** Something that was done to C memory, or to what was taken for it. */
struct ffisan_cevent {
    enum ffisan_kind kind;
    enum ffisan_access access;
    const char *function; /**< interposed function or system call; NULL = an instruction */
    uintptr_t address;
    size_t size;
    const ucontext_t *context;                      /**< of the instruction, or NULL */
    const struct ffisan_slot_ref *ref;              /**< the C block, or NULL */
    const struct ffisan_mapped *mapped;             /**< or memory from mmap, or NULL */
    const struct ffisan_described_block *lua_block; /**< or a block of the Lua heap, or NULL */
    int64_t lua_offset;                             /**< of the address in its slot */
    const struct ffisan_overrun *overrun;           /**< OUT_OF_BOUNDS: what is wrong */
    const char *what;                               /**< without a block: "of a variable" */
    bool is_late; /**< what is there shows it, nobody knows when it was and by whom */
};

/** Reports it.  `state`: that runs on this thread, or NULL. */
void ffisan_creport(struct ffisan_state *state, const struct ffisan_cevent *event);

/** A stack of C and Lua frames for a trace; its memory belongs to the finding under way. */
struct ffisan_stack ffisan_creport_stack(uint32_t trace, const char *innermost,
                                         const char **ret_function);

/** Forgets the frames of the finding before.  Caller holds ffisan_runtime.lock. */
void ffisan_creport_begin(void);

/**
 * Around the gathering of a finding that takes C frames: takes ffisan_runtime.lock and keeps
 * signals away.  False: this thread is inside already, and there is nothing to close.
 */
bool ffisan_creport_open(struct ffisan_quiet *ret_quiet);

/** Reports it, and gives both back. */
void ffisan_creport_close(struct ffisan_quiet *quiet, struct ffisan_finding *finding);

/**
 * An access to a freed block on pages of its own: reports it, and makes it accessible.  False: not
 * one of those.  `function`: system call, or NULL.
 */
bool ffisan_creport_use(uintptr_t address, enum ffisan_access access, const char *function,
                        size_t size, const ucontext_t *context);

/** Reports listed blocks that were written to after they had been freed, and found so. */
void ffisan_creport_written(struct ffisan_state *state);

/**
 * Is this second free only what follows from a use that was reported?  The C function that runs has
 * used one block after it was freed, and now frees another one that went with it.
 */
bool ffisan_creport_is_told(const struct ffisan_slot_ref *freed_twice);

/** An access that has been reported is going to happen there: pages of a dead block are no reason
    to report it again. */
void ffisan_creport_let_pass(uintptr_t address);

/**
 * A fault at an address that is nobody's: reports it when memory was mapped there before.  The
 * program then ends as it would have.
 */
void ffisan_creport_unmapped(uintptr_t address, enum ffisan_access access,
                             const ucontext_t *context);

#endif
