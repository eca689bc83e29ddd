/* SPDX-License-Identifier: MIT */
/**
 * Fields of Lua tables, read from raw memory: no metamethods, no allocation, no call into the VM.
 * Context: any; the table must be one that lives.
 */
#ifndef FFISAN_VM_TABLE_H
#define FFISAN_VM_TABLE_H

#include "runtime/vm/object.h"

#include <string.h>

/** The table at the address of an object, or NULL when it is none. */
static inline const struct lj_tab *lj_table_at(uint64_t object)
{
    const struct lj_tab *tab = (const struct lj_tab *)object;
    return object != 0 && object % 8 == 0 && tab->gct == LJ_GCT_TAB ? tab : NULL;
}

/** The table that a tagged value is, or NULL. */
static inline const struct lj_tab *lj_table_of(uint64_t value)
{
    return lj_tv_type(value) == LJ_GCT_TAB ? lj_table_at(lj_tv_object(value)) : NULL;
}

/** The value of a string key; nil (all bits set) when there is none, or no table. */
static inline uint64_t lj_table_field(const struct lj_tab *tab, const char *name)
{
    size_t length = strlen(name);
    const struct lj_node *node = tab ? (const struct lj_node *)tab->node : NULL;
    for (uint64_t i = 0; node && i <= tab->hmask; i++) {
        const struct lj_str *key = (const struct lj_str *)lj_tv_object(node[i].key);
        if (lj_tv_type(node[i].val) != LJ_IT_NIL && lj_tv_type(node[i].key) == LJ_GCT_STR &&
            key->len == length && memcmp(key->data, name, length) == 0)
            return node[i].val;
    }
    return UINT64_MAX;
}

#endif
