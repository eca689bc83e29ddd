/* SPDX-License-Identifier: MIT */
/**
 * Why is an object alive?  The shortest path of Lua references from the roots to it: registry,
 * package.loaded, globals, main thread, shared metatables, coroutines.
 * Reads raw memory of the VM; never calls into it.  Needs scratch memory from mmap.
 * Context: the thread of the state, or a signal handler on it.
 */
#ifndef FFISAN_VM_ANCHORS_H
#define FFISAN_VM_ANCHORS_H

#include "base/text.h"
#include "runtime/vm/layout.h"

/**
 * Appends a path such as "package.loaded.mod.run → upvalue buf", "local buf of run (mod.lua:20)",
 * "registry[5].handlers[2]", "_G.queue[3].buf", "coroutine (job.lua:7) → local s".
 * The shortest path; among equals package.loaded, _G, other parts of the registry, stacks, in this
 * order, then the smaller name.  Temporary values of calls under way and running functions count
 * only when nothing else leads there.  The same heap gives the same path, wherever its objects lie
 * (but for tables with objects as keys).
 * `object`: address of the object's header.  `max_objects`: visited at most, not counting strings
 * and cdata; 0 = 1,000,000.  Takes about 0.3 us for each of them, and 40 bytes.
 * Returns false, having added nothing, when no path was found within the limit.
 */
bool ffisan_anchors_path(const struct ffisan_vm *vm, uintptr_t object, size_t max_objects,
                         struct ffisan_text *out);

#endif
