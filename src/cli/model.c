/* SPDX-License-Identifier: MIT */
/*
 * The mirror of wire/record.c.  Strings are borrowed from the parsed document, which the model
 * keeps; stacks are built in one array of frames per stack.  A reader carries the first error, so
 * that the members can be read one after the other without a test after each.
 */
#include "cli/model.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_STACKS = 6 };

struct ffisan_model {
    json_t *document;
    struct ffisan_finding finding;
    struct ffisan_frame *frames[N_STACKS];
    size_t n_frames[N_STACKS];
    size_t n_stacks;
};

struct reader {
    struct ffisan_model *model;
    char *error;
    size_t error_size;
    bool failed;
};

typedef const char *(*name_fn)(int value);

static void fail(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct reader *reader, const char *format, ...)
{
    if (reader->failed)
        return;
    reader->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(reader->error, reader->error_size, format, args);
    va_end(args);
}

static const char *read_string(struct reader *reader, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value && !json_is_string(value))
        fail(reader, "\"%s\" is not a string", name);
    return json_string_value(value);
}

static int64_t read_integer(struct reader *reader, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value && !json_is_integer(value))
        fail(reader, "\"%s\" is not an integer", name);
    return json_integer_value(value);
}

static uint64_t read_unsigned(struct reader *reader, const json_t *object, const char *name,
                              uint64_t max)
{
    int64_t value = read_integer(reader, object, name);
    if (value < 0 || (uint64_t)value > max)
        fail(reader, "\"%s\" is out of range", name);
    return (uint64_t)value;
}

static json_t *read_object(struct reader *reader, const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    if (value && !json_is_object(value))
        fail(reader, "\"%s\" is not an object", name);
    return value;
}

/*
 * The value whose name stands in `object`; `otherwise` when the member is missing, or has a name
 * that a later version has added.
 */
static int read_enum(struct reader *reader, const json_t *object, const char *name, name_fn name_of,
                     int n_values, int otherwise)
{
    const char *string = read_string(reader, object, name);
    for (int value = 0; string && value < n_values; value++) {
        const char *candidate = name_of(value);
        if (candidate && strcmp(candidate, string) == 0)
            return value;
    }
    return otherwise;
}

static const char *severity_name(int value)
{
    return ffisan_severity_name((enum ffisan_severity)value);
}

static const char *kind_name(int value)
{
    return ffisan_kind_name((enum ffisan_kind)value);
}

static const char *access_name(int value)
{
    return ffisan_access_name((enum ffisan_access)value);
}

static const char *holder_kind_name(int value)
{
    return ffisan_holder_kind_name((enum ffisan_holder_kind)value);
}

static const char *block_kind_name(int value)
{
    return ffisan_block_kind_name((enum ffisan_block_kind)value);
}

/* Digits of base 16; what they stand for is allocated. */
static struct ffisan_bytes read_bytes(struct reader *reader, const json_t *object, const char *name)
{
    const char *digits = read_string(reader, object, name);
    size_t size = digits ? strlen(digits) / 2 : 0;
    uint8_t *data = size > 0 ? malloc(size) : NULL;
    for (size_t i = 0; data && i < size; i++) {
        unsigned byte = 0;
        if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
            fail(reader, "\"%s\" is not a hexadecimal number", name);
        data[i] = (uint8_t)byte;
    }
    return (struct ffisan_bytes){data, data ? size : 0};
}

static struct ffisan_frame read_frame(struct reader *reader, const json_t *object)
{
    struct ffisan_frame frame = {.lang = FFISAN_LANG_LUA};
    if (!json_is_object(object)) {
        fail(reader, "a stack frame is not an object");
        return frame;
    }
    const char *lang = read_string(reader, object, "lang");
    frame.lang = lang && strcmp(lang, "c") == 0 ? FFISAN_LANG_C : FFISAN_LANG_LUA;
    frame.file = read_string(reader, object, "file");
    frame.line = (int)read_unsigned(reader, object, "line", INT32_MAX);
    frame.function = read_string(reader, object, "function");
    frame.module = read_string(reader, object, "module");
    frame.path = read_string(reader, object, "path");
    frame.build = read_bytes(reader, object, "build");
    frame.offset = read_unsigned(reader, object, "offset", INT64_MAX);
    frame.approximate = json_is_true(json_object_get(object, "approximate"));
    return frame;
}

