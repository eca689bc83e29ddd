/* SPDX-License-Identifier: MIT */
/*
 * The sections of a report, in the order in which a reader asks: what happened, who used it, the
 * way there, what it was, when it went, why, what to change.  Each section that knows nothing
 * leaves itself out.
 */
#include "wire/report_text.h"

#include "base/utf8.h"
#include "wire/report_layout.h"
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
/** Bytes of a preview that are shown. */
#define PREVIEW_MAX 64
/** Lines of a fix that are indented this far are code and are not wrapped. */
#define CODE_INDENT 4

static enum ffisan_style severity_style(enum ffisan_severity severity)
{
    if (severity == FFISAN_SEVERITY_WARNING)
        return FFISAN_STYLE_WARNING;
    return severity == FFISAN_SEVERITY_LEAK ? FFISAN_STYLE_LEAK : FFISAN_STYLE_ERROR;
}

static const char *severity_word(enum ffisan_severity severity)
{
    if (severity == FFISAN_SEVERITY_WARNING)
        return "WARNING: ";
    return severity == FFISAN_SEVERITY_LEAK ? "LEAK: " : "ERROR: ";
}

/** "use-after-collect 7f3a9c21" */
static void put_tag(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    char tag[64];
    struct ffisan_text text;
    const char *kind = ffisan_kind_name(finding->kind);
    ffisan_text_init(&text, tag, sizeof(tag));
    ffisan_text_add(&text, kind != NULL ? kind : "");
    if (finding->id != 0) {
        ffisan_text_add(&text, " ");
        ffisan_text_add_hex(&text, finding->id >> 32, 8);
    }
    if (text.length == 0)
        return;
    ffisan_layout_pad(layout, FFISAN_LAYOUT_WIDTH - (unsigned)text.length, 2);
    ffisan_layout_put_whole(layout, tag);
}

static void write_headline(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *title = finding->title != NULL ? finding->title : ffisan_kind_title(finding->kind);
    layout->wrap = false;
    ffisan_layout_style(layout, severity_style(finding->severity));
    ffisan_layout_put(layout, "ffisan: ");
    ffisan_layout_put(layout, severity_word(finding->severity));
    ffisan_layout_style(layout, FFISAN_STYLE_STRONG);
    ffisan_layout_put_whole(layout, title != NULL ? title : "something is wrong");
    ffisan_layout_style(layout, FFISAN_STYLE_PLAIN);
    put_tag(layout, finding);
    ffisan_layout_skip_line(layout);
    layout->wrap = true;
}

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
    };
    enum ffisan_access access = finding->use.access;
    bool known = (unsigned)access < sizeof(verbs) / sizeof(verbs[0]);
    ffisan_layout_put(layout, known ? verbs[access] : "use");
    if (access == FFISAN_ACCESS_SYSCALL && finding->use.function != NULL) {
        ffisan_layout_put(layout, " (");
        ffisan_layout_put_whole(layout, finding->use.function);
        ffisan_layout_put_whole(layout, ")");
    }
    if (finding->use.size_bytes > 0 && access != FFISAN_ACCESS_CALL) {
        ffisan_layout_put(layout, " of ");
        ffisan_report_put_bytes(layout, finding->use.size_bytes);
    }
}

