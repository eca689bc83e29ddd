/* SPDX-License-Identifier: MIT */
/*
 * The sections of a report, in the order in which a reader asks: what happened, who used it, the
 * way there, what it was, when it went, why, what to change.  Each section that knows nothing
 * leaves itself out.
 */
#include "wire/report_text.h"

#include "wire/report_layout.h"
#include "wire/report_parts.h"
#include "wire/report_use.h"

#include <string.h>

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

static const char *holder_word(enum ffisan_holder_kind kind)
{
    return kind == FFISAN_HOLDER_MALLOC   ? "allocated"
           : kind == FFISAN_HOLDER_KERNEL ? "registered"
                                          : "created";
}

static void write_holder(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    if (!ffisan_report_knows_holder(finding) && finding->holder.path == NULL)
        return;
    ffisan_layout_label(layout, ffisan_report_knows_holder(finding) ? "through" : "held");
    if (ffisan_report_knows_holder(finding)) {
        ffisan_report_put_holder(layout, finding);
        ffisan_report_put_comma_origin(layout, holder_word(finding->holder.kind),
                                       &finding->holder.made);
        ffisan_layout_end_line(layout);
    }
    if (finding->holder.path != NULL) {
        ffisan_layout_put(layout, ffisan_report_knows_holder(finding) ? "kept alive by " : "by ");
        ffisan_layout_put(layout, finding->holder.path);
        ffisan_layout_end_line(layout);
    }
}

/* Where the holder was made says it already when that is the same line. */
static bool is_stored_elsewhere(const struct ffisan_finding *finding)
{
    const struct ffisan_frame *stored = ffisan_report_place(&finding->holder.stored);
    const struct ffisan_frame *made = ffisan_report_place(&finding->holder.made);
    return stored != NULL && (made == NULL || stored->line != made->line || made->file == NULL ||
                              stored->file == NULL || strcmp(stored->file, made->file) != 0);
}

/** "stored by Lua code at mod.lua:20", "stored by setvbuf, called at mod.lua:20" */
static void write_stored(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *function = finding->holder.stored_by;
    if (!is_stored_elsewhere(finding))
        return;
    ffisan_layout_label(layout, "stored");
    if (function != NULL) {
        ffisan_layout_put(layout, "by ");
        ffisan_layout_put_whole(layout, function);
        ffisan_layout_put_whole(layout, ",");
        ffisan_layout_put(layout, " ");
    }
    ffisan_report_put_origin(layout, function != NULL ? "called" : "by Lua code",
                             &finding->holder.stored);
    ffisan_layout_end_line(layout);
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

static const char *place_word(const struct ffisan_finding *finding)
{
    switch (finding->kind) {
    case FFISAN_KIND_OUT_OF_BOUNDS:
        return finding->use.access == FFISAN_ACCESS_READ ? " read " : " damaged ";
    case FFISAN_KIND_STRING_MODIFIED:
        return " changed ";
    default:
        return " pointer ";
    }
}

static const char *made_word(const struct ffisan_finding *finding)
{
    switch (finding->block.kind) {
    case FFISAN_BLOCK_LIBRARY:
        return "loaded";
    case FFISAN_BLOCK_STATIC:
        return "filled";
    case FFISAN_BLOCK_DESCRIPTOR:
        return "opened";
    default:
        return "created";
    }
}

static bool is_place_known(const struct ffisan_finding *finding)
{
    switch (finding->block.kind) {
    case FFISAN_BLOCK_CALLBACK:
    case FFISAN_BLOCK_STATIC:
    case FFISAN_BLOCK_DESCRIPTOR:
        return false;
    default:
        return finding->kind != FFISAN_KIND_STRING_MODIFIED || finding->use.size_bytes > 0;
    }
}

static void write_block(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const char *preview = finding->block.preview;
    bool has_preview = preview != NULL && preview[0] != '\0';
    if (!ffisan_report_knows_block(finding) && !has_preview)
        return;
    ffisan_layout_label(layout, finding->block.kind == FFISAN_BLOCK_DESCRIPTOR ? "file" : "memory");
    ffisan_report_put_block(layout, finding);
    if (is_place_known(finding)) {
        ffisan_layout_put_whole(layout, ",");
        ffisan_layout_put(layout, place_word(finding));
        ffisan_report_put_offset(layout, finding);
    }
    ffisan_report_put_comma_origin(layout, made_word(finding), &finding->block.made);
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

static const char *freed_word(const struct ffisan_finding *finding)
{
    if (finding->kind == FFISAN_KIND_OVERWRITTEN_RESULT ||
        finding->kind == FFISAN_KIND_OVERWRITTEN_BUFFER)
        return "overwritten";
    if (finding->kind == FFISAN_KIND_REENTERED_LIBRARY)
        return "changed";
    return finding->block.kind == FFISAN_BLOCK_DESCRIPTOR ? "closed" : "freed";
}

/** "freed by fclose, the finalizer of struct file *, created at mod.lua:3, at mod.lua:9" */
static void write_freed(struct ffisan_layout *layout, const struct ffisan_finding *finding)
{
    const struct ffisan_frame *place = ffisan_report_place(&finding->freed.stack);
    if (finding->freed.function == NULL && finding->freed.finalizer == NULL && place == NULL)
        return;
    ffisan_layout_label(layout, freed_word(finding));
    if (finding->freed.function != NULL) {
        ffisan_layout_put(layout, "by ");
        ffisan_layout_put_whole(layout, finding->freed.function);
    }
    if (finding->freed.function == NULL && finding->kind == FFISAN_KIND_OVERWRITTEN_BUFFER)
        ffisan_layout_put(layout, "by an assignment");
    bool is_enough = finding->freed.function != NULL && place && place->lang != FFISAN_LANG_LUA;
    if (place != NULL && !is_enough) {
        ffisan_layout_put(layout, finding->freed.function != NULL ? ", called" : "");
        ffisan_report_put_place(layout, place, false);
    }
    ffisan_layout_end_line(layout);
    if (finding->freed.finalizer == NULL)
        return;
    ffisan_report_write_finalizer(layout, finding->freed.finalizer, &finding->freed.finalizer_made,
                                  &finding->freed.finalizer_set);
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
        !has_approximate(&finding->holder.stored) && !has_approximate(&finding->block.made) &&
        !has_approximate(&finding->collected.stack) && !has_approximate(&finding->freed.stack))
        return;
    ffisan_layout_label(layout, "~");
    ffisan_layout_put(
        layout,
        "the code was compiled, or not looked at, or another thread did it: the nearest line "
        "that is known");
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
    ffisan_report_write_use(&layout, finding);
    ffisan_report_write_stack(&layout, finding);
    write_holder(&layout, finding);
    write_stored(&layout, finding);
    write_block(&layout, finding);
    write_collected(&layout, finding);
    write_freed(&layout, finding);
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
