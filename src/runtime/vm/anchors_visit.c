/* SPDX-License-Identifier: MIT */
/*
 * What refers to what: the same edges that the collector follows (gc_mark_start, gc_traverse_* of
 * lj_gc.c), without those that keep nothing alive: weak keys and values.
 */
#include "runtime/vm/anchors_frames.h"
#include "runtime/vm/anchors_search.h"
#include "runtime/vm/finalizers.h"
#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/table.h"

enum {
    N_BASE_METATABLES = 14,
    N_DEFAULT_FILES = 2,
    MM_MODE = 3,  /* position of __mode among the metamethods, and its bit in tab->nomm */
    IR_KGC = 24,  /* lj_ir.h: a constant object, its address in the next slot */
    IR_KPTR = 25, /* these four use the next slot, too */
    IR_KKPTR = 26,
    IR_KNUM = 28,
    IR_KINT64 = 29,
    IR_REF_TRUE = 0x8000 - 3,
    SBUF_COPY_ON_WRITE = 2,
};

struct weakness {
    bool keys, values;
};

/* The collector notes in nomm that a metatable has no __mode. */
static struct weakness weakness_of(const struct lj_tab *tab)
{
    struct weakness weak = {false, false};
    const struct lj_tab *metatable = lj_table_at(tab->metatable);
    if (metatable == NULL || metatable->nomm & 1u << MM_MODE)
        return weak;
    uint64_t mode = lj_table_field(metatable, "__mode");
    if (lj_tv_type(mode) != LJ_GCT_STR)
        return weak;
    const struct lj_str *str = (const void *)lj_tv_object(mode);
    weak.keys = memchr(str->data, 'k', str->len) != NULL;
    weak.values = memchr(str->data, 'v', str->len) != NULL;
    return weak;
}

/* Weak tables keep strings all the same. */
static bool is_kept(bool is_weak, uint64_t value)
{
    return !is_weak || lj_tv_type(value) == LJ_GCT_STR;
}

static void visit_table(struct ffisan_search *search, const struct lj_tab *tab)
{
    struct weakness weak = weakness_of(tab);
    const uint64_t *array = (const void *)tab->array;
    const struct lj_node *node = (const void *)tab->node;
    if (search->finalizers != NULL && search->finalizers->table == tab)
        return;
    if (!search->is_shallow)
        ffisan_search_edge(search, FFISAN_EDGE_METATABLE, 0, tab->metatable, LJ_GCT_TAB);
    for (uint32_t i = 0; i < tab->asize; i++) {
        if (lj_tv_is_object(array[i]) && is_kept(weak.values, array[i]))
            ffisan_search_value(search, FFISAN_EDGE_FIELD, lj_tv_number(i), array[i]);
    }
    for (uint64_t i = 0; i <= tab->hmask; i++) {
        if (lj_tv_type(node[i].val) == LJ_IT_NIL)
            continue;
        if (is_kept(weak.values, node[i].val))
            ffisan_search_value(search, FFISAN_EDGE_FIELD, node[i].key, node[i].val);
        if (is_kept(weak.keys, node[i].key))
            ffisan_search_value(search, FFISAN_EDGE_KEY, 0, node[i].key);
    }
}

static void visit_function(struct ffisan_search *search, const struct lj_func *func)
{
    if (!search->is_shallow)
        ffisan_search_edge(search, FFISAN_EDGE_ENVIRONMENT, 0, func->env, LJ_GCT_TAB);
    if (func->ffid != 0) {
        for (uint32_t i = 0; i < func->nupvalues; i++)
            ffisan_search_value(search, FFISAN_EDGE_UPVALUE, i, func->u.c.upvalue[i]);
        return;
    }
    if (!search->is_shallow)
        ffisan_search_edge(search, FFISAN_EDGE_PROTO, 0, func->pc - sizeof(struct lj_proto),
                           LJ_GCT_PROTO);
    for (uint32_t i = 0; i < func->nupvalues; i++) {
        const struct lj_upval *upvalue = (const void *)func->u.uvptr[i];
        if (upvalue != NULL && upvalue->gct == LJ_GCT_UPVAL)
            ffisan_search_value(search, FFISAN_EDGE_UPVALUE, i, *(const uint64_t *)upvalue->v);
    }
}

