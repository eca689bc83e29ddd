/* SPDX-License-Identifier: MIT */
#include "wire/suppress.h"

#include "base/text.h"
#include "wire/suggest.h"

#include <string.h>

enum key { KEY_ID, KEY_KIND, KEY_SEVERITY, KEY_TYPE, KEY_FILE, KEY_FUNCTION, KEY_MODULE, N_KEYS };

static const char *const keys[N_KEYS] = {
    [KEY_ID] = "id",         [KEY_KIND] = "kind", [KEY_SEVERITY] = "severity",
    [KEY_TYPE] = "type",     [KEY_FILE] = "file", [KEY_FUNCTION] = "function",
    [KEY_MODULE] = "module",
};

/* The last pattern that a line has for each key; data NULL = any. */
struct rule {
    struct ffisan_span patterns[N_KEYS];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line, which moves on; an empty one at its end. */
static struct ffisan_span take_word(const char **line)
{
    while (is_blank(**line))
        (*line)++;
    struct ffisan_span word = {*line, 0};
    while (**line && !is_blank(**line))
        (*line)++;
    word.length = (size_t)(*line - word.data);
    return word;
}

static bool starts_comment(struct ffisan_span word)
{
    return word.length > 0 && word.data[0] == '#';
}

/* "key=pattern" */
static bool add_condition(struct rule *rule, struct ffisan_span word)
{
    const char *sign = memchr(word.data, '=', word.length);
    if (!sign || sign + 1 == word.data + word.length)
        return false;
    struct ffisan_span name = {word.data, (size_t)(sign - word.data)};
    for (unsigned key = 0; key < N_KEYS; key++)
        if (ffisan_span_equal(name, keys[key])) {
            rule->patterns[key] = (struct ffisan_span){sign + 1, word.length - name.length - 1};
            return true;
        }
    return false;
}

/* Returns the word that is no condition; an empty one when all are. */
static struct ffisan_span parse(struct rule *rule, const char *line)
{
    for (;;) {
        struct ffisan_span word = take_word(&line);
        if (word.length == 0 || starts_comment(word))
            return (struct ffisan_span){line, 0};
        if (!add_condition(rule, word))
            return word;
    }
}

bool ffisan_suppress_is_rule(const char *line)
{
    struct ffisan_span word = take_word(&line);
    return word.length > 0 && !starts_comment(word);
}

bool ffisan_suppress_check(const char *line, char *ret_error, size_t error_size)
{
    struct rule rule = {0};
    struct ffisan_text error;
    struct ffisan_span wrong = parse(&rule, line);
    ffisan_text_init(&error, ret_error, error_size);
    if (wrong.length == 0)
        return true;
    ffisan_text_add(&error, "'");
    for (size_t i = 0; i < wrong.length && i < 60; i++)
        ffisan_text_add_char(&error, wrong.data[i]);
    ffisan_text_add(&error, "' is no condition: write KEY=PATTERN, where KEY is ");
    ffisan_text_add(&error, FFISAN_SUPPRESS_KEYS);
    return false;
}

/* On a mismatch the last star takes one character more. */
static bool matches(struct ffisan_span pattern, const char *text)
{
    size_t at = 0, star = SIZE_MAX;
    const char *star_text = NULL;
    if (!pattern.data)
        return true;
    if (!text)
        return false;
    while (*text) {
        if (at < pattern.length && pattern.data[at] == '*') {
            star = at++;
            star_text = text;
        } else if (at < pattern.length && (pattern.data[at] == '?' || pattern.data[at] == *text)) {
            at++;
            text++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            text = ++star_text;
        } else {
            return false;
        }
    }
    while (at < pattern.length && pattern.data[at] == '*')
        at++;
    return at == pattern.length;
}

static const char *last_part(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

static bool matches_file(struct ffisan_span pattern, const char *file)
{
    bool is_path = pattern.data && memchr(pattern.data, '/', pattern.length);
    return matches(pattern, file) || (!is_path && matches(pattern, last_part(file)));
}

static bool matches_stack(const struct rule *rule, const struct ffisan_stack *stack)
{
    for (size_t i = 0; i < stack->n_frames; i++) {
        const struct ffisan_frame *frame = &stack->frames[i];
        if (matches_file(rule->patterns[KEY_FILE], frame->file) &&
            matches(rule->patterns[KEY_FUNCTION], frame->function) &&
            matches(rule->patterns[KEY_MODULE], frame->module))
            return true;
    }
    return false;
}

static bool matches_frames(const struct rule *rule, const struct ffisan_finding *finding)
{
    const struct ffisan_stack *const stacks[] = {
        &finding->use.stack,           &finding->holder.made,        &finding->block.made,
        &finding->collected.stack,     &finding->freed.stack,        &finding->freed.finalizer_made,
        &finding->freed.finalizer_set, &finding->use.finalizer_made, &finding->use.finalizer_set};
    if (!rule->patterns[KEY_FILE].data && !rule->patterns[KEY_FUNCTION].data &&
        !rule->patterns[KEY_MODULE].data)
        return true;
    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
        if (matches_stack(rule, stacks[i]))
            return true;
    return false;
}

/* As in records, or the first half of it, as in texts. */
static bool matches_id(struct ffisan_span pattern, uint64_t id)
{
    char digits[17], half[9];
    struct ffisan_text text;
    ffisan_text_init(&text, digits, sizeof(digits));
    ffisan_text_add_hex(&text, id, 16);
    memcpy(half, digits, 8);
    half[8] = '\0';
    return matches(pattern, digits) || matches(pattern, half);
}

bool ffisan_suppress_matches(const char *line, const struct ffisan_finding *finding)
{
    struct rule rule = {0};
    return ffisan_suppress_is_rule(line) && parse(&rule, line).length == 0 &&
           matches_id(rule.patterns[KEY_ID], finding->id) &&
           matches(rule.patterns[KEY_KIND], ffisan_kind_name(finding->kind)) &&
           matches(rule.patterns[KEY_SEVERITY], ffisan_severity_name(finding->severity)) &&
           (matches(rule.patterns[KEY_TYPE], finding->holder.type) ||
            matches(rule.patterns[KEY_TYPE], finding->block.type)) &&
           matches_frames(&rule, finding);
}
