/* SPDX-License-Identifier: MIT */
/*
 * Names and values are spans of the caller's text, so that nothing is copied before it is known to
 * be good.  Each type of options.def has one parse_<type>(); a value that it refuses leaves the
 * option as it was.
 */
#include "wire/options.h"

#include "base/text.h"
#include "wire/suggest.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define SPAN(literal) ((struct ffisan_span){(literal), sizeof(literal) - 1})

/** How much of a user's text an error message repeats, in bytes. */
#define QUOTED_MAX 48

enum verdict {
    VERDICT_OK,
    VERDICT_MALFORMED,
    VERDICT_TOO_LARGE,
    VERDICT_TOO_LONG,
    VERDICT_OUT_OF_RANGE,
    VERDICT_NO_VALUE,
};

enum option_index {
#define FFISAN_OPTION(type, name, def, value, text) OPTION_##name,
#include "wire/options.def"
#undef FFISAN_OPTION
    N_OPTIONS
};

enum type {
    TYPE_enum_gc,
    TYPE_enum_malloc,
    TYPE_enum_color,
    TYPE_string,
    TYPE_bool,
    TYPE_size,
    TYPE_unsigned
};

/** One row of options.def. */
struct row {
    const char *name;
    const char *value_help;
    const char *text;
    enum type type;
    size_t offset; /**< in struct ffisan_options, bytes */
};

static const struct row rows[N_OPTIONS] = {
#define FFISAN_OPTION(type, name, def, value, text)                                                \
    {#name, value, text, TYPE_##type, offsetof(struct ffisan_options, name)},
#include "wire/options.def"
#undef FFISAN_OPTION
};

enum {
#define FFISAN_OPTION(type, name, def, value, text) +(TYPE_##type == TYPE_string)
    N_STRING_OPTIONS = 0
#include "wire/options.def"
#undef FFISAN_OPTION
};
static_assert(N_STRING_OPTIONS <= LENGTH(((struct ffisan_options *)0)->strings),
              "each string option needs its own storage");

/** Options of type unsigned that do not take every number. */
static const struct {
    enum option_index option;
    unsigned min, max;
} limits[] = {
    {OPTION_frames, 1, 16},
};

/** The words of the enumerations, at their values. */
static const char *const gc_words[] = {
    [FFISAN_GC_NATURAL] = "natural",
    [FFISAN_GC_AUTO] = "auto",
    [FFISAN_GC_ALLOC] = "alloc",
    [FFISAN_GC_LINE] = "line",
};
static const char *const malloc_words[] = {"0", "1", "ledger"};
static const char *const color_words[] = {
    [FFISAN_COLOR_AUTO] = "auto",
    [FFISAN_COLOR_ALWAYS] = "always",
    [FFISAN_COLOR_NEVER] = "never",
};

void ffisan_options_init(struct ffisan_options *options)
{
    memset(options, 0, sizeof(*options));
#define FFISAN_OPTION(type, name, def, value, text) options->name = def;
#include "wire/options.def"
#undef FFISAN_OPTION
}

static int word_index(const char *const *words, size_t n_words, struct ffisan_span word)
{
    for (size_t i = 0; i < n_words; i++)
        if (ffisan_span_equal(word, words[i]))
            return (int)i;
    return -1;
}

static enum verdict parse_gc(struct ffisan_span value, enum ffisan_gc *ret_gc)
{
    int index = word_index(gc_words, LENGTH(gc_words), value);
    if (index < 0)
        return VERDICT_MALFORMED;
    *ret_gc = (enum ffisan_gc)index;
    return VERDICT_OK;
}

static enum verdict parse_color(struct ffisan_span value, enum ffisan_color *ret_color)
{
    int index = word_index(color_words, LENGTH(color_words), value);
    if (index < 0)
        return VERDICT_MALFORMED;
    *ret_color = (enum ffisan_color)index;
    return VERDICT_OK;
}

static enum verdict parse_bool(struct ffisan_span value, bool *ret_bool)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};
    int index = word_index(words, LENGTH(words), value);
    if (index < 0)
        return VERDICT_MALFORMED;
    *ret_bool = index % 2 != 0;
    return VERDICT_OK;
}

