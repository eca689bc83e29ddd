/* SPDX-License-Identifier: MIT */
/**
 * C stacks: capture, and the names of what was captured.
 *
 * Frames come from libgcc_s, never from libunwind (which LuaJIT programs may not survive), and end
 * with the first address that lies in no loaded module: it tells where in compiled code we are, but
 * unwinding through that aborts the process (LuaJIT issue 748).  Both functions work on tables of
 * the loader without allocating, so they may run in a signal handler, once ffisan_cstack_prepare
 * has run.
 */
#ifndef FFISAN_VM_CSTACK_H
#define FFISAN_VM_CSTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

struct ffisan_cframe {
    const char *module;   /**< base name of the library or program; lives as long as it is loaded */
    const char *path;     /**< of its file; lives as long as it is loaded */
    const uint8_t *build; /**< its build ID, or NULL; the same */
    size_t build_size;
    uint64_t offset;      /**< of the address in the module's file view (what addr2line takes) */
    const char *function; /**< exported name, NULL = unknown; lives as long as the module */
    bool is_vm;           /**< LuaJIT's own code: reports hide it */
    bool is_own;          /**< ffisan's own code */
};

/**
 * Finds libgcc_s and the addresses behind names that libc decides at start (memcpy, strlen ...).
 * `vm_address`: any address in the module that has LuaJIT in it, such as that of lua_newstate.
 * May be called again with another one.
 * Context: not a signal handler (may load libgcc_s, which allocates).
 */
void ffisan_cstack_prepare(uintptr_t vm_address);

/**
 * Writes up to `max` addresses of the calling stack, innermost first, and returns how many.
 * Return addresses are reported less one, so that each lies in its call instruction.  Our own
 * frames are left out.
 * With a context (of a signal) the stack begins at the interrupted instruction, whose address is
 * reported as it is.  A call through a bad pointer gives that address and its caller only.
 */
size_t ffisan_cstack_capture(uintptr_t *pcs, size_t max, const ucontext_t *context);

/**
 * Where the stack ends that this address, of a frame of ours, lies on: that of the main thread with
 * what the kernel put there, that of another thread with its descriptor; where that of a coroutine
 * of C ends is not known, it has at least 64 KiB or a fault is to be expected.  Aligned to 8.
 */
uintptr_t ffisan_cstack_end(uintptr_t here);

/** Names an address. Returns false, with an empty frame, when it lies in no loaded module. */
bool ffisan_cstack_symbol(uintptr_t pc, struct ffisan_cframe *ret_frame);

/** Is this address in the module that LuaJIT is in? */
bool ffisan_cstack_is_vm(uintptr_t pc);

#endif
