/* SPDX-License-Identifier: MIT */
/*
 * Why it happened and what to change, in the user's names where the finding knows them: the field,
 * the variable that the holder hangs on, the line that made the memory.
 */
#include "runtime/report/describe.h"
#include "runtime/report/source.h"

#include <ctype.h>
#include <string.h>

static bool holder_is_reference(const struct ffisan_finding *finding)
{
    const char *type = finding->holder.type;
    return type && strchr(type, '&'); /* "struct point &", "double (&)[8]" */
}

/* Last name in a path or field: "package.loaded.mod.run → upvalue buf" gives "buf". */
static void add_last_name(struct ffisan_text *text, const char *path)
{
    const char *name = path, *end = path + strlen(path);
    for (const char *p = path; *p; p++)
        if (*p == ' ' || *p == '.' || *p == '>')
            name = p + 1;
    const char *of = strstr(path, "local "); /* "local s of run (mod.lua:20)" */
    if (of && strstr(of, " of ")) {
        name = of + strlen("local ");
        end = strstr(of, " of ");
    }
    const char *utf8_arrow = "\xe2\x86\x92";
    if (strncmp(name, utf8_arrow, 3) == 0)
        name += 3;
    ffisan_text_add_n(text, name, (size_t)(end - name));
}

static void add_place(struct ffisan_text *text, const struct ffisan_stack *stack)
{
    if (stack->n_frames == 0 || !stack->frames[0].file)
        return;
    ffisan_text_add(text, " made at ");
    ffisan_text_add(text, stack->frames[0].file);
    ffisan_text_add_char(text, ':');
    ffisan_text_add_signed(text, stack->frames[0].line);
}

static const char *why(struct ffisan_scratch *scratch, const struct ffisan_finding *finding)
{
    struct ffisan_text *text = &scratch->text;
    const char *start = ffisan_scratch_string(scratch);
    const char *what = finding->block.kind == FFISAN_BLOCK_STRING ? "string" : finding->block.type;
    if (finding->holder.kind == FFISAN_HOLDER_USERDATA) {
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
    ffisan_text_add(text, "Keep the ");
    ffisan_text_add(text, finding->block.type ? finding->block.type : "memory");
    add_place(text, &finding->block.made);
    ffisan_text_add(text, " in a Lua variable or table that lives as long as ");
    if (finding->holder.path)
        add_last_name(text, finding->holder.path);
    else if (finding->holder.field && finding->holder.type)
        ffisan_text_add(text, finding->holder.type);
    else
        ffisan_text_add(text, "the pointer is used");
    add_example(text, finding, scratch);
    ffisan_scratch_end_string(scratch);
    return start;
}

void ffisan_explain(struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    finding->why = why(scratch, finding);
    finding->fix = fix(scratch, finding);
}