static struct ffisan_stack read_stack(struct reader *reader, const json_t *object, const char *name)
{
    struct ffisan_stack stack = {0, NULL};
    const json_t *array = json_object_get(object, name);
    if (array && !json_is_array(array))
        fail(reader, "\"%s\" is not an array", name);
    size_t n = json_array_size(array);
    if (n == 0)
        return stack;
    struct ffisan_frame *frames = calloc(n, sizeof(*frames));
    if (!frames) {
        fail(reader, "out of memory");
        return stack;
    }
    struct ffisan_model *model = reader->model;
    model->n_frames[model->n_stacks] = n;
    model->frames[model->n_stacks++] = frames;
    for (size_t i = 0; i < n; i++)
        frames[i] = read_frame(reader, json_array_get(array, i));
    return (struct ffisan_stack){n, frames};
}

static bool is_known_format(struct reader *reader, const json_t *record)
{
    const json_t *version = json_object_get(record, "ffisan");
    if (!json_is_integer(version))
        fail(reader, "not a record of ffisan: no \"ffisan\" (format version) in it");
    else if (json_integer_value(version) != FFISAN_RECORD_VERSION)
        fail(reader, "format version %" JSON_INTEGER_FORMAT " is not known here (only %d is)",
             json_integer_value(version), FFISAN_RECORD_VERSION);
    else if (!json_object_get(record, "id"))
        fail(reader, "not a record of ffisan: no \"id\" in it");
    return !reader->failed;
}

static uint64_t read_id(struct reader *reader, const json_t *record)
{
    const char *string = read_string(reader, record, "id");
    char *end = NULL;
    uint64_t id = string ? strtoull(string, &end, 16) : 0;
    if (string && (end == string || *end))
        fail(reader, "\"id\" is not a hexadecimal number");
    return id;
}

/* Nothing is called an error that does not say so. */
static void read_head(struct reader *reader, const json_t *record, struct ffisan_finding *finding)
{
    finding->id = read_id(reader, record);
    finding->severity =
        (enum ffisan_severity)read_enum(reader, record, "severity", severity_name,
                                        FFISAN_SEVERITY_LEAK + 1, FFISAN_SEVERITY_WARNING);
    finding->kind = (enum ffisan_kind)read_enum(reader, record, "kind", kind_name, FFISAN_N_KINDS,
                                                FFISAN_N_KINDS);
    finding->title = read_string(reader, record, "title");
    finding->pid = (int)read_unsigned(reader, record, "pid", INT32_MAX);
    finding->why = read_string(reader, record, "why");
    finding->fix = read_string(reader, record, "fix");
}

static void read_use(struct reader *reader, const json_t *record, struct ffisan_finding *finding)
{
    const json_t *use = read_object(reader, record, "use");
    finding->use.access = (enum ffisan_access)read_enum(reader, use, "access", access_name,
                                                        FFISAN_ACCESS_FREE + 1, FFISAN_ACCESS_NONE);
    finding->use.size_bytes = read_unsigned(reader, use, "size", SIZE_MAX);
    finding->use.function = read_string(reader, use, "function");
    finding->use.source = read_string(reader, use, "source");
    finding->use.stack = read_stack(reader, use, "stack");
    finding->use.finalizer = read_string(reader, use, "finalizer");
    finding->use.finalizer_made = read_stack(reader, use, "finalizer_made");
    finding->use.finalizer_set = read_stack(reader, use, "finalizer_set");
}