static enum verdict parse_malloc(struct ffisan_span value, enum ffisan_malloc *ret_malloc)
{
    bool is_on;
    enum verdict verdict = parse_bool(value, &is_on);
    if (verdict == VERDICT_OK)
        *ret_malloc = is_on ? FFISAN_MALLOC_OWN : FFISAN_MALLOC_NONE;
    if (verdict == VERDICT_OK || !ffisan_span_equal(value, malloc_words[FFISAN_MALLOC_LEDGER]))
        return verdict;
    *ret_malloc = FFISAN_MALLOC_LEDGER;
    return VERDICT_OK;
}

/** Reads the digits that `span` begins with and takes them off it. */
static enum verdict take_number(struct ffisan_span *span, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;
    size_t i = 0;
    for (; i < span->length && span->data[i] >= '0' && span->data[i] <= '9'; i++) {
        unsigned digit = (unsigned)(span->data[i] - '0');
        if (number > (max - digit) / 10)
            return VERDICT_TOO_LARGE;
        number = number * 10 + digit;
    }
    if (i == 0)
        return VERDICT_MALFORMED;
    span->data += i;
    span->length -= i;
    *ret_number = number;
    return VERDICT_OK;
}

static bool read_unit(struct ffisan_span suffix, unsigned *ret_shift)
{
    static const char units[] = "kmg";
    *ret_shift = 0;
    if (suffix.length == 0)
        return true;
    const char *unit = strchr(units, suffix.data[0] | 0x20);
    if (suffix.length != 1 || suffix.data[0] == '\0' || unit == NULL)
        return false;
    *ret_shift = 10 * (unsigned)(unit - units + 1);
    return true;
}

static enum verdict parse_size(struct ffisan_span value, size_t *ret_size)
{
    uint64_t number;
    unsigned shift;
    struct ffisan_span rest = value;
    enum verdict verdict = take_number(&rest, SIZE_MAX, &number);
    if (verdict != VERDICT_OK)
        return verdict;
    if (!read_unit(rest, &shift))
        return VERDICT_MALFORMED;
    if (number > SIZE_MAX >> shift)
        return VERDICT_TOO_LARGE;
    *ret_size = (size_t)number << shift;
    return VERDICT_OK;
}

static enum verdict parse_unsigned(struct ffisan_span value, enum option_index option,
                                   unsigned *ret_unsigned)
{
    uint64_t number;
    struct ffisan_span rest = value;
    enum verdict verdict = take_number(&rest, UINT_MAX, &number);
    if (verdict != VERDICT_OK)
        return verdict;
    if (rest.length > 0)
        return VERDICT_MALFORMED;
    for (size_t i = 0; i < LENGTH(limits); i++)
        if (limits[i].option == option && (number < limits[i].min || number > limits[i].max))
            return VERDICT_OUT_OF_RANGE;
    *ret_unsigned = (unsigned)number;
    return VERDICT_OK;
}

/** The storage that the option has already, or a fresh one. */
static char *string_storage(struct ffisan_options *options, const char *current)
{
    for (unsigned i = 0; i < options->n_strings && i < LENGTH(options->strings); i++)
        if (current == options->strings[i])
            return options->strings[i];
    if (options->n_strings >= LENGTH(options->strings))
        return NULL;
    return options->strings[options->n_strings++];
}

static enum verdict parse_string(struct ffisan_options *options, struct ffisan_span value,
                                 const char **ret_string)
{
    if (value.length == 0)
        return VERDICT_NO_VALUE;
    if (value.length >= FFISAN_OPTION_STRING_MAX)
        return VERDICT_TOO_LONG;
    char *storage = string_storage(options, *ret_string);
    if (storage == NULL)
        return VERDICT_TOO_LONG;
    memmove(storage, value.data, value.length);
    storage[value.length] = '\0';
    *ret_string = storage;
    return VERDICT_OK;
}

