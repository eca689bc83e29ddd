/* SPDX-License-Identifier: MIT */
#include "runtime/vm/finalizers.h"

#include "base/hash.h"
#include "base/pages.h"
#include "runtime/vm/table.h"

static const struct lj_tab *table_of(const struct ffisan_vm *vm)
{
    const struct ffisan_layout *layout = &vm->layout;
    uint64_t address = ffisan_vm_word(vm, layout->finalizers);
    uint64_t types = ffisan_vm_word(vm, layout->ctype_state);
    if (layout->ctype_finalizers != FFISAN_NO_OFFSET && types != 0)
        memcpy(&address, (const void *)(types + layout->ctype_finalizers), sizeof(address));
    return lj_table_at(address);
}

/* The table loses its metatable when lua_close has it (lj_gc_finalize_cdata). */
const struct lj_tab *ffisan_finalizers_table(const struct ffisan_vm *vm)
{
    const struct lj_tab *table = table_of(vm);
    return table != NULL && table->metatable != 0 ? table : NULL;
}

bool ffisan_finalizers_are_closing(const struct ffisan_vm *vm)
{
    const struct lj_tab *table = table_of(vm);
    return table != NULL && table->metatable == 0;
}

/* Can the finalizer refer to something?  C functions called through a cdata do not. */
static bool may_refer(uint64_t value)
{
    const struct lj_func *function = (const void *)lj_tv_object(value);
    switch (lj_tv_type(value)) {
    case LJ_GCT_FUNC:
        return function->nupvalues > 0;
    case LJ_GCT_TAB:
    case LJ_GCT_UDATA:
        return true;
    default:
        return false;
    }
}

static bool is_listed(const struct lj_node *node)
{
    return lj_tv_type(node->key) == LJ_GCT_CDATA && lj_tv_type(node->val) != LJ_IT_NIL &&
           may_refer(node->val);
}

/* Where a word is in an index, or belongs. */
static uint32_t *place_of(const struct ffisan_finalizers *finalizers, uint32_t *index,
                          uint64_t word)
{
    uint32_t mask = finalizers->n_slots - 1;
    uint32_t at = (uint32_t)(ffisan_hash_mix(0, word) >> 20) & mask;
    for (; index[at] != 0; at = (at + 1) & mask) {
        const struct ffisan_finalizer *one = &finalizers->all[index[at] - 1];
        if ((index == finalizers->by_cdata ? one->cdata : one->value) == word)
            break;
    }
    return &index[at];
}

static void add(struct ffisan_finalizers *finalizers, const struct lj_node *node)
{
    struct ffisan_finalizer *one = &finalizers->all[finalizers->n];
    *one = (struct ffisan_finalizer){
        .cdata = lj_tv_object(node->key), .value = node->val, .next = UINT32_MAX, .is_first = true};
    uint32_t *by_value = place_of(finalizers, finalizers->by_value, one->value);
    if (*by_value != 0) {
        one->next = *by_value - 1;
        finalizers->all[one->next].is_first = false;
    }
    *by_value = ++finalizers->n;
    *place_of(finalizers, finalizers->by_cdata, one->cdata) = finalizers->n;
}

bool ffisan_finalizers_init(struct ffisan_finalizers *finalizers, const struct ffisan_vm *vm)
{
    uint64_t n = 0;
    *finalizers = (struct ffisan_finalizers){.table = ffisan_finalizers_table(vm), .n_slots = 2};
    if (finalizers->table == NULL)
        return false;
    const struct lj_node *node = (const void *)finalizers->table->node;
    for (uint64_t i = 0; i <= finalizers->table->hmask; i++)
        n += is_listed(&node[i]);
    if (n == 0 || n > UINT32_MAX / 4)
        return false;
    while (finalizers->n_slots < 2 * n)
        finalizers->n_slots *= 2;
    finalizers->bytes =
        n * sizeof(*finalizers->all) + 2 * finalizers->n_slots * sizeof(*finalizers->by_cdata);
    finalizers->all = ffisan_pages_map(finalizers->bytes);
    if (finalizers->all == NULL)
        return false;
    finalizers->by_cdata = (uint32_t *)(finalizers->all + n);
    finalizers->by_value = finalizers->by_cdata + finalizers->n_slots;
    for (uint64_t i = 0; i <= finalizers->table->hmask && finalizers->n < n; i++)
        if (is_listed(&node[i]))
            add(finalizers, &node[i]);
    return true;
}

void ffisan_finalizers_fini(struct ffisan_finalizers *finalizers)
{
    if (finalizers->all != NULL)
        ffisan_pages_unmap(finalizers->all, finalizers->bytes);
    finalizers->all = NULL;
}

const struct ffisan_finalizer *ffisan_finalizers_find(const struct ffisan_finalizers *finalizers,
                                                      uint64_t cdata)
{
    if (finalizers->all == NULL)
        return NULL;
    uint32_t number = *place_of(finalizers, finalizers->by_cdata, cdata);
    return number != 0 ? &finalizers->all[number - 1] : NULL;
}

uint64_t ffisan_finalizers_of(const struct ffisan_finalizers *finalizers,
                              const struct lj_cdata *cdata)
{
    if (!(cdata->marked & LJ_CDATA_FIN))
        return UINT64_MAX;
    const struct ffisan_finalizer *one = ffisan_finalizers_find(finalizers, (uintptr_t)cdata);
    return one != NULL ? one->value : UINT64_MAX;
}
