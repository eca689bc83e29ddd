/* SPDX-License-Identifier: MIT */
#include "wire/report_parts.h"

#include <string.h>

const struct ffisan_frame *ffisan_report_place(const struct ffisan_stack *stack)
{
    if (stack->frames == NULL || stack->n_frames == 0)
        return NULL;
    for (size_t i = 0; i < stack->n_frames; i++)
        if (stack->frames[i].lang == FFISAN_LANG_LUA && stack->frames[i].line > 0)
            return &stack->frames[i];
    return &stack->frames[0];
}

const char *ffisan_report_base_name(const char *file)
{
    if (file == NULL || file[0] == '[' || file[0] == '(')
        return file;
    const char *slash = strrchr(file, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : file;
}

void ffisan_report_put_position(struct ffisan_layout *layout, const struct ffisan_frame *frame,
                                bool short_name)
{
    const char *file = short_name ? ffisan_report_base_name(frame->file) : frame->file;
    if (frame->approximate)
        ffisan_layout_put_whole(layout, "~");
    ffisan_layout_put_whole(layout, file != NULL ? file : "?");
    if (frame->line <= 0)
        return;
    ffisan_layout_put_whole(layout, ":");
    ffisan_layout_put_unsigned(layout, (uint64_t)frame->line);
}

static bool is_main_chunk(const struct ffisan_frame *frame)
{
    return frame->function != NULL && strcmp(frame->function, "main chunk") == 0;
}

static bool has_name(const struct ffisan_frame *frame)
{
    return frame->function != NULL && frame->function[0] != '\0' && !is_main_chunk(frame);
}

static void put_function(struct ffisan_layout *layout, const struct ffisan_frame *frame)
{
    ffisan_layout_put(layout, frame->function[0] == '<' ? "function " : "");
    ffisan_layout_put_whole(layout, frame->function);
}

void ffisan_report_put_place(struct ffisan_layout *layout, const struct ffisan_frame *frame,
                             bool short_name)
{
    if (frame->lang == FFISAN_LANG_LUA) {
        ffisan_layout_put_whole(layout, " at ");
        ffisan_report_put_position(layout, frame, short_name);
        if (has_name(frame)) {
            ffisan_layout_put(layout, " in ");
            put_function(layout, frame);
        }
        return;
    }
    ffisan_layout_put(layout, " in ");
    ffisan_layout_put_whole(layout, has_name(frame) ? frame->function : "C code");
    if (frame->module != NULL) {
        ffisan_layout_put(layout, " (");
        ffisan_layout_put_whole(layout, frame->module);
        ffisan_layout_put_whole(layout, ")");
    }
}

/** The Lua frame that called `callee`, if it has a line. */
static const struct ffisan_frame *caller_of(const struct ffisan_stack *stack,
                                            const struct ffisan_frame *callee)
{
    for (const struct ffisan_frame *frame = callee + 1; frame < stack->frames + stack->n_frames;
         frame++)
        if (frame->lang == FFISAN_LANG_LUA && frame->line > 0)
            return frame;
    return NULL;
}

void ffisan_report_put_origin(struct ffisan_layout *layout, const char *verb,
                              const struct ffisan_stack *stack)
{
    const struct ffisan_frame *place = ffisan_report_place(stack);
    if (place == NULL)
        return;
    ffisan_layout_put(layout, verb);
    ffisan_report_put_place(layout, place, false);
    const struct ffisan_frame *caller = has_name(place) ? caller_of(stack, place) : NULL;
    if (caller == NULL)
        return;
    ffisan_layout_put_whole(layout, ",");
    ffisan_layout_put(layout, " called");
    ffisan_report_put_place(layout, caller, false);
}

void ffisan_report_put_comma_origin(struct ffisan_layout *layout, const char *verb,
                                    const struct ffisan_stack *stack)
{
    if (ffisan_report_place(stack) == NULL)
        return;
    ffisan_layout_put_whole(layout, ",");
    ffisan_layout_put(layout, " ");
    ffisan_report_put_origin(layout, verb, stack);
}

static bool is_same_line(const struct ffisan_stack *a, const struct ffisan_stack *b)
{
    const struct ffisan_frame *one = ffisan_report_place(a), *other = ffisan_report_place(b);
    return one && other && one->line == other->line && one->file && other->file &&
           strcmp(one->file, other->file) == 0;
}

void ffisan_report_write_finalizer(struct ffisan_layout *layout, const char *type,
                                   const struct ffisan_stack *made, const struct ffisan_stack *set)
{
    bool is_userdata = strcmp(type, "userdata") == 0;
    ffisan_layout_put(layout,
                      is_userdata ? "in the finalizer of a " : "in the finalizer of cdata<");
    ffisan_layout_put_whole(layout, type);
    ffisan_layout_put_whole(layout, is_userdata ? "" : ">");
    ffisan_report_put_comma_origin(layout, "created", made);
    if (!is_same_line(made, set))
        ffisan_report_put_comma_origin(layout, "set", set);
    ffisan_layout_end_line(layout);
}

bool ffisan_report_knows_holder(const struct ffisan_finding *finding)
{
    return finding->holder.kind != FFISAN_HOLDER_NONE || finding->holder.type != NULL ||
           finding->holder.field != NULL;
}

bool ffisan_report_knows_block(const struct ffisan_finding *finding)
{
    return finding->block.kind != FFISAN_BLOCK_NONE || finding->block.type != NULL;
}

static void put_variable(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *name = finding->holder.field, *type = finding->holder.type;
    ffisan_layout_put(layout, "C variable ");
    ffisan_layout_put_whole(layout, name != NULL ? name : type != NULL ? type : "");
    if (name != NULL && type != NULL) {
        ffisan_layout_put(layout, " of type ");
        ffisan_layout_put_whole(layout, type);
    }
}

/** "cdata<struct my_str_s [1]>", "userdata", "a block from malloc" */
static void put_holder_itself(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *type = finding->holder.type;
    switch (finding->holder.kind) {
    case FFISAN_HOLDER_MALLOC:
        ffisan_layout_put(layout, type != NULL ? type : "memory from malloc");
        return;
    case FFISAN_HOLDER_KERNEL:
        if (type != NULL)
            ffisan_layout_put(layout, type);
        ffisan_layout_put(layout, type != NULL ? " in the kernel" : "the kernel");
        return;
    case FFISAN_HOLDER_STACK:
        ffisan_layout_put(layout, "the stack of C code");
        break;
    case FFISAN_HOLDER_USERDATA:
        ffisan_layout_put_whole(layout, "userdata");
        break;
    default:
        ffisan_layout_put_whole(layout, "cdata");
        break;
    }
    if (type != NULL) {
        ffisan_layout_put_whole(layout, "<");
        ffisan_layout_put_whole(layout, type);
        ffisan_layout_put_whole(layout, ">");
    }
}

/** "[3]", not "[3].name" */
static bool is_slot(const char *field)
{
    return field[0] == '[' && strchr(field, '.') == NULL;
}

void ffisan_report_put_holder(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    if (finding->holder.kind == FFISAN_HOLDER_C_VARIABLE) {
        put_variable(layout, finding);
        return;
    }
    if (finding->holder.field != NULL) {
        ffisan_layout_put(layout, is_slot(finding->holder.field) ? "slot " : "field ");
        ffisan_layout_put_whole(layout, finding->holder.field);
        ffisan_layout_put(layout, " of ");
    } else if (finding->holder.offset > 0) {
        ffisan_layout_put(layout, "offset ");
        ffisan_layout_put_unsigned(layout, finding->holder.offset);
        ffisan_layout_put(layout, " of ");
    } else if (finding->holder.kind == FFISAN_HOLDER_CDATA)
        ffisan_layout_put(layout, "pointer ");
    put_holder_itself(layout, finding);
}

void ffisan_report_put_bytes(struct ffisan_layout *layout, uint64_t n_bytes)
{
    ffisan_layout_put_unsigned(layout, n_bytes);
    ffisan_layout_put(layout, n_bytes == 1 ? " byte" : " bytes");
}

static const char *block_word(enum ffisan_block_kind kind)
{
    static const char *const words[] = {
        [FFISAN_BLOCK_NONE] = "memory",           [FFISAN_BLOCK_CDATA] = "cdata",
        [FFISAN_BLOCK_STRING] = "string",         [FFISAN_BLOCK_USERDATA] = "userdata",
        [FFISAN_BLOCK_BUFFER] = "buffer",         [FFISAN_BLOCK_MALLOC] = "C memory",
        [FFISAN_BLOCK_CALLBACK] = "callback",     [FFISAN_BLOCK_LIBRARY] = "library",
        [FFISAN_BLOCK_COROUTINE] = "coroutine",   [FFISAN_BLOCK_STATIC] = "static memory of",
        [FFISAN_BLOCK_DESCRIPTOR] = "descriptor",
    };
    return (unsigned)kind < sizeof(words) / sizeof(words[0]) ? words[kind] : "memory";
}

static void put_block_name(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *type = finding->block.type;
    bool needs_word =
        finding->block.kind >= FFISAN_BLOCK_USERDATA && finding->block.kind != FFISAN_BLOCK_BUFFER;
    const char *word = block_word(finding->block.kind);
    if (type == NULL || (needs_word && strcmp(type, word) != 0))
        ffisan_layout_put(layout, word);
    if (type == NULL)
        return;
    if (needs_word && strcmp(type, word) != 0)
        ffisan_layout_put(layout, " ");
    ffisan_layout_put_whole(layout, type);
}

/** True for "char [1024]" with 1024 bytes. */
static bool type_tells_size(const char *type, size_t size_bytes)
{
    char size[32];
    struct ffisan_text text;
    ffisan_text_init(&text, size, sizeof(size));
    ffisan_text_add_char(&text, '[');
    ffisan_text_add_unsigned(&text, size_bytes);
    ffisan_text_add_char(&text, ']');
    return type != NULL && strstr(type, size) != NULL;
}

void ffisan_report_put_block(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    put_block_name(layout, finding);
    if (finding->block.size_bytes == 0 ||
        type_tells_size(finding->block.type, finding->block.size_bytes))
        return;
    ffisan_layout_put(layout, " of ");
    ffisan_report_put_bytes(layout, finding->block.size_bytes);
}

void ffisan_report_put_offset(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    int64_t offset = finding->block.offset;
    size_t size_bytes = finding->block.size_bytes;
    if (offset < 0) {
        ffisan_report_put_bytes(layout, 0 - (uint64_t)offset);
        ffisan_layout_put(layout, " before its start");
    } else if (size_bytes > 0 && (uint64_t)offset > size_bytes) {
        ffisan_report_put_bytes(layout, (uint64_t)offset - size_bytes);
        ffisan_layout_put(layout, " past its end");
    } else if (size_bytes > 0 && (uint64_t)offset == size_bytes) {
        ffisan_layout_put(layout, "just past its end");
    } else if (offset == 0) {
        ffisan_layout_put(layout, "at its start");
    } else {
        ffisan_report_put_bytes(layout, (uint64_t)offset);
        ffisan_layout_put(layout, " into it");
    }
}

/** " (mod.lua:17)" */
static void put_short_place(struct ffisan_layout *layout, const struct ffisan_stack *stack)
{
    const struct ffisan_frame *frame = ffisan_report_place(stack);
    if (frame == NULL || frame->lang == FFISAN_LANG_C)
        return;
    ffisan_layout_put(layout, " (");
    ffisan_report_put_position(layout, frame, true);
    ffisan_layout_put_whole(layout, ")");
}

/** "my_str_s" of "struct my_str_s [1]" */
static void put_short_type(struct ffisan_layout *layout, const char *type)
{
    static const char *const words[] = {"const ", "struct ", "union "};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(type, words[i], strlen(words[i])) == 0)
            type += strlen(words[i]);
    size_t length = strcspn(type, "[*&(");
    while (length > 0 && type[length - 1] == ' ')
        length--;
    ffisan_layout_put_whole_n(layout, type, length > 0 ? length : strlen(type));
}

