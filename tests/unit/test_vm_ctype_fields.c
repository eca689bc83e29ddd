/* SPDX-License-Identifier: MIT */
/*
 * Field paths are compared with LuaJIT's own idea of where a field lies: Lua assigns to it, and the
 * first byte that changes is its offset.  Slots and maps must agree at every offset.
 */
#include "vm_ctypes.h"

#define P FFISAN_SLOT_POINTER
#define F FFISAN_SLOT_FUNCTION
#define I FFISAN_SLOT_INTEGER
#define B FFISAN_SLOT_BYTES
#define O FFISAN_SLOT_OTHER

/* `path` is assigned to; `expected` is the path at its offset where that is another one. */
static const struct {
    const char *type;
    const char *length;
    const char *path;
    enum ffisan_slot_kind kind;
    const char *expected;
} fields[] = {
    {"struct foo", "", "a", O, NULL},
    {"struct foo", "", "p", P, NULL},
    {"struct foo", "", "b[2]", O, NULL},
    {"struct my_str_s[1]", "", "[0].data", P, "data"},
    {"struct my_str_s[1]", "", "[0].len", I, "len"},
    {"struct my_str_s[2]", "", "[1].data", P, NULL},
    {"struct my_str_s[?]", "1", "[0].data", P, "data"},
    {"struct my_str_s[?]", "9", "[8].data", P, NULL},
    {"struct bag", "", "n", O, NULL},
    {"struct bag", "", "items[0].name", P, NULL},
    {"struct bag", "", "items[3].name", P, NULL},
    {"struct bag", "", "items[4].weight", O, NULL},
    {"struct bag", "", "ends.first", P, NULL},
    {"struct bag", "", "ends.last", P, NULL},
    {"struct bag[3]", "", "[2].items[1].name", P, NULL},
    {"struct anonymous", "", "tag", O, NULL},
    {"struct anonymous", "", "ptr", P, NULL},
    {"struct anonymous", "", "u64", P, "ptr"},
    {"struct anonymous", "", "lo", P, "ptr"},
    {"struct anonymous", "", "text", P, NULL},
    {"struct anonymous", "", "s", O, NULL},
    {"struct anonymous", "", "deep", P, NULL},
    {"union epoll_data", "", "fd", P, "ptr"},
    {"union epoll_backwards", "", "u64", P, "ptr"},
    {"union epoll_backwards[2]", "", "[1].raw[0]", P, "[1].ptr"},
    {"struct epoll_event", "", "events", O, NULL},
    {"struct epoll_event", "", "data.ptr", P, NULL},
    {"struct epoll_event[4]", "", "[3].data.u64", P, "[3].data.ptr"},
    {"struct bits", "", "a", O, NULL},
    {"struct bits", "", "c", O, "b"},
    {"struct bits", "", "d", O, "c"},
    {"struct bits", "", "e", O, NULL},
    {"struct bits", "", "after", P, NULL},
    {"struct flexible", "", "owner", P, NULL},
    {"struct variable", "5", "n", O, NULL},
    {"struct variable", "5", "slots[0]", P, NULL},
    {"struct variable", "5", "slots[4]", P, NULL},
    {"struct variable_text", "40", "text[4]", B, NULL},
    {"struct variable_text", "40", "text[32]", B, NULL},
    {"struct variable_text", "40", "text[33]", O, NULL},
    {"struct variable_odd", "3", "owner", P, NULL},
    {"struct variable_odd", "3", "cells[2].b", O, NULL},
    {"struct numbers", "", "i64", I, NULL},
    {"struct numbers", "", "u64", I, NULL},
    {"struct numbers", "", "size", I, NULL},
    {"struct numbers", "", "address", I, NULL},
    {"struct numbers", "", "l", I, NULL},
    {"struct numbers", "", "i", O, NULL},
    {"struct numbers", "", "s", O, NULL},
    {"struct numbers", "", "c", O, NULL},
    {"struct numbers", "", "b", O, NULL},
    {"struct numbers", "", "d", O, NULL},
    {"struct numbers", "", "f", O, NULL},
    {"struct numbers", "", "e", O, NULL},
    {"struct buffers", "", "text[0]", B, NULL},
    {"struct buffers", "", "text[4]", B, NULL},
    {"struct buffers", "", "text[5]", O, NULL},
    {"struct buffers", "", "raw[12]", B, NULL},
    {"struct buffers", "", "rows[1][2]", B, NULL},
    {"struct buffers", "", "rows[3][1]", O, NULL},
    {"struct buffers", "", "sign[8]", B, NULL},
    {"struct buffers", "", "wide[2]", O, NULL},
    {"struct buffers", "", "flags[3]", O, NULL},
    {"struct buffers", "", "one", O, NULL},
    {"struct calls", "", "compare", F, NULL},
    {"struct calls", "", "plain", F, NULL},
    {"struct calls", "", "data", P, NULL},
    {"struct calls", "", "nested", F, NULL},
    {"struct calls", "", "list[2]", F, NULL},
    {"struct matrix", "", "m[2][3]", O, NULL},
    {"struct matrix", "", "grid[1][2]", P, NULL},
    {"struct matrix", "", "rows[1]", P, NULL},
    {"struct overlay", "", "u.first.a", P, "u.second.d"},
    {"struct overlay", "", "u.first.b", B, "u.raw[4]"},
    {"struct overlay", "", "u.second.e", P, "u.first.c"},
    {"struct overlay", "", "u.raw[12]", O, "u.first.c"},
    {"struct aligned", "", "p", P, NULL},
    {"struct aligned[?]", "3", "[2].p", P, NULL},
    {"struct packed", "", "p", P, NULL},
    {"struct packed[3]", "", "[1].next", P, NULL},
    {"struct packed12[3]", "", "[1].p", P, NULL},
    {"struct packed12[1]", "", "[0].n", O, "n"},
    {"union integers", "", "d", I, "word"},
    {"union integers", "", "raw[8]", B, NULL},
    {"union integers", "", "raw[17]", O, NULL},
    {"struct constants", "", "p", P, NULL},
    {"struct simd", "", "p", P, NULL},
    {"struct huge", "", "p", P, NULL},
    {"struct huge", "", "samples[99]", O, NULL},
    {"struct huge_plain", "", "n", O, NULL},
    {"struct node", "", "next", P, NULL},
    {"struct node", "", "u[1].other", P, "u[1].text"},
    {"struct node[2]", "", "[1].u[0].call", P, "[1].u[0].text"},
    {"void *[4]", "", "[2]", P, NULL},
    {"void *[1]", "", "[0]", P, NULL},
    {"char[?]", "100", "[17]", B, NULL},
    {"uint8_t[16]", "", "[8]", B, NULL},
    {"uint8_t[16]", "", "[9]", O, NULL},
    {"char[?][4]", "9", "[3][1]", B, NULL},
    {"int64_t[3]", "", "[1]", I, NULL},
    {"double[3]", "", "[1]", O, NULL},
    {"compare_t[?]", "3", "[2]", F, NULL},
    {"int[2][3]", "", "[1][2]", O, NULL},
};

