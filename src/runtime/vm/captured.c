/* SPDX-License-Identifier: MIT */
#include "runtime/vm/captured.h"

#include "runtime/vm/table.h"

enum {
    FEW_OBJECTS = 64,
    NEAR_OBJECTS = 512,
    NEAR_IN_ALL = 64 << 10,
    FIRST_OBJECTS = 8192,
};

static bool begin(struct ffisan_captured *captured, struct ffisan_search *search,
                  uint32_t n_objects, uint32_t limit)
{
    *search = (struct ffisan_search){
        .vm = captured->vm, .limit = limit, .finalizers = &captured->finalizers};
    return ffisan_search_begin(search, n_objects);
}

bool ffisan_captured_begin(struct ffisan_captured *captured)
{
    return ffisan_finalizers_init(&captured->finalizers, captured->vm) &&
           begin(captured, &captured->one, FEW_OBJECTS, NEAR_OBJECTS);
}

void ffisan_captured_fini(struct ffisan_captured *captured)
{
    ffisan_search_fini(&captured->reached);
    ffisan_search_fini(&captured->held);
    ffisan_search_fini(&captured->awaited);
    ffisan_search_fini(&captured->one);
    ffisan_finalizers_fini(&captured->finalizers);
}

/* ---- One finalizer --------------------------------------------------------------------------- */

/* Everything that the finalizer leads to.  False: there was too much of it. */
static bool follow_one(struct ffisan_captured *captured, uint64_t value)
{
    struct ffisan_search *one = &captured->one;
    ffisan_search_empty(one);
    ffisan_search_value(one, FFISAN_EDGE_FINALIZER, 0, value);
    ffisan_search_follow(one);
    captured->n_visited += one->n_nodes;
    return !one->is_failed;
}

/* Marks the cdata among it whose finalizer it is. */
static bool mark_captured(struct ffisan_captured *captured, uint64_t value)
{
    bool found = false;
    for (uint32_t i = 1; i < captured->one.n_nodes; i++) {
        const struct ffisan_anchor_node *node = &captured->one.nodes[i];
        const struct ffisan_finalizer *other =
            node->type == LJ_GCT_CDATA ? ffisan_finalizers_find(&captured->finalizers, node->object)
                                       : NULL;
        if (other == NULL || other->value != value)
            continue;
        captured->finalizers.all[other - captured->finalizers.all].is_captured = true;
        found = true;
    }
    return found;
}

bool ffisan_captured_is_likely(struct ffisan_captured *captured, bool *ret_is_certain)
{
    struct ffisan_finalizers *finalizers = &captured->finalizers;
    captured->one.is_shallow = true;
    *ret_is_certain = true;
    for (uint32_t i = 0; i < finalizers->n; i++) {
        if (!finalizers->all[i].is_first)
            continue;
        if (captured->n_visited > NEAR_IN_ALL || !follow_one(captured, finalizers->all[i].value))
            *ret_is_certain = false;
        if (captured->n_visited > NEAR_IN_ALL)
            return false;
        if (mark_captured(captured, finalizers->all[i].value))
            return true;
    }
    return false;
}

/* ---- The roots ------------------------------------------------------------------------------- */

static bool mark_reached(struct ffisan_captured *captured)
{
    struct ffisan_search *reached = &captured->reached;
    if (!begin(captured, reached, FIRST_OBJECTS, captured->limit))
        return false;
    ffisan_search_roots(reached);
    ffisan_search_ctype_roots(reached);
    for (uint32_t i = 0; i < captured->roots.n; i++)
        ffisan_search_value(reached, FFISAN_EDGE_LOCAL, i, captured->roots.all[i]);
    ffisan_search_follow(reached);
    return !reached->is_failed;
}

/* ---- What is not reached --------------------------------------------------------------------- */

static bool is_reached(const struct ffisan_captured *captured, uint64_t object)
{
    return ffisan_search_has(&captured->reached, object);
}

/* Is a cdata with this finalizer out of reach? */
static bool has_lost(const struct ffisan_captured *captured, uint32_t number)
{
    const struct ffisan_finalizer *all = captured->finalizers.all;
    for (; number != UINT32_MAX; number = all[number].next)
        if (!is_reached(captured, all[number].cdata))
            return true;
    return false;
}

/* Those whose finalizers lead to themselves, and what they lead to. */
static bool mark_held(struct ffisan_captured *captured)
{
    struct ffisan_finalizers *finalizers = &captured->finalizers;
    if (!begin(captured, &captured->held, FEW_OBJECTS, captured->limit))
        return false;
    captured->held.outside = captured->one.outside = &captured->reached;
    captured->one.is_shallow = false;
    captured->one.limit = captured->limit;
    captured->n_visited = 0;
    for (uint32_t i = 0; i < finalizers->n; i++)
        finalizers->all[i].is_captured = false;
    for (uint32_t i = 0; i < finalizers->n && captured->n_visited < captured->limit; i++) {
        uint64_t value = finalizers->all[i].value;
        if (finalizers->all[i].is_first && has_lost(captured, i) && follow_one(captured, value) &&
            mark_captured(captured, value))
            ffisan_search_value(&captured->held, FFISAN_EDGE_FINALIZER, i, value);
    }
    ffisan_search_follow(&captured->held);
    return !captured->held.is_failed;
}

static void add_awaiting(struct ffisan_captured *captured, uint64_t object, uint32_t type)
{
    if (!ffisan_search_has(&captured->held, object))
        ffisan_search_edge(&captured->awaited, FFISAN_EDGE_FINALIZER, 0, object, type);
}

/* Finalizers that will run, as nothing holds their objects. */
static bool mark_awaited(struct ffisan_captured *captured)
{
    const struct ffisan_finalizers *finalizers = &captured->finalizers;
    if (!begin(captured, &captured->awaited, FEW_OBJECTS, captured->limit))
        return false;
    captured->awaited.outside = &captured->reached;
    for (uint32_t i = 0; i < finalizers->n; i++)
        add_awaiting(captured, finalizers->all[i].cdata, LJ_GCT_CDATA);
    for (uint32_t i = 0; i < captured->awaiting.n; i++)
        add_awaiting(captured, lj_tv_object(captured->awaiting.all[i]), LJ_GCT_UDATA);
    ffisan_search_follow(&captured->awaited);
    return !captured->awaited.is_failed;
}

bool ffisan_captured_search(struct ffisan_captured *captured)
{
    return mark_reached(captured) && mark_held(captured) && mark_awaited(captured);
}

bool ffisan_captured_is_lost(const struct ffisan_captured *captured,
                             const struct ffisan_finalizer *one)
{
    return one->is_captured && !is_reached(captured, one->cdata) &&
           !ffisan_search_has(&captured->awaited, one->cdata);
}

bool ffisan_captured_add_path(struct ffisan_captured *captured, const struct ffisan_finalizer *one,
                              struct ffisan_text *out)
{
    captured->one.target = one->cdata;
    follow_one(captured, one->value);
    captured->one.target = 0;
    if (captured->one.has_answer)
        ffisan_search_add_path(&captured->one, out);
    return captured->one.has_answer;
}
