/* SPDX-License-Identifier: MIT */
/*
 * Why it happened and what to change, in the user's names where the finding knows them: the field,
 * the variable that the holder hangs on, the line that made the memory.
 */
#include "runtime/report/describe.h"

#include "runtime/report/place.h"
#include "runtime/report/source.h"

#include <ctype.h>
#include <string.h>

static bool holder_is_reference(const struct ffisan_finding *finding)
{
    const char *type = finding->holder.type;
    return type && strchr(type, '&'); /* "struct point &", "double (&)[8]" */
}

/*
 * What a path ends with: "package.loaded.mod.run → upvalue buf" gives "buf", "local s.cur of run
 * (mod.lua:20)" gives "s.cur".  Returns false for what has no name in the program.
 */
static bool add_last_name(struct ffisan_text *text, const char *path)
{
    static const char arrow[] = " \xe2\x86\x92 ", *const words[] = {"local ", "upvalue "};
    const char *name = path, *end = path + strlen(path);
    for (const char *p = strstr(path, arrow); p; p = strstr(p, arrow))
        name = p += sizeof(arrow) - 1;
    if (strncmp(name, "temporary ", 10) == 0 || strncmp(name, "loop state", 10) == 0 ||
        name[0] == '.' || name[0] == '[')
        return false;
    const char *of = strstr(name, " of ");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(name, words[i], strlen(words[i])) != 0)
            continue;
        name += strlen(words[i]);
        end = of ? of : end;
    }
    ffisan_text_add_n(text, name, (size_t)(end - name));
    return true;
}

static bool holder_is_c(const struct ffisan_finding *finding)
{
    return finding->holder.kind == FFISAN_HOLDER_C_VARIABLE ||
           finding->holder.kind == FFISAN_HOLDER_MALLOC ||
           finding->holder.kind == FFISAN_HOLDER_KERNEL;
}

/* "libfoo.so: g_options+16" */
static void add_c_holder(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    if (finding->holder.field) {
        ffisan_text_add(text, "its variable ");
        ffisan_text_add(text, finding->holder.field);
    } else if (finding->holder.made.n_frames > 0) {
        ffisan_text_add(text, "a ");
        ffisan_text_add(text, finding->holder.type);
        ffisan_place_add(text, " made at ", &finding->holder.made);
    } else {
        ffisan_text_add(text, "memory of its own");
    }
}

static bool is_stored_by_lua(const struct ffisan_finding *finding)
{
    return finding->holder.stored.n_frames > 0 && !finding->holder.stored_by;
}

static const struct ffisan_frame *innermost(const struct ffisan_stack *stack)
{
    for (size_t i = 0; i < stack->n_frames; i++)
        if (stack->frames[i].lang == FFISAN_LANG_LUA && stack->frames[i].file)
            return &stack->frames[i];
    return NULL;
}

/* The pointer was made by the line that used it: of an address that had been stored before. */
static bool is_read_back(const struct ffisan_finding *finding)
{
    const struct ffisan_frame *made = innermost(&finding->holder.made);
    const struct ffisan_frame *use = innermost(&finding->use.stack);
    const struct ffisan_frame *stored = innermost(&finding->holder.stored);
    return finding->holder.kind == FFISAN_HOLDER_CDATA && !finding->holder.field && made && use &&
           stored && made->line == use->line && strcmp(made->file, use->file) == 0 &&
           (stored->line != made->line || strcmp(stored->file, made->file) != 0);
}

/* "by setvbuf at mod.lua:20" */
static void add_store(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    if (finding->holder.stored_by) {
        ffisan_text_add(text, " by ");
        ffisan_text_add(text, finding->holder.stored_by);
    }
    ffisan_place_add(text, " at ", &finding->holder.stored);
}

static void add_why_read_back(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    ffisan_text_add(text, "The address of the ");
    ffisan_text_add(text, finding->block.type ? finding->block.type : "memory");
    ffisan_text_add(text, " was stored");
    add_store(text, finding);
    ffisan_text_add(text,
                    ", and read again here. An address that is stored outside of Lua's own "
                    "variables and tables is no reference: the collector does not see it.");
}

static void add_why_c(struct ffisan_text *text, const struct ffisan_finding *finding)
{
    if (finding->holder.kind == FFISAN_HOLDER_KERNEL) {
        ffisan_text_add(text, "The kernel keeps the address of the ");
        ffisan_text_add(text, finding->block.type ? finding->block.type : "memory");
        ffisan_text_add(text,
                        " and hands it back with each event. That is no reference: the "
                        "collector does not see it.");
        return;
    }
    bool is_by_lua = is_stored_by_lua(finding);
    ffisan_text_add(text, is_by_lua ? "Lua code stored the address of the "
                                    : "C keeps the address of the ");
    ffisan_text_add(text, finding->block.type ? finding->block.type : "memory");
    ffisan_text_add(text, is_by_lua ? " in memory of C, in "
                                    : " after the call that it was handed to has returned, in ");
    add_c_holder(text, finding);
    ffisan_text_add(text, ". That is no reference: the collector does not see it.");
}

