/* SPDX-License-Identifier: MIT */
#include "wire/record.h"

#include "base/utf8.h"

#include <string.h>

/** Where an object began, so that it can be taken back when nothing was written into it. */
struct mark {
    size_t before, inside;
};

static void add_escaped(struct ffisan_text *out, uint32_t code, bool valid)
{
    static const char short_forms[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    ffisan_text_add_char(out, '\\');
    for (size_t i = 0; valid && i + 1 < sizeof(short_forms); i += 2) {
        if ((uint32_t)short_forms[i] == code) {
            ffisan_text_add_char(out, short_forms[i + 1]);
            return;
        }
    }
    ffisan_text_add_char(out, 'u');
    ffisan_text_add_hex(out, code, 4);
}

static void add_string(struct ffisan_text *out, const char *string)
{
    size_t length = strlen(string);
    ffisan_text_add_char(out, '"');
    while (length > 0 && !out->truncated) {
        uint32_t code;
        bool valid;
        size_t used = ffisan_utf8_decode(string, length, &code, &valid);
        if (!valid || code < 0x20 || code == 0x7f || code == '"' || code == '\\')
            add_escaped(out, code, valid);
        else
            ffisan_text_add_n(out, string, used);
        string += used;
        length -= used;
    }
    ffisan_text_add_char(out, '"');
}

/** Starts a member of the object that the text ends in: names are ours and need no escaping. */
static void add_name(struct ffisan_text *out, const char *name)
{
    if (out->length > 0 && out->data[out->length - 1] != '{')
        ffisan_text_add_char(out, ',');
    ffisan_text_add_char(out, '"');
    ffisan_text_add(out, name);
    ffisan_text_add(out, "\":");
}

static void member_string(struct ffisan_text *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    add_name(out, name);
    add_string(out, value);
}

static void member_unsigned(struct ffisan_text *out, const char *name, uint64_t value)
{
    add_name(out, name);
    ffisan_text_add_unsigned(out, value);
}

static void member_known(struct ffisan_text *out, const char *name, uint64_t value)
{
    if (value != 0)
        member_unsigned(out, name, value);
}

/** Takes back everything after `length`; a text without any room has no NUL to restore. */
static void roll_back(struct ffisan_text *out, size_t length)
{
    out->length = length;
    if (out->size > 0)
        out->data[length] = '\0';
}

static struct mark begin_object(struct ffisan_text *out, const char *name)
{
    struct mark mark = {.before = out->length};
    add_name(out, name);
    ffisan_text_add_char(out, '{');
    mark.inside = out->length;
    return mark;
}

static void end_object(struct ffisan_text *out, struct mark mark)
{
    if (out->length > mark.inside)
        ffisan_text_add_char(out, '}');
    else
        roll_back(out, mark.before);
}

/* As digits of base 16. */
static void member_bytes(struct ffisan_text *out, const char *name, struct ffisan_bytes bytes)
{
    if (!bytes.data || bytes.size == 0)
        return;
    add_name(out, name);
    ffisan_text_add_char(out, '"');
    for (size_t i = 0; i < bytes.size; i++)
        ffisan_text_add_hex(out, bytes.data[i], 2);
    ffisan_text_add_char(out, '"');
}

static void add_frame(struct ffisan_text *out, const struct ffisan_frame *frame)
{
    bool is_c = frame->lang == FFISAN_LANG_C;
    ffisan_text_add_char(out, '{');
    member_string(out, "lang", is_c ? "c" : "lua");
    member_string(out, "file", frame->file);
    if (frame->line > 0)
        member_unsigned(out, "line", (uint64_t)frame->line);
    member_string(out, "function", frame->function);
    if (is_c) {
        member_string(out, "module", frame->module);
        member_string(out, "path", frame->path);
        member_bytes(out, "build", frame->build);
        member_known(out, "offset", frame->offset);
    }
    if (frame->approximate) {
        add_name(out, "approximate");
        ffisan_text_add(out, "true");
    }
    ffisan_text_add_char(out, '}');
}

static void member_stack(struct ffisan_text *out, const char *name,
                         const struct ffisan_stack *stack)
{
    if (stack->n_frames == 0 || stack->frames == NULL)
        return;
    add_name(out, name);
    ffisan_text_add_char(out, '[');
    for (size_t i = 0; i < stack->n_frames && !out->truncated; i++) {
        if (i > 0)
            ffisan_text_add_char(out, ',');
        add_frame(out, &stack->frames[i]);
    }
    ffisan_text_add_char(out, ']');
}

static void add_head(struct ffisan_text *out, const struct ffisan_finding *finding)
{
    member_unsigned(out, "ffisan", FFISAN_RECORD_VERSION);
    add_name(out, "id");
    ffisan_text_add_char(out, '"');
    ffisan_text_add_hex(out, finding->id, 16);
    ffisan_text_add_char(out, '"');
    member_string(out, "severity", ffisan_severity_name(finding->severity));
    member_string(out, "kind", ffisan_kind_name(finding->kind));
    member_string(out, "title",
                  finding->title != NULL ? finding->title : ffisan_kind_title(finding->kind));
    if (finding->pid > 0)
        member_unsigned(out, "pid", (uint64_t)finding->pid);
}

static void add_use(struct ffisan_text *out, const struct ffisan_finding *finding)
{
    struct mark mark = begin_object(out, "use");
    member_string(out, "access", ffisan_access_name(finding->use.access));
    member_known(out, "size", finding->use.size_bytes);
    member_string(out, "function", finding->use.function);
    member_string(out, "source", finding->use.source);
    member_stack(out, "stack", &finding->use.stack);
    member_string(out, "finalizer", finding->use.finalizer);
    member_stack(out, "finalizer_made", &finding->use.finalizer_made);
    member_stack(out, "finalizer_set", &finding->use.finalizer_set);
    end_object(out, mark);
}

static void add_holder(struct ffisan_text *out, const struct ffisan_finding *finding)
{
    struct mark mark = begin_object(out, "holder");
    member_string(out, "kind", ffisan_holder_kind_name(finding->holder.kind));
    member_string(out, "type", finding->holder.type);
    member_string(out, "field", finding->holder.field);
    if (finding->holder.kind != FFISAN_HOLDER_NONE)
        member_unsigned(out, "offset", finding->holder.offset);
    member_stack(out, "made", &finding->holder.made);
    member_stack(out, "stored", &finding->holder.stored);
    member_string(out, "stored_by", finding->holder.stored_by);
    member_string(out, "path", finding->holder.path);
    end_object(out, mark);
}

static void add_block(struct ffisan_text *out, const struct ffisan_finding *finding)
{
    struct mark mark = begin_object(out, "block");
    member_string(out, "kind", ffisan_block_kind_name(finding->block.kind));
    member_string(out, "type", finding->block.type);
    member_known(out, "size", finding->block.size_bytes);
    if (finding->block.kind != FFISAN_BLOCK_NONE) {
        add_name(out, "offset");
        ffisan_text_add_signed(out, finding->block.offset);
    }
    member_string(out, "preview", finding->block.preview);
    member_stack(out, "made", &finding->block.made);
    end_object(out, mark);
}

static void add_collected(struct ffisan_text *out, const struct ffisan_finding *finding)
{
    struct mark mark = begin_object(out, "collected");
    member_known(out, "cycle", finding->collected.cycle);
    member_stack(out, "stack", &finding->collected.stack);
    end_object(out, mark);
}

static void add_freed(struct ffisan_text *out, const struct ffisan_finding *finding)
{
    struct mark mark = begin_object(out, "freed");
    member_string(out, "function", finding->freed.function);
    member_string(out, "finalizer", finding->freed.finalizer);
    member_stack(out, "finalizer_made", &finding->freed.finalizer_made);
    member_stack(out, "finalizer_set", &finding->freed.finalizer_set);
    member_stack(out, "stack", &finding->freed.stack);
    end_object(out, mark);
}

bool ffisan_record_write(struct ffisan_text *out, const struct ffisan_finding *finding)
{
    size_t length = out->length;
    bool was_truncated = out->truncated;
    out->truncated = false;
    ffisan_text_add_char(out, '{');
    add_head(out, finding);
    add_use(out, finding);
    add_holder(out, finding);
    add_block(out, finding);
    add_collected(out, finding);
    add_freed(out, finding);
    member_string(out, "why", finding->why);
    member_string(out, "fix", finding->fix);
    ffisan_text_add(out, "}\n");
    bool complete = !out->truncated;
    if (!complete)
        roll_back(out, length);
    out->truncated = was_truncated || !complete;
    return complete;
}