/* lj_buf.h, SBufExt: a string that the buffer shows, and its dictionaries. */
static void visit_buffer(struct ffisan_search *search, const struct lj_udata *udata)
{
    const uint64_t *words = (const void *)udata->payload;
    uint64_t flags = words[3], shown = words[4], names = words[6], metatables = words[7];
    if (udata->len < 8 * sizeof(uint64_t))
        return;
    if (flags & SBUF_COPY_ON_WRITE && shown != 0)
        ffisan_search_edge(search, FFISAN_EDGE_BUFFER, 0, shown,
                           ((const struct lj_header *)shown)->gct);
    ffisan_search_edge(search, FFISAN_EDGE_BUFFER, 1, names, LJ_GCT_TAB);
    ffisan_search_edge(search, FFISAN_EDGE_BUFFER, 2, metatables, LJ_GCT_TAB);
}

static void visit_userdata(struct ffisan_search *search, const struct lj_udata *udata)
{
    if (search->is_shallow)
        return;
    ffisan_search_edge(search, FFISAN_EDGE_METATABLE, 0, udata->metatable, LJ_GCT_TAB);
    ffisan_search_edge(search, FFISAN_EDGE_ENVIRONMENT, 0, udata->env, LJ_GCT_TAB);
    if (udata->udtype == LJ_UDTYPE_BUFFER)
        visit_buffer(search, udata);
}

static void trace_edge(struct ffisan_search *search, uint32_t number)
{
    uint64_t traces = ffisan_vm_word(search->vm, search->vm->layout.jit_traces);
    if (traces != 0 && number != 0)
        ffisan_search_edge(search, FFISAN_EDGE_TRACE, number, ((const uint64_t *)traces)[number],
                           LJ_GCT_TRACE);
}

static void visit_trace(struct ffisan_search *search, const struct lj_trace *trace)
{
    const uint16_t *links = &trace->link; /* link, root, nextroot, nextside */
    for (uint32_t ref = trace->nk; ref < IR_REF_TRUE; ref++) {
        const uint64_t *ir = (const uint64_t *)trace->ir + ref;
        uint8_t op = (uint8_t)(*ir >> 40);
        if (op == IR_KGC)
            ffisan_search_edge(search, FFISAN_EDGE_CONSTANT, 0, ir[1],
                               ((const struct lj_header *)ir[1])->gct);
        if (op == IR_KGC || op == IR_KPTR || op == IR_KKPTR || op == IR_KNUM || op == IR_KINT64)
            ref++;
    }
    trace_edge(search, links[0]);
    trace_edge(search, links[2]);
    trace_edge(search, links[3]);
}

static void visit_proto(struct ffisan_search *search, const struct lj_proto *proto)
{
    const uint64_t *constants = (const void *)proto->k;
    for (uint32_t i = 1; i <= proto->sizekgc; i++) {
        uint64_t object = constants[-(int64_t)i];
        if (object != 0)
            ffisan_search_edge(search, FFISAN_EDGE_CONSTANT, i, object,
                               ((const struct lj_header *)object)->gct);
    }
    ffisan_search_edge(search, FFISAN_EDGE_CONSTANT, 0, proto->chunkname, LJ_GCT_STR);
    trace_edge(search, proto->trace);
}

/* Slots with variables in scope come first in a frame. */
static const uint64_t *end_of_variables(const struct ffisan_stack_frame *frame)
{
    const uint64_t *end = frame->base;
    if (frame->kind == FFISAN_FRAME_VARARGS || frame->kind == FFISAN_FRAME_BOTTOM)
        end = frame->end;
    else if (frame->kind == FFISAN_FRAME_LUA && frame->pc != 0)
        end += ffisan_scope_slots(frame->proto, frame->pc);
    return end < frame->end ? end : frame->end;
}

void ffisan_search_visit_stack(struct ffisan_search *search, const struct lj_thread *thread,
                               enum ffisan_edge_kind kind)
{
    struct ffisan_frame_walk walk;
    struct ffisan_stack_frame frame;
    ffisan_frame_walk_init(&walk, search->vm, thread);
    while (ffisan_frame_walk_next(&walk, &frame)) {
        const uint64_t *middle = end_of_variables(&frame);
        if (kind == FFISAN_EDGE_FUNCTION && frame.func != NULL)
            ffisan_search_edge(search, kind, (uintptr_t)(frame.base - 2), (uintptr_t)frame.func,
                               LJ_GCT_FUNC);
        for (const uint64_t *slot = frame.base; slot < frame.end; slot++) {
            if (kind == (slot < middle ? FFISAN_EDGE_LOCAL : FFISAN_EDGE_TEMPORARY))
                ffisan_search_value(search, kind, (uintptr_t)slot, *slot);
        }
    }
}

