/* SPDX-License-Identifier: MIT */
#include "runtime/ffi/acts.h"

#include "runtime/ffi/results_books.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"
#include "runtime/vm/luaframe.h"

#include <string.h>

/* ---- Notes ----------------------------------------------------------------------------------- */

static bool has_key(enum ffisan_builtin builtin)
{
    return builtin == FFISAN_BUILTIN_CDATA_INDEX || builtin == FFISAN_BUILTIN_CDATA_NEWINDEX;
}

static void note_callers(struct ffisan_act *act, const struct lj_thread *thread)
{
    const uint64_t *base = (const uint64_t *)thread->base;
    for (unsigned i = 0; i < FFISAN_ACT_CALLERS; i++) {
        act->callers[i].link = 0;
        if (!base || lj_base_is_bottom(thread, base))
            continue;
        while (lj_base_type(base) == LJ_FRAME_VARG)
            base = lj_base_below(base);
        uint64_t link = lj_base_return(base);
        base = lj_base_below(base);
        if (i == 0)
            act->function = lj_base_function(base);
        act->callers[i].link = link;
        act->callers[i].base = (uint32_t)((uintptr_t)base - thread->stack);
        if (link == 0)
            base = NULL;
    }
}

static void note_given(struct ffisan_act *act, const struct lj_thread *thread)
{
    const uint64_t *base = (const uint64_t *)thread->base, *top = (const uint64_t *)thread->top;
    uint32_t first = act->builtin == FFISAN_BUILTIN_CDATA_CALL;
    act->n_given = 0;
    for (uint32_t i = first; base + i < top && act->n_given < FFISAN_ACT_GIVEN; i++) {
        if (lj_tv_type(base[i]) != LJ_GCT_CDATA)
            continue;
        const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(base[i]);
        struct ffisan_act_given *given = &act->given[act->n_given++];
        given->payload = (uintptr_t)cdata->payload;
        memcpy(&given->word, cdata->payload, sizeof(given->word));
        given->ctypeid = cdata->ctypeid;
        given->position = (uint8_t)i;
    }
    if (!first || lj_tv_type(base[0]) != LJ_GCT_CDATA)
        return;
    const struct lj_cdata *callee = (const struct lj_cdata *)lj_tv_object(base[0]);
    memcpy(&act->callee, callee->payload, sizeof(act->callee));
    act->callee_type = callee->ctypeid;
}

/* The next element of the same object, from the same place: a loop over it. */
static bool continue_series(struct ffisan_acts *acts, const struct lj_thread *thread,
                            enum ffisan_builtin builtin)
{
    const uint64_t *base = (const uint64_t *)thread->base;
    struct ffisan_act *last = &acts->ring[(acts->n - 1) % FFISAN_ACTS];
    if (acts->n == 0 || last->builtin != builtin || (const void *)last->L != (const void *)thread ||
        last->n_given == 0 || last->callers[0].link != lj_base_return(base) ||
        last->given[0].payload != lj_tv_object(base[0]) + sizeof(struct lj_cdata))
        return false;
    last->keys[1] = base[1];
    return true;
}

const struct ffisan_act *ffisan_acts_note(struct ffisan_acts *acts, const lua_State *L,
                                          enum ffisan_builtin builtin)
{
    const struct lj_thread *thread = (const struct lj_thread *)L;
    if (has_key(builtin) && continue_series(acts, thread, builtin))
        return &acts->ring[(acts->n - 1) % FFISAN_ACTS];
    struct ffisan_act *act = &acts->ring[acts->n % FFISAN_ACTS];
    act->L = L;
    act->builtin = (uint8_t)builtin;
    note_callers(act, thread);
    note_given(act, thread);
    if (has_key(builtin))
        act->keys[0] = act->keys[1] = ((const uint64_t *)thread->base)[1];
    acts->n++;
    return act;
}

/* ---- What they mean -------------------------------------------------------------------------- */

uintptr_t ffisan_act_address(const struct ffisan_vm *vm, const struct ffisan_act_given *given)
{
    struct ffisan_ctable table;
    const struct lj_ctype *type =
        ffisan_ctable_init(&table, vm) ? ffisan_ctable_raw(&table, given->ctypeid) : NULL;
    return type && lj_ct_kind(type) == LJ_CT_PTR ? given->word : given->payload;
}

enum ffisan_act_effect ffisan_act_effect(const struct ffisan_vm *vm, const struct ffisan_act *act,
                                         const struct ffisan_act_given *given)
{
    switch (act->builtin) {
    case FFISAN_BUILTIN_COPY:
        return given->position == 0 ? FFISAN_ACT_WRITES : FFISAN_ACT_READS;
    case FFISAN_BUILTIN_FILL:
    case FFISAN_BUILTIN_CDATA_NEWINDEX:
        return given->position == 0 ? FFISAN_ACT_WRITES : FFISAN_ACT_NOTHING;
    case FFISAN_BUILTIN_STRING:
    case FFISAN_BUILTIN_CDATA_INDEX:
        return given->position == 0 ? FFISAN_ACT_READS : FFISAN_ACT_NOTHING;
    case FFISAN_BUILTIN_CDATA_CALL:
        switch (ffisan_question_parameter(vm, act->callee_type, given->position)) {
        case FFISAN_PARAMETER_READ:
            return FFISAN_ACT_READS;
        case FFISAN_PARAMETER_WRITTEN:
            return FFISAN_ACT_WRITES;
        default:
            return FFISAN_ACT_NOTHING;
        }
    default:
        return FFISAN_ACT_NOTHING;
    }
}

bool ffisan_act_does(const struct ffisan_vm *vm, const struct ffisan_act *act,
                     enum ffisan_act_effect effect, uintptr_t address)
{
    for (uint32_t i = 0; i < act->n_given; i++)
        if ((act->given[i].payload == address || act->given[i].word == address) &&
            ffisan_act_address(vm, &act->given[i]) == address &&
            ffisan_act_effect(vm, act, &act->given[i]) == effect)
            return true;
    return false;
}