static void read_holder(struct reader *reader, const json_t *record, struct ffisan_finding *finding)
{
    const json_t *holder = read_object(reader, record, "holder");
    finding->holder.kind = (enum ffisan_holder_kind)read_enum(
        reader, holder, "kind", holder_kind_name, FFISAN_HOLDER_STACK + 1, FFISAN_HOLDER_NONE);
    finding->holder.type = read_string(reader, holder, "type");
    finding->holder.field = read_string(reader, holder, "field");
    finding->holder.offset = read_unsigned(reader, holder, "offset", SIZE_MAX);
    finding->holder.made = read_stack(reader, holder, "made");
    finding->holder.stored = read_stack(reader, holder, "stored");
    finding->holder.stored_by = read_string(reader, holder, "stored_by");
    finding->holder.path = read_string(reader, holder, "path");
}

static void read_block(struct reader *reader, const json_t *record, struct ffisan_finding *finding)
{
    const json_t *block = read_object(reader, record, "block");
    finding->block.kind = (enum ffisan_block_kind)read_enum(
        reader, block, "kind", block_kind_name, FFISAN_N_BLOCK_KINDS, FFISAN_BLOCK_NONE);
    finding->block.type = read_string(reader, block, "type");
    finding->block.size_bytes = read_unsigned(reader, block, "size", SIZE_MAX);
    finding->block.offset = read_integer(reader, block, "offset");
    finding->block.preview = read_string(reader, block, "preview");
    finding->block.made = read_stack(reader, block, "made");
}

static void read_collected(struct reader *reader, const json_t *record,
                           struct ffisan_finding *finding)
{
    const json_t *collected = read_object(reader, record, "collected");
    finding->collected.cycle = (unsigned)read_unsigned(reader, collected, "cycle", UINT32_MAX);
    finding->collected.stack = read_stack(reader, collected, "stack");
}

static void read_freed(struct reader *reader, const json_t *record, struct ffisan_finding *finding)
{
    const json_t *freed = read_object(reader, record, "freed");
    finding->freed.function = read_string(reader, freed, "function");
    finding->freed.finalizer = read_string(reader, freed, "finalizer");
    finding->freed.finalizer_made = read_stack(reader, freed, "finalizer_made");
    finding->freed.finalizer_set = read_stack(reader, freed, "finalizer_set");
    finding->freed.stack = read_stack(reader, freed, "stack");
}

static void read_document(struct reader *reader, const char *line, size_t length)
{
    json_error_t error;
    json_t *document = json_loadb(line, length, JSON_ALLOW_NUL, &error);
    reader->model->document = document;
    if (!document) {
        fail(reader, "not JSON: %s (column %d)", error.text, error.column);
        return;
    }
    if (!json_is_object(document)) {
        fail(reader, "not a record of ffisan: not a JSON object");
        return;
    }
    struct ffisan_finding *finding = &reader->model->finding;
    if (!is_known_format(reader, document))
        return;
    read_head(reader, document, finding);
    read_use(reader, document, finding);
    read_holder(reader, document, finding);
    read_block(reader, document, finding);
    read_collected(reader, document, finding);
    read_freed(reader, document, finding);
}

struct ffisan_model *ffisan_model_decode(const char *line, size_t length, char *ret_error,
                                         size_t error_size)
{
    struct reader reader = {calloc(1, sizeof(struct ffisan_model)), ret_error, error_size, false};
    if (!reader.model) {
        fail(&reader, "out of memory");
        return NULL;
    }
    read_document(&reader, line, length);
    if (!reader.failed)
        return reader.model;
    ffisan_model_free(reader.model);
    return NULL;
}

const struct ffisan_finding *ffisan_model_finding(const struct ffisan_model *model)
{
    return &model->finding;
}

void ffisan_model_each_frame(struct ffisan_model *model,
                             void (*visit)(struct ffisan_frame *frame, void *context),
                             void *context)
{
    for (size_t i = 0; i < model->n_stacks; i++)
        for (size_t k = 0; k < model->n_frames[i]; k++)
            visit(&model->frames[i][k], context);
}

static void free_build(struct ffisan_frame *frame, void *context)
{
    (void)context;
    free((void *)frame->build.data);
}

void ffisan_model_free(struct ffisan_model *model)
{
    if (!model)
        return;
    ffisan_model_each_frame(model, free_build, NULL);
    for (size_t i = 0; i < model->n_stacks; i++)
        free(model->frames[i]);
    json_decref(model->document);
    free(model);
}
