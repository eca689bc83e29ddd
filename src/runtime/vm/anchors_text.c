/* SPDX-License-Identifier: MIT */
/*
 * Fields are written onto what they belong to (package.loaded.mod.run), every other step behind an
 * arrow.  The fields of a variable come before the function it is in: "local s.items[2] of run
 * (mod.lua:20)".
 */
#include "runtime/vm/anchors_frames.h"
#include "runtime/vm/anchors_search.h"
#include "runtime/vm/funcname.h"
#include "runtime/vm/proto.h"

#include <stdio.h>

enum { MAX_STEPS = 64, SHOWN_HEAD = 24, SHOWN_TAIL = 24, MAX_KEY_BYTES = 40, MAX_NAME = 128 };

struct path {
    const struct ffisan_search *search;
    const struct ffisan_anchor_node *steps[MAX_STEPS]; /* from the root to the answer */
    uint32_t n_steps, n_left_out;                      /* left out after SHOWN_HEAD steps */
    uint32_t at;
    size_t start_length; /* of the text before us */
    struct ffisan_text *out;
};

static void arrow(struct path *path, const char *what)
{
    if (path->out->length > path->start_length)
        ffisan_text_add(path->out, " → ");
    ffisan_text_add(path->out, what);
}

static bool is_name(const char *data, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        char c = data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return length > 0 && length <= MAX_KEY_BYTES;
}

static void add_quoted(struct ffisan_text *out, const char *data, uint32_t length)
{
    uint32_t n = length < MAX_KEY_BYTES ? length : MAX_KEY_BYTES;
    while (n < length && n > 0 && (data[n] & 0xc0) == 0x80) /* not inside a UTF-8 character */
        n--;
    ffisan_text_add(out, "[\"");
    for (uint32_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '"' || c == '\\')
            ffisan_text_add_char(out, '\\');
        if (c < ' ' || c == 0x7f)
            ffisan_text_add_char(out, '?');
        else
            ffisan_text_add_char(out, (char)c);
    }
    ffisan_text_add(out, n < length ? "...\"]" : "\"]");
}

static void add_number_key(struct ffisan_text *out, double number)
{
    char digits[32];
    ffisan_text_add_char(out, '[');
    if (number >= -9e15 && number <= 9e15 && number == (double)(int64_t)number) {
        ffisan_text_add_signed(out, (int64_t)number);
    } else {
        snprintf(digits, sizeof(digits), "%.14g", number);
        ffisan_text_add(out, digits);
    }
    ffisan_text_add_char(out, ']');
}

static const char *kind_of_key(uint32_t type)
{
    static const char *const kinds[] = {
        [LJ_IT_FALSE] = "[false]",
        [LJ_IT_TRUE] = "[true]",
        [LJ_IT_LIGHTUD] = "[light userdata]",
        [LJ_GCT_THREAD] = "[coroutine]",
        [LJ_GCT_FUNC] = "[function]",
        [LJ_GCT_CDATA] = "[cdata]",
        [LJ_GCT_TAB] = "[table]",
        [LJ_GCT_UDATA] = "[userdata]",
    };
    const char *kind = type < sizeof(kinds) / sizeof(kinds[0]) ? kinds[type] : NULL;
    return kind != NULL ? kind : "[?]";
}

static void add_field(struct ffisan_text *out, uint64_t key)
{
    uint32_t type = lj_tv_type(key);
    if (type >= LJ_IT_NUMX) {
        add_number_key(out, lj_tv_to_number(key));
    } else if (type != LJ_GCT_STR) {
        ffisan_text_add(out, kind_of_key(type));
    } else {
        const struct lj_str *str = (const void *)lj_tv_object(key);
        if (is_name(str->data, str->len)) {
            ffisan_text_add_char(out, '.');
            ffisan_text_add_n(out, str->data, str->len);
        } else {
            add_quoted(out, str->data, str->len);
        }
    }
}

static bool at_gap(const struct path *path)
{
    return path->n_left_out > 0 && path->at == SHOWN_HEAD;
}

/* The fields that follow. */
static void add_fields(struct path *path)
{
    while (path->at < path->n_steps && path->steps[path->at]->kind == FFISAN_EDGE_FIELD &&
           !at_gap(path))
        add_field(path->out, path->steps[path->at++]->key);
}

