/* SPDX-License-Identifier: MIT */
/*
 * A prototype is one block of sizept bytes: header, bytecode, constants, line and variable
 * information.  Nothing outside that block is read but the chunk name.
 */
#include "runtime/vm/proto.h"

#include <stddef.h>
#include <string.h>

#define SHORT_NAME 45 /* what Lua keeps of a longer first line */
#define MAX_FIRST_LINE 48
#define BUILTIN_LINE (-1) /* firstline of functions that LuaJIT itself wrote in Lua */

/* lj_debug.h: variables without a name of their own; 0 ends the list. */
static const char *const internal_names[] = {
    NULL,          "(for index)",   "(for limit)", "(for step)", "(for generator)",
    "(for state)", "(for control)",
};
#define N_INTERNAL_NAMES (sizeof(internal_names) / sizeof(internal_names[0]))

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static bool reader_init(struct reader *reader, const struct lj_proto *proto, uint64_t address)
{
    uintptr_t begin = (uintptr_t)proto;
    reader->at = (const uint8_t *)(uintptr_t)address;
    reader->end = (const uint8_t *)(begin + proto->sizept);
    return address > begin && address < begin + proto->sizept;
}

static bool skip_string(struct reader *reader)
{
    const uint8_t *nul = memchr(reader->at, 0, (size_t)(reader->end - reader->at));
    if (nul == NULL)
        return false;
    reader->at = nul + 1;
    return true;
}

/* Little-endian groups of seven bits; the highest bit says that more follow. */
static bool read_uleb128(struct reader *reader, uint32_t *ret_value)
{
    *ret_value = 0;
    for (unsigned shift = 0; shift < 32 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        *ret_value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

uint32_t ffisan_proto_pc(const struct lj_proto *proto, uintptr_t bytecode)
{
    uintptr_t begin = (uintptr_t)proto->bc;
    if (bytecode < begin || (bytecode - begin) % sizeof(proto->bc[0]) != 0)
        return UINT32_MAX;
    uintptr_t pc = (bytecode - begin) / sizeof(proto->bc[0]);
    return pc < proto->sizebc ? (uint32_t)pc : UINT32_MAX;
}

static uint32_t line_delta(const void *lineinfo, uint32_t index, uint32_t n_lines)
{
    if (n_lines < 256)
        return ((const uint8_t *)lineinfo)[index];
    if (n_lines < 65536)
        return ((const uint16_t *)lineinfo)[index];
    return ((const uint32_t *)lineinfo)[index];
}

int ffisan_proto_line(const struct lj_proto *proto, uint32_t pc)
{
    struct reader reader;
    if (!reader_init(&reader, proto, proto->lineinfo) || pc > proto->sizebc)
        return 0;
    if (pc == 0)
        return proto->firstline;
    if (pc == proto->sizebc)
        return proto->firstline + proto->numline;
    uint32_t n_lines = (uint32_t)proto->numline;
    size_t width = n_lines < 256 ? 1 : n_lines < 65536 ? 2 : 4;
    if ((size_t)(reader.end - reader.at) < pc * width)
        return 0;
    return proto->firstline + (int)line_delta(reader.at, pc - 1, n_lines);
}

/* The first line, at most SHORT_NAME bytes of it when something follows. */
static void add_first_line(const char *source, struct ffisan_text *out)
{
    size_t length = 0;
    while (length < MAX_FIRST_LINE && (unsigned char)source[length] >= ' ')
        length++;
    bool is_all = source[length] == '\0';
    ffisan_text_add_n(out, source, is_all || length < SHORT_NAME ? length : SHORT_NAME);
    if (!is_all)
        ffisan_text_add(out, "...");
}

void ffisan_proto_chunkname(const struct lj_proto *proto, struct ffisan_text *out)
{
    const struct lj_str *name = (const struct lj_str *)(uintptr_t)proto->chunkname;
    if (name == NULL || name->gct != LJ_GCT_STR) {
        ffisan_text_add(out, "?");
        return;
    }
    if (name->data[0] == '@' || name->data[0] == '=') {
        ffisan_text_add(out, name->data + 1);
        return;
    }
    bool is_builtin = proto->firstline == BUILTIN_LINE;
    ffisan_text_add(out, is_builtin ? "[builtin:" : "[string \"");
    add_first_line(name->data, out);
    ffisan_text_add(out, is_builtin ? "]" : "\"]");
}

/* Lists every variable's name, the distance of its scope from the one before, and its length.
   Variables in scope occupy the slots from 0 on, in the order of the list. */
const char *ffisan_proto_local(const struct lj_proto *proto, uint32_t pc, uint32_t slot)
{
    struct reader reader;
    uint32_t start = 0, distance, length;
    if (!reader_init(&reader, proto, proto->varinfo))
        return NULL;
    while (reader.at < reader.end && *reader.at != 0) {
        const char *name = (const char *)reader.at;
        if (*reader.at < N_INTERNAL_NAMES) {
            name = internal_names[*reader.at];
            reader.at++;
        } else if (!skip_string(&reader)) {
            return NULL;
        }
        if (!read_uleb128(&reader, &distance) || !read_uleb128(&reader, &length))
            return NULL;
        start += distance;
        if (start > pc)
            return NULL;
        if (pc - start < length && slot-- == 0)
            return name;
    }
    return NULL;
}

const char *ffisan_proto_upvalue(const struct lj_proto *proto, uint32_t index)
{
    struct reader reader;
    if (index >= proto->sizeuv || !reader_init(&reader, proto, proto->uvinfo))
        return NULL;
    while (index-- > 0)
        if (!skip_string(&reader))
            return NULL;
    const char *name = (const char *)reader.at;
    return skip_string(&reader) ? name : NULL;
}