static const char *why(struct ffisan_scratch *scratch, const struct ffisan_finding *finding)
{
    struct ffisan_text *text = &scratch->text;
    const char *start = ffisan_scratch_string(scratch);
    const char *what = finding->block.kind == FFISAN_BLOCK_STRING ? "string" : finding->block.type;
    if (holder_is_c(finding)) {
        add_why_c(text, finding);
    } else if (is_read_back(finding)) {
        add_why_read_back(text, finding);
    } else if (finding->holder.kind == FFISAN_HOLDER_USERDATA) {
        ffisan_text_add(text, "The userdata holds the raw address of the ");
        ffisan_text_add(text, what ? what : "memory");
        ffisan_text_add(text, ". That is no reference: the collector does not see it.");
    } else if (finding->holder.field) {
        ffisan_text_add(text, strchr(finding->holder.field, '.') == NULL &&
                                      finding->holder.field[0] == '['
                                  ? "Assigning to the slot "
                                  : "Assigning to the field ");
        ffisan_text_add(text, finding->holder.field);
        ffisan_text_add(text,
                        " of a cdata copies an address. An address in a cdata field is not a "
                        "reference: the collector does not see it.");
    } else if (finding->block.kind == FFISAN_BLOCK_BUFFER) {
        ffisan_text_add(text,
                        "A pointer into a string.buffer leads to nowhere as soon as the buffer "
                        "has changed or is collected.");
    } else if (holder_is_reference(finding)) {
        ffisan_text_add(text,
                        "Indexing an array or struct gives a reference that leads into it "
                        "(type ");
        ffisan_text_add(text, finding->holder.type);
        ffisan_text_add(text, "). It does not keep the whole alive.");
    } else {
        ffisan_text_add(text, "A pointer");
        if (finding->holder.type) {
            ffisan_text_add(text, " (type ");
            ffisan_text_add(text, finding->holder.type);
            ffisan_text_add_char(text, ')');
        }
        ffisan_text_add(text,
                        ", from ffi.cast, arithmetic or a C function, does not keep the "
                        "memory alive that it points into.");
    }
    ffisan_scratch_end_string(scratch);
    return start;
}

/* "x.data = make(1024)": the position after "data =", or NULL. */
static const char *assigned_value(const char *line, const char *field)
{
    const char *dot = strrchr(field, '.');
    const char *name = dot ? dot + 1 : field;
    size_t length = strlen(name);
    for (const char *at = strstr(line, name); at; at = strstr(at + 1, name)) {
        const char *after = at + length;
        if (at == line || at[-1] != '.')
            continue; /* not the field, but a variable or key of the same name */
        while (*after == ' ')
            after++;
        if (after[0] == '=' && after[1] != '=') {
            for (after++; *after == ' '; after++)
                ;
            return *after ? after : NULL;
        }
    }
    return NULL;
}

/* The line of the program that stored the value, if a frame of the creation shows it. */
static bool add_example(struct ffisan_text *text, const struct ffisan_finding *finding,
                        struct ffisan_scratch *scratch)
{
    const char *field = finding->holder.field;
    (void)scratch;
    if (!field || !isalpha((unsigned char)field[0]) || strchr(field, '['))
        return false;
    for (size_t i = 0; i < finding->block.made.n_frames && i < 4; i++) {
        const struct ffisan_frame *frame = &finding->block.made.frames[i];
        char line_data[320];
        struct ffisan_text line;
        ffisan_text_init(&line, line_data, sizeof(line_data));
        if (!ffisan_source_line(frame->file, frame->line, &line))
            continue;
        const char *value = assigned_value(line_data, field);
        if (!value)
            continue;
        const char *dot = strrchr(field, '.');
        const char *name = dot ? dot + 1 : field;
        ffisan_text_add(text, ":\nlocal ");
        ffisan_text_add(text, name);
        ffisan_text_add(text, " = ");
        ffisan_text_add(text, value);
        ffisan_text_add_char(text, '\n');
        ffisan_text_add_n(text, line_data, (size_t)(value - line_data));
        ffisan_text_add(text, name);
        return true;
    }
    return false;
}

static const char *fix(struct ffisan_scratch *scratch, const struct ffisan_finding *finding)
{
    struct ffisan_text *text = &scratch->text;
    const char *start = ffisan_scratch_string(scratch);
    if (finding->block.kind == FFISAN_BLOCK_BUFFER)
        ffisan_text_add(text, "Ask for the pointer again after each change of the buffer. ");
    ffisan_text_add(text, "Keep the ");
    ffisan_text_add(text, finding->block.type ? finding->block.type : "memory");
    ffisan_place_add(text, " made at ", &finding->block.made);
    ffisan_text_add(text, " in a Lua variable or table that lives as long as ");
    if (holder_is_c(finding)) {
        ffisan_text_add(text, finding->holder.kind != FFISAN_HOLDER_KERNEL
                                  ? "C may use it, or until C has been given another"
                              : finding->holder.type
                                  ? "the descriptor is registered, until EPOLL_CTL_DEL or close"
                                  : "the kernel may use it: until the call has returned, or the "
                                    "kernel has been given another");
        ffisan_scratch_end_string(scratch);
        return start;
    }
    if (is_read_back(finding)) {
        ffisan_text_add(text, "the address is stored there");
        ffisan_scratch_end_string(scratch);
        return start;
    }
    bool is_named = finding->holder.path && add_last_name(text, finding->holder.path);
    if (!is_named && finding->holder.field && finding->holder.type) {
        ffisan_text_add(text, "the ");
        ffisan_text_add(text, finding->holder.type);
        ffisan_place_add(text, " made at ", &finding->holder.made);
    } else if (!is_named) {
        ffisan_text_add(text, "the pointer is used");
    }
    add_example(text, finding, scratch);
    ffisan_scratch_end_string(scratch);
    return start;
}

void ffisan_explain(struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    finding->why = why(scratch, finding);
    finding->fix = fix(scratch, finding);
}