/** "write of 12 bytes into memory that is gone, 16 bytes into it" */
static void put_verdict(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    enum ffisan_access access = finding->use.access;
    put_access(layout, finding);
    if (finding->kind == FFISAN_KIND_OUT_OF_BOUNDS) {
        ffisan_layout_put(layout, " outside of a block");
        if (ffisan_report_knows_block(finding)) {
            ffisan_layout_put_whole(layout, ",");
            ffisan_layout_put(layout, " ");
            ffisan_report_put_offset(layout, finding);
        }
        return;
    }
    bool inward = access == FFISAN_ACCESS_WRITE || access == FFISAN_ACCESS_CALL;
    const char *outward = access == FFISAN_ACCESS_READ ? " from" : " of";
    ffisan_layout_put(layout, inward ? " into" : outward);
    ffisan_layout_put(layout, " memory that is gone");
    if (finding->block.offset != 0 && ffisan_report_knows_block(finding)) {
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

static void write_use(struct ffisan_layout *layout, const struct ffisan_finding *finding)
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

static void write_stack(struct ffisan_layout *layout, const struct ffisan_finding *finding)
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
}

static void put_comma_origin(struct ffisan_layout *layout, const char *verb,
                             const struct ffisan_stack *stack)
{
    if (ffisan_report_place(stack) == NULL)
        return;
    ffisan_layout_put_whole(layout, ",");
    ffisan_layout_put(layout, " ");
    ffisan_report_put_origin(layout, verb, stack);
}

static void write_holder(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    if (!ffisan_report_knows_holder(finding) && finding->holder.path == NULL)
        return;
    ffisan_layout_label(layout, "through");
    if (ffisan_report_knows_holder(finding)) {
        ffisan_report_put_holder(layout, finding);
        put_comma_origin(layout, "created", &finding->holder.made);
        ffisan_layout_end_line(layout);
    }
    if (finding->holder.path != NULL) {
        ffisan_layout_put(layout, "kept alive by ");
        ffisan_layout_put(layout, finding->holder.path);
        ffisan_layout_end_line(layout);
    }
}

static void write_preview(struct ffisan_layout *layout, const char *preview)
{
    size_t length = strlen(preview), shown = length;
    if (length == 0)
        return;
    if (shown > PREVIEW_MAX)
        for (shown = PREVIEW_MAX; shown > 0 && ((unsigned char)preview[shown] & 0xc0) == 0x80;)
            shown--;
    ffisan_layout_put(layout, "content ");
    ffisan_layout_put_whole(layout, "\"");
    ffisan_layout_put_whole_n(layout, preview, shown);
    ffisan_layout_put_whole(layout, shown < length ? "\"…" : "\"");
    ffisan_layout_end_line(layout);
}

static void write_block(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *preview = finding->block.preview;
    bool has_preview = preview != NULL && preview[0] != '\0';
    if (!ffisan_report_knows_block(finding) && !has_preview)
        return;
    bool damaged = finding->kind == FFISAN_KIND_OUT_OF_BOUNDS;
    ffisan_layout_label(layout, "memory");
    ffisan_report_put_block(layout, finding);
    ffisan_layout_put_whole(layout, ",");
    ffisan_layout_put(layout, damaged ? " damaged " : " pointer ");
    ffisan_report_put_offset(layout, finding);
    put_comma_origin(layout, "created", &finding->block.made);
    ffisan_layout_end_line(layout);
    if (has_preview)
        write_preview(layout, preview);
}

static void write_collected(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const struct ffisan_frame *place = ffisan_report_place(&finding->collected.stack);
    if (finding->collected.cycle == 0 && place == NULL)
        return;
    ffisan_layout_label(layout, "collected");
    if (finding->collected.cycle > 0) {
        ffisan_layout_put(layout, "in cycle ");
        ffisan_layout_put_unsigned(layout, finding->collected.cycle);
        ffisan_layout_put_whole(layout, place != NULL ? "," : "");
    }
    if (place != NULL) {
        ffisan_layout_put(layout, " triggered");
        ffisan_report_put_place(layout, place, false);
    }
    ffisan_layout_end_line(layout);
}

static bool has_approximate(const struct ffisan_stack *stack)
{
    for (size_t i = 0; stack->frames != NULL && i < stack->n_frames; i++)
        if (stack->frames[i].approximate)
            return true;
    return false;
}

static void write_note(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    if (!has_approximate(&finding->use.stack) && !has_approximate(&finding->holder.made) &&
        !has_approximate(&finding->block.made) && !has_approximate(&finding->collected.stack))
        return;
    ffisan_layout_label(layout, "~");
    ffisan_layout_put(layout, "the code was compiled: the nearest line that is known");
    ffisan_layout_end_line(layout);
}

/** Flows one line of advice; its own indentation is kept, and code is not wrapped. */
static void write_advice_line(struct ffisan_layout *layout, const char *line, size_t length)
{
    char piece[FFISAN_LAYOUT_WORD_MAX];
    unsigned n_spaces = 0;
    while (n_spaces < length && n_spaces < 40 && line[n_spaces] == ' ')
        n_spaces++;
    ffisan_layout_pad(layout, FFISAN_LAYOUT_TEXT + n_spaces, 0);
    layout->indent = FFISAN_LAYOUT_TEXT + n_spaces;
    line += n_spaces;
    length -= n_spaces;
    if (n_spaces >= CODE_INDENT) {
        ffisan_layout_put_whole_n(layout, line, length);
        length = 0;
    }
    while (length > 0) {
        size_t n = length < sizeof(piece) - 1 ? length : sizeof(piece) - 1;
        while (n < length && n > 1 && ((unsigned char)line[n] & 0xc0) == 0x80)
            n--;
        memcpy(piece, line, n);
        piece[n] = '\0';
        ffisan_layout_put(layout, piece);
        line += n;
        length -= n;
    }
    ffisan_layout_end_line(layout);
}

static void write_advice(struct ffisan_layout *layout, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    ffisan_layout_label(layout, label);
    for (bool more = true; more && !layout->out->truncated;) {
        size_t length = strcspn(text, "\n");
        write_advice_line(layout, text, length);
        more = text[length] == '\n' && text[length + 1] != '\0';
        text += length + (more ? 1 : 0);
    }
}

void ffisan_report_text(struct ffisan_text *out, const struct ffisan_finding *finding, bool color)
{
    struct ffisan_layout layout;
    ffisan_layout_init(&layout, out, color);
    write_headline(&layout, finding);
    write_use(&layout, finding);
    write_stack(&layout, finding);
    write_holder(&layout, finding);
    write_block(&layout, finding);
    write_collected(&layout, finding);
    write_note(&layout, finding);
    if (finding->why != NULL || finding->fix != NULL)
        ffisan_layout_skip_line(&layout);
    write_advice(&layout, "why", finding->why);
    write_advice(&layout, "fix", finding->fix);
    layout.indent = 0;
    layout.wrap = false;
    ffisan_layout_style(&layout, FFISAN_STYLE_STRONG);
    ffisan_layout_put(&layout, "SUMMARY: ");
    ffisan_report_put_summary(&layout, finding);
    ffisan_layout_style(&layout, FFISAN_STYLE_PLAIN);
    ffisan_layout_end_line(&layout);
}