static void add_place(struct ffisan_text *out, const struct lj_proto *proto, uint32_t pc)
{
    int line = pc != 0 ? ffisan_proto_line(proto, pc) : proto->firstline;
    ffisan_text_add(out, " (");
    ffisan_proto_chunkname(proto, out);
    if (line > 0) {
        ffisan_text_add_char(out, ':');
        ffisan_text_add_signed(out, line);
    }
    ffisan_text_add_char(out, ')');
}

static const char *function_name(const struct ffisan_stack_frame *frame,
                                 const struct ffisan_stack_frame *caller, bool has_caller)
{
    const uint32_t *call = NULL;
    if (has_caller && caller->proto != NULL && caller->pc != 0 && (frame->base[-1] & 3) == 0)
        call = &caller->proto->bc[caller->pc];
    const char *name = call != NULL ? ffisan_funcname(caller->proto, (uintptr_t)call) : NULL;
    if (name != NULL)
        return name;
    if (frame->proto == NULL)
        return "a C function";
    return frame->proto->firstline == 0 ? "main chunk" : "a function";
}

static const char *hidden_or_temporary(const struct ffisan_stack_frame *frame, const uint64_t *slot,
                                       const char **ret_name)
{
    *ret_name = NULL;
    if (frame->kind == FFISAN_FRAME_VARARGS)
        return "...";
    if (frame->kind == FFISAN_FRAME_C)
        return "argument";
    if (frame->pc != 0)
        *ret_name = ffisan_proto_local(frame->proto, frame->pc, (uint32_t)(slot - frame->base));
    if (*ret_name == NULL)
        return "temporary value";
    if ((*ret_name)[0] != '(')
        return "local ";
    *ret_name = NULL;
    return "loop state";
}

/* "local s of run (mod.lua:20)"; the function is left out where the coroutine was named by it. */
static void add_slot(struct path *path, const struct ffisan_anchor_node *step)
{
    const struct ffisan_anchor_node *parent = &path->search->nodes[step->parent];
    const struct lj_thread *thread = (const void *)parent->object;
    const uint64_t *slot = (const uint64_t *)step->key;
    struct ffisan_stack_frame frame, caller;
    bool has_caller;
    const char *name;
    if (!ffisan_frame_find(path->search->vm, thread, slot, &frame, &caller, &has_caller) ||
        frame.kind == FFISAN_FRAME_BOTTOM) {
        arrow(path, parent->kind == FFISAN_EDGE_MAIN_THREAD ? "stack of the C program" : "stack");
        return;
    }
    arrow(path, hidden_or_temporary(&frame, slot, &name));
    if (name != NULL) {
        ffisan_text_add(path->out, name);
        add_fields(path);
    }
    if (parent->kind == FFISAN_EDGE_RUNNING && frame.func == ffisan_frame_body(thread))
        return;
    ffisan_text_add(path->out, " of ");
    ffisan_text_add(path->out, function_name(&frame, &caller, has_caller));
    if (frame.proto != NULL)
        add_place(path->out, frame.proto, frame.pc);
}

static void add_running_function(struct path *path, const struct ffisan_anchor_node *step)
{
    const struct ffisan_anchor_node *parent = &path->search->nodes[step->parent];
    const struct lj_thread *thread = (const void *)parent->object;
    struct ffisan_stack_frame frame, caller;
    bool has_caller;
    if (!ffisan_frame_find(path->search->vm, thread, (const uint64_t *)step->key, &frame, &caller,
                           &has_caller) ||
        frame.proto == NULL) {
        arrow(path, "a running function");
        return;
    }
    arrow(path, function_name(&frame, &caller, has_caller));
    ffisan_text_add(path->out, ", running");
    add_place(path->out, frame.proto, frame.pc);
}

static void add_coroutine(struct path *path, const struct ffisan_anchor_node *step)
{
    const struct lj_func *body = ffisan_frame_body((const void *)step->object);
    arrow(path, "coroutine");
    if (body != NULL && body->ffid == 0)
        add_place(path->out, (const struct lj_proto *)body->pc - 1, 0);
}

static void add_base_metatable(struct path *path, uint64_t type)
{
    static const char *const owners[] = {
        "nil",    "booleans",  "booleans", "light userdata", "strings", "upvalues", "coroutines",
        "protos", "functions", "traces",   "cdata",          "tables",  "userdata", "numbers",
    };
    arrow(path, "metatable of ");
    ffisan_text_add(path->out, type < sizeof(owners) / sizeof(owners[0]) ? owners[type] : "?");
}

