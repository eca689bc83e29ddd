/* SPDX-License-Identifier: MIT */
/**
 * Which cdata have a finalizer (ffi.gc, __gc of ffi.metatype), and which: the VM keeps them in one
 * table, the cdata as weak keys, the finalizers as values.
 * Context: the thread of the state.  Reads raw memory of the VM; needs scratch memory from mmap.
 */
#ifndef FFISAN_VM_FINALIZERS_H
#define FFISAN_VM_FINALIZERS_H

#include "runtime/vm/layout.h"

/** A finalizer that is not plain C: it may refer to something. */
struct ffisan_finalizer {
    uint64_t cdata;   /**< address of its header */
    uint64_t value;   /**< the finalizer, tagged */
    uint32_t next;    /**< another cdata with this finalizer, or UINT32_MAX */
    bool is_first;    /**< of those with this finalizer */
    bool is_captured; /**< by it (vm/captured.h) */
};

struct ffisan_finalizers {
    const struct lj_tab *table;
    struct ffisan_finalizer *all;
    uint32_t n, n_slots;
    uint32_t *by_cdata; /**< open addressing: number + 1 */
    uint32_t *by_value; /**< likewise: the newest with that finalizer */
    size_t bytes;       /**< of `all` and both indexes, in one mapping */
};

/** The table itself; NULL when it is not known, was not made yet, or the state is being closed. */
const struct lj_tab *ffisan_finalizers_table(const struct ffisan_vm *vm);

/** Has lua_close begun to run all that are left? */
bool ffisan_finalizers_are_closing(const struct ffisan_vm *vm);

/** Lists them.  Returns false when there are none, or no memory.  `fini` must follow. */
bool ffisan_finalizers_init(struct ffisan_finalizers *finalizers, const struct ffisan_vm *vm);
void ffisan_finalizers_fini(struct ffisan_finalizers *finalizers);

/** The entry of a cdata, or NULL. */
const struct ffisan_finalizer *ffisan_finalizers_find(const struct ffisan_finalizers *finalizers,
                                                      uint64_t cdata);

/** The finalizer of a cdata, tagged; nil when it has none. */
uint64_t ffisan_finalizers_of(const struct ffisan_finalizers *finalizers,
                              const struct lj_cdata *cdata);

#endif
