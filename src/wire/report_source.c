/* SPDX-License-Identifier: MIT */
#include "wire/report_source.h"

#include <string.h>

/** Names and expressions longer than this are not looked at, bytes. */
#define EXPRESSION_MAX 200

static const struct ffisan_source_range nothing = {0, 0};

/** A name in somebody else's text. */
struct name {
    const char *data;
    size_t length;
};

/** What to look for in a line. */
struct search {
    struct name name;
    struct name root; /**< must occur in the expression before the name, unless it is empty */
    bool member;      /**< only behind a '.' */
    bool subscript;   /**< take a subscript behind it along */
};

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

static bool is_name_char(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9');
}

static struct name name_at(const char *text)
{
    struct name name = {text, 0};
    if (is_name_start(text[0]))
        while (is_name_char(text[name.length]))
            name.length++;
    return name;
}

static bool same_name(struct name a, struct name b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/** The bracket that opens what the bracket before `end` closes, or `end` when there is none. */
static size_t opening_bracket(const char *source, size_t end)
{
    int depth = 0;
    for (size_t i = end; i > 0 && end - i < EXPRESSION_MAX; i--) {
        char c = source[i - 1];
        if (c == ']' || c == ')')
            depth++;
        else if ((c == '[' || c == '(') && --depth == 0)
            return i - 1;
    }
    return end;
}

static size_t closing_bracket(const char *source, size_t begin)
{
    int depth = 0;
    for (size_t i = begin; source[i] != '\0' && i - begin < EXPRESSION_MAX; i++) {
        if (source[i] == '[')
            depth++;
        else if (source[i] == ']' && --depth == 0)
            return i + 1;
    }
    return begin;
}

/** True when a single '.' or ':' stands before `at`: not "..", the concatenation. */
static bool behind_dot(const char *source, size_t at)
{
    if (at == 0 || (source[at - 1] != '.' && source[at - 1] != ':'))
        return false;
    return at < 2 || source[at - 2] != source[at - 1];
}

/** Walks left over "self.items[3]." from the name that begins at `begin`. */
static size_t expression_begin(const char *source, size_t begin)
{
    size_t limit = begin > EXPRESSION_MAX ? begin - EXPRESSION_MAX : 0;
    while (begin > limit && behind_dot(source, begin)) {
        size_t at = begin - 1;
        while (at > 0 && (source[at - 1] == ']' || source[at - 1] == ')')) {
            size_t open = opening_bracket(source, at);
            if (open == at)
                return begin;
            at = open;
        }
        while (at > 0 && is_name_char(source[at - 1]))
            at--;
        if (at == begin - 1)
            return begin;
        begin = at;
    }
    return begin;
}

static bool mentions(const char *source, struct ffisan_source_range range, struct name root)
{
    for (size_t i = range.begin; i < range.end; i++) {
        bool starts = i == range.begin || !is_name_char(source[i - 1]);
        if (starts && same_name(name_at(source + i), root))
            return true;
    }
    return false;
}

/** Where the string or comment that begins at `at` ends; `at` itself when none begins there. */
static size_t skip_quoted(const char *source, size_t at)
{
    char quote = source[at];
    if (source[at] == '-' && source[at + 1] == '-' && source[at + 2] != '[')
        return at + strlen(source + at);
    if (source[at] == '[' && source[at + 1] == '[') {
        const char *close = strstr(source + at, "]]");
        return close != NULL ? (size_t)(close - source) + 2 : at + strlen(source + at);
    }
    if (quote != '"' && quote != '\'')
        return at;
    for (at++; source[at] != '\0' && source[at] != quote; at++)
        if (source[at] == '\\' && source[at + 1] != '\0')
            at++;
    return source[at] == quote ? at + 1 : at;
}

static bool matches(const char *source, struct name found, const struct search *search,
                    struct ffisan_source_range *ret_range)
{
    size_t begin = (size_t)(found.data - source);
    if (!same_name(found, search->name) || (search->member && !behind_dot(source, begin)))
        return false;
    *ret_range =
        (struct ffisan_source_range){expression_begin(source, begin), begin + found.length};
    if (search->subscript)
        ret_range->end = closing_bracket(source, ret_range->end);
    return search->root.length == 0 || mentions(source, *ret_range, search->root);
}

static struct ffisan_source_range find(const char *source, const struct search *search)
{
    struct ffisan_source_range range;
    size_t at = 0;
    while (source[at] != '\0') {
        size_t behind = skip_quoted(source, at);
        struct name found = name_at(source + at);
        if (behind > at)
            at = behind;
        else if (found.length == 0)
            at++;
        else if (matches(source, found, search, &range))
            return range;
        else
            at += found.length;
    }
    return nothing;
}

/** The last name of "items[3].name", and whether a subscript follows it. */
static struct name last_name(const char *field, bool *ret_subscript)
{
    struct name last = {NULL, 0};
    for (const char *at = field; *at != '\0';) {
        struct name name = name_at(at);
        if (name.length > 0)
            last = name;
        at += name.length > 0 ? name.length : 1;
    }
    *ret_subscript = last.length > 0 && last.data[last.length] == '[';
    return last;
}

/** The variable in "package.loaded.mod.run → upvalue buf". */
static struct name variable_of_path(const char *path)
{
    static const char *const words[] = {"upvalue ", "local "};
    const char *last = NULL;
    for (size_t i = 0; path != NULL && i < sizeof(words) / sizeof(words[0]); i++)
        for (const char *at = strstr(path, words[i]); at != NULL; at = strstr(at + 1, words[i]))
            if (last == NULL || at + strlen(words[i]) > last)
                last = at + strlen(words[i]);
    return last != NULL ? name_at(last) : (struct name){"", 0};
}

static struct ffisan_source_range find_field(const char *source, const char *field,
                                             struct name variable)
{
    struct search search = {.root = variable, .member = true};
    search.name = last_name(field, &search.subscript);
    if (search.name.length == 0)
        return nothing;
    struct ffisan_source_range range = find(source, &search);
    search.root.length = 0;
    return range.end > 0 ? range : find(source, &search);
}

/** The C function nearest to Lua whose name is in the line: what the line calls. */
static struct ffisan_source_range find_function(const char *source,
                                                const struct ffisan_finding *finding)
{
    const struct ffisan_stack *stack = &finding->use.stack;
    struct ffisan_source_range range = nothing;
    size_t n_c = 0;
    if (finding->use.function != NULL)
        range = find(source, &(struct search){.name = name_at(finding->use.function)});
    while (stack->frames != NULL && n_c < stack->n_frames &&
           stack->frames[n_c].lang == FFISAN_LANG_C)
        n_c++;
    for (size_t i = n_c; i > 0 && range.end == 0; i--) {
        const char *function = stack->frames[i - 1].function;
        if (function != NULL && function[0] != '\0')
            range = find(source, &(struct search){.name = name_at(function)});
    }
    return range;
}

struct ffisan_source_range ffisan_report_source_find(const struct ffisan_finding *finding)
{
    const char *source = finding->use.source;
    struct ffisan_source_range range = nothing;
    if (source == NULL)
        return nothing;
    struct name variable = variable_of_path(finding->holder.path);
    if (finding->holder.field != NULL)
        range = find_field(source, finding->holder.field, variable);
    if (range.end == 0 && variable.length > 0)
        range = find(source, &(struct search){.name = variable});
    if (range.end == 0)
        range = find_function(source, finding);
    return range;
}
