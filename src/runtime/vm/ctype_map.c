/* SPDX-License-Identifier: MIT */
/*
 * A map is made by asking for the slot of every word of one repetition, so that it cannot disagree
 * with ffisan_ctype_slot.  What a type may hold at all is found by a visit of its parts instead:
 * that also answers for types that are too large for a map.
 */
#include "runtime/vm/ctype_table.h"

#define MAX_DEPTH 24
#define MAX_VISITS 4096
#define MAX_DIMENSIONS 32
#define MAX_SLOTS 62

struct visit {
    const struct ffisan_ctable *table;
    struct ffisan_ctype_map *map;
    unsigned budget;
};

/* What repeats, and from where. */
struct repetition {
    uint32_t id;
    size_t size;
    size_t start;
    bool is_flexible; /* starts after a fixed part */
    bool is_array;
};

static void note_part(struct visit *visit, uint32_t id, size_t offset, unsigned depth);

static void note_unknown(struct ffisan_ctype_map *map)
{
    map->has_pointers = map->has_evidence = map->has_unaligned = true;
}

static void note_leaf(struct visit *visit, uint32_t id, size_t offset)
{
    switch (ffisan_ctable_slot(visit->table, id, 0, SIZE_MAX)) {
    case FFISAN_SLOT_POINTER:
    case FFISAN_SLOT_FUNCTION:
        visit->map->has_pointers = true;
        visit->map->has_unaligned |= offset % 8 != 0;
        break;
    case FFISAN_SLOT_INTEGER:
    case FFISAN_SLOT_BYTES:
        visit->map->has_evidence = true;
        break;
    case FFISAN_SLOT_OTHER:
        break;
    }
}

static void note_array(struct visit *visit, const struct lj_ctype *type, size_t offset,
                       unsigned depth)
{
    uint32_t element = lj_ct_child(type);
    size_t element_size = ffisan_ctable_size(visit->table, element);
    if (ffisan_ctable_is_bytes(visit->table, element)) {
        visit->map->has_evidence |= type->size >= 8;
        return;
    }
    note_part(visit, element, offset, depth + 1);
    if (element_size % 8 != 0 && type->size > element_size) /* its words shift */
        note_part(visit, element, offset + element_size, depth + 1);
}

static void note_struct(struct visit *visit, const struct lj_ctype *type, size_t offset,
                        unsigned depth)
{
    struct ffisan_member member;
    const struct lj_ctype *entry = ffisan_ctable_get(visit->table, type->sib);
    while (entry != NULL && visit->budget > 0) {
        visit->budget--;
        if (ffisan_ctable_member(visit->table, entry, &member))
            note_part(visit, member.id, offset + member.offset, depth + 1);
        entry = ffisan_ctable_get(visit->table, entry->sib);
    }
}

static void note_part(struct visit *visit, uint32_t id, size_t offset, unsigned depth)
{
    const struct lj_ctype *type = ffisan_ctable_raw(visit->table, id);
    if (type == NULL)
        return;
    if (visit->budget == 0 || depth >= MAX_DEPTH) {
        note_unknown(visit->map);
        return;
    }
    visit->budget--;
    if (lj_ct_kind(type) == LJ_CT_STRUCT)
        note_struct(visit, type, offset, depth);
    else if (lj_ct_kind(type) == LJ_CT_ARRAY && !(type->info & LJ_CTF_COMPLEX))
        note_array(visit, type, offset, depth);
    else
        note_leaf(visit, id, offset);
}

/* Arrays of arrays lie in memory as one array of the innermost element. */
static void strip_dimensions(const struct ffisan_ctable *table, struct repetition *repetition)
{
    for (unsigned i = 0; i < MAX_DIMENSIONS; i++) {
        const struct lj_ctype *type = ffisan_ctable_raw(table, repetition->id);
        if (type == NULL || lj_ct_kind(type) != LJ_CT_ARRAY || (type->info & LJ_CTF_COMPLEX))
            return;
        repetition->id = lj_ct_child(type);
        repetition->is_array = true;
    }
}

