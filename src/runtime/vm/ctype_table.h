/* SPDX-License-Identifier: MIT */
/**
 * The raw type table: the bits of its entries (lj_ctype.h) and bounded steps between them.
 * Internal to ctype.c, ctype_name.c and ctype_map.c.
 */
#ifndef FFISAN_VM_CTYPE_TABLE_H
#define FFISAN_VM_CTYPE_TABLE_H

#include "runtime/vm/ctype.h"

/** Highest four bits of lj_ctype.info. */
enum {
    LJ_CT_NUM,
    LJ_CT_STRUCT,
    LJ_CT_PTR,
    LJ_CT_ARRAY,
    LJ_CT_VOID,
    LJ_CT_ENUM, /**< the last one whose size is in bytes */
    LJ_CT_FUNC,
    LJ_CT_TYPEDEF,
    LJ_CT_ATTRIB,
    LJ_CT_FIELD,
    LJ_CT_BITFIELD,
    LJ_CT_CONSTVAL,
    LJ_CT_EXTERN,
    LJ_CT_KW,
};

#define LJ_CTF_BOOL 0x08000000u
#define LJ_CTF_FP 0x04000000u
#define LJ_CTF_CONST 0x02000000u
#define LJ_CTF_VOLATILE 0x01000000u
#define LJ_CTF_UNSIGNED 0x00800000u
#define LJ_CTF_REF 0x00800000u
#define LJ_CTF_UNION 0x00800000u
#define LJ_CTF_VECTOR 0x08000000u
#define LJ_CTF_COMPLEX 0x04000000u
#define LJ_CTF_VLA 0x00100000u
#define LJ_CTF_QUAL (LJ_CTF_CONST | LJ_CTF_VOLATILE)

enum { LJ_CTA_QUAL = 1, LJ_CTA_SUBTYPE = 3 };

#define LJ_CTSIZE_INVALID UINT32_MAX

struct ffisan_ctable {
    const struct lj_ctype *types;
    uint32_t n_types;
};

/** Returns false when the state has not loaded ffi, or what is found is no type table. */
bool ffisan_ctable_init(struct ffisan_ctable *table, const struct ffisan_vm *vm);

/** The type behind qualifiers, alignments and typedefs; NULL when there is none. */
const struct lj_ctype *ffisan_ctable_raw(const struct ffisan_ctable *table, uint32_t id);

/** Size in bytes; LJ_CTSIZE_INVALID for variable-length, incomplete and sizeless types. */
uint32_t ffisan_ctable_size(const struct ffisan_ctable *table, uint32_t id);

/** Is it (an array of ... of) char, signed or unsigned? */
bool ffisan_ctable_is_bytes(const struct ffisan_ctable *table, uint32_t id);

/** Where a member lies in its struct or union; `id` is 0 for bit-fields. */
struct ffisan_member {
    uint32_t id;
    size_t offset;
    size_t size; /**< SIZE_MAX for a flexible array member: up to the end of the object */
    const struct lj_str *name; /**< NULL for an anonymous struct or union */
};

/** Returns false for entries without storage: constants, anonymous enums, unnamed bit-fields. */
bool ffisan_ctable_member(const struct ffisan_ctable *table, const struct lj_ctype *entry,
                          struct ffisan_member *ret_member);

/** What the offset of a type holds, when the type is `room` bytes large at most. */
enum ffisan_slot_kind ffisan_ctable_slot(const struct ffisan_ctable *table, uint32_t id,
                                         size_t offset, size_t room);

static inline uint32_t lj_ct_kind(const struct lj_ctype *type)
{
    return type->info >> 28;
}

static inline uint32_t lj_ct_child(const struct lj_ctype *type)
{
    return type->info & 0xffffu;
}

static inline uint32_t lj_ct_attribute(const struct lj_ctype *type)
{
    return (type->info >> 16) & 0xffu;
}

static inline const struct lj_ctype *ffisan_ctable_get(const struct ffisan_ctable *table,
                                                       uint32_t id)
{
    return id != 0 && id < table->n_types ? &table->types[id] : NULL;
}

static inline const struct lj_str *lj_ct_name(const struct lj_ctype *type)
{
    const struct lj_str *name = (const struct lj_str *)(uintptr_t)type->name;
    return name != NULL && name->gct == LJ_GCT_STR ? name : NULL;
}

#endif
