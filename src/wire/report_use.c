/* SPDX-License-Identifier: MIT */
#include "wire/report_use.h"

#include "base/utf8.h"
#include "wire/report_parts.h"
#include "wire/report_source.h"

#include <string.h>

/** Columns of a source line that are shown. */
#define SOURCE_WIDTH (FFISAN_LAYOUT_WIDTH - FFISAN_LAYOUT_TEXT)
/** Columns kept before the underlined words when a source line is too long. */
#define SOURCE_BEFORE 24
/** Room that the verdict behind the carets needs, else it gets a line of its own, columns. */
#define VERDICT_WIDTH 48
/** Frames at each end of a stack that are shown. */
#define FRAMES_FIRST 16
#define FRAMES_LAST 4
/** The names of the frames are at least and at most this wide, columns. */
#define FRAME_NAME_MIN 20
#define FRAME_NAME_MAX 40
/** The part of the source line that is shown, bytes. */
static struct ffisan_source_range shown_source(const char *source,
                                               struct ffisan_source_range marked)
{
    struct ffisan_source_range shown = {0, strlen(source)};
    while (shown.end > 0 && (source[shown.end - 1] == '\n' || source[shown.end - 1] == '\r'))
        shown.end--;
    if (shown.end <= SOURCE_WIDTH || ffisan_layout_columns(source, shown.end) <= SOURCE_WIDTH)
        return shown;
    if (marked.end > SOURCE_WIDTH - 1)
        shown.begin = marked.begin > SOURCE_BEFORE ? marked.begin - SOURCE_BEFORE : 0;
    while (shown.begin > 0 && ((unsigned char)source[shown.begin] & 0xc0) == 0x80)
        shown.begin--;
    size_t end = shown.begin;
    for (unsigned columns = 2; end < shown.end;) {
        uint32_t code;
        bool valid;
        size_t used = ffisan_utf8_decode(source + end, shown.end - end, &code, &valid);
        columns += ffisan_layout_columns(source + end, used);
        if (columns > SOURCE_WIDTH)
            break;
        end += used;
    }
    shown.end = end;
    return shown;
}

static void write_source(struct ffisan_layout *layout, const char *source,
                         struct ffisan_source_range marked)
{
    struct ffisan_source_range shown = shown_source(source, marked);
    bool cut = source[shown.end] != '\0' && source[shown.end] != '\n' && source[shown.end] != '\r';
    unsigned before = shown.begin > 0 ? 1 : 0;
    if (before > 0)
        ffisan_layout_put_whole(layout, "…");
    ffisan_layout_put_whole_n(layout, source + shown.begin, shown.end - shown.begin);
    if (cut)
        ffisan_layout_put_whole(layout, "…");
    ffisan_layout_end_line(layout);
    if (marked.end > shown.end)
        marked.end = shown.end;
    if (marked.begin >= marked.end)
        return;
    before += ffisan_layout_columns(source + shown.begin, marked.begin - shown.begin);
    ffisan_layout_pad(layout, FFISAN_LAYOUT_TEXT + before, 0);
    ffisan_layout_style(layout, FFISAN_STYLE_MARK);
    unsigned n_carets = ffisan_layout_columns(source + marked.begin, marked.end - marked.begin);
    for (unsigned i = 0; i < n_carets; i++)
        ffisan_layout_put_whole(layout, "^");
    ffisan_layout_style(layout, FFISAN_STYLE_PLAIN);
}

/** "write of 12 bytes", "call", "system call write, given 12 bytes" */
static void put_access(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    static const char *const verbs[] = {
        [FFISAN_ACCESS_NONE] = "use",
        [FFISAN_ACCESS_READ] = "read",
        [FFISAN_ACCESS_WRITE] = "write",
        [FFISAN_ACCESS_CALL] = "call",
        [FFISAN_ACCESS_SYSCALL] = "use by the kernel",
        [FFISAN_ACCESS_FREE] = "free",
    };
    enum ffisan_access access = finding->use.access;
    bool known = (unsigned)access < sizeof(verbs) / sizeof(verbs[0]);
    ffisan_layout_put(layout, known ? verbs[access] : "use");
    if (access == FFISAN_ACCESS_SYSCALL && finding->use.function != NULL) {
        ffisan_layout_put(layout, " (");
        ffisan_layout_put_whole(layout, finding->use.function);
        ffisan_layout_put_whole(layout, ")");
    }
    if (finding->use.size_bytes > 0 && access != FFISAN_ACCESS_CALL &&
        access != FFISAN_ACCESS_FREE) {
        ffisan_layout_put(layout, " of ");
        ffisan_report_put_bytes(layout, finding->use.size_bytes);
    }
}

