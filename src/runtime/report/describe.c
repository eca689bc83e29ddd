/* SPDX-License-Identifier: MIT */
#include "runtime/report/describe.h"

#include "runtime/cmem/creport.h"
#include "runtime/cmem/mappings.h"
#include "runtime/cmem/segments.h"
#include "runtime/state.h"
#include "runtime/vm/anchors.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/modules.h"
#include "runtime/vm/symtab.h"

#define PREVIEW_BYTES 40

static const struct lj_header *object_of(const struct ffisan_described_block *block)
{
    uintptr_t likely = 8u * (block->type >> FFISAN_SLOT_HEADER_SHIFT);
    const void *cdata = (block->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA
                            ? lj_find_cdata(block->content, block->size, likely)
                            : NULL;
    return cdata ? cdata : (const struct lj_header *)block->content;
}

static bool is_string(const struct ffisan_described_block *block)
{
    const struct lj_str *string = (const struct lj_str *)block->content;
    uint8_t type = block->type & FFISAN_SLOT_TYPE_MASK;
    return (type == 0 || type == LJ_GCT_STR) && string->gct == LJ_GCT_STR &&
           block->size >= sizeof(*string) + (size_t)string->len + 1 &&
           block->size <= sizeof(*string) + (size_t)string->len + 4;
}

size_t ffisan_describe_header(const struct ffisan_described_block *block)
{
    size_t before = (uintptr_t)object_of(block) - block->content;
    switch (block->type & FFISAN_SLOT_TYPE_MASK) {
    case LJ_GCT_CDATA:
        return before + sizeof(struct lj_cdata);
    case LJ_GCT_UDATA:
        return sizeof(struct lj_udata);
    default:
        return is_string(block) ? sizeof(struct lj_str) : 0;
    }
}

static const char *preview(struct ffisan_scratch *scratch, const char *data, size_t size)
{
    const char *start = ffisan_scratch_string(scratch);
    size_t n = size < PREVIEW_BYTES ? size : PREVIEW_BYTES;
    for (size_t i = 0; i < n; i++)
        ffisan_text_add_char(&scratch->text, data[i] >= ' ' && data[i] < 127 ? data[i] : '.');
    if (n < size)
        ffisan_text_add(&scratch->text, "...");
    ffisan_scratch_end_string(scratch);
    return start;
}

static const char *cdata_type(struct ffisan_state *state, uint32_t ctypeid, size_t payload,
                              struct ffisan_scratch *scratch)
{
    const char *start = ffisan_scratch_string(scratch);
    ffisan_ctype_object_name(&state->vm, ctypeid, payload, &scratch->text);
    ffisan_scratch_end_string(scratch);
    return start;
}

static void describe_type(struct ffisan_state *state, const struct ffisan_described_block *block,
                          struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    const struct lj_header *object = object_of(block);
    const struct lj_str *string = (const struct lj_str *)object;
    switch (block->type & FFISAN_SLOT_TYPE_MASK) {
    case LJ_GCT_CDATA:
        finding->block.kind = FFISAN_BLOCK_CDATA;
        finding->block.type = cdata_type(state, ((const struct lj_cdata *)object)->ctypeid,
                                         finding->block.size_bytes, scratch);
        break;
    case LJ_GCT_UDATA:
        finding->block.kind = FFISAN_BLOCK_USERDATA;
        finding->block.type = "userdata";
        break;
    case LJ_GCT_THREAD:
        finding->block.kind = FFISAN_BLOCK_COROUTINE;
        finding->block.type = "coroutine";
        break;
    default:
        finding->block.kind = is_string(block) ? FFISAN_BLOCK_STRING : FFISAN_BLOCK_BUFFER;
        finding->block.type = is_string(block) ? "string" : "buffer";
        if (is_string(block))
            finding->block.preview = preview(scratch, string->data, string->len);
    }
}

void ffisan_describe_block(struct ffisan_state *state, const struct ffisan_described_block *block,
                           int64_t offset_in_slot, struct ffisan_scratch *scratch,
                           struct ffisan_finding *finding)
{
    size_t header = ffisan_describe_header(block);
    finding->block.size_bytes =
        is_string(block) ? ((const struct lj_str *)block->content)->len : block->size - header;
    finding->block.offset = offset_in_slot - (int64_t)header;
    finding->block.made = ffisan_stacks_get(state->stacks, block->made);
    describe_type(state, block, scratch, finding);
}

static bool is_alive(struct ffisan_state *state, const struct ffisan_holder *holder)
{
    struct ffisan_slot_ref ref;
    return ffisan_heap_find(&state->heap, holder->block, &ref) &&
           ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE;
}

/* "libfoo.so: g_options+16", or "C heap" */
static void describe_variable(const struct ffisan_holder *holder, struct ffisan_scratch *scratch,
                              struct ffisan_finding *finding)
{
    uintptr_t address = holder->payload + holder->offset;
    const struct ffisan_segment *segment = ffisan_segments_find(address);
    const struct link_map *module =
        segment && segment->code ? ffisan_modules_find(segment->code) : NULL;
    if (segment && segment->kind == FFISAN_SEGMENT_BRK) {
        finding->holder.kind = FFISAN_HOLDER_MALLOC;
        finding->holder.type = "C heap";
        return;
    }
    finding->holder.kind = FFISAN_HOLDER_C_VARIABLE;
    if (segment && segment->kind == FFISAN_SEGMENT_THREAD)
        finding->holder.field = "value of pthread_setspecific";
    if (!module)
        return;
    finding->holder.field = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, ffisan_modules_name(module));
    ffisan_text_add(&scratch->text, ": ");
    finding->holder.offset =
        segment->kind == FFISAN_SEGMENT_TLS
            ? ffisan_symtab_add_tls(module, address - segment->start, &scratch->text)
            : ffisan_symtab_add_variable(module, address, &scratch->text);
    ffisan_scratch_end_string(scratch);
}

