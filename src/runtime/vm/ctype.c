/* SPDX-License-Identifier: MIT */
/*
 * One walk answers both questions, what lies at an offset and what the path to it is called: it
 * goes down from the object's type, one array or member at a time.  Only a union forks; its
 * members are tried first without text, and the best one is entered.  `budget` bounds the work on
 * a table that is not what we think it is.
 */
#include "runtime/vm/ctype_table.h"

#define MAX_DEPTH 24
#define MAX_VISITS 4096

struct walk {
    const struct ffisan_ctable *table;
    struct ffisan_text *out; /* NULL: no path wanted */
    unsigned budget;
    bool is_inside; /* the path has begun */
};

/* offset < room bytes, counted from the start of a thing of this type. */
struct spot {
    uint32_t id;
    size_t offset;
    size_t room;
};

static enum ffisan_slot_kind descend(struct walk *walk, struct spot spot, unsigned depth);

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_array(const struct lj_ctype *type)
{
    return lj_ct_kind(type) == LJ_CT_ARRAY && !(type->info & LJ_CTF_COMPLEX);
}

static bool has_word(const struct spot *spot)
{
    return spot->room >= spot->offset + 8;
}

static enum ffisan_slot_kind address_kind(const struct walk *walk, const struct lj_ctype *type)
{
    const struct lj_ctype *target = ffisan_ctable_raw(walk->table, lj_ct_child(type));
    bool is_function = target != NULL && lj_ct_kind(target) == LJ_CT_FUNC;
    return is_function ? FFISAN_SLOT_FUNCTION : FFISAN_SLOT_POINTER;
}

static enum ffisan_slot_kind leaf_kind(const struct walk *walk, const struct lj_ctype *type,
                                       const struct spot *spot)
{
    if (!has_word(spot))
        return FFISAN_SLOT_OTHER;
    switch (lj_ct_kind(type)) {
    case LJ_CT_VOID:
        return FFISAN_SLOT_BYTES;
    case LJ_CT_NUM:
        return type->size >= 8 && spot->offset % 8 == 0 && !(type->info & LJ_CTF_FP)
                   ? FFISAN_SLOT_INTEGER
                   : FFISAN_SLOT_OTHER;
    case LJ_CT_PTR:
        return type->size == 8 && spot->offset == 0 ? address_kind(walk, type) : FFISAN_SLOT_OTHER;
    case LJ_CT_EXTERN: /* objects of these two hold the address of a symbol */
        return spot->offset == 0 ? address_kind(walk, type) : FFISAN_SLOT_OTHER;
    case LJ_CT_FUNC:
        return spot->offset == 0 ? FFISAN_SLOT_FUNCTION : FFISAN_SLOT_OTHER;
    default:
        return FFISAN_SLOT_OTHER;
    }
}

static void add_index(struct walk *walk, size_t index)
{
    walk->is_inside = true;
    if (walk->out == NULL)
        return;
    ffisan_text_add_char(walk->out, '[');
    ffisan_text_add_unsigned(walk->out, index);
    ffisan_text_add_char(walk->out, ']');
}

static void add_member(struct walk *walk, const struct lj_str *name)
{
    if (name == NULL)
        return;
    if (walk->out != NULL && walk->is_inside)
        ffisan_text_add_char(walk->out, '.');
    if (walk->out != NULL)
        ffisan_text_add_n(walk->out, name->data, name->len);
    walk->is_inside = true;
}

/* Lua writes buf.data for a struct x buf[1]; so do we. */
static bool is_lone_struct(const struct walk *walk, uint32_t element, bool is_single)
{
    const struct lj_ctype *type = ffisan_ctable_raw(walk->table, element);
    return !walk->is_inside && is_single && type != NULL && lj_ct_kind(type) == LJ_CT_STRUCT;
}

/* Moves the spot into the array's element.  Returns false when it lies behind the array. */
static bool enter_array(struct walk *walk, const struct lj_ctype *type, struct spot *spot)
{
    uint32_t element = lj_ct_child(type);
    size_t element_size = ffisan_ctable_size(walk->table, element);
    size_t size = type->size == LJ_CTSIZE_INVALID ? spot->room : smaller(spot->room, type->size);
    if (element_size == 0 || element_size == LJ_CTSIZE_INVALID || spot->offset >= size)
        return false;
    size_t index = spot->offset / element_size;
    if (!is_lone_struct(walk, element, size / element_size == 1))
        add_index(walk, index);
    spot->id = element;
    spot->offset %= element_size;
    spot->room = smaller(element_size, size - index * element_size);
    return true;
}

static bool is_byte_array_word(const struct walk *walk, const struct lj_ctype *type,
                               const struct spot *spot)
{
    size_t size = type->size == LJ_CTSIZE_INVALID ? spot->room : smaller(spot->room, type->size);
    return size >= spot->offset + 8 && ffisan_ctable_is_bytes(walk->table, lj_ct_child(type));
}

/* Fills in the spot within the member, when the member covers `spot`. */
static bool find_in_member(const struct walk *walk, const struct lj_ctype *entry,
                           const struct spot *spot, struct spot *ret_inner,
                           const struct lj_str **ret_name)
{
    struct ffisan_member member;
    if (!ffisan_ctable_member(walk->table, entry, &member) || spot->offset < member.offset ||
        spot->offset - member.offset >= member.size)
        return false;
    ret_inner->id = member.id;
    ret_inner->offset = spot->offset - member.offset;
    ret_inner->room = smaller(member.size, spot->room - member.offset);
    *ret_name = member.name;
    return true;
}