static const char assign[] =
    "local type_, length, path = ...\n"
    "local o = length == '' and ffi.new(type_) or ffi.new(type_, tonumber(length))\n"
    "ffi.fill(o, ffi.sizeof(o))\n"
    "local place = 'o' .. (path:sub(1, 1) == '[' and '' or '.') .. path\n"
    "local code = 'local o, ffi = ...; local v = ' .. place .. '\\n'\n"
    "  .. ([[if type(v) == 'cdata' and tostring(v):find '^%-?%d+U?LL' then\n"
    "         v = 0x1122334455667788ULL\n"
    "       elseif type(v) == 'cdata' and tostring(v):find 'enum' then\n"
    "         v = 1\n"
    "       elseif type(v) == 'cdata' then\n"
    "         v = ffi.cast(ffi.typeof(v), 0x1122334455667788ULL)\n"
    "       elseif type(v) == 'boolean' then\n"
    "         v = true\n"
    "       else\n"
    "         PLACE = 1/3\n"
    "         v = PLACE == 0 and -1 or 1/3\n"
    "       end\n"
    "       PLACE = v]]):gsub('PLACE', place)\n"
    "assert(loadstring(code))(o, ffi)\n"
    "return o";

static size_t first_nonzero(const struct vm_ctypes_object *object)
{
    size_t offset = 0;
    while (offset < object->size && object->payload[offset] == 0)
        offset++;
    return offset;
}

