/* SPDX-License-Identifier: MIT */
/**
 * The search behind anchors.h, level by level from the roots.  Each object is a node that knows its
 * parent and the edge it was reached by; among several ways of the same length the one with the
 * smaller edges wins (compared from the root), so that the answer does not depend on addresses.
 * Internal to src/runtime/vm.  Context: as anchors.h.
 */
#ifndef FFISAN_VM_ANCHORS_SEARCH_H
#define FFISAN_VM_ANCHORS_SEARCH_H

#include "base/text.h"
#include "runtime/vm/layout.h"

/** How one object refers to another; in the order of preference. */
enum ffisan_edge_kind {
    FFISAN_EDGE_LOADED,       /**< root: package.loaded */
    FFISAN_EDGE_GLOBALS,      /**< root: _G */
    FFISAN_EDGE_REGISTRY,     /**< root */
    FFISAN_EDGE_BASE_META,    /**< root: metatable of all values of the type `key` */
    FFISAN_EDGE_DEFAULT_FILE, /**< root: io.input() (`key` 0), io.output() */
    FFISAN_EDGE_MAIN_THREAD,  /**< root */
    FFISAN_EDGE_RUNNING,      /**< root: the coroutine that runs now */
    FFISAN_EDGE_FIELD,        /**< of a table, `key` is a tagged value */
    FFISAN_EDGE_UPVALUE,      /**< of a function, number `key` */
    FFISAN_EDGE_METATABLE,
    FFISAN_EDGE_LOCAL,       /**< of a thread, `key` is the slot's address */
    FFISAN_EDGE_TEMPORARY,   /**< likewise: of a call or expression under way */
    FFISAN_EDGE_FUNCTION,    /**< likewise: a function that runs */
    FFISAN_EDGE_ENVIRONMENT, /**< of a function, userdata, thread */
    FFISAN_EDGE_PROTO,       /**< of a function: its code */
    FFISAN_EDGE_CONSTANT,    /**< of code */
    FFISAN_EDGE_TRACE,       /**< of code: what the JIT compiler made of it */
    FFISAN_EDGE_KEY,         /**< of a table: an object that is a key */
    FFISAN_EDGE_BUFFER,      /**< of a string buffer */
    FFISAN_EDGE_FINALIZER,   /**< of a cdata; only followed with `finalizers` */
};

struct ffisan_anchor_node {
    uint64_t object;
    uint32_t parent; /**< index of a node; node 0 stands for the VM */
    uint8_t kind;    /**< enum ffisan_edge_kind, of the edge from the parent */
    uint8_t type;    /**< LJ_GCT_* of the object */
    uint64_t key;
};

struct ffisan_search {
    const struct ffisan_vm *vm;
    uint64_t target;
    bool is_failed; /**< too many objects, or no memory */

    /**
     * Not NULL: the table of finalizers keeps nothing alive, but a cdata its finalizer; cdata are
     * remembered, too, and all of a stack counts.
     */
    const struct ffisan_finalizers *finalizers;
    const struct ffisan_search *outside; /**< what that has visited is not entered, or NULL */
    bool is_shallow; /**< functions lead to their upvalues only, other objects to their fields */

    struct ffisan_anchor_node *nodes;
    uint32_t n_nodes, max_nodes, limit;
    uint32_t level_end; /**< nodes from here on belong to the level being found */
    uint32_t parent;    /**< the node whose edges are being followed */

    uint64_t *visited; /**< open addressing: object / 8 << 20 | node */
    uint32_t n_visited, max_visited;

    bool has_answer;
    struct ffisan_anchor_node answer;
};

/**
 * Looks for `target`.  Returns true with `answer` set.  The memory lasts until
 * ffisan_search_fini, which must follow in any case.
 */
bool ffisan_search_run(struct ffisan_search *search, const struct ffisan_vm *vm, uint64_t target,
                       uint32_t limit);
void ffisan_search_fini(struct ffisan_search *search);

/**
 * The parts of it: memory for some objects to begin with; everything that what was recorded leads
 * to, level by level, until the target is found.  `search` has been filled in, but for its books.
 */
bool ffisan_search_begin(struct ffisan_search *search, uint32_t n_objects);
void ffisan_search_follow(struct ffisan_search *search);

/** Forgets all objects, keeps the memory. */
void ffisan_search_empty(struct ffisan_search *search);

/** Has the object been visited? */
bool ffisan_search_has(const struct ffisan_search *search, uint64_t object);

/** Records that the current parent refers to an object; what makes no sense is ignored. */
void ffisan_search_edge(struct ffisan_search *search, enum ffisan_edge_kind kind, uint64_t key,
                        uint64_t object, uint32_t type);

/** The same for a tagged value, which may be none of an object. */
static inline void ffisan_search_value(struct ffisan_search *search, enum ffisan_edge_kind kind,
                                       uint64_t key, uint64_t value)
{
    if (lj_tv_is_object(value))
        ffisan_search_edge(search, kind, key, lj_tv_object(value), lj_tv_type(value));
}

/** Follows all edges of the VM itself, or of a node (anchors_visit.c). */
void ffisan_search_roots(struct ffisan_search *search);
void ffisan_search_visit(struct ffisan_search *search, const struct ffisan_anchor_node *node);

/** What the ffi library has besides: functions of callbacks, metatables of C types. */
void ffisan_search_ctype_roots(struct ffisan_search *search);

/** Follows the edges of a thread that visiting it leaves out: `kind` is TEMPORARY or FUNCTION. */
void ffisan_search_visit_stack(struct ffisan_search *search, const struct lj_thread *thread,
                               enum ffisan_edge_kind kind);

/** Appends the way to the answer (anchors_text.c). */
void ffisan_search_add_path(const struct ffisan_search *search, struct ffisan_text *out);

/** The number a table key stands for: an array index as a tagged value. */
static inline uint64_t lj_tv_number(double number)
{
    uint64_t value;
    memcpy(&value, &number, sizeof(value));
    return value;
}

static inline double lj_tv_to_number(uint64_t value)
{
    double number;
    memcpy(&number, &value, sizeof(number));
    return number;
}

#endif