/** "my_str_s.data" */
static void put_short_holder(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *type = finding->holder.type, *field = finding->holder.field;
    if (field == NULL || type == NULL || finding->holder.kind == FFISAN_HOLDER_C_VARIABLE) {
        const char *name = field != NULL ? field : type;
        const char *word = ffisan_holder_kind_name(finding->holder.kind);
        ffisan_layout_put_whole(layout, name != NULL ? name : word != NULL ? word : "memory");
        return;
    }
    if (is_slot(field)) {
        ffisan_layout_put(layout, type);
        ffisan_layout_put(layout, " slot ");
    } else {
        put_short_type(layout, type);
        ffisan_layout_put_whole(layout, field[0] == '[' ? "" : ".");
    }
    ffisan_layout_put_whole(layout, field);
}

/** " in run (mod.lua:22)" */
static void put_short_use(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const struct ffisan_frame *frame = ffisan_report_place(&finding->use.stack);
    if (frame == NULL)
        return;
    if (frame->lang == FFISAN_LANG_C) {
        ffisan_report_put_place(layout, frame, true);
        return;
    }
    if (!has_name(frame) && !is_main_chunk(frame)) {
        ffisan_report_put_place(layout, frame, true);
        return;
    }
    ffisan_layout_put(layout, " in ");
    if (is_main_chunk(frame))
        ffisan_layout_put(layout, "main chunk");
    else
        put_function(layout, frame);
    put_short_place(layout, &finding->use.stack);
}

void ffisan_report_put_summary(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *kind = ffisan_kind_name(finding->kind);
    ffisan_layout_put_whole(layout, kind != NULL ? kind : "finding");
    if (ffisan_report_knows_block(finding)) {
        ffisan_layout_put(layout, " of ");
        put_block_name(layout, finding);
        put_short_place(layout, &finding->block.made);
    }
    if (ffisan_report_knows_holder(finding)) {
        ffisan_layout_put(layout, " through ");
        put_short_holder(layout, finding);
        put_short_place(layout, &finding->holder.made);
    }
    put_short_use(layout, finding);
}