/** What an access to memory that is not there any more is called, by kind of finding. */
static void put_target(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    enum ffisan_access access = finding->use.access;
    bool inward = access == FFISAN_ACCESS_WRITE || access == FFISAN_ACCESS_CALL;
    const char *preposition = inward ? " into" : access == FFISAN_ACCESS_READ ? " from" : " of";
    switch (finding->kind) {
    case FFISAN_KIND_OUT_OF_BOUNDS:
        ffisan_layout_put(layout, " outside of a block");
        return;
    case FFISAN_KIND_DOUBLE_FREE:
        ffisan_layout_put(layout, " of memory that was freed before");
        return;
    case FFISAN_KIND_INVALID_FREE:
        ffisan_layout_put(layout, " of what malloc has not handed out");
        return;
    case FFISAN_KIND_BAD_CALLBACK:
        ffisan_layout_put(layout, " of a callback that cannot be called");
        return;
    case FFISAN_KIND_UNLOADED_CODE:
        ffisan_layout_put(layout, preposition);
        ffisan_layout_put(layout, " a library that is gone");
        return;
    case FFISAN_KIND_STRING_MODIFIED:
        ffisan_layout_put(layout, preposition);
        ffisan_layout_put(layout, " a Lua string");
        return;
    case FFISAN_KIND_OVERWRITTEN_RESULT:
        ffisan_layout_put(layout, preposition);
        ffisan_layout_put(layout, " a result that has been overwritten");
        return;
    case FFISAN_KIND_OVERWRITTEN_BUFFER:
        ffisan_layout_put(layout, " of what a finalizer has written");
        return;
    case FFISAN_KIND_REENTERED_LIBRARY:
        ffisan_layout_put(layout, " during which a finalizer changes an object");
        return;
    default:
        ffisan_layout_put(layout, preposition);
        ffisan_layout_put(layout, finding->block.kind == FFISAN_BLOCK_DESCRIPTOR
                                      ? " a descriptor that is closed"
                                      : " memory that is gone");
    }
}

/** "write of 12 bytes into memory that is gone, 16 bytes into it" */
static void put_verdict(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    bool is_place = finding->kind == FFISAN_KIND_OUT_OF_BOUNDS || finding->block.offset != 0;
    put_access(layout, finding);
    put_target(layout, finding);
    if (is_place && ffisan_report_knows_block(finding)) {
        ffisan_layout_put_whole(layout, ",");
        ffisan_layout_put(layout, " ");
        ffisan_report_put_offset(layout, finding);
    }
}

/** The file and line of the use as a label of its own. */
static void write_use_label(struct ffisan_layout *layout, const struct ffisan_frame *frame)
{
    layout->indent = 0;
    ffisan_layout_pad(layout, 2, 0);
    ffisan_layout_style(layout, FFISAN_STYLE_STRONG);
    if (frame != NULL && frame->lang == FFISAN_LANG_LUA)
        ffisan_report_put_position(layout, frame, true);
    else
        ffisan_layout_put(layout, "used");
    ffisan_layout_style(layout, FFISAN_STYLE_PLAIN);
    if (layout->column + 1 >= FFISAN_LAYOUT_TEXT)
        ffisan_layout_end_line(layout);
    ffisan_layout_pad(layout, FFISAN_LAYOUT_TEXT, 0);
    layout->indent = FFISAN_LAYOUT_TEXT;
}

void ffisan_report_write_use(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *source = finding->use.source;
    if (finding->use.access == FFISAN_ACCESS_NONE && (source == NULL || source[0] == '\0'))
        return;
    write_use_label(layout, ffisan_report_place(&finding->use.stack));
    if (source != NULL && source[0] != '\0')
        write_source(layout, source, ffisan_report_source_find(finding));
    if (finding->use.access != FFISAN_ACCESS_NONE) {
        if (layout->column + VERDICT_WIDTH > FFISAN_LAYOUT_WIDTH) {
            ffisan_layout_end_line(layout);
            ffisan_layout_pad(layout, FFISAN_LAYOUT_TEXT, 0);
        }
        ffisan_layout_put(layout, layout->column > FFISAN_LAYOUT_TEXT ? " " : "");
        put_verdict(layout, finding);
    }
    ffisan_layout_skip_line(layout);
}