static void test_field(struct vm_host *host, size_t i)
{
    char buffer[200], label[200];
    struct ffisan_text path;
    const char *arguments[] = {fields[i].type, fields[i].length, fields[i].path, NULL};
    snprintf(label, sizeof(label), "%s: %s", fields[i].type, fields[i].path);
    if (!vm_host_run_with(host, assign, arguments))
        return;
    struct vm_ctypes_object object = vm_ctypes_top(host);
    size_t offset = first_nonzero(&object);
    ffisan_text_init(&path, buffer, sizeof(buffer));
    enum ffisan_slot_kind kind =
        ffisan_ctype_field(&host->vm, object.id, object.size, offset, &path);
    TAP_TEXT(buffer, fields[i].expected ? fields[i].expected : fields[i].path, label);
    vm_host_check(kind == fields[i].kind, "%s at %zu is %d, got %d", label, offset,
                  (int)fields[i].kind, (int)kind);
}

/* Slots and maps agree at every offset of every type above. */
static void test_agreement(struct vm_host *host, size_t i)
{
    char buffer[200];
    struct ffisan_text path;
    struct ffisan_ctype_map map;
    const char *arguments[] = {fields[i].type, fields[i].length, NULL};
    bool agrees = true, has_pointers = false, has_evidence = false, has_unaligned = false;
    if (!vm_host_run_with(host,
                          "local t, n = ...\n"
                          "return n == '' and ffi.new(t) or ffi.new(t, tonumber(n))",
                          arguments))
        return;
    struct vm_ctypes_object object = vm_ctypes_top(host);
    ffisan_ctype_map(&host->vm, object.id, &map);
    for (size_t offset = 0; offset < object.size; offset++) {
        ffisan_text_init(&path, buffer, sizeof(buffer));
        enum ffisan_slot_kind slot = ffisan_ctype_slot(&host->vm, object.id, object.size, offset);
        enum ffisan_slot_kind field =
            ffisan_ctype_field(&host->vm, object.id, object.size, offset, &path);
        agrees = agrees && slot == field;
        if (offset % 8 == 0 && offset + 8 <= object.size && map.stride != 0)
            agrees = agrees && slot == ffisan_ctype_map_at(&map, offset);
        has_pointers |= slot == P || slot == F;
        has_unaligned |= (slot == P || slot == F) && offset % 8 != 0;
        has_evidence |= (slot == I || slot == B) && offset % 8 == 0;
    }
    vm_host_check(agrees, "%s: slot, field and map agree", fields[i].type);
    vm_host_check(has_pointers == map.has_pointers && has_unaligned == map.has_unaligned &&
                      (!has_evidence || map.has_evidence),
                  "%s: the map's summary is true", fields[i].type);
}

static const struct {
    const char *declaration;
    uint32_t stride, tail;
    const char *kinds; /* o p f i b */
} maps[] = {
    {"struct my_str_s[1]", 16, 0, "ip"},
    {"struct my_str_s[?]", 16, 0, "ip"},
    {"struct foo", 24, 0, "opo"},
    {"struct item[7][2]", 24, 0, "opo"},
    {"void *[4]", 8, 0, "p"},
    {"char[1024]", 8, 0, "b"},
    {"char[?][3]", 8, 0, "b"},
    {"int[5]", 8, 0, "o"},
    {"struct variable", 8, 8, "op"},
    {"struct variable_text", 8, 8, "ob"},
    {"struct flexible", 16, 16, "poip"},
    {"struct variable_odd", 24, 16, "poooo"},
    {"struct epoll_event[2]", 24, 0, "oop"},
    {"struct epoll_event[?]", 24, 0, "oop"},
    {"union epoll_data", 8, 0, "p"},
    {"compare_t", 8, 0, "f"},
    {"struct foo &", 8, 0, "p"},
    {"int (int)", 8, 0, "f"},
    {"char", 8, 0, "o"},
    {"struct simd", 48, 0, "iioopo"},
    {"struct huge", 0, 0, ""},
    {"struct unknown *", 8, 0, "p"},
};