/* "malloc'ed block of 24 bytes" */
static void describe_malloc(const struct ffisan_holder *holder, struct ffisan_scratch *scratch,
                            struct ffisan_finding *finding)
{
    struct ffisan_mapped mapped;
    finding->holder.kind = FFISAN_HOLDER_MALLOC;
    finding->holder.type = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, ffisan_mappings_find_plain(holder->block, &mapped)
                                        ? "mmap'ed block of "
                                        : "malloc'ed block of ");
    ffisan_text_add_unsigned(&scratch->text, holder->size);
    ffisan_text_add(&scratch->text, holder->size == 1 ? " byte" : " bytes");
    ffisan_scratch_end_string(scratch);
    finding->holder.offset = holder->offset;
    finding->holder.made = ffisan_creport_stack(holder->made, NULL, NULL);
}

void ffisan_describe_holder(struct ffisan_state *state, const struct ffisan_holder *holder,
                            bool with_path, struct ffisan_scratch *scratch,
                            struct ffisan_finding *finding)
{
    bool is_cdata = holder->kind == FFISAN_HOLDER_CDATA;
    if (holder->kind == FFISAN_HOLDER_C_VARIABLE) {
        describe_variable(holder, scratch, finding);
        return;
    }
    if (holder->kind == FFISAN_HOLDER_MALLOC) {
        describe_malloc(holder, scratch, finding);
        return;
    }
    if (holder->kind == FFISAN_HOLDER_KERNEL) {
        finding->holder.kind = holder->kind;
        finding->holder.type = "epoll data";
        finding->holder.made = ffisan_creport_stack(holder->made, NULL, NULL);
        return;
    }
    finding->holder.kind = holder->kind;
    finding->holder.type =
        is_cdata ? cdata_type(state, holder->ctypeid, holder->size, scratch) : "userdata";
    finding->holder.offset = holder->offset;
    finding->holder.made = ffisan_stacks_get(state->stacks, holder->made);
    if (is_cdata) {
        const char *field = ffisan_scratch_string(scratch);
        ffisan_ctype_field(&state->vm, holder->ctypeid, holder->size, holder->offset,
                           &scratch->text);
        ffisan_scratch_end_string(scratch);
        finding->holder.field = field[0] ? field : NULL;
    }
    if (!with_path || !is_alive(state, holder))
        return;
    const char *path = ffisan_scratch_string(scratch);
    bool found = ffisan_anchors_path(&state->vm, holder->header, 0, &scratch->text);
    ffisan_scratch_end_string(scratch);
    finding->holder.path = found ? path : NULL;
}

const char *ffisan_describe_symbol(struct ffisan_scratch *scratch, uintptr_t address)
{
    struct ffisan_cframe frame;
    if (!address || !ffisan_cstack_symbol(address, &frame) || !frame.function)
        return NULL;
    const char *start = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, frame.function);
    ffisan_scratch_end_string(scratch);
    return start;
}