static void find_flexible(const struct ffisan_ctable *table, const struct lj_ctype *type,
                          struct repetition *repetition)
{
    struct ffisan_member member;
    const struct lj_ctype *entry = ffisan_ctable_get(table, type->sib);
    for (unsigned i = 0; entry != NULL && i < MAX_VISITS; i++) {
        if (ffisan_ctable_member(table, entry, &member) && member.size == SIZE_MAX) {
            repetition->id = member.id;
            repetition->start = member.offset;
            repetition->is_flexible = true;
            return;
        }
        entry = ffisan_ctable_get(table, entry->sib);
    }
}

static struct repetition find_repetition(const struct ffisan_ctable *table, uint32_t ctypeid)
{
    struct repetition repetition = {.id = ctypeid};
    const struct lj_ctype *type = ffisan_ctable_raw(table, ctypeid);
    if (type == NULL)
        return repetition;
    uint32_t kind = lj_ct_kind(type);
    if (kind == LJ_CT_STRUCT)
        find_flexible(table, type, &repetition);
    strip_dimensions(table, &repetition);
    repetition.size = ffisan_ctable_size(table, repetition.id);
    if (kind == LJ_CT_FUNC || kind == LJ_CT_EXTERN)
        repetition.size = 8;
    if (repetition.size == LJ_CTSIZE_INVALID)
        repetition.size = 0;
    return repetition;
}

/* Smallest multiple that is a whole number of words. */
static uint64_t stride_of(const struct repetition *repetition)
{
    if (!repetition->is_array)
        return (repetition->size + 7) / 8 * 8;
    uint64_t stride = repetition->size;
    while (stride % 8 != 0)
        stride *= 2;
    return stride;
}

static enum ffisan_slot_kind repeated_slot(const struct ffisan_ctable *table,
                                           const struct repetition *repetition, size_t offset)
{
    if (ffisan_ctable_is_bytes(table, repetition->id) && repetition->is_array)
        return FFISAN_SLOT_BYTES;
    return ffisan_ctable_slot(table, repetition->id, offset % repetition->size, repetition->size);
}

static void fill_slots(const struct ffisan_ctable *table, uint32_t ctypeid,
                       const struct repetition *repetition, struct ffisan_ctype_map *map)
{
    uint64_t tail = repetition->is_flexible ? (repetition->start + 7) / 8 * 8 : 0;
    uint64_t stride = stride_of(repetition);
    if (stride == 0 || tail + stride > MAX_SLOTS * 8)
        return;
    map->tail = tail;
    map->stride = stride;
    map->n_slots = (tail + stride) / 8;
    for (size_t offset = 0; offset < tail; offset += 8)
        map->kinds[offset / 8] = ffisan_ctable_slot(table, ctypeid, offset, SIZE_MAX);
    for (size_t offset = tail; offset < tail + stride; offset += 8)
        map->kinds[offset / 8] = repeated_slot(table, repetition, offset - repetition->start);
}

void ffisan_ctype_map(const struct ffisan_vm *vm, uint32_t ctypeid,
                      struct ffisan_ctype_map *ret_map)
{
    struct ffisan_ctable table;
    memset(ret_map, 0, sizeof(*ret_map));
    if (!ffisan_ctable_init(&table, vm) || ffisan_ctable_raw(&table, ctypeid) == NULL) {
        note_unknown(ret_map);
        return;
    }
    struct visit visit = {.table = &table, .map = ret_map, .budget = MAX_VISITS};
    note_part(&visit, ctypeid, 0, 0);
    if (visit.budget == 0) {
        note_unknown(ret_map);
        return;
    }
    struct repetition repetition = find_repetition(&table, ctypeid);
    fill_slots(&table, ctypeid, &repetition, ret_map);
}