static enum verdict parse_value(struct ffisan_options *options, enum option_index option,
                                struct ffisan_span value)
{
    void *target = (char *)options + rows[option].offset;
    if (value.data == NULL)
        return VERDICT_NO_VALUE;
    switch (rows[option].type) {
    case TYPE_enum_gc:
        return parse_gc(value, target);
    case TYPE_enum_malloc:
        return parse_malloc(value, target);
    case TYPE_enum_color:
        return parse_color(value, target);
    case TYPE_string:
        return parse_string(options, value, target);
    case TYPE_bool:
        return parse_bool(value, target);
    case TYPE_size:
        return parse_size(value, target);
    case TYPE_unsigned:
        return parse_unsigned(value, option, target);
    }
    return VERDICT_MALFORMED;
}

/** Repeats a user's text in a message: bounded, and nothing that a terminal would obey. */
static void add_quoted(struct ffisan_text *error, struct ffisan_span span)
{
    ffisan_text_add_char(error, '\'');
    for (size_t i = 0; i < span.length && i < QUOTED_MAX; i++) {
        char c = span.data[i];
        ffisan_text_add_char(error, c >= ' ' && c < 0x7f ? c : '?');
    }
    ffisan_text_add(error, span.length > QUOTED_MAX ? "...'" : "'");
}

static void add_suggestion(struct ffisan_text *error, const char *suggestion)
{
    if (suggestion == NULL)
        return;
    ffisan_text_add(error, " (did you mean '");
    ffisan_text_add(error, suggestion);
    ffisan_text_add(error, "'?)");
}

static const char *suggest_word(enum type type, struct ffisan_span value)
{
    if (type == TYPE_enum_gc)
        return ffisan_suggest(gc_words, LENGTH(gc_words), value);
    if (type == TYPE_enum_malloc)
        return ffisan_suggest(malloc_words, LENGTH(malloc_words), value);
    if (type == TYPE_enum_color)
        return ffisan_suggest(color_words, LENGTH(color_words), value);
    return NULL;
}

static void explain_option(struct ffisan_text *error, const struct row *row, const char *verb)
{
    ffisan_text_add(error, "option '");
    ffisan_text_add(error, row->name);
    ffisan_text_add(error, verb);
}

/** "option 'frames' takes a number from 1 to 16" */
static void explain_range(struct ffisan_text *error, enum option_index option)
{
    explain_option(error, &rows[option], "' takes a number from ");
    for (size_t i = 0; i < LENGTH(limits); i++) {
        if (limits[i].option != option)
            continue;
        ffisan_text_add_unsigned(error, limits[i].min);
        ffisan_text_add(error, " to ");
        ffisan_text_add_unsigned(error, limits[i].max);
    }
}

static void explain(struct ffisan_text *error, enum option_index option, struct ffisan_span value,
                    enum verdict verdict)
{
    const struct row *row = &rows[option];
    if (verdict == VERDICT_NO_VALUE) {
        explain_option(error, row, "' needs a value: ");
        ffisan_text_add(error, row->value_help);
        return;
    }
    if (verdict == VERDICT_TOO_LONG) {
        explain_option(error, row, "' was given a value longer than ");
        ffisan_text_add_unsigned(error, FFISAN_OPTION_STRING_MAX - 1);
        ffisan_text_add(error, " bytes");
        return;
    }
    if (verdict == VERDICT_OUT_OF_RANGE)
        explain_range(error, option);
    else if (verdict == VERDICT_TOO_LARGE)
        explain_option(error, row, "' was given a number that is too large");
    else {
        explain_option(error, row, "' takes ");
        ffisan_text_add(error, row->value_help);
    }
    ffisan_text_add(error, verdict == VERDICT_TOO_LARGE ? ": " : ", not ");
    add_quoted(error, value);
    add_suggestion(error, suggest_word(row->type, value));
}

static const char *suggest_option(struct ffisan_span name)
{
    static const char *const names[N_OPTIONS] = {
#define FFISAN_OPTION(type, name, def, value, text) #name,
#include "wire/options.def"
#undef FFISAN_OPTION
    };
    return ffisan_suggest(names, N_OPTIONS, name);
}

static void explain_unknown(struct ffisan_text *error, struct ffisan_span name)
{
    ffisan_text_add(error, "unknown option ");
    add_quoted(error, name);
    add_suggestion(error, suggest_option(name));
}