/* How much a union's member says about the word; pointers to data and to functions are equal. */
static unsigned rank(enum ffisan_slot_kind kind)
{
    switch (kind) {
    case FFISAN_SLOT_POINTER:
    case FFISAN_SLOT_FUNCTION:
        return 4;
    case FFISAN_SLOT_INTEGER:
        return 3;
    case FFISAN_SLOT_BYTES:
        return 2;
    default:
        return 1;
    }
}

static unsigned member_rank(struct walk *walk, const struct spot *inner, unsigned depth)
{
    struct walk silent = *walk;
    silent.out = NULL;
    unsigned answer = rank(descend(&silent, *inner, depth + 1));
    walk->budget = silent.budget;
    return answer;
}

/* Moves the spot into a member.  Returns false when it lies in padding. */
static bool enter_struct(struct walk *walk, const struct lj_ctype *type, struct spot *spot,
                         unsigned depth)
{
    bool is_union = type->info & LJ_CTF_UNION;
    unsigned best_rank = 0;
    struct spot inner, best = *spot;
    const struct lj_str *name = NULL, *best_name = NULL;
    const struct lj_ctype *entry = ffisan_ctable_get(walk->table, type->sib);
    while (entry != NULL && walk->budget > 0) {
        walk->budget--;
        if (find_in_member(walk, entry, spot, &inner, &name)) {
            unsigned new_rank = is_union ? member_rank(walk, &inner, depth) : 4;
            if (new_rank > best_rank) {
                best = inner;
                best_name = name;
                best_rank = new_rank;
            }
            if (best_rank == 4)
                break;
        }
        entry = ffisan_ctable_get(walk->table, entry->sib);
    }
    if (best_rank == 0)
        return false;
    add_member(walk, best_name);
    *spot = best;
    return true;
}

static enum ffisan_slot_kind descend(struct walk *walk, struct spot spot, unsigned depth)
{
    bool is_bytes = false;
    for (; depth < MAX_DEPTH; depth++) {
        const struct lj_ctype *type = ffisan_ctable_raw(walk->table, spot.id);
        if (type == NULL)
            break;
        if (is_array(type)) {
            is_bytes = is_bytes || is_byte_array_word(walk, type, &spot);
            if (!enter_array(walk, type, &spot))
                break;
        } else if (lj_ct_kind(type) == LJ_CT_STRUCT) {
            if (!enter_struct(walk, type, &spot, depth))
                break;
        } else {
            return is_bytes ? FFISAN_SLOT_BYTES : leaf_kind(walk, type, &spot);
        }
    }
    return FFISAN_SLOT_OTHER;
}

static enum ffisan_slot_kind find_slot(const struct ffisan_ctable *table, struct spot spot,
                                       struct ffisan_text *out)
{
    struct walk walk = {.table = table, .out = out, .budget = MAX_VISITS};
    if (spot.offset >= spot.room)
        return FFISAN_SLOT_OTHER;
    return descend(&walk, spot, 0);
}

enum ffisan_slot_kind ffisan_ctable_slot(const struct ffisan_ctable *table, uint32_t id,
                                         size_t offset, size_t room)
{
    return find_slot(table, (struct spot){id, offset, room}, NULL);
}

enum ffisan_slot_kind ffisan_ctype_field(const struct ffisan_vm *vm, uint32_t ctypeid,
                                         size_t payload_size, size_t offset,
                                         struct ffisan_text *out)
{
    struct ffisan_ctable table;
    if (!ffisan_ctable_init(&table, vm))
        return FFISAN_SLOT_OTHER;
    return find_slot(&table, (struct spot){ctypeid, offset, payload_size}, out);
}

enum ffisan_slot_kind ffisan_ctype_slot(const struct ffisan_vm *vm, uint32_t ctypeid,
                                        size_t payload_size, size_t offset)
{
    return ffisan_ctype_field(vm, ctypeid, payload_size, offset, NULL);
}

size_t ffisan_ctype_size(const struct ffisan_vm *vm, uint32_t ctypeid)
{
    struct ffisan_ctable table;
    if (!ffisan_ctable_init(&table, vm))
        return 0;
    uint32_t size = ffisan_ctable_size(&table, ctypeid);
    return size != LJ_CTSIZE_INVALID ? size : 0;
}

bool ffisan_ctype_is_pointer(const struct ffisan_vm *vm, uint32_t ctypeid, bool *ret_is_ref)
{
    struct ffisan_ctable table;
    if (ret_is_ref != NULL)
        *ret_is_ref = false;
    if (!ffisan_ctable_init(&table, vm))
        return false;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, ctypeid);
    if (type == NULL)
        return false;
    uint32_t kind = lj_ct_kind(type);
    if (ret_is_ref != NULL)
        *ret_is_ref = kind == LJ_CT_EXTERN || (kind == LJ_CT_PTR && (type->info & LJ_CTF_REF));
    return kind == LJ_CT_PTR || kind == LJ_CT_FUNC || kind == LJ_CT_EXTERN;
}