static unsigned text_columns(const char *text)
{
    return text != NULL ? ffisan_layout_columns(text, strlen(text)) : 0;
}

static unsigned frame_name_columns(const struct ffisan_frame *frame)
{
    if (frame->lang == FFISAN_LANG_C)
        return text_columns(frame->function);
    unsigned columns = text_columns(frame->file) + (frame->approximate ? 1 : 0);
    for (int line = frame->line; line > 0; line /= 10)
        columns++;
    return columns + (frame->line > 0 ? 1 : 0);
}

static bool is_shown(const struct ffisan_stack *stack, size_t index)
{
    return stack->n_frames <= FRAMES_FIRST + FRAMES_LAST + 1 || index < FRAMES_FIRST ||
           index >= stack->n_frames - FRAMES_LAST;
}

static unsigned names_width(const struct ffisan_stack *stack)
{
    unsigned width = FRAME_NAME_MIN;
    for (size_t i = 0; i < stack->n_frames; i++) {
        unsigned columns = frame_name_columns(&stack->frames[i]);
        if (is_shown(stack, i) && columns > width && columns <= FRAME_NAME_MAX)
            width = columns;
    }
    return width;
}

static void put_c_frame(struct ffisan_layout *layout, const struct ffisan_frame *frame,
                        unsigned column)
{
    ffisan_layout_put_whole(layout, frame->function != NULL ? frame->function : "(no name)");
    if (frame->module != NULL) {
        ffisan_layout_pad(layout, column, 1);
        ffisan_layout_put_whole(layout, frame->module);
        if (frame->function == NULL && frame->offset != 0) {
            char offset[32];
            struct ffisan_text text;
            ffisan_text_init(&text, offset, sizeof(offset));
            ffisan_text_add(&text, "+0x");
            ffisan_text_add_hex(&text, frame->offset, 1);
            ffisan_layout_put_whole(layout, offset);
        }
    }
    if (frame->file != NULL) {
        ffisan_layout_pad(layout, frame->module == NULL ? column : 0, 1);
        ffisan_report_put_position(layout, frame, false);
    }
}

static void put_lua_frame(struct ffisan_layout *layout, const struct ffisan_frame *frame,
                          unsigned column)
{
    ffisan_report_put_position(layout, frame, false);
    if (frame->function == NULL || frame->function[0] == '\0')
        return;
    bool main_chunk = strcmp(frame->function, "main chunk") == 0;
    ffisan_layout_pad(layout, column, 1);
    ffisan_layout_put(layout, main_chunk ? "in " : "in function ");
    ffisan_layout_put_whole(layout, frame->function);
}

static void write_frame(struct ffisan_layout *layout, const struct ffisan_frame *frame,
                        unsigned width)
{
    ffisan_layout_pad(layout, FFISAN_LAYOUT_TEXT, 0);
    if (frame->lang == FFISAN_LANG_C)
        put_c_frame(layout, frame, FFISAN_LAYOUT_TEXT + width + 1);
    else
        put_lua_frame(layout, frame, FFISAN_LAYOUT_TEXT + width + 1);
    ffisan_layout_end_line(layout);
}

void ffisan_report_write_stack(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const struct ffisan_stack *stack = &finding->use.stack;
    if (stack->frames == NULL || stack->n_frames == 0)
        return;
    unsigned width = names_width(stack);
    ffisan_layout_label(layout, "used by");
    for (size_t i = 0; i < stack->n_frames && !layout->out->truncated; i++) {
        if (is_shown(stack, i)) {
            write_frame(layout, &stack->frames[i], width);
        } else if (i == FRAMES_FIRST) {
            ffisan_layout_put(layout, "... ");
            ffisan_layout_put_unsigned(layout, stack->n_frames - FRAMES_FIRST - FRAMES_LAST);
            ffisan_layout_put(layout, " frames left out");
            ffisan_layout_end_line(layout);
            i = stack->n_frames - FRAMES_LAST - 1;
        }
    }
    if (finding->use.finalizer == NULL)
        return;
    ffisan_layout_pad(layout, FFISAN_LAYOUT_TEXT, 0);
    ffisan_report_write_finalizer(layout, finding->use.finalizer, &finding->use.finalizer_made,
                                  &finding->use.finalizer_set);
}