/* As the collector does it, with stale temporaries; links between frames look like numbers. */
static void visit_whole_stack(struct ffisan_search *search, const struct lj_thread *thread)
{
    const uint64_t *slot = (const uint64_t *)thread->stack;
    const uint64_t *end = slot + thread->stacksize, *top = (const uint64_t *)thread->top;
    for (; slot < (top < end ? top : end); slot++)
        ffisan_search_value(search, FFISAN_EDGE_TEMPORARY, (uintptr_t)slot, *slot);
}

static void visit_thread(struct ffisan_search *search, const struct lj_thread *thread)
{
    if (!search->is_shallow)
        ffisan_search_edge(search, FFISAN_EDGE_ENVIRONMENT, 0, thread->env, LJ_GCT_TAB);
    if (search->finalizers != NULL)
        visit_whole_stack(search, thread);
    else
        ffisan_search_visit_stack(search, thread, FFISAN_EDGE_LOCAL);
}

void ffisan_search_visit(struct ffisan_search *search, const struct ffisan_anchor_node *node)
{
    const void *object = (const void *)node->object;
    switch (node->type) {
    case LJ_GCT_TAB:
        visit_table(search, object);
        break;
    case LJ_GCT_FUNC:
        visit_function(search, object);
        break;
    case LJ_GCT_UDATA:
        visit_userdata(search, object);
        break;
    case LJ_GCT_THREAD:
        visit_thread(search, object);
        break;
    case LJ_GCT_PROTO:
        visit_proto(search, object);
        break;
    case LJ_GCT_TRACE:
        visit_trace(search, object);
        break;
    case LJ_GCT_CDATA:
        ffisan_search_value(search, FFISAN_EDGE_FINALIZER, 0,
                            ffisan_finalizers_of(search->finalizers, object));
        break;
    }
}

static void visit_gcroot(struct ffisan_search *search)
{
    const struct ffisan_layout *layout = &search->vm->layout;
    if (layout->gcroot == FFISAN_NO_OFFSET ||
        layout->n_gcroot < N_BASE_METATABLES + N_DEFAULT_FILES)
        return;
    const uint64_t *files =
        (const uint64_t *)(search->vm->g + layout->gcroot) + layout->n_gcroot - N_DEFAULT_FILES;
    const uint64_t *metatables = files - N_BASE_METATABLES;
    for (uint32_t type = 0; type < N_BASE_METATABLES; type++)
        ffisan_search_edge(search, FFISAN_EDGE_BASE_META, type, metatables[type], LJ_GCT_TAB);
    for (uint32_t i = 0; i < N_DEFAULT_FILES; i++)
        ffisan_search_edge(search, FFISAN_EDGE_DEFAULT_FILE, i, files[i], LJ_GCT_UDATA);
}

void ffisan_search_roots(struct ffisan_search *search)
{
    const struct ffisan_layout *layout = &search->vm->layout;
    uint64_t registry = ffisan_vm_word(search->vm, layout->registry);
    uint64_t main_thread = ffisan_vm_word(search->vm, layout->mainthref);
    uint64_t running = ffisan_vm_word(search->vm, layout->cur_L);
    if (lj_tv_type(registry) == LJ_GCT_TAB) {
        uint64_t loaded = lj_table_field(lj_table_at(lj_tv_object(registry)), "_LOADED");
        ffisan_search_value(search, FFISAN_EDGE_LOADED, 0, loaded);
        ffisan_search_value(search, FFISAN_EDGE_REGISTRY, 0, registry);
    }
    if (main_thread != 0)
        ffisan_search_edge(search, FFISAN_EDGE_GLOBALS, 0,
                           ((const struct lj_thread *)main_thread)->env, LJ_GCT_TAB);
    ffisan_search_edge(search, FFISAN_EDGE_MAIN_THREAD, 0, main_thread, LJ_GCT_THREAD);
    if (running != main_thread)
        ffisan_search_edge(search, FFISAN_EDGE_RUNNING, 0, running, LJ_GCT_THREAD);
    visit_gcroot(search);
}

void ffisan_search_ctype_roots(struct ffisan_search *search)
{
    const struct ffisan_layout *layout = &search->vm->layout;
    uint64_t types = ffisan_vm_word(search->vm, layout->ctype_state), miscmap;
    if (types == 0 || layout->callbacks.miscmap == FFISAN_NO_OFFSET)
        return;
    memcpy(&miscmap, (const void *)(types + layout->callbacks.miscmap), sizeof(miscmap));
    ffisan_search_edge(search, FFISAN_EDGE_REGISTRY, 1, miscmap, LJ_GCT_TAB);
}