static bool set_option(struct ffisan_options *options, struct ffisan_span name,
                       struct ffisan_span value, struct ffisan_text *error)
{
    for (unsigned i = 0; i < N_OPTIONS; i++) {
        if (!ffisan_span_equal(name, rows[i].name))
            continue;
        if (value.data == NULL && (rows[i].type == TYPE_bool || rows[i].type == TYPE_enum_malloc))
            value = SPAN("1");
        enum verdict verdict = parse_value(options, i, value);
        if (verdict != VERDICT_OK)
            explain(error, i, value, verdict);
        return verdict == VERDICT_OK;
    }
    explain_unknown(error, name);
    return false;
}

bool ffisan_options_set(struct ffisan_options *options, const char *name, const char *value,
                        char *ret_error, size_t error_size)
{
    struct ffisan_text error;
    ffisan_text_init(&error, ret_error, error_size);
    struct ffisan_span value_span = {value, value != NULL ? strlen(value) : 0};
    return set_option(options, (struct ffisan_span){name, strlen(name)}, value_span, &error);
}

const char *ffisan_options_suggest(const char *name)
{
    return suggest_option((struct ffisan_span){name, strlen(name)});
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct ffisan_span trim(struct ffisan_span span)
{
    while (span.length > 0 && is_space(span.data[0])) {
        span.data++;
        span.length--;
    }
    while (span.length > 0 && is_space(span.data[span.length - 1]))
        span.length--;
    return span;
}

/** The quote that closes the value at `text`, or NULL: no quote opens it, or none closes it. */
static const char *closing_quote(const char *text)
{
    if (text[0] != '\'' && text[0] != '"')
        return NULL;
    return strchr(text + 1, text[0]);
}

/** Cuts the next entry off `text`; a ':' inside a quoted value does not end it. */
static struct ffisan_span take_entry(const char **text)
{
    struct ffisan_span entry = {*text, 0};
    size_t name_length = strcspn(*text, "=:");
    const char *end = *text + name_length;
    if (*end == '=') {
        const char *quote = closing_quote(end + 1);
        end = quote != NULL ? quote + 1 : end + 1;
        end += strcspn(end, ":");
    }
    entry.length = (size_t)(end - *text);
    *text = *end == ':' ? end + 1 : end;
    return trim(entry);
}

/** Takes the quotes off a value.  Returns false when they do not match. */
static bool unquote(struct ffisan_span *value)
{
    if (value->length == 0 || (value->data[0] != '\'' && value->data[0] != '"'))
        return true;
    const char *close = memchr(value->data + 1, value->data[0], value->length - 1);
    if (close != value->data + value->length - 1)
        return false;
    value->data++;
    value->length -= 2;
    return true;
}

static bool parse_entry(struct ffisan_options *options, struct ffisan_span entry,
                        struct ffisan_text *error)
{
    struct ffisan_span value = {NULL, 0};
    const char *equals = memchr(entry.data, '=', entry.length);
    struct ffisan_span name = entry;
    if (equals != NULL) {
        name.length = (size_t)(equals - entry.data);
        value = (struct ffisan_span){equals + 1, entry.length - name.length - 1};
        value = trim(value);
        if (!unquote(&value)) {
            ffisan_text_add(error, "quotes do not match in ");
            add_quoted(error, entry);
            return false;
        }
    }
    return set_option(options, trim(name), value, error);
}

unsigned ffisan_options_parse(struct ffisan_options *options, const char *text, char *ret_error,
                              size_t error_size)
{
    unsigned n_errors = 0;
    struct ffisan_text error, later_error;
    ffisan_text_init(&error, ret_error, error_size);
    ffisan_text_init(&later_error, NULL, 0);
    while (*text != '\0') {
        struct ffisan_span entry = take_entry(&text);
        if (entry.length > 0 && !parse_entry(options, entry, n_errors == 0 ? &error : &later_error))
            n_errors++;
    }
    return n_errors;
}

void ffisan_options_help(struct ffisan_text *out)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        size_t start = out->length;
        ffisan_text_add(out, "  ");
        ffisan_text_add(out, rows[i].name);
        ffisan_text_add_char(out, '=');
        ffisan_text_add(out, rows[i].value_help);
        do
            ffisan_text_add_char(out, ' ');
        while (out->length < start + 32 && !out->truncated);
        ffisan_text_add(out, rows[i].text);
        ffisan_text_add_char(out, '\n');
    }
}
