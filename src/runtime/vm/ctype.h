/* SPDX-License-Identifier: MIT */
/**
 * C types as LuaJIT knows them, read from its type table: names, fields, where pointers lie.
 * Reads raw memory of the VM; never calls into it, never allocates.
 * Context: the thread of the state, or a signal handler (bounded work).
 */
#ifndef FFISAN_VM_CTYPE_H
#define FFISAN_VM_CTYPE_H

#include "base/text.h"
#include "runtime/vm/layout.h"

/** What lies at an offset of a C type. */
enum ffisan_slot_kind {
    FFISAN_SLOT_OTHER,    /**< floating point, padding, narrow integer ... cannot hold an address */
    FFISAN_SLOT_POINTER,  /**< data pointer, reference; also a union that has one here */
    FFISAN_SLOT_FUNCTION, /**< function pointer */
    FFISAN_SLOT_INTEGER,  /**< 8-byte integer: may hold an address, as evidence only */
    FFISAN_SLOT_BYTES,    /**< char, unsigned char or void memory: may have been cast to a struct */
};

/**
 * Appends the C declaration of a type as LuaJIT prints it: "struct my_str_s [1]", "const char *",
 * "char [?]"; with the typedef-less struct tag, or "struct <n>" when it has none.  Two exceptions:
 * arrays of const structs have their length (LuaJIT prints [0]), and the hidden type of a
 * library's variable is a reference, "int &".
 * Returns false, having added "?", for an id that is not in the table, or a name over 250 bytes.
 */
bool ffisan_ctype_name(const struct ffisan_vm *vm, uint32_t ctypeid, struct ffisan_text *out);

/**
 * Like ffisan_ctype_name for an object whose payload has `payload_size` bytes: the [?] of a
 * variable-length array becomes its length, "char [1024]"; and a struct, union or enum without a
 * tag has the name of its first typedef, "point_t [4]".
 */
bool ffisan_ctype_object_name(const struct ffisan_vm *vm, uint32_t ctypeid, size_t payload_size,
                              struct ffisan_text *out);

/**
 * Appends the type of a pointer to a function, as C writes it: "int (*)(const int *, void *)".
 * Returns false, having added "?", when `ctypeid` is no function.
 */
bool ffisan_ctype_function_name(const struct ffisan_vm *vm, uint32_t ctypeid,
                                struct ffisan_text *out);

/**
 * Appends the path of the field at `offset` of an object: "data", "items[3].name", "[2]"; nested
 * structs, arrays (bounded by payload_size), anonymous members, unions (the first member that has
 * a pointer there).  Adds nothing for an object that is itself a pointer or scalar; in padding, the
 * path of what encloses it.  An object that is an array of one struct has its fields' bare names.
 * Returns what starts there: the second half of a pointer is OTHER.
 */
enum ffisan_slot_kind ffisan_ctype_field(const struct ffisan_vm *vm, uint32_t ctypeid,
                                         size_t payload_size, size_t offset,
                                         struct ffisan_text *out);

/** What lies at `offset`; the same answer as ffisan_ctype_field without the text. */
enum ffisan_slot_kind ffisan_ctype_slot(const struct ffisan_vm *vm, uint32_t ctypeid,
                                        size_t payload_size, size_t offset);

/** Size of a type in bytes (without a variable-length tail); 0 when it has none. */
size_t ffisan_ctype_size(const struct ffisan_vm *vm, uint32_t ctypeid);

/**
 * Is the type a pointer, a reference (`ret_is_ref`, may be NULL), or a function pointer?  Also true
 * for the types of functions and variables of a library, whose objects hold the symbol's address.
 */
bool ffisan_ctype_is_pointer(const struct ffisan_vm *vm, uint32_t ctypeid, bool *ret_is_ref);

/**
 * Which offsets of a type can hold an address, prepared for the audit.  The first `tail` bytes are
 * a fixed part (0 unless there is a flexible array member), then `stride` bytes repeat up to the
 * end of the payload: kinds[i] stands for offset 8*i of the fixed part, kinds[tail/8 + i] for
 * offset tail + 8*i + n*stride.  Both are multiples of 8, whatever the size of an element.
 */
struct ffisan_ctype_map {
    uint32_t stride;    /**< bytes per repetition; 0 = the map could not be made: look everywhere */
    uint32_t tail;      /**< offset where the repeated part starts (flexible array member), or 0 */
    uint8_t n_slots;    /**< slots used below: (tail + stride) / 8 */
    bool has_pointers;  /**< any POINTER or FUNCTION slot; correct for stride 0, too */
    bool has_evidence;  /**< any INTEGER or BYTES slot; correct for stride 0, too */
    bool has_unaligned; /**< a POINTER or FUNCTION at an offset that is no multiple of 8 (packed
                             structs): it is not in the map, only ffisan_ctype_slot knows it */
    uint8_t kinds[62];  /**< enum ffisan_slot_kind per 8 bytes */
};

/** Finds the kind at a multiple of 8 below the payload's size.  The map must have a stride. */
static inline enum ffisan_slot_kind ffisan_ctype_map_at(const struct ffisan_ctype_map *map,
                                                        size_t offset)
{
    if (offset >= map->tail)
        offset = map->tail + (offset - map->tail) % map->stride;
    return (enum ffisan_slot_kind)map->kinds[offset / 8];
}

/** Fills in the map.  A type with more than 62 slots per repetition gets stride 0. */
void ffisan_ctype_map(const struct ffisan_vm *vm, uint32_t ctypeid,
                      struct ffisan_ctype_map *ret_map);

#endif