static void add_upvalue(struct path *path, const struct ffisan_anchor_node *step)
{
    const struct lj_func *func = (const void *)path->search->nodes[step->parent].object;
    const char *name = NULL;
    if (func->ffid == 0)
        name = ffisan_proto_upvalue((const struct lj_proto *)func->pc - 1, (uint32_t)step->key);
    arrow(path, "upvalue ");
    if (name != NULL && name[0] != '\0')
        ffisan_text_add(path->out, name);
    else
        ffisan_text_add_unsigned(path->out, step->key + 1);
}

static void add_constant(struct path *path, const struct ffisan_anchor_node *step)
{
    if (step->type != LJ_GCT_PROTO) {
        arrow(path, "constant");
        return;
    }
    arrow(path, "inner function");
    add_place(path->out, (const struct lj_proto *)step->object, 0);
}

static void add_finalizer(struct path *path, const struct ffisan_anchor_node *step)
{
    const struct lj_func *func = (const void *)step->object;
    arrow(path, "finalizer");
    if (step->type == LJ_GCT_FUNC && func->ffid == 0)
        add_place(path->out, (const struct lj_proto *)func->pc - 1, 0);
}

static const char *plain_name(enum ffisan_edge_kind kind)
{
    switch (kind) {
    case FFISAN_EDGE_LOADED:
        return "package.loaded";
    case FFISAN_EDGE_GLOBALS:
        return "_G";
    case FFISAN_EDGE_REGISTRY:
        return "registry";
    case FFISAN_EDGE_METATABLE:
        return "metatable";
    case FFISAN_EDGE_ENVIRONMENT:
        return "environment";
    case FFISAN_EDGE_TRACE:
        return "compiled code";
    case FFISAN_EDGE_KEY:
        return "key";
    case FFISAN_EDGE_BUFFER:
        return "buffer";
    default:
        return NULL;
    }
}

static void add_step(struct path *path)
{
    const struct ffisan_anchor_node *step = path->steps[path->at++];
    switch (step->kind) {
    case FFISAN_EDGE_FIELD: /* of something that has no name to hang it on */
        path->at--;
        arrow(path, "");
        break;
    case FFISAN_EDGE_LOCAL:
    case FFISAN_EDGE_TEMPORARY:
        add_slot(path, step);
        return;
    case FFISAN_EDGE_FUNCTION:
        add_running_function(path, step);
        break;
    case FFISAN_EDGE_RUNNING:
        add_coroutine(path, step);
        break;
    case FFISAN_EDGE_BASE_META:
        add_base_metatable(path, step->key);
        break;
    case FFISAN_EDGE_DEFAULT_FILE:
        arrow(path, step->key == 0 ? "default input file" : "default output file");
        break;
    case FFISAN_EDGE_UPVALUE:
        add_upvalue(path, step);
        break;
    case FFISAN_EDGE_CONSTANT:
        add_constant(path, step);
        break;
    case FFISAN_EDGE_FINALIZER:
        add_finalizer(path, step);
        break;
    default:
        if (plain_name(step->kind) != NULL)
            arrow(path, plain_name(step->kind));
    }
    add_fields(path);
}

/* Lists the steps; of a long way the first and the last ones. */
static void collect(struct path *path, const struct ffisan_anchor_node *answer)
{
    const struct ffisan_anchor_node *nodes = path->search->nodes;
    uint32_t n = 1;
    for (uint32_t at = answer->parent; at != 0; at = nodes[at].parent)
        n++;
    if (n > SHOWN_HEAD + SHOWN_TAIL)
        path->n_left_out = n - SHOWN_HEAD - SHOWN_TAIL;
    path->n_steps = n - path->n_left_out;
    const struct ffisan_anchor_node *step = answer;
    for (uint32_t at = n; at-- > 0; step = &nodes[step->parent]) {
        if (at < SHOWN_HEAD || path->n_left_out == 0)
            path->steps[at] = step;
        else if (at >= SHOWN_HEAD + path->n_left_out)
            path->steps[at - path->n_left_out] = step;
    }
}

void ffisan_search_add_path(const struct ffisan_search *search, struct ffisan_text *out)
{
    struct path path = {.search = search, .out = out, .start_length = out->length};
    collect(&path, &search->answer);
    while (path.at < path.n_steps) {
        if (at_gap(&path)) {
            arrow(&path, "(");
            ffisan_text_add_unsigned(out, path.n_left_out);
            ffisan_text_add(out, " more)");
            path.n_left_out = 0;
        }
        add_step(&path);
    }
}