static void test_maps(struct vm_host *host)
{
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        struct ffisan_ctype_map map;
        char kinds[64] = "";
        ffisan_ctype_map(&host->vm, vm_ctypes_id(host, maps[i].declaration), &map);
        for (size_t j = 0; j < map.n_slots; j++)
            kinds[j] = "opfib"[map.kinds[j]];
        vm_host_check(map.stride == maps[i].stride && map.tail == maps[i].tail,
                      "%s: stride %u, tail %u", maps[i].declaration, map.stride, map.tail);
        TAP_TEXT(kinds, maps[i].kinds, maps[i].declaration);
    }
    struct ffisan_ctype_map map;
    ffisan_ctype_map(&host->vm, vm_ctypes_id(host, "struct huge"), &map);
    vm_host_check(map.has_pointers && !map.has_evidence, "large struct with a pointer");
    ffisan_ctype_map(&host->vm, vm_ctypes_id(host, "struct huge_plain"), &map);
    vm_host_check(!map.has_pointers && !map.has_evidence, "large struct without pointers");
    ffisan_ctype_map(&host->vm, vm_ctypes_id(host, "struct epoll_event[2]"), &map);
    vm_host_check(map.has_unaligned, "a packed struct's pointers are unaligned");
}

/* struct, field: offsets as ffi.offsetof gives them. */
static const char *const offsets[][2] = {
    {"struct bag", "ends"},       {"struct anonymous", "deep"}, {"struct reference", "r"},
    {"struct qualified", "p"},    {"struct qualified", "v"},    {"struct simd", "v"},
    {"struct aligned", "p"},      {"struct packed", "next"},    {"struct calls", "nested"},
    {"struct variable", "slots"}, {"struct flexible", "parts"}, {"struct bits", "e"},
};

static void test_offsets(struct vm_host *host)
{
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        char buffer[100];
        struct ffisan_text path;
        const char *arguments[] = {offsets[i][0], offsets[i][1], NULL};
        ffisan_text_init(&path, buffer, sizeof(buffer));
        if (!vm_host_run_with(host,
                              "local t, f = ... t = ffi.typeof(t)\n"
                              "return ffi.offsetof(t, f), tonumber(t)",
                              arguments))
            continue;
        size_t offset = host->tonumber(host->L, 1);
        ffisan_ctype_field(&host->vm, host->tonumber(host->L, 2), 4096, offset, &path);
        size_t length = strlen(offsets[i][1]);
        vm_host_check(strncmp(buffer, offsets[i][1], length) == 0 &&
                          strchr(".[", buffer[length]) != NULL,
                      "%s.%s lies at %zu: %s", offsets[i][0], offsets[i][1], offset, buffer);
    }
    uint32_t id = vm_ctypes_id(host, "struct reference");
    vm_host_check(ffisan_ctype_slot(&host->vm, id, 16, 8) == P, "a reference field is a pointer");
    id = vm_ctypes_id(host, "struct qualified");
    vm_host_check(ffisan_ctype_slot(&host->vm, id, 40, 8) == I, "a volatile integer is evidence");
    vm_host_check(ffisan_ctype_slot(&host->vm, id, 40, 24) == P, "a const struct has its fields");
    vm_host_check(ffisan_ctype_slot(&host->vm, vm_ctypes_id(host, "struct simd"), 48, 8) == I,
                  "a vector of 64-bit integers is evidence");
}

int main(int argc, char **argv)
{
    struct vm_host host;
    if (vm_ctypes_init(&host, argc, argv)) {
        test_offsets(&host);
        test_maps(&host);
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
            test_field(&host, i);
            test_agreement(&host, i);
        }
    }
    vm_host_fini(&host);
    return tap_done();
}
